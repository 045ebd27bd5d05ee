//! What two nodes tell each other about a call besides statements: who is at a seat, whose microphone is on, which tracks
//! there are, when a picture needs a key frame, the messages of the call's MLS group, which no node reads, and envelopes for
//! the other side's recorder.
//!
//! Nothing here is signed or believed beyond showing it and routing: who takes part is decided by statements, and what a
//! commit does is judged by terminals. [`Presence`] and the packages are always the whole of one side's present state,
//! so that a lost or repeated one does no harm.
//! The bytes ride in the link's ordered signals; docs/protocol.md has the numbers.

use bytes::Bytes;
use call::{Hash, PublicKey};
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::api::{
    COMMIT_BYTES_MAX, ENVELOPE_BYTES, GroupId, NOTE_BYTES_MAX, PACKAGE_BYTES_MAX, PACKAGES_BYTES_MAX, PACKAGES_MAX,
    PROPOSAL_BYTES_MAX,
};

/// Seats and tracks one side may announce for a call; more are refused.
pub const MOST: usize = 256;

/// One message about one call.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Signal {
    /// One side's seats and tracks, all of them.
    #[n(0)]
    Presence(#[n(0)] Presence),
    /// A receiver of this track of yours can't decode before it gets a key frame.
    #[n(1)]
    KeyFrame(#[n(0)] u16),
    /// What one side's connected terminals have said of their place in the group, all of it.
    #[n(2)]
    Packages(#[n(0)] Vec<Package>),
    /// A terminal of the side that does not order proposes a commit.
    #[n(3)]
    Propose(#[n(0)] Commit),
    /// The side that orders took this commit. Whether more are held after it, so that they are to be asked for.
    #[n(4)]
    Accepted(#[n(0)] Commit, #[n(1)] bool),
    /// The side that orders did not take a proposal.
    #[n(5)]
    Late(#[n(0)] Late),
    /// Asks the side that orders for what it took, from an epoch of a group on; of the present group from its first when
    /// that is another.
    #[n(6)]
    Since(#[n(0)] Option<Group>, #[n(1)] u32),
    /// A sealed note of a terminal to all terminals of the other side.
    #[n(7)]
    Note(#[n(0)] Note),
    /// A footage root, sealed to the recorder of the side that is told.
    #[n(8)]
    Envelope(#[n(0)] Envelope),
}

/// A terminal's place in the group.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Package {
    /// The seat's key.
    #[cbor(n(0), with = "key")]
    pub key: PublicKey,
    /// Its key package that waits; none when it says that it is a member or wants in no longer.
    #[n(1)]
    pub bytes: Option<Blob>,
}

/// A commit with what names it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Commit {
    /// The group.
    #[n(0)]
    pub group: Group,
    /// The epoch that it ends; 0 makes the group.
    #[n(1)]
    pub epoch: u32,
    /// The commit.
    #[n(2)]
    pub commit: Blob,
    /// The Welcome for those it adds.
    #[n(3)]
    pub welcome: Option<Blob>,
    /// The key of the seat that proposed it.
    #[cbor(n(4), with = "key")]
    pub by: PublicKey,
}

/// A proposal that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Late {
    /// The key of the seat that proposed it.
    #[cbor(n(0), with = "key")]
    pub by: PublicKey,
    /// Its group.
    #[n(1)]
    pub group: Group,
    /// Its epoch.
    #[n(2)]
    pub epoch: u32,
    /// Nothing was decided about it: it could not be stored.
    #[n(3)]
    pub away: bool,
}

/// A sealed note.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Note {
    /// The key of the seat that it came from.
    #[cbor(n(0), with = "key")]
    pub from: PublicKey,
    /// The note.
    #[n(1)]
    pub bytes: Blob,
}

/// A footage root, sealed to a recorder; and what it is for, which the envelope opens for alone.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Envelope {
    /// The recorder's key.
    #[cbor(n(0), with = "key")]
    pub recorder: PublicKey,
    /// The group.
    #[n(1)]
    pub group: Group,
    /// The epoch, as MLS counts it.
    #[n(2)]
    pub epoch: u32,
    /// SHA-256 of the hashes of the statements by which footage is open.
    #[cbor(n(3), with = "hash")]
    pub context: Hash,
    /// The envelope.
    #[n(4)]
    pub bytes: Blob,
}

/// The id of an MLS group as a byte string of 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group(pub GroupId);

impl<C> Encode<C> for Group {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Group {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let bytes: minicbor::bytes::ByteArray<16> = d.decode()?;
        Ok(Self(GroupId(*bytes)))
    }
}

/// Bytes that no node reads. Cheap to clone; `Debug` shows their number.
#[derive(Clone, PartialEq, Eq)]
pub struct Blob(pub Bytes);

impl Blob {
    fn fits(&self, most: usize) -> bool {
        (1..=most).contains(&self.0.len())
    }
}

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<C> Encode<C> for Blob {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Blob {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Ok(Self(Bytes::copy_from_slice(d.bytes()?)))
    }
}

impl Commit {
    fn fits(&self) -> bool {
        let welcome = self.welcome.as_ref();
        let both = self.commit.0.len() + welcome.map_or(0, |welcome| welcome.0.len());
        self.commit.fits(COMMIT_BYTES_MAX)
            && welcome.is_none_or(|welcome| welcome.fits(COMMIT_BYTES_MAX))
            && both <= PROPOSAL_BYTES_MAX
    }
}

fn packages_fit(packages: &[Package]) -> bool {
    let each = || packages.iter().filter_map(|package| package.bytes.as_ref());
    packages.len() <= PACKAGES_MAX
        && each().all(|bytes| bytes.fits(PACKAGE_BYTES_MAX))
        && each().map(|bytes| bytes.0.len()).sum::<usize>() <= PACKAGES_BYTES_MAX
}

/// One side's seats and tracks in a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Presence {
    /// Seats whose terminal is connected.
    #[n(0)]
    pub seats: Vec<Seat>,
    /// What those terminals send.
    #[n(1)]
    pub tracks: Vec<Track>,
    /// Whether all of those terminals take sound with the frame before in each packet (RED, RFC 2198).
    #[n(2)]
    pub redundancy: bool,
    /// Whether this side's half of a check before Begin stands.
    #[n(3)]
    pub checking: bool,
}

/// A seat whose terminal is connected to its node.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Seat {
    /// The seat's key, as vouched.
    #[cbor(n(0), with = "key")]
    pub key: PublicKey,
    /// Whether its microphone is on, once the terminal has said so.
    #[n(1)]
    pub mic: Option<bool>,
}

/// One source of sound or picture.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Track {
    /// Its number on the link, chosen by the side that sends it.
    #[n(0)]
    pub track: u16,
    /// The key of the seat that it comes from.
    #[cbor(n(1), with = "key")]
    pub key: PublicKey,
    /// Sound or picture.
    #[n(2)]
    pub kind: Kind,
}

