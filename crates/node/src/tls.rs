//! The side's own certificate authority, and TLS for its browsers.
//!
//! Off localhost no browser gives a camera to a page without TLS, and no public authority vouches for a name inside a
//! ministry. So `init` makes an authority for this node alone: it is constrained to the node's own names, hence whoever
//! trusts it gives it power over nothing else. Certificates are made in memory and renewed while the node runs. A side
//! that has certificates of its own uses those files instead.

use std::io::Write as _;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType,
};
use rustls::crypto::aws_lc_rs::{self as aws, kx_group};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::http::Clock;

/// The authority's certificate, for the browsers that are to trust it.
pub const CA_CERTIFICATE: &str = "ca.pem";
/// The authority's private key.
pub const CA_KEY: &str = "ca.key";
/// What the authority is called and which names it may vouch for.
pub const CA_NAMES: &str = "ca.toml";

const DAY_MS: i64 = 24 * 3_600_000;
/// How long the authority is good.
const CA_DAYS: i64 = 3_650;
/// How long a certificate of it is good, and after which time a running node makes another.
const LEAF_DAYS: i64 = 90;
const LEAF_FRESH_DAYS: i64 = 30;
/// Clocks of browsers may be behind by so much.
const BEFORE_DAYS: i64 = 2;
/// Most host names and addresses of a node.
pub const HOSTS_MAX: usize = 16;

/// Names that every authority may vouch for: the machine itself.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file holds something else.
    #[error("{path}: {what}")]
    Format {
        /// Which file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// A name that cannot stand in a certificate.
    #[error("{0:?} is neither a host name nor an address")]
    Host(String),
    /// No name, or too many.
    #[error("a node has 1 to {HOSTS_MAX} host names and addresses")]
    Hosts,
    /// There is an authority already; making another would make browsers that trust the first one turn away.
    #[error("{0}: there is an authority already")]
    Exists(PathBuf),
    /// The certificate library refused.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library refused.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// The side's own authority.
pub struct Authority {
    names: Names,
    certificate_pem: String,
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    authority: String,
    hosts: Vec<String>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}

impl Authority {
    /// Makes an authority for `hosts` (names and addresses, without port) and writes it into `folder`.
    ///
    /// # Errors
    /// [`TlsError::Exists`] when there is one, else what is wrong with the names or the disk.
    pub fn create(folder: &Path, side: &str, hosts: &[String], now_ms: i64) -> Result<Self, TlsError> {
        if hosts.is_empty() || hosts.len() > HOSTS_MAX {
            return Err(TlsError::Hosts);
        }
        for name in [CA_NAMES, CA_KEY, CA_CERTIFICATE] {
            if folder.join(name).exists() {
                return Err(TlsError::Exists(folder.join(name)));
            }
        }
        let names = Names {
            authority: format!("Visavis authority of {side}"),
            hosts: hosts.to_vec(),
        };
        let key = KeyPair::generate()?;
        let certificate = names.authority_params(now_ms)?.self_signed(&key)?;
        let text = toml::to_string(&names).map_err(|_| TlsError::Hosts)?;
        write(folder, CA_KEY, 0o600, &zeroize::Zeroizing::new(key.serialize_pem()))?;
        write(folder, CA_NAMES, 0o644, &text)?;
        write(folder, CA_CERTIFICATE, 0o644, &certificate.pem())?;
        Ok(Self {
            names,
            certificate_pem: certificate.pem(),
            certificate: certificate.der().clone(),
            key,
        })
    }

    /// Reads the authority from `folder`.
    ///
    /// # Errors
    /// What is wrong with its files.
    pub fn load(folder: &Path) -> Result<Self, TlsError> {
        let names_path = folder.join(CA_NAMES);
        let names: Names = toml::from_str(&read(&names_path)?).map_err(|_| TlsError::Format {
            path: names_path,
            what: "not an authority's names",
        })?;
        let certificate_path = folder.join(CA_CERTIFICATE);
        let certificate_pem = read(&certificate_path)?;
        let certificate = CertificateDer::from_pem_slice(certificate_pem.as_bytes()).map_err(|_| TlsError::Format {
            path: certificate_path,
            what: "not a certificate in PEM",
        })?;
        let key_path = folder.join(CA_KEY);
        let key = KeyPair::from_pem(&zeroize::Zeroizing::new(read(&key_path)?)).map_err(|_| TlsError::Format {
            path: key_path,
            what: "not a private key in PKCS#8 PEM",
        })?;
        Ok(Self {
            names,
            certificate_pem,
            certificate,
            key,
        })
    }

    /// The certificate in PEM, for the page that says how to trust it.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Names and addresses that it vouches for, those of the machine itself included.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        let own = self.names.hosts.iter().map(String::as_str);
        own.chain(
            LOCAL
                .into_iter()
                .filter(|local| !self.names.hosts.iter().any(|host| host == local)),
        )
        .map(str::to_owned)
        .collect()
    }

    /// TLS under certificates of this authority, renewed while it is used.
    ///
    /// # Errors
    /// What the libraries refuse.
    pub fn server_config(self, clock: Clock) -> Result<Arc<rustls::ServerConfig>, TlsError> {
        let now_ms = clock.utc_ms();
        let first = self.leaf(now_ms)?;
        let renewing = Renewing {
            authority: self,
            clock,
            current: RwLock::new((now_ms, first)),
        };
        Ok(Arc::new(finish(builder()?.with_cert_resolver(Arc::new(renewing)))))
    }

    fn leaf(&self, now_ms: i64) -> Result<Arc<CertifiedKey>, TlsError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.distinguished_name = common_name(self.names.hosts.first().map_or("visavis", String::as_str));
        params.subject_alt_names = self.hosts().iter().map(|host| san(host)).collect::<Result<_, _>>()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        span(&mut params, now_ms, LEAF_DAYS);
        let authority = self.names.authority_params(now_ms)?;
        let certificate = params.signed_by(&key, &Issuer::from_params(&authority, &self.key))?;
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let signer = aws::sign::any_supported_type(&key)?;
        Ok(Arc::new(CertifiedKey::new(
            vec![certificate.der().clone(), self.certificate.clone()],
            signer,
        )))
    }
}

