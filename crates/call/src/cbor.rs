//! The strict half of CBOR (RFC 8949, section 4.2.1) that statements and records are made of: unsigned and negative
//! integers, byte and text strings, arrays, maps with ascending integer keys, `null`, one tag. Every head is in its
//! shortest form, every length definite. There is exactly one encoding of each value, so whatever parses is what
//! would be written.

/// Why bytes were refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Malformed {
    /// The item goes on beyond the end of the bytes.
    #[error("cut short")]
    Short,
    /// Bytes follow the item.
    #[error("bytes after the end")]
    Trailing,
    /// A head that is not in its shortest form, or of indefinite length.
    #[error("not the shortest form")]
    Sloppy,
    /// Another type, value or map key than the format has here: a duplicate, unknown or missing key too.
    #[error("not what the format has here")]
    Unexpected,
    /// A text that is not UTF-8.
    #[error("text is not UTF-8")]
    NotText,
    /// More than a named bound allows.
    #[error("over a bound")]
    Bound,
    /// A value that the format's meaning forbids: an empty text, an unsorted list, an instant out of range.
    #[error("value out of its rules")]
    Value,
    /// The signature is not the named key's over these bytes (checked strictly: no small-order keys).
    #[error("signature does not match")]
    Signature,
}

impl Malformed {
    /// Its code: snake case, stable.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Trailing => "trailing",
            Self::Sloppy => "sloppy",
            Self::Unexpected => "unexpected",
            Self::NotText => "not_text",
            Self::Bound => "bound",
            Self::Value => "value",
            Self::Signature => "signature",
        }
    }
}

const UINT: u8 = 0;
const NINT: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const NULL: u8 = 0xf6;

/// Writes deterministic CBOR; map keys are the caller's to keep ascending.
#[derive(Default)]
pub(crate) struct Writer(pub Vec<u8>);

impl Writer {
    fn head(&mut self, major: u8, value: u64) -> &mut Self {
        let major = major << 5;
        let be = value.to_be_bytes();
        match value {
            0..=23 => self.0.push(major | be[7]),
            24..=0xff => self.0.extend_from_slice(&[major | 24, be[7]]),
            0x100..=0xffff => {
                self.0.push(major | 25);
                self.0.extend_from_slice(&be[6..]);
            }
            0x1_0000..=0xffff_ffff => {
                self.0.push(major | 26);
                self.0.extend_from_slice(&be[4..]);
            }
            _ => {
                self.0.push(major | 27);
                self.0.extend_from_slice(&be);
            }
        }
        self
    }

    pub fn uint(&mut self, value: u64) -> &mut Self {
        self.head(UINT, value)
    }

    /// A negative integer as `-1 - value`.
    pub fn nint(&mut self, value: u64) -> &mut Self {
        self.head(NINT, value)
    }

    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.head(BYTES, value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    pub fn text(&mut self, value: &str) -> &mut Self {
        self.head(TEXT, value.len() as u64);
        self.0.extend_from_slice(value.as_bytes());
        self
    }

    pub fn array(&mut self, len: usize) -> &mut Self {
        self.head(ARRAY, len as u64)
    }

    pub fn map(&mut self, len: usize) -> &mut Self {
        self.head(MAP, len as u64)
    }

    pub fn tag(&mut self, value: u64) -> &mut Self {
        self.head(TAG, value)
    }

    pub fn null(&mut self) -> &mut Self {
        self.0.push(NULL);
        self
    }

    /// 32 bytes, or `null`.
    pub fn maybe(&mut self, value: Option<&[u8; 32]>) -> &mut Self {
        match value {
            Some(bytes) => self.bytes(bytes),
            None => self.null(),
        }
    }
}

/// Reads what [`Writer`] writes and nothing else.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

type Read<T> = Result<T, Malformed>;

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self, len: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Malformed::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    fn head(&mut self, major: u8) -> Read<u64> {
        let first = *self.rest.first().ok_or(Malformed::Short)?;
        if first >> 5 != major {
            return Err(Malformed::Unexpected);
        }
        self.rest = &self.rest[1..];
        let (len, least) = match first & 31 {
            small @ 0..=23 => return Ok(u64::from(small)),
            24 => (1, 24),
            25 => (2, 0x100),
            26 => (4, 0x1_0000),
            27 => (8, 0x1_0000_0000),
            _ => return Err(Malformed::Sloppy),
        };
        let value = self.take(len)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        if value < least {
            Err(Malformed::Sloppy)
        } else {
            Ok(value)
        }
    }

