//! Opens sealed frames under the footage roots that were handed over, and nothing else.

use aws_lc_rs::hkdf::{HKDF_SHA512, KeyType, Salt};
use call::PublicKey;
use sframe::CipherSuite;
use sframe::frame::EncryptedFrameView;
use sframe::frame::validation::{ReplayAttackProtection, Tolerance};
use sframe::key::DecryptionKey;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

use crate::key::Root;
use crate::plan::Kind;

/// Above every key id that a terminal makes (docs/protocol.md, section 8).
const BASE: u64 = 1 << 52;
/// The first byte of every frame: a key id of seven bytes, a counter of four.
const CONFIG: u8 = 0xeb;
/// Bytes of a header, and the least that a frame has.
const HEADER: usize = 12;
const OVERHEAD: usize = HEADER + 16;
/// Roots kept. A group makes one for every commit while footage is open.
const ROOTS_MAX: usize = 64;
/// Senders' keys kept: seats, times the starts of their workers, times epochs.
const KEYS_MAX: usize = 256;
/// Counters within which each is opened once.
const WINDOW: usize = 4096;

/// What became of a frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// Its plain bytes.
    Plain(Vec<u8>),
    /// Under a footage key whose root is not here, or not yet.
    Unknown,
    /// Sealed from the recorder: not under a footage key.
    Sealed,
    /// Changed, repeated, or of another seat, kind or epoch.
    Refused,
}

struct Sender {
    key: DecryptionKey,
    replays: ReplayAttackProtection,
    used: u64,
}

/// The roots, and the senders' keys that followed from them.
#[derive(Default)]
pub(crate) struct Opener {
    roots: Vec<(u64, Root)>,
    senders: BTreeMap<(PublicKey, u64), Sender>,
    uses: u64,
}

impl Opener {
    /// Takes the root of an epoch; says whether it is a new one.
    pub(crate) fn add(&mut self, epoch: u64, root: Root) -> bool {
        if self
            .roots
            .iter()
            .any(|(held, known)| *held == epoch && known.is(&root.0))
        {
            return false;
        }
        if self.roots.len() == ROOTS_MAX {
            self.roots.remove(0);
        }
        self.roots.push((epoch, root));
        true
    }

    /// Opens a frame of a seat's track.
    pub(crate) fn open(&mut self, seat: PublicKey, kind: Kind, frame: &[u8]) -> Opened {
        let Some(id) = footage_key_id(frame) else {
            return Opened::Sealed;
        };
        let metadata = [match kind {
            Kind::Sound => 1_u8,
            Kind::Picture => 2,
        }];
        let Ok(view) = EncryptedFrameView::try_with_meta_data(frame, &metadata) else {
            return Opened::Refused;
        };
        self.uses += 1;
        if let Some(sender) = self.senders.get_mut(&(seat, id)) {
            sender.used = self.uses;
            return match view.validated_decrypt(&sender.key, &mut sender.replays) {
                Ok(plain) => Opened::Plain(plain.payload().to_vec()),
                Err(_) => Opened::Refused,
            };
        }
        let mut fits = false;
        for (epoch, root) in self.roots.iter().rev() {
            if epoch % (1 << 16) != (id - BASE) >> 33 {
                continue;
            }
            fits = true;
            let Some((key, mut replays)) = sender_key(root, seat, id) else {
                continue;
            };
            if let Ok(plain) = view.validated_decrypt(&key, &mut replays) {
                if self.senders.len() == KEYS_MAX
                    && let Some(oldest) = self
                        .senders
                        .iter()
                        .min_by_key(|(_, sender)| sender.used)
                        .map(|(id, _)| *id)
                {
                    self.senders.remove(&oldest);
                }
                let used = self.uses;
                self.senders.insert((seat, id), Sender { key, replays, used });
                return Opened::Plain(plain.payload().to_vec());
            }
        }
        if fits { Opened::Refused } else { Opened::Unknown }
    }
}

/// The key id of a frame under a footage key; none for any other frame, and for what is no frame.
fn footage_key_id(frame: &[u8]) -> Option<u64> {
    if frame.len() < OVERHEAD || *frame.first()? != CONFIG {
        return None;
    }
    let mut id = [0; 8];
    id[1..].copy_from_slice(frame.get(1..8)?);
    let id = u64::from_be_bytes(id);
    let rest = id.checked_sub(BASE)?;
    (rest < 1 << 49 && rest & 1 == 1).then_some(id)
}

struct Bytes32;

impl KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

/// The base key of one sender for one key id, and the frame key that SFrame makes of it (RFC 9605, section 4.4.2).
fn sender_key(root: &Root, seat: PublicKey, id: u64) -> Option<(DecryptionKey, ReplayAttackProtection)> {
    let mut base = Zeroizing::new([0; 32]);
    Salt::new(HKDF_SHA512, &[])
        .extract(root.0.as_ref())
        .expand(&[b"visavis sender", &seat.0, &id.to_be_bytes()], Bytes32)
        .and_then(|okm| okm.fill(base.as_mut()))
        .ok()?;
    let key = DecryptionKey::derive_from(CipherSuite::AesGcm256Sha512, id, base.as_ref()).ok()?;
    let tolerance = Tolerance::try_new(WINDOW).ok()?;
    Some((key, ReplayAttackProtection::new(id, tolerance)))
}
