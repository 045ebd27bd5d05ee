//! The thread on which clips are made: one after the other, behind everything else that the machine has to do.

use std::{
    collections::VecDeque,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use clip::{Progress, Stage};
use tokio::sync::{mpsc, oneshot};

use super::{DISK_FULL, FAILED, Found, Job, Kept, News, What, maker::Maker, shelf};
use crate::{
    api::ClipStage,
    http::Clock,
    recorder::{Finished, FootageOf, footages},
};

/// Jobs that may wait.
pub(crate) const JOBS_MAX: usize = 128;
/// News that may wait for the core.
const NEWS_MAX: usize = 256;
/// How often the core is told how far a job is.
const TOLD_EVERY: Duration = Duration::from_millis(500);
/// How long a node that stops waits for it: a program takes a moment to end.
const END_WAIT: Duration = Duration::from_secs(5);
/// By how much it gives way to others.
const NICE: i32 = 10;

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// The footage of the job that is being worked on, and what stops it.
    running: Option<(FootageOf, Arc<AtomicBool>)>,
    /// The programs are to be looked for again.
    look: bool,
    ending: bool,
}

/// What the thread does next.
enum Next {
    Look,
    Make(Box<Job>, Arc<AtomicBool>),
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The core's end. None of it waits.
pub(crate) struct Handle {
    shared: Arc<Shared>,
    gone: Option<oneshot::Receiver<()>>,
}

/// Too much waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy;

impl Handle {
    /// Hands in a job.
    pub(crate) fn make(&self, job: Job) -> Result<(), Busy> {
        let mut queue = self.shared.queue();
        if queue.jobs.len() >= JOBS_MAX {
            return Err(Busy);
        }
        queue.jobs.push_back(job);
        self.shared.wake.notify_all();
        Ok(())
    }

    /// Has the programs looked for again: they may have been installed since.
    pub(crate) fn look(&self) {
        self.shared.queue().look = true;
        self.shared.wake.notify_all();
    }

    /// Forgets all jobs of a footage; the one that is being worked on is stopped.
    pub(crate) fn drop_of(&self, of: FootageOf) {
        let mut queue = self.shared.queue();
        queue.jobs.retain(|job| job.of != of);
        if let Some((running, stop)) = &queue.running
            && *running == of
        {
            stop.store(true, Ordering::SeqCst);
        }
    }

    /// Begins to end: nothing more is begun, and what is being made is stopped. The next start makes it.
    pub(crate) fn stop(&self) {
        let mut queue = self.shared.queue();
        queue.ending = true;
        queue.jobs.clear();
        if let Some((_, stop)) = &queue.running {
            stop.store(true, Ordering::SeqCst);
        }
        self.shared.wake.notify_all();
    }

