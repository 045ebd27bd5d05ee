//! The chains of one call (or of one line): what is held, and what may be added.
//!
//! Statements are taken only in causal order: after their predecessor and after everything they say they have seen.
//! So the set held is always one that someone could have been in, and each statement can be judged at once and for
//! good, by what its signer had before its eyes.

use std::collections::{BTreeMap, VecDeque};

use crate::body::{Body, Kind};
use crate::ids::{CallId, Hash, LineId, SideId, Timestamp};
use crate::keyring::{Keyring, check_proof};
use crate::refusal::Refusal;
use crate::statement::{CHAIN_MAX, CLOSING_PLACES, Head, Statement, Subject, Unsigned};
use crate::terms::Terms;
use crate::view::View;

/// What happened to a statement that was not at fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Taken {
    /// It is held.
    New,
    /// It was held already.
    Known,
    /// It is the second in its place: kept as evidence beside the first. The call is closed.
    Fork,
    /// It is not held: ask for these first, then for it again.
    Missing(Vec<Want>),
}

/// Statements to ask for: those of `side` numbered above `after`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Want {
    /// Whose chain.
    pub side: SideId,
    /// The last number that is not wanted.
    pub after: u16,
}

/// Why a statement cannot be part of these chains.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// It belongs to another call or line, or starts one where one goes on.
    #[error("of another call or line")]
    Foreign,
    /// Its side is no party.
    #[error("its side is no party to this call")]
    NotAParty,
    /// Its side's first key is not known.
    #[error("its side is not known")]
    UnknownSide,
    /// The key that signed was never the side's.
    #[error("signed with a key that is not its side's")]
    UnknownKey,
    /// The chain goes on with a newer key; an older one cannot speak again.
    #[error("signed with a key that had given way to another")]
    OldKey,
    /// It names another predecessor than the statement held in that place. That is a fork or a lie: asking once for
    /// the statements after `number - 2` brings the proof.
    #[error("its predecessor is not the statement before it")]
    BrokenLink,
    /// It has seen less than its predecessor had.
    #[error("what it has seen goes back")]
    SeenBack,
    /// It has seen a statement, but not what that statement had seen, or not the call's first offer.
    #[error("what it has seen does not hold together")]
    SeenTorn,
    /// Only closings may take a chain's last places.
    #[error("the chain's last places are for closings")]
    ClosingsOnly,
    /// A third statement in one place.
    #[error("a third statement in one place")]
    ThirdInPlace,
    /// A Rekey whose new key did not sign its introduction, or had been used.
    #[error("the new key has not signed its introduction, or is not new")]
    BadRekey,
}

impl Fault {
    /// Its code: snake case, stable.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Foreign => "foreign",
            Self::NotAParty => "not_a_party",
            Self::UnknownSide => "unknown_side",
            Self::UnknownKey => "unknown_key",
            Self::OldKey => "old_key",
            Self::BrokenLink => "broken_link",
            Self::SeenBack => "seen_back",
            Self::SeenTorn => "seen_torn",
            Self::ClosingsOnly => "closings_only",
            Self::ThirdInPlace => "third_in_place",
            Self::BadRekey => "bad_rekey",
        }
    }
}

/// Two statements of one side in one place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fork {
    /// Whose chain.
    pub side: SideId,
    /// The place.
    pub number: u16,
    /// Both, by ascending hash.
    pub statements: [Statement; 2],
}

/// A statement in its place.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub statement: Statement,
    /// How much of each chain was before its signer's eyes, itself not counted.
    pub past: Vec<u16>,
    /// The rule that makes it void, judged in that past.
    pub void: Option<Refusal>,
}

/// The chains of one call, or of one line, as far as they are held.
#[derive(Clone, Debug)]
pub struct Chains {
    subject: Subject,
    /// Ascending.
    sides: Vec<SideId>,
    /// Who asked: an index into `sides`.
    asker: usize,
    chains: Vec<Vec<Entry>>,
    twins: BTreeMap<(usize, u16), Statement>,
    /// Numbers by kind and side, ascending.
    said: BTreeMap<(Kind, usize), Vec<u16>>,
}

impl Chains {
    /// Starts a call's chains with its first offer.
    ///
    /// # Errors
    /// [`Fault`]: it is no first offer, names sides without its own, or is signed with a key that is not its side's.
    pub fn start(keyring: &Keyring, first: Statement) -> Result<Self, Fault> {
        let Body::Offer(terms) = first.body() else {
            return Err(Fault::Foreign);
        };
        if !first.starts_call() {
            return Err(Fault::Foreign);
        }
        let sides: Vec<SideId> = terms.sides().collect();
        let asker = sides
            .iter()
            .position(|side| *side == first.side())
            .ok_or(Fault::NotAParty)?;
        let mut chains = Self::empty(first.subject(), sides, asker);
        chains.insert(keyring, first)?;
        Ok(chains)
    }

