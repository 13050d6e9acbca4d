//! What is known of keys, whoever has certificates of them.

use super::StorageError;
use crate::key::BlockedKey;

/// The block list.
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
}
