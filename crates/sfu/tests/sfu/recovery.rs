//! Losses on either side of the node, and what a queue may grow to.

use std::time::Duration;

use sfu::{Kind, Route, TrackId};

use crate::world::{Browser, World};

const FACE: TrackId = TrackId(2);

/// Share of picture packets that arrived of those the publisher sent, after everything came to rest.
fn share_through(up: f64, down: f64, seed: u64) -> f64 {
    let mut world = World::new(seed);
    world.wire.jitter = Duration::from_millis(3);
    let speaker = world.client(Browser::Chromium);
    let listener = world.client(Browser::Chromium);
    world.offer(speaker, &[(FACE, Kind::Picture)], &[]);
    let mid = world.offer(listener, &[], &[(FACE, Kind::Picture)])[0];
    world.sfu.route(
        FACE,
        Route {
            participants: vec![listener],
            link: None,
        },
        world.now,
    );
    world.run(Duration::from_secs(2));
    let first = world.at(speaker).sources[0].sequence;
    let got_before = world.at(listener).got_on(mid).len();
    world.at(speaker).uplink_loss = up;
    world.at(listener).downlink_loss = down;
    world.run(Duration::from_secs(10));
    let last = world.at(speaker).sources[0].sequence;
    world.at(speaker).sources[0].running = false;
    world.run(Duration::from_secs(2));
    let got = world.at(listener).got_on(mid).len() - got_before;
    got as f64 / (last - first) as f64
}

#[test]
fn what_the_publisher_lost_is_asked_for_and_passed_on() {
    let share = share_through(0.10, 0.0, 31);
    assert!(share > 0.99, "{share}");
}

#[test]
fn what_the_receiver_lost_is_sent_again_at_twenty_percent() {
    // The receiver's estimate may drop upper layers under loss; what is sent must arrive.
    let mut world = World::new(32);
    let speaker = world.client(Browser::Chromium);
    let listener = world.client(Browser::Chromium);
    world.offer(speaker, &[(FACE, Kind::Picture)], &[]);
    let mid = world.offer(listener, &[], &[(FACE, Kind::Picture)])[0];
    world.sfu.route(
        FACE,
        Route {
            participants: vec![listener],
            link: None,
        },
        world.now,
    );
    world.run(Duration::from_secs(2));
    world.at(listener).downlink_loss = 0.20;
    world.run(Duration::from_secs(10));
    world.at(speaker).sources[0].running = false;
    world.run(Duration::from_secs(2));
    let mut numbers: Vec<u64> = world.at(listener).got_on(mid).iter().map(|g| g.sequence).collect();
    numbers.sort_unstable();
    let copies = numbers.len();
    numbers.dedup();
    assert_eq!(copies, numbers.len(), "no packet twice");
    let span = numbers[numbers.len() - 1] - numbers[0] + 1;
    let share = numbers.len() as f64 / span as f64;
    assert!(share > 0.985, "{share}");
}

#[test]
fn a_queue_that_cannot_drain_is_bounded_and_the_picture_comes_back() {
    let mut world = World::new(33);
    let speaker = world.client(Browser::Chromium);
    let listener = world.client(Browser::Chromium);
    world.offer(speaker, &[(FACE, Kind::Picture)], &[]);
    let mid = world.offer(listener, &[], &[(FACE, Kind::Picture)])[0];
    world.at(speaker).sources[0].packets_per_frame = 40;
    world.sfu.route(
        FACE,
        Route {
            participants: vec![listener],
            link: None,
        },
        world.now,
    );
    world.run(Duration::from_secs(2));
    let addr = world.at(listener).addr;
    // 10 Mb/s of picture, even its base layer, towards 300 kb/s: nothing but a pause helps.
    world.slow_down(addr, 300_000);
    world.run(Duration::from_secs(15));
    assert!(world.disconnected.is_empty());
    world.slow_down(addr, 50_000_000);
    world.at(speaker).sources[0].packets_per_frame = 4;
    world.run(Duration::from_secs(20));
    let from = world.now - Duration::from_secs(2);
    let late = world.at(listener).got_on(mid).iter().filter(|g| g.at > from).count();
    assert!(late > 60, "{late}");
}
