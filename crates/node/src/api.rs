//! The JSON that the node and its browsers speak: views, requests, refusals and socket messages.
//!
//! Driven by the routes and the socket; holds no rule and does no IO. What comes from outside goes through
//! [`parse`], which refuses duplicate keys and unknown fields before anything else looks at it.
//! Hashes and keys are lower-case hex, times are RFC 3339 in UTC with `Z`, lengths carry their unit last.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most bytes of one HTTP request body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Most bytes of one socket message in either direction.
pub const FRAME_BYTES_MAX: usize = 256 * 1024;

/// Most elements (object members, array items) in one JSON text from outside.
pub const JSON_ITEMS_MAX: usize = 8_192;

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
}

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

/// Whose word releases the footage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// Either side alone.
    Either,
    /// Both sides.
    Both,
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
    /// Whose word releases the clip.
    pub release: Release,
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
    /// The opening to the press, if any.
    pub footage: Option<Footage>,
    /// Hash of the offer whose terms these replace, if any.
    pub replaces: Option<String>,
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

/// Body of a 409: a rule said no.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusalBody {
    /// The rule, in snake case; the browser translates it.
    pub refusal: String,
    /// What the sentence names.
    pub args: Args,
}

/// Body of every other failure.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong, in snake case; the browser translates it.
    pub error: String,
}

/// `POST /api/enrol`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The token of the enrolment link.
    pub token: String,
    /// The seat's Ed25519 public key, 64 hex digits.
    pub key: String,
    /// Signature over `"visavis enrol\n" + token`, 128 hex digits.
    pub signature: String,
}

/// Answer to an enrolment.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct EnrolAnswer {
    /// The side to pin.
    pub side: OwnSideView,
    /// The seat that the key has become.
    pub seat: SeatView,
}

/// `POST /api/signin/challenge`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChallengeRequest {
    /// Seat id.
    pub seat: String,
}

/// Answer to a request for a challenge; the same for seats that do not exist.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct ChallengeAnswer {
    /// 64 hex digits, good once and for a short time.
    pub challenge: String,
}

/// `POST /api/signin`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SigninRequest {
    /// Seat id.
    pub seat: String,
    /// The challenge that was answered.
    pub challenge: String,
    /// Signature over `"visavis signin\n" + side id + "\n" + challenge`, 128 hex digits.
    pub signature: String,
}

/// Answer to a sign-in; the cookie comes in the headers.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct SigninAnswer {
    /// Public name of the session, 32 hex digits: part of what every proof signs, worthless alone.
    pub session: String,
    /// Who signed in.
    pub me: Me,
}

/// `POST /api/calls`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskRequest {
    /// Far side id.
    pub line: String,
    /// The terms offered.
    pub terms: Terms,
}

/// Answer to asking for a call.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct AskAnswer {
    /// Call id.
    pub id: String,
}

/// `POST /api/calls/{id}/agree`, `/decline` and `/withdraw`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferRequest {
    /// Hash of the offer meant.
    pub offer: String,
}

/// `POST /api/calls/{id}/counter`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CounterRequest {
    /// The terms offered instead.
    pub terms: Terms,
}

/// `POST /api/calls/{id}/gather`, `/begin` and `/end`: an empty object.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmptyRequest {}

/// `POST /api/calls/{id}/vouch`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VouchRequest {
    /// Own seat id.
    pub seat: String,
    /// Roster number of the person who sits there.
    pub person: u16,
}

/// `POST /api/calls/{id}/admit`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdmitRequest {
    /// Who is to be added.
    pub person: Person,
}

/// `POST /api/calls/{id}/strike`
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StrikeRequest {
    /// Roster number of who is to be struck.
    pub person: u16,
}

