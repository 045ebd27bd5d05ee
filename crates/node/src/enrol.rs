//! Makes seats and their one-time links, for the operator's command. The token is shown once and kept as a hash only.

use std::fmt;

use store::{Id, SeatId, Store, StoreError};

use crate::api::Role;

/// How long a link is good unless said otherwise: a working day.
pub const LINK_MS: i64 = 24 * 3_600_000;

/// Longest time a link may be good.
pub const LINK_MS_MAX: i64 = 30 * 24 * 3_600_000;

/// A seat to be made or changed.
#[derive(Clone, Debug)]
pub struct NewSeat<'a> {
    /// Its id, part of its address.
    pub id: SeatId,
    /// Its name, as it is shown.
    pub name: &'a str,
    /// What it is there for.
    pub role: Role,
    /// Where it stands.
    pub place: &'a str,
}

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no randomness.
    #[error("the system gives no randomness: no link is made without it")]
    Entropy,
    /// Name or place is empty, too long or not one line of text.
    #[error("a seat's {0} is 1 to {TEXT_MAX} characters in one line")]
    Text(&'static str),
}

/// Most characters of a seat's name or place.
pub const TEXT_MAX: usize = 80;

/// A one-time link. `Display` shows it whole, `Debug` does not.
pub struct Link(zeroize::Zeroizing<String>);

impl Link {
    /// The address to be opened at the seat, once.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(…)")
    }
}

/// Makes the seat, or changes its name, role and place, and gives it a link at `base` (the node's public URL without
/// a slash at its end). A link that it had is void; a key that it has stays until the link is used.
///
/// # Errors
/// [`EnrolError`]
pub async fn issue(
    store: &Store,
    base: &str,
    seat: &NewSeat<'_>,
    now_ms: i64,
    good_ms: i64,
) -> Result<Link, EnrolError> {
    one_line("name", seat.name)?;
    one_line("place", seat.place)?;
    let mut token = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(token.as_mut()).map_err(|_| EnrolError::Entropy)?;
    let token = zeroize::Zeroizing::new(hex::encode(token.as_ref()));
    let expires_ms = now_ms.saturating_add(good_ms.clamp(0, LINK_MS_MAX));
    store
        .put_seat(&seat.id, seat.name, seat.role.as_str(), seat.place, now_ms)
        .await?;
    store
        .issue_token(&seat.id, Id::of(token.as_bytes()), expires_ms, now_ms)
        .await?;
    // Behind the hash sign: browsers send that part to nobody, and it stays out of logs.
    Ok(Link(zeroize::Zeroizing::new(format!(
        "{base}/enrol#{}",
        token.as_str()
    ))))
}

fn one_line(what: &'static str, text: &str) -> Result<(), EnrolError> {
    let count = text.chars().count();
    if count == 0 || count > TEXT_MAX || text.chars().any(char::is_control) {
        Err(EnrolError::Text(what))
    } else {
        Ok(())
    }
}
