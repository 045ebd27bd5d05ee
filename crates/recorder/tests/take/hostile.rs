//! Absurd pictures, strangers, a process that is killed: files that play.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use recorder::{Kind, Room, Root, Rtp, Take, recover};

use crate::media::{decode, samples, small};
use crate::rig::{EPOCH, ROOT, Sealer, Stretch, at, begin_on, feed, pictures, plan, sound};

#[test]
fn absurd_pictures_and_strangers_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let (mut take, _) = begin_on(dir.path(), 1 << 40, Room::default());
    let mut sealer = Sealer::footage(1, 1);
    let mut good = pictures(&mut sealer, 2, Stretch::new(0, 2_000), small());
    // A key frame of 65,536 by 65,536: frame marker, profile 0, key frame shown, sync code, colours, both sizes.
    let mut absurd = vec![0x82, 0x49, 0x83, 0x42, 0x00];
    absurd.extend([0xff; 12]);
    let sealed = sealer.seal(Kind::Picture, &absurd);
    let mut stranger = good[0].clone();
    stranger.key.person.0 += 1;
    let mut other_seat = good[1].clone();
    other_seat.key.seat.0[0] ^= 1;
    let last = good.last().unwrap().clone();
    let mut bad = last.clone();
    bad.sequence += 1;
    bad.timestamp = bad.timestamp.wrapping_add(3_600);
    bad.marker = true;
    bad.payload = [&[0x0c][..], &sealed].concat();
    good.extend([stranger, other_seat, bad]);
    let end = feed(&mut take, &good, 0);
    take.tick(at(end + 200_000));
    let made = take.close(at(5_000_000)).unwrap();
    assert_eq!(made.files.len(), 1);
    assert_eq!(made.files[0].pictures.unwrap().count, 50);
    assert_eq!(decode(&made.files[0].path), "");
}

/// The child of the test below: writes until it is killed.
fn write_for_ever(dir: &str) {
    let mut take = Take::begin(std::path::Path::new(dir), plan(true), at(0)).unwrap();
    take.root(EPOCH, Root::from_bytes(ROOT), at(0));
    for round in 0.. {
        let mut sealer = Sealer::footage(1, round);
        let over = Stretch::new(i64::from(round) * 2_000, i64::from(round + 1) * 2_000);
        let mut sent = sound(&mut sealer, u64::from(round) * 2, over, true);
        sent.extend(pictures(&mut sealer, u64::from(round) * 2 + 1, over, small()));
        sent.sort_by_key(|packet| packet.arrives);
        for packet in sent {
            let rtp = Rtp {
                sequence: packet.sequence,
                timestamp: packet.timestamp,
                marker: packet.marker,
                coding: packet.coding,
                payload: &packet.payload,
            };
            take.packet(packet.key, at(packet.arrives), &rtp);
            take.tick(at(packet.arrives));
        }
    }
}

#[test]
fn killed_ten_times_it_leaves_ten_files_that_play() {
    const CHILD: &str = "VISAVIS_TAKE";
    if let Ok(dir) = std::env::var(CHILD) {
        return write_for_ever(&dir);
    }
    let mut rng = StdRng::seed_from_u64(9);
    for _ in 0..10 {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "hostile::killed_ten_times_it_leaves_ten_files_that_play"])
            .env(CHILD, dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let growing = dir.path().join("3.mp4");
        let patience = Instant::now() + Duration::from_secs(120);
        while std::fs::metadata(&growing).map_or(0, |found| found.len()) < 30_000 {
            assert!(Instant::now() < patience, "nothing is written");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(rng.random_range(0..200)));
        child.kill().unwrap();
        child.wait().unwrap();
        let made = recover(dir.path(), None).unwrap();
        assert_eq!(decode(&made.files[0].path), "");
        assert!(made.files[0].length.as_secs() >= 1);
        // The growing file may end in half a fragment; what stands before it plays as it is.
        assert!(samples(&growing).len() + 200 > samples(&made.files[0].path).len());
    }
}
