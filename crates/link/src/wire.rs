//! The control stream: a prelude with the version range, then bounded CBOR frames.
//!
//! Driven by [`crate::session`]; does no IO. One bidirectional QUIC stream carries, in each direction, the eight bytes of
//! a [`Prelude`] and then frames: two bytes of length, big-endian, and one deterministic CBOR array (RFC 8949, section
//! 4.2.1) whose first element is the frame's number. What is decoded is encoded again and compared, so a sloppy form,
//! an unknown field or a trailing byte is refused with the frame that brought it.

use call::{CallId, Hash, SideId};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use thiserror::Error;

/// The oldest version of this protocol that this crate speaks.
pub const VERSION_MIN: u16 = 1;
/// The newest version of this protocol that this crate speaks.
pub const VERSION_MAX: u16 = 1;
/// The first bytes of each direction of the control stream.
pub const MAGIC: [u8; 4] = *b"VVLK";
/// Bytes of a prelude.
pub const PRELUDE_BYTES: usize = 8;
/// The longest frame, without its two bytes of length.
pub const FRAME_BYTES_MAX: usize = 20 * 1024;
/// The longest statement; the same bound as the rules of a chain.
pub const STATEMENT_BYTES_MAX: usize = 16 * 1024;
/// The most statements in one chain; the same bound as the rules of a chain.
pub const CHAIN_MAX: u32 = 4096;
/// The longest piece of a signal in one frame.
pub const SIGNAL_CHUNK_MAX: usize = 16 * 1024;
/// Calls in one Heads frame.
pub const HEADS_CALLS_MAX: usize = 64;
/// Sides in one call.
pub const HEADS_SIDES_MAX: usize = 16;
/// All heads of one Heads frame together, so that it stays below [`FRAME_BYTES_MAX`].
pub const HEADS_MAX: usize = 128;
/// Bytes of the software's name and version in a Hello.
pub const SOFTWARE_BYTES_MAX: usize = 64;

/// What makes a stream unreadable or a peer unwelcome. Each has a number that travels as the QUIC close code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Fault {
    /// The two version ranges have nothing in common.
    #[error("no common protocol version: the far side speaks {min} to {max}")]
    Version {
        /// The oldest version that the far side speaks.
        min: u16,
        /// The newest version that the far side speaks.
        max: u16,
    },
    /// The bytes are no frame of this protocol.
    #[error("not a frame of this protocol")]
    Garbage,
    /// A frame or a field exceeds its bound.
    #[error("a frame or a field is too large")]
    Oversize,
    /// The Hello names another side than the one whose link key was pinned.
    #[error("the far end is not the side that this line is pinned to")]
    WrongSide,
    /// A frame came that the state of the session does not allow (before Hello, or before both operators confirmed).
    #[error("a frame came out of turn")]
    OutOfTurn,
    /// More calls, chains or statements than the bounds allow.
    #[error("more than the bounds allow")]
    TooMany,
}

/// QUIC application close codes of this protocol.
pub mod close {
    /// Graceful end: the node stops or the line was removed.
    pub const GOING: u32 = 0;
    /// [`super::Fault::Version`].
    pub const VERSION: u32 = 1;
    /// [`super::Fault::Garbage`].
    pub const GARBAGE: u32 = 2;
    /// [`super::Fault::Oversize`].
    pub const OVERSIZE: u32 = 3;
    /// [`super::Fault::WrongSide`].
    pub const WRONG_SIDE: u32 = 4;
    /// [`super::Fault::OutOfTurn`].
    pub const OUT_OF_TURN: u32 = 5;
    /// [`super::Fault::TooMany`].
    pub const TOO_MANY: u32 = 6;
    /// Both sides dialled; the other connection stays.
    pub const DUPLICATE: u32 = 7;
    /// A newer start of the far node took over.
    pub const REPLACED: u32 = 8;
}

impl Fault {
    /// The QUIC application close code that tells the far side of this fault.
    pub fn close_code(self) -> u32 {
        match self {
            Self::Version { .. } => close::VERSION,
            Self::Garbage => close::GARBAGE,
            Self::Oversize => close::OVERSIZE,
            Self::WrongSide => close::WRONG_SIDE,
            Self::OutOfTurn => close::OUT_OF_TURN,
            Self::TooMany => close::TOO_MANY,
        }
    }
}

