//! The call over a link that steps down and up again: the queue in the bottleneck, sound concealed, time back to the full
//! picture.

use std::time::{Duration, Instant};

use super::call::{Call, Setup, delayed};
use super::machine::{Idle, Machine};
use super::publisher::{PICTURE_MOST_KBPS, SPEECH};
use super::tally::Outcome;
use crate::impairment::Settings;

/// One way over the link.
const ONE_WAY: Duration = Duration::from_millis(30);
/// What the link carries, in kb/s: before and after, and between.
const WIDE_KBPS: u64 = 2_500;
const NARROW_KBPS: u64 = 300;
/// The bottleneck's queue: a deep one, which keeps what it is sent.
const QUEUE: Duration = Duration::from_secs(2);
/// At the full rate before anything counts, and then until the step.
const WARM_UP: Duration = Duration::from_secs(12);
const BEFORE: Duration = Duration::from_secs(5);
const NARROW: Duration = Duration::from_secs(15);
const AFTER: Duration = Duration::from_secs(20);
/// The queue is looked at this often.
const SAMPLE: Duration = Duration::from_millis(10);
/// A point of the series.
const SERIES: Duration = Duration::from_millis(500);
/// Back is this part of what it was.
const BACK: f64 = 0.9;

/// What came of it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Measured {
    /// Round trip in milliseconds.
    pub round_trip_ms: u64,
    /// Whether both sides sent.
    pub two_way: bool,
    /// Seed of the wire.
    pub seed: u64,
    /// What the publisher used before, of what it was told, in kb/s: mean of five seconds.
    pub before_kbps: f64,
    /// The same in the last five seconds of the narrow time.
    pub narrow_kbps: f64,
    /// From the step up until the publisher may send 90 % of that again, in seconds; `None`: not within 20 s.
    pub recover_s: Option<f64>,
    /// Wait in the bottleneck that 95 % of the time stays within, from 5 s before the step down to the end, in milliseconds.
    pub queue_ms_p95: f64,
    /// The same while it was narrow.
    pub queue_narrow_ms_p95: f64,
    /// The longest wait.
    pub queue_ms_max: f64,
    /// Frames and sound, from the step down to the end.
    pub outcome: Outcome,
    /// Percent of sound concealed.
    pub concealed_percent: f64,
    /// Concealed in milliseconds: 20 for each packet.
    pub concealed_ms: usize,
    /// Each half second from 5 s before the step down: seconds from the step, kb/s told, milliseconds of queue.
    pub series: Vec<(f64, u32, f64)>,
    /// The machine.
    pub machine: Machine,
}

/// The picture at its most and sound: more is not used, whatever is told.
fn used(told_kbps: u32) -> f64 {
    f64::from(told_kbps.min(PICTURE_MOST_KBPS + 60))
}

/// Mean of what was told over a time, weighted by how long it held. `rates`: when, and what from then on.
fn mean(rates: &[(u64, u32)], from_us: u64, to_us: u64) -> f64 {
    let ends = rates.iter().skip(1).map(|(at, _)| *at).chain([u64::MAX]);
    let held = rates.iter().zip(ends).map(|((at, kbps), end)| {
        let time = end.min(to_us).saturating_sub((*at).max(from_us));
        time as f64 * used(*kbps)
    });
    held.sum::<f64>() / to_us.saturating_sub(from_us).max(1) as f64
}

/// When what was told is at least `kbps` again, at or after `from_us`.
fn back_us(rates: &[(u64, u32)], from_us: u64, kbps: f64) -> Option<u64> {
    let at_start = rates.iter().rev().find(|(at, _)| *at <= from_us);
    if at_start.is_some_and(|(_, told)| used(*told) >= kbps) {
        return Some(from_us);
    }
    let after = rates.iter().find(|(at, told)| *at > from_us && used(*told) >= kbps);
    after.map(|(at, _)| *at)
}

fn quantile_ms(mut waits: Vec<Duration>, share: f64) -> f64 {
    waits.sort_unstable();
    let at = (waits.len().saturating_sub(1) as f64 * share).round() as usize;
    waits.get(at).map_or(0.0, |wait| wait.as_secs_f64() * 1_000.0)
}

