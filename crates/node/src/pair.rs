//! Pairing: this side's bundle to hand over, and the far side's taken in, with the words that both operators compare.
//!
//! Driven by the operator's commands. A running node notices what was stored here and opens the line.

use std::path::Path;

use call::{Hash, SideId, Signer as _};
use link::pairing::{self, Bundle, SignedBundle, Word};
use store::{Id, Line, Store, StoreError};

use crate::{
    config::{Config, ConfigError},
    keys::{self, Key, KeyError},
};

/// Why pairing failed.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The text is no bundle.
    #[error("this is not a bundle of another side: {0}")]
    Bundle(String),
    /// It is this side's own bundle.
    #[error("this is this side's own bundle; take the one that the other side made with `visavis line invite`")]
    Own,
    /// The far side is known under other keys.
    #[error("{0} is paired already, with another link key; find out why before you go on")]
    OtherKey(String),
}

/// A far side as read from its bundle, and the words.
pub struct Pairing {
    /// The far side.
    pub far: SideId,
    /// Its name.
    pub name: String,
    /// Eight words, the same on both ends.
    pub words: [Word; 8],
    line: Line,
}

/// This side's bundle. `addresses` replaces what the configuration tells.
pub fn invite(dir: &Path, addresses: &[String]) -> Result<SignedBundle, PairError> {
    let config = Config::load(dir)?;
    let side_key = Key::load(dir, keys::SIDE)?;
    let link_key = Key::load(dir, keys::LINK)?;
    let addresses = if addresses.is_empty() {
        config.link_addresses()
    } else {
        addresses.to_vec()
    };
    let bundle = Bundle {
        name: config.name,
        place: config.place,
        zone: config.zone,
        addresses,
        side_key: side_key.key(),
        link_key: link_key.key(),
        web: Hash(webui::bundle_hash()),
    };
    bundle
        .sign(&side_key)
        .map_err(|error| PairError::Bundle(error.to_string()))
}

/// Reads the far side's bundle; nothing is stored before [`Pairing::store`].
pub async fn read(dir: &Path, store: &Store, text: &str, now_ms: i64) -> Result<Pairing, PairError> {
    let bundle = |error: pairing::BundleError| PairError::Bundle(error.to_string());
    let signed = SignedBundle::from_text(text).map_err(bundle)?;
    let mine = invite(dir, &[])?;
    let far = signed.side();
    if far == mine.side() {
        return Err(PairError::Own);
    }
    let described = signed.bundle();
    let link_key = Id(described.link_key.0);
    let known = store.line(Id(far.0)).await?;
    if known.as_ref().is_some_and(|known| known.link_key != link_key) {
        return Err(PairError::OtherKey(described.name.clone()));
    }
    let line = Line {
        far: Id(far.0),
        name: described.name.clone(),
        place: described.place.clone(),
        zone: described.zone.clone(),
        side_keys: vec![Id(described.side_key.0)],
        link_key,
        addresses: described.addresses.clone(),
        confirmed_ms: known.as_ref().and_then(|known| known.confirmed_ms),
        far_confirmed_ms: known.as_ref().and_then(|known| known.far_confirmed_ms),
        bundle: text.as_bytes().to_vec(),
        added_ms: known.map_or(now_ms, |known| known.added_ms),
    };
    Ok(Pairing {
        far,
        name: described.name.clone(),
        words: pairing::words(&mine, &signed),
        line,
    })
}

impl Pairing {
    /// Keeps the far side; with `confirmed`, the operator has compared the words.
    pub async fn store(mut self, store: &Store, confirmed: bool, now_ms: i64) -> Result<(), PairError> {
        if confirmed {
            self.line.confirmed_ms = Some(self.line.confirmed_ms.unwrap_or(now_ms));
        }
        store.put_line(&self.line).await?;
        Ok(())
    }
}
