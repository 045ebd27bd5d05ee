//! The task of one line: dials, keeps exactly one connection, carries between it and the node.
//!
//! Both sides may dial, and names may lead to several addresses, so connections can meet. The rule for which one stays
//! is the same at both ends: a newer start of the far node beats an older; between two of the same start, the one that
//! the side with the smaller id dialled stays. Of several that one side dialled, it keeps the first and closes the rest;
//! the other side holds the rest in reserve until it does.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use quinn::crypto::rustls::QuicClientConfig;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::{debug, info, warn};

use super::active::{Active, Step};
use super::dial::{self, Accepted, Greeted};
use super::{Inner, LineConfig, Stats};
use crate::media::MediaPacket;
use crate::session::{Command, DownReason, Event};
use crate::wire::close;

/// The first pause between two attempts, doubled up to [`PAUSE_MAX`], each by a random half more or less.
const PAUSE_MIN: Duration = Duration::from_millis(600);
/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_secs(3);
/// Attempts and greetings of one line at once.
const GREETINGS_MAX: usize = 8;
/// Connections in reserve.
const RESERVE_MAX: usize = 3;
/// A connection silent for so long gives way to one in reserve.
const SILENT: Duration = Duration::from_secs(2);
/// Between two figures.
const TICK: Duration = Duration::from_millis(500);
/// The same failure is told this seldom.
const SAY_AGAIN: Duration = Duration::from_secs(5);
/// A far node that takes no signals for this long is given up: two nodes that wait for each other would wait for ever.
const FULL: Duration = Duration::from_secs(10);
/// Nothing is said of unanswered dialling before this.
const UNANSWERED: Duration = Duration::from_secs(4);
/// Media packets taken from the node at once.
const MEDIA_BATCH: usize = 64;

/// The keeper's ends of the line's channels.
pub(super) struct Ends {
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) media_in: mpsc::Receiver<MediaPacket>,
    pub(super) inbound: mpsc::Receiver<Accepted>,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) media_out: mpsc::Sender<MediaPacket>,
    pub(super) stats: watch::Sender<Stats>,
    pub(super) rate: Arc<AtomicU32>,
    pub(super) stop: watch::Receiver<bool>,
}

/// A connection in reserve, with the packets heard on it and when that number last rose.
struct Reserved {
    greeted: Greeted,
    heard: (u64, Instant),
}

impl Reserved {
    fn new(greeted: Greeted) -> Self {
        Self {
            heard: (greeted.connection.stats().udp_rx.datagrams, Instant::now()),
            greeted,
        }
    }

    /// Whether the far side still keeps it: it is not closed and not silent.
    fn is_alive(&mut self) -> bool {
        let datagrams = self.greeted.connection.stats().udp_rx.datagrams;
        if datagrams != self.heard.0 {
            self.heard = (datagrams, Instant::now());
        }
        self.greeted.connection.close_reason().is_none() && self.heard.1.elapsed() < SILENT
    }
}

struct Keeper {
    inner: Arc<Inner>,
    config: LineConfig,
    tls: Arc<QuicClientConfig>,
    pending: VecDeque<Event>,
    active: Option<Active>,
    reserve: VecDeque<Reserved>,
    greetings: JoinSet<Result<Greeted, DownReason>>,
    attempts: usize,
    dial_at: Instant,
    down_since: Instant,
    said: Option<(DownReason, Instant)>,
    full_since: Option<Instant>,
    tick_at: Instant,
}

/// What woke the keeper.
enum Wake {
    Stop,
    Sent,
    Greeted(Result<Box<Greeted>, DownReason>),
    Inbound(Accepted),
    Step(Step),
    Media(MediaPacket),
    Command(Command),
    Time,
}

