//! Frames of terminals open with an SFrame of other hands, and the other way round (RFC 9605).
//!
//! A node never holds such a key. The terminal's code wrote `sframe-terminal.json`, and its tests open
//! `sframe-crate.json`, which is written here: `VISAVIS_WRITE_VECTORS=1 cargo test -p node --test sframe`.
#![allow(clippy::unwrap_used)]

use aws_lc_rs::hkdf::{HKDF_SHA512, Prk, Salt};
use serde_json::{Value, json};
use sframe::CipherSuite;
use sframe::frame::{EncryptedFrame, MediaFrame, SingleUseCounter};
use sframe::key::{DecryptionKey, EncryptionKey};

const SUITE: CipherSuite = CipherSuite::AesGcm256Sha512;
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/test/vectors");

/// What the terminal says of a key id: the epoch's last 16 bits, the worker's start, whether it is for footage.
fn key_id(epoch: u16, start: u32, footage: bool) -> u64 {
    (1 << 52) + (u64::from(epoch) << 33) + (u64::from(start) << 1) + u64::from(footage)
}

/// The base key of one sender for one key id.
fn base_key(root: &[u8], seat: &[u8], key_id: u64) -> [u8; 32] {
    let root: Prk = Salt::new(HKDF_SHA512, &[]).extract(root);
    let info: [&[u8]; 3] = [b"visavis sender", seat, &key_id.to_be_bytes()];
    let mut base = [0; 32];
    root.expand(&info, Length(32)).unwrap().fill(&mut base).unwrap();
    base
}

struct Length(usize);

impl aws_lc_rs::hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn metadata(kind: &str) -> [u8; 1] {
    match kind {
        "sound" => [1],
        "picture" => [2],
        other => panic!("a track is sound or picture, not {other}"),
    }
}

fn seal(base: &[u8], key_id: u64, counter: u64, kind: &str, plain: &[u8]) -> Vec<u8> {
    let key = EncryptionKey::derive_from(SUITE, key_id, base).unwrap();
    let frame = MediaFrame::try_with_meta_data(&mut SingleUseCounter::new(counter), plain, metadata(kind)).unwrap();
    frame.encrypt(&key).unwrap().sframe_cipher_text().to_vec()
}

fn open(base: &[u8], key_id: u64, kind: &str, frame: &[u8]) -> Option<Vec<u8>> {
    let key = DecryptionKey::derive_from(SUITE, key_id, base).unwrap();
    let frame = EncryptedFrame::try_with_meta_data(frame, metadata(kind)).ok()?;
    Some(frame.decrypt(&key).ok()?.payload().to_vec())
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn frames_of_a_terminal_open_here() {
    let text = std::fs::read_to_string(format!("{FOLDER}/sframe-terminal.json")).unwrap();
    let held: Value = serde_json::from_str(&text).unwrap();
    let root = bytes(&held["root"]);
    let frames = held["frames"].as_array().unwrap();
    assert!(frames.len() > 8);
    for held in frames {
        let epoch = u16::try_from(held["epoch"].as_u64().unwrap()).unwrap();
        let start = u32::try_from(held["start"].as_u64().unwrap()).unwrap();
        let id = key_id(epoch, start, held["footage"].as_bool().unwrap());
        assert_eq!(held["kid"].as_str().unwrap(), id.to_string());
        let base = base_key(&root, &bytes(&held["seat"]), id);
        let kind = held["kind"].as_str().unwrap();
        let (plain, frame) = (bytes(&held["plain"]), bytes(&held["frame"]));

        assert_eq!(open(&base, id, kind, &frame).as_ref(), Some(&plain));
        assert_eq!(seal(&base, id, held["ctr"].as_u64().unwrap(), kind, &plain), frame);

        let other = if kind == "sound" { "picture" } else { "sound" };
        assert_eq!(open(&base, id, other, &frame), None);
        let mut flipped = frame.clone();
        *flipped.last_mut().unwrap() ^= 1;
        assert_eq!(open(&base, id, kind, &flipped), None);
        assert_eq!(open(&base_key(&root, &[9; 32], id), id, kind, &frame), None);
    }
}

#[test]
fn frames_for_a_terminal_are_what_the_crate_makes() {
    let root = [0x78; 32];
    let mut frames = Vec::new();
    for (at, (epoch, start, footage)) in [(0, 1, false), (3, 0x8000_0000, true), (65_535, 12_345, false)]
        .into_iter()
        .enumerate()
    {
        for (kind, size) in [("sound", 165_usize), ("picture", 400), ("picture", 0), ("sound", 2)] {
            let seat = [u8::try_from(at).unwrap() + 0xa0; 32];
            let id = key_id(epoch, start, footage);
            let counter = [1 << 24, 0x1234_5678, u64::from(u32::MAX)][at];
            let plain: Vec<u8> = (0..size).map(|i| u8::try_from((i * 11 + at) % 256).unwrap()).collect();
            let frame = seal(&base_key(&root, &seat, id), id, counter, kind, &plain);
            frames.push(json!({
                "seat": hex::encode(seat), "epoch": epoch, "start": start, "footage": footage, "kind": kind,
                "kid": id.to_string(), "ctr": counter, "plain": hex::encode(plain), "frame": hex::encode(frame),
            }));
        }
    }
    let mut made = json!({ "root": hex::encode(root), "frames": frames });
    // Whether serde_json keeps the order of keys depends on who else is built with it.
    made.sort_all_objects();
    let text = serde_json::to_string_pretty(&made).unwrap() + "\n";
    let path = format!("{FOLDER}/sframe-crate.json");
    if std::env::var_os("VISAVIS_WRITE_VECTORS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == text,
        "sframe-crate.json is not what the code makes; see this file's first lines"
    );
}
