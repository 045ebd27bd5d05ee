//! A small world to test in: sides with demo keys, each with its own copy of the chains, and statements that reach
//! the others late, twice, in any order or never.

use crate::terms::{
    Announce, Embargo, Footage, Interpretation, Interprets, Medium, Party, Person, PersonId, Release, Role, Terms, Zone,
};
use crate::{
    Body, Chains, Hash, Keyring, PublicKey, Refusal, SecretKey, SideId, Signer, State, Statement, Taken, Timestamp,
    Unsigned, ask, may,
};

pub fn demo_key(n: u8) -> SecretKey {
    let mut seed = *b"visavis demo key, not for use: 00";
    seed[32] = b'0' + n;
    let seed: [u8; 32] = core::array::from_fn(|at| seed[at + 1]);
    SecretKey::from_seed(&seed)
}

/// 30 December 2021, 20:35 Z.
pub const START: i64 = 1_640_896_500_000;

pub struct World {
    pub keys: Vec<SecretKey>,
    pub sides: Vec<SideId>,
    pub keyring: Keyring,
    pub nodes: Vec<Option<Chains>>,
    /// Everything that was ever signed, in the order of signing.
    pub pool: Vec<Statement>,
    pub clock: i64,
}

impl World {
    /// `sides` sides; the first has asked for a call, nobody else has heard of it.
    pub fn new(sides: u8) -> Self {
        let mut keys: Vec<SecretKey> = (0..sides).map(demo_key).collect();
        keys.sort_by_key(|key| SideId::of(&key.key()));
        let ids: Vec<SideId> = keys.iter().map(|key| SideId::of(&key.key())).collect();
        let keyring = Keyring::new(keys.iter().map(SecretKey::key));
        let nodes = ids.iter().map(|_| None).collect();
        let mut world = Self {
            keys,
            sides: ids,
            keyring,
            nodes,
            pool: Vec::new(),
            clock: START - 86_400_000,
        };
        let first = ask(world.sides[0], world.terms(0, None), Timestamp(world.clock)).unwrap();
        let first = first.sign(&world.keys[0]).unwrap();
        world.nodes[0] = Some(Chains::start(&world.keyring, first.clone()).unwrap());
        world.pool.push(first);
        world
    }

    /// Terms that differ by `variant`.
    pub fn terms(&self, variant: u8, replaces: Option<Hash>) -> Terms {
        let zones = ["America/New_York", "Europe/Moscow", "Europe/Paris"];
        let party = |(at, side): (usize, &SideId)| Party {
            side: *side,
            zone: Zone::new(zones[at % 3]).unwrap(),
            place: format!("Capital {at}"),
        };
        let mut roster: Vec<Person> = (0u16..)
            .zip(&self.sides)
            .map(|(at, side)| self.person(at, *side))
            .collect();
        if variant & 1 == 1 {
            roster.push(Person {
                role: Role::Interpreter,
                interprets: Some(Interprets {
                    from: "ru".into(),
                    to: "en".into(),
                }),
                ..self.person(7, self.sides[usize::from(variant >> 1) % self.sides.len()])
            });
        }
        let footage = Footage {
            minutes: 5,
            persons: vec![PersonId(0), PersonId(1)],
            recorders: vec![self.sides[0]],
            release: if variant & 8 == 8 {
                Release::Either
            } else {
                Release::Both
            },
            releasers: if variant & 16 == 16 {
                self.sides.clone()
            } else {
                vec![self.sides[0]]
            },
            embargo: match variant % 3 {
                0 => Embargo::None,
                1 => Embargo::End,
                _ => Embargo::Until(Timestamp(START - 86_400_000 + 20_000)),
            },
        };
        Terms {
            medium: if variant & 2 == 2 {
                Medium::Sound
            } else {
                Medium::Picture
            },
            start: Timestamp(START + i64::from(variant) * 60_000),
            minutes: 50,
            parties: self.sides.iter().enumerate().map(party).collect(),
            topics: vec!["EXAMPLE topic".into()],
            reason: "EXAMPLE reason".into(),
            roster,
            languages: vec!["en".into(), "ru".into()],
            interpretation: Interpretation::ALL[usize::from(variant) % Interpretation::ALL.len()],
            footage: (variant & 4 == 0).then_some(footage),
            announce: Announce::ALL[usize::from(variant) % Announce::ALL.len()],
            replaces,
        }
    }

    pub fn person(&self, id: u16, side: SideId) -> Person {
        Person {
            id: PersonId(id),
            side,
            role: Role::Principal,
            title: format!("EXAMPLE {id}"),
            place: "Room".into(),
            interprets: None,
        }
    }

    pub fn chains(&self, side: usize) -> &Chains {
        self.nodes[side].as_ref().unwrap()
    }

    pub fn state(&self, side: usize) -> State {
        State::of(self.chains(side))
    }

    /// The side says something that the rules must let it say.
    pub fn say(&mut self, side: usize, body: Body) -> Statement {
        self.may(side, &body).unwrap();
        self.force(side, body)
    }

    /// What the side's clock will show at its next statement; every side's is off by its own amount.
    pub fn next_time(&self, side: usize) -> Timestamp {
        Timestamp(self.clock + 1_000 + 700 * i64::try_from(side).unwrap())
    }

