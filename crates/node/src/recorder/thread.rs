//! The thread on which footage is written: packets and orders in, files and news out.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, sync_channel},
    time::{Duration, Instant},
};

use call::{CallId, Timestamp};
use recorder::{Coding, Envelope, Kind, Plan, RecorderKey, Rtp, Space, Take, TrackKey};
use tokio::sync::{mpsc, oneshot};

use super::{
    FOLDER, Finished, FootageOf, Handle, News, ORDERS_MAX, Order, Packets, Sealed, Source, Status, TakeId, Tapped,
    work::{Job, Worker},
};
use crate::api::RecorderState;

/// News that may wait for the core.
const NEWS_MAX: usize = 256;
/// How often it is looked what is due.
const TICK: Duration = Duration::from_millis(200);
/// How long what came before the close may stand in the channel.
const LINGER: Duration = Duration::from_millis(500);
/// Packets taken before orders are looked at again.
const BATCH_MAX: usize = 256;
/// How often the core is told how a take does.
const TOLD_EVERY: Duration = Duration::from_secs(1);
/// Takes at a time; one more closes the oldest.
const TAKES_MAX: usize = 8;
/// Most footages of one call.
const NUMBERS_MAX: u32 = 4_096;

/// A take that runs.
struct Running {
    take: Take,
    of: FootageOf,
    context: [u8; 32],
    /// When it began, by the wall clock and by the machine's running clock.
    began: (Timestamp, Instant),
    sources: BTreeMap<TrackKey, Source>,
    told: Option<Status>,
    told_at: Option<Instant>,
    /// The press, and when it was told.
    closed: Option<(Instant, Instant)>,
    lost: u64,
}

struct Thread {
    data: PathBuf,
    key: RecorderKey,
    began: Instant,
    packets: Packets,
    news: mpsc::Sender<News>,
    worker: Worker,
    takes: BTreeMap<TakeId, Running>,
    /// Takes of this start that are finished, or about to be: their folders, and when they began by both clocks.
    done: BTreeMap<TakeId, (FootageOf, Timestamp, Instant)>,
}

/// Starts the recorder's threads; they end when the [`Handle`] is dropped.
pub(crate) fn start(data: &Path, key: RecorderKey) -> io::Result<(Handle, mpsc::Receiver<News>)> {
    let (packets, tapped) = Packets::channel();
    let (orders, orders_in) = sync_channel(ORDERS_MAX);
    let (news, news_out) = mpsc::channel(NEWS_MAX);
    let (ended, gone) = oneshot::channel();
    let public = key.public();
    let worker = Worker::start(data.to_owned(), news.clone())?;
    let thread = Thread {
        data: data.to_owned(),
        key,
        began: Instant::now(),
        packets: packets.clone(),
        news,
        worker,
        takes: BTreeMap::new(),
        done: BTreeMap::new(),
    };
    std::thread::Builder::new().name("recorder".into()).spawn(move || {
        thread.run(&orders_in, &tapped);
        // Nobody waits for it unless the node stops.
        let _ = ended.send(());
    })?;
    let handle = Handle {
        key: public,
        packets,
        orders,
        gone,
        #[cfg(test)]
        tapped: None,
    };
    Ok((handle, news_out))
}

impl Thread {
    fn run(mut self, orders: &Receiver<Order>, packets: &Receiver<Tapped>) {
        self.recover();
        loop {
            loop {
                match orders.try_recv() {
                    Ok(order) => self.order(order),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return self.end(packets),
                }
            }
            match packets.recv_timeout(TICK) {
                Ok(packet) => {
                    self.packet(&packet);
                    packets
                        .try_iter()
                        .take(BATCH_MAX)
                        .for_each(|packet| self.packet(&packet));
                }
                Err(RecvTimeoutError::Timeout) => self.finish_closed(Duration::ZERO),
                // The media loop is gone, and the core goes with it.
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(TICK),
            }
            self.finish_closed(LINGER);
            self.tick();
        }
    }