/// Keeps the line until it is removed.
pub(super) async fn keep(inner: Arc<Inner>, config: LineConfig, tls: Arc<QuicClientConfig>, mut ends: Ends) {
    let now = Instant::now();
    let far_key = config.far_key;
    let mut keeper = Keeper {
        inner: inner.clone(),
        config,
        tls,
        pending: VecDeque::new(),
        active: None,
        reserve: VecDeque::new(),
        greetings: JoinSet::new(),
        attempts: 0,
        dial_at: now,
        down_since: now,
        said: None,
        full_since: None,
        tick_at: now,
    };
    loop {
        keeper.pump(&ends);
        match keeper.wake(&mut ends).await {
            Wake::Stop => break,
            Wake::Sent | Wake::Time => {}
            Wake::Greeted(Ok(greeted)) => keeper.greeted(*greeted),
            Wake::Greeted(Err(reason)) => keeper.not_greeted(reason),
            Wake::Inbound(accepted) => keeper.inbound(accepted),
            Wake::Step(step) => keeper.step(step, &ends),
            Wake::Media(packet) => keeper.media(packet, &mut ends),
            Wake::Command(command) => keeper.command(command),
        }
    }
    if let Some(active) = keeper.active.take() {
        active.close(close::GOING);
    }
    keeper.drop_reserve(close::GOING);
    inner.unpin(&far_key);
    keeper.figures(&ends);
}

impl Keeper {
    async fn wake(&mut self, ends: &mut Ends) -> Wake {
        let deadline = self.deadline();
        let Self {
            pending,
            active,
            greetings,
            ..
        } = self;
        let may_read = pending.is_empty();
        let may_command = active.as_ref().is_none_or(|active| !active.session.is_full()) && pending.len() < 256;
        tokio::select! {
            biased;
            _ = ends.stop.changed() => Wake::Stop,
            permit = ends.events.reserve(), if !pending.is_empty() => match (permit, pending.pop_front()) {
                (Ok(permit), Some(event)) => {
                    permit.send(event);
                    Wake::Sent
                }
                // The node dropped its end of the events: nobody listens on this line any more.
                _ => Wake::Stop,
            },
            Some(done) = greetings.join_next(), if !greetings.is_empty() => match done {
                Ok(result) => Wake::Greeted(result.map(Box::new)),
                Err(_) => Wake::Time,
            },
            Some(accepted) = ends.inbound.recv() => Wake::Inbound(accepted),
            step = step(active, may_read) => Wake::Step(step),
            Some(packet) = ends.media_in.recv() => Wake::Media(packet),
            command = ends.commands.recv(), if may_command => match command {
                Some(command) => Wake::Command(command),
                None => Wake::Stop,
            },
            () = tokio::time::sleep_until(deadline.into()) => Wake::Time,
        }
    }

    fn deadline(&self) -> Instant {
        let mut deadline = self.tick_at;
        match &self.active {
            Some(active) => {
                if active.has_input() && self.pending.is_empty() {
                    return Instant::now();
                }
                if let Some(due) = active.deadline() {
                    deadline = deadline.min(due);
                }
            }
            None if !self.config.addresses.is_empty() && self.greetings.len() < GREETINGS_MAX => {
                deadline = deadline.min(self.dial_at);
            }
            None => {}
        }
        deadline
    }

    /// Does all that is due.
    fn pump(&mut self, ends: &Ends) {
        let now = Instant::now();
        if let Some(active) = &mut self.active
            && let Err(fault) = active.pump(&mut self.pending)
        {
            let reason = dial::refuse(&self.inner, &active.connection, fault);
            warn!(%reason, "closed the link for what the far side sent");
            self.ended(reason);
        }
        if self.active.is_none() && now >= self.dial_at {
            self.dial(now);
        }
        if now >= self.tick_at {
            self.tick_at = now + TICK;
            self.relieve();
            self.figures(ends);
            if self.active.is_none() && !self.config.addresses.is_empty() && self.down_since + UNANSWERED < now {
                self.say_down(self.said.map_or(DownReason::Unreachable, |(reason, _)| reason));
            }
        }
        let rate = self
            .active
            .as_ref()
            .filter(|active| active.session.is_open())
            .map_or(0, Active::publish_kbps);
        ends.rate.store(rate, Ordering::Relaxed);
    }

