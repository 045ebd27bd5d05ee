//! What is in the clips, as another program decodes it: whose picture where, whose voice on which track, together in time.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clip::{ClipError, Cut, Progress, Source, Stage, Tools};
use support::{draw, facts, ffmpeg, ffprobe, make, side, source};

const WIDTH: usize = 64;
const HEIGHT: usize = 36;

/// All pictures of a film, small and in RGB.
fn pictures(film: &Path) -> Vec<Vec<u8>> {
    let film = film.to_str().unwrap();
    let size = format!("scale={WIDTH}:{HEIGHT}:flags=area");
    let raw = ffmpeg(&[
        "-i", film, "-map", "0:v", "-vf", &size, "-f", "rawvideo", "-pix_fmt", "rgb24", "-",
    ]);
    raw.chunks(WIDTH * HEIGHT * 3).map(<[u8]>::to_vec).collect()
}

fn at(picture: &[u8], x: usize, y: usize) -> [i32; 3] {
    let at = (y * WIDTH + x) * 3;
    [0, 1, 2].map(|n| i32::from(picture[at + n]))
}

fn near(one: [i32; 3], other: [i32; 3]) -> bool {
    one.iter().zip(other).all(|(a, b)| (a - b).abs() < 20)
}

/// A track of sound, 48 kHz.
fn sound(film: &Path, track: usize) -> Vec<f32> {
    let map = format!("0:a:{track}");
    let raw = ffmpeg(&[
        "-i",
        film.to_str().unwrap(),
        "-map",
        &map,
        "-ac",
        "1",
        "-ar",
        "48000",
        "-f",
        "f32le",
        "-",
    ]);
    raw.chunks_exact(4)
        .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
        .collect()
}

/// How much of a tone is in a second of sound (Goertzel), relative to a full tone.
fn tone(sound: &[f32], second: usize, hertz: f64) -> f64 {
    let piece = &sound[second * 48_000..(second + 1) * 48_000];
    let step = std::f64::consts::TAU * hertz / 48_000.0;
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in piece.iter().enumerate() {
        re += f64::from(*sample) * (step * n as f64).cos();
        im += f64::from(*sample) * (step * n as f64).sin();
    }
    re.hypot(im) * 2.0 / 48_000.0
}

const LOUD: f64 = 0.03;
const SILENT: f64 = 0.002;
const BROWN: [i32; 3] = [0x9a, 0x4a, 0x2c];
const BLUE: [i32; 3] = [0x2a, 0x4e, 0x8c];

fn colour(colour: &str, sizes: &[(&str, u32)]) -> Vec<String> {
    sizes
        .iter()
        .map(|(size, seconds)| format!("color=c={colour}:s={size}:r=30:d={seconds}"))
        .collect()
}

fn interpreter(source: Source, language: &str) -> Source {
    Source {
        interpreter: true,
        language: Some(language.to_owned()),
        ..source
    }
}

fn streams(film: &Path) -> Vec<serde_json::Value> {
    let entries =
        "stream=codec_name,codec_type,width,height,avg_frame_rate,pix_fmt,sample_rate,nb_frames,duration:stream_tags";
    ffprobe(film, entries)["streams"].as_array().unwrap().clone()
}

/// The index stands before the film.
fn is_fast(film: &Path) -> bool {
    let bytes = std::fs::read(film).unwrap();
    let find = |kind: &[u8]| bytes.windows(4).position(|four| four == kind).unwrap();
    find(b"moov") < find(b"mdat")
}

