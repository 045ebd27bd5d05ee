//! The control stream's bytes: whatever comes in, nothing panics, and every frame has one spelling.
#![allow(clippy::unwrap_used)]

use call::{CallId, Hash, SideId};
use link::datagram::{Datagram, Entry, Media, Part, Report};
use link::wire::{
    CHAIN_MAX, CallHeads, ChainHead, FRAME_BYTES_MAX, Fault, Found, Frame, HEADS_CALLS_MAX, Hello, Prelude, Reader,
    SIGNAL_CHUNK_MAX, STATEMENT_BYTES_MAX,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn id() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>()
}

fn head() -> impl Strategy<Value = ChainHead> {
    (id(), 0..=CHAIN_MAX, id()).prop_map(|(side, count, newest)| ChainHead {
        side: SideId(side),
        count,
        newest: Hash(newest),
    })
}

fn call_heads() -> impl Strategy<Value = CallHeads> {
    (id(), vec(head(), 0..4)).prop_map(|(call, mut heads)| {
        heads.dedup_by_key(|head| head.side);
        CallHeads {
            call: CallId(call),
            heads,
        }
    })
}

fn frame() -> impl Strategy<Value = Frame> {
    prop_oneof![
        (
            id(),
            any::<[u8; 16]>(),
            "[a-z0-9 .]{0,64}",
            id(),
            any::<i64>(),
            any::<bool>(),
            any::<u16>()
        )
            .prop_map(
                |(side, boot, software, web, utc_ms, confirmed, route)| Frame::Hello(Hello {
                    side: SideId(side),
                    boot,
                    software,
                    web: Hash(web),
                    utc_ms,
                    confirmed,
                    route,
                })
            ),
        (vec(call_heads(), 0..8), any::<bool>()).prop_map(|(calls, last)| Frame::Heads { calls, last }),
        (id(), id(), 1..=CHAIN_MAX, vec(any::<u8>(), 1..2000)).prop_map(|(call, side, number, bytes)| {
            Frame::Statement {
                call: CallId(call),
                side: SideId(side),
                number,
                bytes: bytes.into(),
            }
        }),
        (id(), id(), 0..=CHAIN_MAX).prop_map(|(call, side, count)| Frame::Held {
            call: CallId(call),
            side: SideId(side),
            count
        }),
        Just(Frame::Level),
        Just(Frame::Confirmed),
        (id(), any::<bool>(), vec(any::<u8>(), 0..2000)).prop_map(|(call, last, piece)| Frame::Signal {
            call: Hash(call),
            last,
            piece: piece.into()
        }),
        any::<u32>().prop_map(|id| Frame::Ping { id }),
        (any::<u32>(), any::<i64>()).prop_map(|(id, utc_ms)| Frame::Pong { id, utc_ms }),
    ]
}

fn entry() -> impl Strategy<Value = Entry> {
    let fields = (
        any::<u16>(),
        any::<bool>(),
        any::<bool>(),
        0u8..4,
        any::<bool>(),
        0u8..3,
    );
    (fields, any::<u32>(), any::<u32>(), vec(any::<u8>(), 0..300)).prop_map(
        |((track, picture, marker, layer, copy, part), sequence, timestamp, payload)| Entry {
            track,
            picture,
            marker,
            layer,
            copy,
            part: [Part::Whole, Part::First, Part::Second][usize::from(part)],
            sequence,
            timestamp,
            payload: payload.into(),
        },
    )
}