    fn dial(&mut self, now: Instant) {
        if self.config.addresses.is_empty() || self.greetings.len() >= GREETINGS_MAX {
            return;
        }
        let turn = self.attempts;
        self.attempts += 1;
        let doublings = u32::try_from(turn.min(5)).unwrap_or(5);
        let pause = PAUSE_MAX
            .min(PAUSE_MIN * 2u32.pow(doublings))
            .mul_f64(0.5 + self.inner.random());
        self.dial_at = now + pause;
        let many = self.config.addresses.len();
        let address = self.config.addresses[turn % many].clone();
        self.greetings.spawn(dial::dial(
            self.inner.clone(),
            self.tls.clone(),
            self.config.far,
            self.config.confirmed,
            address,
            turn / many,
        ));
    }

    fn inbound(&mut self, accepted: Accepted) {
        if self.greetings.len() >= GREETINGS_MAX * 2 {
            accepted.connection.close(close::DUPLICATE.into(), b"");
            return;
        }
        let inner = self.inner.clone();
        let local = inner.local(self.config.confirmed);
        let far = self.config.far;
        self.greetings
            .spawn(async move { dial::greet(&inner, accepted, false, local, far).await });
    }

    /// A greeting failed. While a connection stands nobody needs to know.
    fn not_greeted(&mut self, reason: DownReason) {
        debug!(%reason, "a greeting failed");
        let passing = matches!(
            reason,
            DownReason::Replaced | DownReason::FarStopped | DownReason::Silent
        );
        if self.active.is_none() && !passing {
            // Not answered in time is told by the tick, once it has lasted.
            if reason != DownReason::Unreachable {
                self.say_down(reason);
            }
        }
    }

    /// A connection is ready: which one stays?
    fn greeted(&mut self, greeted: Greeted) {
        let Some(active) = &self.active else {
            self.adopt(greeted);
            return;
        };
        if active.hello.boot != greeted.hello.boot {
            info!("the far node was started again");
            active.close(close::REPLACED);
            self.drop_reserve(close::REPLACED);
            self.swap(greeted);
            return;
        }
        let we_rank = self.inner.config.side < self.config.far;
        let ranks = |dialled: bool| dialled == we_rank;
        match (ranks(greeted.dialled), ranks(active.dialled)) {
            (true, false) => {
                active.close(close::DUPLICATE);
                self.swap(greeted);
            }
            (false, true) => greeted.connection.close(close::DUPLICATE.into(), b""),
            _ if greeted.dialled => greeted.connection.close(close::DUPLICATE.into(), b""),
            _ if self.reserve.len() < RESERVE_MAX => self.reserve.push_back(Reserved::new(greeted)),
            _ => greeted.connection.close(close::DUPLICATE.into(), b""),
        }
    }

    fn swap(&mut self, greeted: Greeted) {
        self.active = None;
        self.pending.push_back(Event::Down {
            reason: DownReason::Replaced,
        });
        self.adopt(greeted);
    }

    fn adopt(&mut self, greeted: Greeted) {
        self.attempts = 0;
        self.said = None;
        // Attempts of our own that are under way end here. Those from outside go on: they may be the ones that stay.
        let hello = greeted.hello.clone();
        let mut active = Active::new(greeted);
        if self.config.confirmed && active.command(Command::Confirm(true)).is_err() {
            debug!("the confirmation could not be queued");
        }
        info!(software = ?hello.software, "the link stands");
        self.pending.push_back(Event::Up { hello });
        self.active = Some(active);
        self.tick_at = Instant::now();
    }

    fn drop_reserve(&mut self, code: u32) {
        for reserved in self.reserve.drain(..) {
            reserved.greeted.connection.close(code.into(), b"");
        }
    }

