//! The pages as readers get them, and the acts that make them.
#![allow(clippy::unwrap_used)]

mod acts;
mod pages;

use crate::*;

/// 7 December 2021, 15:07 to 17:08 Z.
pub const SEVENTH: (i64, i64) = (1_638_889_620_000, 1_638_896_880_000);
/// 30 December 2021, 20:35 to 21:25 Z: midnight in Moscow comes in between.
pub const THIRTIETH: (i64, i64) = (1_640_896_500_000, 1_640_899_500_000);

pub const ALL: Show = Show {
    times: true,
    length: true,
    asked: true,
    topics: true,
};
pub const LEAST: Show = Show {
    times: false,
    length: false,
    asked: false,
    topics: false,
};

pub fn party(name: &str, zone: &str) -> Party {
    Party {
        name: name.to_owned(),
        place: name.to_owned(),
        zone: zone.to_owned(),
    }
}

/// The record's facts of a call between Washington, which publishes, and Moscow.
pub fn facts(took: Option<(i64, i64)>) -> Facts {
    Facts {
        ours: party("Washington", "America/New_York"),
        far: party("Moscow", "Europe/Moscow"),
        medium: Medium::Picture,
        asked: Some(Whose::Far),
        topics: vec!["Strategic stability".to_owned(), "Europe".to_owned()],
        planned: Some(THIRTIETH.0 - 300_000),
        took: took.map(|(begun, ended)| Took::Times {
            begun,
            ended: Some(ended),
        }),
        minutes: took.map(|(begun, ended)| u32::try_from((ended - begun) / 60_000).unwrap()),
    }
}

pub fn text(title: &str) -> Text {
    Text {
        title: title.to_owned(),
        paragraphs: vec!["They spoke.".to_owned()],
        quotes: vec![Quote {
            words: "A good talk.".to_owned(),
            by: "a senior official".to_owned(),
        }],
        note: None,
    }
}

pub fn mark(seat: &str, at: i64) -> Mark {
    Mark {
        seat: seat.to_owned(),
        name: seat.to_uppercase(),
        key: format!("key of {seat}"),
        at,
    }
}

pub fn act(seat: &str, at: i64, what: Act) -> Acted {
    let by = mark(seat, at);
    Acted { by, what }
}

/// An edition with both calls told and a readout of the first.
pub fn edition() -> Edition {
    let notice = |id: u8, took: (i64, i64), announced: Vec<i64>| PublicNotice {
        id: Id([id; 16]),
        kind: NoticeKind::Held,
        facts: facts(Some(took)).told(ALL),
        announced,
        published: took.1,
        updated: took.1,
    };
    let draft = Act::Draft {
        texts: Texts::from([
            (Language::English, text("Readout of the call")),
            (Language::Russian, text("О переговорах")),
        ]),
        facts: facts(Some(SEVENTH)).told(ALL),
    };
    let acts = [
        act("one", SEVENTH.1, draft),
        act("two", SEVENTH.1 + 1, Act::Approve { version: 1 }),
        act("one", SEVENTH.1 + 2, Act::Publish { version: 1 }),
    ];
    let readout = ReadoutState::of(&acts).public(Id([7; 16])).unwrap();
    Edition {
        side: party("Washington", "America/New_York"),
        side_id: [1; 32],
        base: "https://press.example".to_owned(),
        notices: vec![
            ("a".repeat(64), notice(1, SEVENTH, vec![SEVENTH.0 - 420_000])),
            (
                "b".repeat(64),
                notice(2, THIRTIETH, vec![THIRTIETH.0 - 3_600_000, THIRTIETH.0 - 300_000]),
            ),
        ],
        readouts: vec![("a".repeat(64), readout)],
        clips: Vec::new(),
    }
}

pub fn clip(call: &str) -> ClipView {
    ClipView {
        call: call.to_owned(),
        sha256: Sha256Hex::of([0xab; 32]),
        file: "opening.mp4".to_owned(),
        bytes: 12_340_000,
        seconds: 151,
        poster: true,
        sides: vec!["Washington".to_owned(), "Moscow".to_owned()],
        signed_by: "Washington".to_owned(),
        released: SEVENTH.1 + 5,
        corrects: false,
        embargo: None,
    }
}
