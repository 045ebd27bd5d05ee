//! Side keys over time: Rekeys on the line, and what the call's chains make of them.

use super::world::{World, demo_key};
use crate::record::{Outcome, SideEntry, Trust, TrustedSide, export, verify};
use crate::{
    Body, Chains, Fault, Keyring, LineId, Refusal, SecretKey, Signer, Statement, Taken, Timestamp, may, propose,
};

/// A line on which the world's first side has changed its key; the Rekey.
fn rekeyed(world: &World, new: &SecretKey) -> (Chains, Statement) {
    let (a, b) = (world.sides[0], world.sides[1]);
    let mut line = Chains::line(b, a);
    let body = Body::rekey(&LineId::of(a, b), &a, new);
    let rekey = propose(&line, a, body, Timestamp(1))
        .unwrap()
        .sign(&world.keys[0])
        .unwrap();
    assert_eq!(line.insert(&world.keyring, rekey.clone()), Ok(Taken::New));
    (line, rekey)
}

#[test]
fn a_rekey_passes_the_sides_word_on_and_not_back() {
    let (mut world, terms) = World::in_session();
    let new = demo_key(8);
    let (line, rekey) = rekeyed(&world, &new);
    assert_eq!(
        may(&line, world.sides[0], &Body::End, Timestamp(0)),
        Err(Refusal::WrongChain)
    );
    let draft = world.chains(0).draft(0, Body::Open { terms }, Timestamp(world.clock));
    let early = draft.clone().sign(&new).unwrap();
    let chains = world.nodes[1].as_mut().unwrap();
    assert_eq!(chains.insert(&world.keyring, early.clone()), Err(Fault::UnknownKey));
    world.keyring.learn(&rekey).unwrap();
    world.keyring.learn(&rekey).unwrap();
    assert_eq!(world.keyring.current(world.sides[0]), Some(new.key()));
    let chains = world.nodes[1].as_mut().unwrap();
    assert_eq!(chains.insert(&world.keyring, early), Ok(Taken::New));
    let late = chains
        .draft(0, Body::End, Timestamp(world.clock))
        .sign(&world.keys[0])
        .unwrap();
    assert_eq!(chains.insert(&world.keyring, late), Err(Fault::OldKey));

    // The record brings the Rekey along, and fails without it.
    let entry = |key: &SecretKey, rekeys| SideEntry {
        name: "Side".into(),
        key: key.key(),
        rekeys,
    };
    let entries = [entry(&world.keys[0], vec![rekey]), entry(&world.keys[1], Vec::new())];
    let record = export(world.chains(1), &entries, world.sides[0], &new).unwrap();
    let trust = Trust::new(world.keys.iter().map(|key| TrustedSide {
        key: key.key(),
        name: "Known".into(),
    }));
    let verdict = verify(&record, &trust);
    assert_eq!(verdict.outcome(), Outcome::Trusted, "{:?}", verdict.findings);
    assert_eq!(verdict.sides[0].keys, [world.keys[0].key(), new.key()]);
    let bare = [entry(&world.keys[0], Vec::new()), entry(&world.keys[1], Vec::new())];
    assert!(export(world.chains(1), &bare, world.sides[1], &world.keys[1]).is_err());
}

#[test]
fn a_rekey_needs_both_keys() {
    let world = World::new(2);
    let (a, b) = (world.sides[0], world.sides[1]);
    let line = LineId::of(a, b);
    let new = demo_key(8);
    let Body::Rekey { proof, .. } = Body::rekey(&line, &a, &new) else {
        unreachable!()
    };
    let sign = |body, key: &SecretKey| {
        let chains = Chains::line(a, b);
        chains.draft(usize::from(a > b), body, Timestamp(1)).sign(key).unwrap()
    };
    // A key that its holder did not offer, an introduction made for another line, a stranger's signature.
    let stolen = sign(
        Body::Rekey {
            key: demo_key(7).key(),
            proof,
        },
        &world.keys[0],
    );
    let elsewhere = sign(Body::rekey(&LineId::of(a, a), &a, &new), &world.keys[0]);
    let strange = sign(Body::rekey(&line, &a, &new), &world.keys[1]);
    let mut keyring = world.keyring.clone();
    for (rekey, fault) in [
        (&stolen, Fault::BadRekey),
        (&elsewhere, Fault::BadRekey),
        (&strange, Fault::UnknownKey),
    ] {
        assert_eq!(Chains::line(a, b).insert(&keyring, rekey.clone()), Err(fault));
        assert_eq!(keyring.learn(rekey), Err(fault));
    }
    // Back to a key that has been used: no.
    let there = sign(Body::rekey(&line, &a, &new), &world.keys[0]);
    keyring.learn(&there).unwrap();
    let back = sign(Body::rekey(&line, &a, &world.keys[0]), &new);
    assert_eq!(keyring.learn(&back), Err(Fault::BadRekey));
    // Two Rekeys with one key: the first stays.
    let other = sign(Body::rekey(&line, &a, &demo_key(6)), &world.keys[0]);
    assert_eq!(keyring.learn(&other), Err(Fault::OldKey));
    assert_eq!(Keyring::default().learn(&there), Err(Fault::UnknownSide));
}
