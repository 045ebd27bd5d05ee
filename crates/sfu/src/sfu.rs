//! The whole: participants, tracks, routes, and the order in which they are driven.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::change::SdpOffer;
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpPacket;
use str0m::{Candidate, Event, IceConnectionState, Input, Rtc};

use crate::demux::{Class, Demux, classify};
use crate::forward::{Forward, LAYER_TOP};
use crate::offer::{self, Section, Vetted};
use crate::participant::{Broken, Counts, Participant, Phase, Published, Written, fenced};
use crate::track::{Source, Track};
use crate::vp9::{self, Descriptor};
use crate::warm::Shared;
use crate::{
    Answer, CANDIDATES_MAX, Config, Counters, DATAGRAM_MAX, Dropped, Kind, Mid, OfferError, Output, PARTICIPANTS_MAX, PAYLOAD_MAX,
    Packet, ParticipantId, ParticipantStats, Publish, Reason, Route, SILENCE_MAX, SOUND_PLAIN, SOUND_REDUNDANT, Subscribe,
    TRACKS_MAX, TrackError, TrackId, TrackStats, Transmit,
};

/// Most outputs that wait to be polled; a caller that drains after each batch never comes near.
const OUTPUTS_MAX: usize = 65_536;
/// Most steps one connection may take at one input.
const STEPS_MAX: usize = 20_000;
/// Datagrams refused in a row after which a connection counts as failed. One that lives is refused now and then; one whose
/// DTLS state is broken refuses all.
const REFUSED_MAX: u32 = 200;
/// Shortest wait before a connection is driven again by its own deadline.
const NAP: Duration = Duration::from_micros(200);

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
    redundancy: bool,
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
            redundancy: false,
        }
    }

    /// Whether answers made from here on take RED (RFC 2198) where the browser offers it. Off at first.
    ///
    /// What is under RED cannot be unwrapped here, since redundancy sits inside the ciphertext: allow it only while every
    /// browser of a call, at both ends, offers it ([`Answer::redundancy`]).
    pub fn set_redundancy(&mut self, allowed: bool) {
        self.redundancy = allowed;
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
        let parsed = fenced(|| SdpOffer::from_sdp_string(&vetted.sdp).map_err(|e| str0m::RtcError::RemoteSdp(e.to_string())))
            .map_err(|Broken| OfferError::Malformed("SDP"))?;
        let known = self.participants.get(&participant).is_some_and(|p| p.identity == vetted.identity);
        let answer = if known { self.reoffer(participant, parsed, now) } else { self.first_offer(participant, &vetted, parsed, now) }?;
        let offered = self.participants.get(&participant).is_some_and(Participant::redundancy);
        if let Some(p) = self.participants.get_mut(&participant) {
            p.takes_redundancy = self.redundancy && offered;
        }
        self.settle_sections(participant, send, recv, &vetted.sections, now);
        self.mark(participant);
        Ok(Answer { sdp: offer::finish_answer(&answer, self.redundancy), redundancy: offered, fresh: !known })
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
        let Some(known) = self.tracks.get_mut(&track) else { return };
        let layer = match known.source {
            Source::Local(_) => route.link,
            Source::Remote => None,
        };
        match (layer, &mut known.link) {
            (None, link) => *link = None,
            (Some(layer), Some(link)) => link.set_target(layer),
            (Some(layer), link @ None) => {
                let mut forward = Forward::new(known.kind, known.newest);
                forward.set_target(layer);
                *link = Some(forward);
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
    pub fn handle_datagram(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8], now: Instant) -> Result<(), Dropped> {
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
        let known = self.tracks.get(&track).filter(|t| t.source == Source::Remote).ok_or(Dropped::UnknownTrack)?;
        if known.kind != packet.kind || packet.payload.is_empty() || packet.payload.len() > PAYLOAD_MAX {
            return Err(Dropped::MalformedPacket);
        }
        let (packet, descriptor) = read_descriptor(packet).ok_or(Dropped::MalformedPacket)?;
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

/// Offers.
impl Sfu {
    fn check_sections(&self, participant: ParticipantId, vetted: &Vetted, send: &[Publish], recv: &[Subscribe]) -> Result<(), OfferError> {
        if !self.participants.contains_key(&participant) && self.participants.len() >= PARTICIPANTS_MAX {
            return Err(OfferError::Full);
        }
        let section = |mid: Mid| vetted.sections.iter().find(|s| s.mid == mid && !s.stopped).ok_or(OfferError::NoSuchSection);
        let mut fresh_tracks = 0;
        for (at, publish) in send.iter().enumerate() {
            let section = section(publish.mid)?;
            if !section.sends {
                return Err(OfferError::NoSuchSection);
            }
            if section.kind != publish.kind {
                return Err(OfferError::OtherKind);
            }
            if !section.codec {
                return Err(OfferError::NoCodec);
            }
            let twice = send[..at].iter().any(|other| other.track == publish.track || other.mid == publish.mid);
            let taken = match self.tracks.get(&publish.track) {
                None => {
                    fresh_tracks += 1;
                    false
                }
                Some(Track { source: Source::Remote, .. }) => true,
                Some(Track { source: Source::Local(owner), kind, .. }) => {
                    *kind != publish.kind || owner.is_some_and(|(owner, _)| owner != participant)
                }
            };
            if twice || taken {
                return Err(OfferError::TrackTaken);
            }
        }
        if self.tracks.len() + fresh_tracks > TRACKS_MAX {
            return Err(OfferError::Full);
        }
        for (at, subscribe) in recv.iter().enumerate() {
            let section = section(subscribe.mid)?;
            if !section.receives || recv[..at].iter().any(|other| other.mid == subscribe.mid) {
                return Err(OfferError::NoSuchSection);
            }
            if self.tracks.get(&subscribe.track).is_some_and(|track| track.kind != section.kind) {
                return Err(OfferError::OtherKind);
            }
            if !section.codec {
                return Err(OfferError::NoCodec);
            }
        }
        Ok(())
    }

    fn first_offer(&mut self, participant: ParticipantId, vetted: &Vetted, offer: SdpOffer, now: Instant) -> Result<String, OfferError> {
        let (rtc, sdp, ufrag) = fenced(|| {
            let mut rtc: Rtc = self.shared.config().build(now);
            for address in &self.candidates {
                if let Ok(candidate) = Candidate::host(*address, Protocol::Udp) {
                    rtc.add_local_candidate(candidate);
                }
            }
            let answer = rtc.sdp_api().accept_offer(offer)?;
            let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
            Ok((rtc, answer.to_sdp_string(), ufrag))
        })
        .map_err(|Broken| OfferError::Malformed("SDP"))?;
        self.forget(participant);
        self.demux.announce(ufrag, participant);
        self.participants.insert(participant, Participant::new(participant, rtc, vetted.identity.clone(), now));
        Ok(sdp)
    }

    fn reoffer(&mut self, participant: ParticipantId, offer: SdpOffer, now: Instant) -> Result<String, OfferError> {
        let p = self.participants.get_mut(&participant).ok_or(OfferError::Failed)?;
        let answered = fenced(|| {
            let answer = p.rtc.sdp_api().accept_offer(offer)?;
            let ufrag = p.rtc.direct_api().local_ice_credentials().ufrag;
            Ok((answer.to_sdp_string(), ufrag))
        });
        match answered {
            Ok((sdp, ufrag)) => {
                self.demux.announce(ufrag, participant);
                self.drive(participant, now);
                Ok(sdp)
            }
            Err(Broken) => {
                self.drop_participant(participant, Reason::Failed);
                Err(OfferError::Failed)
            }
        }
    }

    fn settle_sections(&mut self, participant: ParticipantId, send: &[Publish], recv: &[Subscribe], sections: &[Section], now: Instant) {
        self.settle_published(participant, send);
        let kind_of = |mid| sections.iter().find(|s| s.mid == mid).map(|s| s.kind);
        let Some(p) = self.participants.get_mut(&participant) else { return };
        for sub in &mut p.subscribed {
            if !recv.iter().any(|wanted| wanted.mid == sub.mid) {
                sub.stream = None;
            }
        }
        for wanted in recv {
            if let Some(kind) = kind_of(wanted.mid) {
                let under_way = self.tracks.get(&wanted.track).and_then(|t| t.newest);
                p.subscribe(wanted.mid, wanted.track, kind, under_way);
            }
        }
        let known: Vec<TrackId> = self.tracks.keys().copied().collect();
        for track in known {
            self.connect_receivers(track, now);
        }
    }

    fn settle_published(&mut self, participant: ParticipantId, send: &[Publish]) {
        for (id, track) in &mut self.tracks {
            if matches!(track.source, Source::Local(Some((owner, _))) if owner == participant) && !send.iter().any(|s| s.track == *id) {
                track.source = Source::Local(None);
            }
        }
        let Some(p) = self.participants.get_mut(&participant) else { return };
        p.published.retain(|known| send.iter().any(|s| s.track == known.track && s.mid == known.mid));
        p.forget_ssrcs();
        for publish in send {
            let track = self.tracks.entry(publish.track).or_insert_with(|| Track::new(publish.kind, Source::Local(None)));
            track.source = Source::Local(Some((participant, publish.mid)));
            if !p.published.iter().any(|known| known.track == publish.track) {
                p.published.push(Published { mid: publish.mid, track: publish.track, kind: publish.kind, ssrc: None, counts: Counts::new() });
            }
        }
    }

    /// Works out afresh who gets a track; newcomers to a picture need a key frame.
    fn connect_receivers(&mut self, id: TrackId, now: Instant) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        let before = std::mem::take(&mut track.receivers);
        for participant in &track.route.participants {
            let Some(p) = self.participants.get_mut(participant).filter(|p| p.phase == Phase::Connected) else { continue };
            for (at, sub) in p.subscribed.iter_mut().enumerate() {
                if sub.track != id || sub.kind != track.kind || sub.stream.is_none() || track.receivers.contains(&(*participant, at)) {
                    continue;
                }
                if !before.contains(&(*participant, at)) {
                    sub.forward.restart(track.newest);
                    p.weigh_at.get_or_insert(now);
                }
                if sub.forward.waits() {
                    track.key_frames.want(now);
                }
                track.receivers.push((*participant, at));
            }
        }
        self.ask_publisher(id, now);
    }
}

/// Datagrams and media.
impl Sfu {
    fn take_datagram(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8], now: Instant) -> Result<(), Dropped> {
        let class = classify(bytes).filter(|_| bytes.len() <= DATAGRAM_MAX).ok_or(Dropped::Garbage)?;
        let local = self.candidates.iter().find(|c| **c == to);
        let local = local.or_else(|| self.candidates.iter().find(|c| c.is_ipv4() == from.is_ipv4()));
        let local = *local.ok_or(Dropped::UnknownDestination)?;
        // A source that is known may still carry another participant's STUN: two tabs behind one address take turns.
        let owner = match class {
            Class::Stun => self.demux.by_ufrag(bytes).ok_or(Dropped::Unauthenticated)?,
            Class::Media => self.demux.by_source(from).ok_or(Dropped::UnknownSource)?,
        };
        let p = self.participants.get_mut(&owner).ok_or(Dropped::UnknownSource)?;
        let receive = Receive::new(Protocol::Udp, from, local, bytes).map_err(|_| Dropped::Garbage)?;
        let input = Input::Receive(now, receive);
        if class == Class::Stun {
            // The message integrity is verified here, before the address means anything to anyone.
            if !p.rtc.accepts(&input) {
                return Err(Dropped::Unauthenticated);
            }
            self.demux.prove(from, owner)?;
        }
        let taken = fenced(|| p.rtc.handle_input(input));
        p.refused_in_row = if taken.is_ok() { 0 } else { p.refused_in_row + 1 };
        if p.refused_in_row > REFUSED_MAX {
            self.drop_participant(owner, Reason::Failed);
            return Err(Dropped::Refused);
        }
        // str0m holds one received packet at a time: drained after every datagram, or it is overwritten.
        self.drive(owner, now);
        taken.map_err(|Broken| Dropped::Refused)
    }

    /// Lets a connection say all it has to say.
    fn drive(&mut self, participant: ParticipantId, now: Instant) {
        for _ in 0..STEPS_MAX {
            let Some(p) = self.participants.get_mut(&participant) else { return };
            match fenced(|| p.rtc.poll_output()) {
                Ok(str0m::Output::Timeout(at)) => {
                    p.deadline = at.max(now + NAP);
                    if !p.rtc.is_alive() {
                        self.drop_participant(participant, Reason::Closed);
                    }
                    return;
                }
                Ok(str0m::Output::Transmit(t)) => {
                    let transmit = Transmit { from: t.source, to: t.destination, bytes: t.contents.into(), participant };
                    self.push(Output::Transmit(transmit));
                }
                Ok(str0m::Output::Event(event)) => self.on_event(participant, event, now),
                Err(Broken) => break,
            }
        }
        self.drop_participant(participant, Reason::Failed);
    }

    fn on_event(&mut self, participant: ParticipantId, event: Event, now: Instant) {
        let Some(p) = self.participants.get_mut(&participant) else { return };
        match event {
            Event::RtpPacket(packet) => self.on_packet(participant, packet, now),
            Event::Connected => self.on_connected(participant, now),
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => {
                if p.phase == Phase::Connected {
                    p.phase = Phase::Lost(now + SILENCE_MAX);
                }
            }
            Event::IceConnectionStateChange(IceConnectionState::Connected | IceConnectionState::Completed) => {
                if matches!(p.phase, Phase::Lost(_)) {
                    p.phase = Phase::Connected;
                }
            }
            Event::KeyframeRequest(request) => {
                if let Some(sub) = p.subscribed.iter_mut().find(|s| s.mid == request.mid && s.stream.is_some()) {
                    sub.counts.key_frame_requests += 1;
                    let track = sub.track;
                    self.request_routed(participant, track, now);
                }
            }
            Event::EgressBitrateEstimate(str0m::bwe::BweKind::Twcc { estimate, .. }) => {
                p.estimate_bps = Some(estimate.as_u64());
                // A falling estimate acts at once, a rising one at the next round.
                p.weigh_at = p.weigh_at.map(|at| at.min(now));
            }
            Event::PeerStats(stats) => {
                (p.rtt, p.loss_in) = (stats.rtt.or(p.rtt), stats.ingress_loss_fraction.or(p.loss_in));
                p.loss_out = stats.egress_loss_fraction.or(p.loss_out);
                p.note_quality(stats.rtt, stats.egress_loss_fraction, now);
            }
            Event::MediaEgressStats(stats) => {
                if let Some(sub) = p.subscribed.iter_mut().find(|s| s.mid == stats.mid) {
                    sub.counts.loss = stats.loss.or(sub.counts.loss);
                    sub.counts.nacks = stats.nacks;
                    sub.counts.jitter = stats.remote.map(|r| r.jitter).or(sub.counts.jitter);
                }
            }
            Event::MediaIngressStats(stats) => {
                if let Some(published) = p.published.iter_mut().find(|s| s.mid == stats.mid) {
                    published.counts.loss = stats.loss.or(published.counts.loss);
                    published.counts.nacks = stats.nacks;
                    published.counts.key_frame_requests = stats.plis + stats.firs;
                    published.counts.jitter = Some(stats.jitter);
                }
            }
            Event::Closed => self.drop_participant(participant, Reason::Closed),
            _ => {}
        }
    }

    fn on_connected(&mut self, participant: ParticipantId, now: Instant) {
        if let Some(p) = self.participants.get_mut(&participant) {
            p.phase = Phase::Connected;
            p.weigh_at = Some(now);
        }
        self.push(Output::Connected { participant });
        let wanted: Vec<TrackId> =
            self.participants.get(&participant).map(|p| p.subscribed.iter().map(|s| s.track).collect()).unwrap_or_default();
        for track in wanted {
            self.connect_receivers(track, now);
        }
    }

    fn on_packet(&mut self, participant: ParticipantId, rtp: RtpPacket, now: Instant) {
        let Some(p) = self.participants.get_mut(&participant) else { return };
        let Some(at) = p.published_by_ssrc(rtp.header.ssrc) else { return };
        let is_red = p.rtc.codec_config().params().iter().any(|c| c.red() == Some(rtp.header.payload_type));
        let Some(published) = p.published.get_mut(at) else { return };
        let (id, kind) = (published.track, published.kind);
        if rtp.payload.is_empty() || rtp.payload.len() > PAYLOAD_MAX {
            return;
        }
        let another = published.ssrc != Some(rtp.header.ssrc);
        published.ssrc = Some(rtp.header.ssrc);
        let packet = Packet {
            kind,
            sequence: *rtp.seq_no,
            timestamp: rtp.header.timestamp,
            marker: rtp.header.marker,
            layer: if is_red { SOUND_REDUNDANT } else { SOUND_PLAIN },
            payload: rtp.payload,
        };
        let Some((packet, descriptor)) = read_descriptor(packet) else { return };
        published.counts.add(&packet, now);
        if another {
            if kind == Kind::Picture {
                p.repeat_publish_rate(now);
            }
            self.restart_track(id);
        }
        self.spread(id, &packet, descriptor, now);
    }

    /// Gives a packet to all that may have it.
    fn spread(&mut self, id: TrackId, packet: &Packet, descriptor: Option<Descriptor>, now: Instant) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        let wallclock = track.note(packet, descriptor, now);
        let mut waits = false;
        for (participant, at) in &track.receivers {
            let Some(p) = self.participants.get_mut(participant) else { continue };
            match p.write(*at, packet, descriptor, wallclock, now) {
                Written::Nothing => {}
                Written::Waits => waits = true,
                Written::Packet => {
                    self.counters.forwarded += 1;
                    if !std::mem::replace(&mut p.dirty, true) {
                        self.dirty.push_back(*participant);
                    }
                }
            }
        }
        let to_link = match track.to_link(packet, descriptor, now) {
            Ok(packet) => packet,
            Err(_) => {
                waits = true;
                None
            }
        };
        if waits {
            track.key_frames.want(now);
        }
        if let Some(packet) = to_link {
            self.push(Output::Packet { track: id, packet });
        }
        if waits {
            self.ask_publisher(id, now);
        }
    }

    /// A receiver asks for a key frame: it counts only if the track is routed to it.
    fn request_routed(&mut self, participant: ParticipantId, id: TrackId, now: Instant) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        if track.receivers.iter().any(|(receiver, _)| *receiver == participant) {
            track.key_frames.want(now);
            self.ask_publisher(id, now);
        }
    }

    /// Sends the track's key-frame request if one is due.
    fn ask_publisher(&mut self, id: TrackId, now: Instant) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        if track.kind != Kind::Picture || !track.key_frames.take(now) {
            return;
        }
        match track.source {
            Source::Remote => self.push(Output::KeyFrameRequest { track: id }),
            Source::Local(None) => {}
            Source::Local(Some((owner, mid))) => {
                if let Some(p) = self.participants.get_mut(&owner) {
                    p.request_key_frame(mid);
                    self.mark(owner);
                }
            }
        }
    }

    /// Another stream follows under the same track.
    fn restart_track(&mut self, id: TrackId) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        track.restart();
        for (participant, at) in &track.receivers {
            if let Some(sub) = self.participants.get_mut(participant).and_then(|p| p.subscribed.get_mut(*at)) {
                sub.forward.restart(None);
            }
        }
    }
}

