//! Random histories: anything said by anyone, delivered late, twice, in any order or not at all.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use super::model::Model;
use super::world::World;
use crate::record::{Outcome, SideEntry, Trust, TrustedSide, export, verify};
use crate::{Body, Chains, Hash, Kind, Phase, RELEASES_MAX, Signer, State, Statement, Taken, Timestamp, Unsigned, may};

/// One step: who, what, which.
type Step = (u8, u8, u8);

/// What a history came by, so that a test can tell that it tests something.
#[derive(Default, Debug)]
struct Seen {
    sessions: usize,
    crossed: usize,
    footage: usize,
    void: usize,
    ended: usize,
    admitted: usize,
    interrupted: usize,
    proposed: usize,
    released: usize,
    recalled: usize,
    replaced: usize,
}

fn step(world: &mut World, (who, what, which): Step) {
    let side = usize::from(who) % world.sides.len();
    match what % 8 {
        // A rule lets it be said.
        0..=3 if world.nodes[side].is_some() => {
            let candidates = world.candidates(side, which);
            // Closings end most histories at once if every one is as likely as the rest.
            let dull = |body: &Body| body.kind().is_closing() && !which.is_multiple_of(5);
            let fits: Vec<&Body> = candidates
                .iter()
                .filter(|body| !dull(body) && world.may(side, body).is_ok())
                .collect();
            if let Some(body) = fits.get(usize::from(which) % fits.len().max(1)) {
                world.force(side, (*body).clone());
            }
        }
        // A hostile or broken side says what no rule lets it say.
        4 if world.nodes[side].is_some() && which % 4 == 0 => {
            let candidates = world.candidates(side, which);
            let body = candidates[usize::from(which / 4) % candidates.len()].clone();
            world.force(side, body);
        }
        // One statement arrives, for the first time or again.
        5 => {
            let statement = world.pool[usize::from(which) % world.pool.len()].clone();
            world.deliver(side, &statement);
        }
        // A side catches up.
        _ => {
            for statement in world.pool.clone() {
                world.deliver(side, &statement);
            }
        }
    }
}

/// Where a history begins: most with an offer, some after footage, so that clips are spoken of often.
fn beginning(sides: u8, steps: &[Step]) -> World {
    match (sides, steps.first()) {
        (2, Some((who, _, variant))) if who % 3 == 0 => World::after_footage(variant & !4).0,
        _ => World::new(sides),
    }
}

fn run(sides: u8, steps: &[Step], check: &mut impl FnMut(&World)) -> World {
    let mut world = beginning(sides, steps);
    for one in steps {
        step(&mut world, *one);
        check(&world);
    }
    world
}

fn note(seen: &mut Seen, world: &World) {
    for node in world.nodes.iter().flatten() {
        let state = State::of(node);
        seen.sessions += usize::from(state.phase == Phase::InSession);
        seen.crossed += usize::from(state.crossed);
        seen.footage += usize::from(state.footage.open.is_some());
        seen.ended += usize::from(state.phase == Phase::Ended);
        seen.admitted += usize::from(state.roster.iter().any(|person| person.id.0 == 5));
        seen.interrupted += state.interrupted().count();
        let releases = &state.releases;
        seen.proposed += releases
            .iter()
            .filter(|one| !one.standing && !one.by.is_empty())
            .count();
        seen.released += releases.iter().filter(|one| one.standing).count();
        seen.recalled += releases.iter().filter(|one| one.recalled).count();
        seen.replaced += releases.iter().filter(|one| one.replaced).count();
        seen.void += node
            .statements()
            .filter(|statement| node.void(statement).is_some())
            .count();
    }
}

/// The state agrees with the model's.
fn agrees_with_model(chains: &Chains) {
    let state = State::of(chains);
    let model = Model::new(chains.statements().cloned(), chains.sides());
    let set = model.everything();
    for statement in chains.statements() {
        let void = chains.void(statement);
        assert_eq!(model.valid(statement.hash()), void.is_none(), "{statement:?} {void:?}");
    }
    let sorted = |mut hashes: Vec<_>| {
        hashes.sort_unstable();
        hashes
    };
    assert_eq!(sorted(state.in_force.clone()), sorted(model.in_force(&set)));
    assert_eq!(state.phase, model.phase(&set));
    let over = state.phase == Phase::Ended;
    assert_eq!(state.footage.open.is_some(), model.footage(&set) && !over);
    assert_eq!(state.roster, model.roster(&set));
    let told = |one: &crate::ReleaseState| {
        let by: Vec<Hash> = one.by.iter().map(|mark| mark.hash).collect();
        ((one.clip, one.instead), (by, one.standing, one.replaced))
    };
    assert_eq!(
        state.releases.iter().map(told).collect::<BTreeMap<_, _>>(),
        model.releases(&set)
    );
    assert!(state.releases.len() <= RELEASES_MAX);
    for one in &state.releases {
        assert_eq!(one.recalled, one.by.is_empty() && !one.replaced);
    }
    for side in chains.sides() {
        assert_eq!(state.gathered.contains(side), model.gathered(&set, *side));
    }
    for seat in &state.seats {
        assert_eq!(model.vouched(&set, seat.side, seat.key), Some(seat.person));
    }
}

