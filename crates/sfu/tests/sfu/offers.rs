//! Offers: what is answered, how, and what is refused with which word.

use sfu::{Config, Kind, Mid, OfferError, ParticipantId, Publish, Sfu, Subscribe, TrackId};

use crate::world::{Browser, NODE, World};

const VOICE: TrackId = TrackId(1);
const FACE: TrackId = TrackId(2);
const BOTH: [(TrackId, Kind); 2] = [(VOICE, Kind::Sound), (FACE, Kind::Picture)];

/// An offer of a client that publishes both, and its mids.
fn offer(world: &mut World) -> (ParticipantId, String, Vec<Mid>) {
    let client = world.client(Browser::Chromium);
    let (sdp, _, mids) = world.make_offer(client, &BOTH, &[]);
    (client, sdp, mids)
}

fn publish(mids: &[Mid]) -> [Publish; 2] {
    [
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
    ]
}

#[test]
fn malformed_parameters_are_refused_by_name() {
    let mut world = World::new(61);
    let (client, sdp, mids) = offer(&mut world);
    let cases = [
        (
            "a=fmtp:111 ",
            "a=fmtp:111 minptime=99999999999999999999;x=",
            OfferError::Malformed("fmtp"),
        ),
        ("a=fmtp:111 ", "a=fmtp:111 minptime=0;x=", OfferError::Malformed("fmtp")),
        ("a=fmtp:111 ", "a=fmtp:111 stereo=-1;x=", OfferError::Malformed("fmtp")),
        ("a=fmtp:111 ", "a=fmtp:999 ", OfferError::Malformed("fmtp")),
        ("a=fmtp:99 ", "a=fmtp:99 apt=300;x=", OfferError::Malformed("fmtp")),
        (
            "a=rtcp-mux\r\n",
            "a=rtcp-mux\r\na=ptime:0\r\n",
            OfferError::Malformed("ptime"),
        ),
        (
            "a=rtcp-mux\r\n",
            "a=rtcp-mux\r\na=maxptime:-20\r\n",
            OfferError::Malformed("ptime"),
        ),
        (
            "a=rtcp-mux\r\n",
            "a=rtcp-mux\r\na=ptime:99999999999999999999999\r\n",
            OfferError::Malformed("ptime"),
        ),
        (
            "a=rtpmap:111 opus/48000/2",
            "a=rtpmap:111 opus/4294967299/2",
            OfferError::Malformed("rtpmap"),
        ),
        (
            "a=rtpmap:111 opus/48000/2",
            "a=rtpmap:111 opus/48000/2/3",
            OfferError::Malformed("rtpmap"),
        ),
        ("m=audio 9", "m=audio 99999", OfferError::Malformed("media line")),
        (
            "m=audio 9",
            "m=application 9",
            OfferError::Unsupported("a data channel"),
        ),
        ("m=audio 9", "m=image 9", OfferError::Malformed("media line")),
        (
            "a=rtcp-mux\r\n",
            "a=rtcp-mux\r\na=simulcast:send a;b\r\n",
            OfferError::Unsupported("simulcast"),
        ),
        (
            "a=rtcp-mux\r\n",
            "a=rtcp-mux\r\nnonsense\r\n",
            OfferError::Malformed("line"),
        ),
        ("opus/48000/2", "speex/48000/2", OfferError::NoCodec),
    ];
    for (from, to, error) in cases {
        assert!(sdp.contains(from), "{from}");
        let bad = sdp.replacen(from, to, 1);
        assert_eq!(
            world.sfu.accept_offer(client, &bad, &publish(&mids), &[], world.now),
            Err(error),
            "{to}"
        );
    }
    assert_eq!(world.sfu.participants().count(), 0);
    assert!(
        world
            .sfu
            .accept_offer(client, &sdp, &publish(&mids), &[], world.now)
            .is_ok()
    );
}

