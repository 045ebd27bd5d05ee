//! Whoever changes a clip is found out, wherever; and no file makes the check fall over.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clip::{Clip, Root, Verdict, VerifyError, Where, examine, verify};
use support::{ffmpeg, side, small};
use tempfile::TempDir;

struct Signed {
    folder: TempDir,
    root: Root,
    clip: Clip,
}

/// One clip for all tests.
fn signed() -> &'static Signed {
    static SIGNED: OnceLock<Signed> = OnceLock::new();
    SIGNED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (root, signer) = side("Washington", None);
        let clip = small(folder.path(), &signer);
        Signed { folder, root, clip }
    })
}

fn bytes() -> Vec<u8> {
    std::fs::read(&signed().clip.path).unwrap()
}

/// A file of a test's own.
struct Changed(TempDir);

impl Changed {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("changed.mp4")
    }

    /// The verdict on these bytes; none where they were refused.
    fn verdict(&self, bytes: &[u8]) -> Option<Verdict> {
        std::fs::write(self.path(), bytes).unwrap();
        verify(&self.path(), &[&signed().root.certificate_pem]).ok()
    }
}

fn holds(verdict: Option<&Verdict>) -> bool {
    matches!(verdict, Some(Verdict::Valid { .. } | Verdict::Untrusted { .. }))
}

/// The boxes at the top of a film: kind, beginning, end.
fn boxes(bytes: &[u8]) -> Vec<([u8; 4], usize, usize)> {
    let (mut at, mut found) = (0, Vec::new());
    while at < bytes.len() {
        let length = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        found.push((bytes[at + 4..at + 8].try_into().unwrap(), at, at + length));
        at += length;
    }
    found
}

fn span(bytes: &[u8], kind: &[u8; 4]) -> (usize, usize) {
    let found = boxes(bytes).into_iter().find(|(found, ..)| found == kind).unwrap();
    (found.1, found.2)
}

#[test]
fn a_clip_is_valid_under_its_root_and_untrusted_without() {
    let Signed { root, clip, .. } = signed();
    let report = examine(&clip.path, &[&root.certificate_pem]).unwrap();
    assert_eq!(
        report.verdict,
        Verdict::Valid {
            by: "Washington".to_owned(),
            at: None
        }
    );
    let said = report.said.unwrap();
    assert_eq!(said.title, "A call that never took place");
    assert_eq!(
        (said.call, said.heads),
        ("07".repeat(32), vec!["01".repeat(32), "02".repeat(32)])
    );
    assert_eq!(said.sides, ["Washington", "Moscow"]);
    assert_eq!(
        (said.opened.as_str(), said.closed.as_str()),
        ("2021-12-30T20:35:00Z", "2021-12-30T20:35:06Z")
    );
    assert_eq!(said.shortens, None);
    assert!(report.root.is_some());

    let untrusted = Verdict::Untrusted {
        by: "Washington".to_owned(),
    };
    assert_eq!(verify::<&str>(&clip.path, &[]).unwrap(), untrusted);
    let (other, _) = side("Moscow", None);
    assert_eq!(verify(&clip.path, &[&other.certificate_pem]).unwrap(), untrusted);
    let both = format!("{}{}", other.certificate_pem, root.certificate_pem);
    assert!(matches!(verify(&clip.path, &[both]).unwrap(), Verdict::Valid { by, .. } if by == "Washington"));
    assert!(matches!(
        verify(&clip.path, &["no certificate"]),
        Err(VerifyError::Root)
    ));
}

/// The name is the root's: a side whose root is known cannot sign in another's name.
#[test]
fn nobody_signs_in_anothers_name() {
    let folder = tempfile::tempdir().unwrap();
    let (root, _) = side("Moscow", None);
    let named = clip::Signer::new(&root.certificate_pem, &root.key_pem, "Washington", None).unwrap();
    let clip = small(folder.path(), &named);
    let roots = [&signed().root.certificate_pem, &root.certificate_pem];
    assert_eq!(
        verify(&clip.path, &roots).unwrap(),
        Verdict::Valid {
            by: "Moscow".to_owned(),
            at: None
        }
    );
}