    /// Whether the rules let the side say something next.
    pub fn may(&self, side: usize, body: &Body) -> Result<(), Refusal> {
        may(self.chains(side), self.sides[side], body, self.next_time(side))
    }

    /// The side says something whatever the rules are.
    pub fn force(&mut self, side: usize, body: Body) -> Statement {
        let at = self.next_time(side);
        self.clock += 1_000;
        let draft = self.chains(side).draft(side, body, at);
        self.push(side, draft)
    }

    pub fn push(&mut self, side: usize, draft: Unsigned) -> Statement {
        let statement = draft.sign(&self.keys[side]).unwrap();
        let taken = self.nodes[side]
            .as_mut()
            .unwrap()
            .insert(&self.keyring, statement.clone());
        assert_eq!(taken, Ok(Taken::New));
        self.pool.push(statement.clone());
        statement
    }

    /// One statement arrives at one side.
    pub fn deliver(&mut self, to: usize, statement: &Statement) -> Option<Taken> {
        match &mut self.nodes[to] {
            Some(chains) => Some(chains.insert(&self.keyring, statement.clone()).unwrap()),
            None if statement.starts_call() => {
                self.nodes[to] = Some(Chains::start(&self.keyring, statement.clone()).unwrap());
                Some(Taken::New)
            }
            None => None,
        }
    }

    /// Everything reaches everyone, in this order again and again until it is held.
    pub fn settle(&mut self, order: &[usize]) {
        for to in 0..self.sides.len() {
            let pool = self.pool.clone();
            loop {
                let taken: Vec<_> = order.iter().filter_map(|at| self.deliver(to, &pool[*at])).collect();
                let waits = taken.iter().any(|taken| matches!(taken, Taken::Missing(_)));
                if taken.len() == order.len() && !waits {
                    break;
                }
            }
        }
    }

    pub fn settle_in_order(&mut self) {
        let order: Vec<usize> = (0..self.pool.len()).collect();
        self.settle(&order);
    }

    /// A world of two in which a session is running, everything delivered.
    pub fn in_session() -> (Self, Hash) {
        let mut world = Self::new(2);
        world.settle_in_order();
        let terms = world.pool[0].hash();
        world.say(1, Body::Agree { offer: terms });
        for body in [Body::Gather { terms }, Body::Begin { terms }] {
            world.settle_in_order();
            world.say(0, body.clone());
            world.say(1, body);
        }
        world.settle_in_order();
        (world, terms)
    }

    /// The same, with footage opened and closed.
    pub fn after_footage(variant: u8) -> (Self, Hash) {
        let mut world = Self::new(2);
        let terms = world.terms(variant, Some(world.pool[0].hash()));
        world.settle_in_order();
        let terms = world.say(0, Body::Offer(Box::new(terms))).hash();
        world.settle_in_order();
        world.say(1, Body::Agree { offer: terms });
        for body in [Body::Gather { terms }, Body::Begin { terms }, Body::Open { terms }] {
            world.settle_in_order();
            world.say(0, body.clone());
            world.say(1, body);
        }
        world.settle_in_order();
        world.say(1, Body::Close);
        world.settle_in_order();
        (world, terms)
    }

    /// Everything that a side could think of saying.
    pub fn candidates(&self, side: usize, variant: u8) -> Vec<Body> {
        self.candidates_in(&self.state(side), side, variant)
    }

    /// Everything that a side could think of saying in a state.
    pub fn candidates_in(&self, state: &State, side: usize, variant: u8) -> Vec<Body> {
        let mut hashes: Vec<Hash> = state.offers.iter().map(|offer| offer.hash).collect();
        let terms = state
            .in_force
            .first()
            .or(hashes.first())
            .copied()
            .unwrap_or(Hash([0; 32]));
        let last = hashes.last().copied();
        hashes.push(Hash([variant; 32]));
        let far = self.sides[(side + 1) % self.sides.len()];
        let since = Timestamp(self.clock);
        let seat = PublicKey([variant % 3 + 1; 32]);
        let id = PersonId(u16::from(variant % 8));
        let mut bodies = vec![
            Body::Offer(Box::new(self.terms(variant, None))),
            Body::Offer(Box::new(self.terms(variant, last))),
            Body::Offer(Box::new(self.terms(variant, Some(terms)))),
            Body::Gather { terms },
            Body::Begin { terms },
            Body::Open { terms },
            Body::Close,
            Body::Lost { far, since },
            Body::Back { far, since },
            Body::Vouch { seat, person: Some(id) },
            Body::Vouch { seat, person: None },
            Body::Strike { person: id },
            Body::Admit {
                terms,
                person: self.person(5, self.sides[0]),
            },
            Body::Admit {
                terms,
                person: self.person(id.0, far),
            },
            Body::End,
        ];
        let clip = |n: u8| Hash([n % 3; 32]);
        let instead = Some(clip(variant / 8)).filter(|old| *old != clip(variant));
        bodies.push(Body::Release {
            clip: clip(variant),
            instead: None,
        });
        bodies.push(Body::Release {
            clip: clip(variant),
            instead,
        });
        bodies.push(Body::Recall { clip: clip(variant) });
        for hash in hashes {
            bodies.push(Body::Agree { offer: hash });
            bodies.push(Body::Decline { offer: hash });
            bodies.push(Body::Withdraw { offer: hash });
            bodies.push(Body::Lapse { offer: hash });
        }
        bodies
    }
}
