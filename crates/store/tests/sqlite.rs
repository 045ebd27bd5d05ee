//! The suite on SQLite, and what is SQLite's own: whose file it is, who may read it, how it is synced.
#![allow(clippy::unwrap_used, missing_docs)]

mod suite;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sqlx::Connection as _;
use store::{COMMIT_BYTES_MAX, COMMITS_BYTES_MAX, Id, NewCommit, NewStatement, PutCommit, Sample, Store, StoreError};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("visavis.db")
    }
}

impl suite::Place for Folder {
    async fn open(&self) -> Store {
        Store::open(&self.file()).await.unwrap()
    }
}

#[tokio::test]
async fn sqlite_does_what_every_backend_must() {
    suite::all(Folder::new).await;
}

async fn raw(path: &Path) -> sqlx::SqliteConnection {
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    sqlx::SqliteConnection::connect_with(&options).await.unwrap()
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    let folder = Folder::new();
    suite::Place::open(&folder).await.close().await;
    let mut hand = raw(&folder.file()).await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)",
    )
    .execute(&mut hand)
    .await
    .unwrap();
    hand.close().await.unwrap();
    let refused = Store::open(&folder.file()).await;
    assert!(matches!(refused, Err(StoreError::Newer(9999))), "{refused:?}");
}

#[tokio::test]
async fn a_foreign_file_is_refused_and_left_as_it_is() {
    let folder = Folder::new();
    let mut hand = raw(&folder.file()).await;
    sqlx::query("CREATE TABLE accounts (id INTEGER)")
        .execute(&mut hand)
        .await
        .unwrap();
    hand.close().await.unwrap();
    let before = std::fs::read(folder.file()).unwrap();
    assert!(matches!(Store::open(&folder.file()).await, Err(StoreError::Foreign)));
    assert_eq!(std::fs::read(folder.file()).unwrap(), before);

    let text = folder.0.path().join("text");
    std::fs::write(
        &text,
        "not a database, but long enough to have a header of a hundred bytes. ".repeat(9),
    )
    .unwrap();
    assert!(matches!(Store::open(&text).await, Err(StoreError::Foreign)));
}

#[tokio::test]
async fn only_the_owner_can_read_it() {
    let folder = Folder::new();
    let store = suite::Place::open(&folder).await;
    store.put_setting("a", b"b").await.unwrap();
    let mut seen = 0;
    for file in std::fs::read_dir(folder.0.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o077,
            0,
            "{:?}",
            file.file_name()
        );
        seen += 1;
    }
    assert_eq!(seen, 3, "the database, its log and its index");
    store.close().await;
}

#[tokio::test]
async fn bytes_that_changed_on_disk_are_not_handed_out() {
    let folder = Folder::new();
    let store = suite::Place::open(&folder).await;
    let new = NewStatement {
        chain: Id([1; 32]),
        kind: store::ChainKind::Call,
        line: Id([2; 32]),
        side: Id([3; 32]),
        number: 0,
        bytes: b"said",
        now_ms: 0,
    };
    store.put(&new).await.unwrap();
    let mut hand = raw(&folder.file()).await;
    sqlx::query("UPDATE statements SET bytes = x'73616964aa'")
        .execute(&mut hand)
        .await
        .unwrap();
    assert!(matches!(
        store.statements(Id([1; 32])).await,
        Err(StoreError::Broken(_))
    ));
    store.close().await;
}

#[tokio::test]
async fn the_history_of_a_line_is_bounded() {
    let folder = Folder::new();
    let store = suite::Place::open(&folder).await;
    let line = store::Line {
        far: Id([1; 32]),
        name: String::new(),
        place: String::new(),
        zone: String::new(),
        side_keys: Vec::new(),
        link_key: Id([2; 32]),
        addresses: Vec::new(),
        confirmed_ms: None,
        far_confirmed_ms: None,
        bundle: Vec::new(),
        added_ms: 0,
    };
    store.put_line(&line).await.unwrap();
    // Written by hand: ten thousand synced commits would take minutes on a slow disk.
    let mut hand = raw(&folder.file()).await;
    sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO samples (far, at_ms, up) SELECT far, i, 1 FROM n, lines",
    )
    .bind(store::SAMPLES_MAX + 50)
    .execute(&mut hand)
    .await
    .unwrap();
    store
        .add_sample(
            line.far,
            &Sample {
                at_ms: 99_999,
                ..Sample::default()
            },
        )
        .await
        .unwrap();
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM samples")
        .fetch_one(&mut hand)
        .await
        .unwrap();
    assert_eq!(count, i64::from(store::SAMPLES_MAX));
    assert_eq!(store.samples(line.far, 1).await.unwrap()[0].at_ms, 99_999);
    store.close().await;
}

#[tokio::test]
async fn what_one_group_may_hold_is_bounded() {
    let folder = Folder::new();
    let store = suite::Place::open(&folder).await;
    let commit = |epoch| NewCommit {
        chain: Id([1; 32]),
        group: [1; 16],
        epoch,
        seat: Id([2; 32]),
        message: b"commit",
        welcome: None,
        now_ms: 0,
    };
    // Written by hand, in one transaction.
    let mut hand = raw(&folder.file()).await;
    let full = u32::try_from(COMMITS_BYTES_MAX / (2 * COMMIT_BYTES_MAX as u64)).unwrap();
    sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
         INSERT INTO commits (chain, epoch, mls_group, seat, message, welcome, stored_ms)
         SELECT ?2, i, ?3, ?2, zeroblob(?4), zeroblob(?4), 0 FROM n",
    )
    .bind(full)
    .bind([1; 32].as_slice())
    .bind([1; 16].as_slice())
    .bind(i64::try_from(COMMIT_BYTES_MAX).unwrap())
    .execute(&mut hand)
    .await
    .unwrap();
    assert!(matches!(
        store.put_commit(&commit(full)).await,
        Err(StoreError::OutOfBounds("commits"))
    ));
    let other = NewCommit {
        group: [2; 16],
        ..commit(0)
    };
    assert_eq!(
        store.put_commit(&other).await.unwrap(),
        PutCommit::New,
        "another group starts from nothing"
    );
    assert_eq!(store.commits(Id([1; 32]), 0, 9).await.unwrap().len(), 1);
    store.close().await;
}

#[tokio::test]
async fn every_commit_is_synced_and_references_are_kept() {
    let folder = Folder::new();
    suite::Place::open(&folder).await.close().await;
    // The options live in connections, not in the file, except for the journal's mode: see tests/durability.rs for a
    // trace of the writer itself.
    let mut hand = raw(&folder.file()).await;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut hand)
        .await
        .unwrap();
    assert_eq!(mode, "wal");
}
