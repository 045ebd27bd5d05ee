//! Refusals: a rule said no. Each has a code to translate by and the values its sentence needs.

use crate::ids::Hash;

/// A rule that said no to a command, or made a statement void.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// A text is empty, malformed or holds characters that cannot be shown safely.
    #[error("{field}: empty, malformed or with characters that cannot be shown")]
    Text {
        /// Which.
        field: &'static str,
    },
    /// A text is over its bound.
    #[error("{field}: longer than {bytes_max} bytes")]
    TooLong {
        /// Which.
        field: &'static str,
        /// Its bound.
        bytes_max: usize,
    },
    /// A number or a list is empty where it may not be, or over its bound.
    #[error("{field}: none, or more than {most}")]
    Count {
        /// Which.
        field: &'static str,
        /// Its bound.
        most: usize,
    },
    /// A list is not ascending, or names something twice.
    #[error("{field}: not in order, or something twice")]
    Order {
        /// Which.
        field: &'static str,
    },
    /// The statement would be over 16 KiB.
    #[error("the statement would be over 16 KiB")]
    StatementTooLarge,
    /// The side is no party to the call.
    #[error("not a party to this call")]
    NotAParty,
    /// The terms name other sides than the call's.
    #[error("the sides of a call cannot change")]
    OtherParties,
    /// The chain has no place left.
    #[error("the chain is full")]
    ChainFull,
    /// The chain's last places are for closings.
    #[error("the chain's last places are for closings")]
    ClosingsOnly,
    /// A side has made as many offers as one may in a call.
    #[error("no more offers in this call")]
    TooManyOffers,
    /// The call is over.
    #[error("the call is over")]
    Ended,
    /// The call holds a fork: two statements in one place of a chain.
    #[error("a side has signed two statements in one place: the call is closed")]
    Forked,
    /// Two agreed terms are in force.
    #[error("two agreed terms are in force: withdraw one first")]
    Crossed,
    /// No such offer in this call, as far as the side has seen.
    #[error("no such offer")]
    UnknownOffer,
    /// The offer was declined, withdrawn or has lapsed.
    #[error("the offer is closed")]
    OfferClosed,
    /// Agreed terms have taken the offer's place.
    #[error("other terms have replaced it")]
    Replaced,
    /// Agreed terms are in force that these do not replace.
    #[error("other terms are in force; these would have to replace them")]
    TermsChanged {
        /// The terms in force.
        in_force: Hash,
    },
    /// A side cannot agree to or decline its own offer.
    #[error("one's own offer")]
    OwnOffer,
    /// The side has not consented to it, so there is nothing to withdraw.
    #[error("nothing of this side's to withdraw")]
    NotConsented,
    /// The side has said it already.
    #[error("said already")]
    SaidAlready,
    /// No terms are in force.
    #[error("nothing is agreed")]
    NotAgreed,
    /// These terms are not in force.
    #[error("these terms are not in force")]
    NotInForce,
    /// The side has not gathered.
    #[error("not gathered yet")]
    NotGathered,
    /// The session is running.
    #[error("the session is running")]
    InSession,
    /// No session is running.
    #[error("no session is running")]
    NotInSession,
    /// The terms in force have no footage.
    #[error("the terms have no footage")]
    NoFootage,
    /// Footage is not open, and no side has asked for it.
    #[error("footage is not open")]
    NotOpen,
    /// Footage was agreed, but never open.
    #[error("footage was never open")]
    NeverOpen,
    /// The side is none of those that may release.
    #[error("not a side that may release")]
    NotAReleaser,
    /// The terms let nothing of the footage be released yet.
    #[error("the terms let nothing be released yet")]
    Embargoed,
    /// A correction names a clip that was not released.
    #[error("no such clip was released")]
    UnknownClip,
    /// Another clip has taken its place.
    #[error("another clip has taken its place")]
    ClipReplaced,
    /// There is no release of the clip that this side could take back.
    #[error("no release to take back")]
    NotReleased,
    /// Nobody of that number is on the roster.
    #[error("not on the roster")]
    NotOnRoster,
    /// The number is someone's on the roster.
    #[error("already on the roster")]
    OnRoster,
    /// The roster is full.
    #[error("the roster is full")]
    RosterFull,
    /// The person is of another delegation.
    #[error("a person of another delegation")]
    NotOurs,
    /// The seat was vouched for by another side.
    #[error("another side's seat")]
    OthersSeat,
    /// The seat has no vouch to take back.
    #[error("nobody is vouched for at this seat")]
    NotVouched,
    /// The side already shows the other as lost.
    #[error("already lost")]
    AlreadyLost,
    /// The side does not show the other as lost.
    #[error("not lost")]
    NotLost,
    /// A statement of the line in a call's chain, or the other way round.
    #[error("not a statement of this chain")]
    WrongChain,
    /// A Rekey whose new key did not sign, or that changes nothing.
    #[error("the new key has not signed its introduction")]
    BadRekey,
}

