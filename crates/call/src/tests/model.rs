//! The reference model: the same rules over plain sets of statements, with nothing clever in it.
//!
//! A past is a set of hashes, found by walking; a half stands if every closing in the set is in its past; whether a
//! statement was valid is asked anew of its own past. Slow, and short enough to compare with the text of the rules.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::rules::{ADMITS_MAX, OFFERS_MAX};
use crate::terms::{Person, PersonId, ROSTER_MAX, Terms};
use crate::{Body, Hash, Kind, Phase, PublicKey, SideId, Statement, Timestamp};

pub type Set = BTreeSet<Hash>;

pub struct Model {
    all: BTreeMap<Hash, Statement>,
    pub(super) sides: Vec<SideId>,
    pasts: RefCell<BTreeMap<Hash, Set>>,
    valid: RefCell<BTreeMap<Hash, bool>>,
}

impl Model {
    pub fn new(statements: impl IntoIterator<Item = Statement>, sides: &[SideId]) -> Self {
        let all = statements
            .into_iter()
            .map(|statement| (statement.hash(), statement))
            .collect();
        Self {
            all,
            sides: sides.to_vec(),
            pasts: RefCell::default(),
            valid: RefCell::default(),
        }
    }

    pub fn everything(&self) -> Set {
        self.all.keys().copied().collect()
    }

    pub(super) fn past(&self, of: Hash) -> Set {
        if let Some(past) = self.pasts.borrow().get(&of) {
            return past.clone();
        }
        let statement = &self.all[&of];
        let mut past = Set::new();
        let before = statement
            .previous()
            .into_iter()
            .chain(statement.seen().iter().map(|head| head.hash));
        for hash in before {
            past.insert(hash);
            past.extend(self.past(hash));
        }
        self.pasts.borrow_mut().insert(of, past.clone());
        past
    }

    /// Valid: a closing, or something that no rule was against in its own past.
    pub fn valid(&self, hash: Hash) -> bool {
        if let Some(valid) = self.valid.borrow().get(&hash) {
            return *valid;
        }
        let statement = &self.all[&hash];
        let valid = statement.kind().is_closing()
            || self.may(&self.past(hash), statement.side(), statement.body(), statement.at());
        self.valid.borrow_mut().insert(hash, valid);
        valid
    }

    pub(super) fn in_set(&self, set: &Set, which: impl Fn(&Statement) -> bool) -> Vec<&Statement> {
        let held = set.iter().map(|hash| &self.all[hash]);
        held.filter(|statement| which(statement) && self.valid(statement.hash()))
            .collect()
    }

    pub(super) fn is(&self, hash: &Hash, side: SideId, kind: Kind) -> bool {
        self.all[hash].side() == side && self.all[hash].kind() == kind
    }

    fn said(&self, set: &Set, side: SideId, body: &Body) -> Vec<&Statement> {
        self.in_set(set, |statement| statement.side() == side && statement.body() == body)
    }

    pub(super) fn saw(&self, half: &Statement, closings: &[&Statement]) -> bool {
        let past = self.past(half.hash());
        closings.iter().all(|closing| past.contains(&closing.hash()))
    }

    /// Rule 2: every side has a half that has seen every closing.
    fn stands(&self, set: &Set, body: &Body, closings: &[&Statement]) -> bool {
        self.sides
            .iter()
            .all(|side| self.said(set, *side, body).iter().any(|half| self.saw(half, closings)))
    }

    pub(super) fn offers(&self, set: &Set) -> Vec<(&Statement, &Terms)> {
        let offers = self.in_set(set, |statement| statement.kind() == Kind::Offer);
        let terms = |statement| match Statement::body(statement) {
            Body::Offer(terms) => (statement, &**terms),
            _ => unreachable!(),
        };
        offers.into_iter().map(terms).collect()
    }

    fn consent(&self, set: &Set, offer: &Statement, side: SideId) -> Vec<&Statement> {
        if offer.side() == side {
            return self.in_set(set, |statement| statement == offer);
        }
        self.said(set, side, &Body::Agree { offer: offer.hash() })
    }

