//! Rates of a track, per temporal layer, over about a second; and the steady clock of a source.

use std::time::{Duration, Instant};

/// Temporal layers told apart: L1T3.
pub(crate) const LAYERS: usize = 3;
const BUCKETS: usize = 10;
const BUCKET: Duration = Duration::from_millis(100);

/// Bytes per layer over the last [`BUCKETS`] whole tenths of a second.
#[derive(Debug)]
pub(crate) struct Meter {
    began: Option<Instant>,
    bucket: u64,
    bytes: [[u64; LAYERS]; BUCKETS + 1],
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self {
            began: None,
            bucket: 0,
            bytes: [[0; LAYERS]; BUCKETS + 1],
        }
    }

    /// Counts a packet.
    pub(crate) fn add(&mut self, layer: u8, bytes: usize, now: Instant) {
        self.advance(now);
        let slot = self.bucket as usize % (BUCKETS + 1);
        self.bytes[slot][usize::from(layer).min(LAYERS - 1)] += bytes as u64;
    }

    /// Whether it has measured for long enough to judge by: a key frame at the start weighs too much before.
    pub(crate) fn is_settled(&self) -> bool {
        self.bucket >= BUCKETS as u64
    }

    /// Rate in bits per second of all layers up to `layer`.
    pub(crate) fn bps(&mut self, layer: u8, now: Instant) -> u64 {
        self.advance(now);
        let whole = (self.bucket as usize).clamp(1, BUCKETS);
        let present = self.bucket as usize % (BUCKETS + 1);
        let bytes: u64 = self
            .bytes
            .iter()
            .enumerate()
            .filter(|(slot, _)| *slot != present || self.bucket == 0)
            .map(|(_, layers)| layers[..=usize::from(layer).min(LAYERS - 1)].iter().sum::<u64>())
            .sum();
        bytes * 8 * 1000 / (whole as u64 * BUCKET.as_millis() as u64)
    }

    fn advance(&mut self, now: Instant) {
        let began = *self.began.get_or_insert(now);
        let bucket = (now.saturating_duration_since(began).as_millis() / BUCKET.as_millis()) as u64;
        for fresh in (self.bucket + 1..=bucket).take(BUCKETS + 1) {
            self.bytes[fresh as usize % (BUCKETS + 1)] = [0; LAYERS];
        }
        if bucket > self.bucket + BUCKETS as u64 {
            self.bytes = [[0; LAYERS]; BUCKETS + 1];
        }
        self.bucket = self.bucket.max(bucket);
    }
}

/// Maps a source's RTP time to the caller's clock through its least delayed packets, so that sender reports keep sound and
/// picture together and do not carry the network's jitter.
#[derive(Debug)]
pub(crate) struct SourceClock {
    clock_hz: u32,
    anchor: Option<(Instant, u32)>,
}

/// A difference from the expected time that means another clock, not delay.
const STEP: Duration = Duration::from_millis(700);

impl SourceClock {
    pub(crate) fn new(clock_hz: u32) -> Self {
        Self { clock_hz, anchor: None }
    }

    /// When the packet's content would have arrived on an idle network.
    pub(crate) fn wallclock(&mut self, timestamp: u32, arrived: Instant) -> Instant {
        let Some((at, from)) = self.anchor else {
            self.anchor = Some((arrived, timestamp));
            return arrived;
        };
        let ticks = timestamp.wrapping_sub(from) as i32;
        let span = Duration::from_micros(u64::from(ticks.unsigned_abs()) * 1_000_000 / u64::from(self.clock_hz));
        let expected = if ticks >= 0 {
            Some(at + span)
        } else {
            at.checked_sub(span)
        };
        let Some(expected) = expected.filter(|e| arrived.max(*e) - arrived.min(*e) < STEP) else {
            self.anchor = Some((arrived, timestamp));
            return arrived;
        };
        if ticks <= 0 {
            return expected.min(arrived);
        }
        // A source clock may run slow by far less than one part in a thousand: follow it at that pace.
        let moment = arrived.min(expected + span / 1000);
        self.anchor = Some((moment, timestamp));
        moment
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods)]
    use super::*;

    #[test]
    fn meters_layers_over_a_second() {
        let start = Instant::now();
        let mut meter = Meter::new();
        for ms in 0..3000 {
            meter.add((ms % 3) as u8, 100, start + Duration::from_millis(ms));
        }
        let end = start + Duration::from_millis(2999);
        assert!(
            (meter.bps(2, end) as i64 - 800_000).abs() < 20_000,
            "{}",
            meter.bps(2, end)
        );
        assert!((meter.bps(0, end) as i64 - 267_000).abs() < 20_000);
        assert_eq!(meter.bps(2, end + Duration::from_secs(60)), 0);
    }

    #[test]
    fn jitter_does_not_reach_the_clock() {
        let start = Instant::now();
        let mut clock = SourceClock::new(90_000);
        for frame in 0..300u32 {
            let sent = start + Duration::from_micros(u64::from(frame) * 33_333);
            let jitter = Duration::from_millis(u64::from(frame * 7 % 20));
            let seen = clock.wallclock(frame * 3000, sent + jitter);
            assert!(seen <= sent + jitter);
            assert!(seen - sent.min(seen) < Duration::from_millis(10), "frame {frame}");
        }
    }
}
