//! A call's statements on their way to the browsers, which check them by themselves; and the pace at which what is long
//! goes to a browser: a page at a time, as it takes them.

use std::time::Duration;

use bytes::Bytes;
use call::{CallId, Chains, SideId, Statement};

use super::{Core, lines::is_over, seats::Socket};
use crate::api::{Base64, CHAIN_PAGE_BYTES, CHAIN_PAGE_MAX, ChainSide, ToBrowser};

/// How often it is looked whether a browser has taken its pages.
pub(super) const PAGES_EVERY: Duration = Duration::from_millis(50);
/// Messages that may wait for a browser before the next page does.
const WAITING_MAX: usize = 16;
/// Calls whose statements one browser is sent; older ones a terminal cannot need.
const CALLS_MAX: usize = 1_024;

/// How much of a call's chains a browser was told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// Statements, in the order in which they were stored here.
    statements: usize,
    /// Whether it knows the sides' keys.
    sides: bool,
}

impl Socket {
    /// Whether another page may wait for it.
    pub(super) fn has_room(&self) -> bool {
        self.waiting() < WAITING_MAX
    }
}

/// Statements that are held, in an order in which each comes after those that it has seen; the second ones of forks last.
pub(super) fn in_order(chains: &Chains) -> Vec<Statement> {
    let mut order: Vec<Statement> = Vec::new();
    let mut rest: Vec<(SideId, Vec<&Statement>)> = chains
        .sides()
        .iter()
        .map(|side| {
            let mut chain: Vec<&Statement> = chains.after(*side, 0).collect();
            chain.reverse();
            (*side, chain)
        })
        .collect();
    let mut done: std::collections::BTreeMap<SideId, u16> = std::collections::BTreeMap::new();
    loop {
        let before = order.len();
        for (side, chain) in &mut rest {
            while let Some(next) = chain.last() {
                let seen = |head: &call::Head| done.get(&head.side).copied().unwrap_or(0) >= head.number;
                if !next.seen().iter().all(seen) {
                    break;
                }
                done.insert(*side, next.number());
                order.push((*next).clone());
                chain.pop();
            }
        }
        if order.len() == before {
            break;
        }
    }
    // What is held has seen only what is held: nothing is left but what a fork has cut off.
    order.extend(rest.into_iter().flat_map(|(_, chain)| chain.into_iter().rev().cloned()));
    let twins = chains.forks().into_iter().flat_map(|fork| fork.statements);
    let twins: Vec<Statement> = twins
        .filter(|twin| !chains.after(twin.side(), 0).any(|held| held == twin))
        .collect();
    order.extend(twins);
    order
}

impl Core {
    /// Sees that every browser gets a call's statements: all of them if the call is not over, else those that follow
    /// what it was told.
    pub(super) async fn arrange_chain(&mut self, id: CallId) {
        let Some(held) = self.calls.get(&id) else { return };
        let open = !is_over(held.state().phase);
        let connections: Vec<u64> = self.seats.iter().map(|(connection, _)| connection).collect();
        for connection in connections {
            let Some(socket) = self.seats.get_mut(connection) else {
                continue;
            };
            if open && socket.chains.len() < CALLS_MAX {
                socket.chains.entry(id).or_default();
            }
            self.pages(connection).await;
        }
    }

    /// A side has another key: browsers are told how it came to it.
    pub(super) async fn rekeyed(&mut self, far: SideId) {
        let calls: Vec<CallId> = self.open_calls().filter(|id| self.line_of(*id) == Some(far)).collect();
        let connections: Vec<u64> = self.seats.iter().map(|(connection, _)| connection).collect();
        for connection in connections {
            if let Some(socket) = self.seats.get_mut(connection) {
                for id in &calls {
                    if let Some(told) = socket.chains.get_mut(id) {
                        told.sides = false;
                    }
                }
            }
            self.pages(connection).await;
        }
    }

    /// Goes on with the browsers for which pages wait.
    pub(super) async fn turn_pages(&mut self) {
        for connection in std::mem::take(&mut self.pages_wait) {
            self.pages(connection).await;
        }
    }

    /// Sends a browser what waits for it, as much as it takes.
    pub(super) async fn pages(&mut self, connection: u64) {
        loop {
            let Some(socket) = self.seats.get(connection) else {
                return;
            };
            if !socket.has_room() {
                self.pages_wait.insert(connection);
                return;
            }
            if !self.chain_page(connection) && !self.commit_page(connection).await {
                return;
            }
        }
    }

