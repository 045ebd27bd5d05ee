//! The real line through a bad network: an impairing UDP relay on loopback, in real time.
//!
//! The figures of repair are taken in virtual time (`media`); here the same must work through QUIC, its window and
//! pacing included. What was in time is printed and not asserted: on a busy machine it tells of the machine.
// These tests run in real time.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod common;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use common::{CALL, Store, Who, down, endpoint, line, loopback};
use link::{DownReason, Kind, Line, MediaPacket};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

const A: Who = Who(1);
const B: Who = Who(2);
/// Per mille: everything is lost.
const CUT: u32 = 1000;

/// Carries datagrams between whoever sends first and `to`; each waits `delay`, some are lost.
struct Relay {
    at: SocketAddr,
    lost_per_mille: Arc<AtomicU32>,
}

impl Relay {
    async fn start(to: SocketAddr, delay: Duration, seed: u64) -> Self {
        println!("seed {seed}");
        let front = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let back = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        back.connect(to).await.unwrap();
        let lost_per_mille = Arc::new(AtomicU32::new(0));
        let (client_out, client_in) = tokio::sync::watch::channel(None);
        let (there_out, there_in) = mpsc::unbounded_channel();
        let (back_out, back_in) = mpsc::unbounded_channel();
        let at = front.local_addr().unwrap();
        let (socket, lost) = (front.clone(), lost_per_mille.clone());
        tokio::spawn(async move {
            let mut random = StdRng::seed_from_u64(seed);
            let mut buffer = [0; 2000];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                client_out.send_replace(Some(from));
                if random.random_range(0..1000) >= lost.load(Ordering::Relaxed) {
                    let _ = there_out.send((Instant::now() + delay, buffer[..length].to_vec()));
                }
            }
        });
        let (socket, lost) = (back.clone(), lost_per_mille.clone());
        tokio::spawn(async move {
            let mut random = StdRng::seed_from_u64(seed + 1);
            let mut buffer = [0; 2000];
            loop {
                let Ok(length) = socket.recv(&mut buffer).await else {
                    continue;
                };
                if random.random_range(0..1000) >= lost.load(Ordering::Relaxed) {
                    let _ = back_out.send((Instant::now() + delay, buffer[..length].to_vec()));
                }
            }
        });
        tokio::spawn(forward(there_in, back, None));
        tokio::spawn(forward(back_in, front, Some(client_in)));
        Self { at, lost_per_mille }
    }

    fn lose(&self, per_mille: u32) {
        self.lost_per_mille.store(per_mille, Ordering::Relaxed);
    }
}

async fn forward(
    mut queue: mpsc::UnboundedReceiver<(Instant, Vec<u8>)>,
    socket: Arc<UdpSocket>,
    client: Option<tokio::sync::watch::Receiver<Option<SocketAddr>>>,
) {
    while let Some((at, bytes)) = queue.recv().await {
        tokio::time::sleep_until(at.into()).await;
        let to = client.as_ref().and_then(|client| *client.borrow());
        let _ = match to {
            Some(to) => socket.send_to(&bytes, to).await,
            None => socket.send(&bytes).await,
        };
    }
}

async fn open(delay_ms: u64, seed: u64) -> (Relay, [link::Endpoint; 2], [Line; 2], [Store; 2]) {
    let b = endpoint(B, 1, loopback());
    let relay = Relay::start(b.local_addr().unwrap(), Duration::from_millis(delay_ms), seed).await;
    let a = endpoint(A, 1, loopback());
    let mut line_b = line(&b, A, None);
    let mut line_a = line(&a, B, Some(relay.at));
    let (mut at_a, mut at_b) = (Store::default(), Store::default());
    tokio::join!(
        at_a.serve(&mut line_a, |s| s.levels == 1),
        at_b.serve(&mut line_b, |s| s.levels == 1)
    );
    (relay, [a, b], [line_a, line_b], [at_a, at_b])
}

