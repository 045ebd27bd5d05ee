//! Terms as a browser gives and is shown them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Role;

/// Someone or something on a roster.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Number on the roster.
    pub id: u16,
    /// Side id.
    pub side: String,
    /// Role on the roster.
    pub role: Role,
    /// Title, as it is to be shown.
    pub title: String,
    /// Where the person sits.
    pub place: String,
    /// Which way an interpreter interprets; none for everybody else, and where a browser leaves it out.
    #[serde(default)]
    pub interprets: Option<Interprets>,
}

/// Which way an interpreter interprets.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Interprets {
    /// The language listened to, as a BCP 47 tag.
    pub from: String,
    /// The language spoken.
    pub to: String,
}

/// Whether interpreters take part, and how they speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interpretation {
    /// None by agreement.
    #[default]
    None,
    /// In turn with those whom they interpret.
    Consecutive,
    /// At the same time.
    Simultaneous,
}

/// Picture and sound, or sound only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// Picture and sound.
    Picture,
    /// Sound only.
    Sound,
}

/// The zone in which a side reads the time of a call.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneView {
    /// Side id.
    pub side: String,
    /// IANA time zone.
    pub zone: String,
    /// The place that the zone stands for.
    pub place: String,
}

/// Whether a releaser's word is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// A releaser alone.
    Either,
    /// Only with the other side's consent.
    Both,
}

/// Until when nothing of the footage is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// It may be at once.
    None,
    /// Until the call has ended; an interruption is no end.
    End,
    /// Until a time.
    Time,
}

/// Until when nothing of the footage is released, with the time where it is one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Embargo {
    /// What it waits for.
    pub until: Until,
    /// The time; there where `until` is `time`, and only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// What each side may say publicly of a call before it takes place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Announce {
    /// Nothing.
    #[default]
    Nothing,
    /// That it takes place, and when.
    Call,
    /// Who asked for it and the topics, too.
    Topics,
}

/// The terms of the opening to the press.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Footage {
    /// Longest length in minutes.
    pub minutes: u16,
    /// Roster numbers of those who are filmed.
    pub persons: Vec<u16>,
    /// Side ids whose recorders take part.
    pub recorders: Vec<String>,
    /// Whether a releaser's word is enough.
    pub release: Release,
    /// Side ids that may release a clip.
    pub releasers: Vec<String>,
    /// Until when nothing is released.
    pub embargo: Embargo,
}

/// What both sides agree to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Picture and sound, or sound only.
    pub medium: Medium,
    /// Planned start.
    pub start: String,
    /// Planned length in minutes.
    pub minutes: u16,
    /// Each side's zone.
    pub zones: Vec<ZoneView>,
    /// Topics, in order.
    pub topics: Vec<String>,
    /// Why the call is asked for.
    pub reason: String,
    /// People and machines of both sides.
    pub roster: Vec<Person>,
    /// Languages spoken, as BCP 47 tags.
    pub languages: Vec<String>,
    /// Whether interpreters take part, and how they speak; none where a browser leaves it out.
    #[serde(default)]
    pub interpretation: Interpretation,
    /// The opening to the press, if any.
    pub footage: Option<Footage>,
    /// What each side may announce beforehand; nothing where a browser leaves it out.
    #[serde(default)]
    pub announce: Announce,
    /// Hash of the offer whose terms these replace, if any.
    pub replaces: Option<String>,
}
