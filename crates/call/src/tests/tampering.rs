//! Records that someone has been at: flipped, reordered, missing, foreign, truncated.

use super::world::{World, demo_key};
use crate::cbor::Writer;
use crate::ids::PublicKey;
use crate::key::sign1;
use crate::record::{Outcome, Place, SideEntry, Trust, TrustedSide, Verdict, What, export, verify};
use crate::terms::PersonId;
use crate::{Body, Fault, Malformed, SecretKey, SideId, Signer, Statement};

/// A record in pieces, to be put together wrong by someone who holds the exporter's key.
struct Pieces {
    call: [u8; 32],
    sides: Vec<Piece>,
}

struct Piece {
    side: SideId,
    key: PublicKey,
    chain: Vec<Vec<u8>>,
    seconds: Vec<Vec<u8>>,
    acknowledged: u64,
}

fn pieces(world: &World) -> Pieces {
    let chains = world.chains(0);
    let piece = |(side, key): (&SideId, &SecretKey)| Piece {
        side: *side,
        key: key.key(),
        chain: chains
            .after(*side, 0)
            .map(|statement| statement.bytes().to_vec())
            .collect(),
        seconds: Vec::new(),
        acknowledged: chains.acknowledged(*side).into(),
    };
    Pieces {
        call: chains.call().unwrap().0,
        sides: world.sides.iter().zip(&world.keys).map(piece).collect(),
    }
}

impl Pieces {
    fn seal(&self, world: &World) -> Vec<u8> {
        let mut out = Writer::default();
        out.map(4).uint(0).text("visavis record 1").uint(1).bytes(&self.call);
        out.uint(2).bytes(&world.sides[0].0).uint(3).array(self.sides.len());
        for piece in &self.sides {
            out.map(7)
                .uint(1)
                .bytes(&piece.side.0)
                .uint(2)
                .text("Side")
                .uint(3)
                .bytes(&piece.key.0)
                .uint(4)
                .array(0);
            out.uint(5).array(piece.chain.len());
            for bytes in &piece.chain {
                out.bytes(bytes);
            }
            out.uint(6).array(piece.seconds.len());
            for bytes in &piece.seconds {
                out.bytes(bytes);
            }
            out.uint(7).uint(piece.acknowledged);
        }
        sign1(&out.0, &world.keys[0])
    }
}

fn trust(world: &World) -> Trust {
    Trust::new(world.keys.iter().map(|key| TrustedSide {
        key: key.key(),
        name: "Known".into(),
    }))
}

fn check(world: &World, pieces: &Pieces) -> Verdict {
    verify(&pieces.seal(world), &trust(world))
}

fn finds(world: &World, pieces: &Pieces, place: Place, what: What) {
    let verdict = check(world, pieces);
    assert_eq!(verdict.outcome(), Outcome::Faulty);
    assert!(verdict.state().is_none());
    let found = verdict
        .findings
        .iter()
        .any(|finding| finding.place == place && finding.what == what);
    assert!(found, "{:?}", verdict.findings);
}

/// A session with a few statements of each side in it, ended; the last of the second side is not seen by the first.
fn told() -> World {
    let (mut world, terms) = World::in_session();
    world.say(0, Body::Open { terms });
    world.settle_in_order();
    world.say(1, Body::Open { terms });
    world.settle_in_order();
    world.say(0, Body::Close);
    world.settle_in_order();
    world.say(1, Body::Strike { person: PersonId(0) });
    world.settle_in_order();
    world.say(0, Body::End);
    world.settle_in_order();
    world.say(1, Body::End);
    world.settle_in_order();
    world
}

