//! The layout of QUIC datagrams: media packets with copies, and reports of what arrived.
//!
//! Driven by [`crate::media`]; pure. Numbers are big-endian. Every datagram begins with a byte that says what it is.
//!
//! A *media* datagram has a number of its own (all tracks of a connection count together), the sender's clock and one
//! or more entries. A *report* names the newest number received and which of those before it arrived.

use bytes::{BufMut, Bytes, BytesMut};
use thiserror::Error;

/// First byte of a media datagram, version 1.
pub const MEDIA: u8 = 0x11;
/// First byte of a report, version 1.
pub const REPORT: u8 = 0x12;
/// Bytes before the entries of a media datagram.
pub const MEDIA_HEADER_BYTES: usize = 9;
/// Bytes before the payload of a full entry.
pub const ENTRY_FULL_BYTES: usize = 13;
/// Bytes before the payload of an entry that follows another of its track.
pub const ENTRY_FOLLOWS_BYTES: usize = 5;
/// Entries in one datagram.
pub const ENTRIES_MAX: usize = 16;
/// Bytes of a report without its map.
pub const REPORT_HEADER_BYTES: usize = 19;
/// Bytes of a report's map: eight datagrams each.
pub const REPORT_MAP_MAX: usize = 96;

const FLAG_PICTURE: u8 = 1;
const FLAG_MARKER: u8 = 1 << 1;
const FLAG_LAYER_SHIFT: u8 = 2;
const FLAG_FOLLOWS: u8 = 1 << 4;
const FLAG_SPLIT: u8 = 1 << 5;
const FLAG_SECOND: u8 = 1 << 6;
const FLAG_COPY: u8 = 1 << 7;

/// A datagram that is not of this protocol. It is dropped and counted; the connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Malformed {
    /// Shorter than its fields say.
    #[error("datagram cut short")]
    Short,
    /// An unknown first byte.
    #[error("datagram of an unknown kind")]
    Kind,
    /// A field outside its bounds, or bytes after the end.
    #[error("datagram with a field out of bounds")]
    Bounds,
}

/// Whether a packet is half of one that was too long for a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Part {
    /// Not split.
    #[default]
    Whole,
    /// The first half.
    First,
    /// The second half.
    Second,
}

/// One media packet, or half of one, inside a datagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The track, numbered by the sender.
    pub track: u16,
    /// A picture's packet; otherwise sound.
    pub picture: bool,
    /// The end of a frame.
    pub marker: bool,
    /// The temporal layer, 0 to 3; 0 is the base.
    pub layer: u8,
    /// Sent before.
    pub copy: bool,
    /// Whole, or which half.
    pub part: Part,
    /// The low 32 bits of the packet's sequence number in its track.
    pub sequence: u32,
    /// The media time stamp.
    pub timestamp: u32,
    /// Opaque.
    pub payload: Bytes,
}

/// A media datagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// The low 32 bits of the datagram's number on this connection; each sent datagram has its own.
    pub number: u32,
    /// The sender's clock in microseconds when it was sent, low 32 bits.
    pub sent: u32,
    /// One to [`ENTRIES_MAX`] entries.
    pub entries: Vec<Entry>,
}

/// Whether `entry` can be written in the short form after `before`: the same track, and one further or later.
fn follows(before: Option<&Entry>, entry: &Entry) -> Option<u16> {
    let before = before?;
    let same = before.track == entry.track && before.picture == entry.picture;
    let next = before.sequence.wrapping_add(1) == entry.sequence;
    let later = u16::try_from(entry.timestamp.wrapping_sub(before.timestamp)).ok();
    if same && next { later } else { None }
}

/// Bytes that `entry` takes after `before`.
pub fn entry_bytes(before: Option<&Entry>, entry: &Entry) -> usize {
    let header = if follows(before, entry).is_some() {
        ENTRY_FOLLOWS_BYTES
    } else {
        ENTRY_FULL_BYTES
    };
    header + entry.payload.len()
}

impl Media {
    /// The bytes on the wire.
    pub fn encode(&self) -> Bytes {
        let payloads: usize = self
            .entries
            .iter()
            .map(|entry| entry.payload.len() + ENTRY_FULL_BYTES)
            .sum();
        let mut out = BytesMut::with_capacity(MEDIA_HEADER_BYTES + payloads);
        out.put_u8(MEDIA);
        out.put_u32(self.number);
        out.put_u32(self.sent);
        let mut before = None;
        for entry in &self.entries {
            let delta = follows(before, entry);
            let mut flags = entry.layer.min(3) << FLAG_LAYER_SHIFT;
            flags |= if entry.picture { FLAG_PICTURE } else { 0 };
            flags |= if entry.marker { FLAG_MARKER } else { 0 };
            flags |= if entry.copy { FLAG_COPY } else { 0 };
            flags |= match entry.part {
                Part::Whole => 0,
                Part::First => FLAG_SPLIT,
                Part::Second => FLAG_SPLIT | FLAG_SECOND,
            };
            if let Some(delta) = delta {
                out.put_u8(flags | FLAG_FOLLOWS);
                out.put_u16(delta);
            } else {
                out.put_u8(flags);
                out.put_u16(entry.track);
                out.put_u32(entry.sequence);
                out.put_u32(entry.timestamp);
            }
            out.put_u16(u16::try_from(entry.payload.len()).unwrap_or(u16::MAX));
            out.extend_from_slice(&entry.payload);
            before = Some(entry);
        }
        out.freeze()
    }