/// A root of the same name and another key vouches for nothing.
#[test]
fn a_name_alone_is_no_root() {
    let (other, _) = side("Washington", None);
    let verdict = verify(&signed().clip.path, &[&other.certificate_pem]).unwrap();
    assert!(matches!(verdict, Verdict::Untrusted { .. }));
}

#[test]
fn every_changed_bit_is_found() {
    let (changed, good) = (Changed::new(), bytes());
    assert!(holds(changed.verdict(&good).as_ref()));
    let (manifest, manifest_end) = span(&good, b"uuid");
    let film = span(&good, b"mdat").0;
    // All of the head and the seal, much of the manifest and the index, some of the film.
    let head = 0..manifest + 160;
    let in_manifest = (manifest..manifest_end).step_by(7);
    let index = (manifest_end..film).step_by(13);
    let rest = (film..good.len()).step_by(997);
    let seal = good.len() - 100..good.len();
    let mut tried = 0;
    for at in head.chain(in_manifest).chain(index).chain(rest).chain(seal) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        let verdict = changed.verdict(&bad);
        assert!(!holds(verdict.as_ref()), "byte {at}: {verdict:?}");
        tried += 1;
    }
    assert!(tried > 1_000, "{tried}");
}

#[test]
fn where_it_was_changed_is_said() {
    let (changed, good) = (Changed::new(), bytes());
    let (manifest, _) = span(&good, b"uuid");
    let find = |what: &[u8]| good.windows(what.len()).position(|there| there == what).unwrap();
    let places = [
        (find(b"mdat") + 4_000, Where::Film),
        (find(b"stsz") + 20, Where::Film),
        (find(b"0707070707"), Where::Manifest),
        (find(b"A call that never"), Where::Signature),
        (8, Where::Form),
        (good.len() - 1, Where::Form),
    ];
    for (at, where_) in places {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert_eq!(
            changed.verdict(&bad),
            Some(Verdict::Altered { where_ }),
            "byte {at} ({manifest})"
        );
    }
}

#[test]
fn a_clip_that_was_cut_off_or_added_to_is_found() {
    let (changed, good) = (Changed::new(), bytes());
    let cuts = (0..good.len())
        .step_by(good.len() / 61)
        .chain(good.len() - 100..good.len());
    for length in cuts {
        let verdict = changed.verdict(&good[..length]);
        assert!(!holds(verdict.as_ref()), "{length}: {verdict:?}");
    }
    for more in [&b"\0"[..], b"\0\0\0\x08free", b"\0\0\0\x10skipabcdefgh", &good] {
        let verdict = changed.verdict(&[&good, more].concat());
        assert!(!holds(verdict.as_ref()), "{verdict:?}");
    }
    // Without its seal, it is what C2PA alone would let pass.
    let unsealed = changed.verdict(&good[..good.len() - 88]);
    assert_eq!(unsealed, Some(Verdict::Altered { where_: Where::Form }));
}

#[test]
fn what_ffmpeg_made_of_it_is_not_signed() {
    let changed = Changed::new();
    let (from, to) = (signed().clip.path.to_str().unwrap(), changed.path());
    let to = to.to_str().unwrap();
    for how in [
        &["-c", "copy"][..],
        &["-ss", "0.5", "-t", "1", "-c", "copy"],
        &["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"],
        &["-map", "0", "-c", "copy", "-movflags", "+faststart"],
    ] {
        ffmpeg(&[&["-i", from], how, &["-f", "mp4", to]].concat());
        let verdict = verify(Path::new(to), &[&signed().root.certificate_pem]).unwrap();
        assert!(
            matches!(verdict, Verdict::Unsigned | Verdict::Altered { .. }),
            "{how:?}: {verdict:?}"
        );
    }
}

#[test]
fn a_manifest_fits_no_other_film() {
    let (changed, good) = (Changed::new(), bytes());
    let other = changed.0.path().join("other.mp4");
    let draw = [
        "-f",
        "lavfi",
        "-i",
        "color=c=red:s=1920x1080:r=25:d=2",
        "-f",
        "lavfi",
        "-i",
        "sine=d=2",
    ];
    ffmpeg(&[&draw[..], &["-c:v", "libx264", "-c:a", "aac", other.to_str().unwrap()]].concat());
    let other = std::fs::read(other).unwrap();
    let (from, to) = span(&good, b"uuid");
    let seal = &good[good.len() - 88..];
    let head = span(&other, b"ftyp").1;
    let grafted = [&other[..head], &good[from..to], &other[head..]].concat();
    for bytes in [grafted.clone(), [&grafted[..], seal].concat()] {
        assert_eq!(changed.verdict(&bytes), Some(Verdict::Altered { where_: Where::Film }));
    }
    // Two manifests: none counts.
    let twice = [&good[..to], &good[from..to], &good[to..]].concat();
    assert_eq!(changed.verdict(&twice), Some(Verdict::Altered { where_: Where::Form }));
}

