//! Two whole nodes in one process, driven through their cores over a real link on loopback.

#![allow(clippy::unwrap_used)]

mod asides;
mod check;
mod clips;
mod delivery;
mod films;
mod footage;
mod interpreters;
mod kept;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};

use call::{
    Signer as _,
    record::{self, Outcome, Trust},
};

use super::{Act, Ask};
use crate::{
    Node, StartError,
    api::{self, CallView, Medium, Phase, Role, Verb},
    books::Books,
    config::{Clips, Config, Http, Link, Media, Ring, Seats, Tls},
    http::{ApiError, Clock},
    keys::Key,
    pair, setup, shell,
};

const PATIENCE: Duration = Duration::from_secs(30);
const MINUTE_MS: i64 = 60_000;

fn now_ms() -> i64 {
    Clock::system().utc_ms()
}

/// A loopback address of a test's own: a port that one test gives up for a while is then never another one's.
fn own_address() -> SocketAddr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    SocketAddr::from((Ipv4Addr::new(127, 77, NEXT.fetch_add(1, Ordering::Relaxed), 1), 0))
}

fn make(dir: &Path, name: &str, zone: &str, any: SocketAddr) {
    let config = Config {
        name: name.into(),
        place: name.into(),
        zone: zone.into(),
        http: Http {
            listen: any,
            public: None,
            tls: Tls::Off,
        },
        media: Media {
            listen: any,
            addresses: Vec::new(),
        },
        link: Link {
            listen: any,
            addresses: Vec::new(),
        },
        ring: Ring::default(),
        seats: Seats::default(),
        clips: Clips::default(),
        press: None,
    };
    setup::init(dir, config, &[]).unwrap();
}

async fn accept(near: &Path, far: &Path) {
    let store = shell::open_store(near).await.unwrap();
    let bundle = pair::invite(far, &[]).unwrap().to_text();
    let pairing = pair::read(near, &store, &bundle, now_ms()).await.unwrap();
    pairing.store(&store, true, now_ms()).await.unwrap();
    store.close().await;
}

/// A seat that is enrolled already, with a key of its own.
async fn seat(dir: &Path, id: &str, role: Role) {
    let store = shell::open_store(dir).await.unwrap();
    let id: store::SeatId = id.parse().unwrap();
    store
        .put_seat(&id, "Seat", role.as_str(), "Here", now_ms())
        .await
        .unwrap();
    let token = store::Id::of(id.as_str().as_bytes());
    store
        .issue_token(&id, token, now_ms() + MINUTE_MS, now_ms())
        .await
        .unwrap();
    let key = store::Id(Key::generate().unwrap().key().0);
    assert!(matches!(
        store.enrol(token, key, now_ms()).await.unwrap(),
        store::Enrol::Done(_)
    ));
    store.close().await;
}

struct World {
    root: tempfile::TempDir,
    a: Node,
    b: Node,
}

impl World {
    async fn new() -> Self {
        Self::by(&Clock::system(), ["Washington", "Moscow"]).await
    }

    /// Two nodes that live by one clock.
    async fn by(clock: &Clock, names: [&str; 2]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let (a, b) = (root.path().join("a"), root.path().join("b"));
        let any = own_address();
        make(&a, names[0], "America/New_York", any);
        make(&b, names[1], "Europe/Moscow", any);
        accept(&a, &b).await;
        accept(&b, &a).await;
        for dir in [&a, &b] {
            seat(dir, "principal", Role::Principal).await;
        }
        let world = Self {
            a: Node::start_at(&a, clock.clone()).await.unwrap(),
            b: Node::start_at(&b, clock.clone()).await.unwrap(),
            root,
        };
        up(&world.a).await;
        up(&world.b).await;
        world
    }

    fn terms(&self, topic: &str) -> api::Terms {
        let side = |node: &Node, zone: &str| api::ZoneView {
            side: node.side.to_string(),
            zone: zone.into(),
            place: node.name.clone(),
        };
        let person = |id, node: &Node| api::Person {
            id,
            side: node.side.to_string(),
            role: Role::Principal,
            title: "EXAMPLE principal".into(),
            place: "EXAMPLE place".into(),
            interprets: None,
        };
        api::Terms {
            medium: Medium::Picture,
            start: api::time_text(now_ms() + 10 * MINUTE_MS),
            minutes: 50,
            zones: vec![side(&self.a, "America/New_York"), side(&self.b, "Europe/Moscow")],
            topics: vec![topic.into()],
            reason: "EXAMPLE".into(),
            roster: vec![person(1, &self.a), person(2, &self.b)],
            languages: vec!["en".into(), "ru".into()],
            interpretation: api::Interpretation::None,
            footage: None,
            announce: api::Announce::Nothing,
            replaces: None,
        }
    }

