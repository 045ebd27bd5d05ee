//! Sound and pictures over datagrams: copies, repair, order of importance, duplicates removed.
//!
//! Driven by [`crate::quic`] with explicit times; pure. [`Sender`] turns packets into datagrams at the pace it is given;
//! [`Receiver`] turns datagrams into packets, each once, and says what arrived. Payloads are never read.
//!
//! Sound carries copies of the packets before it, as many as the measured loss asks for. Whatever else is lost is sent
//! again on the receiver's report; when a lost packet has time for one more try only, that try is made several times, so
//! that it fails as rarely as the target allows.

mod fill;
mod receiver;
mod sender;
mod spend;
mod tries;

use bytes::Bytes;

pub use receiver::Receiver;
pub use sender::{Feedback, Sender};

/// The longest payload of a media packet.
pub const PAYLOAD_BYTES_MAX: usize = 1400;
/// Tracks in each direction of a connection.
pub const TRACKS_MAX: usize = 256;

/// What a track carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Sound.
    Sound,
    /// Pictures.
    Picture,
}

/// One packet of a track: the fields of RTP that matter on the way and an opaque payload.
#[derive(Clone, PartialEq, Eq)]
pub struct MediaPacket {
    /// The track, numbered by the side that sends it; a new publication takes a new number.
    pub track: u16,
    /// What the track carries.
    pub kind: Kind,
    /// Rises by one with each packet of the track. The low 32 bits travel; the receiver counts on from there.
    pub sequence: u64,
    /// The media time stamp.
    pub timestamp: u32,
    /// RTP's marker: the end of a frame of pictures.
    pub marker: bool,
    /// The temporal layer, 0 (the base) to 3.
    pub layer: u8,
    /// At most [`PAYLOAD_BYTES_MAX`] bytes, opaque.
    pub payload: Bytes,
}

impl std::fmt::Debug for MediaPacket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            track,
            kind,
            sequence,
            timestamp,
            marker,
            layer,
            payload,
        } = self;
        write!(
            f,
            "{kind:?} {track}/{sequence} at {timestamp} marker {marker} layer {layer}, {} bytes",
            payload.len()
        )
    }
}

/// The 64-bit number nearest to `near` whose low half is `low`.
fn unwrap_number(near: u64, low: u32) -> u64 {
    let distance = i64::from(low.wrapping_sub(near as u32) as i32);
    near.checked_add_signed(distance).unwrap_or(u64::from(low))
}

#[cfg(test)]
mod tests {
    use super::unwrap_number;

    #[test]
    fn numbers_go_on_over_the_wrap() {
        assert_eq!(unwrap_number(0xFFFF_FFFE, 1), 0x1_0000_0001);
        assert_eq!(unwrap_number(0x1_0000_0001, 0xFFFF_FFFE), 0xFFFF_FFFE);
        assert_eq!(unwrap_number(3, 0xFFFF_FFFE), 0xFFFF_FFFE);
        assert_eq!(unwrap_number(7, 9), 9);
    }
}
