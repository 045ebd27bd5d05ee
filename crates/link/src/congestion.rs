//! How fast this side may send: from delay, never from loss, with a floor that speech fits into.
//!
//! Driven by QUIC's acknowledgements and by the far side's reports, with explicit times; pure. Two things come of it:
//! the rate, which paces media and statements and which the node tells its browsers, and the window, QUIC's own bound on
//! what is in flight.
//!
//! - The *queue* is the delay above the least seen lately. It is taken one way, from the reports, while they come, so
//!   that a queue on the way back does not slow the way there; otherwise from round trips.
//! - Above [`QUEUE_HIGH_US`] the rate falls below what the path delivers, deeper the longer the queue, so that it drains.
//!   Below [`QUEUE_LOW_US`] it grows, at first quickly. Between, it stays.
//! - Loss is no signal: radio and satellite paths lose packets without being full. Only when more than
//!   [`LOSS_HOPELESS`] of everything vanishes for seconds does the rate follow what arrives: such a path is too small.
//! - A quiet picture uses little, and the rate stays near what is used. So that there is room when somebody moves, and
//!   the publisher dares a full picture, now and then the path is *filled* up to the rate with copies
//!   ([`Control::wants_filling`]), until it is known to carry [`FILL_TO`].
//! - The rate never falls below [`RATE_FLOOR`], whatever the delay says.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use quinn_proto::RttEstimator;
use quinn_proto::congestion::{Controller, ControllerFactory, ControllerMetrics};

use crate::Micros;

/// Bits per second that speech needs with packet headers; the rate never falls below it.
pub const RATE_FLOOR: f64 = 40_000.0;
/// Bits per second at the start of a connection.
pub const RATE_START: f64 = 400_000.0;
/// Bits per second that the rate never exceeds; a line carries one call.
pub const RATE_CEILING: f64 = 30_000_000.0;
/// Below this queue the rate may grow, microseconds.
pub const QUEUE_LOW_US: Micros = 20_000;
/// Above this queue the rate falls, microseconds.
pub const QUEUE_HIGH_US: Micros = 50_000;
/// The share of loss beyond which the path is taken to be too small rather than lossy.
pub const LOSS_HOPELESS: f64 = 0.45;

/// Between two decisions.
const UPDATE_US: Micros = 25_000;
/// A queue must last this long before it is one: a pause of a machine or a radio is over at once.
const PAUSE_US: Micros = 40_000;
/// Rates are measured over this time.
const METER_US: Micros = 600_000;
/// When the rate must fall, the packets acknowledged in this time tell what the path carries.
const QUICK_US: Micros = 150_000;
/// As many of them at most...
const QUICK_PACKETS_MAX: usize = 512;
/// ...and at least, or they tell nothing.
const QUICK_PACKETS_MIN: usize = 4;
/// Packets that arrive at less than this part of the pace at which they were sent fill a queue.
const FILLING: f64 = 0.85;
/// One slot of a meter.
const SLOT_US: Micros = 25_000;
/// The least delay of this time, at most twice it, is taken for the path without a queue.
const BASE_US: Micros = 15_000_000;
/// The queue is the least of this time, at most twice it, so that late acknowledgements and busy machines do not count.
const RECENT_US: Micros = 40_000;
/// The same for reports, each of which is the least of its time already.
const FORWARD_RECENT_US: Micros = 10_000;
/// Reports older than this are not used.
const FORWARD_FRESH_US: Micros = 600_000;
/// A queue that stays high this long although the rate fell is no queue: the path became longer.
const STUCK_US: Micros = 6_000_000;
/// The loss that a cut allows for is smoothed over this time.
const LOSS_SECONDS: f64 = 6.0;
/// Growth per second after the start, and during it.
const GROWTH: f64 = 0.40;
const GROWTH_START: f64 = 1.5;
/// Growth per second on a path that swallowed most, for [`CAREFUL_US`].
const GROWTH_CAREFUL: f64 = 0.03;
const CAREFUL_US: Micros = 20_000_000;
/// How long after a cut loss is put down to the queue.
const AFTER_QUEUE_US: Micros = 3_000_000;
/// The rate may exceed what is in fact sent by this factor and this many bits per second.
const UNUSED_FACTOR: f64 = 1.5;
const UNUSED_BITS: f64 = 150_000.0;
/// Up to here the path is tried: a full picture, sound, and what both cost on the way. Bits per second.
pub const FILL_TO: f64 = 3_400_000.0;
/// The path is filled for so long...
const FILL_US: Micros = 1_000_000;
/// ...once in this time.
const FILL_EVERY_US: Micros = 4_000_000;
/// After a queue, or more loss than usual, it is not filled for this long; twice as long each time that filling made one.
const FILL_QUIET_US: Micros = 10_000_000;
const FILL_QUIET_MAX_US: Micros = 60_000_000;
/// So much more loss than usual is trouble.
const FILL_LOSS: f64 = 0.06;
/// Bytes that may always be in flight: speech with its copies over a long round trip, and a handshake.
const WINDOW_FLOOR: u64 = 24_000;
/// What the window allows beyond the round trip: late acknowledgements, losses not known yet.
const WINDOW_SLACK_US: f64 = 250_000.0;

