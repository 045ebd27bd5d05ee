//! The session on one connection: hello, heads, statements delivered once and in order, signals.
//!
//! Driven by [`crate::quic`], or by a test with a simulated wire: bytes, commands and times go in, bytes and events come
//! out. It keeps no statement: what the far side misses it asks the node for, a page at a time ([`Event::Want`]), so an
//! absence of any length costs bounded memory. It never reads a clock and never judges a statement.
//!
//! The contract: after every change call [`Session::poll_event`] until it is empty, then send what
//! [`Session::poll_transmit`] gives, then wait for bytes, a command or [`Session::tick`].

mod chains;

use std::collections::VecDeque;

use bytes::Bytes;
use call::{CallId, Hash, SideId};
use minicbor::bytes::ByteVec;
use thiserror::Error;

use crate::Micros;
pub use crate::wire::{CallHeads, ChainHead};
use crate::wire::{
    CHAIN_MAX, Fault, Found, Frame, HEADS_CALLS_MAX, HEADS_MAX, Hello, Prelude, Reader, SIGNAL_CHUNK_MAX,
    STATEMENT_BYTES_MAX,
};
use chains::Chains;

/// Calls whose heads are exchanged on one connection; older ones the node leaves out.
pub const CALLS_MAX: usize = 16_384;
/// The longest signal.
pub const SIGNAL_BYTES_MAX: usize = 256 * 1024;
/// Signals that may wait to be sent.
pub const SIGNALS_WAITING_MAX: usize = 256;
/// Bytes of signals that may wait to be sent.
pub const SIGNAL_BYTES_WAITING_MAX: usize = 2 * 1024 * 1024;
/// Statements asked of the node at once.
pub const WANT_STATEMENTS: u32 = 16;
/// Bytes of statements that may wait to be sent before the node is asked again instead.
pub const STATEMENT_BYTES_WAITING_MAX: usize = 512 * 1024;
/// Small frames (heads, pongs, receipts) that may wait to be sent.
pub const CONTROL_WAITING_MAX: usize = 1024;
/// Between two Pings.
pub const PING_INTERVAL_US: Micros = 1_000_000;
/// Pings whose Pong is awaited.
const PINGS_OPEN_MAX: usize = 8;
/// Skew is taken from the quickest of this many exchanges.
const SKEW_SAMPLES: usize = 16;

/// A reliable, ordered message between the two nodes that is not stored: presence, tracks, requests for a key frame.
#[derive(Clone, PartialEq, Eq)]
pub struct Signal {
    /// The call that it is about, or all zero for the line.
    pub call: Hash,
    /// At most [`SIGNAL_BYTES_MAX`] bytes; opaque here.
    pub payload: Bytes,
}

impl std::fmt::Debug for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signal({} bytes)", self.payload.len())
    }
}

/// What this side says of itself.
#[derive(Debug, Clone)]
pub struct Local {
    /// This side.
    pub side: SideId,
    /// Sixteen random bytes of this start of the node.
    pub boot: [u8; 16],
    /// Name and version of the software; at most 64 bytes, no control characters.
    pub software: String,
    /// The hash of the web bundle served, or all zero.
    pub web: Hash,
    /// Whether this side's operator has confirmed the words.
    pub confirmed: bool,
    /// The route that this connection is.
    pub route: u16,
    /// The versions spoken; [`Prelude::OURS`] but in tests.
    pub versions: Prelude,
}

/// What the far side said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FarHello {
    /// Name and version of its software.
    pub software: String,
    /// The hash of the web bundle that it serves, or all zero.
    pub web: Hash,
    /// Random bytes of its start: another value than last time means that it was started again.
    pub boot: [u8; 16],
    /// Whether its operator has confirmed the words.
    pub confirmed: bool,
    /// Its clock less ours in milliseconds, give or take the time that the Hello took.
    pub skew_ms: i64,
    /// The protocol version agreed on.
    pub version: u16,
    /// The route of the line.
    pub route: u16,
}

