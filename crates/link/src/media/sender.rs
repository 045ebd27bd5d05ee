//! The sending half: what goes when, and what goes again.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use super::fill::Fill;
use super::spend::Spend;
use super::tries::tries;
use super::{Kind, MediaPacket, PAYLOAD_BYTES_MAX, TRACKS_MAX};
use crate::Micros;
use crate::datagram::{ENTRIES_MAX, Entry, MEDIA_HEADER_BYTES, Media, Part, Report, entry_bytes};

/// UDP, IP and QUIC around each datagram.
const OVERHEAD_BYTES: usize = 60;
/// Bytes of pictures that may wait.
const WAITING_BYTES_MAX: usize = 1024 * 1024;
/// Packets of sound that may wait.
const SOUND_WAITING_MAX: usize = 64;
/// Sound that waited so long is dropped.
const SOUND_WAIT_US: Micros = 200_000;
/// Packets of the base layer that waited so long are dropped.
const BASE_WAIT_US: Micros = 500_000;
/// Packets of the upper layers that waited so long are dropped.
const UPPER_WAIT_US: Micros = 150_000;
/// Datagrams remembered until their fate is known.
const HISTORY_MAX: usize = 4096;
/// How long they are remembered.
const HISTORY_US: Micros = 1_500_000;
/// Pictures are sent again until they are this old: late is better than never, since others build on them.
const PICTURE_OLD_US: Micros = 1_000_000;
/// Sound is sent again while it is younger than this.
const SOUND_OLD_US: Micros = 250_000;
/// Between the copies of one try, so that one burst of loss does not take them all.
const COPY_SPACING_US: Micros = 5_000;
/// A datagram is lost when this many later ones arrived...
const REORDER_NUMBERS: u64 = 3;
/// ...or one sent this much later.
const REORDER_US: Micros = 12_000;
/// Sending again may wait for this many packets.
const REPAIR_WAITING_MAX: usize = 2048;
/// What may go at once after a pause, in time at the rate: little where sound would wait behind it, a large frame where it is
/// soon gone.
const BURST_US: f64 = 15_000.0;
const BURST_WIDE_US: f64 = 45_000.0;
/// Bits per second from which a path is wide.
const WIDE: f64 = 3_000_000.0;

#[derive(Debug)]
struct Waiting {
    entry: Entry,
    since: Micros,
}

#[derive(Debug)]
struct Again {
    key: Key,
    due: Micros,
}

type Key = (u16, u32, Part);

/// Whether a packet has arrived in any of the datagrams that carried it.
#[derive(Debug)]
struct Fate {
    entry: Entry,
    first: Micros,
    arrived: bool,
    /// Datagrams on their way, and resends that wait.
    pending: u32,
    /// Datagrams sent.
    sent: u32,
    /// Datagrams in the history that name it.
    named: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judged {
    Open,
    Arrived,
    Lost,
}

#[derive(Debug)]
struct Sent {
    number: u64,
    at: Micros,
    judged: Judged,
    keys: Vec<Key>,
}

/// What a report told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feedback {
    /// The least one-way delay since the report before, microseconds against a steady origin.
    pub forward_delay_us: i64,
    /// The round trip without the receiver's waiting, microseconds.
    pub round_trip_us: Micros,
}

/// Turns packets into datagrams. Call [`Sender::poll`] until it gives nothing, then at [`Sender::poll_timeout`].
#[derive(Debug)]
pub struct Sender {
    number: u64,
    datagram_bytes: usize,
    rate: f64,
    tokens: f64,
    refilled: Micros,
    sound: VecDeque<Waiting>,
    base: VecDeque<Waiting>,
    upper: VecDeque<Waiting>,
    waiting_bytes: usize,
    repair: VecDeque<Again>,
    history: VecDeque<Sent>,
    /// Every datagram with a smaller number has been judged.
    judged: u64,
    fates: BTreeMap<Key, Fate>,
    recent_sound: BTreeMap<u16, VecDeque<Entry>>,
    loss: f64,
    round_trip: Micros,
    delay_origin: Option<u32>,
    spend: Spend,
    fill: Fill,
    dropped: u64,
}

