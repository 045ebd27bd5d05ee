//! Writing a record.

use crate::cbor::Writer;
use crate::chains::Chains;
use crate::ids::{PublicKey, SideId};
use crate::key::{Signer, sign1};
use crate::keyring::Keyring;
use crate::statement::Statement;
use crate::terms::{NAME_BYTES_MAX, line};

/// What every record's payload starts with; another format would have another name.
pub(crate) const FORMAT: &str = "visavis record 1";
/// Most bytes of a record that [`verify`](super::verify) reads: two full chains of full statements.
pub const RECORD_BYTES_MAX: usize = 160 * 1024 * 1024;

/// What the exporting node knows of a side beside its chain.
#[derive(Clone, Debug)]
pub struct SideEntry {
    /// The name under which it was enrolled.
    pub name: String,
    /// Its first key: what was pinned.
    pub key: PublicKey,
    /// Its Rekeys, oldest first, from the line's chain; all of them, or those up to the newest key that the call has.
    pub rekeys: Vec<Statement>,
}

/// A record that cannot be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExportError {
    /// These are a line's chains.
    #[error("a line has no record of its own")]
    NotACall,
    /// A party of the call has no entry.
    #[error("a party of the call is not described")]
    MissingSide,
    /// An entry's name is empty, too long or cannot be shown.
    #[error("a side's name is empty, too long or cannot be shown")]
    Name,
    /// The keys and Rekeys given do not lead to the keys that signed.
    #[error("the keys given do not lead to the keys that signed")]
    Keys,
    /// The exporter is no party, or its signer holds none of its keys.
    #[error("the exporting side is no party, or does not hold its key")]
    Exporter,
}

/// The record of a call, signed by `exporter`'s side key: one deterministic item. The same chains, entries and key
/// give the same bytes.
///
/// # Errors
/// [`ExportError`]: what does not fit together.
pub fn export(
    chains: &Chains,
    entries: &[SideEntry],
    exporter: SideId,
    signer: &dyn Signer,
) -> Result<Vec<u8>, ExportError> {
    let call = chains.call().ok_or(ExportError::NotACall)?;
    let mut keyring = Keyring::new(entries.iter().map(|entry| entry.key));
    for rekey in entries.iter().flat_map(|entry| &entry.rekeys) {
        keyring.learn(rekey).map_err(|_| ExportError::Keys)?;
    }
    if !chains.sides().contains(&exporter) || keyring.position(exporter, signer.key()).is_none() {
        return Err(ExportError::Exporter);
    }
    let mut out = Writer::default();
    out.map(4)
        .uint(0)
        .text(FORMAT)
        .uint(1)
        .bytes(&call.0)
        .uint(2)
        .bytes(&exporter.0);
    out.uint(3).array(chains.sides().len());
    for side in chains.sides() {
        let entry = entries
            .iter()
            .find(|entry| SideId::of(&entry.key) == *side)
            .ok_or(ExportError::MissingSide)?;
        line(&entry.name, NAME_BYTES_MAX, "name").map_err(|_| ExportError::Name)?;
        if !chains
            .after(*side, 0)
            .all(|statement| keyring.position(*side, statement.key()).is_some())
        {
            return Err(ExportError::Keys);
        }
        if entry.rekeys.iter().any(|rekey| rekey.side() != *side) {
            return Err(ExportError::Keys);
        }
        write_side(&mut out, chains, *side, entry);
    }
    Ok(sign1(&out.0, signer))
}

fn write_side(out: &mut Writer, chains: &Chains, side: SideId, entry: &SideEntry) {
    out.map(7)
        .uint(1)
        .bytes(&side.0)
        .uint(2)
        .text(&entry.name)
        .uint(3)
        .bytes(&entry.key.0);
    out.uint(4).array(entry.rekeys.len());
    for rekey in &entry.rekeys {
        out.bytes(rekey.bytes());
    }
    let chain: Vec<&Statement> = chains.after(side, 0).collect();
    out.uint(5).array(chain.len());
    for statement in chain {
        out.bytes(statement.bytes());
    }
    let forks: Vec<_> = chains.forks().into_iter().filter(|fork| fork.side == side).collect();
    let second = |statement: &&Statement| !chains.after(side, 0).any(|held| held == *statement);
    let twins: Vec<&Statement> = forks.iter().flat_map(|fork| &fork.statements).filter(second).collect();
    out.uint(6).array(twins.len());
    for twin in twins {
        out.bytes(twin.bytes());
    }
    out.uint(7).uint(chains.acknowledged(side).into());
}