proptest! {
    #[test]
    fn frames_come_back_whole_however_they_are_cut(frames in vec(frame(), 1..6), cuts in vec(1usize..700, 1..40)) {
        let mut bytes = Prelude::OURS.encode().to_vec();
        for frame in &frames {
            bytes.extend(frame.encode().unwrap());
        }
        let mut reader = Reader::default();
        let mut found = Vec::new();
        let mut rest = bytes.as_slice();
        let mut cuts = cuts.iter().cycle();
        while !rest.is_empty() {
            let (mut now, later) = rest.split_at(rest.len().min(*cuts.next().unwrap()));
            while let Some(item) = reader.read(&mut now).unwrap() {
                found.push(item);
            }
            rest = later;
        }
        let expected: Vec<Found> =
            std::iter::once(Found::Prelude(Prelude::OURS)).chain(frames.into_iter().map(Found::Frame)).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn garbage_is_refused_and_never_panics(bytes in vec(any::<u8>(), 0..600)) {
        if let Ok(frame) = Frame::decode(&bytes) {
            // One spelling: what decodes encodes to the same bytes.
            prop_assert_eq!(&frame.encode().unwrap()[2..], bytes.as_slice());
        }
        let mut reader = Reader::default();
        let mut input = bytes.as_slice();
        while let Ok(Some(_)) = reader.read(&mut input) {}
    }

    #[test]
    fn a_changed_byte_is_another_frame_or_none(frame in frame(), place in any::<proptest::sample::Index>(), bit in 0u8..8) {
        let mut body = frame.encode().unwrap()[2..].to_vec();
        let place = place.index(body.len());
        body[place] ^= 1 << bit;
        if let Ok(other) = Frame::decode(&body) {
            prop_assert_ne!(&other, &frame);
            prop_assert_eq!(&other.encode().unwrap()[2..], body.as_slice());
        }
    }

    #[test]
    fn a_frame_with_more_behind_it_is_refused(frame in frame(), more in vec(any::<u8>(), 1..9)) {
        let mut body = frame.encode().unwrap()[2..].to_vec();
        body.extend(more);
        prop_assert!(Frame::decode(&body).is_err());
    }

    #[test]
    fn media_datagrams_come_back(number in any::<u32>(), sent in any::<u32>(), entries in vec(entry(), 1..17)) {
        let media = Media { number, sent, entries };
        prop_assert_eq!(Datagram::decode(media.encode()), Ok(Datagram::Media(media)));
    }

    #[test]
    fn followers_come_back(first in entry(), steps in vec((0u32..70_000, vec(any::<u8>(), 0..100)), 0..15)) {
        let mut entries = vec![first];
        for (later, payload) in steps {
            let before = entries.last().unwrap().clone();
            entries.push(Entry {
                sequence: before.sequence.wrapping_add(1),
                timestamp: before.timestamp.wrapping_add(later),
                payload: payload.into(),
                ..before
            });
        }
        let media = Media { number: 1, sent: 2, entries };
        prop_assert_eq!(Datagram::decode(media.encode()), Ok(Datagram::Media(media)));
    }

    #[test]
    fn reports_come_back(newest in any::<u32>(), delay in any::<u32>(), held in any::<u16>(), map in vec(any::<u8>(), 0..96)) {
        let report = Report { newest, delay, delay_least: delay, held, received: 7, map };
        prop_assert_eq!(Datagram::decode(report.encode()), Ok(Datagram::Report(report)));
    }

    #[test]
    fn datagram_garbage_never_panics(bytes in vec(any::<u8>(), 0..1500), kind in 0u8..4) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() {
            *first = 0x10 + kind;
        }
        let _ = Datagram::decode(bytes.into());
    }
}

/// Forms that CBOR readers often take and this protocol does not. The frame is Ping { id: 5 }, `82 06 05`.
#[test]
fn sloppy_spellings_are_refused() {
    assert_eq!(Frame::decode(&[0x82, 0x06, 0x05]), Ok(Frame::Ping { id: 5 }));
    let sloppy: [&[u8]; 8] = [
        &[0x82, 0x06, 0x18, 0x05],       // 5 in two bytes
        &[0x82, 0x06, 0x19, 0x00, 0x05], // 5 in three bytes
        &[0x82, 0x18, 0x06, 0x05],       // the frame's number in two bytes
        &[0x9f, 0x06, 0x05, 0xff],       // an array of no stated length
        &[0x98, 0x02, 0x06, 0x05],       // the length in two bytes
        &[0x83, 0x06, 0x05, 0x00],       // a field too many
        &[0x82, 0x06, 0xf9, 0x45, 0x00], // 5.0
        &[0xc1, 0x82, 0x06, 0x05],       // a tag
    ];
    for bytes in sloppy {
        assert_eq!(Frame::decode(bytes), Err(Fault::Garbage), "{bytes:02x?}");
    }
}

