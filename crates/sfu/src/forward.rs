//! One track towards one receiver, browser or link: waits for a key frame, picks temporal layers, rewrites the numbers.

use std::time::Instant;

use crate::rate::LAYERS;
use crate::rewrite::{Numbers, Rewriter};
use crate::vp9::Descriptor;
use crate::{Kind, Packet};

/// The highest temporal layer there is.
pub(crate) const LAYER_TOP: u8 = LAYERS as u8 - 1;

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Pass it on under these numbers.
    Forward(Numbers),
    /// Not for this receiver at present.
    Drop,
    /// Useless until a key frame comes: ask for one.
    Waits,
}

/// The state of one track towards one receiver.
pub(crate) struct Forward {
    rewriter: Rewriter,
    picture: bool,
    waits: bool,
    /// Timestamp of a key frame that began before this receiver was there: half of it is of no use.
    barred: Option<u32>,
    /// Timestamp of the frame at hand and whether it is passed on.
    frame: Option<(u32, bool)>,
    /// Layer that frames are passed on up to at this moment.
    layer: u8,
    /// Layer to reach when the stream permits.
    target: u8,
}

impl Forward {
    /// `under_way`: timestamp of the source's newest packet, if it has sent.
    pub(crate) fn new(kind: Kind, under_way: Option<u32>) -> Self {
        let picture = kind == Kind::Picture;
        Self {
            rewriter: Rewriter::new(kind.clock_hz()),
            picture,
            waits: picture,
            barred: under_way,
            frame: None,
            layer: LAYER_TOP,
            target: LAYER_TOP,
        }
    }

    /// Another source follows (`under_way` as in [`Self::new`]), or a picture is to pause until its next key frame. The
    /// receiver's numbers go on.
    pub(crate) fn restart(&mut self, under_way: Option<u32>) {
        self.rewriter.restart();
        self.frame = None;
        self.barred = under_way;
        self.waits = self.picture;
    }

    /// Whether nothing can pass before a key frame does.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    /// Allows layers up to `layer`. Down at the next frame, up where the stream permits.
    pub(crate) fn set_target(&mut self, layer: u8) {
        self.target = layer.min(LAYER_TOP);
    }

    /// Layer allowed.
    pub(crate) fn target(&self) -> u8 {
        self.target
    }

    /// Decides on a packet. `descriptor` is there for every picture.
    pub(crate) fn take(&mut self, packet: &Packet, descriptor: Option<Descriptor>, now: Instant) -> Verdict {
        let Some(descriptor) = descriptor.filter(|_| self.picture) else {
            return self.admit(packet, false, now);
        };
        if self.waits {
            if !descriptor.key || self.barred == Some(packet.timestamp) {
                return Verdict::Waits;
            }
            self.waits = false;
        }
        if self.rewriter.is_late(packet.sequence) {
            // Its place is kept only if it may be part of something that was passed on.
            return self.admit(packet, false, now);
        }
        let same_frame = self.frame.filter(|(timestamp, _)| *timestamp == packet.timestamp);
        let passes = match same_frame {
            Some((_, passes)) => passes,
            None => self.decide(descriptor),
        };
        self.frame = Some((packet.timestamp, passes));
        let gap_dropped = same_frame.is_some() && !passes;
        if passes {
            self.admit(packet, gap_dropped, now)
        } else {
            self.rewriter.skip(packet.sequence, gap_dropped);
            Verdict::Drop
        }
    }

    fn decide(&mut self, frame: Descriptor) -> bool {
        if self.layer > self.target || frame.key {
            self.layer = self.target;
        }
        // One layer at a time, and only where the frame says that one may start here.
        if frame.layer == self.layer + 1 && frame.layer <= self.target && frame.step_up {
            self.layer = frame.layer;
        }
        frame.layer <= self.layer
    }

    fn admit(&mut self, packet: &Packet, gap_dropped: bool, now: Instant) -> Verdict {
        match self.rewriter.admit(packet.sequence, packet.timestamp, gap_dropped, now) {
            Some(numbers) => Verdict::Forward(numbers),
            None => Verdict::Drop,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods)]
    use super::*;
    use crate::vp9;

    /// Frames of two packets in the L1T3 pattern 0 2 1 2, as (sequence, timestamp, payload).
    fn stream(frames: u64) -> Vec<(Packet, Descriptor)> {
        let mut packets = Vec::new();
        for frame in 0..frames {
            let layer = [0u8, 2, 1, 2][frame as usize % 4];
            for part in 0..2u64 {
                let flags = 0xa0 | if frame == 0 { 0 } else { 0x40 } | if part == 0 { 0x08 } else { 0x04 };
                let up = if frame % 4 == 3 { 0 } else { 0x10 };
                let payload = vec![flags, 0x80, frame as u8, layer << 5 | up, 0, 0xee];
                let descriptor = vp9::parse(&payload).unwrap();
                let packet = Packet {
                    kind: Kind::Picture,
                    sequence: 500 + frame * 2 + part,
                    timestamp: frame as u32 * 3000,
                    marker: part == 1,
                    layer,
                    payload: payload.into(),
                };
                packets.push((packet, descriptor));
            }
        }
        packets
    }

    #[test]
    fn layers_come_and_go_without_a_gap() {
        let now = Instant::now();
        let mut forward = Forward::new(Kind::Picture, None);
        let mut out = Vec::new();
        for (index, (packet, descriptor)) in stream(48).into_iter().enumerate() {
            match index {
                32 => forward.set_target(0),
                64 => forward.set_target(2),
                _ => {}
            }
            if let Verdict::Forward(numbers) = forward.take(&packet, Some(descriptor), now) {
                out.push((packet.timestamp / 3000, packet.layer, numbers.sequence));
            }
        }
        assert!(out.windows(2).all(|pair| pair[1].2 == pair[0].2 + 1), "contiguous");
        assert!(
            out.iter()
                .filter(|(frame, ..)| (16..32).contains(frame))
                .all(|(_, layer, _)| *layer == 0)
        );
        assert!(
            out.iter().any(|(frame, layer, _)| *frame > 36 && *layer == 2),
            "back to full"
        );
        assert_eq!(out.iter().filter(|(frame, ..)| *frame < 16).count(), 32);
    }

    #[test]
    fn nothing_before_a_key_frame() {
        let now = Instant::now();
        let mut forward = Forward::new(Kind::Picture, None);
        let packets = stream(8);
        for (packet, descriptor) in &packets[2..] {
            assert_eq!(forward.take(packet, Some(*descriptor), now), Verdict::Waits);
        }
        assert!(matches!(
            forward.take(&packets[0].0, Some(packets[0].1), now),
            Verdict::Forward(_)
        ));
    }

    #[test]
    fn losses_inside_a_dropped_layer_are_hidden_too() {
        let now = Instant::now();
        let mut forward = Forward::new(Kind::Picture, None);
        forward.set_target(0);
        let mut out = Vec::new();
        for (packet, descriptor) in stream(40) {
            if let Verdict::Forward(numbers) = forward.take(&packet, Some(descriptor), now) {
                out.push(numbers.sequence);
            }
        }
        assert_eq!(out.len(), 20);
        assert!(out.windows(2).all(|pair| pair[1] == pair[0] + 1));
    }
}
