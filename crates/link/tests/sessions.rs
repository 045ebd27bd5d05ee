//! Many schedules of delay, cut, restart and forgetfulness: every statement is delivered exactly once and in order.
//!
//! Two nodes with stores, two [`Session`]s, a reliable stream between them in virtual time (QUIC's part), cut at any
//! byte. The seed of each history is printed when it fails.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod common;

use std::collections::VecDeque;

use bytes::Bytes;
use call::{CallId, Hash, SideId};
use common::{CALL, Store, Who};
use link::session::{Local, SIGNAL_BYTES_MAX, Session, WANT_STATEMENTS};
use link::wire::{CHAIN_MAX, Fault, Frame, Prelude};
use link::{Command, Event, Micros, Signal};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const WHO: [Who; 2] = [Who(1), Who(2)];

fn local(who: Who, boot: u8, confirmed: bool) -> Local {
    Local {
        side: who.side(),
        boot: [boot; 16],
        software: "test".into(),
        web: Hash([0; 32]),
        confirmed,
        route: 0,
        versions: Prelude::OURS,
    }
}

fn session(who: usize, boot: u8) -> Session {
    Session::new(local(WHO[who], boot, true), WHO[1 - who].side(), 1000).unwrap()
}

/// A node: what it stored, and its session while the link stands.
struct Node {
    store: Store,
    session: Option<Session>,
    boot: u8,
    /// Events that the node has not taken yet: it is slow.
    inbox: VecDeque<Event>,
}

struct World {
    random: StdRng,
    now: Micros,
    nodes: [Node; 2],
    /// Bytes on their way to each node, with the time that they come.
    wires: [VecDeque<(Micros, Vec<u8>)>; 2],
    calls: Vec<CallId>,
}

impl World {
    fn new(seed: u64) -> Self {
        let node = || Node {
            store: Store::default(),
            session: None,
            boot: 1,
            inbox: VecDeque::new(),
        };
        Self {
            random: StdRng::seed_from_u64(seed),
            now: 1,
            nodes: [node(), node()],
            wires: Default::default(),
            calls: (0..4).map(|index| CallId([index; 32])).collect(),
        }
    }

    fn connect(&mut self) {
        for who in 0..2 {
            if self.nodes[who].session.is_none() {
                self.nodes[who].session = Some(session(who, self.nodes[who].boot));
            }
        }
    }

    /// The link is cut: what is on the way is lost, at any byte.
    fn cut(&mut self) {
        for who in 0..2 {
            self.nodes[who].session = None;
            self.wires[who].clear();
        }
    }

    /// A node dies and starts again with what it had stored; what it had not taken is gone.
    fn restart(&mut self, who: usize) {
        self.cut();
        self.nodes[who].boot += 1;
        self.nodes[who].inbox.clear();
    }

    /// A node is set back to an older state: its chains' tails are gone, its own included.
    fn set_back(&mut self, who: usize) {
        self.restart(who);
        for chain in self.nodes[who].store.chains.values_mut() {
            let keep = self.random.random_range(0..=chain.len());
            chain.truncate(keep);
        }
    }

    /// A node says something, if it may: after a start only once it knows its own head.
    fn say(&mut self, who: usize) {
        let call = self.calls[self.random.random_range(0..self.calls.len())];
        let side = WHO[who].side();
        let node = &mut self.nodes[who];
        if node.store.levels < usize::from(node.boot) {
            return;
        }
        let number = u32::try_from(node.store.count(call, side)).unwrap() + 1;
        let size = self.random.random_range(1..3000);
        let command = node.store.say(call, side, WHO[who].statement(number, size));
        if let Some(session) = &mut node.session {
            session.command(command).unwrap();
        }
    }

