//! What goes well.

use std::time::Duration;

use call::Timestamp;
use recorder::{Kind, recover};

use crate::media::{RATE, decode, large, samples, small, tone};
use crate::rig::{PERSON, SIDE, Sealer, Stretch, at, begin, feed, network, pictures, plan, sound};

#[test]
fn ten_seconds_become_a_file_that_decodes_clean() {
    let dir = tempfile::tempdir().unwrap();
    let mut take = begin(dir.path());
    let mut sealer = Sealer::footage(1, 0x8000_0001);
    let over = Stretch::new(0, 10_000);
    let mut sent = sound(&mut sealer, 1, over, true);
    sent.extend(pictures(&mut sealer, 2, over, small()));
    network(&mut sent, 40, 0, 1);
    let end = feed(&mut take, &sent, 0);
    let status = take.tick(at(end));
    assert_eq!(status.seconds, 10);
    assert!(status.bytes > 10_000 && !status.nothing);
    assert_eq!(status.opened, 500 + 250);

    let made = take.close(at(10_500_000)).unwrap();
    let [file] = &made.files[..] else { panic!("one file") };
    assert_eq!((file.person, file.side), (PERSON, SIDE));
    let pictures = file.pictures.unwrap();
    assert_eq!((pictures.count, pictures.width, pictures.height), (250, 160, 90));
    assert!((9_900..10_100).contains(&file.length.as_millis()), "{:?}", file.length);
    assert!(file.begins < Duration::from_millis(100), "{:?}", file.begins);
    assert_eq!(decode(&file.path), "");
    assert_eq!(decode(&dir.path().join("3.mp4")), "", "the growing file plays too");
    let read = samples(&file.path);
    assert_eq!(read.iter().filter(|sample| sample.picture).count(), 10 * RATE);
    let bytes = std::fs::read(&file.path).unwrap();
    let place = |what: &[u8]| bytes.windows(4).position(|four| four == what).unwrap();
    assert!(place(b"moov") < place(b"mdat"), "the index is in front");
}

#[test]
fn a_file_tells_when_it_begins() {
    let dir = tempfile::tempdir().unwrap();
    let mut take = begin(dir.path());
    let mut sealer = Sealer::footage(1, 1);
    let mut sent = sound(&mut sealer, 1, Stretch::new(3_000, 6_000), true);
    network(&mut sent, 40, 0, 1);
    let end = feed(&mut take, &sent, 0);
    let made = take.close(at(end)).unwrap();
    let begins = made.files[0].begins.as_millis();
    assert!((2_950..3_100).contains(&begins), "{begins}");
    assert_eq!(recover(dir.path(), None).unwrap(), made);
}

#[test]
fn nothing_captured_after_the_press_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut take = begin(dir.path());
    let mut sealer = Sealer::footage(1, 1);
    let over = Stretch::new(0, 8_000);
    let mut sent = sound(&mut sealer, 1, over, true);
    sent.extend(pictures(&mut sealer, 2, over, small()));
    network(&mut sent, 300, 3, 2);
    feed(&mut take, &sent, 0);
    // The press becomes known late, when all that came after it is written.
    let press = 5_000_000;
    let made = take.close(at(press)).unwrap();
    let file = &made.files[0];
    assert_eq!(decode(&file.path), "");
    let before = |kind: Kind, slack: i64| {
        let of = sent.iter().filter(|sent| {
            sent.key.kind == kind && sent.captured <= press - slack && sent.marker == (kind == Kind::Picture)
        });
        of.map(|sent| sent.timestamp)
            .collect::<std::collections::BTreeSet<_>>()
            .len()
    };
    let read = samples(&file.path);
    let got = read.iter().filter(|sample| sample.picture).count();
    assert!(got <= before(Kind::Picture, 0), "{got} pictures");
    let sound = read.iter().filter(|sample| !sample.picture).count();
    // Redundancy brings back most of what was lost, so packets that never came count as sent.
    assert!(sound <= 250 && sound > 240, "{sound} packets of sound");
    assert!(got > 25, "{got} pictures");

    let again = recover(dir.path(), None).unwrap();
    assert_eq!(again, made, "made anew from the disk");

    // It turns out to have been pressed earlier; who says later then changes nothing.
    let started = plan(true).started.0;
    for at in [3_000, 4_000] {
        recorder::press(dir.path(), Timestamp(started + at)).unwrap();
    }
    let shorter = recover(dir.path(), None).unwrap();
    assert_eq!(shorter.press, Some(Duration::from_secs(3)));
    let sound = shorter.files[0].sound.as_millis();
    assert!((2_900..=3_000).contains(&sound), "{sound} ms");
    assert_eq!(decode(&shorter.files[0].path), "");
}