/// What the node asks of a line.
#[derive(Debug, Clone)]
pub enum Command {
    /// The answer to [`Event::HeadsWanted`]: how far each chain is *stored*, newest calls first, at most [`CALLS_MAX`].
    Heads(Vec<CallHeads>),
    /// A statement was stored here (our own, or one learnt on another line): send it if the far side lacks it.
    Statement {
        /// The call, or the line's own chain.
        call: CallId,
        /// Whose chain.
        side: SideId,
        /// Its number in the chain, from 1.
        number: u32,
        /// As signed, at most 16 KiB.
        bytes: Bytes,
    },
    /// The answer to [`Event::Want`]: the statements numbered above `after`, without a gap. Empty when there are none.
    Statements {
        /// As asked.
        call: CallId,
        /// As asked.
        side: SideId,
        /// As asked.
        after: u32,
        /// As many as the limit asked for, or fewer.
        statements: Vec<Bytes>,
    },
    /// A statement of the far side (or of another's chain that it sent) is stored: tell it.
    Held {
        /// The call, or the line's own chain.
        call: CallId,
        /// Whose chain.
        side: SideId,
        /// How many are stored.
        count: u32,
    },
    /// Send this chain from the start again: the far head is not on our chain, so somebody forked it.
    Again {
        /// The call, or the line's own chain.
        call: CallId,
        /// Whose chain.
        side: SideId,
    },
    /// Send a signal. Dropped while the line is not open.
    Signal(Signal),
    /// This side's operator has confirmed the words (`true`), or takes it back (`false`: the link is closed and comes
    /// back unconfirmed).
    Confirm(bool),
}

/// What a line tells the node, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The link stands and the far side is the pinned one. Nothing passes before [`Event::HeadsWanted`].
    Up {
        /// What the far side said of itself.
        hello: FarHello,
    },
    /// Both operators have confirmed: the line is open. Answer with [`Command::Heads`]; signals and media may flow.
    HeadsWanted,
    /// The far operator confirmed while the link stood.
    FarConfirmed,
    /// How far the far side holds each chain, a page at a time. Compare the hashes with our own chains; on a difference
    /// give [`Command::Again`].
    FarHeads {
        /// The page.
        calls: Vec<CallHeads>,
        /// Whether it is the last.
        last: bool,
    },
    /// A statement. Unjudged: the node gives it to `call` and stores it. Within its chain it comes in order and once.
    Statement {
        /// The call that the far side says it belongs to.
        call: CallId,
        /// The chain that the far side says it belongs to.
        side: SideId,
        /// The number that the far side says it has, from 1.
        number: u32,
        /// The bytes as sent.
        bytes: Bytes,
        /// The place was filled already: either the same bytes (ignore) or the proof of a fork (keep both).
        again: bool,
    },
    /// The far side misses statements: answer with [`Command::Statements`].
    Want {
        /// The call.
        call: CallId,
        /// Whose chain.
        side: SideId,
        /// The number of the last one that is not missing; 0 when all are.
        after: u32,
        /// At most this many.
        limit: u32,
    },
    /// Everything that the far side held when the link came up has been delivered: our own head is known for certain.
    Level,
    /// The far side has stored a chain up to here.
    FarHeld {
        /// The call, or the line's own chain.
        call: CallId,
        /// Whose chain.
        side: SideId,
        /// How many are stored there.
        count: u32,
    },
    /// A signal from the far node.
    Signal(Signal),
    /// The link is gone, or could not be made. It is tried again for as long as the line exists.
    Down {
        /// Why.
        reason: DownReason,
    },
}

