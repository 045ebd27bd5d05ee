//! The rules one by one, each where it matters most: two sides that have not heard each other yet.

use super::world::World;
use crate::record::{SideEntry, export};
use crate::terms::PersonId;
use crate::{
    Body, CHAIN_MAX, CLOSING_PLACES, Fault, Hash, Phase, PublicKey, Refusal, Signer, Standing, State, Taken, Timestamp,
    Want, ask, propose,
};

fn refused(world: &World, side: usize, body: &Body) -> Refusal {
    world.may(side, body).unwrap_err()
}

/// Two sides, both with the first offer; its hash.
fn asked() -> (World, Hash) {
    let mut world = World::new(2);
    world.settle_in_order();
    let first = world.pool[0].hash();
    (world, first)
}

/// Two sides with agreed terms.
fn agreed() -> (World, Hash) {
    let (mut world, first) = asked();
    world.say(1, Body::Agree { offer: first });
    world.settle_in_order();
    (world, first)
}

/// Crossed: two offers replaced the same terms, and each side agreed to the other's before it heard of its own's.
pub fn crossed() -> (World, Hash, Hash) {
    let (mut world, first) = agreed();
    let mine = Body::Offer(Box::new(world.terms(8, Some(first))));
    let yours = Body::Offer(Box::new(world.terms(16, Some(first))));
    let mine = world.say(0, mine).hash();
    let yours = world.say(1, yours).hash();
    world.settle_in_order();
    world.say(0, Body::Agree { offer: yours });
    world.say(1, Body::Agree { offer: mine });
    world.settle_in_order();
    (world, mine, yours)
}

#[test]
fn a_call_is_asked_agreed_gathered_begun_and_ended() {
    let (mut world, first) = asked();
    assert_eq!(world.state(1).phase, Phase::Proposed);
    assert_eq!(refused(&world, 0, &Body::Agree { offer: first }), Refusal::OwnOffer);
    assert_eq!(refused(&world, 1, &Body::Gather { terms: first }), Refusal::NotAgreed);
    world.say(1, Body::Agree { offer: first });
    world.settle_in_order();
    assert_eq!(world.state(0).phase, Phase::Agreed);
    assert_eq!(refused(&world, 0, &Body::Begin { terms: first }), Refusal::NotGathered);
    world.say(0, Body::Gather { terms: first });
    world.say(1, Body::Gather { terms: first });
    world.settle_in_order();
    assert_eq!(world.state(0).phase, Phase::Gathering);
    world.say(0, Body::Begin { terms: first });
    world.settle_in_order();
    assert_eq!(world.state(1).begin_by, [world.sides[0]]);
    assert_eq!(world.state(1).phase, Phase::Gathering);
    world.say(1, Body::Begin { terms: first });
    world.settle_in_order();
    assert_eq!(world.state(0).phase, Phase::InSession);
    assert_eq!(refused(&world, 1, &Body::Withdraw { offer: first }), Refusal::InSession);
    world.say(0, Body::End);
    assert_eq!(world.state(1).phase, Phase::InSession);
    world.settle_in_order();
    assert_eq!(world.state(1).phase, Phase::Ended);
    assert_eq!(refused(&world, 1, &Body::Gather { terms: first }), Refusal::Ended);
    world.say(1, Body::End);
    assert_eq!(refused(&world, 1, &Body::End), Refusal::SaidAlready);
    let state = world.state(1);
    assert!(state.begun.unwrap().at < state.ended().unwrap().at);
    assert_eq!(state.ends.len(), 2);
}

#[test]
fn a_closing_on_its_way_wins_over_the_half_it_crosses() {
    let (mut world, first) = asked();
    world.say(0, Body::Withdraw { offer: first });
    world.say(1, Body::Agree { offer: first });
    world.settle_in_order();
    assert_eq!(world.state(0).phase, Phase::Withdrawn);
    assert_eq!(refused(&world, 1, &Body::Agree { offer: first }), Refusal::OfferClosed);
}

#[test]
fn an_end_on_its_way_wins_over_the_second_half_of_a_beginning() {
    let (mut world, terms) = agreed();
    world.say(0, Body::Gather { terms });
    world.say(1, Body::Gather { terms });
    world.say(0, Body::Begin { terms });
    world.settle_in_order();
    world.say(0, Body::End);
    world.say(1, Body::Begin { terms });
    world.settle_in_order();
    let state = world.state(1);
    assert_eq!((state.phase, state.begun), (Phase::Ended, None));
}

