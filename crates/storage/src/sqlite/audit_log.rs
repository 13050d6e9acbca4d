//! Evidence. Triggers of the database refuse every change and removal, whoever tries.

use rusqlite::{Row, params};
use tanba_model::audit::tree::TreeHash;
use tanba_model::audit::{AuditEvent, AuditRecord, SignedCheckpoint};
use tanba_model::ports::{AuditLog, StorageError};
use tanba_pki::hex;

use super::{SqliteUnit, column};
use crate::error::damaged;

impl AuditLog for SqliteUnit<'_> {
    fn append(&mut self, event: &AuditEvent) -> Result<AuditRecord, StorageError> {
        let last = match self.memo.take_last_record() {
            None => self.one(
                "SELECT sequence, hash FROM audit_log ORDER BY sequence DESC LIMIT 1",
                [],
                |row| Ok((unsigned(row, 0)?, column(row, 1)?)),
            )?,
            known => known,
        };
        let record =
            AuditRecord::chain_after(last, event).map_err(|_| damaged("audit_log.event"))?;
        self.execute(
            "INSERT INTO audit_log (sequence, previous_hash, hash, event) VALUES (?1, ?2, ?3, ?4)",
            params![
                signed(record.sequence)?,
                record.previous_hash,
                record.hash,
                record.event
            ],
        )?;
        self.memo.keep_last_record(record.sequence, record.hash);
        Ok(record)
    }

    fn page(&mut self, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StorageError> {
        self.many(
            "SELECT sequence, previous_hash, hash, event FROM audit_log WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
            params![signed(after)?, limit],
            read,
        )
    }

    fn size(&mut self) -> Result<u64, StorageError> {
        let last = self.one(
            "SELECT sequence FROM audit_log ORDER BY sequence DESC LIMIT 1",
            [],
            |row| unsigned(row, 0),
        )?;
        Ok(last.unwrap_or(0))
    }

    fn hashes(&mut self, after: u64, limit: u32) -> Result<Vec<[u8; 32]>, StorageError> {
        self.many(
            "SELECT hash FROM audit_log WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
            params![signed(after)?, limit],
            |row| column(row, 0),
        )
    }

    fn subtrees(
        &mut self,
        level: u32,
        first: u64,
        limit: u32,
    ) -> Result<Vec<TreeHash>, StorageError> {
        self.many(
            "SELECT hash FROM audit_subtree WHERE level = ?1 AND position >= ?2 ORDER BY position LIMIT ?3",
            params![level, signed(first)?, limit],
            |row| column(row, 0),
        )
    }

    fn subtree_count(&mut self, level: u32) -> Result<u64, StorageError> {
        let last = self.one(
            "SELECT position + 1 FROM audit_subtree WHERE level = ?1 ORDER BY position DESC LIMIT 1",
            params![level],
            |row| unsigned(row, 0),
        )?;
        Ok(last.unwrap_or(0))
    }

    fn insert_subtree(
        &mut self,
        level: u32,
        position: u64,
        hash: &TreeHash,
    ) -> Result<(), StorageError> {
        self.execute(
            "INSERT INTO audit_subtree (level, position, hash) VALUES (?1, ?2, ?3)",
            params![level, signed(position)?, hash],
        )?;
        Ok(())
    }

    fn insert_checkpoint(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), StorageError> {
        self.execute(
            "INSERT INTO audit_checkpoint (size, document, signature) VALUES (?1, ?2, ?3)",
            params![
                signed(checkpoint.size)?,
                checkpoint.document,
                checkpoint.signature
            ],
        )?;
        Ok(())
    }

    fn checkpoints(
        &mut self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<SignedCheckpoint>, StorageError> {
        self.many(
            "SELECT size, document, signature FROM audit_checkpoint WHERE size > ?1 ORDER BY size LIMIT ?2",
            params![signed(after)?, limit],
            checkpoint,
        )
    }

    fn last_checkpoint(&mut self) -> Result<Option<SignedCheckpoint>, StorageError> {
        self.one(
            "SELECT size, document, signature FROM audit_checkpoint ORDER BY size DESC LIMIT 1",
            [],
            checkpoint,
        )
    }

    fn issue(&mut self, object: &str) -> Result<Option<AuditRecord>, StorageError> {
        let Some((issuer, serial)) = certificate_of(object) else {
            return Ok(None);
        };
        self.one(
            "SELECT sequence, previous_hash, hash, event FROM audit_log WHERE sequence =
                 (SELECT certificate_issue.sequence FROM certificate
                  JOIN certificate_issue ON certificate_issue.certificate_id = certificate.id
                  WHERE issuer_id = ?1 AND serial = ?2)",
            params![issuer, serial],
            read,
        )
    }

    fn before(
        &mut self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StorageError> {
        let before = before.map_or(Ok(i64::MAX), signed)?;
        self.many(
            "SELECT sequence, previous_hash, hash, event FROM audit_log WHERE sequence < ?1
             ORDER BY sequence DESC LIMIT ?2",
            params![before, limit],
            read,
        )
    }
}

/// Issuer and serial number out of what [`certificate_object`](tanba_model::ports::certificate_object) wrote.
fn certificate_of(object: &str) -> Option<(i64, Vec<u8>)> {
    let (issuer, serial) = object.strip_prefix("certificate:")?.split_once(':')?;
    Some((issuer.parse().ok()?, hex::decode(serial)?))
}

fn signed(sequence: u64) -> Result<i64, StorageError> {
    i64::try_from(sequence).map_err(|_| damaged("audit_log.sequence"))
}

fn unsigned(row: &Row<'_>, index: usize) -> Result<u64, StorageError> {
    u64::try_from(column::<i64>(row, index)?).map_err(|_| damaged("audit_log.sequence"))
}

fn checkpoint(row: &Row<'_>) -> Result<SignedCheckpoint, StorageError> {
    Ok(SignedCheckpoint {
        size: unsigned(row, 0)?,
        document: column(row, 1)?,
        signature: column(row, 2)?,
    })
}

fn read(row: &Row<'_>) -> Result<AuditRecord, StorageError> {
    Ok(AuditRecord {
        sequence: unsigned(row, 0)?,
        previous_hash: column(row, 1)?,
        hash: column(row, 2)?,
        event: column(row, 3)?,
    })
}
