//! What two nodes tell each other about a call besides statements: who is at a seat, whose microphone is on, which tracks
//! there are, and when a picture needs a key frame.
//!
//! Nothing here is signed, stored or believed beyond showing it and routing media: who takes part is decided by
//! statements. [`Presence`] is always the whole of one side's present state, so that a lost or repeated one does no harm.
//! The bytes ride in the link's ordered signals; docs/protocol.md has the numbers.

use call::PublicKey;
use minicbor::{Decode, Encode};

/// Seats and tracks one side may announce for a call; more are refused.
pub const MOST: usize = 256;

/// One message about one call.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Signal {
    /// One side's seats and tracks, all of them.
    #[n(0)]
    Presence(#[n(0)] Presence),
    /// A receiver of this track of yours can't decode before it gets a key frame.
    #[n(1)]
    KeyFrame(#[n(0)] u16),
}

/// One side's seats and tracks in a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Presence {
    /// Seats whose terminal is connected.
    #[n(0)]
    pub seats: Vec<Seat>,
    /// What those terminals send.
    #[n(1)]
    pub tracks: Vec<Track>,
    /// Whether all of those terminals take sound with the frame before in each packet (RED, RFC 2198).
    #[n(2)]
    pub redundancy: bool,
}

/// A seat whose terminal is connected to its node.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Seat {
    /// The seat's key, as vouched.
    #[cbor(n(0), with = "key")]
    pub key: PublicKey,
    /// Whether its microphone is on, once the terminal has said so.
    #[n(1)]
    pub mic: Option<bool>,
}

/// One source of sound or picture.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Track {
    /// Its number on the link, chosen by the side that sends it.
    #[n(0)]
    pub track: u16,
    /// The key of the seat that it comes from.
    #[cbor(n(1), with = "key")]
    pub key: PublicKey,
    /// Sound or picture.
    #[n(2)]
    pub kind: Kind,
}

/// Sound or picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Kind {
    /// A microphone.
    #[n(0)]
    Sound,
    /// A camera.
    #[n(1)]
    Picture,
}

impl Signal {
    /// The bytes that go on the link.
    pub fn encode(&self) -> Vec<u8> {
        // Writing into a vector has no way to fail.
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// Reads what came from the far node; `None` for anything malformed or beyond the bounds.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let signal: Self = minicbor::decode(bytes).ok()?;
        if let Self::Presence(presence) = &signal
            && (presence.seats.len() > MOST || presence.tracks.len() > MOST)
        {
            return None;
        }
        (signal.encode() == bytes).then_some(signal)
    }
}

/// A public key as a byte string of 32.
mod key {
    use call::PublicKey;
    use minicbor::{Decoder, Encoder, bytes::ByteArray, decode as reading, encode as writing};

    pub(super) fn encode<C, W: writing::Write>(
        key: &PublicKey,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), writing::Error<W::Error>> {
        e.bytes(&key.0)?.ok()
    }

    pub(super) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<PublicKey, reading::Error> {
        let bytes: ByteArray<32> = d.decode()?;
        Ok(PublicKey(*bytes))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn presence() -> Signal {
        Signal::Presence(Presence {
            seats: vec![Seat {
                key: PublicKey([7; 32]),
                mic: Some(false),
            }],
            tracks: vec![Track {
                track: 3,
                key: PublicKey([7; 32]),
                kind: Kind::Picture,
            }],
            redundancy: true,
        })
    }

    #[test]
    fn signals_survive_the_wire() {
        for signal in [presence(), Signal::KeyFrame(3)] {
            assert_eq!(Signal::decode(&signal.encode()), Some(signal));
        }
    }

    #[test]
    fn the_bytes_are_as_written_down() {
        let key = [&[0x58, 0x20][..], &[7; 32]].concat();
        let (seats, tracks) = ([0x00, 0x81, 0xa2, 0x00], [0x01, 0x81, 0xa3, 0x00, 0x03, 0x01]);
        let (mic, kind, redundancy) = ([0x01, 0xf4], [0x02, 0x01], [0x02, 0xf5]);
        let map = [&seats[..], &key, &mic, &tracks, &key, &kind, &redundancy].concat();
        assert_eq!(presence().encode(), [&[0x82, 0x00, 0x81, 0xa3][..], &map].concat());
        assert_eq!(Signal::KeyFrame(3).encode(), [0x82, 0x01, 0x81, 0x03]);
    }

    #[test]
    fn trailing_truncated_and_oversize_are_refused() {
        let mut bytes = presence().encode();
        bytes.push(0);
        assert_eq!(Signal::decode(&bytes), None);
        for end in 0..bytes.len() - 1 {
            assert_eq!(Signal::decode(&bytes[..end]), None);
        }
        let many = Signal::Presence(Presence {
            seats: vec![
                Seat {
                    key: PublicKey([7; 32]),
                    mic: None
                };
                MOST + 1
            ],
            tracks: vec![],
            redundancy: false,
        });
        assert_eq!(Signal::decode(&many.encode()), None);
    }
}
