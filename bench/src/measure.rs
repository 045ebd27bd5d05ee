//! CPU time of a thread or a process, softirq time of its core, and latencies.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use rustix::thread::{CpuSet, Pid, gettid, sched_setaffinity};

/// Length of a tick in `/proc/stat`; Linux reports 100 a second on every machine of ours.
const TICK: Duration = Duration::from_millis(10);

/// A thread to be watched, and its core.
#[derive(Clone, Copy, Debug)]
pub struct Watched {
    thread: Pid,
    core: usize,
}

/// Time spent so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// By the thread itself, or all threads of the process, system calls included.
    pub thread: Duration,
    /// By the kernel on the thread's core on behalf of arriving and leaving packets; `None` where it cannot be read.
    pub softirq: Option<Duration>,
}

impl Spent {
    /// What was spent since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            thread: self.thread.saturating_sub(earlier.thread),
            softirq: self
                .softirq
                .zip(earlier.softirq)
                .map(|(now, then)| now.saturating_sub(then)),
        }
    }
}

/// Keeps the calling thread on one core and returns it for watching. Where there is one core, or pinning is forbidden, it
/// runs where it may.
#[must_use]
pub fn pin(core: usize) -> Watched {
    let core = core % cores();
    let mut set = CpuSet::new();
    set.set(core);
    if let Err(error) = sched_setaffinity(None, &set) {
        eprintln!("not pinned to core {core}: {error}");
    }
    Watched { thread: gettid(), core }
}

impl Watched {
    /// Reads its times; from any thread.
    #[must_use]
    pub fn spent(self) -> Spent {
        let path = format!("/proc/self/task/{}", self.thread.as_raw_nonzero());
        Spent {
            thread: on_core(Path::new(&path)),
            softirq: softirq(&fs::read_to_string("/proc/stat").unwrap_or_default(), self.core),
        }
    }
}

/// Time that a task has spent on a core; none when it has ended.
fn on_core(task: &Path) -> Duration {
    let text = fs::read_to_string(task.join("schedstat")).unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0))
}

/// Time spent by all threads that a process has, and softirq of the core that it is kept on. A thread that ends takes its
/// time with it.
#[must_use]
pub fn spent_by(process: u32, core: usize) -> Spent {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten();
    let core = core % cores();
    Spent {
        thread: tasks.flatten().map(|task| on_core(&task.path())).sum(),
        softirq: softirq(&fs::read_to_string("/proc/stat").unwrap_or_default(), core),
    }
}

/// Cores that the program may use, counted before anything is pinned: a pinned thread sees one.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// The softirq field of a core's line in `/proc/stat`.
fn softirq(stat: &str, core: usize) -> Option<Duration> {
    let line = stat
        .lines()
        .find(|line| line.split(' ').next() == Some(format!("cpu{core}").as_str()))?;
    let ticks: u32 = line.split_whitespace().nth(7)?.parse().ok()?;
    Some(TICK * ticks)
}

/// One-way times, collected in one window.
#[derive(Clone, Debug, Default)]
pub struct Latencies(Vec<u64>);

impl Latencies {
    /// Adds one, in nanoseconds.
    pub fn add(&mut self, nanos: u64) {
        self.0.push(nanos);
    }

    /// Adds all of another collection.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The time that a share (0..=1) of them stays within, in microseconds; 0 without any.
    #[must_use]
    pub fn quantile_us(&mut self, share: f64) -> f64 {
        if self.0.is_empty() {
            return 0.0;
        }
        self.0.sort_unstable();
        let at = ((self.0.len() - 1) as f64 * share).round() as usize;
        self.0[at] as f64 / 1000.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn reads_the_right_core() {
        let stat = "cpu  1 2 3 4 5 6 7 8\ncpu0 1 2 3 4 5 6 70 8\ncpu1 1 2 3 4 5 6 90 8\n";
        assert_eq!(softirq(stat, 1), Some(Duration::from_millis(900)));
        assert_eq!(softirq(stat, 5), None);
    }

    #[test]
    fn a_thread_can_be_pinned_again() {
        let core = cores() - 1;
        for _ in 0..2 {
            let _ = pin(core);
            let set = rustix::thread::sched_getaffinity(None).unwrap();
            assert!(set.is_set(core) && set.count() == 1, "core {core}: {set:?}");
        }
    }

    #[test]
    fn a_busy_thread_spends_time() {
        let watched = Watched {
            thread: gettid(),
            core: 0,
        };
        let before = watched.spent();
        let mut sum = 0u64;
        for n in 0..20_000_000u64 {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(n));
        }
        // The scheduler brings the number up to date when the thread is switched out.
        std::thread::sleep(Duration::from_millis(1));
        assert!(watched.spent().since(before).thread > Duration::from_millis(5), "{sum}");
    }

    #[test]
    fn quantiles() {
        let mut latencies = Latencies((1..=100).map(|us| us * 1000).collect());
        assert!((latencies.quantile_us(0.5) - 51.0).abs() < 1.0);
        assert!((latencies.quantile_us(0.99) - 99.0).abs() < 1.0);
    }
}