/// The first eight bytes of each direction: the magic and the range of versions. Its layout never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prelude {
    /// The oldest version spoken.
    pub min: u16,
    /// The newest version spoken.
    pub max: u16,
}

impl Prelude {
    /// What this crate speaks.
    pub const OURS: Self = Self {
        min: VERSION_MIN,
        max: VERSION_MAX,
    };

    /// The bytes on the wire.
    pub fn encode(self) -> [u8; PRELUDE_BYTES] {
        let mut bytes = [0; PRELUDE_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&self.min.to_be_bytes());
        bytes[6..8].copy_from_slice(&self.max.to_be_bytes());
        bytes
    }

    /// Reads a prelude.
    ///
    /// # Errors
    /// [`Fault::Garbage`] when the magic is missing or the range is empty.
    pub fn decode(bytes: [u8; PRELUDE_BYTES]) -> Result<Self, Fault> {
        let [a, b, c, d, min_high, min_low, max_high, max_low] = bytes;
        let prelude = Self {
            min: u16::from_be_bytes([min_high, min_low]),
            max: u16::from_be_bytes([max_high, max_low]),
        };
        if [a, b, c, d] != MAGIC || prelude.min > prelude.max {
            return Err(Fault::Garbage);
        }
        Ok(prelude)
    }

    /// The newest version that both ends speak.
    ///
    /// # Errors
    /// [`Fault::Version`] with the far range when there is none.
    pub fn agree(self, far: Self) -> Result<u16, Fault> {
        let version = self.max.min(far.max);
        if version < self.min || version < far.min {
            return Err(Fault::Version {
                min: far.min,
                max: far.max,
            });
        }
        Ok(version)
    }
}

/// The first frame of each direction.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Hello {
    /// The side that speaks.
    #[cbor(n(0), with = "id32")]
    pub side: SideId,
    /// Sixteen random bytes of this start of the node; another value means that the node was started again.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub boot: [u8; 16],
    /// Name and version of the software, shown to operators; at most [`SOFTWARE_BYTES_MAX`] bytes.
    #[n(2)]
    pub software: String,
    /// The hash of the terminal's web bundle that this node serves, all zero when it serves none.
    #[cbor(n(3), with = "id32")]
    pub web: Hash,
    /// This side's clock, milliseconds UTC.
    #[n(4)]
    pub utc_ms: i64,
    /// Whether this side's operator has confirmed the words of the pairing.
    #[n(5)]
    pub confirmed: bool,
    /// The route of the line that this connection is; 0 is the first.
    #[n(6)]
    pub route: u16,
}

/// How far one side's chain of a call is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ChainHead {
    /// Whose chain.
    #[cbor(n(0), with = "id32")]
    pub side: SideId,
    /// How many statements of it are held, without a gap from the first: the number of the newest, 0 when there is none.
    #[n(1)]
    pub count: u32,
    /// The hash of the newest of them; all zero when there is none.
    #[cbor(n(2), with = "id32")]
    pub newest: Hash,
}

/// How far each chain of one call is held.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct CallHeads {
    /// The call, or the line's own chain.
    #[cbor(n(0), with = "id32")]
    pub call: CallId,
    /// One head per side that said anything; at most [`HEADS_SIDES_MAX`], no side twice.
    #[n(1)]
    pub heads: Vec<ChainHead>,
}