#[test]
fn the_size_may_change_and_a_terminal_may_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut take = begin(dir.path());
    let mut first = Sealer::footage(1, 1);
    let mut second = Sealer::footage(2, 9);
    let mut sent = sound(&mut first, 1, Stretch::new(0, 4_000), true);
    sent.extend(pictures(&mut first, 2, Stretch::new(0, 2_000), small()));
    let mut larger = pictures(&mut first, 2, Stretch::new(2_000, 4_000), large());
    let (last, time) = sent
        .iter()
        .filter(|sent| sent.marker)
        .map(|sent| (sent.sequence, sent.timestamp))
        .next_back()
        .unwrap();
    for packet in &mut larger {
        packet.sequence += last - 49_999;
        packet.timestamp = packet
            .timestamp
            .wrapping_add(time.wrapping_sub(4_294_000_000))
            .wrapping_add(3_600)
            .wrapping_sub(2 * 777_777);
    }
    sent.extend(larger);
    // A second and a half later under another key, other counts.
    sent.extend(sound(&mut second, 3, Stretch::new(5_500, 9_000), false));
    sent.extend(pictures(&mut second, 4, Stretch::new(5_500, 9_000), large()));
    network(&mut sent, 40, 0, 3);
    let end = feed(&mut take, &sent, 0);
    take.tick(at(end));
    let made = take.close(at(9_500_000)).unwrap();
    let file = &made.files[0];
    assert_eq!(decode(&file.path), "");
    assert_eq!(file.pictures.unwrap().count, 100 + 88);
    assert!((8_900..9_100).contains(&file.sound.as_millis()), "{:?}", file.sound);
    let silent = samples(&file.path)
        .iter()
        .filter(|s| !s.picture && tone().iter().all(|t| crate::media::crc(t) != s.crc))
        .count();
    assert!(
        (72..80).contains(&silent),
        "{silent} packets of silence for a second and a half"
    );
}

#[test]
fn frames_wait_for_their_root_and_key_frames_are_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let mut take = recorder::Take::begin(dir.path(), crate::rig::plan(true), at(0)).unwrap();
    let mut sealed = Sealer::new(1, crate::rig::EPOCH, 5, false, [1; 32]);
    let mut footage = Sealer::footage(1, 5);
    let mut sent = sound(&mut footage, 1, Stretch::new(0, 3_000), true);
    // The first second is sealed from the recorder: the change comes in the middle of a loop.
    let mut frames = pictures(&mut sealed, 2, Stretch::new(0, 6_000), small());
    let open = pictures(&mut footage, 2, Stretch::new(0, 6_000), small());
    frames.retain(|packet| packet.captured < 1_000_000);
    frames.extend(open.into_iter().filter(|packet| packet.captured >= 1_000_000));
    sent.extend(frames);
    network(&mut sent, 20, 0, 4);
    let early: Vec<_> = sent.iter().filter(|sent| sent.arrives < 1_500_000).cloned().collect();
    feed(&mut take, &early, 0);
    let status = take.tick(at(1_500_000));
    assert_eq!(status.opened, 0);
    assert!(
        take.key_frames(at(1_500_000)).is_empty(),
        "nothing opens, so nothing would help"
    );
    take.root(
        crate::rig::EPOCH,
        recorder::Root::from_bytes(crate::rig::ROOT),
        at(1_500_000),
    );
    assert_eq!(take.key_frames(at(1_500_000)), [footage.key(Kind::Picture, 2)]);
    assert!(take.key_frames(at(1_700_000)).is_empty(), "not at every packet");
    let rest: Vec<_> = sent.iter().filter(|sent| sent.arrives >= 1_500_000).cloned().collect();
    feed(&mut take, &rest, 1_500_000);
    let made = take.close(at(6_500_000)).unwrap();
    let file = &made.files[0];
    assert_eq!(decode(&file.path), "");
    assert_eq!(file.pictures.unwrap().count, 100, "from the next loop's key frame on");
    assert!(file.length.as_millis() > 5_900);
}
