//! The check before Begin: who opens it and who closes it, what a Preflight says, and what Begin asks for.

use api::{CheckFault, CheckResult, FromBrowser, SendSection, Source, ToBrowser, TrackView};
use tokio::sync::mpsc;

use super::{
    super::{Here, Order},
    delivery::Terminal,
    *,
};
use crate::signal::Signal;

const OFFER: &str = include_str!("../../../../sfu/tests/sfu/offers/chromium-send.sdp");
const GOOD: CheckResult = CheckResult {
    heard: true,
    seen: true,
    hears: true,
    round_trip_ms: 130,
    loss_permille: 2,
    fault: None,
};

fn check(on: bool) -> Act {
    Act::Here(Here::Check(on))
}

fn check_seat(seat: &str) -> Act {
    Act::Here(Here::CheckSeat(seat.into()))
}

const BEGIN: Act = Act::Begin { anyway: false };
const ANYWAY: Act = Act::Begin { anyway: true };

impl Terminal {
    /// Offers sound and picture, as Chromium does.
    pub(super) async fn send_media(&mut self) {
        let section = |mid: &str, source| SendSection {
            mid: mid.into(),
            source,
        };
        let message = FromBrowser::MediaOffer {
            id: 1,
            call: self.call.clone(),
            sdp: OFFER.into(),
            send: vec![section("0", Source::Microphone), section("1", Source::Camera)],
            recv: Vec::new(),
        };
        self.say(message).await;
        self.hear(|message| match message {
            ToBrowser::MediaAnswer { .. } => Some(()),
            ToBrowser::MediaError { code, .. } => panic!("no media: {code}"),
            _ => None,
        })
        .await;
    }

    /// Waits until it is told tracks that are so.
    pub(super) async fn tracks(&mut self, so: impl Fn(&[TrackView]) -> bool) -> Vec<TrackView> {
        self.hear(|message| match message {
            ToBrowser::Tracks { tracks, .. } if so(tracks) => Some(tracks.clone()),
            _ => None,
        })
        .await
    }

    /// Whether any tracks were told that it has not been waited for.
    async fn was_told_tracks(&mut self) -> bool {
        let told = self.rest().await;
        told.iter()
            .any(|message| matches!(message, ToBrowser::Tracks { tracks, .. } if !tracks.is_empty()))
    }

    async fn found(&self, result: CheckResult) {
        let call = self.call.clone();
        self.say(FromBrowser::Checked { call, result }).await;
    }

    async fn is_asked_to_check(&mut self) {
        self.hear(|message| matches!(message, ToBrowser::Check { .. }).then_some(()))
            .await;
    }
}

/// All that a node says to the other one from here on.
pub(super) async fn tap(node: &Node) -> mpsc::UnboundedReceiver<link::Command> {
    let (to, from) = mpsc::unbounded_channel();
    assert!(node.core.order(Order::Tap(to)).await);
    from
}

/// Bytes in a command.
pub(super) fn bytes_of(command: &link::Command) -> Vec<u8> {
    match command {
        link::Command::Signal(signal) => signal.payload.to_vec(),
        link::Command::Statement { bytes, .. } => bytes.to_vec(),
        link::Command::Statements { statements, .. } => statements.concat(),
        _ => Vec::new(),
    }
}

/// A call that gathers, both halves of a check, and the principals' terminals.
async fn checking(world: &World) -> (String, Terminal, Terminal) {
    let id = world.gathered_of(world.terms("EXAMPLE topic")).await;
    let a = world.terminal(&world.a, &id, "principal").await;
    let b = world.terminal(&world.b, &id, "principal").await;
    open(world, &id).await;
    (id, a, b)
}

async fn open(world: &World, id: &str) {
    for node in [&world.a, &world.b] {
        act(node, id, check(true)).await.unwrap();
    }
    for node in [&world.a, &world.b] {
        until(node, id, |call| call.checking.own && call.checking.far).await;
    }
}

/// The principal's seat of a node is checked and finds this.
async fn checked(node: &Node, id: &str, terminal: &mut Terminal, result: CheckResult) {
    act(node, id, check_seat("principal")).await.unwrap();
    terminal.is_asked_to_check().await;
    terminal.found(result).await;
    until(node, id, |call| {
        call.seats.iter().any(|seat| {
            let found = seat.check.as_ref().map(|found| (found.heard, found.fault));
            found == Some((result.heard, result.fault))
        })
    })
    .await;
}

