//! What a browser is shown: sides, seats, lines, calls and their timelines.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CheckView, CheckingView, FootageView, Person, PreflightView, SeatState, Terms, TopicView};

/// What a seat is there for. Every route says which of these it admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Speaks for the side.
    Principal,
    /// Sits with the principal.
    Aide,
    /// Interprets for a delegation.
    Interpreter,
    /// Asks for calls and answers them at the desk.
    Operator,
    /// Press officer: sees the desk, decides nothing about a call.
    Press,
    /// The press recorder, a machine.
    Recorder,
}

impl Role {
    /// The word that stands in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Aide => "aide",
            Self::Interpreter => "interpreter",
            Self::Operator => "operator",
            Self::Press => "press",
            Self::Recorder => "recorder",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a role: principal, aide, interpreter, operator, press or recorder")]
pub struct NoSuchRole;

impl FromStr for Role {
    type Err = NoSuchRole;

    fn from_str(word: &str) -> Result<Self, NoSuchRole> {
        Ok(match word {
            "principal" => Self::Principal,
            "aide" => Self::Aide,
            "interpreter" => Self::Interpreter,
            "operator" => Self::Operator,
            "press" => Self::Press,
            "recorder" => Self::Recorder,
            _ => return Err(NoSuchRole),
        })
    }
}

/// A side as a browser shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SideView {
    /// Side id, 64 hex digits.
    pub id: String,
    /// Enrolled name, from the paired bundle (own side: from the configuration).
    pub name: String,
    /// The capital.
    pub place: String,
    /// IANA time zone of that place.
    pub zone: String,
}

/// The node's own side, with the key that a terminal pins at enrolment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnSideView {
    /// Side id, 64 hex digits.
    pub id: String,
    /// Name of the side.
    pub name: String,
    /// The capital.
    pub place: String,
    /// IANA time zone of that place.
    pub zone: String,
    /// The side's Ed25519 public key, 64 hex digits.
    pub key: String,
}

/// A seat as a browser shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeatView {
    /// Seat id: 1 to 32 of `a-z`, `0-9`, `-`.
    pub id: String,
    /// Name given by the operator who made the seat.
    pub name: String,
    /// What the seat is there for.
    pub role: Role,
    /// Where it stands.
    pub place: String,
}

/// Who is asking, as the node sees it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The node's own side.
    pub side: OwnSideView,
    /// The seat of this session.
    pub seat: SeatView,
    /// Version of the node.
    pub version: String,
    /// Hash of the pages that the node serves, 64 hex digits.
    pub web: String,
    /// Whether the side allows a microphone's device to stay open while it is off, so that its speaker can be warned.
    pub microphone_stays_open: bool,
    /// The node's clock.
    pub now: String,
}

/// Whether a line can carry a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineStatus {
    /// Paired, but the operators have not both confirmed the words.
    Unconfirmed,
    /// Confirmed, without a link at this moment.
    Down,
    /// Confirmed, and the far node answers.
    Up,
}

/// A line and how its link does at this moment.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LineView {
    /// The far side.
    pub far: SideView,
    /// Whether the line can carry a call.
    pub status: LineStatus,
    /// Since when the link has been up or down; none when it never was up.
    pub since: Option<String>,
    /// Round trip in milliseconds.
    pub rtt_ms: Option<f64>,
    /// Share of packets lost, 0 to 1.
    pub loss: Option<f64>,
    /// Jitter in milliseconds.
    pub jitter_ms: Option<f64>,
    /// The far clock minus the near clock, in milliseconds.
    pub skew_ms: Option<f64>,
    /// What the link carries, in kilobits a second.
    pub rate_kbps: Option<u32>,
    /// Hash of the pages that the far node serves its own people, as it last said; 64 hex digits.
    pub web: Option<String>,
    /// The same as it stood in the bundle at pairing.
    pub web_paired: Option<String>,
}

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Asked for, not agreed.
    Proposed,
    /// Agreed by both.
    Agreed,
    /// Everyone is held and checked.
    Gathering,
    /// The principals are talking.
    InSession,
    /// Over.
    Ended,
    /// Refused by the side asked.
    Declined,
    /// Taken back by the side that asked.
    Withdrawn,
    /// Its time went by.
    Lapsed,
}

/// One line of the list of calls.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallSummary {
    /// Call id, 64 hex digits.
    pub id: String,
    /// Far side id.
    pub line: String,
    /// Where the call stands.
    pub phase: Phase,
    /// Side id of who asked first.
    pub asked_by: String,
    /// The terms in force, or the newest offered.
    pub terms: Terms,
    /// When the session began.
    pub begun: Option<String>,
    /// When it ended.
    pub ended: Option<String>,
    /// Whether it waits for this side.
    pub attention: bool,
}

