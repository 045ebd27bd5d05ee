//! Calls told from asking to ending, with demo keys: what the fixtures are made of.

use call::record::{SideEntry, Trust, TrustedSide, export};
use call::terms::{
    Announce, Embargo, Footage, Interpretation, Interprets, Medium, Party, Person, PersonId, Release, Role, Terms, Zone,
};
use call::{Body, Chains, Hash, Keyring, PublicKey, SeatCheck, SecretKey, SideId, Signer, Timestamp, ask, propose};
use jiff::Timestamp as Instant;

/// What differs from call to call, as RFC 3339 instants.
pub struct Times {
    /// When it was asked for.
    pub asked: &'static str,
    /// The start first planned, where it was another.
    pub first_planned: Option<&'static str>,
    /// The start agreed on.
    pub planned: &'static str,
    /// The planned length.
    pub minutes: u16,
    /// When the session began.
    pub begun: &'static str,
    /// When it ended.
    pub ended: &'static str,
}

/// The call of 30 December 2021: 50 minutes, across midnight in Moscow.
pub const DECEMBER_30: Times = Times {
    asked: "2021-12-29T14:00:00Z",
    first_planned: Some("2021-12-30T18:00:00Z"),
    planned: "2021-12-30T20:30:00Z",
    minutes: 60,
    begun: "2021-12-30T20:35:00Z",
    ended: "2021-12-30T21:25:00Z",
};

pub fn millis(instant: &str) -> Timestamp {
    Timestamp(instant.parse::<Instant>().unwrap().as_millisecond())
}

/// Both sides, each with its demo key, and the call as far as both have it.
pub struct Story {
    pub keys: [SecretKey; 2],
    pub sides: [SideId; 2],
    pub keyring: Keyring,
    pub chains: Chains,
    now: Timestamp,
}

fn demo_key(name: &str) -> SecretKey {
    SecretKey::from_seed(&Hash::of(format!("visavis demo key, not for use: {name}").as_bytes()).0)
}

fn seat(name: &str) -> PublicKey {
    demo_key(name).key()
}

impl Story {
    fn terms(sides: &[SideId; 2], start: &str, minutes: u16, replaces: Option<Hash>) -> Terms {
        let party = |side, zone, place: &str| Party {
            side,
            zone: Zone::new(zone).unwrap(),
            place: place.into(),
        };
        let person = |id, side: usize, role, title: &str, place: &str| Person {
            id: PersonId(id),
            side: sides[side],
            role,
            title: title.into(),
            place: place.into(),
            interprets: (role == Role::Interpreter).then(|| Interprets {
                from: ["ru", "en"][side].into(),
                to: ["en", "ru"][side].into(),
            }),
        };
        let mut terms = Terms {
            medium: Medium::Picture,
            start: millis(start),
            minutes,
            parties: vec![
                party(sides[0], "America/New_York", "Washington"),
                party(sides[1], "Europe/Moscow", "Moscow"),
            ],
            topics: vec!["EXAMPLE: first topic".into(), "EXAMPLE: second topic".into()],
            reason: "EXAMPLE: to speak before the talks".into(),
            roster: vec![
                person(
                    1,
                    0,
                    Role::Principal,
                    "EXAMPLE: principal of side A",
                    "EXAMPLE: residence",
                ),
                person(
                    2,
                    0,
                    Role::Interpreter,
                    "EXAMPLE: interpreter of side A",
                    "EXAMPLE: residence",
                ),
                person(3, 1, Role::Principal, "EXAMPLE: principal of side B", "EXAMPLE: office"),
                person(
                    4,
                    1,
                    Role::Interpreter,
                    "EXAMPLE: interpreter of side B",
                    "EXAMPLE: office",
                ),
                person(
                    5,
                    0,
                    Role::Recorder,
                    "EXAMPLE: press recorder of side A",
                    "EXAMPLE: residence",
                ),
            ],
            languages: vec!["en".into(), "ru".into()],
            interpretation: Interpretation::Consecutive,
            footage: Some(Footage {
                minutes: 3,
                persons: vec![PersonId(1), PersonId(3)],
                recorders: vec![sides[0]],
                release: Release::Either,
                releasers: vec![sides[0]],
                embargo: Embargo::End,
            }),
            announce: Announce::Topics,
            replaces,
        };
        terms.tidy();
        terms
    }