    /// A connection that fell silent gives way to one in reserve that did not; what died in reserve is dropped.
    fn relieve(&mut self) {
        self.reserve.retain_mut(Reserved::is_alive);
        let Some(active) = &mut self.active else {
            return;
        };
        if active.silence() > SILENT && !self.reserve.is_empty() {
            active.close(close::DUPLICATE);
            self.ended(DownReason::Silent);
            return;
        }
        if !active.session.is_full() {
            self.full_since = None;
        } else if self.full_since.get_or_insert_with(Instant::now).elapsed() > FULL {
            warn!("the far node takes no signals");
            self.full_since = None;
            active.close(close::TOO_MANY);
            self.ended(DownReason::Failed);
        }
    }

    /// The connection is gone: one in reserve takes over, or the line is down.
    fn ended(&mut self, reason: DownReason) {
        self.active = None;
        self.reserve.retain_mut(Reserved::is_alive);
        if let Some(next) = self.reserve.pop_back() {
            self.swap(next.greeted);
            return;
        }
        info!(%reason, "the link is down");
        let now = Instant::now();
        self.down_since = now;
        self.tick_at = now;
        self.attempts = 0;
        // A short, random pause: both ends lost the link at the same instant, and need not meet at once.
        self.dial_at = now + PAUSE_MIN.mul_f64(self.inner.random() / 2.0);
        self.said = None;
        self.say_down(reason);
    }

    fn say_down(&mut self, reason: DownReason) {
        let now = Instant::now();
        let news = self
            .said
            .is_none_or(|(said, at)| said != reason || at + SAY_AGAIN < now);
        if news && self.pending.len() < 64 {
            self.said = Some((reason, now));
            self.pending.push_back(Event::Down { reason });
        }
    }

    fn step(&mut self, step: Step, ends: &Ends) {
        let Some(active) = &mut self.active else {
            return;
        };
        match step {
            Step::Datagrams(datagrams) => {
                for packet in datagrams.into_iter().flat_map(|bytes| active.datagram(bytes)) {
                    // A node that does not keep up loses media, as a network would.
                    let _ = ends.media_out.try_send(packet);
                }
            }
            Step::Read(bytes) => active.read(bytes),
            Step::Wrote(length) => active.wrote(length),
            Step::Ended(error) => {
                let reason = dial::down_reason(&self.inner, &error);
                self.ended(reason);
            }
            Step::StreamEnded => {
                active.close(close::GARBAGE);
                self.ended(DownReason::Failed);
            }
        }
    }

    fn media(&mut self, packet: MediaPacket, ends: &mut Ends) {
        let Some(active) = &mut self.active else {
            return;
        };
        active.media(packet);
        for _ in 0..MEDIA_BATCH {
            let Ok(packet) = ends.media_in.try_recv() else {
                break;
            };
            active.media(packet);
        }
    }

    fn command(&mut self, command: Command) {
        if let Command::Confirm(confirmed) = command {
            self.config.confirmed = confirmed;
            if !confirmed {
                // Greetings under way said that we had confirmed.
                self.greetings.abort_all();
                self.drop_reserve(close::GOING);
                if let Some(active) = &self.active {
                    active.close(close::GOING);
                    self.ended(DownReason::Unconfirmed);
                }
                return;
            }
        }
        if let Some(active) = &mut self.active
            && let Err(fault) = active.command(command)
        {
            warn!(%fault, "the node gave the link something that breaks a bound; it was not sent");
        }
    }

    fn figures(&mut self, ends: &Ends) {
        let stats = self.active.as_mut().map_or_else(Stats::default, Active::stats);
        ends.stats.send_replace(stats);
    }
}

/// The next step of the connection, or never.
async fn step(active: &mut Option<Active>, may_read: bool) -> Step {
    match active {
        Some(active) => active.step(may_read).await,
        None => std::future::pending().await,
    }
}
