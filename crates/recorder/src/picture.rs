//! Puts a picture track's packets back together to whole sealed frames, in order.

use std::collections::BTreeMap;

use crate::vp9::{self, Descriptor};

/// How long a hole is left open, in microseconds: a link passes nothing on that is 1.5 s late.
pub(crate) const WAIT: i64 = 1_600_000;
/// The same for what may have been overtaken at the very beginning.
const START_WAIT: i64 = 100_000;
/// Packets and bytes that may wait in one track.
const PACKETS_MAX: usize = 4_096;
const BYTES_MAX: usize = 8 << 20;
/// Packets of one frame.
const FRAME_PACKETS_MAX: u64 = 1_024;
/// No count goes so far.
const SEQUENCE_MAX: u64 = 1 << 62;
/// A number further away than this from the next that is due belongs to another count.
const FAR: u64 = 4_096;

/// A whole sealed frame.
#[derive(Debug)]
pub(crate) struct Frame {
    pub sealed: Vec<u8>,
    pub descriptor: Descriptor,
    pub ticks: i64,
    /// When its last packet came.
    pub at: i64,
    /// Packets before it never came.
    pub gap: bool,
}

struct Packet {
    at: i64,
    ticks: i64,
    descriptor: Descriptor,
    body: Vec<u8>,
}

/// The packets of one track that are not yet passed on.
#[derive(Default)]
pub(crate) struct Assembly {
    packets: BTreeMap<u64, Packet>,
    bytes: usize,
    next: Option<u64>,
    /// Something was passed on or given up: what is older than `next` comes too late.
    under_way: bool,
    gap: bool,
}

/// Where the next frame stands.
enum Head {
    /// Whole, up to and including this number.
    Whole(u64),
    /// Something is missing or wrong at this number.
    Hole(u64),
}

impl Assembly {
    /// Takes a packet; says whether it was of use.
    pub(crate) fn push(&mut self, sequence: u64, at: i64, ticks: i64, marker: bool, payload: &[u8]) -> bool {
        let Some((mut descriptor, body)) = vp9::parse(payload) else {
            return false;
        };
        if sequence > SEQUENCE_MAX {
            return false;
        }
        descriptor.end |= marker;
        if self.next.is_some_and(|next| sequence.abs_diff(next) > FAR) {
            self.restart();
        }
        let next = match self.next {
            Some(next) if self.under_way => next,
            known => known.map_or(sequence, |next| next.min(sequence)),
        };
        self.next = Some(next);
        if sequence < next || self.packets.contains_key(&sequence) {
            return false;
        }
        self.bytes += body.len();
        let body = body.to_vec();
        let packet = Packet {
            at,
            ticks,
            descriptor,
            body,
        };
        self.packets.insert(sequence, packet);
        true
    }

    /// Another count begins: what waits is given up.
    pub(crate) fn restart(&mut self) {
        self.packets.clear();
        self.bytes = 0;
        self.next = None;
        self.under_way = false;
        self.gap = true;
    }

    /// The next frame that is due. `flush`: nothing more will come.
    pub(crate) fn pop(&mut self, now: i64, flush: bool) -> Option<Frame> {
        loop {
            match self.head()? {
                Head::Whole(last) => return Some(self.build(last)),
                Head::Hole(at) => {
                    let after = self.packets.range(at..).next().map(|(_, packet)| packet.at);
                    let full = self.packets.len() >= PACKETS_MAX || self.bytes >= BYTES_MAX;
                    let wrong = self.under_way && self.packets.contains_key(&at);
                    let patience = if self.under_way { WAIT } else { START_WAIT };
                    let due = after.is_some_and(|came| now - came >= patience);
                    if !(flush || full || wrong || due) {
                        return None;
                    }
                    self.skip(at);
                }
            }
        }
    }

    fn head(&self) -> Option<Head> {
        let first = self.next?;
        if self.packets.is_empty() {
            return None;
        }
        let mut ticks = None;
        for (expected, (number, packet)) in (first..).zip(self.packets.range(first..)) {
            let begins = expected == first;
            if *number != expected {
                return Some(Head::Hole(expected));
            }
            if packet.descriptor.start != begins
                || ticks.is_some_and(|ticks| ticks != packet.ticks)
                || expected - first >= FRAME_PACKETS_MAX
            {
                return Some(Head::Hole(expected));
            }
            if packet.descriptor.end {
                return Some(Head::Whole(expected));
            }
            ticks = Some(packet.ticks);
        }
        // All that is there is the beginning of a frame: the rest is missing at its end.
        Some(Head::Hole(
            self.packets.last_key_value().map_or(first, |(last, _)| last + 1),
        ))
    }

