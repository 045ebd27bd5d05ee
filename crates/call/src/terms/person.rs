//! Who or what is on a roster.

use core::fmt;

use super::{LANGUAGE_BYTES_MAX, NAME_BYTES_MAX, PersonId, Role, language, line};
use crate::cbor::{Malformed, Reader, Writer};
use crate::ids::SideId;
use crate::refusal::Refusal;

/// The field's name in refusals.
const INTERPRETS: &str = "interprets";

/// Someone or something on the roster.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The number by which statements name them.
    pub id: PersonId,
    /// Whose delegation.
    pub side: SideId,
    /// For what.
    pub role: Role,
    /// Their office, as shown.
    pub title: String,
    /// Where they sit.
    pub place: String,
    /// Which way they interpret; an interpreter alone has it.
    pub interprets: Option<Interprets>,
}

/// Which way an interpreter interprets, as two different language tags (BCP 47).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interprets {
    /// The language listened to.
    pub from: String,
    /// The language spoken.
    pub to: String,
}

/// Names and places do not belong in logs.
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Person({}, {} of {:?})", self.id.0, self.role.word(), self.side)
    }
}

impl Interprets {
    fn check(&self) -> Result<(), Refusal> {
        language(&self.from, INTERPRETS)?;
        language(&self.to, INTERPRETS)?;
        if self.from == self.to {
            return Err(Refusal::Text { field: INTERPRETS });
        }
        Ok(())
    }

    fn encode(&self, out: &mut Writer) {
        out.map(2).uint(1).text(&self.from).uint(2).text(&self.to);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        input.map(2)?;
        input.key(1)?;
        let from = input.text(LANGUAGE_BYTES_MAX)?.to_owned();
        input.key(2)?;
        let to = input.text(LANGUAGE_BYTES_MAX)?.to_owned();
        Ok(Self { from, to })
    }
}

impl Person {
    /// Whether its texts are fit to be shown.
    ///
    /// # Errors
    /// The [`Refusal`] that names the field.
    pub fn check(&self) -> Result<(), Refusal> {
        line(&self.title, NAME_BYTES_MAX, "title")?;
        line(&self.place, NAME_BYTES_MAX, "place")?;
        match &self.interprets {
            None => Ok(()),
            Some(interprets) if self.role == Role::Interpreter => interprets.check(),
            Some(_) => Err(Refusal::Text { field: INTERPRETS }),
        }
    }

    pub(crate) fn encode(&self, out: &mut Writer) {
        out.map(6).uint(1).uint(self.id.0.into()).uint(2).bytes(&self.side.0);
        out.uint(3)
            .uint(self.role.number())
            .uint(4)
            .text(&self.title)
            .uint(5)
            .text(&self.place)
            .uint(6);
        match &self.interprets {
            Some(interprets) => interprets.encode(out),
            None => {
                out.null();
            }
        }
    }

    pub(crate) fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        input.map(6)?;
        input.key(1)?;
        let id = PersonId(input.u16()?);
        input.key(2)?;
        let side = SideId(input.array_of()?);
        input.key(3)?;
        let role = Role::of_number(input.uint()?).ok_or(Malformed::Value)?;
        input.key(4)?;
        let title = input.text(NAME_BYTES_MAX)?.to_owned();
        input.key(5)?;
        let place = input.text(NAME_BYTES_MAX)?.to_owned();
        input.key(6)?;
        let interprets = if input.null() {
            None
        } else {
            Some(Interprets::decode(input)?)
        };
        let person = Self {
            id,
            side,
            role,
            title,
            place,
            interprets,
        };
        person.check().map_err(|_| Malformed::Value)?;
        Ok(person)
    }
}