    /// The empty chains of the line between two sides.
    #[must_use]
    pub fn line(one: SideId, other: SideId) -> Self {
        let sides = if one <= other {
            vec![one, other]
        } else {
            vec![other, one]
        };
        Self::empty(Subject::Line(LineId::of(one, other)), sides, 0)
    }

    /// Starts a call with its first offer and takes the rest in whatever order it comes, as from a store. Returns
    /// what could not be taken, too.
    ///
    /// # Errors
    /// [`Fault`] where [`Chains::start`] has one; `Foreign` when there is no first offer.
    pub fn load(
        keyring: &Keyring,
        statements: impl IntoIterator<Item = Statement>,
    ) -> Result<(Self, Vec<Statement>), Fault> {
        let mut rest: Vec<Statement> = statements.into_iter().collect();
        let first = rest.iter().position(Statement::starts_call).ok_or(Fault::Foreign)?;
        let mut chains = Self::start(keyring, rest.swap_remove(first))?;
        rest.sort_by_key(|statement| (statement.number(), statement.side(), statement.hash()));
        chains.take_all(keyring, &mut rest);
        Ok((chains, rest))
    }

    /// Takes what can be taken, each chain in order, until a whole round takes nothing.
    fn take_all(&mut self, keyring: &Keyring, rest: &mut Vec<Statement>) {
        let mut queues: BTreeMap<SideId, VecDeque<Statement>> = BTreeMap::new();
        for statement in rest.drain(..) {
            queues.entry(statement.side()).or_default().push_back(statement);
        }
        let mut moved = true;
        while moved {
            moved = false;
            for queue in queues.values_mut() {
                while let Some(statement) = queue.pop_front() {
                    match self.insert(keyring, statement.clone()) {
                        Ok(Taken::Missing(_)) => {
                            queue.push_front(statement);
                            break;
                        }
                        Ok(_) => moved = true,
                        Err(_) => rest.push(statement),
                    }
                }
            }
        }
        rest.extend(queues.into_values().flatten());
    }

    fn empty(subject: Subject, sides: Vec<SideId>, asker: usize) -> Self {
        let chains = vec![Vec::new(); sides.len()];
        Self {
            subject,
            sides,
            asker,
            chains,
            twins: BTreeMap::new(),
            said: BTreeMap::new(),
        }
    }

    /// Takes a statement if it fits. Nothing changes unless the answer is `New` or `Fork`. A statement that breaks a
    /// rule but not its chain is held all the same, and void: see [`Chains::void`].
    ///
    /// # Errors
    /// [`Fault`]: it can never be part of these chains.
    pub fn insert(&mut self, keyring: &Keyring, statement: Statement) -> Result<Taken, Fault> {
        if statement.subject() != self.subject {
            return Err(Fault::Foreign);
        }
        let side = self.index(statement.side()).ok_or(Fault::NotAParty)?;
        let place = usize::from(statement.number()) - 1;
        if self.chains[side]
            .get(place)
            .is_some_and(|held| held.statement == statement)
        {
            return Ok(Taken::Known);
        }
        let position = self.check_signer(keyring, &statement)?;
        if place > self.chains[side].len() {
            let after = u16::try_from(self.chains[side].len()).unwrap_or(CHAIN_MAX);
            return Ok(Taken::Missing(vec![Want {
                side: statement.side(),
                after,
            }]));
        }
        let before = place.checked_sub(1).map(|at| &self.chains[side][at]);
        if before.map(|entry| entry.statement.hash()) != statement.previous() {
            return Err(Fault::BrokenLink);
        }
        if before.is_some_and(|entry| keyring.position(statement.side(), entry.statement.key()) > Some(position)) {
            return Err(Fault::OldKey);
        }
        if place < self.chains[side].len() {
            return self.insert_twin(side, statement);
        }
        if statement.number() > CHAIN_MAX - CLOSING_PLACES && !statement.kind().is_closing() {
            return Err(Fault::ClosingsOnly);
        }
        let past = match self.past_of(side, &statement)? {
            Ok(past) => past,
            Err(wants) => return Ok(Taken::Missing(wants)),
        };
        let void = if statement.kind().is_closing() || matches!(self.subject, Subject::Line(_)) {
            None
        } else {
            View::at(self, past.clone())
                .judge(side, statement.body(), statement.at())
                .err()
        };
        self.said
            .entry((statement.kind(), side))
            .or_default()
            .push(statement.number());
        self.chains[side].push(Entry { statement, past, void });
        Ok(Taken::New)
    }