    fn say(&mut self, side: usize, after_s: i64, body: Body) {
        self.now.0 += after_s * 1_000;
        let draft = propose(&self.chains, self.sides[side], body, self.now).unwrap();
        let statement = draft.sign(&self.keys[side]).unwrap();
        self.chains.insert(&self.keyring, statement).unwrap();
    }

    fn at(&mut self, instant: &str) -> &mut Self {
        self.now = millis(instant);
        self
    }

    fn preflight(&mut self, side: usize, terms: Hash, seats: [PublicKey; 2]) {
        let check = |seat| SeatCheck {
            seat,
            heard: true,
            seen: true,
            hears: true,
            round_trip_ms: 131,
            loss_permille: 2,
            remark: None,
        };
        let mut seats = seats.map(check).to_vec();
        seats.sort_by_key(|check| check.seat);
        self.say(side, 20, Body::Preflight { terms, seats });
    }

    /// The whole story: asked, moved, agreed, gathered, checked, begun, a few minutes of footage, ended by both, the
    /// clip released.
    pub fn tell(times: &Times) -> Self {
        let keys = ["side A", "side B"].map(demo_key);
        let sides = [SideId::of(&keys[0].key()), SideId::of(&keys[1].key())];
        let keyring = Keyring::new(keys.iter().map(SecretKey::key));
        let first = times.first_planned.unwrap_or(times.planned);
        let draft = ask(
            sides[0],
            Self::terms(&sides, first, times.minutes, None),
            millis(times.asked),
        )
        .unwrap();
        let chains = Chains::start(&keyring, draft.sign(&keys[0]).unwrap()).unwrap();
        let now = millis(times.asked);
        let mut story = Self {
            keys,
            sides,
            keyring,
            chains,
            now,
        };
        let mut terms = Hash::from(story.chains.call().unwrap());
        let mut answers = 1;
        if times.first_planned.is_some() {
            let moved = Self::terms(&sides, times.planned, times.minutes, Some(terms));
            story.say(1, 3_600, Body::Offer(Box::new(moved)));
            terms = story.chains.head(sides[1]).unwrap().hash;
            answers = 0;
        }
        story.say(answers, 1_800, Body::Agree { offer: terms });
        story.at(times.begun).now.0 -= 900_000;
        let seats = [["A1", "A2"].map(seat), ["B1", "B2"].map(seat)];
        for (side, seats) in seats.iter().enumerate() {
            story.say(side, 10, Body::Gather { terms });
            for (person, seat) in (1..).zip(*seats) {
                let person = Some(PersonId(person + 2 * u16::try_from(side).unwrap()));
                story.say(side, 5, Body::Vouch { seat, person });
            }
        }
        for (side, seats) in seats.into_iter().enumerate() {
            story.preflight(side, terms, seats);
        }
        story.at(times.begun).say(0, -2, Body::Begin { terms });
        story.say(1, 2, Body::Begin { terms });
        story.say(0, 20, Body::Open { terms });
        story.say(1, 3, Body::Open { terms });
        story.say(1, 150, Body::Close);
        story.at(times.ended).say(0, 0, Body::End);
        story.say(1, 1, Body::End);
        let clip = Hash::of(b"EXAMPLE: the file of a clip");
        story.say(0, 600, Body::Release { clip, instead: None });
        story
    }

    /// The record as side A exports it, and the file to trust it by.
    pub fn record(&self) -> (Vec<u8>, Trust) {
        let names = ["EXAMPLE side A", "EXAMPLE side B"];
        let known = || names.iter().zip(&self.keys);
        let entry = |(name, key): (&&str, &SecretKey)| SideEntry {
            name: (*name).into(),
            key: key.key(),
            rekeys: Vec::new(),
        };
        let entries: Vec<SideEntry> = known().map(entry).collect();
        let record = export(&self.chains, &entries, self.sides[0], &self.keys[0]).unwrap();
        let trust = known().map(|(name, key)| TrustedSide {
            key: key.key(),
            name: (*name).into(),
        });
        (record, Trust::new(trust))
    }
}
