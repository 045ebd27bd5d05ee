//! Footage: what opens it and everything that closes it, what the recorders are told, and whose track they are given.

use std::time::Instant;

use api::{ClosedWhy, FootageView, FromBrowser, GroupId, Hex32, Interprets, RecorderState};
use call::{CallId, Hash, PublicKey, SideId};
use tokio::sync::mpsc;

use super::{
    super::Order as CoreOrder,
    check::{bytes_of, tap},
    delivery::Terminal,
    *,
};
use media::Media as MediaLoop;

use crate::{
    recorder::{Order, Packets, Source, TakeId, Tap, Valve},
    signal::{self, Blob, Group, Signal},
};

const MINUTES: u16 = 3;
const CLOSE: Act = Act::Close { pressed: None };

impl World {
    /// Terms with footage of both principals and of a's interpreter, whose picture nobody takes; both recorders take part.
    pub(super) fn footage_terms(&self) -> api::Terms {
        let mut terms = self.terms("EXAMPLE topic");
        let mut add = |id, node: &Node, role, interprets: Option<Interprets>| {
            terms.roster.push(api::Person {
                id,
                side: node.side.to_string(),
                role,
                title: "EXAMPLE".into(),
                place: "EXAMPLE".into(),
                interprets,
            });
        };
        add(3, &self.a, Role::Recorder, None);
        add(4, &self.b, Role::Recorder, None);
        terms.footage = Some(api::Footage {
            minutes: MINUTES,
            persons: vec![1, 2],
            recorders: vec![self.a.side.to_string(), self.b.side.to_string()],
            release: api::Release::Either,
            releasers: vec![self.a.side.to_string()],
            embargo: api::Embargo {
                until: api::Until::None,
                at: None,
            },
        });
        terms
    }

    /// A session on such terms.
    async fn filmed(&self) -> String {
        self.session_of(self.footage_terms(), || ()).await
    }

    /// The same, with footage open; what each recorder is told from its beginning.
    async fn open(&self) -> (String, Told, Told) {
        let id = self.filmed().await;
        let told = (told(&self.a).await, told(&self.b).await);
        self.open_again(&id).await;
        (id, told.0, told.1)
    }

    pub(super) async fn open_again(&self, id: &str) {
        for node in [&self.a, &self.b] {
            act(node, id, Act::Open).await.unwrap();
        }
        for node in [&self.a, &self.b] {
            until(node, id, |call| footage(call).open).await;
        }
    }
}

fn footage(call: &CallView) -> &FootageView {
    call.footage.as_ref().expect("the terms have footage")
}

/// What a recorder is told.
struct Told(mpsc::UnboundedReceiver<Order>);

async fn told(node: &Node) -> Told {
    let (to, from) = mpsc::unbounded_channel();
    assert!(node.core.order(CoreOrder::TapRecorder(to)).await);
    Told(from)
}

impl Told {
    async fn next(&mut self) -> Order {
        let next = tokio::time::timeout(PATIENCE, self.0.recv()).await;
        next.expect("the recorder is told").expect("the node runs")
    }

    async fn begin(&mut self) -> (::recorder::Plan, [u8; 32]) {
        match self.next().await {
            Order::Begin { plan, context, .. } => (plan, context),
            other => panic!("no beginning: {other:?}"),
        }
    }

    /// Waits for the close, and tells when the press was.
    async fn close(&mut self) -> Instant {
        loop {
            if let Order::Close { press, .. } = self.next().await {
                return press;
            }
        }
    }

    fn is_silent(&mut self) -> bool {
        self.0.try_recv().is_err()
    }
}

async fn is_closed_on_both(world: &World, id: &str) {
    for node in [&world.a, &world.b] {
        until(node, id, |call| {
            !footage(call).open && !footage(call).own_half && !footage(call).far_half
        })
        .await;
    }
}

