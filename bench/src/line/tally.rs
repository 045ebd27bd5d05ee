//! What became of every frame and every sound: in time, late, lost, come twice. Times in, figures out; no clock.
//!
//! - A frame is *whole in time* when all of its packets are there within 300 ms and a round trip of its sending.
//! - A frame can be *shown* when it is whole in time and, by then, so is all that it is predicted from.
//! - A *freeze* is more time between two shown frames than three frames take, and than one frame and 150 ms.
//! - Sound is *concealed* when it is not there within 100 ms and one way of its sending.

use std::collections::BTreeMap;

use super::publisher::{Kind, Made};

/// How long after its sending, beyond a round trip, a frame is of use.
pub const PICTURE_US: u64 = 300_000;
/// How long after its sending, beyond one way, sound is of use.
pub const SOUND_US: u64 = 100_000;
/// A gap between shown frames is a freeze from three frames on, and from this beyond one frame.
const FREEZE_US: u64 = 150_000;
/// A receiver that could show nothing for this long asks for a key frame.
const STUCK_US: u64 = 1_000_000;

#[derive(Clone, Debug)]
struct Frame {
    sent_us: u64,
    every_us: u64,
    place: u8,
    key: bool,
    parts: u8,
    /// What came of it: numbers of packets, in the order of their coming.
    come: Vec<u16>,
    whole_us: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Sound {
    sent_us: u64,
    come_us: Option<u64>,
}

/// All that was sent, and what came of it.
#[derive(Clone, Debug)]
pub struct Tally {
    round_trip_us: u64,
    frames: BTreeMap<u32, Frame>,
    /// RTP times of frames.
    times: BTreeMap<u32, u32>,
    sounds: BTreeMap<u32, Sound>,
    duplicates: u64,
    asked_us: u64,
}

/// The figures of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Outcome {
    /// Frames sent.
    pub frames: usize,
    /// Of those, whole in time.
    pub whole: usize,
    /// Whole, but late.
    pub late: usize,
    /// Never whole, of the base layer.
    pub lost_base: usize,
    /// Never whole, of the upper layers.
    pub lost_upper: usize,
    /// Frames that could be shown.
    pub shown: usize,
    /// Freezes.
    pub freezes: usize,
    /// Time in freezes, in milliseconds.
    pub frozen_ms: u64,
    /// Packets of sound sent.
    pub sounds: usize,
    /// Of those, concealed.
    pub concealed: usize,
    /// Packets that came twice, at any time.
    pub duplicates: u64,
}

impl Outcome {
    /// Percent of the frames that were whole in time.
    #[must_use]
    pub fn whole_percent(&self) -> f64 {
        self.whole as f64 * 100.0 / self.frames.max(1) as f64
    }

    /// Percent of the sound that was concealed.
    #[must_use]
    pub fn concealed_percent(&self) -> f64 {
        self.concealed as f64 * 100.0 / self.sounds.max(1) as f64
    }
}

impl Tally {
    /// For a path with this round trip, without any queue.
    #[must_use]
    pub fn new(round_trip_us: u64) -> Self {
        Self {
            round_trip_us,
            frames: BTreeMap::new(),
            times: BTreeMap::new(),
            sounds: BTreeMap::new(),
            duplicates: 0,
            asked_us: 0,
        }
    }

    /// A frame or sound leaves.
    pub fn sent(&mut self, made: &Made, now_us: u64) {
        if made.kind == Kind::Sound {
            self.sounds.insert(
                made.number,
                Sound {
                    sent_us: now_us,
                    come_us: None,
                },
            );
            return;
        }
        self.times.insert(made.time, made.number);
        self.frames.insert(
            made.number,
            Frame {
                sent_us: now_us,
                every_us: made.every_us,
                place: made.place,
                key: made.key,
                parts: made.parts.len() as u8,
                come: Vec::new(),
                whole_us: None,
            },
        );
    }

    /// A packet of the frame with this RTP time comes, under its sequence number there. As [`Self::come`].
    pub fn come_at(&mut self, time: u32, sequence: u16, now_us: u64) -> bool {
        match self.times.get(&time) {
            Some(number) => self.come(Kind::Picture, *number, sequence, now_us),
            None => false,
        }
    }