/// A small generator of numbers, so that what is random is so in the same way each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
}

#[test]
fn garbage_in_the_manifest_is_survived() {
    let (changed, good) = (Changed::new(), bytes());
    let (from, to) = span(&good, b"uuid");
    let mut numbers = Numbers(5);
    for _ in 0..400 {
        let mut bad = good.clone();
        // Behind the box's own head, its user type and purpose.
        for _ in 0..=numbers.next() % 40 {
            let at = from + 45 + numbers.next() as usize % (to - from - 45);
            let run = (numbers.next() as usize % 9).min(to - at);
            for byte in &mut bad[at..at + run] {
                *byte = numbers.next() as u8;
            }
        }
        if bad != good {
            let verdict = changed.verdict(&bad);
            assert!(!holds(verdict.as_ref()), "{verdict:?}");
        }
    }
    let random: Vec<u8> = (0..to - from - 45).map(|_| numbers.next() as u8).collect();
    let bad = [&good[..from + 45], &random, &good[to..]].concat();
    assert_eq!(
        changed.verdict(&bad),
        Some(Verdict::Altered {
            where_: Where::Manifest
        })
    );
}

#[test]
fn hostile_boxes_are_refused_without_reading_them() {
    let changed = Changed::new();
    let ftyp = b"\0\0\0\x10ftypisom\0\0\0\0";
    let mut deep = Vec::new();
    for _ in 0..3_000 {
        deep = [
            &u32::try_from(deep.len() + 8).unwrap().to_be_bytes()[..],
            b"trak",
            &deep,
        ]
        .concat();
    }
    let deep = [
        &u32::try_from(deep.len() + 8).unwrap().to_be_bytes()[..],
        b"moov",
        &deep,
    ]
    .concat();
    let many = b"\0\0\0\x08free".repeat(100_000);
    let long = b"\0\0\0\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff";
    let short = b"\0\0\0\x04mdat";
    for (what, bytes) in [("deep", &deep[..]), ("many", &many), ("long", long), ("short", short)] {
        let verdict = changed.verdict(&[&ftyp[..], bytes].concat());
        assert!(
            matches!(verdict, None | Some(Verdict::Altered { where_: Where::Form })),
            "{what}: {verdict:?}"
        );
    }
    // A manifest that says it has gigabytes, in a file that has: nothing of it is read.
    let huge = changed.0.path().join("huge.mp4");
    let mut file = [&ftyp[..], &0x7000_0000_u32.to_be_bytes(), b"uuid"].concat();
    file.extend([
        0xd8, 0xfe, 0xc3, 0xd6, 0x1b, 0x0e, 0x48, 0x3c, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7e, 0xc4, 0x81,
    ]);
    std::fs::write(&huge, file).unwrap();
    std::fs::File::options()
        .write(true)
        .open(&huge)
        .unwrap()
        .set_len(0x7000_0010)
        .unwrap();
    let refused = verify::<&str>(&huge, &[]);
    assert!(matches!(refused, Err(VerifyError::Bounds(_))), "{refused:?}");
    for not_a_film in [&b""[..], b"abc", b"visavis trust 1\n", &[0; 64]] {
        std::fs::write(changed.path(), not_a_film).unwrap();
        assert!(matches!(
            verify::<&str>(&changed.path(), &[]),
            Err(VerifyError::NotAFilm)
        ));
    }
}

#[test]
fn a_plain_film_is_unsigned() {
    let changed = Changed::new();
    let film = support::draw(changed.0.path(), "plain", &[], Some("sine=d=1"));
    assert_eq!(verify::<&str>(&film, &[]).unwrap(), Verdict::Unsigned);
    assert!(signed().folder.path().exists());
}
