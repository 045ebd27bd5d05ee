//! The listening port: who may come in at once, for how long, and the way out when the node stops.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::patient::Patient;
use super::{HEAD_BYTES_MAX, HEADERS_MAX, Limits, limit};

/// Where a request comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// A place among the connections, in the extensions of every request: a socket keeps it when its connection has become
/// its own.
#[derive(Clone)]
pub(super) struct Held(#[allow(dead_code, reason = "kept for its drop")] Arc<Place>);

/// Why the port was not opened.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// Without TLS browsers give neither camera nor microphone, and everything could be read on the way.
    #[error("{0} is no loopback address: without TLS the node listens on loopback alone")]
    Plain(SocketAddr),
    /// The system refused.
    #[error("{0}: {1}")]
    Bind(SocketAddr, io::Error),
}

/// The end of the node's life, for everyone who has to know of it.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

/// Ends it.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stop {
    /// A pair. Dropping the [`Stopper`] stops as well.
    #[must_use]
    pub fn pair() -> (Stopper, Self) {
        let (sender, receiver) = watch::channel(false);
        (Stopper(sender), Self(receiver))
    }

    /// Returns when the node stops.
    pub async fn stopped(&self) {
        let mut receiver = self.0.clone();
        // An error means that the stopper is gone, which is the same.
        let _ = receiver.wait_for(|stopped| *stopped).await;
    }
}

impl Stopper {
    /// Stops.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// A listening port.
pub struct Door {
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    limits: Limits,
}

impl Door {
    /// Opens the port. Without TLS, on loopback alone.
    ///
    /// # Errors
    /// [`DoorError`]
    pub async fn open(
        address: SocketAddr,
        tls: Option<Arc<rustls::ServerConfig>>,
        limits: Limits,
    ) -> Result<Self, DoorError> {
        if tls.is_none() && !address.ip().to_canonical().is_loopback() {
            return Err(DoorError::Plain(address));
        }
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| DoorError::Bind(address, error))?;
        Ok(Self { listener, tls, limits })
    }

    /// The address that was given, with its real port.
    ///
    /// # Errors
    /// What the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop`, then lets what is under way end within its bound.
    pub async fn serve(self, router: Router, stop: Stop) {
        let guests = Guests::new(&self.limits);
        let acceptor = self.tls.clone().map(tokio_rustls::TlsAcceptor::from);
        let mut open = JoinSet::new();
        let stopped = stop.stopped();
        tokio::pin!(stopped);
        loop {
            while open.try_join_next().is_some() {}
            let (stream, peer) = tokio::select! {
                () = &mut stopped => break,
                guest = self.accept() => guest,
            };
            // Beyond the bounds a connection is closed at once, before it costs a handshake.
            let Some(place) = guests.seat(peer.ip()) else { continue };
            let guest = Guest {
                peer,
                place: Held(Arc::new(place)),
                router: router.clone(),
                limits: self.limits,
                stop: stop.clone(),
            };
            open.spawn(serve_one(stream, guest, acceptor.clone()));
        }
        drop(self.listener);
        // All places are free again when all connections and all sockets have ended. What has not ended in time is
        // cut: dropping the set aborts it, and sockets end with the process.
        let all = u32::try_from(self.limits.connections).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(self.limits.drain, guests.all.acquire_many(all)).await;
    }

    async fn accept(&self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(guest) => return guest,
                Err(error) => {
                    // Out of descriptors: the same error again and again until some connection ends.
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

/// A connection and what it is served with.
struct Guest {
    peer: SocketAddr,
    place: Held,
    router: Router,
    limits: Limits,
    stop: Stop,
}

async fn serve_one(stream: TcpStream, guest: Guest, acceptor: Option<tokio_rustls::TlsAcceptor>) {
    let _ = stream.set_nodelay(true);
    let stream = Patient::new(stream, guest.limits.stalled);
    match acceptor {
        None => speak(stream, guest).await,
        Some(acceptor) => {
            if let Ok(Ok(stream)) = tokio::time::timeout(guest.limits.handshake, acceptor.accept(stream)).await {
                speak(stream, guest).await;
            }
        }
    }
}

async fn speak<S>(stream: S, guest: Guest)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Guest {
        peer,
        place,
        router,
        limits,
        stop,
    } = guest;
    let service = tower::service_fn(move |mut request: Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(place.clone());
        tower::ServiceExt::oneshot(router.clone(), request.map(axum::body::Body::new))
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(HEADERS_MAX)
        .max_header_size(HEAD_BYTES_MAX)
        .max_buf_size(HEAD_BYTES_MAX * 4);
    let connection = http
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    tokio::pin!(connection);
    // Errors are the peer's: garbage, cuts, slowness. They end this connection and concern nobody else.
    tokio::select! {
        _ = &mut connection => return,
        () = stop.stopped() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Places for connections.
struct Guests {
    all: Arc<Semaphore>,
    per_address: usize,
    by_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A place, given back when dropped.
struct Place {
    _all: OwnedSemaphorePermit,
    address: IpAddr,
    by_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Guests {
    fn new(limits: &Limits) -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits.connections)),
            per_address: limits.connections_per_address,
            by_address: Arc::default(),
        }
    }

    fn seat(&self, address: IpAddr) -> Option<Place> {
        let all = self.all.clone().try_acquire_owned().ok()?;
        let address = limit::network(address);
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_address.entry(address).or_insert(0);
        if *count >= self.per_address {
            return None;
        }
        *count += 1;
        Some(Place {
            _all: all,
            address,
            by_address: self.by_address.clone(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}
