//! Films and their posters: a file under the tag of its content, whole or in one part.

use std::path::Path;

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tower::ServiceExt as _;
use tower_http::services::ServeFile;

/// Which of a clip's two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Film {
    /// The film, MP4.
    Itself,
    /// Its poster, JPEG.
    Poster,
}

impl Film {
    /// The entity tag (RFC 9110, 8.8.3): the film's hash.
    fn tag(self, sha256: &str) -> String {
        match self {
            Self::Itself => format!("\"{sha256}\""),
            Self::Poster => format!("\"{sha256}-poster\""),
        }
    }

    fn kind(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Itself => "video/mp4",
            Self::Poster => "image/jpeg",
        })
    }

    /// Answers with the file, or one range of it (RFC 9110, 14.2); several are 416. None when it cannot be read. Nothing is
    /// told of its name or its age on this machine.
    pub(crate) async fn answer(self, path: &Path, sha256: &str, asked: &Parts) -> Option<Response> {
        let tag = self.tag(sha256);
        let mut plain = axum::http::Request::new(axum::body::Body::empty());
        *plain.method_mut() = asked.method.clone();
        let same = asked
            .headers
            .get(header::IF_RANGE)
            .is_none_or(|held| held.as_bytes() == tag.as_bytes());
        if let Some(range) = asked.headers.get(header::RANGE).filter(|_| same) {
            plain.headers_mut().insert(header::RANGE, range.clone());
        }
        let Ok(answered) = ServeFile::new(path).oneshot(plain).await;
        let mut response = answered.map(axum::body::Body::new);
        let status = response.status();
        if status == StatusCode::NOT_FOUND || status.is_server_error() {
            tracing::error!(sha256, "the file of a clip cannot be read");
            return None;
        }
        if holds(&asked.headers, &tag) {
            response = StatusCode::NOT_MODIFIED.into_response();
        } else if status == StatusCode::RANGE_NOT_SATISFIABLE {
            let length = response.headers_mut().remove(header::CONTENT_RANGE);
            response = status.into_response();
            if let Some(length) = length {
                response.headers_mut().insert(header::CONTENT_RANGE, length);
            }
            return Some(response);
        } else {
            response.headers_mut().insert(header::CONTENT_TYPE, self.kind());
            response.headers_mut().remove(header::LAST_MODIFIED);
        }
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        Some(response)
    }
}

/// Whether the reader holds what carries that tag.
pub(crate) fn holds(asked: &HeaderMap, tag: &str) -> bool {
    let held = asked.get(header::IF_NONE_MATCH).and_then(|held| held.to_str().ok());
    held.is_some_and(|held| held.split(',').any(|one| one.trim().trim_start_matches("W/") == tag))
}
