//! The simulated world: one `Sfu`, many clients, one wire, one clock that only moves when the next thing happens.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sfu::{Config, Dropped, Kind, Output, Packet, ParticipantId, Publish, Reason, Sfu, Subscribe, TrackId};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::{Codec, FormatParams};
use str0m::media::{Direction, Frequency, KeyframeRequestKind, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Rtc, RtcConfig};

/// The node's media port.
pub const NODE: ([u8; 4], u16) = ([10, 0, 0, 1], 4000);

/// Seed of a test: printed, so that a failure can be run again.
pub fn seed(default: u64) -> u64 {
    let seed = std::env::var("VISAVIS_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(default);
    eprintln!("VISAVIS_SEED={seed}");
    seed
}

/// Time starts somewhere; nothing else reads it.
#[allow(clippy::disallowed_methods)]
fn epoch() -> Instant {
    Instant::now()
}

/// Which browser a client resembles, by its payload types.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Browser {
    Chromium,
    Firefox,
    /// Chromium whose sound comes with the frame before in each packet.
    Redundant,
}

/// What the wire does to a datagram.
#[derive(Clone, Copy)]
pub struct Wire {
    pub delay: Duration,
    pub jitter: Duration,
    pub loss: f64,
    /// Bits per second towards each client, with a queue of 200 ms; `None`: no limit.
    pub rate: Option<u64>,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(10),
            jitter: Duration::ZERO,
            loss: 0.0,
            rate: None,
        }
    }
}

/// An RTP packet that a client received.
#[derive(Clone, Debug)]
pub struct Got {
    pub at: Instant,
    pub mid: Mid,
    pub sequence: u64,
    pub timestamp: u32,
    pub pt: Pt,
    pub payload: Vec<u8>,
}

/// A source of media inside a client.
pub struct Source {
    pub mid: Mid,
    pub kind: Kind,
    pub start: Instant,
    pub next: Instant,
    pub sequence: u64,
    pub frame: u64,
    pub key_due: bool,
    pub key_frames: u64,
    pub packets_per_frame: usize,
    pub running: bool,
}

pub struct Client {
    pub rtc: Rtc,
    pub addr: SocketAddr,
    pub deadline: Instant,
    pub connected: bool,
    pub got: Vec<Got>,
    pub sources: Vec<Source>,
    pub key_requests: u64,
    pub browser: Browser,
    pub uplink_loss: f64,
    pub downlink_loss: f64,
    pub link_free: Instant,
    /// Bits per second towards it, in place of the wire's.
    pub rate: Option<u64>,
    /// Caps that the node told it, in bits per second.
    pub remb: Vec<u64>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct InFlight {
    at: Instant,
    order: u64,
    from: SocketAddr,
    to: SocketAddr,
    bytes: Vec<u8>,
}

pub struct World {
    pub now: Instant,
    pub sfu: Sfu,
    pub clients: BTreeMap<ParticipantId, Client>,
    pub wire: Wire,
    pub link: Vec<(TrackId, Packet)>,
    pub key_requests: Vec<TrackId>,
    pub connected: Vec<ParticipantId>,
    pub disconnected: Vec<(ParticipantId, Reason)>,
    /// Where the node sent to, ever.
    pub contacted: std::collections::BTreeSet<SocketAddr>,
    pub rng: StdRng,
    flying: BinaryHeap<Reverse<InFlight>>,
    order: u64,
    ids: u64,
}

impl World {
    pub fn new(default_seed: u64) -> Self {
        let now = epoch();
        let sfu = Sfu::new(
            Config {
                candidates: vec![NODE.into()],
            },
            now,
        );
        Self {
            now,
            sfu,
            clients: BTreeMap::new(),
            wire: Wire::default(),
            link: Vec::new(),
            key_requests: Vec::new(),
            connected: Vec::new(),
            disconnected: Vec::new(),
            contacted: std::collections::BTreeSet::new(),
            rng: StdRng::seed_from_u64(seed(default_seed)),
            flying: BinaryHeap::new(),
            order: 0,
            ids: 0,
        }
    }

    /// A client that has offered nothing yet.
    pub fn client(&mut self, browser: Browser) -> ParticipantId {
        self.ids += 1;
        let id = ParticipantId(self.ids);
        let addr = SocketAddr::from(([10, 0, 1, self.ids as u8], 5000));
        let rtc = new_rtc(browser, addr, self.now);
        let client = Client {
            rtc,
            addr,
            deadline: self.now,
            connected: false,
            got: Vec::new(),
            sources: Vec::new(),
            key_requests: 0,
            browser,
            uplink_loss: 0.0,
            downlink_loss: 0.0,
            link_free: self.now,
            rate: None,
            remb: Vec::new(),
        };
        self.clients.insert(id, client);
        id
    }

