//! Keeps what a side must not lose: the statements of both chains, lines, seats, line history and settings, and for as
//! long as a call lasts the commits of its MLS group.
//!
//! Driven by the node, which hands over bytes and times. It holds no rule about calls: it never reads a statement,
//! never changes one and never drops one. What it acknowledges is on disk: [`Store::put`] returns after the commit
//! has been synced, so whoever sends only what was put never sends what a crash could take back.
//!
//! [`Store`] hides the backend. SQLite is the one there is; another joins as a variant of the inner enum and proves
//! itself with the same suite (`tests/suite`).

mod error;
mod sqlite;
mod types;

use std::path::Path;

pub use error::StoreError;
pub use types::{
    ChainEntry, ChainKind, Commit, CommitHead, Enrol, Head, Id, Line, NewCommit, NewPressAct, NewStatement, PressItem,
    PressKind, Put, PutCommit, PutPressAct, Sample, Seat, SeatId, SeatIdError, Stored,
};

/// Most bytes of one statement.
pub const STATEMENT_BYTES_MAX: usize = 16 * 1024;

/// Most statements in one side's chain; numbers run from 0.
pub const CHAIN_LENGTH_MAX: u32 = 4096;

/// Most forked statements kept for one side in one chain set: one is proof, the rest would be a way to fill the disk.
pub const FORKS_MAX: u32 = 16;

/// Most bytes of one MLS commit, and of its Welcome.
pub const COMMIT_BYTES_MAX: usize = 128 * 1024;

/// Most commits of one call's MLS group.
pub const COMMITS_MAX: u32 = 4096;

/// Most bytes of them together, Welcomes included.
pub const COMMITS_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Most bytes of one act on the public page.
pub const PRESS_ACT_BYTES_MAX: usize = 128 * 1024;

/// Most acts of one item of the public page.
pub const PRESS_ACTS_MAX: u32 = 512;

/// Most items of the public page.
pub const PRESS_ITEMS_MAX: u32 = 4_096;

/// Most rows that one listing returns.
pub const PAGE_MAX: u32 = 1_000;

/// Samples kept for each line: a week at one a minute.
pub const SAMPLES_MAX: u32 = 10_080;

/// Most lines and most seats of one side.
pub const LINES_MAX: u32 = 256;

/// Most seats of one side.
pub const SEATS_MAX: u32 = 256;

/// Most addresses, and most keys, of one line.
pub const PER_LINE_MAX: usize = 16;

/// Most bytes of a name, place, zone, address or setting's name.
pub const TEXT_BYTES_MAX: usize = 512;

/// Most bytes of a setting or of a pairing bundle.
pub const BLOB_BYTES_MAX: usize = 64 * 1024;

/// A side's store. Cheap to clone; all clones share the connections.
#[derive(Clone, Debug)]
pub struct Store {
    backend: Backend,
}

#[derive(Clone, Debug)]
enum Backend {
    Sqlite(sqlite::Sqlite),
}

/// Forwards each call to the backend, so that a backend that lacks one does not compile.
macro_rules! forward {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) -> $out:ty;)*) => {
        impl Store {
            $($(#[$doc])*
            pub async fn $name(&self, $($arg: $type),*) -> Result<$out, StoreError> {
                match &self.backend {
                    Backend::Sqlite(sqlite) => sqlite.$name($($arg),*).await,
                }
            })*
        }
    };
}

impl Store {
    /// Opens the SQLite store at `path`, making it (readable by its owner alone) when it is missing, and brings its
    /// tables up to date.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer version has written it, [`StoreError::Foreign`] when the file is something
    /// else, [`StoreError::Full`] or [`StoreError::Broken`] when the disk fails.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            backend: Backend::Sqlite(sqlite::Sqlite::open(path).await?),
        })
    }

    /// Waits for work under way and closes the connections. Nothing acknowledged depends on it.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}