fn preflights(call: &CallView, side: &Node) -> usize {
    let own = side.side.to_string();
    let of_side = |one: &&api::StatementView| one.kind == "preflight" && one.side == own;
    call.timeline.iter().filter(of_side).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_opens_media_with_both_halves_and_either_side_closes_it_at_once() {
    let mut world = World::new().await;
    let id = world.gathered_of(world.terms("EXAMPLE topic")).await;
    let mut said = tap(&world.a).await;
    let mut a = world.terminal(&world.a, &id, "principal").await;
    let mut b = world.terminal(&world.b, &id, "principal").await;
    a.send_media().await;
    b.send_media().await;
    act(&world.a, &id, check(true)).await.unwrap();
    let seen = until(&world.b, &id, |call| call.checking.far).await;
    assert!(!seen.checking.own);
    assert!(!a.was_told_tracks().await && !b.was_told_tracks().await);
    act(&world.b, &id, check(true)).await.unwrap();
    for (terminal, far) in [(&mut a, &world.b), (&mut b, &world.a)] {
        let tracks = terminal.tracks(|tracks| tracks.len() == 2).await;
        assert!(tracks.iter().all(|track| track.side == far.side.to_string()));
    }
    act(&world.b, &id, check(false)).await.unwrap();
    for terminal in [&mut a, &mut b] {
        terminal.tracks(<[_]>::is_empty).await;
    }
    act(&world.b, &id, check(true)).await.unwrap();
    for terminal in [&mut a, &mut b] {
        terminal.tracks(|tracks| tracks.len() == 2).await;
    }
    // Into the session media goes on; the check does not.
    for node in [&world.a, &world.b] {
        act(node, &id, ANYWAY).await.unwrap();
    }
    let is_over = |call: &CallView| call.summary.phase == Phase::InSession && !call.checking.own && !call.checking.far;
    for node in [&world.a, &world.b] {
        until(node, &id, is_over).await;
    }
    assert_eq!(refusal(act(&world.a, &id, check(true)).await), "in_session");
    act(&world.a, &id, Act::End).await.unwrap();
    let mut halves = Vec::new();
    while let Ok(command) = said.try_recv() {
        if let link::Command::Signal(signal) = command
            && let Some(Signal::Presence(presence)) = Signal::decode(&signal.payload)
        {
            halves.push(presence.checking);
        }
    }
    halves.dedup();
    assert_eq!(halves, [false, true, false]);

    // A cut closes it too, and what the far side said before the cut is worth nothing after it.
    let (id, mut a, mut b) = checking(&world).await;
    a.send_media().await;
    b.send_media().await;
    a.tracks(|tracks| tracks.len() == 2).await;
    let dir = world.root.path().join("b");
    world.b.stop().await;
    a.tracks(<[_]>::is_empty).await;
    until(&world.a, &id, |call| call.checking.own && !call.checking.far).await;
    world.b = start_again(&dir).await;
    up(&world.b).await;
    until(&world.b, &id, |call| call.checking.far && !call.checking.own).await;
    world.a.stop().await;
    world.b.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_of_a_check_needs_a_call_that_gathers() {
    let world = World::new().await;
    let id = world.ask(&world.a, &world.b, "EXAMPLE").await;
    assert_eq!(refusal(act(&world.a, &id, check(true)).await), "not_agreed");
    let asked = until(&world.b, &id, |call| call.may.contains(&Verb::Agree)).await;
    let agree = Act::Agree(asked.offers[0].hash.clone());
    act(&world.b, &id, agree).await.unwrap();
    assert_eq!(refusal(act(&world.b, &id, check(true)).await), "not_gathered");
    act(&world.b, &id, Act::Gather).await.unwrap();
    until(&world.a, &id, |call| call.summary.phase == Phase::Gathering).await;
    assert_eq!(refusal(act(&world.a, &id, check(true)).await), "not_gathered");
    act(&world.b, &id, check(true)).await.unwrap();
    act(&world.a, &id, check(false)).await.unwrap();
    act(&world.a, &id, Act::End).await.unwrap();
    let over = until(&world.b, &id, |call| call.summary.phase == Phase::Ended).await;
    assert!(!over.checking.own && !over.checking.far);
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_are_checked_by_their_own_side_while_both_halves_stand() {
    let world = World::new().await;
    seat(&world.root.path().join("b"), "far-only", Role::Aide).await;
    seat(&world.root.path().join("a"), "aide", Role::Aide).await;
    let id = world.gathered_of(world.terms("EXAMPLE topic")).await;
    let not_found = |outcome: Result<CallView, ApiError>| matches!(outcome, Err(ApiError::NotFound));
    assert_eq!(refusal(act(&world.a, &id, check_seat("principal")).await), "seat_away");
    let mut a = world.terminal(&world.a, &id, "principal").await;
    assert_eq!(
        refusal(act(&world.a, &id, check_seat("principal")).await),
        "check_closed"
    );
    act(&world.a, &id, check(true)).await.unwrap();
    assert_eq!(
        refusal(act(&world.a, &id, check_seat("principal")).await),
        "check_closed"
    );
    open(&world, &id).await;
    for far in ["far-only", "nobody", "No Seat"] {
        assert!(not_found(act(&world.a, &id, check_seat(far)).await), "{far}");
    }
    assert_eq!(refusal(act(&world.a, &id, check_seat("aide")).await), "not_vouched");
    // A finding is taken once, from a seat that was asked.
    a.found(GOOD).await;
    a.rest().await;
    assert!(
        view(&world.a, &id)
            .await
            .unwrap()
            .seats
            .iter()
            .all(|seat| seat.check.is_none())
    );
    checked(&world.a, &id, &mut a, GOOD).await;
    let fault = Some(CheckFault::NotHeard);
    a.found(CheckResult {
        heard: false,
        fault,
        ..GOOD
    })
    .await;
    a.rest().await;
    let call = view(&world.a, &id).await.unwrap();
    let found = |side: &Node| {
        let mut seats = call.seats.iter();
        let seat = seats.find(|seat| seat.side == side.side.to_string()).unwrap();
        seat.check.as_ref().map(|found| found.heard)
    };
    assert_eq!((found(&world.a), found(&world.b)), (Some(true), None));
    let far = view(&world.b, &id).await.unwrap();
    assert!(
        far.seats.iter().all(|seat| seat.check.is_none()),
        "a finding stays on its own side"
    );
    // It is for desks.
    let (of, role) = (id.clone(), Role::Aide);
    let shown = world.a.core.ask(|reply| Ask::Call { id: of, role, reply });
    assert!(
        shown
            .await
            .unwrap()
            .unwrap()
            .seats
            .iter()
            .all(|seat| seat.check.is_none())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn begin_asks_for_proof_of_every_seat_of_both_sides() {
    let world = World::new().await;
    let (id, mut a, mut b) = checking(&world).await;
    let missing = act(&world.a, &id, BEGIN).await;
    let Err(ApiError::Refusal(body)) = &missing else {
        panic!("begun")
    };
    assert_eq!(body.refusal, "preflight_missing");
    assert!(matches!(body.args.get("side"), Some(api::Scalar::Text(name)) if !name.is_empty()));
    assert_eq!(refusal(act(&world.a, &id, Act::Preflight).await), "nothing_checked");
    checked(&world.a, &id, &mut a, GOOD).await;
    act(&world.a, &id, Act::Preflight).await.unwrap();
    assert_eq!(refusal(act(&world.a, &id, BEGIN).await), "preflight_missing");
    let bad = CheckResult {
        heard: false,
        fault: Some(CheckFault::HeardSilent),
        ..GOOD
    };
    checked(&world.b, &id, &mut b, bad).await;
    act(&world.b, &id, Act::Preflight).await.unwrap();
    let call = until(&world.a, &id, |call| call.preflights.len() == 2).await;
    let of_b = call
        .preflights
        .iter()
        .find(|one| one.side == world.b.side.to_string())
        .unwrap();
    assert_eq!(of_b.seats.len(), 1);
    assert_eq!(of_b.seats[0].remark.as_deref(), Some("heard_silent"));
    assert_eq!((of_b.seats[0].person, of_b.seats[0].round_trip_ms), (Some(2), 130));
    for node in [&world.a, &world.b] {
        assert_eq!(refusal(act(node, &id, BEGIN).await), "preflight_failed");
    }
    // Mended, checked again, signed again.
    checked(&world.b, &id, &mut b, GOOD).await;
    assert_eq!(refusal(act(&world.b, &id, BEGIN).await), "preflight_failed");
    act(&world.b, &id, Act::Preflight).await.unwrap();
    until(&world.a, &id, |call| preflights(call, &world.b) == 2).await;
    // A seat that came later is not proven.
    seat(&world.root.path().join("a"), "aide", Role::Aide).await;
    let (seat, person) = ("aide".to_owned(), 1);
    act(&world.a, &id, Act::Vouch { seat, person }).await.unwrap();
    until(&world.b, &id, |call| call.seats.len() == 3).await;
    for node in [&world.a, &world.b] {
        assert_eq!(refusal(act(node, &id, BEGIN).await), "preflight_failed");
    }
    act(&world.a, &id, Act::Preflight).await.unwrap();
    let unchecked = until(&world.b, &id, |call| preflights(call, &world.a) == 2).await;
    let of_a = unchecked
        .preflights
        .iter()
        .find(|one| one.side == world.a.side.to_string());
    let remarks = of_a.unwrap().seats.iter().filter_map(|seat| seat.remark.as_deref());
    assert_eq!(remarks.collect::<Vec<_>>(), ["not_checked"]);
    let mut aide = world.terminal(&world.a, &id, "aide").await;
    act(&world.a, &id, check_seat("aide")).await.unwrap();
    aide.is_asked_to_check().await;
    aide.found(GOOD).await;
    until(&world.a, &id, |call| {
        call.seats.iter().filter(|seat| seat.check.is_some()).count() == 2
    })
    .await;
    act(&world.a, &id, Act::Preflight).await.unwrap();
    until(&world.b, &id, |call| preflights(call, &world.a) == 3).await;
    for node in [&world.a, &world.b] {
        act(node, &id, BEGIN).await.unwrap();
    }
    for node in [&world.a, &world.b] {
        let call = until(node, &id, |call| call.summary.phase == Phase::InSession).await;
        assert_eq!((preflights(&call, &world.a), preflights(&call, &world.b)), (3, 2));
    }
    let [of_a, of_b] = world.records(&id).await;
    assert_eq!((of_a.outcome(), of_b.outcome()), (Outcome::Trusted, Outcome::Trusted));
}

#[tokio::test(flavor = "multi_thread")]
async fn beginning_anyway_takes_both_operators_and_the_record_shows_it() {
    let world = World::new().await;
    let id = world.gathered_of(world.terms("EXAMPLE topic")).await;
    let call = act(&world.a, &id, ANYWAY).await.unwrap();
    assert_eq!(preflights(&call, &world.a), 1);
    assert_eq!(call.preflights[0].seats[0].remark.as_deref(), Some("not_checked"));
    until(&world.b, &id, |call| !call.begin_by.is_empty()).await;
    assert_eq!(refusal(act(&world.b, &id, BEGIN).await), "preflight_missing");
    assert_eq!(refusal(act(&world.a, &id, ANYWAY).await), "said_already");
    let call = act(&world.b, &id, ANYWAY).await.unwrap();
    assert_eq!((preflights(&call, &world.a), preflights(&call, &world.b)), (1, 1));
    until(&world.a, &id, |call| call.summary.phase == Phase::InSession).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_sound_alone_begins_without_pictures_and_without_anyway() {
    let world = World::new().await;
    let mut terms = world.terms("EXAMPLE topic");
    terms.medium = Medium::Sound;
    let id = world.gathered_of(terms).await;
    let mut a = world.terminal(&world.a, &id, "principal").await;
    let mut b = world.terminal(&world.b, &id, "principal").await;
    open(&world, &id).await;
    let unseen = CheckResult { seen: false, ..GOOD };
    checked(&world.a, &id, &mut a, unseen).await;
    checked(&world.b, &id, &mut b, unseen).await;
    for node in [&world.a, &world.b] {
        act(node, &id, Act::Preflight).await.unwrap();
    }
    for node in [&world.a, &world.b] {
        let call = until(node, &id, |call| call.preflights.len() == 2).await;
        assert!(call.preflights.iter().all(|one| one.seats[0].remark.is_none()));
        act(node, &id, BEGIN).await.unwrap();
    }
    until(&world.a, &id, |call| call.summary.phase == Phase::InSession).await;
}
