//! Terminals that seal and send, a network that delays and loses, and a take at its end, in virtual time.

use std::path::Path;
use std::time::Duration;

use aws_lc_rs::hkdf::{HKDF_SHA512, KeyType, Salt};
use call::terms::PersonId;
use call::{Hash, PublicKey, SideId, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use recorder::{Coding, Disk, Kind, Plan, PlanPerson, Room, Root, Rtp, Take, TrackKey};
use sframe::CipherSuite;
use sframe::frame::{MediaFrame, SingleUseCounter};
use sframe::key::EncryptionKey;
use std::io::Write as _;

use crate::media::{LOOP, tone};

pub const SIDE: SideId = SideId([7; 32]);
pub const PERSON: PersonId = PersonId(3);
pub const ROOT: [u8; 32] = [0x42; 32];
pub const EPOCH: u64 = 65_536 + 5;

/// What travels: when it was captured and when it arrives, on the recorder's clock in microseconds, and the packet.
#[derive(Clone)]
pub struct Sent {
    pub captured: i64,
    pub arrives: i64,
    pub key: TrackKey,
    pub sequence: u64,
    pub timestamp: u32,
    pub marker: bool,
    pub coding: Coding,
    pub payload: Vec<u8>,
}

/// One start of one terminal's sealing worker.
pub struct Sealer {
    pub seat: PublicKey,
    id: u64,
    key: EncryptionKey,
    counter: u64,
}

struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

impl Sealer {
    pub fn new(seat: u8, epoch: u64, start: u32, footage: bool, root: [u8; 32]) -> Self {
        let seat = PublicKey([seat; 32]);
        let id = (1 << 52) + ((epoch % 65_536) << 33) + (u64::from(start) << 1) + u64::from(footage);
        let mut base = [0; 32];
        Salt::new(HKDF_SHA512, &[])
            .extract(&root)
            .expand(&[b"visavis sender", &seat.0, &id.to_be_bytes()], Bytes32)
            .and_then(|okm| okm.fill(&mut base))
            .unwrap();
        let key = EncryptionKey::derive_from(CipherSuite::AesGcm256Sha512, id, base).unwrap();
        Self {
            seat,
            id,
            key,
            counter: 1 << 24,
        }
    }

    pub fn footage(seat: u8, start: u32) -> Self {
        Self::new(seat, EPOCH, start, true, ROOT)
    }

    pub fn seal(&mut self, kind: Kind, plain: &[u8]) -> Vec<u8> {
        assert!(self.id > 0);
        self.counter += 1;
        let metadata = [if kind == Kind::Sound { 1 } else { 2 }];
        let mut counter = SingleUseCounter::new(self.counter);
        let frame = MediaFrame::try_with_meta_data(&mut counter, plain, metadata).unwrap();
        frame.encrypt(&self.key).unwrap().sframe_cipher_text().to_vec()
    }

    pub fn key(&self, kind: Kind, track: u64) -> TrackKey {
        TrackKey {
            side: SIDE,
            person: PERSON,
            seat: self.seat,
            kind,
            track,
        }
    }
}

/// A stretch of time on the recorder's clock, in milliseconds, with the sender's clock fast by so many millionths.
#[derive(Clone, Copy)]
pub struct Stretch {
    pub from: i64,
    pub until: i64,
    pub fast: i64,
}

impl Stretch {
    pub fn new(from: i64, until: i64) -> Self {
        Self { from, until, fast: 0 }
    }

    /// When the `n`th of `every` microseconds of the sender's is captured on the recorder's clock.
    fn captured(&self, n: i64, every: i64) -> i64 {
        let sender = n * every;
        self.from * 1_000 + sender - sender * self.fast / 1_000_000
    }
}

/// Sends sound: each packet with the one before it when `red`.
pub fn sound(sealer: &mut Sealer, track: u64, over: Stretch, red: bool) -> Vec<Sent> {
    let mut sent = Vec::new();
    for n in 0_i64.. {
        let captured = over.captured(n, 20_000);
        if captured >= over.until * 1_000 {
            break;
        }
        let packet = |n: i64| &tone()[n as usize % tone().len()];
        let mut plain = Vec::new();
        if red {
            if n > 0 {
                let length = packet(n - 1).len() as u16;
                plain.extend([
                    0x80 | 111,
                    (960_u16 >> 6) as u8,
                    ((960_u16 & 0x3f) << 2) as u8 | (length >> 8) as u8,
                ]);
                plain.push(length as u8);
            }
            plain.push(111);
            if n > 0 {
                plain.extend_from_slice(packet(n - 1));
            }
        }
        plain.extend_from_slice(packet(n));
        sent.push(Sent {
            captured: captured + 20_000,
            arrives: captured + 20_000,
            key: sealer.key(Kind::Sound, track),
            sequence: 1_000 + n as u64,
            timestamp: 77_000_u32
                .wrapping_add(n as u32 * 960)
                .wrapping_add(track as u32 * 99_999),
            marker: false,
            coding: if red { Coding::Red } else { Coding::Opus },
            payload: sealer.seal(Kind::Sound, &plain),
        });
    }
    sent
}

/// Sends pictures of a loop.
pub fn pictures(sealer: &mut Sealer, track: u64, over: Stretch, frames: &[Vec<u8>]) -> Vec<Sent> {
    let mut sent = Vec::new();
    let mut sequence = 50_000;
    for n in 0_i64.. {
        let captured = over.captured(n, 40_000);
        if captured >= over.until * 1_000 {
            break;
        }
        let at = n as usize % LOOP;
        let sealed = sealer.seal(Kind::Picture, &frames[at]);
        let parts: Vec<&[u8]> = sealed.chunks(1_100).collect();
        for (place, part) in parts.iter().enumerate() {
            // Picture number of 15 bits, layer numbers: I, P, L, B, E.
            let flags = 0xa0
                | if at == 0 { 0 } else { 0x40 }
                | if place == 0 { 0x08 } else { 0 }
                | if place + 1 == parts.len() { 0x04 } else { 0 };
            let mut payload = vec![flags, 0x80 | (n >> 8 & 0x7f) as u8, n as u8, 0x10, n as u8];
            payload.extend_from_slice(part);
            sent.push(Sent {
                captured,
                arrives: captured + 6_000 + place as i64 * 300,
                key: sealer.key(Kind::Picture, track),
                sequence,
                timestamp: 4_294_000_000_u32
                    .wrapping_add(n as u32 * 3_600)
                    .wrapping_add(track as u32 * 777_777),
                marker: place + 1 == parts.len(),
                coding: Coding::Vp9,
                payload,
            });
            sequence += 1;
        }
    }
    sent
}

/// Delays by 30 ms and up to `jitter` more, loses a part in a thousand (`lost`), repeats a few.
pub fn network(sent: &mut Vec<Sent>, jitter_ms: i64, lost: u32, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    sent.retain(|_| !rng.random_ratio(lost, 1_000));
    for packet in sent.iter_mut() {
        // Most are quick, some are late.
        let late = rng.random_range(0.0_f64..1.0).powi(3);
        packet.arrives += 30_000 + (late * jitter_ms as f64 * 1_000.0) as i64;
    }
    let copies: Vec<Sent> = sent.iter().filter(|_| rng.random_ratio(1, 50)).cloned().collect();
    sent.extend(copies.into_iter().map(|mut packet| {
        packet.arrives += 11_000;
        packet
    }));
    sent.sort_by_key(|packet| packet.arrives);
}

pub fn at(micros: i64) -> Duration {
    // The caller's clock does not begin with the take.
    Duration::from_secs(1_000) + Duration::from_micros(micros as u64)
}

pub fn plan(picture: bool) -> Plan {
    Plan {
        call: Hash([9; 32]),
        started: Timestamp(1_700_000_000_000),
        minutes: 10,
        persons: vec![PlanPerson {
            side: SIDE,
            person: PERSON,
            picture,
        }],
    }
}

pub fn begin(dir: &Path) -> Take {
    let mut take = Take::begin(dir, plan(true), at(0)).unwrap();
    take.root(EPOCH, Root::from_bytes(ROOT), at(0));
    take
}

/// Hands packets over as they arrive, with a tick each 100 ms.
pub fn feed(take: &mut Take, sent: &[Sent], from: i64) -> i64 {
    let mut tick = from;
    for packet in sent {
        while tick < packet.arrives {
            take.tick(at(tick));
            tick += 100_000;
        }
        give(take, packet);
    }
    tick
}

pub fn give(take: &mut Take, packet: &Sent) {
    let rtp = Rtp {
        sequence: packet.sequence,
        timestamp: packet.timestamp,
        marker: packet.marker,
        coding: packet.coding,
        payload: &packet.payload,
    };
    take.packet(packet.key, at(packet.arrives), &rtp);
}

/// A disk that holds so many bytes, and waits for no platter: what a test writes need not outlive it.
pub struct Small {
    pub dir: std::path::PathBuf,
    pub room: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl Disk for Small {
    fn append(&mut self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        let free = self.free()?;
        if (bytes.len() as u64) > free {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.room
            .fetch_sub(bytes.len() as u64, std::sync::atomic::Ordering::Relaxed);
        let path = self.dir.join(name);
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(bytes)
    }

    fn free(&self) -> std::io::Result<u64> {
        Ok(self.room.load(std::sync::atomic::Ordering::Relaxed))
    }
}

/// A take on such a disk.
pub fn begin_on(dir: &Path, bytes: u64, room: Room) -> (Take, std::sync::Arc<std::sync::atomic::AtomicU64>) {
    let left = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(bytes));
    let disk = Small {
        dir: dir.to_owned(),
        room: left.clone(),
    };
    let mut take = Take::begin_on(Box::new(disk), room, dir, plan(true), at(0)).unwrap();
    take.root(EPOCH, Root::from_bytes(ROOT), at(0));
    (take, left)
}
