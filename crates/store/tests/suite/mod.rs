//! What every backend must do. A backend's test gives a place and calls [`all`].

use std::future::Future;

use store::{
    BLOB_BYTES_MAX, CHAIN_LENGTH_MAX, COMMIT_BYTES_MAX, ChainKind, CommitHead, Enrol, FORKS_MAX, Id, Line, NewCommit,
    NewPressAct, NewStatement, PER_LINE_MAX, PRESS_ACT_BYTES_MAX, PRESS_ACTS_MAX, PressKind, Put, PutCommit,
    PutPressAct, SAMPLES_MAX, STATEMENT_BYTES_MAX, Sample, SeatId, Store, StoreError, TEXT_BYTES_MAX,
};

/// Somewhere a store can be opened again and again.
pub trait Place {
    /// Opens the store that is there.
    fn open(&self) -> impl Future<Output = Store>;
}

/// Runs the suite, each part on a fresh place.
pub async fn all<P: Place>(fresh: impl Fn() -> P) {
    statements_stay(&fresh()).await;
    forks_stand_aside(&fresh()).await;
    bounds_hold(&fresh()).await;
    several_are_all_or_none(&fresh()).await;
    pages_and_heads(&fresh()).await;
    commits_follow_each_other(&fresh()).await;
    commits_are_bounded(&fresh()).await;
    lines_and_history(&fresh()).await;
    a_token_is_used_once(&fresh()).await;
    two_at_once(&fresh()).await;
    acts_of_the_page(&fresh()).await;
    settings(&fresh()).await;
}

pub fn id(n: u8) -> Id {
    Id([n; 32])
}

fn new(chain: u8, side: u8, number: u32, bytes: &[u8]) -> NewStatement<'_> {
    NewStatement {
        chain: id(chain),
        kind: ChainKind::Call,
        line: id(200),
        side: id(side),
        number,
        bytes,
        now_ms: 1_000 + i64::from(chain),
    }
}

async fn statements_stay(place: &impl Place) {
    let store = place.open().await;
    let bytes = [0, 159, 146, 150, 255];
    assert_eq!(store.put(&new(1, 1, 0, &bytes)).await.unwrap(), Put::New);
    assert_eq!(store.put(&new(1, 1, 0, &bytes)).await.unwrap(), Put::Known);
    assert_eq!(store.put(&new(1, 2, 0, b"far")).await.unwrap(), Put::New);
    assert_eq!(store.put(&new(1, 1, 7, b"out of order")).await.unwrap(), Put::New);
    store.close().await;
    assert!(matches!(
        store.put(&new(1, 1, 8, b"late")).await,
        Err(StoreError::Closed)
    ));

    let store = place.open().await;
    let held = store.statements(id(1)).await.unwrap();
    let places: Vec<_> = held.iter().map(|s| (s.side, s.number, s.fork)).collect();
    assert_eq!(places, [(id(1), 0, false), (id(1), 7, false), (id(2), 0, false)]);
    assert_eq!(held[0].bytes, bytes);
    assert_eq!(held[0].hash, Id::of(&bytes));
    assert_eq!(
        store.put(&new(1, 1, 0, &bytes)).await.unwrap(),
        Put::Known,
        "known after a start, too"
    );
    assert_eq!(store.statements(id(9)).await.unwrap(), []);
    store.close().await;
}

async fn forks_stand_aside(place: &impl Place) {
    let store = place.open().await;
    assert_eq!(store.put(&new(1, 1, 3, b"first")).await.unwrap(), Put::New);
    assert_eq!(store.put(&new(1, 1, 3, b"other")).await.unwrap(), Put::Fork);
    assert_eq!(
        store.put(&new(1, 1, 3, b"other")).await.unwrap(),
        Put::Fork,
        "said again, not kept twice"
    );
    assert_eq!(store.put(&new(1, 1, 3, b"first")).await.unwrap(), Put::Known);
    let held = store.statements(id(1)).await.unwrap();
    let seen: Vec<_> = held.iter().map(|s| (s.bytes.as_slice(), s.fork)).collect();
    assert_eq!(seen, [(&b"first"[..], false), (&b"other"[..], true)]);
    assert_eq!(store.heads(id(1)).await.unwrap()[0].hash, Id::of(b"first"));
    for n in 1..FORKS_MAX {
        assert_eq!(store.put(&new(1, 1, 3, &n.to_be_bytes())).await.unwrap(), Put::Fork);
    }
    assert_eq!(store.put(&new(1, 1, 3, b"one more")).await.unwrap(), Put::ForkDropped);
    assert_eq!(store.statements(id(1)).await.unwrap().len(), 1 + FORKS_MAX as usize);
    assert_eq!(store.put(&new(1, 1, 4, b"the chain goes on")).await.unwrap(), Put::New);
    store.close().await;
}