/// Time and endings.
impl Sfu {
    fn push(&mut self, output: Output) {
        if self.outputs.len() < OUTPUTS_MAX {
            self.outputs.push_back(output);
        }
    }

    fn mark(&mut self, participant: ParticipantId) {
        if let Some(p) = self.participants.get_mut(&participant)
            && !std::mem::replace(&mut p.dirty, true)
        {
            self.dirty.push_back(participant);
        }
    }

    /// Takes up what was written to a connection and lets it speak.
    fn settle(&mut self, participant: ParticipantId, now: Instant) {
        let Some(p) = self.participants.get_mut(&participant) else { return };
        p.dirty = false;
        match fenced(|| p.rtc.handle_input(Input::Timeout(now))) {
            Ok(()) => self.drive(participant, now),
            Err(Broken) => self.drop_participant(participant, Reason::Failed),
        }
    }

    /// Does what is due; `false` when nothing was.
    fn run_due(&mut self, now: Instant) -> bool {
        let due: Vec<ParticipantId> = self.participants.values().filter(|p| p.next() <= now).map(|p| p.id).collect();
        for participant in &due {
            self.run_participant(*participant, now);
        }
        let asked: Vec<TrackId> =
            self.tracks.iter().filter(|(_, t)| t.key_frames.deadline().is_some_and(|at| at <= now)).map(|(id, _)| *id).collect();
        for track in &asked {
            self.ask_publisher(*track, now);
        }
        !due.is_empty() || !asked.is_empty()
    }

