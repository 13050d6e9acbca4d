//! Sessions of the cabinet.

use tanba_pki::Timestamp;

use super::StorageError;
use crate::id::{CertificateId, PersonId};

/// An open session. The secret of its cookie is not stored, only its SHA-256. `Debug` shows whose it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie's secret.
    pub token_sha256: [u8; 32],
    /// Whose.
    pub person: PersonId,
    /// The certificate that opened it.
    pub certificate: CertificateId,
    /// The kind of program that signed in, coarse enough to name no one device: `firefox-linux`; empty where it is not
    /// known.
    pub device: String,
    /// Secret against cross-site requests, tied to the session; sent in forms and headers.
    pub csrf: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used.
    pub used_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Session")
            .field("person", &self.person)
            .finish_non_exhaustive()
    }
}

/// Sessions of the cabinet.
pub trait Sessions {
    /// Opens a session.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn insert(&mut self, session: &Session) -> Result<(), StorageError>;

    /// Finds a session by its secret's digest; the caller judges times.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn find(&mut self, token_sha256: &[u8; 32]) -> Result<Option<Session>, StorageError>;

    /// All sessions of a person, newest first; the caller judges times.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn of_person(&mut self, person: PersonId) -> Result<Vec<Session>, StorageError>;

    /// Remembers that a session was used.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn touch(&mut self, token_sha256: &[u8; 32], now: Timestamp) -> Result<(), StorageError>;

    /// Ends a session; ending one that is not there is fine.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn delete(&mut self, token_sha256: &[u8; 32]) -> Result<(), StorageError>;

    /// Ends all sessions of a person.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn delete_of_person(&mut self, person: PersonId) -> Result<(), StorageError>;

    /// Forgets sessions that ended before `now`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn purge(&mut self, now: Timestamp) -> Result<u64, StorageError>;
}
