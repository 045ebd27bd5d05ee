//! Ids and instants: newtypes over bytes and numbers, hex in and out, nothing whole in `Debug`.

use core::fmt;
use core::str::FromStr;

use sha2::{Digest, Sha256};

/// Text that is not the hex of an id: wrong length, or a character outside `0-9a-f`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not {expected} lower-case hex digits")]
pub struct NotHex {
    /// How many digits there should have been.
    pub expected: usize,
}

/// Reads exactly `N` bytes of lower-case hex.
///
/// # Errors
/// [`NotHex`] for any other length or character (upper case too: one spelling per id).
pub fn unhex<const N: usize>(text: &str) -> Result<[u8; N], NotHex> {
    let wrong = NotHex { expected: N * 2 };
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return Err(wrong);
    }
    let mut out = [0u8; N];
    for (slot, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        let (Some(high), Some(low)) = (nibble(pair[0]), nibble(pair[1])) else {
            return Err(wrong);
        };
        *slot = high << 4 | low;
    }
    Ok(out)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The bytes themselves.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        /// Four bytes are enough to tell two apart in a log and too few to use.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "("))?;
                self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                write!(f, "..)")
            }
        }

        impl FromStr for $name {
            type Err = NotHex;
            fn from_str(text: &str) -> Result<Self, NotHex> {
                unhex(text).map(Self)
            }
        }
    };
}

id!(
    /// SHA-256 of a statement's bytes as received, the COSE tag included.
    Hash
);
id!(
    /// A side for good: SHA-256 of its first Ed25519 public key. It survives every Rekey.
    SideId
);
id!(
    /// A call: the hash of its first offer.
    CallId
);
id!(
    /// The line of two sides: SHA-256 of `"visavis line"` and both side ids, the smaller first.
    LineId
);
id!(
    /// An Ed25519 public key (RFC 8032) as its 32 bytes; in [`Vouch`](crate::Body::Vouch) also a recorder's X25519 key.
    PublicKey
);

impl Hash {
    /// The SHA-256 of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl SideId {
    /// The id of the side whose first key is `first`.
    #[must_use]
    pub fn of(first: &PublicKey) -> Self {
        Self(Hash::of(&first.0).0)
    }
}

impl From<Hash> for CallId {
    fn from(first_offer: Hash) -> Self {
        Self(first_offer.0)
    }
}

impl From<CallId> for Hash {
    fn from(call: CallId) -> Self {
        Self(call.0)
    }
}

impl LineId {
    /// The id of the line between two sides, the same whichever is named first.
    #[must_use]
    pub fn of(one: SideId, other: SideId) -> Self {
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        let mut bytes = b"visavis line".to_vec();
        bytes.extend_from_slice(&low.0);
        bytes.extend_from_slice(&high.0);
        Self(Hash::of(&bytes).0)
    }
}

/// An instant as its signer's clock told it: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The last instant that statements carry: 9999-12-31T23:59:59.999Z. The first is 0.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// Whether statements can carry it: from 1970 to 9999.
    #[must_use]
    pub fn in_bounds(self) -> bool {
        (0..=Self::MAX.0).contains(&self.0)
    }

    /// Milliseconds since 1970, UTC.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn hex_goes_both_ways_and_has_one_spelling() {
        let id = Hash::of(b"x");
        assert_eq!(id.to_string().parse::<Hash>().unwrap(), id);
        assert!(id.to_string().to_uppercase().parse::<Hash>().is_err());
        assert!(id.to_string()[1..].parse::<Hash>().is_err());
        assert!("é".repeat(32).parse::<Hash>().is_err());
    }

    #[test]
    fn debug_does_not_tell_the_whole() {
        let id = Hash::of(b"x");
        assert!(!format!("{id:?}").contains(&id.to_string()[8..]));
    }

    #[test]
    fn a_line_has_no_first_side() {
        let (a, b) = (SideId([1; 32]), SideId([2; 32]));
        assert_eq!(LineId::of(a, b), LineId::of(b, a));
    }
}
