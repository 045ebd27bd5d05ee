//! What two nodes and the link add to a packet's time, beside the floor, in interleaved rounds.

use std::time::Duration;

use super::call::{Call, Setup, delayed};
use super::machine::{Idle, Machine};
use super::publisher::{PICTURE_MOST_KBPS, SPEECH};
use crate::floor;
use crate::load::Plan;

/// Until the publisher sends its full picture.
const WARM_UP: Duration = Duration::from_secs(4);

/// Times of one side of a round, in milliseconds.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Times {
    /// Median.
    pub p50_ms: f64,
    /// 99 % stay within.
    pub p99_ms: f64,
}

/// One round.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Round {
    /// The floor.
    pub floor: Times,
    /// Packets of sound and picture over two nodes and the link, less the link's delay.
    pub all: Times,
    /// Of sound alone.
    pub sound: Times,
    /// What the publisher was told at the end, in kb/s.
    pub rate_kbps: u32,
    /// The machine.
    pub machine: Machine,
}

/// Runs one round: the floor, then two nodes and a link with this delay (none: loopback as it is).
///
/// # Errors
/// When the floor or the call does not stand.
pub fn round(one_way: Duration, time: Duration, seed: u64) -> anyhow::Result<Round> {
    let mut floor = floor::run(Plan {
        receivers: 1,
        packets_per_second: 250,
        payload: 1_100,
        warm_up: Duration::from_millis(500),
        time,
        core: 0,
        seed,
    })?;
    let setup = Setup {
        one_way,
        speech: SPEECH,
        most_kbps: PICTURE_MOST_KBPS,
        two_way: false,
        seed,
        wire: (!one_way.is_zero()).then(|| delayed(one_way)),
    };
    let mut call = Call::begin(setup)?;
    call.join()?;
    call.run(WARM_UP)?;
    call.timing = true;
    if let Some(wire) = &call.wire {
        wire.measure_afresh();
    }
    call.behind = crate::measure::Latencies::default();
    let idle = Idle::begin();
    call.run(time)?;
    let machine = Machine::of(idle, &mut call);
    let link_ms = one_way.as_secs_f64() * 1_000.0;
    let times = |latencies: &mut crate::measure::Latencies, less: f64| Times {
        p50_ms: latencies.quantile_us(0.5) / 1_000.0 - less,
        p99_ms: latencies.quantile_us(0.99) / 1_000.0 - less,
    };
    let (mut sound, picture) = std::mem::take(&mut call.latencies);
    let sound_times = times(&mut sound, link_ms);
    let mut all = picture;
    all.extend(sound);
    Ok(Round {
        floor: times(&mut floor.latencies, 0.0),
        all: times(&mut all, link_ms),
        sound: sound_times,
        rate_kbps: call.near.rate_kbps(),
        machine,
    })
}

/// Median over rounds of something.
#[must_use]
pub fn median(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