/// The least value of a time that slides by halves.
#[derive(Debug, Clone, Copy)]
struct Least {
    span: Micros,
    since: Micros,
    now: Option<i64>,
    before: Option<i64>,
}

impl Least {
    fn new(span: Micros) -> Self {
        Self {
            span,
            since: 0,
            now: None,
            before: None,
        }
    }

    fn put(&mut self, at: Micros, value: i64) {
        self.slide(at);
        self.now = Some(self.now.map_or(value, |least| least.min(value)));
    }

    fn slide(&mut self, at: Micros) {
        let past = at.saturating_sub(self.since);
        if past >= self.span {
            self.before = if past < 2 * self.span { self.now } else { None };
            self.now = None;
            self.since = at;
        }
    }

    fn value(&self) -> Option<i64> {
        match (self.now, self.before) {
            (Some(now), Some(before)) => Some(now.min(before)),
            (now, before) => now.or(before),
        }
    }

    fn clear(&mut self) {
        (self.now, self.before) = (None, None);
    }
}

/// Bytes per time over the last [`METER_US`].
#[derive(Debug, Clone, Default)]
struct Meter {
    slots: VecDeque<(Micros, u64)>,
    sum: u64,
}

impl Meter {
    fn put(&mut self, at: Micros, bytes: u64) {
        self.slide(at);
        self.sum += bytes;
        match self.slots.back_mut() {
            Some((since, sum)) if at < *since + SLOT_US => *sum += bytes,
            _ => self.slots.push_back((at, bytes)),
        }
    }

    fn slide(&mut self, at: Micros) {
        while let Some((since, bytes)) = self.slots.front().copied() {
            if since + METER_US > at {
                break;
            }
            self.sum -= bytes;
            self.slots.pop_front();
        }
    }

    /// Bits per second.
    fn rate(&mut self, at: Micros) -> f64 {
        self.slide(at);
        self.sum as f64 * 8e6 / METER_US as f64
    }
}

/// The packets acknowledged last: the pace at which they were sent beside that at which they arrived.
#[derive(Debug, Clone, Default)]
struct Train {
    /// When it was acknowledged, when it was sent, bytes.
    packets: VecDeque<(Micros, Micros, u64)>,
}

impl Train {
    fn put(&mut self, now: Micros, sent: Micros, bytes: u64) {
        self.packets.push_back((now, sent, bytes));
        // On a narrow path a few packets take longer than that: they are kept.
        while self.packets.len() > QUICK_PACKETS_MAX
            || (self.packets.len() > QUICK_PACKETS_MIN
                && self.packets.front().is_some_and(|(acked, _, _)| acked + QUICK_US < now))
        {
            self.packets.pop_front();
        }
    }

    /// The bits per second that arrive, if they arrive more slowly than they were sent.
    fn filling(&self) -> Option<f64> {
        let (first, last) = (self.packets.front()?, self.packets.back()?);
        let arrived_us = last.0.saturating_sub(first.0) as f64;
        let sent_us = last.1.saturating_sub(first.1) as f64;
        if self.packets.len() < QUICK_PACKETS_MIN || arrived_us <= 0.0 || sent_us > arrived_us * FILLING {
            return None;
        }
        let bytes: u64 = self.packets.iter().skip(1).map(|(_, _, bytes)| bytes).sum();
        Some(bytes as f64 * 8e6 / arrived_us)
    }
}

