//! RFC 3161 time stamps: asks the authority that the side configured, and nobody else.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use c2pa::Context;
use c2pa::crypto::time_stamp::{default_rfc3161_message, default_rfc3161_request};
use c2pa::http::{HttpResolverError, SyncHttpResolver, http};
use rustls::crypto::aws_lc_rs;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

/// How long the authority may take.
const TIME_MAX: Duration = Duration::from_secs(30);
/// Longest answer. A time stamp with its certificates has some kilobytes.
const BYTES_MAX: u64 = 256 << 10;

/// Whether an address can be an authority's.
pub(crate) fn is_address(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    let known = matches!(scheme, Some("http" | "https"));
    known
        && url
            .parse::<http::Uri>()
            .is_ok_and(|uri| uri.host().is_some_and(|host| !host.is_empty()))
}

/// A time stamp of `message`, checked to be one of it; or in a few words why there is none.
pub(crate) fn ask(url: &str, message: &[u8]) -> Result<Vec<u8>, String> {
    let context = Context::new().with_resolver(Client::new());
    let request = default_rfc3161_message(message).map_err(|error| error.to_string())?;
    default_rfc3161_request(url, None, &request, message, &context).map_err(|error| error.to_string())
}

struct Client(ureq::Agent);

impl Client {
    fn new() -> Self {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::WebPki)
            .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
            .build();
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIME_MAX))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent("visavis")
            .tls_config(tls)
            .build();
        Self(config.into())
    }
}

impl SyncHttpResolver for Client {
    fn http_resolve(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Box<dyn Read>>, HttpResolverError> {
        let answer = self
            .0
            .run(request)
            .map_err(|error| HttpResolverError::Other(Box::new(error)))?;
        Ok(answer.map(|body| Box::new(body.into_reader().take(BYTES_MAX)) as Box<dyn Read>))
    }
}
