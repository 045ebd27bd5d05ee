//! What stays on one's own side: who sees what, how much of it, and that no byte of it is said to the other node.

use api::{
    ASIDE_CHARS_MAX, ASIDES_MAX, Aside, AsideText, AsideTo, Asked, CameraHint, Fault, FromBrowser, Light, SeatDo,
    SeatState, ToBrowser,
};
use call::PublicKey;

use super::{
    super::Here,
    check::{bytes_of, tap},
    delivery::{Terminal, open_role},
    *,
};

/// A text that no statement and no signal holds unless somebody put it there.
const MARK: &str = "EXAMPLE-of-what-stays-here";

fn ask_seat(seat: &str, what: SeatDo) -> Act {
    Act::Here(Here::Seat(seat.into(), what))
}

fn topic(topic: Option<u16>) -> Act {
    Act::Here(Here::Topic(topic))
}

fn state() -> SeatState {
    SeatState {
        captured: Light::Good,
        sent: Light::Good,
        heard: Light::Bad,
        seen: Light::NotYet,
        fault: Some(Fault::NotArriving),
        talking_off: true,
        camera: Some(CameraHint::Backlit),
        connected: false,
        uninterpreted: false,
    }
}

impl Terminal {
    async fn aside(&self, to: AsideTo, text: &str) {
        let (call, text) = (self.call.clone(), AsideText::new(text.into()).unwrap());
        self.say(FromBrowser::Aside { call, to, text }).await;
    }

    /// The asides that it was last told, once so many were.
    async fn asides(&mut self, count: usize) -> Vec<Aside> {
        self.hear(|message| match message {
            ToBrowser::Asides { asides, .. } if asides.len() == count => Some(asides.clone()),
            _ => None,
        })
        .await
    }

    async fn refused(&mut self) -> String {
        self.hear(|message| match message {
            ToBrowser::Refused { code, .. } => Some(code.clone()),
            _ => None,
        })
        .await
    }
}

fn says(aside: &Aside) -> String {
    serde_json::to_value(&aside.text).unwrap().as_str().unwrap().to_owned()
}

