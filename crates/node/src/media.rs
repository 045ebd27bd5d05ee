//! The media loop: one UDP port, the [`sfu`], and the media side of every line's link.
//!
//! Driven by packets: from browsers, from links, and by [`Order`]s of the core. It runs on a thread of its own, so that
//! neither a slow disk nor a busy desk delays a packet. It decides nothing: who may hear whom comes as routes.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use bytes::Bytes;
use call::SideId;
use link::{LineHandle, MediaPacket};
use sfu::{Answer, OfferError, Output, Packet, ParticipantId, Publish, Reason, Route, Sfu, Subscribe, TrackId};
use tokio::{
    net::UdpSocket,
    sync::{mpsc, oneshot},
    time::sleep_until,
};

use crate::recorder::{Packets, Tap};

/// Orders that may wait.
const ORDERS_MAX: usize = 1024;
/// Datagrams and packets taken before what they caused is sent.
const BATCH_MAX: usize = 64;
/// A sender is told a rate again only when it differs by more than one part in this.
const RATE_STEP: u32 = 16;
/// The least that a sender is told, in kilobits a second: speech with its headers.
const RATE_FLOOR_KBPS: u32 = 48;
/// The most that a sender is told, in kilobits a second.
const RATE_CEILING_KBPS: u32 = 6_000;

/// What the core asks of the media loop.
pub(crate) enum Order {
    /// Answer a browser's offer.
    Offer {
        /// Whose.
        participant: ParticipantId,
        /// The SDP offer.
        sdp: String,
        /// What it sends.
        publish: Vec<Publish>,
        /// What it wants.
        subscribe: Vec<Subscribe>,
        /// What became of it.
        reply: oneshot::Sender<Result<Answer, OfferError>>,
    },
    /// Forget a participant.
    Remove(ParticipantId),
    /// A track of the far side, known there as `far_track`.
    AddRemote {
        /// The line it comes over.
        line: SideId,
        /// Its number on the link.
        far_track: u16,
        /// Its number here.
        track: TrackId,
        /// Sound or picture.
        kind: sfu::Kind,
    },
    /// A track is gone.
    RemoveTrack(TrackId),
    /// Who may receive a track; for a local track also over which line it goes.
    Route {
        /// The track.
        track: TrackId,
        /// Participants here.
        participants: Vec<ParticipantId>,
        /// The line, for a local track that may leave; with the participant that sends it.
        line: Option<(SideId, ParticipantId)>,
    },
    /// Whether the own recorder is given a track, and as what.
    Tap(TrackId, Option<Tap>),
    /// The far side, or the own recorder, needs a key frame of a local track.
    KeyFrame(TrackId),
    /// A line's media.
    AddLine {
        /// The far side.
        far: SideId,
        /// What goes out.
        handle: LineHandle,
        /// What comes in.
        incoming: mpsc::Receiver<MediaPacket>,
    },
}

/// What the media loop tells the core.
#[derive(Debug)]
pub(crate) enum News {
    /// The participant is gone.
    Disconnected(ParticipantId, Reason),
    /// Somebody here needs a key frame of this far track.
    KeyFrameRequest {
        /// The line.
        line: SideId,
        /// The far side's number of it.
        far_track: u16,
    },
    /// What a participant may send in all, in kilobits a second.
    Rate(ParticipantId, u32),
}

/// The core's end of the media loop.
#[derive(Clone)]
pub(crate) struct Media {
    orders: mpsc::Sender<Order>,
    /// Where browsers send to.
    pub(crate) address: SocketAddr,
}

/// Why the media loop did not start.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The port could not be opened.
    #[error("media port {address}: {source}")]
    Port {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The thread could not be started.
    #[error("the media thread did not start: {0}")]
    Thread(io::Error),
}

