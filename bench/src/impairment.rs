//! What a bad network does to one direction, decided from a seed and the instants that it is given. No clock, no sockets.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Bytes of IPv4 and UDP headers, which a link carries too.
const HEADERS: u64 = 28;
/// Longest delay, jitter and queue that may be set.
const DELAY_MAX: Duration = Duration::from_secs(10);

/// How one direction is impaired. Text form: `delay=65 jitter=5 loss=0.2 burst=4 reorder=0.01 rate=2500 queue=200 cut=0`,
/// any of them, in any order (times in milliseconds, rate in kb/s, shares 0..=1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// One-way delay.
    pub delay: Duration,
    /// Added to the delay, evenly between nothing and this. Order is kept.
    pub jitter: Duration,
    /// Share of datagrams lost.
    pub loss: f64,
    /// Mean length of a burst of losses (Gilbert-Elliott with a bad state that loses all); 1: losses are independent.
    pub burst: f64,
    /// Share of datagrams held back behind later ones.
    pub reorder: f64,
    /// Rate of the bottleneck in bits per second; `None`: no bottleneck.
    pub rate_bps: Option<u64>,
    /// Longest time in the bottleneck's queue; what would wait longer is dropped.
    pub queue: Duration,
    /// Nothing passes.
    pub cut: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            loss: 0.0,
            burst: 1.0,
            reorder: 0.0,
            rate_bps: None,
            queue: Duration::from_millis(200),
            cut: false,
        }
    }
}

/// A setting that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSetting(String);

impl fmt::Display for BadSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a setting: {}", self.0)
    }
}

impl std::error::Error for BadSetting {}

impl Settings {
    /// Takes over the settings named in `text` and leaves the others.
    ///
    /// # Errors
    /// [`BadSetting`] names the first word that is not one; nothing is changed then.
    pub fn change(&mut self, text: &str) -> Result<(), BadSetting> {
        let mut changed = *self;
        for word in text.split_whitespace() {
            let bad = || BadSetting(word.to_owned());
            let (name, value) = word.split_once('=').ok_or_else(bad)?;
            let number: f64 = value
                .parse()
                .ok()
                .filter(|n: &f64| n.is_finite() && *n >= 0.0)
                .ok_or_else(bad)?;
            let time = || {
                Some(Duration::from_secs_f64(number / 1000.0))
                    .filter(|t| *t <= DELAY_MAX)
                    .ok_or_else(bad)
            };
            let share = || Some(number).filter(|n| *n <= 1.0).ok_or_else(bad);
            match name {
                "delay" => changed.delay = time()?,
                "jitter" => changed.jitter = time()?,
                "queue" => changed.queue = time()?,
                "loss" => changed.loss = share()?,
                "reorder" => changed.reorder = share()?,
                "burst" => changed.burst = Some(number).filter(|n| (1.0..=10_000.0).contains(n)).ok_or_else(bad)?,
                "rate" => changed.rate_bps = (number > 0.0).then_some((number * 1000.0) as u64),
                "cut" => changed.cut = number != 0.0,
                _ => return Err(bad()),
            }
        }
        *self = changed;
        Ok(())
    }
}

impl FromStr for Settings {
    type Err = BadSetting;

    fn from_str(text: &str) -> Result<Self, BadSetting> {
        let mut settings = Self::default();
        settings.change(text)?;
        Ok(settings)
    }
}

/// What happened to the datagrams of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Passed on.
    pub passed: u64,
    /// Lost by chance.
    pub lost: u64,
    /// Dropped because the queue was full.
    pub overflowed: u64,
    /// Dropped while cut.
    pub cut: u64,
    /// Held back behind later ones.
    pub reordered: u64,
}

/// One direction of an impaired network.
#[derive(Debug)]
pub struct Path {
    settings: Settings,
    rng: StdRng,
    /// In the bad state of the loss model.
    bad: bool,
    /// When the bottleneck has sent what it holds.
    free: Option<Instant>,
    /// When the newest datagram that keeps the order leaves.
    last: Option<Instant>,
    counts: Counts,
}

impl Path {
    /// A path whose chances come from `seed` alone.
    #[must_use]
    pub fn new(settings: Settings, seed: u64) -> Self {
        Self {
            settings,
            rng: StdRng::seed_from_u64(seed),
            bad: false,
            free: None,
            last: None,
            counts: Counts::default(),
        }
    }

