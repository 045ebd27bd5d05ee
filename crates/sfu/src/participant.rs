//! One participant's connection: what it publishes, what it receives, and the fence around str0m.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use str0m::bwe::Bitrate;
use str0m::format::Codec;
use str0m::media::{KeyframeRequestKind, MediaKind, Pt};
use str0m::rtp::{RtpWrite, Ssrc, StreamTxQueueInfo};
use str0m::{Rtc, RtcError};

use crate::forward::{Forward, LAYER_TOP, Verdict};
use crate::rate::Meter;
use crate::vp9::Descriptor;
use crate::{
    Kind, Mid, Packet, ParticipantId, QUEUE_BYTES_MAX, RESEND_AGE_MAX, RESEND_PACKETS_MAX, SOUND_REDUNDANT, TrackId,
};

/// How often layers are weighed against the estimate.
pub(crate) const WEIGH_EVERY: Duration = Duration::from_millis(500);
/// How long a higher layer must have fitted before it is given.
const RAISE_AFTER: Duration = Duration::from_secs(1);
/// Loss towards a browser that counts as congestion.
const LOSS_CONGESTED: f32 = 0.02;
/// Round trip above the least one that counts as congestion.
const DELAY_CONGESTED: Duration = Duration::from_millis(80);
/// How long a sign of congestion is believed; doubled each time that it comes back soon.
const CONGESTED_HOLD: Duration = Duration::from_secs(6);
const CONGESTED_HOLD_MAX: Duration = Duration::from_secs(48);
/// Times that a rate for the publisher is repeated: REMB goes in RTCP, which may be lost.
const REMB_REPEATS: u8 = 4;
/// What the estimator looks for at least, before anything is measured, and at most.
const AIM_MIN_BPS: u64 = 2_500_000;
const AIM_MAX_BPS: u64 = 50_000_000;
/// Most SSRCs remembered per connection.
const SSRCS_MAX: usize = 64;

/// The connection is of no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// Runs a call into str0m. What it cannot take ends that one connection, a panic included: a fault that one browser can
/// trigger must not end everybody's call.
pub(crate) fn fenced<T>(call: impl FnOnce() -> Result<T, RtcError>) -> Result<T, Broken> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) | Err(_) => Err(Broken),
    }
}

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Answered; gives up at this moment.
    Answered(Instant),
    /// ICE and DTLS are done.
    Connected,
    /// ICE has lost it; gives up at this moment.
    Lost(Instant),
}

/// A track that the participant publishes.
pub(crate) struct Published {
    pub mid: Mid,
    pub track: TrackId,
    pub kind: Kind,
    pub ssrc: Option<Ssrc>,
    pub counts: Counts,
}

/// Numbers for the statistics.
pub(crate) struct Counts {
    pub packets: u64,
    pub bytes: u64,
    pub loss: Option<f32>,
    pub jitter: Option<u32>,
    pub nacks: u64,
    pub key_frame_requests: u64,
    pub meter: Meter,
}

impl Counts {
    pub(crate) fn new() -> Self {
        Self {
            packets: 0,
            bytes: 0,
            loss: None,
            jitter: None,
            nacks: 0,
            key_frame_requests: 0,
            meter: Meter::new(),
        }
    }

    pub(crate) fn add(&mut self, packet: &Packet, now: Instant) {
        self.packets += 1;
        self.bytes += packet.payload.len() as u64;
        self.meter.add(0, packet.payload.len(), now);
    }
}

/// A track that the participant receives.
pub(crate) struct Subscription {
    pub mid: Mid,
    pub track: TrackId,
    pub kind: Kind,
    /// The outgoing stream; `None` while the browser does not receive on this section.
    pub stream: Option<Stream>,
    pub forward: Forward,
    pub counts: Counts,
    /// Since when a higher layer would have fitted.
    raise_since: Option<Instant>,
    /// The pacer's queue ran over; nothing is written before it is empty.
    clogged: bool,
}

