//! Signs a film: a C2PA manifest with the call's facts, under a leaf of the side's own root.
//!
//! Each clip has a leaf of its own, whose key is made for one signature and thrown away. So nothing is renewed or kept, and
//! a clip without a time stamp is good for as long as the root.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use c2pa::{Builder, Context, SigningAlg};
use rcgen::{
    CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData as _,
    date_time_ymd,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use serde_json::json;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::root::{GOOD_YEARS, RootError, name, year};
use crate::{ClipError, seal, stamp};

/// The assertion with what the side says of the call (C2PA 2.2, 6.2: a label of one's own).
pub(crate) const CALL: &str = "org.visavis.call";
/// Room for the signature with its certificates, and for a time stamp with its own.
const SIGNATURE_BYTES: usize = 6 << 10;
const STAMP_BYTES: usize = 24 << 10;
/// Above this much of a film, C2PA's working copy is a temporary file.
const MEMORY_MB: usize = 64;
/// The parent's name within a manifest.
const PARENT: &str = "parent";

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

/// The assertion as it stands in the manifest.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct CallAssertion {
    /// Ids and hashes are lower hex, moments RFC 3339 in UTC.
    pub call: String,
    pub sides: Vec<String>,
    pub heads: Vec<String>,
    pub opened: String,
    pub closed: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortens: Option<String>,
}

/// Signs a side's clips under its own root.
pub struct Signer {
    side: String,
    root: CertificateDer<'static>,
    certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
    time_stamp_url: Option<String>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

/// The film to be signed.
pub(crate) struct Unsigned<'a> {
    pub film: &'a Path,
    pub facts: &'a Facts,
    /// Sides' pictures beside each other, hence composed.
    pub composed: bool,
    /// The clip of which this is a shorter whole.
    pub parent: Option<&'a Path>,
}

impl Signer {
    /// A signer under `certificate_pem` with its key (see [`crate::Root`]); `time_stamp_url` is the RFC 3161 authority that
    /// stamps each signature, if one is configured.
    ///
    /// # Errors
    /// [`RootError::Form`] when these are not a certificate and its key, or the address is not one of `http` or `https`.
    pub fn new(
        certificate_pem: &str,
        key_pem: &str,
        side: &str,
        time_stamp_url: Option<&str>,
    ) -> Result<Self, RootError> {
        let form = |what: String| RootError::Form(what);
        let root =
            CertificateDer::from_pem_slice(certificate_pem.as_bytes()).map_err(|error| form(error.to_string()))?;
        let key = KeyPair::from_pem(key_pem).map_err(|error| form(error.to_string()))?;
        let (_, parsed) = X509Certificate::from_der(&root).map_err(|error| form(error.to_string()))?;
        if *parsed.public_key().subject_public_key.data != *key.der_bytes() {
            return Err(form("the key is another certificate's".to_owned()));
        }
        let issuer = Issuer::from_ca_cert_der(&root, key).map_err(|error| form(error.to_string()))?;
        if let Some(url) = time_stamp_url
            && !stamp::is_address(url)
        {
            return Err(form(format!("{url}: not the address of a time stamp authority")));
        }
        Ok(Self {
            side: side.to_owned(),
            root,
            certificate_pem: certificate_pem.to_owned(),
            issuer,
            time_stamp_url: time_stamp_url.map(str::to_owned),
        })
    }

    /// The root, as checks of what was signed want it.
    pub(crate) fn root_pem(&self) -> &str {
        &self.certificate_pem
    }

    pub(crate) fn stamps(&self) -> bool {
        self.time_stamp_url.is_some()
    }

