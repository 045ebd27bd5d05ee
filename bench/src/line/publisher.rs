//! What a terminal sends, without codecs: a picture in three temporal layers that keeps the rate it was told, and sound at
//! constant rate. Driven by the times that it is given. No clock, no sockets.
//!
//! It takes a rate at once in both directions. A browser's encoder falls as fast and climbs within some seconds.

/// What sealing a frame end to end adds to it, in bytes.
pub const SEAL: usize = 28;
/// Longest payload of a packet, in bytes.
pub const PACKET: usize = 1_100;
/// Most packets of a frame.
pub const PARTS_MAX: usize = 128;
/// A source further behind than this was not heard or seen: it goes on from the present.
const BEHIND_MAX_US: u64 = 100_000;
/// Length of the VP9 payload descriptor.
const DESCRIPTOR: usize = 5;
/// Where the mark of a packet stands: behind the descriptor and the first byte of the VP9 frame's header, or at the head of
/// sound.
pub const MARK_PICTURE: usize = DESCRIPTOR + 1;
/// The mark: time of sending (8 bytes), number (4), part and parts (1 each).
pub const MARK: usize = 14;
/// What a key frame weighs beside the mean frame.
const KEY_WEIGHT: u64 = 6;
/// What a frame of each place in the pattern 0 2 1 2 weighs, in tenths of the mean.
const WEIGHTS: [u64; 4] = [14, 8, 10, 8];
const LAYERS: [u8; 4] = [0, 2, 1, 2];

/// Sound or picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sound.
    Sound,
    /// Picture.
    Picture,
}

/// How sound is cut into packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Speech {
    /// Bytes of a packet, the seal included.
    pub bytes: usize,
    /// Time that a packet holds, in microseconds.
    pub every_us: u64,
}

/// What the terminals send at every rate: Opus at a constant 32 kb/s in packets of 20 ms, sealed.
pub const SPEECH: Speech = Speech {
    bytes: 80 + SEAL,
    every_us: 20_000,
};

/// The share of a rate that the terminals keep for sound, in kb/s (`web/src/media/rates.ts`).
const SOUND_KBPS: u32 = 60;
/// The most that they give a picture.
pub const PICTURE_MOST_KBPS: u32 = 2_500;
const PICTURE_LEAST_KBPS: u32 = 40;
/// From here on a picture has thirty frames a second; below, fifteen.
const FULL_PACE_KBPS: u32 = 260;

/// What the terminals make of a rate (`web/src/media/rates.ts`): the picture's kb/s and the time between two frames;
/// `None`: no picture.
#[must_use]
pub fn split(kbps: u32) -> Option<(u32, u64)> {
    let left = kbps.saturating_sub(SOUND_KBPS).min(PICTURE_MOST_KBPS);
    (left >= PICTURE_LEAST_KBPS).then_some((left, if left >= FULL_PACE_KBPS { 33_333 } else { 66_667 }))
}

/// A frame of a picture, or a packet of sound, to be sent at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Sound or picture.
    pub kind: Kind,
    /// Rises by one with each of its kind.
    pub number: u32,
    /// When it was due.
    pub due_us: u64,
    /// RTP time.
    pub time: u32,
    /// Payloads, marks still empty but for number and parts.
    pub parts: Vec<Vec<u8>>,
    /// Place in the pattern, 0 for the base layer; 0 for sound.
    pub place: u8,
    /// A key frame.
    pub key: bool,
    /// Time until the next.
    pub every_us: u64,
}

/// What the mark of a packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When it was sent, nanoseconds since the run's start.
    pub sent_ns: u64,
    /// Number of the frame or sound.
    pub number: u32,
    /// Which packet of it.
    pub part: u8,
}

/// Reads the mark of a payload; `None` for one that has none.
#[must_use]
pub fn read_mark(kind: Kind, payload: &[u8]) -> Option<Mark> {
    let at = mark_at(kind);
    let mark = payload.get(at..at + MARK)?;
    Some(Mark {
        sent_ns: u64::from_be_bytes(mark[..8].try_into().ok()?),
        number: u32::from_be_bytes(mark[8..12].try_into().ok()?),
        part: mark[12],
    })
}

/// Writes the time of sending into a payload's mark.
pub fn stamp(kind: Kind, payload: &mut [u8], sent_ns: u64) {
    let at = mark_at(kind);
    if let Some(place) = payload.get_mut(at..at + 8) {
        place.copy_from_slice(&sent_ns.to_be_bytes());
    }
}

fn mark_at(kind: Kind) -> usize {
    match kind {
        Kind::Sound => 0,
        Kind::Picture => MARK_PICTURE,
    }
}

