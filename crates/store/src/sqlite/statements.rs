//! Statements and the chain sets they belong to.

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::{Sqlite, id, slice};
use crate::{
    CHAIN_LENGTH_MAX, ChainEntry, ChainKind, FORKS_MAX, Head, Id, NewStatement, PAGE_MAX, Put, STATEMENT_BYTES_MAX,
    StoreError, Stored,
};

impl Sqlite {
    pub(crate) async fn put(&self, statement: &NewStatement<'_>) -> Result<Put, StoreError> {
        let puts = self.put_all(std::slice::from_ref(statement)).await?;
        puts.first().copied().ok_or(StoreError::Missing("statement"))
    }

    pub(crate) async fn put_all(&self, statements: &[NewStatement<'_>]) -> Result<Vec<Put>, StoreError> {
        for statement in statements {
            bounds(statement)?;
        }
        let mut write = self.write().await?;
        let mut puts = Vec::with_capacity(statements.len());
        for statement in statements {
            puts.push(put_one(&mut write, statement).await?);
        }
        // The commit returns once the log is synced (synchronous = FULL): only then may anything be acknowledged.
        write.commit().await?;
        Ok(puts)
    }

    pub(crate) async fn statements(&self, chain: Id) -> Result<Vec<Stored>, StoreError> {
        let rows = sqlx::query(
            "SELECT chain, side, number, hash, bytes, stored_ms, 0 AS fork FROM statements WHERE chain = ?1
             UNION ALL
             SELECT chain, side, number, hash, bytes, stored_ms, 1 AS fork FROM forks WHERE chain = ?1
             ORDER BY side, number, fork, hash",
        )
        .bind(slice(&chain))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(stored).collect()
    }

    pub(crate) async fn statements_from(
        &self,
        chain: Id,
        side: Id,
        from: u32,
        limit: u32,
    ) -> Result<Vec<Stored>, StoreError> {
        let limit = limit.min(PAGE_MAX);
        let rows = sqlx::query(
            "SELECT chain, side, number, hash, bytes, stored_ms, 0 AS fork FROM statements
             WHERE chain = ?1 AND side = ?2 AND number >= ?3 AND number < ?3 + ?4
             UNION ALL
             SELECT chain, side, number, hash, bytes, stored_ms, 1 AS fork FROM forks
             WHERE chain = ?1 AND side = ?2 AND number >= ?3 AND number < ?3 + ?4
             ORDER BY number, fork, hash",
        )
        .bind(slice(&chain))
        .bind(slice(&side))
        .bind(i64::from(from))
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(stored).collect()
    }

    pub(crate) async fn heads(&self, chain: Id) -> Result<Vec<Head>, StoreError> {
        // With max(), SQLite takes the other columns from the row that holds the maximum; said here with a join,
        // so that other databases read it the same way.
        let rows = sqlx::query(
            "SELECT s.side AS side, s.number AS number, s.hash AS hash FROM statements s
             JOIN (SELECT side, max(number) AS number FROM statements WHERE chain = ?1 GROUP BY side) last
               ON s.side = last.side AND s.number = last.number
             WHERE s.chain = ?1 ORDER BY s.side",
        )
        .bind(slice(&chain))
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Head {
                    side: id(row, "side")?,
                    number: row.try_get("number")?,
                    hash: id(row, "hash")?,
                })
            })
            .collect()
    }

    pub(crate) async fn chain(&self, chain: Id) -> Result<Option<ChainEntry>, StoreError> {
        let row = sqlx::query("SELECT chain, line, added_ms FROM chains WHERE chain = ?").bind(slice(&chain));
        row.fetch_optional(&self.readers).await?.as_ref().map(entry).transpose()
    }

    pub(crate) async fn chains(
        &self,
        kind: ChainKind,
        before_ms: i64,
        limit: u32,
    ) -> Result<Vec<ChainEntry>, StoreError> {
        let rows = sqlx::query(
            "SELECT chain, line, added_ms FROM chains WHERE kind = ? AND added_ms < ? ORDER BY added_ms DESC, chain LIMIT ?",
        )
        .bind(kind.word())
        .bind(before_ms)
        .bind(i64::from(limit.min(PAGE_MAX)))
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(entry).collect()
    }
}