    fn run_participant(&mut self, participant: ParticipantId, now: Instant) {
        let Some(p) = self.participants.get_mut(&participant) else { return };
        let ended = match p.phase {
            Phase::Answered(until) => (now >= until).then_some(Reason::NeverConnected),
            Phase::Lost(until) => (now >= until).then_some(Reason::Silent),
            Phase::Connected => None,
        };
        if let Some(reason) = ended {
            self.drop_participant(participant, reason);
            return;
        }
        if p.weigh_at.is_some_and(|at| at <= now) {
            let tracks = &mut self.tracks;
            p.weigh(now, |track, layer| {
                let meter = tracks.get_mut(&track).map(|t| &mut t.meter);
                meter.filter(|m| m.is_settled()).map_or(0, |m| m.bps(layer, now))
            });
        }
        self.settle(participant, now);
    }

    fn deadline(&self) -> Option<Instant> {
        let participants = self.participants.values().map(Participant::next);
        let tracks = self.tracks.values().filter_map(|t| t.key_frames.deadline());
        participants.chain(tracks).min()
    }

    fn drain_goodbye(&mut self, participant: ParticipantId) {
        for _ in 0..STEPS_MAX {
            let Some(p) = self.participants.get_mut(&participant) else { return };
            match fenced(|| p.rtc.poll_output()) {
                Ok(str0m::Output::Transmit(t)) => {
                    let transmit = Transmit { from: t.source, to: t.destination, bytes: t.contents.into(), participant };
                    self.push(Output::Transmit(transmit));
                }
                Ok(str0m::Output::Event(_)) => {}
                Ok(str0m::Output::Timeout(_)) | Err(Broken) => return,
            }
        }
    }

