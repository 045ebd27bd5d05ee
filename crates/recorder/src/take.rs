//! One take: everything from the opening of footage to its close.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use call::terms::PersonId;
use call::{Hash, Timestamp};
use shiguredo_mp4::bitstream::vp9::{Vp9FrameHeader, Vp9FrameSize, Vp9FrameType, parse_frame_header};

use crate::disk::{Disk, Folder};
use crate::finish::{self, Final, size_of};
use crate::fragment::Fragments;
use crate::journal;
use crate::key::Root;
use crate::open::{Opened, Opener};
use crate::opus;
use crate::person::{Person, Picture, Placed};
use crate::picture::Frame;
use crate::plan::{Coding, Kind, PERSONS_MAX, Plan, PlanPerson, Rtp, TrackKey};
use crate::sound::Packet;
use crate::track::Track;

/// Tracks at a time; the one that was silent longest makes room.
const TRACKS_MAX: usize = 256;
/// How often what waits is written, in microseconds.
const WRITE_EVERY: i64 = 900_000;
/// What comes first decides where the take begins once so much of it is there.
const EARLY: i64 = 1_000_000;
/// How long a frame waits for the root that opens it.
const ROOT_WAIT: i64 = 3_000_000;
/// Packets of sound that may wait for a root.
const HELD_MAX: usize = 2_048;
/// Nothing arrives when nothing opened for so long.
const NOTHING: i64 = 2_500_000;
/// A key frame is asked for again when none came for so long.
const KEY_FRAME_EVERY: i64 = 500_000;
/// The capture time is an upper bound but for clocks that run apart.
const MARGIN: i64 = 10_000;
/// Widest and highest picture that is kept.
const SIDE_MAX: u32 = 4_096;

/// How much room the disk has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Space {
    /// Enough for what the terms allow.
    #[default]
    Enough,
    /// It will not last, or is below [`Room::low`].
    Low,
    /// Nothing is written: it is below [`Room::full`], or the disk refuses.
    Full,
}

/// Bytes of the disk that are left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Below this the alarm is raised, whatever is to come.
    pub low: u64,
    /// Below this nothing is written: the node's own store needs it.
    pub full: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            low: 512 << 20,
            full: 64 << 20,
        }
    }
}

/// How a take does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// How long the longest of its files is.
    pub seconds: u32,
    /// Bytes on the disk.
    pub bytes: u64,
    /// When the last frame opened, on the caller's clock.
    pub last_packet: Option<Duration>,
    /// Alarm: nothing that can be opened arrives.
    pub nothing: bool,
    /// Alarm: the disk.
    pub space: Space,
    /// Frames and packets of sound that opened.
    pub opened: u64,
    /// Those that did not: sealed from the recorder, without a root, changed or repeated.
    pub unopened: u64,
    /// Pictures that never came whole or that nothing can be made of.
    pub lost: u64,
}

/// What became of a take.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The call.
    pub call: Hash,
    /// When the take began.
    pub started: Timestamp,
    /// Footage was closed so long after that; none where nothing tells it.
    pub press: Option<Duration>,
    /// One file for each person of whom anything was taken, all with the same beginning.
    pub files: Vec<Final>,
}

/// Why a take could not begin or be made.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// No persons, too many, or one twice.
    #[error("a take is of 1 to {PERSONS_MAX} different persons")]
    Persons,
    /// The folder holds a take already.
    #[error("the folder holds a take")]
    Taken,
    /// The folder holds no take, or one whose beginning is not whole.
    #[error("the folder holds no take")]
    NoTake,
    /// The disk.
    #[error("the take's folder: {0}")]
    Disk(#[from] io::Error),
}

struct Held {
    key: TrackKey,
    at: i64,
    ticks: i64,
    red: bool,
    payload: Vec<u8>,
}

enum Media {
    Sound(Packet),
    Picture(Picture),
}

struct Early {
    key: TrackKey,
    at: i64,
    captured: i64,
    media: Media,
}

/// A take while it runs. Every `at` is a moment on one monotonic clock of the caller's, the same for all calls.
pub struct Take {
    dir: PathBuf,
    disk: Box<dyn Disk>,
    room: Room,
    plan: Plan,
    begun: Duration,
    opener: Opener,
    tracks: BTreeMap<TrackKey, Track>,
    serials: u64,
    persons: BTreeMap<PersonId, Person>,
    held: VecDeque<Held>,
    early: Vec<Early>,
    /// Where the files begin, once it is known.
    origin: Option<i64>,
    press: Option<i64>,
    written: i64,
    checked: i64,
    last: Option<i64>,
    status: Status,
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros())
        .unwrap_or(i64::MAX / 4)
        .min(i64::MAX / 4)
}

