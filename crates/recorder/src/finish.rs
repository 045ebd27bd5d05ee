//! Makes the final file of a person out of the growing one: whole fragments alone, nothing captured after the press,
//! seekable, the index in front.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use call::SideId;
use call::terms::PersonId;
use shiguredo_mp4::TrackKind;
use shiguredo_mp4::bitstream::vp9::{Vp9FrameSize, parse_frame_header};
use shiguredo_mp4::demux::Fmp4SegmentDemuxer;
use shiguredo_mp4::mux::{Mp4FileMuxer, Mp4FileMuxerOptions, Sample, estimate_maximum_moov_box_size};

use crate::fragment::{picture_entry, sound_entry, track_kind, unseal};
use crate::person::last_ticks;
use crate::plan::{Kind, PlanPerson};

/// The capture time is an upper bound but for clocks that run apart: 10 ms cover that many times over.
const MARGIN: i64 = 10_000;
/// Longest box that is read as one.
const BOX_MAX: u64 = 256 << 20;
/// How much of one kind stands together in a final file, in microseconds.
const TOGETHER: i64 = 500_000;

/// One final file.
#[derive(Clone, Debug, PartialEq)]
pub struct Final {
    /// Whose sound and picture.
    pub person: PersonId,
    /// That person's side.
    pub side: SideId,
    /// Where it is.
    pub path: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// How long after the take began what stands first in it was captured. All files of a take begin at the same moment:
    /// it is the earliest of theirs.
    pub begins: Duration,
    /// How long it plays.
    pub length: Duration,
    /// Its pictures, if it has any.
    pub pictures: Option<Pictures>,
    /// How long its sound is, gaps filled with silence; zero if it has none.
    pub sound: Duration,
}

/// The pictures of a final file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pictures {
    /// How many.
    pub count: u64,
    /// Width of the first in pixels; later ones may differ.
    pub width: u16,
    /// Height of the first in pixels.
    pub height: u16,
}

struct Entry {
    kind: Kind,
    key: bool,
    duration: u32,
    offset: u64,
    size: usize,
    /// Where it stands, in ticks of its kind.
    place: i64,
}

impl Entry {
    fn micros(&self) -> i64 {
        match self.kind {
            Kind::Sound => self.place * 1_000 / 48,
            Kind::Picture => self.place * 100 / 9,
        }
    }
}

fn other(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

/// The next box of a file, whole; none at the end, and where it is cut off.
fn next_box(input: &mut impl Read, left: &mut u64) -> io::Result<Option<(Vec<u8>, [u8; 4])>> {
    let mut head = [0; 8];
    if *left < 8 {
        return Ok(None);
    }
    input.read_exact(&mut head)?;
    let [a, b, c, d, kind @ ..] = head;
    let length = u64::from(u32::from_be_bytes([a, b, c, d]));
    if length < 8 || length > (*left).min(BOX_MAX) {
        return Ok(None);
    }
    let mut bytes = vec![0; usize::try_from(length).map_err(other)?];
    bytes[..8].copy_from_slice(&head);
    input.read_exact(&mut bytes[8..])?;
    *left -= length;
    Ok(Some((bytes, kind)))
}

/// All samples of the whole fragments that had been captured by the press, each kind in order, and when the first was.
fn read(path: &Path, press: Option<i64>) -> io::Result<(Vec<Entry>, i64)> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut left = length;
    let mut input = BufReader::new(file);
    let mut demuxer = Fmp4SegmentDemuxer::new();
    let mut entries = Vec::new();
    let (mut places, mut ended) = ([0_i64; 2], [false; 2]);
    let mut begins: Option<i64> = None;

    let Some((mut init, _)) = next_box(&mut input, &mut left)? else {
        return Ok((entries, 0));
    };
    let Some((moov, _)) = next_box(&mut input, &mut left)? else {
        return Ok((entries, 0));
    };
    init.extend_from_slice(&moov);
    demuxer.handle_init_segment(&init).map_err(other)?;
    while let Some((seal, _)) = next_box(&mut input, &mut left)? {
        let base = length - left;
        let Some((mut fragment, _)) = next_box(&mut input, &mut left)? else {
            break;
        };
        let Some((mdat, _)) = next_box(&mut input, &mut left)? else {
            break;
        };
        fragment.extend_from_slice(&mdat);
        let Some(times) = unseal(&seal, &fragment) else { break };
        let samples = demuxer.handle_media_segment(&fragment).map_err(other)?;
        for (sample, captured) in samples.iter().zip(times) {
            let kind = match sample.track.kind {
                TrackKind::Audio => Kind::Sound,
                _ => Kind::Picture,
            };
            let place = places[kind as usize];
            places[kind as usize] += i64::from(sample.duration);
            // Once something came after the press, nothing of that kind is kept.
            ended[kind as usize] |= press.is_some_and(|press| captured > press - MARGIN);
            if !ended[kind as usize] {
                begins = Some(begins.map_or(captured, |first| first.min(captured)));
                entries.push(Entry {
                    kind,
                    key: sample.keyframe,
                    duration: sample.duration,
                    offset: base + sample.data_offset,
                    size: sample.data_size,
                    place,
                });
            }
        }
    }
    Ok((entries, begins.unwrap_or(0)))
}

