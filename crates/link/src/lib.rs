//! One line's link: statements, signals, sound and pictures between two nodes over QUIC.
//!
//! Its one job is to bring what one side says to the other side, over a bad network, to the side whose key is pinned
//! and to nobody else. It never reads what it carries: statements are bytes with a place in a chain (the crate `call`
//! judges them), media payloads are opaque.
//!
//! - [`wire`]: bounded CBOR frames of the one control stream; [`datagram`]: the compact layout of media and reports.
//! - [`session`]: hello, heads, statements, signals. Bytes and times in, bytes and events out.
//! - [`congestion`]: how fast this side may send, from delay; loss is no signal.
//! - [`media`]: copies of sound, repair of pictures, order of importance, duplicates removed.
//! - [`pairing`]: the signed bundle each side hands over, and the words both operators compare.
//! - [`quic`]: the only part with sockets and clocks; it drives all of the above.
//!
//! Everything but `quic` is pure: no clock, no IO, no randomness, no async. docs/protocol.md has the wire in full.

pub mod congestion;
pub mod datagram;
pub mod media;
pub mod pairing;
pub mod quic;
pub mod session;
pub mod wire;

pub use media::{Kind, MediaPacket};
pub use quic::{Endpoint, EndpointConfig, Line, LineConfig, LineHandle, LinkKey, Stats};
pub use session::{CallHeads, ChainHead, Command, DownReason, Event, FarHello, Signal};

/// A monotonic time in microseconds since an origin that the shell chose (the start of the connection).
pub type Micros = u64;