/// The state of one connection's path. All times come from the caller.
#[derive(Debug, Clone)]
pub struct Control {
    rate: f64,
    starting: bool,
    base: Least,
    recent: Least,
    forward_base: Least,
    forward_recent: Least,
    forward_at: Option<Micros>,
    round_trip: Micros,
    sent: Meter,
    acked: Meter,
    train: Train,
    lost: Meter,
    /// The share of loss over seconds, taken while there is no queue.
    loss: f64,
    updated: Micros,
    cut: Micros,
    /// The queue at the decision before this one, while it is high.
    queue_before: Micros,
    high_since: Option<Micros>,
    high_peak: Micros,
    hopeless_since: Option<Micros>,
    /// Until then the rate grows slowly: the path proved too small without showing a queue.
    careful_until: Micros,
    /// When the path was last wanted filled, until when it is not to be, and for how long after the next trouble.
    filled: Micros,
    quiet_until: Micros,
    quiet: Micros,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            rate: RATE_START,
            starting: true,
            base: Least::new(BASE_US),
            recent: Least::new(RECENT_US),
            forward_base: Least::new(BASE_US),
            forward_recent: Least::new(FORWARD_RECENT_US),
            forward_at: None,
            round_trip: 100_000,
            sent: Meter::default(),
            acked: Meter::default(),
            train: Train::default(),
            lost: Meter::default(),
            loss: 0.0,
            updated: 0,
            cut: 0,
            queue_before: 0,
            high_since: None,
            high_peak: 0,
            hopeless_since: None,
            careful_until: 0,
            filled: 0,
            quiet_until: 0,
            quiet: FILL_QUIET_US,
        }
    }
}

impl Control {
    /// A packet of `bytes` was sent.
    pub fn on_sent(&mut self, now: Micros, bytes: u64) {
        self.sent.put(now, bytes);
    }

    /// A packet of `bytes`, sent at `sent`, was acknowledged.
    pub fn on_acked(&mut self, now: Micros, sent: Micros, bytes: u64) {
        let round_trip = now.saturating_sub(sent);
        self.round_trip = (self.round_trip * 7 + round_trip) / 8;
        let sample = i64::try_from(round_trip).unwrap_or(i64::MAX);
        self.base.put(now, sample);
        self.recent.put(now, sample);
        self.acked.put(now, bytes);
        self.train.put(now, sent, bytes);
    }

    /// All that one datagram acknowledged was told. Only then is a decision due: after a pause of the machine at either
    /// end, the packets of one batch waited for very different times, and the last of them tells of the path.
    pub fn on_batch(&mut self, now: Micros) {
        self.update(now);
    }

    /// Packets of `bytes` together were given up.
    pub fn on_lost(&mut self, now: Micros, bytes: u64) {
        self.lost.put(now, bytes);
    }

    /// A report told the least one-way delay since the report before, against an unknown but steady origin.
    pub fn on_forward_delay(&mut self, now: Micros, delay_us: i64) {
        self.forward_base.put(now, delay_us);
        self.forward_recent.put(now, delay_us);
        self.forward_at = Some(now);
        self.update(now);
    }

    /// Bits per second that may be sent, everything included.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// The delay above the least, microseconds.
    pub fn queue_us(&self, now: Micros) -> Micros {
        let fresh = self
            .forward_at
            .is_some_and(|at| now.saturating_sub(at) < FORWARD_FRESH_US);
        let (recent, base) = if fresh {
            (&self.forward_recent, &self.forward_base)
        } else {
            (&self.recent, &self.base)
        };
        let queue = recent
            .value()
            .zip(base.value())
            .map_or(0, |(recent, base)| recent.saturating_sub(base));
        Micros::try_from(queue).unwrap_or(0)
    }

    /// The least round trip seen lately, microseconds.
    pub fn base_round_trip_us(&self) -> Option<Micros> {
        self.base.value().and_then(|least| Micros::try_from(least).ok())
    }

    /// Bytes that may be in flight.
    pub fn window(&self) -> u64 {
        // The round trip as it is, queue included: what paces is the rate, the window only bounds a silence.
        let span_us = self.round_trip as f64 + WINDOW_SLACK_US;
        WINDOW_FLOOR.max((self.rate * span_us / 8e6) as u64)
    }

    /// Whether copies should now go beside the pictures, up to the rate, to learn whether the path carries more.
    pub fn wants_filling(&mut self, now: Micros) -> bool {
        let wants = self.rate < FILL_TO
            && now % FILL_EVERY_US < FILL_US
            && now >= self.quiet_until.max(self.careful_until)
            && self.queue_us(now) < QUEUE_LOW_US;
        if wants {
            self.filled = now;
        }
        wants
    }