#[test]
fn the_pieces_make_the_record() {
    let world = told();
    let entry = |key: &SecretKey| SideEntry {
        name: "Side".into(),
        key: key.key(),
        rekeys: Vec::new(),
    };
    let entries: Vec<SideEntry> = world.keys.iter().map(entry).collect();
    let record = export(world.chains(0), &entries, world.sides[0], &world.keys[0]).unwrap();
    assert_eq!(pieces(&world).seal(&world), record);
    let verdict = verify(&record, &trust(&world));
    assert_eq!(verdict.outcome(), Outcome::Trusted, "{:?}", verdict.findings);
    assert_eq!(verdict.state().unwrap(), world.state(1));
    // Nobody has seen the second side's End.
    let second = verdict
        .sides
        .iter()
        .find(|report| report.side == world.sides[1])
        .unwrap();
    assert_eq!(second.acknowledged, second.statements - 1);
    let stranger = verify(&record, &Trust::default());
    assert_eq!(
        (stranger.outcome(), stranger.unknown().count()),
        (Outcome::Untrusted, 2)
    );
    assert_eq!(stranger.sides[0].name, "Side");
}

#[test]
fn a_changed_byte_is_found_wherever_it_is() {
    let world = told();
    let record = pieces(&world).seal(&world);
    for at in (0..record.len()).step_by(7) {
        let mut changed = record.clone();
        changed[at] ^= 1 << (at % 8);
        assert_eq!(verify(&changed, &trust(&world)).outcome(), Outcome::Faulty, "byte {at}");
    }
    for at in 0..record.len() {
        assert_eq!(verify(&record[..at], &Trust::default()).outcome(), Outcome::Faulty);
    }
    let mut longer = record;
    longer.push(0);
    let verdict = verify(&longer, &trust(&world));
    assert_eq!(verdict.findings[0].what, What::Malformed(Malformed::Trailing));
}

#[test]
fn a_changed_statement_is_found_although_the_exporter_signs_it() {
    let world = told();
    for (side, length) in [(0, 4), (1, 4)] {
        for nth in 0..length {
            let mut pieces = pieces(&world);
            let last = pieces.sides[side].chain[nth].len() - 1;
            pieces.sides[side].chain[nth][last] ^= 1;
            let place = Place::Statement(world.sides[side], nth + 1);
            finds(&world, &pieces, place, What::Malformed(Malformed::Signature));
        }
    }
}

#[test]
fn reordered_statements_are_found() {
    let world = told();
    let mut pieces = pieces(&world);
    pieces.sides[1].chain.swap(1, 2);
    finds(&world, &pieces, Place::Statement(world.sides[1], 2), What::Misplaced);
}

#[test]
fn missing_statements_are_found() {
    let world = told();
    for side in 0..2 {
        // One in the middle: what followed has moved up.
        let mut middle = pieces(&world);
        middle.sides[side].chain.remove(1);
        finds(&world, &middle, Place::Statement(world.sides[side], 2), What::Misplaced);
        // The end of a chain, as far as the other side has seen it.
        let whole = pieces(&world);
        let seen = usize::try_from(whole.sides[side].acknowledged).unwrap();
        for left in 1..seen {
            let mut short = pieces(&world);
            short.sides[side].chain.truncate(left);
            let verdict = check(&world, &short);
            assert!(
                verdict.findings.iter().any(|finding| finding.what == What::Missing),
                "{left} of side {side}"
            );
        }
    }
    // No first offer.
    let mut none = pieces(&world);
    none.sides[0].chain.clear();
    finds(&world, &none, Place::Record, What::NoOffer);
    // A side left out altogether.
    let mut alone = pieces(&world);
    alone.sides.pop();
    finds(&world, &alone, Place::Record, What::Sides);
}

#[test]
fn a_tail_that_nobody_saw_can_be_cut_and_says_so() {
    let world = told();
    let mut short = pieces(&world);
    short.sides[1].chain.pop();
    // What only the lost statement had seen is now unacknowledged too, and the record has to say so.
    finds(&world, &short, Place::Side(world.sides[0]), What::Acknowledged);
    short.sides[0].acknowledged -= 1;
    let verdict = check(&world, &short);
    assert_eq!(verdict.outcome(), Outcome::Trusted, "{:?}", verdict.findings);
    let second = &verdict.sides[1];
    assert_eq!(second.acknowledged, second.statements);
    // Saying that more, or less, was seen than was is found.
    let mut boast = pieces(&world);
    boast.sides[1].acknowledged += 1;
    finds(&world, &boast, Place::Side(world.sides[1]), What::Acknowledged);
}