impl Refusal {
    /// Its code: snake case, stable, what translations go by.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::TooLong { .. } => "too_long",
            Self::Count { .. } => "count",
            Self::Order { .. } => "order",
            Self::StatementTooLarge => "statement_too_large",
            Self::NotAParty => "not_a_party",
            Self::OtherParties => "other_parties",
            Self::ChainFull => "chain_full",
            Self::ClosingsOnly => "closings_only",
            Self::TooManyOffers => "too_many_offers",
            Self::Ended => "ended",
            Self::Forked => "forked",
            Self::Crossed => "crossed",
            Self::UnknownOffer => "unknown_offer",
            Self::OfferClosed => "offer_closed",
            Self::Replaced => "replaced",
            Self::TermsChanged { .. } => "terms_changed",
            Self::OwnOffer => "own_offer",
            Self::NotConsented => "not_consented",
            Self::SaidAlready => "said_already",
            Self::NotAgreed => "not_agreed",
            Self::NotInForce => "not_in_force",
            Self::NotGathered => "not_gathered",
            Self::InSession => "in_session",
            Self::NotInSession => "not_in_session",
            Self::NoFootage => "no_footage",
            Self::NotOpen => "not_open",
            Self::NeverOpen => "never_open",
            Self::NotAReleaser => "not_a_releaser",
            Self::Embargoed => "embargoed",
            Self::UnknownClip => "unknown_clip",
            Self::ClipReplaced => "clip_replaced",
            Self::NotReleased => "not_released",
            Self::NotOnRoster => "not_on_roster",
            Self::OnRoster => "on_roster",
            Self::RosterFull => "roster_full",
            Self::NotOurs => "not_ours",
            Self::OthersSeat => "others_seat",
            Self::NotVouched => "not_vouched",
            Self::AlreadyLost => "already_lost",
            Self::NotLost => "not_lost",
            Self::WrongChain => "wrong_chain",
            Self::BadRekey => "bad_rekey",
        }
    }

    /// Every code, for the tests that no translation is missing.
    pub const CODES: &'static [&'static str] = &[
        "text",
        "too_long",
        "count",
        "order",
        "statement_too_large",
        "not_a_party",
        "other_parties",
        "chain_full",
        "closings_only",
        "too_many_offers",
        "ended",
        "forked",
        "crossed",
        "unknown_offer",
        "offer_closed",
        "replaced",
        "terms_changed",
        "own_offer",
        "not_consented",
        "said_already",
        "not_agreed",
        "not_in_force",
        "not_gathered",
        "in_session",
        "not_in_session",
        "no_footage",
        "not_open",
        "never_open",
        "not_a_releaser",
        "embargoed",
        "unknown_clip",
        "clip_replaced",
        "not_released",
        "not_on_roster",
        "on_roster",
        "roster_full",
        "not_ours",
        "others_seat",
        "not_vouched",
        "already_lost",
        "not_lost",
        "wrong_chain",
        "bad_rekey",
    ];

    /// The values that its sentence needs, by name.
    #[must_use]
    pub fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Text { field } | Self::Order { field } => vec![("field", (*field).to_owned())],
            Self::TooLong { field, bytes_max } => vec![("field", (*field).to_owned()), ("most", bytes_max.to_string())],
            Self::Count { field, most } => vec![("field", (*field).to_owned()), ("most", most.to_string())],
            Self::TermsChanged { in_force } => vec![("in_force", in_force.to_string())],
            _ => Vec::new(),
        }
    }
}