    fn leaf(&self) -> Result<Leaf<'_>, String> {
        let key = KeyPair::generate().map_err(|error| error.to_string())?;
        let mut params = CertificateParams::new(Vec::<String>::new()).map_err(|error| error.to_string())?;
        params.distinguished_name = name(&self.side, "clip");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        // RFC 9336, document signing; one of those that C2PA takes (C2PA 2.2, 14.5.1).
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 5, 5, 7, 3, 36])];
        params.use_authority_key_identifier_extension = true;
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        let year = year(i64::try_from(now.as_millis()).unwrap_or(0));
        params.not_before = date_time_ymd(year - 1, 1, 1);
        params.not_after = date_time_ymd(year + GOOD_YEARS, 1, 1);
        let certificate = params
            .signed_by(&key, &self.issuer)
            .map_err(|error| error.to_string())?;
        let pkcs8 = zeroize::Zeroizing::new(key.serialize_der());
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).map_err(|error| error.to_string())?;
        Ok(Leaf {
            key,
            chain: vec![certificate.der().to_vec(), self.root.to_vec()],
            url: self.time_stamp_url.as_deref(),
            unstamped: Mutex::new(None),
        })
    }

    /// Writes the signed film to `to`, which is made, mode 0600.
    pub(crate) fn sign(&self, unsigned: &Unsigned<'_>, to: &Path) -> Result<(), ClipError> {
        let failed = |error: c2pa::Error| match error {
            c2pa::Error::IoError(error) => ClipError::failed("signing")(error),
            error => ClipError::Failed(format!("signing: {error}")),
        };
        let leaf = self.leaf().map_err(ClipError::Failed)?;
        let mut source = File::open(unsigned.film).map_err(ClipError::failed("the film"))?;
        let mut builder = self.builder(unsigned).map_err(failed)?;
        if let Some(parent) = unsigned.parent {
            let mut film = File::open(parent).map_err(ClipError::failed("the longer clip"))?;
            let ingredient = json!({ "relationship": "parentOf", "label": PARENT, "instance_id": PARENT });
            builder
                .add_ingredient_from_stream(ingredient.to_string(), "video/mp4", &mut film)
                .map_err(failed)?;
        }
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(true).mode(0o600);
        let mut signed = options.open(to).map_err(ClipError::failed("the clip"))?;
        let done = builder.sign(&leaf, "video/mp4", &mut source, &mut signed);
        if let Some(why) = leaf.unstamped.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(ClipError::TimeStamp(why));
        }
        done.map_err(failed)?;
        seal::set(&mut signed, &leaf.key).map_err(ClipError::failed("the clip"))?;
        signed.sync_all().map_err(ClipError::failed("the clip"))
    }

    fn builder(&self, unsigned: &Unsigned<'_>) -> c2pa::Result<Builder> {
        let Unsigned { facts, .. } = unsigned;
        let settings = json!({
            "trust": { "user_anchors": self.certificate_pem },
            "core": { "backing_store_memory_threshold_in_mb": MEMORY_MB, "allowed_network_hosts": [] },
            "verify": { "remote_manifest_fetch": false, "ocsp_fetch": false },
            "builder": { "thumbnail": { "enabled": false } },
        });
        let kind = if unsigned.composed {
            "compositeCapture"
        } else {
            "digitalCapture"
        };
        let source = format!("http://cv.iptc.org/newscodes/digitalsourcetype/{kind}");
        let actions = match unsigned.parent {
            None => json!([{ "action": "c2pa.created", "digitalSourceType": source }]),
            Some(_) => json!([
                { "action": "c2pa.opened", "parameters": { "ingredientIds": [PARENT] } },
                { "action": "c2pa.edited", "description": "shortened to a part of itself" },
            ]),
        };
        let call = CallAssertion {
            call: hex::encode(facts.call),
            sides: facts.sides.to_vec(),
            heads: facts.head.iter().map(hex::encode).collect(),
            opened: moment(facts.opened),
            closed: moment(facts.closed),
            shortens: facts.parent.map(hex::encode),
        };
        let definition = json!({
            "claim_generator_info": [{ "name": "Visavis", "version": env!("CARGO_PKG_VERSION") }],
            "title": facts.title,
            "assertions": [
                { "label": "c2pa.actions.v2", "data": { "actions": actions } },
                { "label": CALL, "data": call, "created": true },
            ],
        });
        Builder::from_context(Context::new().with_settings(settings)?).with_definition(definition)
    }
}

fn moment(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap_or_default().to_string()
}

/// The leaf of one clip, with its key.
struct Leaf<'a> {
    key: EcdsaKeyPair,
    chain: Vec<Vec<u8>>,
    url: Option<&'a str>,
    /// Why there is no time stamp although there was to be one.
    unstamped: Mutex<Option<String>>,
}

impl c2pa::Signer for Leaf<'_> {
    fn sign(&self, data: &[u8]) -> c2pa::Result<Vec<u8>> {
        let signature = self.key.sign(&SystemRandom::new(), data);
        let signature = signature.map_err(|error| c2pa::Error::OtherError(Box::new(io::Error::other(error))))?;
        Ok(signature.as_ref().to_vec())
    }

    fn alg(&self) -> SigningAlg {
        SigningAlg::Es256
    }

    fn certs(&self) -> c2pa::Result<Vec<Vec<u8>>> {
        Ok(self.chain.clone())
    }

    fn reserve_size(&self) -> usize {
        SIGNATURE_BYTES + if self.url.is_some() { STAMP_BYTES } else { 0 }
    }

    fn send_timestamp_request(&self, message: &[u8]) -> Option<c2pa::Result<Vec<u8>>> {
        let stamped = stamp::ask(self.url?, message).map_err(|why| {
            *self.unstamped.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.clone());
            c2pa::Error::OtherError(Box::new(io::Error::other(why)))
        });
        Some(stamped)
    }
}
