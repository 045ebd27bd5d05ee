//! The trust file: whom its reader knows, by first key and name.

use core::fmt::Write as _;

use crate::ids::{PublicKey, SideId};
use crate::terms::{NAME_BYTES_MAX, line};

/// Most bytes of a trust file.
pub const TRUST_BYTES_MAX: usize = 64 * 1024;
const FIRST_LINE: &str = "visavis trust 1";

/// A side that the reader knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrustedSide {
    /// Its first public key: what was pinned when the line was paired.
    pub key: PublicKey,
    /// The name under which it was enrolled.
    pub name: String,
}

/// The sides that a reader knows.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Trust {
    sides: Vec<TrustedSide>,
}

/// A trust file that cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct NotTrust {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

impl Trust {
    /// Trusts these sides.
    pub fn new(sides: impl IntoIterator<Item = TrustedSide>) -> Self {
        Self {
            sides: sides.into_iter().collect(),
        }
    }

    /// Reads a trust file: the line `visavis trust 1`, then one side a line as the 64 hex digits of its first public
    /// key, a space, and its name. Empty lines and lines that start with `#` say nothing.
    ///
    /// # Errors
    /// [`NotTrust`]: the line and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, NotTrust> {
        if text.len() > TRUST_BYTES_MAX {
            return Err(NotTrust {
                line: 1,
                what: "the file is over 64 KiB",
            });
        }
        let mut lines = text.lines().enumerate().map(|(at, text)| (at + 1, text.trim()));
        if lines.next().is_none_or(|(_, text)| text != FIRST_LINE) {
            return Err(NotTrust {
                line: 1,
                what: "the first line is not \"visavis trust 1\"",
            });
        }
        let mut trust = Self::default();
        for (at, text) in lines.filter(|(_, text)| !text.is_empty() && !text.starts_with('#')) {
            let wrong = |what| NotTrust { line: at, what };
            let (key, name) = text.split_once(' ').ok_or(wrong("not a key, a space and a name"))?;
            let key: PublicKey = key
                .parse()
                .map_err(|_| wrong("the key is not 64 lower-case hex digits"))?;
            let name = name.trim();
            line(name, NAME_BYTES_MAX, "name").map_err(|_| wrong("the name is empty, too long or cannot be shown"))?;
            if trust.sides.iter().any(|side| side.key == key) {
                return Err(wrong("the key stands there twice"));
            }
            trust.sides.push(TrustedSide {
                key,
                name: name.to_owned(),
            });
        }
        Ok(trust)
    }

    /// The file that [`Trust::parse`] reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        for side in &self.sides {
            let _ = writeln!(text, "{} {}", side.key, side.name);
        }
        text
    }

    /// The sides, in the order of the file.
    #[must_use]
    pub fn sides(&self) -> &[TrustedSide] {
        &self.sides
    }

    /// The name by which the reader knows a side.
    #[must_use]
    pub fn name(&self, side: SideId) -> Option<&str> {
        self.sides
            .iter()
            .find(|known| SideId::of(&known.key) == side)
            .map(|known| known.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_file_goes_both_ways() {
        let trust = Trust::new([TrustedSide {
            key: PublicKey([7; 32]),
            name: "Side A".into(),
        }]);
        assert_eq!(Trust::parse(&trust.to_text()).unwrap(), trust);
        let commented = trust.to_text() + "\n# a remark\r\n\n";
        assert_eq!(Trust::parse(&commented).unwrap(), trust);
    }

    #[test]
    fn what_is_wrong_is_named_by_line() {
        let key = PublicKey([7; 32]);
        for (text, line) in [
            (String::new(), 1),
            ("visavis trust 2\n".into(), 1),
            ("visavis trust 1\n\nabc Side".into(), 3),
            (format!("visavis trust 1\n{key}"), 2),
            (format!("visavis trust 1\n{key} \u{202e}A"), 2),
            (format!("visavis trust 1\n{key} A\n{key} B"), 3),
        ] {
            assert_eq!(Trust::parse(&text).unwrap_err().line, line, "{text}");
        }
    }
}
