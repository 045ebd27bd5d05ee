//! A call over the line, in real time: a terminal that sends, two nodes, a wire between them, a terminal that receives.

use std::net::UdpSocket;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use sfu::ParticipantId;
use str0m::media::Direction;

use super::node::{Node, Who};
use super::publisher::{Kind, Made, Mark, Publisher, Speech};
use super::tally::Tally;
use super::terminal::{Seen, Terminal};
use super::wire::{Wire, sleep_on};
use crate::impairment::Settings;
use crate::measure::Latencies;

/// The side that sends, and the one that receives.
const NEAR: Who = Who(1);
const FAR: Who = Who(2);
const SENDER: ParticipantId = ParticipantId(1_000);
/// The participant that receives.
pub const RECEIVER: ParticipantId = ParticipantId(1);
/// How long the line, and a connection, may take to stand.
const PATIENCE: Duration = Duration::from_secs(20);
/// A receiver is looked at for what it misses this often.
const LOOK: Duration = Duration::from_millis(250);
/// A rate is looked up this often at least.
const LOOK_RATE: Duration = Duration::from_millis(10);
/// Most changes of rate remembered.
const RATES_MAX: usize = 100_000;

/// What kind of call.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// One way over the link.
    pub one_way: Duration,
    /// How sound is cut.
    pub speech: Speech,
    /// The picture's most in kb/s; 0: no picture.
    pub most_kbps: u32,
    /// Whether the far side sends the same back, which is carried but not looked at.
    pub two_way: bool,
    /// The wire between the nodes at the start. Without one the link runs over loopback as it is.
    pub wire: Option<Settings>,
    /// Seed of the wire.
    pub seed: u64,
}

/// A wire that does nothing but delay.
#[must_use]
pub fn delayed(one_way: Duration) -> Settings {
    Settings {
        delay: one_way,
        ..Settings::default()
    }
}

/// A running call.
pub struct Call {
    /// The node of the side that sends.
    pub near: Node,
    /// The node of the side that receives.
    pub far: Node,
    /// Between them.
    pub wire: Option<Wire>,
    /// What was sent and what came.
    pub tally: Tally,
    /// The same at the far node, where packets leave the link.
    pub at_node: Tally,
    taken: mpsc::Receiver<(Instant, Kind, Mark)>,
    /// One-way times of packets, sound and picture, while `timing`.
    pub latencies: (Latencies, Latencies),
    /// Whether packets are timed.
    pub timing: bool,
    /// How late the publisher was, in nanoseconds.
    pub behind: Latencies,
    /// When the publisher was told which rate.
    pub rates: Vec<(u64, u32)>,
    /// Times of the first packet, and of the first whole key frame, since they were last forgotten.
    pub firsts: (Option<Instant>, Option<Instant>),
    /// The terminal that sends, and the one that sends back.
    sender: Source,
    back: Option<Source>,
    /// The terminal that receives.
    pub receiver: Option<Terminal>,
    epoch: Instant,
    look: Instant,
}

/// A terminal that sends.
struct Source {
    terminal: Terminal,
    publisher: Publisher,
}

impl Source {
    fn join(node: &Node, far: Who, setup: &Setup) -> anyhow::Result<Self> {
        let mut terminal = Terminal::new(Direction::SendOnly)?;
        let offered = terminal.offer()?;
        let answer = node.offer(&offered, SENDER, true).blocking_recv()??;
        terminal.accept(offered, &answer.sdp, None)?;
        node.let_out(SENDER, far);
        Ok(Self {
            terminal,
            publisher: Publisher::new(setup.speech, setup.most_kbps, 0),
        })
    }

    /// Sends what is due, `each` told before; a rate that is news is given back.
    fn turn(&mut self, node: &Node, epoch: Instant, mut each: impl FnMut(&Made, u64)) -> anyhow::Result<Option<u32>> {
        self.terminal.turn(|_| {})?;
        if self.terminal.take_key() {
            self.publisher.ask_key();
        }
        let kbps = Some(node.rate_kbps()).filter(|kbps| *kbps > 0 && self.publisher.rate_kbps() != Some(*kbps));
        if let Some(kbps) = kbps {
            self.publisher.told(kbps);
        }
        let now = || epoch.elapsed().as_micros() as u64;
        while self.terminal.connected()
            && let Some(made) = self.publisher.poll(now())
        {
            each(&made, now());
            self.terminal.send(made, epoch)?;
        }
        Ok(kbps)
    }

    fn wake(&self, epoch: Instant) -> Instant {
        let due = epoch + Duration::from_micros(self.publisher.next_us());
        let due = Some(due).filter(|_| self.terminal.connected());
        due.map_or(self.terminal.deadline(), |due| due.min(self.terminal.deadline()))
    }
}