/// Whether a picture is of a size that anybody sends.
fn fits(header: &Vp9FrameHeader) -> bool {
    match header.frame_size {
        Vp9FrameSize::Resolved { width, height } => width.max(height) <= SIDE_MAX,
        Vp9FrameSize::UsesRefFrames { .. } | Vp9FrameSize::NotPresent => true,
    }
}

impl Take {
    /// Begins a take in a folder of its own, which is made.
    pub fn begin(dir: &Path, plan: Plan, at: Duration) -> Result<Self, TakeError> {
        let disk = Folder::open(dir)?;
        Self::begin_on(Box::new(disk), Room::default(), dir, plan, at)
    }

    /// The same with another way to the disk and other room on it. `dir` is where the final files are made.
    pub fn begin_on(
        mut disk: Box<dyn Disk>,
        room: Room,
        dir: &Path,
        plan: Plan,
        at: Duration,
    ) -> Result<Self, TakeError> {
        let mut persons = BTreeMap::new();
        for of in &plan.persons {
            let fragments = Fragments::new(finish::growing(of.person), of.picture);
            persons.insert(of.person, Person::new(fragments));
        }
        if persons.is_empty() || persons.len() != plan.persons.len() || persons.len() > PERSONS_MAX {
            return Err(TakeError::Persons);
        }
        if dir.join(journal::NAME).try_exists()? {
            return Err(TakeError::Taken);
        }
        journal::begin(disk.as_mut(), &plan)?;
        Ok(Self {
            dir: dir.to_owned(),
            disk,
            room,
            plan,
            begun: at,
            opener: Opener::default(),
            tracks: BTreeMap::new(),
            serials: 0,
            persons,
            held: VecDeque::new(),
            early: Vec::new(),
            origin: None,
            press: None,
            written: 0,
            checked: i64::MIN,
            last: None,
            status: Status::default(),
        })
    }

    fn since(&self, at: Duration) -> i64 {
        micros(at.saturating_sub(self.begun))
    }

    /// Takes the footage root of an epoch. What waited for it is opened.
    pub fn root(&mut self, epoch: u64, root: Root, at: Duration) {
        if !self.opener.add(epoch, root) {
            return;
        }
        let now = self.since(at);
        for held in std::mem::take(&mut self.held) {
            self.open_sound(held);
        }
        self.pump(now, false);
    }

    /// Takes a packet. Whatever does not belong to the take is dropped.
    pub fn packet(&mut self, key: TrackKey, at: Duration, rtp: &Rtp<'_>) {
        let planned =
            |of: &PlanPerson| of.person == key.person && of.side == key.side && (of.picture || key.kind == Kind::Sound);
        let coded = (rtp.coding == Coding::Vp9) == (key.kind == Kind::Picture);
        if !coded || !self.plan.persons.iter().any(planned) {
            self.status.unopened += 1;
            return;
        }
        let now = self.since(at);
        self.room_for(&key);
        let serial = self.serials;
        let track = self.tracks.entry(key).or_insert_with(|| Track::new(key.kind, serial));
        self.serials += u64::from(track.serial == serial);
        let ticks = track.observe(now, rtp.timestamp);
        if rtp.coding == Coding::Vp9 {
            track.assembly.push(rtp.sequence, now, ticks, rtp.marker, rtp.payload);
        } else {
            self.open_sound(Held {
                key,
                at: now,
                ticks,
                red: rtp.coding == Coding::Red,
                payload: rtp.payload.to_vec(),
            });
        }
        self.pump_track(key, now, false);
        self.write(now);
    }

    fn room_for(&mut self, key: &TrackKey) {
        if self.tracks.len() >= TRACKS_MAX
            && !self.tracks.contains_key(key)
            && let Some(oldest) = self
                .tracks
                .iter()
                .min_by_key(|(_, track)| track.heard)
                .map(|(key, _)| *key)
        {
            self.tracks.remove(&oldest);
        }
    }

    fn open_sound(&mut self, held: Held) {
        match self.opener.open(held.key.seat, Kind::Sound, &held.payload) {
            Opened::Plain(plain) => {
                self.opened(held.at);
                let Some(track) = self.tracks.get_mut(&held.key) else {
                    return;
                };
                let blocks = if held.red {
                    opus::blocks(&plain)
                } else {
                    Some(vec![(0, &plain[..])])
                };
                for (before, block) in blocks.unwrap_or_default() {
                    track.queue.push(held.ticks - before, held.at, block);
                }
            }
            Opened::Unknown if self.held.len() < HELD_MAX => self.held.push_back(held),
            _ => self.status.unopened += 1,
        }
    }

