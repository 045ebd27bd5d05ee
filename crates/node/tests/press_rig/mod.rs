//! A whole node with its public page, the calls that it is about, and two seats that write for it.
#![allow(dead_code, reason = "each test file uses its part")]

use std::net::SocketAddr;
use std::path::Path;

use call::terms::{
    Announce, Embargo, Footage, Interpretation, Medium, Party, Person, PersonId, Release, Role as OnRoster, Terms, Zone,
};
use call::{Body, Chains, Hash, Keyring, SecretKey, SideId, Signer, Statement, Timestamp};
use node::Node;
use node::api::Role;
use node::config::{Clips, Config, Http, Link, Media, Press, Ring, Seats, Tls};
use node::enrol::{self, NewSeat};
use node::keys::{self, Key};
use serde_json::{Value, json};
use store::{ChainKind, Id, Line, NewStatement, Store};

use crate::http_rig::Client;

/// 7 December 2021, 15:07 to 17:08 Z; 30 December 2021, 20:35 to 21:25 Z.
pub const HELD: [(i64, i64); 2] = [
    (1_638_889_620_000, 1_638_896_880_000),
    (1_640_896_500_000, 1_640_899_500_000),
];

pub const ALL: &str = r#"{"times":true,"length":true,"asked":true,"topics":true}"#;
pub const NONE: &str = r#"{"times":false,"length":false,"asked":false,"topics":false}"#;

fn config() -> Config {
    let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
    Config {
        name: "Washington".to_owned(),
        place: "Washington".to_owned(),
        zone: "America/New_York".to_owned(),
        http: Http {
            listen: free,
            public: None,
            tls: Tls::Off,
        },
        media: Media {
            listen: free,
            addresses: Vec::new(),
        },
        link: Link {
            listen: free,
            addresses: Vec::new(),
        },
        ring: Ring::default(),
        seats: Seats::default(),
        clips: Clips::default(),
        press: Some(Press {
            listen: free,
            public: None,
            tls: Tls::Off,
        }),
    }
}

/// A call that both sides signed, in a store.
struct Signed<'a> {
    near: &'a Key,
    far: SecretKey,
    keyring: Keyring,
}

impl<'a> Signed<'a> {
    fn new(near: &'a Key) -> Self {
        let far = SecretKey::from_seed(&[7; 32]);
        let keyring = Keyring::new([near.key(), far.key()]);
        Self { near, far, keyring }
    }

    fn far_side(&self) -> SideId {
        SideId::of(&self.far.key())
    }

    /// The line to the far side, so that its key counts.
    fn line(&self) -> Line {
        Line {
            far: Id(self.far_side().0),
            name: "Moscow".to_owned(),
            place: "Moscow".to_owned(),
            zone: "Europe/Moscow".to_owned(),
            side_keys: vec![Id(self.far.key().0)],
            link_key: Id(SecretKey::from_seed(&[8; 32]).key().0),
            addresses: Vec::new(),
            confirmed_ms: None,
            far_confirmed_ms: None,
            bundle: vec![0],
            added_ms: 0,
        }
    }

    fn terms(&self, start: i64, announce: Announce) -> Terms {
        let near = SideId::of(&self.near.key());
        let party = |side, zone: &str, place: &str| Party {
            side,
            zone: Zone::new(zone).unwrap(),
            place: place.to_owned(),
        };
        let mut parties = vec![
            party(near, "America/New_York", "Washington"),
            party(self.far_side(), "Europe/Moscow", "Moscow"),
        ];
        parties.sort_by_key(|party| party.side);
        let person = |id: u16, side| Person {
            id: PersonId(id),
            side,
            role: OnRoster::Principal,
            title: "President".to_owned(),
            place: "Office".to_owned(),
            interprets: None,
        };
        Terms {
            medium: Medium::Picture,
            start: Timestamp(start),
            minutes: 60,
            parties,
            topics: vec!["Strategic <b>stability</b>".to_owned()],
            reason: "Reason".to_owned(),
            roster: vec![person(0, near), person(1, self.far_side())],
            languages: vec!["en".to_owned(), "ru".to_owned()],
            interpretation: Interpretation::None,
            footage: None,
            announce,
            replaces: None,
        }
    }

    /// The same terms with footage that either side may release.
    fn with_footage(&self, mut terms: Terms) -> Terms {
        let mut sides = vec![SideId::of(&self.near.key()), self.far_side()];
        sides.sort_unstable();
        terms.footage = Some(Footage {
            minutes: 5,
            persons: vec![PersonId(0), PersonId(1)],
            recorders: sides.clone(),
            release: Release::Either,
            releasers: sides,
            embargo: Embargo::None,
        });
        terms
    }

