//! Pairing: the signed bundle that each side hands to the other, and the eight words that both operators compare.
//!
//! Driven by the operator's commands; pure. A bundle says who a side is and how its node is reached, signed with the
//! side's key. Each operator imports the far bundle, both read the words to each other over a channel on which they know
//! each other's voice, and each confirms. Until both have, the line carries nothing ([`crate::session`]).
//!
//! The words come from both bundles through [`ROUNDS`] rounds of hashing. Somebody in the middle, who hands each side a
//! bundle of his own, needs two bundles that give the same words: about 2^41 pairs to try, times the rounds.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use call::{Hash, PublicKey, SideId, Signer};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::quic::ADDRESSES_MAX;

/// The version of the bundle's layout.
pub const BUNDLE_VERSION: u8 = 1;
/// Bytes of a side's name.
pub const NAME_BYTES_MAX: usize = 128;
/// Bytes of a place and of a time zone's name.
pub const PLACE_BYTES_MAX: usize = 64;
/// Bytes of an address.
pub const ADDRESS_BYTES_MAX: usize = 260;
/// Bytes of a bundle as text.
pub const TEXT_BYTES_MAX: usize = 8 * 1024;
/// How many words are compared.
pub const WORDS: usize = 8;
/// How often the words' hash is taken again.
pub const ROUNDS: u32 = 1 << 18;

const BEGIN: &str = "-----BEGIN VISAVIS LINE-----";
const END: &str = "-----END VISAVIS LINE-----";
const LINE_CHARACTERS: usize = 64;
const SIGNED: &[u8] = b"visavis line bundle\n";
const LIST: &str = include_str!("../data/eff_short_wordlist_1.txt");
const LIST_WORDS: u32 = 1296;

/// Why a text is no bundle, or a bundle cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BundleError {
    /// There is no bundle between its marks, or it is not base64.
    #[error("not a line bundle")]
    Text,
    /// The bundle is damaged or in a layout that this version does not know.
    #[error("a damaged line bundle")]
    Damaged,
    /// Made by a newer version; it gives the number.
    #[error("a line bundle of version {0}")]
    Version(u8),
    /// A name, place, zone or address is empty, too long or has characters that do not belong there.
    #[error("a field of the line bundle is out of bounds")]
    Field,
    /// The side's key did not sign it.
    #[error("the line bundle is not signed by its side")]
    Signature,
}

/// What a side says of itself to the side that it wants a line to.
#[derive(Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The side's name as it wants to be shown.
    pub name: String,
    /// The capital, for the clock and the eye.
    pub place: String,
    /// The IANA name of the capital's time zone.
    pub zone: String,
    /// Where its node is reached, `host:port`; may be empty when it only dials.
    pub addresses: Vec<String>,
    /// The side's first key; its hash is the side's id.
    pub side_key: PublicKey,
    /// The link key, to be pinned.
    pub link_key: PublicKey,
    /// The hash of the pages that its node serves its own people.
    pub web: Hash,
}