fn picture(track: u16, sequence: u64, marker: bool, bytes: usize) -> MediaPacket {
    MediaPacket {
        track,
        kind: Kind::Picture,
        sequence,
        timestamp: 0,
        marker,
        layer: 0,
        payload: Bytes::from(vec![7; bytes]),
    }
}

/// Frames of four packets, thirty a second, and sound: how many arrive, and how many within 300 ms and a round trip.
async fn send_media(
    line_a: &Line,
    line_b: &mut Line,
    track: u16,
    seconds: u64,
    round_trip: Duration,
) -> (f64, f64, f64) {
    let start = Instant::now();
    let frames = seconds * 30;
    let handle = line_a.handle.clone();
    let sending = tokio::spawn(async move {
        for tick in 0..frames {
            tokio::time::sleep_until((start + Duration::from_micros(tick * 33_333)).into()).await;
            for packet in 0..4 {
                assert!(handle.media(picture(track, tick * 4 + packet, packet == 3, 1100)));
            }
            let sound = MediaPacket {
                kind: Kind::Sound,
                ..picture(track + 1, tick, false, 80)
            };
            assert!(handle.media(sound));
        }
    });
    let mut arrived: BTreeMap<u64, (u64, Duration)> = BTreeMap::new();
    let mut sounds = 0u64;
    let end = start + Duration::from_secs(seconds) + Duration::from_secs(2);
    while let Ok(Some(packet)) = tokio::time::timeout_at(end.into(), line_b.media.recv()).await {
        if packet.kind == Kind::Sound {
            sounds += 1;
            continue;
        }
        let frame = packet.sequence / 4;
        let age = start.elapsed().saturating_sub(Duration::from_micros(frame * 33_333));
        let entry = arrived.entry(frame).or_default();
        *entry = (entry.0 + 1, entry.1.max(age));
    }
    sending.await.unwrap();
    let bound = Duration::from_millis(300) + round_trip;
    let whole = arrived.values().filter(|(count, _)| *count == 4).count() as f64;
    let in_time = arrived
        .values()
        .filter(|(count, age)| *count == 4 && *age <= bound)
        .count() as f64;
    let frames = frames as f64;
    (whole / frames, in_time / frames, sounds as f64 / frames)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_survive_a_fifth_of_everything_being_lost() {
    let (relay, _endpoints, [line_a, mut line_b], _stores) = open(65, 21).await;
    // The rate needs some seconds of traffic to find the path, and the repair some to learn the loss.
    send_media(&line_a, &mut line_b, 2, 3, Duration::from_millis(130)).await;
    relay.lose(200);
    send_media(&line_a, &mut line_b, 4, 2, Duration::from_millis(130)).await;
    let (whole, in_time, sound) = send_media(&line_a, &mut line_b, 6, 8, Duration::from_millis(130)).await;
    let stats = line_a.stats.borrow().clone();
    println!("20 % lost, 130 ms: {whole:.3} of frames whole, {in_time:.3} in time, {sound:.3} of sound; {stats:?}");
    assert!(whole > 0.97, "{whole}");
    assert!(sound > 0.97, "{sound}");
    assert!(
        stats.loss_out.unwrap() > 0.1 && stats.loss_out.unwrap() < 0.3,
        "{stats:?}"
    );
    assert!(stats.rtt_ms.unwrap() > 120.0, "{stats:?}");
    assert!(stats.rate_kbps.unwrap() > 500, "{stats:?}");
}

/// The link is cut for longer than the idle time: both ends know, and are back soon after, with all that was said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_is_known_and_healed() {
    let (relay, _endpoints, [mut line_a, mut line_b], [mut at_a, mut at_b]) = open(10, 22).await;
    relay.lose(CUT);
    for (store, line, who) in [(&mut at_a, &line_a, A), (&mut at_b, &line_b, B)] {
        for number in 1..=50 {
            let said = store.say(CALL, who.side(), who.statement(number, 500));
            line.handle.command(said).await.unwrap();
        }
    }
    let cut = Instant::now();
    let reasons = tokio::join!(down(&mut line_a), down(&mut line_b));
    assert_eq!(reasons, (DownReason::Silent, DownReason::Silent));
    assert!(cut.elapsed() < Duration::from_secs(15), "{:?}", cut.elapsed());
    assert!(!line_a.stats.borrow().up);
    relay.lose(0);
    let healed = Instant::now();
    tokio::join!(
        at_a.serve(&mut line_a, |s| s.levels == 2),
        at_b.serve(&mut line_b, |s| s.levels == 2)
    );
    println!("back {:?} after the cut healed", healed.elapsed());
    assert!(healed.elapsed() < Duration::from_secs(8), "{:?}", healed.elapsed());
    assert_eq!(at_a.chains, at_b.chains);
    assert_eq!((at_a.again, at_b.again), (0, 0));
}

