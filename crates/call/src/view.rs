//! What stands, over what someone had before their eyes.
//!
//! A [`View`] is the chains cut at some number each: a statement's own past, or all that is held. The same questions
//! answer both what a side may say and what a statement meant when it was said.
//!
//! What stands, in one sentence: an opening stands where every side's half of it stands, and a half stands where no
//! rule was against it in its signer's own past and every closing in the view was in that past.

use crate::body::{Body, Kind};
use crate::chains::{Chains, Entry};
use crate::ids::{Hash, PublicKey, SideId};
use crate::terms::{Person, PersonId, Terms};

/// An offer in a view.
#[derive(Clone, Copy)]
pub(crate) struct Offered<'a> {
    pub hash: Hash,
    pub side: usize,
    pub entry: &'a Entry,
    pub terms: &'a Terms,
}

/// The chains, cut at a number each.
pub(crate) struct View<'a> {
    pub chains: &'a Chains,
    pub clock: Vec<u16>,
}

impl<'a> View<'a> {
    pub fn at(chains: &'a Chains, clock: Vec<u16>) -> Self {
        Self { chains, clock }
    }

    pub fn sides(&self) -> core::ops::Range<usize> {
        0..self.clock.len()
    }

    /// Every statement of a kind in the view, side by side, newest first.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = (usize, &'a Entry)> + '_ {
        let chains = self.chains;
        self.sides().flat_map(move |side| {
            chains
                .said(kind, side, self.clock[side])
                .map(move |entry| (side, entry))
        })
    }

    /// A side's newest statement of a kind that is not void and satisfies `which`.
    pub fn latest(&self, kind: Kind, side: usize, which: impl Fn(&Body) -> bool) -> Option<&'a Entry> {
        let mut entries = self.chains.said(kind, side, self.clock[side]);
        entries.find(|entry| entry.void.is_none() && which(entry.statement.body()))
    }

    /// A side's oldest statement of a kind that is not void and satisfies `which`.
    fn earliest(&self, kind: Kind, side: usize, which: impl Fn(&Body) -> bool) -> Option<&'a Entry> {
        let entries = self.chains.said(kind, side, self.clock[side]);
        entries
            .filter(|entry| entry.void.is_none() && which(entry.statement.body()))
            .last()
    }

    // ---- offers ----

    /// Every offer that is not void.
    pub fn offers(&self) -> Vec<Offered<'a>> {
        let offered = |(side, entry): (usize, &'a Entry)| {
            let terms = self.chains.terms(side, entry.statement.number())?;
            Some(Offered {
                hash: entry.statement.hash(),
                side,
                entry,
                terms,
            })
        };
        self.all(Kind::Offer)
            .filter(|(_, entry)| entry.void.is_none())
            .filter_map(offered)
            .collect()
    }

    /// The half of `side` of the agreement on an offer.
    pub fn consent(&self, offer: &Offered<'a>, side: usize) -> Option<&'a Entry> {
        if side == offer.side {
            return Some(offer.entry);
        }
        self.earliest(
            Kind::Agree,
            side,
            |body| matches!(body, Body::Agree { offer: of } if *of == offer.hash),
        )
    }

    /// Every side's half is there, whatever closed it: what this makes it replace stays replaced.
    pub fn consented(&self, offer: &Offered<'a>) -> bool {
        self.sides().all(|side| self.consent(offer, side).is_some())
    }

    /// The closings that name an offer: decline, withdraw, lapse.
    pub fn closings(&self, offer: Hash) -> impl Iterator<Item = (usize, &'a Entry)> + '_ {
        let names = move |body: &Body| match body {
            Body::Decline { offer: of } | Body::Withdraw { offer: of } | Body::Lapse { offer: of } => *of == offer,
            _ => false,
        };
        let kinds = [Kind::Decline, Kind::Withdraw, Kind::Lapse];
        kinds
            .into_iter()
            .flat_map(|kind| self.all(kind))
            .filter(move |(_, entry)| names(entry.statement.body()))
    }

    pub fn closed(&self, offer: Hash) -> bool {
        self.closings(offer).next().is_some()
    }

    /// The offers that an offer replaces, directly and through others.
    pub fn ancestors(offers: &[Offered<'a>], terms: &Terms) -> Vec<Hash> {
        let mut found = Vec::new();
        let mut next = terms.replaces;
        while let Some(hash) = next {
            if found.contains(&hash) {
                break;
            }
            found.push(hash);
            next = offers
                .iter()
                .find(|offer| offer.hash == hash)
                .and_then(|offer| offer.terms.replaces);
        }
        found
    }

    /// Every offer that agreed terms have replaced.
    pub fn replaced(&self, offers: &[Offered<'a>]) -> Vec<Hash> {
        let consented = offers.iter().filter(|offer| self.consented(offer));
        consented
            .flat_map(|offer| Self::ancestors(offers, offer.terms))
            .collect()
    }

    /// Terms agreed by all, not closed, not replaced; more than one means crossed.
    pub fn in_force(&self, offers: &[Offered<'a>]) -> Vec<Offered<'a>> {
        let replaced = self.replaced(offers);
        let stands =
            |offer: &&Offered<'a>| self.consented(offer) && !self.closed(offer.hash) && !replaced.contains(&offer.hash);
        offers.iter().filter(stands).copied().collect()
    }

    // ---- session and footage ----

    pub fn ended(&self) -> bool {
        self.all(Kind::End).next().is_some()
    }

    /// Whether the session that began under these terms is running.
    pub fn running_under(&self, terms: Hash) -> bool {
        let half = |side| {
            self.latest(Kind::Begin, side, |body| *body == Body::Begin { terms })
                .is_some()
        };
        self.sides().all(half) && !self.closed(terms) && !self.ended()
    }

    pub fn running(&self) -> bool {
        !self.ended() && self.begins().into_iter().any(|terms| self.running_under(terms))
    }

    /// Every terms that someone's half of a beginning names.
    pub fn begins(&self) -> Vec<Hash> {
        let mut named = Vec::new();
        for (_, entry) in self.all(Kind::Begin).filter(|(_, entry)| entry.void.is_none()) {
            if let Body::Begin { terms } = entry.statement.body()
                && !named.contains(terms)
            {
                named.push(*terms);
            }
        }
        named
    }

    /// Whether the side has gathered for terms that nothing has closed.
    pub fn gathered(&self, side: usize) -> bool {
        let counts = |body: &Body| matches!(body, Body::Gather { terms } if !self.closed(*terms));
        self.latest(Kind::Gather, side, counts).is_some()
    }

    /// Whether every closing that `closes` picks was before the half's signer's eyes.
    pub fn saw_all(half: &Entry, mut closings: impl Iterator<Item = (usize, &'a Entry)>) -> bool {
        closings.all(|(side, closing)| closing.statement.number() <= half.past[side])
    }

    /// The side's half of footage under these terms, if it stands.
    pub fn open_half(&self, terms: Hash, side: usize) -> Option<&'a Entry> {
        let half = self.latest(Kind::Open, side, |body| *body == Body::Open { terms })?;
        if Self::saw_all(half, self.all(Kind::Close)) {
            Some(half)
        } else {
            None
        }
    }

    /// The halves by which footage is open, by side.
    pub fn footage(&self, terms: Hash) -> Option<Vec<&'a Entry>> {
        self.sides().map(|side| self.open_half(terms, side)).collect()
    }

    // ---- roster and seats ----

    fn strikes(&self, id: PersonId) -> impl Iterator<Item = (usize, &'a Entry)> + '_ {
        self.all(Kind::Strike)
            .filter(move |(_, entry)| *entry.statement.body() == Body::Strike { person: id })
    }

    /// The side's half of someone's admission, if it stands.
    pub fn admit_half(&self, terms: Hash, person: &Person, side: usize) -> Option<&'a Entry> {
        let same = |body: &Body| matches!(body, Body::Admit { terms: t, person: p } if *t == terms && p == person);
        let half = self.latest(Kind::Admit, side, same)?;
        if Self::saw_all(half, self.strikes(person.id)) {
            Some(half)
        } else {
            None
        }
    }

    /// Everyone that these terms and the admissions under them put on the roster, strikes taken off.
    fn roster_under(&self, offer: &Offered<'a>) -> Vec<&'a Person> {
        let agreed = |person: &&'a Person| {
            self.sides().all(|side| {
                self.consent(offer, side)
                    .is_some_and(|half| Self::saw_all(half, self.strikes(person.id)))
            })
        };
        let mut people: Vec<&'a Person> = offer.terms.roster.iter().filter(agreed).collect();
        for (_, entry) in self.all(Kind::Admit).filter(|(_, entry)| entry.void.is_none()) {
            if let Body::Admit { terms, person } = entry.statement.body()
                && *terms == offer.hash
                && !people.contains(&person)
                && self.sides().all(|side| self.admit_half(*terms, person, side).is_some())
            {
                people.push(person);
            }
        }
        people
    }

    /// The roster: of every terms in force, by ascending id.
    pub fn roster(&self, in_force: &[Offered<'a>]) -> Vec<&'a Person> {
        let mut people: Vec<&'a Person> = in_force.iter().flat_map(|offer| self.roster_under(offer)).collect();
        people.sort_by_key(|person| (person.id, person.side, person.role, &person.title, &person.place));
        people.dedup();
        people
    }

    /// A side's word on who sits at a seat.
    pub fn vouched(&self, side: usize, seat: PublicKey) -> Option<PersonId> {
        let about = |body: &Body| matches!(body, Body::Vouch { seat: of, .. } if *of == seat);
        match self.latest(Kind::Vouch, side, about)?.statement.body() {
            Body::Vouch { person, .. } => *person,
            _ => None,
        }
    }

    // ---- interruption ----

    /// Whether the side shows another as lost.
    pub fn lost(&self, side: usize, far: SideId) -> bool {
        let lost = self.latest(
            Kind::Lost,
            side,
            |body| matches!(body, Body::Lost { far: of, .. } if *of == far),
        );
        let back = self.latest(
            Kind::Back,
            side,
            |body| matches!(body, Body::Back { far: of, .. } if *of == far),
        );
        let number = |entry: Option<&Entry>| entry.map_or(0, |entry| entry.statement.number());
        number(lost) > number(back)
    }
}
