//! Checking a record.

use core::fmt;
use std::collections::{BTreeMap, VecDeque};

use crate::cbor::{Malformed, Reader};
use crate::chains::{Chains, Fault, Taken};
use crate::ids::{CallId, PublicKey, SideId};
use crate::key::open1;
use crate::keyring::{KEYS_MAX, Keyring};
use crate::state::State;
use crate::statement::{CHAIN_MAX, STATEMENT_BYTES_MAX, Statement};
use crate::terms::{NAME_BYTES_MAX, SIDES_MAX, line};

use super::export::{FORMAT, RECORD_BYTES_MAX};
use super::trust::Trust;

/// What a check came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Everything is consistent, and every side is one that the reader knows.
    Trusted,
    /// Everything is consistent, but the reader does not know every side.
    Untrusted,
    /// Something is wrong.
    Faulty,
}

/// Where in a record something is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The record as a whole: its envelope or its signature.
    Record,
    /// What it says of a side beside its chain.
    Side(SideId),
    /// The n-th Rekey that it gives of a side, from 1.
    Rekey(SideId, usize),
    /// The n-th statement that it gives of a side, from 1.
    Statement(SideId, usize),
    /// The n-th second statement of a fork that it gives of a side, from 1.
    Second(SideId, usize),
}

/// Something that is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum What {
    /// The bytes.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// The statement does not belong where it stands.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// What it rests on is not in the record.
    #[error("a statement that it rests on is missing")]
    Missing,
    /// It stands in another place than its number says.
    #[error("not in its place")]
    Misplaced,
    /// The id is not the hash of the first key.
    #[error("its id is not that of its first key")]
    Id,
    /// The exporter is none of the sides.
    #[error("exported by someone who is no side of the call")]
    Exporter,
    /// The key that signed the record is not the exporter's.
    #[error("signed with a key that is not the exporter's")]
    ExporterKey,
    /// The sides are not those of the first offer, or not in order.
    #[error("the sides are not those of the first offer")]
    Sides,
    /// The first offer is not there, or not of this call.
    #[error("the call's first offer is missing")]
    NoOffer,
    /// It says another acknowledged head than the chains show.
    #[error("it says another acknowledged statement than the chains show")]
    Acknowledged,
    /// A statement given as the second in its place is not.
    #[error("no fork, though given as one")]
    NoFork,
}

/// Something that is wrong, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// What.
    pub what: What,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.what;
        match self.place {
            Place::Record => write!(f, "the record: {what}"),
            Place::Side(side) => write!(f, "side {side}: {what}"),
            Place::Rekey(side, n) => write!(f, "side {side}, rekey {n}: {what}"),
            Place::Statement(side, n) => write!(f, "side {side}, statement {n}: {what}"),
            Place::Second(side, n) => write!(f, "side {side}, second statement {n} of a fork: {what}"),
        }
    }
}

/// What was found about one side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SideReport {
    /// Which.
    pub side: SideId,
    /// Its name: by the reader's trust where it is known, else by the exporter's word.
    pub name: String,
    /// Whether the reader knows it.
    pub trusted: bool,
    /// Its keys, oldest first.
    pub keys: Vec<PublicKey>,
    /// How many statements its chain has.
    pub statements: u16,
    /// The highest of them that another side has seen. Above it nobody else vouches that the chain goes no further,
    /// or that what stands there was ever sent.
    pub acknowledged: u16,
    /// How many of them a rule makes void.
    pub void: usize,
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The call, where it could be read.
    pub call: Option<CallId>,
    /// The side that exported it, where it could be read.
    pub exporter: Option<SideId>,
    /// Side by side; complete only without findings.
    pub sides: Vec<SideReport>,
    /// What is wrong. A record is read to its end, so there may be several.
    pub findings: Vec<Finding>,
    /// The chains, where nothing is wrong.
    pub chains: Option<Chains>,
}

impl Verdict {
    /// What it came to.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if !self.findings.is_empty() || self.chains.is_none() {
            Outcome::Faulty
        } else if self.sides.iter().all(|side| side.trusted) {
            Outcome::Trusted
        } else {
            Outcome::Untrusted
        }
    }

    /// The state that the record proves, where nothing is wrong.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        self.chains.as_ref().map(State::of)
    }

    /// The sides that the reader does not know.
    pub fn unknown(&self) -> impl Iterator<Item = &SideReport> {
        self.sides.iter().filter(|side| !side.trusted)
    }

    /// How many statements were checked.
    #[must_use]
    pub fn statements(&self) -> usize {
        self.sides.iter().map(|side| usize::from(side.statements)).sum()
    }

    fn found(&mut self, place: Place, what: impl Into<What>) {
        self.findings.push(Finding {
            place,
            what: what.into(),
        });
    }
}