impl Media {
    /// Opens the port and starts the thread. News arrive on the receiver; the loop ends when every [`Media`] is dropped.
    pub(crate) fn start(
        listen: SocketAddr,
        candidates: &[SocketAddr],
        recorder: Packets,
    ) -> Result<(Self, mpsc::Receiver<News>), MediaError> {
        let port = |source| MediaError::Port {
            address: listen,
            source,
        };
        let socket = std::net::UdpSocket::bind(listen).map_err(port)?;
        socket.set_nonblocking(true).map_err(port)?;
        let address = socket.local_addr().map_err(port)?;
        let candidates = match candidates {
            [] => vec![address],
            given => given
                .iter()
                .map(|given| {
                    if given.port() == 0 {
                        SocketAddr::new(given.ip(), address.port())
                    } else {
                        *given
                    }
                })
                .collect(),
        };
        let (orders, orders_in) = mpsc::channel(ORDERS_MAX);
        let (news, news_out) = mpsc::channel(ORDERS_MAX);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(MediaError::Thread)?;
        std::thread::Builder::new()
            .name("media".into())
            .spawn(move || {
                runtime.block_on(async move {
                    match UdpSocket::from_std(socket) {
                        Ok(socket) => {
                            Loop::new(socket, address, candidates, news, recorder)
                                .run(orders_in)
                                .await
                        }
                        Err(error) => tracing::error!(%error, "the media port could not be used"),
                    }
                });
            })
            .map_err(MediaError::Thread)?;
        Ok((Self { orders, address }, news_out))
    }

    /// Gives an order; waits while too many are waiting.
    pub(crate) async fn order(&self, order: Order) {
        if self.orders.send(order).await.is_err() {
            tracing::error!("the media loop is gone");
        }
    }
}

struct LineMedia {
    handle: LineHandle,
    incoming: mpsc::Receiver<MediaPacket>,
    /// Far numbers to local ones.
    tracks: BTreeMap<u16, TrackId>,
    /// The rate last shared out.
    shared_kbps: u32,
}

struct Loop {
    socket: UdpSocket,
    address: SocketAddr,
    sfu: Sfu,
    lines: BTreeMap<SideId, LineMedia>,
    /// Local tracks that leave over a line, with their senders.
    leaving: BTreeMap<TrackId, (SideId, ParticipantId)>,
    /// Remote tracks: where they come from.
    remote: BTreeMap<TrackId, (SideId, u16)>,
    /// Tracks that the own recorder is given.
    taps: BTreeMap<TrackId, Tap>,
    recorder: Packets,
    news: mpsc::Sender<News>,
    #[cfg(debug_assertions)]
    capture: crate::capture::Capture,
}

