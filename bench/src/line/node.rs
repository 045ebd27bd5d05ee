//! One node as far as the line sees it: a media loop, an endpoint with one line, and what the node's core does between
//! them: tracks, routes, rates, requests for key frames.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc as blocking};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use call::{Hash, SecretKey, SideId, Signer};
use link::wire::Prelude;
use link::{Command, Endpoint, EndpointConfig, Event, Line, LineConfig, LineHandle, LinkKey, Signal, Stats};
use media::{Media, News, Order, Tap};
use sfu::{Answer, OfferError, Packet, ParticipantId, TrackId};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot, watch};

use super::publisher::{Kind, Mark, read_mark};
use super::terminal::Offered;

/// Tracks of the side that sends.
pub const SOUND: TrackId = TrackId(1);
/// The picture's.
pub const PICTURE: TrackId = TrackId(2);
/// The same as the receiving node numbers them.
pub const FAR_SOUND: TrackId = TrackId(101);
/// The picture's.
pub const FAR_PICTURE: TrackId = TrackId(102);

/// A side made of one number.
#[derive(Clone, Copy, Debug)]
pub struct Who(pub u8);

impl Who {
    fn side(self) -> SideId {
        SideId::of(&SecretKey::from_seed(&[self.0; 32]).key())
    }

    fn link_key(self) -> LinkKey {
        LinkKey::from_seed([self.0 ^ 0x80; 32])
    }
}

/// A running node; ends when dropped.
pub struct Node {
    media: Media,
    news: Option<mpsc::Receiver<News>>,
    endpoint: Option<Endpoint>,
    line: Option<(LineHandle, watch::Receiver<Stats>)>,
    rate: Arc<AtomicU32>,
    runtime: Runtime,
}

