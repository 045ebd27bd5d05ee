//! Who is there: enrolment, sign-in by key, and the proof that every request carries.
//!
//! Driven by the routes. A seat is its Ed25519 key, made in the browser and not extractable; the cookie only finds the
//! session. It never holds a password, and nothing that can be read off a screen, copied or replayed admits anybody.

mod challenge;
mod session;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use ed25519_dalek::VerifyingKey;
use sha2::{Digest as _, Sha256};

pub use challenge::{ANSWERED_MAX, CHALLENGE_MS, Challenges};
pub use session::{AGE_MS, COUNTER_MAX, IDLE_MS, PER_SEAT_MAX, SESSIONS_MAX, Session, Sessions, WINDOW, Window};

use crate::api::{
    ChallengeAnswer, ChallengeRequest, EmptyRequest, EnrolAnswer, EnrolRequest, Me, SeatView, SigninAnswer,
    SigninRequest,
};
use crate::http::{ApiError, Gate, Peer, Plain, Seat, Strict, whole_body};

/// Most bytes of an enrolment token.
pub const TOKEN_BYTES_MAX: usize = 128;

/// Whether `signature` (hex) is `key`'s over `message`. Strict: one signature has one form, weak keys have none.
#[must_use]
pub fn holds(key: &[u8; 32], message: &[u8], signature: &str) -> bool {
    let Some(signature) = unhex::<64>(signature) else {
        return false;
    };
    let Ok(key) = VerifyingKey::from_bytes(key) else {
        return false;
    };
    key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&signature))
        .is_ok()
}

/// Exactly `N` bytes in lower-case hex.
fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || text.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

/// A stored seat as requests carry it; none when it has no key or a role that this version does not know.
fn seat_of(stored: store::Seat) -> Option<Seat> {
    Some(Seat {
        role: stored.role.parse().ok()?,
        key: stored.key?.0,
        id: stored.id,
        name: stored.name,
        place: stored.place,
    })
}

pub(crate) async fn enrol(
    State(gate): State<Gate>,
    Extension(peer): Extension<Peer>,
    Strict(asked): Strict<EnrolRequest>,
) -> Result<Json<EnrolAnswer>, ApiError> {
    gate.take_try(peer)?;
    if asked.token.is_empty() || asked.token.len() > TOKEN_BYTES_MAX {
        return Err(ApiError::Forbidden("enrol_unknown"));
    }
    let key: [u8; 32] = unhex(&asked.key).ok_or(ApiError::Malformed)?;
    // The key must be held by whoever brings it, or a token could be spent on a key that nobody can use.
    if !holds(
        &key,
        format!("visavis enrol\n{}", asked.token).as_bytes(),
        &asked.signature,
    ) {
        return Err(ApiError::Forbidden("enrol_signature"));
    }
    let token = store::Id::of(asked.token.as_bytes());
    let now_ms = gate.config().clock.utc_ms();
    let code = match gate.config().store.enrol(token, store::Id(key), now_ms).await? {
        store::Enrol::Done(stored) => {
            let seat = seat_of(stored).ok_or(ApiError::Internal)?;
            tracing::info!(seat = %seat.id, role = %seat.role, name = %Plain(&seat.name), "a seat was enrolled");
            return Ok(Json(EnrolAnswer {
                side: gate.config().side.clone(),
                seat: seat.view(),
            }));
        }
        store::Enrol::Used => "enrol_used",
        store::Enrol::Late => "enrol_late",
        store::Enrol::Unknown => "enrol_unknown",
    };
    tracing::warn!(peer = %peer.0, code, "an enrolment was refused");
    Err(ApiError::Forbidden(code))
}

pub(crate) async fn challenge(
    State(gate): State<Gate>,
    Extension(peer): Extension<Peer>,
    Strict(asked): Strict<ChallengeRequest>,
) -> Result<Json<ChallengeAnswer>, ApiError> {
    gate.take_try(peer)?;
    let mut random = [0; 8];
    getrandom::fill(&mut random)?;
    let now_ms = gate.config().clock.elapsed_ms();
    let challenge = gate.challenges().issue(&asked.seat, random, now_ms);
    Ok(Json(ChallengeAnswer {
        challenge: hex::encode(challenge),
    }))
}

