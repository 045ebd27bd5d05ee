//! The boxes of an MP4 file, as far as a check needs them: bounded, before any library reads the file.

use std::io::{self, Read, Seek, SeekFrom};

/// Most boxes of a file, in all levels that are looked at.
const BOXES_MAX: usize = 4_096;
/// Deepest level of boxes in boxes.
const DEPTH_MAX: usize = 10;
/// Longest index. Ten hours of a film with 32 sounds have less.
const INDEX_MAX: u64 = 256 << 20;
/// Longest box of a user's type, and so longest manifest: ours have some 10 kB, and some more for each parent.
const MANIFEST_MAX: u64 = 4 << 20;
/// The user type of a box with a C2PA manifest (C2PA 2.2, A.5.1).
pub(crate) const C2PA: [u8; 16] = [
    0xd8, 0xfe, 0xc3, 0xd6, 0x1b, 0x0e, 0x48, 0x3c, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7e, 0xc4, 0x81,
];
/// Boxes that hold boxes, as the C2PA library descends into them.
const HOLDERS: [[u8; 4]; 15] = [
    *b"moov", *b"trak", *b"mdia", *b"minf", *b"stbl", *b"dinf", *b"edts", *b"udta", *b"moof", *b"traf", *b"mvex",
    *b"mfra", *b"sinf", *b"schi", *b"meta",
];

/// Why boxes were not taken.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// Not an MP4 file at all.
    NotAFilm,
    /// Boxes do not fit into each other or into the file, or stand where no clip has them.
    Form,
    /// More, deeper or longer than any clip's.
    Bounds(&'static str),
    Io(io::Error),
}

impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Form,
            _ => Self::Io(error),
        }
    }
}

#[derive(Clone, Copy)]
struct Head {
    kind: [u8; 4],
    /// Where its content begins, and where it ends.
    content: u64,
    end: u64,
}

/// The head of the box at `at`, which has to end by `end`.
fn head(file: &mut (impl Read + Seek), at: u64, end: u64) -> Result<Head, Wrong> {
    if end - at < 8 {
        return Err(Wrong::Form);
    }
    file.seek(SeekFrom::Start(at))?;
    let mut first = [0; 8];
    file.read_exact(&mut first)?;
    let [a, b, c, d, kind @ ..] = first;
    let (length, content) = match u32::from_be_bytes([a, b, c, d]) {
        1 => {
            let mut long = [0; 8];
            file.read_exact(&mut long)?;
            (u64::from_be_bytes(long), 16)
        }
        // To the end of the file: nothing could follow it, and no clip is made so.
        0 => return Err(Wrong::Form),
        length => (u64::from(length), 8),
    };
    if length < content || length > end - at {
        return Err(Wrong::Form);
    }
    Ok(Head {
        kind,
        content: at + content,
        end: at + length,
    })
}

/// Looks at all boxes; whether there is one with a C2PA manifest.
pub(crate) fn look(file: &mut (impl Read + Seek)) -> Result<bool, Wrong> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut signed = false;
    let (mut at, mut count) = (0, 0);
    while at < end {
        let head = match head(file, at, end) {
            Err(Wrong::Form) if at == 0 => return Err(Wrong::NotAFilm),
            head => head?,
        };
        if at == 0 && head.kind != *b"ftyp" {
            return Err(Wrong::NotAFilm);
        }
        count += 1;
        if count > BOXES_MAX {
            return Err(Wrong::Bounds("too many boxes"));
        }
        if head.kind == *b"uuid" {
            if head.end - head.content > MANIFEST_MAX {
                return Err(Wrong::Bounds("a box is too long"));
            }
            let mut user_type = [0; 16];
            file.seek(SeekFrom::Start(head.content))?;
            file.read_exact(&mut user_type)?;
            // Two would leave it to each reader which one counts.
            if user_type == C2PA && std::mem::replace(&mut signed, true) {
                return Err(Wrong::Form);
            }
        }
        descend(file, head, &mut count, 0)?;
        at = head.end;
    }
    if at == 0 { Err(Wrong::NotAFilm) } else { Ok(signed) }
}

fn descend(file: &mut (impl Read + Seek), holder: Head, count: &mut usize, depth: usize) -> Result<(), Wrong> {
    if !HOLDERS.contains(&holder.kind) {
        return Ok(());
    }
    if depth >= DEPTH_MAX || holder.end - holder.content > INDEX_MAX {
        return Err(Wrong::Bounds("the index is too deep or too long"));
    }
    // `meta` is a full box: four bytes of version and flags come first.
    let mut at = holder.content + if holder.kind == *b"meta" { 4 } else { 0 };
    // What is too short for a box at the end of `udta` is a terminator of old.
    while holder.end.saturating_sub(at) >= 8 {
        let inner = head(file, at, holder.end)?;
        *count += 1;
        if *count > BOXES_MAX {
            return Err(Wrong::Bounds("too many boxes"));
        }
        descend(file, inner, count, depth + 1)?;
        at = inner.end;
    }
    Ok(())
}
