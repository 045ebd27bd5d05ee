//! One greeted connection and the pure machines that it drives.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use quinn::{Connection, ConnectionError, RecvStream, SendStream};

use super::dial::Greeted;
use super::{Stats, utc_ms};
use crate::Micros;
use crate::congestion::{Share, Shared};
use crate::datagram::Datagram;
use crate::media::{MediaPacket, Receiver, Sender};
use crate::session::{Command, Event, FarHello, Session};
use crate::wire::{Fault, close};

/// Bytes of frames made ready for the stream at once.
const STREAM_BATCH: usize = 4 * 1024;
/// The greatest datagram that the sender may count on before the path is known.
const DATAGRAM_BYTES: usize = 1150;
/// Bytes read from the stream at once.
const READ_BYTES: usize = 16 * 1024;
/// Datagrams taken at once.
const DATAGRAM_BATCH: usize = 128;
/// Ticks of the figures over which QUIC's own loss is counted: ten seconds.
const LOSS_TICKS: usize = 20;

/// What happened on the connection.
pub(super) enum Step {
    /// At least one, oldest first.
    Datagrams(Vec<Bytes>),
    Read(Bytes),
    Wrote(usize),
    /// The connection ended.
    Ended(ConnectionError),
    /// The stream ended while the connection stands: no peer of this protocol does that.
    StreamEnded,
}

/// A connection in use.
pub(super) struct Active {
    pub(super) connection: Connection,
    pub(super) hello: FarHello,
    pub(super) dialled: bool,
    pub(super) session: Session,
    control: Shared,
    send: SendStream,
    recv: RecvStream,
    sender: Sender,
    receiver: Receiver,
    share: Share,
    inbox: Bytes,
    outbox: Vec<u8>,
    heard: (u64, Instant),
    lost: VecDeque<(u64, u64)>,
    media_at: Option<Micros>,
    malformed: u64,
}

impl Active {
    pub(super) fn new(greeted: Greeted) -> Self {
        let Greeted {
            connection,
            control,
            dialled,
            send,
            recv,
            session,
            hello,
            rest,
        } = greeted;
        let datagram_bytes = connection.max_datagram_size().unwrap_or(DATAGRAM_BYTES);
        Self {
            heard: (connection.stats().udp_rx.datagrams, Instant::now()),
            connection,
            hello,
            dialled,
            session,
            control,
            send,
            recv,
            sender: Sender::new(datagram_bytes),
            receiver: Receiver::default(),
            share: Share::default(),
            inbox: Bytes::from(rest),
            outbox: Vec::new(),
            lost: VecDeque::new(),
            media_at: None,
            malformed: 0,
        }
    }

    pub(super) fn now(&self) -> Micros {
        self.control.micros(Instant::now())
    }

    /// Waits for the connection. Dropping the future loses nothing. `may_read` is false while events wait for the node.
    pub(super) async fn step(&mut self, may_read: bool) -> Step {
        let Self {
            connection,
            recv,
            send,
            outbox,
            inbox,
            share,
            ..
        } = self;
        let may_read = may_read && inbox.is_empty();
        let may_write = !outbox.is_empty() && share.is_ready();
        tokio::select! {
            biased;
            datagram = connection.read_datagram() => match datagram {
                Ok(bytes) => Step::Datagrams(waiting(connection, bytes).await),
                Err(error) => Step::Ended(error),
            },
            wrote = send.write(outbox), if may_write => match wrote {
                Ok(length) => Step::Wrote(length),
                Err(_) => ended(connection),
            },
            read = recv.read_chunk(READ_BYTES, true), if may_read => match read {
                Ok(Some(chunk)) => Step::Read(chunk.bytes),
                Ok(None) | Err(_) => ended(connection),
            },
        }
    }

    /// Bytes of the stream that were read.
    pub(super) fn read(&mut self, bytes: Bytes) {
        self.inbox = bytes;
    }

    /// Bytes of the stream that QUIC took.
    pub(super) fn wrote(&mut self, length: usize) {
        self.outbox.drain(..length);
        self.share.spend(length);
        let now = self.now();
        self.sender.charge(now, length);
    }

    /// A datagram; gives the media packets in it.
    pub(super) fn datagram(&mut self, bytes: Bytes) -> Vec<MediaPacket> {
        let now = self.now();
        match Datagram::decode(bytes) {
            Ok(_) if !self.session.is_open() => Vec::new(),
            Ok(Datagram::Media(media)) => self.receiver.receive(now, media),
            Ok(Datagram::Report(report)) => {
                if let Some(feedback) = self.sender.report(now, &report) {
                    self.control
                        .with(|control| control.on_forward_delay(now, feedback.forward_delay_us));
                }
                Vec::new()
            }
            Err(_) => {
                self.malformed += 1;
                Vec::new()
            }
        }
    }

    /// A media packet of this side. `false` when it was dropped.
    pub(super) fn media(&mut self, packet: MediaPacket) -> bool {
        if !self.session.is_open() {
            return false;
        }
        let now = self.now();
        self.media_at = Some(now);
        self.sender.send(now, packet)
    }

    /// The node's command. A fault of our own node is logged there; the session goes on.
    pub(super) fn command(&mut self, command: Command) -> Result<(), Fault> {
        self.session.command(command)
    }