impl Node {
    /// Starts one without a line.
    ///
    /// # Errors
    /// When ports or threads cannot be had.
    pub fn start(who: Who) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("link")
            .enable_all()
            .build()?;
        let (media, news) = Media::start(([127, 0, 0, 1], 0).into(), &[])?;
        let endpoint = {
            let _inside = runtime.enter();
            Endpoint::bind(EndpointConfig {
                listen: ([127, 0, 0, 1], 0).into(),
                key: who.link_key(),
                side: who.side(),
                software: "bench".into(),
                web: Hash([0; 32]),
                random: [who.0; 32],
                versions: Prelude::OURS,
            })?
        };
        Ok(Self {
            media,
            news: Some(news),
            endpoint: Some(endpoint),
            line: None,
            rate: Arc::default(),
            runtime,
        })
    }

    /// Where the far node dials.
    ///
    /// # Errors
    /// As the system says.
    pub fn link_address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.endpoint.as_ref().context("closed")?.local_addr()?)
    }

    /// Where browsers send to.
    #[must_use]
    pub fn media_address(&self) -> SocketAddr {
        self.media.address
    }

    /// Begins to keep up a line.
    ///
    /// # Errors
    /// When the endpoint refuses it, or there is one.
    pub fn add_line(&mut self, far: Who, dial: Option<SocketAddr>) -> anyhow::Result<()> {
        let _inside = self.runtime.enter();
        let Line {
            handle,
            events,
            media,
            stats,
        } = self.endpoint.as_ref().context("closed")?.add_line(LineConfig {
            far: far.side(),
            far_key: far.link_key().public(),
            addresses: dial.iter().map(ToString::to_string).collect(),
            confirmed: true,
        })?;
        let news = self.news.take().context("there is a line")?;
        tokio::spawn(serve_line(events, handle.clone(), self.media.clone()));
        tokio::spawn(serve_news(news, handle.clone(), self.rate.clone()));
        self.order(Order::AddLine {
            far: far.side(),
            handle: handle.clone(),
            incoming: media,
        });
        self.line = Some((handle, stats));
        Ok(())
    }

    /// Waits until the line carries.
    ///
    /// # Errors
    /// When it does not in this time.
    pub fn await_line(&self, most: Duration) -> anyhow::Result<()> {
        let start = Instant::now();
        while !self.carries() {
            ensure!(start.elapsed() < most, "the line was not open within {most:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn carries(&self) -> bool {
        self.line.as_ref().is_some_and(|(handle, _)| handle.rate() > 0)
    }

    /// Gives the media loop an order.
    pub fn order(&self, order: Order) {
        self.runtime.block_on(self.media.order(order));
    }

    /// Hands over an offer; the answer comes later.
    pub fn offer(
        &self,
        offered: &Offered,
        id: ParticipantId,
        sends: bool,
    ) -> oneshot::Receiver<Result<Answer, OfferError>> {
        let (reply, answer) = oneshot::channel();
        let (publish, subscribe) = if sends {
            (offered.publish(SOUND, PICTURE), Vec::new())
        } else {
            (Vec::new(), offered.subscribe(FAR_SOUND, FAR_PICTURE))
        };
        self.order(Order::Offer {
            participant: id,
            sdp: offered.sdp.clone(),
            publish,
            subscribe,
            reply,
        });
        answer
    }

    /// Lets the tracks of a participant leave over the line.
    pub fn let_out(&self, id: ParticipantId, far: Who) {
        for track in [SOUND, PICTURE] {
            self.order(Order::Route {
                track,
                participants: Vec::new(),
                line: Some((far.side(), id)),
            });
        }
    }

    /// Takes the tracks of the side at the other end.
    pub fn take_in(&self, far: Who) {
        let tracks = [
            (SOUND, FAR_SOUND, sfu::Kind::Sound),
            (PICTURE, FAR_PICTURE, sfu::Kind::Picture),
        ];
        for (theirs, track, kind) in tracks {
            self.order(Order::AddRemote {
                line: far.side(),
                far_track: theirs.0,
                track,
                kind,
            });
        }
    }

    /// Tells when each packet of the far side's tracks left the link.
    pub fn tap(&self, give: &blocking::Sender<(Instant, Kind, Mark)>) {
        for (track, kind) in [(FAR_SOUND, Kind::Sound), (FAR_PICTURE, Kind::Picture)] {
            self.order(Order::Tap(track, Some(Box::new(Leaving(kind, give.clone())))));
        }
    }

    /// Gives the far side's tracks to these participants.
    pub fn give(&self, participants: &[ParticipantId]) {
        for track in [FAR_SOUND, FAR_PICTURE] {
            self.order(Order::Route {
                track,
                participants: participants.to_vec(),
                line: None,
            });
        }
    }

    /// What the publisher was last told to send at most, in kb/s; 0 before.
    #[must_use]
    pub fn rate_kbps(&self) -> u32 {
        self.rate.load(Ordering::Relaxed)
    }

    /// What the link knows of itself.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.line
            .as_ref()
            .map(|(_, stats)| stats.borrow().clone())
            .unwrap_or_default()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _inside = self.runtime.enter();
        drop(self.endpoint.take());
    }
}

/// Notes packets that leave the link.
struct Leaving(Kind, blocking::Sender<(Instant, Kind, Mark)>);

impl Tap for Leaving {
    fn give(&self, at: Instant, packet: &Packet) {
        if let Some(mark) = read_mark(self.0, &packet.payload) {
            let _ = self.1.send((at, self.0, mark));
        }
    }
}

/// What the core does with a line's events, as far as media goes: nothing is stored, and a signal asks for a key frame.
async fn serve_line(mut events: mpsc::Receiver<Event>, handle: LineHandle, media: Media) {
    while let Some(event) = events.recv().await {
        match event {
            // When the line is gone, so are its events.
            Event::HeadsWanted => drop(handle.command(Command::Heads(Vec::new())).await),
            Event::Signal(signal) => {
                if let Ok(track) = <[u8; 2]>::try_from(&signal.payload[..]) {
                    media.order(Order::KeyFrame(TrackId(u16::from_be_bytes(track)))).await;
                }
            }
            _ => {}
        }
    }
}

/// What the core does with a media loop's news: requests for key frames cross the link as signals, rates go to terminals.
async fn serve_news(mut news: mpsc::Receiver<News>, handle: LineHandle, rate: Arc<AtomicU32>) {
    while let Some(news) = news.recv().await {
        match news {
            News::KeyFrameRequest { far_track, .. } => {
                let signal = Signal {
                    call: Hash([0; 32]),
                    payload: far_track.to_be_bytes().to_vec().into(),
                };
                if handle.command(Command::Signal(signal)).await.is_err() {
                    return;
                }
            }
            News::Rate(_, kbps) => rate.store(kbps, Ordering::Relaxed),
            News::Disconnected(..) => {}
        }
    }
}
