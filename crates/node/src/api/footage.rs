//! Footage as browsers and their node speak of it: the press, what a terminal hands over for a recorder, and what a desk
//! is shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::seal::present;

/// Bytes of an envelope for a recorder: HPKE's encapsulated key, the sealed root, the tag.
pub const ENVELOPE_BYTES: usize = 80;

/// A press counts from when it was pressed, at most from so long ago: a page on a busy machine says it seconds later.
pub const PRESS_MS_MAX: i64 = 4_000;

/// 32 bytes as 64 lower-case hex digits: a key, or the context of footage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hex32(pub [u8; 32]);

impl Serialize for Hex32 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Hex32 {
    fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let text = String::deserialize(reader)?;
        call::unhex(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

/// `POST /api/calls/{id}/close`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseRequest {
    /// When the button was pressed, by the node's clock as the browser reckons it; null if it cannot tell.
    #[serde(deserialize_with = "present")]
    pub pressed: Option<String>,
}

/// Why a terminal closed footage by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClosedWhy {
    /// The minutes of the terms are over.
    Clock,
    /// No far terminal was heard for two seconds.
    Lease,
}

/// How the own recorder does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecorderState {
    /// Footage has not been open.
    Idle,
    /// Footage is open; nothing that it can open has come.
    Waiting,
    /// It writes.
    Writing,
    /// Nothing that it can open has come for a while.
    Nothing,
    /// It writes, and the disk is nearly full.
    DiskLow,
    /// The disk is full: what was written is kept, nothing is added.
    DiskFull,
    /// Footage is closed; the final files are being made.
    Finishing,
    /// The final files are there.
    Done,
}

/// The own recorder.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecorderView {
    /// Its number on the roster.
    pub person: u16,
    /// Its X25519 public key, 64 hex digits.
    pub key: String,
    /// How it does.
    pub state: RecorderState,
    /// Seconds that it has written of this footage, or of the last.
    pub seconds: u32,
    /// Bytes that it has written of it.
    pub bytes: u64,
}

/// How footage stands.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FootageView {
    /// Whether it is open here.
    pub open: bool,
    /// Whether this side's half of opening it stands.
    pub own_half: bool,
    /// Whether the far side's does.
    pub far_half: bool,
    /// Since when it is open, by the node's clock.
    pub opened_at: Option<String>,
    /// When the node closes it by the clock.
    pub ends_at: Option<String>,
    /// The own recorder, for desks; none where it takes no part.
    pub recorder: Option<RecorderView>,
}
