//! The files of the terminal, as `webui` carries them.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

/// For a file whose name carries a hash of its content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// For a file that may change: kept, but asked for again each time.
const ASK_AGAIN: &str = "no-cache";

/// The addresses that the terminal's one page answers for. Whether there is such a seat is not said here.
pub(super) fn router() -> Router {
    Router::new()
        .route("/desk/{seat}", get(index))
        .route("/terminal/{seat}", get(index))
        .route("/enrol", get(index))
        .route("/assets/{*path}", get(asset))
}

async fn index(headers: HeaderMap) -> Response {
    file(webui::index(), &headers)
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    match webui::asset(&format!("assets/{path}")) {
        Some(asset) => file(asset, &headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Everything else: a file at the bundle's root, or nothing.
pub(super) async fn other(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let name = uri.path().trim_start_matches('/');
    match webui::asset(name) {
        Some(asset) if name != "index.html" => file(asset, &headers),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn file(asset: webui::Asset, headers: &HeaderMap) -> Response {
    let caching = HeaderValue::from_static(if asset.immutable { FOR_EVER } else { ASK_AGAIN });
    let Ok(tag) = HeaderValue::from_str(&asset.etag) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let held = headers.get(header::IF_NONE_MATCH).and_then(|held| held.to_str().ok());
    let kept = held.is_some_and(|held| {
        held.split(',')
            .any(|one| one.trim().trim_start_matches("W/") == asset.etag)
    });
    if kept {
        return (
            StatusCode::NOT_MODIFIED,
            [(header::CACHE_CONTROL, caching), (header::ETAG, tag)],
        )
            .into_response();
    }
    let kind = HeaderValue::from_static(asset.mime);
    let known = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, caching),
        (header::ETAG, tag),
    ];
    (known, asset.bytes.into_owned()).into_response()
}
