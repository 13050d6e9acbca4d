//! Sessions without a key, for one purpose.

use tanba_pki::Timestamp;

use super::StorageError;
use crate::id::{ApplicationId, PersonId};

/// What somebody may do who proved something less than a key. Not a [`super::Session`]: nothing that takes one of those can
/// be given one of these. `Debug` shows whose it is.
#[derive(Clone, PartialEq, Eq)]
pub struct LimitedSession {
    /// SHA-256 of the cookie's secret.
    pub token_sha256: [u8; 32],
    /// Whose.
    pub person: PersonId,
    /// `None`: it was opened by a code and may revoke and freeze. Otherwise it was opened by the number of this application
    /// with a second proof, and may see how it stands and install what was issued for it, and nothing else.
    pub application: Option<ApplicationId>,
    /// Secret against cross-site requests, tied to the session.
    pub csrf: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used.
    pub used_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for LimitedSession {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("LimitedSession")
            .field("person", &self.person)
            .finish_non_exhaustive()
    }
}

/// Sessions without a key.
pub trait LimitedSessions {
    /// Opens a session.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn insert(&mut self, session: &LimitedSession) -> Result<(), StorageError>;

    /// Finds a session by its secret's digest; the caller judges times.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn find(&mut self, token_sha256: &[u8; 32]) -> Result<Option<LimitedSession>, StorageError>;

    /// All sessions of a person, newest first; the caller judges times.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn of_person(&mut self, person: PersonId) -> Result<Vec<LimitedSession>, StorageError>;

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
