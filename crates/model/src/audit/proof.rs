//! Proofs that stand on their own: whoever has one needs neither the log nor the server, only the root's certificate.

use serde::{Deserialize, Serialize};
use tanba_pki::hex;

use super::AuditRecord;
use super::kept::{KeptTree, recompute};
use super::sent::{CheckpointLine, LineError, RecordLine};
use super::tree::{TreeHash, prove_consistency, prove_inclusion};
use crate::ports::{AuditLog, StorageError};

/// A proof about the log as the newest checkpoint states it. Sent: never rename a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogProof {
    /// The checkpoint that it is under.
    pub under: CheckpointLine,
    /// What is proved.
    pub what: Proved,
    /// Hashes from the leaf to the root (RFC 9162, 2.1.3 and 2.1.4), 64 lower-case hexadecimal digits each.
    pub path: Vec<String>,
}

/// What is proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Proved {
    /// The log holds this record.
    Record(RecordLine),
    /// The log continues this earlier one.
    Earlier {
        /// Number of records.
        size: u64,
        /// Hash of their tree.
        root: String,
    },
}

impl LogProof {
    /// Proves that a record is in the log; `None` while no checkpoint states so many records.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer, or what it has is damaged.
    pub fn of_record(
        log: &mut dyn AuditLog,
        record: AuditRecord,
    ) -> Result<Option<Self>, StorageError> {
        let Some(last) = log.last_checkpoint()? else {
            return Ok(None);
        };
        let Some(index) = record.sequence.checked_sub(1) else {
            return Ok(None);
        };
        let Some(path) = prove_inclusion(&mut KeptTree(log), index, last.size)? else {
            return Ok(None);
        };
        let what = Proved::Record(RecordLine::of(record).map_err(|error| damaged(&error))?);
        let under = CheckpointLine::of(last).map_err(|error| damaged(&error))?;
        Ok(Some(Self::new(under, what, &path)))
    }

    /// Proves that the log continues its first `size` records; `None` unless a checkpoint states so many, and for none.
    ///
    /// # Errors
    /// As [`LogProof::of_record`].
    pub fn of_earlier(log: &mut dyn AuditLog, size: u64) -> Result<Option<Self>, StorageError> {
        let Some(last) = log.last_checkpoint()? else {
            return Ok(None);
        };
        let Some(path) = prove_consistency(&mut KeptTree(log), size, last.size)? else {
            return Ok(None);
        };
        let root = hex::encode(&recompute(log, size)?.head().root);
        let under = CheckpointLine::of(last).map_err(|error| damaged(&error))?;
        Ok(Some(Self::new(
            under,
            Proved::Earlier { size, root },
            &path,
        )))
    }

    fn new(under: CheckpointLine, what: Proved, path: &[TreeHash]) -> Self {
        let path = path.iter().map(|hash| hex::encode(hash)).collect();
        Self { under, what, path }
    }
}

fn damaged(error: &LineError) -> StorageError {
    StorageError::Damaged(error.to_string())
}
