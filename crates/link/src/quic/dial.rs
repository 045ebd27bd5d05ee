//! From nothing to a greeted connection: listening, dialling, the first frames.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use call::SideId;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{Connection, ConnectionError, Incoming, RecvStream, SendStream};
use tokio::time::timeout;
use tracing::debug;

use super::{CONNECTIONS_MAX, GREETING, HANDSHAKES_MAX, HANDSHAKES_UNPROVEN_MAX, Inner, tls, utc_ms};
use crate::congestion::Shared;
use crate::session::{DownReason, Event, FarHello, Local, Session};
use crate::wire::{Fault, PRELUDE_BYTES, Prelude, close};

/// A connection whose far end has a pinned key.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) connection: Connection,
    pub(super) control: Shared,
}

/// A connection on which the far Hello came and was right.
#[derive(Debug)]
pub(super) struct Greeted {
    pub(super) connection: Connection,
    pub(super) control: Shared,
    pub(super) dialled: bool,
    pub(super) send: SendStream,
    pub(super) recv: RecvStream,
    pub(super) session: Session,
    pub(super) hello: FarHello,
    /// Bytes read and not yet given to the session.
    pub(super) rest: Vec<u8>,
}

/// Counts a handshake for as long as it lives.
struct Handshake(Arc<Inner>);

impl Handshake {
    fn new(inner: &Arc<Inner>) -> Self {
        inner.handshakes.fetch_add(1, Ordering::Relaxed);
        Self(inner.clone())
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        self.0.handshakes.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Accepts connections until the endpoint is closed and hands each to the line that its key is pinned to.
pub(super) async fn listen(inner: Arc<Inner>) {
    while let Some(incoming) = inner.quinn.accept().await {
        let handshakes = inner.handshakes.load(Ordering::Relaxed);
        if handshakes >= HANDSHAKES_MAX || inner.quinn.open_connections() >= CONNECTIONS_MAX {
            incoming.refuse();
            continue;
        }
        if handshakes >= HANDSHAKES_UNPROVEN_MAX && !incoming.remote_address_validated() {
            // An Initial from a forged address gets one small packet and costs no state.
            if let Err(error) = incoming.retry() {
                error.into_incoming().ignore();
            }
            continue;
        }
        let handshake = Handshake::new(&inner);
        tokio::spawn(async move {
            if let Ok(Err(error)) = timeout(GREETING, accept(&handshake.0, incoming)).await {
                debug!(%error, "a handshake from outside failed");
            }
        });
    }
}

async fn accept(inner: &Arc<Inner>, incoming: Incoming) -> Result<(), ConnectionError> {
    let control = Shared::new(Instant::now());
    let mut server = quinn::ServerConfig::with_crypto(inner.tls.clone());
    server.transport_config(tls::transport(control.clone()));
    let connection = incoming.accept_with(Arc::new(server))?.await?;
    let inbound = tls::far_key(&connection).and_then(|key| inner.lines().get(&key).map(|slot| slot.inbound.clone()));
    match inbound {
        // The line has its hands full of connections, or was removed during the handshake.
        Some(inbound) => {
            if let Err(refused) = inbound.try_send(Accepted { connection, control }) {
                refused.into_inner().connection.close(close::DUPLICATE.into(), b"");
            }
        }
        None => connection.close(close::WRONG_SIDE.into(), b""),
    }
    Ok(())
}

/// Dials one address and greets.
pub(super) async fn dial(
    inner: Arc<Inner>,
    tls: Arc<QuicClientConfig>,
    far: SideId,
    confirmed: bool,
    address: String,
    turn: usize,
) -> Result<Greeted, DownReason> {
    let address = resolve(&inner, &address, turn).await?;
    let control = Shared::new(Instant::now());
    let mut client = quinn::ClientConfig::new(tls);
    client.transport_config(tls::transport(control.clone()));
    let connecting = inner
        .quinn
        .connect_with(client, address, tls::NAME)
        .map_err(|_| DownReason::Unreachable)?;
    let connection = match timeout(GREETING, connecting).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(ConnectionError::TimedOut)) | Err(_) => return Err(DownReason::Unreachable),
        Ok(Err(error)) => return Err(down_reason(&inner, &error)),
    };
    greet(
        &inner,
        Accepted { connection, control },
        true,
        inner.local(confirmed),
        far,
    )
    .await
}

/// Names may have several addresses; each turn tries another.
async fn resolve(inner: &Inner, address: &str, turn: usize) -> Result<SocketAddr, DownReason> {
    let only_v4 = inner.quinn.local_addr().is_ok_and(|local| local.is_ipv4());
    let found = tokio::net::lookup_host(address)
        .await
        .map_err(|_| DownReason::Unresolved)?;
    let found: Vec<SocketAddr> = found.filter(|address| address.is_ipv4() || !only_v4).collect();
    match found.len() {
        0 => Err(DownReason::Unresolved),
        many => Ok(found[turn % many]),
    }
}