async fn as_role(node: &Node, id: &str, role: Role) -> Terminal {
    let key = Key::generate().unwrap().key();
    open_role(node, id, (role.as_str(), role), key).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_ones_own_side_is_said_to_the_other_node() {
    let world = World::new().await;
    let mut terms = world.terms("EXAMPLE topic");
    terms.topics.push("EXAMPLE other".into());
    let id = world.gathered_of(terms).await;
    let mut a = world.terminal(&world.a, &id, "principal").await;
    let mut desk = as_role(&world.a, &id, Role::Operator).await;
    let mut far = world.terminal(&world.b, &id, "principal").await;
    let mut far_desk = as_role(&world.b, &id, Role::Operator).await;
    until(&world.b, &id, |call| call.seats.iter().all(|seat| seat.present)).await;
    let before = view(&world.a, &id).await.unwrap().timeline.len();
    let mut said = tap(&world.a).await;
    far.rest().await;
    far_desk.rest().await;

    desk.aside(AsideTo::Principal, &format!("{MARK} note")).await;
    desk.aside(AsideTo::Delegation, &format!("{MARK} chat")).await;
    a.asides(2).await;
    let id_of = |asides: Vec<Aside>| asides[0].id;
    let note = id_of(desk.asides(2).await);
    let call = id.clone();
    a.say(FromBrowser::AsideSeen { call, id: note }).await;
    a.say(FromBrowser::State { state: state() }).await;
    act(&world.a, &id, topic(Some(1))).await.unwrap();
    act(&world.a, &id, ask_seat("principal", SeatDo::Mute)).await.unwrap();
    let shown = |call: &CallView| call.seats.iter().any(|seat| seat.state == Some(state())) && call.topic.is_some();
    until(&world.a, &id, shown).await;

    // Something that is said follows all of it, so that nothing can be on its way.
    act(&world.a, &id, Act::Begin { anyway: true }).await.unwrap();
    let far_call = until(&world.b, &id, |call| !call.begin_by.is_empty()).await;
    assert!(far_call.topic.is_none() && far_call.seats.iter().all(|seat| seat.state.is_none()));
    let told = [far.rest().await, far_desk.rest().await].concat();
    assert!(!serde_json::to_string(&told).unwrap().contains(MARK));
    let own_side_only = |message: &ToBrowser| matches!(message, ToBrowser::Asides { asides, .. } if !asides.is_empty());
    assert!(!told.iter().any(own_side_only));
    let mut bytes = Vec::new();
    let mut statements = 0;
    while let Ok(command) = said.try_recv() {
        statements += usize::from(matches!(command, link::Command::Statement { .. }));
        bytes.push(bytes_of(&command));
    }
    let words = [MARK, "not_arriving", "backlit", "talking_off", "mute"];
    for word in words {
        let holds = |bytes: &Vec<u8>| bytes.windows(word.len()).any(|part| part == word.as_bytes());
        assert!(!bytes.iter().any(holds), "{word} was said to the other node");
    }
    let after = view(&world.a, &id).await.unwrap().timeline.len();
    assert_eq!(
        (statements, after - before),
        (2, 2),
        "a Preflight and Begin, nothing else"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_reach_the_principal_and_those_who_may_say_them_and_chat_the_delegation() {
    let clock = Clock::by_hand(now_ms());
    let world = World::by(&clock, ["Washington", "Moscow"]).await;
    let id = world.session().await;
    let mut principal = world.terminal(&world.a, &id, "principal").await;
    let mut desk = as_role(&world.a, &id, Role::Operator).await;
    let mut aide = as_role(&world.a, &id, Role::Aide).await;
    let mut press = as_role(&world.a, &id, Role::Press).await;
    let mut interpreter = as_role(&world.a, &id, Role::Interpreter).await;
    let mut recorder = as_role(&world.a, &id, Role::Recorder).await;
    for terminal in [&mut principal, &mut press] {
        assert!(
            terminal.asides(0).await.is_empty(),
            "told at the start, though there are none"
        );
    }
    for refused in [&mut principal, &mut press, &mut interpreter, &mut recorder] {
        refused.aside(AsideTo::Principal, "EXAMPLE").await;
        assert_eq!(refused.refused().await, "role");
    }
    recorder.aside(AsideTo::Delegation, "EXAMPLE").await;
    assert_eq!(recorder.refused().await, "role");
    aide.aside(AsideTo::Principal, "EXAMPLE note").await;
    let note = principal.asides(1).await.remove(0);
    assert_eq!((note.role, note.to, note.seen), (Role::Aide, AsideTo::Principal, false));
    assert_eq!(says(&note), "EXAMPLE note");
    for terminal in [&principal, &aide, &desk, &press, &interpreter] {
        terminal.aside(AsideTo::Delegation, "EXAMPLE chat").await;
    }
    for terminal in [&mut principal, &mut aide, &mut desk] {
        terminal.asides(6).await;
    }
    for terminal in [&mut press, &mut interpreter] {
        let seen = terminal.asides(5).await;
        assert!(seen.iter().all(|aside| aside.to == AsideTo::Delegation));
    }
    // The principal alone puts a note away.
    for terminal in [&aide, &principal] {
        let (call, of) = (id.clone(), note.id);
        terminal.say(FromBrowser::AsideSeen { call, id: of }).await;
    }
    let put_away = |message: &ToBrowser| match message {
        ToBrowser::Asides { asides, .. } => asides.iter().find(|one| one.seen).map(|one| one.id),
        _ => None,
    };
    assert_eq!(desk.hear(put_away).await, note.id);
    let told = recorder.rest().await;
    assert!(!told.iter().any(|message| matches!(message, ToBrowser::Asides { .. })));
    // Who comes later sees all; the other side's people see nothing of it.
    let mut late = as_role(&world.a, &id, Role::Aide).await;
    late.asides(6).await;
    assert!(as_role(&world.b, &id, Role::Aide).await.asides(0).await.is_empty());
    // They stay for ten minutes after the call.
    act(&world.a, &id, Act::End).await.unwrap();
    desk.aside(AsideTo::Delegation, "EXAMPLE after").await;
    assert_eq!(desk.refused().await, "ended");
    let mut after = as_role(&world.a, &id, Role::Aide).await;
    after.asides(6).await;
    clock.advance(9 * 60_000);
    as_role(&world.a, &id, Role::Interpreter).await.asides(5).await;
    clock.advance(2 * 60_000);
    after.asides(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asides_have_a_pace_and_the_oldest_go() {
    let clock = Clock::by_hand(now_ms());
    let world = World::by(&clock, ["Washington", "Moscow"]).await;
    let id = world.session().await;
    let mut desk = as_role(&world.a, &id, Role::Operator).await;
    for number in 0..11 {
        desk.aside(AsideTo::Delegation, &format!("EXAMPLE {number}")).await;
    }
    assert_eq!(desk.refused().await, "aside_too_fast");
    let mut said = 10;
    while said < ASIDES_MAX + 5 {
        clock.advance(1_000);
        desk.aside(AsideTo::Delegation, &format!("EXAMPLE {said}")).await;
        said += 1;
        desk.rest().await;
    }
    let mut late = as_role(&world.a, &id, Role::Aide).await;
    let kept = late.asides(ASIDES_MAX).await;
    assert_eq!(says(&kept[0]), "EXAMPLE 5");
    assert_eq!(kept.last().unwrap().id as usize, ASIDES_MAX + 5);
    assert!(AsideText::new("x".repeat(ASIDE_CHARS_MAX + 1)).is_none());
    desk.call = "0".repeat(64);
    desk.aside(AsideTo::Delegation, "EXAMPLE").await;
    assert_eq!(desk.refused().await, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_is_muted_or_asked_by_its_own_operator_and_nothing_switches_it_on() {
    let world = World::new().await;
    seat(&world.root.path().join("b"), "far-only", Role::Aide).await;
    let id = world.session().await;
    assert_eq!(
        refusal(act(&world.a, &id, ask_seat("principal", SeatDo::Mute)).await),
        "seat_away"
    );
    let mut a = world.terminal(&world.a, &id, "principal").await;
    for (what, told) in [(SeatDo::Mute, Asked::Mute), (SeatDo::Ask, Asked::Speak)] {
        act(&world.a, &id, ask_seat("principal", what)).await.unwrap();
        let asked = |message: &ToBrowser| match message {
            ToBrowser::Asked { what, .. } => Some(*what),
            _ => None,
        };
        assert_eq!(a.hear(asked).await, told);
    }
    let far = act(&world.a, &id, ask_seat("far-only", SeatDo::Mute)).await;
    assert!(matches!(far, Err(ApiError::NotFound)));
    for on in ["unmute", "on", "speak"] {
        assert!(serde_json::from_value::<SeatDo>(on.into()).is_err(), "{on}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_counts_under_its_terms_alone() {
    let clock = Clock::by_hand(now_ms());
    let world = World::by(&clock, ["Washington", "Moscow"]).await;
    let id = world.session().await;
    assert_eq!(refusal(act(&world.a, &id, topic(Some(1))).await), "unknown_topic");
    let set = act(&world.a, &id, topic(Some(0))).await.unwrap().topic.unwrap();
    clock.advance(60_000);
    let again = act(&world.a, &id, topic(Some(0))).await.unwrap().topic.unwrap();
    assert_eq!((again.index, &again.since), (0, &set.since), "it goes on");
    assert!(act(&world.a, &id, topic(None)).await.unwrap().topic.is_none());
    act(&world.a, &id, topic(Some(0))).await.unwrap();
    let over = act(&world.a, &id, Act::End).await.unwrap();
    assert!(over.topic.is_none());
    assert_eq!(refusal(act(&world.a, &id, topic(Some(0))).await), "ended");
    let asked = world.ask(&world.a, &world.b, "EXAMPLE").await;
    assert_eq!(refusal(act(&world.a, &asked, topic(Some(0))).await), "not_agreed");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_seat_does_is_shown_to_desks_at_a_pace() {
    let world = World::new().await;
    let id = world.session().await;
    let mut desk = as_role(&world.a, &id, Role::Operator).await;
    let mut aide = as_role(&world.a, &id, Role::Aide).await;
    let a = world.terminal(&world.a, &id, "principal").await;
    until(&world.a, &id, |call| call.seats.iter().any(|seat| seat.present)).await;
    desk.rest().await;
    aide.rest().await;
    let mut last = state();
    for turn in 0..41 {
        last.talking_off = turn % 2 == 0;
        last.connected = turn == 40;
        a.say(FromBrowser::State { state: last }).await;
    }
    let shown = |message: &ToBrowser| match message {
        ToBrowser::Call { call } => call.seats.iter().find_map(|seat| seat.state),
        _ => None,
    };
    // The first at once, the newest in the end.
    desk.hear(|message| shown(message).filter(|state| *state == last)).await;
    let told: Vec<SeatState> = desk.rest().await.iter().filter_map(shown).collect();
    assert!((2..=6).contains(&told.len()), "{} showings of 41", told.len());
    assert_eq!(told[0], state());
    assert!(aide.rest().await.iter().all(|message| shown(message).is_none()));
    // A stranger's word is about no seat of the call.
    let stranger = open_role(&world.a, &id, ("press", Role::Press), PublicKey([8; 32])).await;
    stranger.say(FromBrowser::State { state: state() }).await;
    let call = view(&world.a, &id).await.unwrap();
    assert_eq!(call.seats.iter().filter(|seat| seat.state.is_some()).count(), 1);
}
