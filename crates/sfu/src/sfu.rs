//! The whole: participants, tracks, routes, and the order in which they are driven.

mod endings;
mod media;
mod offers;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use str0m::Input;
use str0m::change::SdpOffer;

use crate::demux::Demux;
use crate::forward::{Forward, LAYER_TOP};
use crate::offer;
use crate::participant::{Broken, Counts, Participant, Phase, fenced};
use crate::track::{Source, Track};
use crate::warm::Shared;
use crate::{
    Answer, CANDIDATES_MAX, Config, Counters, Dropped, Kind, OfferError, Output, PAYLOAD_MAX, Packet, ParticipantId,
    ParticipantStats, Publish, Route, Subscribe, TRACKS_MAX, TrackError, TrackId, TrackStats,
};

/// Most outputs that wait to be polled; a caller that drains after each batch never comes near.
const OUTPUTS_MAX: usize = 65_536;

/// The selective forwarding unit. See the crate's first lines and [`Sfu::poll`].
pub struct Sfu {
    candidates: Vec<SocketAddr>,
    shared: Shared,
    demux: Demux,
    participants: BTreeMap<ParticipantId, Participant>,
    tracks: BTreeMap<TrackId, Track>,
    dirty: VecDeque<ParticipantId>,
    outputs: VecDeque<Output>,
    counters: Counters,
}

impl Sfu {
    /// Builds it and makes one connection to itself, so that the first offer is answered as fast as the next
    /// (takes 50-200 ms: do it before the node says that it is ready).
    #[must_use]
    pub fn new(config: Config, now: Instant) -> Self {
        let shared = Shared::new();
        shared.warm_up(now);
        let mut candidates = config.candidates;
        candidates.truncate(CANDIDATES_MAX);
        Self {
            candidates,
            shared,
            demux: Demux::default(),
            participants: BTreeMap::new(),
            tracks: BTreeMap::new(),
            dirty: VecDeque::new(),
            outputs: VecDeque::new(),
            counters: Counters::default(),
        }
    }

    /// Answers a browser's offer, the first or a later one (RFC 8829).
    ///
    /// `send`: what the browser publishes; each becomes a local track, which stays known (and keeps its routes and numbers)
    /// until [`Self::remove_track`]. `recv`: what it receives. Sections of the offer named in neither carry nothing. An offer
    /// of another peer connection (the page was loaded afresh) replaces the participant's earlier one.
    ///
    /// # Errors
    /// [`OfferError`]; the earlier connection stays unless it is [`OfferError::Failed`].
    pub fn accept_offer(
        &mut self,
        participant: ParticipantId,
        sdp: &str,
        send: &[Publish],
        recv: &[Subscribe],
        now: Instant,
    ) -> Result<Answer, OfferError> {
        let vetted = offer::vet(sdp)?;
        self.check_sections(participant, &vetted, send, recv)?;
        let parsed =
            fenced(|| SdpOffer::from_sdp_string(&vetted.sdp).map_err(|e| str0m::RtcError::RemoteSdp(e.to_string())))
                .map_err(|Broken| OfferError::Malformed("SDP"))?;
        let known = self
            .participants
            .get(&participant)
            .is_some_and(|p| p.identity == vetted.identity);
        let answer = if known {
            self.reoffer(participant, parsed, now)
        } else {
            self.first_offer(participant, &vetted, parsed, now)
        }?;
        let offered = self.participants.get(&participant).is_some_and(Participant::redundancy);
        self.settle_sections(participant, send, recv, &vetted.sections, now);
        self.mark(participant);
        Ok(Answer {
            sdp: offer::finish_answer(&answer, |mid| send.iter().all(|s| *s.mid != *mid || s.redundant)),
            redundancy: offered,
            fresh: !known,
        })
    }

    /// Ends a participant's connection; the goodbye comes out of the next polls. Its tracks stay known, silent.
    pub fn remove(&mut self, participant: ParticipantId, now: Instant) {
        if let Some(p) = self.participants.get_mut(&participant) {
            let closed = fenced(|| {
                p.rtc.close()?;
                p.rtc.handle_input(Input::Timeout(now))
            });
            if closed.is_ok() {
                self.drain_goodbye(participant);
            }
        }
        self.forget(participant);
    }

    /// Makes a track of the link known.
    ///
    /// # Errors
    /// [`TrackError`].
    pub fn add_remote_track(&mut self, track: TrackId, kind: Kind, now: Instant) -> Result<(), TrackError> {
        if self.tracks.contains_key(&track) {
            return Err(TrackError::Taken);
        }
        if self.tracks.len() >= TRACKS_MAX {
            return Err(TrackError::Full);
        }
        self.tracks.insert(track, Track::new(kind, Source::Remote));
        self.connect_receivers(track, now);
        Ok(())
    }

    /// Forgets a track, local or remote, with its routes.
    pub fn remove_track(&mut self, track: TrackId) {
        self.tracks.remove(&track);
        for p in self.participants.values_mut() {
            p.published.retain(|published| published.track != track);
            p.forget_ssrcs();
        }
    }