impl Sender {
    /// A sender whose datagrams have at most `datagram_bytes`.
    pub fn new(datagram_bytes: usize) -> Self {
        Self {
            number: 0,
            datagram_bytes,
            rate: crate::congestion::RATE_START,
            tokens: 0.0,
            refilled: 0,
            sound: VecDeque::new(),
            base: VecDeque::new(),
            upper: VecDeque::new(),
            waiting_bytes: 0,
            repair: VecDeque::new(),
            history: VecDeque::new(),
            judged: 0,
            fates: BTreeMap::new(),
            recent_sound: BTreeMap::new(),
            loss: 0.0,
            round_trip: 100_000,
            delay_origin: None,
            spend: Spend::default(),
            fill: Fill::default(),
            dropped: 0,
        }
    }

    /// The path carries datagrams of this size.
    pub fn set_datagram_bytes(&mut self, bytes: usize) {
        self.datagram_bytes = bytes;
    }

    /// Bits per second for everything this connection sends.
    pub fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    /// The share of datagrams lost on the way there, lately.
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// Bits per second that publishers may use together, so that with headers, copies and repair the rate is kept.
    pub fn publish_rate(&self) -> f64 {
        self.spend.publish(self.rate)
    }

    /// Whether copies of pictures go beside them up to the rate, to try the path.
    pub fn set_filling(&mut self, filling: bool) {
        self.fill.set(filling);
    }

    /// Packets dropped because they waited too long or did not fit.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Other bytes, of the stream, went out beside the media.
    pub fn charge(&mut self, now: Micros, bytes: usize) {
        self.refill(now);
        self.tokens -= (bytes + OVERHEAD_BYTES) as f64 * 8.0;
    }

    /// Takes a packet. `false` when it breaks a bound and was dropped.
    pub fn send(&mut self, now: Micros, packet: MediaPacket) -> bool {
        let half = self
            .datagram_bytes
            .saturating_sub(MEDIA_HEADER_BYTES + crate::datagram::ENTRY_FULL_BYTES);
        if packet.payload.len() > PAYLOAD_BYTES_MAX.min(half * 2) {
            self.dropped += 1;
            return false;
        }
        let whole = Entry {
            track: packet.track,
            picture: packet.kind == Kind::Picture,
            marker: packet.marker,
            layer: packet.layer.min(3),
            copy: false,
            part: Part::Whole,
            sequence: packet.sequence as u32,
            timestamp: packet.timestamp,
            payload: packet.payload,
        };
        if whole.payload.len() <= half {
            return self.wait(now, whole);
        }
        let middle = whole.payload.len() / 2;
        let first = Entry {
            part: Part::First,
            payload: whole.payload.slice(..middle),
            ..whole.clone()
        };
        let second = Entry {
            part: Part::Second,
            payload: whole.payload.slice(middle..),
            ..whole
        };
        self.wait(now, first) && self.wait(now, second)
    }

    fn wait(&mut self, now: Micros, entry: Entry) -> bool {
        if entry.picture {
            self.waiting_bytes += entry.payload.len();
            let queue = if entry.layer == 0 {
                &mut self.base
            } else {
                &mut self.upper
            };
            queue.push_back(Waiting { entry, since: now });
            while self.waiting_bytes > WAITING_BYTES_MAX {
                let Some(late) = self.upper.pop_front().or_else(|| self.base.pop_front()) else {
                    break;
                };
                self.waiting_bytes -= late.entry.payload.len();
                self.dropped += 1;
            }
        } else {
            if self.sound.len() >= SOUND_WAITING_MAX {
                self.sound.pop_front();
                self.dropped += 1;
            }
            self.sound.push_back(Waiting { entry, since: now });
        }
        true
    }

