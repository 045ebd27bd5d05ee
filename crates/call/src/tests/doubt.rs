//! What speaks against Begin: seats that were not proven to be heard.

use super::world::World;
use crate::terms::{Person, PersonId, Role};
use crate::{Body, Doubt, Hash, PublicKey, SeatCheck};

const SEATS: [PublicKey; 2] = [PublicKey([1; 32]), PublicKey([2; 32])];

fn check(seat: PublicKey, proven: bool) -> SeatCheck {
    SeatCheck {
        seat,
        heard: proven,
        seen: proven,
        hears: true,
        round_trip_ms: 40,
        loss_permille: 0,
        remark: (!proven).then(|| "not_heard".to_owned()),
    }
}

/// Two sides that gathered, each with a seat.
fn gathered() -> (World, Hash) {
    let mut world = World::new(2);
    world.settle_in_order();
    let terms = world.pool[0].hash();
    world.say(1, Body::Agree { offer: terms });
    world.settle_in_order();
    for (side, seat) in SEATS.into_iter().enumerate() {
        let person = Some(PersonId(u16::try_from(side).unwrap()));
        world.say(side, Body::Vouch { seat, person });
        world.say(side, Body::Gather { terms });
    }
    world.settle_in_order();
    (world, terms)
}

fn sign(world: &mut World, side: usize, terms: Hash, seats: Vec<SeatCheck>) {
    world.say(side, Body::Preflight { terms, seats });
    world.settle_in_order();
}

#[test]
fn every_side_proves_every_seat() {
    let (mut world, terms) = gathered();
    assert_eq!(world.state(0).doubt().map(|(doubt, _)| doubt), Some(Doubt::Missing));
    sign(&mut world, 0, terms, vec![check(SEATS[0], false)]);
    assert_eq!(world.state(1).doubt(), Some((Doubt::Missing, world.sides[1])));
    sign(&mut world, 1, terms, vec![check(SEATS[1], true)]);
    for side in [0, 1] {
        assert_eq!(
            world.state(side).doubt(),
            Some((Doubt::Failed, world.sides[0])),
            "seen at both ends"
        );
    }
    sign(&mut world, 0, terms, vec![check(SEATS[0], true)]);
    assert_eq!(world.state(1).doubt(), None);
}

#[test]
fn a_seat_that_came_later_is_not_proven() {
    let (mut world, terms) = gathered();
    for (side, seat) in SEATS.into_iter().enumerate() {
        sign(&mut world, side, terms, vec![check(seat, true)]);
    }
    assert_eq!(world.state(0).doubt(), None);
    let person = Some(PersonId(1));
    world.say(
        1,
        Body::Vouch {
            seat: PublicKey([9; 32]),
            person,
        },
    );
    world.settle_in_order();
    assert_eq!(world.state(0).doubt(), Some((Doubt::Failed, world.sides[1])));
    assert!(world.state(1).leaves_unsaid(world.sides[1]));
    assert!(!world.state(1).leaves_unsaid(world.sides[0]));
}

#[test]
fn a_recorder_has_nothing_to_prove() {
    let (mut world, terms) = gathered();
    for (side, seat) in SEATS.into_iter().enumerate() {
        sign(&mut world, side, terms, vec![check(seat, true)]);
    }
    let recorder = Person {
        role: Role::Recorder,
        ..world.person(20, world.sides[0])
    };
    for side in [0, 1] {
        let person = recorder.clone();
        world.say(side, Body::Admit { terms, person });
        world.settle_in_order();
    }
    let person = Some(PersonId(20));
    world.say(
        0,
        Body::Vouch {
            seat: PublicKey([9; 32]),
            person,
        },
    );
    world.settle_in_order();
    let state = world.state(1);
    assert!(state.seats.iter().any(|seat| seat.key.0 == [9; 32] && seat.good));
    assert_eq!(state.good_seats(world.sides[0]), [SEATS[0]].into());
    assert_eq!(state.doubt(), None);
}

#[test]
fn a_failure_with_its_reason_leaves_nothing_unsaid() {
    let (mut world, terms) = gathered();
    assert!(world.state(0).leaves_unsaid(world.sides[0]), "nothing was signed");
    let silent = SeatCheck {
        remark: None,
        ..check(SEATS[0], false)
    };
    sign(&mut world, 0, terms, vec![silent]);
    assert!(world.state(0).leaves_unsaid(world.sides[0]));
    sign(&mut world, 0, terms, vec![check(SEATS[0], false)]);
    assert!(!world.state(0).leaves_unsaid(world.sides[0]));
}

#[test]
fn pictures_count_where_there_are_any() {
    use crate::terms::Medium;
    let unseen = SeatCheck {
        seen: false,
        ..check(SEATS[0], true)
    };
    assert!(unseen.passed(Medium::Sound) && !unseen.passed(Medium::Picture));
    let deaf = SeatCheck {
        hears: false,
        ..check(SEATS[0], true)
    };
    assert!(!deaf.passed(Medium::Sound));
}