    /// A packet comes, `part` of its frame. `true` when it makes a frame whole that is a key frame.
    pub fn come(&mut self, kind: Kind, number: u32, part: u16, now_us: u64) -> bool {
        if kind == Kind::Sound {
            match self.sounds.get_mut(&number) {
                Some(sound) if sound.come_us.is_none() => sound.come_us = Some(now_us),
                Some(_) => self.duplicates += 1,
                None => {}
            }
            return false;
        }
        let Some(frame) = self.frames.get_mut(&number) else {
            return false;
        };
        if frame.come.contains(&part) || frame.whole_us.is_some() {
            self.duplicates += 1;
            return false;
        }
        frame.come.push(part);
        let whole = frame.come.len() >= usize::from(frame.parts);
        if whole {
            frame.whole_us = Some(now_us);
        }
        whole && frame.key
    }

    /// Whether the receiver should ask for a key frame: what follows the last frame that it could build on is a second old.
    pub fn wants_key(&mut self, now_us: u64) -> bool {
        let patience_us = STUCK_US + self.round_trip_us;
        if self.asked_us + patience_us > now_us {
            return false;
        }
        let ready = self.ready();
        let after = ready.keys().next_back().map_or(0, |last| last + 1);
        let waiting = self.frames.range(after..).next();
        let stuck = waiting.is_some_and(|(_, frame)| frame.sent_us + patience_us < now_us);
        if stuck {
            self.asked_us = now_us;
        }
        stuck
    }

    /// When each frame and all that it builds on was there.
    fn ready(&self) -> BTreeMap<u32, u64> {
        let mut ready: BTreeMap<u32, u64> = BTreeMap::new();
        for (number, frame) in &self.frames {
            let Some(whole_us) = frame.whole_us else { continue };
            let back = match (frame.key, frame.place) {
                (true, _) => 0,
                (_, 0) => 4,
                (_, 2) => 2,
                _ => 1,
            };
            let below = if back == 0 {
                Some(0)
            } else {
                number.checked_sub(back).and_then(|number| ready.get(&number)).copied()
            };
            if let Some(below) = below {
                ready.insert(*number, below.max(whole_us));
            }
        }
        ready
    }

    /// The figures of what was sent from one time on and before another.
    #[must_use]
    pub fn outcome(&self, from_us: u64, to_us: u64) -> Outcome {
        let mut outcome = Outcome {
            duplicates: self.duplicates,
            ..Outcome::default()
        };
        let inside = |sent_us: u64| (from_us..to_us).contains(&sent_us);
        let in_time_us = PICTURE_US + self.round_trip_us;
        let ready = self.ready();
        let mut shown_us = from_us;
        for (number, frame) in self.frames.iter().filter(|(_, frame)| inside(frame.sent_us)) {
            outcome.frames += 1;
            match frame.whole_us {
                Some(at) if at <= frame.sent_us + in_time_us => outcome.whole += 1,
                Some(_) => outcome.late += 1,
                None if frame.place == 0 => outcome.lost_base += 1,
                None => outcome.lost_upper += 1,
            }
            if ready.get(number).is_some_and(|at| *at <= frame.sent_us + in_time_us) {
                outcome.shown += 1;
                outcome.freeze(frame.sent_us - shown_us, frame.every_us);
                shown_us = frame.sent_us;
            }
        }
        if outcome.frames > 0 {
            outcome.freeze(to_us.saturating_sub(shown_us), 33_333);
        }
        for sound in self.sounds.values().filter(|sound| inside(sound.sent_us)) {
            outcome.sounds += 1;
            let in_time = |at: u64| at <= sound.sent_us + self.round_trip_us / 2 + SOUND_US;
            outcome.concealed += usize::from(!sound.come_us.is_some_and(in_time));
        }
        outcome
    }
}

