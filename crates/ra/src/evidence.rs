//! Audit events of this crate.

use tanba_model::audit::{Actor, AuditEvent, channels, identity, origin};
use tanba_model::id::{ApplicationId, PersonId};
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

    /// Appends an event that changed who a person is, with a digest of what is recorded now.
    pub(crate) fn record_identity(
        self,
        work: &mut dyn UnitOfWork,
        person: PersonId,
        at: Timestamp,
    ) -> Result<(), StorageError> {
        let detail = identity::detail(work, person, self.detail)?;
        Evidence {
            detail: &detail,
            ..self
        }
        .record(work, at)
    }

    /// Appends an event that changed where codes and notices of a person go: with a digest of what is recorded now, so
    /// after the change.
    pub(crate) fn record_channels(
        self,
        work: &mut dyn UnitOfWork,
        person: PersonId,
        at: Timestamp,
    ) -> Result<(), StorageError> {
        let detail = channels::detail(work, person, self.detail)?;
        Evidence {
            detail: &detail,
            ..self
        }
        .record(work, at)
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