/// Puts what belongs together in time together in the file, each kind in its order.
fn interleave(entries: &mut [Entry]) {
    entries.sort_by_key(|entry| (entry.micros() / TOGETHER, entry.kind, entry.place));
}

/// Lets the last picture stand until the sound ends.
fn end_pictures(entries: &mut [Entry]) {
    let sound_end = entries
        .iter()
        .filter(|entry| entry.kind == Kind::Sound)
        .map(|entry| entry.place + i64::from(entry.duration))
        .max()
        .unwrap_or(0);
    if let Some(last) = entries.iter_mut().rfind(|entry| entry.kind == Kind::Picture) {
        let ticks = last_ticks(sound_end * 15 / 8 - last.place, i64::from(last.duration));
        last.duration = u32::try_from(ticks).unwrap_or(u32::MAX);
    }
}

/// The size that a picture's header says.
pub(crate) fn size_of(frame: &[u8]) -> Option<(u16, u16)> {
    match parse_frame_header(frame).ok()?.frame_size {
        Vp9FrameSize::Resolved { width, height } => Some((u16::try_from(width).ok()?, u16::try_from(height).ok()?)),
        _ => None,
    }
}

/// The names of a person's files.
pub(crate) fn growing(person: PersonId) -> String {
    format!("{}.mp4", person.0)
}

fn finished(person: PersonId) -> String {
    format!("{}-final.mp4", person.0)
}

/// Makes one person's final file; none when nothing of that person was written.
pub(crate) fn person(dir: &Path, of: PlanPerson, press: Option<i64>) -> io::Result<Option<Final>> {
    let growing = dir.join(growing(of.person));
    if !growing.try_exists()? {
        return Ok(None);
    }
    let (mut entries, begins) = read(&growing, press)?;
    end_pictures(&mut entries);
    interleave(&mut entries);
    if entries.is_empty() {
        return Ok(None);
    }
    let path = dir.join(finished(of.person));
    let part = dir.join(format!("{}.part", finished(of.person)));
    let mut input = File::open(&growing)?;
    let size = match entries.iter().find(|entry| entry.kind == Kind::Picture) {
        Some(first) => size_of(&bytes_of(&mut input, first)?),
        None => None,
    };
    let bytes = match write(&part, &mut input, &entries, size) {
        Ok(bytes) => bytes,
        Err(error) => {
            let _ = std::fs::remove_file(&part);
            return Err(error);
        }
    };
    std::fs::rename(&part, &path)?;
    File::open(dir)?.sync_all()?;
    let end = |kind: Kind| {
        let ends = entries.iter().filter(|entry| entry.kind == kind);
        let last = ends
            .map(|entry| entry.place + i64::from(entry.duration))
            .max()
            .unwrap_or(0);
        let micros = if kind == Kind::Sound {
            last * 1_000 / 48
        } else {
            last * 100 / 9
        };
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    };
    let count = entries.iter().filter(|entry| entry.kind == Kind::Picture).count() as u64;
    Ok(Some(Final {
        person: of.person,
        side: of.side,
        path,
        bytes,
        begins: Duration::from_micros(u64::try_from(begins).unwrap_or(0)),
        length: end(Kind::Sound).max(end(Kind::Picture)),
        sound: end(Kind::Sound),
        pictures: size.map(|(width, height)| Pictures { count, width, height }),
    }))
}

fn bytes_of(input: &mut File, entry: &Entry) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; entry.size];
    input.seek(SeekFrom::Start(entry.offset))?;
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn write(path: &Path, input: &mut File, entries: &[Entry], size: Option<(u16, u16)>) -> io::Result<u64> {
    let count = |kind: Kind| entries.iter().filter(|entry| entry.kind == kind).count();
    let options = Mp4FileMuxerOptions {
        reserved_moov_box_size: 4_096
            + estimate_maximum_moov_box_size(&[count(Kind::Sound), count(Kind::Picture)]).saturating_mul(2),
        ..Mp4FileMuxerOptions::default()
    };
    let mut muxer = Mp4FileMuxer::with_options(options).map_err(other)?;
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    let mut output = BufWriter::new(file);
    let mut at = muxer.initial_boxes_bytes().len() as u64;
    output.write_all(muxer.initial_boxes_bytes())?;
    let mut known = [false; 2];
    for entry in entries {
        let bytes = bytes_of(input, entry)?;
        output.write_all(&bytes)?;
        let first = !std::mem::replace(&mut known[entry.kind as usize], true);
        let sample_entry = match (first, entry.kind) {
            (false, _) => None,
            (true, Kind::Sound) => Some(sound_entry()),
            (true, Kind::Picture) => size.and_then(|(width, height)| picture_entry(width, height)),
        };
        let (track_kind, timescale) = track_kind(entry.kind);
        let sample = Sample {
            track_kind,
            sample_entry,
            keyframe: entry.key,
            timescale,
            duration: entry.duration,
            composition_time_offset: None,
            data_offset: at,
            data_size: entry.size,
        };
        muxer.append_sample(&sample).map_err(other)?;
        at += entry.size as u64;
    }
    let boxes = muxer.finalize().map_err(other)?;
    if !boxes.is_faststart_enabled() {
        return Err(io::Error::other("the index does not fit in front"));
    }
    for (offset, bytes) in boxes.offset_and_bytes_pairs() {
        output.seek(SeekFrom::Start(offset))?;
        output.write_all(bytes)?;
    }
    let file = output.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}