/// What the node says on the socket.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "t")]
pub enum ToBrowser {
    /// First word: sign this.
    #[serde(rename = "challenge")]
    Challenge {
        /// 64 hex digits.
        nonce: String,
    },
    /// The proof held; snapshots follow.
    #[serde(rename = "ready")]
    Ready {
        /// Who is connected.
        me: Me,
    },
    /// All lines.
    #[serde(rename = "lines")]
    Lines {
        /// Replaces what was shown.
        lines: Vec<LineView>,
    },
    /// All calls, newest first.
    #[serde(rename = "calls")]
    Calls {
        /// Replaces what was shown.
        calls: Vec<CallSummary>,
    },
    /// A call changed.
    #[serde(rename = "call")]
    Call {
        /// The call as it stands.
        call: Box<CallView>,
    },
    /// The far side asks for a call.
    #[serde(rename = "ring")]
    Ring {
        /// Call id.
        call: String,
    },
    /// Far tracks that this seat may receive.
    #[serde(rename = "tracks")]
    Tracks {
        /// Call id.
        call: String,
        /// Replaces what was known.
        tracks: Vec<TrackView>,
    },
    /// Answer to a media offer.
    #[serde(rename = "media.answer")]
    MediaAnswer {
        /// The offer's number.
        id: u32,
        /// The SDP answer.
        sdp: String,
    },
    /// A media offer could not be taken.
    #[serde(rename = "media.error")]
    MediaError {
        /// The offer's number.
        id: u32,
        /// Why, in snake case.
        code: String,
    },
    /// Make a fresh connection and offer again.
    #[serde(rename = "media.restart")]
    MediaRestart {},
    /// Cap of all that this seat sends.
    #[serde(rename = "rate")]
    Rate {
        /// Kilobits a second.
        kbps: u32,
    },
    /// The seat was opened elsewhere; stop.
    #[serde(rename = "replaced")]
    Replaced {},
    /// The node is stopping.
    #[serde(rename = "going")]
    Going {},
    /// A command on the socket was refused.
    #[serde(rename = "refused")]
    Refused {
        /// The rule, in snake case.
        code: String,
        /// What the sentence names.
        args: Args,
    },
}

/// Where a sent track comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The microphone.
    Microphone,
    /// The camera.
    Camera,
}

/// One media section that the browser sends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendSection {
    /// The section's `mid`.
    pub mid: String,
    /// Where its track comes from.
    pub source: Source,
}

/// One media section in which the browser receives.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiveSection {
    /// The section's `mid`.
    pub mid: String,
    /// Number of the track wanted.
    pub track: u64,
}

/// What a browser says on the socket.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "t", deny_unknown_fields)]
pub enum FromBrowser {
    /// Answer to the first challenge.
    #[serde(rename = "prove")]
    Prove {
        /// Signature over `"visavis socket\n" + nonce`, 128 hex digits.
        signature: String,
    },
    /// Offers media; an offer with a higher number replaces those before.
    #[serde(rename = "media.offer")]
    MediaOffer {
        /// Number of the offer.
        id: u32,
        /// Call id.
        call: String,
        /// The SDP offer.
        sdp: String,
        /// What it sends.
        send: Vec<SendSection>,
        /// What it receives.
        recv: Vec<ReceiveSection>,
    },
    /// Stops media.
    #[serde(rename = "media.stop")]
    MediaStop {},
    /// The microphone was turned on or off.
    #[serde(rename = "mic")]
    Mic {
        /// Whether it is on.
        on: bool,
    },
    /// Ends a call.
    #[serde(rename = "end")]
    End {
        /// Call id.
        call: String,
    },
}

/// A JSON text that is not what it should be. Says nothing of the content: it may hold secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed JSON")]
pub struct Malformed;

/// Reads a JSON text strictly: no duplicate key at any depth, no unknown field, nothing behind it.
///
/// # Errors
/// [`Malformed`] for any text that is not exactly a `T`.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Malformed> {
    let mut left = JSON_ITEMS_MAX;
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    NoDuplicates { left: &mut left }
        .deserialize(&mut reader)
        .map_err(|_| Malformed)?;
    reader.end().map_err(|_| Malformed)?;
    serde_json::from_slice(bytes).map_err(|_| Malformed)
}