/// A side as the record gives it.
struct Given<'a> {
    side: SideId,
    name: &'a str,
    key: PublicKey,
    rekeys: Vec<&'a [u8]>,
    chain: Vec<&'a [u8]>,
    twins: Vec<&'a [u8]>,
    acknowledged: u16,
}

/// Checks a record: its one form, every signature, every chain's order, what each side says it has seen, the Rekeys,
/// the forks, the acknowledged heads, and whether the reader knows the sides. Any changed byte is found.
#[must_use]
pub fn verify(bytes: &[u8], trust: &Trust) -> Verdict {
    let mut verdict = Verdict {
        call: None,
        exporter: None,
        sides: Vec::new(),
        findings: Vec::new(),
        chains: None,
    };
    let (key, payload) = match opened(bytes) {
        Ok(opened) => opened,
        Err(malformed) => {
            verdict.found(Place::Record, malformed);
            return verdict;
        }
    };
    let (call, exporter, sides) = match read(payload) {
        Ok(read) => read,
        Err(malformed) => {
            verdict.found(Place::Record, malformed);
            return verdict;
        }
    };
    verdict.call = Some(call);
    verdict.exporter = Some(exporter);
    let keyring = keyring(&mut verdict, &sides);
    if !sides.iter().any(|given| given.side == exporter) {
        verdict.found(Place::Record, What::Exporter);
    } else if keyring.position(exporter, key).is_none() {
        verdict.found(Place::Record, What::ExporterKey);
    }
    let chains = chains(&mut verdict, &keyring, call, &sides);
    if let Some(chains) = chains {
        report(&mut verdict, &chains, &keyring, &sides, trust);
        if verdict.findings.is_empty() {
            verdict.chains = Some(chains);
        }
    }
    verdict
}

fn opened(bytes: &[u8]) -> Result<(PublicKey, &[u8]), Malformed> {
    if bytes.len() > RECORD_BYTES_MAX {
        return Err(Malformed::Bound);
    }
    open1(bytes, RECORD_BYTES_MAX)
}

fn read(payload: &[u8]) -> Result<(CallId, SideId, Vec<Given<'_>>), Malformed> {
    let mut input = Reader::new(payload);
    input.map(4)?;
    input.key(0)?;
    if input.text(FORMAT.len())? != FORMAT {
        return Err(Malformed::Unexpected);
    }
    input.key(1)?;
    let call = CallId(input.array_of()?);
    input.key(2)?;
    let exporter = SideId(input.array_of()?);
    input.key(3)?;
    let len = input.array(SIDES_MAX)?;
    let sides = (0..len).map(|_| read_side(&mut input)).collect::<Result<Vec<_>, _>>()?;
    input.end()?;
    Ok((call, exporter, sides))
}

fn read_side<'a>(input: &mut Reader<'a>) -> Result<Given<'a>, Malformed> {
    input.map(7)?;
    input.key(1)?;
    let side = SideId(input.array_of()?);
    input.key(2)?;
    let name = input.text(NAME_BYTES_MAX)?;
    line(name, NAME_BYTES_MAX, "name").map_err(|_| Malformed::Value)?;
    input.key(3)?;
    let key = PublicKey(input.array_of()?);
    let mut list = |key, most| -> Result<Vec<&'a [u8]>, Malformed> {
        input.key(key)?;
        let len = input.array(most)?;
        (0..len).map(|_| input.bytes(STATEMENT_BYTES_MAX)).collect()
    };
    let rekeys = list(4, KEYS_MAX - 1)?;
    let chain = list(5, CHAIN_MAX.into())?;
    let twins = list(6, CHAIN_MAX.into())?;
    input.key(7)?;
    Ok(Given {
        side,
        name,
        key,
        rekeys,
        chain,
        twins,
        acknowledged: input.u16()?,
    })
}