#[test]
fn agreed_terms_hold_until_agreed_terms_replace_them() {
    let (mut world, first) = agreed();
    let other = Body::Offer(Box::new(world.terms(8, None)));
    assert_eq!(refused(&world, 0, &other), Refusal::TermsChanged { in_force: first });
    let counter = Body::Offer(Box::new(world.terms(8, Some(first))));
    let counter = world.say(0, counter).hash();
    world.settle_in_order();
    assert_eq!(world.state(1).in_force, [first]);
    world.say(1, Body::Agree { offer: counter });
    world.settle_in_order();
    let state = world.state(0);
    assert_eq!(state.in_force, [counter]);
    assert_eq!(state.offers[0].standing, Standing::Replaced);
    // Withdrawing them revives nothing.
    world.say(1, Body::Withdraw { offer: counter });
    world.settle_in_order();
    assert_eq!(world.state(0).phase, Phase::Withdrawn);
    assert!(world.state(0).in_force.is_empty());
}

#[test]
fn agreeing_to_terms_that_just_changed_agrees_to_what_was_read() {
    let (mut world, first) = asked();
    // The asker changes its mind without withdrawing while the other says yes to what it has read.
    let second = Body::Offer(Box::new(world.terms(8, Some(first))));
    let second = world.say(0, second).hash();
    world.say(1, Body::Agree { offer: first });
    world.settle_in_order();
    assert_eq!(world.state(1).in_force, [first]);
    world.say(1, Body::Agree { offer: second });
    world.settle_in_order();
    assert_eq!(world.state(0).in_force, [second]);
    // Terms in force already stand in the way of an older rival.
    let mut world = World::new(2);
    world.settle_in_order();
    let first = world.pool[0].hash();
    let rival = Body::Offer(Box::new(world.terms(8, Some(first))));
    let counter = Body::Offer(Box::new(world.terms(16, Some(first))));
    let rival = world.say(0, rival).hash();
    let counter = world.say(1, counter).hash();
    world.settle_in_order();
    world.say(0, Body::Agree { offer: counter });
    world.settle_in_order();
    assert_eq!(refused(&world, 1, &Body::Agree { offer: first }), Refusal::Replaced);
    assert_eq!(
        refused(&world, 1, &Body::Agree { offer: rival }),
        Refusal::TermsChanged { in_force: counter }
    );
}

#[test]
fn crossed_terms_are_shown_and_begin_nothing() {
    let (mut world, mine, yours) = crossed();
    let state = world.state(0);
    assert!(state.crossed && state.in_force.len() == 2 && state.terms().is_none());
    for body in [
        Body::Gather { terms: mine },
        Body::Begin { terms: mine },
        Body::Open { terms: yours },
    ] {
        assert_eq!(refused(&world, 0, &body), Refusal::Crossed);
    }
    // A half said while the crossing was before its signer's eyes is void for ever.
    let void = world.force(0, Body::Begin { terms: mine });
    world.settle_in_order();
    world.say(1, Body::Withdraw { offer: yours });
    world.settle_in_order();
    assert_eq!(world.state(0).in_force, [mine]);
    assert_eq!(world.chains(1).void(&void), Some(&Refusal::Crossed));
    world.say(0, Body::Gather { terms: mine });
    world.say(1, Body::Gather { terms: mine });
    world.settle_in_order();
    world.say(1, Body::Begin { terms: mine });
    world.settle_in_order();
    assert_ne!(world.state(0).phase, Phase::InSession);
    world.say(0, Body::Begin { terms: mine });
    world.settle_in_order();
    assert_eq!(world.state(1).phase, Phase::InSession);
}

