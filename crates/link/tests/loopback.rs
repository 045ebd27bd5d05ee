//! Two real endpoints over real UDP on loopback: the honest ways of a line.
// These tests run in real time.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod common;

use std::time::Duration;

use bytes::Bytes;
use call::Hash;
use common::{CALL, PATIENCE, Store, Who, down, endpoint, line, line_of, loopback, next, up};
use link::{Command, DownReason, Event, Kind, MediaPacket, Signal};
use tokio::time::timeout;

const A: Who = Who(1);
const B: Who = Who(2);

fn sound(track: u16, sequence: u64) -> MediaPacket {
    MediaPacket {
        track,
        kind: Kind::Sound,
        sequence,
        timestamp: (sequence as u32).wrapping_mul(960),
        marker: false,
        layer: 0,
        payload: Bytes::from(vec![sequence as u8; 80]),
    }
}

#[tokio::test]
async fn statements_signals_and_media_pass_both_ways() {
    let (a, b) = (endpoint(A, 1, loopback()), endpoint(B, 1, loopback()));
    let mut line_a = line(&a, B, Some(b.local_addr().unwrap()));
    let mut line_b = line(&b, A, None);
    let (mut at_a, mut at_b) = (Store::default(), Store::default());
    at_a.say(CALL, A.side(), A.statement(1, 100));
    at_b.say(CALL, B.side(), B.statement(1, 16_000));

    tokio::join!(
        at_a.serve(&mut line_a, |store| store.levels == 1
            && store.count(CALL, B.side()) == 1),
        at_b.serve(&mut line_b, |store| store.levels == 1
            && store.count(CALL, A.side()) == 1),
    );
    let said = at_a.say(CALL, A.side(), A.statement(2, 100));
    line_a.handle.command(said).await.unwrap();
    at_b.serve(&mut line_b, |store| store.count(CALL, A.side()) == 2).await;
    at_a.serve(&mut line_a, |store| store.held.get(&(CALL, A.side())) == Some(&2))
        .await;
    assert_eq!(at_a.chains, at_b.chains);

    let large = Signal {
        call: Hash([7; 32]),
        payload: vec![9; 256 * 1024].into(),
    };
    let small = Signal {
        call: Hash([0; 32]),
        payload: Bytes::from_static(b"present"),
    };
    for signal in [large.clone(), small.clone()] {
        line_b.handle.command(Command::Signal(signal)).await.unwrap();
    }
    at_a.serve(&mut line_a, |store| store.signals.len() == 2).await;
    assert_eq!(at_a.signals, [large, small]);

    let picture = MediaPacket {
        kind: Kind::Picture,
        payload: vec![5; 1400].into(),
        marker: true,
        layer: 2,
        ..sound(9, 4)
    };
    assert!(line_a.handle.media(sound(3, 70_000)));
    assert!(line_a.handle.media(picture.clone()));
    let mut came = Vec::new();
    for _ in 0..2 {
        came.push(timeout(PATIENCE, line_b.media.recv()).await.unwrap().unwrap());
    }
    came.sort_by_key(|packet| packet.track);
    assert_eq!(came, [sound(3, 70_000), picture]);
    assert!(line_a.handle.rate() > 100);
    a.close().await;
    assert_eq!(down(&mut line_b).await, DownReason::FarStopped);
    assert_eq!(line_b.handle.rate(), 0);
}

#[tokio::test]
async fn nothing_passes_until_both_have_confirmed() {
    let (a, b) = (endpoint(A, 1, loopback()), endpoint(B, 1, loopback()));
    let mut line_a = line_of(&a, B, Some(b.local_addr().unwrap()), true);
    let mut line_b = line_of(&b, A, None, false);
    assert!(!up(&mut line_a).await.confirmed);
    assert!(up(&mut line_b).await.confirmed);
    // Before that, everything is dropped on the way out; what a dishonest node sends is refused (see `hostile`).
    line_a
        .handle
        .command(Command::Signal(Signal {
            call: CALL.into(),
            payload: Bytes::new(),
        }))
        .await
        .unwrap();
    line_a.handle.media(sound(1, 1));
    line_b.handle.command(Command::Confirm(true)).await.unwrap();
    assert_eq!(next(&mut line_b).await, Event::HeadsWanted);
    assert_eq!(next(&mut line_a).await, Event::FarConfirmed);
    assert_eq!(next(&mut line_a).await, Event::HeadsWanted);
    assert!(line_b.media.try_recv().is_err());

    line_a.handle.command(Command::Confirm(false)).await.unwrap();
    assert_eq!(down(&mut line_a).await, DownReason::Unconfirmed);
    assert!(up(&mut line_a).await.confirmed);
    assert!(!up(&mut line_b).await.confirmed);
}

