//! What node and browser say to each other on the socket.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::footage::{ClosedWhy, ENVELOPE_BYTES, Hex32};
use super::seal::{self, Base64, ChainSide, GroupId, KeyPackage};
use super::{
    Args, Aside, AsideText, AsideTo, Asked, CallSummary, CallView, CheckResult, LineView, Me, SeatState, TrackView,
};

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
    /// Offer again on the same connection: what the last answer took no longer holds.
    #[serde(rename = "media.again")]
    MediaAgain {},
    /// Statements of a call, for the terminal to check by itself: after `ready` and at a call's start all that are known,
    /// in pages, each after those that it has seen; then each as it is stored, the second ones of forks too.
    #[serde(rename = "chain")]
    Chain {
        /// Call id.
        call: String,
        /// The parties' keys: in the first page, and again when a side has another key; else empty.
        sides: Vec<ChainSide>,
        /// The bytes as signed.
        #[schema(value_type = Vec<String>)]
        statements: Vec<Base64<{ store::STATEMENT_BYTES_MAX }>>,
    },
    /// Key packages that wait to be added to the call's MLS group, those of both sides.
    #[serde(rename = "seal.packages")]
    SealPackages {
        /// Call id.
        call: String,
        /// Replaces what was known.
        packages: Vec<KeyPackage>,
    },
    /// An accepted commit; in order, once each after a `seal.since`.
    #[serde(rename = "seal.commit")]
    SealCommit {
        /// Call id.
        call: String,
        /// The group.
        #[schema(value_type = String)]
        group: GroupId,
        /// The epoch that it ends; 0 makes the group.
        epoch: u32,
        /// The commit.
        #[schema(value_type = String)]
        commit: Base64<{ seal::COMMIT_BYTES_MAX }>,
        /// The Welcome for those it adds.
        #[schema(value_type = Option<String>)]
        welcome: Option<Base64<{ seal::COMMIT_BYTES_MAX }>>,
        /// Key of the seat that proposed it.
        by: String,
    },
    /// A proposed commit was not taken: another one was, or the group is another, or they came too fast.
    #[serde(rename = "seal.late")]
    SealLate {
        /// Call id.
        call: String,
        /// The proposal's group.
        #[schema(value_type = String)]
        group: GroupId,
        /// The proposal's epoch.
        epoch: u32,
    },
    /// A proposed commit could not be ordered, or it is not known whether it was: the line is cut, or a store failed.
    #[serde(rename = "seal.away")]
    SealAway {
        /// Call id.
        call: String,
    },
    /// A sealed note of another terminal.
    #[serde(rename = "seal.note")]
    SealNote {
        /// Call id.
        call: String,
        /// Key of the seat that it came from.
        from: String,
        /// The note.
        #[schema(value_type = String)]
        bytes: Base64<{ seal::NOTE_BYTES_MAX }>,
    },
    /// Check this seat, and answer with `checked`.
    #[serde(rename = "check")]
    Check {
        /// Call id.
        call: String,
    },
    /// The own side's operator asks something of this seat.
    #[serde(rename = "asked")]
    Asked {
        /// Call id.
        call: String,
        /// What.
        what: Asked,
    },
    /// All asides of a call that this seat may see: after `ready` and at each change.
    #[serde(rename = "asides")]
    Asides {
        /// Call id.
        call: String,
        /// Oldest first; replaces what was known.
        asides: Vec<Aside>,
    },
    /// Cap of all that this seat sends.
    #[serde(rename = "rate")]
    Rate {
        /// Kilobits a second.
        kbps: u32,
    },
    /// The clips of a call have changed, for desks: at most twice a second.
    #[serde(rename = "clips")]
    Clips {
        /// Call id.
        call: String,
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
    /// Leaves a key package to be added to the call's MLS group, in place of the one before.
    #[serde(rename = "seal.package")]
    SealPackage {
        /// Call id.
        call: String,
        /// The package; null from a member, and from whoever wants in no longer.
        #[serde(deserialize_with = "seal::present")]
        #[schema(value_type = Option<String>)]
        bytes: Option<Base64<{ seal::PACKAGE_BYTES_MAX }>>,
    },
    /// Proposes a commit.
    #[serde(rename = "seal.commit")]
    SealCommit {
        /// Call id.
        call: String,
        /// The group.
        #[schema(value_type = String)]
        group: GroupId,
        /// The epoch that it ends; 0 makes the group.
        epoch: u32,
        /// The commit.
        #[schema(value_type = String)]
        commit: Base64<{ seal::COMMIT_BYTES_MAX }>,
        /// The Welcome for those it adds; with the commit at most [`super::PROPOSAL_BYTES_MAX`].
        #[serde(deserialize_with = "seal::present")]
        #[schema(value_type = Option<String>)]
        welcome: Option<Base64<{ seal::COMMIT_BYTES_MAX }>>,
    },
    /// Asks for the accepted commits of the present group from an epoch on, and for those that follow.
    #[serde(rename = "seal.since")]
    SealSince {
        /// Call id.
        call: String,
        /// The group that the epoch counts in; null, or another than the present one, asks for all.
        #[serde(deserialize_with = "seal::present")]
        #[schema(value_type = Option<String>)]
        group: Option<GroupId>,
        /// The first epoch wanted.
        epoch: u32,
    },
    /// A sealed note to every other terminal of the call.
    #[serde(rename = "seal.note")]
    SealNote {
        /// Call id.
        call: String,
        /// The note.
        #[schema(value_type = String)]
        bytes: Base64<{ seal::NOTE_BYTES_MAX }>,
    },
    /// How this seat does, for the own side's desks alone.
    #[serde(rename = "state")]
    State {
        /// Replaces what was known.
        state: SeatState,
    },
    /// What a check of this seat found, after it was asked for.
    #[serde(rename = "checked")]
    Checked {
        /// Call id.
        call: String,
        /// The finding.
        result: CheckResult,
    },
    /// Says something on the own side alone.
    #[serde(rename = "aside")]
    Aside {
        /// Call id.
        call: String,
        /// Whom it is for.
        to: AsideTo,
        /// What it says.
        #[schema(value_type = String)]
        text: AsideText,
    },
    /// The principal put an aside away.
    #[serde(rename = "aside.seen")]
    AsideSeen {
        /// Call id.
        call: String,
        /// The aside's number.
        id: u32,
    },
    /// Hands a recorder the footage root of an epoch, sealed to its key.
    #[serde(rename = "footage.root")]
    FootageRoot {
        /// Call id.
        call: String,
        /// The group.
        #[schema(value_type = String)]
        group: GroupId,
        /// The epoch, as MLS counts it.
        epoch: u32,
        /// SHA-256 of the hashes of the statements by which footage is open, ascending.
        #[schema(value_type = String)]
        context: Hex32,
        /// The recorder's X25519 key.
        #[schema(value_type = String)]
        recorder: Hex32,
        /// The envelope: exactly [`ENVELOPE_BYTES`].
        #[schema(value_type = String)]
        envelope: Base64<ENVELOPE_BYTES>,
    },
    /// The terminal has closed footage by itself: the node says Close.
    #[serde(rename = "footage.closed")]
    FootageClosed {
        /// Call id.
        call: String,
        /// Why.
        why: ClosedWhy,
    },
    /// Closes footage.
    #[serde(rename = "footage.close")]
    FootageClose {
        /// Call id.
        call: String,
        /// When it was pressed, by the node's clock as the terminal reckons it; left out if it cannot tell.
        #[serde(default)]
        pressed: Option<String>,
    },
}
