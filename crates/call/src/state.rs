//! The state of a call: a pure function of its chains.

use std::collections::BTreeMap;

use crate::body::{Body, Kind, SeatCheck};
use crate::chains::{Chains, Entry, Fork};
use crate::ids::{CallId, Hash, PublicKey, SideId, Timestamp};
use crate::release::ReleaseState;
use crate::terms::{Person, PersonId, Terms};
use crate::view::{Offered, View};

/// Where a call is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// An offer waits for an answer.
    Proposed,
    /// Terms are in force.
    Agreed,
    /// A side has gathered.
    Gathering,
    /// The session is running.
    InSession,
    /// Over for good: ended, or closed by a fork, or the terms under which it ran were closed.
    Ended,
    /// Nothing is open; the newest closing declined.
    Declined,
    /// Nothing is open; the newest closing withdrew.
    Withdrawn,
    /// Nothing is open; the newest closing was a lapse.
    Lapsed,
}

impl Phase {
    /// Its word, as the terminals and the command line use it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Agreed => "agreed",
            Self::Gathering => "gathering",
            Self::InSession => "in_session",
            Self::Ended => "ended",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
        }
    }
}

/// How an offer stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Waits for someone's agreement.
    Open,
    /// Agreed by all and in force.
    Agreed,
    /// Closed by a side that had not agreed.
    Declined,
    /// Closed by a side that had consented.
    Withdrawn,
    /// Closed by a clock.
    Lapsed,
    /// Agreed terms have taken its place.
    Replaced,
}

impl Standing {
    /// Its word, as the terminals and the command line use it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Agreed => "agreed",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
            Self::Replaced => "replaced",
        }
    }
}

/// An offer and how it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfferState {
    /// Its name: the hash of the statement.
    pub hash: Hash,
    /// Whose.
    pub by: SideId,
    /// When, by that side's clock.
    pub at: Timestamp,
    /// What was offered.
    pub terms: Terms,
    /// How it stands.
    pub standing: Standing,
    /// The other sides that have agreed, whatever closed it since.
    pub agreed_by: Vec<SideId>,
}

/// One statement's side and time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Who said it.
    pub side: SideId,
    /// When, by that side's clock.
    pub at: Timestamp,
    /// The statement.
    pub hash: Hash,
}

/// A cut, as one side dates it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// Who says so.
    pub side: SideId,
    /// Who was out of reach.
    pub far: SideId,
    /// Since when.
    pub from: Timestamp,
    /// Until when; `None` while it lasts, or where nobody said Back.
    pub to: Option<Timestamp>,
}

/// Who sits at a seat, by its side's word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seat {
    /// Whose.
    pub side: SideId,
    /// The seat's key.
    pub key: PublicKey,
    /// The person vouched for.
    pub person: PersonId,
    /// Whether the seat may take part: the call is not over, the person is on the roster for that side, and no other
    /// side claims the key.
    pub good: bool,
    /// The statement.
    pub vouch: Hash,
}

/// A side's newest certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preflight {
    /// Whose.
    pub side: SideId,
    /// When, by that side's clock.
    pub at: Timestamp,
    /// For which terms.
    pub terms: Hash,
    /// Seat by seat.
    pub seats: Vec<SeatCheck>,
}

/// How footage stands.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct FootageState {
    /// The statements by which it is open, ascending by side; `None` while it is closed.
    pub open: Option<Vec<Mark>>,
    /// The sides whose half stands, alone or together.
    pub asked_by: Vec<SideId>,
}

/// The state of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// Which.
    pub call: CallId,
    /// The side that asked.
    pub asked_by: SideId,
    /// Every party, ascending.
    pub sides: Vec<SideId>,
    /// Where it is in its life.
    pub phase: Phase,
    /// Every offer that counts, in the order of their sides' clocks.
    pub offers: Vec<OfferState>,
    /// The terms in force, or last in force before the call ended; more than one means crossed.
    pub in_force: Vec<Hash>,
    /// Two agreed terms are in force: nothing begins until one is withdrawn.
    pub crossed: bool,
    /// Proofs that a side said two things in one place; any closes the call.
    pub forks: Vec<Fork>,
    /// The sides that have gathered.
    pub gathered: Vec<SideId>,
    /// The sides whose half of the beginning counts.
    pub begin_by: Vec<SideId>,
    /// The half that completed the session's beginning, if it ever began: the later one by the sides' clocks.
    pub begun: Option<Mark>,
    /// What each side said last of all; the first is the earlier by the sides' clocks.
    pub ends: Vec<Mark>,
    /// Cuts, in the order said.
    pub gaps: Vec<Gap>,
    /// The roster in force.
    pub roster: Vec<Person>,
    /// Seats with someone vouched for.
    pub seats: Vec<Seat>,
    /// Each side's newest certificate.
    pub preflights: Vec<Preflight>,
    /// Footage.
    pub footage: FootageState,
    /// Every release that counts, in the order in which it was first said by the sides' clocks.
    pub releases: Vec<ReleaseState>,
}

