//! First offers whose terms must be refused.

use super::super::world::World;
use super::{Envelope, cbor, end};
use crate::{Statement, terms};

/// First offers with one thing wrong in their terms.
pub(super) fn offers(case: &mut impl FnMut(&str, Vec<u8>)) {
    let world = World::new(2);
    let mut offer = |name: &str, change: &dyn Fn(&mut terms::Terms)| {
        let mut terms = world.terms(0, None);
        change(&mut terms);
        let mut payload = end();
        payload.fields[1].1 = vec![0xf6];
        payload.fields[3].1 = vec![1];
        payload.fields[4].1 = vec![0xf6];
        payload.fields[5].1 = vec![0x80];
        payload.fields[7].1 = vec![1];
        payload.fields[8].1 = cbor(|out| terms.encode(out));
        if name.is_empty() {
            Statement::parse(&Envelope::new(&payload.bytes()).seal()).unwrap();
        } else {
            case(name, payload.bytes());
        }
    };
    offer("", &|_| {});
    offer("terms: one party", &|terms| terms.parties.truncate(1));
    offer("terms: parties out of order", &|terms| terms.parties.reverse());
    offer("terms: no reason", &|terms| terms.reason.clear());
    offer("terms: no minutes", &|terms| terms.minutes = 0);
    offer("terms: more than a day", &|terms| terms.minutes = 1_441);
    offer("terms: an empty topic", &|terms| terms.topics.push(String::new()));
    offer("terms: 33 topics", &|terms| terms.topics = vec!["x".into(); 33]);
    offer("terms: a topic of 241 bytes", &|terms| {
        terms.topics = vec!["x".repeat(241)]
    });
    offer("terms: roster out of order", &|terms| terms.roster.reverse());
    offer("terms: a person of no party", &|terms| {
        terms.roster[0].side = crate::SideId([1; 32])
    });
    offer("terms: a language twice", &|terms| terms.languages.push("en".into()));
    offer("terms: a language that is no tag", &|terms| {
        terms.languages.push("en ".into())
    });
    offer("terms: a principal who interprets", &|terms| {
        let (from, to) = ("en".into(), "ru".into());
        terms.roster[0].interprets = Some(terms::Interprets { from, to });
    });
    offer("terms: footage of nobody", &|terms| {
        terms.footage.as_mut().unwrap().persons.clear()
    });
    offer("terms: footage of a stranger", &|terms| {
        terms.footage.as_mut().unwrap().persons.push(terms::PersonId(9));
    });
    offer("terms: footage by a stranger", &|terms| {
        terms.footage.as_mut().unwrap().recorders = vec![crate::SideId([1; 32])];
    });
    offer("terms: footage released by nobody", &|terms| {
        terms.footage.as_mut().unwrap().releasers.clear()
    });
    offer("terms: footage released by a stranger", &|terms| {
        terms.footage.as_mut().unwrap().releasers = vec![crate::SideId([1; 32])];
    });
    offer("terms: footage's releasers out of order", &|terms| {
        let sides = [world.sides[1], world.sides[0]];
        terms.footage.as_mut().unwrap().releasers = sides.into();
    });
    offer("terms: an embargo after the year 9999", &|terms| {
        let after = crate::Timestamp(253_402_300_800_000);
        terms.footage.as_mut().unwrap().embargo = terms::Embargo::Until(after);
    });
    offer("terms: over 16 KiB", &|terms| {
        terms.topics = vec!["x".repeat(240); 32];
        terms.roster = (0..64).map(|id| world.person(id, world.sides[0])).collect();
        terms
            .roster
            .iter_mut()
            .for_each(|person| person.title = "x".repeat(110));
    });
}

/// First offers whose last bytes, which say who may release and when, and what may be announced, are wrong.
pub(super) fn tails(case: &mut impl FnMut(&str, Vec<u8>)) {
    let world = World::new(2);
    let mut offer = world.terms(0, None);
    offer.footage.as_mut().unwrap().embargo = terms::Embargo::End;
    let good = cbor(|out| offer.encode(out));
    let mut with = |name: &str, from: &[u8], to: &[u8]| {
        let at = good.windows(from.len()).rposition(|bytes| bytes == from).unwrap();
        let mut payload = end();
        payload.fields[1].1 = vec![0xf6];
        payload.fields[3].1 = vec![1];
        payload.fields[4].1 = vec![0xf6];
        payload.fields[5].1 = vec![0x80];
        payload.fields[7].1 = vec![1];
        payload.fields[8].1 = [&good[..at], to, &good[at + from.len()..]].concat();
        case(name, payload.bytes());
    };
    // Key 6 of footage: a map of two, kind and time.
    let end_of_call = [6, 0xa2, 1, 2, 2, 0xf6];
    with("terms: an unknown embargo", &end_of_call, &[6, 0xa2, 1, 4, 2, 0xf6]);
    with(
        "terms: an embargo to the end with a time",
        &end_of_call,
        &[6, 0xa2, 1, 2, 2, 1],
    );
    with("terms: an embargo to no time", &end_of_call, &[6, 0xa2, 1, 3, 2, 0xf6]);
    with(
        "terms: an embargo without a word on its time",
        &end_of_call,
        &[6, 0xa1, 1, 2],
    );
    // Keys 11 and 12: how interpretation is done, what is announced.
    with("terms: an unknown announcement", &[11, 1, 12, 1], &[11, 1, 12, 4]);
    with("terms: announced by the number 0", &[11, 1, 12, 1], &[11, 1, 12, 0]);
}
