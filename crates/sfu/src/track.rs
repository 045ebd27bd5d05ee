//! One track: where it comes from, where it may go, and who asked for it.

use crate::forward::{Forward, Verdict};
use crate::keyframe::KeyFrames;
use crate::rate::{Meter, SourceClock};
use crate::vp9::Descriptor;
use crate::{Kind, Mid, Packet, ParticipantId, Route};
use std::time::Instant;

/// Where a track comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A participant of this node, at this media section; `None` while nobody publishes it.
    Local(Option<(ParticipantId, Mid)>),
    /// The link.
    Remote,
}

/// A track.
pub(crate) struct Track {
    pub kind: Kind,
    pub source: Source,
    pub route: Route,
    /// Participants that get it, and the place among their subscriptions.
    pub receivers: Vec<(ParticipantId, usize)>,
    /// Towards the link. It stays when the track leaves no more: should it leave again, its numbers go on, or the far
    /// node would take new packets for old ones.
    pub link: Option<Forward>,
    /// Whether it leaves over the link now.
    pub leaves: bool,
    pub key_frames: KeyFrames,
    pub meter: Meter,
    pub clock: SourceClock,
    /// Timestamp of the newest packet.
    pub newest: Option<u32>,
    /// Timestamp of the newest key frame.
    newest_key: Option<u32>,
}

impl Track {
    pub(crate) fn new(kind: Kind, source: Source) -> Self {
        Self {
            kind,
            source,
            route: Route::default(),
            receivers: Vec::new(),
            link: None,
            leaves: false,
            key_frames: KeyFrames::default(),
            meter: Meter::new(),
            clock: SourceClock::new(kind.clock_hz()),
            newest: None,
            newest_key: None,
        }
    }

    /// Another stream follows under the same track: a page loaded afresh, a new camera.
    pub(crate) fn restart(&mut self) {
        self.clock = SourceClock::new(self.kind.clock_hz());
        self.newest = None;
        self.newest_key = None;
        self.key_frames = KeyFrames::default();
        if let Some(link) = &mut self.link {
            link.restart(None);
        }
    }

    /// Counts a packet and returns the moment it stands for.
    pub(crate) fn note(&mut self, packet: &Packet, descriptor: Option<Descriptor>, now: Instant) -> Instant {
        self.meter.add(
            if self.kind == Kind::Picture { packet.layer } else { 0 },
            packet.payload.len(),
            now,
        );
        if self
            .newest
            .is_none_or(|newest| packet.timestamp.wrapping_sub(newest) < 1 << 31)
        {
            self.newest = Some(packet.timestamp);
        }
        if descriptor.is_some_and(|d| d.key) && self.newest_key != Some(packet.timestamp) {
            self.newest_key = Some(packet.timestamp);
            self.key_frames.seen();
        }
        self.clock.wallclock(packet.timestamp, now)
    }

    /// What goes to the link of a packet; `Err` while that waits for a key frame.
    pub(crate) fn link_packet(
        &mut self,
        packet: &Packet,
        descriptor: Option<Descriptor>,
        now: Instant,
    ) -> Result<Option<Packet>, Waits> {
        let Some(link) = self.link.as_mut().filter(|_| self.leaves) else {
            return Ok(None);
        };
        match link.take(packet, descriptor, now) {
            Verdict::Drop => Ok(None),
            Verdict::Waits => Err(Waits),
            Verdict::Forward(numbers) => Ok(Some(Packet {
                sequence: numbers.sequence,
                timestamp: numbers.timestamp,
                ..packet.clone()
            })),
        }
    }
}

/// A receiver waits for a key frame.
pub(crate) struct Waits;