    pub fn uint(&mut self) -> Read<u64> {
        self.head(UINT)
    }

    /// A negative integer, given as `-1 - value`.
    pub fn nint(&mut self) -> Read<u64> {
        self.head(NINT)
    }

    /// An unsigned integer of at most `max`.
    pub fn uint_max(&mut self, max: u64) -> Read<u64> {
        let value = self.uint()?;
        if value > max { Err(Malformed::Bound) } else { Ok(value) }
    }

    pub fn u16(&mut self) -> Read<u16> {
        self.uint()
            .and_then(|value| u16::try_from(value).map_err(|_| Malformed::Bound))
    }

    fn len(&mut self, major: u8, max: usize) -> Read<usize> {
        let len = usize::try_from(self.head(major)?).map_err(|_| Malformed::Bound)?;
        if len > max { Err(Malformed::Bound) } else { Ok(len) }
    }

    pub fn bytes(&mut self, max: usize) -> Read<&'a [u8]> {
        let len = self.len(BYTES, max)?;
        self.take(len)
    }

    pub fn array_of<const N: usize>(&mut self) -> Read<[u8; N]> {
        let bytes = self.bytes(N)?;
        bytes.try_into().map_err(|_| Malformed::Unexpected)
    }

    pub fn text(&mut self, max: usize) -> Read<&'a str> {
        let len = self.len(TEXT, max)?;
        core::str::from_utf8(self.take(len)?).map_err(|_| Malformed::NotText)
    }

    pub fn array(&mut self, max: usize) -> Read<usize> {
        self.len(ARRAY, max)
    }

    /// A map of exactly `len` entries.
    pub fn map(&mut self, len: usize) -> Read<()> {
        if self.head(MAP)? == len as u64 {
            Ok(())
        } else {
            Err(Malformed::Unexpected)
        }
    }

    /// An array of exactly `len` items.
    pub fn array_exact(&mut self, len: usize) -> Read<()> {
        if self.head(ARRAY)? == len as u64 {
            Ok(())
        } else {
            Err(Malformed::Unexpected)
        }
    }

    /// The next map key, which can only be `key`: order, duplicates and strangers are settled at once.
    pub fn key(&mut self, key: u64) -> Read<()> {
        if self.uint()? == key {
            Ok(())
        } else {
            Err(Malformed::Unexpected)
        }
    }

    pub fn tag(&mut self, tag: u64) -> Read<()> {
        if self.head(TAG)? == tag {
            Ok(())
        } else {
            Err(Malformed::Unexpected)
        }
    }

    /// Takes a `null` if one is next.
    pub fn null(&mut self) -> bool {
        let is = self.rest.first() == Some(&NULL);
        if is {
            self.rest = &self.rest[1..];
        }
        is
    }

    /// 32 bytes, or `null`.
    pub fn maybe(&mut self) -> Read<Option<[u8; 32]>> {
        if self.null() {
            Ok(None)
        } else {
            self.array_of().map(Some)
        }
    }

    pub fn end(&self) -> Read<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed::Trailing)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn shortest_heads_only() {
        for value in [
            0,
            23,
            24,
            255,
            256,
            65_535,
            65_536,
            u64::from(u32::MAX),
            1 << 32,
            u64::MAX,
        ] {
            let mut writer = Writer::default();
            writer.uint(value);
            assert_eq!(Reader::new(&writer.0).uint(), Ok(value));
        }
        for sloppy in [
            &[0x18, 23][..],
            &[0x19, 0, 255],
            &[0x1a, 0, 0, 255, 255],
            &[0x1b, 0, 0, 0, 0, 255, 255, 255, 255],
        ] {
            assert_eq!(Reader::new(sloppy).uint(), Err(Malformed::Sloppy));
        }
        assert_eq!(Reader::new(&[0x5f, 0x41, 0, 0xff]).bytes(9), Err(Malformed::Sloppy));
        assert_eq!(Reader::new(&[0x1c]).uint(), Err(Malformed::Sloppy));
    }

    #[test]
    fn lengths_are_checked_before_anything_is_taken() {
        assert_eq!(
            Reader::new(&[0x5b, 255, 255, 255, 255, 255, 255, 255, 255]).bytes(9),
            Err(Malformed::Bound)
        );
        assert_eq!(Reader::new(&[0x43, 1, 2]).bytes(9), Err(Malformed::Short));
        assert_eq!(Reader::new(&[0x62, 0xff, 0xff]).text(9), Err(Malformed::NotText));
    }
}