forward! {
    /// Stores one statement and returns once it is on disk. The chain set's entry is made with the first statement.
    ///
    /// A second statement with the same place and the same bytes is [`Put::Known`]; with other bytes it is kept aside
    /// and is [`Put::Fork`]. Nothing is ever overwritten.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] or [`StoreError::OutOfBounds`] for what exceeds the bounds, [`StoreError::Conflict`]
    /// when the chain set is known under another line or kind, else the disk's failures. On any error
    /// nothing of this statement counts as stored.
    put(statement: &NewStatement<'_>) -> Put;

    /// Stores several statements, of one chain set or of many, all or none. Same rules as [`Store::put`].
    ///
    /// # Errors
    /// As [`Store::put`].
    put_all(statements: &[NewStatement<'_>]) -> Vec<Put>;

    /// All statements of a chain set, by side and number; forked ones follow the one they contradict.
    ///
    /// # Errors
    /// The disk's failures.
    statements(chain: Id) -> Vec<Stored>;

    /// One side's statements with `number >= from`, at most `limit` (and [`PAGE_MAX`]) places, forks included.
    ///
    /// # Errors
    /// The disk's failures.
    statements_from(chain: Id, side: Id, from: u32, limit: u32) -> Vec<Stored>;

    /// The last place of each side in a chain set.
    ///
    /// # Errors
    /// The disk's failures.
    heads(chain: Id) -> Vec<Head>;

    /// The entry of one chain set.
    ///
    /// # Errors
    /// The disk's failures.
    chain(chain: Id) -> Option<ChainEntry>;

    /// Chain sets of one kind, newest first, added before `before_ms` (use `i64::MAX` for the first page), at most
    /// `limit` (and [`PAGE_MAX`]).
    ///
    /// # Errors
    /// The disk's failures.
    chains(kind: ChainKind, before_ms: i64, limit: u32) -> Vec<ChainEntry>;

    /// Stores an accepted commit of a call's MLS group and returns once it is on disk. A commit to epoch 0 of another
    /// group starts that group and forgets the one before; any other must be the next of the group that is held.
    ///
    /// # Errors
    /// [`StoreError::OutOfBounds`] for a commit that is empty or too large, and for one more than a call may hold, else
    /// the disk's failures. On any error nothing has changed.
    put_commit(commit: &NewCommit<'_>) -> PutCommit;

    /// The commits of a call's group with `epoch >= from`, in order, at most `limit` (and [`PAGE_MAX`]).
    ///
    /// # Errors
    /// The disk's failures.
    commits(chain: Id, from: u32, limit: u32) -> Vec<Commit>;

    /// The group of every call that has one, and how many commits it holds.
    ///
    /// # Errors
    /// The disk's failures.
    commit_heads() -> Vec<CommitHead>;

    /// Forgets all commits of a call. True when there were any.
    ///
    /// # Errors
    /// The disk's failures.
    forget_commits(chain: Id) -> bool;

    /// Adds a line, or replaces all that is known of it.
    ///
    /// # Errors
    /// [`StoreError::OutOfBounds`] when a text, a list or the number of lines is too large, else the disk's failures.
    put_line(line: &Line) -> ();

    /// All lines, by name.
    ///
    /// # Errors
    /// The disk's failures.
    lines() -> Vec<Line>;

    /// One line.
    ///
    /// # Errors
    /// The disk's failures.
    line(far: Id) -> Option<Line>;

    /// Notes when this side's operator confirmed the words of a line. A time once set stays.
    /// True when there is such a line.
    ///
    /// # Errors
    /// The disk's failures.
    confirm_line(far: Id, at_ms: i64) -> bool;

    /// Notes when the far side said that its operator confirmed the words. A time once set stays.
    /// True when there is such a line.
    ///
    /// # Errors
    /// The disk's failures.
    confirm_line_far(far: Id, at_ms: i64) -> bool;

    /// Removes a line with its history; its statements and calls stay. True when there was one.
    ///
    /// # Errors
    /// The disk's failures.
    remove_line(far: Id) -> bool;

    /// Adds a sample to a line's history and forgets the oldest beyond [`SAMPLES_MAX`].
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such line, else the disk's failures.
    add_sample(far: Id, sample: &Sample) -> ();

    /// A line's newest samples, newest first, at most `limit` (and [`PAGE_MAX`]).
    ///
    /// # Errors
    /// The disk's failures.
    samples(far: Id, limit: u32) -> Vec<Sample>;

    /// Adds a seat, or gives a seat its name, role and place anew; its key and token stay as they are.
    ///
    /// # Errors
    /// [`StoreError::OutOfBounds`] when a text or the number of seats is too large, else the disk's failures.
    put_seat(id: &SeatId, name: &str, role: &str, place: &str, at_ms: i64) -> ();

    /// Gives a seat a fresh enrolment token (its SHA-256); one that it had is spent. The key it has stays until the
    /// token is used.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when there is no such seat, else the disk's failures.
    issue_token(id: &SeatId, token_hash: Id, expires_ms: i64, now_ms: i64) -> ();

    /// Uses an enrolment token: binds `key` to its seat, once. Of two at the same moment one is refused.
    ///
    /// # Errors
    /// The disk's failures; a refused token is an [`Enrol`], not an error.
    enrol(token_hash: Id, key: Id, now_ms: i64) -> Enrol;

    /// All seats, by id.
    ///
    /// # Errors
    /// The disk's failures.
    seats() -> Vec<Seat>;

    /// One seat.
    ///
    /// # Errors
    /// The disk's failures.
    seat(id: &SeatId) -> Option<Seat>;

    /// Removes a seat with its key and token. True when there was one.
    ///
    /// # Errors
    /// The disk's failures.
    remove_seat(id: &SeatId, now_ms: i64) -> bool;

    /// Stores one act on an item of the public page and returns once it is on disk. The item is made with its first
    /// act. Nothing is ever overwritten or removed.
    ///
    /// # Errors
    /// [`StoreError::OutOfBounds`] for what exceeds the bounds, else the disk's failures. On any error nothing has
    /// changed.
    put_press_act(act: &NewPressAct<'_>) -> PutPressAct;

    /// All items of the public page, oldest first, each with its acts in order.
    ///
    /// # Errors
    /// The disk's failures.
    press_items() -> Vec<PressItem>;

    /// Reads a setting.
    ///
    /// # Errors
    /// The disk's failures.
    setting(name: &str) -> Option<Vec<u8>>;

    /// Writes a setting.
    ///
    /// # Errors
    /// [`StoreError::OutOfBounds`] when name or value is too large, else the disk's failures.
    put_setting(name: &str, value: &[u8]) -> ();

    /// Whether the store answers and can write: for readiness probes. Leaves nothing behind.
    ///
    /// # Errors
    /// The disk's failures.
    check() -> ();
}
