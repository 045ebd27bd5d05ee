//! Commits of a call's MLS group: one group a call, its commits by epoch without a gap.

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::{Sqlite, id, slice};
use crate::{
    COMMIT_BYTES_MAX, COMMITS_BYTES_MAX, COMMITS_MAX, Commit, CommitHead, Id, NewCommit, PAGE_MAX, PutCommit,
    StoreError,
};

impl Sqlite {
    pub(crate) async fn put_commit(&self, new: &NewCommit<'_>) -> Result<PutCommit, StoreError> {
        let fits = |bytes: &[u8]| !bytes.is_empty() && bytes.len() <= COMMIT_BYTES_MAX;
        if !fits(new.message) || new.welcome.is_some_and(|welcome| !fits(welcome)) {
            return Err(StoreError::OutOfBounds("commit"));
        }
        let mut write = self.write().await?;
        let put = put(&mut write, new).await;
        match put {
            Ok(PutCommit::New) => write.commit().await?,
            Ok(_) | Err(StoreError::OutOfBounds(_)) => write.rollback().await?,
            Err(_) => {}
        }
        put
    }

    pub(crate) async fn commits(&self, chain: Id, from: u32, limit: u32) -> Result<Vec<Commit>, StoreError> {
        let mut reader = self.readers.acquire().await?;
        page(&mut reader, chain, from, limit).await
    }

    pub(crate) async fn commit_heads(&self) -> Result<Vec<CommitHead>, StoreError> {
        let rows = sqlx::query(
            "SELECT chain, min(mls_group) AS mls_group, count(*) AS number FROM commits GROUP BY chain ORDER BY chain",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(CommitHead {
                    chain: id(row, "chain")?,
                    group: group(row)?,
                    count: row.try_get("number")?,
                })
            })
            .collect()
    }

    pub(crate) async fn forget_commits(&self, chain: Id) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        let deleted = delete(&mut write, chain).await?;
        write.commit().await?;
        Ok(deleted)
    }
}

async fn put(write: &mut SqliteConnection, new: &NewCommit<'_>) -> Result<PutCommit, StoreError> {
    let (count, bytes) = match totals(write, new.chain).await? {
        Some((group, count, bytes)) if group == new.group => (count, bytes),
        _ if new.epoch == 0 => {
            delete(write, new.chain).await?;
            (0, 0)
        }
        _ => return Ok(PutCommit::Other),
    };
    if new.epoch < count {
        let known = page(write, new.chain, new.epoch, 1).await?;
        let same = known.first().is_some_and(|known| known.is(new));
        return Ok(if same { PutCommit::Known } else { PutCommit::Other });
    }
    if new.epoch > count {
        return Ok(PutCommit::Other);
    }
    let more = new.message.len() + new.welcome.map_or(0, <[u8]>::len);
    if count >= COMMITS_MAX || bytes.saturating_add(more as u64) > COMMITS_BYTES_MAX {
        return Err(StoreError::OutOfBounds("commits"));
    }
    sqlx::query(
        "INSERT INTO commits (chain, epoch, mls_group, seat, message, welcome, stored_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(slice(&new.chain))
    .bind(new.epoch)
    .bind(new.group.as_slice())
    .bind(slice(&new.seat))
    .bind(new.message)
    .bind(new.welcome)
    .bind(new.now_ms)
    .execute(write)
    .await?;
    Ok(PutCommit::New)
}

/// The group that a call has, how many commits it holds, and their bytes.
async fn totals(write: &mut SqliteConnection, chain: Id) -> Result<Option<([u8; 16], u32, u64)>, StoreError> {
    let row = sqlx::query(
        "SELECT mls_group, count(*) AS number, sum(length(message) + coalesce(length(welcome), 0)) AS bytes
         FROM commits WHERE chain = ? GROUP BY mls_group",
    )
    .bind(slice(&chain))
    .fetch_optional(write)
    .await?;
    row.map(|row| {
        let bytes: i64 = row.try_get("bytes")?;
        Ok((group(&row)?, row.try_get("number")?, bytes.unsigned_abs()))
    })
    .transpose()
}

async fn delete(write: &mut SqliteConnection, chain: Id) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM commits WHERE chain = ?")
        .bind(slice(&chain))
        .execute(write)
        .await?;
    Ok(done.rows_affected() > 0)
}

async fn page(reader: &mut SqliteConnection, chain: Id, from: u32, limit: u32) -> Result<Vec<Commit>, StoreError> {
    let rows = sqlx::query(
        "SELECT epoch, mls_group, seat, message, welcome FROM commits WHERE chain = ? AND epoch >= ?
         ORDER BY epoch LIMIT ?",
    )
    .bind(slice(&chain))
    .bind(from)
    .bind(limit.min(PAGE_MAX))
    .fetch_all(reader)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Commit {
                group: group(row)?,
                epoch: row.try_get("epoch")?,
                seat: id(row, "seat")?,
                message: row.try_get("message")?,
                welcome: row.try_get("welcome")?,
            })
        })
        .collect()
}

fn group(row: &SqliteRow) -> Result<[u8; 16], StoreError> {
    let bytes: Vec<u8> = row.try_get("mls_group")?;
    bytes
        .try_into()
        .map_err(|_| StoreError::Broken("a group's id has another length".to_owned()))
}