/// Why a link is down, in terms an operator can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DownReason {
    /// The far node speaks no common version; its range is given where it could still say so.
    #[error("no common protocol version")]
    Version {
        /// The versions that this node speaks.
        ours: (u16, u16),
        /// The versions that the far node speaks, or `None` when only the close code told.
        theirs: Option<(u16, u16)>,
    },
    /// The key at the far end is not the pinned one, or the far end does not accept ours.
    #[error("the key at the far end is not the pinned one, or ours is not pinned there")]
    Key,
    /// This node refused what the far side sent.
    #[error("refused: {0}")]
    Refused(Fault),
    /// The far side refused what this node sent; the code is one of [`crate::wire::close`].
    #[error("refused by the far side (code {0})")]
    RefusedByFar(u32),
    /// Nothing came for the idle time.
    #[error("nothing came from the far side")]
    Silent,
    /// No address answered.
    #[error("no address of the far side answered")]
    Unreachable,
    /// An address could not be resolved.
    #[error("no address of the far side could be resolved")]
    Unresolved,
    /// The far node stopped or was restarted.
    #[error("the far node stopped")]
    FarStopped,
    /// Another connection of the same line took over; [`Event::Up`] follows at once.
    #[error("another connection took over")]
    Replaced,
    /// This side's operator took the confirmation back.
    #[error("the confirmation was taken back")]
    Unconfirmed,
    /// TLS found nothing in common: the far end offers another key exchange or protocol.
    #[error("the far end does not speak this link's TLS")]
    Handshake,
    /// QUIC failed in a way that the peers of an honest network do not cause.
    #[error("the connection failed")]
    Failed,
}

impl DownReason {
    /// A stable word for translation.
    pub fn code(self) -> &'static str {
        match self {
            Self::Version { .. } => "link_version",
            Self::Key => "link_key",
            Self::Refused(_) => "link_refused",
            Self::RefusedByFar(_) => "link_refused_by_far",
            Self::Silent => "link_silent",
            Self::Unreachable => "link_unreachable",
            Self::Unresolved => "link_unresolved",
            Self::FarStopped => "link_far_stopped",
            Self::Replaced => "link_replaced",
            Self::Unconfirmed => "link_unconfirmed",
            Self::Handshake => "link_handshake",
            Self::Failed => "link_failed",
        }
    }
}

/// Where the session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The far prelude has not come.
    Prelude,
    /// The far Hello has not come.
    Hello { version: u16 },
    /// The far side is who it should be; one operator or both have not confirmed.
    Unconfirmed,
    /// Both confirmed; everything may pass.
    Open,
}

/// One session. See the module's text for the contract.
#[derive(Debug)]
pub struct Session {
    local: Local,
    far_side: SideId,
    far_confirmed: bool,
    stage: Stage,
    reader: Reader,
    events: VecDeque<Event>,
    control: VecDeque<Vec<u8>>,
    statements: VecDeque<Vec<u8>>,
    statement_bytes: usize,
    signals: VecDeque<Signal>,
    signal_bytes: usize,
    signal_sent: usize,
    signal_turn: bool,
    signal_in: Option<(Hash, Vec<u8>)>,
    chains: Chains,
    pings: VecDeque<(u32, Micros)>,
    ping_next: u32,
    ping_at: Option<Micros>,
    samples: VecDeque<(Micros, i64)>,
}

impl Session {
    /// A session with the side that the line is pinned to. The first bytes to send are ready at once.
    ///
    /// # Errors
    /// The bound that `local` breaks.
    pub fn new(local: Local, far_side: SideId, utc_ms: i64) -> Result<Self, Fault> {
        let hello = Frame::Hello(Hello {
            side: local.side,
            boot: local.boot,
            software: local.software.clone(),
            web: local.web,
            utc_ms,
            confirmed: local.confirmed,
            route: local.route,
        });
        let control = VecDeque::from([local.versions.encode().to_vec(), hello.encode()?]);
        Ok(Self {
            local,
            far_side,
            far_confirmed: false,
            stage: Stage::Prelude,
            reader: Reader::default(),
            events: VecDeque::new(),
            control,
            statements: VecDeque::new(),
            statement_bytes: 0,
            signals: VecDeque::new(),
            signal_bytes: 0,
            signal_sent: 0,
            signal_turn: false,
            signal_in: None,
            chains: Chains::default(),
            pings: VecDeque::new(),
            ping_next: 0,
            ping_at: None,
            samples: VecDeque::new(),
        })
    }