    /// The settings in force.
    pub fn settings(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// What has happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How long a datagram that enters at `now` would wait in the bottleneck.
    #[must_use]
    pub fn wait(&self, now: Instant) -> Duration {
        self.free
            .map_or(Duration::ZERO, |free| free.saturating_duration_since(now))
    }

    /// A datagram of `bytes` payload enters at `now`: when it leaves, or `None` when it is lost.
    pub fn pass(&mut self, bytes: usize, now: Instant) -> Option<Instant> {
        if self.settings.cut {
            self.counts.cut += 1;
            return None;
        }
        let lost = self.is_lost();
        let Some(sent) = self.through_bottleneck(bytes, now) else {
            self.counts.overflowed += 1;
            return None;
        };
        if lost {
            self.counts.lost += 1;
            return None;
        }
        self.counts.passed += 1;
        let jitter = self.settings.jitter.mul_f64(self.rng.random::<f64>());
        let leaves = sent + self.settings.delay + jitter;
        if self.settings.reorder > 0.0 && self.rng.random_bool(self.settings.reorder) {
            self.counts.reordered += 1;
            // Long enough for several later ones of a picture to overtake.
            return Some(leaves + Duration::from_micros(self.rng.random_range(2_000..12_000)));
        }
        let leaves = self.last.map_or(leaves, |last| last.max(leaves));
        self.last = Some(leaves);
        Some(leaves)
    }

    fn is_lost(&mut self) -> bool {
        let Settings { loss, burst, .. } = self.settings;
        if burst <= 1.0 || loss <= 0.0 || loss >= 1.0 {
            self.bad = false;
            return loss > 0.0 && self.rng.random_bool(loss);
        }
        // Mean stay in the bad state is `burst` datagrams, and its share of all is `loss`.
        let leave = 1.0 / burst;
        let enter = (loss * leave / (1.0 - loss)).min(1.0);
        self.bad = if self.bad {
            !self.rng.random_bool(leave)
        } else {
            self.rng.random_bool(enter)
        };
        self.bad
    }

    fn through_bottleneck(&mut self, bytes: usize, now: Instant) -> Option<Instant> {
        let Some(rate) = self.settings.rate_bps else {
            self.free = None;
            return Some(now);
        };
        let start = self.free.map_or(now, |free| free.max(now));
        if start - now > self.settings.queue {
            return None;
        }
        let free = start + Duration::from_nanos((bytes as u64 + HEADERS).saturating_mul(8_000_000_000) / rate.max(1));
        self.free = Some(free);
        Some(free)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn path(text: &str, seed: u64) -> Path {
        Path::new(text.parse().unwrap(), seed)
    }

    #[test]
    fn settings_are_read_changed_and_refused() {
        let mut settings: Settings = "delay=65 loss=0.2 rate=2500".parse().unwrap();
        assert_eq!(settings.delay, Duration::from_millis(65));
        assert_eq!(settings.rate_bps, Some(2_500_000));
        settings.change("rate=0 cut=1").unwrap();
        assert_eq!((settings.rate_bps, settings.cut, settings.loss), (None, true, 0.2));
        let before = settings;
        for bad in [
            "loss=1.5",
            "delay=-1",
            "delay=99999",
            "burst=0.5",
            "speed=3",
            "loss",
            "delay=NaN",
            "cut=0 x=1",
        ] {
            assert!(settings.change(bad).is_err(), "{bad}");
        }
        assert_eq!(settings, before);
    }

    #[test]
    fn the_same_seed_does_the_same() {
        let now = Instant::now();
        let run = |seed| -> Vec<_> {
            let mut path = path("loss=0.3 burst=3 jitter=20 reorder=0.1", seed);
            (0..500u64)
                .map(|n| path.pass(1000, now + Duration::from_millis(n)).map(|at| at - now))
                .collect()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn losses_have_the_share_and_the_bursts_asked_for() {
        let now = Instant::now();
        for (burst, seed) in [(1.0, 1), (5.0, 2)] {
            let mut path = path(&format!("loss=0.2 burst={burst}"), seed);
            let fates: Vec<bool> = (0..200_000).map(|_| path.pass(100, now).is_none()).collect();
            let lost = fates.iter().filter(|l| **l).count();
            assert!((38_000..42_000).contains(&lost), "{lost}");
            let runs = fates.windows(2).filter(|w| w[1] && !w[0]).count();
            let mean = lost as f64 / runs as f64;
            let expected = if burst == 1.0 { 1.25 } else { burst };
            assert!((mean - expected).abs() < expected * 0.1, "burst {burst}: {mean}");
        }
    }

    #[test]
    fn the_bottleneck_sends_at_its_rate_and_drops_beyond_its_queue() {
        let now = Instant::now();
        let mut path = path("rate=1000 queue=100 delay=10", 3);
        // 1,222 bytes and headers are 10 ms at 1 Mb/s.
        let leaves: Vec<_> = (0..30).map(|_| path.pass(1222, now)).collect();
        let passed: Vec<_> = leaves.iter().flatten().map(|at| *at - now).collect();
        assert_eq!(passed.len(), 11, "100 ms of queue and the one being sent");
        assert_eq!(passed[0], Duration::from_millis(20));
        assert_eq!(passed[10], Duration::from_millis(120));
        assert_eq!(path.counts().overflowed, 19);
        assert!(
            path.pass(1222, now + Duration::from_millis(50)).is_some(),
            "it drains with time"
        );
    }

    #[test]
    fn nothing_passes_a_cut() {
        let now = Instant::now();
        let mut path = path("cut=1", 4);
        assert_eq!(path.pass(1, now), None);
        path.settings().change("cut=0").unwrap();
        assert_eq!(path.pass(1, now), Some(now));
    }

    proptest! {
        #[test]
        fn order_is_kept_unless_reordering_is_asked_for(seed: u64, jitter in 0u64..50, gaps in prop::collection::vec(0u64..5, 2..200)) {
            let mut now = Instant::now();
            let mut path = path(&format!("delay=20 jitter={jitter} loss=0.1"), seed);
            let mut last = now;
            for gap in gaps {
                now += Duration::from_millis(gap);
                if let Some(at) = path.pass(100, now) {
                    prop_assert!(at >= last && at >= now + Duration::from_millis(20));
                    last = at;
                }
            }
        }
    }
}
