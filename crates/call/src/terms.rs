//! Terms: what the sides agree to. Every list and text has a bound; every list has one order.

mod footage;
mod person;

use core::fmt;

use crate::cbor::{Malformed, Reader, Writer};
use crate::ids::{Hash, SideId, Timestamp};
use crate::refusal::Refusal;

pub use footage::{Embargo, Footage, Release};
pub use person::{Interprets, Person};

/// Most sides in one call.
pub const SIDES_MAX: usize = 16;
/// Most people and machines on a roster.
pub const ROSTER_MAX: usize = 64;
/// Most topics.
pub const TOPICS_MAX: usize = 32;
/// Most languages.
pub const LANGUAGES_MAX: usize = 16;
/// Bytes of a topic.
pub const TOPIC_BYTES_MAX: usize = 240;
/// Bytes of the reason.
pub const REASON_BYTES_MAX: usize = 2_000;
/// Bytes of a title or a place.
pub const NAME_BYTES_MAX: usize = 120;
/// Bytes of an IANA zone name.
pub const ZONE_BYTES_MAX: usize = 64;
/// Bytes of a language tag (BCP 47).
pub const LANGUAGE_BYTES_MAX: usize = 35;
/// Longest planned call and longest footage, in minutes.
pub const MINUTES_MAX: u16 = 24 * 60;

macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $number:literal $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in the order of the numbers on the wire.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its number on the wire.
            #[must_use]
            pub const fn number(self) -> u64 {
                match self { $(Self::$variant => $number),+ }
            }

            /// The value of a number on the wire.
            #[must_use]
            pub const fn of_number(number: u64) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }

            /// Its word, as the terminals and the command line use it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value of a word.
            #[must_use]
            pub fn of_word(word: &str) -> Option<Self> {
                match word { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use numbered;

numbered!(
    /// What the call carries.
    Medium {
        /// Sound and picture.
        Picture = 1 "picture",
        /// Sound only.
        Sound = 2 "sound",
    }
);

numbered!(
    /// What someone or something is on the roster for.
    Role {
        /// The leader.
        Principal = 1 "principal",
        /// One of the delegation.
        Aide = 2 "aide",
        /// An interpreter.
        Interpreter = 3 "interpreter",
        /// Runs the call for a side.
        Operator = 4 "operator",
        /// A press officer.
        Press = 5 "press",
        /// The press recorder, a machine.
        Recorder = 6 "recorder",
    }
);

numbered!(
    /// Whether interpreters take part, and how they speak.
    Interpretation {
        /// None by agreement.
        None = 1 "none",
        /// In turn with those whom they interpret.
        Consecutive = 2 "consecutive",
        /// At the same time.
        Simultaneous = 3 "simultaneous",
    }
);

numbered!(
    /// What each side may say publicly of the call before it takes place.
    Announce {
        /// Nothing.
        Nothing = 1 "nothing",
        /// That it takes place, and when.
        Call = 2 "call",
        /// Who asked for it and the topics, too.
        Topics = 3 "topics",
    }
);

/// An IANA time zone's name, such as `Europe/Moscow`. Its shape is checked, its existence is not: zones come and go,
/// records stay.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Zone(String);

impl Zone {
    /// Takes a name of 1 to 64 letters, digits, `_`, `+`, `-` and `/`.
    ///
    /// # Errors
    /// [`Refusal::Text`] for any other text.
    pub fn new(name: &str) -> Result<Self, Refusal> {
        let good = !name.is_empty()
            && name.len() <= ZONE_BYTES_MAX
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+-/".contains(&b));
        if good {
            Ok(Self(name.to_owned()))
        } else {
            Err(Refusal::Text { field: "zone" })
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A side as the terms name it: where it sits and by which clock it lives.
#[derive(Clone, PartialEq, Eq)]
pub struct Party {
    /// Who.
    pub side: SideId,
    /// The zone of its clock.
    pub zone: Zone,
    /// The place of that clock, its capital as a rule.
    pub place: String,
}

/// A number that names one person or machine on a call's roster.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PersonId(pub u16);

/// What the sides agree to. The order of its lists is part of it: see [`Terms::tidy`].
#[derive(Clone, PartialEq, Eq)]
pub struct Terms {
    /// Sound and picture, or sound only.
    pub medium: Medium,
    /// The planned beginning.
    pub start: Timestamp,
    /// The planned length.
    pub minutes: u16,
    /// Every side of the call, by ascending id. The first offer fixes who they are.
    pub parties: Vec<Party>,
    /// What will be talked about, in the order of the agenda.
    pub topics: Vec<String>,
    /// Why the call is asked for.
    pub reason: String,
    /// The first roster, by ascending id.
    pub roster: Vec<Person>,
    /// Language tags (BCP 47), each once.
    pub languages: Vec<String>,
    /// Whether interpreters take part, and how they speak.
    pub interpretation: Interpretation,
    /// The footage, where there is to be one.
    pub footage: Option<Footage>,
    /// What each side may announce beforehand.
    pub announce: Announce,
    /// The offer that these terms take the place of once they are agreed.
    pub replaces: Option<Hash>,
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Party({:?}, {})", self.side, self.zone.as_str())
    }
}

/// What will be talked about, and why, does not belong in logs.
impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (topics, start) = (self.topics.len(), self.start);
        write!(
            f,
            "Terms({} at {start} for {} min, {topics} topics, ",
            self.medium.word(),
            self.minutes
        )?;
        write!(f, "{:?}, {:?}, footage {:?})", self.parties, self.roster, self.footage)
    }
}

/// One line of text that can be shown anywhere: not empty, no control or direction-changing characters.
pub(crate) fn line(text: &str, max: usize, field: &'static str) -> Result<(), Refusal> {
    let spoofs = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if text.trim().is_empty() || text.chars().any(spoofs) {
        Err(Refusal::Text { field })
    } else if text.len() > max {
        Err(Refusal::TooLong { field, bytes_max: max })
    } else {
        Ok(())
    }
}

/// A language tag: letters, digits and hyphens.
fn language(tag: &str, field: &'static str) -> Result<(), Refusal> {
    let good = !tag.is_empty()
        && tag.len() <= LANGUAGE_BYTES_MAX
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if good { Ok(()) } else { Err(Refusal::Text { field }) }
}

fn ascending<T: Ord>(items: impl Iterator<Item = T>, field: &'static str) -> Result<(), Refusal> {
    if items.is_sorted_by(|a, b| a < b) {
        Ok(())
    } else {
        Err(Refusal::Order { field })
    }
}

fn count(len: usize, least: usize, most: usize, field: &'static str) -> Result<(), Refusal> {
    if (least..=most).contains(&len) {
        Ok(())
    } else {
        Err(Refusal::Count { field, most })
    }
}

fn minutes(value: u16, field: &'static str) -> Result<(), Refusal> {
    if (1..=MINUTES_MAX).contains(&value) {
        Ok(())
    } else {
        Err(Refusal::Count {
            field,
            most: MINUTES_MAX.into(),
        })
    }
}

impl Terms {
    /// Puts every list whose order means nothing into the one order that statements carry.
    pub fn tidy(&mut self) {
        self.parties.sort_by_key(|party| party.side);
        self.roster.sort_by_key(|person| person.id);
        if let Some(footage) = &mut self.footage {
            footage.tidy();
        }
    }

    /// Whether every bound holds and everything named is there.
    ///
    /// # Errors
    /// The [`Refusal`] that names the field.
    pub fn check(&self) -> Result<(), Refusal> {
        if !self.start.in_bounds() {
            return Err(Refusal::Text { field: "start" });
        }
        minutes(self.minutes, "minutes")?;
        count(self.parties.len(), 2, SIDES_MAX, "parties")?;
        ascending(self.parties.iter().map(|party| party.side), "parties")?;
        self.parties
            .iter()
            .try_for_each(|party| line(&party.place, NAME_BYTES_MAX, "place"))?;
        count(self.topics.len(), 0, TOPICS_MAX, "topics")?;
        self.topics
            .iter()
            .try_for_each(|topic| line(topic, TOPIC_BYTES_MAX, "topics"))?;
        line(&self.reason, REASON_BYTES_MAX, "reason")?;
        count(self.roster.len(), 0, ROSTER_MAX, "roster")?;
        ascending(self.roster.iter().map(|person| person.id), "roster")?;
        for person in &self.roster {
            person.check()?;
            if !self.parties.iter().any(|party| party.side == person.side) {
                return Err(Refusal::NotAParty);
            }
        }
        count(self.languages.len(), 0, LANGUAGES_MAX, "languages")?;
        for (at, language) in self.languages.iter().enumerate() {
            self::language(language, "languages")?;
            if self.languages[..at].contains(language) {
                return Err(Refusal::Text { field: "languages" });
            }
        }
        self.footage.as_ref().map_or(Ok(()), |footage| footage.check(self))
    }

    /// The sides of the call, ascending.
    pub fn sides(&self) -> impl Iterator<Item = SideId> + '_ {
        self.parties.iter().map(|party| party.side)
    }

    pub(crate) fn encode(&self, out: &mut Writer) {
        out.map(12)
            .uint(1)
            .uint(self.medium.number())
            .uint(2)
            .uint(self.start.0.unsigned_abs());
        out.uint(3).uint(self.minutes.into()).uint(4).array(self.parties.len());
        for party in &self.parties {
            out.map(3)
                .uint(1)
                .bytes(&party.side.0)
                .uint(2)
                .text(party.zone.as_str())
                .uint(3)
                .text(&party.place);
        }
        out.uint(5).array(self.topics.len());
        for topic in &self.topics {
            out.text(topic);
        }
        out.uint(6).text(&self.reason).uint(7).array(self.roster.len());
        for person in &self.roster {
            person.encode(out);
        }
        out.uint(8).array(self.languages.len());
        for language in &self.languages {
            out.text(language);
        }
        out.uint(9);
        match &self.footage {
            Some(footage) => footage.encode(out),
            None => {
                out.null();
            }
        }
        out.uint(10).maybe(self.replaces.as_ref().map(Hash::as_bytes));
        out.uint(11).uint(self.interpretation.number());
        out.uint(12).uint(self.announce.number());
    }

    pub(crate) fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        input.map(12)?;
        input.key(1)?;
        let medium = Medium::of_number(input.uint()?).ok_or(Malformed::Value)?;
        input.key(2)?;
        let start = timestamp(input)?;
        input.key(3)?;
        let minutes = input.u16()?;
        input.key(4)?;
        let len = input.array(SIDES_MAX)?;
        let parties = (0..len).map(|_| decode_party(input)).collect::<Result<_, _>>()?;
        input.key(5)?;
        let topics = texts(input, TOPICS_MAX, TOPIC_BYTES_MAX)?;
        input.key(6)?;
        let reason = input.text(REASON_BYTES_MAX)?.to_owned();
        input.key(7)?;
        let len = input.array(ROSTER_MAX)?;
        let roster = (0..len).map(|_| Person::decode(input)).collect::<Result<_, _>>()?;
        input.key(8)?;
        let languages = texts(input, LANGUAGES_MAX, LANGUAGE_BYTES_MAX)?;
        input.key(9)?;
        let footage = if input.null() {
            None
        } else {
            Some(Footage::decode(input)?)
        };
        input.key(10)?;
        let replaces = input.maybe()?.map(Hash);
        input.key(11)?;
        let interpretation = Interpretation::of_number(input.uint()?).ok_or(Malformed::Value)?;
        input.key(12)?;
        let announce = Announce::of_number(input.uint()?).ok_or(Malformed::Value)?;
        let terms = Self {
            medium,
            start,
            minutes,
            parties,
            topics,
            reason,
            roster,
            languages,
            interpretation,
            footage,
            announce,
            replaces,
        };
        terms.check().map_err(|_| Malformed::Value)?;
        Ok(terms)
    }
}

fn decode_party(input: &mut Reader<'_>) -> Result<Party, Malformed> {
    input.map(3)?;
    input.key(1)?;
    let side = SideId(input.array_of()?);
    input.key(2)?;
    let zone = Zone::new(input.text(ZONE_BYTES_MAX)?).map_err(|_| Malformed::Value)?;
    input.key(3)?;
    let place = input.text(NAME_BYTES_MAX)?.to_owned();
    Ok(Party { side, zone, place })
}

fn texts(input: &mut Reader<'_>, most: usize, bytes_max: usize) -> Result<Vec<String>, Malformed> {
    let len = input.array(most)?;
    (0..len).map(|_| input.text(bytes_max).map(str::to_owned)).collect()
}

pub(crate) fn timestamp(input: &mut Reader<'_>) -> Result<Timestamp, Malformed> {
    let at = i64::try_from(input.uint()?)
        .map(Timestamp)
        .map_err(|_| Malformed::Value)?;
    if at.in_bounds() { Ok(at) } else { Err(Malformed::Value) }
}
