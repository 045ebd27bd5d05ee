//! The only part with sockets, clocks and tasks: QUIC by quinn, one UDP port for all lines.
//!
//! Each line has one task, its keeper: it dials, accepts, greets, keeps exactly one connection and drives
//! [`crate::session`], [`crate::media`] and [`crate::congestion`] on it. The node talks to it through [`LineHandle`] and
//! hears of it through [`Line`]. Media never waits for statements: they have queues of their own, and a slow node holds
//! up the stream alone.

// The shell is where time and randomness enter; the pure modules get them as arguments.
#![allow(clippy::disallowed_methods)]

mod active;
mod dial;
mod keeper;
mod tls;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use call::{Hash, PublicKey, SideId};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tracing::debug;

use crate::media::MediaPacket;
use crate::session::{Command, Event, Local};
use crate::wire::{Prelude, SOFTWARE_BYTES_MAX};

pub use tls::LinkKey;

/// A connection on which nothing came for this long is given up, milliseconds.
pub const IDLE_MS: u32 = 8_000;
/// A packet goes at least this often, milliseconds.
pub const KEEP_ALIVE_MS: u64 = 1_000;
/// Lines of one endpoint.
pub const LINES_MAX: usize = 64;
/// Addresses of one line.
pub const ADDRESSES_MAX: usize = 8;
/// Connections of one endpoint, those in their handshake included.
pub const CONNECTIONS_MAX: usize = 256;
/// Handshakes from outside at once; beyond, they are refused.
pub const HANDSHAKES_MAX: usize = 64;
/// With more handshakes than this under way, a new one must prove its address first (Retry).
pub const HANDSHAKES_UNPROVEN_MAX: usize = 8;
/// A handshake and greeting that takes longer is given up. Under 30 % loss it takes some ten seconds.
pub const GREETING: Duration = Duration::from_secs(20);

/// Bytes of the stream that may be on their way or wait to be read.
const STREAM_WINDOW: u32 = 256 * 1024;
/// Bytes of datagrams that may wait in QUIC. The media are paced above it, so that little does.
const DATAGRAM_SEND_BYTES: usize = 64 * 1024;
/// Bytes of datagrams that may wait for the keeper.
const DATAGRAM_RECEIVE_BYTES: usize = 256 * 1024;
/// Events that may wait for the node.
const EVENTS_WAITING: usize = 32;
/// Commands that may wait for the keeper.
const COMMANDS_WAITING: usize = 32;
/// Media packets that may wait in either direction.
const MEDIA_WAITING: usize = 1024;

/// What an endpoint needs.
#[derive(Debug, Clone)]
pub struct EndpointConfig {
    /// The UDP address to bind; port 0 takes a free one.
    pub listen: SocketAddr,
    /// This side's link key.
    pub key: LinkKey,
    /// This side.
    pub side: SideId,
    /// Name and version of the software, shown at the far side; at most 64 bytes without control characters.
    pub software: String,
    /// The hash of the web bundle that this node serves, or all zero.
    pub web: Hash,
    /// Fresh random bytes: they mark this start of the node and jitter the dialling.
    pub random: [u8; 32],
    /// The protocol versions to speak; [`Prelude::OURS`] but in tests.
    pub versions: Prelude,
}

/// Why an endpoint could not be made.
#[derive(Debug, Error)]
pub enum BindError {
    /// The software's name is too long or has control characters.
    #[error("the software's name is too long or has control characters")]
    Software,
    /// The link key or TLS could not be set up.
    #[error("TLS: {0}")]
    Tls(String),
    /// The UDP port could not be bound.
    #[error("UDP: {0}")]
    Socket(#[from] std::io::Error),
}

/// Why a line could not be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LineError {
    /// There is a line to this side or with this key.
    #[error("there is a line to this side or with this key")]
    Exists,
    /// [`LINES_MAX`] or [`ADDRESSES_MAX`].
    #[error("too many lines or addresses")]
    TooMany,
    /// The far side or key is this node's own.
    #[error("a line to oneself")]
    Self_,
    /// The pinned key is no Ed25519 key that TLS can use, or the endpoint is closed.
    #[error("the far key cannot be used")]
    Key,
}

/// One line to be kept up.
#[derive(Debug, Clone)]
pub struct LineConfig {
    /// The far side.
    pub far: SideId,
    /// Its link key: the pin.
    pub far_key: PublicKey,
    /// `host:port`, `1.2.3.4:port` or `[v6]:port`; dialled in turn. With none, the line waits to be dialled.
    pub addresses: Vec<String>,
    /// Whether this side's operator has confirmed the words.
    pub confirmed: bool,
}