    pub fn at(&mut self, id: ParticipantId) -> &mut Client {
        self.clients.get_mut(&id).unwrap()
    }

    /// Offers new sections and applies the answer. Returns the mids of `send`, then of `recv`.
    pub fn offer(&mut self, id: ParticipantId, send: &[(TrackId, Kind)], recv: &[(TrackId, Kind)]) -> Vec<Mid> {
        let (sdp, pending, mids) = self.make_offer(id, send, recv);
        let (mut publish, subscribe) = lists(&mids, send, recv);
        for publish in &mut publish {
            publish.redundant = self.at(id).browser == Browser::Redundant;
        }
        let answer = self.sfu.accept_offer(id, &sdp, &publish, &subscribe, self.now).unwrap();
        let now = self.now;
        let client = self.at(id);
        client
            .rtc
            .sdp_api()
            .accept_answer(pending, SdpAnswer::from_sdp_string(&answer.sdp).unwrap())
            .unwrap();
        for (mid, (_, kind)) in mids.iter().zip(send) {
            client.sources.push(Source {
                mid: *mid,
                kind: *kind,
                start: now,
                next: now,
                sequence: 1,
                frame: 0,
                key_due: true,
                key_frames: 0,
                packets_per_frame: 4,
                running: true,
            });
        }
        client.deadline = now;
        mids
    }

    pub fn make_offer(
        &mut self,
        id: ParticipantId,
        send: &[(TrackId, Kind)],
        recv: &[(TrackId, Kind)],
    ) -> (String, SdpPendingOffer, Vec<Mid>) {
        let client = self.at(id);
        let mut changes = client.rtc.sdp_api();
        let mut mids = Vec::new();
        for (kind, direction) in send
            .iter()
            .map(|s| (s.1, Direction::SendOnly))
            .chain(recv.iter().map(|r| (r.1, Direction::RecvOnly)))
        {
            let media = if kind == Kind::Sound {
                MediaKind::Audio
            } else {
                MediaKind::Video
            };
            mids.push(changes.add_media(media, direction, None, None, None));
        }
        let (offer, pending) = changes.apply().unwrap();
        (offer.to_sdp_string(), pending, mids)
    }

    /// Passes virtual time.
    pub fn run(&mut self, time: Duration) {
        let until = self.now + time;
        self.drain_sfu();
        self.drain_clients();
        while let Some(next) = self.next_event().filter(|next| *next <= until) {
            self.now = self.now.max(next);
            self.step();
        }
        self.now = until;
    }

    fn next_event(&mut self) -> Option<Instant> {
        let Output::Timeout(sfu) = self.sfu.poll(self.now) else {
            panic!("not drained")
        };
        let wire = self.flying.peek().map(|f| f.0.at);
        let clients = self.clients.values().map(Client::next).min();
        [sfu, wire, clients].into_iter().flatten().min()
    }

    fn step(&mut self) {
        while self.flying.peek().is_some_and(|f| f.0.at <= self.now) {
            let Reverse(flight) = self.flying.pop().unwrap();
            self.arrive(flight);
        }
        self.drain_sfu();
        self.drain_clients();
    }

    fn arrive(&mut self, flight: InFlight) {
        if flight.to == SocketAddr::from(NODE) {
            let _ = self
                .sfu
                .handle_datagram(flight.from, flight.to, &flight.bytes, self.now);
            self.drain_sfu();
        } else if let Some(client) = self.clients.values_mut().find(|c| c.addr == flight.to)
            && let Ok(receive) = Receive::new(Protocol::Udp, flight.from, flight.to, &flight.bytes)
        {
            let input = Input::Receive(self.now, receive);
            if client.rtc.accepts(&input) {
                client.rtc.handle_input(input).unwrap();
            }
            self.drain_clients();
        }
    }

    /// Limits the way to a client, in bits per second.
    pub fn slow_down(&mut self, to: SocketAddr, bps: u64) {
        let client = self.clients.values_mut().find(|c| c.addr == to).unwrap();
        client.rate = Some(bps);
    }

    /// Sends a datagram to the node as if from `from`.
    pub fn inject(&mut self, from: SocketAddr, bytes: &[u8]) -> Result<(), Dropped> {
        let taken = self.sfu.handle_datagram(from, NODE.into(), bytes, self.now);
        self.drain_sfu();
        taken
    }

    pub fn drain_sfu(&mut self) {
        loop {
            match self.sfu.poll(self.now) {
                Output::Timeout(_) => return,
                Output::Transmit(t) => {
                    self.contacted.insert(t.to);
                    self.send(t.from, t.to, t.bytes);
                }
                Output::Packet { track, packet } => self.link.push((track, packet)),
                Output::KeyFrameRequest { track } => self.key_requests.push(track),
                Output::Connected { participant } => self.connected.push(participant),
                Output::Disconnected { participant, reason } => self.disconnected.push((participant, reason)),
            }
        }
    }

