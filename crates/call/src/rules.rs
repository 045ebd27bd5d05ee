//! The rules, over what someone had before their eyes.
//!
//! A [`View`] is the chains cut at some number each: a statement's own past, or all that is held. The same questions
//! answer both what a side may say and what a statement meant when it was said.
//!
//! What stands, in one sentence: an opening stands where every side's half of it stands, and a half stands where no
//! rule was against it in its signer's own past and every closing in the view was in that past.

use crate::body::{Body, Kind};
use crate::chains::{Chains, Entry};
use crate::ids::{Hash, PublicKey, SideId, Timestamp};
use crate::refusal::Refusal;
use crate::statement::{CHAIN_MAX, CLOSING_PLACES, Unsigned};
use crate::terms::{Person, PersonId, ROSTER_MAX, Terms};

/// Most offers that one side may make in one call.
pub const OFFERS_MAX: usize = 64;

/// Drafts the first offer, which starts a call.
///
/// # Errors
/// The [`Refusal`] that names what is wrong with the terms.
pub fn ask(me: SideId, terms: Terms, at: Timestamp) -> Result<Unsigned, Refusal> {
    if !terms.sides().any(|side| side == me) {
        return Err(Refusal::NotAParty);
    }
    if terms.replaces.is_some() {
        return Err(Refusal::UnknownOffer);
    }
    let body = Body::Offer(Box::new(terms));
    body.check()?;
    instant(at)?;
    let draft = Unsigned {
        subject: None,
        side: me,
        number: 1,
        previous: None,
        seen: Vec::new(),
        at,
        body,
    };
    draft.fits()?;
    Ok(draft)
}

/// Drafts `me`'s next statement, if the rules let it be said.
///
/// # Errors
/// The [`Refusal`] that names the rule.
pub fn propose(chains: &Chains, me: SideId, body: Body, at: Timestamp) -> Result<Unsigned, Refusal> {
    may(chains, me, &body)?;
    instant(at)?;
    let side = chains.index(me).ok_or(Refusal::NotAParty)?;
    let draft = chains.draft(side, body, at);
    draft.fits()?;
    Ok(draft)
}

/// Whether `me` may say this next: the same answer as [`propose`]'s, without a draft.
///
/// # Errors
/// The [`Refusal`] that names the rule.
pub fn may(chains: &Chains, me: SideId, body: &Body) -> Result<(), Refusal> {
    body.check()?;
    let side = chains.index(me).ok_or(Refusal::NotAParty)?;
    let view = View::at(chains, chains.whole());
    let next = usize::from(view.clock[side]) + 1;
    if next > usize::from(CHAIN_MAX) {
        return Err(Refusal::ChainFull);
    }
    if next > usize::from(CHAIN_MAX - CLOSING_PLACES) && !body.kind().is_closing() {
        return Err(Refusal::ClosingsOnly);
    }
    if chains.call().is_none() {
        return match body {
            Body::Rekey { .. } => Ok(()),
            _ => Err(Refusal::WrongChain),
        };
    }
    if chains.forked() {
        let said = view.latest(Kind::End, side, |_| true).is_some();
        return if *body == Body::End && !said {
            Ok(())
        } else {
            Err(Refusal::Forked)
        };
    }
    view.judge(side, body)
}