    fn check_signer(&self, keyring: &Keyring, statement: &Statement) -> Result<usize, Fault> {
        let side = statement.side();
        if keyring.keys(side).is_empty() {
            return Err(Fault::UnknownSide);
        }
        let position = keyring.position(side, statement.key()).ok_or(Fault::UnknownKey)?;
        if let (Subject::Line(line), Body::Rekey { key, proof }) = (&self.subject, statement.body()) {
            check_proof(line, &side, key, proof)?;
        }
        Ok(position)
    }

    fn insert_twin(&mut self, side: usize, statement: Statement) -> Result<Taken, Fault> {
        match self.twins.get(&(side, statement.number())) {
            None => {
                self.twins.insert((side, statement.number()), statement);
                Ok(Taken::Fork)
            }
            Some(twin) if *twin == statement => Ok(Taken::Known),
            Some(_) => Err(Fault::ThirdInPlace),
        }
    }

    /// What was before the signer's eyes, checked; or what must come first.
    fn past_of(&self, side: usize, statement: &Statement) -> Result<Result<Vec<u16>, Vec<Want>>, Fault> {
        let mut past = vec![0; self.sides.len()];
        let mut wants = Vec::new();
        for head in statement.seen() {
            let other = self.index(head.side).ok_or(Fault::NotAParty)?;
            past[other] = head.number;
            let held = self.chains[other].get(usize::from(head.number) - 1);
            let twin = self.twins.get(&(other, head.number));
            if held.is_none() {
                let after = u16::try_from(self.chains[other].len()).unwrap_or(CHAIN_MAX);
                wants.push(Want { side: head.side, after });
            } else if held.is_none_or(|entry| entry.statement.hash() != head.hash)
                && twin.is_none_or(|twin| twin.hash() != head.hash)
            {
                wants.push(Want {
                    side: head.side,
                    after: head.number - 1,
                });
            }
        }
        past[side] = statement.number() - 1;
        if let Some(before) = self.chains[side].get(usize::from(statement.number()).wrapping_sub(2)) {
            let goes_back = (0..past.len()).any(|at| at != side && past[at] < before.past[at]);
            if goes_back {
                return Err(Fault::SeenBack);
            }
        }
        if matches!(self.subject, Subject::Call(_)) && past[self.asker] == 0 && !statement.starts_call() {
            return Err(Fault::SeenTorn);
        }
        if !wants.is_empty() {
            return Ok(Err(wants));
        }
        let torn = (0..past.len()).filter(|at| *at != side && past[*at] > 0).any(|at| {
            let seen = &self.chains[at][usize::from(past[at]) - 1];
            seen.past
                .iter()
                .zip(&past)
                .enumerate()
                .any(|(of, (theirs, ours))| of != at && theirs > ours)
        });
        if torn { Err(Fault::SeenTorn) } else { Ok(Ok(past)) }
    }

    /// What the chains are about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// The call, unless these are a line's chains.
    #[must_use]
    pub fn call(&self) -> Option<CallId> {
        match self.subject {
            Subject::Call(call) => Some(call),
            Subject::Line(_) => None,
        }
    }

    /// The parties, ascending.
    #[must_use]
    pub fn sides(&self) -> &[SideId] {
        &self.sides
    }

    /// The side that asked for the call.
    #[must_use]
    pub fn asked_by(&self) -> SideId {
        self.sides[self.asker]
    }

