//! What every answer carries, and which hosts we answer for.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::{ApiError, Gate};

/// The policy of every page: own files only, nothing inline, no frame, no form.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
    img-src 'self' data: blob:; media-src 'self' blob: mediastream:; connect-src 'self'; worker-src 'self'; \
    manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What pages may use of a browser's devices: camera and microphone.
const DEVICES: &str =
    "camera=(self), microphone=(self), display-capture=(), geolocation=(), usb=(), serial=(), hid=(), payment=()";

const ALWAYS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// What every answer carries: the policy of its pages, what they may use of the browser's devices, and that nobody keeps a
/// copy unless the answer says otherwise.
pub(crate) fn harden(headers: &mut HeaderMap, policy: &'static str, devices: &'static str, secure: bool) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    let devices = HeaderValue::from_static(devices);
    headers.insert(HeaderName::from_static("permissions-policy"), devices);
    if secure {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    let unsaid = HeaderValue::from_static("no-store");
    headers.entry(header::CACHE_CONTROL).or_insert(unsaid);
}

/// The outermost layer: host, time, headers.
pub(super) async fn wrap(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/");
    let mut response = if is_ours(&gate, &request) {
        match tokio::time::timeout(gate.config().limits.request, next.run(request)).await {
            Ok(response) => response,
            Err(_) => ApiError::Slow.into_response(),
        }
    } else {
        ApiError::Misdirected.into_response()
    };
    let headers = response.headers_mut();
    if api {
        headers.remove(header::CACHE_CONTROL);
    }
    harden(headers, POLICY, DEVICES, gate.config().secure);
    response
}

/// The one `Host` of a request; none when there is none, or more.
pub(super) fn host(request: &HeaderMap) -> Option<&str> {
    let mut hosts = request.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        _ => None,
    }
}

fn is_ours(gate: &Gate, request: &Request) -> bool {
    let Some(host) = host(request.headers()) else {
        return false;
    };
    let hosts = &gate.config().hosts;
    hosts.is_empty() || hosts.iter().any(|ours| ours.eq_ignore_ascii_case(without_port(host)))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_cut_off_and_addresses_are_not() {
        for (host, name) in [
            ("a.example:443", "a.example"),
            ("a.example", "a.example"),
            ("[::1]:8443", "[::1]"),
            ("[::1]", "[::1]"),
            ("127.0.0.1:1", "127.0.0.1"),
            ("a:b", "a:b"),
        ] {
            assert_eq!(without_port(host), name);
        }
    }
}
