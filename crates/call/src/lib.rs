//! The rules of a call: terms, roster, statements, chains, state, record.
//!
//! Driven by `node`, which hands in bytes, keys and the time and stores and sends what comes out; and by anyone who
//! checks a record offline. It never reads a clock, touches a file or a socket, draws a random number or waits.
//!
//! A call is no row that a server updates. Each side keeps an append-only chain of signed [`Statement`]s; each
//! carries the hash of its predecessor and the newest heads that it has seen of the other chains. What the call is at
//! a moment is [`State::of`] those [`Chains`], and nothing else. The bytes are described in `docs/record.md`.
//!
//! The usual way round: [`ask`] or [`propose`] drafts an [`Unsigned`] or gives the [`Refusal`] that names the rule;
//! [`Unsigned::sign`] makes it a [`Statement`]; the caller stores it; [`Chains::insert`] takes it; then it is sent.
//! What the far side sends goes through [`Statement::parse`], [`Chains::insert`] and the store likewise.

mod body;
mod cbor;
mod chains;
mod doubt;
mod ids;
mod key;
mod keyring;
pub mod record;
mod refusal;
mod release;
mod rules;
mod state;
mod statement;
pub mod terms;
#[cfg(test)]
mod tests;
mod view;

pub use body::{Body, Kind, SeatCheck};
pub use cbor::Malformed;
pub use chains::{Chains, Fault, Fork, Taken, Want};
pub use doubt::Doubt;
pub use ids::{CallId, Hash, LineId, NotHex, PublicKey, SideId, Timestamp, unhex};
pub use key::{SecretKey, Signer};
pub use keyring::{KEYS_MAX, Keyring};
pub use refusal::Refusal;
pub use release::{RELEASES_MAX, ReleaseState};
pub use rules::{ADMITS_MAX, OFFERS_MAX, ask, may, propose};
pub use state::{FootageState, Gap, Mark, OfferState, Phase, Preflight, Seat, Standing, State};
pub use statement::{CHAIN_MAX, CLOSING_PLACES, Head, STATEMENT_BYTES_MAX, Statement, Subject, Unsigned};