async fn bounds_hold(place: &impl Place) {
    let store = place.open().await;
    let large = vec![7; STATEMENT_BYTES_MAX + 1];
    assert!(matches!(
        store.put(&new(1, 1, 0, &large)).await,
        Err(StoreError::TooLarge(_))
    ));
    assert!(matches!(
        store.put(&new(1, 1, 0, b"")).await,
        Err(StoreError::TooLarge(0))
    ));
    assert!(matches!(
        store.put(&new(1, 1, CHAIN_LENGTH_MAX, b"x")).await,
        Err(StoreError::OutOfBounds(_))
    ));
    assert_eq!(
        store.put(&new(1, 1, CHAIN_LENGTH_MAX - 1, &large[1..])).await.unwrap(),
        Put::New
    );
    let elsewhere = NewStatement {
        line: id(201),
        ..new(1, 1, 1, b"x")
    };
    assert!(matches!(store.put(&elsewhere).await, Err(StoreError::Conflict)));
    let otherwise = NewStatement {
        kind: ChainKind::Line,
        ..new(1, 1, 1, b"x")
    };
    assert!(matches!(store.put(&otherwise).await, Err(StoreError::Conflict)));
    assert_eq!(store.statements(id(1)).await.unwrap().len(), 1);
    store.close().await;
}

async fn several_are_all_or_none(place: &impl Place) {
    let store = place.open().await;
    let puts = store
        .put_all(&[new(1, 1, 0, b"a"), new(2, 1, 0, b"b"), new(1, 1, 0, b"a")])
        .await
        .unwrap();
    assert_eq!(puts, [Put::New, Put::New, Put::Known]);
    let elsewhere = NewStatement {
        line: id(201),
        ..new(2, 1, 1, b"x")
    };
    assert!(
        store
            .put_all(&[new(1, 1, 1, b"c"), new(3, 1, 0, b"d"), elsewhere])
            .await
            .is_err()
    );
    assert_eq!(store.statements(id(1)).await.unwrap().len(), 1, "taken back");
    assert_eq!(store.chain(id(3)).await.unwrap(), None, "taken back");
    assert_eq!(store.put_all(&[]).await.unwrap(), []);
    store.close().await;
}

async fn pages_and_heads(place: &impl Place) {
    let store = place.open().await;
    for number in 0..20 {
        store
            .put(&new(1, 1, number, &[1, u8::try_from(number).unwrap()]))
            .await
            .unwrap();
    }
    store.put(&new(1, 1, 12, b"fork")).await.unwrap();
    for chain in 2..6 {
        store.put(&new(chain, 2, 0, &[chain])).await.unwrap();
    }
    store
        .put(&NewStatement {
            kind: ChainKind::Line,
            ..new(9, 2, 0, b"line")
        })
        .await
        .unwrap();
    let page = store.statements_from(id(1), id(1), 10, 4).await.unwrap();
    assert_eq!(
        page.iter().map(|s| (s.number, s.fork)).collect::<Vec<_>>(),
        [(10, false), (11, false), (12, false), (12, true), (13, false)]
    );
    assert_eq!(store.statements_from(id(1), id(1), 20, u32::MAX).await.unwrap(), []);
    let heads = store.heads(id(1)).await.unwrap();
    assert_eq!(
        heads.iter().map(|h| (h.side, h.number)).collect::<Vec<_>>(),
        [(id(1), 19)]
    );
    let newest = store.chains(ChainKind::Call, i64::MAX, 2).await.unwrap();
    assert_eq!(newest.iter().map(|c| c.chain).collect::<Vec<_>>(), [id(5), id(4)]);
    let older = store.chains(ChainKind::Call, newest[1].added_ms, 100).await.unwrap();
    assert_eq!(older.iter().map(|c| c.chain).collect::<Vec<_>>(), [id(3), id(2), id(1)]);
    assert_eq!(
        store.chains(ChainKind::Line, i64::MAX, 9).await.unwrap()[0].chain,
        id(9)
    );
    assert_eq!(store.chain(id(9)).await.unwrap().unwrap().line, id(200));
    store.close().await;
}