    fn opened(&mut self, at: i64) {
        self.status.opened += 1;
        self.last = self.last.max(Some(at));
    }

    fn pump(&mut self, now: i64, flush: bool) {
        while self.held.front().is_some_and(|held| flush || now - held.at > ROOT_WAIT) {
            self.held.pop_front();
            self.status.unopened += 1;
        }
        let keys: Vec<TrackKey> = self.tracks.keys().copied().collect();
        for key in keys {
            self.pump_track(key, now, flush);
        }
    }

    /// Passes on what is due of a track.
    fn pump_track(&mut self, key: TrackKey, now: i64, flush: bool) {
        loop {
            let Some(track) = self.tracks.get_mut(&key) else { return };
            if key.kind == Kind::Sound {
                let Some(packet) = track.queue.pop(now, flush) else {
                    return;
                };
                let captured = track.captured(packet.ticks, packet.at);
                self.offer(key, now, captured, Media::Sound(packet));
                continue;
            }
            let Some(frame) = track.stuck.take().or_else(|| track.assembly.pop(now, flush)) else {
                return;
            };
            match self.opener.open(key.seat, Kind::Picture, &frame.sealed) {
                Opened::Unknown if !flush && now - frame.at <= ROOT_WAIT => {
                    track.stuck = Some(frame);
                    return;
                }
                Opened::Plain(plain) => {
                    self.opened(frame.at);
                    self.picture(key, frame, plain, now);
                }
                _ => {
                    track.missed(&frame);
                    self.status.unopened += 1;
                }
            }
        }
    }

    fn picture(&mut self, key: TrackKey, frame: Frame, plain: Vec<u8>, now: i64) {
        let Some(track) = self.tracks.get_mut(&key) else { return };
        self.status.lost += u64::from(frame.gap);
        let header = parse_frame_header(&plain).ok();
        let Some(header) = header.filter(|header| header.profile == 0 && fits(header)) else {
            track.missed(&frame);
            self.status.lost += 1;
            return;
        };
        let is_key = header.show_existing_frame.is_none() && header.frame_type == Vp9FrameType::Key;
        if !track.takes(&frame, is_key) {
            self.status.lost += 1;
            return;
        }
        let captured = track.captured(frame.ticks, frame.at);
        let picture = Picture {
            key: is_key,
            size: size_of(&plain),
            bytes: plain,
        };
        self.offer(key, now, captured, Media::Picture(picture));
    }

    /// Offers a sample to its person, or keeps it until it is known where the files begin.
    fn offer(&mut self, key: TrackKey, at: i64, captured: i64, media: Media) {
        if self.press.is_some_and(|press| captured > press - MARGIN) {
            return;
        }
        if self.origin.is_none() {
            self.early.push(Early {
                key,
                at,
                captured,
                media,
            });
            if self.early.first().is_some_and(|first| at - first.at >= EARLY) {
                self.settle();
            }
            return;
        }
        self.place(Early {
            key,
            at,
            captured,
            media,
        });
    }

    /// The files begin with the earliest of what came first.
    fn settle(&mut self) {
        let Some(origin) = self.early.iter().map(|early| early.captured).min() else {
            return;
        };
        self.origin.get_or_insert(origin);
        for early in std::mem::take(&mut self.early) {
            self.place(early);
        }
    }

    fn place(&mut self, sample: Early) {
        let Early {
            key,
            at,
            captured,
            media,
        } = sample;
        let (Some(origin), Some(track)) = (self.origin, self.tracks.get_mut(&key)) else {
            return;
        };
        let Some(person) = self.persons.get_mut(&key.person) else {
            return;
        };
        let placed = match media {
            Media::Sound(packet) => person.sound(track.serial, at, captured, origin, packet),
            Media::Picture(picture) => person.picture(track.serial, at, captured, origin, picture),
        };
        if placed == Placed::NeedsKey {
            track.wants_key = true;
        }
    }

    /// The picture tracks that need a key frame, as the node can ask for; each at most twice a second.
    pub fn key_frames(&mut self, at: Duration) -> Vec<TrackKey> {
        let now = self.since(at);
        let wanting = self.tracks.iter_mut().filter_map(|(key, track)| {
            let wants = std::mem::take(&mut track.wants_key);
            let due = wants && track.asked.is_none_or(|asked| now - asked >= KEY_FRAME_EVERY);
            if due {
                track.asked = Some(now);
            } else {
                track.wants_key = wants;
            }
            due.then_some(*key)
        });
        wanting.collect()
    }

