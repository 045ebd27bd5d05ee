//! The terms of footage.

use super::{PersonId, ROSTER_MAX, SIDES_MAX, Terms, ascending, count, minutes, numbered, timestamp};
use crate::cbor::{Malformed, Reader, Writer};
use crate::ids::{SideId, Timestamp};
use crate::refusal::Refusal;

numbered!(
    /// Whether a releaser's word is enough.
    Release {
        /// A releaser alone.
        Either = 1 "either",
        /// Only with every other side's consent.
        Both = 2 "both",
    }
);

/// Until when nothing of the footage is released.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Embargo {
    /// It may be at once.
    None,
    /// Until the call has ended; an interruption is no end.
    End,
    /// Until an instant.
    Until(Timestamp),
}

/// The terms of footage: how long, who is in the picture, whose recorders, who releases, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Footage {
    /// Its longest duration.
    pub minutes: u16,
    /// Whose sound and picture the recorders get; ascending.
    pub persons: Vec<PersonId>,
    /// The sides whose recorders take part; ascending.
    pub recorders: Vec<SideId>,
    /// Whether a releaser's word is enough.
    pub release: Release,
    /// The sides that may release a clip; ascending.
    pub releasers: Vec<SideId>,
    /// Until when nothing is released.
    pub embargo: Embargo,
}

impl Embargo {
    const fn number(self) -> u64 {
        match self {
            Self::None => 1,
            Self::End => 2,
            Self::Until(_) => 3,
        }
    }

    const fn at(self) -> Option<Timestamp> {
        match self {
            Self::Until(at) => Some(at),
            Self::None | Self::End => None,
        }
    }

    fn encode(self, out: &mut Writer) {
        out.map(2).uint(1).uint(self.number()).uint(2);
        match self.at() {
            Some(at) => out.uint(at.0.unsigned_abs()),
            None => out.null(),
        };
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        input.map(2)?;
        input.key(1)?;
        let number = input.uint()?;
        input.key(2)?;
        let at = if input.null() { None } else { Some(timestamp(input)?) };
        match (number, at) {
            (1, None) => Ok(Self::None),
            (2, None) => Ok(Self::End),
            (3, Some(at)) => Ok(Self::Until(at)),
            _ => Err(Malformed::Value),
        }
    }
}

fn encode_sides(out: &mut Writer, sides: &[SideId]) {
    out.array(sides.len());
    for side in sides {
        out.bytes(&side.0);
    }
}

fn decode_sides(input: &mut Reader<'_>) -> Result<Vec<SideId>, Malformed> {
    let len = input.array(SIDES_MAX)?;
    (0..len).map(|_| input.array_of().map(SideId)).collect()
}

impl Footage {
    pub(super) fn tidy(&mut self) {
        self.persons.sort_unstable();
        self.recorders.sort_unstable();
        self.releasers.sort_unstable();
    }

    pub(super) fn check(&self, terms: &Terms) -> Result<(), Refusal> {
        minutes(self.minutes, "footage_minutes")?;
        count(self.persons.len(), 1, ROSTER_MAX, "footage_persons")?;
        count(self.recorders.len(), 1, SIDES_MAX, "footage_recorders")?;
        count(self.releasers.len(), 1, SIDES_MAX, "footage_releasers")?;
        ascending(self.persons.iter(), "footage_persons")?;
        ascending(self.recorders.iter(), "footage_recorders")?;
        ascending(self.releasers.iter(), "footage_releasers")?;
        if self.embargo.at().is_some_and(|at| !at.in_bounds()) {
            return Err(Refusal::Text { field: "embargo" });
        }
        let on_roster = |id: &PersonId| terms.roster.iter().any(|person| person.id == *id);
        let is_party = |side: &SideId| terms.parties.iter().any(|party| party.side == *side);
        if !self.persons.iter().all(on_roster) {
            return Err(Refusal::NotOnRoster);
        }
        if self.recorders.iter().chain(&self.releasers).all(is_party) {
            Ok(())
        } else {
            Err(Refusal::NotAParty)
        }
    }

    pub(super) fn encode(&self, out: &mut Writer) {
        out.map(6).uint(1).uint(self.minutes.into()).uint(2);
        out.array(self.persons.len());
        for person in &self.persons {
            out.uint(person.0.into());
        }
        encode_sides(out.uint(3), &self.recorders);
        out.uint(4).uint(self.release.number());
        encode_sides(out.uint(5), &self.releasers);
        self.embargo.encode(out.uint(6));
    }

    pub(super) fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        input.map(6)?;
        input.key(1)?;
        let minutes = input.u16()?;
        input.key(2)?;
        let len = input.array(ROSTER_MAX)?;
        let persons = (0..len).map(|_| input.u16().map(PersonId)).collect::<Result<_, _>>()?;
        input.key(3)?;
        let recorders = decode_sides(input)?;
        input.key(4)?;
        let release = Release::of_number(input.uint()?).ok_or(Malformed::Value)?;
        input.key(5)?;
        let releasers = decode_sides(input)?;
        input.key(6)?;
        let embargo = Embargo::decode(input)?;
        Ok(Self {
            minutes,
            persons,
            recorders,
            release,
            releasers,
            embargo,
        })
    }
}