    /// Everything that can move moves a little.
    fn step(&mut self) {
        self.now += self.random.random_range(1..20_000);
        for who in 0..2 {
            self.deliver(who);
            let slow = self.random.random_bool(0.3);
            let node = &mut self.nodes[who];
            let Some(session) = &mut node.session else {
                continue;
            };
            session.tick(self.now);
            while let Some(event) = session.poll_event() {
                node.inbox.push_back(event);
            }
            while let Some(event) = node.inbox.front().filter(|_| !slow).cloned() {
                node.inbox.pop_front();
                if let Some(command) = node.store.on(event) {
                    session.command(command).unwrap();
                }
                while let Some(event) = session.poll_event() {
                    node.inbox.push_back(event);
                }
            }
            for _ in 0..self.random.random_range(0..6) {
                let Some(bytes) = session.poll_transmit() else {
                    break;
                };
                let at = self.now + self.random.random_range(0..100_000);
                // In order, as a stream is, and in pieces that know nothing of frames.
                let at = self.wires[1 - who].back().map_or(at, |(before, _)| at.max(*before));
                let middle = self.random.random_range(0..=bytes.len());
                let (first, second) = bytes.split_at(middle);
                self.wires[1 - who].push_back((at, first.to_vec()));
                self.wires[1 - who].push_back((at, second.to_vec()));
            }
        }
    }

    fn deliver(&mut self, who: usize) {
        let node = &mut self.nodes[who];
        let Some(session) = &mut node.session else {
            return;
        };
        // As the shell does it: nothing is read while events wait.
        while node.inbox.is_empty() && self.wires[who].front().is_some_and(|(at, _)| *at <= self.now) {
            let (at, bytes) = self.wires[who].pop_front().unwrap();
            let mut input = bytes.as_slice();
            session.read(self.now, 1000, &mut input).unwrap();
            while let Some(event) = session.poll_event() {
                node.inbox.push_back(event);
            }
            if !input.is_empty() {
                self.wires[who].push_front((at, input.to_vec()));
            }
        }
    }

    fn is_quiet(&self) -> bool {
        let idle = |node: &Node| node.inbox.is_empty() && node.session.as_ref().is_some_and(|s| !s.has_transmit());
        self.nodes.iter().all(idle) && self.wires.iter().all(VecDeque::is_empty)
    }

    /// Runs on without disturbance until nothing moves.
    fn settle(&mut self) {
        self.connect();
        for _ in 0..20_000 {
            self.step();
            if self.is_quiet() && self.nodes[0].store.chains == self.nodes[1].store.chains {
                return;
            }
        }
        panic!("the nodes do not come to rest");
    }
}

#[test]
fn statements_come_once_and_in_order_whatever_happens() {
    for seed in 0..120 {
        let result = std::panic::catch_unwind(|| {
            let mut world = World::new(seed);
            world.settle();
            for _ in 0..400 {
                match world.random.random_range(0..100) {
                    0..2 => world.cut(),
                    2 => {
                        let who = world.random.random_range(0..2);
                        world.restart(who);
                    }
                    3..10 => world.connect(),
                    10..40 => {
                        let who = world.random.random_range(0..2);
                        world.say(who);
                    }
                    _ => world.step(),
                }
            }
            world.settle();
            let said: usize = world.nodes[0].store.chains.values().map(Vec::len).sum();
            // `Store` itself fails on a statement out of order or twice; `again` marks what came although it was held.
            assert_eq!((world.nodes[0].store.again, world.nodes[1].store.again), (0, 0));
            said
        });
        match result {
            Ok(said) => assert!(said > 0 || seed > 0, "seed {seed} said nothing"),
            Err(cause) => {
                println!("seed {seed}");
                std::panic::resume_unwind(cause);
            }
        }
    }
}

/// A node set back to an older disk learns its own tail from the far side before it says anything.
#[test]
fn a_node_set_back_learns_its_own_head() {
    for seed in 0..40 {
        println!("seed {seed}");
        let mut world = World::new(seed);
        world.settle();
        for _ in 0..60 {
            let who = world.random.random_range(0..2);
            world.say(who);
            world.step();
        }
        world.settle();
        let before = world.nodes[0].store.chains.clone();
        world.set_back(0);
        world.nodes[0].store.levels = 0;
        world.nodes[0].boot = 1;
        world.settle();
        assert_eq!(world.nodes[0].store.chains, before);
        assert!(world.nodes[0].store.levels >= 1);
    }
}