impl Outcome {
    fn freeze(&mut self, gap_us: u64, every_us: u64) {
        if gap_us > (3 * every_us).max(every_us + FREEZE_US) {
            self.freezes += 1;
            self.frozen_ms += (gap_us - every_us) / 1_000;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY_US: u64 = 33_333;

    fn made(kind: Kind, number: u32, parts: usize, key: bool) -> Made {
        Made {
            kind,
            number,
            due_us: 0,
            time: number * 3_000,
            parts: vec![Vec::new(); parts],
            place: (number % 4) as u8,
            key,
            every_us: EVERY_US,
        }
    }

    /// 30 frames of two packets; `fate` says after how long each packet comes, if at all.
    fn pictures(fate: impl Fn(u32, u16) -> Option<u64>) -> Outcome {
        let mut tally = Tally::new(100_000);
        for number in 0..30 {
            let sent = u64::from(number) * EVERY_US;
            tally.sent(&made(Kind::Picture, number, 2, number == 0), sent);
            for part in 0..2 {
                if let Some(after) = fate(number, part) {
                    tally.come(Kind::Picture, number, part, sent + after);
                }
            }
        }
        tally.outcome(0, 30 * EVERY_US)
    }

    #[test]
    fn frames_are_whole_late_or_lost() {
        let all = pictures(|_, _| Some(50_000));
        assert_eq!((all.frames, all.whole, all.shown, all.freezes), (30, 30, 30, 0));
        let edge = pictures(|number, part| match (number, part) {
            (3, 1) => Some(400_000),
            (7, 1) => Some(400_001),
            (11, 1) => None,
            (12, _) => None,
            _ => Some(50_000),
        });
        assert_eq!((edge.whole, edge.late, edge.lost_upper, edge.lost_base), (27, 1, 1, 1));
    }

    #[test]
    fn what_is_predicted_from_a_lost_frame_cannot_be_shown() {
        let upper = pictures(|number, _| (number != 13).then_some(50_000));
        assert_eq!((upper.shown, upper.freezes), (29, 0), "nothing builds on layer 2");
        let base = pictures(|number, _| (number != 12).then_some(50_000));
        assert_eq!(base.shown, 12, "all that follows builds on it");
        assert_eq!(base.freezes, 1);
        // Frame 11 was shown; the window ends with frame 30.
        assert_eq!(base.frozen_ms, (19 * EVERY_US - EVERY_US) / 1_000);
        let late = pictures(|number, _| Some(if number == 12 { 450_000 } else { 50_000 }));
        assert_eq!(
            (late.whole, late.late, late.shown),
            (29, 1, 28),
            "12 is late, 13 waits for it in vain"
        );
    }

    #[test]
    fn a_packet_that_comes_twice_counts_once() {
        let mut tally = Tally::new(0);
        tally.sent(&made(Kind::Picture, 0, 2, true), 0);
        assert!(!tally.come(Kind::Picture, 0, 0, 1));
        assert!(!tally.come(Kind::Picture, 0, 0, 2));
        assert_eq!(tally.outcome(0, 10).whole, 0);
        assert!(!tally.come_at(77, 1, 3), "no such frame");
        assert!(tally.come_at(0, 1, 3), "a whole key frame");
        tally.sent(&made(Kind::Sound, 0, 1, false), 0);
        tally.come(Kind::Sound, 0, 0, 5);
        tally.come(Kind::Sound, 0, 0, 6);
        assert!(!tally.come(Kind::Sound, 9, 0, 6), "never sent");
        let outcome = tally.outcome(0, 10);
        assert_eq!((outcome.whole, outcome.duplicates, outcome.concealed), (1, 2, 0));
    }

    #[test]
    fn sound_is_concealed_when_late_or_lost() {
        let mut tally = Tally::new(100_000);
        for number in 0..10 {
            let sent = u64::from(number) * 20_000;
            tally.sent(&made(Kind::Sound, number, 1, false), sent);
            match number {
                2 => {}
                5 => drop(tally.come(Kind::Sound, number, 0, sent + 150_001)),
                _ => drop(tally.come(Kind::Sound, number, 0, sent + 150_000)),
            }
        }
        let outcome = tally.outcome(0, 1_000_000);
        assert_eq!((outcome.sounds, outcome.concealed), (10, 2));
        assert!((outcome.concealed_percent() - 20.0).abs() < 1e-9);
        assert_eq!(tally.outcome(100_000, 120_000).concealed, 1, "the window decides");
    }

    #[test]
    fn a_receiver_that_shows_nothing_asks_for_a_key_frame_and_waits_for_it() {
        let mut tally = Tally::new(100_000);
        for number in 0..90 {
            let sent = u64::from(number) * EVERY_US;
            tally.sent(&made(Kind::Picture, number, 1, number == 0), sent);
            if number > 0 {
                tally.come(Kind::Picture, number, 0, sent + 50_000);
            }
        }
        let now = 90 * EVERY_US;
        assert!(tally.wants_key(now));
        assert!(!tally.wants_key(now + 100_000), "once is enough for a while");
        assert!(tally.wants_key(now + 1_200_000));
        tally.sent(&made(Kind::Picture, 92, 1, true), now);
        assert!(tally.come(Kind::Picture, 92, 0, now + 50_000));
        assert!(!tally.wants_key(now + 5_000_000), "a key frame came");
    }
}