/// A terminal's encoder.
#[derive(Clone, Debug)]
pub struct Publisher {
    speech: Speech,
    told_kbps: Option<u32>,
    /// The picture's most, in kb/s; 0: no picture.
    most_kbps: u32,
    sound_us: u64,
    sound: u32,
    frame_us: u64,
    frame: u32,
    /// Place in the pattern of the next frame.
    place: usize,
    key_due: bool,
    paused: bool,
    /// Bytes that the last key frame took beyond the rate.
    debt: u64,
}

impl Publisher {
    /// One that begins at `now`, without a picture until it is told a rate.
    #[must_use]
    pub fn new(speech: Speech, most_kbps: u32, now_us: u64) -> Self {
        Self {
            speech,
            told_kbps: None,
            most_kbps,
            sound_us: now_us,
            sound: 0,
            frame_us: now_us,
            frame: 0,
            place: 0,
            key_due: true,
            paused: true,
            debt: 0,
        }
    }

    /// Takes a rate for everything that it sends.
    pub fn told(&mut self, kbps: u32) {
        self.told_kbps = Some(kbps);
    }

    /// The rate that it was last told.
    #[must_use]
    pub fn rate_kbps(&self) -> Option<u32> {
        self.told_kbps
    }

    /// The next frame is a key frame.
    pub fn ask_key(&mut self) {
        self.key_due = true;
    }

    fn picture(&self) -> Option<(u32, u64)> {
        let (kbps, every_us) = self.told_kbps.and_then(split)?;
        (self.most_kbps > 0).then_some((kbps.min(self.most_kbps), every_us))
    }

    /// When it has something to send.
    #[must_use]
    pub fn next_us(&self) -> u64 {
        match self.picture() {
            Some(_) => self.sound_us.min(self.frame_us),
            None => self.sound_us,
        }
    }

    /// What is due.
    pub fn poll(&mut self, now_us: u64) -> Option<Made> {
        if self.sound_us <= now_us {
            return Some(self.speak(now_us));
        }
        let Some((kbps, every_us)) = self.picture() else {
            self.paused = true;
            return None;
        };
        if std::mem::take(&mut self.paused) {
            self.key_due = true;
            self.frame_us = self.frame_us.max(now_us);
        }
        (self.frame_us <= now_us).then(|| self.show(kbps, every_us, now_us))
    }

    fn speak(&mut self, now_us: u64) -> Made {
        let (number, due_us, every_us) = (self.sound, self.sound_us, self.speech.every_us);
        self.sound += 1;
        self.sound_us = following(due_us, every_us, now_us);
        let mut payload = vec![0x5a; self.speech.bytes];
        payload[8..12].copy_from_slice(&number.to_be_bytes());
        payload[12..MARK].copy_from_slice(&[0, 1]);
        Made {
            kind: Kind::Sound,
            number,
            due_us,
            time: (due_us * 48 / 1_000) as u32,
            parts: vec![payload],
            place: 0,
            key: false,
            every_us,
        }
    }

    fn show(&mut self, kbps: u32, every_us: u64, now_us: u64) -> Made {
        let (number, due_us) = (self.frame, self.frame_us);
        self.frame += 1;
        self.frame_us = following(due_us, every_us, now_us);
        let key = std::mem::take(&mut self.key_due);
        if key {
            self.place = 0;
        }
        let place = self.place;
        self.place = (self.place + 1) % LAYERS.len();
        let bytes = self.weigh(key, place, u64::from(kbps) * every_us / 8_000);
        let count = bytes.div_ceil(PACKET).clamp(1, PARTS_MAX);
        let parts = (0..count).map(|part| {
            let length = (bytes * (part + 1) / count - bytes * part / count).clamp(MARK_PICTURE + MARK, PACKET);
            payload(number, key, place, (part, count), length)
        });
        Made {
            kind: Kind::Picture,
            number,
            due_us,
            time: (due_us * 90 / 1_000) as u32,
            parts: parts.collect(),
            place: place as u8,
            key,
            every_us,
        }
    }

    /// Bytes of a frame; what a key frame takes more is saved on those after it.
    fn weigh(&mut self, key: bool, place: usize, mean: u64) -> usize {
        let usual = mean * WEIGHTS[place] / 10;
        let bytes = if key {
            self.debt += mean * KEY_WEIGHT - usual;
            mean * KEY_WEIGHT
        } else {
            let saved = (usual / 4).min(self.debt);
            self.debt -= saved;
            usual - saved
        };
        bytes as usize + SEAL
    }
}

fn following(due_us: u64, every_us: u64, now_us: u64) -> u64 {
    if due_us + BEHIND_MAX_US < now_us {
        now_us + every_us
    } else {
        due_us + every_us
    }
}

