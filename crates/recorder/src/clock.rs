//! When a packet was captured: an upper bound on the recorder's clock, from the quickest packets of its track.

/// How long the quickest packet counts, in microseconds: long enough that one comes, short enough that two clocks which
/// run apart by 100 millionths part by 2 ms at most.
const WINDOW: i64 = 10_000_000;
/// A packet that is off by more than this beside the quickest, either way, is of another mapping, when as many come in a
/// row as below. No packet is passed on by a link after 1.5 s: whatever time it says, it was captured no longer ago.
const OFF: i64 = 2_000_000;
const OFF_RUN: u32 = 8;

/// The mapping from one track's RTP time to the recorder's clock.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    hz: i64,
    newest: Option<(u32, i64)>,
    /// The window that runs, and the least transit in it and in the one before.
    window: i64,
    least: [Option<i64>; 2],
    off: u32,
}

impl Clock {
    pub(crate) fn new(hz: u32) -> Self {
        Self {
            hz: i64::from(hz),
            newest: None,
            window: 0,
            least: [None, None],
            off: 0,
        }
    }

    /// Takes a packet that arrived at `at` (microseconds). Gives its time in ticks, unwrapped, and whether the mapping
    /// began anew with it.
    pub(crate) fn observe(&mut self, at: i64, rtp: u32) -> (i64, bool) {
        let ticks = match self.newest {
            None => i64::from(rtp),
            // A signed difference: what is older by less than half of the range is older.
            Some((newest, ticks)) => ticks + i64::from(rtp.wrapping_sub(newest) as i32),
        };
        if self.newest.is_none_or(|(_, newest)| ticks > newest) {
            self.newest = Some((rtp, ticks));
        }
        let transit = at - self.micros(ticks);
        let off = self.transit().is_some_and(|least| (transit - least).abs() > OFF);
        self.off = if off { self.off + 1 } else { 0 };
        let anew = self.off >= OFF_RUN;
        if anew {
            self.least = [None, None];
            self.off = 0;
            self.newest = Some((rtp, ticks));
        }
        let window = at.div_euclid(WINDOW);
        if window != self.window {
            let before = if window == self.window + 1 { self.least[0] } else { None };
            // Never without a mapping: after a pause the packet itself gives it.
            self.least = [None, before];
            self.window = window;
        }
        if !off || anew || self.transit().is_none() {
            self.least[0] = Some(self.least[0].map_or(transit, |least| least.min(transit)));
        }
        (ticks, anew)
    }

    /// The moment at which what stands at `ticks` and came at `at` had been captured at the latest, in microseconds.
    pub(crate) fn captured(&self, ticks: i64, at: i64) -> i64 {
        let captured = self.micros(ticks).saturating_add(self.transit().unwrap_or(0));
        captured.clamp(at - OFF, at)
    }

    fn transit(&self) -> Option<i64> {
        self.least.iter().flatten().min().copied()
    }

    fn micros(&self, ticks: i64) -> i64 {
        let micros = i128::from(ticks) * 1_000_000 / i128::from(self.hz);
        // A track would have to jump by half of the range two million times.
        i64::try_from(micros).unwrap_or(i64::MAX / 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quickest_packet_bounds_the_capture() {
        let mut clock = Clock::new(48_000);
        for (n, late) in [30_000, 5_000, 80_000, 12_000].into_iter().enumerate() {
            let captured = n as i64 * 20_000;
            clock.observe(captured + late, n as u32 * 960);
        }
        assert_eq!(clock.captured(960 * 3, 60_000 + 12_000), 60_000 + 5_000);
    }

    #[test]
    fn clocks_that_run_apart_are_followed() {
        let mut clock = Clock::new(90_000);
        for n in 0..20_000_i64 {
            // The sender's clock is slow by 100 millionths.
            let (sent, rtp) = (n * 33_333, (n * 33_333 - n * 33_333 / 10_000) * 9 / 100);
            let (ticks, anew) = clock.observe(sent + 20_000, rtp as u32);
            assert!(!anew);
            let error = clock.captured(ticks, sent + 20_000) - sent;
            assert!((17_900..=20_100).contains(&error), "{error} at {n}");
        }
    }

    #[test]
    fn it_says_neither_later_than_the_arrival_nor_long_before_and_survives_jumps() {
        for jump in [0x4000_0000_u32, 0xc000_0000, 0x7fff_0000, 900_000] {
            let mut clock = Clock::new(90_000);
            let mut rtp = u32::MAX - 10_000;
            let mut at = 0;
            for n in 0..100_i64 {
                if n % 25 == 12 {
                    rtp = rtp.wrapping_add(jump);
                }
                rtp = rtp.wrapping_add(3_000);
                at = n * 33_333;
                let (ticks, _) = clock.observe(at, rtp);
                assert!(
                    (at - OFF..=at).contains(&clock.captured(ticks, at)),
                    "jump {jump} at {n}"
                );
            }
            let (ticks, _) = clock.observe(at + 33_333, rtp.wrapping_add(3_000));
            assert!(clock.captured(ticks, at + 33_333) > at, "jump {jump}");
        }
    }

    #[test]
    fn one_packet_of_another_time_moves_no_other() {
        for absurd in [0x7000_0000_u32, 0x9000_0000] {
            let mut clock = Clock::new(48_000);
            for n in 0..100_i64 {
                let at = n * 20_000 + 5_000;
                if n == 50 {
                    clock.observe(at, absurd);
                }
                let (ticks, anew) = clock.observe(at, n as u32 * 960);
                assert!(!anew);
                assert_eq!(clock.captured(ticks, at), at, "at {n}");
            }
        }
    }
}
