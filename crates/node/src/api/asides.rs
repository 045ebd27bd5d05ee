//! Words that stay on one's own side: notes to the principal and the delegation's chat.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::ToSchema;

use super::Role;

/// Most characters of an aside.
pub const ASIDE_CHARS_MAX: usize = 500;
/// Most asides that are kept of one call; older ones go.
pub const ASIDES_MAX: usize = 100;

/// What an aside says: 1 to [`ASIDE_CHARS_MAX`] characters, none of them a control character. `Debug` shows their number.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct AsideText(String);

impl AsideText {
    /// The text, if it may be shown as an aside.
    #[must_use]
    pub fn new(text: String) -> Option<Self> {
        let fits = (1..=ASIDE_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then_some(Self(text))
    }
}

impl fmt::Debug for AsideText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<'de> Deserialize<'de> for AsideText {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(reader)?)
            .ok_or_else(|| D::Error::custom("empty, too long or with control characters"))
    }
}

/// Whom an aside is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AsideTo {
    /// The principal: shown large, as one line.
    Principal,
    /// The whole delegation.
    Delegation,
}

impl AsideTo {
    /// Whether a seat of that role may say one.
    #[must_use]
    pub fn admits(self, role: Role) -> bool {
        match self {
            Self::Principal => matches!(role, Role::Operator | Role::Aide),
            Self::Delegation => !matches!(role, Role::Recorder),
        }
    }

    /// Whether a seat of that role sees one: the principal, and whoever may say one.
    #[must_use]
    pub fn shows(self, role: Role) -> bool {
        role == Role::Principal || self.admits(role)
    }
}

/// Words on one's own side alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Aside {
    /// Its number in the call.
    pub id: u32,
    /// Name of the seat that said it.
    pub from: String,
    /// Role of that seat.
    pub role: Role,
    /// Whom it is for.
    pub to: AsideTo,
    /// What it says.
    #[schema(value_type = String)]
    pub text: AsideText,
    /// When, on the node's clock.
    pub at: String,
    /// Whether the principal has put it away.
    pub seen: bool,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::api::{FRAME_BYTES_MAX, FromBrowser, ToBrowser, parse};

    fn aside(text: &str) -> Option<FromBrowser> {
        let text = serde_json::to_string(text).unwrap();
        parse(format!(r#"{{"t":"aside","call":"c","to":"principal","text":{text}}}"#).as_bytes()).ok()
    }

    #[test]
    fn a_text_has_bounds_and_no_control_characters() {
        for good in ["x", "да, شكرا", "\u{200f}x", &"𝄞".repeat(ASIDE_CHARS_MAX)] {
            assert!(aside(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "a\nb",
            "\u{0}",
            "\u{7f}",
            "\u{85}",
            &"x".repeat(ASIDE_CHARS_MAX + 1),
        ] {
            assert!(aside(bad).is_none(), "{bad:?}");
        }
        assert!(parse::<FromBrowser>(br#"{"t":"aside","call":"c","to":"far","text":"x"}"#).is_err());
    }

    #[test]
    fn all_asides_of_a_call_fit_a_frame() {
        let one = Aside {
            id: u32::MAX,
            from: "x".repeat(240),
            role: Role::Interpreter,
            to: AsideTo::Delegation,
            text: AsideText::new("𝄞".repeat(ASIDE_CHARS_MAX)).unwrap(),
            at: "2021-12-30T20:35:00.123Z".into(),
            seen: false,
        };
        let asides = ToBrowser::Asides {
            call: "ab".repeat(32),
            asides: vec![one; ASIDES_MAX],
        };
        assert!(serde_json::to_vec(&asides).unwrap().len() < FRAME_BYTES_MAX);
    }

    #[test]
    fn who_may_say_and_see_what() {
        use AsideTo::{Delegation, Principal};
        for (role, says, sees) in [
            (Role::Principal, [false, true], [true, true]),
            (Role::Aide, [true, true], [true, true]),
            (Role::Operator, [true, true], [true, true]),
            (Role::Interpreter, [false, true], [false, true]),
            (Role::Press, [false, true], [false, true]),
            (Role::Recorder, [false, false], [false, false]),
        ] {
            assert_eq!([Principal, Delegation].map(|to| to.admits(role)), says, "{role}");
            assert_eq!([Principal, Delegation].map(|to| to.shows(role)), sees, "{role}");
        }
    }
}