/// The keys that the record gives, each Rekey signed by the key before it.
fn keyring(verdict: &mut Verdict, sides: &[Given<'_>]) -> Keyring {
    let mut keyring = Keyring::default();
    for given in sides {
        if keyring.pin(given.key) != given.side {
            verdict.found(Place::Side(given.side), What::Id);
        }
        for (at, bytes) in given.rekeys.iter().enumerate() {
            let place = Place::Rekey(given.side, at + 1);
            match Statement::parse(bytes) {
                Err(malformed) => verdict.found(place, malformed),
                Ok(rekey) if rekey.side() != given.side => verdict.found(place, Fault::Foreign),
                Ok(rekey) => {
                    let before = keyring.keys(given.side).len();
                    if let Err(fault) = keyring.learn(&rekey) {
                        verdict.found(place, fault);
                    } else if keyring.keys(given.side).len() == before {
                        verdict.found(place, Fault::BadRekey);
                    }
                }
            }
        }
    }
    keyring
}

/// One statement as it stands in the record.
struct Item {
    place: Place,
    statement: Statement,
}

fn items(verdict: &mut Verdict, sides: &[Given<'_>]) -> (Vec<Item>, Vec<Item>) {
    let (mut chain, mut twins) = (Vec::new(), Vec::new());
    for given in sides {
        for (at, bytes) in given.chain.iter().enumerate() {
            let place = Place::Statement(given.side, at + 1);
            match Statement::parse(bytes) {
                Err(malformed) => verdict.found(place, malformed),
                Ok(statement) if statement.side() != given.side => verdict.found(place, Fault::Foreign),
                Ok(statement) if usize::from(statement.number()) != at + 1 => verdict.found(place, What::Misplaced),
                Ok(statement) => chain.push(Item { place, statement }),
            }
        }
        for (at, bytes) in given.twins.iter().enumerate() {
            let place = Place::Second(given.side, at + 1);
            match Statement::parse(bytes) {
                Err(malformed) => verdict.found(place, malformed),
                Ok(statement) if statement.side() != given.side => verdict.found(place, Fault::Foreign),
                Ok(statement) => twins.push(Item { place, statement }),
            }
        }
    }
    (chain, twins)
}

fn chains(verdict: &mut Verdict, keyring: &Keyring, call: CallId, sides: &[Given<'_>]) -> Option<Chains> {
    let (mut rest, mut twins) = items(verdict, sides);
    let first = rest
        .iter()
        .position(|item| item.statement.starts_call() && item.statement.call() == Some(call));
    let Some(first) = first else {
        verdict.found(Place::Record, What::NoOffer);
        return None;
    };
    let first = rest.swap_remove(first);
    let mut chains = match Chains::start(keyring, first.statement) {
        Ok(chains) => chains,
        Err(fault) => {
            verdict.found(first.place, fault);
            return None;
        }
    };
    if !sides.iter().map(|given| given.side).eq(chains.sides().iter().copied()) {
        verdict.found(Place::Record, What::Sides);
        return None;
    }
    let mut queues: BTreeMap<SideId, VecDeque<Item>> = BTreeMap::new();
    rest.sort_by_key(|item| (item.statement.side(), item.statement.number()));
    for item in rest {
        queues.entry(item.statement.side()).or_default().push_back(item);
    }
    let mut moved = true;
    while moved {
        moved = false;
        for queue in queues.values_mut() {
            while queue
                .front()
                .is_some_and(|item| take(verdict, &mut chains, keyring, item))
            {
                moved = true;
                queue.pop_front();
            }
        }
        let before = twins.len();
        twins.retain(|item| !take(verdict, &mut chains, keyring, item));
        moved |= twins.len() < before;
    }
    for item in queues.into_values().flatten().chain(twins) {
        verdict.found(item.place, What::Missing);
    }
    Some(chains)
}

/// Takes a statement, or reports why it never will fit; `false` while it waits for others.
fn take(verdict: &mut Verdict, chains: &mut Chains, keyring: &Keyring, item: &Item) -> bool {
    let second = matches!(item.place, Place::Second(..));
    let first_is_held = || {
        chains
            .after(item.statement.side(), item.statement.number() - 1)
            .next()
            .is_some()
    };
    if second && !first_is_held() {
        return false;
    }
    match chains.insert(keyring, item.statement.clone()) {
        Ok(Taken::Missing(_)) => return false,
        Ok(Taken::New) if !second => {}
        Ok(Taken::Fork) if second => {}
        Ok(_) => verdict.found(item.place, if second { What::NoFork } else { What::Misplaced }),
        Err(fault) => verdict.found(item.place, fault),
    }
    true
}

fn report(verdict: &mut Verdict, chains: &Chains, keyring: &Keyring, sides: &[Given<'_>], trust: &Trust) {
    for given in sides {
        let acknowledged = chains.acknowledged(given.side);
        if acknowledged != given.acknowledged {
            verdict.found(Place::Side(given.side), What::Acknowledged);
        }
        let known = trust.name(given.side);
        let held = chains.after(given.side, 0);
        verdict.sides.push(SideReport {
            side: given.side,
            name: known.unwrap_or(given.name).to_owned(),
            trusted: known.is_some(),
            keys: keyring.keys(given.side).to_vec(),
            statements: chains.head(given.side).map_or(0, |head| head.number),
            acknowledged,
            void: held.filter(|statement| chains.void(statement).is_some()).count(),
        });
    }
}