impl std::fmt::Debug for Bundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bundle({:?})", self.side())
    }
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Body {
    #[n(0)]
    version: u8,
    #[n(1)]
    name: String,
    #[n(2)]
    place: String,
    #[n(3)]
    zone: String,
    #[n(4)]
    addresses: Vec<String>,
    #[cbor(n(5), with = "minicbor::bytes")]
    side_key: [u8; 32],
    #[cbor(n(6), with = "minicbor::bytes")]
    link_key: [u8; 32],
    #[cbor(n(7), with = "minicbor::bytes")]
    web: [u8; 32],
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Sealed {
    #[n(0)]
    body: ByteVec,
    #[cbor(n(1), with = "minicbor::bytes")]
    signature: [u8; 64],
}

impl Bundle {
    /// The side that it speaks for.
    pub fn side(&self) -> SideId {
        SideId::of(&self.side_key)
    }

    /// Signs it with the side's first key.
    ///
    /// # Errors
    /// [`BundleError::Field`], or [`BundleError::Signature`] when the signer has another key.
    pub fn sign(self, signer: &dyn Signer) -> Result<SignedBundle, BundleError> {
        self.check()?;
        if signer.key() != self.side_key {
            return Err(BundleError::Signature);
        }
        let body = minicbor::to_vec(Body {
            version: BUNDLE_VERSION,
            name: self.name.clone(),
            place: self.place.clone(),
            zone: self.zone.clone(),
            addresses: self.addresses.clone(),
            side_key: self.side_key.0,
            link_key: self.link_key.0,
            web: self.web.0,
        })
        .map_err(|_| BundleError::Damaged)?;
        let signature = signer.sign(&signed_bytes(&body));
        Ok(SignedBundle {
            bundle: self,
            body,
            signature,
        })
    }

    fn check(&self) -> Result<(), BundleError> {
        let zone_character = |c: char| c.is_ascii_alphanumeric() || "/_+-".contains(c);
        let address_character = |c: char| c.is_ascii_alphanumeric() || ".-:[]%_".contains(c);
        let good = is_plain(&self.name, NAME_BYTES_MAX)
            && is_plain(&self.place, PLACE_BYTES_MAX)
            && is_plain(&self.zone, PLACE_BYTES_MAX)
            && self.zone.chars().all(zone_character)
            && self.addresses.len() <= ADDRESSES_MAX
            && self.addresses.iter().all(|address| {
                is_plain(address, ADDRESS_BYTES_MAX) && address.chars().all(address_character) && has_port(address)
            });
        if good { Ok(()) } else { Err(BundleError::Field) }
    }
}

/// Not empty, not too long, not padded, and nothing that could hide or turn text round when shown.
fn is_plain(text: &str, bytes_max: usize) -> bool {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    !text.is_empty() && text.len() <= bytes_max && text.trim() == text && !text.chars().any(hidden)
}

fn has_port(address: &str) -> bool {
    address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0))
}

fn signed_bytes(body: &[u8]) -> Vec<u8> {
    [SIGNED, body].concat()
}

/// A bundle whose signature was checked or made here.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedBundle {
    bundle: Bundle,
    body: Vec<u8>,
    signature: [u8; 64],
}

impl std::fmt::Debug for SignedBundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signed{:?}", self.bundle)
    }
}

impl SignedBundle {
    /// What it says.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The side that it speaks for.
    pub fn side(&self) -> SideId {
        self.bundle.side()
    }

    /// As text for a file or a sheet of paper: base64 between two marks.
    pub fn to_text(&self) -> String {
        let sealed = Sealed {
            body: self.body.clone().into(),
            signature: self.signature,
        };
        // Encoding into a vector cannot fail.
        let code = STANDARD.encode(minicbor::to_vec(sealed).unwrap_or_default());
        let mut text = format!("{BEGIN}\n");
        for line in code.as_bytes().chunks(LINE_CHARACTERS) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str(END);
        text.push('\n');
        text
    }

    /// Reads a text. What stands before and after the marks is ignored, as are spaces and line ends between them.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn from_text(text: &str) -> Result<Self, BundleError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(BundleError::Text);
        }
        let (_, rest) = text.split_once(BEGIN).ok_or(BundleError::Text)?;
        let (code, _) = rest.split_once(END).ok_or(BundleError::Text)?;
        let code: String = code.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let bytes = STANDARD.decode(code).map_err(|_| BundleError::Text)?;
        let sealed: Sealed = decode(&bytes)?;
        let body = Vec::from(sealed.body);
        let version: u8 = minicbor::Decoder::new(&body)
            .array()
            .ok()
            .and_then(|_| minicbor::Decoder::new(body.get(1..)?).u8().ok())
            .ok_or(BundleError::Damaged)?;
        if version != BUNDLE_VERSION {
            return Err(BundleError::Version(version));
        }
        let fields: Body = decode(&body)?;
        let bundle = Bundle {
            name: fields.name,
            place: fields.place,
            zone: fields.zone,
            addresses: fields.addresses,
            side_key: PublicKey(fields.side_key),
            link_key: PublicKey(fields.link_key),
            web: Hash(fields.web),
        };
        bundle.check()?;
        if !bundle.side_key.verifies(&signed_bytes(&body), &sealed.signature) {
            return Err(BundleError::Signature);
        }
        Ok(Self {
            bundle,
            body,
            signature: sealed.signature,
        })
    }
}

