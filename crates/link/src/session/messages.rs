//! What the node and a line say to each other: commands in, events out.

use bytes::Bytes;
use call::{CallId, Hash, SideId};
use thiserror::Error;

use super::CallHeads;
use crate::wire::{Fault, Prelude};

/// A reliable, ordered message between the two nodes that is not stored: presence, tracks, requests for a key frame.
#[derive(Clone, PartialEq, Eq)]
pub struct Signal {
    /// The call that it is about, or all zero for the line.
    pub call: Hash,
    /// At most [`SIGNAL_BYTES_MAX`](super::SIGNAL_BYTES_MAX) bytes; opaque here.
    pub payload: Bytes,
}

impl std::fmt::Debug for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signal({} bytes)", self.payload.len())
    }
}

/// What this side says of itself.
#[derive(Debug, Clone)]
pub struct Local {
    /// This side.
    pub side: SideId,
    /// Sixteen random bytes of this start of the node.
    pub boot: [u8; 16],
    /// Name and version of the software; at most 64 bytes, no control characters.
    pub software: String,
    /// The hash of the web bundle served, or all zero.
    pub web: Hash,
    /// Whether this side's operator has confirmed the words.
    pub confirmed: bool,
    /// The route that this connection is.
    pub route: u16,
    /// The versions spoken; [`Prelude::OURS`] but in tests.
    pub versions: Prelude,
}

/// What the far side said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FarHello {
    /// Name and version of its software.
    pub software: String,
    /// The hash of the web bundle that it serves, or all zero.
    pub web: Hash,
    /// Random bytes of its start: another value than last time means that it was started again.
    pub boot: [u8; 16],
    /// Whether its operator has confirmed the words.
    pub confirmed: bool,
    /// Its clock less ours in milliseconds, give or take the time that the Hello took.
    pub skew_ms: i64,
    /// The protocol version agreed on.
    pub version: u16,
    /// The route of the line.
    pub route: u16,
}

/// What the node asks of a line.
#[derive(Debug, Clone)]
pub enum Command {
    /// The answer to [`Event::HeadsWanted`]: how far each chain is *stored*, newest calls first, at most [`CALLS_MAX`](super::CALLS_MAX).
    Heads(Vec<CallHeads>),
    /// A statement was stored here (our own, or one learnt on another line): send it if the far side lacks it.
    Statement {
        /// The call, or the line's own chain.
        call: CallId,
        /// Whose chain.
        side: SideId,
        /// Its number in the chain, from 1.
        number: u32,
        /// As signed, at most 16 KiB.
        bytes: Bytes,
    },
    /// The answer to [`Event::Want`]: the statements numbered above `after`, without a gap. Empty when there are none.
    Statements {
        /// As asked.
        call: CallId,
        /// As asked.
        side: SideId,
        /// As asked.
        after: u32,
        /// As many as the limit asked for, or fewer.
        statements: Vec<Bytes>,
    },
    /// A statement of the far side (or of another's chain that it sent) is stored: tell it.
    Held {
        /// The call, or the line's own chain.
        call: CallId,
        /// Whose chain.
        side: SideId,
        /// How many are stored.
        count: u32,
    },
    /// Send this chain from the start again: the far head is not on our chain, so somebody forked it.
    Again {
        /// The call, or the line's own chain.
        call: CallId,
        /// Whose chain.
        side: SideId,
    },
    /// Send a signal. Dropped while the line is not open.
    Signal(Signal),
    /// This side's operator has confirmed the words (`true`), or takes it back (`false`: the link is closed and comes
    /// back unconfirmed).
    Confirm(bool),
}

