//! Checks a clip, without a node and without a network.
//!
//! The C2PA library does the reading. In front of it stand bounds on the file's boxes; around it a thread that may fail or
//! be late without taking anybody along; behind it what the standard leaves open: the seal over every byte, and that the
//! root itself signed the leaf.

use std::fs::File;
use std::io;
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use c2pa::validation_results::ValidationResults;
use c2pa::{Context, Reader, ValidationState};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::boxes::{self, Wrong};
use crate::cut::one_line;
use crate::seal;
use crate::sign::{CALL, CallAssertion};

/// Checking takes at most so long, and a second more for each of these bytes.
const TIME_MAX: Duration = Duration::from_secs(60);
const BYTES_A_SECOND: u64 = 16 << 20;
/// The library descends by calling itself.
const STACK_BYTES: usize = 32 << 20;
/// Most roots.
const ROOTS_MAX: usize = 64;

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
    /// The file is cut off, or something was changed around the film.
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
    /// Roots that are no certificates in PEM, or too many.
    #[error("not a certificate in PEM, or more than {ROOTS_MAX}")]
    Root,
}

/// What the manifest says of the call. Believe it only when the verdict is [`Verdict::Valid`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The clip's title.
    pub title: String,
    /// The call's id, lower hex.
    pub call: String,
    /// The record's heads, lower hex, in the order of the sides.
    pub heads: Vec<String>,
    /// The sides' names.
    pub sides: Vec<String>,
    /// When footage was opened, RFC 3339.
    pub opened: String,
    /// When it was closed.
    pub closed: String,
    /// SHA-256 of the clip that it shortens, lower hex.
    pub shortens: Option<String>,
}

/// A verdict and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What the clip is worth.
    pub verdict: Verdict,
    /// SHA-256 of the certificate (DER) of the root that vouches for it, where one of those given does.
    pub root: Option<[u8; 32]>,
    /// What its manifest says, unless it was altered.
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
    stamped(path, roots).map(|(report, _)| report)
}

/// The same, with the moment of the time stamp whoever gave it.
pub(crate) fn stamped<R: AsRef<str>>(path: &Path, roots: &[R]) -> Result<(Report, Option<i64>), VerifyError> {
    let roots = Roots::new(roots)?;
    let mut file = File::open(path)?;
    match boxes::look(&mut file) {
        Ok(true) => {}
        Ok(false) => return Ok((plain(Verdict::Unsigned), None)),
        Err(Wrong::NotAFilm) => return Err(VerifyError::NotAFilm),
        Err(Wrong::Bounds(what)) => return Err(VerifyError::Bounds(what)),
        Err(Wrong::Io(error)) => return Err(VerifyError::File(error)),
        Err(Wrong::Form) => return Ok((altered(Where::Form), None)),
    }
    let bytes = file.metadata()?.len();
    let limit = TIME_MAX + Duration::from_secs(bytes / BYTES_A_SECOND);
    let Some(read) = guarded(limit, file.try_clone()?, roots.pem.clone())? else {
        return Ok((altered(Where::Manifest), None));
    };
    let time = read.time;
    Ok((judge(read, &roots, &mut file)?, time))
}

fn plain(verdict: Verdict) -> Report {
    Report {
        verdict,
        root: None,
        said: None,
    }
}

fn altered(where_: Where) -> Report {
    plain(Verdict::Altered { where_ })
}

/// The roots that were given.
struct Roots {
    pem: String,
    certificates: Vec<CertificateDer<'static>>,
}

impl Roots {
    fn new<R: AsRef<str>>(texts: &[R]) -> Result<Self, VerifyError> {
        let mut certificates = Vec::new();
        let mut pem = String::new();
        for text in texts {
            let before = certificates.len();
            for certificate in CertificateDer::pem_slice_iter(text.as_ref().as_bytes()) {
                let certificate = certificate.map_err(|_| VerifyError::Root)?;
                X509Certificate::from_der(&certificate).map_err(|_| VerifyError::Root)?;
                certificates.push(certificate);
            }
            if certificates.len() == before || certificates.len() > ROOTS_MAX {
                return Err(VerifyError::Root);
            }
            pem.push_str(text.as_ref());
            pem.push('\n');
        }
        Ok(Self { pem, certificates })
    }
}

/// What the library made of a file, as far as it is judged here.
struct Read {
    state: ValidationState,
    failures: Vec<String>,
    /// The time stamp is one, by an authority under one of the roots.
    time_trusted: bool,
    time: Option<i64>,
    chain: Vec<CertificateDer<'static>>,
    issuer: String,
    title: String,
    call: Option<CallAssertion>,
}

/// Lets the library read, on a thread that may panic or be late. `None`: there is no whole manifest in it.
fn guarded(limit: Duration, file: File, roots: String) -> Result<Option<Read>, VerifyError> {
    let (tell, told) = sync_channel(1);
    let reader = thread::Builder::new().name("verify".to_owned()).stack_size(STACK_BYTES);
    reader.spawn(move || {
        let read = catch_unwind(move || read(file, &roots));
        let _ = tell.send(read.unwrap_or(Ok(None)));
    })?;
    match told.recv_timeout(limit) {
        Ok(read) => read,
        Err(RecvTimeoutError::Timeout) => Err(VerifyError::Bounds("it took too long")),
        Err(RecvTimeoutError::Disconnected) => Ok(None),
    }
}

