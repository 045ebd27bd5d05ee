//! What may be said: the rules that refuse a command, and that make a statement void if it was said all the same.

use crate::body::{Body, Kind};
use crate::chains::{Chains, Entry};
use crate::ids::{Hash, PublicKey, SideId, Timestamp};
use crate::refusal::Refusal;
use crate::statement::{CHAIN_MAX, CLOSING_PLACES, Unsigned};
use crate::terms::{Person, PersonId, ROSTER_MAX, Terms};
use crate::view::{Offered, View};

/// Most offers that one side may make in one call.
pub const OFFERS_MAX: usize = 64;
/// Most halves of admissions that one side may say in one call.
pub const ADMITS_MAX: usize = 256;

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
    may(chains, me, &body, at)?;
    instant(at)?;
    let side = chains.index(me).ok_or(Refusal::NotAParty)?;
    let draft = chains.draft(side, body, at);
    draft.fits()?;
    Ok(draft)
}

/// Whether `me` may say this next, at this time: the same answer as [`propose`]'s, without a draft.
///
/// # Errors
/// The [`Refusal`] that names the rule.
pub fn may(chains: &Chains, me: SideId, body: &Body, at: Timestamp) -> Result<(), Refusal> {
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
    view.judge(side, body, at)
}

fn instant(at: Timestamp) -> Result<(), Refusal> {
    if at.in_bounds() {
        Ok(())
    } else {
        Err(Refusal::Text { field: "at" })
    }
}

impl<'a> View<'a> {
    /// Whether `side`, seeing this, may say `body` at a time of its clock.
    pub fn judge(&self, side: usize, body: &Body, at: Timestamp) -> Result<(), Refusal> {
        match *body {
            Body::End => return self.judge_end(side),
            // Clips are made of what is over, and outlive the call.
            Body::Release { clip, instead } => return self.judge_release(side, clip, instead, at),
            Body::Recall { clip } => return self.judge_recall(side, clip),
            _ => {}
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
            Body::End | Body::Release { .. } | Body::Recall { .. } => Ok(()),
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
        if self.chains.said(Kind::Admit, side, self.clock[side]).count() >= ADMITS_MAX {
            return Err(Refusal::Count {
                field: "admits",
                most: ADMITS_MAX,
            });
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
