//! The one connection that writes, and how a write ends.
//!
//! A connection whose write failed, or was given up half-way, is thrown away: SQLite has then taken the transaction
//! back by itself (a full disk does that), or is in a state that nobody wants to guess. The next write opens another.
//! sqlx's own transactions count nested ones and lose count in that case, hence the plain statements here.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::sync::{Mutex, MutexGuard};

use crate::StoreError;

/// How long a writer waits for those before it.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Writer {
    options: SqliteConnectOptions,
    slot: Mutex<Slot>,
}

#[derive(Debug)]
enum Slot {
    /// The connection between two writes; none when the last write failed.
    Idle(Option<SqliteConnection>),
    Closed,
}

/// A transaction that holds the write lock from its start, so that what it reads stays true until it commits.
/// Dropped without [`Write::commit`], it leaves nothing.
pub(super) struct Write<'a> {
    slot: MutexGuard<'a, Slot>,
    connection: SqliteConnection,
}

impl Writer {
    pub(super) fn new(options: SqliteConnectOptions, first: SqliteConnection) -> Self {
        Self {
            options,
            slot: Mutex::new(Slot::Idle(Some(first))),
        }
    }

    pub(super) async fn begin(&self) -> Result<Write<'_>, StoreError> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, self.slot.lock()).await;
        let mut slot = turn.map_err(|_| StoreError::Broken("writes take too long".to_owned()))?;
        let idle = match &mut *slot {
            Slot::Closed => return Err(StoreError::Closed),
            Slot::Idle(connection) => connection.take(),
        };
        let mut connection = match idle {
            Some(connection) => connection,
            None => SqliteConnection::connect_with(&self.options).await?,
        };
        sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await?;
        Ok(Write { slot, connection })
    }

    pub(super) async fn close(&self) {
        let slot = std::mem::replace(&mut *self.slot.lock().await, Slot::Closed);
        if let Slot::Idle(Some(connection)) = slot {
            // What was acknowledged is in the log already; closing only tidies up.
            let _ = connection.close().await;
        }
    }
}

impl Write<'_> {
    /// Returns once everything is on disk.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        self.end("COMMIT").await
    }

    /// Takes everything back.
    pub(super) async fn rollback(self) -> Result<(), StoreError> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, word: &'static str) -> Result<(), StoreError> {
        sqlx::query(word).execute(&mut self.connection).await?;
        *self.slot = Slot::Idle(Some(self.connection));
        Ok(())
    }
}

impl Deref for Write<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Write<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}