#[test]
fn the_pool_shows_both_sides_and_keeps_interpreters_apart() {
    let folder = tempfile::tempdir().unwrap();
    let (_, signer) = side("Washington", None);
    let sizes = [("640x360", 2), ("320x240", 1), ("320x180", 2)];
    let first = draw(
        folder.path(),
        "first",
        &colour("0x9a4a2c", &sizes),
        Some("sine=f=440:r=48000:d=5"),
    );
    let second = draw(
        folder.path(),
        "second",
        &colour("0x2a4e8c", &[("640x360", 4)]),
        Some("sine=f=880:r=48000:d=4"),
    );
    let third = draw(folder.path(), "third", &[], Some("sine=f=1500:r=48000:d=3"));
    let sources = [
        source(first, "First", 0),
        source(second, "Second", 1),
        interpreter(source(third, "Толмач", 1), "ru-RU"),
    ];
    let clip = make(Cut::Pool, &sources, &signer, folder.path()).unwrap();
    assert_eq!(clip.length, Duration::from_secs(5));
    assert!(is_fast(&clip.path));
    let found = streams(&clip.path);
    assert_eq!(found.len(), 3);
    for (key, wanted) in [
        ("codec_name", "h264"),
        ("avg_frame_rate", "25/1"),
        ("pix_fmt", "yuv420p"),
        ("nb_frames", "125"),
    ] {
        assert_eq!(found[0][key], wanted, "{key}");
    }
    assert_eq!(
        (&found[0]["width"], &found[0]["height"]),
        (&1_920.into(), &1_080.into())
    );
    for track in &found[1..] {
        assert_eq!(
            (&track["codec_name"], &track["sample_rate"]),
            (&"aac".into(), &"48000".into())
        );
    }
    assert_eq!(found[1]["tags"]["handler_name"], "Floor");
    assert_eq!(found[2]["tags"]["handler_name"], "Толмач");
    assert_eq!(found[2]["tags"]["language"], "rus");

    let shown = pictures(&clip.path);
    assert_eq!(shown.len(), 125);
    for second in [0, 1, 2, 3] {
        let picture = &shown[second * 25 + 12];
        assert!(near(at(picture, 16, 18), BROWN), "{second}: {:?}", at(picture, 16, 18));
        assert!(near(at(picture, 48, 18), BLUE), "{second}: {:?}", at(picture, 48, 18));
        assert!(at(picture, 16, 2).iter().sum::<i32>() < 120, "above is the ground");
    }
    // The second's picture ended: the ground, and no picture that stands still.
    assert!(at(&shown[120], 48, 18).iter().sum::<i32>() < 120);

    let (floor, interpreted) = (sound(&clip.path, 0), sound(&clip.path, 1));
    assert!(tone(&floor, 1, 440.0) > LOUD && tone(&floor, 1, 880.0) > LOUD);
    assert!(tone(&floor, 1, 1500.0) < SILENT);
    assert!(tone(&interpreted, 1, 1500.0) > LOUD && tone(&interpreted, 1, 440.0) < SILENT);
    assert!(tone(&interpreted, 4, 1500.0) < SILENT);

    let poster = pictures(clip.poster.as_deref().unwrap());
    assert!(near(at(&poster[0], 16, 18), BROWN) && near(at(&poster[0], 48, 18), BLUE));
}