fn commit(chain: u8, group: u8, epoch: u32, message: &[u8]) -> NewCommit<'_> {
    NewCommit {
        chain: id(chain),
        group: [group; 16],
        epoch,
        seat: id(77),
        message,
        welcome: Some(b"welcome"),
        now_ms: 5,
    }
}

async fn commits_follow_each_other(place: &impl Place) {
    let store = place.open().await;
    let put = async |new: NewCommit<'_>| store.put_commit(&new).await.unwrap();
    assert_eq!(put(commit(1, 1, 1, b"before the first")).await, PutCommit::Other);
    assert_eq!(put(commit(1, 1, 0, b"first")).await, PutCommit::New);
    assert_eq!(put(commit(1, 1, 0, b"first")).await, PutCommit::Known);
    assert_eq!(put(commit(1, 1, 0, b"other")).await, PutCommit::Other);
    let without = NewCommit {
        welcome: None,
        ..commit(1, 1, 0, b"first")
    };
    assert_eq!(put(without).await, PutCommit::Other, "the Welcome belongs to it");
    assert_eq!(put(commit(1, 1, 2, b"gap")).await, PutCommit::Other);
    assert_eq!(put(commit(1, 2, 1, b"of another group")).await, PutCommit::Other);
    let alone = NewCommit {
        welcome: None,
        ..commit(1, 1, 1, b"second")
    };
    assert_eq!(put(alone).await, PutCommit::New);
    assert_eq!(put(commit(2, 9, 0, b"elsewhere")).await, PutCommit::New);
    store.close().await;

    let store = place.open().await;
    let held = store.commits(id(1), 0, 9).await.unwrap();
    let seen: Vec<_> = held
        .iter()
        .map(|c| (c.group[0], c.epoch, c.seat, c.message.as_slice(), c.welcome.as_deref()))
        .collect();
    let first = (1, 0, id(77), &b"first"[..], Some(&b"welcome"[..]));
    assert_eq!(seen, [first, (1, 1, id(77), &b"second"[..], None)]);
    assert_eq!(store.commits(id(1), 1, 9).await.unwrap(), held[1..]);
    assert_eq!(store.commits(id(1), 0, 1).await.unwrap(), held[..1]);
    let head = |chain, group, count| CommitHead {
        chain: id(chain),
        group: [group; 16],
        count,
    };
    assert_eq!(store.commit_heads().await.unwrap(), [head(1, 1, 2), head(2, 9, 1)]);
    assert_eq!(
        store.put_commit(&commit(1, 3, 0, b"afresh")).await.unwrap(),
        PutCommit::New
    );
    assert_eq!(store.commit_heads().await.unwrap(), [head(1, 3, 1), head(2, 9, 1)]);
    assert!(store.forget_commits(id(1)).await.unwrap() && !store.forget_commits(id(1)).await.unwrap());
    assert_eq!(store.commit_heads().await.unwrap(), [head(2, 9, 1)]);
    store.close().await;
}

async fn commits_are_bounded(place: &impl Place) {
    let store = place.open().await;
    let large = vec![7; COMMIT_BYTES_MAX + 1];
    for wrong in [
        commit(1, 1, 0, b""),
        commit(1, 1, 0, &large),
        NewCommit {
            welcome: Some(&large),
            ..commit(1, 1, 0, b"x")
        },
        NewCommit {
            welcome: Some(b""),
            ..commit(1, 1, 0, b"x")
        },
    ] {
        assert!(matches!(
            store.put_commit(&wrong).await,
            Err(StoreError::OutOfBounds("commit"))
        ));
    }
    store.close().await;
}

fn line(far: u8) -> Line {
    Line {
        far: id(far),
        name: format!("Side {far}\n'\"; DROP TABLE lines"),
        place: "Москва".to_owned(),
        zone: "Europe/Moscow".to_owned(),
        side_keys: vec![id(10), id(9)],
        link_key: id(11),
        addresses: vec!["z.example:1".to_owned(), "a.example:2".to_owned()],
        confirmed_ms: None,
        far_confirmed_ms: Some(5),
        bundle: vec![1, 2, 3],
        added_ms: 4,
    }
}