    /// Says who may receive a track, in place of what was said before. Unknown tracks are ignored.
    pub fn route(&mut self, track: TrackId, route: Route, now: Instant) {
        let Some(known) = self.tracks.get_mut(&track) else {
            return;
        };
        let layer = match known.source {
            Source::Local(_) => route.link,
            Source::Remote => None,
        };
        let left = std::mem::replace(&mut known.leaves, layer.is_some());
        if let Some(layer) = layer {
            let newest = known.newest;
            let forward = known.link.get_or_insert_with(|| Forward::new(known.kind, newest));
            forward.set_target(layer);
            if !left {
                forward.restart(newest);
                if known.kind == Kind::Picture {
                    known.key_frames.want(now);
                }
            }
        }
        known.route = route;
        self.connect_receivers(track, now);
    }

    /// Caps what a participant's browser publishes, all its tracks together, in kb/s (REMB).
    pub fn set_publish_rate(&mut self, participant: ParticipantId, kbps: u32, now: Instant) {
        if let Some(p) = self.participants.get_mut(&participant) {
            p.set_publish_rate(kbps, now);
        }
    }

    /// The far node asks for a key frame of a local track. Coalesced with all others that ask.
    pub fn request_key_frame(&mut self, track: TrackId, now: Instant) {
        if let Some(known) = self.tracks.get_mut(&track) {
            known.key_frames.want(now);
            self.ask_publisher(track, now);
        }
    }

    /// Takes a datagram from the media port. Drain [`Self::poll`] after it, or after a batch of at most a few hundred.
    ///
    /// # Errors
    /// [`Dropped`]: nothing to act on, already counted.
    pub fn handle_datagram(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
        now: Instant,
    ) -> Result<(), Dropped> {
        self.counters.datagrams_in += 1;
        let taken = self.take_datagram(from, to, bytes, now);
        match taken {
            Ok(()) => {}
            Err(Dropped::Garbage) => self.counters.garbage += 1,
            Err(Dropped::Unauthenticated) => self.counters.unauthenticated += 1,
            Err(Dropped::UnknownSource | Dropped::TooManySources) => self.counters.unknown_source += 1,
            Err(_) => self.counters.refused += 1,
        }
        taken
    }

    /// Takes a packet of a remote track from the link.
    ///
    /// # Errors
    /// [`Dropped::UnknownTrack`], [`Dropped::MalformedPacket`].
    pub fn handle_packet(&mut self, track: TrackId, packet: Packet, now: Instant) -> Result<(), Dropped> {
        let known = self
            .tracks
            .get(&track)
            .filter(|t| t.source == Source::Remote)
            .ok_or(Dropped::UnknownTrack)?;
        if known.kind != packet.kind || packet.payload.is_empty() || packet.payload.len() > PAYLOAD_MAX {
            return Err(Dropped::MalformedPacket);
        }
        let (packet, descriptor) = media::read_descriptor(packet).ok_or(Dropped::MalformedPacket)?;
        self.spread(track, &packet, descriptor, now);
        Ok(())
    }

    /// The next thing to do. Call until it says [`Output::Timeout`]; then wait for a datagram, a packet from the link, a
    /// command, or that moment, whichever is first; then call again. Never wait on the moment alone.
    pub fn poll(&mut self, now: Instant) -> Output {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                self.counters.datagrams_out += u64::from(matches!(output, Output::Transmit(_)));
                return output;
            }
            if let Some(participant) = self.dirty.pop_front() {
                self.settle(participant, now);
            } else if !self.run_due(now) {
                return Output::Timeout(self.deadline());
            }
        }
    }

    /// Counters since the start.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How a participant's connection does; `None` for one that is unknown.
    pub fn stats(&mut self, participant: ParticipantId, now: Instant) -> Option<ParticipantStats> {
        self.participants.get_mut(&participant).map(|p| stats_of(p, now))
    }

    /// Known participants.
    pub fn participants(&self) -> impl Iterator<Item = ParticipantId> + '_ {
        self.participants.keys().copied()
    }
}

fn stats_of(p: &mut Participant, now: Instant) -> ParticipantStats {
    let jitter_ms = |kind: Kind, ticks: Option<u32>| ticks.map(|t| t as f32 * 1000.0 / kind.clock_hz() as f32);
    let track = |track, kind: Kind, counts: &mut Counts, layer| TrackStats {
        track,
        kind,
        packets: counts.packets,
        bytes: counts.bytes,
        loss: counts.loss,
        jitter_ms: jitter_ms(kind, counts.jitter),
        nacks: counts.nacks,
        key_frame_requests: counts.key_frame_requests,
        layer,
        rate_kbps: (counts.meter.bps(LAYER_TOP, now) / 1000) as u32,
    };
    ParticipantStats {
        connected: p.phase == Phase::Connected,
        rtt_ms: p.rtt.map(|rtt| rtt.as_secs_f32() * 1000.0),
        loss_out: p.loss_out,
        loss_in: p.loss_in,
        rate_kbps: p.estimate_bps.map(|bps| (bps / 1000) as u32),
        published: p
            .published
            .iter_mut()
            .map(|s| track(s.track, s.kind, &mut s.counts, LAYER_TOP))
            .collect(),
        received: p
            .subscribed
            .iter_mut()
            .map(|s| track(s.track, s.kind, &mut s.counts, s.forward.target()))
            .collect(),
    }
}
