//! Writes one person's file as it grows: MP4 in fragments, each of which stands for itself once it is on the disk.

use std::io;
use std::num::NonZeroU32;

use call::Hash;
use shiguredo_mp4::TrackKind;
use shiguredo_mp4::bitstream::opus::{ChannelCount, OpusSampleEntryConfig, build_opus_box};
use shiguredo_mp4::bitstream::vp9::{Vp9FrameHeader, Vp9FrameSize, Vp9FrameType, Vp9SampleEntryConfig, build_vp09_box};
use shiguredo_mp4::boxes::SampleEntry;
use shiguredo_mp4::mux::{Fmp4SegmentMuxer, MuxError, Sample};

use crate::disk::Disk;
use crate::plan::Kind;

/// Ticks a second of both kinds in every file.
pub(crate) const SOUND_HZ: NonZeroU32 = NonZeroU32::new(48_000).expect("not zero");
pub(crate) const PICTURE_HZ: NonZeroU32 = NonZeroU32::new(90_000).expect("not zero");
/// The type of the box before each fragment (ISO 14496-12, 4.2), and its bytes before the times.
const SEAL_ID: &[u8; 16] = b"visavis captured";
const SEAL_BYTES: usize = 8 + 16 + 32;
/// What waits for a disk that takes nothing, in bytes; beyond it the file ends.
const WAITING_MAX: usize = 48 << 20;

/// One sample on its way to the disk.
pub(crate) struct Piece {
    pub kind: Kind,
    pub duration: u32,
    pub key: bool,
    /// By when it had been captured, in microseconds of the take's clock.
    pub captured: i64,
    pub bytes: Vec<u8>,
}

/// A person's growing file.
pub(crate) struct Fragments {
    name: String,
    picture: Option<SampleEntry>,
    muxer: Option<Fmp4SegmentMuxer>,
    waiting: Vec<Piece>,
    waiting_bytes: usize,
    /// The disk took nothing for too long: the file ends where it ends.
    ended: bool,
}

/// The sample entry of sound.
pub(crate) fn sound_entry() -> SampleEntry {
    SampleEntry::Opus(build_opus_box(&OpusSampleEntryConfig {
        channel_count: ChannelCount::Mono,
        pre_skip: 0,
        input_sample_rate: 48_000,
        output_gain: 0,
    }))
}

/// The sample entry of pictures of this size: VP9, profile 0, 8 bits, 4:2:0.
pub(crate) fn picture_entry(width: u16, height: u16) -> Option<SampleEntry> {
    let header = Vp9FrameHeader {
        profile: 0,
        show_existing_frame: None,
        frame_type: Vp9FrameType::Key,
        show_frame: true,
        error_resilient_mode: false,
        intra_only: false,
        refresh_frame_flags: 0xff,
        bit_depth: 8,
        color_space: 1,
        color_range: 0,
        subsampling_x: 1,
        subsampling_y: 1,
        frame_size: Vp9FrameSize::NotPresent,
        render_size: None,
    };
    let config = Vp9SampleEntryConfig {
        level: Vp9SampleEntryConfig::LEVEL_UNDEFINED,
        colour_primaries: Vp9SampleEntryConfig::COLOUR_PRIMARIES_UNSPECIFIED,
        transfer_characteristics: 2,
        matrix_coefficients: 2,
        width,
        height,
    };
    build_vp09_box(&header, &config).ok().map(SampleEntry::Vp09)
}

pub(crate) fn track_kind(kind: Kind) -> (TrackKind, NonZeroU32) {
    match kind {
        Kind::Sound => (TrackKind::Audio, SOUND_HZ),
        Kind::Picture => (TrackKind::Video, PICTURE_HZ),
    }
}

fn broken(error: &MuxError) -> io::Error {
    io::Error::other(error.to_string())
}

impl Fragments {
    /// A file by this name, which gets pictures too if `picture`.
    pub(crate) fn new(name: String, picture: bool) -> Self {
        Self {
            name,
            picture: if picture { picture_entry(1280, 720) } else { None },
            muxer: None,
            waiting: Vec::new(),
            waiting_bytes: 0,
            ended: false,
        }
    }

    /// The size of the pictures, as the first of them says; of use before the first fragment is written.
    pub(crate) fn size(&mut self, width: u16, height: u16) {
        if self.muxer.is_none() && self.picture.is_some() {
            self.picture = picture_entry(width, height);
        }
    }

    /// Takes a sample.
    pub(crate) fn push(&mut self, piece: Piece) {
        if self.ended {
            return;
        }
        self.waiting_bytes += piece.bytes.len();
        self.waiting.push(piece);
    }