fn series(call: &Call, from: Instant, zero: Instant, to: Instant) -> anyhow::Result<Vec<(f64, u32, f64)>> {
    let waits = call.wire()?.queue(from, to, SERIES);
    let mut points = Vec::new();
    for (step, wait) in (0u32..).zip(waits) {
        let at = from + SERIES * step;
        let told = call.rates.iter().rev().find(|(since, _)| *since <= call.us(at));
        let seconds = (at - from).as_secs_f64() - (zero - from).as_secs_f64();
        points.push((seconds, told.map_or(0, |(_, kbps)| *kbps), wait.as_secs_f64() * 1_000.0));
    }
    Ok(points)
}

/// Runs it, with one side sending or both. The link steps in both directions.
///
/// # Errors
/// When the call does not stand.
pub fn run(two_way: bool, seed: u64) -> anyhow::Result<Measured> {
    let at = |kbps: u64| Settings {
        rate_bps: Some(kbps * 1_000),
        queue: QUEUE,
        ..delayed(ONE_WAY)
    };
    let setup = Setup {
        one_way: ONE_WAY,
        speech: SPEECH,
        most_kbps: PICTURE_MOST_KBPS,
        two_way,
        seed,
        wire: Some(at(WIDE_KBPS)),
    };
    let mut call = Call::begin(setup)?;
    call.join()?;
    call.run(WARM_UP)?;
    call.wire()?.measure_afresh();
    let (idle, start) = (Idle::begin(), Instant::now());
    call.run(BEFORE)?;
    let down = Instant::now();
    call.wire()?.set(at(NARROW_KBPS));
    call.run(NARROW)?;
    let up = Instant::now();
    call.wire()?.set(at(WIDE_KBPS));
    call.run(AFTER)?;
    let (end, machine) = (Instant::now(), Machine::of(idle, &mut call));
    call.run(Duration::from_millis(700))?;
    let (start_us, down_us, up_us) = (call.us(start), call.us(down), call.us(up));
    let before_kbps = mean(&call.rates, start_us, down_us);
    let back = back_us(&call.rates, up_us, before_kbps * BACK);
    let outcome = call.tally.outcome(down_us, call.us(end));
    let queue =
        |from, to, share| -> anyhow::Result<f64> { Ok(quantile_ms(call.wire()?.queue(from, to, SAMPLE), share)) };
    Ok(Measured {
        round_trip_ms: ONE_WAY.as_millis() as u64 * 2,
        two_way,
        seed,
        before_kbps,
        narrow_kbps: mean(&call.rates, up_us.saturating_sub(5_000_000), up_us),
        recover_s: back.map(|at| (at - up_us) as f64 / 1e6),
        queue_ms_p95: queue(start, end, 0.95)?,
        queue_narrow_ms_p95: queue(down, up, 0.95)?,
        queue_ms_max: queue(start, end, 1.0)?,
        outcome,
        concealed_percent: outcome.concealed_percent(),
        concealed_ms: outcome.concealed * 20,
        series: series(&call, start, down, end)?,
        machine,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: [(u64, u32); 4] = [(0, 1_000), (10, 2_000), (20, 300), (40, 1_900)];

    #[test]
    fn means_are_weighted_by_time() {
        assert!((mean(&RATES, 5, 20) - (5.0 * 1_000.0 + 10.0 * 2_000.0) / 15.0).abs() < 1e-9);
        assert!((mean(&RATES, 50, 60) - 1_900.0).abs() < 1e-9);
        assert!((mean(&[(0, 9_000)], 0, 10) - 2_560.0).abs() < 1e-9, "more is not used");
    }

    #[test]
    fn back_is_when_the_rate_is_told_again() {
        assert_eq!(back_us(&RATES, 30, 1_800.0), Some(40));
        assert_eq!(back_us(&RATES, 30, 1_950.0), None);
        assert_eq!(back_us(&RATES, 15, 1_800.0), Some(15), "it never left");
    }

    #[test]
    fn quantiles_of_waits() {
        let waits: Vec<_> = (0..=100).map(Duration::from_millis).collect();
        assert!((quantile_ms(waits, 0.95) - 95.0).abs() < 1e-9);
        assert!(quantile_ms(Vec::new(), 0.95).abs() < 1e-9);
    }
}
