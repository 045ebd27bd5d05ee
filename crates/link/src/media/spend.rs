//! What a rate is spent on: payload on one hand, headers, copies and repair on the other.

use crate::Micros;

/// Smoothed over this time.
const SPEND_US: f64 = 1_000_000.0;
/// The share of payload in pictures before any was sent, and its bounds.
const SHARE: f64 = 0.85;
const SHARE_LEAST: f64 = 0.35;
const SHARE_MOST: f64 = 0.92;

/// Bytes that fade with time: over [`SPEND_US`] they are bytes a second.
#[derive(Debug, Default)]
struct Flow {
    payload: f64,
    all: f64,
}

/// What sound and pictures took lately.
#[derive(Debug, Default)]
pub(super) struct Spend {
    at: Micros,
    sound: Flow,
    pictures: Flow,
}

impl Spend {
    /// A datagram of `all` bytes with its headers went, `payload` of them said for the first time.
    pub(super) fn put(&mut self, now: Micros, picture: bool, payload: usize, all: usize) {
        let fade = (-(now.saturating_sub(self.at) as f64) / SPEND_US).exp();
        self.at = now.max(self.at);
        for flow in [&mut self.sound, &mut self.pictures] {
            flow.payload *= fade;
            flow.all *= fade;
        }
        let flow = if picture { &mut self.pictures } else { &mut self.sound };
        flow.payload += payload as f64;
        flow.all += all as f64;
    }

    /// Bits per second that publishers may use together so that `rate` is kept.
    ///
    /// Sound costs what it costs, whatever the rate; what is left is for pictures and what goes with them.
    pub(super) fn publish(&self, rate: f64) -> f64 {
        let share = if self.pictures.all > 0.0 {
            (self.pictures.payload / self.pictures.all).clamp(SHARE_LEAST, SHARE_MOST)
        } else {
            SHARE
        };
        let bits = |bytes: f64| bytes * 8e6 / SPEND_US;
        let left = rate - bits(self.sound.all);
        (bits(self.sound.payload) + left * share).clamp(rate * SHARE_LEAST, rate * SHARE_MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 50 datagrams of sound a second, 80 bytes of payload in 265, and `kbps` of pictures, 1,000 bytes in 1,100.
    fn after(kbps: u64) -> Spend {
        let mut spend = Spend::default();
        for now in (0..10_000_000).step_by(20_000) {
            spend.put(now, false, 80, 265);
            for _ in 0..kbps * 20 / 8 / 1000 {
                spend.put(now, true, 1000, 1100);
            }
        }
        spend
    }

    #[test]
    fn what_sound_costs_does_not_weigh_on_pictures_not_sent_yet() {
        for kbps in [400, 1200] {
            let publish = after(kbps).publish(500_000.0);
            // 106 kb/s of sound with all that it costs, 32 of it payload.
            let expected = 32_000.0 + (500_000.0 - 106_000.0) / 1.1;
            assert!(
                (publish - expected).abs() < 12_000.0,
                "{kbps}: {publish} for {expected}"
            );
        }
    }

    #[test]
    fn a_narrow_path_keeps_its_least_share() {
        assert!(after(400).publish(64_000.0) >= 64_000.0 * SHARE_LEAST);
        assert!(Spend::default().publish(400_000.0) < 400_000.0);
    }
}