    /// Keeps what waits while nothing may be written; too much of it ends the file.
    pub(crate) fn withhold(&mut self) {
        if self.waiting_bytes > WAITING_MAX {
            self.ended = true;
            self.waiting = Vec::new();
            self.waiting_bytes = 0;
        }
    }

    /// Writes what waits as one fragment. Gives the bytes written. After an error all of it still waits.
    pub(crate) fn write(&mut self, disk: &mut dyn Disk) -> io::Result<u64> {
        if self.ended || self.waiting.is_empty() {
            return Ok(0);
        }
        let done = self.write_fragment(disk);
        if done.is_err() {
            self.withhold();
        }
        done
    }

    fn write_fragment(&mut self, disk: &mut dyn Disk) -> io::Result<u64> {
        let mut head = Vec::new();
        let mut muxer = match &self.muxer {
            Some(muxer) => muxer.clone(),
            None => {
                let (muxer, init) = self.begin().map_err(|error| broken(&error))?;
                head = init;
                muxer
            }
        };
        let mut payload = Vec::with_capacity(self.waiting_bytes);
        let mut samples = Vec::with_capacity(self.waiting.len());
        let mut times = Vec::with_capacity(self.waiting.len());
        for kind in [Kind::Picture, Kind::Sound] {
            let (track_kind, timescale) = track_kind(kind);
            for piece in self.waiting.iter().filter(|piece| piece.kind == kind) {
                samples.push(Sample {
                    track_kind,
                    sample_entry: None,
                    keyframe: piece.key,
                    timescale,
                    duration: piece.duration,
                    composition_time_offset: None,
                    data_offset: payload.len() as u64,
                    data_size: piece.bytes.len(),
                });
                payload.extend_from_slice(&piece.bytes);
                times.push(piece.captured);
            }
        }
        let mut segment = muxer
            .create_media_segment_metadata(&samples)
            .map_err(|error| broken(&error))?;
        segment.extend_from_slice(&payload);
        head.extend_from_slice(&seal(&segment, &times)?);
        head.extend_from_slice(&segment);
        disk.append(&self.name, &head)?;
        self.muxer = Some(muxer);
        self.waiting.clear();
        self.waiting_bytes = 0;
        Ok(head.len() as u64)
    }

    /// A muxer that knows its tracks before either has a sample: no track can be added once the file has begun.
    fn begin(&self) -> Result<(Fmp4SegmentMuxer, Vec<u8>), MuxError> {
        let mut muxer = Fmp4SegmentMuxer::new()?;
        let entries = [
            self.picture.clone().map(|entry| (Kind::Picture, entry)),
            Some((Kind::Sound, sound_entry())),
        ];
        let samples: Vec<Sample> = entries
            .into_iter()
            .flatten()
            .map(|(kind, entry)| {
                let (track_kind, timescale) = track_kind(kind);
                Sample {
                    track_kind,
                    sample_entry: Some(entry),
                    keyframe: true,
                    timescale,
                    duration: 0,
                    composition_time_offset: None,
                    data_offset: 0,
                    data_size: 0,
                }
            })
            .collect();
        // This fragment is never written; its durations are zero, so the first that is begins at zero.
        muxer.create_media_segment_metadata(&samples)?;
        let init = muxer.init_segment_bytes()?;
        Ok((muxer, init))
    }
}

/// The box before a fragment: what the fragment must hash to, and when each of its samples had been captured.
fn seal(fragment: &[u8], times: &[i64]) -> io::Result<Vec<u8>> {
    let length = SEAL_BYTES + times.len() * 8;
    let length = u32::try_from(length).map_err(io::Error::other)?;
    let mut out = Vec::with_capacity(SEAL_BYTES + times.len() * 8);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(b"uuid");
    out.extend_from_slice(SEAL_ID);
    out.extend_from_slice(Hash::of(fragment).as_bytes());
    for time in times {
        out.extend_from_slice(&time.to_be_bytes());
    }
    Ok(out)
}

/// Reads such a box, and checks the fragment that follows it. Gives the times; none when either is not whole.
pub(crate) fn unseal(head: &[u8], fragment: &[u8]) -> Option<Vec<i64>> {
    let (fixed, times) = head.split_at_checked(SEAL_BYTES)?;
    let known = fixed[4..8] == *b"uuid" && fixed[8..24] == *SEAL_ID;
    if !known || fixed[24..] != Hash::of(fragment).0 || times.len() % 8 != 0 {
        return None;
    }
    let time = |bytes: &[u8]| bytes.try_into().ok().map(i64::from_be_bytes);
    times.chunks_exact(8).map(time).collect()
}
