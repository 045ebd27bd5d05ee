#![allow(clippy::unwrap_used, clippy::disallowed_methods)]
//! An independent COSE library reads what this crate writes, and the other way round.

mod story;

use call::{SecretKey, Signer, Statement};
use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable, iana};
use ed25519_dalek::{Signature, VerifyingKey};
use story::{DECEMBER_30, Story};

#[test]
fn coset_reads_and_verifies_every_statement_and_the_record() {
    let story = Story::tell(&DECEMBER_30);
    let record = story.record().0;
    let all = story
        .chains
        .statements()
        .map(|statement| (statement.bytes().to_vec(), statement.key()));
    for (bytes, key) in all.chain([(record, story.keys[0].key())]) {
        let cose = CoseSign1::from_tagged_slice(&bytes).unwrap();
        assert_eq!(cose.protected.header.key_id, key.0);
        assert!(cose.unprotected.is_empty());
        let verify = |signature: &[u8], message: &[u8]| {
            let signature = Signature::from_slice(signature).unwrap();
            VerifyingKey::from_bytes(&key.0)
                .unwrap()
                .verify_strict(message, &signature)
        };
        cose.verify_signature(b"", verify).unwrap();
        assert_eq!(cose.to_tagged_vec().unwrap(), bytes);
    }
}

#[test]
fn what_coset_writes_is_the_same_bytes() {
    let story = Story::tell(&DECEMBER_30);
    for statement in story.chains.statements() {
        let key: &SecretKey = story.keys.iter().find(|key| key.key() == statement.key()).unwrap();
        let payload = CoseSign1::from_tagged_slice(statement.bytes())
            .unwrap()
            .payload
            .unwrap();
        let header = HeaderBuilder::new()
            .algorithm(iana::Algorithm::EdDSA)
            .key_id(key.key().0.to_vec())
            .build();
        let cose = CoseSign1Builder::new()
            .protected(header)
            .payload(payload)
            .create_signature(b"", |message| key.sign(message).to_vec())
            .build();
        let bytes = cose.clone().to_tagged_vec().unwrap();
        assert_eq!(bytes, statement.bytes());
        assert_eq!(Statement::parse(&bytes).unwrap(), *statement);
        // Without the tag it is another form, and refused.
        assert!(Statement::parse(&cose.to_vec().unwrap()).is_err());
    }
}
