#![allow(clippy::unwrap_used, clippy::disallowed_methods)]
//! The record in `docs/examples` is what its trust file says it is, and no byte of it can be another.

use call::record::{Outcome, Trust, verify};

fn example(name: &str) -> Vec<u8> {
    let path = format!("{}/../../docs/examples/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

fn trust() -> Trust {
    Trust::parse(&String::from_utf8(example("2021-12-30.trust")).unwrap()).unwrap()
}

#[test]
fn the_example_is_trusted_by_its_trust_file() {
    let verdict = verify(&example("2021-12-30.cbor"), &trust());
    assert_eq!(verdict.outcome(), Outcome::Trusted, "{:?}", verdict.findings);
    let state = verdict.state().unwrap();
    assert_eq!(state.phase.word(), "ended");
    assert!(state.begun.is_some() && !state.crossed && state.forks.is_empty());
    let terms = &state.terms().unwrap().terms;
    assert!(terms.topics.iter().all(|topic| topic.starts_with("EXAMPLE")));
    let stranger = verify(&example("2021-12-30.cbor"), &Trust::default());
    assert_eq!(stranger.outcome(), Outcome::Untrusted);
}

#[test]
fn any_changed_byte_of_the_example_is_found() {
    let (record, trust) = (example("2021-12-30.cbor"), trust());
    for at in 0..record.len() {
        for change in [1 << (at % 8), 0xff] {
            let mut changed = record.clone();
            changed[at] ^= change;
            let verdict = verify(&changed, &trust);
            assert_eq!(verdict.outcome(), Outcome::Faulty, "byte {at} changed by {change:#x}");
            assert!(!verdict.findings[0].to_string().is_empty());
        }
    }
}
