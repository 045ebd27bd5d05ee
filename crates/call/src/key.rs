//! Signing and checking with Ed25519 (RFC 8032), and the COSE_Sign1 (RFC 9052) in which everything signed travels.

use core::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::cbor::{Malformed, Reader, Writer};
use crate::ids::PublicKey;

/// Something that signs with one Ed25519 key: a key in memory, a token, a remote service.
pub trait Signer {
    /// The key that the signatures are checked with.
    fn key(&self) -> PublicKey;
    /// The Ed25519 signature over `message`.
    fn sign(&self, message: &[u8]) -> [u8; 64];
}

/// An Ed25519 key in memory, wiped when dropped. Where its 32 bytes come from is the caller's business.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key of this seed (RFC 8032, section 5.1.5). The seed must come from a good source of randomness.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }
}

impl Signer for SecretKey {
    fn key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

impl PublicKey {
    /// Whether `signature` is this key's over `message`; strict: neither small-order keys nor malleable signatures pass.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
    }
}

/// COSE tag of a COSE_Sign1.
const TAG_SIGN1: u64 = 18;
/// Length of the protected header: `{1: -8, 4: h'32 bytes'}`.
const PROTECTED_LEN: usize = 38;

fn protected(key: &PublicKey) -> Vec<u8> {
    let mut header = Writer::default();
    header.map(2).uint(1).nint(7).uint(4).bytes(&key.0);
    header.0
}

/// What is signed: the Sig_structure of RFC 9052, section 4.4, without external data.
fn to_sign(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = Writer::default();
    out.array(4)
        .text("Signature1")
        .bytes(protected)
        .bytes(&[])
        .bytes(payload);
    out.0
}

fn wrap(protected: &[u8], payload: &[u8], signature: &[u8; 64]) -> Vec<u8> {
    let mut out = Writer::default();
    out.tag(TAG_SIGN1)
        .array(4)
        .bytes(protected)
        .map(0)
        .bytes(payload)
        .bytes(signature);
    out.0
}

/// A tagged COSE_Sign1 over `payload`.
pub(crate) fn sign1(payload: &[u8], signer: &dyn Signer) -> Vec<u8> {
    let protected = protected(&signer.key());
    let signature = signer.sign(&to_sign(&protected, payload));
    wrap(&protected, payload, &signature)
}

/// The key and the payload of a COSE_Sign1 in the one form that [`sign1`] makes, its signature checked.
pub(crate) fn open1(bytes: &[u8], payload_max: usize) -> Result<(PublicKey, &[u8]), Malformed> {
    let mut outer = Reader::new(bytes);
    outer.tag(TAG_SIGN1)?;
    outer.array_exact(4)?;
    let header = outer.bytes(PROTECTED_LEN)?;
    outer.map(0)?;
    let payload = outer.bytes(payload_max)?;
    let signature: [u8; 64] = outer.array_of()?;
    outer.end()?;

    let mut inner = Reader::new(header);
    inner.map(2)?;
    inner.key(1)?;
    if inner.nint()? != 7 {
        return Err(Malformed::Unexpected);
    }
    inner.key(4)?;
    let key = PublicKey(inner.array_of()?);
    inner.end()?;

    // The reader has one form for everything already; comparing the bytes keeps that from resting on the reader alone.
    if protected(&key) != header || wrap(header, payload, &signature) != bytes {
        return Err(Malformed::Sloppy);
    }
    if !key.verifies(&to_sign(header, payload), &signature) {
        return Err(Malformed::Signature);
    }
    Ok((key, payload))
}