fn said(call: &CallView, kind: &str) -> usize {
    call.timeline.iter().filter(|statement| statement.kind == kind).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_halves_open_footage_and_one_press_closes_it_on_both_sides() {
    let world = World::new().await;
    let id = world.filmed().await;
    let (mut of_a, mut of_b) = (told(&world.a).await, told(&world.b).await);
    let asked = act(&world.a, &id, Act::Open).await.unwrap();
    assert!(!footage(&asked).open && footage(&asked).own_half && asked.may.contains(&Verb::Close));
    until(&world.b, &id, |call| footage(call).far_half).await;
    assert!(of_a.is_silent() && of_b.is_silent(), "half an opening opens nothing");
    act(&world.b, &id, Act::Open).await.unwrap();
    let opened = until(&world.a, &id, |call| footage(call).open).await;
    let recorder = footage(&opened).recorder.clone().unwrap();
    assert_eq!(recorder.person, 3);
    let seat = opened.seats.iter().find(|seat| seat.key == recorder.key).unwrap();
    assert!(seat.present && seat.role == Role::Recorder);
    let ((plan, context), (plan_b, context_b)) = (of_a.begin().await, of_b.begin().await);
    assert_eq!((context, plan.call), (context_b, plan_b.call));
    assert_eq!(plan.persons.len(), 2);
    assert_eq!(plan.minutes, MINUTES);

    let pressed = Instant::now();
    let closed = act(&world.b, &id, CLOSE).await.unwrap();
    assert!(!footage(&closed).open);
    assert!(of_b.close().await >= pressed);
    of_a.close().await;
    is_closed_on_both(&world, &id).await;
    let again = act(&world.a, &id, CLOSE).await;
    assert_eq!(refusal(again), "not_open");
    world.open_again(&id).await;
    let (_, other) = of_a.begin().await;
    assert_ne!(context, other, "what follows is another footage");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_press_is_when_it_was_pressed_on_both_sides_and_at_most_seconds_ago() {
    let world = World::new().await;
    let (id, mut of_a, mut of_b) = world.open().await;
    for (ago_ms, taken_ms) in [(900, 900), (3_000, 3_000), (3_600_000, 4_000), (-5_000, 0)] {
        // The press is later than the opening.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = Instant::now();
        let pressed = Some(api::time_text(now_ms() - ago_ms));
        act(&world.a, &id, Act::Close { pressed }).await.unwrap();
        let [here, there] = [of_a.close().await, of_b.close().await];
        let age = |press: Instant| i64::try_from(now.saturating_duration_since(press).as_millis()).unwrap();
        assert!(
            (taken_ms - 100..=taken_ms).contains(&age(here)),
            "{} ms of {taken_ms}",
            age(here)
        );
        // It is none earlier than what the side said before.
        assert!(taken_ms == 0 || age(there) > 500, "{} ms at the far side", age(there));
        // And there none later, though a clock is known over a line to some milliseconds only.
        assert!(
            taken_ms != 900 || age(there) >= 900,
            "{} ms at the far side",
            age(there)
        );
        is_closed_on_both(&world, &id).await;
        world.open_again(&id).await;
    }
    act(
        &world.a,
        &id,
        Act::Close {
            pressed: Some("yesterday".into()),
        },
    )
    .await
    .unwrap();
    is_closed_on_both(&world, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_a_terminal_and_the_clock_close_it_too() {
    let clock = Clock::by_hand(now_ms());
    let world = World::by(&clock, ["Washington", "Moscow"]).await;
    let (id, mut of_a, mut of_b) = world.open().await;
    clock.advance(u32::from(MINUTES) * 60_000 - 1);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(footage(&view(&world.a, &id).await.unwrap()).open);
    clock.advance(1);
    of_a.close().await;
    of_b.close().await;
    // The clock of the node that looks first says Close, and the other's too unless that has arrived before; an Open counts
    // that has seen all of them.
    let mut closes = 0;
    for node in [&world.a, &world.b] {
        let own = node.side.to_string();
        let held = view(node, &id).await.unwrap();
        let mut said = held.timeline.iter().filter(|statement| statement.side == own);
        closes += usize::from(said.any(|statement| statement.kind == "close"));
    }
    assert!(closes > 0, "footage that is over is closed by a statement");
    for node in [&world.a, &world.b] {
        until(node, &id, |call| said(call, "close") == closes).await;
    }
    is_closed_on_both(&world, &id).await;

    world.open_again(&id).await;
    let terminal = world.terminal(&world.a, &id, "principal").await;
    let call = id.clone();
    terminal
        .say(FromBrowser::FootageClosed {
            call,
            why: ClosedWhy::Lease,
        })
        .await;
    of_a.close().await;
    of_b.close().await;
    is_closed_on_both(&world, &id).await;

    world.open_again(&id).await;
    let call = id.clone();
    terminal.say(FromBrowser::FootageClose { call, pressed: None }).await;
    of_b.close().await;
    of_a.close().await;
    is_closed_on_both(&world, &id).await;

    world.open_again(&id).await;
    act(&world.b, &id, Act::End).await.unwrap();
    of_b.close().await;
    of_a.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_away_says_close_before_anything_else() {
    let mut world = World::new().await;
    let id = world.filmed().await;
    let mut of_b = told(&world.b).await;
    let dir = world.root.path().join("a");
    act(&world.a, &id, Act::Open).await.unwrap();
    until(&world.b, &id, |call| footage(call).far_half).await;
    world.a.stop().await;
    until(&world.b, &id, |call| !call.interrupted.is_empty()).await;
    act(&world.b, &id, Act::Open).await.unwrap();
    of_b.begin().await;
    world.a = start_again(&dir).await;
    of_b.close().await;
    up(&world.a).await;
    is_closed_on_both(&world, &id).await;
    let after = view(&world.b, &id).await.unwrap();
    let own: Vec<&str> = after
        .timeline
        .iter()
        .filter(|statement| statement.side == world.a.side.to_string())
        .map(|statement| statement.kind.as_str())
        .collect();
    let opened = own.iter().position(|kind| *kind == "open").unwrap();
    assert_eq!(own[opened + 1], "close");
    let of_a = view(&world.a, &id).await.unwrap();
    let recorder = footage(&of_a).recorder.as_ref().unwrap();
    assert_eq!(recorder.bytes, 0, "nothing was written after the start");
}

impl Terminal {
    async fn root(&self, context: Hash, recorder: PublicKey, bytes: &[u8]) {
        let message = FromBrowser::FootageRoot {
            call: self.call.clone(),
            group: GroupId([1; 16]),
            epoch: 5,
            context: Hex32(context.0),
            recorder: Hex32(recorder.0),
            envelope: api::Base64::new(bytes::Bytes::copy_from_slice(bytes)).unwrap(),
        };
        self.say(message).await;
    }
}

fn recorder_of(call: &CallView, side: SideId) -> PublicKey {
    let seat = call
        .seats
        .iter()
        .find(|seat| seat.role == Role::Recorder && seat.side == side.to_string());
    seat.unwrap().key.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn roots_go_to_the_recorder_that_they_are_sealed_to_and_come_not_too_fast() {
    let world = World::new().await;
    let (id, mut of_a, mut of_b) = world.open().await;
    let (_, context) = of_a.begin().await;
    of_b.begin().await;
    let shown = view(&world.a, &id).await.unwrap();
    let [here, there] = [&world.a, &world.b].map(|node| recorder_of(&shown, node.side));
    let terminal = world.terminal(&world.a, &id, "principal").await;
    terminal.root(Hash(context), here, &[1; 80]).await;
    terminal.root(Hash(context), there, &[2; 80]).await;
    terminal.root(Hash(context), PublicKey([9; 32]), &[3; 80]).await;
    terminal.root(Hash([9; 32]), here, &[4; 80]).await;
    terminal.root(Hash(context), here, &[5; 79]).await;
    let of = |order: Order| match order {
        Order::Root { sealed, .. } => (sealed.bytes[0], sealed.place.epoch, sealed.place.context),
        other => panic!("no root: {other:?}"),
    };
    assert_eq!(of(of_a.next().await), (1, 5, context));
    assert_eq!(of(of_b.next().await), (2, 5, context));
    for _ in 0..100 {
        terminal.root(Hash(context), there, &[6; 80]).await;
    }
    act(&world.a, &id, CLOSE).await.unwrap();
    let mut roots = 0;
    while let Order::Root { .. } = of_b.next().await {
        roots += 1;
    }
    assert!(roots <= 32, "{roots} roots crossed the line");
    assert!(matches!(of_a.next().await, Order::Close { .. }));
    terminal.root(Hash(context), here, &[7; 80]).await;
    world.a.core.ask(Ask::Lines).await.unwrap();
    assert!(of_a.is_silent(), "no root after the close");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_comes_before_the_statement_waits_for_it() {
    let world = World::new().await;
    let id = world.filmed().await;
    let mut of_b = told(&world.b).await;
    act(&world.a, &id, Act::Open).await.unwrap();
    let opens = |call: &CallView| {
        call.timeline
            .iter()
            .filter(|said| said.kind == "open")
            .map(|said| said.hash.clone())
            .collect()
    };
    act(&world.b, &id, Act::Open).await.unwrap();
    let mut hashes: Vec<String> = opens(&until(&world.b, &id, |call| said(call, "open") == 2).await);
    hashes.sort();
    let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.parse::<Hash>().unwrap().0).collect();
    let (_, context) = of_b.begin().await;
    assert_eq!(
        context,
        Hash::of(&bytes).0,
        "the context is what terminals derive roots for"
    );
    // The far node may be a moment ahead: what it tells for footage that is not open here yet is kept.
    act(&world.b, &id, CLOSE).await.unwrap();
    is_closed_on_both(&world, &id).await;
    let call = CallId::from(id.parse::<Hash>().unwrap());
    let key = recorder_of(&view(&world.b, &id).await.unwrap(), world.b.side);
    let envelope = Signal::Envelope(signal::Envelope {
        recorder: key,
        group: Group(GroupId([1; 16])),
        epoch: 1,
        context: Hash([8; 32]),
        bytes: Blob(vec![1; 80].into()),
    });
    let signal = link::Signal {
        call: call.into(),
        payload: envelope.encode().into(),
    };
    let event = link::Event::Signal(signal);
    assert!(
        world
            .b
            .core
            .order(CoreOrder::Link {
                far: world.a.side,
                event
            })
            .await
    );
    assert!(matches!(of_b.next().await, Order::Close { .. }));
    world.open_again(&id).await;
    of_b.begin().await;
    world.b.core.ask(Ask::Lines).await.unwrap();
    assert!(of_b.is_silent(), "and a root for another footage is none of this one's");
}

#[tokio::test(flavor = "multi_thread")]
async fn desks_see_how_the_recorder_does_and_others_see_nothing_of_it() {
    let world = World::new().await;
    let (id, _, _) = world.open().await;
    let doing = until(&world.a, &id, |call| {
        let state = footage(call).recorder.as_ref().map(|recorder| recorder.state);
        state == Some(RecorderState::Nothing)
    })
    .await;
    assert!(footage(&doing).ends_at > footage(&doing).opened_at);
    act(&world.a, &id, CLOSE).await.unwrap();
    until(&world.a, &id, |call| {
        let recorder = footage(call).recorder.as_ref().unwrap();
        recorder.state == RecorderState::Done && recorder.seconds == 0
    })
    .await;
    let (asked, role) = (id.clone(), Role::Principal);
    let answer = world.a.core.ask(|reply| Ask::Call { id: asked, role, reply });
    let shown = answer.await.unwrap().ok().unwrap();
    let seen = shown.footage.unwrap();
    assert!(seen.recorder.is_none() && !seen.open && !shown.may.contains(&Verb::Open));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_crosses_the_line_of_an_envelope_is_one_signal() {
    let world = World::new().await;
    let (id, mut of_a, _) = world.open().await;
    let (_, context) = of_a.begin().await;
    let terminal = world.terminal(&world.a, &id, "principal").await;
    let there = recorder_of(&view(&world.a, &id).await.unwrap(), world.b.side);
    let mut crossing = tap(&world.a).await;
    terminal.root(Hash(context), there, &[0xee; 80]).await;
    let wait = async {
        loop {
            let bytes = bytes_of(&crossing.recv().await.unwrap());
            if let Some(Signal::Envelope(envelope)) = Signal::decode(&bytes) {
                return envelope;
            }
        }
    };
    let envelope = tokio::time::timeout(PATIENCE, wait).await.unwrap();
    assert_eq!(
        (envelope.recorder, envelope.epoch, &envelope.bytes.0[..]),
        (there, 5, &[0xee; 80][..])
    );
}

/// A media loop, and a line whose far side is the sender that is returned.
async fn loop_and_line(far: SideId) -> (MediaLoop, mpsc::Sender<link::MediaPacket>) {
    let any = own_address();
    let (media, _news) = MediaLoop::start(any, &[]).unwrap();
    let endpoint = link::Endpoint::bind(link::EndpointConfig {
        listen: any,
        key: link::LinkKey::from_seed([1; 32]),
        side: SideId([1; 32]),
        software: "test".into(),
        web: Hash([0; 32]),
        random: [1; 32],
        versions: link::wire::Prelude::OURS,
    });
    let line = endpoint.unwrap().add_line(link::LineConfig {
        far,
        far_key: Key::generate().unwrap().key(),
        addresses: Vec::new(),
        confirmed: false,
    });
    let (to, incoming) = mpsc::channel(64);
    let handle = line.unwrap().handle;
    media.order(media::Order::AddLine { far, handle, incoming }).await;
    (media, to)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_tapped_tracks_reach_the_recorder_and_nothing_once_the_valve_is_shut() {
    let far = SideId([2; 32]);
    let (media, to) = loop_and_line(far).await;
    let (packets, given) = Packets::channel();
    let tracks = [(7, sfu::TrackId(0x8007)), (8, sfu::TrackId(0x8008))];
    for (far_track, track) in tracks {
        let kind = sfu::Kind::Sound;
        let remote = media::Order::AddRemote {
            line: far,
            far_track,
            track,
            kind,
        };
        media.order(remote).await;
    }
    let tap = |track, take| Tap {
        to: packets.clone(),
        take: TakeId(take),
        source: Source {
            side: far,
            person: call::terms::PersonId(2),
            seat: PublicKey([3; 32]),
            kind: sfu::Kind::Sound,
            track,
        },
        valve: Valve::open(),
    };
    let send = |track, sequence| {
        let packet = link::MediaPacket {
            track,
            kind: link::Kind::Sound,
            sequence,
            timestamp: 960,
            marker: false,
            layer: 0,
            payload: bytes::Bytes::from_static(b"sealed"),
        };
        let to = to.clone();
        async move { to.send(packet).await.unwrap() }
    };
    let filmed = tap(tracks[0].1, 1);
    let valve = filmed.valve.clone();
    let mut sequence = 0;
    // Orders and packets come by different ways: a tap is there once a packet came through it.
    let mut passes = async |sent: &[u16]| loop {
        sequence += 1;
        for track in sent {
            send(*track, sequence).await;
        }
        if let Ok(first) = given.recv_timeout(Duration::from_millis(50)) {
            while given.recv_timeout(Duration::from_millis(50)).is_ok() {}
            return (first.take, first.packet.payload);
        }
    };
    let other = tap(tracks[1].1, 2);
    media.order(media::Order::Tap(tracks[1].1, Some(Box::new(other)))).await;
    let first = tokio::time::timeout(PATIENCE, passes(&[7, 8])).await.unwrap();
    assert_eq!(first.0, TakeId(2), "a track that is not named stays away");
    media
        .order(media::Order::Tap(tracks[0].1, Some(Box::new(filmed))))
        .await;
    let first = tokio::time::timeout(PATIENCE, passes(&[7])).await.unwrap();
    assert_eq!((first.0, &first.1[..]), (TakeId(1), &b"sealed"[..]));
    valve.shut();
    for _ in 0..40 {
        sequence += 1;
        send(7, sequence).await;
    }
    send(8, sequence).await;
    let next = given.recv_timeout(PATIENCE).unwrap();
    assert_eq!(next.take, TakeId(2), "nothing more passes");
}
