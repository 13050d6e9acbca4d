//! Published revocation lists.

use rusqlite::{Row, params};
use tanba_model::id::IssuerId;
use tanba_model::ports::{CrlKind, CrlRecord, Crls, StorageError};

use super::{SqliteUnit, column, time};
use crate::error::damaged;

impl Crls for SqliteUnit<'_> {
    fn next_number(&mut self, issuer: IssuerId) -> Result<u64, StorageError> {
        let taken = self.one(
            "UPDATE issuer SET next_crl_number = next_crl_number + 1 WHERE id = ?1 RETURNING next_crl_number - 1",
            [issuer.0],
            number,
        )?;
        taken.ok_or(StorageError::Conflict)
    }

    fn publish(&mut self, crl: &CrlRecord) -> Result<(), StorageError> {
        self.change_one(
            "INSERT INTO crl (issuer_id, kind, shard, number, this_update, next_update, covers_until, der)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (issuer_id, kind, shard) DO UPDATE SET
                 number = excluded.number, this_update = excluded.this_update, next_update = excluded.next_update,
                 covers_until = excluded.covers_until, der = excluded.der
             WHERE excluded.number > number",
            params![
                crl.issuer.0,
                crl.kind.name(),
                crl.kind.shard().unwrap_or(0),
                i64::try_from(crl.number).map_err(|_| damaged("crl.number"))?,
                crl.this_update.unix(),
                crl.next_update.unix(),
                crl.covers_until.unix(),
                crl.der,
            ],
        )
    }

    fn latest(
        &mut self,
        issuer: IssuerId,
        kind: CrlKind,
    ) -> Result<Option<CrlRecord>, StorageError> {
        self.one(
            "SELECT number, issuer_id, kind, shard, this_update, next_update, covers_until, der
             FROM crl WHERE issuer_id = ?1 AND kind = ?2 AND shard = ?3",
            params![issuer.0, kind.name(), kind.shard().unwrap_or(0)],
            read,
        )
    }
}

fn number(row: &Row<'_>) -> Result<u64, StorageError> {
    u64::try_from(column::<i64>(row, 0)?).map_err(|_| damaged("crl.number"))
}

fn read(row: &Row<'_>) -> Result<CrlRecord, StorageError> {
    let shard = column(row, 3)?;
    Ok(CrlRecord {
        issuer: IssuerId(column(row, 1)?),
        kind: match column::<String>(row, 2)?.as_str() {
            "full" => CrlKind::Full,
            "shard" => CrlKind::Shard(shard),
            "delta" => CrlKind::Delta(shard),
            _ => return Err(damaged("crl.kind")),
        },
        number: number(row)?,
        this_update: time(row, 4)?,
        next_update: time(row, 5)?,
        covers_until: time(row, 6)?,
        der: column(row, 7)?,
    })
}