/// What a line tells the node, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The link stands and the far side is the pinned one. Nothing passes before [`Event::HeadsWanted`].
    Up {
        /// What the far side said of itself.
        hello: FarHello,
    },
    /// Both operators have confirmed: the line is open. Answer with [`Command::Heads`]; signals and media may flow.
    HeadsWanted,
    /// The far operator confirmed while the link stood.
    FarConfirmed,
    /// How far the far side holds each chain, a page at a time. Compare the hashes with our own chains; on a difference
    /// give [`Command::Again`].
    FarHeads {
        /// The page.
        calls: Vec<CallHeads>,
        /// Whether it is the last.
        last: bool,
    },
    /// A statement. Unjudged: the node gives it to `call` and stores it. Within its chain it comes in order and once.
    Statement {
        /// The call that the far side says it belongs to.
        call: CallId,
        /// The chain that the far side says it belongs to.
        side: SideId,
        /// The number that the far side says it has, from 1.
        number: u32,
        /// The bytes as sent.
        bytes: Bytes,
        /// The place was filled already: either the same bytes (ignore) or the proof of a fork (keep both).
        again: bool,
    },
    /// The far side misses statements: answer with [`Command::Statements`].
    Want {
        /// The call.
        call: CallId,
        /// Whose chain.
        side: SideId,
        /// The number of the last one that is not missing; 0 when all are.
        after: u32,
        /// At most this many.
        limit: u32,
    },
    /// Everything that the far side held when the link came up has been delivered: our own head is known for certain.
    Level,
    /// The far side has stored a chain up to here.
    FarHeld {
        /// The call, or the line's own chain.
        call: CallId,
        /// Whose chain.
        side: SideId,
        /// How many are stored there.
        count: u32,
    },
    /// A signal from the far node.
    Signal(Signal),
    /// The link is gone, or could not be made. It is tried again for as long as the line exists.
    Down {
        /// Why.
        reason: DownReason,
    },
}

/// Why a link is down, in terms an operator can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DownReason {
    /// The far node speaks no common version; its range is given where it could still say so.
    #[error("no common protocol version")]
    Version {
        /// The versions that this node speaks.
        ours: (u16, u16),
        /// The versions that the far node speaks, or `None` when only the close code told.
        theirs: Option<(u16, u16)>,
    },
    /// The key at the far end is not the pinned one, or the far end does not accept ours.
    #[error("the key at the far end is not the pinned one, or ours is not pinned there")]
    Key,
    /// This node refused what the far side sent.
    #[error("refused: {0}")]
    Refused(Fault),
    /// The far side refused what this node sent; the code is one of [`crate::wire::close`].
    #[error("refused by the far side (code {0})")]
    RefusedByFar(u32),
    /// Nothing came for the idle time.
    #[error("nothing came from the far side")]
    Silent,
    /// No address answered.
    #[error("no address of the far side answered")]
    Unreachable,
    /// An address could not be resolved.
    #[error("no address of the far side could be resolved")]
    Unresolved,
    /// The far node stopped or was restarted.
    #[error("the far node stopped")]
    FarStopped,
    /// Another connection of the same line took over; [`Event::Up`] follows at once.
    #[error("another connection took over")]
    Replaced,
    /// This side's operator took the confirmation back.
    #[error("the confirmation was taken back")]
    Unconfirmed,
    /// TLS found nothing in common: the far end offers another key exchange or protocol.
    #[error("the far end does not speak this link's TLS")]
    Handshake,
    /// QUIC failed in a way that the peers of an honest network do not cause.
    #[error("the connection failed")]
    Failed,
}

impl DownReason {
    /// A stable word for translation.
    pub fn code(self) -> &'static str {
        match self {
            Self::Version { .. } => "link_version",
            Self::Key => "link_key",
            Self::Refused(_) => "link_refused",
            Self::RefusedByFar(_) => "link_refused_by_far",
            Self::Silent => "link_silent",
            Self::Unreachable => "link_unreachable",
            Self::Unresolved => "link_unresolved",
            Self::FarStopped => "link_far_stopped",
            Self::Replaced => "link_replaced",
            Self::Unconfirmed => "link_unconfirmed",
            Self::Handshake => "link_handshake",
            Self::Failed => "link_failed",
        }
    }
}
