//! The publisher: a connection that sends the picture at the plan's pace.

use std::time::Instant;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use str0m::media::Mid;

use super::client::Client;
use super::{FRAME, FRAMES_MAX, Plan, Stamps};

/// The publisher of the load.
pub struct Source {
    /// Its connection.
    pub client: Client,
    /// When its packets were sent.
    pub stamps: Stamps,
    plan: Plan,
    mid: Mid,
    payload: Vec<u8>,
    number: u64,
    next: Instant,
}

impl Source {
    /// A publisher of the picture in section `mid` of its connection; its pace begins with its first turn.
    #[must_use]
    pub fn new(plan: Plan, client: Client, mid: Mid) -> Self {
        let mut payload = vec![0; plan.payload];
        StdRng::seed_from_u64(plan.seed).fill(&mut payload[..]);
        let stamps = Stamps::new();
        Self {
            client,
            stamps,
            plan,
            mid,
            payload,
            number: 0,
            next: Instant::now(),
        }
    }

    /// Sends what is due, once connected, and takes what has arrived.
    ///
    /// # Errors
    /// As str0m says.
    pub fn turn(&mut self, now: Instant) -> anyhow::Result<()> {
        for _ in 0..FRAMES_MAX {
            if self.next > now || !self.client.connected() {
                break;
            }
            self.next = self.plan.following(self.next, now);
            for _ in 0..FRAME {
                self.client
                    .publish(self.mid, self.number, &mut self.payload, self.stamps)?;
                self.number += 1;
            }
        }
        self.client.turn(|_| {})
    }
}