/// One spelling only: what is decoded is encoded again and compared.
fn decode<'b, T: Decode<'b, ()> + Encode<()>>(bytes: &'b [u8]) -> Result<T, BundleError> {
    let value: T = minicbor::decode(bytes).map_err(|_| BundleError::Damaged)?;
    match minicbor::to_vec(&value) {
        Ok(again) if again == bytes => Ok(value),
        _ => Err(BundleError::Damaged),
    }
}

/// One of the words, with the dice that give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub word: &'static str,
    /// Four dice, 1111 to 6666: language and accent do not matter to numbers.
    pub dice: u16,
}

/// The eight words of a line between these two sides; the same whichever is named first.
///
/// They come from the four keys. All else in a bundle is signed by its side key, and may change between making a bundle
/// and reading the words: an address, the pages after an update.
pub fn words(one: &SignedBundle, other: &SignedBundle) -> [Word; WORDS] {
    let (low, high) = if one.side() <= other.side() {
        (one, other)
    } else {
        (other, one)
    };
    let mut hash = Sha256::new();
    hash.update(b"visavis words");
    for bundle in [&low.bundle, &high.bundle] {
        hash.update(bundle.side_key.0);
        hash.update(bundle.link_key.0);
    }
    let mut sum: [u8; 32] = hash.finalize().into();
    for _ in 0..ROUNDS {
        sum = Sha256::digest(sum).into();
    }
    let mut words = [Word { word: "", dice: 0 }; WORDS];
    for (word, bytes) in words.iter_mut().zip(sum.chunks_exact(4)) {
        // 2^32 over 1,296 leaves a bias of 3 in 10^7.
        let number = bytes.iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte));
        *word = listed(number % LIST_WORDS);
    }
    words
}