    /// Whether both operators have confirmed, so that statements, signals and media may pass.
    pub fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// Whether the far Hello has come and was right.
    pub fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Unconfirmed | Stage::Open)
    }

    /// Whether so many signals wait that commands should wait too.
    pub fn is_full(&self) -> bool {
        self.signals.len() >= SIGNALS_WAITING_MAX || self.signal_bytes >= SIGNAL_BYTES_WAITING_MAX
    }

    /// The far clock less ours in milliseconds, from the quickest of the last exchanges.
    pub fn skew_ms(&self) -> Option<i64> {
        self.samples.iter().min_by_key(|(round_trip, _)| *round_trip).map(|(_, skew)| *skew)
    }

    /// The last round trip of a Ping, microseconds; it includes waiting in the stream.
    pub fn round_trip_us(&self) -> Option<Micros> {
        self.samples.back().map(|(round_trip, _)| *round_trip)
    }

    /// Takes bytes of the stream from the front of `input` until they are used up or an event is ready.
    ///
    /// # Errors
    /// The fault for which the connection must be closed with [`Fault::close_code`].
    pub fn read(&mut self, now: Micros, utc_ms: i64, input: &mut &[u8]) -> Result<(), Fault> {
        while self.events.is_empty() && !input.is_empty() {
            match self.reader.read(input)? {
                None => return Ok(()),
                Some(Found::Prelude(prelude)) => {
                    let version = self.local.versions.agree(prelude)?;
                    self.stage = Stage::Hello { version };
                }
                Some(Found::Frame(frame)) => self.frame(now, utc_ms, frame)?,
            }
        }
        Ok(())
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next bytes for the stream, one frame at a time. Small frames go first; signals and statements take turns.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        if let Some(bytes) = self.control.pop_front() {
            return Some(bytes);
        }
        if !self.is_open() {
            return None;
        }
        self.signal_turn = !self.signal_turn;
        if self.signal_turn || self.statements.is_empty() {
            if let Some(bytes) = self.signal_piece() {
                return Some(bytes);
            }
        }
        let bytes = self.statements.pop_front()?;
        self.statement_bytes -= bytes.len();
        if self.statements.is_empty() {
            self.want();
        }
        Some(bytes)
    }

    /// Whether [`Session::poll_transmit`] has something.
    pub fn has_transmit(&self) -> bool {
        !self.control.is_empty() || (self.is_open() && !(self.statements.is_empty() && self.signals.is_empty()))
    }

    /// When [`Session::tick`] wants to be called; `None` before the far Hello.
    pub fn poll_timeout(&self) -> Option<Micros> {
        self.ping_at
    }

    /// Time passes: sends a Ping when it is due.
    pub fn tick(&mut self, now: Micros) {
        if !self.ping_at.is_some_and(|at| now >= at) {
            return;
        }
        self.ping_at = Some(now + PING_INTERVAL_US);
        if self.pings.len() >= PINGS_OPEN_MAX {
            self.pings.pop_front();
        }
        let id = self.ping_next;
        self.ping_next = self.ping_next.wrapping_add(1);
        self.pings.push_back((id, now));
        if let Ok(bytes) = (Frame::Ping { id }).encode() {
            self.control.push_back(bytes);
        }
    }

    /// The node's command.
    ///
    /// # Errors
    /// The bound that the command breaks; nothing was sent then, and the session goes on.
    pub fn command(&mut self, command: Command) -> Result<(), Fault> {
        match command {
            Command::Confirm(true) => self.confirm(),
            Command::Confirm(false) => Ok(()),
            _ if !self.is_open() => Ok(()),
            Command::Heads(calls) => self.heads(calls),
            Command::Statement { call, side, number, bytes } => self.statement(call, side, number, bytes),
            Command::Statements { call, side, after, statements } => self.page(call, side, after, statements),
            Command::Held { call, side, count } => self.queue(&Frame::Held { call, side, count }),
            Command::Again { call, side } => {
                self.chains.again(call, side);
                self.want();
                Ok(())
            }
            Command::Signal(signal) => self.signal(signal),
        }
    }

    fn queue(&mut self, frame: &Frame) -> Result<(), Fault> {
        if self.control.len() >= CONTROL_WAITING_MAX {
            return Err(Fault::TooMany);
        }
        self.control.push_back(frame.encode()?);
        Ok(())
    }

    fn confirm(&mut self) -> Result<(), Fault> {
        if self.local.confirmed {
            return Ok(());
        }
        self.local.confirmed = true;
        self.queue(&Frame::Confirmed)?;
        self.open_if_confirmed();
        Ok(())
    }

    fn open_if_confirmed(&mut self) {
        if self.stage == Stage::Unconfirmed && self.local.confirmed && self.far_confirmed {
            self.stage = Stage::Open;
            self.events.push_back(Event::HeadsWanted);
        }
    }

    fn heads(&mut self, calls: Vec<CallHeads>) -> Result<(), Fault> {
        if calls.len() > CALLS_MAX {
            return Err(Fault::TooMany);
        }
        self.chains.ours(&calls)?;
        let mut page = Vec::new();
        let mut heads = 0;
        for call in calls {
            if page.len() == HEADS_CALLS_MAX || heads + call.heads.len() > HEADS_MAX {
                let calls = std::mem::take(&mut page);
                self.control.push_back(Frame::Heads { calls, last: false }.encode()?);
                heads = 0;
            }
            heads += call.heads.len();
            page.push(call);
        }
        self.control.push_back(Frame::Heads { calls: page, last: true }.encode()?);
        self.plan()
    }

    /// Once both sides' heads are known, sends what is missing.
    fn plan(&mut self) -> Result<(), Fault> {
        if self.chains.plan() {
            self.want();
        }
        self.level()
    }

    /// Asks the node for the next statements that the far side misses, when nothing else waits.
    fn want(&mut self) {
        if !self.statements.is_empty() {
            return;
        }
        if let Some((call, side, after)) = self.chains.want() {
            let limit = WANT_STATEMENTS;
            self.events.push_back(Event::Want { call, side, after, limit });
        }
    }

    /// Says Level once all that was planned has been sent.
    fn level(&mut self) -> Result<(), Fault> {
        if self.chains.is_level() {
            // Level goes behind the statements that it speaks of.
            let bytes = Frame::Level.encode()?;
            self.statement_bytes += bytes.len();
            self.statements.push_back(bytes);
        }
        Ok(())
    }

    fn statement(&mut self, call: CallId, side: SideId, number: u32, bytes: Bytes) -> Result<(), Fault> {
        if number == 0 || number > CHAIN_MAX {
            return Err(Fault::TooMany);
        }
        if bytes.len() > STATEMENT_BYTES_MAX || bytes.is_empty() {
            return Err(Fault::Oversize);
        }
        let room = self.statement_bytes < STATEMENT_BYTES_WAITING_MAX;
        if self.chains.stored(call, side, number, room)? {
            self.queue_statement(call, side, number, &bytes)?;
        }
        self.want();
        Ok(())
    }

    fn page(&mut self, call: CallId, side: SideId, after: u32, statements: Vec<Bytes>) -> Result<(), Fault> {
        let sendable = self.chains.page(call, side, after, statements.len());
        for (bytes, number) in statements.iter().take(sendable).zip(after + 1..) {
            self.queue_statement(call, side, number, bytes)?;
        }
        self.level()?;
        self.want();
        Ok(())
    }

    fn queue_statement(&mut self, call: CallId, side: SideId, number: u32, bytes: &Bytes) -> Result<(), Fault> {
        let bytes = ByteVec::from(bytes.to_vec());
        let frame = Frame::Statement { call, side, number, bytes }.encode()?;
        self.statement_bytes += frame.len();
        self.statements.push_back(frame);
        Ok(())
    }

    fn signal(&mut self, signal: Signal) -> Result<(), Fault> {
        if signal.payload.len() > SIGNAL_BYTES_MAX {
            return Err(Fault::Oversize);
        }
        if self.is_full() {
            return Err(Fault::TooMany);
        }
        self.signal_bytes += signal.payload.len();
        self.signals.push_back(signal);
        Ok(())
    }

    fn signal_piece(&mut self) -> Option<Vec<u8>> {
        let signal = self.signals.front()?;
        let end = signal.payload.len().min(self.signal_sent + SIGNAL_CHUNK_MAX);
        let last = end == signal.payload.len();
        let piece = ByteVec::from(signal.payload.slice(self.signal_sent..end).to_vec());
        let call = signal.call;
        if last {
            self.signal_bytes -= signal.payload.len();
            self.signals.pop_front();
            self.signal_sent = 0;
        } else {
            self.signal_sent = end;
        }
        Frame::Signal { call, last, piece }.encode().ok()
    }

    fn frame(&mut self, now: Micros, utc_ms: i64, frame: Frame) -> Result<(), Fault> {
        match (self.stage, frame) {
            (Stage::Hello { version }, Frame::Hello(hello)) => self.hello(now, utc_ms, version, hello),
            (Stage::Prelude | Stage::Hello { .. }, _) | (_, Frame::Hello(_)) => Err(Fault::OutOfTurn),
            (_, Frame::Ping { id }) => self.queue(&Frame::Pong { id, utc_ms }),
            (_, Frame::Pong { id, utc_ms: far_ms }) => {
                self.pong(now, utc_ms, id, far_ms);
                Ok(())
            }
            (_, Frame::Confirmed) => {
                if !self.far_confirmed {
                    self.far_confirmed = true;
                    self.events.push_back(Event::FarConfirmed);
                    self.open_if_confirmed();
                }
                Ok(())
            }
            // The far side opens when it holds both confirmations, and may be a moment ahead of this one only in what
            // it has sent before ours reached it; both are on one ordered stream, so nothing else may come early.
            (Stage::Unconfirmed, _) => Err(Fault::OutOfTurn),
            (Stage::Open, frame) => self.open_frame(frame),
        }
    }

    fn hello(&mut self, now: Micros, utc_ms: i64, version: u16, hello: Hello) -> Result<(), Fault> {
        if hello.side != self.far_side {
            return Err(Fault::WrongSide);
        }
        self.stage = Stage::Unconfirmed;
        self.far_confirmed = hello.confirmed;
        self.ping_at = Some(now);
        let hello = FarHello {
            software: hello.software,
            web: hello.web,
            boot: hello.boot,
            confirmed: hello.confirmed,
            skew_ms: hello.utc_ms.saturating_sub(utc_ms),
            version,
            route: hello.route,
        };
        self.events.push_back(Event::Up { hello });
        self.open_if_confirmed();
        Ok(())
    }

    fn pong(&mut self, now: Micros, utc_ms: i64, id: u32, far_ms: i64) {
        let Some(index) = self.pings.iter().position(|(open, _)| *open == id) else {
            return;
        };
        let Some((_, sent)) = self.pings.remove(index) else {
            return;
        };
        let round_trip = now.saturating_sub(sent);
        let half_ms = i64::try_from(round_trip / 2000).unwrap_or(i64::MAX);
        if self.samples.len() >= SKEW_SAMPLES {
            self.samples.pop_front();
        }
        let skew_ms = far_ms.saturating_add(half_ms).saturating_sub(utc_ms);
        self.samples.push_back((round_trip, skew_ms));
    }

    fn open_frame(&mut self, frame: Frame) -> Result<(), Fault> {
        match frame {
            Frame::Heads { calls, last } => {
                self.chains.far(&calls, last)?;
                self.events.push_back(Event::FarHeads { calls, last });
                self.plan()
            }
            Frame::Statement { call, side, number, bytes } => {
                let again = self.chains.received(call, side, number)?;
                let bytes = Bytes::from(Vec::from(bytes));
                self.events.push_back(Event::Statement { call, side, number, bytes, again });
                Ok(())
            }
            Frame::Held { call, side, count } => {
                self.events.push_back(Event::FarHeld { call, side, count });
                Ok(())
            }
            Frame::Level => {
                self.events.push_back(Event::Level);
                Ok(())
            }
            Frame::Signal { call, last, piece } => self.signal_in(call, last, &piece),
            _ => Err(Fault::OutOfTurn),
        }
    }

    fn signal_in(&mut self, call: Hash, last: bool, piece: &[u8]) -> Result<(), Fault> {
        let (of, mut payload) = self.signal_in.take().unwrap_or((call, Vec::new()));
        if of != call {
            return Err(Fault::OutOfTurn);
        }
        if payload.len() + piece.len() > SIGNAL_BYTES_MAX {
            return Err(Fault::Oversize);
        }
        payload.extend_from_slice(piece);
        if last {
            let payload = Bytes::from(payload);
            self.events.push_back(Event::Signal(Signal { call, payload }));
        } else {
            self.signal_in = Some((call, payload));
        }
        Ok(())
    }
}
