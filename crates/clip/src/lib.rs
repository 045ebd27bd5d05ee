//! Clips: films for the press made of what the recorders took, checked whole, signed, and checked again by anyone.
//!
//! Driven by: the node, on a thread that may wait, with [`make`] and [`shorten`]; and by `visavis verify` with [`verify`].
//! `ffmpeg` and `ffprobe` run as programs beside it ([`Tools::find`]); the C2PA library signs and reads manifests. Time comes
//! in as an argument where it is written down.
//!
//! Never: decides whether a clip may be made or shown, knows seats or statements, asks anything of a network but a time
//! stamp of the authority that the side configured.

mod boxes;
mod check;
mod cut;
mod error;
mod film;
mod language;
mod make;
mod probe;
mod root;
mod run;
mod seal;
mod sign;
mod stamp;
mod tools;
mod verify;

pub use error::{ClipError, NoTools};
pub use film::{Cut, Progress, SOURCES_MAX, Source, Stage};
pub use make::{Clip, make, shorten};
pub use root::{ROOT_CERTIFICATE, ROOT_KEY, Root, RootError};
pub use sign::{Facts, Signer};
pub use tools::Tools;
pub use verify::{Report, Said, Verdict, VerifyError, Where, examine, looks_like_a_film, verify};
