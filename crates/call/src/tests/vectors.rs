//! The vectors in `vectors/`, which every implementation of the format is held against: statements in their one form
//! with what they say, forms that must be refused, and chains with what they come to.
//!
//! They follow from fixed demo keys. `VISAVIS_WRITE_VECTORS=1 cargo test -p call vectors` writes them afresh.

use serde_json::{Value, json};

use super::refused::refused;
use super::world::{World, demo_key};
use crate::terms::{Embargo, Person, PersonId, Terms};
use crate::{Body, Chains, Head, Kind, LineId, SeatCheck, Signer, State, Statement, Subject, Timestamp};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares the committed file with what is generated, or writes it.
fn committed(name: &str, generated: &Value) {
    let path = format!("{}/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    // Whether serde_json keeps the order of keys depends on who else is built with it.
    let mut sorted = generated.clone();
    sorted.sort_all_objects();
    let text = serde_json::to_string_pretty(&sorted).unwrap() + "\n";
    if std::env::var_os("VISAVIS_WRITE_VECTORS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let held = std::fs::read_to_string(&path).unwrap();
    assert!(
        held == text,
        "vectors/{name} is not what the code makes; see this test's first lines"
    );
}

fn person(person: &Person) -> Value {
    json!({
        "id": person.id.0, "side": person.side.to_string(), "role": person.role.word(),
        "title": person.title, "place": person.place,
        "interprets": person.interprets.as_ref().map(|way| json!({ "from": way.from, "to": way.to })),
    })
}

fn embargo(embargo: Embargo) -> Value {
    match embargo {
        Embargo::None => json!({ "until": "none" }),
        Embargo::End => json!({ "until": "end" }),
        Embargo::Until(at) => json!({ "until": "time", "at": at.0 }),
    }
}

fn terms(terms: &Terms) -> Value {
    let footage = terms.footage.as_ref().map(|footage| {
        json!({
            "minutes": footage.minutes,
            "persons": footage.persons.iter().map(|id| id.0).collect::<Vec<_>>(),
            "recorders": footage.recorders.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "release": footage.release.word(),
            "releasers": footage.releasers.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "embargo": embargo(footage.embargo),
        })
    });
    let party = |party: &crate::terms::Party| json!({ "side": party.side.to_string(), "zone": party.zone.as_str(), "place": party.place });
    json!({
        "medium": terms.medium.word(), "start": terms.start.0, "minutes": terms.minutes,
        "parties": terms.parties.iter().map(party).collect::<Vec<_>>(),
        "topics": terms.topics, "reason": terms.reason,
        "roster": terms.roster.iter().map(person).collect::<Vec<_>>(),
        "languages": terms.languages, "interpretation": terms.interpretation.word(), "footage": footage,
        "announce": terms.announce.word(),
        "replaces": terms.replaces.map(|hash| hash.to_string()),
    })
}

fn seat(seat: &SeatCheck) -> Value {
    json!({
        "seat": seat.seat.to_string(), "heard": seat.heard, "seen": seat.seen, "hears": seat.hears,
        "round_trip_ms": seat.round_trip_ms, "loss_permille": seat.loss_permille, "remark": seat.remark,
    })
}

fn body(body: &Body) -> Value {
    match body {
        Body::Offer(offered) => terms(offered),
        Body::Agree { offer } | Body::Decline { offer } | Body::Withdraw { offer } | Body::Lapse { offer } => {
            json!({ "offer": offer.to_string() })
        }
        Body::Gather { terms } | Body::Begin { terms } | Body::Open { terms } => json!({ "terms": terms.to_string() }),
        Body::Preflight { terms, seats } => {
            json!({ "terms": terms.to_string(), "seats": seats.iter().map(seat).collect::<Vec<_>>() })
        }
        Body::Vouch { seat, person } => json!({ "seat": seat.to_string(), "person": person.map(|id| id.0) }),
        Body::Admit {
            terms,
            person: admitted,
        } => json!({ "terms": terms.to_string(), "person": person(admitted) }),
        Body::Strike { person } => json!({ "person": person.0 }),
        Body::Lost { far, since } | Body::Back { far, since } => {
            json!({ "far": far.to_string(), "since": since.0 })
        }
        Body::Close | Body::End => json!({}),
        Body::Release { clip, instead } => {
            json!({ "clip": clip.to_string(), "instead": instead.map(|hash| hash.to_string()) })
        }
        Body::Recall { clip } => json!({ "clip": clip.to_string() }),
        Body::Rekey { key, proof } => json!({ "key": key.to_string(), "proof": hex(proof) }),
    }
}

fn statement(name: &str, statement: &Statement) -> Value {
    let head =
        |head: &Head| json!({ "side": head.side.to_string(), "number": head.number, "hash": head.hash.to_string() });
    let subject = match statement.subject() {
        Subject::Call(call) => json!({ "call": call.to_string() }),
        Subject::Line(line) => json!({ "line": line.to_string() }),
    };
    json!({
        "name": name, "bytes": hex(statement.bytes()), "hash": statement.hash().to_string(),
        "key": statement.key().to_string(), "subject": subject, "starts_call": statement.starts_call(),
        "side": statement.side().to_string(), "number": statement.number(),
        "previous": statement.previous().map(|hash| hash.to_string()),
        "seen": statement.seen().iter().map(head).collect::<Vec<_>>(),
        "at": statement.at().0, "kind": statement.kind().word(), "body": body(statement.body()),
    })
}

/// One of each kind.
fn one_of_each() -> Vec<Value> {
    let mut world = World::new(2);
    let first = world.pool[0].clone();
    let far = world.sides[1];
    let offer = first.hash();
    let seats = vec![
        SeatCheck {
            seat: crate::PublicKey([1; 32]),
            heard: true,
            seen: true,
            hears: true,
            round_trip_ms: 131,
            loss_permille: 0,
            remark: None,
        },
        SeatCheck {
            seat: crate::PublicKey([2; 32]),
            heard: false,
            seen: true,
            hears: true,
            round_trip_ms: 300,
            loss_permille: 1_000,
            remark: Some("EXAMPLE: the microphone is off".into()),
        },
    ];
    let since = Timestamp(super::world::START);
    let seat = crate::PublicKey([1; 32]);
    let counter = Terms {
        footage: None,
        ..world.terms(3, Some(offer))
    };
    let guest = world.person(5, far);
    let clip = crate::Hash([0x1c; 32]);
    let bodies = vec![
        Body::Offer(Box::new(counter)),
        Body::Agree { offer },
        Body::Decline { offer },
        Body::Withdraw { offer },
        Body::Lapse { offer },
        Body::Gather { terms: offer },
        Body::Preflight { terms: offer, seats },
        Body::Vouch {
            seat,
            person: Some(PersonId(300)),
        },
        Body::Vouch { seat, person: None },
        Body::Admit {
            terms: offer,
            person: guest,
        },
        Body::Strike { person: PersonId(5) },
        Body::Begin { terms: offer },
        Body::Open { terms: offer },
        Body::Close,
        Body::Lost { far, since },
        Body::Back { far, since },
        Body::End,
        Body::Release { clip, instead: None },
        Body::Release {
            clip: crate::Hash([0x1d; 32]),
            instead: Some(clip),
        },
        Body::Recall { clip },
    ];
    let mut good = vec![statement("first offer", &first)];
    for variant in [1, 8, 17] {
        let other = Body::Offer(Box::new(world.terms(variant, Some(offer))));
        good.push(statement("other footage", &world.force(0, other)));
    }
    for one in bodies {
        let name = one.kind().word();
        good.push(statement(name, &world.force(0, one)));
    }
    world.settle_in_order();
    good.push(statement("what another side has seen", &world.force(1, Body::End)));
    let (a, b) = (world.sides[0], world.sides[1]);
    let rekey = Body::rekey(&LineId::of(a, b), &a, &demo_key(8));
    let rekey = Chains::line(a, b).draft(0, rekey, since).sign(&world.keys[0]).unwrap();
    good.push(statement("rekey", &rekey));
    good
}

#[test]
fn statements() {
    let refused: Vec<Value> = refused()
        .into_iter()
        .map(|(name, bytes)| {
            let reason = Statement::parse(&bytes).expect_err(&name).code();
            json!({ "name": name, "bytes": hex(&bytes), "reason": reason })
        })
        .collect();
    for case in &refused {
        // A form that its signature alone betrays would test nothing but the signature.
        let by_signature = case["reason"] == "signature";
        assert_eq!(
            by_signature,
            case["name"].as_str().unwrap().starts_with("signature:"),
            "{case}"
        );
    }
    let about = "Statements of visavis, format 1: see docs/record.md. Every `good` one parses to its fields and has no \
                 other encoding; every `refused` one must be refused, for whatever reason.";
    committed(
        "statements.json",
        &json!({ "about": about, "good": one_of_each(), "refused": refused }),
    );
}

/// Numbers that stay the same whatever library draws them.
struct Lcg(u64);

impl Lcg {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % below
    }
}

fn state(state: &State) -> Value {
    let sides = |sides: &[crate::SideId]| sides.iter().map(ToString::to_string).collect::<Vec<_>>();
    let offer =
        |offer: &crate::OfferState| json!({ "hash": offer.hash.to_string(), "standing": offer.standing.word() });
    let seat = |seat: &crate::Seat| json!({ "side": seat.side.to_string(), "key": seat.key.to_string(), "person": seat.person.0, "good": seat.good });
    let release = |release: &crate::ReleaseState| {
        json!({
            "clip": release.clip.to_string(), "instead": release.instead.map(|hash| hash.to_string()),
            "by": release.by.iter().map(|mark| mark.hash.to_string()).collect::<Vec<_>>(),
            "standing": release.standing, "recalled": release.recalled, "replaced": release.replaced,
        })
    };
    let mut in_force: Vec<String> = state.in_force.iter().map(ToString::to_string).collect();
    in_force.sort();
    json!({
        "phase": state.phase.word(), "crossed": state.crossed, "forked": !state.forks.is_empty(), "in_force": in_force,
        "offers": state.offers.iter().map(offer).collect::<Vec<_>>(),
        "gathered": sides(&state.gathered), "begin_by": sides(&state.begin_by),
        "begun": state.begun.map(|mark| mark.at.0), "ended": state.ended().map(|mark| mark.at.0),
        "footage_open": state.footage.open.as_ref().map(|marks| marks.iter().map(|mark| mark.hash.to_string()).collect::<Vec<_>>()),
        "releases": state.releases.iter().map(release).collect::<Vec<_>>(),
        "roster": state.roster.iter().map(person).collect::<Vec<_>>(),
        "seats": state.seats.iter().map(seat).collect::<Vec<_>>(),
    })
}

/// A history by two or three sides, most of it allowed, some of it not, some of it in ignorance of the rest.
fn history(seed: u64) -> World {
    let mut rng = Lcg(seed);
    let mut world = match seed {
        9.. => World::after_footage(u8::try_from(8 * seed).unwrap() & !4).0,
        _ if seed.is_multiple_of(3) => World::new(3),
        _ if seed % 3 == 1 => World::new(2),
        _ => World::in_session().0,
    };
    world.settle_in_order();
    let most = if seed < 9 { 24 } else { 36 };
    while world.pool.len() < most {
        let side = rng.next(world.sides.len());
        let candidates = world.candidates(side, u8::try_from(rng.next(24)).unwrap());
        let closing_too = rng.next(5) == 0;
        let offer_too = rng.next(5) == 0;
        let broken = rng.next(12) == 0;
        let fits = |body: &&Body| {
            let allowed = world.may(side, body).is_ok();
            let dull = body.kind().is_closing() && !closing_too || body.kind() == Kind::Offer && !offer_too;
            allowed != broken && !dull && **body != Body::End
        };
        let fits: Vec<&Body> = candidates.iter().filter(fits).collect();
        if !fits.is_empty() {
            let body = fits[rng.next(fits.len())].clone();
            world.force(side, body);
        }
        for to in 0..world.sides.len() {
            if rng.next(3) > 0 {
                for one in world.pool.clone() {
                    world.deliver(to, &one);
                }
            }
        }
    }
    world.settle_in_order();
    world
}

fn chains(name: String, chains: &Chains, pool: &[Statement], keys: &[String]) -> Value {
    let told = pool.iter().map(|statement| {
        let void = chains.void(statement).map(crate::Refusal::code);
        json!({ "bytes": hex(statement.bytes()), "kind": statement.kind().word(), "void": void })
    });
    let told: Vec<Value> = told.collect();
    json!({ "name": name, "first_keys": keys, "statements": told, "state": state(&State::of(chains)) })
}

/// Clips released alone and by both, taken back, corrected, and refused for every reason there is.
fn clips(told: &mut impl FnMut(String, &World)) {
    let clip = |n: u8| crate::Hash([n; 32]);
    let release = |n: u8, instead: Option<u8>| Body::Release {
        clip: clip(n),
        instead: instead.map(clip),
    };
    // Both must say so; the first side is the releaser; no embargo.
    let (mut world, _) = World::after_footage(0);
    world.force(1, release(1, None));
    world.force(0, release(1, None));
    world.force(0, release(1, None));
    world.force(0, release(2, Some(3)));
    world.settle_in_order();
    world.force(1, release(1, None));
    world.force(1, release(1, None));
    world.settle_in_order();
    told("released by both".into(), &world);
    world.force(0, Body::End);
    world.force(0, release(2, Some(1)));
    world.settle_in_order();
    told("a correction asked for".into(), &world);
    world.force(1, release(2, Some(1)));
    world.settle_in_order();
    told("corrected".into(), &world);
    world.force(1, Body::Recall { clip: clip(2) });
    world.force(0, release(1, None));
    world.settle_in_order();
    told("the correction recalled".into(), &world);
    // Each alone, both are releasers, not before a time.
    let (mut world, _) = World::after_footage(8 | 16);
    told("not released".into(), &world);
    world.force(0, release(1, None));
    world.force(1, release(2, None));
    world.settle_in_order();
    world.force(0, Body::Recall { clip: clip(2) });
    world.force(0, release(3, Some(2)));
    world.force(1, Body::Recall { clip: clip(1) });
    world.settle_in_order();
    told("another side's recall".into(), &world);
    world.force(1, Body::Recall { clip: clip(2) });
    world.force(1, release(2, None));
    world.settle_in_order();
    told("recalled and released again".into(), &world);
    // One side alone may release, after the end.
    let (mut world, terms) = World::after_footage(10);
    world.force(0, release(1, None));
    world.force(1, release(2, None));
    world.settle_in_order();
    world.force(0, Body::Open { terms });
    world.force(1, Body::End);
    world.settle_in_order();
    world.force(0, release(1, None));
    world.force(1, release(2, None));
    world.settle_in_order();
    told("under an embargo to the end".into(), &world);
    // Footage was asked for by each side, never open.
    let (mut world, terms) = World::in_session();
    world.force(0, Body::Open { terms });
    world.settle_in_order();
    world.force(0, Body::Close);
    world.settle_in_order();
    world.force(1, Body::Open { terms });
    world.force(0, release(1, None));
    world.settle_in_order();
    told("footage never open".into(), &world);
}

#[test]
fn chains_and_their_states() {
    let mut cases = Vec::new();
    let mut told = |name: String, world: &World| {
        let keys: Vec<String> = world.keys.iter().map(|key| key.key().to_string()).collect();
        cases.push(chains(name, world.chains(0), &world.pool, &keys));
    };
    let (mut world, terms) = World::in_session();
    told("in session".into(), &world);
    world.say(0, Body::Open { terms });
    world.say(1, Body::Open { terms });
    world.settle_in_order();
    told("footage open".into(), &world);
    world.say(1, Body::Close);
    world.settle_in_order();
    world.say(0, Body::End);
    world.settle_in_order();
    told("ended".into(), &world);
    let (mut world, mine, _) = super::rules::crossed();
    world.force(0, Body::Begin { terms: mine });
    world.settle_in_order();
    told("crossed".into(), &world);
    let (mut world, terms) = World::in_session();
    let old = world.chains(0).clone();
    world.say(0, Body::Open { terms });
    world.settle_in_order();
    world.nodes[0] = Some(old);
    world.force(0, Body::Close);
    world.settle_in_order();
    told("forked".into(), &world);
    clips(&mut told);
    for seed in 0..13 {
        told(format!("history {seed}"), &history(seed));
    }
    let about = "Chains of visavis, format 1: see docs/record.md. Insert `statements` in this order: each is taken, the \
                 second one in a place as proof of a fork; \
                 `void` names the rule that makes a statement void, and `state` is what the chains come to.";
    committed("chains.json", &json!({ "about": about, "cases": cases }));
}
