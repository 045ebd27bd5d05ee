//! Lines and the history of their links.

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::{Sqlite, id, slice, text};
use crate::{BLOB_BYTES_MAX, Id, LINES_MAX, Line, PAGE_MAX, PER_LINE_MAX, SAMPLES_MAX, Sample, StoreError};

impl Sqlite {
    pub(crate) async fn put_line(&self, line: &Line) -> Result<(), StoreError> {
        bounds(line)?;
        let mut write = self.write().await?;
        sqlx::query(
            "INSERT INTO lines (far, name, place, zone, link_key, bundle, confirmed_ms, far_confirmed_ms, added_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (far) DO UPDATE SET name = excluded.name, place = excluded.place, zone = excluded.zone,
               link_key = excluded.link_key, bundle = excluded.bundle, confirmed_ms = excluded.confirmed_ms,
               far_confirmed_ms = excluded.far_confirmed_ms, added_ms = excluded.added_ms",
        )
        .bind(slice(&line.far))
        .bind(&line.name)
        .bind(&line.place)
        .bind(&line.zone)
        .bind(slice(&line.link_key))
        .bind(&line.bundle)
        .bind(line.confirmed_ms)
        .bind(line.far_confirmed_ms)
        .bind(line.added_ms)
        .execute(&mut *write)
        .await?;
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM lines")
            .fetch_one(&mut *write)
            .await?;
        if count > i64::from(LINES_MAX) {
            return Err(StoreError::OutOfBounds("number of lines"));
        }
        put_lists(&mut write, line).await?;
        write.commit().await
    }

    pub(crate) async fn lines(&self) -> Result<Vec<Line>, StoreError> {
        let mut read = self.readers.begin().await?;
        let rows = sqlx::query("SELECT * FROM lines ORDER BY name, far")
            .fetch_all(&mut *read)
            .await?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            lines.push(whole(&mut read, row).await?);
        }
        Ok(lines)
    }

    pub(crate) async fn line(&self, far: Id) -> Result<Option<Line>, StoreError> {
        let mut read = self.readers.begin().await?;
        let row = sqlx::query("SELECT * FROM lines WHERE far = ?")
            .bind(slice(&far))
            .fetch_optional(&mut *read)
            .await?;
        match row {
            Some(row) => Ok(Some(whole(&mut read, &row).await?)),
            None => Ok(None),
        }
    }

    pub(crate) async fn confirm_line(&self, far: Id, at_ms: i64) -> Result<bool, StoreError> {
        self.touch_line(
            "UPDATE lines SET confirmed_ms = coalesce(confirmed_ms, ?2) WHERE far = ?1",
            far,
            at_ms,
        )
        .await
    }

    pub(crate) async fn confirm_line_far(&self, far: Id, at_ms: i64) -> Result<bool, StoreError> {
        self.touch_line(
            "UPDATE lines SET far_confirmed_ms = coalesce(far_confirmed_ms, ?2) WHERE far = ?1",
            far,
            at_ms,
        )
        .await
    }

    pub(crate) async fn remove_line(&self, far: Id) -> Result<bool, StoreError> {
        self.touch_line("DELETE FROM lines WHERE far = ?1 AND ?2 = 0", far, 0)
            .await
    }

    async fn touch_line(&self, sql: &'static str, far: Id, at_ms: i64) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        let done = sqlx::query(sql)
            .bind(slice(&far))
            .bind(at_ms)
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    pub(crate) async fn add_sample(&self, far: Id, sample: &Sample) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let known: i64 = sqlx::query_scalar("SELECT count(*) FROM lines WHERE far = ?")
            .bind(slice(&far))
            .fetch_one(&mut *write)
            .await?;
        if known == 0 {
            return Err(StoreError::Missing("line"));
        }
        sqlx::query(
            "INSERT INTO samples (far, at_ms, up, rtt_us, loss_ppm, jitter_us, skew_ms, rate_kbps) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(slice(&far))
        .bind(sample.at_ms)
        .bind(sample.up)
        .bind(sample.rtt_us)
        .bind(sample.loss_ppm)
        .bind(sample.jitter_us)
        .bind(sample.skew_ms)
        .bind(sample.rate_kbps)
        .execute(&mut *write)
        .await?;
        sqlx::query(
            "DELETE FROM samples WHERE far = ?1 AND id <=
               (SELECT id FROM samples WHERE far = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        )
        .bind(slice(&far))
        .bind(i64::from(SAMPLES_MAX))
        .execute(&mut *write)
        .await?;
        write.commit().await
    }

    pub(crate) async fn samples(&self, far: Id, limit: u32) -> Result<Vec<Sample>, StoreError> {
        let rows = sqlx::query("SELECT * FROM samples WHERE far = ? ORDER BY id DESC LIMIT ?")
            .bind(slice(&far))
            .bind(i64::from(limit.min(PAGE_MAX)))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(sample).collect()
    }
}

fn bounds(line: &Line) -> Result<(), StoreError> {
    text("name", &line.name)?;
    text("place", &line.place)?;
    text("zone", &line.zone)?;
    for address in &line.addresses {
        text("address", address)?;
    }
    if line.addresses.len() > PER_LINE_MAX || line.side_keys.len() > PER_LINE_MAX {
        return Err(StoreError::OutOfBounds("list of a line"));
    }
    if line.bundle.len() > BLOB_BYTES_MAX {
        return Err(StoreError::OutOfBounds("bundle"));
    }
    Ok(())
}

async fn put_lists(write: &mut SqliteConnection, line: &Line) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM line_keys WHERE far = ?")
        .bind(slice(&line.far))
        .execute(&mut *write)
        .await?;
    sqlx::query("DELETE FROM line_addresses WHERE far = ?")
        .bind(slice(&line.far))
        .execute(&mut *write)
        .await?;
    for (position, key) in (0_i64..).zip(&line.side_keys) {
        sqlx::query("INSERT INTO line_keys (far, position, key) VALUES (?, ?, ?)")
            .bind(slice(&line.far))
            .bind(position)
            .bind(slice(key))
            .execute(&mut *write)
            .await?;
    }
    for (position, address) in (0_i64..).zip(&line.addresses) {
        sqlx::query("INSERT INTO line_addresses (far, position, address) VALUES (?, ?, ?)")
            .bind(slice(&line.far))
            .bind(position)
            .bind(address)
            .execute(&mut *write)
            .await?;
    }
    Ok(())
}

