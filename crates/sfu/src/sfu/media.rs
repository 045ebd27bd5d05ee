//! The way of a datagram in and of a packet out: whose it is, what its connection says, who gets it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpPacket;
use str0m::{Event, IceConnectionState, Input};

use super::{OUTPUTS_MAX, Sfu};
use crate::demux::{Class, classify};
use crate::participant::{Broken, Phase, Written, fenced};
use crate::track::Source;
use crate::vp9::{self, Descriptor};
use crate::{
    DATAGRAM_MAX, Dropped, Kind, Output, PAYLOAD_MAX, Packet, ParticipantId, Reason, SILENCE_MAX, SOUND_PLAIN,
    SOUND_REDUNDANT, TrackId, Transmit,
};

/// Most steps one connection may take at one input.
pub(super) const STEPS_MAX: usize = 20_000;
/// Datagrams refused in a row after which a connection counts as failed. One that lives is refused now and then; one whose
/// DTLS state is broken refuses all.
const REFUSED_MAX: u32 = 200;
/// Shortest wait before a connection is driven again by its own deadline.
const NAP: Duration = Duration::from_micros(200);
/// The same when all that was written has left: str0m's pacer asks to be told the time after every packet, which matters
/// only if another one waits.
const REST: Duration = Duration::from_millis(5);

impl Sfu {
    pub(super) fn take_datagram(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
        now: Instant,
    ) -> Result<(), Dropped> {
        let class = classify(bytes)
            .filter(|_| bytes.len() <= DATAGRAM_MAX)
            .ok_or(Dropped::Garbage)?;
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

    /// Lets a connection say all it has to say. str0m's pacer gives one packet each time that it is told the time: it is
    /// told again while more wait, so that a burst leaves as the burst that it came as.
    pub(super) fn drive(&mut self, participant: ParticipantId, now: Instant) {
        let mut sent = 0;
        for _ in 0..STEPS_MAX {
            let Some(p) = self.participants.get_mut(&participant) else {
                return;
            };
            let said = fenced(|| {
                loop {
                    match p.rtc.poll_output()? {
                        str0m::Output::Transmit(t) if self.outputs.len() < OUTPUTS_MAX => {
                            sent += usize::from(is_rtp(&t.contents));
                            self.outputs.push_back(Output::Transmit(transmit(participant, t)));
                        }
                        // Nobody drains: it is given out no faster than that.
                        str0m::Output::Transmit(_) => {}
                        other => return Ok(other),
                    }
                }
            });
            match said {
                Ok(str0m::Output::Timeout(at)) => {
                    // The pacer asks for a microsecond later each time, so that no two packets have one time.
                    let (is_soon, left) = (at <= now + NAP, std::mem::take(&mut sent));
                    if p.more_waits(left) && is_soon {
                        match fenced(|| p.rtc.handle_input(Input::Timeout(at.max(now)))) {
                            Ok(()) => continue,
                            Err(Broken) => break,
                        }
                    }
                    let pause = if is_soon && left > 0 { REST } else { NAP };
                    p.deadline = at.max(now + pause);
                    if !p.rtc.is_alive() {
                        self.drop_participant(participant, Reason::Closed);
                    }
                    return;
                }
                Ok(str0m::Output::Event(event)) => self.on_event(participant, event, now),
                // Nobody takes what waits: lost as on a full network.
                Ok(str0m::Output::Transmit(_)) => {}
                Err(Broken) => break,
            }
        }
        self.drop_participant(participant, Reason::Failed);
    }

    pub(super) fn on_event(&mut self, participant: ParticipantId, event: Event, now: Instant) {
        let Some(p) = self.participants.get_mut(&participant) else {
            return;
        };
        match event {
            Event::RtpPacket(packet) => self.on_packet(participant, packet, now),
            Event::Connected => self.on_connected(participant, now),
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) if p.phase == Phase::Connected => {
                p.phase = Phase::Lost(now + SILENCE_MAX);
            }
            Event::IceConnectionStateChange(IceConnectionState::Connected | IceConnectionState::Completed)
                if matches!(p.phase, Phase::Lost(_)) =>
            {
                p.phase = Phase::Connected;
            }
            Event::KeyframeRequest(request) => {
                if let Some(sub) = p
                    .subscribed
                    .iter_mut()
                    .find(|s| s.mid == request.mid && s.stream.is_some())
                {
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

    pub(super) fn on_connected(&mut self, participant: ParticipantId, now: Instant) {
        if let Some(p) = self.participants.get_mut(&participant) {
            p.phase = Phase::Connected;
            p.weigh_at = Some(now);
        }
        self.push(Output::Connected { participant });
        let wanted: Vec<TrackId> = self
            .participants
            .get(&participant)
            .map(|p| p.subscribed.iter().map(|s| s.track).collect())
            .unwrap_or_default();
        for track in wanted {
            self.connect_receivers(track, now);
        }
    }

    pub(super) fn on_packet(&mut self, participant: ParticipantId, rtp: RtpPacket, now: Instant) {
        let Some(p) = self.participants.get_mut(&participant) else {
            return;
        };
        let Some(at) = p.published_by_ssrc(rtp.header.ssrc) else {
            return;
        };
        let is_red = p
            .rtc
            .codec_config()
            .params()
            .iter()
            .any(|c| c.red() == Some(rtp.header.payload_type));
        let Some(published) = p.published.get_mut(at) else {
            return;
        };
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
        let Some((packet, descriptor)) = read_descriptor(packet) else {
            return;
        };
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
    pub(super) fn spread(&mut self, id: TrackId, packet: &Packet, descriptor: Option<Descriptor>, now: Instant) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        let wallclock = track.note(packet, descriptor, now);
        let mut waits = false;
        for (participant, at) in &track.receivers {
            let Some(p) = self.participants.get_mut(participant) else {
                continue;
            };
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
        let to_link = match track.link_packet(packet, descriptor, now) {
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
    pub(super) fn request_routed(&mut self, participant: ParticipantId, id: TrackId, now: Instant) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        if track.receivers.iter().any(|(receiver, _)| *receiver == participant) {
            track.key_frames.want(now);
            self.ask_publisher(id, now);
        }
    }

    /// Sends the track's key-frame request if one is due.
    pub(super) fn ask_publisher(&mut self, id: TrackId, now: Instant) {
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
    pub(super) fn restart_track(&mut self, id: TrackId) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        track.restart();
        for (participant, at) in &track.receivers {
            if let Some(sub) = self
                .participants
                .get_mut(participant)
                .and_then(|p| p.subscribed.get_mut(*at))
            {
                sub.forward.restart(None);
            }
        }
    }
}

pub(super) fn transmit(participant: ParticipantId, leaving: str0m::net::Transmit) -> Transmit {
    Transmit {
        from: leaving.source,
        to: leaving.destination,
        bytes: leaving.contents.into(),
        participant,
    }
}

/// Whether a datagram that leaves is RTP: no STUN, no DTLS, and no RTCP (RFC 5761, section 4).
fn is_rtp(bytes: &[u8]) -> bool {
    matches!(bytes, [128..=191, second, ..] if !(64..=95).contains(&(second & 0x7f)))
}

/// Reads a picture's descriptor and sets its layer by it; `None` when it has no readable one.
pub(super) fn read_descriptor(mut packet: Packet) -> Option<(Packet, Option<Descriptor>)> {
    if packet.kind == Kind::Sound {
        return Some((packet, None));
    }
    let descriptor = vp9::parse(&packet.payload)?;
    packet.layer = descriptor.layer;
    Some((packet, Some(descriptor)))
}
