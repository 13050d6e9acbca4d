//! Which HTTP status goes with which error of the registration authority.

use axum::http::StatusCode;
use tanba_ra::{
    AddressError, AttestedError, BeginError, ClaimError, ConfirmError, DeskError, DeskLoginError,
    EmailChangeError, EntryError, FirstError, InstallError, LoginError, NotMeError,
    PhoneChangeError, PrepareError, ProofError, ResendError, RevokeError, SealError, StepError,
    SubmitError, Unavailable, codes,
};

use super::Problem;

/// The status of a machine code; what can be corrected by asking again is 422.
fn status(code: &str) -> StatusCode {
    match code {
        codes::APPLICATION_NOT_FOUND
        | codes::DESK_APPLICATION_NOT_FOUND
        | codes::CERTIFICATE_NOT_FOUND
        | codes::KEY_UNKNOWN
        | codes::NOTHING_WAITS
        | codes::PERSON_UNKNOWN => StatusCode::NOT_FOUND,
        codes::ALREADY_SIGNED
        | codes::APPLICATION_CANCELLED
        | codes::APPLICATION_EXPIRED
        | codes::APPLICATION_REJECTED
        | codes::APPLICATION_WRONG_STATE
        | codes::ACT_WAITS
        | codes::CHANGED_MEANWHILE
        | codes::DESK_APPLICATION_CANCELLED
        | codes::DESK_APPLICATION_DECIDED
        | codes::DESK_APPLICATION_EXPIRED
        | codes::DESK_CHANGED_MEANWHILE
        | codes::KEY_BLOCKED_ALREADY
        | codes::NOTHING_TO_DO
        | codes::RECORD_DIFFERS
        | codes::SIGNED_ELSEWHERE => StatusCode::CONFLICT,
        codes::ADDRESS_RECENT | codes::PROOF_NOT_YET => StatusCode::CONFLICT,
        codes::ACT_OUTDATED | codes::PROPOSER_LOST => StatusCode::CONFLICT,
        codes::PROOF_MISSING => StatusCode::INTERNAL_SERVER_ERROR,
        codes::LINK_EXPIRED | codes::INTAKE_ENDED => StatusCode::GONE,
        codes::DESK_FORBIDDEN
        | codes::NOT_STAFF
        | codes::OTHER_CENTRE
        | codes::OWN_ACT
        | codes::OWN_AFFAIR
        | codes::DESK_PERSON_FROZEN
        | codes::PERSON_FROZEN
        | codes::PERSON_DIED
        | codes::DATA_CHANGED
        | codes::SECOND_NEEDED => StatusCode::FORBIDDEN,
        codes::CODES_PAUSED
        | codes::TEXTS_PAUSED
        | codes::RESEND_TOO_EARLY
        | codes::TOO_MANY_APPLICATIONS
        | codes::TOO_MANY_FIRST
        | codes::TOO_MANY_TRIES => StatusCode::TOO_MANY_REQUESTS,
        codes::AUTHORITY_UNFIT
        | codes::ISSUANCE_DELAYED
        | codes::ISSUANCE_STOPPED
        | codes::REGISTER_UNAVAILABLE
        | codes::TEMPORARILY_UNAVAILABLE => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn coded(code: &'static str) -> Problem {
    let problem = Problem::new(status(code), code);
    if problem.status() == StatusCode::SERVICE_UNAVAILABLE {
        problem.after(30)
    } else {
        problem
    }
}

macro_rules! by_code {
    ($($error:ty),+) => {
        $(impl From<$error> for Problem {
            fn from(error: $error) -> Self {
                coded(error.code()).because(&error)
            }
        })+
    };
}

by_code!(
    AttestedError,
    BeginError,
    ClaimError,
    FirstError,
    DeskError,
    DeskLoginError,
    InstallError,
    LoginError,
    NotMeError,
    PrepareError,
    RevokeError,
    SealError,
    StepError,
    SubmitError,
    Unavailable
);

impl From<EmailChangeError> for Problem {
    fn from(error: EmailChangeError) -> Self {
        let problem = coded(error.code()).because(&error);
        if let EmailChangeError::Wrong { tries_left } = error {
            problem.with_tries(tries_left)
        } else {
            problem
        }
    }
}

impl From<PhoneChangeError> for Problem {
    fn from(error: PhoneChangeError) -> Self {
        let problem = coded(error.code()).because(&error);
        if let PhoneChangeError::Wrong { tries_left } = error {
            problem.with_tries(tries_left)
        } else {
            problem
        }
    }
}

impl From<EntryError> for Problem {
    fn from(error: EntryError) -> Self {
        let problem = coded(error.code()).because(&error);
        if let EntryError::Wrong { tries_left } = error {
            problem.with_tries(tries_left)
        } else {
            problem
        }
    }
}

impl From<ConfirmError> for Problem {
    fn from(error: ConfirmError) -> Self {
        let problem = coded(error.code()).because(&error);
        if let ConfirmError::Wrong { tries_left } = error {
            problem.with_tries(tries_left)
        } else {
            problem
        }
    }
}

impl From<AddressError> for Problem {
    fn from(error: AddressError) -> Self {
        let problem = coded(error.code()).because(&error);
        if let AddressError::Wrong { tries_left } = error {
            problem.with_tries(tries_left)
        } else {
            problem
        }
    }
}

impl From<ProofError> for Problem {
    fn from(error: ProofError) -> Self {
        let problem = coded(error.code()).because(&error);
        if let ProofError::Due { wait_seconds } = error {
            problem.after(wait_seconds)
        } else {
            problem
        }
    }
}

impl From<ResendError> for Problem {
    fn from(error: ResendError) -> Self {
        let problem = coded(error.code()).because(&error);
        if let ResendError::TooEarly { wait_seconds } = error {
            problem.after(wait_seconds)
        } else {
            problem
        }
    }
}