    /// Gives up what is missing at `hole`, and goes on where the next frame begins.
    fn skip(&mut self, hole: u64) {
        let first = self.next.unwrap_or(hole);
        let next = self
            .packets
            .range(hole..)
            .find(|(number, packet)| packet.descriptor.start && **number > first)
            .map(|(number, _)| *number);
        let end = self.packets.last_key_value().map_or(hole, |(last, _)| last + 1);
        let next = next.unwrap_or(end.max(hole));
        let kept = self.packets.split_off(&next);
        let dropped: usize = self.packets.values().map(|packet| packet.body.len()).sum();
        self.bytes = self.bytes.saturating_sub(dropped);
        self.packets = kept;
        self.next = Some(next);
        self.under_way = true;
        self.gap = true;
    }

    fn build(&mut self, last: u64) -> Frame {
        let rest = self.packets.split_off(&(last + 1));
        let parts = std::mem::replace(&mut self.packets, rest);
        let mut frame = Frame {
            sealed: Vec::with_capacity(parts.values().map(|part| part.body.len()).sum()),
            descriptor: Descriptor::default(),
            ticks: 0,
            at: 0,
            gap: std::mem::take(&mut self.gap),
        };
        for (place, part) in parts.into_values().enumerate() {
            if place == 0 {
                frame.descriptor = part.descriptor;
                frame.ticks = part.ticks;
            }
            frame.at = frame.at.max(part.at);
            frame.sealed.extend_from_slice(&part.body);
        }
        self.bytes = self.bytes.saturating_sub(frame.sealed.len());
        self.next = Some(last + 1);
        self.under_way = true;
        frame
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const START: u8 = 0x08;
    const END: u8 = 0x04;

    #[test]
    fn frames_come_in_order_however_packets_do() {
        let mut assembly = Assembly::default();
        assert!(assembly.push(10, 0, 0, false, &[START, 1]));
        assert!(assembly.pop(0, false).is_none());
        assembly.push(12, 1, 3_000, true, &[START | END, 3]);
        assert!(assembly.pop(1, false).is_none());
        assert!(assembly.push(11, 2, 0, false, &[END, 2]));
        assert!(!assembly.push(11, 2, 0, false, &[END, 2]), "a copy");
        assert_eq!(assembly.pop(2, false).unwrap().sealed, [1, 2]);
        assert_eq!(assembly.pop(2, false).unwrap().sealed, [3]);
        assert!(!assembly.push(12, 3, 0, false, &[END, 2]), "late");
        assert!(assembly.pop(3, false).is_none());
    }

    #[test]
    fn what_never_comes_is_given_up_after_a_while() {
        let mut assembly = Assembly::default();
        assembly.push(0, 0, 0, true, &[START | END, 0]);
        assert!(!assembly.pop(0, false).unwrap().gap);
        assembly.push(1, 0, 0, false, &[START, 1]);
        assembly.push(3, 10, 3_000, true, &[START | END, 3]);
        assert!(assembly.pop(WAIT, false).is_none());
        let frame = assembly.pop(WAIT + 10, false).unwrap();
        assert!(frame.gap);
        assert_eq!(frame.sealed, [3]);
        assembly.push(4, 20, 6_000, false, &[START, 4]);
        assert!(
            assembly.pop(WAIT * 2, false).is_none(),
            "the end of the last frame may still come"
        );
        assert!(assembly.pop(WAIT * 2, true).is_none());
    }

    #[test]
    fn the_first_packet_may_be_overtaken() {
        let mut assembly = Assembly::default();
        assembly.push(11, 0, 0, false, &[END, 2]);
        assert!(assembly.pop(0, false).is_none());
        assembly.push(10, 1, 0, false, &[START, 1]);
        assert_eq!(assembly.pop(1, false).unwrap().sealed, [1, 2]);
    }

    #[test]
    fn another_count_begins_anew() {
        let mut assembly = Assembly::default();
        assembly.push(1 << 40, 0, 0, true, &[START | END, 1]);
        assert!(assembly.pop(0, false).is_some());
        assembly.push(7, 1, 0, true, &[START | END, 2]);
        assert!(assembly.pop(1, false).unwrap().gap);
    }
}
