//! Seats and the tokens that enrol them.

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::{Sqlite, slice, text};
use crate::{Enrol, Id, SEATS_MAX, Seat, SeatId, StoreError};

/// Hashes of spent tokens that are remembered; older ones become unknown.
const SPENT_MAX: i64 = 4_096;

impl Sqlite {
    pub(crate) async fn put_seat(
        &self,
        seat: &SeatId,
        name: &str,
        role: &str,
        place: &str,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        text("name", name)?;
        text("role", role)?;
        text("place", place)?;
        let mut write = self.write().await?;
        sqlx::query(
            "INSERT INTO seats (id, name, role, place, added_ms) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, place = excluded.place",
        )
        .bind(seat.as_str())
        .bind(name)
        .bind(role)
        .bind(place)
        .bind(at_ms)
        .execute(&mut *write)
        .await?;
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM seats")
            .fetch_one(&mut *write)
            .await?;
        if count > i64::from(SEATS_MAX) {
            return Err(StoreError::OutOfBounds("number of seats"));
        }
        write.commit().await
    }

    pub(crate) async fn issue_token(
        &self,
        seat: &SeatId,
        token_hash: Id,
        expires_ms: i64,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        spend_token_of(&mut write, seat, now_ms).await?;
        let done = sqlx::query("UPDATE seats SET token_hash = ?, token_expires_ms = ? WHERE id = ?")
            .bind(slice(&token_hash))
            .bind(expires_ms)
            .bind(seat.as_str())
            .execute(&mut *write)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Missing("seat"));
        }
        write.commit().await
    }

    pub(crate) async fn enrol(&self, token_hash: Id, key: Id, now_ms: i64) -> Result<Enrol, StoreError> {
        let mut write = self.write().await?;
        let row = sqlx::query("SELECT * FROM seats WHERE token_hash = ?").bind(slice(&token_hash));
        let Some(row) = row.fetch_optional(&mut *write).await? else {
            let spent: i64 = sqlx::query_scalar("SELECT count(*) FROM spent_tokens WHERE token_hash = ?")
                .bind(slice(&token_hash))
                .fetch_one(&mut *write)
                .await?;
            write.rollback().await?;
            return Ok(if spent > 0 { Enrol::Used } else { Enrol::Unknown });
        };
        let mut seat = seat_of(&row)?;
        if seat.token_expires_ms.is_none_or(|expires_ms| now_ms >= expires_ms) {
            write.rollback().await?;
            return Ok(Enrol::Late);
        }
        spend_token_of(&mut write, &seat.id, now_ms).await?;
        sqlx::query("UPDATE seats SET key = ?, used_ms = ? WHERE id = ?")
            .bind(slice(&key))
            .bind(now_ms)
            .bind(seat.id.as_str())
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        seat.key = Some(key);
        seat.token_expires_ms = None;
        seat.used_ms = Some(now_ms);
        Ok(Enrol::Done(seat))
    }

    pub(crate) async fn seats(&self) -> Result<Vec<Seat>, StoreError> {
        let rows = sqlx::query("SELECT * FROM seats ORDER BY id")
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(seat_of).collect()
    }

    pub(crate) async fn seat(&self, seat: &SeatId) -> Result<Option<Seat>, StoreError> {
        let row = sqlx::query("SELECT * FROM seats WHERE id = ?")
            .bind(seat.as_str())
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(seat_of).transpose()
    }

    pub(crate) async fn remove_seat(&self, seat: &SeatId, now_ms: i64) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        spend_token_of(&mut write, seat, now_ms).await?;
        let done = sqlx::query("DELETE FROM seats WHERE id = ?")
            .bind(seat.as_str())
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(done.rows_affected() > 0)
    }
}

/// Moves the token of a seat, if it has one, to the spent ones.
async fn spend_token_of(write: &mut SqliteConnection, seat: &SeatId, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO spent_tokens (token_hash, spent_ms)
         SELECT token_hash, ?2 FROM seats WHERE id = ?1 AND token_hash IS NOT NULL ON CONFLICT DO NOTHING",
    )
    .bind(seat.as_str())
    .bind(now_ms)
    .execute(&mut *write)
    .await?;
    sqlx::query("UPDATE seats SET token_hash = NULL, token_expires_ms = NULL WHERE id = ?")
        .bind(seat.as_str())
        .execute(&mut *write)
        .await?;
    sqlx::query(
        "DELETE FROM spent_tokens WHERE token_hash IN
           (SELECT token_hash FROM spent_tokens ORDER BY spent_ms DESC, token_hash LIMIT -1 OFFSET ?)",
    )
    .bind(SPENT_MAX)
    .execute(&mut *write)
    .await?;
    Ok(())
}

fn seat_of(row: &SqliteRow) -> Result<Seat, StoreError> {
    let broken = |_| StoreError::Broken("a seat's id or key is damaged".to_owned());
    let key: Option<Vec<u8>> = row.try_get("key")?;
    Ok(Seat {
        id: row
            .try_get::<String, _>("id")?
            .parse()
            .map_err(|_| StoreError::Broken("a seat's id is damaged".to_owned()))?,
        name: row.try_get("name")?,
        role: row.try_get("role")?,
        place: row.try_get("place")?,
        key: key.map(|key| key.try_into().map(Id)).transpose().map_err(broken)?,
        token_expires_ms: row.try_get("token_expires_ms")?,
        used_ms: row.try_get("used_ms")?,
    })
}
