//! The receiving half: each packet once, and the reports.

use std::collections::{BTreeMap, VecDeque};

use bytes::{Bytes, BytesMut};

use super::{Kind, MediaPacket, PAYLOAD_BYTES_MAX, TRACKS_MAX, unwrap_number};
use crate::Micros;
use crate::datagram::{Entry, Media, Part, REPORT_MAP_MAX, Report};

/// Numbers remembered behind the newest, of datagrams and of each track.
const WINDOW: u64 = 2048;
/// Words of a window.
const WORDS: usize = 32;
/// A packet this much behind the newest of its track is too late for anyone.
const LATE_US: Micros = 1_500_000;
/// Halves that wait for their other half.
const HALVES_MAX: usize = 64;
/// A report goes this soon when something is missing...
const REPORT_SOON_US: Micros = 15_000;
/// ...and this soon when nothing is.
const REPORT_US: Micros = 60_000;
/// The share of this side's rate that reports may take: little of a narrow one, which speech needs.
const REPORT_SHARE_NARROW: f64 = 0.06;
/// Of a wider one they take what repair needs: a side that sends little has a rate of some hundred kilobits, and the other's
/// pictures wait for its reports.
const REPORT_SHARE: f64 = 0.15;
/// Bits per second below which a rate is narrow.
const NARROW: f64 = 250_000.0;
/// Bits of a typical report with its headers.
const REPORT_BITS: f64 = 900.0;
/// A report's map covers this time.
const MAP_US: Micros = 400_000;
/// Numbers that a datagram may be late by before it counts as lost in the figure shown.
const SETTLED: u64 = 64;
/// Packets far outside the window before the track is taken to count anew.
const STRANGE_MAX: u8 = 8;

/// Which numbers have come, in a window behind the newest.
#[derive(Debug, Clone)]
struct Window {
    newest: u64,
    bits: [u64; WORDS],
}

impl Window {
    fn new(first: u64) -> Self {
        let mut window = Self {
            newest: first,
            bits: [0; WORDS],
        };
        window.set(first);
        window
    }

    fn slot(number: u64) -> (usize, u64) {
        let place = number % WINDOW;
        ((place / 64) as usize, 1 << (place % 64))
    }

    fn set(&mut self, number: u64) {
        let (word, bit) = Self::slot(number);
        self.bits[word] |= bit;
    }

    fn has(&self, number: u64) -> bool {
        let (word, bit) = Self::slot(number);
        self.bits[word] & bit != 0
    }

    fn reaches(&self, number: u64) -> bool {
        number + WINDOW > self.newest
    }

    /// Notes a number. `false` when it came before or lies behind the window.
    fn note(&mut self, number: u64) -> bool {
        if number > self.newest {
            for passed in (self.newest + 1..=number).take(WINDOW as usize) {
                let (word, bit) = Self::slot(passed);
                self.bits[word] &= !bit;
            }
            if number - self.newest >= WINDOW {
                self.bits = [0; WORDS];
            }
            self.newest = number;
        } else if !self.reaches(number) || self.has(number) {
            return false;
        }
        self.set(number);
        true
    }
}

#[derive(Debug)]
struct Track {
    seen: Window,
    /// The newest sequence at some times, to tell what is late.
    marks: VecDeque<(Micros, u64)>,
    strange: u8,
}

/// Turns datagrams into packets and reports.
#[derive(Debug)]
pub struct Receiver {
    numbers: Option<Window>,
    marks: VecDeque<(Micros, u64)>,
    newest_at: Micros,
    newest_delay: u32,
    delay_least: Option<u32>,
    received: u32,
    news: bool,
    reported: Micros,
    rate: f64,
    settled: u64,
    loss: f64,
    jitter: f64,
    tracks: BTreeMap<u16, Track>,
    halves: BTreeMap<(u16, u64), Entry>,
}

impl Default for Receiver {
    fn default() -> Self {
        Self {
            numbers: None,
            marks: VecDeque::new(),
            newest_at: 0,
            newest_delay: 0,
            delay_least: None,
            received: 0,
            news: false,
            reported: 0,
            rate: crate::congestion::RATE_START,
            settled: 0,
            loss: 0.0,
            jitter: 0.0,
            tracks: BTreeMap::new(),
            halves: BTreeMap::new(),
        }
    }
}