/// A VP9 payload descriptor (RFC 9628, section 4.2), the first byte of a frame's header, the mark, and opaque bytes.
fn payload(frame: u32, key: bool, place: usize, (part, parts): (usize, usize), length: usize) -> Vec<u8> {
    let step_up = if place == 3 { 0 } else { 0x10 };
    let mut flags = 0xa0;
    flags |= if key { 0 } else { 0x40 };
    flags |= if part == 0 { 0x08 } else { 0 };
    flags |= if part + 1 == parts { 0x04 } else { 0 };
    let mut payload = vec![0xa5; length];
    payload[..DESCRIPTOR].copy_from_slice(&[
        flags,
        0x80 | (frame >> 8) as u8,
        frame as u8,
        LAYERS[place] << 5 | step_up,
        (frame / 4) as u8,
    ]);
    payload[DESCRIPTOR] = if key { 0x80 } else { 0x84 };
    payload[MARK_PICTURE + 8..MARK_PICTURE + 12].copy_from_slice(&frame.to_be_bytes());
    payload[MARK_PICTURE + 12..MARK_PICTURE + MARK].copy_from_slice(&[part as u8, parts as u8]);
    payload
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn run(publisher: &mut Publisher, from_us: u64, to_us: u64) -> Vec<Made> {
        let mut made = Vec::new();
        let mut now = from_us;
        while now < to_us {
            while let Some(one) = publisher.poll(now) {
                made.push(one);
            }
            now += 1_000;
        }
        made
    }

    fn kbps(made: &[Made], kind: Kind, seconds: f64) -> f64 {
        let of_kind = made.iter().filter(|one| one.kind == kind);
        of_kind.flat_map(|one| &one.parts).map(Vec::len).sum::<usize>() as f64 * 8.0 / 1_000.0 / seconds
    }

    #[test]
    fn the_rate_told_is_kept_with_a_key_frame_in_it() {
        for told in [150, 400, 1_000, 2_560] {
            let mut publisher = Publisher::new(SPEECH, PICTURE_MOST_KBPS, 0);
            publisher.told(told);
            let made = run(&mut publisher, 0, 20_000_000);
            let (picture, every_us) = split(told).unwrap();
            let seal = SEAL as f64 * 8_000.0 / every_us as f64;
            let sent = kbps(&made, Kind::Picture, 20.0);
            assert!(
                (sent / (f64::from(picture) + seal) - 1.0).abs() < 0.03,
                "{told}: {sent} for {picture}"
            );
            assert!((kbps(&made, Kind::Sound, 20.0) - 43.2).abs() < 0.5);
            assert_eq!(made.iter().filter(|one| one.key).count(), 1);
            assert!(made.iter().flat_map(|one| &one.parts).all(|part| part.len() <= PACKET));
        }
    }

    #[test]
    fn a_lower_rate_shows_with_the_next_frame_and_the_least_pauses_the_picture() {
        let mut publisher = Publisher::new(SPEECH, PICTURE_MOST_KBPS, 0);
        publisher.told(2_000);
        run(&mut publisher, 0, 5_000_000);
        publisher.told(300);
        let made = run(&mut publisher, 5_000_000, 10_000_000);
        let sent = kbps(&made, Kind::Picture, 5.0);
        assert!(sent < 250.0, "{sent}");
        publisher.told(90);
        let made = run(&mut publisher, 10_000_000, 12_000_000);
        assert!(made.iter().all(|one| one.kind == Kind::Sound));
        publisher.told(500);
        let made = run(&mut publisher, 12_000_000, 13_000_000);
        assert!(made.iter().find(|one| one.kind == Kind::Picture).unwrap().key);
    }

    #[test]
    fn marks_and_layers_are_as_written() {
        let mut publisher = Publisher::new(SPEECH, PICTURE_MOST_KBPS, 0);
        publisher.told(2_000);
        let mut pictures = run(&mut publisher, 0, 1_000_000);
        pictures.retain(|one| one.kind == Kind::Picture);
        for one in &mut pictures {
            for (part, payload) in one.parts.iter_mut().enumerate() {
                stamp(Kind::Picture, payload, 77);
                let mark = read_mark(Kind::Picture, payload).unwrap();
                assert_eq!(
                    (mark.sent_ns, mark.number, usize::from(mark.part)),
                    (77, one.number, part)
                );
                assert_eq!(payload[3] >> 5, LAYERS[one.place as usize]);
            }
        }
        publisher.ask_key();
        let next = run(&mut publisher, 1_000_000, 1_100_000);
        let key = next.iter().find(|one| one.kind == Kind::Picture).unwrap();
        assert_eq!((key.key, key.place), (true, 0));
        assert_eq!(read_mark(Kind::Sound, &[0; 5]), None);
    }

    #[test]
    fn rates_are_split_as_the_terminals_do() {
        assert_eq!(split(99), None);
        assert_eq!(split(100), Some((40, 66_667)));
        assert_eq!(split(320), Some((260, 33_333)));
        assert_eq!(split(6_000), Some((2_500, 33_333)));
    }
}
