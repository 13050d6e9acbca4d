//! Published revocation lists.

use rusqlite::{Row, params};
use tanba_model::id::IssuerId;
use tanba_model::ports::{CrlFacts, CrlKind, CrlRecord, Crls, StorageError};

use super::{SqliteUnit, column, time};
use crate::error::damaged;

impl Crls for SqliteUnit<'_> {
    fn next_number(&mut self, issuer: IssuerId, at_least: u64) -> Result<u64, StorageError> {
        let taken = self.one(
            "UPDATE issuer SET next_crl_number = max(next_crl_number, ?2) + 1 WHERE id = ?1
             RETURNING next_crl_number - 1",
            params![
                issuer.0,
                i64::try_from(at_least).map_err(|_| damaged("crl.number"))?
            ],
            number,
        )?;
        taken.ok_or(StorageError::Conflict)
    }

    fn upcoming_number(&mut self, issuer: IssuerId) -> Result<Option<u64>, StorageError> {
        self.one(
            "SELECT next_crl_number FROM issuer WHERE id = ?1",
            [issuer.0],
            number,
        )
    }

    fn publish(&mut self, crl: &CrlRecord) -> Result<(), StorageError> {
        self.change_one(
            "INSERT INTO crl (issuer_id, kind, shard, number, this_update, next_update, covers_until, der, entries, entries_number)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, iif(?9 IS NULL, NULL, ?4))
             ON CONFLICT (issuer_id, kind, shard) DO UPDATE SET
                 number = excluded.number, this_update = excluded.this_update, next_update = excluded.next_update,
                 covers_until = excluded.covers_until, der = excluded.der,
                 entries = excluded.entries, entries_number = excluded.entries_number
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
                crl.entries,
            ],
        )
    }

    fn latest(
        &mut self,
        issuer: IssuerId,
        kind: CrlKind,
    ) -> Result<Option<CrlRecord>, StorageError> {
        self.one(
            "SELECT number, issuer_id, kind, shard, this_update, next_update, covers_until, der,
                    iif(entries_number = number, entries, NULL)
             FROM crl WHERE issuer_id = ?1 AND kind = ?2 AND shard = ?3",
            params![issuer.0, kind.name(), kind.shard().unwrap_or(0)],
            read,
        )
    }

    fn facts(&mut self, issuer: IssuerId) -> Result<Vec<CrlFacts>, StorageError> {
        let mut all = self.many(
            "SELECT number, kind, shard, this_update, next_update, iif(entries_number = number, entries, NULL), length(der)
             FROM crl WHERE issuer_id = ?1",
            [issuer.0],
            read_facts,
        )?;
        all.sort_by_key(|facts| {
            let rank = match facts.kind {
                CrlKind::Full => 0,
                CrlKind::Shard(_) => 1,
                CrlKind::Delta(_) => 2,
            };
            (facts.kind.shard(), rank)
        });
        Ok(all)
    }
}

fn number(row: &Row<'_>) -> Result<u64, StorageError> {
    u64::try_from(column::<i64>(row, 0)?).map_err(|_| damaged("crl.number"))
}

/// The kind of two columns.
fn kind(row: &Row<'_>, place: usize) -> Result<CrlKind, StorageError> {
    let shard = column(row, place + 1)?;
    match column::<String>(row, place)?.as_str() {
        "full" => Ok(CrlKind::Full),
        "shard" => Ok(CrlKind::Shard(shard)),
        "delta" => Ok(CrlKind::Delta(shard)),
        _ => Err(damaged("crl.kind")),
    }
}

fn read_facts(row: &Row<'_>) -> Result<CrlFacts, StorageError> {
    let size: i64 = column(row, 6)?;
    Ok(CrlFacts {
        number: number(row)?,
        kind: kind(row, 1)?,
        this_update: time(row, 3)?,
        next_update: time(row, 4)?,
        entries: column(row, 5)?,
        size_octets: u64::try_from(size).map_err(|_| damaged("crl.der"))?,
    })
}

fn read(row: &Row<'_>) -> Result<CrlRecord, StorageError> {
    Ok(CrlRecord {
        issuer: IssuerId(column(row, 1)?),
        kind: kind(row, 2)?,
        number: number(row)?,
        this_update: time(row, 4)?,
        next_update: time(row, 5)?,
        covers_until: time(row, 6)?,
        der: column(row, 7)?,
        entries: column(row, 8)?,
    })
}