impl State {
    /// The state that these chains make. With a fork, everything up to it counts, and the call is closed.
    #[must_use]
    pub fn of(chains: &Chains) -> Self {
        let forks = chains.forks();
        let clock = if forks.is_empty() {
            chains.whole()
        } else {
            chains.trunk()
        };
        let view = View::at(chains, clock);
        let offers = view.offers();
        let in_force = view.in_force(&offers);
        let over = !forks.is_empty() || view.ended();
        let mut ends: Vec<Mark> = view.all(Kind::End).map(|(_, entry)| mark(entry)).collect();
        ends.sort_by_key(|end| (end.at, end.side));
        let listed = |which: &dyn Fn(usize) -> bool| {
            chains
                .sides()
                .iter()
                .enumerate()
                .filter(|(at, _)| which(*at))
                .map(|(_, side)| *side)
                .collect()
        };
        let roster: Vec<Person> = view.roster(&in_force).into_iter().cloned().collect();
        let begun = begun(&view);
        Self {
            call: chains.call().unwrap_or(CallId([0; 32])),
            asked_by: chains.asked_by(),
            sides: chains.sides().to_vec(),
            phase: phase(&view, &offers, &in_force, over, begun.is_some()),
            offers: offer_states(&view, &offers, &in_force),
            crossed: in_force.len() > 1,
            gathered: listed(&|side| view.gathered(side)),
            begin_by: listed(&|side| begin_counts(&view, side)),
            begun,
            ends,
            gaps: gaps(&view),
            seats: seats(&view, &roster, over),
            roster,
            preflights: preflights(&view),
            footage: if over {
                FootageState::default()
            } else {
                footage(&view, &in_force)
            },
            releases: view.releases(),
            in_force: in_force.iter().map(|offer| offer.hash).collect(),
            forks,
        }
    }

    /// The terms in force, unless there are none or they are crossed.
    #[must_use]
    pub fn terms(&self) -> Option<&OfferState> {
        match self.in_force.as_slice() {
            [one] => self.offers.iter().find(|offer| offer.hash == *one),
            _ => None,
        }
    }

    /// When the call ended, by the first side to say so.
    #[must_use]
    pub fn ended(&self) -> Option<Mark> {
        self.ends.first().copied()
    }

    /// The cuts that last.
    pub fn interrupted(&self) -> impl Iterator<Item = &Gap> {
        let running = self.phase == Phase::InSession;
        self.gaps.iter().filter(move |gap| running && gap.to.is_none())
    }

    /// Someone on the roster.
    #[must_use]
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.roster.iter().find(|person| person.id == id)
    }
}

pub(crate) fn mark(entry: &Entry) -> Mark {
    Mark {
        side: entry.statement.side(),
        at: entry.statement.at(),
        hash: entry.statement.hash(),
    }
}

fn sides(view: &View<'_>) -> core::ops::Range<usize> {
    0..view.clock.len()
}

/// Whether the view that `entry`'s signer had, itself included, holds `earlier`.
fn follows(entry: &Entry, side: usize, earlier: &Entry) -> bool {
    earlier.statement.number() <= entry.past[side]
}

/// The later half of the first beginning that no closing was concurrent with.
fn begun(view: &View<'_>) -> Option<Mark> {
    let began = view.begins().into_iter().filter_map(|terms| {
        let half = |side| view.latest(Kind::Begin, side, |body| *body == Body::Begin { terms });
        let halves: Vec<&Entry> = sides(view).map(half).collect::<Option<_>>()?;
        let mut closings = view.closings(terms).chain(view.all(Kind::End));
        let after = |closing: &Entry| {
            halves
                .iter()
                .enumerate()
                .all(|(side, half)| follows(closing, side, half))
        };
        if !closings.all(|(_, closing)| after(closing)) {
            return None;
        }
        halves.into_iter().map(mark).max_by_key(|half| (half.at, half.side))
    });
    began.min_by_key(|half| (half.at, half.side))
}

fn begin_counts(view: &View<'_>, side: usize) -> bool {
    let counts = |body: &Body| matches!(body, Body::Begin { terms } if !view.closed(*terms));
    view.latest(Kind::Begin, side, counts).is_some()
}

fn phase(view: &View<'_>, offers: &[Offered<'_>], in_force: &[Offered<'_>], over: bool, begun: bool) -> Phase {
    if over {
        return Phase::Ended;
    }
    if view.running() {
        return Phase::InSession;
    }
    if begun {
        return Phase::Ended;
    }
    if !in_force.is_empty() {
        return if sides(view).any(|side| view.gathered(side)) {
            Phase::Gathering
        } else {
            Phase::Agreed
        };
    }
    let replaced = view.replaced(offers);
    if offers
        .iter()
        .any(|offer| !view.closed(offer.hash) && !replaced.contains(&offer.hash))
    {
        return Phase::Proposed;
    }
    let closings = offers.iter().flat_map(|offer| view.closings(offer.hash));
    let newest = closings.max_by_key(|(_, entry)| (entry.statement.at(), entry.statement.head()));
    match newest.map(|(_, entry)| entry.statement.kind()) {
        Some(Kind::Decline) => Phase::Declined,
        Some(Kind::Lapse) => Phase::Lapsed,
        _ => Phase::Withdrawn,
    }
}

