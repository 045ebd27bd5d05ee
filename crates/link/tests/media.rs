//! Sound and pictures through the real sender and receiver over a path in virtual time.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "common/path.rs"]
mod path;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use link::datagram::Datagram;
use link::media::{Receiver, Sender};
use link::{Kind, MediaPacket, Micros};
use path::{OVERHEAD, Path, PathConfig};

const SOUND: u16 = 1;
const PICTURES: u16 = 2;
const FRAME_US: Micros = 33_333;
const SOUND_US: Micros = 20_000;
/// Sound must be there this long after it was sent, beyond the delay of the path, or it is concealed.
const SOUND_LATE_US: Micros = 100_000;
/// Nothing before counts: the loss is not known yet.
const WARM_UP_US: Micros = 3_000_000;

struct Load {
    pictures_kbps: u64,
    sound_bytes: usize,
    seconds: u64,
    rate: f64,
    fills: bool,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            pictures_kbps: 1100,
            sound_bytes: 80,
            seconds: 40,
            rate: 6e6,
            fills: false,
        }
    }
}

#[derive(Debug, Default)]
struct Outcome {
    frames: usize,
    frames_in_time: usize,
    sounds: usize,
    sounds_in_time: usize,
    duplicates: usize,
    useful_bytes: u64,
    sent_bytes: u64,
    report_bytes: u64,
    base_lost: usize,
    publish_rate: f64,
}

impl Outcome {
    fn frames_percent(&self) -> f64 {
        self.frames_in_time as f64 * 100.0 / self.frames as f64
    }
    fn concealed_percent(&self) -> f64 {
        100.0 - self.sounds_in_time as f64 * 100.0 / self.sounds as f64
    }
    /// Bytes on the wire over bytes of payload.
    fn cost(&self) -> f64 {
        self.sent_bytes as f64 / self.useful_bytes as f64
    }
}

/// Temporal layers of VP9 L1T3.
fn layer(frame: u64) -> u8 {
    [0, 2, 1, 2][(frame % 4) as usize]
}

fn frame_bytes(frame: u64, kbps: u64) -> usize {
    let mean = (kbps * 125 / 30) as usize;
    match frame % 300 {
        0 => mean * 6,
        _ => mean * [14, 8, 10, 8][(frame % 4) as usize] / 10,
    }
}

struct Run {
    sender: Sender,
    receiver: Receiver,
    there: Path<Bytes>,
    back: Path<Bytes>,
    sent_at: BTreeMap<(u16, u64), Micros>,
    frame_of: BTreeMap<u64, u64>,
    frame_missing: BTreeMap<u64, BTreeSet<u64>>,
    outcome: Outcome,
    round_trip: Micros,
    seen: BTreeSet<(u16, u64)>,
}

fn run(config: PathConfig, load: &Load, seed: u64) -> Outcome {
    let mut run = Run {
        sender: Sender::new(1150),
        receiver: Receiver::default(),
        there: Path::new(config, seed),
        back: Path::new(PathConfig { rate: 0.0, ..config }, seed + 1000),
        sent_at: BTreeMap::new(),
        frame_of: BTreeMap::new(),
        frame_missing: BTreeMap::new(),
        outcome: Outcome::default(),
        round_trip: config.delay_us * 2,
        seen: BTreeSet::new(),
    };
    run.sender.set_rate(load.rate);
    run.sender.set_filling(load.fills);
    run.receiver.set_rate(load.rate);
    let (mut sound, mut frame, mut picture) = (0, 0, 0);
    let end = load.seconds * 1_000_000;
    let mut now: Micros = 1;
    while now < end + 3_000_000 {
        while now < end && sound * SOUND_US <= now {
            run.send(now, SOUND, sound, load.sound_bytes, true, 0);
            sound += 1;
        }
        while load.pictures_kbps > 0 && now < end && frame * FRAME_US <= now {
            let mut left = frame_bytes(frame, load.pictures_kbps);
            while left > 0 {
                let length = left.min(1100);
                left -= length;
                run.frame_of.insert(picture, frame);
                run.frame_missing.entry(frame).or_default().insert(picture);
                run.send(now, PICTURES, picture, length, left == 0, layer(frame));
                picture += 1;
            }
            frame += 1;
        }
        run.pump(now);
        if now < end {
            run.outcome.publish_rate = run.sender.publish_rate();
        }
        let next = [
            Some(sound * SOUND_US).filter(|_| now < end),
            Some(frame * FRAME_US).filter(|_| now < end && load.pictures_kbps > 0),
            run.there.next_at(),
            run.back.next_at(),
            run.sender.poll_timeout(now),
            run.receiver.poll_timeout(),
        ];
        now = next.into_iter().flatten().min().unwrap_or(end + 3_000_000).max(now + 1);
    }
    run.finish(end)
}