    /// Moves everything on that can move: frames, datagrams, reports. Gives events, oldest first.
    ///
    /// # Errors
    /// The far side's fault, for which the connection must be closed.
    pub(super) fn pump(&mut self, events: &mut VecDeque<Event>) -> Result<(), Fault> {
        let now = self.now();
        self.session.tick(now);
        while let Some(event) = self.session.poll_event() {
            events.push_back(event);
        }
        if events.is_empty() && !self.inbox.is_empty() {
            let mut input = self.inbox.as_ref();
            self.session.read(now, utc_ms(), &mut input)?;
            let used = self.inbox.len() - input.len();
            self.inbox = self.inbox.slice(used..);
        }
        while self.outbox.len() < STREAM_BATCH {
            let Some(frame) = self.session.poll_transmit() else {
                break;
            };
            self.outbox.extend_from_slice(&frame);
        }
        while let Some(event) = self.session.poll_event() {
            events.push_back(event);
        }
        self.pump_media(now);
        Ok(())
    }

    fn pump_media(&mut self, now: Micros) {
        let (rate, filling) = self
            .control
            .with(|control| (control.rate(), control.wants_filling(now)));
        self.sender.set_rate(rate);
        self.sender.set_filling(filling);
        self.receiver.set_rate(rate);
        self.share
            .refill(now, rate, self.media_at.is_some_and(|at| at + 500_000 > now));
        if !self.session.is_open() {
            return;
        }
        if let Some(bytes) = self.connection.max_datagram_size() {
            self.sender.set_datagram_bytes(bytes);
        }
        if let Some(report) = self.receiver.poll_report(now) {
            self.sender.charge(now, report.len());
            // A datagram that cannot go is a lost one: reports and repair live with that.
            let _ = self.connection.send_datagram(report);
        }
        while let Some(datagram) = self.sender.poll(now) {
            let _ = self.connection.send_datagram(datagram);
        }
    }

    /// When [`Active::pump`] has something to do although nothing happens.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let now = self.now();
        let rate = self.control.with(|control| control.rate());
        let stream = (!self.outbox.is_empty() && !self.share.is_ready()).then(|| now + self.share.wait_us(rate));
        let due = [
            self.session.poll_timeout(),
            self.sender.poll_timeout(now),
            self.receiver.poll_timeout(),
            stream,
        ];
        due.into_iter().flatten().min().map(|at| self.control.instant(at))
    }

    /// Whether bytes wait to be given to the session; then [`Active::pump`] must run again at once.
    pub(super) fn has_input(&self) -> bool {
        !self.inbox.is_empty()
    }

    /// How long nothing has come, as of the last call.
    pub(super) fn silence(&mut self) -> std::time::Duration {
        let datagrams = self.connection.stats().udp_rx.datagrams;
        if datagrams != self.heard.0 {
            self.heard = (datagrams, Instant::now());
        }
        self.heard.1.elapsed()
    }

    pub(super) fn stats(&mut self) -> Stats {
        let now = self.now();
        let stats = self.connection.stats();
        let media = self.media_at.is_some_and(|at| at + 5_000_000 > now);
        self.lost.push_back((stats.path.sent_packets, stats.path.lost_packets));
        if self.lost.len() > LOSS_TICKS {
            self.lost.pop_front();
        }
        let (sent_before, lost_before) = self.lost.front().copied().unwrap_or_default();
        let sent = stats.path.sent_packets.saturating_sub(sent_before);
        let lost = stats.path.lost_packets.saturating_sub(lost_before);
        let quic_loss = (sent > 0).then(|| lost as f64 / sent as f64);
        let (rate, queue) = self.control.with(|control| (control.rate(), control.queue_us(now)));
        Stats {
            up: true,
            open: self.session.is_open(),
            rtt_ms: Some(self.connection.rtt().as_secs_f64() * 1e3),
            loss_out: if media { Some(self.sender.loss()) } else { quic_loss },
            loss_in: self.receiver.has_news().then(|| self.receiver.loss()),
            jitter_ms: self.receiver.has_news().then(|| self.receiver.jitter_us() / 1e3),
            skew_ms: self.session.skew_ms(),
            rate_kbps: Some(self.publish_kbps()),
            path_kbps: Some((rate / 1e3) as u32),
            queue_ms: Some(queue as f64 / 1e3),
            dropped: self.sender.dropped(),
            address: Some(self.connection.remote_address()),
        }
    }

    /// What publishers may send together, kb/s.
    pub(super) fn publish_kbps(&self) -> u32 {
        (self.sender.publish_rate() / 1e3) as u32
    }

    pub(super) fn close(&self, code: u32) {
        debug_assert!(code <= close::REPLACED);
        self.connection.close(code.into(), b"");
    }
}

/// The datagrams that have come already, after the first. A report must tell of all of them: after a pause of this
/// machine the first waited longest, and would look like a queue on the path.
async fn waiting(connection: &Connection, first: Bytes) -> Vec<Bytes> {
    let mut datagrams = vec![first];
    while datagrams.len() < DATAGRAM_BATCH {
        tokio::select! {
            biased;
            datagram = connection.read_datagram() => match datagram {
                Ok(bytes) => datagrams.push(bytes),
                Err(_) => break,
            },
            () = std::future::ready(()) => break,
        }
    }
    datagrams
}

/// A stream fails with its connection; the connection knows why.
fn ended(connection: &Connection) -> Step {
    connection.close_reason().map_or(Step::StreamEnded, Step::Ended)
}
