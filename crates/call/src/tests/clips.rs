//! Who may release a clip, who may take it back, and what either means to the other.

use super::world::World;
use crate::terms::{Embargo, Release, Terms};
use crate::{Body, CHAIN_MAX, CLOSING_PLACES, Hash, RELEASES_MAX, Refusal, ReleaseState, Timestamp};

const CLIP: Hash = Hash([1; 32]);
const OTHER: Hash = Hash([2; 32]);

/// Variants of `World::terms` by what they say of release.
const BOTH_FIRST_ASKS: u8 = 0;
const EACH_ALONE: u8 = 24;
const FIRST_ALONE_AFTER_END: u8 = 10;

fn release(clip: Hash, instead: Option<Hash>) -> Body {
    Body::Release { clip, instead }
}

fn refused(world: &World, side: usize, body: &Body) -> Refusal {
    world.may(side, body).unwrap_err()
}

fn told(world: &World, clip: Hash) -> ReleaseState {
    let states = [world.state(0), world.state(1)];
    assert_eq!(states[0].releases, states[1].releases);
    let mut releases = states[0].releases.iter().filter(|one| one.clip == clip);
    let one = releases.next().unwrap().clone();
    assert!(releases.next().is_none());
    one
}

fn footage(world: &World, terms: Hash) -> Terms {
    let offer = world.state(0).offers.into_iter().find(|offer| offer.hash == terms);
    offer.unwrap().terms
}

#[test]
fn where_both_must_release_one_asks_and_the_other_consents() {
    let (mut world, terms) = World::after_footage(BOTH_FIRST_ASKS);
    let agreed = footage(&world, terms).footage.unwrap();
    assert_eq!((agreed.release, agreed.embargo), (Release::Both, Embargo::None));
    assert_eq!(agreed.releasers, [world.sides[0]]);
    assert_eq!(refused(&world, 1, &release(CLIP, None)), Refusal::NotAReleaser);
    world.say(0, release(CLIP, None));
    assert_eq!(refused(&world, 0, &release(CLIP, None)), Refusal::SaidAlready);
    world.settle_in_order();
    let asked = told(&world, CLIP);
    assert_eq!((asked.by.len(), asked.standing, asked.recalled), (1, false, false));
    // Consent is to exactly this clip.
    assert_eq!(refused(&world, 1, &release(OTHER, None)), Refusal::NotAReleaser);
    world.say(1, release(CLIP, None));
    world.settle_in_order();
    assert!(told(&world, CLIP).standing);
    // Either takes it back, and it takes both to release it again.
    world.say(1, Body::Recall { clip: CLIP });
    world.settle_in_order();
    let recalled = told(&world, CLIP);
    assert!(recalled.by.is_empty() && recalled.recalled && !recalled.standing);
    assert_eq!(refused(&world, 0, &Body::Recall { clip: CLIP }), Refusal::NotReleased);
    assert_eq!(refused(&world, 1, &release(CLIP, None)), Refusal::NotAReleaser);
    world.say(0, release(CLIP, None));
    world.settle_in_order();
    assert!(!told(&world, CLIP).standing);
    world.say(1, release(CLIP, None));
    world.settle_in_order();
    assert!(told(&world, CLIP).standing);
}

#[test]
fn a_recall_that_crosses_a_consent_wins() {
    let (mut world, _) = World::after_footage(BOTH_FIRST_ASKS);
    world.say(0, release(CLIP, None));
    world.settle_in_order();
    world.say(0, Body::Recall { clip: CLIP });
    world.say(1, release(CLIP, None));
    world.settle_in_order();
    let state = told(&world, CLIP);
    assert!(!state.standing && state.recalled);
}

#[test]
fn what_a_side_releases_alone_it_alone_takes_back() {
    let (mut world, _) = World::after_footage(EACH_ALONE);
    world.say(0, release(CLIP, None));
    world.say(1, release(OTHER, None));
    world.settle_in_order();
    assert!(told(&world, CLIP).standing && told(&world, OTHER).standing);
    assert_eq!(refused(&world, 1, &Body::Recall { clip: CLIP }), Refusal::NotReleased);
    // Said all the same, it says nothing; nor does claiming the clip as one's own first.
    world.force(1, Body::Recall { clip: CLIP });
    world.settle_in_order();
    assert!(told(&world, CLIP).standing);
    world.say(1, release(CLIP, None));
    world.say(1, Body::Recall { clip: CLIP });
    world.settle_in_order();
    let state = told(&world, CLIP);
    assert!(state.standing && state.by.len() == 1 && state.by[0].side == world.sides[0]);
    world.say(0, Body::Recall { clip: CLIP });
    world.settle_in_order();
    assert!(told(&world, CLIP).recalled && told(&world, OTHER).standing);
}

