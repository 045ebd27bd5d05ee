//! The load: one publisher and N receivers, each a WebRTC connection of its own, sealing and opening, without codecs.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sfu::{Kind, Mid, ParticipantId, Publish, Route, Subscribe, TrackId};
use str0m::change::SdpAnswer;
use str0m::format::{Codec, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};
use tokio::sync::oneshot;

use crate::measure::{Latencies, Spent, pin};
use crate::server::{Command, Server};

const PICTURE: TrackId = TrackId(1);
/// Length of the VP9 payload descriptor in front of the opaque part.
const DESCRIPTOR: usize = 5;
/// Packets of a frame.
const FRAME: u64 = 8;
/// Most packets sent before receivers get their turn.
pub const BURST_MAX: usize = 16;
/// A load that is further behind than this has lost the race: it goes on from the present.
const BEHIND_MAX: Duration = Duration::from_millis(20);
/// How long connecting may take.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// What is run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Receivers of the one publisher.
    pub receivers: usize,
    /// Packets a second from the publisher.
    pub packets_per_second: u32,
    /// Payload bytes of a packet.
    pub payload: usize,
    /// Before anything counts.
    pub warm_up: Duration,
    /// What counts.
    pub time: Duration,
    /// Core of the program under test; the load takes the next.
    pub core: usize,
    /// Seed of the payloads.
    pub seed: u64,
}

impl Plan {
    /// Time between two packets.
    #[must_use]
    pub fn gap(&self) -> Duration {
        Duration::from_secs(1) / self.packets_per_second
    }

    /// When the packet after the one due at `due` is due.
    #[must_use]
    pub fn following(&self, due: Instant, now: Instant) -> Instant {
        if now > due + BEHIND_MAX { now } else { due + self.gap() }
    }

    /// Packets a second that all receivers together should get.
    #[must_use]
    pub fn asked(&self) -> f64 {
        f64::from(self.packets_per_second) * self.receivers as f64
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// CPU time of the program under test.
    pub spent: Spent,
    /// Packets that it sent on.
    pub forwarded: u64,
    /// Packets that arrived.
    pub received: u64,
    /// Length of the window.
    pub time: Duration,
    /// One-way times through it.
    pub latencies: Latencies,
}

impl Sample {
    /// CPU microseconds per forwarded packet: the thread's, and the kernel's softirq on its core where it can be read.
    #[must_use]
    pub fn cpu_us(&self) -> f64 {
        let spent = self.spent.thread + self.spent.softirq.unwrap_or_default();
        spent.as_secs_f64() * 1e6 / self.forwarded.max(1) as f64
    }

    /// Packets forwarded a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.forwarded as f64 / self.time.as_secs_f64()
    }

    /// Share of the forwarded packets that arrived.
    #[must_use]
    pub fn arrived(&self) -> f64 {
        self.received as f64 / self.forwarded.max(1) as f64
    }
}

/// Times carried in payloads.
#[derive(Clone, Copy, Debug)]
pub struct Stamps(Instant);

impl Default for Stamps {
    fn default() -> Self {
        Self::new()
    }
}

impl Stamps {
    /// Counts from here.
    #[must_use]
    pub fn new() -> Self {
        Self(Instant::now())
    }

    /// A moment as bytes.
    #[must_use]
    pub fn stamp(self, at: Instant) -> [u8; 8] {
        (at.saturating_duration_since(self.0).as_nanos() as u64).to_be_bytes()
    }

    /// Nanoseconds since a stamp; 0 when it is none.
    #[must_use]
    pub fn age(self, stamp: &[u8]) -> u64 {
        let then = stamp.try_into().map_or(0, u64::from_be_bytes);
        (self.0.elapsed().as_nanos() as u64).saturating_sub(then)
    }
}

/// One connection of the load.
struct Client {
    rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    deadline: Instant,
    connected: bool,
    key_due: bool,
}

