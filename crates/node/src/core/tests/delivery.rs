//! The messages of a call's MLS group between terminals that are only sockets here: what they carry is anything.

use std::collections::BTreeSet;

use bytes::Bytes;
use call::{CallId, Chains, Keyring, PublicKey, Statement, Taken};
use tokio::sync::{mpsc, oneshot};

use super::{super::Order, *};
use crate::{
    api::{Base64, COMMIT_BYTES_MAX, FromBrowser, GroupId, PROPOSAL_BYTES_MAX, ToBrowser},
    http::Seat,
    signal::{self, Blob, Group, Signal},
};

const GROUP: GroupId = GroupId([1; 16]);

/// A terminal, or whoever says to be one.
pub(super) struct Terminal {
    pub(super) core: super::super::Handle,
    pub(super) call: String,
    pub(super) key: PublicKey,
    pub(super) connection: u64,
    from: mpsc::Receiver<ToBrowser>,
    pub(super) heard: Vec<ToBrowser>,
}

fn base64<const MAX: usize>(bytes: &[u8]) -> Base64<MAX> {
    Base64::new(Bytes::copy_from_slice(bytes)).unwrap()
}

/// Opens a socket as the seat of that key.
async fn open_as(node: &Node, call: &str, seat: &str, key: PublicKey) -> Terminal {
    open_role(node, call, (seat, Role::Principal), key).await
}

/// The same, as a seat of that role.
pub(super) async fn open_role(node: &Node, call: &str, (seat, role): (&str, Role), key: PublicKey) -> Terminal {
    let (to, from) = mpsc::channel(crate::http::OUTGOING_MAX);
    let (reply, connection) = oneshot::channel();
    let seat = Seat {
        id: seat.parse().unwrap(),
        name: "Seat".into(),
        role,
        place: "Here".into(),
        key: key.0,
    };
    assert!(node.core.order(Order::Opened { seat, to, reply }).await);
    Terminal {
        core: node.core.clone(),
        call: call.into(),
        key,
        connection: connection.await.unwrap(),
        from,
        heard: Vec::new(),
    }
}

impl World {
    pub(super) async fn terminal(&self, node: &Node, call: &str, seat: &str) -> Terminal {
        let dir = self.root.path().join(if node.side == self.a.side { "a" } else { "b" });
        let store = shell::open_store(&dir).await.unwrap();
        let known = store.seat(&seat.parse().unwrap()).await.unwrap().unwrap();
        store.close().await;
        let role: Role = known.role.parse().unwrap();
        open_role(node, call, (seat, role), PublicKey(known.key.unwrap().0)).await
    }

    /// A running call and the principals' terminals.
    async fn sealed(&self) -> (String, Terminal, Terminal) {
        let id = self.session().await;
        let a = self.terminal(&self.a, &id, "principal").await;
        let b = self.terminal(&self.b, &id, "principal").await;
        (id, a, b)
    }
}

impl Terminal {
    pub(super) async fn say(&self, message: FromBrowser) {
        let connection = self.connection;
        assert!(self.core.order(Order::Said { connection, message }).await);
    }

    async fn package(&self, bytes: Option<&[u8]>) {
        let (call, bytes) = (self.call.clone(), bytes.map(base64));
        self.say(FromBrowser::SealPackage { call, bytes }).await;
    }

    async fn commit(&self, group: GroupId, epoch: u32, bytes: &[u8]) {
        let message = FromBrowser::SealCommit {
            call: self.call.clone(),
            group,
            epoch,
            commit: base64(bytes),
            welcome: Some(base64(b"welcome")),
        };
        self.say(message).await;
    }

    async fn since(&self, group: Option<GroupId>, epoch: u32) {
        let call = self.call.clone();
        self.say(FromBrowser::SealSince { call, group, epoch }).await;
    }

    async fn note(&self, bytes: &[u8]) {
        let (call, bytes) = (self.call.clone(), base64(bytes));
        self.say(FromBrowser::SealNote { call, bytes }).await;
    }

