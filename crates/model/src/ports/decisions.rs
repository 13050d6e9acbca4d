//! What staff signed, and acts that wait for a second signature.

use tanba_pki::Timestamp;

use super::StorageError;
use crate::administration::{Administration, NewAdministration};
use crate::decision::{Act, Decision, NewDecision, PendingAct};
use crate::id::{ActId, AdministrationId, ApplicationId, DecisionId, PersonId, StaffId};

/// An act that somebody asks for.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPendingAct {
    /// What.
    pub act: Act,
    /// About whom.
    pub person: PersonId,
    /// Code of the registration centre.
    pub centre: String,
    /// Who asks for it.
    pub first: StaffId,
    /// When.
    pub asked_at: Timestamp,
    /// When it lapses.
    pub expires_at: Timestamp,
    /// The first document, canonical JSON.
    pub document: Vec<u8>,
}

impl std::fmt::Debug for NewPendingAct {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("NewPendingAct")
            .field("act", &self.act)
            .finish_non_exhaustive()
    }
}

/// How a pending act ended. Stored: [`ActEnd::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActEnd {
    /// The second one agreed, and it was done.
    Done,
    /// It was taken back, or refused.
    Withdrawn,
    /// Nobody agreed in time.
    Lapsed,
}

impl ActEnd {
    /// The name that is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
        }
    }
}

/// Signed decisions. None can be changed or removed through it.
pub trait Decisions {
    /// Keeps a decision, in the same transaction as the change that it is evidence of.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when a decision of that very document is kept already.
    fn insert(&mut self, decision: &NewDecision) -> Result<DecisionId, StorageError>;

    /// The decision of a document, by the document's SHA-256.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn of_document(&mut self, sha256: &[u8; 32]) -> Result<Option<Decision>, StorageError>;

    /// All decisions after a record, by record, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn page(
        &mut self,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Result<Vec<Decision>, StorageError>;

    /// The decisions about an application, oldest first.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn of_application(&mut self, application: ApplicationId)
    -> Result<Vec<Decision>, StorageError>;

    /// Decisions about a person before a record, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn of_person(
        &mut self,
        person: PersonId,
        before: Option<DecisionId>,
        limit: u32,
    ) -> Result<Vec<Decision>, StorageError>;

    /// Applications that a member of staff decided, before a record of hers, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn applications_of_staff(
        &mut self,
        staff: StaffId,
        before: Option<DecisionId>,
        limit: u32,
    ) -> Result<Vec<(DecisionId, ApplicationId)>, StorageError>;

    /// Remembers that an act waits.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the same act about the same person waits already.
    fn ask(&mut self, act: &NewPendingAct) -> Result<ActId, StorageError>;

    /// An act that still waits.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn pending(&mut self, id: ActId) -> Result<Option<PendingAct>, StorageError>;

    /// The document of an act that somebody asked for, whether it still waits or not.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn asked_document(&mut self, id: ActId) -> Result<Option<Vec<u8>>, StorageError>;

    /// Acts that wait at a centre (`None`: at all of them) after a record, by record, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn pending_at(
        &mut self,
        centre: Option<&str>,
        after: Option<ActId>,
        limit: u32,
    ) -> Result<Vec<PendingAct>, StorageError>;

    /// Acts about a person that wait.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn pending_of_person(&mut self, person: PersonId) -> Result<Vec<PendingAct>, StorageError>;

    /// Acts that lapsed before `now`, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn overdue(&mut self, now: Timestamp, limit: u32) -> Result<Vec<PendingAct>, StorageError>;

    /// Ends an act that waits.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when it waits no more.
    fn end(&mut self, id: ActId, how: ActEnd, now: Timestamp) -> Result<(), StorageError>;

    /// Keeps a signed order of an administrator, in the same transaction as the change that it is evidence of.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when an order of that very document is kept already.
    fn insert_administration(
        &mut self,
        order: &NewAdministration,
    ) -> Result<AdministrationId, StorageError>;

    /// Orders of administrators about an object, newest first, at most `limit`; `object` as events name it.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn administrations(
        &mut self,
        object: &str,
        limit: u32,
    ) -> Result<Vec<Administration>, StorageError>;

    /// All orders of administrators after a record, by record, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn administrations_after(
        &mut self,
        after: Option<AdministrationId>,
        limit: u32,
    ) -> Result<Vec<Administration>, StorageError>;
}