/// The line is gone: it was removed or the endpoint was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the line is gone")]
pub struct LineGone;

/// What is known of a line at a moment. `None` where nothing was measured yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stats {
    /// Whether a connection to the pinned side stands.
    pub up: bool,
    /// Whether both operators have confirmed as well, so that the line carries.
    pub open: bool,
    /// Round trip, milliseconds.
    pub rtt_ms: Option<f64>,
    /// The share of packets lost on the way there, 0 to 1.
    pub loss_out: Option<f64>,
    /// The share of media datagrams lost on the way here, 0 to 1.
    pub loss_in: Option<f64>,
    /// The variation of the delay on the way here, milliseconds.
    pub jitter_ms: Option<f64>,
    /// The far clock less ours, milliseconds.
    pub skew_ms: Option<i64>,
    /// What this side's publishers may send together, kb/s; `None` while down.
    pub rate_kbps: Option<u32>,
    /// What the path may carry with headers, copies and repair, kb/s.
    pub path_kbps: Option<u32>,
    /// The delay above the least, milliseconds.
    pub queue_ms: Option<f64>,
    /// The share of sound or picture packets dropped here because they waited too long, a running count.
    pub dropped: u64,
    /// The address of the far node at this moment.
    pub address: Option<SocketAddr>,
}

/// The node's end of one line's mailbox. Clones speak to the same line; the line ends with the last of them.
#[derive(Debug, Clone)]
pub struct LineHandle {
    commands: mpsc::Sender<Command>,
    media: mpsc::Sender<MediaPacket>,
    rate: Arc<AtomicU32>,
}

impl LineHandle {
    /// Gives the line a command; waits while its mailbox is full.
    ///
    /// # Errors
    /// [`LineGone`].
    pub async fn command(&self, command: Command) -> Result<(), LineGone> {
        self.commands.send(command).await.map_err(|_| LineGone)
    }

    /// Gives the line a media packet, at once. `false` when it was dropped: the line is gone or far behind.
    pub fn media(&self, packet: MediaPacket) -> bool {
        self.media.try_send(packet).is_ok()
    }

    /// What this side's publishers may send together at this moment, kb/s; 0 while the line is down.
    pub fn rate(&self) -> u32 {
        self.rate.load(Ordering::Relaxed)
    }
}

/// What the node holds of a line.
#[derive(Debug)]
pub struct Line {
    /// Commands and media to the far side.
    pub handle: LineHandle,
    /// What happens, in order. Not taking events holds up statements and signals, not media.
    pub events: mpsc::Receiver<Event>,
    /// Media of the far side: no duplicates, in no promised order.
    pub media: mpsc::Receiver<MediaPacket>,
    /// The figures, refreshed twice a second.
    pub stats: watch::Receiver<Stats>,
}

