//! Puts a sound track's packets in order, and takes from redundancy what was lost.

use std::collections::BTreeMap;

use crate::opus;
use crate::picture::WAIT;

/// Packets that may wait in one track: ten seconds.
const BLOCKS_MAX: usize = 512;
/// What comes first may have been overtaken: so long, in microseconds.
const START_WAIT: i64 = 60_000;

/// One packet of Opus.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub ticks: i64,
    /// When it came, in microseconds.
    pub at: i64,
    pub samples: u32,
    pub bytes: Vec<u8>,
}

/// The packets of one track that are not yet passed on, by their time.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: BTreeMap<i64, Packet>,
    next: Option<i64>,
}

impl Queue {
    /// Takes a packet of Opus that came at `at`; says whether it was of use.
    pub(crate) fn push(&mut self, ticks: i64, at: i64, bytes: &[u8]) -> bool {
        let Some(samples) = opus::samples(bytes) else {
            return false;
        };
        if self.next.is_some_and(|next| ticks < next) || self.waiting.contains_key(&ticks) {
            return false;
        }
        let bytes = bytes.to_vec();
        let packet = Packet {
            ticks,
            at,
            samples,
            bytes,
        };
        self.waiting.insert(ticks, packet);
        true
    }

    /// The next packet that is due. `flush`: nothing more will come.
    pub(crate) fn pop(&mut self, now: i64, flush: bool) -> Option<Packet> {
        loop {
            let (ticks, first) = self.waiting.first_key_value()?;
            let due = match self.next {
                None => now - first.at >= START_WAIT,
                Some(next) => *ticks <= next || now - first.at >= WAIT,
            };
            if !(due || flush || self.waiting.len() > BLOCKS_MAX) {
                return None;
            }
            let (ticks, packet) = self.waiting.pop_first()?;
            // What overlaps with what went before cannot stand beside it.
            if self.next.is_some_and(|next| ticks < next) {
                continue;
            }
            self.next = Some(ticks + i64::from(packet.samples));
            return Some(packet);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ONE: [u8; 3] = [0xf8, 0xff, 0xfe];

    #[test]
    fn redundancy_fills_what_was_lost() {
        let mut queue = Queue::default();
        queue.push(0, 0, &ONE);
        assert_eq!(queue.pop(START_WAIT, false).unwrap().ticks, 0);
        queue.push(1_920, 40_000, &ONE);
        assert!(queue.pop(100_000, false).is_none());
        assert!(queue.push(960, 40_000, &ONE));
        assert!(!queue.push(960, 40_000, &ONE));
        assert_eq!(queue.pop(100_000, false).unwrap().ticks, 960);
        assert_eq!(queue.pop(100_000, false).unwrap().ticks, 1_920);
    }

    #[test]
    fn a_gap_is_left_after_a_while() {
        let mut queue = Queue::default();
        queue.push(0, 0, &ONE);
        queue.push(9_600, 0, &ONE);
        assert!(queue.pop(START_WAIT, false).is_some());
        assert!(queue.pop(START_WAIT, false).is_none());
        assert_eq!(queue.pop(WAIT, false).unwrap().ticks, 9_600);
    }
}
