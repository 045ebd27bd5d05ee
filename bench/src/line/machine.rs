//! Whether the machine had room: the share of all cores' time that nobody used.

use std::fs;

use super::call::Call;

/// A run beside which less than this share was idle is marked: what it measured may be the machine.
pub const IDLE_LEAST: f64 = 0.2;

/// A wire whose latest hundredth left later than this, in milliseconds, made a network of its own.
pub const LATE_MS: f64 = 5.0;

/// A moment, from which idle time is counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Idle {
    idle: u64,
    all: u64,
}

impl Idle {
    /// From here.
    #[must_use]
    pub fn begin() -> Self {
        read(&fs::read_to_string("/proc/stat").unwrap_or_default())
    }

    /// The idle share since then, 0..=1; 0 where it cannot be read.
    #[must_use]
    pub fn share(self) -> f64 {
        let now = Self::begin();
        let all = now.all.saturating_sub(self.all);
        now.idle.saturating_sub(self.idle) as f64 / all.max(1) as f64
    }
}

/// How far the machine kept up with a call.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Machine {
    /// Idle share of all cores.
    pub idle: f64,
    /// How late the wire was, 99 % of datagrams, in milliseconds; 0 without a wire.
    pub wire_late_ms_p99: f64,
    /// How late the publisher was, 99 % of frames and sounds, in milliseconds.
    pub publisher_late_ms_p99: f64,
}

impl Machine {
    /// What it did for a call since `idle`.
    #[must_use]
    pub fn of(idle: Idle, call: &mut Call) -> Self {
        Self {
            idle: idle.share(),
            wire_late_ms_p99: call.wire.as_ref().map_or(0.0, |wire| wire.late_us(0.99) / 1_000.0),
            publisher_late_ms_p99: call.behind.quantile_us(0.99) / 1_000.0,
        }
    }

    /// Whether its timers were late: an idle virtual machine wakes late too.
    #[must_use]
    pub fn is_late(self) -> bool {
        self.wire_late_ms_p99 > LATE_MS
    }

    /// Whether it had no room, so that what was measured may be the machine.
    #[must_use]
    pub fn is_starved(self) -> bool {
        self.idle < IDLE_LEAST
    }
}

/// The line of all cores: user, nice, system, idle, iowait, irq, softirq, steal; guests are in user already.
fn read(stat: &str) -> Idle {
    let line = stat.lines().next().unwrap_or_default();
    let ticks: Vec<u64> = line
        .split_whitespace()
        .skip(1)
        .take(8)
        .filter_map(|ticks| ticks.parse().ok())
        .collect();
    Idle {
        idle: ticks.iter().skip(3).take(2).sum(),
        all: ticks.iter().sum(),
    }
}

/// Resident memory of this process in kilobytes, where the system tells.
#[must_use]
pub fn resident_kb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_is_the_fourth_and_fifth() {
        let idle = read("cpu  10 0 5 70 5 0 4 6 99 99\ncpu0 1 1 1 1\n");
        assert_eq!((idle.idle, idle.all), (75, 100));
        assert_eq!(read("").all, 0);
    }
}
