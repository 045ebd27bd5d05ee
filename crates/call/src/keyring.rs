//! Which keys speak for which side: the pinned first key, and those that its Rekeys introduced.

use std::collections::BTreeMap;

use crate::body::Body;
use crate::chains::Fault;
use crate::ids::{LineId, PublicKey, SideId};
use crate::statement::{Statement, Subject};

/// Most keys of one side: the first and its Rekeys.
pub const KEYS_MAX: usize = 256;

/// The keys of the sides that are known, oldest first.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Keyring {
    sides: BTreeMap<SideId, Vec<PublicKey>>,
}

impl Keyring {
    /// Pins these first keys.
    pub fn new(first_keys: impl IntoIterator<Item = PublicKey>) -> Self {
        let mut keyring = Self::default();
        for key in first_keys {
            keyring.pin(key);
        }
        keyring
    }

    /// Pins a side by its first key. Pinning it again changes nothing.
    pub fn pin(&mut self, first: PublicKey) -> SideId {
        let side = SideId::of(&first);
        self.sides.entry(side).or_insert_with(|| vec![first]);
        side
    }

    /// Takes over the key that a Rekey introduces. The Rekey must be signed with the side's current key and by the
    /// new one; learning one that is known already changes nothing.
    ///
    /// # Errors
    /// [`Fault`]: the statement is no such Rekey.
    pub fn learn(&mut self, rekey: &Statement) -> Result<(), Fault> {
        let (Subject::Line(line), Body::Rekey { key, proof }) = (rekey.subject(), rekey.body()) else {
            return Err(Fault::Foreign);
        };
        let side = rekey.side();
        let keys = self.sides.get_mut(&side).ok_or(Fault::UnknownSide)?;
        check_proof(&line, &side, key, proof)?;
        let signed_by = keys
            .iter()
            .position(|known| *known == rekey.key())
            .ok_or(Fault::UnknownKey)?;
        if keys.get(signed_by + 1) == Some(key) {
            return Ok(());
        }
        if signed_by + 1 != keys.len() {
            return Err(Fault::OldKey);
        }
        if keys.contains(key) || keys.len() >= KEYS_MAX {
            return Err(Fault::BadRekey);
        }
        keys.push(*key);
        Ok(())
    }

    /// How many Rekeys led to `key`, if it is or was the side's.
    #[must_use]
    pub fn position(&self, side: SideId, key: PublicKey) -> Option<usize> {
        self.keys(side).iter().position(|known| *known == key)
    }

    /// The side's newest key.
    #[must_use]
    pub fn current(&self, side: SideId) -> Option<PublicKey> {
        self.keys(side).last().copied()
    }

    /// All keys of a side, oldest first; none if it is unknown.
    #[must_use]
    pub fn keys(&self, side: SideId) -> &[PublicKey] {
        self.sides.get(&side).map_or(&[], Vec::as_slice)
    }

    /// Every known side, ascending.
    pub fn sides(&self) -> impl Iterator<Item = SideId> + '_ {
        self.sides.keys().copied()
    }
}

pub(crate) fn check_proof(line: &LineId, side: &SideId, key: &PublicKey, proof: &[u8; 64]) -> Result<(), Fault> {
    if Body::rekey_proven(line, side, key, proof) {
        Ok(())
    } else {
        Err(Fault::BadRekey)
    }
}