/// The line of `row` with its lists, read in the same transaction.
async fn whole(read: &mut SqliteConnection, row: &SqliteRow) -> Result<Line, StoreError> {
    let far = id(row, "far")?;
    let keys = sqlx::query("SELECT key FROM line_keys WHERE far = ? ORDER BY position").bind(slice(&far));
    let keys = keys.fetch_all(&mut *read).await?;
    let addresses =
        sqlx::query_scalar("SELECT address FROM line_addresses WHERE far = ? ORDER BY position").bind(slice(&far));
    Ok(Line {
        far,
        name: row.try_get("name")?,
        place: row.try_get("place")?,
        zone: row.try_get("zone")?,
        side_keys: keys.iter().map(|row| id(row, "key")).collect::<Result<_, _>>()?,
        link_key: id(row, "link_key")?,
        addresses: addresses.fetch_all(&mut *read).await?,
        confirmed_ms: row.try_get("confirmed_ms")?,
        far_confirmed_ms: row.try_get("far_confirmed_ms")?,
        bundle: row.try_get("bundle")?,
        added_ms: row.try_get("added_ms")?,
    })
}

fn sample(row: &SqliteRow) -> Result<Sample, StoreError> {
    Ok(Sample {
        at_ms: row.try_get("at_ms")?,
        up: row.try_get("up")?,
        rtt_us: row.try_get("rtt_us")?,
        loss_ppm: row.try_get("loss_ppm")?,
        jitter_us: row.try_get("jitter_us")?,
        skew_ms: row.try_get("skew_ms")?,
        rate_kbps: row.try_get("rate_kbps")?,
    })
}