#[test]
fn lists_must_fit_the_offer() {
    let mut world = World::new(62);
    let (client, sdp, mids) = offer(&mut world);
    let now = world.now;
    let mut accept =
        |send: &[Publish], recv: &[Subscribe]| world.sfu.accept_offer(client, &sdp, send, recv, now).map(|_| ());
    let [sound, picture] = publish(&mids);
    assert_eq!(
        accept(
            &[Publish {
                mid: Mid::from("none"),
                ..sound
            }],
            &[]
        ),
        Err(OfferError::NoSuchSection)
    );
    assert_eq!(
        accept(
            &[Publish {
                kind: Kind::Picture,
                ..sound
            }],
            &[]
        ),
        Err(OfferError::OtherKind)
    );
    assert_eq!(
        accept(
            &[
                sound,
                Publish {
                    track: VOICE,
                    ..picture
                }
            ],
            &[]
        ),
        Err(OfferError::TrackTaken)
    );
    assert_eq!(
        accept(
            &[],
            &[Subscribe {
                mid: mids[0],
                track: FACE
            }]
        ),
        Err(OfferError::NoSuchSection),
        "the browser only sends there"
    );
    assert_eq!(accept(&[sound, picture], &[]), Ok(()));
    let (other, sdp, mids) = offer(&mut world);
    assert_eq!(
        world.sfu.accept_offer(other, &sdp, &publish(&mids), &[], now),
        Err(OfferError::TrackTaken),
        "another's track"
    );
    world.sfu.add_remote_track(TrackId(7), Kind::Sound, now).unwrap();
    let far = [Publish {
        mid: mids[0],
        track: TrackId(7),
        kind: Kind::Sound,
        redundant: false,
    }];
    assert_eq!(
        world.sfu.accept_offer(other, &sdp, &far, &[], now),
        Err(OfferError::TrackTaken),
        "the link's track"
    );
}

#[test]
fn bounds() {
    let mut world = World::new(63);
    let (client, sdp, mids) = offer(&mut world);
    let now = world.now;
    let long = format!("{sdp}a=x:{}\r\n", "y".repeat(5000));
    assert_eq!(
        world.sfu.accept_offer(client, &long, &publish(&mids), &[], now),
        Err(OfferError::TooLong)
    );
    let huge = format!("{sdp}{}", "a=x:y\r\n".repeat(30_000));
    assert_eq!(
        world.sfu.accept_offer(client, &huge, &publish(&mids), &[], now),
        Err(OfferError::TooLong)
    );
    let section = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:q\r\n";
    let many = format!("{sdp}{}", section.repeat(70));
    assert_eq!(
        world.sfu.accept_offer(client, &many, &publish(&mids), &[], now),
        Err(OfferError::TooManySections)
    );
    for cut in (0..sdp.len()).step_by(7) {
        // Any prefix is answered or refused, never worse.
        let _ = world.sfu.accept_offer(client, &sdp[..cut], &[], &[], now);
    }
    for at in (0..sdp.len()).step_by(3) {
        let mut mangled = sdp.clone().into_bytes();
        mangled[at] = b"\0;:/ 9\n-"[at % 8];
        if let Ok(text) = String::from_utf8(mangled) {
            let _ = world.sfu.accept_offer(client, &text, &[], &[], now);
        }
    }
}

#[test]
fn a_refused_later_offer_leaves_the_connection_alone() {
    let mut world = World::new(64);
    let speaker = world.client(Browser::Chromium);
    let mids = world.offer(speaker, &BOTH, &[]);
    world.sfu.route(
        VOICE,
        sfu::Route {
            participants: vec![],
            link: Some(0),
        },
        world.now,
    );
    world.run(std::time::Duration::from_secs(1));
    let before = world.link.len();
    assert!(before > 10);
    let bad = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ptime:0\r\n";
    assert!(
        world
            .sfu
            .accept_offer(speaker, bad, &publish(&mids), &[], world.now)
            .is_err()
    );
    world.run(std::time::Duration::from_secs(1));
    assert!(world.link.len() > before + 40 && world.disconnected.is_empty());
}

#[test]
fn the_answer_asks_for_constant_sizes_and_hides_levels() {
    let mut world = World::new(65);
    let (client, sdp, mids) = offer(&mut world);
    let answer = world
        .sfu
        .accept_offer(client, &sdp, &publish(&mids), &[], world.now)
        .unwrap();
    let fmtp = answer.sdp.lines().find(|l| l.starts_with("a=fmtp:111")).unwrap();
    assert!(fmtp.contains("cbr=1") && fmtp.contains("usedtx=0"), "{fmtp}");
    assert!(!answer.sdp.contains("ssrc-audio-level"));
    assert!(answer.sdp.contains("a=ice-lite") && answer.sdp.contains("10.0.0.1 4000"));
    assert!(answer.fresh && !answer.redundancy);
}

