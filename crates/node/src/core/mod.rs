//! The node's one place where things happen in order: calls, lines, seats that are connected, and who hears whom.
//!
//! A single task owns all of it and takes one [`Order`] at a time: from the HTTP routes and sockets, from the links,
//! from the media loop and from the clock. It holds no rule of its own: what may be said is decided by [`call`], what
//! is remembered by [`store`], what is forwarded by [`sfu`]. Nothing leaves before it is stored.

mod asides;
mod calls;
mod chain;
mod check;
mod clips;
mod convert;
mod delivery;
mod desks;
mod envelopes;
mod footage;
mod lines;
mod offers;
mod order;
mod pace;
mod redundancy;
mod rooms;
mod seats;
#[cfg(test)]
mod tests;
mod views;
mod vouches;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use call::{CallId, Hash, Keyring, SideId, Signer, Timestamp};
use media::{Media, News};
use store::Store;
use tokio::sync::{mpsc, oneshot};

use crate::{
    api::{self, CallSummary, CallView, ClipsView, LineView, Role, ToBrowser},
    clips as made,
    http::{ApiError, Clock},
    keys::Key,
    press::Press,
    recorder,
    ring::Ring,
};

use asides::Asides;
use check::Checks;
use clips::Clips;
pub(crate) use clips::{ClipAct, ClipFile};
use delivery::Delivery;
use desks::Desks;
use footage::Footages;
pub(crate) use lines::LineOf;
use rooms::Rooms;
use seats::Seats;

/// Orders that may wait; senders wait beyond it.
const ORDERS_MAX: usize = 1024;
/// How often the clock makes the core look whether an offer's time is over and whether the operator's commands changed
/// the store.
const TICK: Duration = Duration::from_secs(1);

/// This side, as it is shown and as it signs.
#[derive(Clone)]
pub(crate) struct Own {
    /// Id.
    pub(crate) id: SideId,
    /// Name.
    pub(crate) name: String,
    /// Capital.
    pub(crate) place: String,
    /// IANA zone of the capital.
    pub(crate) zone: String,
    /// The side key.
    pub(crate) key: Arc<Key>,
}

impl Own {
    pub(crate) fn view(&self) -> api::OwnSideView {
        api::OwnSideView {
            id: self.id.to_string(),
            name: self.name.clone(),
            place: self.place.clone(),
            zone: self.zone.clone(),
            key: self.key.key().to_string(),
        }
    }
}

/// What an operator may do with a call that exists.
#[derive(Clone)]
pub(crate) enum Act {
    /// Agree to an offer.
    Agree(String),
    /// Decline an offer.
    Decline(String),
    /// Take an offer or a consent back.
    Withdraw(String),
    /// Offer other terms.
    Counter(api::Terms),
    /// Gather.
    Gather,
    /// Sign what the seats' checks found.
    Preflight,
    /// Say this side's half of Begin.
    Begin {
        /// Although not every seat was proven to be heard.
        anyway: bool,
    },
    /// End the call.
    End,
    /// Say this side's half of footage.
    Open,
    /// Close footage.
    Close {
        /// When it was pressed, as the browser says.
        pressed: Option<String>,
    },
    /// Say who sits at a seat.
    Vouch {
        /// The own seat.
        seat: String,
        /// Number on the roster.
        person: u16,
    },
    /// Say this side's half of adding someone.
    Admit(api::Person),
    /// Strike someone.
    Strike(u16),
    /// Say this side's half of a clip's release.
    Release {
        /// SHA-256 of the clip.
        clip: Hash,
        /// The clip whose place it takes.
        instead: Option<Hash>,
    },
    /// Take a clip's release back.
    Recall {
        /// SHA-256 of the clip.
        clip: Hash,
    },
    /// Something that is not signed.
    Here(Here),
}

/// What an operator does on the own side.
#[derive(Clone)]
pub(crate) enum Here {
    /// Say this side's half of a check, or take it back.
    Check(bool),
    /// Have an own seat checked.
    CheckSeat(String),
    /// Mute an own seat, or ask its person to speak.
    Seat(String, api::SeatDo),
    /// Say which topic is being talked about.
    Topic(Option<u16>),
}

