//! Whatever comes, in whatever order, and whenever the process is killed: no panic, and files that play.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use recorder::{Coding, Kind, Room, Root, Rtp, Take, recover};

use crate::media::{decode, large, samples, small};
use crate::rig::{EPOCH, ROOT, Sealer, Stretch, at, begin_on, feed, network, pictures, plan, sound};

/// One thing that somebody does to a packet.
#[derive(Clone, Debug)]
enum Wrong {
    Nothing,
    Sequence(u64),
    Timestamp(u32),
    Payload(Vec<u8>),
    Flip(usize),
    Cut(usize),
    Coding(Coding),
    Late(i64),
    Marker,
    Track(u64),
}

fn wrong() -> impl Strategy<Value = Wrong> {
    prop_oneof![
        12 => Just(Wrong::Nothing),
        1 => any::<u64>().prop_map(Wrong::Sequence),
        1 => (49_000_u64..52_000).prop_map(Wrong::Sequence),
        1 => any::<u32>().prop_map(Wrong::Timestamp),
        1 => prop::collection::vec(any::<u8>(), 0..60).prop_map(Wrong::Payload),
        1 => any::<usize>().prop_map(Wrong::Flip),
        1 => (0_usize..40).prop_map(Wrong::Cut),
        1 => prop::sample::select(vec![Coding::Opus, Coding::Red, Coding::Vp9]).prop_map(Wrong::Coding),
        1 => (0_i64..4_000_000).prop_map(Wrong::Late),
        1 => Just(Wrong::Marker),
        1 => (0_u64..4).prop_map(Wrong::Track),
    ]
}

#[test]
fn no_sequence_of_packets_panics_or_spoils_a_file() {
    let mut sealer = Sealer::footage(1, 1);
    let over = Stretch::new(0, 4_000);
    let mut sent = sound(&mut sealer, 1, over, true);
    sent.extend(pictures(&mut sealer, 2, over, large()));
    network(&mut sent, 60, 0, 8);
    let config = Config {
        cases: 12,
        max_shrink_iters: 16,
        failure_persistence: None,
        ..Config::default()
    };
    let plans = (
        prop::collection::vec(wrong(), sent.len()),
        any::<bool>(),
        0_i64..6_000_000,
    );
    TestRunner::new(config)
        .run(&plans, |(wrongs, roomy, press)| {
            let dir = tempfile::tempdir().unwrap();
            let bytes = if roomy { 1 << 40 } else { 100_000 };
            let (mut take, _) = begin_on(dir.path(), bytes, Room { low: 0, full: 0 });
            for (packet, wrong) in sent.iter().zip(wrongs) {
                let mut packet = packet.clone();
                match wrong {
                    Wrong::Nothing => {}
                    Wrong::Sequence(sequence) => packet.sequence = sequence,
                    Wrong::Timestamp(timestamp) => packet.timestamp = timestamp,
                    Wrong::Payload(payload) => packet.payload = payload,
                    Wrong::Flip(place) => {
                        let place = place % packet.payload.len();
                        packet.payload[place] ^= 0x11;
                    }
                    Wrong::Cut(length) => packet.payload.truncate(length),
                    Wrong::Coding(coding) => packet.coding = coding,
                    Wrong::Late(late) => packet.arrives += late,
                    Wrong::Marker => packet.marker = !packet.marker,
                    Wrong::Track(track) => packet.key.track = track,
                }
                crate::rig::give(&mut take, &packet);
                if packet.sequence % 16 == 0 {
                    take.tick(at(packet.arrives));
                    take.key_frames(at(packet.arrives));
                }
            }
            // A full disk may refuse the press itself.
            let made = take.close(at(press)).or_else(|_| recover(dir.path(), None)).unwrap();
            for file in &made.files {
                prop_assert!(file.length.as_secs() < 12, "{:?}", file.length);
                // ffprobe reads every packet; a spoilt container would stop it.
                let read = samples(&file.path);
                prop_assert_eq!(
                    read.iter().filter(|s| s.picture).count() as u64,
                    file.pictures.map_or(0, |p| p.count)
                );
                prop_assert!(
                    read.windows(2)
                        .all(|two| two[0].picture != two[1].picture || two[0].at <= two[1].at)
                );
            }
            Ok(())
        })
        .unwrap();
}

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