/// Frames from a far side that ends its chains elsewhere: both branches come to both sides, marked.
#[test]
fn a_fork_of_equal_length_is_shown_to_both() {
    let mut world = World::new(1);
    for who in 0..2 {
        let store = &mut world.nodes[who].store;
        store.say(CALL, WHO[0].side(), WHO[0].statement(1, 10));
        store.say(CALL, WHO[0].side(), WHO[1].statement(2, 10));
    }
    world.nodes[1].store.chains.get_mut(&(CALL, WHO[0].side())).unwrap()[1] = Bytes::from_static(b"another second");
    world.connect();
    for _ in 0..500 {
        world.step();
    }
    assert_eq!((world.nodes[0].store.again, world.nodes[1].store.again), (2, 2));
}

/// Five chains of 4,000 statements missed: they come in pages, and neither session holds more than a page.
#[test]
fn an_absence_of_twenty_thousand_statements_costs_bounded_memory() {
    let mut far = Store::default();
    let calls: Vec<CallId> = (0..5).map(|index| CallId([index; 32])).collect();
    for call in &calls {
        let chain = (1..=4000).map(|number| WHO[1].statement(number, 300)).collect();
        far.chains.insert((*call, WHO[1].side()), chain);
    }
    let mut near = Store::default();
    let (mut a, mut b) = (session(0, 1), session(1, 1));
    let mut waiting_most = 0;
    let mut moved = true;
    while moved {
        moved = false;
        for (session, store) in [(&mut a, &mut near), (&mut b, &mut far)] {
            while let Some(event) = session.poll_event() {
                if let Some(command) = store.on(event) {
                    session.command(command).unwrap();
                }
                moved = true;
            }
        }
        for there in [true, false] {
            let (from, to, store) = if there {
                (&mut b, &mut a, &mut near)
            } else {
                (&mut a, &mut b, &mut far)
            };
            let mut bytes = 0;
            while let Some(frame) = from.poll_transmit() {
                bytes += frame.len();
                let mut input = frame.as_slice();
                while !input.is_empty() {
                    to.read(1, 1, &mut input).unwrap();
                    while let Some(event) = to.poll_event() {
                        if let Some(command) = store.on(event) {
                            to.command(command).unwrap();
                        }
                    }
                }
                moved = true;
            }
            waiting_most = waiting_most.max(bytes);
        }
    }
    assert_eq!(near.chains, far.chains);
    assert_eq!((near.again, near.levels), (0, 1));
    assert_eq!(far.wanted_most, WANT_STATEMENTS);
    assert!(waiting_most < 64 * 1024, "{waiting_most}");
}

/// Both sides up and open, with nothing to exchange.
fn open_pair() -> (Session, Session) {
    let (mut a, mut b) = (session(0, 1), session(1, 1));
    let (mut store_a, mut store_b) = (Store::default(), Store::default());
    for _ in 0..10 {
        exchange(&mut a, &mut b, &mut store_b);
        exchange(&mut b, &mut a, &mut store_a);
    }
    assert!(a.is_open() && b.is_open());
    (a, b)
}

fn exchange(from: &mut Session, to: &mut Session, store: &mut Store) {
    while let Some(frame) = from.poll_transmit() {
        let mut input = frame.as_slice();
        while !input.is_empty() {
            to.read(1, 1, &mut input).unwrap();
            while let Some(event) = to.poll_event() {
                if let Some(command) = store.on(event) {
                    to.command(command).unwrap();
                }
            }
        }
    }
}

fn give(session: &mut Session, frame: &Frame) -> Result<(), Fault> {
    let bytes = frame.encode().unwrap();
    let mut input = bytes.as_slice();
    while !input.is_empty() {
        session.read(1, 1, &mut input)?;
        while session.poll_event().is_some() {}
    }
    Ok(())
}