#[test]
fn an_embargo_holds_to_the_end_of_the_call() {
    let (mut world, terms) = World::after_footage(FIRST_ALONE_AFTER_END);
    assert_eq!(footage(&world, terms).footage.unwrap().embargo, Embargo::End);
    assert_eq!(refused(&world, 0, &release(CLIP, None)), Refusal::Embargoed);
    let far = world.sides[1];
    let since = Timestamp(world.clock);
    world.say(0, Body::Lost { far, since });
    assert_eq!(refused(&world, 0, &release(CLIP, None)), Refusal::Embargoed);
    world.settle_in_order();
    world.say(1, Body::End);
    world.settle_in_order();
    assert_eq!(refused(&world, 1, &release(CLIP, None)), Refusal::NotAReleaser);
    world.say(0, release(CLIP, None));
    world.settle_in_order();
    assert!(told(&world, CLIP).standing);
    world.say(0, Body::Recall { clip: CLIP });
}

#[test]
fn an_embargo_holds_to_its_time_by_the_clock_of_who_releases() {
    let (mut world, terms) = World::after_footage(8);
    let Embargo::Until(until) = footage(&world, terms).footage.unwrap().embargo else {
        panic!("another embargo")
    };
    world.clock = until.0 - 1_001;
    assert_eq!(refused(&world, 0, &release(CLIP, None)), Refusal::Embargoed);
    let early = world.force(0, release(CLIP, None));
    world.settle_in_order();
    assert_eq!(world.chains(1).void(&early), Some(&Refusal::Embargoed));
    assert!(world.state(1).releases.is_empty());
    world.clock = until.0 - 1_000;
    world.say(0, release(CLIP, None));
    world.settle_in_order();
    assert!(told(&world, CLIP).standing);
}

#[test]
fn without_footage_there_is_nothing_to_release() {
    // None in the terms.
    let (mut world, first) = World::in_session();
    let other = Body::Offer(Box::new(world.terms(4, Some(first))));
    let mut bare = World::new(2);
    bare.settle_in_order();
    assert_eq!(refused(&bare, 0, &release(CLIP, None)), Refusal::NoFootage);
    // Never open: each side's half was taken back before the other's.
    assert_eq!(refused(&world, 0, &release(CLIP, None)), Refusal::NeverOpen);
    world.say(0, Body::Open { terms: first });
    world.settle_in_order();
    world.say(0, Body::Close);
    world.settle_in_order();
    world.say(1, Body::Open { terms: first });
    world.settle_in_order();
    assert_eq!(refused(&world, 0, &release(CLIP, None)), Refusal::NeverOpen);
    // Open, and then other terms without footage: what was agreed when it was open still holds.
    world.say(0, Body::Open { terms: first });
    world.settle_in_order();
    world.say(1, Body::Close);
    let other = world.say(1, other).hash();
    world.settle_in_order();
    world.say(0, Body::Agree { offer: other });
    world.settle_in_order();
    assert_eq!(world.state(0).in_force, [other]);
    world.say(0, release(CLIP, None));
}

#[test]
fn nothing_said_later_by_one_side_undoes_what_it_agreed_to() {
    let (mut world, terms) = World::in_session();
    world.settle_in_order();
    let mut blind = None;
    world.say(0, Body::Open { terms });
    world.settle_in_order();
    world.say(1, Body::Open { terms });
    // The first side has not heard the second half, says so, and closes: it was open at the second side all the same.
    blind.replace(world.say(0, Body::Close));
    world.settle_in_order();
    assert_eq!(world.state(1).footage.open, None);
    world.force(0, Body::Withdraw { offer: terms });
    world.settle_in_order();
    world.say(0, release(CLIP, None));
    world.settle_in_order();
    world.say(1, release(CLIP, None));
    world.settle_in_order();
    assert!(told(&world, CLIP).standing);
    assert!(world.chains(0).find(blind.unwrap().hash()).is_some());
}

