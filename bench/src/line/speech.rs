//! The narrowest link on which speech stays whole: both sides speak, the picture pauses as the terminals let it.

use std::time::{Duration, Instant};

use super::call::{Call, Setup, delayed};
use super::machine::{Idle, Machine};
use super::publisher::{PICTURE_MOST_KBPS, SEAL, SPEECH, Speech};
use crate::impairment::Settings;

/// One way over the link.
const ONE_WAY: Duration = Duration::from_millis(30);
/// The bottleneck's queue.
const QUEUE: Duration = Duration::from_millis(500);
/// Until the rate has fallen to what the link carries.
const WARM_UP: Duration = Duration::from_secs(12);
const TIME: Duration = Duration::from_secs(20);
/// Speech is whole with at most this percent concealed.
pub const WHOLE_PERCENT: f64 = 1.0;
/// What the links carry, in kb/s, IP headers counted.
pub const WIDTHS_KBPS: [u64; 12] = [128, 96, 80, 72, 64, 56, 48, 40, 36, 32, 28, 24];
/// The same for speech in long packets.
pub const WIDTHS_LONG_KBPS: [u64; 7] = [64, 48, 40, 36, 32, 28, 24];
/// Opus at 20 kb/s in packets of 60 ms, sealed: what no terminal sends yet.
pub const LONG: Speech = Speech {
    bytes: 150 + SEAL,
    every_us: 60_000,
};

/// What came of one width.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Measured {
    /// What the link carries.
    pub kbps: u64,
    /// How sound was cut.
    pub speech: Speech,
    /// Percent of sound concealed.
    pub concealed_percent: f64,
    /// What the publisher was told at the end, in kb/s.
    pub rate_kbps: u32,
    /// Frames sent in the window: 0 when the picture paused.
    pub frames: usize,
    /// Wait in the bottleneck that 95 % of the time stays within, in milliseconds.
    pub queue_ms_p95: f64,
    /// The machine.
    pub machine: Machine,
}

/// Runs one width.
///
/// # Errors
/// When the call does not stand.
pub fn run(kbps: u64, speech: Speech, seed: u64) -> anyhow::Result<Measured> {
    let setup = Setup {
        one_way: ONE_WAY,
        speech,
        most_kbps: PICTURE_MOST_KBPS,
        two_way: true,
        seed,
        wire: Some(Settings {
            rate_bps: Some(kbps * 1_000),
            queue: QUEUE,
            ..delayed(ONE_WAY)
        }),
    };
    let mut call = Call::begin(setup)?;
    call.join()?;
    call.run(WARM_UP)?;
    call.wire()?.measure_afresh();
    let (idle, start) = (Idle::begin(), Instant::now());
    call.run(TIME)?;
    let (end, machine) = (Instant::now(), Machine::of(idle, &mut call));
    call.run(Duration::from_millis(700))?;
    let outcome = call.tally.outcome(call.us(start), call.us(end));
    let mut waits = call.wire()?.queue(start, end, Duration::from_millis(10));
    waits.sort_unstable();
    let p95 = waits.get(waits.len() * 95 / 100).copied().unwrap_or_default();
    Ok(Measured {
        kbps,
        speech,
        concealed_percent: outcome.concealed_percent(),
        rate_kbps: call.near.rate_kbps(),
        frames: outcome.frames,
        queue_ms_p95: p95.as_secs_f64() * 1_000.0,
        machine,
    })
}

/// All widths of the terminals' speech, or of speech in long packets.
#[must_use]
pub fn widths(long: bool) -> Vec<(u64, Speech)> {
    let (widths, speech) = if long {
        (&WIDTHS_LONG_KBPS[..], LONG)
    } else {
        (&WIDTHS_KBPS[..], SPEECH)
    };
    widths.iter().map(|kbps| (*kbps, speech)).collect()
}

/// The narrowest width on which speech stayed whole, and on all wider ones too. `percents`: width and percent concealed.
#[must_use]
pub fn narrowest(mut percents: Vec<(u64, f64)>) -> Option<u64> {
    percents.sort_by_key(|(kbps, _)| std::cmp::Reverse(*kbps));
    let whole = percents.iter().take_while(|(_, percent)| *percent <= WHOLE_PERCENT);
    whole.last().map(|(kbps, _)| *kbps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_has_only_whole_ones_above_it() {
        assert_eq!(
            narrowest(vec![(32, 0.5), (64, 0.0), (48, 1.0), (40, 1.1)]),
            Some(48),
            "32 does not count"
        );
        assert_eq!(narrowest(vec![(64, 2.0), (48, 0.0)]), None);
        assert_eq!(narrowest(Vec::new()), None);
    }
}
