//! The record: every side's chain of a call as one signed item, and its check by anyone who holds it.
//!
//! [`export`] writes one deterministic CBOR item, signed as a whole by the exporting node's side. [`verify`] needs
//! nothing but that item and, to say whose word it is, the [`Trust`] that its reader has. The bytes are described in
//! `docs/record.md`.

mod export;
mod trust;
mod verify;

pub use export::{ExportError, RECORD_BYTES_MAX, SideEntry, export};
pub use trust::{NotTrust, TRUST_BYTES_MAX, Trust, TrustedSide};
pub use verify::{Finding, Outcome, Place, SideReport, Verdict, What, verify};