/// An outgoing stream's numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stream {
    pub ssrc: Ssrc,
    pub pt: Pt,
    pub red: Option<Pt>,
}

/// One participant's connection.
pub(crate) struct Participant {
    pub id: ParticipantId,
    pub rtc: Rtc,
    pub identity: String,
    pub phase: Phase,
    /// When str0m wants to be asked again.
    pub deadline: Instant,
    pub dirty: bool,
    /// Packets written that str0m has not given out yet.
    owed: usize,
    pub published: Vec<Published>,
    pub subscribed: Vec<Subscription>,
    /// SSRC to place in `published`.
    ssrcs: Vec<(Ssrc, usize)>,
    pub estimate_bps: Option<u64>,
    pub weigh_at: Option<Instant>,
    /// What the estimator was told: desired and least rate.
    aim_bps: (u64, u64),
    remb: Option<(u32, u8)>,
    paced: bool,
    pub refused_in_row: u32,
    pub rtt: Option<Duration>,
    pub loss_out: Option<f32>,
    pub loss_in: Option<f32>,
    rtt_least: Option<Duration>,
    bad_seconds: u32,
    congestion: Congestion,
}

/// Whether the way to a browser shows signs of congestion.
///
/// The delay-based estimate alone is no such sign: on a busy machine it falls to what happens to be sent at that moment. So
/// it decides (layers, pacing) only while packets are lost or late; otherwise pictures leave as they came, already paced by
/// their publisher.
#[derive(Clone, Copy, Debug)]
struct Congestion {
    until: Option<Instant>,
    hold: Duration,
}

impl Participant {
    pub(crate) fn new(id: ParticipantId, rtc: Rtc, identity: String, now: Instant) -> Self {
        Self {
            id,
            rtc,
            identity,
            phase: Phase::Answered(now + crate::CONNECT_MAX),
            deadline: now,
            dirty: false,
            owed: 0,
            published: Vec::new(),
            subscribed: Vec::new(),
            ssrcs: Vec::new(),
            estimate_bps: None,
            weigh_at: None,
            aim_bps: (0, 0),
            remb: None,
            paced: false,
            refused_in_row: 0,
            rtt: None,
            loss_out: None,
            loss_in: None,
            rtt_least: None,
            bad_seconds: 0,
            congestion: Congestion {
                until: None,
                hold: CONGESTED_HOLD,
            },
        }
    }

    /// Takes a second's round trip and loss into account.
    pub(crate) fn note_quality(&mut self, rtt: Option<Duration>, loss: Option<f32>, now: Instant) {
        if let Some(rtt) = rtt {
            // The least is forgotten slowly: a roaming laptop's way may become longer for good.
            let least = self.rtt_least.map_or(rtt, |least| rtt.min(least + least.mul_f32(0.02)));
            self.rtt_least = Some(least);
        }
        let late = rtt
            .zip(self.rtt_least)
            .is_some_and(|(rtt, least)| rtt > least + DELAY_CONGESTED);
        let bad = late || loss.is_some_and(|loss| loss > LOSS_CONGESTED);
        self.bad_seconds = if bad { self.bad_seconds + 1 } else { 0 };
        // One bad second is a browser that was busy; two are the way to it.
        if self.bad_seconds >= 2 {
            self.congestion.strike(now);
            self.weigh_at = self.weigh_at.map(|at| at.min(now));
        }
    }

    /// The soonest moment at which something is to be done for it.
    pub(crate) fn next(&self) -> Instant {
        let phase = match self.phase {
            Phase::Answered(until) | Phase::Lost(until) => Some(until),
            Phase::Connected => None,
        };
        [phase, self.weigh_at]
            .into_iter()
            .flatten()
            .fold(self.deadline, Instant::min)
    }

