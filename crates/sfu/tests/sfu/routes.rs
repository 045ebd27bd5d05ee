//! Who gets what: routes, kinds of browser, the link, many at once.

use std::time::Duration;

use sfu::{Kind, Output, Packet, Publish, Reason, Route, SOUND_REDUNDANT, Subscribe, TrackError, TrackId};

use crate::world::{Browser, World, picture_payload, sound_payload};

const VOICE: TrackId = TrackId(1);
const FACE: TrackId = TrackId(2);
const FAR_VOICE: TrackId = TrackId(3);
const FAR_FACE: TrackId = TrackId(4);
const BOTH: [(TrackId, Kind); 2] = [(VOICE, Kind::Sound), (FACE, Kind::Picture)];

fn to(participants: &[sfu::ParticipantId]) -> Route {
    Route {
        participants: participants.to_vec(),
        link: None,
    }
}

#[test]
fn nothing_is_forwarded_that_is_not_routed() {
    let mut world = World::new(1);
    let speaker = world.client(Browser::Chromium);
    let (routed, other) = (world.client(Browser::Chromium), world.client(Browser::Chromium));
    world.offer(speaker, &BOTH, &[]);
    world.offer(routed, &[], &BOTH);
    world.offer(other, &[], &BOTH);
    world.run(Duration::from_secs(2));
    assert_eq!(world.connected.len(), 3);
    assert!(
        world.clients.values().all(|c| c.got.is_empty()) && world.link.is_empty(),
        "no route, no packet"
    );

    world.sfu.route(VOICE, to(&[routed]), world.now);
    world.sfu.route(FACE, to(&[routed]), world.now);
    world.run(Duration::from_secs(2));
    assert!(world.at(routed).got.len() > 200, "{}", world.at(routed).got.len());
    assert!(world.at(other).got.is_empty());

    world.sfu.route(VOICE, Route::default(), world.now);
    world.sfu.route(FACE, Route::default(), world.now);
    world.run(Duration::from_millis(100));
    let before = world.at(routed).got.len();
    world.run(Duration::from_secs(1));
    assert_eq!(
        world.at(routed).got.len(),
        before,
        "a route taken away stops the packets at once"
    );
}

#[test]
fn redundant_sound_reaches_those_who_take_it_and_the_link_marked_as_such() {
    let mut world = World::new(69);
    let speaker = world.client(Browser::Redundant);
    let (takes, takes_not) = (world.client(Browser::Redundant), world.client(Browser::Firefox));
    world.offer(speaker, &BOTH, &[]);
    let mids = world.offer(takes, &[], &BOTH);
    world.offer(takes_not, &[], &BOTH[..1]);
    let route = Route {
        link: Some(2),
        ..to(&[takes, takes_not])
    };
    world.sfu.route(VOICE, route, world.now);
    world.run(Duration::from_secs(3));
    let sound = world.at(takes).got_on(mids[0]);
    assert!(sound.len() > 120, "{}", sound.len());
    for got in sound {
        assert_eq!(*got.pt, 63);
        let number = u64::from_be_bytes(got.payload[72..].try_into().unwrap());
        assert_eq!(got.payload, sound_payload(number));
    }
    assert!(world.at(takes_not).got.is_empty(), "it could not make sense of it");
    assert!(world.link.len() > 120 && world.link.iter().all(|(_, packet)| packet.layer == SOUND_REDUNDANT));
}

#[test]
fn payloads_pass_untouched_between_browsers_with_other_payload_types() {
    let mut world = World::new(2);
    let speaker = world.client(Browser::Firefox);
    let listener = world.client(Browser::Chromium);
    world.offer(speaker, &BOTH, &[]);
    let mids = world.offer(listener, &[], &BOTH);
    for track in [VOICE, FACE] {
        world.sfu.route(track, to(&[listener]), world.now);
    }
    world.run(Duration::from_secs(3));
    let client = world.at(listener);
    let sound = client.got_on(mids[0]);
    assert!(sound.len() > 120, "{}", sound.len());
    for got in &sound {
        assert_eq!(*got.pt, 111);
        let number = u64::from_be_bytes(got.payload[72..].try_into().unwrap());
        assert_eq!(got.payload, sound_payload(number));
    }
    let picture = client.got_on(mids[1]);
    assert!(picture.len() > 300, "{}", picture.len());
    assert!(picture.iter().all(|got| *got.pt == 98));
    let mut frame_parts = std::collections::BTreeMap::<u32, Vec<&crate::world::Got>>::new();
    for got in &picture {
        frame_parts.entry(got.timestamp).or_default().push(got);
    }
    for parts in frame_parts.values_mut() {
        parts.sort_by_key(|g| g.sequence);
        let frame = u64::from(parts[0].payload[2]) | u64::from(parts[0].payload[1] & 0x7f) << 8;
        let key = parts[0].payload[0] & 0x40 == 0;
        for (part, got) in parts.iter().enumerate() {
            assert_eq!(
                got.payload,
                picture_payload(frame, key, part, if key { 12 } else { 4 }),
                "frame {frame} part {part}"
            );
        }
    }
}

