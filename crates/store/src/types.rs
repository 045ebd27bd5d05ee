//! What goes in and comes out: rows with names, ids that cannot be mistaken or printed in full.

use std::fmt;
use std::str::FromStr;

/// A 32-byte id, hash or public key, as its owner made it. `Debug` shows four bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub [u8; 32]);

impl Id {
    /// The SHA-256 of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }
}

impl From<[u8; 32]> for Id {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl From<Id> for [u8; 32] {
    fn from(id: Id) -> Self {
        id.0
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in &self.0[..4] {
            write!(f, "{byte:02x}")?;
        }
        f.write_str("…")
    }
}

/// Whether a chain set is a call's or a line's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainKind {
    /// A call: its id is the hash of the first offer.
    Call,
    /// The standing facts of a line.
    Line,
}

impl ChainKind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Line => "line",
        }
    }
}

/// A statement to be stored, with the place that its signer gave it.
#[derive(Clone, Copy)]
pub struct NewStatement<'a> {
    /// The chain set: the call's id, or the line's.
    pub chain: Id,
    /// Whose kind of chain set it is.
    pub kind: ChainKind,
    /// Far side of the line that carries it.
    pub line: Id,
    /// The side whose chain it stands in.
    pub side: Id,
    /// Place in that side's chain, from 0.
    pub number: u32,
    /// The COSE bytes as received or signed.
    pub bytes: &'a [u8],
    /// This node's clock, milliseconds UTC.
    pub now_ms: i64,
}

/// What became of a statement that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// Stored under a place that was free.
    New,
    /// The same bytes were stored before.
    Known,
    /// The place is taken by other bytes; these are kept beside them as proof.
    Fork,
    /// As [`Put::Fork`], but [`crate::FORKS_MAX`] proofs are kept already and this one is not.
    ForkDropped,
}

/// A stored statement.
#[derive(Clone, PartialEq, Eq)]
pub struct Stored {
    /// The chain set.
    pub chain: Id,
    /// The side whose chain it stands in.
    pub side: Id,
    /// Place in that side's chain, from 0.
    pub number: u32,
    /// SHA-256 of the bytes.
    pub hash: Id,
    /// The COSE bytes.
    pub bytes: Vec<u8>,
    /// Whether it contradicts the statement that took the place first.
    pub fork: bool,
    /// When it was stored, milliseconds UTC.
    pub stored_ms: i64,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fork = if self.fork { " fork" } else { "" };
        write!(
            f,
            "Stored({:?} {:?} #{} {:?}{fork}, {} bytes)",
            self.chain,
            self.side,
            self.number,
            self.hash,
            self.bytes.len()
        )
    }
}

/// The last place of one side in a chain set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The side.
    pub side: Id,
    /// Its last number.
    pub number: u32,
    /// Hash of the statement there.
    pub hash: Id,
}

/// A chain set that the store knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainEntry {
    /// The chain set's id.
    pub chain: Id,
    /// Far side of its line.
    pub line: Id,
    /// When its first statement was stored, milliseconds UTC.
    pub added_ms: i64,
}

/// An accepted commit of a call's MLS group, to be stored. Nothing here reads it.
#[derive(Clone, Copy)]
pub struct NewCommit<'a> {
    /// The call.
    pub chain: Id,
    /// The group.
    pub group: [u8; 16],
    /// The epoch that it ends; 0 makes the group.
    pub epoch: u32,
    /// Key of the seat that made it.
    pub seat: Id,
    /// The commit.
    pub message: &'a [u8],
    /// The Welcome for those it adds.
    pub welcome: Option<&'a [u8]>,
    /// This node's clock, milliseconds UTC.
    pub now_ms: i64,
}

/// What became of a commit that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutCommit {
    /// Stored.
    New,
    /// The very same one was stored before.
    Known,
    /// It does not follow what is held: another one has its place, or there is a gap before it, or the group is another.
    Other,
}

/// A stored commit.
#[derive(Clone, PartialEq, Eq)]
pub struct Commit {
    /// The group.
    pub group: [u8; 16],
    /// The epoch that it ends.
    pub epoch: u32,
    /// Key of the seat that made it.
    pub seat: Id,
    /// The commit.
    pub message: Vec<u8>,
    /// The Welcome for those it adds.
    pub welcome: Option<Vec<u8>>,
}

impl Commit {
    pub(crate) fn is(&self, new: &NewCommit<'_>) -> bool {
        (self.group, self.epoch, self.seat) == (new.group, new.epoch, new.seat)
            && self.message == new.message
            && self.welcome.as_deref() == new.welcome
    }
}

impl fmt::Debug for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commit(#{} {} bytes)", self.epoch, self.message.len())
    }
}