/// One UDP port and the lines on it.
#[derive(Debug)]
pub struct Endpoint {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Slot {
    far: SideId,
    inbound: mpsc::Sender<dial::Accepted>,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

/// What all lines of an endpoint share.
struct Inner {
    quinn: quinn::Endpoint,
    config: EndpointConfig,
    boot: [u8; 16],
    pins: Arc<RwLock<BTreeSet<PublicKey>>>,
    lines: Mutex<BTreeMap<PublicKey, Slot>>,
    tls: Arc<quinn::crypto::rustls::QuicServerConfig>,
    random: Mutex<u64>,
    handshakes: AtomicUsize,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Endpoint(..)")
    }
}

impl Inner {
    /// A number evenly spread over 0 to 1, from the random bytes that the shell was given.
    fn random(&self) -> f64 {
        let mut state = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        // SplitMix64: jitter needs to differ between nodes, no more.
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// What this side says of itself on a connection.
    fn local(&self, confirmed: bool) -> Local {
        Local {
            side: self.config.side,
            boot: self.boot,
            software: self.config.software.clone(),
            web: self.config.web,
            confirmed,
            route: 0,
            versions: self.config.versions,
        }
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, BTreeMap<PublicKey, Slot>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unpin(&self, key: &PublicKey) {
        self.pins.write().unwrap_or_else(PoisonError::into_inner).remove(key);
        self.lines().remove(key);
    }
}

/// This machine's clock, milliseconds UTC.
fn utc_ms() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl Endpoint {
    /// Binds the port and listens. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`BindError`].
    pub fn bind(config: EndpointConfig) -> Result<Self, BindError> {
        if config.software.len() > SOFTWARE_BYTES_MAX || config.software.chars().any(char::is_control) {
            return Err(BindError::Software);
        }
        let pins = Arc::new(RwLock::new(BTreeSet::new()));
        let tls = tls::server(&config.key, pins.clone()).map_err(|error| BindError::Tls(error.to_string()))?;
        let socket = std::net::UdpSocket::bind(config.listen)?;
        let mut server = quinn::ServerConfig::with_crypto(tls.clone());
        server
            .max_incoming(HANDSHAKES_MAX)
            .incoming_buffer_size(32 * 1024)
            .incoming_buffer_size_total(1024 * 1024);
        let endpoint_config = quinn::EndpointConfig::new(config.key.reset_key());
        let quinn = quinn::Endpoint::new(endpoint_config, Some(server), socket, Arc::new(quinn::TokioRuntime))?;
        let mut hash = Sha256::new();
        hash.update(b"visavis link boot");
        hash.update(config.random);
        let mut boot = [0; 16];
        boot.copy_from_slice(&hash.finalize()[..16]);
        let mut seed = [0; 8];
        seed.copy_from_slice(&config.random[..8]);
        let inner = Arc::new(Inner {
            quinn,
            config,
            boot,
            pins,
            lines: Mutex::default(),
            tls,
            random: Mutex::new(u64::from_le_bytes(seed)),
            handshakes: AtomicUsize::new(0),
        });
        tokio::spawn(dial::listen(inner.clone()));
        Ok(Self { inner })
    }

    /// The UDP address in use.
    ///
    /// # Errors
    /// The operating system's.
    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.inner.quinn.local_addr()
    }

    /// Adds a line and begins to keep it up.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn add_line(&self, config: LineConfig) -> Result<Line, LineError> {
        let own_key = self.inner.config.key.public();
        if config.far == self.inner.config.side || config.far_key == own_key {
            return Err(LineError::Self_);
        }
        if config.addresses.len() > ADDRESSES_MAX {
            return Err(LineError::TooMany);
        }
        let tls = tls::client(&self.inner.config.key, config.far_key).map_err(|_| LineError::Key)?;
        let mut lines = self.inner.lines();
        if lines.len() >= LINES_MAX {
            return Err(LineError::TooMany);
        }
        if lines
            .iter()
            .any(|(key, slot)| *key == config.far_key || slot.far == config.far)
        {
            return Err(LineError::Exists);
        }
        let (commands, commands_in) = mpsc::channel(COMMANDS_WAITING);
        let (media, media_in) = mpsc::channel(MEDIA_WAITING);
        let (events_out, events) = mpsc::channel(EVENTS_WAITING);
        let (media_out, far_media) = mpsc::channel(MEDIA_WAITING);
        let (stats_out, stats) = watch::channel(Stats::default());
        let (inbound, inbound_in) = mpsc::channel(4);
        let (stop, stop_in) = watch::channel(false);
        let rate = Arc::new(AtomicU32::new(0));
        let (far, far_key) = (config.far, config.far_key);
        self.inner
            .pins
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(far_key);
        let ends = keeper::Ends {
            commands: commands_in,
            media_in,
            inbound: inbound_in,
            events: events_out,
            media_out,
            stats: stats_out,
            rate: rate.clone(),
            stop: stop_in,
        };
        let task = tokio::spawn(keeper::keep(self.inner.clone(), config, tls, ends));
        lines.insert(
            far_key,
            Slot {
                far,
                inbound,
                stop,
                task,
            },
        );
        Ok(Line {
            handle: LineHandle { commands, media, rate },
            events,
            media: far_media,
            stats,
        })
    }

    /// Removes the line to this side: closes its connection, forgets its pin.
    pub fn remove_line(&self, far: SideId) {
        for slot in self.inner.lines().values().filter(|slot| slot.far == far) {
            let _ = slot.stop.send(true);
        }
    }

    /// Closes everything, tells the far sides and waits until they can know.
    pub async fn close(self) {
        let slots: Vec<Slot> = std::mem::take(&mut *self.inner.lines()).into_values().collect();
        for slot in &slots {
            let _ = slot.stop.send(true);
        }
        let deadline = Instant::now() + Duration::from_secs(2);
        for slot in slots {
            let _ = tokio::time::timeout_at(deadline, slot.task).await;
        }
        self.inner.quinn.close(crate::wire::close::GOING.into(), b"");
        if tokio::time::timeout_at(deadline, self.inner.quinn.wait_idle())
            .await
            .is_err()
        {
            debug!("some connections did not end in time");
        }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        for slot in self.inner.lines().values() {
            let _ = slot.stop.send(true);
        }
        self.inner.quinn.close(crate::wire::close::GOING.into(), b"");
    }
}
