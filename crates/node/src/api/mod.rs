//! The JSON that the node and its browsers speak: views, requests, refusals and socket messages.
//!
//! Driven by the routes and the socket; holds no rule and does no IO. What comes from outside goes through
//! [`parse`], which refuses duplicate keys and unknown fields before anything else looks at it.
//! Hashes and keys are lower-case hex, times are RFC 3339 in UTC with `Z`, lengths carry their unit last.

mod asides;
mod check;
mod clips;
mod footage;
mod press;
mod requests;
mod seal;
mod socket;
mod strict;
mod terms;
mod views;

pub use self::press::*;
pub use asides::*;
pub use check::*;
pub use clips::*;
pub use footage::*;
pub use requests::*;
pub use seal::*;
pub use socket::*;
pub use strict::{Malformed, parse, time_ms, time_text};
pub use terms::*;
pub use views::*;

/// Most bytes of one HTTP request body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Most bytes of one socket message in either direction: the largest are a commit with its Welcome, and all key packages
/// that wait.
pub const FRAME_BYTES_MAX: usize = 384 * 1024;

/// Most elements (object members, array items) in one JSON text from outside.
pub const JSON_ITEMS_MAX: usize = 8_192;
