//! What can go wrong, in the few kinds that a caller treats differently.

/// Why the store did not do what was asked. Nothing of the request counts as stored: nothing may be sent on its strength.
/// (When the sync itself failed, its bytes may still turn up after a restart, whole; putting them again is then
/// [`crate::Put::Known`].)
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full. Nothing may be acknowledged or sent until there is room.
    #[error("the disk is full")]
    Full,
    /// The disk or the file failed: an IO error, a damaged file, a lock held for too long.
    #[error("the store failed: {0}")]
    Broken(String),
    /// A newer version has written this file.
    #[error("a newer version wrote this store (its migration {0} is unknown here): run that version")]
    Newer(i64),
    /// The file is no store of ours.
    #[error("this file is not a store")]
    Foreign,
    /// A statement is empty or larger than [`crate::STATEMENT_BYTES_MAX`].
    #[error("a statement of {0} bytes")]
    TooLarge(usize),
    /// A number, text or list exceeds its bound.
    #[error("out of bounds: {0}")]
    OutOfBounds(&'static str),
    /// The chain set is known under another line or kind.
    #[error("the chain is known under another line or kind")]
    Conflict,
    /// What the request names does not exist.
    #[error("no such {0}")]
    Missing(&'static str),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

/// SQLite's primary result codes that mean something of their own here.
const SQLITE_FULL: i64 = 13;
const SQLITE_NOTADB: i64 = 26;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if matches!(error, sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed) {
            return Self::Closed;
        }
        let extended = error
            .as_database_error()
            .and_then(|e| e.code())
            .and_then(|code| code.parse::<i64>().ok());
        match extended.map(|code| code & 0xff) {
            Some(SQLITE_FULL) => Self::Full,
            Some(SQLITE_NOTADB) => Self::Foreign,
            _ => Self::Broken(error.to_string()),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError as Migrate;
        match error {
            Migrate::VersionMissing(version) => Self::Newer(version),
            Migrate::Execute(error) | Migrate::ExecuteMigration(error, _) => error.into(),
            other => Self::Broken(other.to_string()),
        }
    }
}