/// How far a call's group has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitHead {
    /// The call.
    pub chain: Id,
    /// Its group.
    pub group: [u8; 16],
    /// Commits held; the next one is to this epoch.
    pub count: u32,
}

/// A line: the far side as paired.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// Far side id.
    pub far: Id,
    /// Its name.
    pub name: String,
    /// Its capital.
    pub place: String,
    /// IANA zone of that capital.
    pub zone: String,
    /// Keys that speak for the far side: the pinned first one, then those that came by Rekey.
    pub side_keys: Vec<Id>,
    /// The key of its QUIC end.
    pub link_key: Id,
    /// Where it can be reached, in order.
    pub addresses: Vec<String>,
    /// When this side's operator confirmed the words, milliseconds UTC.
    pub confirmed_ms: Option<i64>,
    /// When the far side said that its operator did.
    pub far_confirmed_ms: Option<i64>,
    /// The signed pairing bundle as received.
    pub bundle: Vec<u8>,
    /// When the line was added, milliseconds UTC.
    pub added_ms: i64,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("far", &self.far)
            .field("confirmed_ms", &self.confirmed_ms)
            .field("far_confirmed_ms", &self.far_confirmed_ms)
            .finish_non_exhaustive()
    }
}

/// One look at a line's link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// When, milliseconds UTC.
    pub at_ms: i64,
    /// Whether the link was up.
    pub up: bool,
    /// Round trip, microseconds.
    pub rtt_us: Option<u32>,
    /// Packets lost in a million.
    pub loss_ppm: Option<u32>,
    /// Jitter, microseconds.
    pub jitter_us: Option<u32>,
    /// Far clock minus near clock, milliseconds.
    pub skew_ms: Option<i64>,
    /// Rate of the link, kilobits a second.
    pub rate_kbps: Option<u32>,
}

/// Name of a seat in paths and cookies: 1 to 32 of `a-z`, `0-9` and `-`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeatId(String);

/// A text that cannot name a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a seat's id is 1 to 32 of a-z, 0-9 and -")]
pub struct SeatIdError;

impl SeatId {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SeatId {
    type Err = SeatIdError;

    fn from_str(text: &str) -> Result<Self, SeatIdError> {
        let fits = (1..=32).contains(&text.len());
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits && plain {
            Ok(Self(text.to_owned()))
        } else {
            Err(SeatIdError)
        }
    }
}

impl fmt::Display for SeatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SeatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SeatId({})", self.0)
    }
}

/// A seat.
#[derive(Clone, PartialEq, Eq)]
pub struct Seat {
    /// Its id.
    pub id: SeatId,
    /// Its name.
    pub name: String,
    /// Its role, as the node words it.
    pub role: String,
    /// Where it stands.
    pub place: String,
    /// The Ed25519 public key of its terminal, once enrolled.
    pub key: Option<Id>,
    /// Until when its enrolment token is good, milliseconds UTC; none when there is no token to use.
    pub token_expires_ms: Option<i64>,
    /// When its last token was used, milliseconds UTC.
    pub used_ms: Option<i64>,
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Seat({} {} {})",
            self.id,
            self.role,
            if self.key.is_some() { "enrolled" } else { "empty" }
        )
    }
}

/// What became of an enrolment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enrol {
    /// The key is the seat's.
    Done(Seat),
    /// The token was used or replaced before.
    Used,
    /// The token's time is over.
    Late,
    /// There is no such token.
    Unknown,
}

/// What an item of the public page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PressKind {
    /// What is said of a call: one for each call.
    Notice,
    /// A readout: a call may have several.
    Readout,
}

impl PressKind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Readout => "readout",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        [Self::Notice, Self::Readout]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// An act on an item of the public page, to be stored. Nothing here reads it.
#[derive(Clone, Copy)]
pub struct NewPressAct<'a> {
    /// The item; its first act makes it.
    pub item: [u8; 16],
    /// What it is.
    pub kind: PressKind,
    /// The call that it is of.
    pub chain: Id,
    /// Its place among the item's acts, from 0: the next one, or it is refused.
    pub number: u32,
    /// The act.
    pub bytes: &'a [u8],
    /// This node's clock, milliseconds UTC.
    pub now_ms: i64,
}

/// What became of an act that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutPressAct {
    /// Stored.
    New,
    /// Its place is not the next one, or the call has a notice already: nothing was stored.
    Taken,
}

/// An item of the public page with all its acts, in order.
#[derive(Clone, PartialEq, Eq)]
pub struct PressItem {
    /// The item.
    pub item: [u8; 16],
    /// What it is.
    pub kind: PressKind,
    /// The call that it is of.
    pub chain: Id,
    /// Its acts.
    pub acts: Vec<Vec<u8>>,
}

impl fmt::Debug for PressItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "PressItem({:?} of {:?}, {} acts)",
            self.kind,
            self.chain,
            self.acts.len()
        )
    }
}
