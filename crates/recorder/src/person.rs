//! One person's place in a take: what is heard and seen of that person, laid on one line of time.
//!
//! Sound runs on by its own count of samples, and what is missing of it is silence. Pictures are placed by the recorder's
//! clock, and moved by as much as the sound has drifted from that clock: so the two stay together, and no sample of sound
//! is stretched or thrown away for it. What is missing of pictures makes the one before it last longer.

use crate::fragment::{Fragments, Piece};
use crate::opus;
use crate::plan::Kind;
use crate::sound::Packet;

/// Another source takes over when the one that had the place said nothing for so long, in microseconds; a later one at once.
const SILENT: i64 = 2_000_000;
/// Samples by which sound that follows on may be off its place before it is placed anew; after a gap; and what may overlap.
const OFF_MAX: i64 = 48_000;
const OFF_GAP_MAX: i64 = 9_600;
const OVERLAP_MAX: i64 = 2_880;
/// Samples of the longest gap that is measured by the sender's own count.
const GAP_MAX: i64 = 48_000 * 30;
/// Ticks of the last picture where nothing says how long it stood: a tenth of a second at most.
const LAST_MAX: i64 = 9_000;

/// Who has the place of a person's sound or picture.
#[derive(Clone, Copy)]
struct Source {
    serial: u64,
    last: i64,
}

/// A whole picture on its way to the file.
pub(crate) struct Picture {
    pub key: bool,
    /// Width and height, where its header says them.
    pub size: Option<(u16, u16)>,
    pub bytes: Vec<u8>,
}

/// One person of a take.
pub(crate) struct Person {
    pub fragments: Fragments,
    sources: [Option<Source>; 2],
    /// Samples of sound placed.
    end: i64,
    /// Where the source's next packet stands in its own count.
    next: Option<(u64, i64)>,
    /// By how much the sound's place is later than the clock says, in microseconds.
    skew: i64,
    /// The last picture, which lasts until the next: its place, and what it is.
    pending: Option<(i64, i64, Picture)>,
}

/// What became of what was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    Yes,
    /// Another source has the place.
    Elsewhere,
    /// The place is free, but nothing can begin with this picture.
    NeedsKey,
    /// It overlaps with what is there.
    Late,
}

impl Person {
    pub(crate) fn new(fragments: Fragments) -> Self {
        Self {
            fragments,
            sources: [None, None],
            end: 0,
            next: None,
            skew: 0,
            pending: None,
        }
    }

    /// Hundredths of a second that the file holds.
    pub(crate) fn centiseconds(&self) -> i64 {
        let picture = self.pending.as_ref().map_or(0, |(place, ..)| place / 900);
        picture.max(self.end / 480)
    }

    fn admit(&mut self, kind: Kind, serial: u64, at: i64, begins: bool) -> Placed {
        let place = &mut self.sources[kind as usize];
        match place {
            Some(source) if source.serial == serial => source.last = source.last.max(at),
            Some(source) if serial < source.serial && at - source.last <= SILENT => return Placed::Elsewhere,
            _ if !begins => return Placed::NeedsKey,
            _ => *place = Some(Source { serial, last: at }),
        }
        Placed::Yes
    }

    /// Places a packet of sound that had been captured by `captured`.
    pub(crate) fn sound(&mut self, serial: u64, at: i64, captured: i64, origin: i64, packet: Packet) -> Placed {
        let admitted = self.admit(Kind::Sound, serial, at, true);
        if admitted != Placed::Yes {
            return admitted;
        }
        let clock = captured - origin;
        let target = clock.max(0) * 48 / 1_000;
        let gap = match self.next {
            Some((of, next)) if of == serial => Some(packet.ticks - next).filter(|gap| (0..=GAP_MAX).contains(gap)),
            _ => None,
        };
        let (place, anew) = match gap {
            Some(gap) => {
                let place = self.end + gap;
                let most = if gap == 0 { OFF_MAX } else { OFF_GAP_MAX };
                (place, (target - place).abs() > most)
            }
            None => (target, true),
        };
        let place = if anew { target } else { place };
        if place + OVERLAP_MAX < self.end {
            return Placed::Late;
        }
        self.silence(place, captured);
        self.skew = self.end * 1_000 / 48 - clock;
        self.end += i64::from(packet.samples);
        self.next = Some((serial, packet.ticks + i64::from(packet.samples)));
        self.fragments.push(Piece {
            kind: Kind::Sound,
            duration: packet.samples,
            key: true,
            captured,
            bytes: packet.bytes,
        });
        Placed::Yes
    }

    fn silence(&mut self, until: i64, captured: i64) {
        while let Some((samples, bytes)) = opus::silence(until - self.end) {
            let before = (until - self.end) * 1_000 / 48;
            self.fragments.push(Piece {
                kind: Kind::Sound,
                duration: samples,
                key: true,
                captured: captured - before,
                bytes: bytes.to_vec(),
            });
            self.end += i64::from(samples);
        }
    }

    /// Places a picture that had been captured by `captured`.
    pub(crate) fn picture(&mut self, serial: u64, at: i64, captured: i64, origin: i64, picture: Picture) -> Placed {
        let admitted = self.admit(Kind::Picture, serial, at, picture.key);
        if admitted != Placed::Yes {
            return admitted;
        }
        // The first picture stands from the beginning on.
        let mut place = 0;
        match self.pending.take() {
            Some((before, was_captured, last)) => {
                place = ((captured - origin + self.skew) * 9 / 100).max(before + 1);
                self.write_picture(last, was_captured, place - before);
            }
            None => {
                if let Some((width, height)) = picture.size {
                    self.fragments.size(width, height);
                }
            }
        }
        self.pending = Some((place, captured, picture));
        Placed::Yes
    }

    fn write_picture(&mut self, picture: Picture, captured: i64, ticks: i64) {
        self.fragments.push(Piece {
            kind: Kind::Picture,
            duration: u32::try_from(ticks).unwrap_or(u32::MAX),
            key: picture.key,
            captured,
            bytes: picture.bytes,
        });
    }

    /// Nothing more comes: the last picture stands until the sound ends.
    pub(crate) fn finish(&mut self) {
        if let Some((place, captured, last)) = self.pending.take() {
            let until_sound_ends = self.end * 15 / 8 - place;
            self.write_picture(last, captured, last_ticks(until_sound_ends, LAST_MAX));
        }
    }
}

/// How long a last picture stands: until the sound ends if that goes on, else as long as it did, within bounds.
pub(crate) fn last_ticks(until_sound_ends: i64, lasted: i64) -> i64 {
    if until_sound_ends > 0 {
        until_sound_ends
    } else {
        lasted.clamp(1, LAST_MAX)
    }
}
