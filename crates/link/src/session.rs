//! The session on one connection: hello, heads, statements delivered once and in order, signals.
//!
//! Driven by [`crate::quic`], or by a test with a simulated wire: bytes, commands and times go in, bytes and events come
//! out. It keeps no statement: what the far side misses it asks the node for, a page at a time ([`Event::Want`]), so an
//! absence of any length costs bounded memory. It never reads a clock and never judges a statement.
//!
//! The contract: after every change call [`Session::poll_event`] until it is empty, then send what
//! [`Session::poll_transmit`] gives, then wait for bytes, a command or [`Session::tick`].

mod chains;
mod messages;

use std::collections::VecDeque;

use bytes::Bytes;
use call::{CallId, Hash, SideId};
use minicbor::bytes::ByteVec;

use crate::Micros;
use crate::wire::{
    CHAIN_MAX, Fault, Found, Frame, HEADS_CALLS_MAX, HEADS_MAX, Hello, Reader, SIGNAL_CHUNK_MAX, STATEMENT_BYTES_MAX,
};
pub use crate::wire::{CallHeads, ChainHead};
use chains::Chains;
pub use messages::{Command, DownReason, Event, FarHello, Local, Signal};

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
        self.samples
            .iter()
            .min_by_key(|(round_trip, _)| *round_trip)
            .map(|(_, skew)| *skew)
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
        if (self.signal_turn || self.statements.is_empty())
            && let Some(bytes) = self.signal_piece()
        {
            return Some(bytes);
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
        if self.ping_at.is_none_or(|at| now < at) {
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
            Command::Statement {
                call,
                side,
                number,
                bytes,
            } => self.statement(call, side, number, bytes),
            Command::Statements {
                call,
                side,
                after,
                statements,
            } => self.page(call, side, after, statements),
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
        self.control.push_back(
            Frame::Heads {
                calls: page,
                last: true,
            }
            .encode()?,
        );
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
            self.events.push_back(Event::Want {
                call,
                side,
                after,
                limit,
            });
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
        let frame = Frame::Statement {
            call,
            side,
            number,
            bytes,
        }
        .encode()?;
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
            Frame::Statement {
                call,
                side,
                number,
                bytes,
            } => {
                let again = self.chains.received(call, side, number)?;
                let bytes = Bytes::from(Vec::from(bytes));
                self.events.push_back(Event::Statement {
                    call,
                    side,
                    number,
                    bytes,
                    again,
                });
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