fn instant(at: Timestamp) -> Result<(), Refusal> {
    if at.in_bounds() {
        Ok(())
    } else {
        Err(Refusal::Text { field: "at" })
    }
}

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

    fn sides(&self) -> core::ops::Range<usize> {
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
    fn ancestors(offers: &[Offered<'a>], terms: &Terms) -> Vec<Hash> {
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
    fn saw_all(half: &Entry, mut closings: impl Iterator<Item = (usize, &'a Entry)>) -> bool {
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
    fn admit_half(&self, terms: Hash, person: &Person, side: usize) -> Option<&'a Entry> {
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

    // ---- what may be said ----

    /// Whether `side`, seeing this, may say `body`.
    pub fn judge(&self, side: usize, body: &Body) -> Result<(), Refusal> {
        if let Body::End = body {
            return self.judge_end(side);
        }
        if self.ended() {
            return Err(Refusal::Ended);
        }
        let offers = self.offers();
        let in_force = self.in_force(&offers);
        if in_force.len() > 1 && (body.kind().is_half() || body.kind() == Kind::Gather) {
            return Err(Refusal::Crossed);
        }
        match body {
            Body::Offer(terms) => self.judge_offer(side, terms, &offers, &in_force),
            Body::Agree { offer } => self.judge_agree(side, *offer, &offers, &in_force),
            Body::Decline { .. } | Body::Withdraw { .. } | Body::Lapse { .. } => {
                self.judge_closing(side, body, &offers, &in_force)
            }
            Body::Gather { terms } => self.judge_gather(side, *terms, &in_force),
            Body::Preflight { terms, .. } => under(*terms, &in_force).map(|_| ()),
            Body::Vouch { seat, person } => self.judge_vouch(side, *seat, *person, &in_force),
            Body::Admit { terms, person } => self.judge_admit(side, *terms, person, &in_force),
            Body::Strike { person } => self.judge_strike(*person, &in_force),
            Body::Begin { terms } => self.judge_begin(side, *terms, &in_force),
            Body::Open { terms } => self.judge_open(side, *terms, &in_force),
            Body::Close => self.judge_close(),
            Body::Lost { far, .. } | Body::Back { far, .. } => self.judge_cut(side, *far, body.kind()),
            Body::Rekey { .. } => Err(Refusal::WrongChain),
            Body::End => Ok(()),
        }
    }

    fn judge_end(&self, side: usize) -> Result<(), Refusal> {
        if self.latest(Kind::End, side, |_| true).is_some() {
            return Err(Refusal::SaidAlready);
        }
        let agreed = self.ended() || self.offers().iter().any(|offer| self.consented(offer));
        if agreed { Ok(()) } else { Err(Refusal::NotAgreed) }
    }

    fn judge_offer(
        &self,
        side: usize,
        terms: &Terms,
        offers: &[Offered<'a>],
        in_force: &[Offered<'a>],
    ) -> Result<(), Refusal> {
        if !terms.sides().eq(self.chains.sides().iter().copied()) {
            return Err(Refusal::OtherParties);
        }
        if self.chains.said(Kind::Offer, side, self.clock[side]).count() >= OFFERS_MAX {
            return Err(Refusal::TooManyOffers);
        }
        if terms
            .replaces
            .is_some_and(|hash| offers.iter().all(|offer| offer.hash != hash))
        {
            return Err(Refusal::UnknownOffer);
        }
        replaces_all(in_force, &Self::ancestors(offers, terms))
    }

    fn judge_agree(
        &self,
        side: usize,
        hash: Hash,
        offers: &[Offered<'a>],
        in_force: &[Offered<'a>],
    ) -> Result<(), Refusal> {
        let offer = known(hash, offers)?;
        if offer.side == side {
            return Err(Refusal::OwnOffer);
        }
        if self.closed(hash) {
            return Err(Refusal::OfferClosed);
        }
        if self.consent(offer, side).is_some() {
            return Err(Refusal::SaidAlready);
        }
        if self.replaced(offers).contains(&hash) {
            return Err(Refusal::Replaced);
        }
        replaces_all(in_force, &Self::ancestors(offers, offer.terms))
    }

    /// Decline, where the side has not consented; withdraw, where it has; lapse by anyone.
    fn judge_closing(
        &self,
        side: usize,
        body: &Body,
        offers: &[Offered<'a>],
        in_force: &[Offered<'a>],
    ) -> Result<(), Refusal> {
        let (Body::Decline { offer: hash } | Body::Withdraw { offer: hash } | Body::Lapse { offer: hash }) = *body
        else {
            return Err(Refusal::UnknownOffer);
        };
        let offer = known(hash, offers)?;
        if self.closed(hash) {
            return Err(Refusal::OfferClosed);
        }
        match (body.kind(), self.consent(offer, side).is_some()) {
            (Kind::Withdraw, false) => return Err(Refusal::NotConsented),
            (Kind::Decline, true) if offer.side == side => return Err(Refusal::OwnOffer),
            (Kind::Decline, true) => return Err(Refusal::SaidAlready),
            _ => {}
        }
        // The session ends by End. Crossed terms may be withdrawn while it runs, but not those it began under.
        let last = in_force.len() == 1 && in_force[0].hash == hash;
        if self.running_under(hash) || (last && self.running()) {
            Err(Refusal::InSession)
        } else {
            Ok(())
        }
    }

    fn judge_gather(&self, side: usize, terms: Hash, in_force: &[Offered<'a>]) -> Result<(), Refusal> {
        under(terms, in_force)?;
        if self.running() {
            return Err(Refusal::InSession);
        }
        let same = |body: &Body| *body == Body::Gather { terms };
        if self.latest(Kind::Gather, side, same).is_some() {
            Err(Refusal::SaidAlready)
        } else {
            Ok(())
        }
    }

    fn judge_begin(&self, side: usize, terms: Hash, in_force: &[Offered<'a>]) -> Result<(), Refusal> {
        under(terms, in_force)?;
        if self.running() {
            return Err(Refusal::InSession);
        }
        if !self.gathered(side) {
            return Err(Refusal::NotGathered);
        }
        let same = |body: &Body| *body == Body::Begin { terms };
        if self.latest(Kind::Begin, side, same).is_some() {
            Err(Refusal::SaidAlready)
        } else {
            Ok(())
        }
    }

    fn judge_open(&self, side: usize, terms: Hash, in_force: &[Offered<'a>]) -> Result<(), Refusal> {
        let offer = under(terms, in_force)?;
        if !self.running() {
            return Err(Refusal::NotInSession);
        }
        if offer.terms.footage.is_none() {
            return Err(Refusal::NoFootage);
        }
        if self.open_half(terms, side).is_some() {
            Err(Refusal::SaidAlready)
        } else {
            Ok(())
        }
    }

    /// Close answers any half that stands, so that one alone can be taken back too.
    fn judge_close(&self) -> Result<(), Refusal> {
        let stands = |(side, entry): (usize, &Entry)| match entry.statement.body() {
            Body::Open { terms } => self.open_half(*terms, side).is_some(),
            _ => false,
        };
        if self.all(Kind::Open).any(stands) {
            Ok(())
        } else {
            Err(Refusal::NotOpen)
        }
    }

    fn judge_admit(&self, side: usize, terms: Hash, person: &Person, in_force: &[Offered<'a>]) -> Result<(), Refusal> {
        under(terms, in_force)?;
        if !self.chains.sides().contains(&person.side) {
            return Err(Refusal::NotAParty);
        }
        let roster = self.roster(in_force);
        if roster.iter().any(|other| other.id == person.id) {
            return Err(Refusal::OnRoster);
        }
        if roster.len() >= ROSTER_MAX {
            return Err(Refusal::RosterFull);
        }
        if self.admit_half(terms, person, side).is_some() {
            Err(Refusal::SaidAlready)
        } else {
            Ok(())
        }
    }

    /// Strike answers a name on the roster, and one half of an admission too.
    fn judge_strike(&self, id: PersonId, in_force: &[Offered<'a>]) -> Result<(), Refusal> {
        let half = |(side, entry): (usize, &Entry)| match entry.statement.body() {
            Body::Admit { terms, person } if person.id == id => self.admit_half(*terms, person, side).is_some(),
            _ => false,
        };
        let listed = self.roster(in_force).iter().any(|person| person.id == id);
        if listed || self.all(Kind::Admit).any(half) {
            Ok(())
        } else {
            Err(Refusal::NotOnRoster)
        }
    }

    fn judge_vouch(
        &self,
        side: usize,
        seat: PublicKey,
        person: Option<PersonId>,
        in_force: &[Offered<'a>],
    ) -> Result<(), Refusal> {
        let others = self.sides().filter(|other| *other != side);
        if others.into_iter().any(|other| self.vouched(other, seat).is_some()) {
            return Err(Refusal::OthersSeat);
        }
        let Some(id) = person else {
            return if self.vouched(side, seat).is_some() {
                Ok(())
            } else {
                Err(Refusal::NotVouched)
            };
        };
        if in_force.is_empty() {
            return Err(Refusal::NotAgreed);
        }
        let roster = self.roster(in_force);
        let mut named = roster.iter().filter(|person| person.id == id).peekable();
        if named.peek().is_none() {
            return Err(Refusal::NotOnRoster);
        }
        if !named.any(|person| person.side == self.chains.sides()[side]) {
            return Err(Refusal::NotOurs);
        }
        if self.vouched(side, seat) == Some(id) {
            Err(Refusal::SaidAlready)
        } else {
            Ok(())
        }
    }

    fn judge_cut(&self, side: usize, far: SideId, kind: Kind) -> Result<(), Refusal> {
        if far == self.chains.sides()[side] || !self.chains.sides().contains(&far) {
            return Err(Refusal::NotAParty);
        }
        if !self.running() {
            return Err(Refusal::NotInSession);
        }
        match (kind, self.lost(side, far)) {
            (Kind::Lost, true) => Err(Refusal::AlreadyLost),
            (Kind::Back, false) => Err(Refusal::NotLost),
            _ => Ok(()),
        }
    }
}

fn known<'v, 'a>(hash: Hash, offers: &'v [Offered<'a>]) -> Result<&'v Offered<'a>, Refusal> {
    offers
        .iter()
        .find(|offer| offer.hash == hash)
        .ok_or(Refusal::UnknownOffer)
}

/// The terms of that hash, if they are in force.
fn under<'v, 'a>(hash: Hash, in_force: &'v [Offered<'a>]) -> Result<&'v Offered<'a>, Refusal> {
    if in_force.is_empty() {
        return Err(Refusal::NotAgreed);
    }
    in_force
        .iter()
        .find(|offer| offer.hash == hash)
        .ok_or(Refusal::NotInForce)
}

/// While terms are in force, others can only come to be agreed in their place.
fn replaces_all(in_force: &[Offered<'_>], ancestors: &[Hash]) -> Result<(), Refusal> {
    match in_force.iter().find(|offer| !ancestors.contains(&offer.hash)) {
        Some(offer) => Err(Refusal::TermsChanged { in_force: offer.hash }),
        None => Ok(()),
    }
}