#[test]
fn a_running_session_goes_on_when_terms_cross() {
    let (mut world, terms) = World::in_session();
    let mine = Body::Offer(Box::new(world.terms(8, Some(terms))));
    let yours = Body::Offer(Box::new(world.terms(16, Some(terms))));
    let mine = world.say(0, mine).hash();
    let yours = world.say(1, yours).hash();
    world.settle_in_order();
    world.say(0, Body::Agree { offer: yours });
    world.say(1, Body::Agree { offer: mine });
    world.settle_in_order();
    let state = world.state(0);
    assert!(state.crossed);
    assert_eq!(state.phase, Phase::InSession);
    world.say(0, Body::Withdraw { offer: yours });
    world.settle_in_order();
    assert_eq!(
        (world.state(1).phase, world.state(1).crossed),
        (Phase::InSession, false)
    );
    // What is left carries the session's roster: from here on only End closes it.
    assert_eq!(refused(&world, 1, &Body::Withdraw { offer: mine }), Refusal::InSession);
}

#[test]
fn footage_needs_both_and_one_closes_it() {
    let (mut world, terms) = World::in_session();
    assert_eq!(refused(&world, 0, &Body::Close), Refusal::NotOpen);
    world.say(0, Body::Open { terms });
    world.settle_in_order();
    assert_eq!(world.state(1).footage.asked_by, [world.sides[0]]);
    assert_eq!(world.state(1).footage.open, None);
    world.say(1, Body::Open { terms });
    world.settle_in_order();
    assert_eq!(world.state(0).footage.open.unwrap().len(), 2);
    world.say(1, Body::Close);
    world.settle_in_order();
    assert_eq!(world.state(0).footage, crate::FootageState::default());
    // The old halves are spent: it takes both again.
    world.say(0, Body::Open { terms });
    world.settle_in_order();
    assert_eq!(world.state(0).footage.open, None);
    world.say(1, Body::Open { terms });
    world.settle_in_order();
    assert!(world.state(0).footage.open.is_some());
    // A Close that crosses a half wins.
    world.say(0, Body::Close);
    world.settle_in_order();
    world.say(0, Body::Open { terms });
    world.settle_in_order();
    world.say(0, Body::Close);
    world.say(1, Body::Open { terms });
    world.settle_in_order();
    assert_eq!(world.state(1).footage.open, None);
}

#[test]
fn the_roster_takes_both_to_grow_and_one_to_shrink() {
    let (mut world, terms) = agreed();
    let guest = world.person(5, world.sides[1]);
    let admit = Body::Admit {
        terms,
        person: guest.clone(),
    };
    world.say(0, admit.clone());
    world.settle_in_order();
    assert_eq!(world.state(1).person(PersonId(5)), None);
    // Another person under the same number is another half.
    let mut other = guest.clone();
    other.title = "EXAMPLE other".into();
    world.say(1, Body::Admit { terms, person: other });
    world.settle_in_order();
    assert_eq!(world.state(1).person(PersonId(5)), None);
    world.say(1, admit.clone());
    world.settle_in_order();
    assert_eq!(world.state(0).person(PersonId(5)), Some(&guest));
    assert_eq!(refused(&world, 0, &admit), Refusal::OnRoster);
    world.say(1, Body::Strike { person: PersonId(5) });
    world.settle_in_order();
    assert_eq!(world.state(0).person(PersonId(5)), None);
    assert_eq!(
        refused(&world, 0, &Body::Strike { person: PersonId(5) }),
        Refusal::NotOnRoster
    );
    // Someone of the first roster goes as easily, and comes back by both, or by terms that both made after it.
    world.say(0, Body::Strike { person: PersonId(1) });
    world.settle_in_order();
    assert_eq!(world.state(1).person(PersonId(1)), None);
    let again = Body::Offer(Box::new(world.terms(8, Some(terms))));
    let again = world.say(1, again).hash();
    world.settle_in_order();
    world.say(0, Body::Agree { offer: again });
    world.settle_in_order();
    assert!(world.state(1).person(PersonId(1)).is_some());
}

#[test]
fn a_strike_that_crosses_an_agreement_wins() {
    let (mut world, terms) = agreed();
    let again = Body::Offer(Box::new(world.terms(8, Some(terms))));
    let again = world.say(1, again).hash();
    world.settle_in_order();
    world.say(1, Body::Strike { person: PersonId(0) });
    world.say(0, Body::Agree { offer: again });
    world.settle_in_order();
    assert_eq!(world.state(0).in_force, [again]);
    assert_eq!(world.state(0).person(PersonId(0)), None);
}

