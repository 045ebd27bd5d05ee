//! The calls of a data folder read without a running node, for the operator's commands, and the writing of records.

use std::{collections::BTreeMap, path::Path};

use call::{
    CallId, Chains, Keyring, LineId, PublicKey, SideId, Signer, Statement,
    record::{ExportError, SideEntry, Trust, TrustedSide},
};
use store::{ChainKind, Id, Line, Store, StoreError};

use crate::{
    config::Config,
    keys::{self, Key},
    shell::{self, StartError},
};

/// Calls read at once; older ones stay in the store.
pub const CALLS_MAX: u32 = 1_000;

/// What a data folder holds.
pub struct Books {
    /// This side.
    pub side: SideId,
    /// All lines.
    pub lines: Vec<Line>,
    /// Calls, those stored last first.
    pub calls: Vec<(CallId, Chains)>,
    keyring: Keyring,
    line_chains: Vec<Chains>,
    names: BTreeMap<SideId, String>,
    key: Key,
}

impl Books {
    /// Reads a data folder. A node may be running on it.
    ///
    /// # Errors
    /// [`StartError`]: what could not be read.
    pub async fn open(dir: &Path) -> Result<Self, StartError> {
        let config = Config::load(dir)?;
        let key = Key::load(dir, keys::SIDE)?;
        let side = SideId::of(&key.key());
        let store = shell::open_store(dir).await?;
        let mut keyring = Keyring::new([key.key()]);
        let lines = store.lines().await?;
        let mut names = BTreeMap::from([(side, config.name)]);
        let mut line_chains = Vec::new();
        for line in &lines {
            names.insert(SideId(line.far.0), line.name.clone());
            line_chains.push(load_line(&store, &mut keyring, side, line).await?);
        }
        let mut calls = Vec::new();
        for (id, loaded) in load_calls(&store, &keyring).await? {
            calls.push((id, loaded.0));
        }
        Ok(Self {
            side,
            lines,
            calls,
            keyring,
            line_chains,
            names,
            key,
        })
    }

    /// The calls whose id starts so.
    #[must_use]
    pub fn find(&self, start: &str) -> Vec<&(CallId, Chains)> {
        self.calls
            .iter()
            .filter(|(id, _)| id.to_string().starts_with(start))
            .collect()
    }

    /// The name under which a side is enrolled.
    #[must_use]
    pub fn name(&self, side: SideId) -> &str {
        self.names.get(&side).map_or("?", String::as_str)
    }

    /// The signed record of a call.
    ///
    /// # Errors
    /// [`ExportError`]
    pub fn record(&self, chains: &Chains) -> Result<Vec<u8>, ExportError> {
        record(
            chains,
            &self.keyring,
            &self.line_chains.iter().collect::<Vec<_>>(),
            &self.names,
            (self.side, &self.key),
        )
    }

    /// This side and those it is paired with, as sides to trust.
    #[must_use]
    pub fn trust(&self) -> Trust {
        Trust::new(self.names.iter().filter_map(|(side, name)| {
            let key = self.keyring.keys(*side).first().copied()?;
            Some(TrustedSide {
                key,
                name: name.clone(),
            })
        }))
    }
}

/// Reads a line's own chains, pins the far side's first key and learns both sides' Rekeys.
pub(crate) async fn load_line(
    store: &Store,
    keyring: &mut Keyring,
    own: SideId,
    line: &Line,
) -> Result<Chains, StoreError> {
    let far = SideId(line.far.0);
    for key in &line.side_keys {
        keyring.pin(PublicKey(key.0));
    }
    let mut chains = Chains::line(own, far);
    for stored in store.statements(Id(LineId::of(own, far).0)).await? {
        let Ok(statement) = Statement::parse(&stored.bytes) else {
            continue;
        };
        if chains.insert(keyring, statement.clone()).is_ok() {
            let _ = keyring.learn(&statement);
        }
    }
    Ok(chains)
}

/// A call's chains, and its statements that wait for others to come first.
pub(crate) type Loaded = (Chains, Vec<Statement>);

/// Reads the calls that a store holds, newest first.
pub(crate) async fn load_calls(store: &Store, keyring: &Keyring) -> Result<Vec<(CallId, Loaded)>, StoreError> {
    let mut calls = Vec::new();
    for entry in store.chains(ChainKind::Call, i64::MAX, CALLS_MAX).await? {
        let stored = store.statements(entry.chain).await?;
        let statements = stored.iter().filter_map(|stored| Statement::parse(&stored.bytes).ok());
        match Chains::load(keyring, statements) {
            Ok(loaded) => calls.push((CallId(entry.chain.0), loaded)),
            Err(error) => tracing::error!(%error, "a stored call could not be read and is left alone"),
        }
    }
    Ok(calls)
}

/// Writes the signed record of a call.
pub(crate) fn record(
    chains: &Chains,
    keyring: &Keyring,
    line_chains: &[&Chains],
    names: &BTreeMap<SideId, String>,
    (own, key): (SideId, &dyn Signer),
) -> Result<Vec<u8>, ExportError> {
    let mut entries = Vec::new();
    for side in chains.sides() {
        let key = keyring.keys(*side).first().copied().ok_or(ExportError::MissingSide)?;
        let rekeys = line_chains
            .iter()
            .flat_map(|line| line.after(*side, 0))
            .cloned()
            .collect();
        entries.push(SideEntry {
            name: names.get(side).cloned().unwrap_or_default(),
            key,
            rekeys,
        });
    }
    call::record::export(chains, &entries, own, key)
}