/// Where an offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// May be agreed to.
    Open,
    /// Agreed by both and in force.
    Agreed,
    /// Refused by the other side.
    Declined,
    /// Taken back.
    Withdrawn,
    /// Its time went by.
    Lapsed,
    /// Other agreed terms took its place.
    Replaced,
}

/// An offer of terms.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OfferView {
    /// Hash of the statement, 64 hex digits.
    pub hash: String,
    /// Side id of who offered.
    pub by: String,
    /// When, on the offering side's clock.
    pub at: String,
    /// The terms offered.
    pub terms: Terms,
    /// Where the offer stands.
    pub standing: Standing,
}

/// A seat in a call: one side's word whose key it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallSeatView {
    /// Side id.
    pub side: String,
    /// Roster number of the person vouched for.
    pub person: u16,
    /// Own side's seat id; none for the far side's seats.
    pub seat: Option<String>,
    /// Role on the roster.
    pub role: Role,
    /// Title on the roster.
    pub title: String,
    /// Place on the roster.
    pub place: String,
    /// The seat's public key, 64 hex digits.
    pub key: String,
    /// Whether its terminal is connected to its node.
    pub present: bool,
    /// Whether its microphone is on, as far as known.
    pub mic: Option<bool>,
    /// How it does; for desks, of own seats, once its terminal has said so.
    pub state: Option<SeatState>,
    /// What its last check found; for desks, of own seats, while the call gathers.
    pub check: Option<CheckView>,
}

/// One entry of the timeline.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementView {
    /// Hash of the statement, 64 hex digits.
    pub hash: String,
    /// Side id of the chain.
    pub side: String,
    /// Place in the chain.
    pub number: u32,
    /// When, on the signer's clock.
    pub at: String,
    /// The statement's kind, one word.
    pub kind: String,
    /// The key that signed it, 64 hex digits.
    pub key: String,
    /// Whether the other side has seen it.
    pub acknowledged: bool,
    /// What else to show, by kind.
    pub detail: Args,
}

/// A stretch of the session in which the line was cut.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GapView {
    /// When it began.
    pub from: String,
    /// When it ended; none while it lasts.
    pub to: Option<String>,
}

/// A side that says the far end is lost.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InterruptedView {
    /// Side id.
    pub side: String,
    /// Since when.
    pub since: String,
}

/// What the asking seat may do with a call at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Agree to the open offer of the other side.
    Agree,
    /// Offer other terms.
    Counter,
    /// Decline the open offer of the other side.
    Decline,
    /// Take back an own offer or own consent.
    Withdraw,
    /// Start gathering.
    Gather,
    /// Say this side's half of Begin.
    Begin,
    /// End the call.
    End,
    /// Say whose a seat's key is.
    Vouch,
    /// Say this side's half of adding someone to the roster.
    Admit,
    /// Strike someone from the roster.
    Strike,
    /// Say this side's half of footage.
    Open,
    /// Close footage, or take a half of it back.
    Close,
}

/// A call with everything to be shown of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallView {
    /// What the list shows of it.
    #[serde(flatten)]
    pub summary: CallSummary,
    /// All offers, oldest first.
    pub offers: Vec<OfferView>,
    /// Whether two agreed terms are in force at once.
    pub crossed: bool,
    /// Whether a chain is forked.
    pub forked: bool,
    /// Side ids that have gathered.
    pub gathered: Vec<String>,
    /// Side ids that have said Begin.
    pub begin_by: Vec<String>,
    /// Who says that the far end is lost.
    pub interrupted: Vec<InterruptedView>,
    /// Cuts inside the session.
    pub gaps: Vec<GapView>,
    /// Seats of both sides.
    pub seats: Vec<CallSeatView>,
    /// The statements of both chains.
    pub timeline: Vec<StatementView>,
    /// What the asking seat may do.
    pub may: Vec<Verb>,
    /// The roster in force.
    pub roster: Vec<Person>,
    /// Whose halves of a check before Begin stand.
    pub checking: CheckingView,
    /// Each side's newest Preflight under the terms in force.
    pub preflights: Vec<PreflightView>,
    /// Which topic is being talked about, as the own side's operator says.
    pub topic: Option<TopicView>,
    /// How footage stands, where the terms in force have any.
    pub footage: Option<FootageView>,
}

/// Sound or picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// Sound.
    Sound,
    /// Picture.
    Picture,
}

/// A track that this seat may receive.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrackView {
    /// Number of the track.
    pub id: u64,
    /// Side id of its sender.
    pub side: String,
    /// Roster number of its sender.
    pub person: u16,
    /// Key of the seat that it comes from, 64 hex digits.
    pub key: String,
    /// Sound or picture.
    pub kind: TrackKind,
}

/// An argument of a refusal or a detail of a statement.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// A whole number.
    Number(i64),
    /// Text.
    Text(String),
}

impl From<i64> for Scalar {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<String> for Scalar {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Named arguments for a translated sentence.
pub type Args = BTreeMap<String, Scalar>;