    /// The next datagram to send at once.
    pub fn poll(&mut self, now: Micros) -> Option<Bytes> {
        self.refill(now);
        self.forget(now);
        self.drop_late(now);
        if self.sound_due().is_some_and(|due| due <= now) {
            return Some(self.sound_datagram(now));
        }
        if self.tokens < 0.0 {
            return None;
        }
        if let Some(bytes) = self.repair_datagram(now) {
            return Some(bytes);
        }
        let Some(waiting) = self.base.pop_front().or_else(|| self.upper.pop_front()) else {
            let filler = self.fill.next(now)?;
            return Some(self.datagram(now, vec![filler]));
        };
        self.waiting_bytes -= waiting.entry.payload.len();
        self.fill.remember(now, &waiting.entry);
        Some(self.emit(now, vec![waiting.entry]))
    }

    /// When [`Sender::poll`] should be called again if nothing else happens.
    pub fn poll_timeout(&self, now: Micros) -> Option<Micros> {
        let tokens_at = if self.tokens < 0.0 {
            let wait_us = -self.tokens * 1e6 / self.rate;
            self.refilled + wait_us.ceil() as Micros + 1
        } else {
            now
        };
        let repair = self.repair.front().map(|again| again.due.max(tokens_at));
        let pictures = (self.fill.is_on() || !self.base.is_empty() || !self.upper.is_empty()).then_some(tokens_at);
        let overdue = self.open_since().map(|at| at + self.silence_us());
        [self.sound_due(), repair, pictures, overdue]
            .into_iter()
            .flatten()
            .min()
    }

    fn refill(&mut self, now: Micros) {
        let past = now.saturating_sub(self.refilled) as f64;
        self.refilled = now.max(self.refilled);
        let span = if self.rate < WIDE { BURST_US } else { BURST_WIDE_US };
        let burst = (self.rate * span / 1e6).max(2.0 * 8.0 * self.datagram_bytes as f64);
        self.tokens = (self.tokens + past * self.rate / 1e6).min(burst);
    }

    /// On a narrow path several packets of sound share a datagram: headers weigh more than speech there.
    fn sound_hold_us(&self) -> Micros {
        match self.rate {
            rate if rate < 64_000.0 => 50_000,
            rate if rate < 120_000.0 => 30_000,
            _ => 0,
        }
    }

    fn sound_due(&self) -> Option<Micros> {
        self.sound.front().map(|first| first.since + self.sound_hold_us())
    }

    /// How many packets before it each packet of sound carries.
    fn sound_copies(&self) -> usize {
        let affordable = match self.rate {
            rate if rate < 120_000.0 => 0,
            rate if rate < 250_000.0 => 1,
            _ => 3,
        };
        let wanted = match self.loss {
            loss if loss < 0.03 => 1,
            loss if loss < 0.12 => 2,
            _ => 3,
        };
        affordable.min(wanted)
    }

    fn sound_datagram(&mut self, now: Micros) -> Bytes {
        let copies = self.sound_copies();
        let mut entries: Vec<Entry> = Vec::new();
        let mut bytes = MEDIA_HEADER_BYTES;
        while let Some(waiting) = self.sound.front() {
            let track = waiting.entry.track;
            let copied = entries.iter().any(|entry| entry.track == track);
            let mut group: Vec<Entry> = Vec::new();
            if !copied && waiting.entry.part == Part::Whole {
                let recent = self.recent_sound.get(&track);
                let recent = recent.into_iter().flatten().rev().take(copies);
                group.extend(recent.cloned().map(|entry| Entry { copy: true, ..entry }));
                group.reverse();
            }
            group.push(waiting.entry.clone());
            let size: usize = group.iter().map(|entry| entry_bytes(None, entry)).sum();
            if !entries.is_empty() && (bytes + size > self.datagram_bytes || entries.len() + group.len() > ENTRIES_MAX)
            {
                break;
            }
            // A copy must never be the reason that the packet itself does not fit.
            while group.len() > 1
                && bytes + group.iter().map(|entry| entry_bytes(None, entry)).sum::<usize>() > self.datagram_bytes
            {
                group.remove(0);
            }
            bytes += group.iter().map(|entry| entry_bytes(None, entry)).sum::<usize>();
            entries.append(&mut group);
            if let Some(waiting) = self.sound.pop_front() {
                self.remember_sound(waiting.entry);
            }
        }
        self.emit(now, entries)
    }

