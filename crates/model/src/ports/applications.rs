//! Applications.

use std::fmt;

use tanba_pki::Timestamp;

use super::{Backlog, StorageError};
use crate::application::{Application, ApplicationKind, ApplicationNumber, FirstIssuance, State};
use crate::id::{ApplicationId, CertificateId, PersonId};
use crate::keystore_kind::KeystoreKind;
use crate::person::EmailAddress;

/// A draft that is being begun.
#[derive(Clone, PartialEq, Eq)]
pub struct NewApplication {
    /// A number that nobody has yet.
    pub number: ApplicationNumber,
    /// Who applies.
    pub person: PersonId,
    /// What for.
    pub kind: ApplicationKind,
    /// E-mail for the certificate.
    pub email: Option<EmailAddress>,
    /// Code of the region.
    pub region: String,
    /// Code of the settlement.
    pub settlement: String,
    /// Where the new keys will live.
    pub keystore: KeystoreKind,
    /// The certificate that the person signed in with.
    pub login_certificate: Option<CertificateId>,
}

impl fmt::Debug for NewApplication {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewApplication")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Where a page of a queue ended: when the last application of it entered its state, and its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePlace(pub Timestamp, pub ApplicationId);

/// An application in the queue of a registration centre: as much as a list shows.
#[derive(Clone, PartialEq, Eq)]
pub struct QueueEntry {
    /// The record.
    pub id: ApplicationId,
    /// Its number.
    pub number: ApplicationNumber,
    /// Surname and given name of the applicant.
    pub name: String,
    /// [`State::name`].
    pub state: &'static str,
    /// Since when it is in that state.
    pub since: Timestamp,
    /// The last day to appear ends just before this.
    pub appear_by: Option<Timestamp>,
    /// Code of the registration centre.
    pub centre: String,
}

impl fmt::Debug for QueueEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("QueueEntry")
            .field("id", &self.id)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Applications from draft to end.
pub trait Applications {
    /// Begins a draft.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the number is taken.
    fn insert(
        &mut self,
        application: &NewApplication,
        now: Timestamp,
    ) -> Result<Application, StorageError>;

    /// Finds an application by its record.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn find(&mut self, id: ApplicationId) -> Result<Option<Application>, StorageError>;

    /// Finds an application by its number.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn find_by_number(
        &mut self,
        number: &ApplicationNumber,
    ) -> Result<Option<Application>, StorageError>;

    /// Applications after a record, by record, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn page(
        &mut self,
        after: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<Application>, StorageError>;

    /// Adds what only a first issuance has, once.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when it is there already, or the application was changed since it was read.
    fn submit_first(
        &mut self,
        application: &mut Application,
        first: FirstIssuance,
    ) -> Result<(), StorageError>;

    /// Whose application has that number: read from an index, so that finding none is as much work as finding one.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn owner(
        &mut self,
        number: &ApplicationNumber,
    ) -> Result<Option<(ApplicationId, PersonId)>, StorageError>;

    /// All applications of a person, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn of_person(&mut self, person: PersonId, limit: u32)
    -> Result<Vec<Application>, StorageError>;

    /// The reissues of a person, newest first, at most `limit`, however many first applications lie between.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn reissues_of(
        &mut self,
        person: PersonId,
        limit: u32,
    ) -> Result<Vec<Application>, StorageError>;

    /// Applications of a person with a record below `before`, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn page_of_person(
        &mut self,
        person: PersonId,
        before: Option<ApplicationId>,
        limit: u32,
    ) -> Result<Vec<Application>, StorageError>;

    /// Applications of a registration centre (`None`: of all of them) in a state, by when they entered it, after a place, at
    /// most `limit`. Costs the same whatever the length of the queue.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn queue(
        &mut self,
        centre: Option<&str>,
        state: &str,
        newest_first: bool,
        after: Option<QueuePlace>,
        limit: u32,
    ) -> Result<Vec<QueueEntry>, StorageError>;

    /// How many applications are in a state, and since when the oldest of them is.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn count_in_state(&mut self, state: &str) -> Result<Backlog, StorageError>;

    /// One application as a queue shows it; `None` where it belongs to no registration centre.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn queue_entry(&mut self, id: ApplicationId) -> Result<Option<QueueEntry>, StorageError>;

    /// The states that an application entered, in order, the first one a draft. Reasons are not told.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn steps(&mut self, id: ApplicationId) -> Result<Vec<(State, Timestamp)>, StorageError>;

    /// Applications in a state that they entered before `before`, oldest first, at most `limit`; for drafts the time
    /// of creation counts.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn in_state(
        &mut self,
        name: &str,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Application>, StorageError>;

    /// Applications in a state, in the order in which they entered it, from behind a place on: the instant and the
    /// application that were seen last.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn in_state_after(
        &mut self,
        name: &str,
        place: Option<(Timestamp, ApplicationId)>,
        limit: u32,
    ) -> Result<Vec<Application>, StorageError>;

    /// Writes everything of the application that can change, if nobody changed it since it was read, and increases
    /// its version.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when somebody did, or when a request's public key is in another application's or
    /// certificate's hands already.
    fn update(&mut self, application: &mut Application) -> Result<(), StorageError>;
}
