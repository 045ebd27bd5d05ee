//! The public port by itself: how often, how slowly and how many at once.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tower::ServiceExt as _;

use super::*;
use crate::config::{Clips, Http, Link, Media, Ring, Seats, Tls};
use crate::http::{Door, Limits, Peer, Stop, Stopper};

/// Longest time that anything here may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(20);

const HASH: [u8; 32] = [0xab; 32];

fn config() -> Config {
    let listen: SocketAddr = "127.0.0.1:0".parse().unwrap();
    Config {
        name: "Washington".to_owned(),
        place: "Washington".to_owned(),
        zone: "America/New_York".to_owned(),
        http: Http {
            listen,
            public: None,
            tls: Tls::Off,
        },
        media: Media {
            listen,
            addresses: Vec::new(),
        },
        link: Link {
            listen,
            addresses: Vec::new(),
        },
        ring: Ring::default(),
        seats: Seats::default(),
        clips: Clips::default(),
        press: None,
    }
}

async fn press(dir: &Path, clock: &Clock) -> Press {
    let store = Store::open(&dir.join("visavis.db")).await.unwrap();
    let url = Some("https://press.example".to_owned());
    Press::open(&config(), [1; 32], store, clock.clone(), url)
        .await
        .unwrap()
}

/// A released film of so many bytes.
fn release(press: &Press, dir: &Path, bytes: usize) -> String {
    let path = dir.join("clip.mp4");
    std::fs::write(&path, vec![7; bytes]).unwrap();
    let view = press::ClipView {
        call: "a".repeat(64),
        sha256: press::Sha256Hex::of(HASH),
        file: "opening.mp4".to_owned(),
        bytes: bytes as u64,
        seconds: 60,
        poster: false,
        sides: Vec::new(),
        signed_by: "Washington".to_owned(),
        released: 0,
        embargo: None,
        corrects: false,
    };
    let poster = None;
    press.set_clips(vec![Released { view, path, poster }]);
    format!("/clip/{}.mp4", hex::encode(HASH))
}

/// The port, with bounds that a test can wait for.
async fn open(press: Press, change: impl FnOnce(&mut Limits)) -> (SocketAddr, Stopper) {
    let listen = "127.0.0.1:0".parse().unwrap();
    let mut bounds = Limits {
        head: Duration::from_secs(2),
        stalled: Duration::from_secs(2),
        ..limits(listen)
    };
    change(&mut bounds);
    let door = Door::open(listen, None, bounds).await.unwrap();
    let address = door.address().unwrap();
    let (stopper, stop) = Stop::pair();
    let router = router(press, Clock::system(), false, &bounds);
    tokio::spawn(door.serve(router, stop));
    (address, stopper)
}

async fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut heard = Vec::new();
    // A reset ends it as well.
    let all = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut heard));
    let _ = all.await.expect("ended in time");
    heard
}

async fn ask(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    String::from_utf8_lossy(&read_all(&mut stream).await).into_owned()
}