    fn remember_sound(&mut self, entry: Entry) {
        if !self.recent_sound.contains_key(&entry.track) && self.recent_sound.len() >= TRACKS_MAX {
            self.recent_sound.pop_first();
        }
        let recent = self.recent_sound.entry(entry.track).or_default();
        recent.push_back(entry);
        if recent.len() > 3 {
            recent.pop_front();
        }
    }

    fn repair_datagram(&mut self, now: Micros) -> Option<Bytes> {
        while let Some(again) = self.repair.front() {
            if again.due > now {
                return None;
            }
            let key = again.key;
            self.repair.pop_front();
            let Some(fate) = self.fates.get_mut(&key) else {
                continue;
            };
            fate.pending -= 1;
            if fate.arrived {
                continue;
            }
            let entry = Entry {
                copy: true,
                ..fate.entry.clone()
            };
            return Some(self.emit(now, vec![entry]));
        }
        None
    }

    fn emit(&mut self, now: Micros, entries: Vec<Entry>) -> Bytes {
        let picture = entries.iter().any(|entry| entry.picture);
        let unsent = entries.iter().filter(|entry| !entry.copy);
        let fresh: usize = unsent.map(|entry| entry.payload.len()).sum();
        let bytes = self.datagram(now, entries);
        self.spend.put(now, picture, fresh, bytes.len() + OVERHEAD_BYTES);
        bytes
    }

    fn datagram(&mut self, now: Micros, entries: Vec<Entry>) -> Bytes {
        let number = self.number;
        self.number += 1;
        let keys = entries
            .iter()
            .map(|entry| (entry.track, entry.sequence, entry.part))
            .collect::<Vec<_>>();
        for (entry, key) in entries.iter().zip(&keys) {
            let fate = self.fates.entry(*key).or_insert_with(|| Fate {
                entry: entry.clone(),
                first: now,
                arrived: false,
                pending: 0,
                sent: 0,
                named: 0,
            });
            fate.pending += 1;
            fate.sent += 1;
            fate.named += 1;
        }
        self.history.push_back(Sent {
            number,
            at: now,
            judged: Judged::Open,
            keys,
        });
        let media = Media {
            number: number as u32,
            sent: now as u32,
            entries,
        };
        let bytes = media.encode();
        self.tokens -= (bytes.len() + OVERHEAD_BYTES) as f64 * 8.0;
        bytes
    }

    fn drop_late(&mut self, now: Micros) {
        for (queue, bound) in [(&mut self.base, BASE_WAIT_US), (&mut self.upper, UPPER_WAIT_US)] {
            while queue.front().is_some_and(|waiting| waiting.since + bound < now) {
                if let Some(late) = queue.pop_front() {
                    self.waiting_bytes -= late.entry.payload.len();
                    self.dropped += 1;
                }
            }
        }
        while self
            .sound
            .front()
            .is_some_and(|waiting| waiting.since + SOUND_WAIT_US < now)
        {
            self.sound.pop_front();
            self.dropped += 1;
        }
    }

    /// The far side's report: what arrived, what is lost and goes again.
    pub fn report(&mut self, now: Micros, report: &Report) -> Option<Feedback> {
        let newest = super::unwrap_number(self.number.saturating_sub(1), report.newest);
        let first = self.history.front()?.number;
        let index = usize::try_from(newest.checked_sub(first)?).ok()?;
        let newest_at = self.history.get(index)?.at;
        let mut lost = Vec::new();
        for sent in self.history.iter_mut().take(index + 1) {
            if sent.judged == Judged::Arrived {
                continue;
            }
            let back = newest - sent.number;
            let arrived = u32::try_from(back).ok().and_then(|back| report.arrived(back));
            let known_lost = back >= REORDER_NUMBERS || newest_at >= sent.at + REORDER_US;
            match arrived {
                Some(true) => {
                    let counted = sent.judged == Judged::Lost;
                    sent.judged = Judged::Arrived;
                    Self::arrived(&mut self.fates, &sent.keys, counted);
                    self.loss *= 0.99;
                }
                Some(false) if known_lost && sent.judged == Judged::Open => {
                    sent.judged = Judged::Lost;
                    self.loss = self.loss * 0.99 + 0.01;
                    lost.extend_from_slice(&sent.keys);
                }
                // Beyond the map's reach its fate was in a report that did not come; silence decides.
                _ => {}
            }
        }
        for key in lost {
            self.lost(now, key);
        }
        self.advance();
        let held_us = Micros::from(report.held) * 100;
        let round_trip_us = now.saturating_sub(newest_at).saturating_sub(held_us);
        self.round_trip = (self.round_trip * 3 + round_trip_us) / 4;
        let origin = *self.delay_origin.get_or_insert(report.delay_least);
        let forward_delay_us = i64::from(report.delay_least.wrapping_sub(origin) as i32);
        Some(Feedback {
            forward_delay_us,
            round_trip_us,
        })
    }