/// Walks a value and keeps nothing but the keys of the objects it is inside of.
struct NoDuplicates<'a> {
    left: &'a mut usize,
}

impl NoDuplicates<'_> {
    fn count<E: serde::de::Error>(&mut self) -> Result<(), E> {
        *self.left = self.left.checked_sub(1).ok_or_else(|| E::custom("too many items"))?;
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for NoDuplicates<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NoDuplicates<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without duplicate keys")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while items
            .next_element_seed(NoDuplicates { left: &mut *self.left })?
            .is_some()
        {
            self.count()?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            self.count()?;
            if !seen.insert(key) {
                return Err(A::Error::custom("duplicate key"));
            }
            members.next_value_seed(NoDuplicates { left: &mut *self.left })?;
        }
        Ok(())
    }
}

/// Milliseconds since 1970 as the RFC 3339 text of the views; times outside the calendar become its edge.
#[must_use]
pub fn time_text(at_ms: i64) -> String {
    let edge = if at_ms < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    };
    jiff::Timestamp::from_millisecond(at_ms).unwrap_or(edge).to_string()
}

/// The RFC 3339 text of a view as milliseconds since 1970; anything but UTC with `Z` is none.
#[must_use]
pub fn time_ms(text: &str) -> Option<i64> {
    if !text.ends_with('Z') || text.len() > 40 {
        return None;
    }
    text.parse::<jiff::Timestamp>()
        .ok()
        .map(jiff::Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn duplicate_and_unknown_keys_are_malformed() {
        assert!(parse::<ChallengeRequest>(br#"{"seat":"desk"}"#).is_ok());
        for text in [
            r#"{"seat":"a","seat":"b"}"#,
            r#"{"seat":"a","se\u0061t":"b"}"#,
            r#"{"seat":"a","more":1}"#,
            r#"{"seat":"a"} x"#,
            r#"{"seat":1}"#,
            "",
            "null",
            "\u{feff}{}",
        ] {
            assert!(parse::<ChallengeRequest>(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn socket_messages_are_strict_too() {
        assert!(matches!(
            parse(br#"{"t":"mic","on":true}"#),
            Ok(FromBrowser::Mic { on: true })
        ));
        assert!(matches!(parse(br#"{"t":"media.stop"}"#), Ok(FromBrowser::MediaStop {})));
        for text in [
            r#"{"t":"mic","on":true,"on":false}"#,
            r#"{"t":"mic","t":"mic","on":true}"#,
            r#"{"t":"media.stop","x":1}"#,
            r#"{"t":"mic"}"#,
            r#"{"t":"no such"}"#,
            r#"{"t":"media.offer","id":1,"call":"","sdp":"","send":[{"mid":"0","source":"microphone","x":{}}],"recv":[]}"#,
        ] {
            assert!(parse::<FromBrowser>(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_and_width_are_bounded() {
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        assert!(parse::<EmptyRequest>(deep.as_bytes()).is_err());
        let wide = format!("[{}1]", "1,".repeat(JSON_ITEMS_MAX));
        assert!(parse::<Vec<u8>>(wide.as_bytes()).is_err());
        assert!(parse::<EmptyRequest>(b"{}").is_ok());
        assert!(parse::<EmptyRequest>(br#"{"a":1}"#).is_err());
    }

    #[test]
    fn times_are_utc_only() {
        assert_eq!(time_text(1_640_896_500_000), "2021-12-30T20:35:00Z");
        assert_eq!(time_ms("2021-12-30T20:35:00Z"), Some(1_640_896_500_000));
        assert_eq!(time_ms("2021-12-30T20:35:00+00:00"), None);
        assert_eq!(time_ms("yesterdayZ"), None);
        assert!(time_text(i64::MAX).starts_with("9999-"));
    }
}
