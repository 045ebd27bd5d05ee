//! What a desk sees and says of the public page: notices of calls, readouts, released clips.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Announce, Medium};

/// `GET /api/press`
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PressView {
    /// The public page's URL; none when the node serves none.
    pub url: Option<String>,
    /// Calls of which something was written.
    pub calls: Vec<PressSummary>,
}

/// What there is of one call.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PressSummary {
    /// Call id.
    pub call: String,
    /// What the page says of it.
    pub notice: Option<PressNoticeKind>,
    /// Readouts whose newest version waits for a second person.
    pub drafts: u32,
    /// Readouts whose newest version is approved and not published.
    pub approved: u32,
    /// Readouts on the page.
    pub published: u32,
}

/// What a notice says of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PressNoticeKind {
    /// It will take place.
    Announced,
    /// It took place.
    Held,
    /// What was announced will not take place.
    Off,
}

/// What of a call is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PressShow {
    /// When it began and ended; without it the day alone.
    pub times: bool,
    /// How long it was.
    pub length: bool,
    /// Who asked for it.
    pub asked: bool,
    /// The topics.
    pub topics: bool,
}

/// A side, as the public may know it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PressParty {
    /// Its enrolled name.
    pub name: String,
    /// Its capital.
    pub place: String,
    /// IANA time zone of the capital.
    pub zone: String,
}

/// Who asked for a call, seen from the own side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PressWhose {
    /// The own side.
    Ours,
    /// The other.
    Far,
}

/// The record's facts of a call, or as much of them as is told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PressFacts {
    /// The own side.
    pub ours: PressParty,
    /// The other side.
    pub far: PressParty,
    /// Picture and sound, or sound only.
    pub medium: Medium,
    /// Who asked for it.
    pub asked: Option<PressWhose>,
    /// The topics agreed.
    pub topics: Vec<String>,
    /// The planned start.
    pub planned: Option<String>,
    /// When it began.
    pub begun: Option<String>,
    /// When it ended.
    pub ended: Option<String>,
    /// Its day at the own side, `2021-12-30`, where the times are not told.
    pub day: Option<String>,
    /// How long, in whole minutes.
    pub minutes: Option<u32>,
}

/// Who did something, and when.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PressMark {
    /// The seat's id.
    pub seat: String,
    /// The seat's name at that time.
    pub name: String,
    /// When.
    pub at: String,
}

/// Words of somebody, and whose they are.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PressQuote {
    /// What was said.
    pub words: String,
    /// Who said it.
    pub by: String,
}

/// A readout in one language.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PressText {
    /// Its title.
    pub title: String,
    /// Its paragraphs.
    pub paragraphs: Vec<String>,
    /// Quotes.
    #[serde(default)]
    pub quotes: Vec<PressQuote>,
    /// What a correction changed.
    #[serde(default)]
    pub note: Option<String>,
}

/// A readout in its languages.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PressTexts {
    /// English.
    #[serde(default)]
    pub en: Option<PressText>,
    /// Russian.
    #[serde(default)]
    pub ru: Option<PressText>,
    /// Arabic.
    #[serde(default)]
    pub ar: Option<PressText>,
}

/// A call's notice on the page.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PressNoticeView {
    /// Its address; none when the node serves no page.
    pub url: Option<String>,
    /// What it says.
    pub kind: PressNoticeKind,
    /// What of the call is told.
    pub show: PressShow,
    /// The facts told.
    pub facts: PressFacts,
    /// Who put it there last.
    pub by: PressMark,
    /// Whether the record says something else by now.
    pub stale: bool,
}

/// One version of a readout.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PressVersion {
    /// From 1.
    pub number: u32,
    /// Its words.
    pub texts: PressTexts,
    /// What of the call is told.
    pub show: PressShow,
    /// The facts told.
    pub facts: PressFacts,
    /// Who wrote it.
    pub drafted: PressMark,
    /// The second person.
    pub approved: Option<PressMark>,
    /// Who published it.
    pub published: Option<PressMark>,
}

/// What the asking seat may do with a readout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PressVerb {
    /// Write the next version.
    Draft,
    /// Approve the newest version.
    Approve,
    /// Publish the newest version.
    Publish,
    /// Take it back for good.
    Withdraw,
}

/// A readout with its history.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PressReadoutView {
    /// Its id: part of its address.
    pub id: String,
    /// Its address while it is on the page.
    pub url: Option<String>,
    /// All versions, oldest first.
    pub versions: Vec<PressVersion>,
    /// Who took it back.
    pub withdrawn: Option<PressMark>,
    /// What the asking seat may do.
    pub may: Vec<PressVerb>,
    /// Whether the record says something else than the newest version by now.
    pub stale: bool,
}

/// A released clip on the page.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PressClipView {
    /// Its address; none when the node serves no page.
    pub url: Option<String>,
    /// SHA-256 of the file.
    pub sha256: String,
    /// The name under which it is saved.
    pub file: String,
    /// How long it plays.
    pub seconds: u32,
}

/// `GET /api/press/calls/{id}`, and the answer to every change of what is said of that call.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PressCallView {
    /// Call id.
    pub call: String,
    /// The public page's URL; none when the node serves none.
    pub url: Option<String>,
    /// What the record says.
    pub facts: PressFacts,
    /// What the terms let a side say beforehand.
    pub announce: Announce,
    /// What may be said of the call now.
    pub may: Vec<PressNoticeKind>,
    /// What the page says of it.
    pub notice: Option<PressNoticeView>,
    /// Its readouts, oldest first.
    pub readouts: Vec<PressReadoutView>,
    /// Its released clips.
    pub clips: Vec<PressClipView>,
    /// The record's facts as sentences, to go on from.
    pub suggested: PressTexts,
}

/// `POST /api/press/calls/{id}/notice`
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PressNoticeRequest {
    /// What is said.
    pub kind: PressNoticeKind,
    /// What of the call is told.
    pub show: PressShow,
}

/// `POST /api/press/calls/{id}/readouts` and `POST /api/press/readouts/{id}/draft`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PressDraftRequest {
    /// The version that was before the eyes of whoever wrote this one; 0 for a new readout.
    pub after: u32,
    /// Its words.
    pub texts: PressTexts,
    /// What of the call is told.
    pub show: PressShow,
}

/// `POST /api/press/readouts/{id}/approve` and `/publish`
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PressVersionRequest {
    /// The version meant.
    pub version: u32,
}

/// `GET /api/press/readouts/{id}/preview/{language}`
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PressPreview {
    /// The readout as it would stand on its page.
    pub html: String,
    /// The page's style.
    pub css: String,
}