    fn drain_clients(&mut self) {
        let now = self.now;
        let ids: Vec<_> = self.clients.keys().copied().collect();
        for id in ids {
            let transmits = self.at(id).drain(now);
            for (from, to, bytes) in transmits {
                self.send(from, to, bytes);
            }
        }
    }

    fn send(&mut self, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        let node = SocketAddr::from(NODE);
        let peer = if to == node { from } else { to };
        let mut extra = 0.0;
        let mut at = self.now + self.wire.delay;
        if let Some(client) = self.clients.values_mut().find(|c| c.addr == peer) {
            extra = if to == node {
                client.uplink_loss
            } else {
                client.downlink_loss
            };
            if let Some(rate) = client.rate.or(self.wire.rate).filter(|_| to != node) {
                let free = client.link_free.max(self.now);
                if free - self.now > Duration::from_millis(200) {
                    return;
                }
                client.link_free = free + Duration::from_micros((bytes.len() as u64 + 28) * 8_000_000 / rate);
                at = client.link_free + self.wire.delay;
            }
        }
        // Hand-shakes are not what these tests are about: losses begin once media can flow.
        let media = bytes.first().is_some_and(|b| (128..192).contains(b));
        if media && self.rng.random_bool((self.wire.loss + extra).min(1.0)) {
            return;
        }
        at += self.wire.jitter.mul_f64(self.rng.random::<f64>());
        self.order += 1;
        self.flying.push(Reverse(InFlight {
            at,
            order: self.order,
            from,
            to,
            bytes,
        }));
    }
}

fn lists(mids: &[Mid], send: &[(TrackId, Kind)], recv: &[(TrackId, Kind)]) -> (Vec<Publish>, Vec<Subscribe>) {
    let publish = mids
        .iter()
        .zip(send)
        .map(|(mid, (track, kind))| Publish {
            mid: *mid,
            track: *track,
            kind: *kind,
            redundant: false,
        })
        .collect();
    let subscribe = mids[send.len()..]
        .iter()
        .zip(recv)
        .map(|(mid, (track, _))| Subscribe {
            mid: *mid,
            track: *track,
        })
        .collect();
    (publish, subscribe)
}

pub fn new_rtc(browser: Browser, addr: SocketAddr, now: Instant) -> Rtc {
    let (vp9, rtx, opus): (u8, u8, u8) = match browser {
        Browser::Chromium | Browser::Redundant => (98, 99, 111),
        Browser::Firefox => (121, 122, 109),
    };
    let mut config = RtcConfig::new().set_rtp_mode(true).clear_codecs().enable_bwe(None);
    let codecs = config.codec_config();
    codecs.add_config(
        opus.into(),
        None,
        Codec::Opus,
        Frequency::FORTY_EIGHT_KHZ,
        Some(2),
        FormatParams {
            min_p_time: Some(10),
            use_inband_fec: Some(true),
            ..FormatParams::default()
        },
    );
    if browser == Browser::Redundant {
        codecs.enable_opus(true, true);
    }
    codecs.add_config(
        vp9.into(),
        Some(rtx.into()),
        Codec::Vp9,
        Frequency::NINETY_KHZ,
        None,
        FormatParams {
            profile_id: Some(0),
            ..FormatParams::default()
        },
    );
    let mut rtc = config.build(now);
    rtc.add_local_candidate(Candidate::host(addr, Protocol::Udp).unwrap());
    rtc
}

impl Client {
    fn next(&self) -> Instant {
        let sources = self
            .sources
            .iter()
            .filter(|s| s.running && self.connected)
            .map(|s| s.next);
        sources.fold(self.deadline, Instant::min)
    }

    fn drain(&mut self, now: Instant) -> Vec<(SocketAddr, SocketAddr, Vec<u8>)> {
        if self.connected {
            self.produce(now);
        }
        if self.deadline <= now {
            self.rtc.handle_input(Input::Timeout(now)).unwrap();
        }
        let mut out = Vec::new();
        loop {
            match self.rtc.poll_output().unwrap() {
                str0m::Output::Timeout(at) => {
                    self.deadline = at.max(now + Duration::from_micros(500));
                    return out;
                }
                str0m::Output::Transmit(t) => out.push((t.source, t.destination, t.contents.into())),
                str0m::Output::Event(event) => self.on_event(event, now),
            }
        }
    }