/// What is exposed, as a set: closings may only shrink it.
fn exposure(state: &State) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    open.extend(state.in_force.iter().map(|hash| format!("agreed {hash}")));
    open.extend(
        state
            .roster
            .iter()
            .map(|person| format!("on the roster {person:?} {}", person.title)),
    );
    open.extend(
        state
            .seats
            .iter()
            .filter(|seat| seat.good)
            .map(|seat| format!("seat {:?}", seat.key)),
    );
    open.extend(state.begun.map(|_| "begun".to_owned()));
    open.extend((state.phase == Phase::InSession).then(|| "in session".to_owned()));
    open.extend(state.footage.open.is_some().then(|| "footage".to_owned()));
    for release in &state.releases {
        let (clip, instead) = (release.clip, release.instead);
        open.extend(release.standing.then(|| format!("released {clip} for {instead:?}")));
        open.extend(
            release
                .by
                .iter()
                .map(|half| format!("{:?} for {clip} for {instead:?}", half.hash)),
        );
    }
    open
}

/// Whatever closing anyone adds, having seen all or as little as can be, opens nothing.
fn closings_open_nothing(world: &World, chains: &Chains, which: u8) {
    let state = State::of(chains);
    let before = exposure(&state);
    for (side, me) in world.sides.iter().enumerate() {
        for body in world
            .candidates_in(&state, side, which)
            .into_iter()
            .filter(|body| body.kind().is_closing())
        {
            let last = chains.after(*me, 0).last();
            let first = chains.after(chains.asked_by(), 0).next().map(Statement::head);
            let blind = match last {
                Some(last) if !last.starts_call() => last.seen().to_vec(),
                Some(_) => Vec::new(),
                None => first.into_iter().collect(),
            };
            let seeing = chains.draft(side, body.clone(), Timestamp(world.clock));
            let blind = Unsigned {
                seen: blind,
                ..seeing.clone()
            };
            for draft in [seeing, blind] {
                let mut chains = chains.clone();
                let closing = draft.sign(&world.keys[side]).unwrap();
                assert_eq!(chains.insert(&world.keyring, closing), Ok(Taken::New));
                let after = exposure(&State::of(&chains));
                assert!(
                    after.is_subset(&before),
                    "{body:?} opened {:?}",
                    after.difference(&before)
                );
            }
        }
    }
}

fn record(world: &World, side: usize) -> Vec<u8> {
    let entry = |key: &crate::SecretKey| SideEntry {
        name: "Side".into(),
        key: key.key(),
        rekeys: Vec::new(),
    };
    let entries: Vec<SideEntry> = world.keys.iter().map(entry).collect();
    export(world.chains(side), &entries, world.sides[0], &world.keys[0]).unwrap()
}

/// Another statement of the same side in the same place.
fn twin(world: &World, original: &Statement) -> Statement {
    let side = world.sides.iter().position(|side| *side == original.side()).unwrap();
    let draft = world.chains(0).draft(side, Body::End, Timestamp(world.clock + 1));
    let (number, previous, seen) = (original.number(), original.previous(), original.seen().to_vec());
    Unsigned {
        number,
        previous,
        seen,
        ..draft
    }
    .sign(&world.keys[side])
    .unwrap()
}

fn trust(world: &World) -> Trust {
    Trust::new(world.keys.iter().map(|key| TrustedSide {
        key: key.key(),
        name: "Side".into(),
    }))
}

fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(any::<Step>(), 1..most)
}

/// Few enough cases for every run of the tests; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    if asked {
        ProptestConfig::default()
    } else {
        ProptestConfig::with_cases(64)
    }
}

