//! The words of the interface: ids, packets, outputs, errors, statistics.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

pub use str0m::media::Mid;

/// One participant of the calls on this node; the caller hands the numbers out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParticipantId(pub u64);

/// One source of sound or picture. Unique on this node; 16 bits because the link carries it in every packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId(pub u16);

/// What a track carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Opus, 48 kHz RTP clock (RFC 7587), alone or under RED (RFC 2198).
    Sound,
    /// VP9, 90 kHz RTP clock (RFC 9628), one spatial layer, up to three temporal layers.
    Picture,
}

impl Kind {
    /// RTP clock rate in Hz.
    #[must_use]
    pub const fn clock_hz(self) -> u32 {
        match self {
            Self::Sound => 48_000,
            Self::Picture => 90_000,
        }
    }
}

/// `Packet::layer` of sound that is plain Opus.
pub const SOUND_PLAIN: u8 = 0;
/// `Packet::layer` of sound that is Opus under RED (RFC 2198).
pub const SOUND_REDUNDANT: u8 = 1;

/// One RTP packet of a track without its transport: what the link carries between two nodes.
#[derive(Clone, PartialEq, Eq)]
pub struct Packet {
    /// Sound or picture.
    pub kind: Kind,
    /// Extended sequence number, contiguous per track as it left the sending node: layers dropped there leave no gap.
    pub sequence: u64,
    /// RTP timestamp in the clock of `kind`.
    pub timestamp: u32,
    /// RTP marker bit: the last packet of a picture.
    pub marker: bool,
    /// Picture: temporal layer, 0 = base. Sound: [`SOUND_PLAIN`] or [`SOUND_REDUNDANT`].
    pub layer: u8,
    /// RTP payload. Opaque but for the clear VP9 payload descriptor at the head of a picture's.
    pub payload: Arc<[u8]>,
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Packet({:?} #{} layer {}, {} bytes)",
            self.kind,
            self.sequence,
            self.layer,
            self.payload.len()
        )
    }
}

/// What an [`Sfu`](crate::Sfu) is built with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Addresses written into every answer as host candidates. A datagram is taken to have arrived at the one that equals
    /// its `to`, else at the first of the same address family: a socket bound to a wildcard or behind a relay works.
    /// At most [`CANDIDATES_MAX`](crate::CANDIDATES_MAX).
    pub candidates: Vec<SocketAddr>,
}

/// A media section that the browser sends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publish {
    /// The m-line, by its `a=mid`.
    pub mid: Mid,
    /// The local track that it becomes.
    pub track: TrackId,
    /// What it carries; must agree with the m-line.
    pub kind: Kind,
    /// Whether sound may come with the frame before in each packet (RED, RFC 2198), if the browser offers it.
    ///
    /// What is under RED cannot be unwrapped here, since redundancy sits inside the ciphertext: allow it only while every
    /// browser of a call, at both ends, offers it ([`Answer::redundancy`]).
    pub redundant: bool,
}

/// A media section that the browser receives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscribe {
    /// The m-line, by its `a=mid`.
    pub mid: Mid,
    /// The track wanted on it. It need not exist yet, and flows only when it is routed to the participant.
    pub track: TrackId,
}

/// What a browser's offer became.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The SDP answer, candidates included.
    pub sdp: String,
    /// Whether the browser offers RED (RFC 2198); what it sends has it only as [`Publish::redundant`] says.
    pub redundancy: bool,
    /// Whether this was a new peer connection (first offer, or the participant's page was loaded afresh).
    pub fresh: bool,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("redundancy", &self.redundancy)
            .field("fresh", &self.fresh)
            .finish_non_exhaustive()
    }
}

/// Who may receive a track. Nothing is forwarded that is not routed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Participants of this node that may receive it; those that asked for it in an offer do.
    pub participants: Vec<ParticipantId>,
    /// A local track goes to the link too, with temporal layers up to this one (`None`: not at all; 2: all; sound ignores
    /// the number).
    pub link: Option<u8>,
}