#[test]
fn bounds_hold_both_ways() {
    let statement = |number, length: usize| Frame::Statement {
        call: CallId([1; 32]),
        side: SideId([2; 32]),
        number,
        bytes: vec![0; length].into(),
    };
    assert!(statement(CHAIN_MAX, STATEMENT_BYTES_MAX).encode().is_ok());
    assert_eq!(statement(1, STATEMENT_BYTES_MAX + 1).encode(), Err(Fault::Oversize));
    assert_eq!(statement(1, 0).encode(), Err(Fault::Oversize));
    assert_eq!(statement(0, 1).encode(), Err(Fault::TooMany));
    assert_eq!(statement(CHAIN_MAX + 1, 1).encode(), Err(Fault::TooMany));
    let oversize = minicbor::to_vec(statement(1, STATEMENT_BYTES_MAX + 1)).unwrap();
    assert_eq!(Frame::decode(&oversize), Err(Fault::Oversize));
    let signal = Frame::Signal {
        call: Hash([0; 32]),
        last: true,
        piece: vec![0; SIGNAL_CHUNK_MAX + 1].into(),
    };
    assert_eq!(signal.encode(), Err(Fault::Oversize));
    let call = CallHeads {
        call: CallId([0; 32]),
        heads: Vec::new(),
    };
    let heads = Frame::Heads {
        calls: vec![call; HEADS_CALLS_MAX + 1],
        last: true,
    };
    assert_eq!(heads.encode(), Err(Fault::TooMany));
    let head = ChainHead {
        side: SideId([0; 32]),
        count: 1,
        newest: Hash([0; 32]),
    };
    let twice = CallHeads {
        call: CallId([0; 32]),
        heads: vec![head, head],
    };
    assert_eq!(
        Frame::Heads {
            calls: vec![twice],
            last: true
        }
        .encode(),
        Err(Fault::Garbage)
    );
    assert_eq!(Frame::decode(&vec![0; FRAME_BYTES_MAX + 1]), Err(Fault::Oversize));
}

#[test]
fn the_bounds_are_those_of_the_rules() {
    assert_eq!(STATEMENT_BYTES_MAX, call::STATEMENT_BYTES_MAX);
    assert_eq!(CHAIN_MAX, u32::from(call::CHAIN_MAX));
}

#[test]
fn an_announced_oversize_is_refused_before_it_is_read() {
    let mut reader = Reader::default();
    let mut bytes = Prelude::OURS.encode().to_vec();
    bytes.extend_from_slice(&u16::MAX.to_be_bytes());
    let mut input = bytes.as_slice();
    assert!(reader.read(&mut input).unwrap().is_some());
    assert_eq!(reader.read(&mut input), Err(Fault::Oversize));
}

#[test]
fn versions_are_agreed_or_named() {
    let range = |min, max| Prelude { min, max };
    assert_eq!(range(1, 1).agree(range(1, 3)), Ok(1));
    assert_eq!(range(2, 5).agree(range(1, 3)), Ok(3));
    assert_eq!(range(1, 1).agree(range(2, 3)), Err(Fault::Version { min: 2, max: 3 }));
    assert_eq!(range(4, 5).agree(range(2, 3)), Err(Fault::Version { min: 2, max: 3 }));
    assert_eq!(Prelude::decode(*b"VVLK\0\x03\0\x01"), Err(Fault::Garbage));
    assert_eq!(Prelude::decode(*b"HTTP/1.1"), Err(Fault::Garbage));
}