#[test]
fn frames_out_of_turn_are_faults() {
    let statement = |number| Frame::Statement {
        call: CALL,
        side: WHO[1].side(),
        number,
        bytes: b"x".to_vec().into(),
    };
    // Before the Hello.
    let mut fresh = session(0, 1);
    let mut input: &[u8] = &Prelude::OURS.encode();
    fresh.read(1, 1, &mut input).unwrap();
    assert_eq!(give(&mut fresh, &Frame::Ping { id: 1 }), Err(Fault::OutOfTurn));
    // Before both have confirmed.
    let (mut a, mut b) = (
        Session::new(local(WHO[0], 1, false), WHO[1].side(), 1).unwrap(),
        Session::new(local(WHO[1], 1, true), WHO[0].side(), 1).unwrap(),
    );
    exchange(&mut b, &mut a, &mut Store::default());
    assert!(a.is_up() && !a.is_open());
    for frame in [
        statement(1),
        Frame::Heads {
            calls: Vec::new(),
            last: true,
        },
        Frame::Signal {
            call: CALL.into(),
            last: true,
            piece: Vec::new().into(),
        },
        Frame::Level,
    ] {
        let (mut a, mut b) = (
            Session::new(local(WHO[0], 1, false), WHO[1].side(), 1).unwrap(),
            Session::new(local(WHO[1], 1, true), WHO[0].side(), 1).unwrap(),
        );
        exchange(&mut b, &mut a, &mut Store::default());
        assert_eq!(give(&mut a, &frame), Err(Fault::OutOfTurn));
    }
    // A gap in a chain, a second last page of heads, a signal that changes its call in the middle.
    let (mut a, _) = open_pair();
    assert_eq!(give(&mut a, &statement(2)), Err(Fault::OutOfTurn));
    let (mut a, _) = open_pair();
    assert_eq!(
        give(
            &mut a,
            &Frame::Heads {
                calls: Vec::new(),
                last: true
            }
        ),
        Err(Fault::OutOfTurn)
    );
    let (mut a, _) = open_pair();
    let piece = |byte, last| Frame::Signal {
        call: Hash([byte; 32]),
        last,
        piece: vec![0; 10].into(),
    };
    give(&mut a, &piece(1, false)).unwrap();
    assert_eq!(give(&mut a, &piece(2, true)), Err(Fault::OutOfTurn));
}

#[test]
fn the_far_side_cannot_fill_this_ones_memory() {
    // A signal without an end.
    let (mut a, _) = open_pair();
    let piece = Frame::Signal {
        call: Hash([1; 32]),
        last: false,
        piece: vec![0; 16 * 1024].into(),
    };
    let pieces = SIGNAL_BYTES_MAX / (16 * 1024);
    for _ in 0..pieces {
        give(&mut a, &piece).unwrap();
    }
    assert_eq!(give(&mut a, &piece), Err(Fault::Oversize));
    // Pings that nobody reads the answers of.
    let (mut a, _) = open_pair();
    let flooded = (0..5000).try_for_each(|id| give(&mut a, &Frame::Ping { id }));
    assert_eq!(flooded, Err(Fault::TooMany));
    // Chains without end: new calls, one statement each.
    let (mut a, _) = open_pair();
    let flooded = (0..200_000u32).try_for_each(|index| {
        let mut call = [0; 32];
        call[..4].copy_from_slice(&index.to_be_bytes());
        let bytes = b"x".to_vec().into();
        give(
            &mut a,
            &Frame::Statement {
                call: CallId(call),
                side: WHO[1].side(),
                number: 1,
                bytes,
            },
        )
    });
    assert_eq!(flooded, Err(Fault::TooMany));
    // Sides without end in one call.
    let (mut a, _) = open_pair();
    let flooded = (0..100u8).try_for_each(|side| {
        let bytes = b"x".to_vec().into();
        give(
            &mut a,
            &Frame::Statement {
                call: CALL,
                side: SideId([side; 32]),
                number: 1,
                bytes,
            },
        )
    });
    assert_eq!(flooded, Err(Fault::TooMany));
}

