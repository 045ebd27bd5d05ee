//! The public port: the edition's pages, its feed, the files of released clips. It has no state but the edition and asks
//! nothing of the rest of the node, so that nothing else can be reached through it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use press::Answer;
use sha2::{Digest as _, Sha256};

use super::Press;
use crate::http::{Clock, Film, Limits, Pace, Peer, Tries, harden, holds};

/// Own files only: no script, no form, no frame, nothing inline.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; media-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// No page here uses any of the browser's devices.
const DEVICES: &str =
    "camera=(), microphone=(), display-capture=(), geolocation=(), usb=(), serial=(), hid=(), payment=()";

/// A minute: a correction or a withdrawal is everywhere after it.
const SHORT: &str = "public, max-age=60";
/// For what never changes under its name.
const LONG: &str = "public, max-age=604800, immutable";

/// Requests of one address. Those of a proxy on this machine are not counted: they are everybody's.
const PACE: Pace = Pace {
    burst: 200,
    per_second: 20,
};

/// Bounds of the public port: strangers knock here. A connection and the film that it takes are two open files, and the
/// line needs some of those that the system gives a process (1,024 where nobody raised it).
pub(crate) fn limits(listen: SocketAddr) -> Limits {
    let connections = 256;
    Limits {
        connections,
        connections_per_address: if listen.ip().is_loopback() { connections } else { 32 },
        head: Duration::from_secs(10),
        request: Duration::from_secs(10),
        ..Limits::default()
    }
}

#[derive(Clone)]
struct Public {
    press: Press,
    clock: Clock,
    tries: Arc<Mutex<Tries>>,
    secure: bool,
    request: Duration,
}

/// The public port's router: one answer for every path.
pub(crate) fn router(press: Press, clock: Clock, secure: bool, limits: &Limits) -> Router {
    let public = Public {
        press,
        clock,
        tries: Arc::new(Mutex::new(Tries::new(PACE))),
        secure,
        request: limits.request,
    };
    Router::new()
        .fallback(any)
        .with_state(public.clone())
        .layer(middleware::from_fn_with_state(public, wrap))
}

async fn wrap(State(public): State<Public>, request: Request, next: Next) -> Response {
    let mut response = if public.is_too_fast(&request) {
        (
            StatusCode::TOO_MANY_REQUESTS,
            [(header::RETRY_AFTER, "5")],
            "too many\n",
        )
            .into_response()
    } else {
        match tokio::time::timeout(public.request, next.run(request)).await {
            Ok(response) => response,
            Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
        }
    };
    harden(response.headers_mut(), POLICY, DEVICES, public.secure);
    response
}

impl Public {
    fn is_too_fast(&self, request: &Request) -> bool {
        let Some(Peer(peer)) = request.extensions().get::<Peer>() else {
            return false;
        };
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        !peer.ip().to_canonical().is_loopback() && !tries.take(peer.ip(), self.clock.elapsed_ms())
    }
}

async fn any(State(public): State<Public>, request: Request) -> Response {
    // What a reader brings along in a body is not read.
    let (asked, _) = request.into_parts();
    if asked.method != Method::GET && asked.method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let headers = &asked.headers;
    let accept = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    let edition = public.press.edition();
    let answer = press::answer(&edition, asked.uri.path(), accept.unwrap_or(""), public.clock.utc_ms());
    match answer {
        Answer::Page { language, html } => text(headers, "text/html; charset=utf-8", Some(language), html),
        Answer::Feed { language, xml } => text(headers, press::FEED_TYPE, Some(language), xml),
        Answer::Style => text(
            headers,
            "text/css; charset=utf-8",
            None,
            press::STYLE_AND_FONTS.to_owned(),
        ),
        Answer::Font(name) => font(&name),
        Answer::Elsewhere(path) => (
            StatusCode::FOUND,
            [
                (header::LOCATION, path.as_str()),
                (header::VARY, "Accept-Language"),
                (header::CACHE_CONTROL, SHORT),
            ],
        )
            .into_response(),
        Answer::Clip(sha256) => file(&public.press, &sha256, Film::Itself, &asked).await,
        Answer::Poster(sha256) => file(&public.press, &sha256, Film::Poster, &asked).await,
        Answer::Nothing => nothing(),
    }
}

/// The one answer of everything that is not there.
fn nothing() -> Response {
    (
        StatusCode::NOT_FOUND,
        [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
        press::NOTHING,
    )
        .into_response()
}

fn text(asked: &HeaderMap, kind: &'static str, language: Option<press::Language>, body: String) -> Response {
    let tag = format!("\"{}\"", &hex::encode(Sha256::digest(body.as_bytes()))[..32]);
    let mut response = if holds(asked, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, kind)], body).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(SHORT));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if let Some(language) = language {
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    }
    response
}

/// A font of the bundle, whose file's name carries a hash behind the name that the style uses.
fn font(name: &str) -> Response {
    let hashed = |file: &&String| {
        let rest = file.strip_prefix("assets/").and_then(|file| file.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with('-') && rest.ends_with(".woff2"))
    };
    let names = webui::names();
    match names.iter().find(hashed).and_then(|file| webui::asset(file)) {
        Some(asset) => (
            [(header::CONTENT_TYPE, asset.mime), (header::CACHE_CONTROL, LONG)],
            asset.bytes.into_owned(),
        )
            .into_response(),
        None => nothing(),
    }
}

/// A released clip or its poster, whole or in part. A file that cannot be read is not there.
async fn file(press: &Press, sha256: &press::Sha256Hex, film: Film, asked: &Parts) -> Response {
    let clips = press.clips();
    let clip = clips.iter().find(|clip| clip.view.sha256 == *sha256);
    let path = match film {
        Film::Itself => clip.map(|clip| &clip.path),
        Film::Poster => clip.and_then(|clip| clip.poster.as_ref()),
    };
    let Some(path) = path else { return nothing() };
    let Some(mut response) = film.answer(path, sha256.as_str(), asked).await else {
        return nothing();
    };
    if response.status() != StatusCode::RANGE_NOT_SATISFIABLE {
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static(SHORT));
    }
    response
}