    fn drop_participant(&mut self, participant: ParticipantId, reason: Reason) {
        if !self.participants.contains_key(&participant) {
            return;
        }
        if reason == Reason::Failed {
            self.counters.failed += 1;
            tracing::warn!(participant = participant.0, "a participant's connection failed and was dropped");
        }
        if reason == Reason::Closed {
            self.drain_goodbye(participant);
        }
        self.forget(participant);
        self.push(Output::Disconnected { participant, reason });
    }

    fn forget(&mut self, participant: ParticipantId) {
        self.demux.forget(participant);
        self.participants.remove(&participant);
        self.dirty.retain(|p| *p != participant);
        for track in self.tracks.values_mut() {
            track.receivers.retain(|(receiver, _)| *receiver != participant);
            if matches!(track.source, Source::Local(Some((owner, _))) if owner == participant) {
                track.source = Source::Local(None);
            }
        }
    }
}

/// Reads a picture's descriptor and sets its layer by it; `None` when it has no readable one.
fn read_descriptor(mut packet: Packet) -> Option<(Packet, Option<Descriptor>)> {
    if packet.kind == Kind::Sound {
        return Some((packet, None));
    }
    let descriptor = vp9::parse(&packet.payload)?;
    packet.layer = descriptor.layer;
    Some((packet, Some(descriptor)))
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
        published: p.published.iter_mut().map(|s| track(s.track, s.kind, &mut s.counts, LAYER_TOP)).collect(),
        received: p.subscribed.iter_mut().map(|s| track(s.track, s.kind, &mut s.counts, s.forward.target())).collect(),
    }
}
