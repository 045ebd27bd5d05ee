//! How fast one seat, or one line, may send what others have to take. Pure: time is an argument.

use crate::http::Pace;

/// What is left of an allowance, in thousandths, and when that was true.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket {
    state: Option<(u64, u64)>,
}

impl Bucket {
    /// Takes `amount`, if so much is left at `now_ms`. The pace may differ from one time to the next.
    pub(super) fn take(&mut self, pace: Pace, amount: u32, now_ms: u64) -> bool {
        let full_milli = u64::from(pace.burst) * 1_000;
        let (left, at_ms) = self.state.unwrap_or((full_milli, now_ms));
        let gained = now_ms.saturating_sub(at_ms).saturating_mul(pace.per_second.into());
        let left = left.saturating_add(gained).min(full_milli);
        let rest = left.checked_sub(u64::from(amount) * 1_000);
        self.state = Some((rest.unwrap_or(left), now_ms));
        rest.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_pace() {
        let pace = Pace {
            burst: 3,
            per_second: 2,
        };
        let mut bucket = Bucket::default();
        assert_eq!((0..9).filter(|_| bucket.take(pace, 1, 0)).count(), 3);
        assert!(!bucket.take(pace, 1, 499));
        assert!(bucket.take(pace, 1, 500));
        assert!(!bucket.take(pace, 4, 1_000_000), "more than the burst never fits");
        assert_eq!((0..9).filter(|_| bucket.take(pace, 1, 1_000_000)).count(), 3);
    }
}
