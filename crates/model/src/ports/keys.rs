//! What is known of keys, whoever has certificates of them.

use tanba_pki::Timestamp;

use super::StorageError;
use crate::key::{BlockedKey, KeyCheck, KeyFinding};

/// The block list, and the look over all keys.
pub trait Keys {
    /// Puts a key on the list, for ever; whether it was not there yet. What was recorded first stands.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn block(&mut self, key: &BlockedKey) -> Result<bool, StorageError>;

    /// Whether a key is on the list.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn is_blocked(&mut self, public_key_sha256: &[u8; 32]) -> Result<bool, StorageError>;

    /// The entry of a key.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn blocked(&mut self, public_key_sha256: &[u8; 32])
    -> Result<Option<BlockedKey>, StorageError>;

    /// Entries by digest, those after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn blocked_after(
        &mut self,
        after: Option<&[u8; 32]>,
        limit: u32,
    ) -> Result<Vec<BlockedKey>, StorageError>;

    /// How far the look over all keys has come; `None` before the first.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn check(&mut self) -> Result<Option<KeyCheck>, StorageError>;

    /// Remembers how far it has come.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn set_check(&mut self, check: &KeyCheck) -> Result<(), StorageError>;

    /// Keeps a finding; whether it was not known yet. What was found first stands.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn find(&mut self, finding: &KeyFinding) -> Result<bool, StorageError>;

    /// Findings by certificate, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn findings(&mut self, limit: u32) -> Result<Vec<KeyFinding>, StorageError>;

    /// Certificates with findings that are valid at this moment, so that somebody has to decide.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn count_open(&mut self, now: Timestamp) -> Result<u64, StorageError>;
}