/// What the caller has to do next.
pub enum Output {
    /// Send these bytes from the media port.
    Transmit(Transmit),
    /// A packet of a local track that is routed to the link.
    Packet {
        /// The local track.
        track: TrackId,
        /// The packet, sequence numbers rebased for the link.
        packet: Packet,
    },
    /// Somebody here needs a key frame of this remote track: pass it on over the link. Coalesced per track.
    KeyFrameRequest {
        /// The remote track.
        track: TrackId,
    },
    /// ICE and DTLS are done, media may flow.
    Connected {
        /// Who.
        participant: ParticipantId,
    },
    /// The participant is gone and forgotten, unless it was removed by [`Sfu::remove`](crate::Sfu::remove), which says nothing.
    Disconnected {
        /// Who.
        participant: ParticipantId,
        /// Why.
        reason: Reason,
    },
    /// Nothing more to do before this moment (`None`: before the next input).
    Timeout(Option<Instant>),
}

/// One datagram to send.
#[derive(PartialEq, Eq)]
pub struct Transmit {
    /// The candidate it leaves from.
    pub from: SocketAddr,
    /// Where it goes: only ever an address that proved itself by an authenticated STUN request (RFC 8445).
    pub to: SocketAddr,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whose it is; datagrams of one participant and one size may be sent as one batch.
    pub participant: ParticipantId,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transmit(t) => write!(f, "Transmit({:?}, {} bytes)", t.participant, t.bytes.len()),
            Self::Packet { track, packet } => write!(f, "Packet({track:?}, {packet:?})"),
            Self::KeyFrameRequest { track } => write!(f, "KeyFrameRequest({track:?})"),
            Self::Connected { participant } => write!(f, "Connected({participant:?})"),
            Self::Disconnected { participant, reason } => write!(f, "Disconnected({participant:?}, {reason:?})"),
            Self::Timeout(at) => write!(f, "Timeout({at:?})"),
        }
    }
}

impl fmt::Debug for Transmit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Transmit({:?}, {} bytes)", self.participant, self.bytes.len())
    }
}

/// Why a participant was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The browser closed the connection (DTLS close_notify).
    Closed,
    /// Not connected within [`CONNECT_MAX`](crate::CONNECT_MAX) of its offer.
    NeverConnected,
    /// No sign of life for [`SILENCE_MAX`](crate::SILENCE_MAX).
    Silent,
    /// It broke the protocol, or the machinery for this one participant failed.
    Failed,
}

/// Why an offer was refused. The participant's earlier connection, if any, goes on unless `Failed`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OfferError {
    /// Longer than [`OFFER_MAX`](crate::OFFER_MAX) bytes, or a line longer than [`OFFER_LINE_MAX`](crate::OFFER_LINE_MAX).
    #[error("offer too long")]
    TooLong,
    /// More than [`SECTIONS_MAX`](crate::SECTIONS_MAX) media sections.
    #[error("too many media sections")]
    TooManySections,
    /// Not SDP, or a part of it (named) is malformed.
    #[error("malformed {0} in the offer")]
    Malformed(&'static str),
    /// Well formed, and asks for what is not offered here (named).
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// A `send` or `recv` entry names a media section that the offer lacks or that runs the other way.
    #[error("no such media section")]
    NoSuchSection,
    /// A `send` or `recv` entry's kind differs from its media section's.
    #[error("the media section is of another kind")]
    OtherKind,
    /// A track id that is already somebody else's or the link's, or is named twice.
    #[error("the track is taken")]
    TrackTaken,
    /// No codec in common: sound is Opus, picture is VP9 profile 0.
    #[error("no codec in common")]
    NoCodec,
    /// [`PARTICIPANTS_MAX`](crate::PARTICIPANTS_MAX) or [`TRACKS_MAX`](crate::TRACKS_MAX) reached.
    #[error("full")]
    Full,
    /// The connection could not take the change and is dropped.
    #[error("the connection failed")]
    Failed,
}