    /// Sends one page of statements; false when there is none to send.
    fn chain_page(&mut self, connection: u64) -> bool {
        let Some(socket) = self.seats.get(connection) else {
            return false;
        };
        let next = socket.chains.iter().find_map(|(id, told)| {
            let held = self.calls.get(id)?;
            let rest = held.log().get(told.statements..).unwrap_or_default();
            (!told.sides || !rest.is_empty()).then_some((*id, *told, rest))
        });
        let Some((id, told, rest)) = next else { return false };
        let (mut page, mut bytes) = (Vec::new(), 0);
        for statement in rest.iter().take(CHAIN_PAGE_MAX) {
            bytes += statement.bytes().len();
            if bytes > CHAIN_PAGE_BYTES && !page.is_empty() {
                break;
            }
            page.extend(Base64::new(Bytes::copy_from_slice(statement.bytes())));
        }
        let sides = if told.sides { Vec::new() } else { self.chain_sides(id) };
        let told = Told {
            statements: told.statements + page.len(),
            sides: true,
        };
        if let Some(socket) = self.seats.get_mut(connection) {
            socket.chains.insert(id, told);
        }
        let message = ToBrowser::Chain {
            call: id.to_string(),
            sides,
            statements: page,
        };
        self.seats.tell(connection, message);
        true
    }

    fn chain_sides(&self, id: CallId) -> Vec<ChainSide> {
        let Some(held) = self.calls.get(&id) else {
            return Vec::new();
        };
        let line = self.line_of(id).and_then(|far| self.lines.get(&far));
        let view = |side: &SideId| {
            let rekeys = line.into_iter().flat_map(|line| line.chains.after(*side, 0));
            Some(ChainSide {
                side: side.to_string(),
                key: self.keyring.keys(*side).first()?.to_string(),
                rekeys: rekeys
                    .filter_map(|rekey| Base64::new(Bytes::copy_from_slice(rekey.bytes())))
                    .collect(),
            })
        };
        held.chains().sides().iter().filter_map(view).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use call::{Body, Keyring, Signer as _, Taken, Timestamp, terms};

    use super::*;
    use crate::keys::Key;

    fn terms(sides: [SideId; 2]) -> terms::Terms {
        let party = |side| terms::Party {
            side,
            zone: terms::Zone::new("Europe/Moscow").unwrap(),
            place: "EXAMPLE".into(),
        };
        let person = |(id, side)| terms::Person {
            id: terms::PersonId(id),
            side,
            role: terms::Role::Principal,
            title: "EXAMPLE".into(),
            place: "EXAMPLE".into(),
            interprets: None,
        };
        let mut terms = terms::Terms {
            medium: terms::Medium::Sound,
            start: Timestamp(1_700_000_000_000),
            minutes: 10,
            parties: sides.into_iter().map(party).collect(),
            topics: vec!["EXAMPLE".into()],
            reason: "EXAMPLE".into(),
            roster: [(1, sides[0]), (2, sides[1])].into_iter().map(person).collect(),
            languages: vec!["en".into()],
            interpretation: terms::Interpretation::None,
            footage: None,
            announce: terms::Announce::Nothing,
            replaces: None,
        };
        terms.tidy();
        terms
    }

    #[test]
    fn statements_come_after_what_they_have_seen_and_forks_last() {
        let keys = [Key::generate().unwrap(), Key::generate().unwrap()];
        let keyring = Keyring::new(keys.iter().map(|key| key.key()));
        let sides = [SideId::of(&keys[0].key()), SideId::of(&keys[1].key())];
        let first = call::ask(sides[0], terms(sides), Timestamp(1_699_999_000_000)).unwrap();
        let first = first.sign(&keys[0]).unwrap();
        let offer = first.hash();
        let mut chains = Chains::start(&keyring, first).unwrap();
        let say = |chains: &mut Chains, by: usize, body: Body| {
            let now = Timestamp(1_699_999_001_000);
            let said = call::propose(chains, sides[by], body, now).unwrap();
            let said = said.sign(&keys[by]).unwrap();
            assert_eq!(chains.insert(&keyring, said.clone()), Ok(Taken::New));
            said
        };
        say(&mut chains, 1, Body::Agree { offer });
        for by in [0, 1] {
            say(&mut chains, by, Body::Gather { terms: offer });
        }
        let mut other = chains.clone();
        say(&mut chains, 0, Body::Begin { terms: offer });
        let second = say(&mut other, 0, Body::End);
        assert_eq!(chains.insert(&keyring, second.clone()), Ok(Taken::Fork));
        let order = in_order(&chains);
        assert_eq!(order.len(), 6);
        assert_eq!(order.last(), Some(&second));
        let mut again = Chains::start(&keyring, order[0].clone()).unwrap();
        for statement in &order[1..5] {
            assert_eq!(again.insert(&keyring, statement.clone()), Ok(Taken::New));
        }
        assert_eq!(again.insert(&keyring, second), Ok(Taken::Fork));
    }
}
