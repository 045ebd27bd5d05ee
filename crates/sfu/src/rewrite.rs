//! Sequence numbers and timestamps as one receiver sees them: contiguous over dropped layers, over changes of source and
//! over reordering; a number once given to a source packet stays its own.

use std::time::{Duration, Instant};

/// How many source packets back a late one is still placed. Two seconds of a heavy picture.
const HISTORY: usize = 2048;
/// A jump ahead by more than this is a new source, not a loss.
const JUMP_MAX: u64 = 1000;
/// A packet further back than this is a new source that counts from lower, not a late one.
const BACK_MAX: u64 = 10_000;
/// Places kept free before the first packet of a source, for those of its first frame that come late.
const HEADROOM: u64 = 32;

/// A source packet's place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Never arrived; the receiver counts with this number.
    Reserved(u64),
    /// Passed on, or dropped on purpose without a number.
    Done,
}

/// Rewrites the numbers of one track for one receiver.
pub(crate) struct Rewriter {
    /// Source sequence number and place, at `sequence % HISTORY`.
    history: Vec<(u64, Place)>,
    /// Highest source sequence number so far; `None` before the first packet of a source.
    highest: Option<u64>,
    /// First source packet of the present source, whose timestamp admits stragglers before it.
    first: (u64, u32),
    /// Highest number given out.
    last_out: u64,
    /// What is added to source timestamps.
    shift: u32,
    /// Newest timestamp given out, and when.
    last_time: Option<(u32, Instant)>,
    clock_hz: u32,
}

/// The numbers of a forwarded packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub sequence: u64,
    pub timestamp: u32,
}

impl Rewriter {
    pub(crate) fn new(clock_hz: u32) -> Self {
        Self {
            history: Vec::new(),
            highest: None,
            first: (0, 0),
            last_out: 0,
            shift: 0,
            last_time: None,
            clock_hz,
        }
    }

    /// Another source follows (or the same after a pause): the next packet continues the numbers.
    pub(crate) fn restart(&mut self) {
        self.highest = None;
        self.history.clear();
    }

    /// Whether `sequence` is older than the newest packet placed.
    pub(crate) fn is_late(&self, sequence: u64) -> bool {
        self.highest.is_some_and(|highest| sequence <= highest)
    }

    /// Gives a packet its numbers; `None` when it is a copy, or too old to have a place.
    ///
    /// `gap_dropped`: the packets missing just before it belong to a frame that is dropped anyway, so no place is kept for them.
    pub(crate) fn admit(&mut self, sequence: u64, timestamp: u32, gap_dropped: bool, now: Instant) -> Option<Numbers> {
        let number = match self.highest {
            None => self.begin(sequence, timestamp, now),
            Some(highest) if is_foreign(sequence, highest) => {
                self.highest = None;
                self.begin(sequence, timestamp, now)
            }
            Some(highest) if sequence > highest => {
                self.reserve(highest, sequence, gap_dropped);
                self.last_out += 1;
                self.place(sequence, Place::Done);
                self.last_out
            }
            Some(_) => self.late(sequence, timestamp)?,
        };
        self.highest = self.highest.max(Some(sequence));
        let out = timestamp.wrapping_add(self.shift);
        if self
            .last_time
            .is_none_or(|(newest, _)| out.wrapping_sub(newest) < 1 << 31)
        {
            self.last_time = Some((out, now));
        }
        Some(Numbers {
            sequence: number,
            timestamp: out,
        })
    }

    /// Drops a packet so that the receiver does not miss it.
    pub(crate) fn skip(&mut self, sequence: u64, gap_dropped: bool) {
        let Some(highest) = self.highest else { return };
        if is_foreign(sequence, highest) {
            self.restart();
            return;
        }
        if sequence <= highest {
            return;
        }
        self.reserve(highest, sequence, gap_dropped);
        self.place(sequence, Place::Done);
        self.highest = Some(sequence);
    }

    fn begin(&mut self, sequence: u64, timestamp: u32, now: Instant) -> u64 {
        self.history.clear();
        self.history.resize(HISTORY, (u64::MAX, Place::Done));
        if let Some((newest, at)) = self.last_time {
            // At least one tick on, so that two frames never share a timestamp.
            let elapsed = now.saturating_duration_since(at).min(Duration::from_secs(3600));
            let ticks = (elapsed.as_micros() as u64 * u64::from(self.clock_hz) / 1_000_000).max(1) as u32;
            self.shift = newest.wrapping_add(ticks).wrapping_sub(timestamp);
        }
        // In mid-stream a receiver would ask again and again for numbers that were never used.
        let headroom = if self.last_out == 0 { HEADROOM.min(sequence) } else { 0 };
        for back in (1..=headroom).rev() {
            self.last_out += 1;
            self.place(sequence - back, Place::Reserved(self.last_out));
        }
        self.last_out += 1;
        self.place(sequence, Place::Done);
        self.first = (sequence, timestamp);
        self.last_out
    }

