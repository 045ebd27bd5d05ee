//! Why no clip was made.

use std::io;

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

/// Why no clip was made. [`ClipError::code`] is the word for the desk.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// `ffmpeg` or `ffprobe` went away since [`crate::Tools::find`].
    #[error("a program is missing: {0}")]
    NoTools(&'static str),
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// What was made does not decode from first to last, or does not hold what its index says.
    #[error("the film does not decode: {0}")]
    Damaged(String),
    /// The caller asked to stop.
    #[error("stopped")]
    Stopped,
    /// No sources, too many, or a span that is outside of the clip or shorter than a second.
    #[error("cannot be cut like this: {0}")]
    Cut(&'static str),
    /// The time stamp authority did not answer, or not with a time stamp of what was asked. Nothing was signed.
    #[error("no time stamp: {0}")]
    TimeStamp(String),
    /// A program failed, the disk refused, or signing did; what was said, cut short.
    #[error("{0}")]
    Failed(String),
}

impl ClipError {
    /// One word for the desk: `clip_no_tools`, `clip_disk_full`, `clip_damaged`, `clip_stopped`, `clip_short`,
    /// `clip_time_stamp`, `clip_failed`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoTools(_) => "clip_no_tools",
            Self::DiskFull => "clip_disk_full",
            Self::Damaged(_) => "clip_damaged",
            Self::Stopped => "clip_stopped",
            Self::Cut(_) => "clip_short",
            Self::TimeStamp(_) => "clip_time_stamp",
            Self::Failed(_) => "clip_failed",
        }
    }

    pub(crate) fn failed(what: &str) -> impl Fn(io::Error) -> Self + '_ {
        move |error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Failed(format!("{what}: {error}")),
        }
    }
}
