//! The recorder's key pair, and the envelopes in which terminals hand it a footage root.

use aws_lc_rs::agreement::{PrivateKey, X25519};
use call::PublicKey;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke as _, HpkePrivateKey};
use zeroize::Zeroizing;

/// Bytes of an envelope: the encapsulated key, the root, the tag.
pub const ENVELOPE_BYTES: usize = 32 + 32 + 16;

/// A recorder's X25519 key pair. Its side vouches for the public half as the recorder's seat.
pub struct RecorderKey {
    secret: Zeroizing<[u8; 32]>,
    public: PublicKey,
}

impl std::fmt::Debug for RecorderKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecorderKey(…)")
    }
}

/// Why bytes are no recorder's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an X25519 private key")]
pub struct NotAKey;

impl RecorderKey {
    /// The pair whose private half is `secret`: 32 bytes of fresh randomness, or what [`RecorderKey::to_bytes`] gave.
    pub fn from_bytes(secret: [u8; 32]) -> Result<Self, NotAKey> {
        let secret = Zeroizing::new(secret);
        let pair = PrivateKey::from_private_key(&X25519, secret.as_ref()).map_err(|_| NotAKey)?;
        let public = pair.compute_public_key().map_err(|_| NotAKey)?;
        let public = PublicKey(public.as_ref().try_into().map_err(|_| NotAKey)?);
        Ok(Self { secret, public })
    }

    /// The private half, to be kept where its owner alone can read it.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        self.secret.clone()
    }

    /// The public half: what terminals seal footage roots to.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.public
    }
}

/// For which group, epoch and Open statements a root is: an envelope opens for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The MLS group's id.
    pub group: [u8; 16],
    /// The MLS epoch.
    pub epoch: u64,
    /// SHA-256 of the hashes of the Open statements that stand, ascending.
    pub context: [u8; 32],
}

/// The footage root of one epoch, from which the senders' footage keys of that epoch follow. Wiped when dropped.
#[derive(Clone)]
pub struct Root(pub(crate) Zeroizing<[u8; 32]>);

impl Root {
    /// A root of known bytes, for tests and other implementations; the recorder's come out of envelopes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Whether it is made of these bytes, compared in constant time.
    #[must_use]
    pub fn is(&self, bytes: &[u8; 32]) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_ref(), bytes).is_ok()
    }
}

impl std::fmt::Debug for Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Root(…)")
    }
}

/// Why an envelope was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not [`ENVELOPE_BYTES`] long.
    #[error("an envelope has {ENVELOPE_BYTES} bytes")]
    Size,
    /// Sealed to another key or for another place, or changed on its way.
    #[error("the envelope is not for this recorder, group, epoch and footage")]
    NotOpened,
}

/// What a terminal hands to a recorder (docs/protocol.md, section 8, Footage): HPKE base mode (RFC 9180) with
/// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM.
pub struct Envelope;

impl Envelope {
    /// The root inside.
    pub fn open(key: &RecorderKey, place: &Place, bytes: &[u8]) -> Result<Root, EnvelopeError> {
        if bytes.len() != ENVELOPE_BYTES {
            return Err(EnvelopeError::Size);
        }
        let (encapsulated, sealed) = bytes.split_at(32);
        let mut info = Vec::with_capacity(103);
        info.extend_from_slice(b"visavis footage");
        info.extend_from_slice(&key.public.0);
        info.extend_from_slice(&place.group);
        info.extend_from_slice(&place.epoch.to_be_bytes());
        info.extend_from_slice(&place.context);
        let plain = DH_KEM_X25519_HKDF_SHA256_AES_256
            .open(
                &EncapsulatedSecret(encapsulated.to_vec()),
                &info,
                &[],
                sealed,
                &HpkePrivateKey::from(key.secret.to_vec()),
            )
            .map(Zeroizing::new)
            .map_err(|_| EnvelopeError::NotOpened)?;
        let root = plain.as_slice().try_into().map_err(|_| EnvelopeError::NotOpened)?;
        Ok(Root(Zeroizing::new(root)))
    }
}
