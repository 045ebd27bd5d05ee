//! The HTTP side of the node: one port for the side's own browsers.
//!
//! Driven by the shell, which builds a [`Gate`], adds its own routes to a [`Routes`] (each with the roles it admits),
//! and serves the result on a [`Door`]. It knows seats, sessions, proofs and pages; it holds no rule about calls and
//! decides nothing about media. The way in of every byte is bounded here: connections, time, headers, bodies, frames.

mod assets;
mod clock;
mod doc;
mod door;
mod error;
mod film;
mod headers;
mod limit;
mod patient;
mod routes;
mod socket;
mod text;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use clock::Clock;
pub use door::{Door, DoorError, Peer, Stop, Stopper};
pub(crate) use error::whole_body;
pub use error::{ApiError, Strict};
pub(crate) use film::{Film, holds};
pub(crate) use headers::harden;
pub use limit::{Pace, Tries};
pub use routes::{ANY, App, DESK, Listed, OPERATOR, Route, Routes, Seat, TERMINAL};
pub use socket::{INCOMING_MAX, OUTGOING_MAX, Socket, SocketHandler};
pub use text::Plain;
pub(crate) use text::html;

use crate::signin::{Challenges, Sessions};
use crate::{
    api::{Me, OwnSideView, SeatView},
    config::Seats,
};

/// Bounds in time and number. The defaults are for a node on its own premises; tests make them short.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections of one address (IPv6: of one /64).
    pub connections_per_address: usize,
    /// For a TLS handshake.
    pub handshake: Duration,
    /// For the head of a request, and for the silence between two requests.
    pub head: Duration,
    /// For a request from its head to the head of the answer.
    pub request: Duration,
    /// For a peer that takes nothing of what is sent to it.
    pub stalled: Duration,
    /// For the proof on a socket.
    pub prove: Duration,
    /// Between two pings on a socket; three without any sign of life end it.
    pub ping: Duration,
    /// For what is under way when the node stops.
    pub drain: Duration,
    /// Tries at enrolment and sign-in, for each address.
    pub pace: Pace,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            connections_per_address: 256,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(20),
            request: Duration::from_secs(30),
            stalled: Duration::from_secs(30),
            prove: Duration::from_secs(5),
            ping: Duration::from_secs(10),
            drain: Duration::from_secs(5),
            pace: Pace {
                burst: 60,
                per_second: 4,
            },
        }
    }
}

/// Most bytes of a request's head; more is answered with 431.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Most header fields of a request; more is answered with 431.
pub const HEADERS_MAX: usize = 64;

/// What the HTTP part has to know about its node.
#[derive(Clone)]
pub struct GateConfig {
    /// The own side, with its key in hex.
    pub side: OwnSideView,
    /// Where seats are kept.
    pub store: store::Store,
    /// Time.
    pub clock: Clock,
    /// Whether browsers come over TLS: cookies are then `Secure`.
    pub secure: bool,
    /// Names and addresses (without port) that requests may ask for; empty admits any. A page of another site that
    /// had its name pointed at this node is turned away by it.
    pub hosts: Vec<String>,
    /// The side's own CA certificate in PEM, for the page that says how to trust it.
    pub ca_pem: Option<String>,
    /// What the side allows at all of its seats.
    pub seats: Seats,
    /// Bounds.
    pub limits: Limits,
}

/// The shared state of the HTTP part. Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    config: GateConfig,
    challenges: Mutex<Challenges>,
    sessions: Mutex<Sessions>,
    tries: Mutex<limit::Tries>,
    ready: AtomicBool,
    checked: tokio::sync::Mutex<Option<(u64, bool)>>,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gate")
    }
}

/// How long the store's word that it works is repeated to probes.
const CHECK_MS: u64 = 1_000;

impl Gate {
    /// A gate with no session.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new(config: GateConfig) -> Result<Self, getrandom::Error> {
        let mut secret = zeroize::Zeroizing::new([0; 32]);
        getrandom::fill(secret.as_mut())?;
        Ok(Self(Arc::new(Inner {
            challenges: Mutex::new(Challenges::new(&secret)),
            sessions: Mutex::default(),
            tries: Mutex::new(limit::Tries::new(config.limits.pace)),
            ready: AtomicBool::new(false),
            checked: tokio::sync::Mutex::default(),
            config,
        })))
    }

    /// What it was made of.
    #[must_use]
    pub fn config(&self) -> &GateConfig {
        &self.0.config
    }

    /// Says whether `/readyz` may answer yes (it asks the store as well). A gate begins with no.
    pub fn set_ready(&self, ready: bool) {
        self.0.ready.store(ready, Ordering::SeqCst);
    }

    /// The view of who is asking.
    #[must_use]
    pub fn me(&self, seat: SeatView) -> Me {
        Me {
            side: self.config().side.clone(),
            seat,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            web: call::Hash(webui::bundle_hash()).to_string(),
            microphone_stays_open: self.config().seats.microphone_stays_open,
            now: crate::api::time_text(self.config().clock.utc_ms()),
        }
    }

    /// Name of the cookie of a seat's session: one for each node and seat, since cookies ignore ports.
    #[must_use]
    pub fn cookie_name(&self, seat: &str) -> String {
        let side = self.config().side.id.get(..8).unwrap_or("");
        format!("visavis-{side}-{seat}")
    }

    pub(crate) async fn is_ready(&self) -> bool {
        if !self.0.ready.load(Ordering::SeqCst) {
            return false;
        }
        let now_ms = self.config().clock.elapsed_ms();
        let mut checked = self.0.checked.lock().await;
        match *checked {
            Some((at_ms, works)) if now_ms.saturating_sub(at_ms) < CHECK_MS => works,
            _ => {
                let works = self.config().store.check().await.is_ok();
                *checked = Some((now_ms, works));
                works
            }
        }
    }

    pub(crate) fn challenges(&self) -> MutexGuard<'_, Challenges> {
        self.0.challenges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one try at something that costs us work before it has proven anything.
    pub(crate) fn take_try(&self, peer: Peer) -> Result<(), ApiError> {
        let mut tries = self.0.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let left = tries.take(peer.0.ip(), self.config().clock.elapsed_ms());
        if left { Ok(()) } else { Err(ApiError::TooMany) }
    }
}