pub(crate) async fn signin(
    State(gate): State<Gate>,
    Extension(peer): Extension<Peer>,
    Strict(asked): Strict<SigninRequest>,
) -> Result<Response, ApiError> {
    gate.take_try(peer)?;
    let now_ms = gate.config().clock.elapsed_ms();
    let challenge: [u8; 32] = unhex(&asked.challenge).ok_or(ApiError::Malformed)?;
    // A challenge of the node's last run, or an old one, is no refusal: the terminal asks for another.
    if !gate.challenges().is_open(&asked.seat, &challenge, now_ms) {
        return Err(ApiError::Stale);
    }
    let found = match asked.seat.parse() {
        Ok(id) => gate.config().store.seat(&id).await?.and_then(seat_of),
        Err(_) => None,
    };
    let message = format!("visavis signin\n{}\n{}", gate.config().side.id, asked.challenge);
    // A seat that does not exist costs the same work as one that does.
    let key = found.as_ref().map_or(NOBODY, |seat| seat.key);
    let held = holds(&key, message.as_bytes(), &asked.signature);
    let Some(seat) = found.filter(|_| held) else {
        tracing::warn!(peer = %peer.0, seat = %Plain(&asked.seat), "a sign-in was refused");
        return Err(ApiError::Forbidden("signin_refused"));
    };
    let mut cookie = [0; 32];
    let mut name = [0; 16];
    getrandom::fill(&mut cookie)?;
    getrandom::fill(&mut name)?;
    let cookie = hex::encode(cookie);
    let closed = gate.challenges().close(&challenge, now_ms);
    if !closed
        || !gate
            .sessions()
            .open(digest(cookie.as_bytes()), name, seat.id.clone(), seat.key, now_ms)
    {
        return Err(ApiError::TooMany);
    }
    let secure = if gate.config().secure { "; Secure" } else { "" };
    let set = format!(
        "{}={cookie}; Path=/api; HttpOnly; SameSite=Strict; Max-Age={}{secure}",
        gate.cookie_name(seat.id.as_str()),
        AGE_MS / 1_000,
    );
    let set = HeaderValue::try_from(set).map_err(|_| ApiError::Internal)?;
    let body = SigninAnswer {
        session: hex::encode(name),
        me: gate.me(seat.view()),
    };
    Ok(([(header::SET_COOKIE, set)], Json(body)).into_response())
}

/// Stands in for the key of a seat that does not exist (the curve's base point). What it signs is refused all the same.
const NOBODY: [u8; 32] = [
    0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
];

pub(crate) async fn signout(
    State(gate): State<Gate>,
    seat: Seat,
    headers: HeaderMap,
    Strict(EmptyRequest {}): Strict<EmptyRequest>,
) -> Result<Json<EmptyRequest>, ApiError> {
    let cookie = cookie(&gate, &headers, seat.id.as_str()).ok_or(ApiError::Unproven)?;
    gate.sessions().close(&digest(cookie.as_bytes()));
    Ok(Json(EmptyRequest {}))
}

pub(crate) async fn me(State(gate): State<Gate>, seat: Seat) -> Json<Me> {
    Json(gate.me(seat.view()))
}

pub(crate) async fn seats(State(gate): State<Gate>) -> Result<Json<Vec<SeatView>>, ApiError> {
    let seats = gate.config().store.seats().await?;
    let view = |seat: store::Seat| {
        let role = seat.role.parse().ok()?;
        Some(SeatView {
            id: seat.id.to_string(),
            name: seat.name,
            role,
            place: seat.place,
        })
    };
    Ok(Json(seats.into_iter().filter_map(view).collect()))
}