/// What a route asks of the core.
pub(crate) enum Ask {
    /// All lines.
    Lines(oneshot::Sender<Vec<LineView>>),
    /// All calls, newest first.
    Calls(oneshot::Sender<Vec<CallSummary>>),
    /// One call.
    Call {
        /// Its id.
        id: String,
        /// Who asks.
        role: Role,
        /// The call.
        reply: oneshot::Sender<Result<Box<CallView>, ApiError>>,
    },
    /// The signed record of one call.
    Record {
        /// Its id.
        id: String,
        /// The export.
        reply: oneshot::Sender<Result<Vec<u8>, ApiError>>,
    },
    /// Ask the other side for a call.
    Request {
        /// Far side.
        line: String,
        /// Terms.
        terms: Box<api::Terms>,
        /// The call's id.
        reply: oneshot::Sender<Result<String, ApiError>>,
    },
    /// Do something about a call.
    Act {
        /// Its id.
        id: String,
        /// Who acts.
        role: Role,
        /// What.
        act: Box<Act>,
        /// The call afterwards.
        reply: oneshot::Sender<Result<Box<CallView>, ApiError>>,
    },
    /// The clips of one call.
    Clips {
        /// Its id.
        id: String,
        /// Who asks.
        role: Role,
        /// The clips.
        reply: oneshot::Sender<Result<Box<ClipsView>, ApiError>>,
    },
    /// Do something about a call's clips.
    ClipAct {
        /// Its id.
        id: String,
        /// Who acts.
        seat: Box<crate::http::Seat>,
        /// What.
        act: ClipAct,
        /// The clips afterwards.
        reply: oneshot::Sender<Result<Box<ClipsView>, ApiError>>,
    },
    /// Where a clip's file is.
    ClipFile {
        /// The call's id.
        id: String,
        /// The file's name.
        name: String,
        /// The file.
        reply: oneshot::Sender<Result<ClipFile, ApiError>>,
    },
}

/// One thing to take in.
pub(crate) enum Order {
    /// A route asks.
    Ask(Ask),
    /// A seat's browser has proven itself on a socket.
    Opened {
        /// The seat.
        seat: crate::http::Seat,
        /// What it is sent.
        to: mpsc::Sender<ToBrowser>,
        /// The connection's number.
        reply: oneshot::Sender<u64>,
    },
    /// A browser said something.
    Said {
        /// The connection.
        connection: u64,
        /// What.
        message: api::FromBrowser,
    },
    /// A socket is gone.
    Closed {
        /// The connection.
        connection: u64,
    },
    /// A line's link reports.
    Link {
        /// The far side.
        far: SideId,
        /// What happened.
        event: link::Event,
    },
    /// The media loop reports.
    Media(News),
    /// Stop: tell the browsers, close the links.
    Stop(oneshot::Sender<()>),
    /// Tell a test all that is said to other nodes from here on.
    #[cfg(test)]
    Tap(mpsc::UnboundedSender<link::Command>),
    /// Tell a test all that the recorder is told from here on.
    #[cfg(test)]
    TapRecorder(mpsc::UnboundedSender<recorder::Order>),
    /// Take news of a test's as the recorder's.
    #[cfg(test)]
    RecorderNews(Box<recorder::News>),
    /// Take news of a test's as those of what makes clips.
    #[cfg(test)]
    ClipNews(Box<made::News>),
}

/// The way into the core. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Handle {
    orders: mpsc::Sender<Order>,
}

impl Handle {
    /// Hands in an order; false when the node is stopping.
    pub(crate) async fn order(&self, order: Order) -> bool {
        self.orders.send(order).await.is_ok()
    }

    /// Asks and waits for the answer.
    pub(crate) async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T, ApiError> {
        let (reply, answer) = oneshot::channel();
        if self.orders.send(Order::Ask(ask(reply))).await.is_err() {
            return Err(ApiError::Unavailable("stopping"));
        }
        answer.await.map_err(|_| ApiError::Internal)
    }
}

/// The core's state.
pub(crate) struct Core {
    own: Own,
    clock: Clock,
    store: Store,
    keyring: Keyring,
    lines: BTreeMap<SideId, LineOf>,
    endpoint: link::Endpoint,
    calls: BTreeMap<CallId, calls::Held>,
    seats: Seats,
    rooms: Rooms,
    delivery: Delivery,
    checks: Checks,
    asides: Asides,
    desks: Desks,
    footage: Footages,
    clips: Clips,
    /// Connections for which there is more to send than they have taken.
    pages_wait: BTreeSet<u64>,
    media: Media,
    ring: Ring,
    inbox: Handle,
    /// When the node started.
    started: Timestamp,
    /// Calls whose views changed and are to be shown when the current order is done.
    changed: VecDeque<CallId>,
    #[cfg(test)]
    tapped: Option<mpsc::UnboundedSender<link::Command>>,
}