#[tokio::test]
async fn both_dial_at_once_and_one_connection_stays() {
    for start in 1..=5 {
        // Both ports are known before either line exists, so both dial in the same instant.
        let (a, b) = (endpoint(A, start, loopback()), endpoint(B, start, loopback()));
        let (at_a, at_b) = (a.local_addr().unwrap(), b.local_addr().unwrap());
        let mut line_a = line(&a, B, Some(at_b));
        let mut line_b = line(&b, A, Some(at_a));
        let (mut store_a, mut store_b) = (Store::default(), Store::default());
        tokio::join!(
            store_a.serve(&mut line_a, |store| store.levels > 0),
            store_b.serve(&mut line_b, |store| store.levels > 0),
        );
        let said = store_a.say(CALL, A.side(), A.statement(1, 10));
        line_a.handle.command(said).await.unwrap();
        let said = store_b.say(CALL, B.side(), B.statement(1, 10));
        line_b.handle.command(said).await.unwrap();
        tokio::join!(
            store_a.serve(&mut line_a, |store| store.held.len() == 1 && store.chains.len() == 2),
            store_b.serve(&mut line_b, |store| store.held.len() == 1 && store.chains.len() == 2),
        );
        let downs = store_a.downs.iter().chain(&store_b.downs);
        assert!(
            downs.into_iter().all(|reason| *reason == DownReason::Replaced),
            "start {start}"
        );
        // The one that stays is the one that the smaller side dialled, or the other never came to be.
        let ports = (line_a.stats.borrow().address, line_b.stats.borrow().address);
        assert_eq!(ports, (Some(at_b), Some(at_a)));
    }
}

/// A node in a runtime of its own, so that it can die without a word.
struct Process {
    runtime: tokio::runtime::Runtime,
    endpoint: link::Endpoint,
    line: link::Line,
}

impl Process {
    fn start(start: u8, listen: std::net::SocketAddr, far: std::net::SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let guard = runtime.enter();
        let endpoint = endpoint(A, start, listen);
        let line = line(&endpoint, B, Some(far));
        drop(guard);
        Self {
            runtime,
            endpoint,
            line,
        }
    }

    /// As if killed: all tasks stop where they are and the socket closes; nothing is sent.
    fn kill(self) {
        self.runtime.shutdown_background();
        drop((self.endpoint, self.line));
    }
}

#[tokio::test]
async fn a_killed_node_comes_back_and_nothing_is_lost() {
    let b = endpoint(B, 1, loopback());
    let address_b = b.local_addr().unwrap();
    let mut line_b = line(&b, A, None);
    let (mut at_a, mut at_b) = (Store::default(), Store::default());
    let mut a = Process::start(1, loopback(), address_b);
    tokio::join!(
        at_a.serve(&mut a.line, |s| s.levels == 1),
        at_b.serve(&mut line_b, |s| s.levels == 1)
    );
    pass_one(&mut a.line, &mut at_a, &mut line_b, &mut at_b).await;
    let port = a.endpoint.local_addr().unwrap();
    a.kill();

    let said = at_b.say(CALL, B.side(), B.statement(2, 10));
    line_b.handle.command(said).await.unwrap();

    // Again on the same port, as a service does.
    let started = std::time::Instant::now();
    let mut a = Process::start(2, bindable(port).await, address_b);
    at_a.levels = 0;
    let before = at_b.opened;
    tokio::join!(
        at_a.serve(&mut a.line, |s| s.levels == 1),
        at_b.serve(&mut line_b, |s| s.opened > before && s.levels > 1),
    );
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(at_a.chains, at_b.chains);
    assert_eq!((at_a.again, at_b.again), (0, 0));
    a.kill();
}

/// Waits until the dead process's socket is gone.
async fn bindable(port: std::net::SocketAddr) -> std::net::SocketAddr {
    while std::net::UdpSocket::bind(port).is_err() {
        tokio::task::yield_now().await;
    }
    port
}

/// One statement, to know that the line carries.
async fn pass_one(line_a: &mut link::Line, at_a: &mut Store, line_b: &mut link::Line, at_b: &mut Store) {
    let said = at_b.say(CALL, B.side(), B.statement(1, 10));
    line_b.handle.command(said).await.unwrap();
    at_a.serve(line_a, |store| store.count(CALL, B.side()) == 1).await;
    at_b.serve(line_b, |store| store.held.get(&(CALL, B.side())) == Some(&1))
        .await;
}