    /// Stops and waits for it, not for ever.
    pub(crate) async fn end(mut self) {
        self.stop();
        if let Some(gone) = self.gone.take()
            && tokio::time::timeout(END_WAIT, gone).await.is_err()
        {
            tracing::warn!("a clip is still being made: the next start makes it");
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Thread<M> {
    data: PathBuf,
    clock: Clock,
    maker: M,
    shared: Arc<Shared>,
    news: mpsc::Sender<News>,
    /// Whether the programs were there when they were last looked for.
    tools: bool,
}

/// Starts the thread; it ends with the [`Handle`].
pub(crate) fn start<M: Maker + 'static>(
    data: &Path,
    clock: Clock,
    maker: M,
) -> io::Result<(Handle, mpsc::Receiver<News>)> {
    let (news, news_out) = mpsc::channel(NEWS_MAX);
    let (ended, gone) = oneshot::channel();
    let shared = Arc::new(Shared {
        queue: Mutex::default(),
        wake: Condvar::new(),
    });
    let thread = Thread {
        // Programs run in folders of their own.
        data: std::path::absolute(data)?,
        clock,
        maker,
        shared: shared.clone(),
        news,
        tools: false,
    };
    std::thread::Builder::new().name("clips".into()).spawn(move || {
        thread.run();
        // Nobody waits for it unless the node stops.
        let _ = ended.send(());
    })?;
    let gone = Some(gone);
    Ok((Handle { shared, gone }, news_out))
}

impl<M: Maker> Thread<M> {
    fn run(mut self) {
        // On Linux a thread has a niceness of its own (setpriority(2), "C library/kernel differences").
        if let Err(error) = rustix::process::nice(NICE) {
            tracing::warn!(%error, "clips are made at the priority of everything else");
        }
        self.look_around();
        self.look_for_programs();
        while let Some(next) = self.next() {
            let Next::Make(job, stop) = next else {
                self.look_for_programs();
                continue;
            };
            let (id, of) = (job.id, job.of);
            let news = match self.make(&job, &stop) {
                Ok(kept) => News::Made(id, of, Box::new(kept)),
                Err(code) => News::Failed(id, code),
            };
            self.shared.queue().running = None;
            self.tell(news);
        }
    }

    fn tell(&self, news: News) {
        if self.news.blocking_send(news).is_err() {
            tracing::debug!("the core is gone");
        }
    }

    fn is_ending(&self) -> bool {
        self.shared.queue().ending
    }

    /// Tells what earlier starts of the node left, the newest footage first.
    fn look_around(&self) {
        for of in footages(&self.data).into_iter().rev() {
            if self.is_ending() {
                return;
            }
            let folder = super::folder(&self.data, of);
            shelf::sweep(&folder);
            let found = Found {
                finished: Finished::read(&of.folder(&self.data)),
                clips: shelf::look(&folder, of, &|| self.is_ending()),
                wishes: shelf::wishes(&folder),
                recalls: shelf::recalls(&folder),
            };
            self.tell(News::Found(of, Box::new(found)));
        }
        self.tell(News::Looked);
    }

    fn look_for_programs(&mut self) {
        let found = self.maker.look();
        self.tools = found.is_ok();
        self.tell(News::Programs(found.err()));
    }

    /// Waits for something to do; none: it is over.
    fn next(&self) -> Option<Next> {
        let mut queue = self.shared.queue();
        loop {
            if queue.ending {
                return None;
            }
            if std::mem::take(&mut queue.look) {
                return Some(Next::Look);
            }
            if let Some(job) = queue.jobs.pop_front() {
                let stop = Arc::new(AtomicBool::new(false));
                queue.running = Some((job.of, stop.clone()));
                return Some(Next::Make(Box::new(job), stop));
            }
            queue = self.shared.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn make(&mut self, job: &Job, stop: &AtomicBool) -> Result<Kept, &'static str> {
        // They may have been installed, or a program have gone, since.
        if !self.tools {
            self.look_for_programs();
        }
        let folder = super::folder(&self.data, job.of);
        std::fs::create_dir_all(&folder).map_err(|error| code(&error))?;
        let parent = match &job.what {
            What::Shorter(wish) => Some(folder.join(format!("{}.mp4", call::Hash(wish.clip.0)))),
            What::Cut(_) => None,
        };
        let mut job = job.clone();
        for source in &mut job.sources {
            source.path = job.of.folder(&self.data).join(&source.path);
        }
        let (news, id) = (self.news.clone(), job.id);
        let mut told: Option<(Stage, Instant)> = None;
        let mut progress = |now: Progress| {
            let due = |(stage, at): (Stage, Instant)| stage != now.stage || at.elapsed() >= TOLD_EVERY;
            if told.is_none_or(due) {
                told = Some((now.stage, Instant::now()));
                // How far it is may be lost; the next one tells it.
                let _ = news.try_send(News::Doing(id, stage(now.stage), now.percent.min(100)));
            }
        };
        let made = self
            .maker
            .make(&job, parent.as_deref(), &folder, &mut progress, stop)
            .inspect_err(|code| self.tools &= *code != super::NO_TOOLS)?;
        let kept = Kept::of(job.of, &job.draft, &made, self.clock.utc_ms());
        if let Err(error) = kept.write(&folder) {
            // Without what is said of it nobody would find it again: it gives back its room.
            for path in [Some(&made.path), made.poster.as_ref()].into_iter().flatten() {
                let _ = std::fs::remove_file(path);
            }
            return Err(code(&error));
        }
        if let What::Shorter(wish) = &job.what {
            shelf::forget_wish(&folder, wish);
        }
        tracing::info!(call = ?job.of.call, footage = job.of.number, clip = ?kept.hash(), "a clip is made");
        Ok(kept)
    }
}

fn code(error: &io::Error) -> &'static str {
    tracing::error!(%error, "a clip could not be kept");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DISK_FULL,
        _ => FAILED,
    }
}

fn stage(stage: Stage) -> ClipStage {
    match stage {
        Stage::Cutting => ClipStage::Cutting,
        Stage::Checking => ClipStage::Checking,
        Stage::Poster => ClipStage::Poster,
        Stage::Signing => ClipStage::Signing,
    }
}