#[test]
fn a_joiner_costs_one_key_frame_however_many_join() {
    let mut world = World::new(3);
    let speaker = world.client(Browser::Chromium);
    world.offer(speaker, &BOTH, &[]);
    world.run(Duration::from_secs(2));
    let listeners: Vec<_> = (0..6).map(|_| world.client(Browser::Chromium)).collect();
    world.sfu.route(FACE, to(&listeners), world.now);
    for listener in &listeners {
        world.offer(*listener, &[], &[(FACE, Kind::Picture)]);
    }
    let asked = world.at(speaker).key_requests;
    world.run(Duration::from_secs(3));
    let asked = world.at(speaker).key_requests - asked;
    assert!((1..=2).contains(&asked), "six joiners at once: {asked} requests");
    for listener in listeners {
        let first = world.at(listener).got.first().unwrap();
        assert_eq!(first.payload[0] & 0x48, 0x08, "the first packet begins a key frame");
    }
}

#[test]
fn requests_of_many_receivers_become_one() {
    let mut world = World::new(4);
    let speaker = world.client(Browser::Chromium);
    world.offer(speaker, &[(FACE, Kind::Picture)], &[]);
    let listeners: Vec<_> = (0..5).map(|_| world.client(Browser::Chromium)).collect();
    let mut mids = Vec::new();
    for listener in &listeners {
        mids.push(world.offer(*listener, &[], &[(FACE, Kind::Picture)])[0]);
    }
    world.sfu.route(FACE, to(&listeners), world.now);
    world.run(Duration::from_secs(3));
    let before = world.at(speaker).key_requests;
    for (listener, mid) in listeners.iter().zip(&mids) {
        world.at(*listener).ask_key_frame(*mid);
    }
    world.run(Duration::from_secs(2));
    assert_eq!(world.at(speaker).key_requests - before, 1);
}

#[test]
fn the_link_carries_local_tracks_out_and_remote_tracks_in() {
    let mut world = World::new(5);
    let near = world.client(Browser::Chromium);
    let mids = world.offer(near, &BOTH, &[(FAR_VOICE, Kind::Sound), (FAR_FACE, Kind::Picture)]);
    for track in [VOICE, FACE] {
        world.sfu.route(
            track,
            Route {
                participants: vec![],
                link: Some(2),
            },
            world.now,
        );
    }
    world.sfu.add_remote_track(FAR_VOICE, Kind::Sound, world.now).unwrap();
    world.sfu.add_remote_track(FAR_FACE, Kind::Picture, world.now).unwrap();
    assert_eq!(
        world.sfu.add_remote_track(FAR_FACE, Kind::Picture, world.now),
        Err(TrackError::Taken)
    );
    for track in [FAR_VOICE, FAR_FACE] {
        world.sfu.route(track, to(&[near]), world.now);
    }
    world.run(Duration::from_secs(2));
    assert!(
        world.key_requests.contains(&FAR_FACE),
        "the subscriber needs a key frame from over there"
    );

    // What went out of one node comes in at the other: here the same one, under other track ids.
    let out = std::mem::take(&mut world.link);
    assert!(out.iter().filter(|(track, _)| *track == VOICE).count() > 60);
    let numbers: Vec<u64> = out
        .iter()
        .filter(|(track, _)| *track == FACE)
        .map(|(_, p)| p.sequence)
        .collect();
    assert!(numbers.windows(2).all(|w| w[1] == w[0] + 1), "contiguous on the link");
    for (track, packet) in out {
        let there = if track == VOICE { FAR_VOICE } else { FAR_FACE };
        world.sfu.handle_packet(there, packet.clone(), world.now).unwrap();
        world.sfu.handle_packet(there, packet, world.now).unwrap();
        world.run(Duration::from_millis(2));
    }
    world.run(Duration::from_secs(1));
    let (sound, picture) = (
        world.at(near).got_on(mids[2]).len(),
        world.at(near).got_on(mids[3]).len(),
    );
    assert!(sound > 60 && picture > 200, "{sound} {picture}");
    let mut seen: Vec<u64> = world.at(near).got_on(mids[2]).iter().map(|g| g.sequence).collect();
    seen.dedup();
    assert_eq!(seen.len(), sound, "copies from the link are passed on once");
}

