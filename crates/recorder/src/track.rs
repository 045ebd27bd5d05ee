//! One track of a take: its clock, what waits of it, and what of it can be decoded.

use crate::clock::Clock;
use crate::picture::{Assembly, Frame};
use crate::plan::Kind;
use crate::sound::Queue;
use crate::vp9::Chain;

pub(crate) struct Track {
    /// Later tracks have higher ones.
    pub serial: u64,
    /// When its last packet came.
    pub heard: i64,
    pub assembly: Assembly,
    pub queue: Queue,
    /// A frame whose root may still come.
    pub stuck: Option<Frame>,
    /// Nothing can be made of it without a key frame, and frames open.
    pub wants_key: bool,
    pub asked: Option<i64>,
    clock: Clock,
    chain: Chain,
}

impl Track {
    pub(crate) fn new(kind: Kind, serial: u64) -> Self {
        Self {
            serial,
            heard: 0,
            assembly: Assembly::default(),
            queue: Queue::default(),
            stuck: None,
            wants_key: false,
            asked: None,
            clock: Clock::new(match kind {
                Kind::Sound => 48_000,
                Kind::Picture => 90_000,
            }),
            chain: Chain::new(),
        }
    }

    /// Takes the arrival of a packet, and gives its time in ticks.
    pub(crate) fn observe(&mut self, at: i64, timestamp: u32) -> i64 {
        self.heard = at;
        let (ticks, anew) = self.clock.observe(at, timestamp);
        if anew {
            // What waits was counted from elsewhere: its capture time can no longer be told.
            self.queue = Queue::default();
            self.assembly.restart();
            self.stuck = None;
        }
        ticks
    }

    /// By when what stands at `ticks` and came at `at` had been captured.
    pub(crate) fn captured(&self, ticks: i64, at: i64) -> i64 {
        self.clock.captured(ticks, at)
    }

    /// A frame that did not open, or that nothing can be made of.
    pub(crate) fn missed(&mut self, frame: &Frame) {
        if frame.gap {
            self.chain.gap(&frame.descriptor);
        }
        self.chain.missed(&frame.descriptor);
    }

    /// Whether a frame that opened can be decoded.
    pub(crate) fn takes(&mut self, frame: &Frame, key: bool) -> bool {
        if frame.gap {
            self.chain.gap(&frame.descriptor);
        }
        let taken = self.chain.take(&frame.descriptor, key);
        if key {
            self.wants_key = false;
            self.asked = None;
        }
        self.wants_key |= self.chain.needs_key();
        taken
    }
}
