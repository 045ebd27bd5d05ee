//! What the side says in public: items and the acts that make them.

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::{Sqlite, id, slice};
use crate::{
    NewPressAct, PRESS_ACT_BYTES_MAX, PRESS_ACTS_MAX, PRESS_ITEMS_MAX, PressItem, PressKind, PutPressAct, StoreError,
};

impl Sqlite {
    pub(crate) async fn put_press_act(&self, new: &NewPressAct<'_>) -> Result<PutPressAct, StoreError> {
        if new.bytes.is_empty() || new.bytes.len() > PRESS_ACT_BYTES_MAX || new.number >= PRESS_ACTS_MAX {
            return Err(StoreError::OutOfBounds("press act"));
        }
        let mut write = self.write().await?;
        let put = put(&mut write, new).await;
        match put {
            Ok(PutPressAct::New) => write.commit().await?,
            Ok(_) | Err(StoreError::OutOfBounds(_)) => write.rollback().await?,
            Err(_) => {}
        }
        put
    }

    pub(crate) async fn press_items(&self) -> Result<Vec<PressItem>, StoreError> {
        let rows = sqlx::query(
            "SELECT i.item AS item, i.kind AS kind, i.chain AS chain, a.bytes AS bytes
             FROM press_items i JOIN press_acts a ON a.item = i.item ORDER BY i.added_ms, i.item, a.number",
        )
        .fetch_all(&self.readers)
        .await?;
        let mut items: Vec<PressItem> = Vec::new();
        for row in &rows {
            let item: Vec<u8> = row.try_get("item")?;
            let item: [u8; 16] = item.try_into().map_err(|_| broken("an item's id"))?;
            let bytes: Vec<u8> = row.try_get("bytes")?;
            match items.last_mut() {
                Some(last) if last.item == item => last.acts.push(bytes),
                _ => items.push(PressItem {
                    item,
                    kind: PressKind::of(&row.try_get::<String, _>("kind")?).ok_or_else(|| broken("an item's kind"))?,
                    chain: id(row, "chain")?,
                    acts: vec![bytes],
                }),
            }
        }
        Ok(items)
    }
}

fn broken(what: &str) -> StoreError {
    StoreError::Broken(format!("{what} is damaged"))
}

async fn put(write: &mut SqliteConnection, new: &NewPressAct<'_>) -> Result<PutPressAct, StoreError> {
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM press_acts WHERE item = ?")
        .bind(&new.item[..])
        .fetch_one(&mut *write)
        .await?;
    if held != i64::from(new.number) {
        return Ok(PutPressAct::Taken);
    }
    if new.number == 0 {
        let items: i64 = sqlx::query_scalar("SELECT count(*) FROM press_items")
            .fetch_one(&mut *write)
            .await?;
        if items >= i64::from(PRESS_ITEMS_MAX) {
            return Err(StoreError::OutOfBounds("press items"));
        }
        let made = sqlx::query(
            "INSERT INTO press_items (item, kind, chain, added_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(&new.item[..])
        .bind(new.kind.word())
        .bind(slice(&new.chain))
        .bind(new.now_ms)
        .execute(&mut *write)
        .await?;
        if made.rows_affected() == 0 {
            return Ok(PutPressAct::Taken);
        }
    }
    sqlx::query("INSERT INTO press_acts (item, number, bytes, stored_ms) VALUES (?, ?, ?, ?)")
        .bind(&new.item[..])
        .bind(new.number)
        .bind(new.bytes)
        .bind(new.now_ms)
        .execute(write)
        .await?;
    Ok(PutPressAct::New)
}
