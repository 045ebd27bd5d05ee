//! Clips as a desk and its node speak of them: what there is, what is being made, what may be done.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::seal::present;

/// `GET /api/calls/{id}/clips`, and the answer to every act about one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClipsView {
    /// `clip_no_tools` where the programs that cut are not there.
    pub programs: Option<String>,
    /// What is being made, waits, or could not be made.
    pub work: Vec<ClipWorkView>,
    /// The clips: checked from first to last picture, and signed.
    pub clips: Vec<ClipView>,
}

/// What a clip is cut of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClipCut {
    /// Both sides beside each other.
    Pool,
    /// One side's picture.
    Side,
}

/// How something that is to be made stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClipWorkState {
    /// Others come first.
    Waiting,
    /// It is being made.
    Working,
    /// It could not be made; `again` tries once more.
    Failed,
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClipStage {
    /// It is cut and encoded.
    Cutting,
    /// It is decoded from first to last.
    Checking,
    /// The poster is made.
    Poster,
    /// It is signed.
    Signing,
}

/// One clip that is not there yet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClipWorkView {
    /// Which footage of the call, from 1.
    pub footage: u32,
    /// What it is cut of.
    pub cut: ClipCut,
    /// Whose picture.
    pub side: Option<String>,
    /// The clip that it is a shorter whole of.
    pub shortens: Option<String>,
    /// How it stands.
    pub state: ClipWorkState,
    /// What is being done.
    pub stage: Option<ClipStage>,
    /// How much of that, 0 to 100.
    pub percent: u8,
    /// Why it could not be made: a code.
    pub why: Option<String>,
}

/// How a clip stands by both sides' statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClipState {
    /// Nobody released it.
    Kept,
    /// This side's half of a release stands, the other's is missing.
    Ours,
    /// The other side's half stands, this side's is missing.
    Theirs,
    /// Its release stands.
    Released,
    /// It was taken back.
    Recalled,
    /// Another clip took its place.
    Replaced,
    /// Footage turned out to be closed earlier than it ends: it is off the page and may not be released.
    CutOff,
}

/// A seat and its name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClipBy {
    /// Seat id.
    pub seat: String,
    /// The seat's name at that time.
    pub name: String,
}

/// What may be done with a clip.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClipMay {
    /// None: it may be released. Else the refusal's code.
    pub release: Option<String>,
    /// Whether its release may be taken back.
    pub recall: bool,
    /// Whether a shorter whole of it may be made.
    pub shorten: bool,
    /// The clips whose place it may take.
    pub correct: Vec<String>,
}

/// What was done with a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClipDone {
    /// It was made.
    Made,
    /// It was made as a shorter whole.
    Shortened,
    /// A side said that it may be shown.
    Released,
    /// A side took that back.
    Recalled,
}

/// One act.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClipActView {
    /// What.
    pub act: ClipDone,
    /// Which side.
    pub side: String,
    /// The seat's name, where this node knows it.
    pub name: Option<String>,
    /// When.
    pub at: String,
}

/// One clip. Of one that is not here nothing is known but its hash and what the sides said of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClipView {
    /// SHA-256 of the file.
    pub sha256: String,
    /// Which footage of the call, from 1.
    pub footage: Option<u32>,
    /// What it is cut of.
    pub cut: Option<ClipCut>,
    /// Whose picture.
    pub side: Option<String>,
    /// The name under which it is saved.
    pub file: Option<String>,
    /// The file's length.
    pub bytes: Option<u64>,
    /// How long it plays.
    pub ms: Option<u64>,
    /// When what it shows began.
    pub from: Option<String>,
    /// When it was made.
    pub made: Option<String>,
    /// The clip that it is a shorter whole of.
    pub shortens: Option<String>,
    /// Who asked for the shortening.
    pub by: Option<ClipBy>,
    /// Whether its file is here.
    pub here: bool,
    /// Whether there is a poster.
    pub poster: bool,
    /// Whose signature it carries.
    pub signed_by: Option<String>,
    /// When a time stamp authority saw it.
    pub time_stamp: Option<String>,
    /// Whose sound is in it.
    pub sounds: Vec<String>,
    /// How it stands.
    pub state: ClipState,
    /// The clip whose place it takes.
    pub instead: Option<String>,
    /// What may be done with it.
    pub may: ClipMay,
    /// Its address on the public page, while it is there.
    pub url: Option<String>,
    /// What was done with it, oldest first.
    pub acts: Vec<ClipActView>,
}

/// `POST /api/calls/{id}/clips/{sha256}/shorten`: milliseconds within the clip.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClipShortenRequest {
    /// Where the shorter whole begins.
    pub from_ms: u64,
    /// Where it ends.
    pub to_ms: u64,
}

/// `POST /api/calls/{id}/clips/{sha256}/release`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClipReleaseRequest {
    /// SHA-256 of the released clip whose place it takes; null: of none.
    #[serde(deserialize_with = "present")]
    pub instead: Option<String>,
}