#[test]
fn each_side_vouches_for_its_own_seats_alone() {
    let (mut world, _) = agreed();
    let seat = PublicKey([9; 32]);
    let ours = |id| Body::Vouch {
        seat,
        person: Some(PersonId(id)),
    };
    assert_eq!(refused(&world, 0, &ours(1)), Refusal::NotOurs);
    assert_eq!(refused(&world, 0, &ours(6)), Refusal::NotOnRoster);
    world.say(0, ours(0));
    world.settle_in_order();
    assert!(world.state(1).seats[0].good);
    assert_eq!(refused(&world, 1, &ours(1)), Refusal::OthersSeat);
    world.say(1, Body::Strike { person: PersonId(0) });
    world.settle_in_order();
    assert!(!world.state(0).seats[0].good);
    world.say(0, Body::Vouch { seat, person: None });
    world.settle_in_order();
    assert!(world.state(1).seats.is_empty());
}

#[test]
fn a_key_that_two_sides_claim_is_nobodys() {
    let (mut world, _) = agreed();
    let seat = PublicKey([9; 32]);
    world.say(
        0,
        Body::Vouch {
            seat,
            person: Some(PersonId(0)),
        },
    );
    world.say(
        1,
        Body::Vouch {
            seat,
            person: Some(PersonId(1)),
        },
    );
    world.settle_in_order();
    let seats = world.state(0).seats;
    assert!(seats.len() == 2 && seats.iter().all(|seat| !seat.good));
}

#[test]
fn each_side_dates_a_cut_by_itself() {
    let (mut world, _) = World::in_session();
    let (a, b) = (world.sides[0], world.sides[1]);
    assert_eq!(
        refused(
            &world,
            0,
            &Body::Back {
                far: b,
                since: Timestamp(1)
            }
        ),
        Refusal::NotLost
    );
    world.say(
        0,
        Body::Lost {
            far: b,
            since: Timestamp(1_000),
        },
    );
    world.say(
        1,
        Body::Lost {
            far: a,
            since: Timestamp(1_400),
        },
    );
    assert_eq!(
        refused(
            &world,
            0,
            &Body::Lost {
                far: b,
                since: Timestamp(2)
            }
        ),
        Refusal::AlreadyLost
    );
    world.settle_in_order();
    assert_eq!(world.state(0).interrupted().count(), 2);
    world.say(
        1,
        Body::Back {
            far: a,
            since: Timestamp(3_000),
        },
    );
    world.settle_in_order();
    let state = world.state(0);
    assert_eq!(state.interrupted().count(), 1);
    assert_eq!(
        (state.gaps[1].from, state.gaps[1].to),
        (Timestamp(1_400), Some(Timestamp(3_000)))
    );
}

#[test]
fn no_terms_no_call_without_the_sides_own() {
    let world = World::new(2);
    let stranger = crate::SideId([7; 32]);
    assert_eq!(
        ask(stranger, world.terms(0, None), Timestamp(0)).unwrap_err(),
        Refusal::NotAParty
    );
    let mut alone = world.terms(0, None);
    alone.parties.truncate(1);
    alone.roster.truncate(1);
    alone.footage = None;
    let refused = ask(world.sides[0], alone, Timestamp(0)).unwrap_err();
    assert_eq!(refused.code(), "count");
    let body = Body::Offer(Box::new(World::new(3).terms(0, Some(world.pool[0].hash()))));
    assert_eq!(world.may(0, &body), Err(Refusal::OtherParties));
}

#[test]
fn texts_that_could_deceive_are_refused() {
    let world = World::new(2);
    for (text, code) in [
        ("", "text"),
        (" ", "text"),
        ("a\nb", "text"),
        ("\u{1b}[31m", "text"),
        ("\u{202e}gpj", "text"),
    ] {
        let mut terms = world.terms(0, None);
        terms.topics = vec![text.into()];
        assert_eq!(
            ask(world.sides[0], terms, Timestamp(0)).unwrap_err().code(),
            code,
            "{text:?}"
        );
    }
    let mut terms = world.terms(0, None);
    terms.reason = "x".repeat(2_001);
    assert_eq!(ask(world.sides[0], terms, Timestamp(0)).unwrap_err().code(), "too_long");
}