impl Client {
    fn new() -> anyhow::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        let mut config = RtcConfig::new().set_rtp_mode(true).clear_codecs();
        let profile = FormatParams {
            profile_id: Some(0),
            ..FormatParams::default()
        };
        config.codec_config().add_config(
            98.into(),
            Some(99.into()),
            Codec::Vp9,
            Frequency::NINETY_KHZ,
            None,
            profile,
        );
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(local, Protocol::Udp)?);
        Ok(Self {
            rtc,
            socket,
            local,
            deadline: Instant::now(),
            connected: false,
            key_due: true,
        })
    }

    fn join(&mut self, server: &Server, participant: ParticipantId, direction: Direction) -> anyhow::Result<Mid> {
        let mut changes = self.rtc.sdp_api();
        let mid = changes.add_media(MediaKind::Video, direction, None, None, None);
        let (offer, pending) = changes.apply().context("an offer")?;
        let (answer, answered) = oneshot::channel();
        let (send, recv) = match direction {
            Direction::SendOnly => (
                vec![Publish {
                    mid,
                    track: PICTURE,
                    kind: Kind::Picture,
                    redundant: false,
                }],
                vec![],
            ),
            _ => (vec![], vec![Subscribe { mid, track: PICTURE }]),
        };
        server.command(Command::Offer {
            participant,
            sdp: offer.to_sdp_string(),
            send,
            recv,
            answer,
        })?;
        let sdp = answered.blocking_recv()??;
        self.rtc
            .sdp_api()
            .accept_answer(pending, SdpAnswer::from_sdp_string(&sdp)?)?;
        Ok(mid)
    }

    /// Takes all that has arrived and says all there is to say; each picture packet's payload goes to `seen`.
    fn turn(&mut self, mut seen: impl FnMut(&[u8])) -> anyhow::Result<()> {
        let mut buffer = [0u8; 2048];
        while let Ok((len, from)) = self.socket.recv_from(&mut buffer) {
            let receive = Receive::new(Protocol::Udp, from, self.local, &buffer[..len])?;
            self.rtc.handle_input(Input::Receive(Instant::now(), receive))?;
            self.drain(&mut seen)?;
        }
        if self.deadline <= Instant::now() {
            self.rtc.handle_input(Input::Timeout(Instant::now()))?;
            self.drain(&mut seen)?;
        }
        Ok(())
    }

    fn drain(&mut self, seen: &mut impl FnMut(&[u8])) -> anyhow::Result<()> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.deadline = at;
                    return Ok(());
                }
                Output::Transmit(t) => {
                    let _ = self.socket.send_to(&t.contents, t.destination);
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::KeyframeRequest(_)) => self.key_due = true,
                Output::Event(Event::RtpPacket(packet)) if !packet.payload.is_empty() => seen(&packet.payload),
                Output::Event(_) => {}
            }
        }
    }

    /// Writes one packet of the picture and sends it.
    fn publish(&mut self, mid: Mid, number: u64, payload: &mut [u8], stamps: Stamps) -> anyhow::Result<()> {
        let (frame, part) = (number / FRAME, number % FRAME);
        let key = part == 0 && std::mem::take(&mut self.key_due);
        let begins = if part == 0 { 0x08 } else { 0 } | if part + 1 == FRAME { 0x04 } else { 0 };
        // Layer 0 alone: every packet goes to every receiver.
        payload[..DESCRIPTOR].copy_from_slice(&[
            0xa0 | begins | if key { 0 } else { 0x40 },
            0x80,
            frame as u8,
            0x10,
            0,
        ]);
        payload[DESCRIPTOR..DESCRIPTOR + 8].copy_from_slice(&stamps.stamp(Instant::now()));
        let mut api = self.rtc.direct_api();
        let stream = api
            .stream_tx_by_mid(mid, None)
            .ok_or_else(|| anyhow!("no outgoing stream"))?;
        stream.set_unpaced(true);
        let write = RtpWrite::new(
            Pt::from(98),
            (number + 1).into(),
            (frame * 3000) as u32,
            Instant::now(),
            &*payload,
        );
        stream.write_rtp(write.marker(part + 1 == FRAME).nackable(true));
        self.rtc.handle_input(Input::Timeout(Instant::now()))?;
        self.drain(&mut |_| {})
    }
}

/// Runs the plan against the media loop.
///
/// # Errors
/// When it does not connect, or anything on the way fails.
pub fn run(plan: Plan) -> anyhow::Result<Sample> {
    let server = Server::start(plan.core)?;
    let _generator = pin(plan.core + 1);
    let mut publisher = Client::new()?;
    let mid = publisher.join(&server, ParticipantId(0), Direction::SendOnly)?;
    let mut receivers: Vec<Client> = (0..plan.receivers)
        .map(|_| Client::new())
        .collect::<anyhow::Result<_>>()?;
    for (at, receiver) in receivers.iter_mut().enumerate() {
        receiver.join(&server, ParticipantId(1 + at as u64), Direction::RecvOnly)?;
    }
    let participants = (1..=plan.receivers as u64).map(ParticipantId).collect();
    server.command(Command::Route(
        PICTURE,
        Route {
            participants,
            link: None,
        },
    ))?;
    connect(&mut publisher, &mut receivers)?;
    pump(plan, &server, &mut publisher, mid, &mut receivers)
}

fn connect(publisher: &mut Client, receivers: &mut [Client]) -> anyhow::Result<()> {
    let start = Instant::now();
    while !publisher.connected || receivers.iter().any(|r| !r.connected) {
        ensure!(start.elapsed() < CONNECT_MAX, "not connected within {CONNECT_MAX:?}");
        publisher.turn(|_| {})?;
        receivers.iter_mut().try_for_each(|r| r.turn(|_| {}))?;
    }
    Ok(())
}

fn pump(
    plan: Plan,
    server: &Server,
    publisher: &mut Client,
    mid: Mid,
    receivers: &mut [Client],
) -> anyhow::Result<Sample> {
    let mut payload: Vec<u8> = (0..plan.payload).map(|_| 0).collect();
    StdRng::seed_from_u64(plan.seed).fill(&mut payload[..]);
    let stamps = Stamps::new();
    let (mut latencies, mut received, mut number) = (Latencies::default(), 0u64, 0u64);
    let start = Instant::now();
    let (measured, end) = (start + plan.warm_up, start + plan.warm_up + plan.time);
    let mut window = None;
    let mut next = start;
    loop {
        let now = Instant::now();
        if now >= end {
            break;
        }
        if window.is_none() && now >= measured {
            let counters = server.counters()?;
            window = Some((server.watched.spent(), counters, Instant::now()));
            received = 0;
        }
        for _ in 0..BURST_MAX {
            if next > now {
                break;
            }
            next = plan.following(next, now);
            publisher.publish(mid, number, &mut payload, stamps)?;
            number += 1;
        }
        publisher.turn(|_| {})?;
        for receiver in receivers.iter_mut() {
            receiver.turn(|payload| {
                received += 1;
                if window.is_some() {
                    latencies.add(stamps.age(&payload[DESCRIPTOR..DESCRIPTOR + 8]));
                }
            })?;
        }
    }
    let (spent, counters, began) = window.context("the window never began")?;
    let spent = server.watched.spent().since(spent);
    let time = began.elapsed();
    Ok(Sample {
        spent,
        forwarded: server.counters()?.forwarded - counters.forwarded,
        received,
        time,
        latencies,
    })
}