/// What the core is made of.
pub(crate) struct Parts {
    /// This side.
    pub(crate) own: Own,
    /// Time.
    pub(crate) clock: Clock,
    /// The store.
    pub(crate) store: Store,
    /// The link's port.
    pub(crate) endpoint: link::Endpoint,
    /// The media loop.
    pub(crate) media: Media,
    /// What the media loop tells.
    pub(crate) news: mpsc::Receiver<News>,
    /// The ring command.
    pub(crate) ring: Ring,
    /// The recorder.
    pub(crate) recorder: recorder::Handle,
    /// What the recorder tells.
    pub(crate) recorder_news: mpsc::Receiver<recorder::News>,
    /// What makes clips.
    pub(crate) clips: made::Handle,
    /// What it tells.
    pub(crate) clip_news: mpsc::Receiver<made::News>,
    /// Where released clips are shown.
    pub(crate) press: Press,
    /// The data folder.
    pub(crate) data: PathBuf,
}

/// Loads what the store holds and starts the core's task.
pub(crate) async fn start(parts: Parts) -> Result<Handle, store::StoreError> {
    let (orders, inbox_out) = mpsc::channel(ORDERS_MAX);
    let inbox = Handle { orders };
    let started = Timestamp(parts.clock.utc_ms());
    // Tenths of a second: two starts of a node are further apart than the tracks that it numbers between them.
    let seed = u16::try_from((started.0 / 100) % i64::from(u16::MAX)).unwrap_or_default();
    let mut core = Core {
        keyring: Keyring::new([parts.own.key.key()]),
        own: parts.own,
        clock: parts.clock,
        store: parts.store,
        lines: BTreeMap::new(),
        endpoint: parts.endpoint,
        calls: BTreeMap::new(),
        seats: Seats::default(),
        rooms: Rooms::starting_at(seed),
        delivery: Delivery::default(),
        checks: Checks::default(),
        asides: Asides::default(),
        desks: Desks::default(),
        footage: Footages::new(parts.recorder),
        clips: Clips::new(parts.clips, parts.press, parts.data),
        pages_wait: BTreeSet::new(),
        media: parts.media,
        ring: parts.ring,
        inbox: inbox.clone(),
        changed: VecDeque::new(),
        started,
        #[cfg(test)]
        tapped: None,
    };
    core.load_lines().await?;
    core.load_calls().await?;
    core.load_commits().await?;
    tokio::spawn(core.run(inbox_out, parts.news, parts.recorder_news, parts.clip_news));
    Ok(inbox)
}

