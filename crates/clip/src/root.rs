//! The root under which a side signs its clips.
//!
//! It is not the authority for browsers (`ca.pem`): that one exists only where the node makes its own TLS certificates, and
//! whoever trusts a side's clips is asked to trust it for clips and for nothing else.

use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use zeroize::Zeroizing;

/// The root certificate in a side's data folder: what a newsroom is given.
pub const ROOT_CERTIFICATE: &str = "clips.pem";
/// Its private key.
pub const ROOT_KEY: &str = "clips.key";

/// Longest file that is read as a certificate or a key.
const BYTES_MAX: u64 = 16 << 10;
/// A name in a certificate has at most so many characters (RFC 5280, appendix A.1, ub-organization-name).
const NAME_MAX: usize = 64;
/// How long roots and what they vouch for are good.
pub(crate) const GOOD_YEARS: i32 = 30;

/// Why a side's root could not be had.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others may read the key.
    #[error("{0}: others may read it; chmod 600")]
    Open(PathBuf),
    /// One of the two files is there without the other.
    #[error("{0}: is missing beside the other half")]
    Half(PathBuf),
    /// Not a root certificate and its key, in PEM.
    #[error("not a root certificate and its key: {0}")]
    Form(String),
}

/// A side's root for clips: a certificate and its key, both in PEM.
pub struct Root {
    /// The certificate, for whoever is to check clips.
    pub certificate_pem: String,
    /// The private key, PKCS#8.
    pub key_pem: Zeroizing<String>,
}

impl std::fmt::Debug for Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Root")
    }
}

impl Root {
    /// Makes a root (P-256) of this side's name, good from the year before `now_ms` (UTC milliseconds) for thirty years: a
    /// clip without a time stamp is good for as long as its root.
    ///
    /// # Errors
    /// [`RootError::Form`] when the certificate library refuses the name.
    pub fn make(side: &str, now_ms: i64) -> Result<Self, RootError> {
        let form = |error: rcgen::Error| RootError::Form(error.to_string());
        let key = KeyPair::generate().map_err(form)?;
        let mut params = CertificateParams::new(Vec::<String>::new()).map_err(form)?;
        params.distinguished_name = name(side, "clips");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let year = year(now_ms);
        params.not_before = date_time_ymd(year - 1, 1, 1);
        params.not_after = date_time_ymd(year + GOOD_YEARS, 1, 1);
        let certificate = params.self_signed(&key).map_err(form)?;
        Ok(Self {
            certificate_pem: certificate.pem(),
            key_pem: Zeroizing::new(key.serialize_pem()),
        })
    }

    /// The root in a side's data folder ([`ROOT_CERTIFICATE`], [`ROOT_KEY`]), made when there is none.
    ///
    /// # Errors
    /// What is wrong with its files; a half is never made up for.
    pub fn open(folder: &Path, side: &str, now_ms: i64) -> Result<Self, RootError> {
        let (certificate, key) = (folder.join(ROOT_CERTIFICATE), folder.join(ROOT_KEY));
        match (certificate.exists(), key.exists()) {
            (true, true) => {
                let file = |source| RootError::File {
                    path: key.clone(),
                    source,
                };
                let mode = std::fs::metadata(&key).map_err(file)?.permissions().mode();
                if mode & 0o077 != 0 {
                    return Err(RootError::Open(key));
                }
                Ok(Self {
                    certificate_pem: read(&certificate)?,
                    key_pem: Zeroizing::new(read(&key)?),
                })
            }
            (false, false) => {
                let root = Self::make(side, now_ms)?;
                write(&key, 0o600, &root.key_pem)?;
                write(&certificate, 0o644, &root.certificate_pem)?;
                Ok(root)
            }
            (true, false) => Err(RootError::Half(key)),
            (false, true) => Err(RootError::Half(certificate)),
        }
    }
}

/// The name of a side in a certificate, as its organisation, with what the certificate is for.
pub(crate) fn name(side: &str, what: &str) -> DistinguishedName {
    let side: String = side.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
    let common: String = format!("{side}, {what}").chars().take(NAME_MAX).collect();
    let mut whole = DistinguishedName::new();
    whole.push(DnType::OrganizationName, side);
    whole.push(DnType::CommonName, common);
    whole
}

/// The year of a moment, to a day or so: a certificate does not tell when it was made.
pub(crate) fn year(now_ms: i64) -> i32 {
    let years = now_ms.div_euclid(31_556_952_000);
    1_970 + i32::try_from(years).unwrap_or(0).clamp(0, 8_000)
}

pub(crate) fn read(path: &Path) -> Result<String, RootError> {
    use io::Read as _;
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(BYTES_MAX).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(text),
        Err(source) => Err(RootError::File {
            path: path.to_owned(),
            source,
        }),
    }
}

fn write(path: &Path, mode: u32, text: &str) -> Result<(), RootError> {
    let mut options = std::fs::OpenOptions::new();
    let written = options
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
    written.map_err(|source| RootError::File {
        path: path.to_owned(),
        source,
    })
}
