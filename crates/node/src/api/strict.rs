//! Reading JSON strictly, and times in their one form.

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::JSON_ITEMS_MAX;

/// A JSON text that is not what it should be. Says nothing of the content: it may hold secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed JSON")]
pub struct Malformed;

/// Reads a JSON text strictly: no duplicate key at any depth, no unknown field, nothing behind it.
///
/// # Errors
/// [`Malformed`] for any text that is not exactly a `T`.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Malformed> {
    let mut left = JSON_ITEMS_MAX;
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    NoDuplicates { left: &mut left }
        .deserialize(&mut reader)
        .map_err(|_| Malformed)?;
    reader.end().map_err(|_| Malformed)?;
    serde_json::from_slice(bytes).map_err(|_| Malformed)
}

/// Walks a value and keeps nothing but the keys of the objects it is inside of.
struct NoDuplicates<'a> {
    left: &'a mut usize,
}

impl NoDuplicates<'_> {
    fn count<E: serde::de::Error>(&mut self) -> Result<(), E> {
        *self.left = self.left.checked_sub(1).ok_or_else(|| E::custom("too many items"))?;
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for NoDuplicates<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NoDuplicates<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without duplicate keys")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while items
            .next_element_seed(NoDuplicates { left: &mut *self.left })?
            .is_some()
        {
            self.count()?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            self.count()?;
            if !seen.insert(key) {
                return Err(A::Error::custom("duplicate key"));
            }
            members.next_value_seed(NoDuplicates { left: &mut *self.left })?;
        }
        Ok(())
    }
}

/// Milliseconds since 1970 as the RFC 3339 text of the views; times outside the calendar become its edge.
#[must_use]
pub fn time_text(at_ms: i64) -> String {
    let edge = if at_ms < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    };
    jiff::Timestamp::from_millisecond(at_ms).unwrap_or(edge).to_string()
}

/// The RFC 3339 text of a view as milliseconds since 1970; anything but UTC with `Z` is none.
#[must_use]
pub fn time_ms(text: &str) -> Option<i64> {
    if !text.ends_with('Z') || text.len() > 40 {
        return None;
    }
    text.parse::<jiff::Timestamp>()
        .ok()
        .map(jiff::Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::api::{ChallengeRequest, EmptyRequest, FromBrowser};

    #[test]
    fn duplicate_and_unknown_keys_are_malformed() {
        assert!(parse::<ChallengeRequest>(br#"{"seat":"desk"}"#).is_ok());
        for text in [
            r#"{"seat":"a","seat":"b"}"#,
            r#"{"seat":"a","se\u0061t":"b"}"#,
            r#"{"seat":"a","more":1}"#,
            r#"{"seat":"a"} x"#,
            r#"{"seat":1}"#,
            "",
            "null",
            "\u{feff}{}",
        ] {
            assert!(parse::<ChallengeRequest>(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn socket_messages_are_strict_too() {
        assert!(matches!(
            parse(br#"{"t":"mic","on":true}"#),
            Ok(FromBrowser::Mic { on: true })
        ));
        assert!(matches!(parse(br#"{"t":"media.stop"}"#), Ok(FromBrowser::MediaStop {})));
        for text in [
            r#"{"t":"mic","on":true,"on":false}"#,
            r#"{"t":"mic","t":"mic","on":true}"#,
            r#"{"t":"media.stop","x":1}"#,
            r#"{"t":"mic"}"#,
            r#"{"t":"no such"}"#,
            r#"{"t":"media.offer","id":1,"call":"","sdp":"","send":[{"mid":"0","source":"microphone","x":{}}],"recv":[]}"#,
        ] {
            assert!(parse::<FromBrowser>(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_and_width_are_bounded() {
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        assert!(parse::<EmptyRequest>(deep.as_bytes()).is_err());
        let wide = format!("[{}1]", "1,".repeat(JSON_ITEMS_MAX));
        assert!(parse::<Vec<u8>>(wide.as_bytes()).is_err());
        assert!(parse::<EmptyRequest>(b"{}").is_ok());
        assert!(parse::<EmptyRequest>(br#"{"a":1}"#).is_err());
    }

    #[test]
    fn times_are_utc_only() {
        assert_eq!(time_text(1_640_896_500_000), "2021-12-30T20:35:00Z");
        assert_eq!(time_ms("2021-12-30T20:35:00Z"), Some(1_640_896_500_000));
        assert_eq!(time_ms("2021-12-30T20:35:00+00:00"), None);
        assert_eq!(time_ms("yesterdayZ"), None);
        assert!(time_text(i64::MAX).starts_with("9999-"));
    }
}