impl Receiver {
    /// Bits per second that this side may send, of which reports take a small share.
    pub fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    /// Whether media ever came, so that the figures mean something.
    pub fn has_news(&self) -> bool {
        self.received > 0
    }

    /// The share of datagrams that did not arrive here, lately.
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// The variation of the delay, microseconds (RFC 3550, section 6.4.1).
    pub fn jitter_us(&self) -> f64 {
        self.jitter
    }

    /// Takes a datagram and gives the packets that it brought for the first time.
    pub fn receive(&mut self, now: Micros, media: Media) -> Vec<MediaPacket> {
        if !self.note(now, media.number, media.sent) {
            return Vec::new();
        }
        media
            .entries
            .into_iter()
            .filter_map(|entry| self.entry(now, entry))
            .collect()
    }

    fn note(&mut self, now: Micros, number: u32, sent: u32) -> bool {
        let delay = (now as u32).wrapping_sub(sent);
        let (number, newer) = match &mut self.numbers {
            None => {
                self.numbers = Some(Window::new(u64::from(number)));
                self.settled = u64::from(number);
                (u64::from(number), true)
            }
            Some(window) => {
                let number = unwrap_number(window.newest, number);
                let newer = number > window.newest;
                if !window.note(number) {
                    return false;
                }
                (number, newer)
            }
        };
        if newer {
            if self.received > 0 {
                let change = f64::from((delay.wrapping_sub(self.newest_delay) as i32).unsigned_abs());
                self.jitter += (change - self.jitter) / 16.0;
            }
            self.newest_at = now;
            self.newest_delay = delay;
            mark(&mut self.marks, now, MAP_US, number);
            self.settle();
        }
        let least = self.delay_least.map_or(delay, |least| {
            if (delay.wrapping_sub(least) as i32) < 0 {
                delay
            } else {
                least
            }
        });
        self.delay_least = Some(least);
        self.received = self.received.wrapping_add(1);
        self.news = true;
        true
    }

    /// Counts the fates of numbers that are too far behind to come.
    fn settle(&mut self) {
        let Some(window) = &self.numbers else {
            return;
        };
        self.settled = self.settled.max((window.newest + 1).saturating_sub(WINDOW));
        while self.settled + SETTLED < window.newest {
            let missing = if window.has(self.settled) { 0.0 } else { 1.0 };
            self.loss += (missing - self.loss) / 200.0;
            self.settled += 1;
        }
    }

    fn entry(&mut self, now: Micros, entry: Entry) -> Option<MediaPacket> {
        if entry.payload.len() > PAYLOAD_BYTES_MAX {
            return None;
        }
        if !self.tracks.contains_key(&entry.track) {
            if self.tracks.len() >= TRACKS_MAX {
                return None;
            }
            let before = u64::from(entry.sequence).saturating_sub(1);
            let mut seen = Window::new(before);
            seen.bits = [0; WORDS];
            self.tracks.insert(
                entry.track,
                Track {
                    seen,
                    marks: VecDeque::new(),
                    strange: 0,
                },
            );
        }
        let track = self.tracks.get_mut(&entry.track)?;
        let mut sequence = unwrap_number(track.seen.newest, entry.sequence);
        if sequence.abs_diff(track.seen.newest) >= WINDOW {
            track.strange += 1;
            if track.strange < STRANGE_MAX {
                return None;
            }
            sequence = u64::from(entry.sequence);
            track.seen = Window {
                newest: sequence.saturating_sub(1),
                bits: [0; WORDS],
            };
            track.marks.clear();
        }
        track.strange = 0;
        let late = track
            .marks
            .front()
            .is_some_and(|(at, newest)| *at + LATE_US < now && sequence <= *newest);
        if late || (sequence <= track.seen.newest && (!track.seen.reaches(sequence) || track.seen.has(sequence))) {
            return None;
        }
        let payload = self.join(sequence, &entry)?;
        let track = self.tracks.get_mut(&entry.track)?;
        let newest = track.seen.newest;
        if !track.seen.note(sequence) {
            return None;
        }
        if sequence > newest {
            mark(&mut track.marks, now, LATE_US, sequence);
        }
        let kind = if entry.picture { Kind::Picture } else { Kind::Sound };
        let Entry {
            track,
            timestamp,
            marker,
            layer,
            ..
        } = entry;
        Some(MediaPacket {
            track,
            kind,
            sequence,
            timestamp,
            marker,
            layer,
            payload,
        })
    }

