//! The call under loss: frames whole in time, freezes, sound concealed.

use std::time::{Duration, Instant};

use super::call::{Call, Setup, delayed};
use super::machine::{Idle, Machine};
use super::publisher::SPEECH;
use super::tally::Outcome;
use crate::impairment::Settings;
use crate::measure::Latencies;

/// One condition of the link, the same in both directions.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Condition {
    /// Round trip in milliseconds.
    pub round_trip_ms: u64,
    /// Percent of datagrams lost.
    pub loss_percent: u32,
    /// Mean length of a burst of losses; 1: independent.
    pub burst: u32,
    /// The picture's most, in kb/s.
    pub most_kbps: u32,
    /// Whether the far side sends the same.
    pub two_way: bool,
    /// Seed of the losses.
    pub seed: u64,
}

/// What came of it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Measured {
    /// Under what.
    pub condition: Condition,
    /// Frames and sound.
    pub outcome: Outcome,
    /// The same at the far node, where packets leave the link.
    pub at_node: Outcome,
    /// Percent of frames whole in time.
    pub whole_percent: f64,
    /// Percent of sound concealed.
    pub concealed_percent: f64,
    /// What the publisher was told at the end, in kb/s.
    pub rate_kbps: u32,
    /// Share of the datagrams towards the receiver that the wire lost.
    pub lost: f64,
    /// The machine.
    pub machine: Machine,
}

/// Runs a call under a condition: `warm_up` in it before anything counts, then `time`.
///
/// # Errors
/// When the call does not stand.
pub fn run(condition: Condition, warm_up: Duration, time: Duration) -> anyhow::Result<Measured> {
    let one_way = Duration::from_millis(condition.round_trip_ms) / 2;
    // The link stands before the call, and before the loss: a handshake under loss is another matter.
    let clean = delayed(one_way);
    let setup = Setup {
        one_way,
        speech: SPEECH,
        most_kbps: condition.most_kbps,
        two_way: condition.two_way,
        seed: condition.seed,
        wire: Some(clean),
    };
    let mut call = Call::begin(setup)?;
    call.join()?;
    call.wire()?.set(Settings {
        loss: f64::from(condition.loss_percent) / 100.0,
        burst: f64::from(condition.burst),
        ..clean
    });
    call.run(warm_up)?;
    call.wire()?.measure_afresh();
    call.behind = Latencies::default();
    let before = call.wire()?.counts().0;
    let (idle, from) = (Idle::begin(), call.us(Instant::now()));
    call.run(time)?;
    let (machine, to) = (Machine::of(idle, &mut call), call.us(Instant::now()));
    // What was sent last may still come.
    call.run(Duration::from_millis(700))?;
    let after = call.wire()?.counts().0;
    let (lost, passed) = (after.lost - before.lost, after.passed - before.passed);
    let outcome = call.tally.outcome(from, to);
    Ok(Measured {
        condition,
        outcome,
        at_node: call.at_node.outcome(from, to),
        whole_percent: outcome.whole_percent(),
        concealed_percent: outcome.concealed_percent(),
        rate_kbps: call.near.rate_kbps(),
        lost: lost as f64 / (lost + passed).max(1) as f64,
        machine,
    })
}