    /// Passes on what is due, writes, looks at the disk. To be called a few times a second.
    pub fn tick(&mut self, at: Duration) -> Status {
        let now = self.since(at);
        self.pump(now, false);
        if self.early.first().is_some_and(|first| now - first.at >= EARLY) {
            self.settle();
        }
        self.look(now);
        self.write(now);
        let longest = self.persons.values().map(Person::centiseconds).max().unwrap_or(0);
        self.status.seconds = u32::try_from(longest / 100).unwrap_or(u32::MAX);
        self.status.nothing = now - self.last.unwrap_or(0) > NOTHING;
        self.status.last_packet = self
            .last
            .map(|last| self.begun + Duration::from_micros(last.unsigned_abs()));
        self.status.clone()
    }

    /// Looks whether the disk has room for what may still come, and for the final files beside it.
    fn look(&mut self, now: i64) {
        if now.saturating_sub(self.checked) < WRITE_EVERY {
            return;
        }
        self.checked = now;
        let seconds = u64::try_from(now / 1_000_000).unwrap_or(0).max(1);
        let left = (u64::from(self.plan.minutes) * 60).saturating_sub(seconds);
        let rate = self.status.bytes / seconds;
        let need = self
            .status
            .bytes
            .saturating_add(rate.saturating_mul(left).saturating_mul(2));
        // A disk that does not answer is found out by the writing.
        let free = self.disk.free().unwrap_or(u64::MAX);
        self.status.space = if free < self.room.full {
            Space::Full
        } else if free < self.room.low.saturating_add(need) {
            Space::Low
        } else {
            Space::Enough
        };
    }

    fn write(&mut self, now: i64) {
        if now - self.written >= WRITE_EVERY {
            self.written = now;
            self.write_all();
        }
    }

    fn write_all(&mut self) {
        for person in self.persons.values_mut() {
            if self.status.space == Space::Full {
                person.fragments.withhold();
                continue;
            }
            match person.fragments.write(self.disk.as_mut()) {
                Ok(bytes) => self.status.bytes += bytes,
                Err(_) => self.status.space = Space::Full,
            }
        }
    }

    /// Footage was closed at this moment: kept on the disk at once, and nothing captured later is taken. Of several the
    /// earliest counts. What was captured before may go on arriving until [`Take::close`].
    pub fn pressed(&mut self, press: Duration) -> Result<(), TakeError> {
        let press = self.since(press);
        if self.press.is_none_or(|known| press < known) {
            self.press = Some(press);
            journal::pressed(self.disk.as_mut(), press)?;
        }
        Ok(())
    }

    /// Ends the take and makes the final files, trimmed to the press. Blocks for as long as copying the files takes; if it
    /// fails, [`recover`] can be tried again.
    pub fn close(mut self, press: Duration) -> Result<Made, TakeError> {
        // A full disk may refuse the journal: the files are trimmed to the press all the same.
        let kept = self.pressed(press);
        self.pump(i64::MAX / 4, true);
        self.settle();
        for person in self.persons.values_mut() {
            person.finish();
        }
        if self.status.space == Space::Full {
            self.status.space = Space::Low;
        }
        self.write_all();
        kept?;
        make(&self.dir, &self.plan, self.press)
    }
}

/// Footage turns out to have been closed earlier than a take knew that is over: kept on the disk, for [`recover`]. Of
/// several presses the earliest counts.
pub fn press(dir: &Path, press: Timestamp) -> Result<(), TakeError> {
    let journal = journal::read(dir)?.ok_or(TakeError::NoTake)?;
    let at = since(&journal.plan, press);
    if journal.pressed.is_none_or(|known| at < known) {
        journal::pressed(&mut Folder::open(dir)?, at)?;
    }
    Ok(())
}

fn since(plan: &Plan, press: Timestamp) -> i64 {
    press.0.saturating_sub(plan.started.0).saturating_mul(1_000)
}

/// Makes the final files of a take that was cut off by a crash, from what is whole on the disk. Trimmed to the press that
/// the journal tells of, or to `press` where that is earlier or the only one. Can be repeated.
pub fn recover(dir: &Path, press: Option<Timestamp>) -> Result<Made, TakeError> {
    let journal = journal::read(dir)?.ok_or(TakeError::NoTake)?;
    let said = press.map(|press| since(&journal.plan, press));
    let press = [journal.pressed, said].into_iter().flatten().min();
    make(dir, &journal.plan, press)
}

fn make(dir: &Path, plan: &Plan, press: Option<i64>) -> Result<Made, TakeError> {
    let mut files = Vec::new();
    for of in &plan.persons {
        files.extend(finish::person(dir, *of, press)?);
    }
    Ok(Made {
        call: plan.call,
        started: plan.started,
        press: press.map(|press| Duration::from_micros(u64::try_from(press).unwrap_or(0))),
        files,
    })
}
