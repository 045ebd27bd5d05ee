//! What a browser asks over HTTP, what it is answered, and how it is told no.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Args, Me, OwnSideView, Person, SeatDo, SeatView, Terms, seal::present};

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

/// `POST /api/calls/{id}/gather`, `/preflight` and `/end`: an empty object.
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

/// `POST /api/calls/{id}/begin`
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginRequest {
    /// Begin although not every seat was proven to be heard.
    #[serde(default)]
    pub anyway: bool,
}

/// `POST /api/calls/{id}/check`
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    /// Whether this side's half of a check is to stand.
    pub on: bool,
}

/// `POST /api/calls/{id}/check-seat`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckSeatRequest {
    /// Own seat id.
    pub seat: String,
}

/// `POST /api/calls/{id}/seat`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeatRequest {
    /// Own seat id.
    pub seat: String,
    /// What is done.
    #[serde(rename = "do")]
    pub what: SeatDo,
}

/// `POST /api/calls/{id}/topic`
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TopicRequest {
    /// Its place among the topics of the terms in force, from 0; null for none.
    #[serde(deserialize_with = "present")]
    pub topic: Option<u16>,
}
