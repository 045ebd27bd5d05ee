//! The loop: one thing happens, then everything that follows from it leaves.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use call::SideId;
use link::MediaPacket;
use sfu::{Output, Packet, ParticipantId, Route, Sfu, TrackId};
use tokio::{sync::mpsc, time::sleep_until};

use crate::{
    News, Order, Tap,
    lines::{LineMedia, from_wire, next, to_wire},
    port::Port,
};

/// Packets of a line taken before what they caused is sent.
const BATCH_MAX: usize = 64;
/// A sender is told a rate again only when it differs by more than one part in this.
const RATE_STEP: u32 = 16;
/// The least that a sender is told, in kilobits a second: speech with its headers.
const RATE_FLOOR_KBPS: u32 = 48;
/// The most that a sender is told, in kilobits a second.
const RATE_CEILING_KBPS: u32 = 6_000;

/// Everything that the thread holds.
pub(crate) struct Loop {
    port: Port,
    sfu: Sfu,
    lines: BTreeMap<SideId, LineMedia>,
    /// Local tracks that leave over a line, with their senders.
    leaving: BTreeMap<TrackId, (SideId, ParticipantId)>,
    /// Remote tracks: where they come from.
    remote: BTreeMap<TrackId, (SideId, u16)>,
    /// Tracks that somebody else is given too.
    taps: BTreeMap<TrackId, Box<dyn Tap>>,
    news: mpsc::Sender<News>,
    #[cfg(debug_assertions)]
    capture: crate::capture::Capture,
}

impl Loop {
    pub(crate) fn new(port: Port, candidates: Vec<SocketAddr>, news: mpsc::Sender<News>) -> Self {
        Self {
            port,
            sfu: Sfu::new(sfu::Config { candidates }, Instant::now()),
            lines: BTreeMap::new(),
            leaving: BTreeMap::new(),
            remote: BTreeMap::new(),
            taps: BTreeMap::new(),
            news,
            #[cfg(debug_assertions)]
            capture: crate::capture::Capture::from_environment(),
        }
    }

    /// Runs until the node has gone.
    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let address = self.port.address;
        let mut deadline = self.drain();
        loop {
            // A far deadline stands for none: the branch needs a moment to wait for.
            let wake = deadline.unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
            // Whoever is ready has the same chance: somebody who floods the port must not hold up orders or links.
            tokio::select! {
                taken = self.port.take(|from, bytes| give(&mut self.sfu, from, address, bytes)) => {
                    if let Err(error) = taken {
                        tracing::error!(%error, "the media port failed");
                        return;
                    }
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
                    tap.give(now, &packet);
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
        let now = Instant::now();
        let next = loop {
            match self.sfu.poll(now) {
                Output::Transmit(datagram) => self.port.send(datagram.to, &datagram.bytes),
                Output::Packet { track, packet } => self.forward(track, packet, now),
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
                Output::Timeout(at) => break at,
            }
        };
        self.port.flush();
        next
    }

    fn forward(&mut self, track: TrackId, packet: Packet, now: Instant) {
        if let Some(tap) = self.taps.get(&track) {
            tap.give(now, &packet);
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
            Order::Counters(reply) => drop(reply.send(self.sfu.counters())),
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

/// Gives the sfu a datagram. What is dropped is counted there; an attacker must not be able to fill the log.
fn give(sfu: &mut Sfu, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
    let _ = sfu.handle_datagram(from, to, bytes, Instant::now());
}