/// Sound or picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Kind {
    /// A microphone.
    #[n(0)]
    Sound,
    /// A camera.
    #[n(1)]
    Picture,
}

impl Signal {
    /// The bytes that go on the link.
    pub fn encode(&self) -> Vec<u8> {
        // Writing into a vector has no way to fail.
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// Reads what came from the far node; `None` for anything malformed or beyond the bounds.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let signal: Self = minicbor::decode(bytes).ok()?;
        (signal.fits() && signal.encode() == bytes).then_some(signal)
    }

    fn fits(&self) -> bool {
        match self {
            Self::Presence(presence) => presence.seats.len() <= MOST && presence.tracks.len() <= MOST,
            Self::Packages(packages) => packages_fit(packages),
            Self::Propose(commit) | Self::Accepted(commit, _) => commit.fits(),
            Self::Note(note) => note.bytes.fits(NOTE_BYTES_MAX),
            Self::Envelope(envelope) => envelope.bytes.0.len() == ENVELOPE_BYTES,
            Self::KeyFrame(_) | Self::Late(_) | Self::Since(..) => true,
        }
    }
}

/// A public key as a byte string of 32.
mod key {
    use call::PublicKey;
    use minicbor::{Decoder, Encoder, bytes::ByteArray, decode as reading, encode as writing};

    pub(super) fn encode<C, W: writing::Write>(
        key: &PublicKey,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), writing::Error<W::Error>> {
        e.bytes(&key.0)?.ok()
    }

    pub(super) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<PublicKey, reading::Error> {
        let bytes: ByteArray<32> = d.decode()?;
        Ok(PublicKey(*bytes))
    }
}

