//! Whom a terminal hears on its own side: interpreters and those whom they interpret, and nobody else.

use api::{Interpretation, Interprets, TrackKind};

use super::*;

/// Who sits where: principal, aide and interpreter of side A, principal of side B.
async fn world() -> (World, api::Terms) {
    let world = World::new().await;
    let dir = world.root.path().join("a");
    seat(&dir, "aide", Role::Aide).await;
    seat(&dir, "interpreter", Role::Interpreter).await;
    let mut terms = world.terms("EXAMPLE topic");
    terms.interpretation = Interpretation::Simultaneous;
    let person = |id, role| api::Person {
        id,
        role,
        ..terms.roster[0].clone()
    };
    let mut interpreter = person(4, Role::Interpreter);
    let (from, to) = ("en".into(), "ru".into());
    interpreter.interprets = Some(Interprets { from, to });
    let more = [person(3, Role::Aide), interpreter];
    terms.roster.extend(more);
    (world, terms)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interpreter_hears_the_own_side_and_the_own_side_hears_the_interpreter() {
    let (world, terms) = world().await;
    let id = world.gathered_of(terms).await;
    let agreed = view(&world.b, &id).await.unwrap();
    assert_eq!(agreed.summary.terms.interpretation, Interpretation::Simultaneous);
    let way = |person: &api::Person| person.interprets.as_ref().map(|way| (way.from.clone(), way.to.clone()));
    let ways: Vec<_> = agreed.roster.iter().filter_map(way).collect();
    assert_eq!(ways, [("en".to_owned(), "ru".to_owned())]);
    let mut principal = world.terminal(&world.a, &id, "principal").await;
    let mut aide = world.terminal(&world.a, &id, "aide").await;
    let mut interpreter = world.terminal(&world.a, &id, "interpreter").await;
    let mut far = world.terminal(&world.b, &id, "principal").await;
    for terminal in [&mut principal, &mut aide, &mut interpreter, &mut far] {
        terminal.send_media().await;
        let told = terminal.rest().await;
        let any =
            |message: &api::ToBrowser| matches!(message, api::ToBrowser::Tracks { tracks, .. } if !tracks.is_empty());
        assert!(!told.iter().any(any), "nobody hears anybody before Begin");
    }
    for node in [&world.a, &world.b] {
        act(node, &id, Act::Begin { anyway: true }).await.unwrap();
    }
    let own = world.a.side.to_string();
    // The far principal's sound and picture, and of the own side what is said here.
    for (terminal, expected) in [
        (&mut principal, vec![4]),
        (&mut aide, vec![4]),
        (&mut interpreter, vec![1, 3]),
    ] {
        let tracks = terminal.tracks(|tracks| tracks.len() == 2 + expected.len()).await;
        let beside: Vec<_> = tracks.iter().filter(|track| track.side == own).collect();
        assert!(beside.iter().all(|track| track.kind == TrackKind::Sound));
        let mut persons: Vec<u16> = beside.iter().map(|track| track.person).collect();
        persons.sort_unstable();
        assert_eq!(persons, expected);
    }
    let tracks = far.tracks(|tracks| tracks.len() == 6).await;
    assert!(
        tracks.iter().all(|track| track.side == own),
        "the other side hears all, itself never"
    );
    // A person who is struck is heard by nobody.
    act(&world.a, &id, Act::Strike(4)).await.unwrap();
    for terminal in [&mut principal, &mut aide] {
        terminal.tracks(|tracks| tracks.len() == 2).await;
    }
    far.tracks(|tracks| tracks.len() == 4).await;
}
