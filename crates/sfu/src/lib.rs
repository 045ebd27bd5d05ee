//! Decides who receives which track and which layer, and drives one WebRTC connection per participant (str0m, RTP mode).
//!
//! Driven by: the node's media loop, which owns the one UDP port, the clock and the link. Bytes and instants go in,
//! bytes and deadlines come out ([`Sfu::poll`]).
//!
//! Never: reads a clock, opens a socket, waits, decodes or looks into a payload (only the clear VP9 payload descriptor,
//! RFC 9628), sends to an address that did not authenticate itself, forwards what is not routed.

mod demux;
mod forward;
mod keyframe;
mod offer;
mod participant;
mod rate;
mod rewrite;
mod sfu;
mod track;
mod types;
mod vp9;
mod warm;

pub use sfu::Sfu;
pub use types::{
    Answer, Config, Counters, Dropped, Kind, Mid, OfferError, Output, Packet, ParticipantId, ParticipantStats, Publish,
    Reason, Route, SOUND_PLAIN, SOUND_REDUNDANT, Subscribe, TrackError, TrackId, TrackStats, Transmit,
};

use std::time::Duration;

/// Largest SDP offer in bytes.
pub const OFFER_MAX: usize = 128 * 1024;
/// Longest line of an SDP offer in bytes.
pub const OFFER_LINE_MAX: usize = 4 * 1024;
/// Most media sections in an offer: two to send and two for each of thirty others.
pub const SECTIONS_MAX: usize = 64;
/// Most participants of one node at a time.
pub const PARTICIPANTS_MAX: usize = 256;
/// Most tracks of one node at a time, local and remote together.
pub const TRACKS_MAX: usize = 1024;
/// Most candidates written into an answer.
pub const CANDIDATES_MAX: usize = 8;
/// Most source addresses a participant's connection may prove in its life: a roaming laptop needs a few.
pub const SOURCES_MAX: usize = 64;
/// Largest datagram taken from the media port in bytes.
pub const DATAGRAM_MAX: usize = 2000;
/// Largest RTP payload forwarded, in bytes; leaves room for headers and tag in one Ethernet packet.
pub const PAYLOAD_MAX: usize = 1400;
/// Packets kept per subscription to answer NACKs from.
pub const RESEND_PACKETS_MAX: usize = 1024;
/// How long packets are kept to answer NACKs from.
pub const RESEND_AGE_MAX: Duration = Duration::from_secs(3);
/// How long an answered participant may take to connect.
pub const CONNECT_MAX: Duration = Duration::from_secs(30);
/// How long a connected participant may stay silent: longer than a Wi-Fi roam, shorter than patience.
pub const SILENCE_MAX: Duration = Duration::from_secs(15);
/// Shortest time between two key-frame requests for one track.
pub const KEY_FRAME_GAP: Duration = Duration::from_millis(300);
/// How long a key-frame request may stay unanswered before it is repeated.
pub const KEY_FRAME_RETRY: Duration = Duration::from_millis(1000);
/// Most bytes waiting in one subscription's pacer; beyond it the picture pauses until the queue is gone.
pub const QUEUE_BYTES_MAX: usize = 512 * 1024;