/// A hash as a byte string of 32.
mod hash {
    use call::{Hash, PublicKey};
    use minicbor::{Decoder, Encoder, decode as reading, encode as writing};

    pub(super) fn encode<C, W: writing::Write>(
        hash: &Hash,
        e: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), writing::Error<W::Error>> {
        super::key::encode(&PublicKey(hash.0), e, context)
    }

    pub(super) fn decode<C>(d: &mut Decoder<'_>, context: &mut C) -> Result<Hash, reading::Error> {
        super::key::decode(d, context).map(|key| Hash(key.0))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn presence() -> Signal {
        Signal::Presence(Presence {
            seats: vec![Seat {
                key: PublicKey([7; 32]),
                mic: Some(false),
            }],
            tracks: vec![Track {
                track: 3,
                key: PublicKey([7; 32]),
                kind: Kind::Picture,
            }],
            redundancy: true,
            checking: false,
        })
    }

    #[test]
    fn signals_survive_the_wire() {
        for signal in [presence(), Signal::KeyFrame(3)].into_iter().chain(sealed()) {
            assert_eq!(Signal::decode(&signal.encode()), Some(signal));
        }
    }

    fn blob(length: usize) -> Blob {
        Blob(vec![0xcc; length].into())
    }

    fn commit(length: usize, welcome: Option<usize>) -> Commit {
        Commit {
            group: Group(GroupId([9; 16])),
            epoch: 2,
            commit: blob(length),
            welcome: welcome.map(blob),
            by: PublicKey([7; 32]),
        }
    }

    fn package(bytes: Option<usize>) -> Package {
        Package {
            key: PublicKey([7; 32]),
            bytes: bytes.map(blob),
        }
    }

    fn sealed() -> Vec<Signal> {
        vec![
            Signal::Packages(vec![package(Some(1)), package(None)]),
            Signal::Propose(commit(1, Some(2))),
            Signal::Accepted(commit(1, None), true),
            Signal::Late(Late {
                by: PublicKey([7; 32]),
                group: Group(GroupId([9; 16])),
                epoch: 2,
                away: false,
            }),
            Signal::Since(None, 0),
            Signal::Since(Some(Group(GroupId([9; 16]))), 2),
            Signal::Note(Note {
                from: PublicKey([7; 32]),
                bytes: blob(1),
            }),
            envelope(ENVELOPE_BYTES),
        ]
    }

    fn envelope(length: usize) -> Signal {
        Signal::Envelope(Envelope {
            recorder: PublicKey([7; 32]),
            group: Group(GroupId([9; 16])),
            epoch: 2,
            context: Hash([5; 32]),
            bytes: blob(length),
        })
    }

    #[test]
    fn the_bytes_of_sealed_messages_are_as_written_down() {
        let key = [&[0x58, 0x20][..], &[7; 32]].concat();
        let group = [&[0x50][..], &[9; 16]].concat();
        let head = [&[0x00][..], &group, &[0x01, 0x02, 0x02, 0x41, 0xcc]].concat();
        let (one, both) = ([0x41, 0xcc], [0x03, 0x42, 0xcc, 0xcc, 0x04]);
        let package = [&[0xa2, 0x00][..], &key, &[0x01], &one, &[0xa1, 0x00], &key].concat();
        let expected: Vec<Vec<u8>> = vec![
            [&[0x82, 0x02, 0x81, 0x82][..], &package].concat(),
            [&[0x82, 0x03, 0x81, 0xa5][..], &head, &both, &key].concat(),
            [&[0x82, 0x04, 0x82, 0xa4][..], &head, &[0x04], &key, &[0xf5]].concat(),
            [
                &[0x82, 0x05, 0x81, 0xa4, 0x00][..],
                &key,
                &[0x01],
                &group,
                &[0x02, 0x02, 0x03, 0xf4],
            ]
            .concat(),
            vec![0x82, 0x06, 0x82, 0xf6, 0x00],
            [&[0x82, 0x06, 0x82][..], &group, &[0x02]].concat(),
            [&[0x82, 0x07, 0x81, 0xa2, 0x00][..], &key, &[0x01], &one].concat(),
            [
                &[0x82, 0x08, 0x81, 0xa5, 0x00][..],
                &key,
                &[0x01],
                &group,
                &[0x02, 0x02, 0x03, 0x58, 0x20],
                &[5; 32],
                &[0x04, 0x58, 0x50],
                &[0xcc; 80],
            ]
            .concat(),
        ];
        for (signal, bytes) in sealed().into_iter().zip(expected) {
            assert_eq!(signal.encode(), bytes, "{signal:?}");
        }
    }

    #[test]
    fn sealed_messages_have_bounds_and_the_largest_fit_the_link() {
        let full = COMMIT_BYTES_MAX;
        let rest = PROPOSAL_BYTES_MAX - full;
        let note = |length| {
            Signal::Note(Note {
                from: PublicKey([7; 32]),
                bytes: blob(length),
            })
        };
        let most = vec![package(Some(PACKAGES_BYTES_MAX / PACKAGES_MAX)); PACKAGES_MAX];
        for signal in [
            Signal::Propose(commit(full, Some(rest))),
            Signal::Accepted(commit(full, Some(rest)), true),
            Signal::Packages(most.clone()),
            Signal::Packages(vec![package(Some(PACKAGE_BYTES_MAX))]),
            note(NOTE_BYTES_MAX),
        ] {
            let bytes = signal.encode();
            assert!(bytes.len() <= link::session::SIGNAL_BYTES_MAX, "{} bytes", bytes.len());
            assert!(Signal::decode(&bytes).is_some());
        }
        for signal in [
            Signal::Propose(commit(full + 1, None)),
            Signal::Propose(commit(0, None)),
            Signal::Propose(commit(1, Some(full + 1))),
            Signal::Propose(commit(1, Some(0))),
            Signal::Accepted(commit(full, Some(rest + 1)), false),
            Signal::Packages([most, vec![package(None)]].concat()),
            Signal::Packages(vec![package(Some(PACKAGE_BYTES_MAX + 1))]),
            Signal::Packages(vec![package(Some(0))]),
            Signal::Packages(vec![
                package(Some(PACKAGE_BYTES_MAX));
                PACKAGES_BYTES_MAX / PACKAGE_BYTES_MAX + 1
            ]),
            note(0),
            note(NOTE_BYTES_MAX + 1),
            envelope(ENVELOPE_BYTES - 1),
            envelope(ENVELOPE_BYTES + 1),
        ] {
            assert_eq!(Signal::decode(&signal.encode()), None);
        }
    }

    #[test]
    fn sealed_messages_are_read_to_the_last_byte() {
        for signal in sealed() {
            let mut bytes = signal.encode();
            for end in 0..bytes.len() {
                assert_eq!(Signal::decode(&bytes[..end]), None);
            }
            bytes.push(0);
            assert_eq!(Signal::decode(&bytes), None);
        }
    }

    #[test]
    fn the_bytes_are_as_written_down() {
        let key = [&[0x58, 0x20][..], &[7; 32]].concat();
        let (seats, tracks) = ([0x00, 0x81, 0xa2, 0x00], [0x01, 0x81, 0xa3, 0x00, 0x03, 0x01]);
        let (mic, kind, flags) = ([0x01, 0xf4], [0x02, 0x01], [0x02, 0xf5, 0x03, 0xf4]);
        let map = [&seats[..], &key, &mic, &tracks, &key, &kind, &flags].concat();
        assert_eq!(presence().encode(), [&[0x82, 0x00, 0x81, 0xa4][..], &map].concat());
        let without = [&[0x82, 0x00, 0x81, 0xa3][..], &map[..map.len() - 2]].concat();
        assert_eq!(Signal::decode(&without), None);
        assert_eq!(Signal::KeyFrame(3).encode(), [0x82, 0x01, 0x81, 0x03]);
    }

    #[test]
    fn trailing_truncated_and_oversize_are_refused() {
        let mut bytes = presence().encode();
        bytes.push(0);
        assert_eq!(Signal::decode(&bytes), None);
        for end in 0..bytes.len() - 1 {
            assert_eq!(Signal::decode(&bytes[..end]), None);
        }
        let many = Signal::Presence(Presence {
            seats: vec![
                Seat {
                    key: PublicKey([7; 32]),
                    mic: None
                };
                MOST + 1
            ],
            tracks: vec![],
            redundancy: false,
            checking: true,
        });
        assert_eq!(Signal::decode(&many.encode()), None);
    }
}