    /// str0m gave `sent` RTP packets since it was told the time. Whether more wait: what was written, or what is sent again
    /// beside it.
    pub(crate) fn more_waits(&mut self, sent: usize) -> bool {
        let beside = sent > self.owed;
        // Given out nothing, it has dropped what it had or paces it, and says itself when to come back.
        self.owed = if sent == 0 { 0 } else { self.owed.saturating_sub(sent) };
        beside || self.owed > 0
    }

    /// The place in `published` that an incoming SSRC belongs to.
    pub(crate) fn published_by_ssrc(&mut self, ssrc: Ssrc) -> Option<usize> {
        if let Some((_, at)) = self.ssrcs.iter().find(|(known, _)| *known == ssrc) {
            return Some(*at);
        }
        let mid = self.rtc.direct_api().stream_rx(&ssrc)?.mid();
        let at = self.published.iter().position(|p| p.mid == mid)?;
        if self.ssrcs.len() == SSRCS_MAX {
            self.ssrcs.remove(0);
        }
        self.ssrcs.push((ssrc, at));
        Some(at)
    }

    /// What is published changed: SSRCs are looked up afresh.
    pub(crate) fn forget_ssrcs(&mut self) {
        self.ssrcs.clear();
    }

    /// Prepares the outgoing stream of a section for `track`, carrying on its numbers if it was in use.
    pub(crate) fn subscribe(&mut self, mid: Mid, track: TrackId, kind: Kind, under_way: Option<u32>) {
        let stream = self.stream(mid, kind);
        match self.subscribed.iter_mut().find(|s| s.mid == mid) {
            Some(known) => {
                if known.track != track || known.stream != stream {
                    known.forward.restart(under_way);
                }
                (known.track, known.stream) = (track, stream);
            }
            None => self.subscribed.push(Subscription {
                mid,
                track,
                kind,
                stream,
                forward: Forward::new(kind, under_way),
                counts: Counts::new(),
                raise_since: None,
                clogged: false,
            }),
        }
    }

    fn stream(&mut self, mid: Mid, kind: Kind) -> Option<Stream> {
        let media = self.rtc.media(mid)?;
        let (codec, media_kind) = match kind {
            Kind::Sound => (Codec::Opus, MediaKind::Audio),
            Kind::Picture => (Codec::Vp9, MediaKind::Video),
        };
        if media.kind() != media_kind || !media.direction().is_sending() {
            return None;
        }
        let accepted = media.remote_pts().to_vec();
        let params = *self
            .rtc
            .codec_config()
            .find(|p| p.spec().codec == codec && accepted.contains(&p.pt()))?;
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(mid, None)?;
        stream.set_rtx_cache(RESEND_PACKETS_MAX, RESEND_AGE_MAX, None);
        stream.set_unpaced(kind == Kind::Sound || !self.paced);
        let red = params.red();
        Some(Stream {
            ssrc: stream.ssrc(),
            pt: params.pt(),
            red,
        })
    }

    /// Whether the browser offers RED.
    pub(crate) fn redundancy(&self) -> bool {
        self.rtc.codec_config().params().iter().any(|p| p.red().is_some())
    }

    /// Writes a packet of a track to the subscription at `at`, if it is for it. Says whether it waits for a key frame.
    pub(crate) fn write(
        &mut self,
        at: usize,
        packet: &Packet,
        descriptor: Option<Descriptor>,
        wallclock: Instant,
        now: Instant,
    ) -> Written {
        let Some(sub) = self.subscribed.get_mut(at) else {
            return Written::Nothing;
        };
        let Some(Stream { ssrc, pt, red }) = sub.stream else {
            return Written::Nothing;
        };
        let redundant = packet.kind == Kind::Sound && packet.layer == SOUND_REDUNDANT;
        let Some(pt) = (if redundant { red } else { Some(pt) }) else {
            return Written::Nothing;
        };
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx(&ssrc) else {
            return Written::Nothing;
        };
        if packet.kind == Kind::Picture && sub.is_clogged(stream.queue_info()) {
            return Written::Nothing;
        }
        match sub.forward.take(packet, descriptor, now) {
            Verdict::Drop => Written::Nothing,
            Verdict::Waits => Written::Waits,
            Verdict::Forward(numbers) => {
                let write = RtpWrite::new(
                    pt,
                    numbers.sequence.into(),
                    numbers.timestamp,
                    wallclock,
                    packet.payload.clone(),
                )
                .marker(packet.marker)
                .nackable(packet.kind == Kind::Picture);
                stream.write_rtp(write);
                self.owed += 1;
                sub.counts.add(packet, now);
                Written::Packet
            }
        }
    }

