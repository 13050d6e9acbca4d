//! Damage that SQLite found while it worked.

use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::ErrorCode;
use tanba_model::ports::StorageError;

use crate::error::storage_error;

/// Whether SQLite met a page that cannot be. From then on nothing is written: what is damaged in one place may be wrong in
/// others, and a serial number that cannot be looked up may be used twice.
#[derive(Debug, Default)]
pub(crate) struct Damage(AtomicBool);

impl Damage {
    /// The result in the words of the ports; remembers damage.
    pub(crate) fn note<T>(&self, result: rusqlite::Result<T>) -> Result<T, StorageError> {
        result.map_err(|error| {
            if matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
            ) {
                self.0.store(true, Ordering::SeqCst);
            }
            storage_error(&error)
        })
    }

    /// Refuses to write into a damaged file.
    pub(crate) fn refuse(&self) -> Result<(), StorageError> {
        if self.0.load(Ordering::SeqCst) {
            return Err(StorageError::Damaged(
                "the database file has damaged pages, so nothing is written into it any more; stop the server, and follow \"A damaged database\" in docs/operator.md".to_owned(),
            ));
        }
        Ok(())
    }
}
