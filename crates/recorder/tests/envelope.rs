//! Envelopes that terminals seal open here, and those of another HPKE open in terminals (RFC 9180).
//!
//! The terminal's code wrote `footage-terminal.json`, and its tests open `footage-crate.json`, which is written here:
//! `VISAVIS_WRITE_VECTORS=1 cargo test -p recorder --test envelope`.
#![allow(clippy::unwrap_used)]

use recorder::{Envelope, EnvelopeError, Place, RecorderKey};
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{Hpke as _, HpkePublicKey};
use serde_json::{Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/test/vectors");

fn bytes<const N: usize>(value: &Value) -> [u8; N] {
    hex::decode(value.as_str().unwrap()).unwrap().try_into().unwrap()
}

fn seal(key: &RecorderKey, place: &Place, root: &[u8]) -> Vec<u8> {
    let info = [
        &b"visavis footage"[..],
        &key.public().0,
        &place.group,
        &place.epoch.to_be_bytes(),
        &place.context,
    ]
    .concat();
    let public = HpkePublicKey(key.public().0.to_vec());
    let (encapsulated, sealed) = DH_KEM_X25519_HKDF_SHA256_AES_256
        .seal(&info, &[], root, &public)
        .unwrap();
    [encapsulated.0, sealed].concat()
}

fn holds(name: &str) {
    let text = std::fs::read_to_string(format!("{FOLDER}/{name}")).unwrap();
    let held: Value = serde_json::from_str(&text).unwrap();
    let envelopes = held["envelopes"].as_array().unwrap();
    assert!(envelopes.len() >= 3);
    for held in envelopes {
        let key = RecorderKey::from_bytes(bytes(&held["secret"])).unwrap();
        assert_eq!(key.public().0, bytes(&held["recorder"]));
        assert_eq!(RecorderKey::from_bytes(*key.to_bytes()).unwrap().public(), key.public());
        let place = Place {
            group: bytes(&held["group"]),
            epoch: held["epoch"].as_u64().unwrap(),
            context: bytes(&held["context"]),
        };
        let envelope: [u8; 80] = bytes(&held["envelope"]);
        let root = Envelope::open(&key, &place, &envelope).unwrap();
        // A root does not show its bytes: it is compared by what it was sealed from.
        assert_eq!(format!("{root:?}"), "Root(…)");
        assert!(root.is(&bytes(&held["root"])));

        let refused = |place: &Place, envelope: &[u8]| Envelope::open(&key, place, envelope).unwrap_err();
        for place in [
            Place {
                epoch: place.epoch + 1,
                ..place
            },
            Place {
                group: [0; 16],
                ..place
            },
            Place {
                context: [0; 32],
                ..place
            },
        ] {
            assert_eq!(refused(&place, &envelope), EnvelopeError::NotOpened);
        }
        for at in 0..80 {
            let mut changed = envelope;
            changed[at] ^= 1;
            assert_eq!(refused(&place, &changed), EnvelopeError::NotOpened, "byte {at}");
        }
        assert_eq!(refused(&place, &envelope[1..]), EnvelopeError::Size);
        let other = RecorderKey::from_bytes([0x99; 32]).unwrap();
        assert!(Envelope::open(&other, &place, &envelope).is_err());
    }
}

#[test]
fn envelopes_of_a_terminal_open_here() {
    holds("footage-terminal.json");
}

#[test]
fn envelopes_for_a_terminal_open_here_too() {
    if std::env::var_os("VISAVIS_WRITE_VECTORS").is_some() {
        let envelopes: Vec<Value> = (1..=3_u8)
            .map(|n| {
                let key = RecorderKey::from_bytes([n; 32]).unwrap();
                let place = Place {
                    group: [n + 10; 16],
                    epoch: u64::from(n) * 40_000,
                    context: [n + 20; 32],
                };
                let root = [n + 30; 32];
                json!({
                    "secret": hex::encode(key.to_bytes()), "recorder": hex::encode(key.public().0),
                    "group": hex::encode(place.group), "epoch": place.epoch, "context": hex::encode(place.context),
                    "root": hex::encode(root), "envelope": hex::encode(seal(&key, &place, &root)),
                })
            })
            .collect();
        let mut made = json!({ "envelopes": envelopes });
        made.sort_all_objects();
        let text = serde_json::to_string_pretty(&made).unwrap() + "\n";
        std::fs::write(format!("{FOLDER}/footage-crate.json"), text).unwrap();
    }
    holds("footage-crate.json");
}
