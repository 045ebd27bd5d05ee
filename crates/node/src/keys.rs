//! The node's private keys on disk: the side key (signs statements), the link key (QUIC) and the recorder key (X25519, to
//! which terminals seal what opens footage).
//!
//! PKCS#8 PEM files readable by their owner alone, in the data folder.

use std::{
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{
    Signer as _, SigningKey,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, spki::der::pem::LineEnding},
};
use recorder::RecorderKey;
use zeroize::Zeroizing;

/// The side key's file.
pub const SIDE: &str = "side.key";
/// The link key's file.
pub const LINK: &str = "link.key";
/// The recorder key's file.
pub const RECORDER: &str = "recorder.key";

/// What stands before the 32 bytes of an X25519 private key in PKCS#8 (RFC 8410, section 7).
const X25519_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20,
];
const PEM_HEAD: &str = "-----BEGIN PRIVATE KEY-----\n";
const PEM_TAIL: &str = "\n-----END PRIVATE KEY-----\n";

/// Why a key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file holds no such key.
    #[error("{path}: not the private key of its kind (Ed25519; X25519 for the recorder) in PKCS#8 PEM")]
    Format {
        /// Which file.
        path: PathBuf,
    },
    /// Others than the owner may read the file.
    #[error("{path}: readable by others; run `chmod 600` on it")]
    Exposed {
        /// Which file.
        path: PathBuf,
    },
    /// The system gave no randomness.
    #[error("the system gives no randomness: no key is made without it")]
    Entropy,
}

fn file(path: &Path) -> impl FnOnce(std::io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::File { path, source }
}

/// Reads a key file; refuses one that others may read.
fn read(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let mode = std::fs::metadata(path).map_err(file(path))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyError::Exposed { path: path.to_owned() });
    }
    std::fs::read_to_string(path).map(Zeroizing::new).map_err(file(path))
}

/// Writes a key file; never over an existing one.
fn write(path: &Path, pem: &str) -> Result<(), KeyError> {
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(file(path))?;
    out.write_all(pem.as_bytes())
        .and_then(|()| out.sync_all())
        .map_err(file(path))
}

/// The recorder's key, which is made if there is none.
pub fn recorder(dir: &Path) -> Result<RecorderKey, KeyError> {
    let path = dir.join(RECORDER);
    let format = || KeyError::Format { path: path.clone() };
    if !path.try_exists().map_err(file(&path))? {
        let mut secret = Zeroizing::new([0_u8; 32]);
        getrandom::fill(secret.as_mut()).map_err(|_| KeyError::Entropy)?;
        let der = Zeroizing::new([&X25519_HEAD[..], &secret[..]].concat());
        let pem = Zeroizing::new([PEM_HEAD, &STANDARD.encode(&*der), PEM_TAIL].concat());
        write(&path, &pem)?;
    }
    let pem = read(&path)?;
    let body = pem
        .trim()
        .strip_prefix(PEM_HEAD.trim())
        .and_then(|rest| rest.strip_suffix(PEM_TAIL.trim()));
    let der = body
        .and_then(|body| STANDARD.decode(body.trim()).ok())
        .map(Zeroizing::new);
    let secret = der.as_deref().and_then(|der| der.strip_prefix(&X25519_HEAD[..]));
    let secret = secret.and_then(|secret| secret.try_into().ok()).ok_or_else(format)?;
    RecorderKey::from_bytes(secret).map_err(|_| format())
}

/// A private key that cannot be printed.
#[derive(Clone)]
pub struct Key(SigningKey);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// Makes a key from the system's randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0_u8; 32]);
        getrandom::fill(seed.as_mut()).map_err(|_| KeyError::Entropy)?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// Reads a key file; refuses one that others may read.
    pub fn load(dir: &Path, name: &str) -> Result<Self, KeyError> {
        let path = dir.join(name);
        let pem = read(&path)?;
        match SigningKey::from_pkcs8_pem(&pem) {
            Ok(key) => Ok(Self(key)),
            Err(_) => Err(KeyError::Format { path }),
        }
    }

    /// Writes a key file; never over an existing one.
    pub fn store(&self, dir: &Path, name: &str) -> Result<(), KeyError> {
        let path = dir.join(name);
        let pem = self
            .0
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|_| KeyError::Format { path: path.clone() })?;
        write(&path, &pem)
    }

    /// The 32 secret bytes, for the TLS stack that wants them itself.
    pub(crate) fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }
}

impl call::Signer for Key {
    fn key(&self) -> call::PublicKey {
        call::PublicKey(self.0.verifying_key().to_bytes())
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}