/// A frame of the control stream.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Frame {
    /// Who speaks; the first frame, once.
    #[n(0)]
    Hello(#[n(0)] Hello),
    /// A page of what the sender holds; the receiver sends what is missing. The last page says so.
    #[n(1)]
    Heads {
        /// At most [`HEADS_CALLS_MAX`] calls and [`HEADS_MAX`] heads.
        #[n(0)]
        calls: Vec<CallHeads>,
        /// Whether no page follows.
        #[n(1)]
        last: bool,
    },
    /// One statement, at its place in its chain.
    #[n(2)]
    Statement {
        /// The call, or the line's own chain.
        #[cbor(n(0), with = "id32")]
        call: CallId,
        /// Whose chain.
        #[cbor(n(1), with = "id32")]
        side: SideId,
        /// The number in the chain, from 1.
        #[n(2)]
        number: u32,
        /// The statement as it was signed.
        #[n(3)]
        bytes: ByteVec,
    },
    /// The sender has stored the chain up to `count` statements.
    #[n(3)]
    Held {
        /// The call, or the line's own chain.
        #[cbor(n(0), with = "id32")]
        call: CallId,
        /// Whose chain.
        #[cbor(n(1), with = "id32")]
        side: SideId,
        /// How many are stored.
        #[n(2)]
        count: u32,
    },
    /// All that was missing by the receiver's heads has been sent.
    #[n(4)]
    Level,
    /// A piece of a signal; pieces of one signal follow each other.
    #[n(5)]
    Signal {
        /// The call, or all zero for the line.
        #[cbor(n(0), with = "id32")]
        call: Hash,
        /// Whether this piece ends the signal.
        #[n(1)]
        last: bool,
        /// At most [`SIGNAL_CHUNK_MAX`] bytes.
        #[n(2)]
        piece: ByteVec,
    },
    /// Asks for a Pong at once.
    #[n(6)]
    Ping {
        /// Comes back in the Pong.
        #[n(0)]
        id: u32,
    },
    /// Answers a Ping.
    #[n(7)]
    Pong {
        /// The Ping's number.
        #[n(0)]
        id: u32,
        /// The answering side's clock, milliseconds UTC.
        #[n(1)]
        utc_ms: i64,
    },
    /// The sender's operator confirmed since its Hello. (One who takes it back closes the connection.)
    #[n(8)]
    Confirmed,
}

impl Frame {
    /// The frame with its two bytes of length.
    ///
    /// # Errors
    /// [`Fault::Oversize`] or [`Fault::TooMany`] when the frame breaks a bound; then nothing may be sent.
    pub fn encode(&self) -> Result<Vec<u8>, Fault> {
        self.check()?;
        let body = minicbor::to_vec(self).map_err(|_| Fault::Garbage)?;
        let length = u16::try_from(body.len()).map_err(|_| Fault::Oversize)?;
        if body.len() > FRAME_BYTES_MAX {
            return Err(Fault::Oversize);
        }
        let mut bytes = Vec::with_capacity(body.len() + 2);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&body);
        Ok(bytes)
    }

    /// Reads one frame from its bytes without the length.
    ///
    /// # Errors
    /// [`Fault::Oversize`], [`Fault::TooMany`] or [`Fault::Garbage`].
    pub fn decode(body: &[u8]) -> Result<Self, Fault> {
        if body.len() > FRAME_BYTES_MAX {
            return Err(Fault::Oversize);
        }
        let frame: Self = minicbor::decode(body).map_err(|_| Fault::Garbage)?;
        frame.check()?;
        let again = minicbor::to_vec(&frame).map_err(|_| Fault::Garbage)?;
        if again != body {
            return Err(Fault::Garbage);
        }
        Ok(frame)
    }

    /// The bounds that the encoding alone does not give.
    fn check(&self) -> Result<(), Fault> {
        match self {
            Self::Hello(hello) if hello.software.len() > SOFTWARE_BYTES_MAX => Err(Fault::Oversize),
            Self::Hello(hello) if hello.software.chars().any(char::is_control) => Err(Fault::Garbage),
            Self::Heads { calls, .. } => check_heads(calls),
            Self::Statement { number, bytes, .. } => {
                if *number == 0 || *number > CHAIN_MAX {
                    return Err(Fault::TooMany);
                }
                if bytes.len() > STATEMENT_BYTES_MAX || bytes.is_empty() {
                    return Err(Fault::Oversize);
                }
                Ok(())
            }
            Self::Held { count, .. } if *count > CHAIN_MAX => Err(Fault::TooMany),
            Self::Signal { piece, .. } if piece.len() > SIGNAL_CHUNK_MAX => Err(Fault::Oversize),
            _ => Ok(()),
        }
    }
}