    /// The newest statement of each chain that has one, ascending by side.
    pub fn heads(&self) -> impl Iterator<Item = Head> + '_ {
        self.chains
            .iter()
            .filter_map(|chain| chain.last().map(|entry| entry.statement.head()))
    }

    /// The newest statement of a side.
    #[must_use]
    pub fn head(&self, side: SideId) -> Option<Head> {
        let chain = &self.chains[self.index(side)?];
        chain.last().map(|entry| entry.statement.head())
    }

    /// A side's statements numbered above `after`, in order.
    pub fn after(&self, side: SideId, after: u16) -> impl Iterator<Item = &Statement> + '_ {
        let chain = self.index(side).map_or(&[][..], |at| &self.chains[at]);
        chain.iter().skip(after.into()).map(|entry| &entry.statement)
    }

    /// Every statement held in a chain, side by side; the second ones of forks are in [`Chains::forks`].
    pub fn statements(&self) -> impl Iterator<Item = &Statement> + '_ {
        self.chains.iter().flatten().map(|entry| &entry.statement)
    }

    /// The statement of that hash, if it is held.
    #[must_use]
    pub fn find(&self, hash: Hash) -> Option<&Statement> {
        self.statements()
            .chain(self.twins.values())
            .find(|statement| statement.hash() == hash)
    }

    /// The rule that makes a held statement void, if one does. Closings are never void.
    #[must_use]
    pub fn void(&self, statement: &Statement) -> Option<&Refusal> {
        let chain = &self.chains[self.index(statement.side())?];
        let entry = chain.get(usize::from(statement.number()).checked_sub(1)?)?;
        if entry.statement == *statement {
            entry.void.as_ref()
        } else {
            None
        }
    }

    /// The highest number of `side`'s chain that another side says it has seen, 0 if none.
    #[must_use]
    pub fn acknowledged(&self, side: SideId) -> u16 {
        let Some(at) = self.index(side) else { return 0 };
        let others = self.chains.iter().enumerate().filter(|(of, _)| *of != at);
        others
            .filter_map(|(_, chain)| chain.last())
            .map(|entry| entry.past[at])
            .max()
            .unwrap_or(0)
    }

    /// Both statements of every fork, ascending by side and number.
    #[must_use]
    pub fn forks(&self) -> Vec<Fork> {
        let fork = |(&(side, number), twin): (&(usize, u16), &Statement)| {
            let mut statements = [
                self.chains[side][usize::from(number) - 1].statement.clone(),
                twin.clone(),
            ];
            statements.sort_by_key(Statement::hash);
            Fork {
                side: self.sides[side],
                number,
                statements,
            }
        };
        self.twins.iter().map(fork).collect()
    }

    /// Whether a fork is held.
    #[must_use]
    pub fn forked(&self) -> bool {
        !self.twins.is_empty()
    }

    pub(crate) fn index(&self, side: SideId) -> Option<usize> {
        self.sides.binary_search(&side).ok()
    }

    pub(crate) fn entry(&self, side: usize, number: u16) -> &Entry {
        &self.chains[side][usize::from(number) - 1]
    }

    /// The entries of one kind by one side up to a number, newest first.
    pub(crate) fn said(&self, kind: Kind, side: usize, until: u16) -> impl Iterator<Item = &Entry> + '_ {
        let numbers = self.said.get(&(kind, side)).map_or(&[][..], Vec::as_slice);
        let len = numbers.partition_point(|number| *number <= until);
        numbers[..len].iter().rev().map(move |number| self.entry(side, *number))
    }

    /// How much of each chain is held.
    pub(crate) fn whole(&self) -> Vec<u16> {
        self.chains
            .iter()
            .map(|chain| u16::try_from(chain.len()).unwrap_or(CHAIN_MAX))
            .collect()
    }

    /// How much of each chain everyone who holds the forks agrees on: up to the first fork, and nothing that has
    /// seen what comes after one.
    pub(crate) fn trunk(&self) -> Vec<u16> {
        let mut trunk = self.whole();
        for &(side, number) in self.twins.keys() {
            trunk[side] = trunk[side].min(number - 1);
        }
        let limit = trunk.clone();
        for (side, chain) in self.chains.iter().enumerate() {
            let beyond = |entry: &Entry| {
                entry
                    .past
                    .iter()
                    .zip(&limit)
                    .enumerate()
                    .any(|(of, (past, limit))| of != side && past > limit)
            };
            let clean = chain.partition_point(|entry| !beyond(entry));
            trunk[side] = trunk[side].min(u16::try_from(clean).unwrap_or(CHAIN_MAX));
        }
        trunk
    }

    /// A draft in `side`'s next place.
    pub(crate) fn draft(&self, side: usize, body: Body, at: Timestamp) -> Unsigned {
        let chain = &self.chains[side];
        let me = self.sides[side];
        Unsigned {
            subject: Some(self.subject),
            side: me,
            number: u16::try_from(chain.len() + 1).unwrap_or(u16::MAX),
            previous: chain.last().map(|entry| entry.statement.hash()),
            seen: self.heads().filter(|head| head.side != me).collect(),
            at,
            body,
        }
    }

    pub(crate) fn terms(&self, side: usize, number: u16) -> Option<&Terms> {
        match self.entry(side, number).statement.body() {
            Body::Offer(terms) => Some(terms),
            _ => None,
        }
    }
}
