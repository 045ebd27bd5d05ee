//! The rate on a bottleneck in virtual time: it follows the path, keeps its queue short, and ignores loss.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "common/path.rs"]
mod path;

use link::Micros;
use link::congestion::{Control, RATE_FLOOR};
use path::{Path, PathConfig};

const PACKET: usize = 1200;

struct Bottleneck {
    control: Control,
    there: Path<(Micros, usize)>,
    /// Acknowledgements: when the latest packets were sent and their sizes, and the one-way delay of the last.
    back: Path<(Vec<(Micros, usize)>, i64)>,
    latest: std::collections::VecDeque<(Micros, usize)>,
    /// Sent and not known to have arrived.
    open: std::collections::BTreeMap<u64, (Micros, usize)>,
    now: Micros,
    next: Micros,
    delivered: u64,
    reports: bool,
    /// The most that the source sends, whatever it may.
    source: f64,
    /// Whether the path is filled beside it when the control wants that.
    fills: bool,
}

impl Bottleneck {
    fn new(config: PathConfig, seed: u64) -> Self {
        println!("seed {seed}");
        Self {
            control: Control::default(),
            there: Path::new(config, seed),
            back: Path::new(PathConfig { rate: 0.0, ..config }, seed + 1),
            latest: std::collections::VecDeque::new(),
            open: std::collections::BTreeMap::new(),
            now: 1,
            next: 1,
            delivered: 0,
            reports: true,
            source: 20e6,
            fills: false,
        }
    }

    /// Runs for some seconds; gives what was delivered in bits per second and the longest queue in ms.
    fn run(&mut self, seconds: f64) -> (f64, u64) {
        let end = self.now + (seconds * 1e6) as Micros;
        let before = self.delivered;
        self.there.queue_most_us = 0;
        while self.now < end {
            while let Some((sent, bytes)) = self.there.receive(self.now) {
                self.delivered += bytes as u64;
                let delay = (self.now - sent) as i64;
                // As in QUIC, each acknowledgement names what the ones before it named.
                self.latest.push_back((sent, bytes));
                if self.latest.len() > 40 {
                    self.latest.pop_front();
                }
                self.back
                    .send(self.now, 60, (self.latest.iter().copied().collect(), delay));
            }
            while let Some((latest, delay)) = self.back.receive(self.now) {
                let newest = latest.last().unwrap().0;
                for (sent, bytes) in latest {
                    if self.open.remove(&sent).is_some() {
                        self.control.on_acked(self.now, sent, bytes as u64);
                    }
                }
                // What is still missing a while behind the newest is lost.
                while let Some((&key, &(sent, bytes))) = self.open.iter().next() {
                    if sent + 60_000 > newest {
                        break;
                    }
                    self.open.remove(&key);
                    self.control.on_lost(self.now, bytes as u64);
                }
                self.control.on_batch(self.now);
                if self.reports {
                    self.control.on_forward_delay(self.now, delay);
                }
            }
            if self.now >= self.next {
                let fills = self.fills && self.control.wants_filling(self.now);
                let rate = self.control.rate().min(if fills { 20e6 } else { self.source });
                let bytes = if rate < 200_000.0 { 200 } else { PACKET };
                self.there.send(self.now, bytes, (self.now, bytes));
                self.open.insert(self.now, (self.now, bytes));
                self.control.on_sent(self.now, bytes as u64);
                self.next = self.now + (bytes as f64 * 8e6 / rate) as Micros;
            }
            let next = [Some(self.next), self.there.next_at(), self.back.next_at()];
            self.now = next.into_iter().flatten().min().unwrap().max(self.now + 1);
        }
        (
            (self.delivered - before) as f64 * 8.0 / seconds,
            self.there.queue_most_us / 1000,
        )
    }
}

fn path(rate: f64, round_trip_ms: u64, loss: f64) -> PathConfig {
    PathConfig {
        rate,
        queue_us: 10_000_000,
        ..PathConfig::new(round_trip_ms, loss)
    }
}

