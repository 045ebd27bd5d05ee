//! The keys at both ends: raw Ed25519 public keys (RFC 7250) in TLS 1.3, pinned both ways, and one hybrid key exchange.
//!
//! No certificates, no names, no tickets. X25519MLKEM768 is the only group, so a line recorded today stays closed to
//! whoever has a quantum computer later. A key that is not pinned fails the handshake.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aws_lc_rs::hmac;
use call::{PublicKey, SecretKey, Signer};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::rustls;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::aws_lc_rs as provider;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use rustls::sign::CertifiedKey;
use rustls::version::TLS13;
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible, SignatureScheme};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The application protocol of TLS. Versions are told in the prelude, where a difference can be explained.
pub(super) const ALPN: &[u8] = b"visavis-link";
/// TLS wants a name; none is checked or sent.
pub(super) const NAME: &str = "line.invalid";

/// What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410, section 4).
const SPKI_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// What stands before the 32 bytes of an Ed25519 seed in PKCS#8 (RFC 8410, section 7).
const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// A side's link key: it proves to the far node that this is the node it pinned. It signs nothing else.
#[derive(Clone)]
pub struct LinkKey {
    seed: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkKey(..)")
    }
}

impl LinkKey {
    /// The key of a 32-byte Ed25519 seed (RFC 8032, section 5.1.5).
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self {
            seed: Zeroizing::new(seed),
        }
    }

    /// What the far side pins.
    pub fn public(&self) -> PublicKey {
        SecretKey::from_seed(&self.seed).key()
    }

    /// The key that marks resets of connections that a node does not know any more: the same after a restart, so that
    /// the far node learns at once that its connection is gone (RFC 9000, section 10.3).
    pub(super) fn reset_key(&self) -> Arc<dyn quinn_proto::crypto::HmacKey> {
        let mut hash = Sha256::new();
        hash.update(b"visavis link reset");
        hash.update(self.seed.as_slice());
        Arc::new(ResetKey(hmac::Key::new(hmac::HMAC_SHA256, &hash.finalize())))
    }

    fn certified(&self) -> Result<Arc<CertifiedKey>, Error> {
        let mut pkcs8 = Zeroizing::new(PKCS8_HEAD.to_vec());
        pkcs8.extend_from_slice(self.seed.as_slice());
        let key = provider::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(pkcs8.as_slice()))?;
        Ok(Arc::new(CertifiedKey::new(vec![spki(&self.public())], key)))
    }
}

struct ResetKey(hmac::Key);

impl quinn_proto::crypto::HmacKey for ResetKey {
    fn sign(&self, data: &[u8], signature_out: &mut [u8]) {
        let tag = hmac::sign(&self.0, data);
        for (out, byte) in signature_out.iter_mut().zip(tag.as_ref()) {
            *out = *byte;
        }
    }

    fn signature_len(&self) -> usize {
        32
    }

    fn verify(&self, data: &[u8], signature: &[u8]) -> Result<(), quinn_proto::crypto::CryptoError> {
        hmac::verify(&self.0, data, signature).map_err(|_| quinn_proto::crypto::CryptoError)
    }
}

/// The key as RFC 7250 sends it in place of a certificate.
fn spki(key: &PublicKey) -> CertificateDer<'static> {
    let mut bytes = SPKI_HEAD.to_vec();
    bytes.extend_from_slice(key.as_bytes());
    CertificateDer::from(bytes)
}

fn from_spki(bytes: &[u8]) -> Option<PublicKey> {
    let key = bytes.strip_prefix(&SPKI_HEAD)?;
    <[u8; 32]>::try_from(key).ok().map(PublicKey)
}

/// The key that the far end of a finished handshake proved to have.
pub(super) fn far_key(connection: &quinn::Connection) -> Option<PublicKey> {
    let identity = connection
        .peer_identity()?
        .downcast::<Vec<CertificateDer<'static>>>()
        .ok()?;
    match identity.as_slice() {
        [one] => from_spki(one),
        _ => None,
    }
}

