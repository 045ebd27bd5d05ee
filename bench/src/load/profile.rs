//! Which SRTP profile was negotiated: str0m does not say, but asks its cryptography for that profile's ciphers alone.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use str0m::crypto::{
    CryptoProvider, SrtpProvider, SupportedAeadAes128Gcm, SupportedAeadAes256Gcm, SupportedAes128CmSha1_80,
    from_feature_flags,
};

static LAST: AtomicU8 = AtomicU8::new(0);
const NAMES: [&str; 4] = ["unknown", "AES128_CM_SHA1_80", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"];

#[derive(Debug)]
struct Noting(&'static dyn SrtpProvider);

fn note(profile: u8) {
    LAST.store(profile, Ordering::Relaxed);
}

impl SrtpProvider for Noting {
    fn aes_128_cm_sha1_80(&self) -> &'static dyn SupportedAes128CmSha1_80 {
        note(1);
        self.0.aes_128_cm_sha1_80()
    }

    fn aead_aes_128_gcm(&self) -> &'static dyn SupportedAeadAes128Gcm {
        note(2);
        self.0.aead_aes_128_gcm()
    }

    fn aead_aes_256_gcm(&self) -> &'static dyn SupportedAeadAes256Gcm {
        note(3);
        self.0.aead_aes_256_gcm()
    }

    fn srtp_aes_128_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        self.0.srtp_aes_128_ecb_round(key, input, output);
    }

    fn srtp_aes_256_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        self.0.srtp_aes_256_ecb_round(key, input, output);
    }
}

/// The usual cryptography, which notes the profile on the way.
#[must_use]
pub fn noting() -> Arc<CryptoProvider> {
    static USUAL: OnceLock<CryptoProvider> = OnceLock::new();
    static NOTING: OnceLock<Noting> = OnceLock::new();
    let usual = USUAL.get_or_init(from_feature_flags);
    Arc::new(CryptoProvider {
        srtp_provider: NOTING.get_or_init(|| Noting(usual.srtp_provider)),
        ..usual.clone()
    })
}

/// The profile of the load's connection that got its keys last.
#[must_use]
pub fn last() -> &'static str {
    NAMES[usize::from(LAST.load(Ordering::Relaxed))]
}
