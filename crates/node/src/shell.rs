//! Starts and stops a node: opens its store and ports, ties the parts together, and takes them down in order.

use std::{
    fs::{File, TryLockError},
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use call::{Hash, SideId, Signer as _};
use link::{Endpoint, EndpointConfig, LinkKey};
use media::{Media, MediaError};
use store::{Store, StoreError};
use tokio::task::JoinHandle;

use crate::{
    api::{self, OwnSideView},
    clips,
    config::{Config, ConfigError, Tls},
    core::{self, Order, Own, Parts},
    http::{Clock, Door, DoorError, Gate, GateConfig, Limits, Stop, Stopper},
    keys::{self, Key, KeyError},
    press::{self, Press},
    recorder,
    ring::Ring,
    routes,
    tls::{self, Authority, TlsError},
};

/// The store's file inside the data folder.
pub const STORE: &str = "visavis.db";
/// The file that a running node holds locked, so that no second one opens the same folder.
const LOCK: &str = "visavis.lock";

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The HTTP port.
    #[error("http port: {0}")]
    Door(#[from] DoorError),
    /// The public page's port.
    #[error("press port: {0}")]
    Press(DoorError),
    /// The media port.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The link's port.
    #[error("link port {address}: {message}")]
    Link {
        /// Which.
        address: SocketAddr,
        /// What is wrong.
        message: String,
    },
    /// Another node runs on the same folder.
    #[error("{0}: a node is running on this folder already")]
    Running(PathBuf),
    /// The folder can't be used.
    #[error("{path}: {source}")]
    File {
        /// What.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The recorder's threads did not start.
    #[error("the recorder did not start: {0}")]
    Recorder(io::Error),
    /// The thread that makes clips did not start.
    #[error("clips: {0}")]
    Clips(io::Error),
    /// What clips are signed with.
    #[error(transparent)]
    Root(#[from] clip::RootError),
    /// The system gave no randomness.
    #[error("the system gives no randomness: a node does not start without it")]
    Entropy,
}

/// A running node.
pub struct Node {
    /// Its side.
    pub side: SideId,
    /// The side's name.
    pub name: String,
    /// The URL under which browsers reach it.
    pub url: String,
    /// The HTTP port.
    pub http: SocketAddr,
    /// The media port.
    pub media: SocketAddr,
    /// The link's port.
    pub link: SocketAddr,
    /// The public page's URL; none when there is none.
    pub press_url: Option<String>,
    /// What the side says in public.
    pub press: Press,
    pub(crate) core: core::Handle,
    gate: Gate,
    stopper: Stopper,
    serving: JoinHandle<()>,
    public: Option<JoinHandle<()>>,
    _lock: File,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Node({:?})", self.side)
    }
}

fn lock(dir: &Path) -> Result<File, StartError> {
    let path = dir.join(LOCK);
    let file = |source| StartError::File {
        path: path.clone(),
        source,
    };
    let held = File::create(&path).map_err(file)?;
    match held.try_lock() {
        Ok(()) => Ok(held),
        Err(TryLockError::WouldBlock) => Err(StartError::Running(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(file(source)),
    }
}

/// Whether a node is running on a data folder.
#[must_use]
pub fn is_running(dir: &Path) -> bool {
    File::open(dir.join(LOCK)).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Opens the store of a data folder.
///
/// # Errors
/// [`StoreError`]
pub async fn open_store(dir: &Path) -> Result<Store, StoreError> {
    Store::open(&dir.join(STORE)).await
}

impl Node {
    /// Starts the node whose data folder this is.
    ///
    /// # Errors
    /// [`StartError`]: what could not be had; nothing is left running.
    pub async fn start(dir: &Path) -> Result<Self, StartError> {
        Self::start_at(dir, Clock::system()).await
    }

    /// Starts it by a clock of the caller's.
    pub(crate) async fn start_at(dir: &Path, clock: Clock) -> Result<Self, StartError> {
        let config = Config::load(dir)?;
        let lock = lock(dir)?;
        let key = Key::load(dir, keys::SIDE)?;
        let link_key = Key::load(dir, keys::LINK)?;
        let side = SideId::of(&key.key());
        let store = open_store(dir).await?;
        let (tls, ca_pem) = open_tls(dir, &config.http.tls, &clock)?;

        let endpoint = bind_link(&config, side, &link_key)?;
        let link = endpoint.local_addr().map_err(|error| StartError::Link {
            address: config.link.listen,
            message: error.to_string(),
        })?;
        let (recorder, recorder_news) = recorder::start(dir, keys::recorder(dir)?).map_err(StartError::Recorder)?;
        let (media, news) = Media::start(config.media.listen, &config.media.addresses)?;
        let media_address = media.address;
        let own = Own {
            id: side,
            name: config.name.clone(),
            place: config.place.clone(),
            zone: config.zone.clone(),
            key: Arc::new(key),
        };
        let gate = open_gate(&config, own.view(), store.clone(), clock.clone(), ca_pem)?;
        let ring = Ring::new(&config.ring.command);
        let public = open_public(dir, &config, &clock).await?;
        let press_url = public.as_ref().map(|public| public.url.clone());
        let press = Press::open(&config, side.0, store.clone(), clock.clone(), press_url.clone()).await?;
        let public_clock = clock.clone();
        let (clips, clip_news) = open_clips(dir, &config, &clock)?;
        let core = core::start(Parts {
            own,
            clock,
            store,
            endpoint,
            media,
            news,
            ring,
            recorder,
            recorder_news,
            clips,
            clip_news,
            press: press.clone(),
            data: dir.to_owned(),
        })
        .await?;

        let door = Door::open(config.http.listen, tls, gate.config().limits).await?;
        let address = door.address();
        let http = address.map_err(|source| StartError::File {
            path: dir.to_owned(),
            source,
        })?;
        let (stopper, stop) = Stop::pair();
        let sockets = core.clone();
        let routes = clips::desk::routes(routes::routes(gate.clone()));
        let app = press::routes(routes, &press).finish(
            core.clone(),
            Arc::new(move |seat, socket| routes::socket(sockets.clone(), seat, socket)),
        );
        let public = public.map(|public| public.serve(&press, public_clock, stop.clone()));
        let serving = tokio::spawn(door.serve(app.router, stop));
        gate.set_ready(true);
        let url = config.url(http);
        tracing::info!(%http, media = %media_address, %link, press = press_url.as_deref(), "the node is ready");
        let name = config.name;
        Ok(Self {
            side,
            name,
            url,
            http,
            media: media_address,
            link,
            press_url,
            press,
            core,
            gate,
            stopper,
            serving,
            public,
            _lock: lock,
        })
    }

    /// Returns once a line of this node is up.
    pub async fn line_up(&self) {
        let mut every = tokio::time::interval(std::time::Duration::from_millis(20));
        loop {
            every.tick().await;
            match self.core.ask(core::Ask::Lines).await {
                Ok(lines) if lines.iter().any(|line| line.status == api::LineStatus::Up) => return,
                Ok(_) => {}
                Err(_) => std::future::pending().await,
            }
        }
    }

    /// Stops: tells the browsers, closes the links, lets requests under way finish.
    pub async fn stop(self) {
        self.gate.set_ready(false);
        let (done, stopped) = tokio::sync::oneshot::channel();
        if self.core.order(Order::Stop(done)).await {
            let _ = stopped.await;
        }
        self.stopper.stop();
        let _ = self.serving.await;
        if let Some(public) = self.public {
            let _ = public.await;
        }
    }
}

/// The thread that makes clips, signed under the side's own root for them.
fn open_clips(
    dir: &Path,
    config: &Config,
    clock: &Clock,
) -> Result<(clips::Handle, tokio::sync::mpsc::Receiver<clips::News>), StartError> {
    let root = clip::Root::open(dir, &config.name, clock.utc_ms())?;
    let stamps = config.clips.time_stamps.as_deref();
    let signer = clip::Signer::new(&root.certificate_pem, &root.key_pem, &config.name, stamps)?;
    clips::start(dir, clock.clone(), clips::Programs::new(signer)).map_err(StartError::Clips)
}

fn bind_link(config: &Config, side: SideId, key: &Key) -> Result<Endpoint, StartError> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|_| StartError::Entropy)?;
    let address = config.link.listen;
    Endpoint::bind(EndpointConfig {
        listen: address,
        key: LinkKey::from_seed(*key.seed()),
        side,
        software: concat!("visavis ", env!("CARGO_PKG_VERSION")).to_owned(),
        web: Hash(webui::bundle_hash()),
        random,
        versions: link::wire::Prelude::OURS,
    })
    .map_err(|error| StartError::Link {
        address,
        message: error.to_string(),
    })
}

/// The public page's port, opened.
struct PublicDoor {
    door: Door,
    limits: Limits,
    url: String,
    secure: bool,
}

impl PublicDoor {
    fn serve(self, press: &Press, clock: Clock, stop: Stop) -> JoinHandle<()> {
        let router = press::router(press.clone(), clock, self.secure, &self.limits);
        tokio::spawn(self.door.serve(router, stop))
    }
}

async fn open_public(dir: &Path, config: &Config, clock: &Clock) -> Result<Option<PublicDoor>, StartError> {
    let Some(press) = &config.press else {
        return Ok(None);
    };
    let (tls, _) = open_tls(dir, &press.tls, clock)?;
    let (secure, limits) = (tls.is_some(), press::limits(press.listen));
    let door = Door::open(press.listen, tls, limits).await.map_err(StartError::Press)?;
    let listening = door.address().map_err(|source| StartError::File {
        path: dir.to_owned(),
        source,
    })?;
    Ok(Some(PublicDoor {
        door,
        limits,
        url: press.url(listening),
        secure,
    }))
}

/// TLS as configured, and the authority's certificate where it is the side's own.
fn open_tls(
    dir: &Path,
    tls: &Tls,
    clock: &Clock,
) -> Result<(Option<Arc<rustls::ServerConfig>>, Option<String>), TlsError> {
    Ok(match tls {
        Tls::Own => {
            let authority = Authority::load(dir)?;
            let pem = authority.certificate_pem().to_owned();
            (Some(authority.server_config(clock.clone())?), Some(pem))
        }
        Tls::Files { cert, key } => (Some(tls::files(&dir.join(cert), &dir.join(key))?), None),
        Tls::Off => (None, None),
    })
}

fn open_gate(
    config: &Config,
    side: OwnSideView,
    store: Store,
    clock: Clock,
    ca_pem: Option<String>,
) -> Result<Gate, StartError> {
    Gate::new(GateConfig {
        side,
        store,
        clock,
        secure: !matches!(config.http.tls, Tls::Off),
        hosts: config.hosts(),
        ca_pem,
        seats: config.seats,
        limits: Limits::default(),
    })
    .map_err(|_| StartError::Entropy)
}