#[test]
fn numbers_on_the_link_go_on_when_a_track_leaves_again() {
    let mut world = World::new(71);
    let near = world.client(Browser::Chromium);
    world.offer(near, &BOTH, &[]);
    let out = Route {
        participants: vec![],
        link: Some(2),
    };
    for _ in 0..2 {
        for track in [VOICE, FACE] {
            world.sfu.route(track, out.clone(), world.now);
        }
        world.run(Duration::from_secs(2));
        for track in [VOICE, FACE] {
            world.sfu.route(track, Route::default(), world.now);
        }
        world.run(Duration::from_secs(1));
    }
    for track in [VOICE, FACE] {
        let numbers: Vec<u64> = world
            .link
            .iter()
            .filter(|(known, _)| *known == track)
            .map(|(_, packet)| packet.sequence)
            .collect();
        assert!(numbers.len() > 120, "{} of {track:?}", numbers.len());
        assert!(
            numbers.windows(2).all(|w| w[1] > w[0]),
            "the far node takes no new packet of {track:?} for an old one"
        );
    }
}

#[test]
fn a_request_from_the_far_side_reaches_the_publisher() {
    let mut world = World::new(6);
    let near = world.client(Browser::Chromium);
    world.offer(near, &BOTH, &[]);
    world.sfu.route(
        FACE,
        Route {
            participants: vec![],
            link: Some(2),
        },
        world.now,
    );
    world.run(Duration::from_secs(3));
    let before = world.at(near).key_requests;
    for _ in 0..20 {
        world.sfu.request_key_frame(FACE, world.now);
    }
    world.run(Duration::from_secs(1));
    assert_eq!(world.at(near).key_requests - before, 1);
}

#[test]
fn wrong_packets_from_the_link_are_refused() {
    let mut world = World::new(7);
    let packet = |kind, payload: &[u8]| Packet {
        kind,
        sequence: 1,
        timestamp: 1,
        marker: false,
        layer: 0,
        payload: payload.into(),
    };
    let now = world.now;
    assert_eq!(
        world.sfu.handle_packet(FAR_FACE, packet(Kind::Picture, &[8, 1]), now),
        Err(sfu::Dropped::UnknownTrack)
    );
    world.sfu.add_remote_track(FAR_FACE, Kind::Picture, now).unwrap();
    for bad in [
        packet(Kind::Sound, &[8, 1]),
        packet(Kind::Picture, &[]),
        packet(Kind::Picture, &[0x80]),
        packet(Kind::Picture, &[8; 1401]),
    ] {
        assert_eq!(
            world.sfu.handle_packet(FAR_FACE, bad, now),
            Err(sfu::Dropped::MalformedPacket)
        );
    }
    assert_eq!(
        world.sfu.handle_packet(FAR_FACE, packet(Kind::Picture, &[8, 1]), now),
        Ok(())
    );
}

#[test]
fn a_reloaded_page_takes_its_place_and_the_far_side_sees_one_stream() {
    let mut world = World::new(8);
    let near = world.client(Browser::Chromium);
    world.offer(near, &BOTH, &[]);
    world.sfu.route(
        FACE,
        Route {
            participants: vec![],
            link: Some(2),
        },
        world.now,
    );
    world.run(Duration::from_secs(2));
    let (sdp, _, mids) = {
        // The page starts over: new connection, new keys, same seat and tracks.
        let (browser, addr, now) = (world.at(near).browser, world.at(near).addr, world.now);
        world.at(near).rtc = crate::world::new_rtc(browser, addr, now);
        world.at(near).connected = false;
        world.at(near).sources.clear();
        world.make_offer(near, &BOTH, &[])
    };
    let publish = [
        Publish {
            mid: mids[0],
            track: VOICE,
            kind: Kind::Sound,
            redundant: false,
        },
        Publish {
            mid: mids[1],
            track: FACE,
            kind: Kind::Picture,
            redundant: false,
        },
    ];
    assert!(
        world
            .sfu
            .accept_offer(near, &sdp, &publish, &[], world.now)
            .unwrap()
            .fresh
    );
    let browser = world.at(near).browser;
    let addr = world.at(near).addr;
    let now = world.now;
    world.at(near).rtc = crate::world::new_rtc(browser, addr, now);
    let before = world.link.iter().rfind(|(track, _)| *track == FACE).unwrap().1.clone();
    world.offer(near, &BOTH, &[]);
    world.run(Duration::from_secs(2));
    let after: Vec<_> = world
        .link
        .iter()
        .filter(|(track, p)| *track == FACE && p.sequence > before.sequence)
        .collect();
    assert!(after.len() > 100, "{}", after.len());
    assert_eq!(after[0].1.sequence, before.sequence + 1, "numbers go on");
    assert!(
        after[0].1.timestamp.wrapping_sub(before.timestamp) < 90_000 * 3,
        "time goes on"
    );
    assert!(world.disconnected.is_empty());
}

