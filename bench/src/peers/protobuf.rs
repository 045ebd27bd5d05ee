//! As much of the protobuf encoding as LiveKit's signalling takes: numbers, and fields that hold bytes.

/// A message that is being written.
#[derive(Clone, Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, field: u32, number: u64) -> Self {
        self.varint(u64::from(field) << 3);
        self.varint(number);
        self
    }

    /// Adds bytes: a string, or a message within.
    #[must_use]
    pub fn bytes(mut self, field: u32, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.varint(u64::from(field) << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    /// The message.
    #[must_use]
    pub fn done(self) -> Vec<u8> {
        self.0
    }
}

fn varint(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The fields of a message that hold bytes, in their order; `None` when it is none. Numbers are passed over.
#[must_use]
pub fn read(mut message: &[u8]) -> Option<Vec<(u32, &[u8])>> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message)?;
        let len = match tag & 7 {
            0 => {
                varint(&mut message)?;
                continue;
            }
            1 => 8,
            5 => 4,
            2 => usize::try_from(varint(&mut message)?).ok()?,
            _ => return None,
        };
        let (bytes, rest) = message.split_at_checked(len)?;
        message = rest;
        if tag & 7 == 2 {
            fields.push((u32::try_from(tag >> 3).ok()?, bytes));
        }
    }
    Some(fields)
}

/// The first field of a number, as text.
#[must_use]
pub fn text(message: &[u8], field: u32) -> Option<&str> {
    let (_, bytes) = read(message)?.into_iter().find(|(number, _)| *number == field)?;
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let long = "x".repeat(300);
        let message = Writer::default().number(3, 300).bytes(4, &long).bytes(1, "a").done();
        assert_eq!(read(&message).unwrap(), [(4, long.as_bytes()), (1, b"a".as_slice())]);
        assert_eq!(text(&message, 1), Some("a"));
        assert_eq!(text(&message, 9), None);
    }

    #[test]
    fn the_encoding_is_the_usual_one() {
        // From the protobuf documentation: field 1 with 150, field 2 with "testing".
        let message = Writer::default().number(1, 150).bytes(2, "testing").done();
        assert_eq!(message, b"\x08\x96\x01\x12\x07testing");
    }

    #[test]
    fn what_is_cut_short_is_nothing() {
        assert!(read(b"\x12\x07test").is_none());
        assert!(read(b"\x80").is_none());
    }
}