fn listed(index: u32) -> Word {
    let line = LIST.lines().nth(index as usize).and_then(|line| line.split_once('\t'));
    let (dice, word) = line.unwrap_or(("0", ""));
    Word {
        word,
        dice: dice.parse().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use call::SecretKey;

    use super::*;

    fn bundle(seed: u8) -> SignedBundle {
        let key = SecretKey::from_seed(&[seed; 32]);
        let bundle = Bundle {
            name: "Office of the President (EXAMPLE)".into(),
            place: "Washington".into(),
            zone: "America/New_York".into(),
            addresses: vec!["node.example:7443".into(), "[2001:db8::1]:7443".into()],
            side_key: key.key(),
            link_key: SecretKey::from_seed(&[seed + 100; 32]).key(),
            web: Hash([seed; 32]),
        };
        bundle.sign(&key).unwrap()
    }

    #[test]
    fn a_bundle_travels_as_text() {
        let ours = bundle(1);
        let text = format!(
            "Sent by courier.\r\n{}\r\nThank you",
            ours.to_text().replace('\n', "\r\n  ")
        );
        assert_eq!(SignedBundle::from_text(&text), Ok(ours));
    }

    #[test]
    fn every_flipped_byte_is_found() {
        let ours = bundle(1);
        let sealed = minicbor::to_vec(Sealed {
            body: ours.body.clone().into(),
            signature: ours.signature,
        })
        .unwrap();
        for index in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[index] ^= 1;
            let text = format!("{BEGIN}{}{END}", STANDARD.encode(bad));
            assert!(SignedBundle::from_text(&text).is_err(), "byte {index}");
        }
    }

    #[test]
    fn another_sides_key_cannot_sign() {
        let other = SecretKey::from_seed(&[9; 32]);
        assert_eq!(bundle(1).bundle.sign(&other), Err(BundleError::Signature));
    }

    #[test]
    fn a_later_version_is_named() {
        let key = SecretKey::from_seed(&[1; 32]);
        let body = minicbor::to_vec((2u8, "whatever")).unwrap();
        let signature = key.sign(&signed_bytes(&body));
        let sealed = minicbor::to_vec(Sealed {
            body: body.into(),
            signature,
        })
        .unwrap();
        let text = format!("{BEGIN}\n{}\n{END}", STANDARD.encode(sealed));
        assert_eq!(SignedBundle::from_text(&text), Err(BundleError::Version(2)));
    }

    #[test]
    fn odd_fields_are_refused() {
        let key = SecretKey::from_seed(&[1; 32]);
        let good = bundle(1).bundle;
        let bad = [
            Bundle {
                name: String::new(),
                ..good.clone()
            },
            Bundle {
                name: "a\u{202e}b".into(),
                ..good.clone()
            },
            Bundle {
                name: "a\u{1b}[2J".into(),
                ..good.clone()
            },
            Bundle {
                name: "x".repeat(NAME_BYTES_MAX + 1),
                ..good.clone()
            },
            Bundle {
                zone: "Europe/Moscow; rm".into(),
                ..good.clone()
            },
            Bundle {
                addresses: vec!["node.example".into()],
                ..good.clone()
            },
            Bundle {
                addresses: vec!["node.example:0".into()],
                ..good.clone()
            },
            Bundle {
                addresses: vec!["node.example:1".into(); ADDRESSES_MAX + 1],
                ..good
            },
        ];
        for bundle in bad {
            assert_eq!(bundle.sign(&key), Err(BundleError::Field));
        }
    }

    #[test]
    fn words_agree_and_depend_on_the_keys_alone() {
        let (a, b) = (bundle(1), bundle(2));
        let ours = words(&a, &b);
        assert_eq!(ours, words(&b, &a));
        let key = SecretKey::from_seed(&[2; 32]);
        let moved = Bundle {
            addresses: vec!["elsewhere.example:7443".into()],
            web: Hash([9; 32]),
            ..b.bundle.clone()
        };
        assert_eq!(
            ours,
            words(&a, &moved.sign(&key).unwrap()),
            "an address read off a sheet may be older"
        );
        let link = Bundle {
            link_key: SecretKey::from_seed(&[77; 32]).key(),
            ..b.bundle
        };
        assert_ne!(ours, words(&a, &link.sign(&key).unwrap()));
        assert_ne!(ours, words(&a, &bundle(3)));
        assert!(
            ours.iter()
                .all(|word| !word.word.is_empty() && (1111..=6666).contains(&word.dice))
        );
    }

    #[test]
    fn the_list_is_whole_and_its_dice_are_in_order() {
        assert_eq!(LIST.lines().count(), LIST_WORDS as usize);
        assert_eq!(
            listed(0),
            Word {
                word: "acid",
                dice: 1111
            }
        );
        assert_eq!(
            listed(LIST_WORDS - 1),
            Word {
                word: "zoom",
                dice: 6666
            }
        );
    }

    /// Fixed for the second implementation in docs/protocol.md.
    #[test]
    fn the_words_of_the_example() {
        let words = words(&bundle(1), &bundle(2));
        let said: Vec<String> = words
            .iter()
            .map(|word| format!("{} {}", word.dice, word.word))
            .collect();
        let fixed = "2356 dizzy, 2245 daisy, 6614 wispy, 1325 bleak, 2115 colt, 2246 dance, 6653 yodel, 3466 issue";
        assert_eq!(said.join(", "), fixed);
    }
}