    /// The payload, once both halves of a split one are there.
    fn join(&mut self, sequence: u64, entry: &Entry) -> Option<Bytes> {
        if entry.part == Part::Whole {
            return Some(entry.payload.clone());
        }
        let key = (entry.track, sequence);
        match self.halves.remove(&key) {
            Some(other) if other.part != entry.part => {
                let (first, second) = if other.part == Part::First {
                    (&other, entry)
                } else {
                    (entry, &other)
                };
                let mut payload = BytesMut::with_capacity(first.payload.len() + second.payload.len());
                payload.extend_from_slice(&first.payload);
                payload.extend_from_slice(&second.payload);
                (payload.len() <= PAYLOAD_BYTES_MAX).then(|| payload.freeze())
            }
            other => {
                if self.halves.len() >= HALVES_MAX {
                    self.halves.pop_first();
                }
                self.halves.insert(key, other.unwrap_or_else(|| entry.clone()));
                None
            }
        }
    }

    /// When the next report is due; `None` while nothing came since the last.
    pub fn poll_timeout(&self) -> Option<Micros> {
        if !self.news {
            return None;
        }
        let soon = if self.is_missing() { REPORT_SOON_US } else { REPORT_US };
        let share = if self.rate < NARROW {
            REPORT_SHARE_NARROW
        } else {
            REPORT_SHARE
        };
        let affordable = REPORT_BITS / (share * self.rate) * 1e6;
        Some(self.reported + soon.max(affordable as Micros))
    }

    /// Whether something among the recent numbers has not come.
    fn is_missing(&self) -> bool {
        let Some(window) = &self.numbers else {
            return false;
        };
        let oldest = self.marks.front().map_or(window.newest, |(_, number)| *number);
        (oldest..window.newest)
            .rev()
            .take(256)
            .any(|number| !window.has(number))
    }

    /// The report, when it is due.
    pub fn poll_report(&mut self, now: Micros) -> Option<Bytes> {
        if self.poll_timeout()? > now {
            return None;
        }
        let window = self.numbers.as_ref()?;
        let oldest = self.marks.front().map_or(window.newest, |(_, number)| *number);
        let wanted = usize::try_from(window.newest - oldest).unwrap_or(0).div_ceil(8);
        let mut map = vec![0u8; wanted.clamp(4, REPORT_MAP_MAX)];
        for (byte, bits) in (0u64..).zip(map.iter_mut()) {
            for bit in 0..8u64 {
                let number = window.newest.checked_sub(1 + byte * 8 + bit);
                if number.is_some_and(|number| window.has(number)) {
                    *bits |= 0x80 >> bit;
                }
            }
        }
        let report = Report {
            newest: window.newest as u32,
            delay: self.newest_delay,
            delay_least: self.delay_least.take().unwrap_or(self.newest_delay),
            held: u16::try_from(now.saturating_sub(self.newest_at) / 100).unwrap_or(u16::MAX),
            received: self.received,
            map,
        };
        self.news = false;
        self.reported = now;
        Some(report.encode())
    }
}

/// Remembers that `number` was the newest now, at most every twentieth of `span`; the front is `span` old or more.
fn mark(marks: &mut VecDeque<(Micros, u64)>, now: Micros, span: Micros, number: u64) {
    if marks.back().is_none_or(|(at, _)| *at + span / 20 <= now) {
        marks.push_back((now, number));
    }
    while marks.get(1).is_some_and(|(at, _)| *at + span <= now) {
        marks.pop_front();
    }
}
