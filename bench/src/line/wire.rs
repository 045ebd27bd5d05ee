//! One bad network between a caller and a target on loopback: two [`Path`]s on a thread of its own that wakes to the
//! microsecond. It also tells how long datagrams waited in the bottleneck, and how late it was itself.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::impairment::{Counts, Path, Settings};
use crate::measure::Latencies;

/// Most datagrams under way.
const FLYING_MAX: usize = 65_536;
/// Most datagrams read before what is due leaves.
const READS_MAX: usize = 64;
/// Longest sleep: so soon is an end noticed.
const SLEEP_MAX: Duration = Duration::from_millis(50);
/// Most waits remembered: a run of minutes.
const WAITS_MAX: usize = 1 << 20;
const DATAGRAM_MAX: usize = 2_048;

/// A running wire; ends when dropped.
pub struct Wire {
    /// Where the caller sends to.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct State {
    there: Path,
    back: Path,
    late: Latencies,
    /// When the bottleneck towards the target was entered, and how long what enters after would wait.
    waits: Vec<(Instant, Duration)>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Flying {
    at: Instant,
    order: u64,
    there: bool,
    bytes: Vec<u8>,
}

/// The thread's part.
struct Carrier {
    front: UdpSocket,
    back: UdpSocket,
    caller: Option<SocketAddr>,
    state: Arc<Mutex<State>>,
    flying: BinaryHeap<Reverse<Flying>>,
    order: u64,
}

impl Wire {
    /// Opens one towards a target, the same both ways.
    ///
    /// # Errors
    /// When ports or a thread cannot be had.
    pub fn start(target: SocketAddr, settings: Settings, seed: u64) -> anyhow::Result<Self> {
        let open = || -> std::io::Result<UdpSocket> {
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        };
        let (front, back) = (open()?, open()?);
        back.connect(target)?;
        let address = front.local_addr()?;
        let state = Arc::new(Mutex::new(State {
            there: Path::new(settings, seed),
            back: Path::new(settings, seed ^ 0x9e37_79b9_7f4a_7c15),
            late: Latencies::default(),
            waits: Vec::new(),
        }));
        let stop = Arc::new(AtomicBool::new(false));
        let mut carrier = Carrier {
            front,
            back,
            caller: None,
            state: state.clone(),
            flying: BinaryHeap::new(),
            order: 0,
        };
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name("wire".into()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                carrier.turn();
            }
        })?;
        Ok(Self {
            address,
            state,
            stop,
            thread: Some(thread),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes both directions.
    pub fn set(&self, settings: Settings) {
        let mut state = self.state();
        *state.there.settings() = settings;
        *state.back.settings() = settings;
    }

    /// What happened to datagrams towards the target, and back.
    #[must_use]
    pub fn counts(&self) -> (Counts, Counts) {
        let state = self.state();
        (state.there.counts(), state.back.counts())
    }

    /// Forgets what was measured.
    pub fn measure_afresh(&self) {
        let mut state = self.state();
        state.late = Latencies::default();
        state.waits.clear();
    }

    /// How late datagrams left, in microseconds: the time that this share (0..=1) of them stays within.
    #[must_use]
    pub fn late_us(&self, share: f64) -> f64 {
        self.state().late.quantile_us(share)
    }

    /// The wait in the bottleneck towards the target, every `step` from one time on and before another.
    #[must_use]
    pub fn queue(&self, from: Instant, to: Instant, step: Duration) -> Vec<Duration> {
        let state = self.state();
        let mut at = from;
        let mut waits = Vec::new();
        while at < to {
            waits.push(wait_at(&state.waits, at));
            at += step;
        }
        waits
    }
}

/// What would wait at a moment: what the last datagram before left, less the time since.
fn wait_at(waits: &[(Instant, Duration)], at: Instant) -> Duration {
    let next = waits.partition_point(|(entered, _)| *entered <= at);
    let Some((entered, wait)) = next.checked_sub(1).and_then(|last| waits.get(last)) else {
        return Duration::ZERO;
    };
    wait.saturating_sub(at.saturating_duration_since(*entered))
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Carrier {
    fn turn(&mut self) {
        self.deliver();
        let until = self.flying.peek().map(|flying| flying.0.at);
        let sleep = until.map_or(SLEEP_MAX, |at| {
            at.saturating_duration_since(Instant::now()).min(SLEEP_MAX)
        });
        sleep_on(&[&self.front, &self.back], sleep);
        let mut buffer = [0; DATAGRAM_MAX];
        for _ in 0..READS_MAX {
            let Ok((length, from)) = self.front.recv_from(&mut buffer) else {
                break;
            };
            self.caller = Some(from);
            self.enter(true, &buffer[..length]);
        }
        for _ in 0..READS_MAX {
            let Ok(length) = self.back.recv(&mut buffer) else { break };
            self.enter(false, &buffer[..length]);
        }
    }

    fn enter(&mut self, there: bool, bytes: &[u8]) {
        let now = Instant::now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let path = if there { &mut state.there } else { &mut state.back };
        let leaves = path.pass(bytes.len(), now);
        let wait = path.wait(now);
        if there && state.waits.len() < WAITS_MAX {
            state.waits.push((now, wait));
        }
        drop(state);
        if let Some(at) = leaves.filter(|_| self.flying.len() < FLYING_MAX) {
            self.order += 1;
            self.flying.push(Reverse(Flying {
                at,
                order: self.order,
                there,
                bytes: bytes.to_vec(),
            }));
        }
    }

    fn deliver(&mut self) {
        let now = Instant::now();
        while self.flying.peek().is_some_and(|flying| flying.0.at <= now) {
            let Some(Reverse(flying)) = self.flying.pop() else {
                return;
            };
            let late = now.saturating_duration_since(flying.at).as_nanos() as u64;
            self.state.lock().unwrap_or_else(PoisonError::into_inner).late.add(late);
            // A send that fails is a datagram lost.
            let _ = match self.caller.filter(|_| !flying.there) {
                Some(caller) => self.front.send_to(&flying.bytes, caller),
                None if flying.there => self.back.send(&flying.bytes),
                None => Ok(0),
            };
        }
    }
}

/// Sleeps until one of the sockets can be read, or for so long.
pub fn sleep_on(sockets: &[&UdpSocket], most: Duration) {
    let mut waiting: Vec<PollFd<'_>> = sockets
        .iter()
        .map(|socket| PollFd::new(*socket, PollFlags::IN))
        .collect();
    let timeout = Timespec {
        tv_sec: most.as_secs() as i64,
        tv_nsec: i64::from(most.subsec_nanos()),
    };
    // Interrupted: whoever waits looks at the time again.
    let _ = poll(&mut waiting, Some(&timeout));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn carries_both_ways_after_the_delay() {
        let target = UdpSocket::bind("127.0.0.1:0").unwrap();
        let wire = Wire::start(target.local_addr().unwrap(), "delay=15".parse().unwrap(), 1).unwrap();
        let caller = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut buffer = [0; 16];
        let sent = Instant::now();
        caller.send_to(b"there", wire.address).unwrap();
        let (length, from) = target.recv_from(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"there");
        target.send_to(b"back", from).unwrap();
        let (length, from) = caller.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..length], from), (&b"back"[..], wire.address));
        assert!(sent.elapsed() >= Duration::from_millis(30));
        assert_eq!((wire.counts().0.passed, wire.counts().1.passed), (1, 1));
    }

    #[test]
    fn a_wait_falls_with_time() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        let waits = [(start + ms(10), ms(40)), (start + ms(20), ms(50))];
        let seen: Vec<_> = [0, 10, 15, 20, 45, 90]
            .map(|at| wait_at(&waits, start + ms(at)).as_millis())
            .into();
        assert_eq!(seen, [0, 40, 35, 50, 25, 0]);
    }
}
