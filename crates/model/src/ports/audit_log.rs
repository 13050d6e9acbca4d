//! Evidence.

use super::StorageError;
use crate::audit::tree::TreeHash;
use crate::audit::{AuditEvent, AuditRecord, SignedCheckpoint};

/// The append-only, hash-chained log. Nothing can be changed or removed through it.
pub trait AuditLog {
    /// Appends an event in the same transaction as the change that it is evidence of.
    ///
    /// # Errors
    /// [`StorageError`]; then the change must not happen either.
    fn append(&mut self, event: &AuditEvent) -> Result<AuditRecord, StorageError>;

    /// Records after `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn page(&mut self, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StorageError>;

    /// Number of records, which is the sequence number of the last one.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn size(&mut self) -> Result<u64, StorageError>;

    /// Hashes of the records after `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn hashes(&mut self, after: u64, limit: u32) -> Result<Vec<[u8; 32]>, StorageError>;

    /// Hashes of kept subtrees of a level, from position `first`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn subtrees(
        &mut self,
        level: u32,
        first: u64,
        limit: u32,
    ) -> Result<Vec<TreeHash>, StorageError>;

    /// Number of kept subtrees of a level.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn subtree_count(&mut self, level: u32) -> Result<u64, StorageError>;

    /// Keeps the hash of a complete subtree.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when one is kept there already.
    fn insert_subtree(
        &mut self,
        level: u32,
        position: u64,
        hash: &TreeHash,
    ) -> Result<(), StorageError>;

    /// Keeps a signed checkpoint.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when one of its size is kept already.
    fn insert_checkpoint(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), StorageError>;

    /// Checkpoints of more than `after` records, the smallest first, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn checkpoints(
        &mut self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<SignedCheckpoint>, StorageError>;

    /// The checkpoint of the most records.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn last_checkpoint(&mut self) -> Result<Option<SignedCheckpoint>, StorageError>;

    /// The record that a certificate was issued; `object` as [`certificate_object`](super::certificate_object) names it.
    /// `None` when there is no such record, or it is not one that can be read.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn issue(&mut self, object: &str) -> Result<Option<AuditRecord>, StorageError>;

    /// Records before `before` (`None`: from the end), newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn before(&mut self, before: Option<u64>, limit: u32)
    -> Result<Vec<AuditRecord>, StorageError>;
}