impl Loop {
    fn new(
        socket: UdpSocket,
        address: SocketAddr,
        candidates: Vec<SocketAddr>,
        news: mpsc::Sender<News>,
        recorder: Packets,
    ) -> Self {
        Self {
            socket,
            address,
            sfu: Sfu::new(sfu::Config { candidates }, Instant::now()),
            lines: BTreeMap::new(),
            leaving: BTreeMap::new(),
            remote: BTreeMap::new(),
            taps: BTreeMap::new(),
            recorder,
            news,
            #[cfg(debug_assertions)]
            capture: crate::capture::Capture::from_environment(),
        }
    }

    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut deadline = self.drain();
        loop {
            // A far deadline stands for none: the branch needs a moment to wait for.
            let wake = deadline.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
            tokio::select! {
                biased;
                readable = self.socket.readable() => {
                    if let Err(error) = readable {
                        tracing::error!(%error, "the media port failed");
                        return;
                    }
                    self.read_socket();
                }
                (far, packet) = next(&mut self.lines) => self.receive(far, packet),
                order = orders.recv() => match order {
                    Some(order) => self.order(order),
                    None => return,
                },
                () = sleep_until(wake.into()) => {}
            }
            deadline = self.drain();
        }
    }

    fn read_socket(&mut self) {
        let mut buffer = [0_u8; sfu::DATAGRAM_MAX + 1];
        for _ in 0..BATCH_MAX {
            let (len, from) = match self.socket.try_recv_from(&mut buffer) {
                Ok(datagram) => datagram,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // A refusal of an earlier datagram by its receiver.
                Err(_) => continue,
            };
            // What is dropped is counted by the sfu; an attacker must not be able to fill the log.
            let _ = self
                .sfu
                .handle_datagram(from, self.address, &buffer[..len], Instant::now());
        }
    }

    fn receive(&mut self, far: SideId, packet: Option<MediaPacket>) {
        let Some(mut packet) = packet else {
            self.lines.remove(&far);
            return;
        };
        let now = Instant::now();
        for _ in 0..BATCH_MAX {
            #[cfg(debug_assertions)]
            if self.capture.is_on() {
                self.capture
                    .keep(crate::capture::Way::In, packet.track, &from_wire(&packet));
            }
            let Some(line) = self.lines.get_mut(&far) else {
                return;
            };
            if let Some(track) = line.tracks.get(&packet.track) {
                let packet = from_wire(&packet);
                if let Some(tap) = self.taps.get(track) {
                    self.recorder.give(tap, now, &packet);
                }
                let _ = self.sfu.handle_packet(*track, packet, now);
            }
            match line.incoming.try_recv() {
                Ok(following) => packet = following,
                Err(_) => return,
            }
        }
    }

    /// Sends everything that is due and returns when to come back.
    fn drain(&mut self) -> Option<Instant> {
        loop {
            match self.sfu.poll(Instant::now()) {
                // A full socket buffer loses the datagram as a full network would.
                Output::Transmit(datagram) => {
                    let _ = self.socket.try_send_to(&datagram.bytes, datagram.to);
                }
                Output::Packet { track, packet } => self.forward(track, packet),
                Output::KeyFrameRequest { track } => {
                    if let Some((line, far_track)) = self.remote.get(&track) {
                        self.tell(News::KeyFrameRequest {
                            line: *line,
                            far_track: *far_track,
                        });
                    }
                }
                Output::Connected { participant } => self.share_again(participant),
                Output::Disconnected { participant, reason } => self.tell(News::Disconnected(participant, reason)),
                Output::Timeout(at) => return at,
            }
        }
    }

    fn forward(&mut self, track: TrackId, packet: Packet) {
        if let Some(tap) = self.taps.get(&track) {
            self.recorder.give(tap, Instant::now(), &packet);
        }
        let Some(&(far, _)) = self.leaving.get(&track) else {
            return;
        };
        let Some(line) = self.lines.get_mut(&far) else {
            return;
        };
        #[cfg(debug_assertions)]
        self.capture.keep(crate::capture::Way::Out, track.0, &packet);
        line.handle.media(to_wire(track, packet));
        let rate = line.handle.rate();
        if rate.abs_diff(line.shared_kbps) > line.shared_kbps / RATE_STEP {
            line.shared_kbps = rate;
            self.share(far);
        }
    }

    /// Divides a line's rate among those who send over it and tells them.
    fn share(&mut self, far: SideId) {
        let Some(rate) = self.lines.get(&far).map(|line| line.shared_kbps) else {
            return;
        };
        let mut senders: Vec<_> = self
            .leaving
            .values()
            .filter(|(line, _)| *line == far)
            .map(|(_, sender)| *sender)
            .collect();
        senders.sort_unstable();
        senders.dedup();
        let Some(each) = u32::try_from(senders.len())
            .ok()
            .and_then(|count| rate.checked_div(count))
        else {
            return;
        };
        let each = each.clamp(RATE_FLOOR_KBPS, RATE_CEILING_KBPS);
        for sender in senders {
            self.sfu.set_publish_rate(sender, each, Instant::now());
            self.tell(News::Rate(sender, each));
        }
    }

    fn share_again(&mut self, participant: ParticipantId) {
        let line = self
            .leaving
            .values()
            .find(|(_, sender)| *sender == participant)
            .map(|(line, _)| *line);
        if let Some(line) = line {
            self.share(line);
        }
    }

    fn order(&mut self, order: Order) {
        let now = Instant::now();
        match order {
            Order::Offer {
                participant,
                sdp,
                publish,
                subscribe,
                reply,
            } => {
                let answer = self.sfu.accept_offer(participant, &sdp, &publish, &subscribe, now);
                let _ = reply.send(answer);
            }
            Order::Remove(participant) => self.sfu.remove(participant, now),
            Order::AddRemote {
                line,
                far_track,
                track,
                kind,
            } => {
                if let Err(error) = self.sfu.add_remote_track(track, kind, now) {
                    tracing::warn!(%error, "a far track was not taken");
                    return;
                }
                self.remote.insert(track, (line, far_track));
                if let Some(line) = self.lines.get_mut(&line) {
                    line.tracks.insert(far_track, track);
                }
            }
            Order::RemoveTrack(track) => {
                self.sfu.remove_track(track);
                self.leaving.remove(&track);
                self.taps.remove(&track);
                if let Some((line, far_track)) = self.remote.remove(&track)
                    && let Some(line) = self.lines.get_mut(&line)
                {
                    line.tracks.remove(&far_track);
                }
            }
            Order::Route {
                track,
                participants,
                line,
            } => self.route(track, participants, line),
            Order::Tap(track, Some(tap)) => drop(self.taps.insert(track, tap)),
            Order::Tap(track, None) => drop(self.taps.remove(&track)),
            Order::KeyFrame(track) => self.sfu.request_key_frame(track, now),
            Order::AddLine { far, handle, incoming } => {
                let shared_kbps = handle.rate();
                self.lines.insert(
                    far,
                    LineMedia {
                        handle,
                        incoming,
                        tracks: BTreeMap::new(),
                        shared_kbps,
                    },
                );
            }
        }
    }

    fn route(&mut self, track: TrackId, participants: Vec<ParticipantId>, line: Option<(SideId, ParticipantId)>) {
        let all_layers = line.map(|_| 2);
        self.sfu.route(
            track,
            Route {
                participants,
                link: all_layers,
            },
            Instant::now(),
        );
        match line {
            Some(leaving) => {
                self.leaving.insert(track, leaving);
                self.share(leaving.0);
            }
            None => {
                self.leaving.remove(&track);
            }
        }
    }

    fn tell(&self, news: News) {
        if self.news.try_send(news).is_err() {
            tracing::warn!("the core does not keep up with the media loop");
        }
    }
}