#[test]
fn goodbye_and_silence() {
    let mut world = World::new(9);
    let (leaver, faller, removed) = (
        world.client(Browser::Chromium),
        world.client(Browser::Chromium),
        world.client(Browser::Chromium),
    );
    for client in [leaver, faller, removed] {
        world.offer(client, &[], &BOTH);
    }
    let ghost = world.client(Browser::Chromium);
    let (sdp, ..) = world.make_offer(ghost, &[], &BOTH);
    world.sfu.accept_offer(ghost, &sdp, &[], &[], world.now).unwrap();
    world.clients.remove(&ghost);
    world.run(Duration::from_secs(2));
    assert_eq!(world.connected.len(), 3);

    world.at(leaver).rtc.close().unwrap();
    world.at(leaver).deadline = world.now;
    world.sfu.remove(removed, world.now);
    world.clients.remove(&faller);
    world.run(Duration::from_secs(60));
    assert!(
        world.disconnected.contains(&(leaver, Reason::Closed)),
        "{:?}",
        world.disconnected
    );
    assert!(
        world.disconnected.contains(&(faller, Reason::Silent)),
        "{:?}",
        world.disconnected
    );
    assert!(
        world.disconnected.contains(&(ghost, Reason::NeverConnected)),
        "{:?}",
        world.disconnected
    );
    assert!(!world.disconnected.iter().any(|(who, _)| *who == removed));
    assert!(!world.at(removed).rtc.is_alive(), "the goodbye arrived");
    assert_eq!(world.sfu.participants().count(), 0);
    assert!(
        matches!(world.sfu.poll(world.now), Output::Timeout(None)),
        "an empty house sleeps"
    );
}

#[test]
fn fewer_and_more_sections_later() {
    let mut world = World::new(10);
    let speaker = world.client(Browser::Chromium);
    let listener = world.client(Browser::Chromium);
    world.offer(speaker, &BOTH, &[]);
    let first = world.offer(listener, &[], &[(VOICE, Kind::Sound)]);
    for track in [VOICE, FACE] {
        world.sfu.route(track, to(&[listener]), world.now);
    }
    world.run(Duration::from_secs(2));
    assert!(!world.at(listener).got_on(first[0]).is_empty());

    // More: the picture joins. The sound is asked for again in the same breath.
    let (sdp, pending, mids) = world.make_offer(listener, &[], &[(FACE, Kind::Picture)]);
    let recv = [
        Subscribe {
            mid: first[0],
            track: VOICE,
        },
        Subscribe {
            mid: mids[0],
            track: FACE,
        },
    ];
    let answer = world.sfu.accept_offer(listener, &sdp, &[], &recv, world.now).unwrap();
    assert!(!answer.fresh);
    let answer = str0m::change::SdpAnswer::from_sdp_string(&answer.sdp).unwrap();
    world.at(listener).rtc.sdp_api().accept_answer(pending, answer).unwrap();
    world.run(Duration::from_secs(2));
    assert!(world.at(listener).got_on(mids[0]).len() > 100);

    // Fewer: the sound's section stays in the SDP and is asked for no more.
    let (sdp, ..) = {
        let mut changes = world.at(listener).rtc.sdp_api();
        changes.set_direction(first[0], str0m::media::Direction::Inactive);
        let (offer, pending) = changes.apply().unwrap();
        (offer.to_sdp_string(), pending)
    };
    world
        .sfu
        .accept_offer(
            listener,
            &sdp,
            &[],
            &[Subscribe {
                mid: mids[0],
                track: FACE,
            }],
            world.now,
        )
        .unwrap();
    world.run(Duration::from_millis(100));
    let (sound, picture) = (
        world.at(listener).got_on(first[0]).len(),
        world.at(listener).got_on(mids[0]).len(),
    );
    world.run(Duration::from_secs(1));
    assert_eq!(world.at(listener).got_on(first[0]).len(), sound);
    assert!(world.at(listener).got_on(mids[0]).len() > picture + 50);
}

#[test]
fn twenty_participants_hear_each_other() {
    let mut world = World::new(11);
    let ids: Vec<_> = (0..20).map(|_| world.client(Browser::Chromium)).collect();
    let voice = |at: usize| (TrackId(100 + at as u16), Kind::Sound);
    for (at, id) in ids.iter().enumerate() {
        let others: Vec<_> = (0..20).filter(|other| *other != at).map(voice).collect();
        world.offer(*id, &[voice(at)], &others);
    }
    for at in 0..20 {
        world.sfu.route(voice(at).0, to(&ids), world.now);
    }
    world.run(Duration::from_secs(3));
    for id in &ids {
        assert!(world.at(*id).got.len() > 19 * 80, "{}", world.at(*id).got.len());
    }
    let stats = world.sfu.stats(ids[0], world.now).unwrap();
    assert!(stats.connected && stats.received.len() == 19 && stats.published.len() == 1);
    assert!(stats.published[0].packets > 100 && stats.published[0].rate_kbps > 20);
}
