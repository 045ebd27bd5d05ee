//! The node's two private keys on disk: the side key (signs statements) and the link key (QUIC).
//!
//! PKCS#8 PEM files readable by their owner alone, in the data folder.

use std::{
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use ed25519_dalek::{
    Signer as _, SigningKey,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, spki::der::pem::LineEnding},
};

/// The side key's file.
pub const SIDE: &str = "side.key";
/// The link key's file.
pub const LINK: &str = "link.key";

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
    /// The file holds no Ed25519 key.
    #[error("{path}: not an Ed25519 private key in PKCS#8 PEM")]
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
        let mut seed = zeroize::Zeroizing::new([0_u8; 32]);
        getrandom::fill(seed.as_mut()).map_err(|_| KeyError::Entropy)?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// Reads a key file; refuses one that others may read.
    pub fn load(dir: &Path, name: &str) -> Result<Self, KeyError> {
        let path = dir.join(name);
        let file = |source| KeyError::File {
            path: path.clone(),
            source,
        };
        let mode = std::fs::metadata(&path).map_err(file)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(KeyError::Exposed { path });
        }
        let pem = zeroize::Zeroizing::new(std::fs::read_to_string(&path).map_err(file)?);
        match SigningKey::from_pkcs8_pem(&pem) {
            Ok(key) => Ok(Self(key)),
            Err(_) => Err(KeyError::Format { path }),
        }
    }

    /// Writes a key file; never over an existing one.
    pub fn store(&self, dir: &Path, name: &str) -> Result<(), KeyError> {
        let path = dir.join(name);
        let file = |source| KeyError::File {
            path: path.clone(),
            source,
        };
        let pem = self
            .0
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|_| KeyError::Format { path: path.clone() })?;
        let mut out = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(file)?;
        out.write_all(pem.as_bytes())
            .and_then(|()| out.sync_all())
            .map_err(file)
    }

    /// The 32 secret bytes, for the TLS stack that wants them itself.
    pub(crate) fn seed(&self) -> zeroize::Zeroizing<[u8; 32]> {
        zeroize::Zeroizing::new(self.0.to_bytes())
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
