//! The thread on which takes are finished: each may take minutes, and one comes after the other.

use std::{
    io,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::JoinHandle,
    time::Duration,
};

use call::Timestamp;
use recorder::{Made, Take, TakeError, press, recover};
use tokio::sync::mpsc;

use super::{Finished, FootageOf, News, Status, TakeId};
use crate::api::RecorderState;

/// Jobs that may wait.
const JOBS_MAX: usize = 64;

/// Something to be made.
pub(super) enum Job {
    /// The final files of a take that is closed.
    Finish {
        id: TakeId,
        of: FootageOf,
        take: Box<Take>,
        press: Duration,
    },
    /// The same again, when it turns out to have been closed earlier.
    Shorten {
        id: TakeId,
        of: FootageOf,
        press: Timestamp,
    },
    /// The final files of a take that a start of the node finds without them.
    Recover { of: FootageOf },
}

/// The way to the thread.
pub(super) struct Worker {
    jobs: SyncSender<Job>,
    thread: JoinHandle<()>,
}

impl Worker {
    pub(super) fn start(data: PathBuf, news: mpsc::Sender<News>) -> io::Result<Self> {
        let (jobs, jobs_in) = sync_channel(JOBS_MAX);
        let shop = Shop { data, news };
        let thread = std::thread::Builder::new()
            .name("footage".into())
            .spawn(move || shop.run(&jobs_in))?;
        Ok(Self { jobs, thread })
    }

    /// Waits until all that was handed in is made.
    pub(super) fn end(self) {
        drop(self.jobs);
        if self.thread.join().is_err() {
            tracing::error!("the thread that finishes footage panicked");
        }
    }

    /// Hands in a job. Never waits.
    pub(super) fn hand(&self, job: Job) {
        if self.jobs.try_send(job).is_err() {
            tracing::error!("too much footage waits to be finished: the rest is finished after the next start");
        }
    }
}

struct Shop {
    data: PathBuf,
    news: mpsc::Sender<News>,
}

impl Shop {
    fn run(&self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            match job {
                Job::Finish { id, of, take, press } => {
                    let folder = of.folder(&self.data);
                    let made = take.close(press).or_else(|error| {
                        tracing::error!(%error, "footage could not be finished; tried again from what is on the disk");
                        recover(&folder, None)
                    });
                    self.finished(of, Some(id), made);
                }
                Job::Shorten { id, of, press } => {
                    self.finished(of, Some(id), shorten(&of.folder(&self.data), press));
                }
                Job::Recover { of } => {
                    self.finished(of, None, recover(&of.folder(&self.data), None));
                }
            }
        }
    }

    fn finished(&self, of: FootageOf, id: Option<TakeId>, made: Result<Made, TakeError>) {
        let folder = of.folder(&self.data);
        let finished = made.and_then(|made| {
            let finished = Finished::of(&made);
            finished.write(&folder)?;
            Ok((made, finished))
        });
        let status = match finished {
            Ok((made, finished)) => {
                self.tell(News::Finished(of, finished));
                let longest = made.files.iter().map(|file| file.length.as_secs()).max().unwrap_or(0);
                Status {
                    state: RecorderState::Done,
                    seconds: u32::try_from(longest).unwrap_or(u32::MAX),
                    bytes: made.files.iter().map(|file| file.bytes).sum(),
                }
            }
            Err(error) => {
                tracing::error!(%error, folder = %folder.display(), "footage could not be finished: the next start tries again");
                Status::in_state(RecorderState::DiskFull)
            }
        };
        if let Some(id) = id {
            self.tell(News::Status(id, status));
        }
    }

    fn tell(&self, news: News) {
        if self.news.blocking_send(news).is_err() {
            tracing::debug!("the core is gone");
        }
    }
}

/// Makes the final files again, shorter. If that is cut off, the next start goes on with it: longer ones count no more.
fn shorten(folder: &Path, at: Timestamp) -> Result<Made, TakeError> {
    press(folder, at)?;
    Finished::remove(folder)?;
    recover(folder, None)
}