    fn arrived(fates: &mut BTreeMap<Key, Fate>, keys: &[Key], counted: bool) {
        for key in keys {
            if let Some(fate) = fates.get_mut(key) {
                fate.arrived = true;
                fate.pending -= u32::from(!counted && fate.pending > 0);
            }
        }
    }

    /// One datagram with this packet is lost: send it again if nothing else on its way may still bring it.
    fn lost(&mut self, now: Micros, key: Key) {
        let (round_trip, loss) = (self.round_trip, self.loss);
        let Some(fate) = self.fates.get_mut(&key) else {
            return;
        };
        fate.pending = fate.pending.saturating_sub(1);
        let age = now.saturating_sub(fate.first);
        let old = if fate.entry.picture {
            PICTURE_OLD_US
        } else {
            SOUND_OLD_US
        };
        if fate.arrived || fate.pending > 0 || age + round_trip / 2 > old {
            return;
        }
        let times = if fate.entry.picture {
            tries(age, round_trip, loss, fate.sent)
        } else {
            1
        };
        let times = times.min(u32::try_from(REPAIR_WAITING_MAX.saturating_sub(self.repair.len())).unwrap_or(0));
        fate.pending += times;
        for index in 0..times {
            let due = now + Micros::from(index) * COPY_SPACING_US;
            let place = self.repair.partition_point(|again| again.due <= due);
            self.repair.insert(place, Again { key, due });
        }
    }

    /// How long a datagram may go unreported before silence means that it is lost.
    fn silence_us(&self) -> Micros {
        self.round_trip + self.round_trip / 2 + 150_000
    }

    /// The place in the history of the datagram with this number, or of the first.
    fn place(&self, number: u64) -> usize {
        let first = self.history.front().map_or(number, |sent| sent.number);
        usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX)
    }

    fn open_since(&self) -> Option<Micros> {
        self.history.get(self.place(self.judged)).map(|sent| sent.at)
    }

    /// Steps over what has been judged.
    fn advance(&mut self) {
        let mut place = self.place(self.judged);
        while let Some(sent) = self.history.get(place).filter(|sent| sent.judged != Judged::Open) {
            self.judged = sent.number + 1;
            place += 1;
        }
    }

    /// Silence: datagrams that no report named. Then forgets what is old.
    fn forget(&mut self, now: Micros) {
        let silence = self.silence_us();
        let mut lost = Vec::new();
        let place = self.place(self.judged);
        for sent in self.history.iter_mut().skip(place) {
            if sent.at + silence > now {
                break;
            }
            if sent.judged == Judged::Open {
                sent.judged = Judged::Lost;
                lost.extend_from_slice(&sent.keys);
            }
        }
        for key in lost {
            self.lost(now, key);
        }
        self.advance();
        while self
            .history
            .front()
            .is_some_and(|sent| sent.at + HISTORY_US < now || self.history.len() > HISTORY_MAX)
        {
            let Some(sent) = self.history.pop_front() else {
                break;
            };
            for key in sent.keys {
                if let Some(fate) = self.fates.get_mut(&key) {
                    fate.named -= 1;
                    if fate.named == 0 {
                        self.fates.remove(&key);
                    }
                }
            }
        }
    }
}