#[test]
fn the_strictest_terms_under_which_footage_was_open_count() {
    let (mut world, first) = World::after_footage(EACH_ALONE);
    let strict = Body::Offer(Box::new(world.terms(BOTH_FIRST_ASKS, Some(first))));
    let terms = world.say(0, strict).hash();
    world.settle_in_order();
    world.say(1, Body::Agree { offer: terms });
    world.settle_in_order();
    // Agreed and never used, they change nothing.
    assert_eq!(world.may(1, &release(CLIP, None)), Ok(()));
    for side in [0, 1] {
        world.say(side, Body::Open { terms });
        world.settle_in_order();
    }
    assert_eq!(refused(&world, 1, &release(CLIP, None)), Refusal::NotAReleaser);
    world.say(0, release(CLIP, None));
    world.settle_in_order();
    assert!(!told(&world, CLIP).standing);
}

#[test]
fn a_correction_takes_the_place_of_a_released_clip_for_good() {
    let (mut world, _) = World::after_footage(EACH_ALONE);
    assert_eq!(refused(&world, 0, &release(OTHER, Some(CLIP))), Refusal::UnknownClip);
    world.say(0, release(CLIP, None));
    world.settle_in_order();
    // Nobody corrects another's.
    assert_eq!(refused(&world, 1, &release(OTHER, Some(CLIP))), Refusal::UnknownClip);
    world.say(0, release(OTHER, Some(CLIP)));
    world.settle_in_order();
    let (old, new) = (told(&world, CLIP), told(&world, OTHER));
    assert!(old.replaced && !old.standing && !old.recalled);
    assert!(new.standing);
    // Taking the correction back does not bring back what it corrected.
    world.say(0, Body::Recall { clip: OTHER });
    world.settle_in_order();
    assert!(told(&world, OTHER).recalled);
    assert!(told(&world, CLIP).replaced);
    assert_eq!(refused(&world, 0, &release(CLIP, None)), Refusal::ClipReplaced);
}

#[test]
fn a_correction_that_needs_both_takes_its_place_when_both_have_said_it() {
    let (mut world, _) = World::after_footage(BOTH_FIRST_ASKS);
    for side in [0, 1] {
        world.say(side, release(CLIP, None));
        world.settle_in_order();
    }
    world.say(0, release(OTHER, Some(CLIP)));
    world.settle_in_order();
    assert!(told(&world, CLIP).standing && !told(&world, OTHER).standing);
    world.say(1, release(OTHER, Some(CLIP)));
    world.settle_in_order();
    assert!(told(&world, CLIP).replaced && told(&world, OTHER).standing);
}

#[test]
fn both_sides_together_release_no_more_than_a_call_can_hold() {
    let (mut world, _) = World::after_footage(EACH_ALONE);
    let most = RELEASES_MAX / 2;
    let clip = |side: usize, n: usize| {
        let mut bytes = [7; 32];
        bytes[0] = u8::try_from(side).unwrap();
        bytes[1] = u8::try_from(n).unwrap();
        Hash(bytes)
    };
    for side in [0, 1] {
        for n in 0..most {
            world.say(side, release(clip(side, n), None));
        }
        let full = Refusal::Count {
            field: "releases",
            most,
        };
        assert_eq!(refused(&world, side, &release(CLIP, None)), full);
    }
    world.settle_in_order();
    assert_eq!(world.state(1).releases.len(), RELEASES_MAX);
    world.say(0, Body::Recall { clip: clip(0, 0) });
}

#[test]
fn a_recall_has_a_place_when_the_chain_is_nearly_full() {
    let (mut world, _) = World::after_footage(EACH_ALONE);
    world.say(0, release(CLIP, None));
    let far = world.sides[1];
    while world.chains(0).head(world.sides[0]).unwrap().number < CHAIN_MAX - CLOSING_PLACES {
        let since = Timestamp(world.clock);
        let lost = world.may(0, &Body::Lost { far, since }).is_ok();
        world.force(
            0,
            if lost {
                Body::Lost { far, since }
            } else {
                Body::Back { far, since }
            },
        );
    }
    assert_eq!(refused(&world, 0, &release(OTHER, None)), Refusal::ClosingsOnly);
    world.say(0, Body::Recall { clip: CLIP });
    world.settle_in_order();
    assert!(told(&world, CLIP).recalled);
}