#[test]
fn a_side_has_each_voice_on_a_track_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (_, signer) = side("Washington", None);
    let first = draw(
        folder.path(),
        "first",
        &colour("0x9a4a2c", &[("640x360", 3)]),
        Some("sine=f=440:r=48000:d=3"),
    );
    let aide = draw(
        folder.path(),
        "aide",
        &colour("white", &[("640x360", 2)]),
        Some("sine=f=660:r=48000:d=2"),
    );
    let third = draw(folder.path(), "third", &[], Some("sine=f=1500:r=48000:d=3"));
    let other = draw(
        folder.path(),
        "other",
        &colour("0x2a4e8c", &[("640x360", 9)]),
        Some("sine=f=880:r=48000:d=9"),
    );
    let sources = [
        interpreter(source(third, "Interpreter", 0), "ar"),
        source(first, "First", 0),
        source(aide, "Aide", 0),
        source(other, "Other", 1),
    ];
    let clip = make(Cut::Side(0), &sources, &signer, folder.path()).unwrap();
    assert_eq!(
        clip.length,
        Duration::from_secs(3),
        "the other side's film is longer and no part of it"
    );
    let names: Vec<_> = streams(&clip.path)
        .iter()
        .skip(1)
        .map(|track| track["tags"]["handler_name"].clone())
        .collect();
    assert_eq!(names, ["First", "Aide", "Interpreter"]);
    assert_eq!(streams(&clip.path)[3]["tags"]["language"], "ara");
    let picture = &pictures(&clip.path)[40];
    assert!(
        near(at(picture, 3, 3), BROWN) && near(at(picture, 60, 32), BROWN),
        "it fills the film"
    );
    for (track, hertz) in [(0, 440.0), (1, 660.0), (2, 1500.0)] {
        let heard = sound(&clip.path, track);
        for other in [440.0, 660.0, 880.0, 1500.0] {
            assert_eq!(
                tone(&heard, 1, other) > LOUD,
                (other - hertz).abs() < 1.0,
                "track {track}, {other} Hz"
            );
        }
    }
}

#[test]
fn a_side_without_pictures_is_a_dark_half_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let (_, signer) = side("Washington", None);
    let first = draw(folder.path(), "first", &[], Some("sine=f=440:r=48000:d=2"));
    let second = draw(folder.path(), "second", &colour("0x2a4e8c", &[("640x360", 2)]), None);
    let sources = [source(first, "First", 0), source(second, "Second", 1)];
    let clip = make(Cut::Pool, &sources, &signer, folder.path()).unwrap();
    let shown = pictures(&clip.path);
    let half = || (0..HEIGHT).flat_map(|y| (0..WIDTH / 2).map(move |x| (x, y)));
    let light = half()
        .map(|(x, y)| at(&shown[20], x, y).iter().sum::<i32>())
        .max()
        .unwrap();
    assert_eq!(light > 200, Tools::find().unwrap().writes_names(), "{light}");
    assert!(at(&shown[20], 2, 18).iter().sum::<i32>() < 120);
    assert!(near(at(&shown[20], 48, 18), BLUE));
}

/// A flash and a tone at one moment of each source are at that moment in the clip.
#[test]
fn sound_and_picture_stay_together() {
    let folder = tempfile::tempdir().unwrap();
    let (_, signer) = side("Washington", None);
    let flash = |size: &str, seconds: u32, from: f64| {
        format!("color=c=black:s={size}:r=30:d={seconds},drawbox=c=white:t=fill:enable='between(t,{from},{from}+0.5)'")
    };
    // At 4.0 s of the whole: a second after the size changed.
    let drawn = [flash("640x360", 3, 9.0), flash("320x240", 3, 1.0)];
    let heard = "sine=f=1000:r=48000:d=6,volume=0:enable='not(between(t,4,4.5))'";
    let film = draw(folder.path(), "first", &drawn, Some(heard));
    let clip = make(Cut::Side(0), &[source(film, "First", 0)], &signer, folder.path()).unwrap();
    let seen = pictures(&clip.path)
        .iter()
        .position(|picture| at(picture, 32, 18)[0] > 128)
        .unwrap();
    let sound = sound(&clip.path, 0);
    let onset = sound.iter().position(|sample| sample.abs() > 0.02).unwrap();
    let (seen, heard) = (seen as f64 / 25.0, onset as f64 / 48_000.0);
    assert!((seen - 4.0).abs() <= 0.04, "seen at {seen}");
    assert!((heard - 4.0).abs() <= 0.02, "heard at {heard}");
}

fn apart(one: &[u8], other: &[u8]) -> u64 {
    one.iter().zip(other).map(|(a, b)| u64::from(a.abs_diff(*b))).sum()
}

