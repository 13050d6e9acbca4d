//! Devices that people signed in from, as far as a browser's own cookie tells them apart.

use tanba_pki::Timestamp;

use super::StorageError;
use crate::id::PersonId;

/// Devices of people. Only digests are stored: of a secret in the browser's cookie, bound to the person.
pub trait Devices {
    /// Remembers that a person signed in from a device; whether it is new to her.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn remember(
        &mut self,
        person: PersonId,
        device_sha256: &[u8; 32],
        now: Timestamp,
    ) -> Result<bool, StorageError>;

    /// Forgets devices that nobody signed in from since `before`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn purge(&mut self, before: Timestamp) -> Result<u64, StorageError>;
}
