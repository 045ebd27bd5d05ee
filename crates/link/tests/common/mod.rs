//! A node of a test: an endpoint, one line, and a store of statements that answers the line as a node would.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use call::{CallId, Hash, PublicKey, SecretKey, SideId, Signer};
use link::wire::Prelude;
use link::{
    CallHeads, ChainHead, Command, DownReason, Endpoint, EndpointConfig, Event, FarHello, Line, LineConfig, LinkKey,
    Signal,
};
use tokio::time::timeout;

/// Longer than any step of these tests takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(40);

pub const CALL: CallId = CallId([0xca; 32]);

/// A side made of one number.
#[derive(Clone, Copy)]
pub struct Who(pub u8);

impl Who {
    pub fn side(self) -> SideId {
        SideId::of(&self.side_key())
    }
    pub fn side_key(self) -> PublicKey {
        SecretKey::from_seed(&[self.0; 32]).key()
    }
    pub fn link_key(self) -> LinkKey {
        LinkKey::from_seed([self.0 ^ 0x80; 32])
    }
    pub fn statement(self, number: u32, bytes: usize) -> Bytes {
        let mut text = format!("side {} says {number} ", self.0).into_bytes();
        text.resize(bytes.max(text.len()), b'.');
        text.into()
    }
}

pub fn endpoint(who: Who, start: u8, listen: SocketAddr) -> Endpoint {
    endpoint_of(who, start, listen, Prelude::OURS)
}

pub fn endpoint_of(who: Who, start: u8, listen: SocketAddr, versions: Prelude) -> Endpoint {
    let mut random = [start; 32];
    random[31] = who.0;
    Endpoint::bind(EndpointConfig {
        listen,
        key: who.link_key(),
        side: who.side(),
        software: format!("test {}", who.0),
        web: Hash([0; 32]),
        random,
        versions,
    })
    .unwrap()
}

pub fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

pub fn line(endpoint: &Endpoint, far: Who, address: Option<SocketAddr>) -> Line {
    line_of(endpoint, far, address, true)
}

pub fn line_of(endpoint: &Endpoint, far: Who, address: Option<SocketAddr>, confirmed: bool) -> Line {
    endpoint
        .add_line(LineConfig {
            far: far.side(),
            far_key: far.link_key().public(),
            addresses: address.iter().map(ToString::to_string).collect(),
            confirmed,
        })
        .unwrap()
}

pub async fn next(line: &mut Line) -> Event {
    timeout(PATIENCE, line.events.recv())
        .await
        .expect("an event in time")
        .expect("the line lives")
}

/// Reads on until the link is up.
pub async fn up(line: &mut Line) -> FarHello {
    loop {
        if let Event::Up { hello } = next(line).await {
            return hello;
        }
    }
}

/// Reads on until the link is down.
pub async fn down(line: &mut Line) -> DownReason {
    loop {
        if let Event::Down { reason } = next(line).await {
            return reason;
        }
    }
}

/// What a node stores: chains of bytes.
#[derive(Default, Clone)]
pub struct Store {
    pub chains: BTreeMap<(CallId, SideId), Vec<Bytes>>,
    /// Statements whose place was filled already.
    pub again: usize,
    pub levels: usize,
    pub opened: usize,
    pub downs: Vec<DownReason>,
    pub signals: Vec<Signal>,
    pub held: BTreeMap<(CallId, SideId), u32>,
    /// The most statements that one Want asked for.
    pub wanted_most: u32,
}

impl Store {
    pub fn heads(&self) -> Vec<CallHeads> {
        let mut calls: BTreeMap<CallId, Vec<ChainHead>> = BTreeMap::new();
        for ((call, side), chain) in &self.chains {
            let newest = chain.last().map_or(Hash([0; 32]), |bytes| Hash::of(bytes));
            let count = u32::try_from(chain.len()).unwrap();
            calls.entry(*call).or_default().push(ChainHead {
                side: *side,
                count,
                newest,
            });
        }
        calls
            .into_iter()
            .map(|(call, heads)| CallHeads { call, heads })
            .collect()
    }

    pub fn count(&self, call: CallId, side: SideId) -> usize {
        self.chains.get(&(call, side)).map_or(0, Vec::len)
    }

    /// Says something as this side; gives the command that tells the line.
    pub fn say(&mut self, call: CallId, side: SideId, bytes: Bytes) -> Command {
        let chain = self.chains.entry((call, side)).or_default();
        chain.push(bytes.clone());
        Command::Statement {
            call,
            side,
            number: u32::try_from(chain.len()).unwrap(),
            bytes,
        }
    }

    /// What a node does with an event; the command to answer with, if any.
    pub fn on(&mut self, event: Event) -> Option<Command> {
        match event {
            Event::HeadsWanted => {
                self.opened += 1;
                Some(Command::Heads(self.heads()))
            }
            Event::Statement {
                call,
                side,
                number,
                bytes,
                again,
            } => {
                let chain = self.chains.entry((call, side)).or_default();
                if again {
                    self.again += 1;
                    return None;
                }
                chain.push(bytes);
                let count = u32::try_from(chain.len()).unwrap();
                assert_eq!(number, count, "statements come once and in order");
                Some(Command::Held { call, side, count })
            }
            Event::Want {
                call,
                side,
                after,
                limit,
            } => {
                self.wanted_most = self.wanted_most.max(limit);
                let chain = self.chains.get(&(call, side)).cloned().unwrap_or_default();
                let statements = chain.into_iter().skip(after as usize).take(limit as usize).collect();
                Some(Command::Statements {
                    call,
                    side,
                    after,
                    statements,
                })
            }
            Event::Level => {
                self.levels += 1;
                None
            }
            Event::Signal(signal) => {
                self.signals.push(signal);
                None
            }
            Event::FarHeld { call, side, count } => {
                self.held.insert((call, side), count);
                None
            }
            Event::Down { reason } => {
                self.downs.push(reason);
                None
            }
            Event::Up { .. } | Event::FarConfirmed | Event::FarHeads { .. } => None,
        }
    }

    /// Serves the line's events until `done`.
    pub async fn serve(&mut self, line: &mut Line, done: impl Fn(&Self) -> bool) {
        while !done(self) {
            let event = next(line).await;
            if let Some(command) = self.on(event) {
                line.handle.command(command).await.unwrap();
            }
        }
    }
}