    pub(super) fn consented(&self, set: &Set, offer: &Statement) -> bool {
        self.sides
            .iter()
            .all(|side| !self.consent(set, offer, *side).is_empty())
    }

    fn closings(&self, set: &Set, offer: Hash) -> Vec<&Statement> {
        let bodies = [Body::Decline { offer }, Body::Withdraw { offer }, Body::Lapse { offer }];
        self.in_set(set, |statement| bodies.contains(statement.body()))
    }

    pub(super) fn ends(&self, set: &Set) -> Vec<&Statement> {
        self.in_set(set, |statement| *statement.body() == Body::End)
    }

    /// Agreed terms replace the offer they name, and what that one names in turn, whatever closes them later.
    fn replaces(&self, set: &Set, terms: &Terms, other: Hash) -> bool {
        let Some(replaced) = terms.replaces else { return false };
        if replaced == other {
            return true;
        }
        let offers = self.offers(set);
        offers
            .iter()
            .any(|(offer, terms)| offer.hash() == replaced && self.replaces(set, terms, other))
    }

    fn replaced(&self, set: &Set, offer: Hash) -> bool {
        let offers = self.offers(set);
        offers
            .iter()
            .any(|(other, terms)| self.consented(set, other) && self.replaces(set, terms, offer))
    }

    fn agreed(&self, set: &Set, offer: &Statement) -> bool {
        let closings = self.closings(set, offer.hash());
        self.sides.iter().all(|side| {
            self.consent(set, offer, *side)
                .iter()
                .any(|half| self.saw(half, &closings))
        })
    }

    pub fn in_force(&self, set: &Set) -> Vec<Hash> {
        let offers = self.offers(set).into_iter().map(|(offer, _)| offer);
        let force = offers.filter(|offer| self.agreed(set, offer) && !self.replaced(set, offer.hash()));
        force.map(Statement::hash).collect()
    }

    pub fn running(&self, set: &Set) -> bool {
        self.all.values().any(|statement| match statement.body() {
            Body::Begin { terms } => self.runs(set, *terms),
            _ => false,
        })
    }

    fn runs(&self, set: &Set, terms: Hash) -> bool {
        let mut closings = self.closings(set, terms);
        closings.extend(self.ends(set));
        self.stands(set, &Body::Begin { terms }, &closings)
    }

    /// Began at all: every closing came after every half.
    fn began(&self, set: &Set) -> bool {
        self.in_set(set, |statement| statement.kind() == Kind::Begin)
            .into_iter()
            .any(|begin| {
                let Body::Begin { terms } = *begin.body() else {
                    return false;
                };
                let mut closings = self.closings(set, terms);
                closings.extend(self.ends(set));
                let halves: Vec<_> = self
                    .sides
                    .iter()
                    .flat_map(|side| self.said(set, *side, begin.body()))
                    .collect();
                let all_said = self
                    .sides
                    .iter()
                    .all(|side| halves.iter().any(|half| half.side() == *side));
                all_said && closings.iter().all(|closing| self.saw(closing, &halves))
            })
    }

    pub fn gathered(&self, set: &Set, side: SideId) -> bool {
        let gathers = self.in_set(set, |statement| {
            statement.side() == side && statement.kind() == Kind::Gather
        });
        gathers.iter().any(|gather| match gather.body() {
            Body::Gather { terms } => self.closings(set, *terms).is_empty(),
            _ => false,
        })
    }

    pub fn footage(&self, set: &Set) -> bool {
        let closes = self.in_set(set, |statement| *statement.body() == Body::Close);
        let open = |terms: &Hash| self.stands(set, &Body::Open { terms: *terms }, &closes);
        self.running(set) && self.in_force(set).iter().any(open)
    }

    fn open_halves(&self, set: &Set) -> Vec<&Statement> {
        let closes = self.in_set(set, |statement| *statement.body() == Body::Close);
        let opens = self.in_set(set, |statement| statement.kind() == Kind::Open);
        opens.into_iter().filter(|half| self.saw(half, &closes)).collect()
    }

