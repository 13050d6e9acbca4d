//! Evidence.

use super::StorageError;
use crate::audit::{AuditEvent, AuditRecord};

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
}