/// A flood of statements beside media: the pictures keep their time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_do_not_hold_up_media() {
    let (_relay, _endpoints, [line_a, mut line_b], [mut at_a, mut at_b]) = open(25, 23).await;
    send_media(&line_a, &mut line_b, 2, 2, Duration::from_millis(50)).await;
    for number in 1..=300 {
        let said = at_a.say(CALL, A.side(), A.statement(number, 8000));
        line_a.handle.command(said).await.unwrap();
    }
    let [handle_a, handle_b] = [line_a.handle.clone(), line_b.handle.clone()];
    let Line {
        handle,
        mut events,
        media,
        stats,
    } = line_b;
    let (_dummy_out, dummy) = mpsc::channel(1);
    let mut media_b = Line {
        handle,
        events: dummy,
        media,
        stats,
    };
    let Line {
        handle,
        events: mut events_a,
        media,
        stats,
    } = line_a;
    let (_dummy_out, dummy) = mpsc::channel(1);
    let media_a = Line {
        handle,
        events: dummy,
        media,
        stats,
    };
    let serve_b = async {
        while at_b.count(CALL, A.side()) < 300 {
            if let Some(command) = at_b.on(events.recv().await.unwrap()) {
                handle_b.command(command).await.unwrap();
            }
        }
    };
    let serve_a = tokio::spawn(async move {
        while let Some(event) = events_a.recv().await {
            if let Some(command) = at_a.on(event) {
                handle_a.command(command).await.unwrap();
            }
        }
    });
    let ((), (whole, in_time, sound)) = tokio::join!(
        serve_b,
        send_media(&media_a, &mut media_b, 4, 4, Duration::from_millis(50))
    );
    println!("beside 2.4 MB of statements: {whole:.3} of frames whole, {in_time:.3} in time, {sound:.3} of sound");
    assert!(whole > 0.97, "{whole}");
    assert!(sound > 0.97, "{sound}");
    serve_a.abort();
}

/// The side with the larger id is through first; when the other's slower connection is greeted too, both ends change
/// over to it, and nothing is lost or doubled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connection_of_the_smaller_side_takes_over() {
    let (small, large) = if A.side() < B.side() { (A, B) } else { (B, A) };
    let (s, l) = (endpoint(small, 1, loopback()), endpoint(large, 1, loopback()));
    let slow = Relay::start(l.local_addr().unwrap(), Duration::from_millis(400), 24).await;
    let mut line_l = line(&l, small, Some(s.local_addr().unwrap()));
    let mut line_s = line(&s, large, Some(slow.at));
    let (mut at_s, mut at_l) = (Store::default(), Store::default());
    for (store, who) in [(&mut at_s, small), (&mut at_l, large)] {
        for number in 1..=20 {
            store.say(CALL, who.side(), who.statement(number, 2000));
        }
    }
    let over = |store: &Store| !store.downs.is_empty() && store.opened > 1 && store.levels > 0;
    tokio::join!(at_s.serve(&mut line_s, over), at_l.serve(&mut line_l, over));
    let downs: Vec<_> = at_s.downs.iter().chain(&at_l.downs).collect();
    assert!(downs.iter().all(|reason| **reason == DownReason::Replaced), "{downs:?}");
    assert_eq!(at_s.chains, at_l.chains);
    assert_eq!((at_s.again, at_l.again), (0, 0));
    assert_eq!(line_s.stats.borrow().address, Some(slow.at));
}