/// Checks a request's proof and reads its body. What fails is not said: all of it is 401.
pub(crate) async fn prove(gate: &Gate, parts: &Parts, body: Body) -> Result<(Seat, Bytes), ApiError> {
    let proof = Proof::of(&parts.headers).ok_or(ApiError::Unproven)?;
    let cookie = cookie(gate, &parts.headers, proof.seat).ok_or(ApiError::Unproven)?;
    let cookie = digest(cookie.as_bytes());
    let now_ms = gate.config().clock.elapsed_ms();
    let (session, key) = {
        let sessions = gate.sessions();
        let session = sessions.find(&cookie, now_ms).ok_or(ApiError::Unproven)?;
        if session.seat.as_str() != proof.seat || !sessions.is_free(&cookie, proof.counter, now_ms) {
            return Err(ApiError::Unproven);
        }
        (session.name, session.key)
    };
    let bytes = whole_body(body).await?;
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let message = format!(
        "visavis request\n{}\n{}\n{}\n{target}\n{}",
        hex::encode(session),
        proof.counter,
        parts.method,
        hex::encode(digest(&bytes)),
    );
    if !holds(&key, message.as_bytes(), proof.signature) || !gate.sessions().spend(&cookie, proof.counter, now_ms) {
        return Err(ApiError::Unproven);
    }
    Ok((current(gate, proof.seat, &key).await?, bytes))
}

/// The seat of a session without a proof: for the socket, which proves itself by its first message.
pub(crate) async fn known(gate: &Gate, headers: &HeaderMap, seat: &str) -> Result<Seat, ApiError> {
    let cookie = cookie(gate, headers, seat).ok_or(ApiError::Unproven)?;
    let key = {
        let sessions = gate.sessions();
        let session = sessions.find(&digest(cookie.as_bytes()), gate.config().clock.elapsed_ms());
        session
            .filter(|session| session.seat.as_str() == seat)
            .ok_or(ApiError::Unproven)?
            .key
    };
    current(gate, seat, &key).await
}

/// Whether a seat still has the key and the role that it came with. A store that fails ends nothing.
pub(crate) async fn still_holds(gate: &Gate, seat: &Seat) -> bool {
    match gate.config().store.seat(&seat.id).await {
        Ok(stored) => stored
            .and_then(seat_of)
            .is_some_and(|now| now.key == seat.key && now.role == seat.role),
        Err(_) => true,
    }
}

/// The seat as it stands in the store: a seat that was removed or enrolled anew ends its sessions.
async fn current(gate: &Gate, seat: &str, key: &[u8; 32]) -> Result<Seat, ApiError> {
    let id = seat.parse().map_err(|_| ApiError::Unproven)?;
    let stored = gate.config().store.seat(&id).await?;
    stored
        .and_then(seat_of)
        .filter(|stored| stored.key == *key)
        .ok_or(ApiError::Unproven)
}

/// The headers of a proof.
struct Proof<'a> {
    seat: &'a str,
    counter: u64,
    signature: &'a str,
}

impl<'a> Proof<'a> {
    fn of(headers: &'a HeaderMap) -> Option<Self> {
        let (counter, signature) = only(headers, "visavis-proof")?.split_once('.')?;
        // One number has one form: what was signed is what was counted.
        let plain = !counter.starts_with('0') && counter.bytes().all(|b| b.is_ascii_digit());
        let counter = if plain { counter.parse().ok()? } else { return None };
        Some(Self {
            seat: only(headers, "visavis-seat")?,
            counter,
            signature,
        })
    }
}

/// The one header of that name.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// The one cookie of a seat's session. Two of the same name, as a neighbouring port could plant, are none.
fn cookie<'a>(gate: &Gate, headers: &'a HeaderMap, seat: &str) -> Option<&'a str> {
    let name = gate.cookie_name(seat);
    let mut found = None;
    for line in headers.get_all(header::COOKIE) {
        for pair in line.to_str().ok()?.split(';') {
            let Some((key, value)) = pair.trim().split_once('=') else {
                continue;
            };
            if key == name && found.replace(value).is_some() {
                return None;
            }
        }
    }
    found
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_nobody_is_a_key() {
        assert!(VerifyingKey::from_bytes(&NOBODY).is_ok_and(|key| !key.is_weak()));
    }

    #[test]
    fn hex_has_one_form() {
        assert_eq!(unhex::<2>("00ff"), Some([0, 255]));
        for text in ["", "00", "00fF", "00fg", "00ff0", "00ff00", "+0ff"] {
            assert_eq!(unhex::<2>(text), None, "{text}");
        }
    }
}
