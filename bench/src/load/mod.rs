//! The load: one publisher and N receivers, each a WebRTC connection of its own, sealing and opening, without codecs.
//!
//! Driven by whatever sets up a program under test ([`crate::ours`]); a [`Client`] is joined to it by its own
//! signalling, then [`pump`] runs the plan. Never: knows which program that is.

mod client;
pub mod profile;
mod pump;
mod source;

use std::time::{Duration, Instant};

pub use client::{Client, Feedback, Offered};
pub use pump::{Subject, connect, pump};
pub use source::Source;

use crate::measure::{Latencies, Spent};

/// Packets of a frame, which leave the publisher one after the other, as a browser's do.
pub const FRAME: u32 = 8;
/// Most frames sent before receivers get their turn.
pub const FRAMES_MAX: usize = 2;
/// A load that is further behind than this has lost the race: it goes on from the present.
const BEHIND_MAX: Duration = Duration::from_millis(20);

/// What is run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Receivers of the one publisher.
    pub receivers: usize,
    /// Packets a second from the publisher.
    pub packets_per_second: u32,
    /// Payload bytes of a packet.
    pub payload: usize,
    /// Before anything counts.
    pub warm_up: Duration,
    /// What counts.
    pub time: Duration,
    /// Core of the program under test; the load takes the next.
    pub core: usize,
    /// Seed of the payloads.
    pub seed: u64,
}

impl Plan {
    /// Time between two frames.
    #[must_use]
    pub fn gap(&self) -> Duration {
        Duration::from_secs(1) * FRAME / self.packets_per_second
    }

    /// When the frame after the one due at `due` is due.
    #[must_use]
    pub fn following(&self, due: Instant, now: Instant) -> Instant {
        if now > due + BEHIND_MAX { now } else { due + self.gap() }
    }

    /// Packets a second that all receivers together should get.
    #[must_use]
    pub fn asked(&self) -> f64 {
        f64::from(self.packets_per_second) * self.receivers as f64
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// CPU time of the program under test.
    pub spent: Spent,
    /// Packets that it sent on.
    pub forwarded: u64,
    /// Packets that arrived.
    pub received: u64,
    /// Length of the window.
    pub time: Duration,
    /// One-way times through it.
    pub latencies: Latencies,
}

impl Sample {
    /// CPU microseconds per forwarded packet: the thread's, and the kernel's softirq on its core where it can be read.
    #[must_use]
    pub fn cpu_us(&self) -> f64 {
        let spent = self.spent.thread + self.spent.softirq.unwrap_or_default();
        spent.as_secs_f64() * 1e6 / self.forwarded.max(1) as f64
    }

    /// Packets forwarded a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.forwarded as f64 / self.time.as_secs_f64()
    }

    /// Share of the forwarded packets that arrived.
    #[must_use]
    pub fn arrived(&self) -> f64 {
        self.received as f64 / self.forwarded.max(1) as f64
    }
}

/// Times carried in payloads.
#[derive(Clone, Copy, Debug)]
pub struct Stamps(Instant);

impl Default for Stamps {
    fn default() -> Self {
        Self::new()
    }
}

impl Stamps {
    /// Counts from here.
    #[must_use]
    pub fn new() -> Self {
        Self(Instant::now())
    }

    /// A moment as bytes.
    #[must_use]
    pub fn stamp(self, at: Instant) -> [u8; 8] {
        (at.saturating_duration_since(self.0).as_nanos() as u64).to_be_bytes()
    }

    /// Nanoseconds since a stamp; 0 when it is none.
    #[must_use]
    pub fn age(self, stamp: &[u8]) -> u64 {
        let then = stamp.try_into().map_or(0, u64::from_be_bytes);
        (self.0.elapsed().as_nanos() as u64).saturating_sub(then)
    }
}
