//! Audit events of this crate.

use tanba_model::audit::facts::{self, Fact};
use tanba_model::audit::{Actor, AuditEvent, origin};
use tanba_model::id::{ApplicationId, PersonId};
use tanba_model::person::Person;
use tanba_model::ports::{StorageError, UnitOfWork};
use tanba_pki::Timestamp;

/// What an event of this crate says; the rest is the same everywhere.
pub(crate) struct Evidence<'a> {
    pub(crate) actor: Actor,
    pub(crate) action: &'static str,
    pub(crate) object: String,
    pub(crate) detail: &'a str,
}

impl Evidence<'_> {
    /// Appends the event to the log of this unit of work, with where this thread's work comes from.
    pub(crate) fn record(
        self,
        work: &mut dyn UnitOfWork,
        at: Timestamp,
    ) -> Result<(), StorageError> {
        self.record_from(work, at, &origin::here())
    }

    /// Appends the event with a digest of the network address that it came from.
    pub(crate) fn record_from(
        self,
        work: &mut dyn UnitOfWork,
        at: Timestamp,
        origin: &str,
    ) -> Result<(), StorageError> {
        let event = AuditEvent {
            at,
            actor: self.actor,
            action: self.action.to_owned(),
            object: self.object,
            detail: self.detail.to_owned(),
            origin: origin.to_owned(),
        };
        work.audit_log().append(&event).map(|_| ())
    }

    /// Appends an event that set facts of a person: with digests of what is recorded now, so after the change.
    pub(crate) fn record_facts(
        self,
        work: &mut dyn UnitOfWork,
        person: PersonId,
        set: &[Fact],
        at: Timestamp,
    ) -> Result<(), StorageError> {
        let detail = facts::detail(work, person, self.detail, set)?;
        self.with(&detail).record(work, at)
    }

    /// The same of a telephone, of a person who was recorded as `before` until now.
    pub(crate) fn record_telephone(
        self,
        work: &mut dyn UnitOfWork,
        before: &Person,
        at: Timestamp,
    ) -> Result<(), StorageError> {
        let detail = facts::telephone_detail(work, before, self.detail)?;
        self.with(&detail).record(work, at)
    }

    fn with(self, detail: &str) -> Evidence<'_> {
        Evidence {
            actor: self.actor,
            action: self.action,
            object: self.object,
            detail,
        }
    }
}

/// The name of an application in events.
pub(crate) fn application_object(id: ApplicationId) -> String {
    format!("application:{id}")
}

/// The name of a person in events.
pub(crate) fn person_object(id: PersonId) -> String {
    format!("person:{id}")
}
