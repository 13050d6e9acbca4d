//! Revocations by the owners of certificates, kept as evidence.

use super::StorageError;
use crate::revocation::Revocation;

/// Signed revocations. Nothing can be changed or removed through it.
pub trait Revocations {
    /// Keeps a revocation, in the same transaction as the change that it is evidence of.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when a revocation of that very document is kept already.
    fn insert(&mut self, revocation: &Revocation) -> Result<(), StorageError>;

    /// The revocation of a document, by the document's SHA-256.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn find(&mut self, document_sha256: &[u8; 32]) -> Result<Option<Revocation>, StorageError>;

    /// Revocations by the SHA-256 of their documents, those after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn page(
        &mut self,
        after: Option<&[u8; 32]>,
        limit: u32,
    ) -> Result<Vec<([u8; 32], Revocation)>, StorageError>;

    /// How often a certificate is recorded as revoked by a revocation that is not there.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn orphans(&mut self) -> Result<u64, StorageError>;
}