    /// The node stops: what was open is closed.
    fn end(mut self, packets: &Receiver<Tapped>) {
        packets.try_iter().for_each(|packet| self.packet(&packet));
        let now = Instant::now();
        for id in self.takes.keys().copied().collect::<Vec<_>>() {
            self.close(id, now);
        }
        for (id, running) in std::mem::take(&mut self.takes) {
            self.finish(id, running);
        }
        self.worker.end();
    }

    fn since(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.began)
    }

    fn tell(&self, news: News) {
        if self.news.try_send(news).is_err() {
            tracing::warn!("the core does not keep up with the recorder");
        }
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Begin {
                take,
                plan,
                context,
                at,
            } => self.begin(take, plan, context, at),
            Order::Root { take, sealed } => self.root(take, &sealed),
            Order::Close { take, press } => self.close(take, press),
        }
    }

    fn begin(&mut self, id: TakeId, plan: Plan, context: [u8; 32], at: Instant) {
        let (call, started) = (CallId(plan.call.0), plan.started);
        if self.takes.len() >= TAKES_MAX
            && let Some((oldest, running)) = self.takes.pop_first()
        {
            self.finish(oldest, running);
        }
        let begun = free_number(&self.data, call).and_then(|number| {
            let of = FootageOf { call, number };
            let take = Take::begin(&of.folder(&self.data), plan, self.since(at));
            take.map(|take| (of, take)).map_err(io::Error::other)
        });
        match begun {
            Ok((of, take)) => {
                let running = Running {
                    take,
                    of,
                    context,
                    began: (started, at),
                    sources: BTreeMap::new(),
                    told: None,
                    told_at: None,
                    closed: None,
                    lost: self.packets.lost(),
                };
                self.takes.insert(id, running);
            }
            Err(error) => {
                tracing::error!(%error, "footage is not written");
                self.tell(News::Status(id, Status::in_state(RecorderState::DiskFull)));
            }
        }
    }

    fn root(&mut self, id: TakeId, sealed: &Sealed) {
        let now = self.since(Instant::now());
        let Some(running) = self.takes.get_mut(&id) else { return };
        if running.context != sealed.place.context || running.closed.is_some() {
            return;
        }
        match Envelope::open(&self.key, &sealed.place, &sealed.bytes) {
            Ok(root) => running.take.root(sealed.place.epoch, root, now),
            Err(error) => tracing::warn!(%error, "an envelope for the recorder was not opened"),
        }
    }

    fn packet(&mut self, tapped: &Tapped) {
        let at = self.since(tapped.at);
        let Some(running) = self.takes.get_mut(&tapped.take) else {
            return;
        };
        let (kind, coding) = match tapped.source.kind {
            sfu::Kind::Picture => (Kind::Picture, Coding::Vp9),
            sfu::Kind::Sound if tapped.packet.layer == sfu::SOUND_REDUNDANT => (Kind::Sound, Coding::Red),
            sfu::Kind::Sound => (Kind::Sound, Coding::Opus),
        };
        let key = TrackKey {
            side: tapped.source.side,
            person: tapped.source.person,
            seat: tapped.source.seat,
            kind,
            track: tapped.source.track.0.into(),
        };
        running.sources.insert(key, tapped.source);
        let rtp = Rtp {
            sequence: tapped.packet.sequence,
            timestamp: tapped.packet.timestamp,
            marker: tapped.packet.marker,
            coding,
            payload: &tapped.packet.payload,
        };
        running.take.packet(key, at, &rtp);
    }

    /// Nothing that was captured after the press is kept from here on; what came before it may still stand in the channel.
    fn close(&mut self, id: TakeId, press: Instant) {
        let at = self.since(press);
        let Some(running) = self.takes.get_mut(&id) else {
            return self.shorten(id, press);
        };
        if let Err(error) = running.take.pressed(at) {
            tracing::error!(%error, "the close could not be written into the take's journal");
        }
        let earliest = running.closed.map_or(press, |(closed, _)| closed.min(press));
        running.closed = Some((earliest, Instant::now()));
        let status = running.told.unwrap_or(Status::in_state(RecorderState::Finishing));
        let status = Status {
            state: RecorderState::Finishing,
            ..status
        };
        self.tell(News::Status(id, status));
    }

    /// Footage whose files are made turns out to have been closed earlier: they are made again.
    fn shorten(&self, id: TakeId, press: Instant) {
        if let Some((of, started, began)) = self.done.get(&id) {
            let after = i64::try_from(press.saturating_duration_since(*began).as_millis()).unwrap_or(0);
            let press = Timestamp(started.0.saturating_add(after));
            self.tell(News::Shortening(*of, press));
            self.worker.hand(Job::Shorten { id, of: *of, press });
        }
    }

    /// Takes that were closed so long ago, or whose channel is empty, have got all that came before.
    fn finish_closed(&mut self, ago: Duration) {
        let over = |running: &Running| running.closed.is_some_and(|(_, told)| told.elapsed() >= ago);
        let closed = self.takes.iter().filter(|(_, running)| over(running));
        for id in closed.map(|(id, _)| *id).collect::<Vec<_>>() {
            if let Some(running) = self.takes.remove(&id) {
                self.finish(id, running);
            }
        }
    }

    fn finish(&mut self, id: TakeId, running: Running) {
        if self.done.len() >= TAKES_MAX {
            self.done.pop_first();
        }
        self.done.insert(id, (running.of, running.began.0, running.began.1));
        let lost = self.packets.lost() - running.lost;
        if lost > 0 {
            tracing::warn!(lost, "the recorder did not keep up: packets of footage were lost");
        }
        let press = self.since(running.closed.map_or_else(Instant::now, |(press, _)| press));
        self.worker.hand(Job::Finish {
            id,
            of: running.of,
            take: Box::new(running.take),
            press,
        });
    }

    fn tick(&mut self) {
        let instant = Instant::now();
        let now = self.since(instant);
        let mut news = Vec::new();
        for (id, running) in self.takes.iter_mut().filter(|(_, running)| running.closed.is_none()) {
            let status = shown(&running.take.tick(now));
            for key in running.take.key_frames(now) {
                news.extend(running.sources.get(&key).map(|source| News::KeyFrame(*id, *source)));
            }
            let due = running.told_at.is_none_or(|told| instant - told >= TOLD_EVERY);
            if due && running.told != Some(status) {
                running.told = Some(status);
                running.told_at = Some(instant);
                news.push(News::Status(*id, status));
            }
        }
        news.into_iter().for_each(|news| self.tell(news));
    }

    /// Takes that an earlier start of the node did not finish are finished.
    fn recover(&self) {
        for of in footages(&self.data) {
            if Finished::read(&of.folder(&self.data)).is_none() {
                self.worker.hand(Job::Recover { of });
            }
        }
    }
}