    /// The far side asked a day before; the call is agreed and, where `held` says so, was held.
    fn call(&self, terms: Terms, held: Option<(i64, i64)>, released: Option<Hash>) -> (Chains, Vec<Statement>) {
        let asked_at = terms.start.0 - 86_400_000;
        let has_footage = terms.footage.is_some();
        let first = call::ask(self.far_side(), terms, Timestamp(asked_at)).unwrap();
        let first = first.sign(&self.far).unwrap();
        let offer = first.hash();
        let mut all = vec![first.clone()];
        let mut chains = Chains::start(&self.keyring, first).unwrap();
        let near = SideId::of(&self.near.key());
        let far = self.far_side();
        let mut say = |side: SideId, body: Body, at: i64| {
            let draft = call::propose(&chains, side, body, Timestamp(at)).unwrap();
            let signer: &dyn Signer = if side == near { self.near } else { &self.far };
            let said = draft.sign(signer).unwrap();
            chains.insert(&self.keyring, said.clone()).unwrap();
            all.push(said);
        };
        say(near, Body::Agree { offer }, asked_at + 1_000);
        if let Some((begun, ended)) = held {
            let terms: Hash = offer;
            for side in [near, far] {
                say(side, Body::Gather { terms }, begun - 60_000);
            }
            for side in [near, far] {
                say(side, Body::Begin { terms }, begun);
            }
            if has_footage {
                for side in [near, far] {
                    say(side, Body::Open { terms }, begun + 60_000);
                }
                say(near, Body::Close, begun + 120_000);
            }
            say(far, Body::End, ended);
            if let Some(clip) = released {
                say(near, Body::Release { clip, instead: None }, ended + 60_000);
            }
        }
        (chains, all)
    }

    async fn store(&self, store: &Store, (chains, statements): &(Chains, Vec<Statement>)) -> String {
        let call = chains.call().unwrap();
        for statement in statements {
            let new = NewStatement {
                chain: Id(call.0),
                kind: ChainKind::Call,
                line: Id(self.far_side().0),
                side: Id(statement.side().0),
                number: u32::from(statement.number()) - 1,
                bytes: statement.bytes(),
                now_ms: statement.at().0,
            };
            store.put(&new).await.unwrap();
        }
        call.to_string()
    }
}

pub struct Rig {
    pub node: Node,
    pub public: SocketAddr,
    pub calls: Vec<String>,
    pub one: Client,
    pub two: Client,
    pub folder: tempfile::TempDir,
}

/// A node with both calls of December 2021, one to come whose topics may be announced, one of which nothing may, and one
/// that was held with footage.
pub async fn rig() -> Rig {
    rig_with(None, |_, _| ()).await
}

/// The same; a clip of the last call is released, and `before` may put something into the data folder of the node.
pub async fn rig_with(released: Option<Hash>, before: impl FnOnce(&Path, &[String])) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("side");
    node::setup::init(&dir, config(), &[]).unwrap();
    let key = Key::load(&dir, keys::SIDE).unwrap();
    let signed = Signed::new(&key);
    let store = node::shell::open_store(&dir).await.unwrap();
    store.put_line(&signed.line()).await.unwrap();
    let mut calls = Vec::new();
    for held in HELD {
        let terms = signed.terms(held.0 - 300_000, Announce::Call);
        calls.push(signed.store(&store, &signed.call(terms, Some(held), None)).await);
    }
    let soon = node::http::Clock::system().utc_ms() + 86_400_000;
    for announce in [Announce::Topics, Announce::Nothing] {
        let call = signed.call(signed.terms(soon, announce), None, None);
        calls.push(signed.store(&store, &call).await);
    }
    let filmed = signed.with_footage(signed.terms(HELD[1].0 - 3_600_000, Announce::Nothing));
    let held = (HELD[1].0 - 3_000_000, HELD[1].0 - 1_000_000);
    calls.push(signed.store(&store, &signed.call(filmed, Some(held), released)).await);
    before(&dir, &calls);
    let node = Node::start(&dir).await.unwrap();
    let one = seat(&node, &store, "desk-one", Role::Press).await;
    let two = seat(&node, &store, "desk-two", Role::Operator).await;
    store.close().await;
    let url = node.press_url.clone().unwrap();
    let public = url.strip_prefix("http://").unwrap().parse().unwrap();
    Rig {
        node,
        public,
        calls,
        one,
        two,
        folder,
    }
}

async fn seat(node: &Node, store: &Store, id: &str, role: Role) -> Client {
    let new = NewSeat {
        id: id.parse().unwrap(),
        name: "Name <i>of a seat</i>",
        role,
        place: "Room",
    };
    let now_ms = node::http::Clock::system().utc_ms();
    let link = enrol::issue(store, &node.url, &new, now_ms, enrol::LINK_MS)
        .await
        .unwrap();
    let token = link.as_str().split_once('#').unwrap().1.to_owned();
    let mut client = Client::new(node.http, id);
    let side = client.enrol(&token).await.json()["side"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(client.sign_in(&side).await.status, 200);
    client
}

pub async fn refused(client: &mut Client, path: &str, body: &str) -> String {
    let answer = client.ask("POST", path, body).await;
    assert_eq!(answer.status, 409, "{path} {body}: {answer:?}");
    answer.json()["refusal"].as_str().unwrap().to_owned()
}

pub async fn done(client: &mut Client, path: &str, body: &str) -> Value {
    let answer = client.ask("POST", path, body).await;
    assert_eq!(answer.status, 200, "{path} {body}: {answer:?}");
    answer.json()
}

pub fn draft(after: u32, title: &str, note: Option<&str>) -> String {
    let text = json!({ "title": title, "paragraphs": ["They spoke <b>well</b>."],
        "quotes": [{ "words": "Good.", "by": "a senior official" }], "note": note });
    let show: Value = serde_json::from_str(ALL).unwrap();
    json!({ "after": after, "texts": { "en": text.clone(), "ru": text }, "show": show }).to_string()
}

pub fn path_of(url: &Value) -> String {
    let url = url.as_str().unwrap();
    format!("/{}", url.splitn(4, '/').nth(3).unwrap())
}