proptest! {
    #![proptest_config(config())]

    /// Once everything has arrived, in whatever order, every side is in the same state and holds the same record,
    /// which is what the slow model says it is.
    #[test]
    fn every_side_comes_to_the_same_state(sides in 2u8..4, steps in steps(48), seed in any::<u64>()) {
        let mut world = run(sides, &steps, &mut |_| {});
        let mut order: Vec<usize> = (0..world.pool.len()).collect();
        order.extend(0..world.pool.len() / 3);
        order.shuffle(&mut StdRng::seed_from_u64(seed));
        world.settle(&order);
        agrees_with_model(world.chains(0));
        for side in 1..world.sides.len() {
            prop_assert_eq!(world.state(side), world.state(0));
            prop_assert_eq!(record(&world, side), record(&world, 0));
        }
        let verdict = verify(&record(&world, 0), &trust(&world));
        prop_assert_eq!(verdict.outcome(), Outcome::Trusted, "{:?}", verdict.findings);
        prop_assert_eq!(verdict.state(), Some(world.state(0)));
        let stored = world.chains(0).statements().cloned().collect::<Vec<_>>();
        let (loaded, left) = Chains::load(&world.keyring, stored.into_iter().rev()).unwrap();
        prop_assert!(left.is_empty());
        prop_assert_eq!(State::of(&loaded), world.state(0));
    }

    /// At every moment, at every side, what is held means what the model says.
    #[test]
    fn every_moment_agrees_with_the_model(sides in 2u8..4, steps in steps(32)) {
        run(sides, &steps, &mut |world| {
            let newest = world.nodes.iter().flatten().max_by_key(|chains| chains.statements().count());
            agrees_with_model(newest.unwrap());
        });
    }

    /// Rule 2's consequence: adding a closing to any set of statements never opens anything.
    #[test]
    fn adding_a_closing_never_opens_anything(sides in 2u8..4, steps in steps(40), which in any::<u8>()) {
        let world = run(sides, &steps, &mut |_| {});
        for chains in world.nodes.iter().flatten() {
            closings_open_nothing(&world, chains, which);
        }
    }

    /// Two statements in one place are found whichever comes first, and mean the same to everyone: the call is over,
    /// as it stood before them.
    #[test]
    fn a_fork_means_the_same_whichever_half_came_first(sides in 2u8..4, steps in steps(40), which in any::<u16>()) {
        let mut world = run(sides, &steps, &mut |_| {});
        world.settle_in_order();
        let original = world.pool[usize::from(which) % world.pool.len()].clone();
        let twin = twin(&world, &original);
        let mut late = world.chains(0).clone();
        prop_assert_eq!(late.insert(&world.keyring, twin.clone()), Ok(Taken::Fork));
        // The other heard of the twin first, of everything else too, and so never of what follows the original.
        let mut early = Chains::start(&world.keyring, world.pool[0].clone()).unwrap();
        let at = world.pool.iter().position(|one| *one == original).unwrap();
        let mut pool = world.pool.clone();
        pool.insert(at, twin);
        for _ in 0..pool.len() {
            for statement in &pool {
                let _ = early.insert(&world.keyring, statement.clone());
            }
        }
        prop_assert!(early.forked());
        prop_assert_eq!(State::of(&early).phase, Phase::Ended);
        prop_assert_eq!(State::of(&early), State::of(&late));
        for chains in [early, late] {
            world.nodes[0] = Some(chains);
            let verdict = verify(&record(&world, 0), &trust(&world));
            prop_assert_eq!(verdict.outcome(), Outcome::Trusted, "{:?}", verdict.findings);
            prop_assert_eq!(verdict.state(), Some(world.state(0)));
        }
    }

    /// What a command may do is what a statement then means: nothing that was allowed is ever void.
    #[test]
    fn what_was_allowed_is_never_void(sides in 2u8..4, steps in steps(40)) {
        let world = run(sides, &steps, &mut |_| {});
        for (side, chains) in world.nodes.iter().enumerate() {
            let Some(chains) = chains else { continue };
            for body in world.candidates(side, 3).into_iter().filter(|body| !body.kind().is_closing()) {
                let allowed = may(chains, world.sides[side], &body, Timestamp(world.clock)).is_ok();
                let mut chains = chains.clone();
                let draft = chains.draft(side, body, Timestamp(world.clock));
                let statement = draft.sign(&world.keys[side]).unwrap();
                chains.insert(&world.keyring, statement.clone()).unwrap();
                prop_assert_eq!(chains.void(&statement).is_none(), allowed);
            }
        }
    }
}

/// The histories above are worth something: they reach every corner often.
#[test]
fn histories_reach_every_corner() {
    let mut seen = Seen::default();
    for seed in 0..150 {
        let mut rng = StdRng::seed_from_u64(seed);
        let steps: Vec<Step> = (0..60).map(|_| rng.random()).collect();
        run(2, &steps, &mut |world| note(&mut seen, world));
    }
    println!("{seen:?}");
    let counts = [
        seen.sessions,
        seen.crossed,
        seen.footage,
        seen.void,
        seen.ended,
        seen.admitted,
        seen.interrupted,
        seen.proposed,
        seen.released,
        seen.recalled,
        seen.replaced,
    ];
    assert!(counts.iter().all(|count| *count > 0), "{seen:?}");
    assert_eq!(Kind::ALL.len(), 19);
}