    fn strikes(&self, set: &Set, person: PersonId) -> Vec<&Statement> {
        self.in_set(set, |statement| *statement.body() == Body::Strike { person })
    }

    pub fn roster(&self, set: &Set) -> Vec<Person> {
        let mut people: Vec<Person> = Vec::new();
        for terms in self.in_force(set) {
            let offer = &self.all[&terms];
            let Body::Offer(offered) = offer.body() else {
                unreachable!()
            };
            for person in &offered.roster {
                let strikes = self.strikes(set, person.id);
                let seen = |side: &SideId| {
                    self.consent(set, offer, *side)
                        .iter()
                        .any(|half| self.saw(half, &strikes))
                };
                if self.sides.iter().all(seen) {
                    people.push(person.clone());
                }
            }
            for statement in self.all.values() {
                if let Body::Admit { terms: under, person } = statement.body()
                    && *under == terms
                    && self.stands(set, statement.body(), &self.strikes(set, person.id))
                {
                    people.push(person.clone());
                }
            }
        }
        people.sort_by_key(|person| {
            (
                person.id,
                person.side,
                person.role,
                person.title.clone(),
                person.place.clone(),
            )
        });
        people.dedup();
        people
    }

    pub fn vouched(&self, set: &Set, side: SideId, key: PublicKey) -> Option<PersonId> {
        let about = |body: &Body| matches!(body, Body::Vouch { seat, .. } if *seat == key);
        let vouches = self.in_set(set, |statement| statement.side() == side && about(statement.body()));
        match vouches.into_iter().max_by_key(|statement| statement.number())?.body() {
            Body::Vouch { person, .. } => *person,
            _ => None,
        }
    }

    fn lost(&self, set: &Set, side: SideId, whom: SideId) -> bool {
        let cuts = self.in_set(set, |statement| {
            let about = match statement.body() {
                Body::Lost { far, .. } | Body::Back { far, .. } => *far == whom,
                _ => false,
            };
            statement.side() == side && about
        });
        let newest = cuts.into_iter().max_by_key(|statement| statement.number());
        newest.is_some_and(|statement| statement.kind() == Kind::Lost)
    }

    pub fn phase(&self, set: &Set) -> Phase {
        let offers: Vec<&Statement> = self.offers(set).into_iter().map(|(offer, _)| offer).collect();
        if !self.ends(set).is_empty() {
            Phase::Ended
        } else if self.running(set) {
            Phase::InSession
        } else if self.began(set) {
            Phase::Ended
        } else if !self.in_force(set).is_empty() {
            let gathering = self.sides.iter().any(|side| self.gathered(set, *side));
            if gathering { Phase::Gathering } else { Phase::Agreed }
        } else if offers
            .iter()
            .any(|offer| self.closings(set, offer.hash()).is_empty() && !self.replaced(set, offer.hash()))
        {
            Phase::Proposed
        } else {
            let closings = offers.iter().flat_map(|offer| self.closings(set, offer.hash()));
            match closings
                .max_by_key(|closing| (closing.at(), closing.head()))
                .map(Statement::kind)
            {
                Some(Kind::Decline) => Phase::Declined,
                Some(Kind::Lapse) => Phase::Lapsed,
                _ => Phase::Withdrawn,
            }
        }
    }