    async fn ask(&self, from: &Node, to: &Node, topic: &str) -> String {
        let (line, terms) = (to.side.to_string(), Box::new(self.terms(topic)));
        from.core
            .ask(|reply| Ask::Request { line, terms, reply })
            .await
            .unwrap()
            .unwrap()
    }

    /// Brings a call to where the principals talk.
    async fn session(&self) -> String {
        self.session_of(self.terms("EXAMPLE topic"), || ()).await
    }

    /// The same on these terms; `before_begin` runs once everyone has gathered.
    async fn session_of(&self, terms: api::Terms, before_begin: impl FnOnce()) -> String {
        let id = self.gathered_of(terms).await;
        before_begin();
        for node in [&self.a, &self.b] {
            act(node, &id, Act::Begin { anyway: true }).await.unwrap();
        }
        for node in [&self.a, &self.b] {
            until(node, &id, |call| call.summary.phase == Phase::InSession).await;
        }
        id
    }

    /// Brings a call on these terms to where both sides have gathered and vouched.
    async fn gathered_of(&self, terms: api::Terms) -> String {
        let people = terms.roster.len();
        let line = self.b.side.to_string();
        let terms = Box::new(terms);
        let asked = self.a.core.ask(|reply| Ask::Request { line, terms, reply });
        let id = asked.await.unwrap().unwrap();
        let asked = until(&self.b, &id, |call| call.may.contains(&Verb::Agree)).await;
        act(&self.b, &id, Act::Agree(asked.offers[0].hash.clone()))
            .await
            .unwrap();
        until(&self.a, &id, |call| call.summary.phase == Phase::Agreed).await;
        for node in [&self.a, &self.b] {
            act(node, &id, Act::Gather).await.unwrap();
        }
        for node in [&self.a, &self.b] {
            until(node, &id, |call| {
                call.seats.len() == people && call.may.contains(&Verb::Begin)
            })
            .await;
        }
        id
    }

    /// The record as each side exports it, checked with both sides known.
    async fn records(&self, id: &str) -> [record::Verdict; 2] {
        let trust: Trust = Books::open(&self.root.path().join("a")).await.unwrap().trust();
        let mut verdicts = Vec::new();
        for node in [&self.a, &self.b] {
            let id = id.to_owned();
            let bytes = node.core.ask(|reply| Ask::Record { id, reply }).await.unwrap().unwrap();
            verdicts.push(record::verify(&bytes, &trust));
        }
        verdicts.try_into().unwrap()
    }
}

