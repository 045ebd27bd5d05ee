//! All that is public at one moment, as plain data.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::readout::PublicReadout;

/// The address of something public: 32 hex digits of a random UUID, so that nobody finds one by trying.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub [u8; 16]);

impl Id {
    /// An id out of 16 random bytes: a UUID of version 4 (RFC 9562), so that a feed can name it.
    #[must_use]
    pub fn random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(bytes)
    }

    /// Reads the one form that it has.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        lower_hex(text, 32).then(|| hex::decode(text).ok()?.try_into().ok().map(Self))?
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", hex::encode(&self.0[..4]))
    }
}

/// The SHA-256 of a clip's file: its address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sha256Hex(String);

impl Sha256Hex {
    /// Of 32 bytes.
    #[must_use]
    pub fn of(hash: [u8; 32]) -> Self {
        Self(hex::encode(hash))
    }

    /// Reads the one form that it has.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        lower_hex(text, 64).then(|| Self(text.to_owned()))
    }

    /// 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn lower_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// A side, as the public may know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its enrolled name.
    pub name: String,
    /// Its capital.
    pub place: String,
    /// IANA zone of the capital.
    pub zone: String,
}

/// One of the two sides, seen from the one that publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The side that publishes.
    Ours,
    /// The other.
    Far,
}

/// Picture and sound, or sound only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// Picture and sound.
    Picture,
    /// Sound only.
    Sound,
}

/// When a call took place, as far as it is told. Times are milliseconds UTC since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Took {
    /// Its beginning, and its end once it has ended.
    Times {
        /// When it began.
        begun: i64,
        /// When it ended.
        ended: Option<i64>,
    },
    /// Only its day, by the calendar of each capital: the times are not told and stand nowhere.
    Day {
        /// At the side that publishes, `2021-12-30`.
        ours: String,
        /// At the other side.
        far: String,
    },
}

/// What the record says of a call, or as much of it as is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The side that publishes.
    pub ours: Party,
    /// The other side.
    pub far: Party,
    /// Picture and sound, or sound only.
    pub medium: Medium,
    /// Who asked for the call.
    pub asked: Option<Whose>,
    /// The topics agreed.
    pub topics: Vec<String>,
    /// The planned start by the terms.
    pub planned: Option<i64>,
    /// When it took place.
    pub took: Option<Took>,
    /// How long, in whole minutes.
    pub minutes: Option<u32>,
}

/// A call's notice as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicNotice {
    /// Its address.
    pub id: Id,
    /// What it says.
    pub kind: crate::NoticeKind,
    /// Of what.
    pub facts: Facts,
    /// The times announced before, oldest first, each once; the last is the one that held when it took place.
    pub announced: Vec<i64>,
    /// When it was first said.
    pub published: i64,
    /// When it last changed.
    pub updated: i64,
}

/// A released clip with its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipView {
    /// The call that it is of, 64 hex digits. Groups it with what is said of that call, and is never shown.
    pub call: String,
    /// SHA-256 of the file.
    pub sha256: Sha256Hex,
    /// The name under which it is saved.
    pub file: String,
    /// The file's length.
    pub bytes: u64,
    /// How long it plays.
    pub seconds: u32,
    /// Whether there is a poster.
    pub poster: bool,
    /// The names of those who are in it.
    pub sides: Vec<String>,
    /// Whose signature it carries.
    pub signed_by: String,
    /// When it was released, milliseconds UTC.
    pub released: i64,
    /// Until this time it is not there, whatever else is said of it: the end of its embargo, milliseconds UTC.
    pub embargo: Option<i64>,
    /// Whether it takes the place of one that was released before.
    pub corrects: bool,
}

/// All that is public at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// Who publishes.
    pub side: Party,
    /// 32 bytes that stand for the side, for the feed's id.
    pub side_id: [u8; 32],
    /// How the pages are reached, without a slash at the end: for the feed, which is read elsewhere.
    pub base: String,
    /// Notices, each with the call (64 hex digits, never shown) that it is of.
    pub notices: Vec<(String, PublicNotice)>,
    /// Readouts, with their calls.
    pub readouts: Vec<(String, PublicReadout)>,
    /// Clips, those under embargo too.
    pub clips: Vec<ClipView>,
}

/// One thing that is public, with the call that it is of.
pub(crate) enum Item<'a> {
    Notice(&'a str, &'a PublicNotice),
    Readout(&'a str, &'a PublicReadout),
    Clip(&'a ClipView),
}

impl Edition {
    /// All that is there at a time.
    pub(crate) fn items(&self, now: i64) -> impl Iterator<Item = Item<'_>> {
        let notices = self.notices.iter().map(|(call, notice)| Item::Notice(call, notice));
        let readouts = self.readouts.iter().map(|(call, readout)| Item::Readout(call, readout));
        notices.chain(readouts).chain(self.clips(now).map(Item::Clip))
    }

    /// The clips that are there at a time: what is under embargo is not.
    pub(crate) fn clips(&self, now: i64) -> impl Iterator<Item = &ClipView> {
        self.clips
            .iter()
            .filter(move |clip| clip.embargo.is_none_or(|until| until <= now))
    }
}