#[test]
fn foreign_statements_are_found() {
    let world = told();
    // Another call's statement in the place of one's own: same side, same number, same key.
    let mut mixed = pieces(&world);
    let later = world.terms(32, None);
    let first = crate::ask(world.sides[0], later, crate::Timestamp(5))
        .unwrap()
        .sign(&world.keys[0])
        .unwrap();
    mixed.sides[0].chain[0] = first.bytes().to_vec();
    finds(&world, &mixed, Place::Record, What::NoOffer);
    // A statement of the other side's chain, and one of a stranger's.
    let mut swapped = pieces(&world);
    swapped.sides[0].chain[1] = swapped.sides[1].chain[1].clone();
    finds(
        &world,
        &swapped,
        Place::Statement(world.sides[0], 2),
        What::Fault(Fault::Foreign),
    );
    let stranger = world
        .chains(0)
        .draft(0, Body::End, crate::Timestamp(5))
        .sign(&demo_key(9))
        .unwrap();
    let mut strange = pieces(&world);
    strange.sides[0].chain.push(stranger.bytes().to_vec());
    let place = Place::Statement(world.sides[0], strange.sides[0].chain.len());
    finds(&world, &strange, place, What::Fault(Fault::UnknownKey));
}

#[test]
fn a_fork_is_proved_by_both_statements_and_not_by_one() {
    let mut world = told();
    let chains = world.chains(0);
    let mut draft = chains.draft(1, Body::End, crate::Timestamp(9));
    let last = chains.after(world.sides[1], 0).last().unwrap();
    draft.number = last.number();
    draft.previous = last.previous();
    draft.seen = last.seen().to_vec();
    let twin = draft.sign(&world.keys[1]).unwrap();
    let mut forked = pieces(&world);
    forked.sides[1].seconds.push(twin.bytes().to_vec());
    let verdict = check(&world, &forked);
    assert_eq!(verdict.outcome(), Outcome::Trusted, "{:?}", verdict.findings);
    world.deliver(0, &twin);
    assert_eq!(verdict.state().unwrap(), world.state(0));
    assert_eq!(verdict.state().unwrap().forks.len(), 1);
    let entry = |key: &SecretKey| SideEntry {
        name: "Side".into(),
        key: key.key(),
        rekeys: Vec::new(),
    };
    let entries: Vec<SideEntry> = world.keys.iter().map(entry).collect();
    let record = export(world.chains(0), &entries, world.sides[0], &world.keys[0]).unwrap();
    assert_eq!(record, forked.seal(&world));
    // The same statement twice proves nothing.
    let mut same = pieces(&world);
    same.sides[1].seconds = vec![same.sides[1].chain.last().unwrap().clone()];
    finds(&world, &same, Place::Second(world.sides[1], 1), What::NoFork);
}

#[test]
fn only_a_side_of_the_call_signs_its_record() {
    let world = told();
    let pieces = pieces(&world);
    let record = pieces.seal(&world);
    let (_, payload) = crate::key::open1(&record, record.len()).unwrap();
    let resigned = sign1(payload, &world.keys[1]);
    let verdict = verify(&resigned, &trust(&world));
    assert_eq!(verdict.findings[0].what, What::ExporterKey);
    let strange = sign1(payload, &demo_key(9));
    assert_eq!(verify(&strange, &trust(&world)).findings[0].what, What::ExporterKey);
    // A side that gives itself another first key is another side.
    let mut renamed = self::pieces(&world);
    renamed.sides[1].key = demo_key(9).key();
    finds(&world, &renamed, Place::Side(world.sides[1]), What::Id);
}

#[test]
fn statements_are_parsed_in_one_form_only() {
    let world = told();
    for statement in world.chains(0).statements() {
        assert_eq!(Statement::parse(statement.bytes()).unwrap(), *statement);
        let mut longer = statement.bytes().to_vec();
        longer.push(0);
        assert_eq!(Statement::parse(&longer), Err(Malformed::Trailing));
        for at in 0..statement.bytes().len() {
            let mut changed = statement.bytes().to_vec();
            changed[at] ^= 1 << (at % 8);
            assert!(Statement::parse(&changed).is_err(), "byte {at}");
            assert!(Statement::parse(&statement.bytes()[..at]).is_err());
        }
    }
}
