//! The SQLite backend: one connection that writes, a few that read, write-ahead log, a sync at each commit.

mod commits;
mod lines;
mod press;
mod seats;
mod statements;
mod writer;

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{Sqlite as Driver, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};
use sqlx::{Connection as _, Row as _, SqliteConnection};

use crate::{BLOB_BYTES_MAX, Id, StoreError, TEXT_BYTES_MAX};
use writer::{Write, Writer};

/// All migrations, embedded. A file that carries one more was written by a newer version.
static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Marks the file as ours ("Vis1"); zero in a file that was just made.
const APPLICATION_ID: i32 = 0x5669_7331;

/// How long a statement waits for a lock that another process holds (a backup, `visavis call export`).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a caller waits for a connection before it is told that the store fails.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections that read.
const READERS: u32 = 3;

#[derive(Clone, Debug)]
pub(crate) struct Sqlite {
    /// Exactly one connection: writers queue for it and never meet SQLITE_BUSY among themselves.
    writer: Arc<Writer>,
    readers: SqlitePool,
}

impl Sqlite {
    pub(crate) async fn open(path: &Path) -> Result<Self, StoreError> {
        make_private(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("trusted_schema", "OFF")
            .pragma("cell_size_check", "ON");
        // Whose file it is, is asked before anything is written to it, the journal mode included.
        let held = refuse_foreign(path).await?;
        let mut first = SqliteConnection::connect_with(&options).await?;
        MIGRATIONS.run(&mut first).await?;
        if held != APPLICATION_ID {
            sqlx::query("PRAGMA application_id = 1449751345")
                .execute(&mut first)
                .await?;
        }
        let writer = Arc::new(Writer::new(options.clone(), first));
        let readers = PoolOptions::<Driver>::new()
            .max_connections(READERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options.pragma("query_only", "ON"));
        sync_folder(path)?;
        Ok(Self { writer, readers })
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn write(&self) -> Result<Write<'_>, StoreError> {
        self.writer.begin().await
    }

    pub(crate) async fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row = sqlx::query("SELECT value FROM settings WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.readers);
        Ok(row.await?.map(|row| row.try_get(0)).transpose()?)
    }

    pub(crate) async fn put_setting(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        text("setting's name", name)?;
        if value.len() > BLOB_BYTES_MAX {
            return Err(StoreError::OutOfBounds("setting"));
        }
        let mut write = self.write().await?;
        sqlx::query(
            "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        )
        .bind(name)
        .bind(value)
        .execute(&mut *write)
        .await?;
        write.commit().await
    }

    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT count(*) FROM settings")
            .fetch_one(&self.readers)
            .await?;
        // A table made and taken back in one transaction writes without leaving anything.
        let mut write = self.write().await?;
        sqlx::query("INSERT INTO settings (name, value) VALUES ('check', x'') ON CONFLICT DO NOTHING")
            .execute(&mut *write)
            .await?;
        write.rollback().await
    }
}

/// Makes an empty file that only its owner can read; SQLite gives its log and index files the same mode.
fn make_private(path: &Path) -> Result<(), StoreError> {
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map(drop)
        .map_err(io)
}

/// The name of a new file survives a power cut only when its folder was synced too.
fn sync_folder(path: &Path) -> Result<(), StoreError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(io)
}

#[allow(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn io(error: std::io::Error) -> StoreError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        StoreError::Full
    } else {
        StoreError::Broken(error.to_string())
    }
}

/// The application id that the file carries: ours, or zero when it was just made.
async fn refuse_foreign(path: &Path) -> Result<i32, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT);
    let mut look = SqliteConnection::connect_with(&options).await?;
    let id: i32 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut look).await?;
    let (tables, ours): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(*) FILTER (WHERE name IN ('chains', 'statements', 'forks')) FROM sqlite_schema
         WHERE type = 'table' AND name <> '_sqlx_migrations' AND name NOT LIKE 'sqlite_%'",
    )
    .fetch_one(&mut look)
    .await?;
    look.close().await?;
    // A crash between the tables and the mark leaves our tables unmarked.
    let known = id == APPLICATION_ID || (id == 0 && (tables == 0 || ours == 3));
    if known { Ok(id) } else { Err(StoreError::Foreign) }
}

fn text(what: &'static str, text: &str) -> Result<(), StoreError> {
    if text.len() > TEXT_BYTES_MAX {
        Err(StoreError::OutOfBounds(what))
    } else {
        Ok(())
    }
}

/// Reads a 32-byte column; the tables' own checks keep other lengths out.
fn id(row: &sqlx::sqlite::SqliteRow, column: &str) -> Result<Id, StoreError> {
    let bytes: Vec<u8> = row.try_get(column)?;
    bytes
        .try_into()
        .map(Id)
        .map_err(|_| StoreError::Broken(format!("column {column} is no id")))
}

fn slice(id: &Id) -> &[u8] {
    &id.0
}
