//! The seal: a signature by a clip's leaf over every byte before it.
//!
//! C2PA leaves things open: some boxes at the top of a file, what a reader of its manifest skips, the padding beside the
//! signature. Players do not look there, but "unchanged" is to mean unchanged. So a clip ends with a `skip` box that every
//! reader passes over, and whoever checks one of ours asks for it.
//!
//! The box: length (88), `skip`, 16 bytes [`MARK`], and an ECDSA signature (P-256, SHA-256, 64 bytes, `r` and `s`) over
//! [`MARK`] and the SHA-256 of the file up to the box.

use std::io::{self, Read, Seek, SeekFrom, Write};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, EcdsaKeyPair, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

/// What says that a box is a seal, and what the signature is for.
const MARK: &[u8; 16] = b"visavis seal 1\0\0";
const HEAD: &[u8; 8] = b"\0\0\0\x58skip";
const SIGNATURE_BYTES: usize = 64;
const BYTES: u64 = 88;

/// What is signed: the mark, and the hash of the first `bytes` of a file.
fn message(file: &mut (impl Read + Seek), bytes: u64) -> io::Result<Vec<u8>> {
    file.rewind()?;
    let (mut left, mut hash, mut piece) = (file.take(bytes), Sha256::new(), vec![0; 1 << 18]);
    loop {
        let read = left.read(&mut piece)?;
        if read == 0 {
            break;
        }
        hash.update(piece.get(..read).unwrap_or_default());
    }
    let mut message = MARK.to_vec();
    message.extend_from_slice(&hash.finalize());
    Ok(message)
}

/// Seals a file with the leaf's key.
pub(crate) fn set(file: &mut (impl Read + Write + Seek), key: &EcdsaKeyPair) -> io::Result<()> {
    let end = file.seek(SeekFrom::End(0))?;
    let message = message(file, end)?;
    let signature = key.sign(&SystemRandom::new(), &message).map_err(io::Error::other)?;
    file.seek(SeekFrom::End(0))?;
    file.write_all(HEAD)?;
    file.write_all(MARK)?;
    file.write_all(signature.as_ref())
}

/// Whether a file ends with a seal by the leaf with this public key (an uncompressed point), and is what was sealed.
pub(crate) fn holds(file: &mut (impl Read + Seek), point: &[u8]) -> io::Result<bool> {
    let end = file.seek(SeekFrom::End(0))?;
    let Some(sealed) = end.checked_sub(BYTES) else {
        return Ok(false);
    };
    file.seek(SeekFrom::Start(sealed))?;
    let (mut head, mut mark, mut signature) = ([0; 8], [0; 16], [0; SIGNATURE_BYTES]);
    file.read_exact(&mut head)?;
    file.read_exact(&mut mark)?;
    file.read_exact(&mut signature)?;
    if head != *HEAD || mark != *MARK {
        return Ok(false);
    }
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    Ok(key.verify(&message(file, sealed)?, &signature).is_ok())
}