/// Starts a node again. One that stopped in the same process gives its UDP ports back only when QUIC has drained the
/// last connection, as a process that ends does at once.
async fn start_again(dir: &Path) -> Node {
    let wait = async {
        loop {
            match Node::start(dir).await {
                Ok(node) => return node,
                Err(StartError::Link { .. } | StartError::Media(_)) => {
                    tokio::time::sleep(Duration::from_millis(20)).await
                }
                Err(error) => panic!("{error}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .expect("the ports are free again")
}

async fn up(node: &Node) {
    tokio::time::timeout(PATIENCE, node.line_up())
        .await
        .expect("the line comes up");
}

async fn act(node: &Node, id: &str, act: Act) -> Result<CallView, ApiError> {
    let (id, act) = (id.to_owned(), Box::new(act));
    node.core
        .ask(|reply| Ask::Act {
            id,
            role: Role::Operator,
            act,
            reply,
        })
        .await
        .unwrap()
        .map(|view| *view)
}

async fn view(node: &Node, id: &str) -> Option<CallView> {
    let id = id.to_owned();
    let answer = node
        .core
        .ask(|reply| Ask::Call {
            id,
            role: Role::Operator,
            reply,
        })
        .await
        .unwrap();
    answer.ok().map(|view| *view)
}

/// Waits until a node shows a call so; the far side's statements take their time over the link.
async fn until(node: &Node, id: &str, holds: impl Fn(&CallView) -> bool) -> CallView {
    let wait = async {
        loop {
            if let Some(view) = view(node, id).await.filter(&holds) {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, wait).await {
        Ok(view) => view,
        Err(_) => {
            let shown = view(node, id)
                .await
                .map(|call| serde_json::to_string_pretty(&call).unwrap());
            panic!("{} never showed the call so: {}", node.name, shown.unwrap_or_default());
        }
    }
}

fn refusal(outcome: Result<CallView, ApiError>) -> String {
    match outcome {
        Err(ApiError::Refusal(body)) => body.refusal,
        other => panic!("no refusal: {:?}", other.map(|view| view.summary.phase)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_from_its_request_to_the_same_record_on_both_sides() {
    let world = World::new().await;
    let id = world.session().await;
    act(&world.a, &id, Act::End).await.unwrap();
    until(&world.b, &id, |call| {
        call.summary.phase == Phase::Ended && call.summary.ended.is_some()
    })
    .await;
    let [of_a, of_b] = world.records(&id).await;
    assert_eq!((of_a.outcome(), of_b.outcome()), (Outcome::Trusted, Outcome::Trusted));
    let statements = |verdict: &record::Verdict| {
        verdict
            .chains
            .as_ref()
            .unwrap()
            .statements()
            .map(call::Statement::hash)
            .collect::<Vec<_>>()
    };
    assert_eq!(statements(&of_a), statements(&of_b));
    assert_eq!(of_a.state(), of_b.state());
    world.a.stop().await;
    world.b.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_at_the_same_instant_are_two_calls() {
    let world = World::new().await;
    let (one, other) = tokio::join!(
        world.ask(&world.a, &world.b, "EXAMPLE one"),
        world.ask(&world.b, &world.a, "EXAMPLE other")
    );
    assert_ne!(one, other);
    for node in [&world.a, &world.b] {
        for id in [&one, &other] {
            until(node, id, |call| call.summary.phase == Phase::Proposed).await;
        }
    }
    let hash = until(&world.b, &one, |call| call.may.contains(&Verb::Agree))
        .await
        .offers[0]
        .hash
        .clone();
    act(&world.b, &one, Act::Agree(hash)).await.unwrap();
    let mine = view(&world.b, &other).await.unwrap().offers[0].hash.clone();
    act(&world.b, &other, Act::Withdraw(mine)).await.unwrap();
    until(&world.a, &one, |call| call.summary.phase == Phase::Agreed).await;
    until(&world.a, &other, |call| call.summary.phase == Phase::Withdrawn).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agreeing_to_an_offer_that_was_taken_back_is_refused_in_words() {
    let world = World::new().await;
    let id = world.ask(&world.a, &world.b, "EXAMPLE first thought").await;
    let first = until(&world.b, &id, |call| call.may.contains(&Verb::Agree))
        .await
        .offers[0]
        .hash
        .clone();
    act(&world.a, &id, Act::Withdraw(first.clone())).await.unwrap();
    act(&world.a, &id, Act::Counter(world.terms("EXAMPLE second thought")))
        .await
        .unwrap();
    until(&world.b, &id, |call| call.offers.len() == 2).await;
    assert_eq!(refusal(act(&world.b, &id, Act::Agree(first)).await), "offer_closed");
    let second = view(&world.b, &id).await.unwrap().offers[1].hash.clone();
    act(&world.b, &id, Act::Agree(second)).await.unwrap();
    let agreed = until(&world.a, &id, |call| call.summary.phase == Phase::Agreed).await;
    assert_eq!(agreed.summary.terms.topics, ["EXAMPLE second thought"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_away_comes_back_into_the_same_session_and_the_gap_is_in_the_record() {
    let mut world = World::new().await;
    let id = world.session().await;
    let dir = world.root.path().join("b");
    world.b.stop().await;
    until(&world.a, &id, |call| !call.interrupted.is_empty()).await;
    world.b = start_again(&dir).await;
    up(&world.b).await;
    for node in [&world.a, &world.b] {
        let whole = |call: &CallView| {
            call.summary.phase == Phase::InSession
                && call.interrupted.is_empty()
                && call.gaps.iter().any(|gap| gap.to.is_some())
        };
        until(node, &id, whole).await;
    }
    act(&world.b, &id, Act::End).await.unwrap();
    until(&world.a, &id, |call| call.summary.phase == Phase::Ended).await;
    let [of_a, of_b] = world.records(&id).await;
    assert_eq!((of_a.outcome(), of_b.outcome()), (Outcome::Trusted, Outcome::Trusted));
    assert!(!of_a.state().unwrap().gaps.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn end_pressed_by_a_node_that_does_not_know_its_own_head_ends_at_once_and_is_said_later() {
    let mut world = World::new().await;
    let id = world.session().await;
    let (a, b) = (world.root.path().join("a"), world.root.path().join("b"));
    world.a.stop().await;
    world.b.stop().await;
    world.a = start_again(&a).await;
    let before = view(&world.a, &id).await.unwrap();
    assert_eq!(before.summary.phase, Phase::InSession);
    assert_eq!(refusal(act(&world.a, &id, Act::Gather).await), "own_head_unknown");
    let ended = act(&world.a, &id, Act::End).await.unwrap();
    assert_eq!(ended.summary.phase, Phase::Ended, "shown as over at once");
    assert_eq!(
        ended.timeline.len(),
        before.timeline.len(),
        "nothing is signed before the own head is known"
    );
    world.b = start_again(&b).await;
    let over = until(&world.b, &id, |call| call.summary.phase == Phase::Ended).await;
    assert!(!over.forked);
    assert!(over.timeline.iter().any(|statement| statement.kind == "end"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_while_the_far_node_is_away_reaches_it_once_it_is_back() {
    let mut world = World::new().await;
    let dir = world.root.path().join("b");
    let known = world.session().await;
    let (line, terms) = (world.b.side.to_string(), Box::new(world.terms("EXAMPLE later")));
    world.b.stop().await;
    until(&world.a, &known, |call| !call.interrupted.is_empty()).await;
    act(&world.a, &known, Act::End).await.unwrap();
    let later = world
        .a
        .core
        .ask(|reply| Ask::Request { line, terms, reply })
        .await
        .unwrap()
        .unwrap();
    world.b = start_again(&dir).await;
    until(&world.b, &known, |call| call.summary.phase == Phase::Ended).await;
    until(&world.b, &later, |call| call.may.contains(&Verb::Agree)).await;
}

/// The call of 30 December 2021 as two nodes held it by a clock of that day. With `VISAVIS_WRITE_EXAMPLE` naming a folder,
/// its record and the file to trust it by are written there: docs/examples came to be so.
#[tokio::test(flavor = "multi_thread")]
async fn the_thirtieth_of_december_is_right_in_both_capitals() {
    const START_MS: i64 = 1_640_896_500_000;
    let clock = Clock::by_hand(START_MS - 5 * MINUTE_MS);
    let world = World::by(&clock, ["EXAMPLE Washington", "EXAMPLE Moscow"]).await;
    let mut terms = world.terms("EXAMPLE topic: security guarantees");
    terms.start = api::time_text(START_MS);
    for (zone, place) in terms.zones.iter_mut().zip(["Washington", "Moscow"]) {
        zone.place = place.into();
    }
    let id = world.session_of(terms, || clock.advance(5 * 60_000)).await;
    clock.advance(50 * 60_000);
    act(&world.b, &id, Act::End).await.unwrap();
    until(&world.a, &id, |call| call.summary.phase == Phase::Ended).await;
    let call = view(&world.a, &id).await.unwrap();
    assert_eq!(call.summary.begun.as_deref(), Some("2021-12-30T20:35:00Z"));
    assert_eq!(call.summary.ended.as_deref(), Some("2021-12-30T21:25:00Z"));
    let [of_a, of_b] = world.records(&id).await;
    assert_eq!((of_a.outcome(), of_b.outcome()), (Outcome::Trusted, Outcome::Trusted));
    if let Some(folder) = std::env::var_os("VISAVIS_WRITE_EXAMPLE").map(std::path::PathBuf::from) {
        let record = world
            .a
            .core
            .ask(|reply| Ask::Record { id, reply })
            .await
            .unwrap()
            .unwrap();
        std::fs::write(folder.join("2021-12-30.cbor"), record).unwrap();
        let trust = Books::open(&world.root.path().join("a")).await.unwrap().trust();
        std::fs::write(folder.join("2021-12-30.trust"), trust.to_text()).unwrap();
    }
}
