//! Evidence. Triggers of the database refuse every change and removal, whoever tries.

use rusqlite::{Row, params};
use tanba_model::audit::{AuditEvent, AuditRecord};
use tanba_model::ports::{AuditLog, StorageError};

use super::{SqliteUnit, column};
use crate::error::damaged;

impl AuditLog for SqliteUnit<'_> {
    fn append(&mut self, event: &AuditEvent) -> Result<AuditRecord, StorageError> {
        let last = self.one(
            "SELECT sequence, previous_hash, hash, event FROM audit_log ORDER BY sequence DESC LIMIT 1",
            [],
            read,
        )?;
        let record =
            AuditRecord::chain(last.as_ref(), event).map_err(|_| damaged("audit_log.event"))?;
        self.execute(
            "INSERT INTO audit_log (sequence, previous_hash, hash, event) VALUES (?1, ?2, ?3, ?4)",
            params![
                signed(record.sequence)?,
                record.previous_hash,
                record.hash,
                record.event
            ],
        )?;
        Ok(record)
    }

    fn page(&mut self, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StorageError> {
        self.many(
            "SELECT sequence, previous_hash, hash, event FROM audit_log WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
            params![signed(after)?, limit],
            read,
        )
    }
}

fn signed(sequence: u64) -> Result<i64, StorageError> {
    i64::try_from(sequence).map_err(|_| damaged("audit_log.sequence"))
}

fn read(row: &Row<'_>) -> Result<AuditRecord, StorageError> {
    Ok(AuditRecord {
        sequence: u64::try_from(column::<i64>(row, 0)?)
            .map_err(|_| damaged("audit_log.sequence"))?,
        previous_hash: column(row, 1)?,
        hash: column(row, 2)?,
        event: column(row, 3)?,
    })
}