    /// Asks the browser for a key frame of what it publishes at `mid`.
    pub(crate) fn request_key_frame(&mut self, mid: Mid) {
        if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(mid, None) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
    }

    /// Caps what the browser publishes, all tracks together.
    pub(crate) fn set_publish_rate(&mut self, kbps: u32, now: Instant) {
        if self.remb.is_none_or(|(known, _)| known != kbps) {
            self.remb = Some((kbps, REMB_REPEATS));
            self.weigh_at = Some(now);
        }
    }

    /// A picture stream began: the cap is said to it again.
    pub(crate) fn repeat_publish_rate(&mut self, now: Instant) {
        if let Some((_, left)) = &mut self.remb {
            *left = REMB_REPEATS;
            self.weigh_at = Some(now);
        }
    }

    /// The regular round: says the publisher's cap, weighs layers against the estimate. `rates` gives a track's rate in
    /// bits per second up to a layer.
    pub(crate) fn weigh(&mut self, now: Instant, mut rates: impl FnMut(TrackId, u8) -> u64) {
        self.say_publish_rate();
        let receives = self
            .subscribed
            .iter()
            .any(|s| s.kind == Kind::Picture && s.stream.is_some());
        let again = receives || self.remb.is_some_and(|(_, left)| left > 0);
        self.weigh_at = again.then(|| now + WEIGH_EVERY);
        if !receives {
            return;
        }
        self.aim_estimate(&mut rates);
        let congested = self.congestion.is_on(now);
        self.set_paced(congested);
        match self.estimate_bps.filter(|_| congested) {
            Some(estimate) => self.share(estimate, now, rates),
            None => self
                .subscribed
                .iter_mut()
                .filter(|s| s.kind == Kind::Picture)
                .for_each(|s| s.aim(LAYER_TOP, now)),
        }
    }

    fn set_paced(&mut self, paced: bool) {
        if std::mem::replace(&mut self.paced, paced) == paced {
            return;
        }
        let streams = self
            .subscribed
            .iter()
            .filter(|s| s.kind == Kind::Picture)
            .filter_map(|s| s.stream);
        for Stream { ssrc, .. } in streams {
            if let Some(stream) = self.rtc.direct_api().stream_tx(&ssrc) {
                stream.set_unpaced(!paced);
            }
        }
    }

    /// Tells the estimator what to look for: enough for the full pictures and a key frame now and then. While a layer is
    /// held back it pads up to what the next one takes, or the estimate would never learn that there is room.
    fn aim_estimate(&mut self, rates: &mut impl FnMut(TrackId, u8) -> u64) {
        let (mut full, mut next) = (0, 0);
        for sub in self.subscribed.iter().filter(|s| s.stream.is_some()) {
            let top = rates(sub.track, LAYER_TOP);
            full += top;
            next += if sub.kind == Kind::Picture {
                rates(sub.track, (sub.forward.target() + 1).min(LAYER_TOP))
            } else {
                top
            };
        }
        let held_back = self
            .subscribed
            .iter()
            .any(|s| s.stream.is_some() && s.forward.target() < LAYER_TOP);
        let aim = (
            (full + full / 4).clamp(AIM_MIN_BPS, AIM_MAX_BPS),
            if held_back { next + next / 3 } else { 0 },
        );
        if aim.0.abs_diff(self.aim_bps.0) > self.aim_bps.0 / 10 || aim.1.abs_diff(self.aim_bps.1) > self.aim_bps.1 / 10
        {
            self.aim_bps = aim;
            self.rtc.bwe().set_bitrate(Bitrate::bps(aim.1), Bitrate::bps(aim.0));
        }
    }