    /// Whether what shows now may come of filling: what was sent shows a round trip later.
    fn is_filling(&self, now: Micros) -> bool {
        self.filled > 0 && now.saturating_sub(self.filled) < FILL_US
    }

    /// A queue, or loss beyond the usual: the path is left alone for a while. If filling made it, the path carries what
    /// arrives and not more.
    fn trouble(&mut self, now: Micros) {
        if self.is_filling(now) && now >= self.quiet_until {
            self.quiet = (self.quiet * 2).min(FILL_QUIET_MAX_US);
            if let Some(arriving) = self.train.filling() {
                self.rate = self.rate.min(arriving / (1.0 - self.loss));
            }
        }
        self.quiet_until = self.quiet_until.max(now + self.quiet);
    }

    fn update(&mut self, now: Micros) {
        let since = now.saturating_sub(self.updated);
        if since < UPDATE_US {
            return;
        }
        self.updated = now;
        let seconds = since.min(500_000) as f64 / 1e6;
        let queue = self.queue_us(now);
        let delivered = self.acked.rate(now);
        let sent = self.sent.rate(now);
        if queue > QUEUE_LOW_US && self.is_filling(now) {
            self.trouble(now);
        }
        if queue > QUEUE_HIGH_US {
            self.shrink(now, queue, sent);
            self.queue_before = queue;
        } else {
            self.high_since = None;
            self.queue_before = 0;
            let lost = self.lost.rate(now);
            let share = lost / (lost + delivered).max(1.0);
            if share > self.loss + FILL_LOSS && lost > RATE_FLOOR {
                self.trouble(now);
            }
            self.loss += (share.min(LOSS_HOPELESS) - self.loss) * (seconds / LOSS_SECONDS).min(1.0);
            if queue < QUEUE_LOW_US && self.rate < sent * UNUSED_FACTOR + UNUSED_BITS {
                let growth = match (self.starting, now < self.careful_until) {
                    (_, true) => GROWTH_CAREFUL,
                    (true, false) => GROWTH_START,
                    (false, false) => GROWTH,
                };
                self.rate *= 1.0 + growth * seconds;
            }
        }
        self.follow_hopeless(now, delivered);
        self.rate = self.rate.clamp(RATE_FLOOR, RATE_CEILING);
    }

    fn shrink(&mut self, now: Micros, queue: Micros, sent: f64) {
        // A queue beside next to nothing of ours is somebody else's, or a busy machine.
        self.starting &= sent < self.rate / 2.0;
        let since = *self.high_since.get_or_insert(now);
        // Half of the time is for the queue to show its full length.
        if now.saturating_sub(since) < STUCK_US / 2 {
            self.high_peak = queue;
        } else if queue < self.high_peak / 20 * 19 {
            // It drains: not stuck.
            self.high_since = Some(now.saturating_sub(STUCK_US / 2));
            self.high_peak = queue;
        }
        if now.saturating_sub(since) > STUCK_US {
            self.high_since = None;
            for least in [
                &mut self.base,
                &mut self.recent,
                &mut self.forward_base,
                &mut self.forward_recent,
            ] {
                least.clear();
            }
            return;
        }
        if now.saturating_sub(since) < PAUSE_US {
            return;
        }
        let over = (queue - QUEUE_HIGH_US) as f64 / 1e6;
        let share = (0.85 - over * 1.5).clamp(0.1, 0.85);
        let rate = match self.train.filling() {
            // What leaves the bottleneck is what arrives and what is lost behind it.
            Some(arriving) => self.rate.min(arriving / (1.0 - self.loss) * share),
            // The queue stands or drains, and what arrives is only what was sent. While it drains, wait; a cut shows
            // in the delay only after a round trip, and until then a further one would answer the same queue.
            None if queue < self.queue_before => return,
            None if now.saturating_sub(self.cut) < self.base_round_trip_us().unwrap_or(0) + 4 * UPDATE_US => return,
            None => self.rate * share,
        };
        self.cut = now;
        self.rate = rate.max(RATE_FLOOR);
    }

    /// Beyond [`LOSS_HOPELESS`] for a second and a half, sends little more than arrives.
    fn follow_hopeless(&mut self, now: Micros, delivered: f64) {
        let lost = self.lost.rate(now);
        // With a queue, or just after one, the delay says what to do, and what it drops says nothing more.
        let queued = self.cut > 0 && now.saturating_sub(self.cut) < AFTER_QUEUE_US;
        if queued || lost <= (lost + delivered) * LOSS_HOPELESS || lost < RATE_FLOOR {
            self.hopeless_since = None;
            return;
        }
        let since = *self.hopeless_since.get_or_insert(now);
        if now.saturating_sub(since) > 1_500_000 {
            self.starting = false;
            self.rate = self.rate.min((delivered * 1.1).max(RATE_FLOOR));
            self.careful_until = now + CAREFUL_US;
        }
    }
}