    fn decode(mut cursor: Cursor) -> Result<Self, Malformed> {
        let number = cursor.u32()?;
        let sent = cursor.u32()?;
        let mut entries: Vec<Entry> = Vec::new();
        while !cursor.0.is_empty() {
            if entries.len() == ENTRIES_MAX {
                return Err(Malformed::Bounds);
            }
            entries.push(decode_entry(&mut cursor, entries.last())?);
        }
        if entries.is_empty() {
            return Err(Malformed::Short);
        }
        Ok(Self { number, sent, entries })
    }
}

fn decode_entry(cursor: &mut Cursor, before: Option<&Entry>) -> Result<Entry, Malformed> {
    let flags = cursor.u8()?;
    let picture = flags & FLAG_PICTURE != 0;
    let part = match (flags & FLAG_SPLIT != 0, flags & FLAG_SECOND != 0) {
        (false, false) => Part::Whole,
        (true, false) => Part::First,
        (true, true) => Part::Second,
        (false, true) => return Err(Malformed::Bounds),
    };
    let (track, sequence, timestamp) = if flags & FLAG_FOLLOWS != 0 {
        let before = before.ok_or(Malformed::Bounds)?;
        if before.picture != picture {
            return Err(Malformed::Bounds);
        }
        let delta = u32::from(cursor.u16()?);
        (
            before.track,
            before.sequence.wrapping_add(1),
            before.timestamp.wrapping_add(delta),
        )
    } else {
        (cursor.u16()?, cursor.u32()?, cursor.u32()?)
    };
    let length = usize::from(cursor.u16()?);
    Ok(Entry {
        track,
        picture,
        marker: flags & FLAG_MARKER != 0,
        layer: (flags >> FLAG_LAYER_SHIFT) & 3,
        copy: flags & FLAG_COPY != 0,
        part,
        sequence,
        timestamp,
        payload: cursor.bytes(length)?,
    })
}

/// What arrived. The times are the receiver's clock, of which only differences mean anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The newest number received, low 32 bits.
    pub newest: u32,
    /// The receiver's clock when the newest came less its `sent`, microseconds, low 32 bits.
    pub delay: u32,
    /// The smallest such difference since the last report.
    pub delay_least: u32,
    /// How long before this report the newest came, in units of 100 microseconds, at most 65535.
    pub held: u16,
    /// How many different datagrams arrived in all, low 32 bits.
    pub received: u32,
    /// Bit `i` (most significant first) is set when number `newest - 1 - i` arrived; at most [`REPORT_MAP_MAX`] bytes.
    pub map: Vec<u8>,
}

impl Report {
    /// The bytes on the wire.
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(REPORT_HEADER_BYTES + self.map.len());
        out.put_u8(REPORT);
        out.put_u32(self.newest);
        out.put_u32(self.delay);
        out.put_u32(self.delay_least);
        out.put_u16(self.held);
        out.put_u32(self.received);
        out.extend_from_slice(&self.map);
        out.freeze()
    }

    fn decode(mut cursor: Cursor) -> Result<Self, Malformed> {
        let report = Self {
            newest: cursor.u32()?,
            delay: cursor.u32()?,
            delay_least: cursor.u32()?,
            held: cursor.u16()?,
            received: cursor.u32()?,
            map: cursor.0.to_vec(),
        };
        if report.map.len() > REPORT_MAP_MAX {
            return Err(Malformed::Bounds);
        }
        Ok(report)
    }

    /// Whether the map says that `newest - back` arrived (`back` 0 is the newest); `None` when it does not reach so far.
    pub fn arrived(&self, back: u32) -> Option<bool> {
        let Some(index) = back.checked_sub(1) else {
            return Some(true);
        };
        let byte = self.map.get(usize::try_from(index / 8).ok()?)?;
        Some(byte & (0x80 >> (index % 8)) != 0)
    }
}

/// Any datagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datagram {
    /// Sound and pictures.
    Media(Media),
    /// What arrived.
    Report(Report),
}

impl Datagram {
    /// Reads a datagram.
    ///
    /// # Errors
    /// [`Malformed`]; the datagram is dropped, nothing else happens.
    pub fn decode(bytes: Bytes) -> Result<Self, Malformed> {
        let mut cursor = Cursor(bytes);
        match cursor.u8()? {
            MEDIA => Media::decode(cursor).map(Self::Media),
            REPORT => Report::decode(cursor).map(Self::Report),
            _ => Err(Malformed::Kind),
        }
    }
}

struct Cursor(Bytes);

impl Cursor {
    fn bytes(&mut self, length: usize) -> Result<Bytes, Malformed> {
        if self.0.len() < length {
            return Err(Malformed::Short);
        }
        Ok(self.0.split_to(length))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let bytes = self.bytes(N)?;
        <[u8; N]>::try_from(bytes.as_ref()).map_err(|_| Malformed::Short)
    }

    fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }
}