async fn lines_and_history(place: &impl Place) {
    let store = place.open().await;
    assert!(matches!(
        store.add_sample(id(1), &Sample::default()).await,
        Err(StoreError::Missing(_))
    ));
    store.put_line(&line(1)).await.unwrap();
    store.put_line(&line(2)).await.unwrap();
    assert_eq!(store.lines().await.unwrap(), [line(1), line(2)]);
    assert!(store.confirm_line(id(1), 70).await.unwrap() && store.confirm_line(id(1), 80).await.unwrap());
    assert!(store.confirm_line_far(id(1), 90).await.unwrap() && !store.confirm_line(id(3), 1).await.unwrap());
    let confirmed = store.line(id(1)).await.unwrap().unwrap();
    assert_eq!(
        (confirmed.confirmed_ms, confirmed.far_confirmed_ms),
        (Some(70), Some(5)),
        "the first time stays"
    );
    let moved = Line {
        addresses: vec!["b.example:3".to_owned()],
        ..line(1)
    };
    store.put_line(&moved).await.unwrap();
    assert_eq!(store.line(id(1)).await.unwrap(), Some(moved));
    for wrong in [
        Line {
            addresses: vec![String::new(); PER_LINE_MAX + 1],
            ..line(3)
        },
        Line {
            name: "x".repeat(TEXT_BYTES_MAX + 1),
            ..line(3)
        },
        Line {
            bundle: vec![0; BLOB_BYTES_MAX + 1],
            ..line(3)
        },
    ] {
        assert!(matches!(store.put_line(&wrong).await, Err(StoreError::OutOfBounds(_))));
    }
    for at_ms in 0..40 {
        let sample = Sample {
            at_ms,
            up: at_ms % 2 == 0,
            rtt_us: Some(u32::MAX),
            skew_ms: Some(-3_600_000),
            ..Sample::default()
        };
        store.add_sample(id(1), &sample).await.unwrap();
    }
    let newest = store.samples(id(1), 3).await.unwrap();
    assert_eq!(
        newest.iter().map(|s| (s.at_ms, s.up)).collect::<Vec<_>>(),
        [(39, false), (38, true), (37, false)]
    );
    assert_eq!(
        (newest[0].rtt_us, newest[0].skew_ms, newest[0].loss_ppm),
        (Some(u32::MAX), Some(-3_600_000), None)
    );
    const { assert!(SAMPLES_MAX > 40) };
    assert!(store.remove_line(id(1)).await.unwrap() && !store.remove_line(id(1)).await.unwrap());
    assert_eq!(store.samples(id(1), 9).await.unwrap(), []);
    store.close().await;
}

async fn a_token_is_used_once(place: &impl Place) {
    let store = place.open().await;
    let desk: SeatId = "desk".parse().unwrap();
    assert!(matches!(
        store.issue_token(&desk, id(50), 100, 0).await,
        Err(StoreError::Missing(_))
    ));
    store.put_seat(&desk, "Desk", "operator", "Paris", 0).await.unwrap();
    assert_eq!(store.enrol(id(50), id(1), 0).await.unwrap(), Enrol::Unknown);
    store.issue_token(&desk, id(50), 100, 0).await.unwrap();
    assert_eq!(store.enrol(id(50), id(1), 100).await.unwrap(), Enrol::Late);
    let Enrol::Done(seat) = store.enrol(id(50), id(1), 99).await.unwrap() else {
        panic!("in time")
    };
    assert_eq!(
        (seat.key, seat.used_ms, seat.token_expires_ms),
        (Some(id(1)), Some(99), None)
    );
    assert_eq!(store.enrol(id(50), id(2), 99).await.unwrap(), Enrol::Used);
    assert_eq!(store.seat(&desk).await.unwrap(), Some(seat));
    store.issue_token(&desk, id(51), 200, 100).await.unwrap();
    assert_eq!(
        store.seat(&desk).await.unwrap().unwrap().key,
        Some(id(1)),
        "the key stays until the link is used"
    );
    store.issue_token(&desk, id(52), 200, 100).await.unwrap();
    assert_eq!(
        store.enrol(id(51), id(2), 150).await.unwrap(),
        Enrol::Used,
        "replaced by another"
    );
    store.put_seat(&desk, "Desk 2", "press", "Lyon", 0).await.unwrap();
    let Enrol::Done(seat) = store.enrol(id(52), id(2), 150).await.unwrap() else {
        panic!("in time")
    };
    assert_eq!(
        (seat.name.as_str(), seat.role.as_str(), seat.key),
        ("Desk 2", "press", Some(id(2)))
    );
    assert!(store.remove_seat(&desk, 160).await.unwrap() && !store.remove_seat(&desk, 160).await.unwrap());
    assert_eq!(store.seats().await.unwrap(), []);
    store.close().await;
}