#[test]
fn the_largest_terms_that_pass_fit_in_a_statement() {
    let world = World::new(2);
    let mut terms = world.terms(0, None);
    terms.topics = vec!["x".repeat(240); 32];
    terms.reason = "x".repeat(2_000);
    let titled = |id| crate::terms::Person {
        title: "x".repeat(110),
        ..world.person(id, world.sides[0])
    };
    terms.roster = (0..64).map(titled).collect();
    let refused = ask(world.sides[0], terms.clone(), Timestamp(0)).map(|_| ());
    assert_eq!(refused, Err(Refusal::StatementTooLarge));
    terms.topics.truncate(8);
    let statement = ask(world.sides[0], terms, Timestamp(0))
        .unwrap()
        .sign(&world.keys[0])
        .unwrap();
    assert!(statement.bytes().len() <= crate::STATEMENT_BYTES_MAX);
}

#[test]
fn the_last_places_of_a_chain_are_for_closings() {
    let (mut world, terms) = World::in_session();
    let far = world.sides[1];
    let last = CHAIN_MAX - CLOSING_PLACES;
    while world.chains(0).head(world.sides[0]).unwrap().number < last {
        let lost = world.chains(0).head(world.sides[0]).unwrap().number % 2 == 0;
        let since = Timestamp(world.clock);
        let body = if lost {
            Body::Lost { far, since }
        } else {
            Body::Back { far, since }
        };
        world.force(0, body);
    }
    assert_eq!(refused(&world, 0, &Body::Open { terms }), Refusal::ClosingsOnly);
    let draft = world.chains(0).draft(0, Body::Open { terms }, Timestamp(world.clock));
    let open = draft.sign(&world.keys[0]).unwrap();
    assert_eq!(
        world.nodes[0].as_mut().unwrap().insert(&world.keyring, open),
        Err(Fault::ClosingsOnly)
    );
    for _ in 0..CLOSING_PLACES {
        world.force(0, Body::Close);
    }
    assert_eq!(world.chains(0).head(world.sides[0]).unwrap().number, CHAIN_MAX);
    assert_eq!(refused(&world, 0, &Body::End), Refusal::ChainFull);
    assert_eq!(
        propose(world.chains(0), world.sides[1], Body::End, Timestamp(0)).map(|_| ()),
        Ok(())
    );
}

#[test]
fn a_third_side_counts_as_much_as_the_second() {
    let mut world = World::new(3);
    world.settle_in_order();
    let offer = world.pool[0].hash();
    world.say(1, Body::Agree { offer });
    world.settle_in_order();
    assert_eq!(world.state(0).phase, Phase::Proposed);
    world.say(2, Body::Agree { offer });
    world.settle_in_order();
    assert_eq!(world.state(0).phase, Phase::Agreed);
    world.say(2, Body::Withdraw { offer });
    world.settle_in_order();
    assert_eq!(world.state(1).phase, Phase::Withdrawn);
}

#[test]
fn two_statements_in_one_place_close_the_call_and_both_are_kept() {
    let (mut world, terms) = World::in_session();
    // The first side restores an old copy of itself and goes on from there.
    let old = world.chains(0).clone();
    let one = world.say(0, Body::Open { terms });
    world.settle_in_order();
    world.nodes[0] = Some(old);
    let other = world.say(0, Body::End);
    assert_eq!(world.deliver(1, &other), Some(Taken::Fork));
    assert_eq!(world.deliver(1, &other), Some(Taken::Known));
    assert_eq!(world.deliver(0, &one), Some(Taken::Fork));
    let states = [world.state(0), world.state(1)];
    assert_eq!(states[0], states[1]);
    assert_eq!(states[0].phase, Phase::Ended);
    let fork = &states[0].forks[0];
    assert_eq!((fork.side, fork.number), (world.sides[0], one.number()));
    assert!(fork.statements.contains(&one) && fork.statements.contains(&other));
    assert!(states[0].begun.is_some());
    // Nothing more is said but End; a third in the place is refused.
    assert_eq!(refused(&world, 1, &Body::Open { terms }), Refusal::Forked);
    assert_eq!(world.may(1, &Body::End), Ok(()));
    let mut draft = world.chains(1).draft(0, Body::Close, Timestamp(world.clock));
    draft.number = one.number();
    draft.previous = one.previous();
    let third = draft.sign(&world.keys[0]).unwrap();
    assert_eq!(
        world.nodes[1].as_mut().unwrap().insert(&world.keyring, third),
        Err(Fault::ThirdInPlace)
    );
}