fn read(file: File, roots: &str) -> Result<Option<Read>, VerifyError> {
    let mut settings = json!({
        "core": { "allowed_network_hosts": [], "decode_identity_assertions": false },
        "verify": { "remote_manifest_fetch": false, "ocsp_fetch": false },
    });
    if !roots.is_empty()
        && let Some(whole) = settings.as_object_mut()
    {
        whole.insert("trust".to_owned(), json!({ "user_anchors": roots }));
    }
    let Ok(context) = Context::new().with_settings(settings) else {
        return Err(VerifyError::Root);
    };
    let reader = match Reader::from_context(context).with_stream("video/mp4", file) {
        Ok(reader) => reader,
        Err(c2pa::Error::IoError(error)) if error.kind() != io::ErrorKind::UnexpectedEof => {
            return Err(VerifyError::File(error));
        }
        Err(_) => return Ok(None),
    };
    let Some(manifest) = reader.active_manifest() else {
        return Ok(None);
    };
    let Some(signature) = manifest.signature_info() else {
        return Ok(None);
    };
    let results = reader.validation_results();
    let succeeded = |code: &str| {
        let active = results.and_then(ValidationResults::active_manifest);
        active.is_some_and(|active| active.success().iter().any(|status| status.code() == code))
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(signature.cert_chain().as_bytes()).collect();
    let issuer = signature.issuer.clone().or_else(|| signature.common_name.clone());
    Ok(Some(Read {
        state: reader.validation_state(),
        failures: results.map(failures).unwrap_or_default(),
        time_trusted: succeeded("timeStamp.validated") && succeeded("timeStamp.trusted"),
        time: signature
            .time
            .as_ref()
            .and_then(|time| time.parse::<jiff::Timestamp>().ok())
            .map(jiff::Timestamp::as_millisecond),
        chain: chain.unwrap_or_default(),
        issuer: issuer.unwrap_or_else(|| "nobody".to_owned()),
        title: manifest.title().unwrap_or_default().to_owned(),
        call: manifest.find_assertion(CALL).ok(),
    }))
}

fn failures(results: &ValidationResults) -> Vec<String> {
    let active = results.active_manifest().into_iter();
    let parents = results
        .ingredient_deltas()
        .into_iter()
        .flatten()
        .map(|delta| delta.validation_deltas());
    let failed = active.chain(parents).flat_map(|codes| codes.failure());
    failed.map(|status| status.code().to_owned()).collect()
}

/// Which part a failure of the library's is about (C2PA 2.2, 15.2.2).
fn place(failures: &[String]) -> Where {
    let any = |beginnings: &[&str]| {
        failures
            .iter()
            .any(|code| beginnings.iter().any(|beginning| code.starts_with(beginning)))
    };
    if any(&["claimSignature."]) {
        Where::Signature
    } else if any(&[
        "signingCredential.expired",
        "signingCredential.invalid",
        "signingCredential.ocsp",
    ]) {
        Where::Certificate
    } else if any(&["assertion.bmffHash.", "assertion.dataHash.", "assertion.boxesHash."]) {
        Where::Film
    } else {
        Where::Manifest
    }
}

/// The public key in a certificate, as an uncompressed point.
fn point_of(certificate: &CertificateDer<'_>) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(certificate.public_key().subject_public_key.data.to_vec())
}

fn judge(read: Read, roots: &Roots, file: &mut File) -> Result<Report, VerifyError> {
    if read.state == ValidationState::Invalid {
        return Ok(altered(place(&read.failures)));
    }
    // What says of a call what only our clips say ends with a seal, as all of them do.
    if read.call.is_some() {
        let point = read.chain.first().and_then(point_of).unwrap_or_default();
        if !seal::holds(file, &point)? {
            return Ok(altered(Where::Form));
        }
    }
    // The library trusts whatever a chain leads to; a leaf that signs leaves would pass. Ours has nothing between.
    let root = match read.chain.as_slice() {
        [_, root] => roots.certificates.iter().find(|known| *known == root),
        _ => None,
    };
    let verdict = match root {
        Some(root) if read.state == ValidationState::Trusted => Verdict::Valid {
            by: name_of(root),
            at: read.time.filter(|_| read.time_trusted),
        },
        _ => Verdict::Untrusted {
            by: one_line(&read.issuer),
        },
    };
    let root = root.filter(|_| matches!(verdict, Verdict::Valid { .. }));
    Ok(Report {
        root: root.map(|root| Sha256::digest(root).into()),
        said: Some(said(&read.title, read.call)),
        verdict,
    })
}

fn said(title: &str, call: Option<CallAssertion>) -> Said {
    let title = one_line(title);
    let Some(call) = call else {
        return Said {
            title,
            ..Said::default()
        };
    };
    Said {
        title,
        call: one_line(&call.call),
        heads: call.heads.iter().take(2).map(|head| one_line(head)).collect(),
        sides: call.sides.iter().take(2).map(|side| one_line(side)).collect(),
        opened: one_line(&call.opened),
        closed: one_line(&call.closed),
        shortens: call.shortens.as_deref().map(one_line),
    }
}

/// The name in a root: its organisation, else its common name. A leaf's own name counts for nothing: two sides whose roots
/// are both given could sign in each other's.
fn name_of(root: &CertificateDer<'_>) -> String {
    let Ok((_, certificate)) = X509Certificate::from_der(root) else {
        return String::new();
    };
    let subject = certificate.subject();
    let names = subject.iter_organization().chain(subject.iter_common_name());
    let mut names = names.filter_map(|name| name.as_str().ok());
    one_line(names.next().unwrap_or("a root without a name"))
}