impl Call {
    /// Brings up the line, then the terminal that sends.
    ///
    /// # Errors
    /// When something does not stand in time.
    pub fn begin(setup: Setup) -> anyhow::Result<Self> {
        let (mut near, mut far) = (Node::start(NEAR)?, Node::start(FAR)?);
        let target = far.link_address()?;
        let wire = setup
            .wire
            .map(|settings| Wire::start(target, settings, setup.seed))
            .transpose()?;
        far.add_line(NEAR, None)?;
        near.add_line(FAR, Some(wire.as_ref().map_or(target, |wire| wire.address)))?;
        near.await_line(PATIENCE)?;
        far.await_line(PATIENCE)?;
        far.take_in(NEAR);
        let (give, taken) = mpsc::channel();
        far.tap(&give);
        near.take_in(FAR);
        let sender = Source::join(&near, FAR, &setup)?;
        let back = setup.two_way.then(|| Source::join(&far, NEAR, &setup)).transpose()?;
        let epoch = Instant::now();
        let round_trip_us = setup.one_way.as_micros() as u64 * 2;
        let mut call = Self {
            near,
            far,
            wire,
            tally: Tally::new(round_trip_us),
            at_node: Tally::new(round_trip_us),
            taken,
            latencies: (Latencies::default(), Latencies::default()),
            timing: false,
            behind: Latencies::default(),
            rates: Vec::new(),
            firsts: (None, None),
            sender,
            back,
            receiver: None,
            epoch,
            look: epoch,
        };
        call.run_until(|call| call.sender.terminal.connected())?;
        Ok(call)
    }

    /// Brings the terminal that receives into the call, at once.
    ///
    /// # Errors
    /// When it does not connect in time.
    pub fn join(&mut self) -> anyhow::Result<()> {
        let mut receiver = Terminal::new(Direction::RecvOnly)?;
        let offered = receiver.offer()?;
        let answer = self.far.offer(&offered, RECEIVER, false).blocking_recv()??;
        self.far.give(&[RECEIVER]);
        receiver.accept(offered, &answer.sdp, None)?;
        self.receiver = Some(receiver);
        self.run_until(|call| call.receiver.as_ref().is_some_and(Terminal::connected))
    }

    /// Microseconds since the run's start.
    #[must_use]
    pub fn us(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.epoch).as_micros() as u64
    }

    /// Runs until something is so.
    ///
    /// # Errors
    /// As a terminal says, or when it does not become so.
    pub fn run_until(&mut self, is_so: impl Fn(&Self) -> bool) -> anyhow::Result<()> {
        let end = Instant::now() + PATIENCE;
        while !is_so(self) {
            ensure!(Instant::now() < end, "a terminal was not connected within {PATIENCE:?}");
            self.turn(end)?;
        }
        Ok(())
    }

    /// Runs for a while.
    ///
    /// # Errors
    /// As a terminal says.
    pub fn run(&mut self, time: Duration) -> anyhow::Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.turn(end)?;
        }
        Ok(())
    }

    /// Does what is due, then sleeps until something arrives or is due, at most until `end`.
    ///
    /// # Errors
    /// As a terminal says.
    pub fn turn(&mut self, end: Instant) -> anyhow::Result<()> {
        let epoch = self.epoch;
        let (behind, tally, at_node) = (&mut self.behind, &mut self.tally, &mut self.at_node);
        let told = self.sender.turn(&self.near, epoch, |made, now| {
            behind.add(now.saturating_sub(made.due_us) * 1_000);
            tally.sent(made, now);
            at_node.sent(made, now);
        })?;
        if let Some(kbps) = told.filter(|_| self.rates.len() < RATES_MAX) {
            self.rates.push((self.us(Instant::now()), kbps));
        }
        self.receive()?;
        let mut wake = end.min(self.sender.wake(epoch));
        let mut sockets: Vec<&UdpSocket> = vec![&self.sender.terminal.socket];
        if let Some(back) = &mut self.back {
            back.turn(&self.far, epoch, |_, _| {})?;
            wake = wake.min(back.wake(epoch));
            sockets.push(&back.terminal.socket);
        }
        if let Some(receiver) = &self.receiver {
            wake = wake.min(receiver.deadline());
            sockets.push(&receiver.socket);
        }
        let sleep = wake.saturating_duration_since(Instant::now());
        sleep_on(&sockets, sleep.min(LOOK_RATE));
        Ok(())
    }

    fn receive(&mut self) -> anyhow::Result<()> {
        while let Ok((at, kind, mark)) = self.taken.try_recv() {
            let at = self.us(at);
            self.at_node.come(kind, mark.number, u16::from(mark.part), at);
        }
        let Some(receiver) = &mut self.receiver else {
            return Ok(());
        };
        let (tally, latencies, firsts) = (&mut self.tally, &mut self.latencies, &mut self.firsts);
        let (epoch, timing) = (self.epoch, self.timing);
        receiver.turn(|seen| {
            let now = Instant::now();
            let since = now.saturating_duration_since(epoch);
            let now_us = since.as_micros() as u64;
            firsts.0.get_or_insert(now);
            let key = match seen {
                Seen::Header { time, sequence } => tally.come_at(time, sequence, now_us),
                Seen::Opened(Kind::Sound, mark) => tally.come(Kind::Sound, mark.number, 0, now_us),
                Seen::Opened(..) => false,
            };
            if key {
                firsts.1.get_or_insert(now);
            }
            if let Seen::Opened(kind, mark) = seen
                && timing
            {
                let age = (since.as_nanos() as u64).saturating_sub(mark.sent_ns);
                match kind {
                    Kind::Sound => latencies.0.add(age),
                    Kind::Picture => latencies.1.add(age),
                }
            }
        })?;
        let now = Instant::now();
        if self.look + LOOK < now && receiver.connected() {
            self.look = now;
            if self
                .tally
                .wants_key(now.saturating_duration_since(epoch).as_micros() as u64)
            {
                receiver.ask_key()?;
            }
        }
        Ok(())
    }

    /// The wire.
    ///
    /// # Errors
    /// When there is none.
    pub fn wire(&self) -> anyhow::Result<&Wire> {
        self.wire.as_ref().context("no wire between the nodes")
    }
}