/// The part of the rate that the stream may use: all of it while no media flows, a quarter beside media.
///
/// Statements and signals thus neither hold up media nor starve behind it.
#[derive(Debug, Clone, Default)]
pub struct Share {
    bits: f64,
    at: Micros,
}

/// Bits that the stream may send at once after a pause.
const SHARE_BURST: f64 = 64_000.0;
/// The least rate of the stream beside media.
const SHARE_FLOOR: f64 = 12_000.0;

impl Share {
    /// Time passes, at this rate of the connection.
    pub fn refill(&mut self, now: Micros, rate: f64, beside_media: bool) {
        let part = if beside_media {
            (rate * 0.25).max(SHARE_FLOOR)
        } else {
            rate * 0.9
        };
        let past = now.saturating_sub(self.at) as f64 / 1e6;
        self.at = now;
        self.bits = (self.bits + part * past).min(SHARE_BURST);
    }

    /// Whether bytes may go now.
    pub fn is_ready(&self) -> bool {
        self.bits >= 0.0
    }

    /// How long until bytes may go, at this rate.
    pub fn wait_us(&self, rate: f64) -> Micros {
        (-self.bits / (rate * 0.25).max(SHARE_FLOOR) * 1e6).max(0.0) as Micros + 1000
    }

    /// Bytes went.
    pub fn spend(&mut self, bytes: usize) {
        self.bits -= bytes as f64 * 8.0;
    }
}

/// A [`Control`] that QUIC and the media of one connection share.
#[derive(Debug, Clone)]
pub struct Shared {
    control: Arc<Mutex<Control>>,
    origin: Instant,
}

impl Shared {
    /// A fresh one whose times count from `origin`.
    pub fn new(origin: Instant) -> Self {
        Self {
            control: Arc::default(),
            origin,
        }
    }

    /// Works on the control. Another thread's panic leaves numbers that are stale at worst.
    pub fn with<T>(&self, work: impl FnOnce(&mut Control) -> T) -> T {
        work(&mut self.control.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// `at` on this connection's clock.
    pub fn micros(&self, at: Instant) -> Micros {
        Micros::try_from(at.saturating_duration_since(self.origin).as_micros()).unwrap_or(Micros::MAX)
    }

    /// The instant of a time on this connection's clock.
    pub fn instant(&self, at: Micros) -> Instant {
        self.origin + Duration::from_micros(at.min(1 << 50))
    }
}

impl ControllerFactory for Shared {
    fn build(self: Arc<Self>, _now: Instant, _current_mtu: u16) -> Box<dyn Controller> {
        Box::new(self.as_ref().clone())
    }
}

impl Controller for Shared {
    fn on_sent(&mut self, now: Instant, bytes: u64, _last_packet_number: u64) {
        let now = self.micros(now);
        self.with(|control| control.on_sent(now, bytes));
    }

    fn on_ack(&mut self, now: Instant, sent: Instant, bytes: u64, _app_limited: bool, _rtt: &RttEstimator) {
        let (now, sent) = (self.micros(now), self.micros(sent));
        self.with(|control| control.on_acked(now, sent, bytes));
    }

    fn on_end_acks(&mut self, now: Instant, _in_flight: u64, _app_limited: bool, _largest: Option<u64>) {
        let now = self.micros(now);
        self.with(|control| control.on_batch(now));
    }

    fn on_congestion_event(&mut self, now: Instant, _sent: Instant, _persistent: bool, lost_bytes: u64) {
        let now = self.micros(now);
        self.with(|control| control.on_lost(now, lost_bytes));
    }

    fn on_mtu_update(&mut self, _new_mtu: u16) {}

    fn window(&self) -> u64 {
        self.with(|control| control.window())
    }

    fn metrics(&self) -> ControllerMetrics {
        let mut metrics = ControllerMetrics::default();
        metrics.congestion_window = self.window();
        metrics.pacing_rate = Some(self.with(|control| control.rate() as u64));
        metrics
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }

    fn initial_window(&self) -> u64 {
        WINDOW_FLOOR
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