#[test]
fn the_rate_follows_the_path_down_and_up() {
    for (seed, round_trip) in [(1, 50), (2, 130), (3, 300)] {
        let mut bottleneck = Bottleneck::new(path(2.5e6, round_trip, 0.0), seed);
        bottleneck.run(15.0);
        let (wide, queue) = bottleneck.run(15.0);
        println!("{round_trip} ms: 2.5 Mb/s: {wide:.0} b/s, queue at most {queue} ms");
        assert!(wide > 1.8e6, "{wide}");
        assert!(queue < 100 + round_trip / 2, "{queue}");

        bottleneck.there.config.rate = 0.3e6;
        // By then the queue of the step has drained.
        let (_, step) = bottleneck.run(9.0);
        let (narrow, queue) = bottleneck.run(15.0);
        println!("{round_trip} ms: 0.3 Mb/s: {narrow:.0} b/s, queue at the step {step} ms, later at most {queue} ms");
        // The queue that builds before the step can show at the far end and be told is a matter of the path.
        assert!(step < 2600 || round_trip > 200, "{step}");
        assert!(narrow > 0.18e6, "{narrow}");
        assert!(queue < 400, "{queue}");

        bottleneck.there.config.rate = 2.5e6;
        bottleneck.run(10.0);
        let (again, queue) = bottleneck.run(10.0);
        println!("{round_trip} ms: 2.5 Mb/s again: {again:.0} b/s, queue at most {queue} ms");
        assert!(again > 1.7e6, "{again}");
        assert!(queue < 100 + round_trip / 2, "{queue}");
    }
}

#[test]
fn loss_is_no_signal() {
    for (seed, loss) in [(1, 0.05), (2, 0.20), (3, 0.30)] {
        let mut bottleneck = Bottleneck::new(path(2.5e6, 130, loss), seed);
        bottleneck.run(15.0);
        let (delivered, queue) = bottleneck.run(15.0);
        println!(
            "{:.0} % loss: {delivered:.0} b/s delivered, queue at most {queue} ms",
            loss * 100.0
        );
        assert!(delivered > 1.9e6 * (1.0 - loss), "{delivered}");
        assert!(queue < 200, "{queue}");
    }
}

#[test]
fn a_path_that_swallows_most_is_not_flooded() {
    // A policer of 300 kb/s without a queue: loss is all that shows.
    let config = PathConfig {
        rate: 0.3e6,
        queue_us: 5_000,
        ..PathConfig::new(100, 0.0)
    };
    let mut bottleneck = Bottleneck::new(config, 5);
    bottleneck.run(10.0);
    let (sent, lost) = (bottleneck.there.sent, bottleneck.there.lost);
    bottleneck.run(20.0);
    let (sent, lost) = (bottleneck.there.sent - sent, bottleneck.there.lost - lost);
    let share = lost as f64 / sent as f64;
    println!("lost {share:.2} of what was sent");
    assert!(share < 0.4, "{share}");
}

#[test]
fn the_floor_stays_for_speech() {
    let mut bottleneck = Bottleneck::new(
        PathConfig {
            queue_us: 2_000_000,
            ..path(60_000.0, 200, 0.1)
        },
        6,
    );
    bottleneck.run(30.0);
    let (delivered, queue) = bottleneck.run(20.0);
    println!("60 kb/s: {delivered:.0} b/s, queue at most {queue} ms");
    assert!(bottleneck.control.rate() >= RATE_FLOOR);
    assert!(delivered > 30_000.0, "{delivered}");
    assert!(queue < 600, "{queue}");
}

/// A queue on the way back makes round trips long; the reports tell that the way there is free.
#[test]
fn a_queue_on_the_way_back_does_not_slow_the_way_there() {
    let mut bottleneck = Bottleneck::new(path(2.5e6, 100, 0.0), 7);
    bottleneck.run(20.0);
    bottleneck.back.config.delay_us += 300_000;
    let (delivered, _) = bottleneck.run(10.0);
    println!("with 300 ms more on the way back: {delivered:.0} b/s");
    assert!(delivered > 1.5e6, "{delivered}");

    // Without reports the round trip is all there is, and is taken for a queue.
    let mut bottleneck = Bottleneck::new(path(2.5e6, 100, 0.0), 7);
    bottleneck.reports = false;
    bottleneck.run(20.0);
    bottleneck.back.config.delay_us += 300_000;
    let (delivered, _) = bottleneck.run(5.0);
    println!("and without reports: {delivered:.0} b/s");
    assert!(delivered < 1.2e6, "{delivered}");
}