#[test]
fn a_full_house_says_so() {
    let mut world = World::new(66);
    let (_, sdp, _) = offer(&mut world);
    let mut sfu = Sfu::new(
        Config {
            candidates: vec![NODE.into()],
        },
        world.now,
    );
    for number in 0..sfu::PARTICIPANTS_MAX as u64 {
        sfu.accept_offer(ParticipantId(number), &sdp, &[], &[], world.now)
            .unwrap();
    }
    assert_eq!(
        sfu.accept_offer(ParticipantId(9999), &sdp, &[], &[], world.now),
        Err(OfferError::Full)
    );
    assert!(
        sfu.accept_offer(ParticipantId(3), &sdp, &[], &[], world.now).is_ok(),
        "one that is in may offer again"
    );
}

/// Offers as Chromium 156 and Firefox ESR 153 made them: a terminal that sends, one that receives. Names, keys and
/// addresses in them are replaced.
const SEND: [&str; 2] = [
    include_str!("offers/chromium-send.sdp"),
    include_str!("offers/firefox-send.sdp"),
];
const RECV: [&str; 2] = [
    include_str!("offers/chromium-recv.sdp"),
    include_str!("offers/firefox-recv.sdp"),
];

#[test]
fn offers_of_real_browsers_are_answered() {
    let world = World::new(67);
    for (at, types) in [("98", "111"), ("121", "109")].into_iter().enumerate() {
        let mut sfu = Sfu::new(
            Config {
                candidates: vec![NODE.into()],
            },
            world.now,
        );
        let mids = [Mid::from("0"), Mid::from("1")];
        let sent = sfu
            .accept_offer(ParticipantId(1), SEND[at], &publish(&mids), &[], world.now)
            .unwrap();
        let recv = [
            Subscribe {
                mid: mids[0],
                track: VOICE,
            },
            Subscribe {
                mid: mids[1],
                track: FACE,
            },
        ];
        let received = sfu
            .accept_offer(ParticipantId(2), RECV[at], &[], &recv, world.now)
            .unwrap();
        assert!(sent.sdp.contains("a=recvonly") && received.sdp.contains("a=sendonly"));
        for sdp in [&sent.sdp, &received.sdp] {
            let line = |start: &str| sdp.lines().find(|l| l.starts_with(start)).unwrap();
            let formats = |kind: &str| line(kind).split(' ').skip(3).map(str::to_owned).collect::<Vec<_>>();
            assert!(formats("m=audio").iter().any(|t| t == types.1), "{sdp}");
            // What it may send is Opus alone; what it receives may come with RED where it offers that.
            let red = sdp == &received.sdp && at == 0;
            assert_eq!(formats("m=audio").len(), if red { 2 } else { 1 }, "{sdp}");
            assert_eq!(formats("m=video")[0], types.0);
            assert!(line(&format!("a=fmtp:{}", types.1)).contains("cbr=1"));
            assert!(!sdp.contains("audio-level") && !sdp.contains("VP8") && !sdp.contains("profile-id=2"));
            assert!(sdp.contains("transport-wide-cc") && sdp.contains("goog-remb"));
        }
    }
}

#[test]
fn redundancy_is_taken_where_it_is_offered_and_allowed() {
    let world = World::new(68);
    let mids = [Mid::from("0"), Mid::from("1")];
    for (at, offered) in [true, false].into_iter().enumerate() {
        for allowed in [false, true] {
            let mut sfu = Sfu::new(
                Config {
                    candidates: vec![NODE.into()],
                },
                world.now,
            );
            let mut publish = publish(&mids);
            publish[0].redundant = allowed;
            let answer = sfu
                .accept_offer(ParticipantId(1), SEND[at], &publish, &[], world.now)
                .unwrap();
            assert_eq!(answer.redundancy, offered);
            let audio = answer.sdp.lines().find(|l| l.starts_with("m=audio")).unwrap();
            assert_eq!(answer.sdp.contains("red/48000"), offered && allowed);
            assert_eq!(
                audio.split(' ').nth(3) == Some("63"),
                offered && allowed,
                "RED comes first or Chromium does not use it: {audio}"
            );
        }
    }
}