impl OfferError {
    /// A stable word for the browser to translate.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "offer_too_long",
            Self::TooManySections => "offer_too_many_sections",
            Self::Malformed(_) => "offer_malformed",
            Self::Unsupported(_) => "offer_unsupported",
            Self::NoSuchSection => "offer_no_such_section",
            Self::OtherKind => "offer_other_kind",
            Self::TrackTaken => "offer_track_taken",
            Self::NoCodec => "offer_no_codec",
            Self::Full => "offer_full",
            Self::Failed => "offer_failed",
        }
    }
}

/// Why a track was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrackError {
    /// The id is in use.
    #[error("the track is taken")]
    Taken,
    /// [`TRACKS_MAX`](crate::TRACKS_MAX) reached.
    #[error("full")]
    Full,
}

/// Why a datagram or a packet from the link was dropped. For counters; nobody need act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Dropped {
    /// Not STUN, DTLS, RTP or RTCP (RFC 7983), or larger than [`DATAGRAM_MAX`](crate::DATAGRAM_MAX).
    #[error("not a media datagram")]
    Garbage,
    /// STUN that no participant's credentials vouch for.
    #[error("unauthenticated STUN")]
    Unauthenticated,
    /// No participant has proved this source address.
    #[error("unknown source")]
    UnknownSource,
    /// It arrived on an address family without candidate.
    #[error("unknown destination")]
    UnknownDestination,
    /// The participant used more than [`SOURCES_MAX`](crate::SOURCES_MAX) addresses.
    #[error("too many source addresses")]
    TooManySources,
    /// Its participant's machinery refused it.
    #[error("refused")]
    Refused,
    /// A packet for a track that is not a remote one.
    #[error("unknown track")]
    UnknownTrack,
    /// A packet whose kind is not the track's, or a picture without a readable payload descriptor.
    #[error("malformed packet")]
    MalformedPacket,
}

/// Counters since the start of the [`Sfu`](crate::Sfu).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams given to `handle_datagram`.
    pub datagrams_in: u64,
    /// Datagrams handed out to send.
    pub datagrams_out: u64,
    /// Dropped: [`Dropped::Garbage`].
    pub garbage: u64,
    /// Dropped: [`Dropped::Unauthenticated`].
    pub unauthenticated: u64,
    /// Dropped: [`Dropped::UnknownSource`] or [`Dropped::TooManySources`].
    pub unknown_source: u64,
    /// Dropped: any other [`Dropped`].
    pub refused: u64,
    /// RTP packets written to subscribers, retransmissions not counted.
    pub forwarded: u64,
    /// Participants dropped because their machinery failed.
    pub failed: u64,
}

/// How one participant's connection does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParticipantStats {
    /// ICE and DTLS done.
    pub connected: bool,
    /// Round trip to the browser in milliseconds, from RTCP; `None` before the first report.
    pub rtt_ms: Option<f32>,
    /// Share of packets to the browser that were lost, 0..=1, last second.
    pub loss_out: Option<f32>,
    /// Share of packets from the browser that were lost, 0..=1, last second.
    pub loss_in: Option<f32>,
    /// Estimated rate towards the browser in kb/s.
    pub rate_kbps: Option<u32>,
    /// What it publishes.
    pub published: Vec<TrackStats>,
    /// What it receives.
    pub received: Vec<TrackStats>,
}

/// How one track does at one participant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackStats {
    /// The track.
    pub track: TrackId,
    /// Sound or picture.
    pub kind: Kind,
    /// RTP packets, retransmissions not counted.
    pub packets: u64,
    /// RTP payload bytes, retransmissions not counted.
    pub bytes: u64,
    /// Loss last reported for it, 0..=1.
    pub loss: Option<f32>,
    /// Interarrival jitter last reported (received tracks) or measured (published ones), milliseconds.
    pub jitter_ms: Option<f32>,
    /// NACK messages for it, sent or received.
    pub nacks: u64,
    /// Key-frame requests for it, sent or received.
    pub key_frame_requests: u64,
    /// Highest temporal layer forwarded (received pictures), 2 otherwise.
    pub layer: u8,
    /// Rate in kb/s over about the last second.
    pub rate_kbps: u32,
}