    /// Waits until it was told something, and gives that; what it was told before is kept.
    pub(super) async fn hear<T>(&mut self, what: impl Fn(&ToBrowser) -> Option<T>) -> T {
        let wait = async {
            loop {
                let message = self.from.recv().await.expect("the node keeps the socket");
                let found = what(&message);
                self.heard.push(message);
                if let Some(found) = found {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait)
            .await
            .expect("the node tells it in time")
    }

    /// What it is told until all that it and the others said before has been dealt with.
    pub(super) async fn rest(&mut self) -> Vec<ToBrowser> {
        self.core.ask(Ask::Lines).await.unwrap();
        while let Ok(message) = self.from.try_recv() {
            self.heard.push(message);
        }
        std::mem::take(&mut self.heard)
    }

    /// Waits until exactly these packages wait.
    async fn packages(&mut self, expected: &[(PublicKey, &[u8])]) {
        let expected: BTreeSet<(String, Vec<u8>)> = expected
            .iter()
            .map(|(key, bytes)| (key.to_string(), bytes.to_vec()))
            .collect();
        self.hear(|message| match message {
            ToBrowser::SealPackages { packages, .. } => {
                let told = packages.iter().cloned();
                let told: BTreeSet<_> = told.map(|p| (p.key, p.bytes.into_bytes().to_vec())).collect();
                (told == expected).then_some(())
            }
            _ => None,
        })
        .await;
    }

    /// The next commit: its group, epoch, bytes, and whose it is.
    async fn accepted(&mut self) -> Accepted {
        self.hear(accepted).await
    }

    /// The next commit; none when it is said first that the line was cut.
    async fn accepted_or_away(&mut self) -> Option<Accepted> {
        self.hear(|message| match message {
            ToBrowser::SealAway { .. } => Some(None),
            other => accepted(other).map(Some),
        })
        .await
    }

    /// Proposes a commit as a terminal does, again after each cut, until one is accepted. (Both nodes dial at their start,
    /// and the link may change over to the second connection.)
    async fn propose(&mut self, group: GroupId, epoch: u32, bytes: &[u8]) -> Accepted {
        loop {
            self.commit(group, epoch, bytes).await;
            if let Some(accepted) = self.accepted_or_away().await {
                return accepted;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn late(&mut self) -> (GroupId, u32) {
        self.hear(|message| match message {
            ToBrowser::SealLate { group, epoch, .. } => Some((*group, *epoch)),
            _ => None,
        })
        .await
    }

    async fn away(&mut self) {
        self.hear(|message| matches!(message, ToBrowser::SealAway { .. }).then_some(()))
            .await;
    }

    /// Makes the group, once both sides' packages have been told.
    async fn make(&mut self, other: &mut Terminal) {
        self.since(None, 0).await;
        other.since(None, 0).await;
        self.package(Some(b"one")).await;
        other.package(Some(b"two")).await;
        let both = [(self.key, &b"one"[..]), (other.key, b"two")];
        self.packages(&both).await;
        other.packages(&both).await;
        let first = (GROUP, 0, b"first".to_vec(), self.key.to_string());
        assert_eq!(self.propose(GROUP, 0, b"first").await, first);
        assert_eq!(other.accepted().await, first);
        self.package(None).await;
        other.package(None).await;
        self.packages(&[]).await;
        other.packages(&[]).await;
    }
}

/// Group, epoch, bytes and seat of an accepted commit.
type Accepted = (GroupId, u32, Vec<u8>, String);

fn accepted(message: &ToBrowser) -> Option<Accepted> {
    match message {
        ToBrowser::SealCommit {
            group,
            epoch,
            commit,
            by,
            ..
        } => Some((*group, *epoch, commit.clone().into_bytes().to_vec(), by.clone())),
        _ => None,
    }
}

/// Whether a message is about media keys.
fn is_sealed(message: &ToBrowser) -> bool {
    matches!(
        message,
        ToBrowser::SealPackages { .. }
            | ToBrowser::SealCommit { .. }
            | ToBrowser::SealLate { .. }
            | ToBrowser::SealAway { .. }
            | ToBrowser::SealNote { .. }
    )
}

/// Hands a node what its far node might say.
async fn inject(node: &Node, far: &Node, id: &str, sealed: Signal) {
    let call: CallId = id.parse().unwrap();
    let event = link::Event::Signal(link::Signal {
        call: call.into(),
        payload: sealed.encode().into(),
    });
    assert!(node.core.order(Order::Link { far: far.side, event }).await);
}

fn far_commit(by: PublicKey, group: GroupId, epoch: u32) -> signal::Commit {
    signal::Commit {
        group: Group(group),
        epoch,
        commit: Blob(Bytes::from_static(b"from afar")),
        welcome: None,
        by,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_of_both_sides_reach_every_terminal_and_go_with_it() {
    let world = World::new().await;
    let (id, mut a, mut b) = world.sealed().await;
    seat(&world.root.path().join("a"), "aide", Role::Aide).await;
    let vouch = Act::Vouch {
        seat: "aide".into(),
        person: 1,
    };
    act(&world.a, &id, vouch).await.unwrap();
    let mut aide = world.terminal(&world.a, &id, "aide").await;
    a.packages(&[]).await;
    a.package(Some(b"a")).await;
    b.package(Some(b"b")).await;
    aide.package(Some(b"aide")).await;
    let all = [(a.key, &b"a"[..]), (b.key, b"b"), (aide.key, b"aide")];
    for terminal in [&mut a, &mut b, &mut aide] {
        terminal.packages(&all).await;
    }
    a.package(Some(b"a, afresh")).await;
    aide.core
        .order(Order::Closed {
            connection: aide.connection,
        })
        .await;
    for terminal in [&mut a, &mut b] {
        terminal.packages(&[(all[0].0, b"a, afresh"), (all[1].0, b"b")]).await;
    }
    b.package(None).await;
    let left = [(a.key, &b"a, afresh"[..])];
    a.packages(&left).await;
    b.packages(&left).await;
    world.a.stop().await;
    world.b.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_commits_to_one_epoch_one_is_taken_and_all_hear_them_in_one_order() {
    let clock = Clock::by_hand(now_ms());
    let world = World::by(&clock, ["Washington", "Moscow"]).await;
    let (_, mut a, mut b) = world.sealed().await;
    a.make(&mut b).await;
    for epoch in 1..6 {
        let (of_a, of_b) = loop {
            if epoch % 2 == 0 {
                a.commit(GROUP, epoch, b"of a").await;
                b.commit(GROUP, epoch, b"of b").await;
            } else {
                tokio::join!(b.commit(GROUP, epoch, b"of b"), a.commit(GROUP, epoch, b"of a"));
            }
            match (a.accepted_or_away().await, b.accepted_or_away().await) {
                (Some(of_a), Some(of_b)) => break (of_a, of_b),
                (Some(of_a), None) => break (of_a, b.accepted().await),
                (None, Some(of_b)) => break (a.accepted().await, of_b),
                (None, None) => clock.advance(600),
            }
        };
        assert_eq!(of_a, of_b);
        assert_eq!((of_a.0, of_a.1), (GROUP, epoch));
        let loser = if of_a.3 == a.key.to_string() { &mut b } else { &mut a };
        let answer = |m: &ToBrowser| match m {
            ToBrowser::SealLate { epoch: at, .. } => *at == epoch,
            ToBrowser::SealAway { .. } => true,
            _ => false,
        };
        if !loser.heard.iter().any(answer) {
            loser.hear(|message| answer(message).then_some(())).await;
        }
        loser.heard.clear();
        // The pace of a seat's proposals is a person's, not a test's.
        clock.advance(600);
    }
    // Gaps, groups that nobody made and groups beside one that has members are late.
    for (group, epoch) in [(GROUP, 9), (GroupId([2; 16]), 1), (GroupId([2; 16]), 0)] {
        a.commit(group, epoch, b"x").await;
        assert_eq!(a.late().await, (group, epoch));
        b.commit(group, epoch, b"x").await;
        assert_eq!(b.late().await, (group, epoch));
    }
    clock.advance(10_000);
    // Once nobody says that he is a member, another group may be made.
    a.package(Some(b"again")).await;
    b.package(Some(b"again")).await;
    a.packages(&[(a.key, b"again"), (b.key, b"again")]).await;
    let of_a = a.propose(GroupId([3; 16]), 0, b"afresh").await;
    assert_eq!((of_a.0, of_a.1, &of_a.2[..]), (GroupId([3; 16]), 0, &b"afresh"[..]));
    assert_eq!(b.accepted().await, of_a);
    world.a.stop().await;
    world.b.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_during_a_cut_and_what_was_taken_outlives_either_node() {
    let mut world = World::new().await;
    let (id, mut a, mut b) = world.sealed().await;
    let dirs = [world.root.path().join("a"), world.root.path().join("b")];
    a.make(&mut b).await;
    // The node that orders goes away.
    world.b.stop().await;
    until(&world.a, &id, |call| !call.interrupted.is_empty()).await;
    a.commit(GROUP, 1, b"in the cut").await;
    a.away().await;
    world.b = start_again(&dirs[1]).await;
    up(&world.b).await;
    until(&world.a, &id, |call| call.interrupted.is_empty()).await;
    let mut b = world.terminal(&world.b, &id, "principal").await;
    b.since(None, 0).await;
    assert_eq!(b.accepted().await.2, b"first");
    assert_eq!(a.propose(GROUP, 1, b"after the cut").await.2, b"after the cut");
    assert_eq!(b.accepted().await.2, b"after the cut");
    // The other one goes, and loses its copy.
    world.a.stop().await;
    until(&world.b, &id, |call| !call.interrupted.is_empty()).await;
    b.commit(GROUP, 2, b"in the cut").await;
    b.away().await;
    let store = shell::open_store(&dirs[0]).await.unwrap();
    let call: CallId = id.parse().unwrap();
    assert!(store.forget_commits(store::Id(call.0)).await.unwrap());
    store.close().await;
    world.a = start_again(&dirs[0]).await;
    up(&world.a).await;
    let mut a = world.terminal(&world.a, &id, "principal").await;
    a.since(Some(GROUP), 1).await;
    assert_eq!(
        a.accepted().await.2,
        b"after the cut",
        "from the epoch that it asked for"
    );
    a.since(Some(GroupId([9; 16])), 1).await;
    assert_eq!(a.accepted().await.2, b"first", "of another group than its own, all");
    assert_eq!(a.accepted().await.2, b"after the cut");
    until(&world.b, &id, |call| call.interrupted.is_empty()).await;
    assert_eq!(b.propose(GROUP, 2, b"together").await.2, b"together");
    assert_eq!(a.accepted().await.2, b"together");
    // With the call it is all gone.
    act(&world.a, &id, Act::End).await.unwrap();
    until(&world.b, &id, |call| call.summary.phase == Phase::Ended).await;
    for (node, dir) in [(&world.a, &dirs[0]), (&world.b, &dirs[1])] {
        node.core.ask(Ask::Lines).await.unwrap();
        let store = shell::open_store(dir).await.unwrap();
        assert_eq!(store.commit_heads().await.unwrap(), []);
        store.close().await;
    }
    a.rest().await;
    a.commit(GROUP, 3, b"too late").await;
    assert!(!a.rest().await.iter().any(is_sealed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_comes_in_pages() {
    const COUNT: u32 = 30;
    let mut world = World::new().await;
    let (id, a, b) = world.sealed().await;
    let dirs = [world.root.path().join("a"), world.root.path().join("b")];
    world.b.stop().await;
    drop(b);
    let store = shell::open_store(&dirs[1]).await.unwrap();
    let call: CallId = id.parse().unwrap();
    for epoch in 0..COUNT {
        let new = store::NewCommit {
            chain: store::Id(call.0),
            group: GROUP.0,
            epoch,
            seat: store::Id(a.key.0),
            message: &vec![u8::try_from(epoch).unwrap(); 10_000],
            welcome: None,
            now_ms: 0,
        };
        assert_eq!(store.put_commit(&new).await.unwrap(), store::PutCommit::New);
    }
    store.close().await;
    world.b = start_again(&dirs[1]).await;
    up(&world.b).await;
    let mut b = world.terminal(&world.b, &id, "principal").await;
    let mut a = a;
    for terminal in [&mut a, &mut b] {
        terminal.since(None, 0).await;
        for epoch in 0..COUNT {
            let (_, at, bytes, _) = terminal.accepted().await;
            assert_eq!((at, bytes.len(), u32::from(bytes[0])), (epoch, 10_000, epoch));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_good_is_told_nothing_and_says_nothing() {
    let world = World::new().await;
    let (id, mut a, mut b) = world.sealed().await;
    let nobody = PublicKey([7; 32]);
    let mut stranger = open_as(&world.a, &id, "stranger", nobody).await;
    stranger.since(None, 0).await;
    stranger.package(Some(b"mine")).await;
    stranger.commit(GROUP, 0, b"mine").await;
    stranger.note(b"mine").await;
    // What a far node says of a seat that is not good is no better.
    let of_nobody = signal::Package {
        key: nobody,
        bytes: Some(Blob(Bytes::from_static(b"mine"))),
    };
    let note = signal::Note {
        from: nobody,
        bytes: Blob(Bytes::from_static(b"mine")),
    };
    for (node, far) in [(&world.a, &world.b), (&world.b, &world.a)] {
        inject(node, far, &id, Signal::Packages(vec![of_nobody.clone()])).await;
        inject(node, far, &id, Signal::Note(note.clone())).await;
        inject(node, far, &id, Signal::Propose(far_commit(nobody, GROUP, 0))).await;
        inject(node, far, &id, Signal::Accepted(far_commit(nobody, GROUP, 0), false)).await;
    }
    // Which node orders is not the far node's to say, and no seat of ours speaks over the line.
    inject(
        &world.b,
        &world.a,
        &id,
        Signal::Accepted(far_commit(a.key, GROUP, 0), false),
    )
    .await;
    inject(&world.b, &world.a, &id, Signal::Propose(far_commit(b.key, GROUP, 0))).await;
    for terminal in [&mut a, &mut b] {
        for message in terminal.rest().await.iter().filter(|message| is_sealed(message)) {
            assert!(
                matches!(message, ToBrowser::SealPackages { packages, .. } if packages.is_empty()),
                "told of a stranger"
            );
        }
    }
    b.package(Some(b"b")).await;
    a.make(&mut b).await;
    a.note(b"to b").await;
    b.hear(|message| matches!(message, ToBrowser::SealNote { .. }).then_some(()))
        .await;
    assert!(!stranger.rest().await.iter().any(is_sealed));
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_and_what_is_too_large_go_nowhere() {
    let world = World::by(&Clock::by_hand(now_ms()), ["Washington", "Moscow"]).await;
    let (_, mut a, mut b) = world.sealed().await;
    a.make(&mut b).await;
    a.say(FromBrowser::SealCommit {
        call: a.call.clone(),
        group: GROUP,
        epoch: 1,
        commit: base64(&vec![0; COMMIT_BYTES_MAX]),
        welcome: Some(base64(&vec![0; PROPOSAL_BYTES_MAX - COMMIT_BYTES_MAX + 1])),
    })
    .await;
    a.hear(|message| matches!(message, ToBrowser::Refused { code, .. } if code == "too_large").then_some(()))
        .await;
    // More than one piece of a signal goes through, from the side that does not order.
    assert_eq!(a.propose(GROUP, 1, &[1; 40_000]).await.2, [1; 40_000]);
    assert_eq!(b.accepted().await.2, [1; 40_000]);
    b.rest().await;
    for n in 0..200_u8 {
        a.note(&[n]).await;
    }
    let notes = |heard: &[ToBrowser]| heard.iter().filter(|m| matches!(m, ToBrowser::SealNote { .. })).count();
    a.core.ask(Ask::Lines).await.unwrap();
    let mut heard = 0;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        heard += notes(&b.rest().await);
    }
    assert!((10..=40).contains(&heard), "{heard} notes of 200");
    assert_eq!(notes(&a.rest().await), 0, "nobody hears himself");
    for _ in 0..20 {
        b.commit(GROUP, 2, b"again and again").await;
    }
    let heard = b.rest().await;
    let commits = heard
        .iter()
        .filter(|m| matches!(m, ToBrowser::SealCommit { .. }))
        .count();
    let late = heard.iter().filter(|m| matches!(m, ToBrowser::SealLate { .. })).count();
    assert_eq!(
        (commits, late),
        (1, 12),
        "eight at once, and the same commit is taken once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_takes_nothing_is_paced_not_fed() {
    let world = World::new().await;
    let (_, mut a, mut b) = world.sealed().await;
    a.make(&mut b).await;
    for round in 0..300_u32 {
        b.since(None, 0).await;
        if round % 8 == 7 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    b.core.ask(Ask::Lines).await.unwrap();
    assert!(b.from.len() < 64, "{} messages wait", b.from.len());
}

/// What a terminal was told of a call's chains: whether each statement came after those that it has seen, and the chains.
async fn chains(terminal: &mut Terminal, count: usize) -> Chains {
    let mut keyring = Keyring::default();
    let mut chains: Option<Chains> = None;
    let mut held = 0;
    while held < count {
        let call = terminal.call.clone();
        let (sides, statements) = terminal
            .hear(|message| match message {
                ToBrowser::Chain {
                    call: of,
                    sides,
                    statements,
                } if *of == call => Some((sides.clone(), statements.clone())),
                _ => None,
            })
            .await;
        assert_eq!(sides.is_empty(), held > 0, "the keys come first, and once");
        assert!(statements.len() <= 64);
        for side in sides {
            let pinned = keyring.pin(side.key.parse().unwrap());
            assert_eq!(pinned.to_string(), side.side);
        }
        for bytes in statements {
            let statement = Statement::parse(&bytes.into_bytes()).unwrap();
            match &mut chains {
                None => chains = Some(Chains::start(&keyring, statement).unwrap()),
                Some(chains) => assert_eq!(chains.insert(&keyring, statement), Ok(Taken::New)),
            }
            held += 1;
        }
    }
    chains.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_gets_the_whole_chain_and_then_what_is_said() {
    let world = World::new().await;
    let id = world.session().await;
    seat(&world.root.path().join("a"), "aide", Role::Aide).await;
    for _ in 0..35 {
        for person in [1, 2] {
            let vouch = Act::Vouch {
                seat: "aide".into(),
                person,
            };
            let _ = act(&world.a, &id, vouch).await;
        }
    }
    let count = view(&world.a, &id).await.unwrap().timeline.len();
    until(&world.b, &id, |call| call.timeline.len() == count).await;
    for node in [&world.a, &world.b] {
        let mut terminal = world.terminal(node, &id, "principal").await;
        let told = chains(&mut terminal, count).await;
        assert_eq!(told.statements().count(), count);
        assert_eq!(told.call().unwrap().to_string(), id);
    }
    let mut a = world.terminal(&world.a, &id, "principal").await;
    let mut stranger = open_as(&world.b, &id, "press", PublicKey([8; 32])).await;
    chains(&mut a, count).await;
    chains(&mut stranger, count).await;
    act(&world.a, &id, Act::End).await.unwrap();
    for terminal in [&mut a, &mut stranger] {
        let last = terminal
            .hear(|message| match message {
                ToBrowser::Chain { statements, .. } => statements.last().cloned(),
                _ => None,
            })
            .await;
        let last = Statement::parse(&last.into_bytes()).unwrap();
        assert_eq!(last.kind(), call::Kind::End);
    }
    // A request that comes while they are connected is told from its first statement on.
    let asked = world.ask(&world.a, &world.b, "EXAMPLE next").await;
    for mut terminal in [a, stranger] {
        terminal.call.clone_from(&asked);
        chains(&mut terminal, 1).await;
    }
}
