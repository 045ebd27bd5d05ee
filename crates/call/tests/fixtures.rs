#![allow(clippy::unwrap_used)]
//! The two real calls that the product is measured by come out of their records right, in both capitals.

mod story;

use call::record::{Outcome, verify};
use call::{Phase, Standing, State, Timestamp};
use jiff::Timestamp as Instant;
use story::{DECEMBER_30, Story, Times, millis};

/// The call of 7 December 2021: 121 minutes.
const DECEMBER_7: Times = Times {
    asked: "2021-12-04T09:00:00Z",
    first_planned: None,
    planned: "2021-12-07T15:00:00Z",
    minutes: 120,
    begun: "2021-12-07T15:07:00Z",
    ended: "2021-12-07T17:08:00Z",
};

/// The state as a stranger with the trust file reads it from the record.
fn read(times: &Times) -> State {
    let (record, trust) = Story::tell(times).record();
    let verdict = verify(&record, &trust);
    assert_eq!(verdict.outcome(), Outcome::Trusted, "{:?}", verdict.findings);
    verdict.state().unwrap()
}

/// An instant in each party's zone, as that party's clock and calendar show it, with its place.
fn clocks(state: &State, at: Timestamp) -> Vec<String> {
    let at = Instant::from_millisecond(at.as_millis()).unwrap();
    let mut parties = state.terms().unwrap().terms.parties.clone();
    parties.sort_by_key(|party| party.side != state.asked_by);
    let clock = |party: &call::terms::Party| {
        let there = at.in_tz(party.zone.as_str()).unwrap();
        format!("{} {}", party.place, there.strftime("%Y-%m-%d %H:%M"))
    };
    parties.iter().map(clock).collect()
}

#[test]
fn the_call_of_7_december_2021() {
    let state = read(&DECEMBER_7);
    let (begun, ended) = (state.begun.unwrap().at, state.ended().unwrap().at);
    assert_eq!(
        (begun, ended),
        (millis("2021-12-07T15:07:00Z"), millis("2021-12-07T17:08:00Z"))
    );
    assert_eq!((ended.0 - begun.0) / 60_000, 121);
    assert_eq!(
        clocks(&state, begun),
        ["Washington 2021-12-07 10:07", "Moscow 2021-12-07 18:07"]
    );
    assert_eq!(
        clocks(&state, ended),
        ["Washington 2021-12-07 12:08", "Moscow 2021-12-07 20:08"]
    );
    assert_eq!(state.phase, Phase::Ended);
}

#[test]
fn the_call_of_30_december_2021_crosses_midnight_in_moscow() {
    let state = read(&DECEMBER_30);
    let (begun, ended) = (state.begun.unwrap().at, state.ended().unwrap().at);
    assert_eq!((ended.0 - begun.0) / 60_000, 50);
    assert_eq!(
        clocks(&state, begun),
        ["Washington 2021-12-30 15:35", "Moscow 2021-12-30 23:35"]
    );
    assert_eq!(
        clocks(&state, ended),
        ["Washington 2021-12-30 16:25", "Moscow 2021-12-31 00:25"]
    );
}

#[test]
fn planned_moved_and_actual_times_are_separate_facts() {
    let times = Times {
        first_planned: Some("2021-12-30T18:00:00Z"),
        ..DECEMBER_30
    };
    let state = read(&times);
    let [first, second] = &state.offers[..] else {
        panic!("{:?}", state.offers)
    };
    assert_eq!(
        (first.standing, second.standing),
        (Standing::Replaced, Standing::Agreed)
    );
    assert_eq!(first.terms.start, millis("2021-12-30T18:00:00Z"));
    assert_eq!(second.terms.start, millis("2021-12-30T20:30:00Z"));
    assert_eq!(state.begun.unwrap().at, millis("2021-12-30T20:35:00Z"));
    assert_ne!(first.by, second.by);
    assert_eq!(state.asked_by, first.by);
}