    fn say_publish_rate(&mut self) {
        let Some((kbps, left)) = self.remb.as_mut().filter(|(_, left)| *left > 0) else {
            return;
        };
        *left -= 1;
        let rate = Bitrate::kbps(u64::from(*kbps));
        // A REMB is for the session: said on one picture is said for all.
        let mids = self
            .published
            .iter()
            .filter(|p| p.kind == Kind::Picture && p.ssrc.is_some())
            .map(|p| p.mid);
        for mid in mids.take(1) {
            if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(mid, None) {
                stream.request_remb(rate);
            }
        }
    }

    /// Shares the estimate out: sound whole, every picture's base layer, then one layer more for each in turn.
    fn share(&mut self, estimate: u64, now: Instant, mut rates: impl FnMut(TrackId, u8) -> u64) {
        let mut left = estimate as i64 - (estimate / 20) as i64;
        for sub in self.subscribed.iter().filter(|s| s.stream.is_some()) {
            left -= rates(sub.track, if sub.kind == Kind::Sound { LAYER_TOP } else { 0 }) as i64;
        }
        let pictures = || (0..self.subscribed.len()).filter(|at| self.subscribed[*at].kind == Kind::Picture);
        let mut layers = vec![0u8; self.subscribed.len()];
        for layer in 1..=LAYER_TOP {
            for at in pictures() {
                let sub = &self.subscribed[at];
                let step = rates(sub.track, layer).saturating_sub(rates(sub.track, layer - 1)) as i64;
                // A layer that is not yet given must fit with a quarter to spare: no flapping.
                let needed = if layer > sub.forward.target() {
                    step + step / 4
                } else {
                    step
                };
                if layers[at] == layer - 1 && needed <= left {
                    layers[at] = layer;
                    left -= step;
                }
            }
        }
        for (sub, layer) in self
            .subscribed
            .iter_mut()
            .zip(layers)
            .filter(|(sub, _)| sub.kind == Kind::Picture)
        {
            sub.aim(layer, now);
        }
    }
}

/// What [`Participant::write`] did.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Packet,
    Nothing,
    Waits,
}

impl Congestion {
    fn strike(&mut self, now: Instant) {
        if let Some(until) = self.until.filter(|until| *until <= now) {
            let soon = now < until + self.hold;
            self.hold = if soon {
                (self.hold * 2).min(CONGESTED_HOLD_MAX)
            } else {
                CONGESTED_HOLD
            };
        }
        self.until = Some(now + self.hold);
    }

    fn is_on(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }
}

impl Subscription {
    /// Lowers at once; raises when it would have fitted for a while.
    fn aim(&mut self, layer: u8, now: Instant) {
        if layer <= self.forward.target() {
            self.raise_since = None;
            self.forward.set_target(layer);
        } else if now >= *self.raise_since.get_or_insert(now) + RAISE_AFTER {
            self.raise_since = None;
            self.forward.set_target(self.forward.target() + 1);
        }
    }

    /// A queue that only grows helps nobody: the picture pauses and comes back with a key frame.
    fn is_clogged(&mut self, queue: Option<&dyn StreamTxQueueInfo>) -> bool {
        let bytes = queue.map_or(0, StreamTxQueueInfo::byte_size);
        if self.clogged {
            self.clogged = bytes > 0;
        } else if bytes > QUEUE_BYTES_MAX {
            self.clogged = true;
            self.forward.restart(None);
        }
        self.clogged
    }
}