    /// Whether a side that sees `set` may say this.
    pub fn may(&self, set: &Set, me: SideId, body: &Body, at: Timestamp) -> bool {
        if set.is_empty() {
            return body.kind() == Kind::Offer;
        }
        match *body {
            Body::Release { clip, instead } => return self.may_release(set, me, (clip, instead), at),
            Body::Recall { clip } => return self.may_recall(set, me, clip),
            _ => {}
        }
        let said = |body: &Body| !self.said(set, me, body).is_empty();
        let offers = self.offers(set);
        if *body == Body::End {
            let known = offers.iter().any(|(offer, _)| self.consented(set, offer));
            return !said(body) && (known || !self.ends(set).is_empty());
        }
        let force = self.in_force(set);
        if !self.ends(set).is_empty() || (force.len() > 1 && (body.kind().is_half() || body.kind() == Kind::Gather)) {
            return false;
        }
        let find = |hash: Hash| offers.iter().find(|(offer, _)| offer.hash() == hash).copied();
        let running = self.running(set);
        let takes_over = |terms: &Terms| force.iter().all(|hash| self.replaces(set, terms, *hash));
        match body {
            Body::Offer(terms) => {
                let mine = set.iter().map(|hash| &self.all[hash]);
                let count = mine
                    .filter(|other| other.side() == me && other.kind() == Kind::Offer)
                    .count();
                terms.sides().eq(self.sides.iter().copied())
                    && count < OFFERS_MAX
                    && terms.replaces.is_none_or(|hash| find(hash).is_some())
                    && takes_over(terms)
            }
            Body::Agree { offer } => find(*offer).is_some_and(|(statement, terms)| {
                self.consent(set, statement, me).is_empty()
                    && self.closings(set, *offer).is_empty()
                    && !self.replaced(set, *offer)
                    && takes_over(terms)
            }),
            Body::Decline { offer } | Body::Withdraw { offer } | Body::Lapse { offer } => {
                find(*offer).is_some_and(|(statement, _)| {
                    let mine = !self.consent(set, statement, me).is_empty();
                    let fits = match body.kind() {
                        Kind::Decline => !mine,
                        Kind::Withdraw => mine,
                        _ => true,
                    };
                    let carries = self.runs(set, *offer) || (running && force == [*offer]);
                    fits && self.closings(set, *offer).is_empty() && !carries
                })
            }
            Body::Gather { terms } => force.contains(terms) && !running && !said(body),
            Body::Begin { terms } => force.contains(terms) && !running && self.gathered(set, me) && !said(body),
            Body::Preflight { terms, .. } => force.contains(terms),
            Body::Open { terms } => {
                let footage = find(*terms).is_some_and(|(_, terms)| terms.footage.is_some());
                let mine = |half: &&Statement| half.side() == me && half.body() == body;
                force.contains(terms) && running && footage && !self.open_halves(set).iter().any(mine)
            }
            Body::Close => !self.open_halves(set).is_empty(),
            Body::Admit { terms, person } => {
                let roster = self.roster(set);
                let strikes = self.strikes(set, person.id);
                let mine = set.iter().map(|hash| &self.all[hash]);
                let count = mine
                    .filter(|other| other.side() == me && other.kind() == Kind::Admit)
                    .count();
                count < ADMITS_MAX
                    && force.contains(terms)
                    && self.sides.contains(&person.side)
                    && roster.len() < ROSTER_MAX
                    && roster.iter().all(|other| other.id != person.id)
                    && !self.said(set, me, body).iter().any(|half| self.saw(half, &strikes))
            }
            Body::Strike { person } => {
                let strikes = self.strikes(set, *person);
                let admits = self.in_set(
                    set,
                    |statement| matches!(statement.body(), Body::Admit { person: other, .. } if other.id == *person),
                );
                self.roster(set).iter().any(|other| other.id == *person)
                    || admits.iter().any(|half| self.saw(half, &strikes))
            }
            Body::Vouch { seat, person } => {
                let others = self.sides.iter().filter(|side| **side != me);
                let taken = others.into_iter().any(|side| self.vouched(set, *side, *seat).is_some());
                let now = self.vouched(set, me, *seat);
                let fits = match person {
                    None => now.is_some(),
                    Some(id) => {
                        self.roster(set).iter().any(|other| other.id == *id && other.side == me) && now != Some(*id)
                    }
                };
                !taken && fits
            }
            Body::Lost { far, .. } => running && *far != me && self.sides.contains(far) && !self.lost(set, me, *far),
            Body::Back { far, .. } => running && *far != me && self.sides.contains(far) && self.lost(set, me, *far),
            Body::Rekey { .. } | Body::End | Body::Release { .. } | Body::Recall { .. } => false,
        }
    }
}
