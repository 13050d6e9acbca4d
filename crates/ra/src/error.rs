//! What can go wrong in every use case.

use tanba_model::application::TransitionError;
use tanba_model::ports::{IssuanceError, RequestFault, StorageError};

use crate::codes;

/// Storage did not answer; nothing happened. Trying later helps.
#[derive(Debug, thiserror::Error)]
#[error("the registration authority cannot work now")]
pub struct Unavailable(#[from] pub StorageError);

impl Unavailable {
    /// The machine code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        storage_code(&self.0)
    }
}

/// Why a step of an application was not taken, whatever the step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// There is no such application of this person.
    #[error("there is no such application")]
    NotFound,
    /// The application is not where this step can be taken; looking at it again helps.
    #[error("the step is not possible now")]
    WrongState(#[from] TransitionError),
    /// The person's keys are frozen; only a registration centre helps.
    #[error("the person is frozen")]
    Frozen,
    /// The register says that the person died; if that is wrong, only a registration centre helps.
    #[error("the register says that the person died")]
    Died,
    /// The register names the person otherwise than her keys do; only a registration centre issues keys with the new data.
    #[error("the data of the person changed")]
    DataChanged,
    /// Storage did not do it: trying again helps.
    #[error("nothing was changed")]
    Storage(#[from] StorageError),
    /// The certification authority did not do it: trying again helps.
    #[error("nothing was changed")]
    Issuance(#[source] IssuanceError),
}

impl StepError {
    /// The machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => codes::APPLICATION_NOT_FOUND,
            Self::WrongState(error) => match error.from {
                "CANCELLED" => codes::APPLICATION_CANCELLED,
                "EXPIRED" => codes::APPLICATION_EXPIRED,
                "REJECTED" => codes::APPLICATION_REJECTED,
                _ => codes::APPLICATION_WRONG_STATE,
            },
            Self::Frozen => codes::PERSON_FROZEN,
            Self::Died => codes::PERSON_DIED,
            Self::DataChanged => codes::DATA_CHANGED,
            Self::Storage(error) => storage_code(error),
            Self::Issuance(_) => codes::TEMPORARILY_UNAVAILABLE,
        }
    }
}

impl From<IssuanceError> for StepError {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whatever comes later is the authority's affair too"
    )]
    fn from(error: IssuanceError) -> Self {
        match error {
            IssuanceError::Storage(error) => Self::Storage(error),
            IssuanceError::Frozen => Self::Frozen,
            other => Self::Issuance(other),
        }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever comes later, trying again is the advice"
)]
pub(crate) const fn storage_code(error: &StorageError) -> &'static str {
    match error {
        StorageError::Conflict => codes::CHANGED_MEANWHILE,
        _ => codes::TEMPORARILY_UNAVAILABLE,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever comes later, making new keys is the advice"
)]
/// The machine code of a fault of a request; also the reason of an application that is refused for it.
pub(crate) const fn request_code(fault: RequestFault) -> &'static str {
    match fault {
        RequestFault::Possession => codes::REQUEST_POSSESSION,
        RequestFault::Sha1 => codes::REQUEST_SHA1,
        RequestFault::WeakKey => codes::REQUEST_WEAK_KEY,
        RequestFault::ReusedKey => codes::REQUEST_REUSED_KEY,
        RequestFault::BlockedKey => codes::REQUEST_BLOCKED_KEY,
        RequestFault::Subject => codes::REQUEST_SUBJECT,
        _ => codes::REQUEST_MALFORMED,
    }
}
