//! Signing.

use crate::root::RootError;

/// What a clip's manifest says of the call.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The clip's title.
    pub title: String,
    /// The call's id.
    pub call: [u8; 32],
    /// The newest statement of each side's chain: the record's head. The order is that of `sides`.
    pub head: [[u8; 32]; 2],
    /// The sides' names, in the order of the terms.
    pub sides: [String; 2],
    /// When footage was opened: UTC, milliseconds, by the clock of the side that made the clip.
    pub opened: i64,
    /// When it was closed, likewise.
    pub closed: i64,
    /// SHA-256 of the clip of which this is a shorter whole.
    pub parent: Option<[u8; 32]>,
}

/// Signs a side's clips under its own root.
pub struct Signer {
    #[expect(dead_code, reason = "skeleton")]
    side: String,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    /// A signer under `certificate_pem` with its key (see [`crate::Root`]); `time_stamp_url` is the RFC 3161 authority that
    /// stamps each signature, if one is configured.
    ///
    /// # Errors
    /// [`RootError::Form`] when these are not a certificate and its key, or the address is not `http` or `https`.
    pub fn new(
        certificate_pem: &str,
        key_pem: &str,
        side: &str,
        time_stamp_url: Option<&str>,
    ) -> Result<Self, RootError> {
        let _ = (certificate_pem, key_pem, time_stamp_url);
        Ok(Self { side: side.to_owned() })
    }
}
