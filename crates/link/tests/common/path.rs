//! A path in virtual time: delay, loss, bursts of loss, a bottleneck with a bounded queue. Seeded, never random.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::BTreeMap;

use link::Micros;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// UDP, IP and QUIC around each datagram.
pub const OVERHEAD: usize = 60;

#[derive(Debug, Clone, Copy)]
pub struct PathConfig {
    pub delay_us: Micros,
    /// Up to this much more delay, evenly spread; it reorders.
    pub jitter_us: Micros,
    /// The share lost.
    pub loss: f64,
    /// The mean length of a burst of loss; 1 is independent loss.
    pub burst: f64,
    /// Bits per second; 0 is without bound.
    pub rate: f64,
    /// The longest time that a packet waits at the bottleneck.
    pub queue_us: Micros,
}

impl PathConfig {
    pub fn new(round_trip_ms: u64, loss: f64) -> Self {
        Self {
            delay_us: round_trip_ms * 500,
            jitter_us: 0,
            loss,
            burst: 1.0,
            rate: 0.0,
            queue_us: 500_000,
        }
    }
}

/// One direction of a path.
pub struct Path<T> {
    pub config: PathConfig,
    random: StdRng,
    bad: bool,
    free_at: f64,
    flying: BTreeMap<(Micros, u64), T>,
    count: u64,
    pub sent: u64,
    pub lost: u64,
    pub bytes: u64,
    /// The longest wait at the bottleneck since it was last set to 0.
    pub queue_most_us: Micros,
}

impl<T> Path<T> {
    pub fn new(config: PathConfig, seed: u64) -> Self {
        Self {
            config,
            random: StdRng::seed_from_u64(seed),
            bad: false,
            free_at: 0.0,
            flying: BTreeMap::new(),
            count: 0,
            sent: 0,
            lost: 0,
            bytes: 0,
            queue_most_us: 0,
        }
    }

    pub fn send(&mut self, now: Micros, bytes: usize, item: T) {
        self.sent += 1;
        self.bytes += bytes as u64;
        let mut leaves = now as f64;
        if self.config.rate > 0.0 {
            let wait = (self.free_at - leaves).max(0.0);
            if wait > self.config.queue_us as f64 {
                self.lost += 1;
                return;
            }
            self.queue_most_us = self.queue_most_us.max(wait as Micros);
            leaves = leaves.max(self.free_at) + bytes as f64 * 8e6 / self.config.rate;
            self.free_at = leaves;
        }
        if self.is_lost() {
            self.lost += 1;
            return;
        }
        let jitter = if self.config.jitter_us > 0 {
            self.random.random_range(0..self.config.jitter_us)
        } else {
            0
        };
        let at = leaves as Micros + self.config.delay_us + jitter;
        self.count += 1;
        self.flying.insert((at, self.count), item);
    }

    /// Gilbert's model: in the bad state everything is lost.
    fn is_lost(&mut self) -> bool {
        let (loss, burst) = (self.config.loss, self.config.burst);
        if burst <= 1.0 {
            return self.random.random_bool(loss);
        }
        let leave = 1.0 / burst;
        let enter = leave * loss / (1.0 - loss);
        let flip = if self.bad { leave } else { enter };
        if self.random.random_bool(flip.min(1.0)) {
            self.bad = !self.bad;
        }
        self.bad
    }

    pub fn next_at(&self) -> Option<Micros> {
        self.flying.keys().next().map(|(at, _)| *at)
    }

    pub fn receive(&mut self, now: Micros) -> Option<T> {
        let key = *self.flying.keys().next()?;
        if key.0 > now {
            return None;
        }
        self.flying.remove(&key)
    }
}
