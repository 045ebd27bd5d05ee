//! Makes clips.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::{ClipError, Cut, Facts, Progress, Signer, Source, Tools};

/// A finished clip: decode-checked and signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// `<sha256>.mp4` in the folder that was given.
    pub path: PathBuf,
    /// `<sha256>.jpg` beside it; none for a clip without pictures.
    pub poster: Option<PathBuf>,
    /// Of the whole file, signature included.
    pub sha256: [u8; 32],
    /// Its length in bytes.
    pub bytes: u64,
    /// How long it plays.
    pub length: Duration,
    /// What the time stamp authority said, UTC milliseconds; none where none is configured.
    pub time_stamp: Option<i64>,
}

/// Cuts, checks and signs a clip of a take. Blocks, minutes for a long take; `progress` is called a few times a second.
///
/// # Errors
/// [`ClipError`]; nothing but the finished clip is left in `folder`.
#[expect(clippy::too_many_arguments, reason = "each is an input of its own")]
pub fn make(
    tools: &Tools,
    cut: &Cut,
    sources: &[Source],
    facts: &Facts,
    signer: &Signer,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
    stop: &AtomicBool,
) -> Result<Clip, ClipError> {
    let _ = (tools, cut, sources, facts, signer, folder, progress, stop);
    Err(ClipError::NoTools("ffmpeg"))
}

/// A shorter whole of a clip: `from` to `to` within it, exact to a frame, a clip of its own, signed anew. `facts.parent` is
/// replaced by the SHA-256 of `clip`.
///
/// # Errors
/// [`ClipError`]; [`ClipError::Cut`] when the span is outside of the clip or shorter than a second.
#[expect(clippy::too_many_arguments, reason = "each is an input of its own")]
pub fn shorten(
    tools: &Tools,
    clip: &Path,
    from: Duration,
    to: Duration,
    facts: &Facts,
    signer: &Signer,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
    stop: &AtomicBool,
) -> Result<Clip, ClipError> {
    let _ = (tools, clip, from, to, facts, signer, folder, progress, stop);
    Err(ClipError::NoTools("ffmpeg"))
}
