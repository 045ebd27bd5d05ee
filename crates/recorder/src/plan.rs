//! What a take is of, and what is handed to it.

use call::terms::PersonId;
use call::{Hash, PublicKey, SideId, Timestamp};

/// Persons of one take.
pub const PERSONS_MAX: usize = 64;

/// Sound or picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Opus at 48 kHz.
    Sound = 0,
    /// VP9 at 90 kHz.
    Picture = 1,
}

/// A person that the terms of footage name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanPerson {
    /// The person's side.
    pub side: SideId,
    /// The person.
    pub person: PersonId,
    /// Whether pictures of this person are taken too, or sound alone.
    pub picture: bool,
}

/// What a take is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The call.
    pub call: Hash,
    /// The wall clock's time when the take begins.
    pub started: Timestamp,
    /// How long footage may last, as the terms say.
    pub minutes: u16,
    /// Whose sound and pictures; at most [`PERSONS_MAX`]. What others send is dropped.
    pub persons: Vec<PlanPerson>,
}

/// One publication of one seat: where a packet comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackKey {
    /// The side of the seat.
    pub side: SideId,
    /// Who sits there.
    pub person: PersonId,
    /// The seat's key: frames open only under keys of that seat.
    pub seat: PublicKey,
    /// Sound or picture.
    pub kind: Kind,
    /// The publication's number at the node. Another number is another count of sequences and of time, as after a rejoin.
    pub track: u64,
}

/// How a packet's payload is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// A sealed packet of Opus.
    Opus,
    /// A sealed payload of RED (RFC 2198) with packets of Opus in it.
    Red,
    /// A part of a sealed VP9 frame behind its clear payload descriptor (RFC 9628).
    Vp9,
}

/// One RTP packet as the node has it.
#[derive(Clone, Copy, Debug)]
pub struct Rtp<'a> {
    /// Extended sequence number.
    pub sequence: u64,
    /// RTP time stamp.
    pub timestamp: u32,
    /// RTP marker bit.
    pub marker: bool,
    /// What the payload is.
    pub coding: Coding,
    /// The payload.
    pub payload: &'a [u8],
}