#[tokio::test]
async fn one_address_has_a_pace_and_the_proxy_of_this_machine_none() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::by_hand(1_640_896_500_000);
    let router = router(
        press(dir.path(), &clock).await,
        clock.clone(),
        false,
        &Limits::default(),
    );
    let ask = async |peer: &str, path: &str| {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        router.clone().oneshot(request).await.unwrap()
    };
    for n in 0..200 {
        let path = if n % 2 == 0 { "/en/" } else { "/nothing" };
        let answer = ask("192.0.2.1:1", path).await;
        assert_ne!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "{n}");
    }
    for path in ["/en/", "/nothing", "/clip/x.mp4"] {
        let held_back = ask("192.0.2.1:2", path).await;
        assert_eq!(held_back.status(), StatusCode::TOO_MANY_REQUESTS, "{path}");
        assert!(held_back.headers().contains_key(header::RETRY_AFTER));
        assert!(held_back.headers().contains_key(header::CONTENT_SECURITY_POLICY));
    }
    assert_eq!(ask("192.0.2.2:1", "/en/").await.status(), StatusCode::OK);
    for _ in 0..300 {
        assert_eq!(ask("127.0.0.1:1", "/en/").await.status(), StatusCode::OK);
    }
    clock.advance(1_000);
    for n in 0..20 {
        assert_eq!(ask("192.0.2.1:3", "/en/").await.status(), StatusCode::OK, "{n}");
    }
    assert_eq!(ask("192.0.2.1:3", "/en/").await.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_slow_are_sent_away_while_others_are_served() {
    let dir = tempfile::tempdir().unwrap();
    let press = press(dir.path(), &Clock::system()).await;
    // More than the buffers of both ends take.
    let film = release(&press, dir.path(), 64 << 20);
    let (address, _stopper) = open(press, |_| ()).await;

    let silent = tokio::spawn(async move { read_all(&mut TcpStream::connect(address).await.unwrap()).await });
    let dripping = tokio::spawn(async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /en/ HTTP/1.1\r\nhost: x\r\n").await.unwrap();
        let start = Instant::now();
        while stream.write_all(b"x: y\r\n").await.is_ok() && start.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        start.elapsed()
    });
    let mut taker = TcpStream::connect(address).await.unwrap();
    let head = format!("GET {film} HTTP/1.1\r\nhost: x\r\n\r\n");
    taker.write_all(head.as_bytes()).await.unwrap();

    assert!(ask(address, "/en/").await.starts_with("HTTP/1.1 200"));
    assert!(dripping.await.unwrap() < PATIENCE);
    silent.await.unwrap();
    // Whoever takes nothing of a film is cut off in the middle of it; until then others have it whole.
    assert!(ask(address, &film).await.len() > 64 << 20);
    let heard = read_all(&mut taker).await;
    assert!(
        heard.starts_with(b"HTTP/1.1 200") && heard.len() < 64 << 20,
        "{}",
        heard.len()
    );
}

#[tokio::test]
async fn places_are_counted_and_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let press = press(dir.path(), &Clock::system()).await;
    let (address, _stopper) = open(press, |limits| {
        (limits.connections, limits.connections_per_address) = (4, 4);
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(TcpStream::connect(address).await.unwrap());
    }
    let mut fifth = TcpStream::connect(address).await.unwrap();
    assert_eq!(read_all(&mut fifth).await, b"");
    drop(held);
    let start = Instant::now();
    while !ask(address, "/en/").await.starts_with("HTTP/1.1 200") {
        assert!(start.elapsed() < PATIENCE, "places were not given back");
    }
}

#[tokio::test]
async fn a_damaged_act_takes_its_item_off_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("visavis.db")).await.unwrap();
    let facts = press::Facts {
        ours: press::Party {
            name: "Washington".to_owned(),
            place: "Washington".to_owned(),
            zone: "America/New_York".to_owned(),
        },
        far: press::Party {
            name: "Moscow".to_owned(),
            place: "Moscow".to_owned(),
            zone: "Europe/Moscow".to_owned(),
        },
        medium: press::Medium::Picture,
        asked: None,
        topics: Vec::new(),
        planned: None,
        took: Some(press::Took::Times {
            begun: 0,
            ended: Some(60_000),
        }),
        minutes: Some(1),
    };
    let by = press::Mark {
        seat: "one".to_owned(),
        name: "One".to_owned(),
        key: String::new(),
        at: 1,
    };
    let kind = press::NoticeKind::Held;
    let said = press::Acted {
        by,
        what: press::Act::State { kind, facts },
    };
    let (good, taken_off) = (said.to_bytes(), b"what took it off, once".to_vec());
    for (item, acts) in [(1_u8, vec![&good]), (2, vec![&good, &taken_off])] {
        for (number, bytes) in acts.into_iter().enumerate() {
            let act = store::NewPressAct {
                item: [item; 16],
                kind: store::PressKind::Notice,
                chain: store::Id([item; 32]),
                number: u32::try_from(number).unwrap(),
                bytes,
                now_ms: 1,
            };
            assert_eq!(store.put_press_act(&act).await.unwrap(), store::PutPressAct::New);
        }
    }
    let press = Press::open(&config(), [1; 32], store, Clock::system(), None)
        .await
        .unwrap();
    let ids: Vec<_> = press.edition().notices.iter().map(|(_, notice)| notice.id).collect();
    assert_eq!(ids, [press::Id([1; 16])]);
}