impl Run {
    fn send(&mut self, now: Micros, track: u16, sequence: u64, bytes: usize, marker: bool, layer: u8) {
        let kind = if track == SOUND { Kind::Sound } else { Kind::Picture };
        let payload = Bytes::from(vec![sequence as u8; bytes]);
        self.sent_at.insert((track, sequence), now);
        self.outcome.useful_bytes += bytes as u64;
        let timestamp = (now * 9 / 100) as u32;
        assert!(self.sender.send(
            now,
            MediaPacket {
                track,
                kind,
                sequence,
                timestamp,
                marker,
                layer,
                payload
            }
        ));
    }

    fn pump(&mut self, now: Micros) {
        while let Some(bytes) = self.there.receive(now) {
            let Ok(Datagram::Media(media)) = Datagram::decode(bytes) else {
                panic!("media goes there")
            };
            for packet in self.receiver.receive(now, media) {
                self.arrived(now, packet);
            }
        }
        while let Some(bytes) = self.back.receive(now) {
            let Ok(Datagram::Report(report)) = Datagram::decode(bytes) else {
                panic!("reports come back")
            };
            self.sender.report(now, &report);
        }
        if let Some(report) = self.receiver.poll_report(now) {
            self.outcome.report_bytes += (report.len() + OVERHEAD) as u64;
            self.back.send(now, report.len() + OVERHEAD, report);
        }
        while let Some(bytes) = self.sender.poll(now) {
            self.there.send(now, bytes.len() + OVERHEAD, bytes);
        }
    }

    fn arrived(&mut self, now: Micros, packet: MediaPacket) {
        let key = (packet.track, packet.sequence);
        let sent = self.sent_at[&key];
        assert!(packet.payload.iter().all(|byte| *byte == packet.sequence as u8));
        if !self.seen.insert(key) {
            self.outcome.duplicates += 1;
        }
        let age = now - sent;
        if packet.track == SOUND {
            if age <= self.round_trip / 2 + SOUND_LATE_US {
                self.outcome.sounds_in_time += usize::from(sent >= WARM_UP_US);
            }
        } else {
            let frame = self.frame_of[&packet.sequence];
            let missing = self.frame_missing.get_mut(&frame).unwrap();
            missing.remove(&packet.sequence);
            if missing.is_empty() && age <= 300_000 + self.round_trip && sent >= WARM_UP_US {
                self.outcome.frames_in_time += 1;
            }
        }
    }

    fn finish(mut self, end: Micros) -> Outcome {
        let counted = |at: Micros| at >= WARM_UP_US && at < end;
        self.outcome.sounds = self
            .sent_at
            .iter()
            .filter(|((track, _), at)| *track == SOUND && counted(**at))
            .count();
        for (frame, missing) in &self.frame_missing {
            if counted(frame * FRAME_US + 2000) {
                self.outcome.frames += 1;
                self.outcome.base_lost += usize::from(layer(*frame) == 0 && !missing.is_empty());
            }
        }
        self.outcome.sent_bytes = self.there.bytes;
        self.outcome
    }
}

fn show(name: &str, outcome: &Outcome) {
    println!(
        "{name}: frames in time {:.2} %, sound concealed {:.2} %, bytes sent {:.2} x payload, reports {:.1} kb/s, base frames lost {}",
        outcome.frames_percent(),
        outcome.concealed_percent(),
        outcome.cost(),
        outcome.report_bytes as f64 * 8.0 / 40_000.0,
        outcome.base_lost,
    );
}