fn bounds(statement: &NewStatement<'_>) -> Result<(), StoreError> {
    if statement.bytes.is_empty() || statement.bytes.len() > STATEMENT_BYTES_MAX {
        return Err(StoreError::TooLarge(statement.bytes.len()));
    }
    if statement.number >= CHAIN_LENGTH_MAX {
        return Err(StoreError::OutOfBounds("number"));
    }
    Ok(())
}

async fn put_one(write: &mut SqliteConnection, new: &NewStatement<'_>) -> Result<Put, StoreError> {
    sqlx::query("INSERT INTO chains (chain, line, kind, added_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(slice(&new.chain))
        .bind(slice(&new.line))
        .bind(new.kind.word())
        .bind(new.now_ms)
        .execute(&mut *write)
        .await?;
    let known = sqlx::query("SELECT line, kind FROM chains WHERE chain = ?").bind(slice(&new.chain));
    let known = known.fetch_one(&mut *write).await?;
    if id(&known, "line")? != new.line || known.try_get::<String, _>("kind")? != new.kind.word() {
        return Err(StoreError::Conflict);
    }
    let hash = Id::of(new.bytes);
    let held = sqlx::query("SELECT hash FROM statements WHERE chain = ? AND side = ? AND number = ?")
        .bind(slice(&new.chain))
        .bind(slice(&new.side))
        .bind(new.number)
        .fetch_optional(&mut *write)
        .await?;
    match held.as_ref().map(|row| id(row, "hash")).transpose()? {
        None => {
            insert(
                write,
                "INSERT INTO statements (chain, side, number, hash, bytes, stored_ms) VALUES (?, ?, ?, ?, ?, ?)",
                new,
                hash,
            )
            .await?;
            Ok(Put::New)
        }
        Some(held) if held == hash => Ok(Put::Known),
        Some(_) => put_fork(write, new, hash).await,
    }
}

async fn put_fork(write: &mut SqliteConnection, new: &NewStatement<'_>, hash: Id) -> Result<Put, StoreError> {
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM forks WHERE chain = ? AND side = ? AND hash <> ?")
        .bind(slice(&new.chain))
        .bind(slice(&new.side))
        .bind(slice(&hash))
        .fetch_one(&mut *write)
        .await?;
    if kept >= i64::from(FORKS_MAX) {
        return Ok(Put::ForkDropped);
    }
    insert(
        write,
        "INSERT INTO forks (chain, side, number, hash, bytes, stored_ms) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        new,
        hash,
    )
    .await?;
    Ok(Put::Fork)
}

async fn insert(
    write: &mut SqliteConnection,
    sql: &'static str,
    new: &NewStatement<'_>,
    hash: Id,
) -> Result<(), StoreError> {
    sqlx::query(sql)
        .bind(slice(&new.chain))
        .bind(slice(&new.side))
        .bind(new.number)
        .bind(slice(&hash))
        .bind(new.bytes)
        .bind(new.now_ms)
        .execute(write)
        .await?;
    Ok(())
}

fn stored(row: &SqliteRow) -> Result<Stored, StoreError> {
    let stored = Stored {
        chain: id(row, "chain")?,
        side: id(row, "side")?,
        number: row.try_get("number")?,
        hash: id(row, "hash")?,
        bytes: row.try_get("bytes")?,
        fork: row.try_get("fork")?,
        stored_ms: row.try_get("stored_ms")?,
    };
    // A disk that hands back other bytes than were written must be told from a far side that signed them.
    if Id::of(&stored.bytes) == stored.hash {
        Ok(stored)
    } else {
        Err(StoreError::Broken(
            "a statement's bytes have changed on disk".to_owned(),
        ))
    }
}

fn entry(row: &SqliteRow) -> Result<ChainEntry, StoreError> {
    Ok(ChainEntry {
        chain: id(row, "chain")?,
        line: id(row, "line")?,
        added_ms: row.try_get("added_ms")?,
    })
}
