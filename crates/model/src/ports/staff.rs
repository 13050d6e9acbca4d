//! Who works for the authority, and their sessions at the desk.

use tanba_pki::Timestamp;

use super::StorageError;
use crate::id::{CertificateId, PersonId, StaffId};
use crate::staff::{Role, StaffMember};

/// Somebody who begins to work.
#[derive(Clone, PartialEq, Eq)]
pub struct NewStaffMember {
    /// Who.
    pub person: PersonId,
    /// As what.
    pub role: Role,
    /// Code of the registration centre, for roles that have one.
    pub centre: Option<String>,
    /// From when on.
    pub since: Timestamp,
    /// Until when, where that is known already.
    pub until: Option<Timestamp>,
}

impl std::fmt::Debug for NewStaffMember {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("NewStaffMember")
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// An open session of the desk. The secret of its cookie is not stored, only its SHA-256.
#[derive(Clone, PartialEq, Eq)]
pub struct StaffSession {
    /// SHA-256 of the cookie's secret.
    pub token_sha256: [u8; 32],
    /// Whose.
    pub staff: StaffId,
    /// The certificate that opened it.
    pub certificate: CertificateId,
    /// What she is in it: the lower of table and certificate.
    pub role: Role,
    /// Secret against cross-site requests, tied to the session.
    pub csrf: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used.
    pub used_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for StaffSession {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("StaffSession")
            .field("staff", &self.staff)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// The staff. Rows are ended, never removed.
pub trait Staff {
    /// Enters somebody.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn insert(&mut self, member: &NewStaffMember) -> Result<StaffId, StorageError>;

    /// Finds somebody's work by its record.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn find(&mut self, id: StaffId) -> Result<Option<StaffMember>, StorageError>;

    /// Everything that a person was and is, newest first.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn of_person(&mut self, person: PersonId) -> Result<Vec<StaffMember>, StorageError>;

    /// Everybody after a record, by record, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn page(
        &mut self,
        after: Option<StaffId>,
        limit: u32,
    ) -> Result<Vec<StaffMember>, StorageError>;

    /// Ends somebody's work, and her sessions.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when there is no such work.
    fn end(&mut self, id: StaffId, until: Timestamp) -> Result<(), StorageError>;

    /// Opens a session.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn open_session(&mut self, session: &StaffSession) -> Result<(), StorageError>;

    /// Finds a session by its secret's digest; the caller judges times.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn session(&mut self, token_sha256: &[u8; 32]) -> Result<Option<StaffSession>, StorageError>;

    /// Remembers that a session was used.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn touch_session(
        &mut self,
        token_sha256: &[u8; 32],
        now: Timestamp,
    ) -> Result<(), StorageError>;

    /// Ends a session; ending one that is not there is fine.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn delete_session(&mut self, token_sha256: &[u8; 32]) -> Result<(), StorageError>;

    /// Forgets sessions that ended before `now`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn purge_sessions(&mut self, now: Timestamp) -> Result<u64, StorageError>;
}