/// The targets: (round trip, loss, frames in time at least, sound concealed at most).
#[test]
fn pictures_and_sound_arrive_in_time_under_loss() {
    let targets = [
        (130, 0.0, 100.0, 0.0),
        (130, 0.05, 99.9, 0.5),
        (130, 0.20, 99.0, 1.0),
        (130, 0.30, 97.0, 3.0),
        (50, 0.20, 99.5, 1.0),
        (50, 0.30, 98.0, 3.0),
    ];
    for (round_trip, loss, frames, concealed) in targets {
        let outcome = run(PathConfig::new(round_trip, loss), &Load::default(), 7);
        show(&format!("{round_trip} ms, {:.0} %", loss * 100.0), &outcome);
        assert!(
            outcome.frames_percent() >= frames,
            "{round_trip} ms {loss}: {outcome:?}"
        );
        assert!(
            outcome.concealed_percent() <= concealed,
            "{round_trip} ms {loss}: {outcome:?}"
        );
        assert_eq!(outcome.duplicates, 0);
    }
}

#[test]
fn bursts_and_jitter_are_survived() {
    for (round_trip, loss, burst, jitter_us, frames, concealed) in [
        (130, 0.05, 3.0, 10_000, 99.0, 2.0),
        (130, 0.20, 3.0, 0, 96.0, 6.0),
        (50, 0.20, 3.0, 20_000, 98.0, 6.0),
    ] {
        let config = PathConfig {
            burst,
            jitter_us,
            ..PathConfig::new(round_trip, loss)
        };
        let outcome = run(config, &Load::default(), 11);
        show(
            &format!(
                "{round_trip} ms, {:.0} % in bursts of {burst}, jitter {jitter_us} us",
                loss * 100.0
            ),
            &outcome,
        );
        assert!(outcome.frames_percent() >= frames, "{outcome:?}");
        assert!(outcome.concealed_percent() <= concealed, "{outcome:?}");
        assert_eq!(outcome.duplicates, 0);
    }
}

/// Speech of 20 kb/s (50 bytes each 20 ms) on a path of 40 kb/s, headers included: whole, and no queue grows.
#[test]
fn speech_stays_whole_on_a_narrow_path() {
    let config = PathConfig {
        rate: 40_000.0,
        ..PathConfig::new(100, 0.0)
    };
    let load = Load {
        pictures_kbps: 0,
        sound_bytes: 50,
        seconds: 30,
        rate: 40_000.0,
        fills: false,
    };
    let outcome = run(config, &load, 3);
    show("40 kb/s, speech alone", &outcome);
    assert_eq!(outcome.concealed_percent(), 0.0);
    assert!(outcome.sent_bytes * 8 <= 40_000 * 30, "{outcome:?}");
}

/// The path carries less than is published: sound does not notice, and the base layer lives before the upper ones.
#[test]
fn sound_comes_first_and_the_base_layer_next() {
    let config = PathConfig {
        rate: 500_000.0,
        ..PathConfig::new(50, 0.0)
    };
    let load = Load {
        pictures_kbps: 700,
        rate: 450_000.0,
        ..Load::default()
    };
    let outcome = run(config, &load, 5);
    show("500 kb/s for 700 kb/s of pictures", &outcome);
    assert!(outcome.concealed_percent() < 0.1, "{outcome:?}");
    assert_eq!(outcome.base_lost, 0, "{outcome:?}");
    assert!(outcome.frames_percent() > 23.0, "{outcome:?}");
    assert!(outcome.sent_bytes * 8 < 470_000 * 41);
}

/// Copies that fill a path go up to the rate and not beyond, arrive as nothing new, and leave what may be published alone.
#[test]
fn filling_takes_what_is_left_and_no_more() {
    let load = Load {
        pictures_kbps: 150,
        rate: 1e6,
        ..Load::default()
    };
    let plain = run(PathConfig::new(50, 0.0), &load, 8);
    let filled = run(PathConfig::new(50, 0.0), &Load { fills: true, ..load }, 8);
    show("150 kb/s of pictures", &plain);
    show("150 kb/s of pictures, filled up to 1 Mb/s", &filled);
    assert_eq!((filled.duplicates, filled.base_lost), (0, 0));
    assert_eq!(filled.concealed_percent(), 0.0);
    assert!(filled.frames_percent() >= plain.frames_percent());
    let rate = filled.sent_bytes as f64 * 8.0 / 40.0;
    assert!((0.9e6..1.1e6).contains(&rate), "{rate}");
    assert!(
        (filled.publish_rate / plain.publish_rate - 1.0).abs() < 0.05,
        "{filled:?} {plain:?}"
    );
}
