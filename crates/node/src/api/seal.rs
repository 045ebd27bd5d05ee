//! What a terminal and its node hand each other of the call's MLS group and of the call's chains: bytes that the node
//! does not read, each with its bound.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::ToSchema;

/// Most bytes of one key package.
pub const PACKAGE_BYTES_MAX: usize = 16 * 1024;
/// Most bytes of one side's waiting key packages together, and how many wait at most: those of both sides fit one
/// message.
pub const PACKAGES_BYTES_MAX: usize = 128 * 1024;
/// Most key packages of one side.
pub const PACKAGES_MAX: usize = 64;
/// Most bytes of a commit, and of a Welcome.
pub const COMMIT_BYTES_MAX: usize = store::COMMIT_BYTES_MAX;
/// Most bytes of a commit and its Welcome together: with what names them they fit one signal of the link.
pub const PROPOSAL_BYTES_MAX: usize = 240 * 1024;
/// Most bytes of a sealed note.
pub const NOTE_BYTES_MAX: usize = 4 * 1024;
/// Statements in one message, and bytes of them from which on no more are added.
pub const CHAIN_PAGE_MAX: usize = 64;
/// See [`CHAIN_PAGE_MAX`].
pub const CHAIN_PAGE_BYTES: usize = 200 * 1024;

/// Bytes as standard base64 with padding, one to `MAX` of them. Cheap to clone; `Debug` shows their number.
#[derive(Clone, PartialEq, Eq)]
pub struct Base64<const MAX: usize>(Bytes);

impl<const MAX: usize> Base64<MAX> {
    /// The bytes, unless there are none or too many.
    #[must_use]
    pub fn new(bytes: Bytes) -> Option<Self> {
        (1..=MAX).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl<const MAX: usize> fmt::Debug for Base64<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<const MAX: usize> Serialize for Base64<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Base64<MAX> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let text = String::deserialize(reader)?;
        if text.len() > MAX.div_ceil(3) * 4 {
            return Err(D::Error::custom("too long"));
        }
        let bytes = STANDARD.decode(text).map_err(|_| D::Error::custom("no base64"))?;
        Self::new(bytes.into()).ok_or_else(|| D::Error::custom("empty or too long"))
    }
}

/// Names an MLS group: 16 bytes, made at random by its creator; 32 lower-case hex digits in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupId(pub [u8; 16]);

impl Serialize for GroupId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for GroupId {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let text = String::deserialize(reader)?;
        call::unhex(&text).map(Self).map_err(D::Error::custom)
    }
}

/// Reads a field that may be null and must be there.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(reader: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(reader)
}

/// A key package that waits for somebody to add it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyPackage {
    /// Key of the seat whose terminal made it.
    pub key: String,
    /// The package.
    #[schema(value_type = String)]
    pub bytes: Base64<PACKAGE_BYTES_MAX>,
}

/// How a side's keys follow from the one that its id names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainSide {
    /// Side id.
    pub side: String,
    /// Its first key.
    pub key: String,
    /// Its Rekeys, oldest first.
    #[schema(value_type = Vec<String>)]
    pub rekeys: Vec<Base64<{ store::STATEMENT_BYTES_MAX }>>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::api::{FromBrowser, parse};

    fn package(bytes: &str) -> Option<FromBrowser> {
        parse(format!(r#"{{"t":"seal.package","call":"c","bytes":{bytes}}}"#).as_bytes()).ok()
    }

    #[test]
    fn base64_has_one_spelling_and_a_bound() {
        assert!(package(r#""AAE=""#).is_some() && package("null").is_some());
        for wrong in [
            r#""AAE""#,
            r#""AAF=""#,
            r#""AA E=""#,
            r#""_-8=""#,
            r#""""#,
            r#""AAE=\n""#,
            "1",
            "[]",
        ] {
            assert!(package(wrong).is_none(), "{wrong}");
        }
        assert!(parse::<FromBrowser>(br#"{"t":"seal.package","call":"c"}"#).is_err());
        for (length, taken) in [(PACKAGE_BYTES_MAX, true), (PACKAGE_BYTES_MAX + 1, false)] {
            let text = STANDARD.encode(vec![7; length]);
            assert_eq!(package(&format!("\"{text}\"")).is_some(), taken, "{length}");
        }
    }

    #[test]
    fn groups_have_one_spelling() {
        let since = |group: &str| {
            parse::<FromBrowser>(format!(r#"{{"t":"seal.since","call":"c","group":{group},"epoch":0}}"#).as_bytes())
        };
        assert!(since("null").is_ok() && since(&format!("\"{}\"", "0a".repeat(16))).is_ok());
        for wrong in ["0A".repeat(16), "0a".repeat(15), "0a".repeat(17), String::new()] {
            assert!(since(&format!("\"{wrong}\"")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_largest_messages_fit_a_frame() {
        use crate::api::{FRAME_BYTES_MAX, ToBrowser};
        let full = |length| Base64::new(vec![0xff; length].into()).unwrap();
        let (commit, welcome) = (COMMIT_BYTES_MAX, PROPOSAL_BYTES_MAX - COMMIT_BYTES_MAX);
        let key = "ab".repeat(32);
        let commit = ToBrowser::SealCommit {
            call: key.clone(),
            group: GroupId([0xff; 16]),
            epoch: u32::MAX,
            commit: full(commit),
            welcome: Some(Base64::new(vec![0xff; welcome].into()).unwrap()),
            by: key.clone(),
        };
        let each = KeyPackage {
            key: key.clone(),
            bytes: Base64::new(vec![0xff; PACKAGES_BYTES_MAX / PACKAGES_MAX].into()).unwrap(),
        };
        let packages = ToBrowser::SealPackages {
            call: key.clone(),
            packages: vec![each; 2 * PACKAGES_MAX],
        };
        let page = vec![Base64::new(vec![0xff; CHAIN_PAGE_BYTES / CHAIN_PAGE_MAX].into()).unwrap(); CHAIN_PAGE_MAX];
        let chain = ToBrowser::Chain {
            call: key,
            sides: Vec::new(),
            statements: page,
        };
        for message in [commit, packages, chain] {
            let length = serde_json::to_string(&message).unwrap().len();
            assert!(length < FRAME_BYTES_MAX, "{length}");
        }
    }
}
