//! Temporal layers follow the estimate of each receiver; the publisher follows the cap that it is told.

use std::time::Duration;

use sfu::{Kind, Route, TrackId};

use crate::world::{Browser, World, layer_of};

const FACE: TrackId = TrackId(2);

#[test]
fn a_narrow_receiver_gets_fewer_layers_and_the_wide_one_all() {
    let mut world = World::new(21);
    let speaker = world.client(Browser::Chromium);
    let (wide, narrow) = (world.client(Browser::Chromium), world.client(Browser::Chromium));
    world.offer(speaker, &[(FACE, Kind::Picture)], &[]);
    world.offer(wide, &[], &[(FACE, Kind::Picture)]);
    let mid = world.offer(narrow, &[], &[(FACE, Kind::Picture)])[0];
    world.sfu.route(
        FACE,
        Route {
            participants: vec![wide, narrow],
            link: None,
        },
        world.now,
    );
    world.run(Duration::from_secs(3));
    // The full picture takes about 1 Mb/s; the narrow way carries 600 kb/s.
    let full = world.at(wide).got.len();
    assert!(full > 200, "{full}");
    world.wire.rate = Some(20_000_000);
    let slow = world.at(narrow).addr;
    world.slow_down(slow, 600_000);
    world.run(Duration::from_secs(12));
    let from = world.now - Duration::from_secs(4);
    let share = |world: &mut World, id| {
        let got: Vec<_> = world.at(id).got.iter().filter(|g| g.at > from).cloned().collect();
        let upper = got.iter().filter(|g| layer_of(&g.payload) == 2).count();
        (got.len(), upper)
    };
    let (wide_count, wide_upper) = share(&mut world, wide);
    let (narrow_count, narrow_upper) = share(&mut world, narrow);
    assert!(wide_upper * 3 > wide_count, "wide: {wide_upper} of {wide_count}");
    assert!(narrow_count > 60, "the base layer goes on: {narrow_count}");
    assert!(
        narrow_upper * 10 < narrow_count * 4,
        "narrow: {narrow_upper} of {narrow_count}"
    );
    assert!(narrow_count * 10 < wide_count * 8, "{narrow_count} {wide_count}");

    // Dropped layers are hidden: what the narrow receiver saw is contiguous but for what the wire lost.
    let mut numbers: Vec<u64> = world
        .at(narrow)
        .got_on(mid)
        .iter()
        .filter(|g| g.at > from)
        .map(|g| g.sequence)
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let span = numbers[numbers.len() - 1] - numbers[0] + 1;
    assert!(numbers.len() as f64 > span as f64 * 0.9, "{} of {span}", numbers.len());
}

#[test]
fn layers_come_back_when_the_way_widens() {
    let mut world = World::new(22);
    let speaker = world.client(Browser::Chromium);
    let listener = world.client(Browser::Chromium);
    world.offer(speaker, &[(FACE, Kind::Picture)], &[]);
    world.offer(listener, &[], &[(FACE, Kind::Picture)]);
    world.sfu.route(
        FACE,
        Route {
            participants: vec![listener],
            link: None,
        },
        world.now,
    );
    let addr = world.at(listener).addr;
    world.slow_down(addr, 500_000);
    world.run(Duration::from_secs(12));
    world.slow_down(addr, 20_000_000);
    world.run(Duration::from_secs(25));
    let from = world.now - Duration::from_secs(3);
    let upper = world
        .at(listener)
        .got
        .iter()
        .filter(|g| g.at > from && layer_of(&g.payload) == 2)
        .count();
    assert!(upper > 80, "{upper}");
}

#[test]
fn the_link_gets_the_layers_it_asked_for_without_gaps() {
    let mut world = World::new(23);
    let speaker = world.client(Browser::Chromium);
    world.offer(speaker, &[(FACE, Kind::Picture)], &[]);
    world.sfu.route(
        FACE,
        Route {
            participants: vec![],
            link: Some(2),
        },
        world.now,
    );
    world.run(Duration::from_secs(2));
    world.sfu.route(
        FACE,
        Route {
            participants: vec![],
            link: Some(0),
        },
        world.now,
    );
    world.run(Duration::from_millis(200));
    let at = world.link.len();
    world.run(Duration::from_secs(2));
    assert!(world.link[at..].iter().all(|(_, packet)| packet.layer == 0) && world.link.len() > at + 30);
    assert!(world.link.windows(2).all(|w| w[1].1.sequence == w[0].1.sequence + 1));
    world.sfu.route(
        FACE,
        Route {
            participants: vec![],
            link: Some(2),
        },
        world.now,
    );
    world.run(Duration::from_secs(2));
    assert!(world.link.iter().rev().take(60).any(|(_, packet)| packet.layer == 2));
    assert!(world.link.windows(2).all(|w| w[1].1.sequence == w[0].1.sequence + 1));
}

#[test]
fn the_publisher_is_told_its_cap() {
    let mut world = World::new(24);
    let speaker = world.client(Browser::Chromium);
    world.offer(speaker, &[(FACE, Kind::Picture)], &[]);
    world.sfu.set_publish_rate(speaker, 300, world.now);
    world.run(Duration::from_secs(4));
    assert!(
        !world.at(speaker).remb.is_empty(),
        "said even though it was set before the first packet"
    );
    assert!(
        world
            .at(speaker)
            .remb
            .iter()
            .all(|bps| (295_000..=305_000).contains(bps)),
        "{:?}",
        world.at(speaker).remb
    );
    world.sfu.set_publish_rate(speaker, 900, world.now);
    world.run(Duration::from_secs(1));
    assert!(world.at(speaker).remb.last().unwrap().abs_diff(900_000) < 10_000);
}