    fn on_event(&mut self, event: Event, now: Instant) {
        match event {
            Event::Connected => self.connected = true,
            Event::KeyframeRequest(request) => {
                self.key_requests += 1;
                if let Some(source) = self.sources.iter_mut().find(|s| s.mid == request.mid) {
                    source.key_due = true;
                }
            }
            Event::EgressBitrateEstimate(str0m::bwe::BweKind::Remb { estimate, .. }) => {
                self.remb.push(estimate.as_u64())
            }
            Event::RtpPacket(packet) => {
                let ssrc = packet.header.ssrc;
                let mid = self.rtc.direct_api().stream_rx(&ssrc).unwrap().mid();
                if !packet.payload.is_empty() {
                    self.got.push(Got {
                        at: now,
                        mid,
                        sequence: *packet.seq_no,
                        timestamp: packet.header.timestamp,
                        pt: packet.header.payload_type,
                        payload: packet.payload.to_vec(),
                    });
                }
            }
            _ => {}
        }
    }

    fn produce(&mut self, now: Instant) {
        let mut wrote = false;
        for at in 0..self.sources.len() {
            while self.sources[at].running && self.sources[at].next <= now {
                self.emit(at, now);
                wrote = true;
            }
        }
        if wrote {
            self.rtc.handle_input(Input::Timeout(now)).unwrap();
        }
    }

    fn emit(&mut self, at: usize, now: Instant) {
        let (vp9, opus) = match self.browser {
            Browser::Chromium => (98, 111),
            Browser::Firefox => (121, 109),
            Browser::Redundant => (98, 63),
        };
        let source = &mut self.sources[at];
        let frame = source.frame;
        source.frame += 1;
        let packets: Vec<(Vec<u8>, bool)> = match source.kind {
            Kind::Sound => {
                source.next += Duration::from_millis(20);
                vec![(sound_payload(frame), false)]
            }
            Kind::Picture => {
                source.next += Duration::from_micros(33_333);
                let key = std::mem::take(&mut source.key_due);
                source.key_frames += u64::from(key);
                if key {
                    // The pattern starts over at a key frame.
                    source.frame = 1;
                }
                let count = source.packets_per_frame * if key { 3 } else { 1 };
                (0..count)
                    .map(|part| {
                        (
                            picture_payload(if key { 0 } else { frame }, key, part, count),
                            part + 1 == count,
                        )
                    })
                    .collect()
            }
        };
        let (pt, clock) = if source.kind == Kind::Sound {
            (opus, 48_000.0)
        } else {
            (vp9, 90_000.0)
        };
        let time = ((source.next - source.start).as_secs_f64() * clock) as u64 as u32;
        let (mid, kind) = (self.sources[at].mid, self.sources[at].kind);
        for (payload, marker) in packets {
            let sequence = self.sources[at].sequence;
            self.sources[at].sequence += 1;
            let mut api = self.rtc.direct_api();
            let stream = api.stream_tx_by_mid(mid, None).unwrap();
            stream.set_unpaced(true);
            let write = RtpWrite::new(Pt::from(pt), sequence.into(), time, now, payload);
            stream.write_rtp(write.marker(marker).nackable(kind == Kind::Picture));
        }
    }

    /// What arrived on a section.
    pub fn got_on(&self, mid: Mid) -> Vec<&Got> {
        self.got.iter().filter(|g| g.mid == mid).collect()
    }

    pub fn ask_key_frame(&mut self, mid: Mid) {
        if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(mid, None) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
        self.deadline = self.deadline.min(self.deadline - Duration::from_millis(1));
    }
}

/// 80 opaque bytes that name their number.
pub fn sound_payload(number: u64) -> Vec<u8> {
    let mut payload = noise(number, 72);
    payload.extend(number.to_be_bytes());
    payload
}

/// A VP9 payload descriptor (L1T3 in the pattern 0 2 1 2) and opaque bytes behind it.
pub fn picture_payload(frame: u64, key: bool, part: usize, parts: usize) -> Vec<u8> {
    let layer = [0u8, 2, 1, 2][frame as usize % 4];
    let up = if frame % 4 == 3 { 0 } else { 0x10 };
    let mut flags = 0xa0;
    flags |= if key { 0 } else { 0x40 };
    flags |= if part == 0 { 0x08 } else { 0 };
    flags |= if part + 1 == parts { 0x04 } else { 0 };
    let mut payload = vec![flags, 0x80 | (frame >> 8) as u8 & 0x7f, frame as u8, layer << 5 | up, 0];
    payload.extend(noise(frame * 64 + part as u64, 1000));
    payload
}

/// Bytes that no parser of payloads survives.
fn noise(number: u64, len: usize) -> Vec<u8> {
    let mut rng = StdRng::seed_from_u64(number);
    (0..len).map(|_| rng.random()).collect()
}

/// The temporal layer of a payload made here.
pub fn layer_of(payload: &[u8]) -> u8 {
    payload[3] >> 5
}