/// Exchanges preludes and Hellos.
pub(super) async fn greet(
    inner: &Inner,
    accepted: Accepted,
    dialled: bool,
    local: Local,
    far: SideId,
) -> Result<Greeted, DownReason> {
    let Accepted { connection, control } = accepted;
    let session = Session::new(local, far, utc_ms()).map_err(DownReason::Refused)?;
    match timeout(GREETING, hello(inner, connection.clone(), control, dialled, session)).await {
        Ok(result) => result,
        Err(_) => {
            connection.close(close::GOING.into(), b"");
            Err(DownReason::Silent)
        }
    }
}

async fn hello(
    inner: &Inner,
    connection: Connection,
    control: Shared,
    dialled: bool,
    mut session: Session,
) -> Result<Greeted, DownReason> {
    let lost = |error: ConnectionError| down_reason(inner, &error);
    let opened = if dialled {
        connection.open_bi().await
    } else {
        connection.accept_bi().await
    };
    let (mut send, mut recv) = opened.map_err(lost)?;
    while let Some(bytes) = session.poll_transmit() {
        if send.write_all(&bytes).await.is_err() {
            return Err(lost(connection.closed().await));
        }
    }
    let mut buffer = vec![0; 4096];
    loop {
        let length = match recv.read(&mut buffer).await {
            Ok(Some(length)) => length,
            Ok(None) => {
                connection.close(close::GARBAGE.into(), b"");
                return Err(DownReason::Refused(Fault::Garbage));
            }
            Err(_) => return Err(lost(connection.closed().await)),
        };
        let mut input = &buffer[..length];
        let now = control.micros(Instant::now());
        if let Err(fault) = session.read(now, utc_ms(), &mut input) {
            return Err(refuse(inner, &connection, fault));
        }
        if let Some(Event::Up { hello }) = session.poll_event() {
            let rest = input.to_vec();
            return Ok(Greeted {
                connection,
                control,
                dialled,
                send,
                recv,
                session,
                hello,
                rest,
            });
        }
    }
}

/// Closes a connection for a fault of the far side, and says which to both ends.
pub(super) fn refuse(inner: &Inner, connection: &Connection, fault: Fault) -> DownReason {
    let ours = inner.config.versions;
    // The close may overtake the prelude, so it brings the range of versions along.
    let reason = if matches!(fault, Fault::Version { .. }) {
        ours.encode().to_vec()
    } else {
        Vec::new()
    };
    connection.close(fault.close_code().into(), &reason);
    match fault {
        Fault::Version { min, max } => DownReason::Version {
            ours: (ours.min, ours.max),
            theirs: Some((min, max)),
        },
        fault => DownReason::Refused(fault),
    }
}

/// What a connection's end means for the line.
pub(super) fn down_reason(inner: &Inner, error: &ConnectionError) -> DownReason {
    match error {
        ConnectionError::TimedOut => DownReason::Silent,
        ConnectionError::Reset => DownReason::FarStopped,
        ConnectionError::VersionMismatch => DownReason::Handshake,
        ConnectionError::ApplicationClosed(closed) => closed_by_far(inner, closed),
        ConnectionError::ConnectionClosed(closed) => by_alert(closed.error_code.into()),
        ConnectionError::TransportError(error) => by_alert(error.code.into()),
        ConnectionError::LocallyClosed => DownReason::Replaced,
        ConnectionError::CidsExhausted => DownReason::Failed,
    }
}

fn closed_by_far(inner: &Inner, closed: &quinn::ApplicationClose) -> DownReason {
    match u32::try_from(closed.error_code.into_inner()).unwrap_or(u32::MAX) {
        close::GOING => DownReason::FarStopped,
        close::VERSION => {
            let ours = inner.config.versions;
            let bytes = <[u8; PRELUDE_BYTES]>::try_from(closed.reason.as_ref()).ok();
            let theirs = bytes.and_then(|bytes| Prelude::decode(bytes).ok());
            DownReason::Version {
                ours: (ours.min, ours.max),
                theirs: theirs.map(|far| (far.min, far.max)),
            }
        }
        close::DUPLICATE | close::REPLACED => DownReason::Replaced,
        code => DownReason::RefusedByFar(code),
    }
}

/// TLS alerts travel as QUIC errors 0x100 to 0x1ff (RFC 9001, section 4.8).
fn by_alert(code: u64) -> DownReason {
    const BAD_CERTIFICATE: u64 = 42;
    const CERTIFICATE_UNKNOWN: u64 = 46;
    const UNKNOWN_CA: u64 = 48;
    const ACCESS_DENIED: u64 = 49;
    const DECRYPT_ERROR: u64 = 51;
    const CERTIFICATE_REQUIRED: u64 = 116;
    match code.checked_sub(0x100) {
        Some(
            BAD_CERTIFICATE..=CERTIFICATE_UNKNOWN | UNKNOWN_CA | ACCESS_DENIED | DECRYPT_ERROR | CERTIFICATE_REQUIRED,
        ) => DownReason::Key,
        Some(alert) if alert < 0x100 => DownReason::Handshake,
        // CONNECTION_REFUSED: the far end has its hands full.
        _ if code == 2 => DownReason::Unreachable,
        _ => DownReason::Failed,
    }
}