#[test]
fn what_follows_a_fork_that_is_not_held_is_refused_until_the_proof_comes() {
    let (mut world, terms) = World::in_session();
    let old = world.chains(0).clone();
    world.say(0, Body::Open { terms });
    world.settle_in_order();
    world.nodes[0] = Some(old);
    let twin = world.force(0, Body::Close);
    let after = world.force(0, Body::End);
    let node = world.nodes[1].as_mut().unwrap();
    assert_eq!(node.insert(&world.keyring, after.clone()), Err(Fault::BrokenLink));
    assert_eq!(node.insert(&world.keyring, twin), Ok(Taken::Fork));
    assert_eq!(State::of(node).phase, Phase::Ended);
}

#[test]
fn what_does_not_fit_its_chain_is_refused() {
    let (mut world, terms) = World::in_session();
    let now = Timestamp(world.clock);
    let draft = world.chains(0).draft(0, Body::Open { terms }, now);
    let mut insert = |draft: crate::Unsigned, key: usize| {
        let statement = draft.sign(&world.keys[key]).unwrap();
        world.nodes[1].as_mut().unwrap().insert(&world.keyring, statement)
    };
    assert_eq!(insert(draft.clone(), 1), Err(Fault::UnknownKey));
    let mut broken = draft.clone();
    broken.previous = Some(Hash([1; 32]));
    assert_eq!(insert(broken, 0), Err(Fault::BrokenLink));
    let mut blind = draft.clone();
    blind.seen.clear();
    assert_eq!(insert(blind, 0), Err(Fault::SeenBack));
    let mut early = draft.clone();
    early.seen[0].number += 1;
    assert!(matches!(insert(early, 0), Ok(Taken::Missing(_))));
    // A head that is not the one held: perhaps a fork, whose other half must come first.
    let mut mistaken = draft.clone();
    mistaken.seen[0].hash = Hash([1; 32]);
    let after = mistaken.seen[0].number - 1;
    let want = Want {
        side: mistaken.seen[0].side,
        after,
    };
    assert_eq!(insert(mistaken, 0), Ok(Taken::Missing(vec![want])));
    let mut late = draft.clone();
    late.number += 1;
    assert!(matches!(insert(late, 0), Ok(Taken::Missing(_))));
    let mut foreign = draft.clone();
    foreign.subject = Some(crate::Subject::Call(crate::CallId([3; 32])));
    assert_eq!(insert(foreign, 0), Err(Fault::Foreign));
    assert_eq!(insert(draft, 0), Ok(Taken::New));
}

#[test]
fn what_a_side_has_seen_must_hold_together() {
    // Nobody can speak in a call without having seen its first offer.
    let (mut world, offer) = asked();
    let mut blind = world.chains(1).draft(1, Body::Agree { offer }, Timestamp(world.clock));
    blind.seen.clear();
    let blind = blind.sign(&world.keys[1]).unwrap();
    assert_eq!(
        world.nodes[0].as_mut().unwrap().insert(&world.keyring, blind),
        Err(Fault::SeenTorn)
    );
    // Nor have seen what another said, and not what that other had seen.
    let mut world = World::new(3);
    world.settle_in_order();
    let offer = world.pool[0].hash();
    world.say(0, Body::Withdraw { offer });
    world.settle_in_order();
    world.force(1, Body::Agree { offer });
    world.settle_in_order();
    let mut torn = world.chains(2).draft(2, Body::Agree { offer }, Timestamp(world.clock));
    let first = torn.seen.iter_mut().find(|head| head.side == world.sides[0]).unwrap();
    *first = world.pool[0].head();
    let torn = torn.sign(&world.keys[2]).unwrap();
    assert_eq!(
        world.nodes[0].as_mut().unwrap().insert(&world.keyring, torn),
        Err(Fault::SeenTorn)
    );
}

#[test]
fn a_record_needs_all_the_keys_it_shows() {
    let (world, _) = World::in_session();
    let entry = |at: usize| SideEntry {
        name: "Side".into(),
        key: world.keys[at].key(),
        rekeys: Vec::new(),
    };
    let missing = export(world.chains(0), &[entry(0)], world.sides[0], &world.keys[0]);
    assert!(missing.is_err());
    let stranger = export(world.chains(0), &[entry(0), entry(1)], world.sides[0], &world.keys[1]);
    assert!(stranger.is_err());
}