fn shown(status: &recorder::Status) -> Status {
    let state = match status.space {
        Space::Full => RecorderState::DiskFull,
        Space::Low => RecorderState::DiskLow,
        Space::Enough if status.nothing => RecorderState::Nothing,
        Space::Enough if status.opened == 0 => RecorderState::Waiting,
        Space::Enough => RecorderState::Writing,
    };
    Status {
        state,
        seconds: status.seconds,
        bytes: status.bytes,
    }
}

/// The first number of a footage of this call that is free.
fn free_number(data: &Path, call: CallId) -> io::Result<u32> {
    for number in 1..=NUMBERS_MAX {
        if !(FootageOf { call, number }).folder(data).try_exists()? {
            return Ok(number);
        }
    }
    Err(io::Error::other("too many footages of one call"))
}

/// Every footage in a data folder.
pub(crate) fn footages(data: &Path) -> Vec<FootageOf> {
    let folder = data.join(FOLDER);
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect::<Vec<_>>()
    };
    let mut all = Vec::new();
    for call in names(&folder) {
        let Ok(id) = call.parse::<CallId>() else { continue };
        let numbers = names(&folder.join(&call));
        let numbers = numbers.iter().filter_map(|number| number.parse::<u32>().ok());
        all.extend(numbers.map(|number| FootageOf { call: id, number }));
    }
    all.sort_unstable();
    all
}