fn crypto() -> Arc<CryptoProvider> {
    let mut crypto = provider::default_provider();
    crypto.kx_groups = vec![provider::kx_group::X25519MLKEM768];
    Arc::new(crypto)
}

/// Accepts the pinned keys and nothing else. A dialler pins one, a listener the keys of all its lines.
#[derive(Debug)]
struct Pins {
    keys: Arc<RwLock<BTreeSet<PublicKey>>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Pins {
    fn new(keys: Arc<RwLock<BTreeSet<PublicKey>>>, crypto: &CryptoProvider) -> Self {
        Self {
            keys,
            algorithms: crypto.signature_verification_algorithms,
        }
    }

    fn check(&self, end_entity: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> Result<(), Error> {
        let key = from_spki(end_entity).ok_or(CertificateError::BadEncoding)?;
        let pinned = self.keys.read().unwrap_or_else(PoisonError::into_inner).contains(&key);
        if !pinned || !others.is_empty() {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(())
    }

    fn signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let spki = SubjectPublicKeyInfoDer::from(key.as_ref());
        verify_tls13_signature_with_raw_key(message, &spki, signed, &self.algorithms)
    }
}

fn no_tls12() -> Error {
    PeerIncompatible::Tls12NotOffered.into()
}

impl ServerCertVerifier for Pins {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(end_entity, intermediates)
            .map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(no_tls12())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for Pins {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(end_entity, intermediates)
            .map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(no_tls12())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

/// TLS for a dialler that wants this one key at the far end.
pub(super) fn client(key: &LinkKey, far: PublicKey) -> Result<Arc<QuicClientConfig>, Error> {
    let crypto = crypto();
    let pins = Pins::new(Arc::new(RwLock::new(BTreeSet::from([far]))), &crypto);
    let mut tls = rustls::ClientConfig::builder_with_provider(crypto)
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pins))
        .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(key.certified()?)));
    tls.alpn_protocols = vec![ALPN.to_vec()];
    tls.resumption = Resumption::disabled();
    tls.enable_sni = false;
    let quic = QuicClientConfig::try_from(tls).map_err(|error| Error::General(error.to_string()))?;
    Ok(Arc::new(quic))
}

/// TLS for a listener that accepts the keys of all its lines; `pins` may change while it runs.
pub(super) fn server(key: &LinkKey, pins: Arc<RwLock<BTreeSet<PublicKey>>>) -> Result<Arc<QuicServerConfig>, Error> {
    let crypto = crypto();
    let pins = Pins::new(pins, &crypto);
    let mut tls = rustls::ServerConfig::builder_with_provider(crypto)
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(Arc::new(pins))
        .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(key.certified()?)));
    tls.alpn_protocols = vec![ALPN.to_vec()];
    tls.session_storage = Arc::new(NoServerSessionStorage {});
    tls.send_tls13_tickets = 0;
    let quic = QuicServerConfig::try_from(tls).map_err(|error| Error::General(error.to_string()))?;
    Ok(Arc::new(quic))
}

/// QUIC's own settings of one connection, with its congestion control.
pub(super) fn transport(control: crate::congestion::Shared) -> Arc<quinn::TransportConfig> {
    let mut transport = quinn::TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(1u8.into())
        .max_concurrent_uni_streams(0u8.into())
        .max_idle_timeout(Some(quinn::VarInt::from_u32(super::IDLE_MS).into()))
        .keep_alive_interval(Some(Duration::from_millis(super::KEEP_ALIVE_MS)))
        .stream_receive_window(super::STREAM_WINDOW.into())
        .receive_window(super::STREAM_WINDOW.into())
        .send_window(u64::from(super::STREAM_WINDOW))
        .datagram_send_buffer_size(super::DATAGRAM_SEND_BYTES)
        .datagram_receive_buffer_size(Some(super::DATAGRAM_RECEIVE_BYTES))
        .initial_rtt(Duration::from_millis(150))
        .allow_spin(false)
        .congestion_controller_factory(Arc::new(control));
    Arc::new(transport)
}