/// Another route, 150 ms longer: at first it looks like a queue, then it is known.
#[test]
fn a_longer_route_is_learnt() {
    let mut bottleneck = Bottleneck::new(path(2.5e6, 60, 0.0), 8);
    bottleneck.run(20.0);
    bottleneck.there.config.delay_us += 150_000;
    bottleneck.run(20.0);
    let (delivered, _) = bottleneck.run(10.0);
    println!("after the change: {delivered:.0} b/s");
    assert!(delivered > 1.5e6, "{delivered}");
}

/// A source that uses little does not let the rate run away, and finds room when it wants more.
#[test]
fn the_rate_stays_near_what_is_used() {
    let mut bottleneck = Bottleneck::new(path(10e6, 80, 0.0), 9);
    bottleneck.source = 300_000.0;
    bottleneck.run(30.0);
    assert!(bottleneck.control.rate() < 900_000.0, "{}", bottleneck.control.rate());
    bottleneck.source = 2_000_000.0;
    bottleneck.run(6.0);
    let (delivered, _) = bottleneck.run(4.0);
    assert!(delivered > 1.8e6, "{delivered}");
}

/// A quiet picture over a wide path: a full one has room within half a minute, and the rate then stays.
#[test]
fn filling_finds_the_room_of_a_wide_path() {
    for (seed, round_trip, loss) in [(10, 20, 0.0), (11, 130, 0.02), (12, 300, 0.0)] {
        let mut bottleneck = Bottleneck::new(path(10e6, round_trip, loss), seed);
        bottleneck.source = 150_000.0;
        bottleneck.fills = true;
        bottleneck.run(30.0);
        let rate = bottleneck.control.rate();
        println!("{round_trip} ms: {rate:.0} b/s");
        assert!(rate > 3.0e6, "{rate}");
        let (delivered, queue) = bottleneck.run(60.0);
        assert!(delivered < 170_000.0, "no more is filled: {delivered}");
        assert!(queue < 20, "{queue}");
    }
}

/// A narrow path: filling makes a queue at times, short and ever more rarely.
#[test]
fn filling_leaves_a_narrow_path_alone() {
    for (seed, round_trip) in [(13, 50), (14, 130)] {
        let mut bottleneck = Bottleneck::new(path(0.5e6, round_trip, 0.0), seed);
        bottleneck.source = 150_000.0;
        bottleneck.fills = true;
        let mut queued = 0;
        for second in 0..300 {
            let (_, queue) = bottleneck.run(1.0);
            assert!(second < 10 || queue < 250, "second {second}: {queue}");
            queued += usize::from(second >= 60 && queue > 50);
        }
        println!("{round_trip} ms: {queued} of 240 seconds with a queue above 50 ms");
        assert!(queued < 12, "{queued}");
    }
}

/// A policer without a queue: what filling loses is found at once, and it stops.
#[test]
fn filling_stops_where_it_is_dropped() {
    let config = PathConfig {
        rate: 0.6e6,
        queue_us: 5_000,
        ..PathConfig::new(100, 0.0)
    };
    let mut bottleneck = Bottleneck::new(config, 15);
    bottleneck.source = 150_000.0;
    bottleneck.fills = true;
    bottleneck.run(30.0);
    let (sent, lost) = (bottleneck.there.sent, bottleneck.there.lost);
    bottleneck.run(120.0);
    let (sent, lost) = (bottleneck.there.sent - sent, bottleneck.there.lost - lost);
    let share = lost as f64 / sent as f64;
    println!("lost {share:.3} of what was sent");
    assert!(share < 0.02, "{share}");
}
