//! The node's own recorder as the rest of the node sees it: what it is told, what it is given, what it says.
//!
//! It writes on a thread of its own ([`thread`]) and finishes files on another ([`work`]). Neither the media loop nor the
//! core ever waits for them: what does not fit into a channel is dropped, counted and said.

mod finished;
mod thread;
mod work;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::{Duration, Instant},
};

use call::{CallId, PublicKey, SideId, Timestamp, terms::PersonId};
use recorder::{Place, Plan};
use sfu::{Kind, Packet, TrackId};

use crate::api::RecorderState;

pub(crate) use finished::{FinalFile, Finished};
pub(crate) use thread::{footages, start};

/// The folder of all footage inside the data folder.
pub(crate) const FOLDER: &str = "footage";

/// Packets that may wait for the recorder: some seconds of four pictures and their sound.
const PACKETS_MAX: usize = 8_192;
/// Orders that may wait for it; a footage needs a handful, and its roots are few in a minute.
const ORDERS_MAX: usize = 256;
/// How long a node that stops waits for its recorder.
const END_WAIT: Duration = Duration::from_secs(5);

/// One opening of footage at this node, numbered from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TakeId(pub(crate) u64);

/// Whose track it is, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Source {
    /// The side.
    pub(crate) side: SideId,
    /// The person vouched for.
    pub(crate) person: PersonId,
    /// The seat's key.
    pub(crate) seat: PublicKey,
    /// Sound or picture.
    pub(crate) kind: Kind,
    /// The publication's number at this node.
    pub(crate) track: TrackId,
}

/// Lets packets through to the recorder until it is shut, which takes effect with the next packet and is for good.
#[derive(Clone, Debug)]
pub(crate) struct Valve(Arc<AtomicBool>);

impl Valve {
    pub(crate) fn open() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    pub(crate) fn shut(&self) {
        self.0.store(false, Ordering::SeqCst);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A track that the recorder is given.
#[derive(Clone)]
pub(crate) struct Tap {
    /// The way to it.
    pub(crate) to: Packets,
    /// For which footage.
    pub(crate) take: TakeId,
    /// As what.
    pub(crate) source: Source,
    /// Until when.
    pub(crate) valve: Valve,
}

impl media::Tap for Tap {
    /// Unless footage is closed.
    fn give(&self, at: Instant, packet: &Packet) {
        if !self.valve.is_open() {
            return;
        }
        let tapped = Tapped {
            take: self.take,
            source: self.source,
            at,
            packet: packet.clone(),
        };
        if self.to.to.try_send(tapped).is_err() {
            self.to.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// One packet that the recorder is given.
#[derive(Debug)]
pub(crate) struct Tapped {
    pub(crate) take: TakeId,
    pub(crate) source: Source,
    /// When it arrived here.
    pub(crate) at: Instant,
    pub(crate) packet: Packet,
}

/// The way of packets to the recorder.
#[derive(Clone)]
pub(crate) struct Packets {
    to: SyncSender<Tapped>,
    lost: Arc<AtomicU64>,
}

impl Packets {
    /// A way for packets, and its other end.
    pub(crate) fn channel() -> (Self, Receiver<Tapped>) {
        let (to, from) = sync_channel(PACKETS_MAX);
        let lost = Arc::default();
        (Self { to, lost }, from)
    }

    /// Packets that found no room.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// One footage of one call: its folder is `footage/<call>/<number>` in the data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FootageOf {
    pub(crate) call: CallId,
    /// From 1.
    pub(crate) number: u32,
}

impl FootageOf {
    /// Its folder.
    pub(crate) fn folder(self, data: &Path) -> PathBuf {
        data.join(FOLDER)
            .join(self.call.to_string())
            .join(self.number.to_string())
    }
}

/// What the recorder is told.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    /// Footage is open.
    Begin {
        take: TakeId,
        /// What of.
        plan: Plan,
        /// What its roots are for.
        context: [u8; 32],
        /// The moment at which the plan says that it started, by the machine's running clock.
        at: Instant,
    },
    /// A root.
    Root { take: TakeId, sealed: Sealed },
    /// Footage is closed, since the press.
    Close { take: TakeId, press: Instant },
}

/// What the recorder tells.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// How it does: at a change, at most once a second.
    Status(TakeId, Status),
    /// It can't write this picture before it gets a key frame.
    KeyFrame(TakeId, Source),
    /// The final files of a footage are whole; again, and shorter, after `Shortening`.
    Finished(FootageOf, Finished),
    /// Footage turns out to have been closed then: its final files will be made again.
    Shortening(FootageOf, Timestamp),
}

/// How the recorder does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) state: RecorderState,
    pub(crate) seconds: u32,
    pub(crate) bytes: u64,
}

impl Status {
    /// Nothing written, in this state.
    pub(crate) const fn in_state(state: RecorderState) -> Self {
        Self {
            state,
            seconds: 0,
            bytes: 0,
        }
    }
}

/// The core's end.
pub(crate) struct Handle {
    /// The key that roots are sealed to.
    pub(crate) key: PublicKey,
    /// The way of what it is given.
    pub(crate) packets: Packets,
    orders: SyncSender<Order>,
    /// Answers when the recorder has ended.
    gone: tokio::sync::oneshot::Receiver<()>,
    #[cfg(test)]
    pub(crate) tapped: Option<tokio::sync::mpsc::UnboundedSender<Order>>,
}

impl Handle {
    /// Tells the recorder something. Never waits.
    pub(crate) fn order(&self, order: Order) {
        #[cfg(test)]
        self.tapped.as_ref().inspect(|tapped| drop(tapped.send(order.clone())));
        if self.orders.try_send(order).is_err() {
            tracing::error!("the recorder does not keep up, or is gone: an order to it is lost");
        }
    }

    /// Ends the recorder: what it was given is written. Files that take longer than this waits are made at the next start.
    pub(crate) async fn end(self) {
        drop(self.orders);
        if tokio::time::timeout(END_WAIT, self.gone).await.is_err() {
            tracing::warn!("footage is still being finished: the next start goes on with it");
        }
    }
}

/// A footage root as a terminal sealed it for the recorder.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) place: Place,
    pub(crate) bytes: bytes::Bytes,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed(epoch {})", self.place.epoch)
    }
}