/// Two tasks, one token, one place in a chain: one of each wins.
async fn two_at_once(place: &impl Place) {
    let store = place.open().await;
    let desk: SeatId = "desk".parse().unwrap();
    store.put_seat(&desk, "Desk", "operator", "Paris", 0).await.unwrap();
    for round in 0..10_u8 {
        store.issue_token(&desk, id(100 + round), 100, 0).await.unwrap();
        let (a, b) = tokio::join!(
            store.enrol(id(100 + round), id(1), 0),
            store.enrol(id(100 + round), id(2), 0)
        );
        let done = [a.unwrap(), b.unwrap()]
            .iter()
            .filter(|e| matches!(e, Enrol::Done(_)))
            .count();
        assert_eq!(done, 1);
        let (one, two) = (new(1, 1, round.into(), b"one"), new(1, 1, round.into(), b"two"));
        let (a, b) = tokio::join!(store.put(&one), store.put(&two));
        let mut puts = [a.unwrap(), b.unwrap()];
        puts.sort_by_key(|put| *put == Put::Fork);
        assert_eq!(puts, [Put::New, Put::Fork]);
    }
    store.close().await;
}

async fn settings(place: &impl Place) {
    let store = place.open().await;
    assert_eq!(store.setting("a").await.unwrap(), None);
    store.put_setting("a", b"1").await.unwrap();
    store.put_setting("a", b"").await.unwrap();
    assert_eq!(store.setting("a").await.unwrap(), Some(Vec::new()));
    assert!(matches!(
        store.put_setting("b", &vec![0; BLOB_BYTES_MAX + 1]).await,
        Err(StoreError::OutOfBounds(_))
    ));
    store.check().await.unwrap();
    assert_eq!(
        store.setting("check").await.unwrap(),
        None,
        "a check leaves nothing behind"
    );
    store.close().await;
}

async fn acts_of_the_page(place: &impl Place) {
    let act = |item: u8, kind, call: u8, number, bytes| NewPressAct {
        item: [item; 16],
        kind,
        chain: id(call),
        number,
        bytes,
        now_ms: i64::from(item),
    };
    let store = place.open().await;
    let notice = act(2, PressKind::Notice, 1, 0, b"said".as_slice());
    assert_eq!(store.put_press_act(&notice).await.unwrap(), PutPressAct::New);
    assert_eq!(
        store.put_press_act(&notice).await.unwrap(),
        PutPressAct::Taken,
        "its place is taken"
    );
    let other = act(3, PressKind::Notice, 1, 0, b"said".as_slice());
    assert_eq!(
        store.put_press_act(&other).await.unwrap(),
        PutPressAct::Taken,
        "one notice a call"
    );
    for (item, call, number, bytes, put) in [
        (4, 1, 0, b"draft".as_slice(), PutPressAct::New),
        (4, 1, 2, b"gap", PutPressAct::Taken),
        (4, 1, 1, b"approve", PutPressAct::New),
        (5, 1, 0, b"another", PutPressAct::New),
        (6, 1, 1, b"of nothing", PutPressAct::Taken),
    ] {
        let act = act(item, PressKind::Readout, call, number, bytes);
        assert_eq!(store.put_press_act(&act).await.unwrap(), put, "{item} {number}");
    }
    let large = vec![0; PRESS_ACT_BYTES_MAX + 1];
    for (number, bytes) in [(2, large.as_slice()), (2, b""), (PRESS_ACTS_MAX, b"late")] {
        let act = act(4, PressKind::Readout, 1, number, bytes);
        assert!(matches!(
            store.put_press_act(&act).await,
            Err(StoreError::OutOfBounds(_))
        ));
    }
    // Two desks at the same moment: one of them has the place.
    let (left, right) = (
        act(4, PressKind::Readout, 1, 2, b"left"),
        act(4, PressKind::Readout, 1, 2, b"right"),
    );
    let (left, right) = tokio::join!(store.put_press_act(&left), store.put_press_act(&right));
    let puts = [left.unwrap(), right.unwrap()];
    assert!(
        puts.contains(&PutPressAct::New) && puts.contains(&PutPressAct::Taken),
        "{puts:?}"
    );
    store.close().await;

    let store = place.open().await;
    let items = store.press_items().await.unwrap();
    let held: Vec<_> = items
        .iter()
        .map(|item| (item.item[0], item.kind, item.chain, item.acts.len()))
        .collect();
    let (notice, readout) = (PressKind::Notice, PressKind::Readout);
    assert_eq!(
        held,
        [(2, notice, id(1), 1), (4, readout, id(1), 3), (5, readout, id(1), 1)]
    );
    assert_eq!(items[1].acts[..2], [b"draft".to_vec(), b"approve".to_vec()]);
    store.close().await;
}