/// The next packet of any line, or the end of one; waits for ever when there are none.
async fn next(lines: &mut BTreeMap<SideId, LineMedia>) -> (SideId, Option<MediaPacket>) {
    std::future::poll_fn(|context| {
        for (far, line) in lines.iter_mut() {
            if let Poll::Ready(packet) = line.incoming.poll_recv(context) {
                return Poll::Ready((*far, packet));
            }
        }
        Poll::Pending
    })
    .await
}

fn to_wire(track: TrackId, packet: Packet) -> MediaPacket {
    MediaPacket {
        track: track.0,
        kind: match packet.kind {
            sfu::Kind::Sound => link::Kind::Sound,
            sfu::Kind::Picture => link::Kind::Picture,
        },
        sequence: packet.sequence,
        timestamp: packet.timestamp,
        marker: packet.marker,
        layer: packet.layer,
        payload: Bytes::from_owner(packet.payload),
    }
}

fn from_wire(packet: &MediaPacket) -> Packet {
    Packet {
        kind: match packet.kind {
            link::Kind::Sound => sfu::Kind::Sound,
            link::Kind::Picture => sfu::Kind::Picture,
        },
        sequence: packet.sequence,
        timestamp: packet.timestamp,
        marker: packet.marker,
        layer: packet.layer,
        payload: Arc::from(&packet.payload[..]),
    }
}