impl Names {
    fn authority_params(&self, now_ms: i64) -> Result<CertificateParams, TlsError> {
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.distinguished_name = common_name(&self.authority);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let mut permitted = Vec::new();
        for host in self.hosts.iter().map(String::as_str).chain(LOCAL) {
            permitted.push(match san(host)? {
                SanType::IpAddress(address) => {
                    let bits = if address.is_ipv4() { 32 } else { 128 };
                    GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, bits))
                }
                _ => GeneralSubtree::DnsName(host.to_owned()),
            });
        }
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: permitted,
            excluded_subtrees: Vec::new(),
        });
        span(&mut params, now_ms, CA_DAYS);
        Ok(params)
    }
}

fn common_name(name: &str) -> DistinguishedName {
    let mut whole = DistinguishedName::new();
    whole.push(
        DnType::CommonName,
        name.chars().filter(|c| !c.is_control()).take(64).collect::<String>(),
    );
    whole
}

fn san(host: &str) -> Result<SanType, TlsError> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let wrong = || TlsError::Host(host.to_owned());
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if host.len() > 253 || !host.split('.').all(label) {
        return Err(wrong());
    }
    Ok(SanType::DnsName(host.to_owned().try_into().map_err(|_| wrong())?))
}

fn span(params: &mut CertificateParams, now_ms: i64, days: i64) {
    let day = |ms: i64| {
        // Whole days, so that a certificate does not tell when its node was started.
        let date = jiff::Timestamp::from_millisecond(ms)
            .unwrap_or_default()
            .to_zoned(jiff::tz::TimeZone::UTC)
            .date();
        let part = |value: i8| u8::try_from(value).unwrap_or(1);
        rcgen::date_time_ymd(date.year().into(), part(date.month()), part(date.day()))
    };
    params.not_before = day(now_ms - BEFORE_DAYS * DAY_MS);
    params.not_after = day(now_ms + days * DAY_MS);
}

/// Hands out a certificate and makes another before it grows old.
struct Renewing {
    authority: Authority,
    clock: Clock,
    current: RwLock<(i64, Arc<CertifiedKey>)>,
}

impl std::fmt::Debug for Renewing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Renewing")
    }
}

impl ResolvesServerCert for Renewing {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let now_ms = self.clock.utc_ms();
        let fresh_ms = LEAF_FRESH_DAYS * DAY_MS;
        let (made_ms, key) = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        if (now_ms - made_ms).abs() < fresh_ms {
            return Some(key);
        }
        match self.authority.leaf(now_ms) {
            Ok(next) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = (now_ms, next.clone());
                Some(next)
            }
            Err(error) => {
                tracing::error!(%error, "could not renew the certificate");
                Some(key)
            }
        }
    }
}

/// TLS under certificate files that somebody else renews; a renewed file counts from the node's next start.
///
/// # Errors
/// What is wrong with the files.
pub fn files(certificate: &Path, key: &Path) -> Result<Arc<rustls::ServerConfig>, TlsError> {
    let wrong = |path: &Path, what| TlsError::Format {
        path: path.to_owned(),
        what,
    };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(read(certificate)?.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| wrong(certificate, "not certificates in PEM"))?;
    if chain.is_empty() {
        return Err(wrong(certificate, "no certificate in it"));
    }
    let pem = zeroize::Zeroizing::new(read(key)?);
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| wrong(key, "not a private key in PEM"))?;
    Ok(Arc::new(finish(builder()?.with_single_cert(chain, key)?)))
}

/// The SHA-256 of the first certificate in `pem`, as browsers show it; none when there is no certificate.
#[must_use]
pub fn fingerprint(pem: &str) -> Option<String> {
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
    let bytes: Vec<String> = sha2::Sha256::digest(&certificate)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    Some(bytes.join(":"))
}

fn builder() -> Result<rustls::ConfigBuilder<rustls::ServerConfig, rustls::server::WantsServerCert>, TlsError> {
    let mut provider = aws::default_provider();
    // The hybrid first: what is said today may be kept by others until a large quantum computer exists.
    provider.kx_groups = vec![
        kx_group::X25519MLKEM768,
        kx_group::X25519,
        kx_group::SECP256R1,
        kx_group::SECP384R1,
    ];
    let builder = rustls::ServerConfig::builder_with_provider(Arc::new(provider));
    Ok(builder
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth())
}

fn finish(mut config: rustls::ServerConfig) -> rustls::ServerConfig {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.ignore_client_order = true;
    config
}

fn read(path: &Path) -> Result<String, TlsError> {
    std::fs::read_to_string(path).map_err(|source| TlsError::File {
        path: path.to_owned(),
        source,
    })
}

fn write(folder: &Path, name: &str, mode: u32, text: &str) -> Result<(), TlsError> {
    let path = folder.join(name);
    let mut options = std::fs::OpenOptions::new();
    let written = options
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
    written.map_err(|source| TlsError::File { path, source })
}
