//! Answers that are no success, and the strict reader of request bodies.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use crate::api::{self, ErrorBody, RefusalBody};

/// Why a request got no success. Its JSON carries a code that the browser translates, never a sentence of ours.
#[derive(Clone, PartialEq, Eq)]
pub enum ApiError {
    /// 400: not the JSON that the route takes.
    Malformed,
    /// 400: a challenge that is not open any more; asking for another helps.
    Stale,
    /// 401: no session, or its proof does not hold. Which, is not said.
    Unproven,
    /// 403: the session's role may not do this.
    Role,
    /// 403: a sign-in or an enrolment was refused; the code says which.
    Forbidden(&'static str),
    /// 404: does not exist, or may not be known to exist.
    NotFound,
    /// 405: the path exists, the method does not.
    Method,
    /// 408: the request took too long to arrive.
    Slow,
    /// 409: a rule said no.
    Refusal(RefusalBody),
    /// 413: the body is larger than [`api::BODY_BYTES_MAX`].
    TooLarge,
    /// 415: the body is not said to be JSON.
    MediaType,
    /// 421: the request names a host that this node does not answer for.
    Misdirected,
    /// 429: too many tries from one place.
    TooMany,
    /// 500: a defect of ours.
    Internal,
    /// 503: the node cannot do it at this moment; the code says why.
    Unavailable(&'static str),
}

impl ApiError {
    /// The status and the code that stand for it.
    #[must_use]
    pub fn parts(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, "malformed"),
            Self::Stale => (StatusCode::BAD_REQUEST, "challenge_late"),
            Self::Unproven => (StatusCode::UNAUTHORIZED, "unproven"),
            Self::Role => (StatusCode::FORBIDDEN, "role"),
            Self::Forbidden(code) => (StatusCode::FORBIDDEN, code),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method"),
            Self::Slow => (StatusCode::REQUEST_TIMEOUT, "slow"),
            Self::Refusal(_) => (StatusCode::CONFLICT, "refusal"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type"),
            Self::Misdirected => (StatusCode::MISDIRECTED_REQUEST, "misdirected"),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, "too_many"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            Self::Unavailable(code) => (StatusCode::SERVICE_UNAVAILABLE, code),
        }
    }
}

impl std::fmt::Debug for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (status, code) = self.parts();
        write!(f, "{} {code}", status.as_u16())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code) = self.parts();
        match self {
            Self::Refusal(body) => (status, Json(body)).into_response(),
            Self::TooMany => (status, [(header::RETRY_AFTER, "5")], error_body(code)).into_response(),
            _ => (status, error_body(code)).into_response(),
        }
    }
}

fn error_body(code: &str) -> Json<ErrorBody> {
    Json(ErrorBody { error: code.to_owned() })
}

impl From<store::StoreError> for ApiError {
    fn from(error: store::StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        match error {
            store::StoreError::Full => Self::Unavailable("store_full"),
            _ => Self::Unavailable("store_failed"),
        }
    }
}

impl From<getrandom::Error> for ApiError {
    fn from(_: getrandom::Error) -> Self {
        tracing::error!("the system gives no randomness");
        Self::Unavailable("no_entropy")
    }
}

/// The body of a request as JSON, read by [`api::parse`]: 415 when it is not said to be JSON, 413 when it is too
/// large, 400 when it is anything but exactly a `T`.
#[derive(Clone, Copy, Debug)]
pub struct Strict<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Strict<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        if !says_json(&request) {
            return Err(ApiError::MediaType);
        }
        let bytes = whole_body(request.into_body()).await?;
        api::parse(&bytes).map(Self).map_err(|_| ApiError::Malformed)
    }
}

fn says_json(request: &Request) -> bool {
    let mut said = request.headers().get_all(header::CONTENT_TYPE).iter();
    let (Some(kind), None) = (said.next(), said.next()) else {
        return false;
    };
    let Ok(kind) = kind.to_str() else { return false };
    let (kind, charset) = kind.split_once(';').unwrap_or((kind, ""));
    let charset = charset.trim().to_ascii_lowercase();
    kind.trim().eq_ignore_ascii_case("application/json") && matches!(charset.as_str(), "" | "charset=utf-8")
}

/// Reads a body within its bound.
pub(crate) async fn whole_body(body: axum::body::Body) -> Result<Bytes, ApiError> {
    use futures_util::StreamExt as _;
    let mut whole = bytes::BytesMut::new();
    let mut parts = body.into_data_stream();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| ApiError::Malformed)?;
        if whole.len() + part.len() > api::BODY_BYTES_MAX {
            return Err(ApiError::TooLarge);
        }
        whole.extend_from_slice(&part);
    }
    Ok(whole.freeze())
}