fn check_heads(calls: &[CallHeads]) -> Result<(), Fault> {
    let heads: usize = calls.iter().map(|call| call.heads.len()).sum();
    if calls.len() > HEADS_CALLS_MAX || heads > HEADS_MAX {
        return Err(Fault::TooMany);
    }
    for call in calls {
        if call.heads.len() > HEADS_SIDES_MAX {
            return Err(Fault::TooMany);
        }
        for (index, head) in call.heads.iter().enumerate() {
            if head.count > CHAIN_MAX {
                return Err(Fault::TooMany);
            }
            if call.heads[..index].iter().any(|earlier| earlier.side == head.side) {
                return Err(Fault::Garbage);
            }
        }
    }
    Ok(())
}

/// Cuts the bytes of a stream into frames; holds at most one unfinished frame.
#[derive(Debug, Default)]
pub struct Reader {
    buffer: Vec<u8>,
    prelude: Option<Prelude>,
}

/// What a [`Reader`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// The prelude; always the first.
    Prelude(Prelude),
    /// A frame.
    Frame(Frame),
}

impl Reader {
    /// Takes bytes from the front of `input`, as many as the next item needs, and returns the item once it is whole.
    ///
    /// # Errors
    /// The fault that makes the stream unreadable; nothing may be read from it afterwards.
    pub fn read(&mut self, input: &mut &[u8]) -> Result<Option<Found>, Fault> {
        loop {
            let wanted = self.wanted()?;
            if self.buffer.len() == wanted {
                return self.take().map(Some);
            }
            if input.is_empty() {
                return Ok(None);
            }
            let (now, later) = input.split_at(input.len().min(wanted - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            *input = later;
        }
    }

    /// How long the buffer must be for the next step.
    fn wanted(&self) -> Result<usize, Fault> {
        if self.prelude.is_none() {
            return Ok(PRELUDE_BYTES);
        }
        let &[high, low, ..] = self.buffer.as_slice() else {
            return Ok(2);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length > FRAME_BYTES_MAX {
            return Err(Fault::Oversize);
        }
        if length == 0 {
            return Err(Fault::Garbage);
        }
        Ok(2 + length)
    }

    fn take(&mut self) -> Result<Found, Fault> {
        if self.prelude.is_none() {
            let bytes = <[u8; PRELUDE_BYTES]>::try_from(self.buffer.as_slice()).map_err(|_| Fault::Garbage)?;
            let prelude = Prelude::decode(bytes)?;
            self.buffer.clear();
            self.prelude = Some(prelude);
            return Ok(Found::Prelude(prelude));
        }
        let frame = Frame::decode(self.buffer.get(2..).ok_or(Fault::Garbage)?)?;
        self.buffer.clear();
        Ok(Found::Frame(frame))
    }
}

/// Thirty-two bytes as a CBOR byte string, for ids and hashes.
mod id32 {
    use minicbor::decode::{Decoder, Error as DecodeError};
    use minicbor::encode::{Encoder, Error as EncodeError, Write};

    pub(super) trait Id32 {
        fn make(bytes: [u8; 32]) -> Self;
        fn bytes(&self) -> &[u8; 32];
    }

    pub(super) fn encode<C, T: Id32, W: Write>(
        id: &T,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        encoder.bytes(id.bytes())?.ok()
    }

    pub(super) fn decode<'b, C, T: Id32>(decoder: &mut Decoder<'b>, _: &mut C) -> Result<T, DecodeError> {
        let bytes = <[u8; 32]>::try_from(decoder.bytes()?).map_err(|_| DecodeError::message("an id has 32 bytes"))?;
        Ok(T::make(bytes))
    }

    macro_rules! id32 {
        ($($name:ty),*) => {$(
            impl Id32 for $name {
                fn make(bytes: [u8; 32]) -> Self {
                    Self(bytes)
                }
                fn bytes(&self) -> &[u8; 32] {
                    &self.0
                }
            }
        )*};
    }
    id32!(call::SideId, call::CallId, call::Hash);
}