#[test]
fn a_shorter_whole_is_exact_to_a_frame_and_keeps_its_voices() {
    let folder = tempfile::tempdir().unwrap();
    let (_, signer) = side("Washington", None);
    let moving = vec!["testsrc2=s=640x360:r=25:d=5".to_owned()];
    let film = draw(folder.path(), "first", &moving, Some("sine=f=440:r=48000:d=5"));
    let third = draw(folder.path(), "third", &[], Some("sine=f=1500:r=48000:d=5"));
    let sources = [
        source(film, "First", 0),
        interpreter(source(third, "Interpreter", 0), "fr"),
    ];
    let clip = make(Cut::Side(0), &sources, &signer, folder.path()).unwrap();
    let (tools, stop) = (Tools::find().unwrap(), AtomicBool::new(false));
    let shorten = |from: u64, to: u64| {
        let (from, to) = (Duration::from_millis(from), Duration::from_millis(to));
        clip::shorten(
            &tools,
            &clip.path,
            from,
            to,
            &facts(),
            &signer,
            folder.path(),
            &mut |_| {},
            &stop,
        )
    };
    for (from, to, first, count) in [(1_240, 3_320, 31, 52), (0, 1_000, 0, 25), (3_990, 5_000, 100, 25)] {
        let shorter = shorten(from, to).unwrap();
        let (long, short) = (pictures(&clip.path), pictures(&shorter.path));
        assert_eq!(short.len(), count);
        for n in [0, 1, count - 1] {
            let nearest = (0..long.len()).min_by_key(|m| apart(&short[n], &long[*m])).unwrap();
            assert_eq!(nearest, first + n, "{from} to {to}: picture {n}");
        }
        let found = streams(&shorter.path);
        assert_eq!(found[1]["tags"]["handler_name"], "First");
        assert_eq!(found[2]["tags"]["handler_name"], "Interpreter");
        assert_eq!(found[2]["tags"]["language"], "fra");
        assert!(tone(&sound(&shorter.path, 1), 0, 1500.0) > LOUD);
    }
    for (from, to) in [
        (0, 5_000),
        (0, 999),
        (2_000, 2_500),
        (3_000, 2_000),
        (4_000, 5_100),
        (9_000, 11_000),
    ] {
        assert!(matches!(shorten(from, to), Err(ClipError::Cut(_))), "{from} to {to}");
    }
}

#[test]
fn what_fails_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let clips = tempfile::tempdir().unwrap();
    let (_, signer) = side("Washington", None);
    let film = draw(
        folder.path(),
        "first",
        &colour("0x9a4a2c", &[("640x360", 4)]),
        Some("sine=f=440:r=48000:d=4"),
    );
    let sources = [source(film.clone(), "First", 0)];
    let left = || std::fs::read_dir(clips.path()).unwrap().count();

    assert!(matches!(
        make(Cut::Side(1), &sources, &signer, clips.path()),
        Err(ClipError::Cut(_))
    ));

    let tools = Tools::find().unwrap();
    let stop = AtomicBool::new(false);
    let mut stages = Vec::new();
    let mut stopping = |progress: Progress| {
        stages.push(progress);
        stop.store(progress.stage == Stage::Checking, Ordering::Relaxed);
    };
    let stopped = clip::make(
        &tools,
        &Cut::Side(0),
        &sources,
        &facts(),
        &signer,
        clips.path(),
        &mut stopping,
        &stop,
    );
    assert!(matches!(stopped, Err(ClipError::Stopped)), "{stopped:?}");
    assert!(
        stages
            .iter()
            .any(|progress| progress.stage == Stage::Cutting && progress.percent == 100)
    );
    assert_eq!(left(), 0);

    let mut cut_off = std::fs::read(&film).unwrap();
    cut_off.truncate(cut_off.len() / 2);
    std::fs::write(&film, cut_off).unwrap();
    let damaged = make(Cut::Side(0), &sources, &signer, clips.path());
    assert!(
        matches!(damaged, Err(ClipError::Damaged(_) | ClipError::Failed(_))),
        "{damaged:?}"
    );
    assert_eq!(left(), 0);
}
