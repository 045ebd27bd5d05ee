//! What goes badly: ten minutes of drift and loss, a disk that fills, files that are cut off.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use recorder::{Kind, Room, Space, recover};

use crate::media::{LOOP, crc, decode, samples, small, tone};
use crate::rig::{Sealer, Stretch, at, begin_on, feed, network, pictures, sound};

const PLENTY: u64 = 1 << 40;

/// How far each sample stands from where it was captured, in milliseconds, by kind. A sample is known by its bytes, and
/// of all its repetitions the nearest in time is meant.
fn places(file: &std::path::Path) -> BTreeMap<bool, Vec<(f64, f64)>> {
    let picture: BTreeMap<u32, usize> = small().iter().enumerate().map(|(n, frame)| (crc(frame), n)).collect();
    let sound: BTreeMap<u32, usize> = tone().iter().enumerate().map(|(n, packet)| (crc(packet), n)).collect();
    let mut found: BTreeMap<bool, Vec<(f64, f64)>> = BTreeMap::new();
    for sample in samples(file) {
        let (known, every, round) = if sample.picture {
            (&picture, 0.040, LOOP as f64 * 0.040)
        } else {
            (&sound, 0.020, tone().len() as f64 * 0.020)
        };
        let Some(n) = known.get(&sample.crc) else { continue };
        let first = *n as f64 * every;
        let captured = first + ((sample.at - first) / round).round() * round;
        found
            .entry(sample.picture)
            .or_default()
            .push((sample.at, (sample.at - captured) * 1_000.0));
    }
    found
}

#[test]
fn sound_and_picture_stay_together_for_ten_minutes() {
    let dir = tempfile::tempdir().unwrap();
    let (mut take, _) = begin_on(dir.path(), PLENTY, Room::default());
    let mut sealer = Sealer::footage(1, 1);
    // Both clocks of the sender run apart from the recorder's, each its own way.
    let over = |fast: i64| Stretch {
        fast,
        ..Stretch::new(0, 600_000)
    };
    let mut sent = sound(&mut sealer, 1, over(-80), true);
    // Sealed in one go, both kinds would leave the window of each other's counters.
    let frames = pictures(&mut Sealer::footage(1, 2), 2, over(80), small());
    let pictures_sent = frames.iter().filter(|sent| sent.marker).count();
    sent.extend(frames);
    network(&mut sent, 120, 2, 5);
    // For a while the way is longer for all.
    for packet in sent
        .iter_mut()
        .filter(|sent| (200_000_000..320_000_000).contains(&sent.captured))
    {
        packet.arrives += 70_000;
    }
    sent.sort_by_key(|packet| packet.arrives);
    feed(&mut take, &sent, 0);
    let made = take.close(at(601_000_000)).unwrap();
    let file = &made.files[0];
    assert!((599.0..601.0).contains(&file.length.as_secs_f64()), "{:?}", file.length);
    let count = file.pictures.unwrap().count as usize;
    assert!(count > pictures_sent / 2, "{count} of {pictures_sent}");

    // The senders' own clocks put n-th and n-th together: 80 millionths each way are 96 ms after ten minutes, which the
    // recorder's clock must take back out.
    let found = places(&file.path);
    let (sounds, frames) = (&found[&false], &found[&true]);
    assert!(sounds.len() > 29_500, "{} packets of sound", sounds.len());
    let mut worst = 0.0_f64;
    let mut next = 0;
    for (when, off) in frames.iter().filter(|(when, _)| *when > 2.0) {
        while next + 1 < sounds.len() && sounds[next].0 < *when {
            next += 1;
        }
        // In true time sound runs 80 millionths slow, pictures as much fast.
        let truth = |off: f64, fast: f64| off + when * fast * 1e-6 * 1_000.0;
        let apart = truth(*off, 80.0) - truth(sounds[next].1, -80.0);
        worst = worst.max(apart.abs());
    }
    assert!(worst <= 40.0, "{worst} ms apart");
}

#[test]
fn a_disk_that_fills_is_announced_and_loses_nothing_written() {
    let dir = tempfile::tempdir().unwrap();
    let room = Room {
        low: 150_000,
        full: 20_000,
    };
    let (mut take, left) = begin_on(dir.path(), 300_000, room);
    let mut sealer = Sealer::footage(1, 1);
    let over = Stretch::new(0, 40_000);
    let mut sent = sound(&mut sealer, 1, over, true);
    sent.extend(pictures(&mut sealer, 2, over, small()));
    network(&mut sent, 20, 0, 6);
    let (mut low, mut full, mut written) = (None, None, 0);
    let mut from = 0;
    for second in 1..=40_i64 {
        let part: Vec<_> = sent
            .iter()
            .filter(|s| (from..second * 1_000_000).contains(&s.arrives))
            .cloned()
            .collect();
        feed(&mut take, &part, from);
        from = second * 1_000_000;
        let status = take.tick(at(from));
        match status.space {
            Space::Enough => assert!(low.is_none() || full.is_some()),
            Space::Low => low = low.or(Some(second)),
            Space::Full => full = full.or(Some(second)),
        }
        written = status.bytes;
        if full.is_some_and(|full| second == full + 5) {
            assert_eq!(decode(&dir.path().join("3.mp4")), "", "what was written plays");
            // Somebody makes room in time: what waited is written.
            left.fetch_add(PLENTY, Ordering::Relaxed);
        }
    }
    assert!(low.is_some() && low < full, "announced before: {low:?}, {full:?}");
    assert!(written > 300_000);
    let made = take.close(at(41_000_000)).unwrap();
    assert_eq!(decode(&made.files[0].path), "");
    assert_eq!(made.files[0].pictures.unwrap().count, 1_000, "nothing is missing");
}

#[test]
fn cut_off_anywhere_what_is_left_plays() {
    let dir = tempfile::tempdir().unwrap();
    let (mut take, _) = begin_on(dir.path(), PLENTY, Room::default());
    let mut sealer = Sealer::footage(1, 1);
    let over = Stretch::new(0, 20_000);
    let mut sent = sound(&mut sealer, 1, over, true);
    sent.extend(pictures(&mut sealer, 2, over, small()));
    network(&mut sent, 20, 0, 7);
    feed(&mut take, &sent, 0);
    drop(take);
    let whole = std::fs::read(dir.path().join("3.mp4")).unwrap();
    for n in 1..=10_usize {
        let cut = whole.len() * n / 10 - n * 13;
        let other = tempfile::tempdir().unwrap();
        std::fs::copy(dir.path().join("take.journal"), other.path().join("take.journal")).unwrap();
        let mut left = whole[..cut].to_vec();
        if n % 3 == 0 {
            // A loss of power may leave zeros where bytes should be.
            let from = cut - 500;
            left[from..].fill(0);
        }
        std::fs::write(other.path().join("3.mp4"), left).unwrap();
        let made = recover(other.path(), None).unwrap();
        let file = &made.files[0];
        assert_eq!(decode(&file.path), "", "cut at {cut}");
        let seconds = 20.0 * cut as f64 / whole.len() as f64;
        assert!(
            file.length.as_secs_f64() > seconds - 2.5,
            "{:?} of {seconds}",
            file.length
        );
        assert!(sent.iter().filter(|sent| sent.key.kind == Kind::Sound).count() >= 1_000);
    }
}
