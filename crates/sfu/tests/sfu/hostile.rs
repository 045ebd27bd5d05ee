//! What strangers and broken participants may do: nothing to anyone else.

use std::net::SocketAddr;
use std::time::Duration;

use rand::Rng;
use sfu::{Dropped, Kind, Route, TrackId};

use crate::world::{Browser, NODE, World};

const VOICE: TrackId = TrackId(1);
const FACE: TrackId = TrackId(2);
const BOTH: [(TrackId, Kind); 2] = [(VOICE, Kind::Sound), (FACE, Kind::Picture)];

/// A speaker and a listener, two seconds into their call.
fn call(seed: u64) -> (World, sfu::ParticipantId, sfu::ParticipantId) {
    let mut world = World::new(seed);
    let speaker = world.client(Browser::Chromium);
    let listener = world.client(Browser::Chromium);
    world.offer(speaker, &BOTH, &[]);
    world.offer(listener, &[], &BOTH);
    for track in [VOICE, FACE] {
        world.sfu.route(
            track,
            Route {
                participants: vec![listener],
                link: None,
            },
            world.now,
        );
    }
    world.run(Duration::from_secs(2));
    assert!(world.at(listener).got.len() > 100);
    (world, speaker, listener)
}

/// The longest silence in the listener's sound over the last stretch.
fn sound_gap(world: &mut World, listener: sfu::ParticipantId, last: Duration) -> Duration {
    let from = world.now - last;
    let now = world.now;
    let mut at: Vec<_> = world
        .at(listener)
        .got
        .iter()
        .filter(|g| g.at >= from && g.payload.len() == 80)
        .map(|g| g.at)
        .collect();
    at.insert(0, from);
    at.push(now);
    at.windows(2).map(|w| w[1] - w[0]).max().unwrap()
}

#[test]
fn ten_thousand_bad_tags_and_the_call_goes_on() {
    let (mut world, speaker, listener) = call(41);
    let from = world.at(speaker).addr;
    for round in 0..100u64 {
        for number in 0..100u64 {
            let mut packet = vec![0x80, 111, 0, number as u8];
            packet.extend((round as u32).to_be_bytes());
            let body: Vec<u8> = (0..90).map(|_| world.rng.random()).collect();
            packet.extend(body);
            let _ = world.inject(from, &packet);
        }
        world.run(Duration::from_millis(20));
    }
    assert!(sound_gap(&mut world, listener, Duration::from_secs(2)) < Duration::from_millis(200));
    assert!(world.disconnected.is_empty() && world.sfu.counters().failed == 0);
}

#[test]
fn rtp_from_a_new_source_teaches_nothing() {
    let (mut world, speaker, listener) = call(42);
    let thief = SocketAddr::from(([192, 0, 2, 66], 6666));
    let before = world.sfu.counters().unknown_source;
    for number in 0..1000u16 {
        let mut packet = vec![0x80, 111];
        packet.extend(number.to_be_bytes());
        packet.extend([7; 100]);
        assert_eq!(world.inject(thief, &packet), Err(Dropped::UnknownSource));
    }
    world.run(Duration::from_secs(2));
    assert_eq!(world.sfu.counters().unknown_source - before, 1000);
    assert!(!world.contacted.contains(&thief), "nothing is ever sent there");
    let ours = [world.at(speaker).addr, world.at(listener).addr];
    assert!(world.contacted.iter().all(|to| ours.contains(to)));
}

#[test]
fn a_racing_client_hello_is_ignored() {
    let (mut world, _, listener) = call(43);
    let racer = SocketAddr::from(([192, 0, 2, 67], 6667));
    let mut hello = vec![22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 1];
    hello.resize(200, 3);
    assert_eq!(world.inject(racer, &hello), Err(Dropped::UnknownSource));
    world.run(Duration::from_secs(1));
    assert!(!world.contacted.contains(&racer));
    assert!(sound_gap(&mut world, listener, Duration::from_secs(1)) < Duration::from_millis(100));
}

#[test]
fn unauthenticated_and_truncated_stun_is_dropped() {
    let (mut world, ..) = call(44);
    let stranger = SocketAddr::from(([192, 0, 2, 68], 6668));
    let mut request = vec![0, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42];
    request.extend([9; 12]);
    request.extend([0, 6, 0, 7]);
    request.extend(b"abc:def\0");
    assert_eq!(world.inject(stranger, &request), Err(Dropped::Unauthenticated));
    for len in 0..request.len() {
        assert!(world.inject(stranger, &request[..len]).is_err(), "{len}");
    }
    world.run(Duration::from_secs(1));
    assert!(!world.contacted.contains(&stranger));
    assert!(world.disconnected.is_empty());
}

