//! What belongs together is issued together or not at all: whether the intents of an application may still become
//! certificates.

use tanba_model::application::State;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::ports::{IssuanceError, RequestFault, StorageError, UnitOfWork, is_signer_lost};

use crate::prepare::fault;

/// Why nobody may have a certificate whose intent is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Somebody said "it was not me".
    Frozen,
    /// A key is on the block list.
    Blocked,
    /// The application ended without it.
    Ended,
    /// The key that signed the application counts no more.
    Disowned,
    /// Another intent of the same application was given up.
    Partner,
}

impl Lost {
    /// What the log says.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Frozen => "person is frozen",
            Self::Blocked => "a key of its application is blocked",
            Self::Ended => "the application ended without it",
            Self::Disowned => "the key that signed its application counts no more",
            Self::Partner => "what belongs to it was given up",
        }
    }

    /// What whoever asked for it is told.
    pub(crate) const fn error(self) -> IssuanceError {
        match self {
            Self::Frozen => IssuanceError::Frozen,
            Self::Blocked => fault(RequestFault::BlockedKey),
            Self::Ended | Self::Disowned => IssuanceError::Ended,
            // As when it is asked for anew: its key was used.
            Self::Partner => fault(RequestFault::ReusedKey),
        }
    }
}

/// Everything that was recorded for the application of this record as it is now, or the record alone.
pub(crate) fn partners(
    unit: &mut dyn UnitOfWork,
    record: &CertificateRecord,
) -> Result<Vec<CertificateRecord>, StorageError> {
    if let Some(application) = record.application {
        return unit.certificates().of_application(application);
    }
    Ok(unit.certificates().find(record.id)?.into_iter().collect())
}

/// Whether one of these, which belong together, is lost: then all are.
pub(crate) fn lost(
    unit: &mut dyn UnitOfWork,
    records: &[CertificateRecord],
) -> Result<Option<Lost>, StorageError> {
    for record in records {
        if record.status == Status::Void {
            return Ok(Some(Lost::Partner));
        }
        if let Some(lost) = alone(unit, record)? {
            return Ok(Some(lost));
        }
    }
    Ok(None)
}

fn alone(
    unit: &mut dyn UnitOfWork,
    record: &CertificateRecord,
) -> Result<Option<Lost>, StorageError> {
    if let Some(person) = record.person
        && unit.persons().is_frozen(person)?
    {
        return Ok(Some(Lost::Frozen));
    }
    if unit.keys().is_blocked(&record.public_key_sha256)? {
        return Ok(Some(Lost::Blocked));
    }
    let Some(id) = record.application else {
        return Ok(None);
    };
    let Some(application) = unit.applications().find(id)? else {
        return Ok(None);
    };
    if is_over(&application.state) {
        return Ok(Some(Lost::Ended));
    }
    Ok(is_signer_lost(unit, &application)?.then_some(Lost::Disowned))
}

const fn is_over(state: &State) -> bool {
    match state {
        State::Rejected { .. } | State::Expired { .. } | State::Cancelled { .. } => true,
        State::Draft
        | State::Submitted { .. }
        | State::Awaiting2fa { .. }
        | State::Confirmed { .. }
        | State::Issued { .. }
        | State::Installed { .. } => false,
    }
}
