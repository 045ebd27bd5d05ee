//! The media loop: one UDP port, the [`sfu`], and the media side of every line's link.
//!
//! Driven by packets: from browsers, from links, and by [`Order`]s of the node. It runs on a thread of its own, so that
//! neither a slow disk nor a busy desk delays a packet. It decides nothing: who may hear whom comes as routes. Where to
//! look: `run` for the loop, `port` for datagrams, `lines` for what goes over links.
//!
//! Never: waits for anybody but packets and orders, reads a payload.

// The shell of packets is where time enters; the sfu and the link's media get it as arguments.
#![allow(clippy::disallowed_methods)]

#[cfg(debug_assertions)]
mod capture;
mod lines;
mod port;
mod run;

use std::{io, net::SocketAddr, time::Instant};

use call::SideId;
use link::{LineHandle, MediaPacket};
use sfu::{Answer, Counters, OfferError, Packet, ParticipantId, Publish, Reason, Subscribe, TrackId};
use tokio::sync::{mpsc, oneshot};

use port::Port;
use run::Loop;

/// Orders that may wait.
const ORDERS_MAX: usize = 1024;

/// Somebody beside the routes who is given packets.
pub trait Tap: Send {
    /// A packet passes at this moment. Must not wait.
    fn give(&self, at: Instant, packet: &Packet);
}

/// What the node asks of the media loop.
pub enum Order {
    /// Answer a browser's offer.
    Offer {
        /// Whose.
        participant: ParticipantId,
        /// The SDP offer.
        sdp: String,
        /// What it sends.
        publish: Vec<Publish>,
        /// What it wants.
        subscribe: Vec<Subscribe>,
        /// What became of it.
        reply: oneshot::Sender<Result<Answer, OfferError>>,
    },
    /// Forget a participant.
    Remove(ParticipantId),
    /// A track of the far side, known there as `far_track`.
    AddRemote {
        /// The line it comes over.
        line: SideId,
        /// Its number on the link.
        far_track: u16,
        /// Its number here.
        track: TrackId,
        /// Sound or picture.
        kind: sfu::Kind,
    },
    /// A track is gone.
    RemoveTrack(TrackId),
    /// Who may receive a track; for a local track also over which line it goes.
    Route {
        /// The track.
        track: TrackId,
        /// Participants here.
        participants: Vec<ParticipantId>,
        /// The line, for a local track that may leave; with the participant that sends it.
        line: Option<(SideId, ParticipantId)>,
    },
    /// Who else is given a track's packets as they pass, if anybody: the own recorder.
    Tap(TrackId, Option<Box<dyn Tap>>),
    /// The far side, or the own recorder, needs a key frame of a local track.
    KeyFrame(TrackId),
    /// Say the counters since the start.
    Counters(oneshot::Sender<Counters>),
    /// A line's media.
    AddLine {
        /// The far side.
        far: SideId,
        /// What goes out.
        handle: LineHandle,
        /// What comes in.
        incoming: mpsc::Receiver<MediaPacket>,
    },
}

/// What the media loop tells the node.
#[derive(Debug)]
pub enum News {
    /// The participant is gone.
    Disconnected(ParticipantId, Reason),
    /// Somebody here needs a key frame of this far track.
    KeyFrameRequest {
        /// The line.
        line: SideId,
        /// The far side's number of it.
        far_track: u16,
    },
    /// What a participant may send in all, in kilobits a second.
    Rate(ParticipantId, u32),
}

/// The node's end of the media loop.
#[derive(Clone)]
pub struct Media {
    orders: mpsc::Sender<Order>,
    /// Where browsers send to.
    pub address: SocketAddr,
}

/// Why the media loop did not start.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The port could not be opened.
    #[error("media port {address}: {source}")]
    Port {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The thread could not be started.
    #[error("the media thread did not start: {0}")]
    Thread(io::Error),
}

impl Media {
    /// Opens the port and starts the loop on a thread of its own.
    ///
    /// `candidates`: where browsers are told to send, with port 0 for the port that was opened; none: the address listened
    /// on.
    ///
    /// # Errors
    /// [`MediaError`].
    pub fn start(listen: SocketAddr, candidates: &[SocketAddr]) -> Result<(Self, mpsc::Receiver<News>), MediaError> {
        Self::start_with(listen, candidates, || ())
    }

    /// The same; the thread does `first` before anything else.
    ///
    /// # Errors
    /// [`MediaError`].
    pub fn start_with(
        listen: SocketAddr,
        candidates: &[SocketAddr],
        first: impl FnOnce() + Send + 'static,
    ) -> Result<(Self, mpsc::Receiver<News>), MediaError> {
        let port = |source| MediaError::Port {
            address: listen,
            source,
        };
        let socket = std::net::UdpSocket::bind(listen).map_err(port)?;
        let address = socket.local_addr().map_err(port)?;
        let candidates = match candidates {
            [] => vec![address],
            given => given.iter().map(|given| with_port(*given, address.port())).collect(),
        };
        let (orders, orders_in) = mpsc::channel(ORDERS_MAX);
        let (news, news_out) = mpsc::channel(ORDERS_MAX);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(MediaError::Thread)?;
        let port = {
            let _inside = runtime.enter();
            Port::new(socket, address).map_err(port)?
        };
        std::thread::Builder::new()
            .name("media".into())
            .spawn(move || {
                first();
                runtime.block_on(Loop::new(port, candidates, news).run(orders_in));
            })
            .map_err(MediaError::Thread)?;
        Ok((Self { orders, address }, news_out))
    }

    /// Gives an order; waits while too many are waiting.
    pub async fn order(&self, order: Order) {
        if self.orders.send(order).await.is_err() {
            tracing::error!("the media loop is gone");
        }
    }
}

fn with_port(mut address: SocketAddr, port: u16) -> SocketAddr {
    if address.port() == 0 {
        address.set_port(port);
    }
    address
}