#[test]
fn a_wrong_side_and_an_old_version_are_named() {
    let mut a = session(0, 1);
    let mut stranger = Session::new(local(Who(9), 1, true), WHO[0].side(), 1).unwrap();
    let mut result = Ok(());
    while let Some(bytes) = stranger.poll_transmit() {
        let mut input = bytes.as_slice();
        result = result.and_then(|()| a.read(1, 1, &mut input));
    }
    assert_eq!(result, Err(Fault::WrongSide));
    let mut a = session(0, 1);
    let mut input: &[u8] = &Prelude { min: 7, max: 9 }.encode();
    assert_eq!(a.read(1, 1, &mut input), Err(Fault::Version { min: 7, max: 9 }));
}

#[test]
fn the_nodes_own_commands_are_bounded_too() {
    let (mut a, _) = open_pair();
    let signal = |length| {
        Command::Signal(Signal {
            call: Hash([0; 32]),
            payload: vec![0; length].into(),
        })
    };
    assert_eq!(a.command(signal(SIGNAL_BYTES_MAX + 1)), Err(Fault::Oversize));
    let filled = (0..10_000).try_for_each(|_| a.command(signal(SIGNAL_BYTES_MAX)));
    assert_eq!(filled, Err(Fault::TooMany));
    assert!(a.is_full());
    let statement = |number, length| Command::Statement {
        call: CALL,
        side: WHO[0].side(),
        number,
        bytes: vec![0; length].into(),
    };
    assert_eq!(a.command(statement(CHAIN_MAX + 1, 1)), Err(Fault::TooMany));
    assert_eq!(a.command(statement(1, 16 * 1024 + 1)), Err(Fault::Oversize));
    // Statements beyond the waiting bound are not held: they are asked for when there is room.
    let (mut a, _) = open_pair();
    let mut store = Store::default();
    for number in 1..=200u32 {
        let said = store.say(CALL, WHO[0].side(), WHO[0].statement(number, 16_000));
        a.command(said).unwrap();
    }
    let mut sent = 0;
    while let Some(frame) = a.poll_transmit() {
        sent += usize::from(frame.len() > 15_000);
        while let Some(event) = a.poll_event() {
            if let Some(command) = store.on(event) {
                a.command(command).unwrap();
            }
        }
    }
    assert_eq!(sent, 200);
}

/// Skew comes from the quickest exchange, so one slow round does not falsify it.
#[test]
fn skew_is_measured() {
    let (mut a, mut b) = (session(0, 1), session(1, 1));
    const FAR_AHEAD_MS: i64 = 3_600_000;
    let mut now = 1;
    for round in 0..6u64 {
        let delay = if round == 3 { 900_000 } else { 40_000 };
        a.tick(now);
        for _ in 0..2 {
            let utc_ms = i64::try_from(now / 1000).unwrap();
            while let Some(frame) = a.poll_transmit() {
                feed(
                    &mut b,
                    now + delay,
                    utc_ms + i64::try_from(delay / 1000).unwrap() + FAR_AHEAD_MS,
                    &frame,
                );
            }
            while let Some(frame) = b.poll_transmit() {
                feed(
                    &mut a,
                    now + 2 * delay,
                    utc_ms + i64::try_from(2 * delay / 1000).unwrap(),
                    &frame,
                );
            }
        }
        now += 2_000_000;
    }
    let skew = a.skew_ms().unwrap();
    assert!((skew - FAR_AHEAD_MS).abs() < 5, "{skew}");
}

fn feed(session: &mut Session, now: Micros, utc_ms: i64, bytes: &[u8]) {
    let mut input = bytes;
    while !input.is_empty() {
        session.read(now, utc_ms, &mut input).unwrap();
        while let Some(event) = session.poll_event() {
            if event == Event::HeadsWanted {
                session.command(Command::Heads(Vec::new())).unwrap();
            }
        }
    }
}