#[test]
fn a_forged_request_with_the_right_name_needs_the_password_too() {
    let mut world = World::new(45);
    let listener = world.client(Browser::Chromium);
    let (sdp, _, mids) = world.make_offer(listener, &[], &[(VOICE, Kind::Sound)]);
    let recv = [sfu::Subscribe {
        mid: mids[0],
        track: VOICE,
    }];
    let answer = world.sfu.accept_offer(listener, &sdp, &[], &recv, world.now).unwrap();
    let value = |sdp: &str, name: &str| {
        sdp.lines()
            .find_map(|l| l.strip_prefix(name).map(str::to_owned))
            .unwrap()
    };
    let user = format!("{}:{}", value(&answer.sdp, "a=ice-ufrag:"), value(&sdp, "a=ice-ufrag:"));
    let thief = SocketAddr::from(([192, 0, 2, 69], 6669));
    let mut request = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    request.extend([9; 12]);
    for (kind, body) in [
        (6u16, user.as_bytes()),
        (0x24, &[0, 0, 1, 0]),
        (0x802a, &[1; 8]),
        (8, &[5; 20]),
    ] {
        request.extend(kind.to_be_bytes());
        request.extend((body.len() as u16).to_be_bytes());
        request.extend(body);
        request.resize(request.len().next_multiple_of(4), 0);
    }
    let len = (request.len() - 20) as u16;
    request[2..4].copy_from_slice(&len.to_be_bytes());
    assert!(matches!(
        world.inject(thief, &request),
        Err(Dropped::Unauthenticated | Dropped::Garbage)
    ));
    world.run(Duration::from_secs(1));
    assert!(!world.contacted.contains(&thief));
}

#[test]
fn truncated_and_random_datagrams_from_a_participant_harm_only_itself() {
    let (mut world, speaker, listener) = call(46);
    let villain = world.client(Browser::Chromium);
    world.offer(villain, &[(TrackId(9), Kind::Picture)], &[]);
    world.run(Duration::from_secs(1));
    let from = world.at(villain).addr;
    for round in 0..200 {
        for _ in 0..20 {
            let len = world.rng.random_range(0..200);
            let mut bytes: Vec<u8> = (0..len).map(|_| world.rng.random()).collect();
            if let Some(first) = bytes.first_mut() {
                // RTP, RTCP, DTLS, STUN and the rest in turn.
                *first = [0x80, 0x81, 22, 23, 0, 1, 200, 0x90][round % 8];
            }
            if round % 3 == 0 && bytes.len() > 1 {
                bytes[1] = 200 + (round % 8) as u8;
            }
            let _ = world.inject(from, &bytes);
        }
        world.run(Duration::from_millis(20));
    }
    assert!(sound_gap(&mut world, listener, Duration::from_secs(4)) < Duration::from_millis(200));
    assert!(
        !world
            .disconnected
            .iter()
            .any(|(who, _)| *who == speaker || *who == listener)
    );
}

#[test]
fn candidates_of_an_offer_are_never_contacted() {
    let mut world = World::new(47);
    let listener = world.client(Browser::Chromium);
    let (sdp, _, mids) = world.make_offer(listener, &[], &[(VOICE, Kind::Sound)]);
    let traps = [
        "0.0.0.0",
        "::1",
        "127.0.0.1",
        "169.254.1.1",
        "169.254.169.254",
        "fe80::1",
        "fd00:ec2::254",
        "224.0.0.1",
        "255.255.255.255",
    ];
    let mut trapped = String::new();
    for line in sdp.lines() {
        trapped.push_str(line);
        trapped.push_str("\r\n");
        if line.starts_with("a=mid:") {
            for (at, trap) in traps.iter().enumerate() {
                trapped.push_str(&format!(
                    "a=candidate:{at} 1 udp 2113937151 {trap} 80 typ host generation 0\r\n"
                ));
                trapped.push_str(&format!(
                    "a=candidate:{at} 1 udp 1677729535 {trap} 53 typ srflx raddr 10.0.1.1 rport 9\r\n"
                ));
            }
            trapped.push_str(
                "a=candidate:77 1 udp 2113937151 11111111-2222-3333-4444-555555555555.local 5353 typ host\r\n",
            );
        }
    }
    let recv = [sfu::Subscribe {
        mid: mids[0],
        track: VOICE,
    }];
    world
        .sfu
        .accept_offer(listener, &trapped, &[], &recv, world.now)
        .unwrap();
    world.clients.remove(&listener);
    world.run(Duration::from_secs(40));
    assert!(world.contacted.is_empty(), "{:?}", world.contacted);
}

#[test]
fn strangers_leave_nothing_behind() {
    let (mut world, _, listener) = call(48);
    for port in 1..20_000u16 {
        let from = SocketAddr::from(([198, 51, 100, (port % 250) as u8], port));
        let _ = world.inject(from, &[0x80; 60]);
        let _ = world.inject(from, &[23; 60]);
    }
    let counters = world.sfu.counters();
    assert_eq!(counters.unknown_source, 2 * 19_999);
    world.run(Duration::from_secs(1));
    assert!(sound_gap(&mut world, listener, Duration::from_secs(1)) < Duration::from_millis(100));
    assert_eq!(world.sfu.participants().count(), 2);
}

#[test]
fn oversize_and_foreign_family_are_refused() {
    let mut world = World::new(49);
    assert_eq!(
        world.inject(SocketAddr::from(NODE), &[0x80; 2001]),
        Err(Dropped::Garbage)
    );
    let (from, to) = (
        "[2001:db8::1]:5".parse().unwrap(),
        "[2001:db8::2]:4000".parse().unwrap(),
    );
    assert_eq!(
        world.sfu.handle_datagram(from, to, &[0x80; 100], world.now),
        Err(Dropped::UnknownDestination)
    );
}