    fn reserve(&mut self, highest: u64, sequence: u64, gap_dropped: bool) {
        for missing in highest + 1..sequence {
            if gap_dropped {
                self.place(missing, Place::Done);
            } else {
                self.last_out += 1;
                self.place(missing, Place::Reserved(self.last_out));
            }
        }
    }

    fn late(&mut self, sequence: u64, timestamp: u32) -> Option<u64> {
        // Before the first packet only what belongs to the same frame is of use.
        if sequence < self.first.0 && timestamp != self.first.1 {
            return None;
        }
        let slot = self.history.get_mut(sequence as usize % HISTORY)?;
        match *slot {
            (owner, Place::Reserved(number)) if owner == sequence => {
                slot.1 = Place::Done;
                Some(number)
            }
            _ => None,
        }
    }

    fn place(&mut self, sequence: u64, place: Place) {
        if let Some(slot) = self.history.get_mut(sequence as usize % HISTORY) {
            *slot = (sequence, place);
        }
    }
}

fn is_foreign(sequence: u64, highest: u64) -> bool {
    sequence > highest.saturating_add(JUMP_MAX) || sequence.saturating_add(BACK_MAX) < highest
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods)]
    use super::*;
    use proptest::prelude::*;

    fn numbers(rewriter: &mut Rewriter, sequence: u64, now: Instant) -> Option<u64> {
        rewriter
            .admit(sequence, (sequence * 3000) as u32, false, now)
            .map(|n| n.sequence)
    }

    #[test]
    fn dropped_layers_leave_no_gap() {
        let now = Instant::now();
        let mut rewriter = Rewriter::new(90_000);
        let first = numbers(&mut rewriter, 1000, now).unwrap();
        rewriter.skip(1001, false);
        rewriter.skip(1002, false);
        assert_eq!(numbers(&mut rewriter, 1003, now), Some(first + 1));
        assert_eq!(
            numbers(&mut rewriter, 1001, now),
            None,
            "a dropped packet never comes back"
        );
    }

    #[test]
    fn a_late_packet_takes_the_place_that_was_kept() {
        let now = Instant::now();
        let mut rewriter = Rewriter::new(90_000);
        let first = numbers(&mut rewriter, 50, now).unwrap();
        assert_eq!(numbers(&mut rewriter, 53, now), Some(first + 3));
        assert_eq!(numbers(&mut rewriter, 51, now), Some(first + 1));
        assert_eq!(numbers(&mut rewriter, 51, now), None, "a copy");
        assert_eq!(numbers(&mut rewriter, 52, now), Some(first + 2));
    }

    #[test]
    fn stragglers_of_the_first_frame_alone_come_before_it() {
        let now = Instant::now();
        let mut rewriter = Rewriter::new(90_000);
        let first = rewriter.admit(50, 7000, false, now).unwrap().sequence;
        assert_eq!(rewriter.admit(49, 7000, false, now).unwrap().sequence, first - 1);
        assert_eq!(rewriter.admit(48, 4000, false, now), None);
    }

    #[test]
    fn another_source_continues_numbers_and_time() {
        let now = Instant::now();
        let mut rewriter = Rewriter::new(90_000);
        let before = rewriter.admit(60_000, 500, false, now).unwrap();
        rewriter.restart();
        let after = rewriter
            .admit(7, 4_000_000_000, false, now + Duration::from_secs(1))
            .unwrap();
        assert!(after.sequence > before.sequence);
        assert_eq!(after.timestamp, before.timestamp + 90_000);
    }

    proptest! {
        /// Whatever is lost, reordered, copied or dropped: no number is given twice, order is kept, and what is skipped
        /// in order leaves no hole.
        #[test]
        fn numbers_are_unique_and_ordered(plan in prop::collection::vec((0u64..6, 0u8..4), 1..400)) {
            let now = Instant::now();
            let mut rewriter = Rewriter::new(48_000);
            let mut head = 5_000u64;
            let mut given: Vec<(u64, u64)> = Vec::new();
            for (step, action) in plan {
                match action {
                    0 => { head += 1 + step; rewriter.skip(head, false); }
                    1 => { let late = head.saturating_sub(step); if let Some(n) = rewriter.admit(late, 0, false, now) { given.push((late, n.sequence)); head = head.max(late); } }
                    _ => { head += 1 + step; if let Some(n) = rewriter.admit(head, 0, false, now) { given.push((head, n.sequence)); } }
                }
            }
            given.sort_unstable();
            for pair in given.windows(2) {
                prop_assert!(pair[0].0 < pair[1].0, "a source packet passed twice");
                prop_assert!(pair[0].1 < pair[1].1, "order or uniqueness lost: {:?}", pair);
            }
        }
    }
}
