//! Where the HTTP part gets its time from: a handle, so that a test can move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A source of time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System {
        start: Instant,
    },
    Hand {
        start_utc_ms: i64,
        elapsed_ms: Arc<AtomicI64>,
    },
}

impl Clock {
    /// The machine's clocks.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System { start: Instant::now() })
    }

    /// A clock that stands still until [`Clock::advance`] moves it and all its clones.
    #[must_use]
    pub fn by_hand(start_utc_ms: i64) -> Self {
        Self(Source::Hand {
            start_utc_ms,
            elapsed_ms: Arc::new(AtomicI64::new(0)),
        })
    }

    /// Moves a clock made by [`Clock::by_hand`]; the machine's clocks are left alone.
    pub fn advance(&self, ms: u32) {
        if let Source::Hand { elapsed_ms, .. } = &self.0 {
            elapsed_ms.fetch_add(i64::from(ms), Ordering::SeqCst);
        }
    }

    /// Milliseconds UTC since 1970: for what is shown, stored and compared with other machines.
    #[must_use]
    pub fn utc_ms(&self) -> i64 {
        match &self.0 {
            Source::System { .. } => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
            Source::Hand {
                start_utc_ms,
                elapsed_ms,
            } => start_utc_ms + elapsed_ms.load(Ordering::SeqCst),
        }
    }

    /// Milliseconds since the clock was made; never goes back: for whatever runs out.
    #[must_use]
    pub fn elapsed_ms(&self) -> u64 {
        match &self.0 {
            Source::System { start } => u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
            Source::Hand { elapsed_ms, .. } => elapsed_ms.load(Ordering::SeqCst).unsigned_abs(),
        }
    }
}