impl Core {
    async fn run(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        mut news: mpsc::Receiver<News>,
        mut recorder: mpsc::Receiver<recorder::News>,
        mut clips: mpsc::Receiver<made::News>,
    ) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut pages = tokio::time::interval(chain::PAGES_EVERY);
        pages.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut desks = tokio::time::interval(desks::DESKS_EVERY);
        desks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut footage = tokio::time::interval(footage::FOOTAGE_EVERY);
        footage.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let order = tokio::select! {
                order = orders.recv() => order,
                news = news.recv() => news.map(Order::Media),
                Some(news) = recorder.recv() => {
                    self.recorder_news(news).await;
                    self.show_changes().await;
                    continue;
                }
                Some(news) = clips.recv() => {
                    self.clip_news(news).await;
                    self.show_changes().await;
                    continue;
                }
                _ = tick.tick() => {
                    self.tick().await;
                    self.show_changes().await;
                    continue;
                }
                _ = pages.tick(), if !self.pages_wait.is_empty() => {
                    self.turn_pages().await;
                    continue;
                }
                _ = desks.tick(), if self.desks.wait() || self.clips.wait() => {
                    self.show_desks();
                    self.show_clips();
                    continue;
                }
                _ = footage.tick(), if self.footage.wait() => {
                    self.tick_footage().await;
                    self.show_changes().await;
                    continue;
                }
            };
            match order {
                Some(Order::Stop(done)) => {
                    self.clips.stop();
                    self.stop_footage().await;
                    self.seats.tell_all(&ToBrowser::Going {});
                    self.endpoint.close().await;
                    // Nobody takes news any more: whoever waits to tell some goes on to its end.
                    drop((recorder, clips));
                    self.footage.end().await;
                    self.clips.end().await;
                    let _ = done.send(());
                    return;
                }
                Some(order) => self.take(order).await,
                None => return,
            }
            self.show_changes().await;
        }
    }

    async fn take(&mut self, order: Order) {
        match order {
            Order::Ask(ask) => self.answer(ask).await,
            Order::Opened { seat, to, reply } => self.opened(seat, to, reply).await,
            Order::Said { connection, message } => self.said(connection, message).await,
            Order::Closed { connection } => self.closed(connection).await,
            Order::Link { far, event } => self.link_event(far, event).await,
            Order::Media(news) => self.media_news(news).await,
            Order::Stop(_) => {}
            #[cfg(test)]
            Order::Tap(tapped) => self.tapped = Some(tapped),
            #[cfg(test)]
            Order::TapRecorder(tapped) => self.footage.tap(tapped),
            #[cfg(test)]
            Order::RecorderNews(news) => self.recorder_news(*news).await,
            #[cfg(test)]
            Order::ClipNews(news) => self.clip_news(*news).await,
        }
    }

    async fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Lines(reply) => drop(reply.send(self.line_views())),
            Ask::Calls(reply) => drop(reply.send(self.summaries())),
            Ask::Call { id, role, reply } => {
                let view = self
                    .call_id(&id)
                    .and_then(|id| self.call_view(id, role).ok_or(ApiError::NotFound));
                drop(reply.send(view.map(Box::new)));
            }
            Ask::Record { id, reply } => drop(reply.send(self.record(&id).await)),
            Ask::Request { line, terms, reply } => drop(reply.send(self.request(&line, &terms).await)),
            Ask::Act { id, role, act, reply } => {
                let outcome = self
                    .act(&id, &act)
                    .await
                    .and_then(|id| self.call_view(id, role).ok_or(ApiError::NotFound));
                drop(reply.send(outcome.map(Box::new)));
            }
            Ask::Clips { id, role, reply } => drop(reply.send(self.shown_clips(&id, role).await.map(Box::new))),
            Ask::ClipAct { id, seat, act, reply } => {
                let outcome = self.act_on_clip(&id, &seat, &act).await;
                drop(reply.send(outcome.map(Box::new)));
            }
            Ask::ClipFile { id, name, reply } => drop(reply.send(self.clip_file(&id, &name))),
        }
    }

    async fn tick(&mut self) {
        if let Err(error) = self.load_lines().await {
            tracing::error!(%error, "the store could not be read");
        }
        self.lapse_what_is_over().await;
        self.close_what_is_shut().await;
        self.tick_delivery().await;
        self.tick_asides();
        self.tick_desks();
        self.show_lines();
    }

    /// The call that a text names, if it exists.
    fn call_id(&self, text: &str) -> Result<CallId, ApiError> {
        let id: CallId = text.parse().map_err(|_| ApiError::NotFound)?;
        if self.calls.contains_key(&id) {
            Ok(id)
        } else {
            Err(ApiError::NotFound)
        }
    }

    /// Shows a call again once the current order is done.
    fn change(&mut self, id: CallId) {
        if !self.changed.contains(&id) {
            self.changed.push_back(id);
        }
    }

    /// Brings media and every connected browser in line with what changed.
    async fn show_changes(&mut self) {
        if self.changed.is_empty() {
            self.show_desks();
            return self.show_clips();
        }
        while let Some(id) = self.changed.pop_front() {
            self.arrange(id).await;
            self.settle_asides(id);
            self.arrange_chain(id).await;
            for role in self.seats.roles() {
                if let Some(view) = self.call_view(id, role) {
                    self.seats.tell_role(role, &ToBrowser::Call { call: Box::new(view) });
                }
            }
            self.desks.shown(id);
            self.arrange_delivery(id).await;
            self.settle_clips(id);
        }
        self.show_desks();
        self.show_clips();
        let calls = self.summaries();
        self.seats.tell_all(&ToBrowser::Calls { calls });
    }
}