fn offer_states(view: &View<'_>, offers: &[Offered<'_>], in_force: &[Offered<'_>]) -> Vec<OfferState> {
    let replaced = view.replaced(offers);
    let standing = |offer: &Offered<'_>| {
        let newest = view
            .closings(offer.hash)
            .max_by_key(|(_, entry)| (entry.statement.at(), entry.statement.head()));
        match newest.map(|(_, entry)| entry.statement.kind()) {
            Some(Kind::Decline) => Standing::Declined,
            Some(Kind::Lapse) => Standing::Lapsed,
            Some(_) => Standing::Withdrawn,
            None if in_force.iter().any(|other| other.hash == offer.hash) => Standing::Agreed,
            None if replaced.contains(&offer.hash) => Standing::Replaced,
            None => Standing::Open,
        }
    };
    let agreed_by = |offer: &Offered<'_>| {
        let others = sides(view).filter(|side| *side != offer.side && view.consent(offer, *side).is_some());
        others.map(|side| view.chains.sides()[side]).collect()
    };
    let state = |offer: &Offered<'_>| OfferState {
        hash: offer.hash,
        by: view.chains.sides()[offer.side],
        at: offer.entry.statement.at(),
        terms: offer.terms.clone(),
        standing: standing(offer),
        agreed_by: agreed_by(offer),
    };
    let mut states: Vec<OfferState> = offers.iter().map(state).collect();
    states.sort_by_key(|offer| (offer.at, offer.by, offer.hash));
    states
}

fn gaps(view: &View<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for side in sides(view) {
        let mut cuts: Vec<&Entry> = [Kind::Lost, Kind::Back]
            .into_iter()
            .flat_map(|kind| view.chains.said(kind, side, view.clock[side]))
            .filter(|entry| entry.void.is_none())
            .collect();
        cuts.sort_by_key(|entry| entry.statement.number());
        for cut in cuts {
            match *cut.statement.body() {
                Body::Lost { far, since } => {
                    gaps.push(Gap {
                        side: cut.statement.side(),
                        far,
                        from: since,
                        to: None,
                    });
                }
                Body::Back { far, since } => {
                    let me = cut.statement.side();
                    if let Some(gap) = gaps
                        .iter_mut()
                        .rev()
                        .find(|gap: &&mut Gap| gap.side == me && gap.far == far)
                    {
                        gap.to = Some(since);
                    }
                }
                _ => {}
            }
        }
    }
    gaps.sort_by_key(|gap| (gap.from, gap.side));
    gaps
}

fn seats(view: &View<'_>, roster: &[Person], over: bool) -> Vec<Seat> {
    // Newest first, so the first of a side about a key is its word.
    let mut words: BTreeMap<(PublicKey, SideId), (Option<PersonId>, Hash)> = BTreeMap::new();
    for (_, entry) in view.all(Kind::Vouch).filter(|(_, entry)| entry.void.is_none()) {
        if let Body::Vouch { seat, person } = *entry.statement.body() {
            let word = (person, entry.statement.hash());
            words.entry((seat, entry.statement.side())).or_insert(word);
        }
    }
    words.retain(|_, (person, _)| person.is_some());
    let claims = |key: PublicKey| words.range((key, SideId([0; 32]))..=(key, SideId([0xff; 32]))).count();
    let seat = |(&(key, side), &(person, vouch)): (&(PublicKey, SideId), &(Option<PersonId>, Hash))| {
        let person = person?;
        let ours = roster.iter().any(|other| other.id == person && other.side == side);
        Some(Seat {
            side,
            key,
            person,
            good: ours && claims(key) == 1 && !over,
            vouch,
        })
    };
    let mut seats: Vec<Seat> = words.iter().filter_map(seat).collect();
    seats.sort_by_key(|seat| (seat.side, seat.person, seat.key));
    seats
}

fn preflights(view: &View<'_>) -> Vec<Preflight> {
    let newest = |side| match view.latest(Kind::Preflight, side, |_| true) {
        Some(entry) => match entry.statement.body() {
            Body::Preflight { terms, seats } => {
                let (side, at) = (entry.statement.side(), entry.statement.at());
                Some(Preflight {
                    side,
                    at,
                    terms: *terms,
                    seats: seats.clone(),
                })
            }
            _ => None,
        },
        None => None,
    };
    sides(view).filter_map(newest).collect()
}

/// Footage needs a session that is running and terms in force with footage in them.
fn footage(view: &View<'_>, in_force: &[Offered<'_>]) -> FootageState {
    let mut state = FootageState::default();
    if !view.running() {
        return state;
    }
    for offer in in_force {
        for side in sides(view).filter(|side| view.open_half(offer.hash, *side).is_some()) {
            let side = view.chains.sides()[side];
            if !state.asked_by.contains(&side) {
                state.asked_by.push(side);
            }
        }
        if let Some(halves) = view.footage(offer.hash)
            && state.open.is_none()
        {
            state.open = Some(halves.into_iter().map(mark).collect());
        }
    }
    state.asked_by.sort_unstable();
    state
}
