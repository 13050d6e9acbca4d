//! The second factor.

use tanba_model::application::{Application, ApplicationNumber, State};
use tanba_model::audit::Actor;
use tanba_model::ports::{Session, StorageError, UnitOfWork, is_signer_lost};
use tanba_pki::Timestamp;

use super::begin::evidence;
use super::issue::IssueError;
use super::submit::is_signed_here;
use crate::RegistrationAuthority;
use crate::authority::wrong_state;
use crate::codes;
use crate::error::StepError;
use crate::evidence::{Evidence, application_object};
use crate::second_factor::{Answer, AskError, SecondFactorStanding};

/// Why an application was not confirmed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfirmError {
    /// The code is wrong; reading it again helps.
    #[error("the code is wrong")]
    Wrong {
        /// Tries left, at least one.
        tries_left: u32,
    },
    /// Not six digits; no try was taken.
    #[error("it is not a code")]
    Malformed,
    /// The code's time is over; asking for another helps.
    #[error("the code has expired")]
    Expired,
    /// The last try was wrong and the application is refused; a new application helps.
    #[error("no tries are left")]
    NoTriesLeft,
    /// Another session signed the application, and perhaps somebody else; signing the same here, or applying anew, helps.
    #[error("another session signed the application")]
    SignedElsewhere,
    /// Too many wrong codes of this person; waiting helps.
    #[error("codes are paused")]
    Paused {
        /// Until when.
        until: Timestamp,
    },
    /// It is confirmed but was not issued yet.
    #[error("the application was confirmed")]
    Issue(#[from] IssueError),
    /// What can go wrong in every step.
    #[error("the application was not confirmed")]
    Step(#[from] StepError),
}

impl ConfirmError {
    /// The machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Wrong { .. } => codes::WRONG_CODE,
            Self::Malformed => codes::CODE_MALFORMED,
            Self::Expired => codes::CODE_EXPIRED,
            Self::NoTriesLeft => codes::TOO_MANY_CODES,
            Self::SignedElsewhere => codes::SIGNED_ELSEWHERE,
            Self::Paused { .. } => codes::CODES_PAUSED,
            Self::Issue(error) => error.code(),
            Self::Step(error) => error.code(),
        }
    }
}

impl From<StorageError> for ConfirmError {
    fn from(error: StorageError) -> Self {
        Self::Step(StepError::Storage(error))
    }
}

/// Why no other code was sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResendError {
    /// The last one was sent a moment ago; waiting helps.
    #[error("the last code was sent a moment ago")]
    TooEarly {
        /// Seconds to wait.
        wait_seconds: u32,
    },
    /// All codes of this application were sent; a new application helps.
    #[error("no more codes for this application")]
    NoMore,
    /// Too many codes of this person; waiting helps.
    #[error("codes are paused")]
    Paused {
        /// Until when.
        until: Timestamp,
    },
    /// There is no confirmed channel to her; only a registration centre helps.
    #[error("the person cannot be reached")]
    Unreachable,
    /// Another session signed the application, and perhaps somebody else; signing the same here, or applying anew, helps.
    #[error("another session signed the application")]
    SignedElsewhere,
    /// What can go wrong in every step.
    #[error("no code was sent")]
    Step(#[from] StepError),
}

impl ResendError {
    /// The machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooEarly { .. } => codes::RESEND_TOO_EARLY,
            Self::NoMore => codes::NO_MORE_CODES,
            Self::Paused { .. } => codes::CODES_PAUSED,
            Self::Unreachable => codes::NO_CONFIRMED_ADDRESS,
            Self::SignedElsewhere => codes::SIGNED_ELSEWHERE,
            Self::Step(error) => error.code(),
        }
    }
}

impl From<AskError> for ResendError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Unreachable => Self::Unreachable,
            AskError::TooEarly { wait_seconds } => Self::TooEarly { wait_seconds },
            AskError::NoMore => Self::NoMore,
            AskError::Paused { until } => Self::Paused { until },
            AskError::Storage(error) => error.into(),
        }
    }
}

impl From<StorageError> for ResendError {
    fn from(error: StorageError) -> Self {
        Self::Step(StepError::Storage(error))
    }
}

impl RegistrationAuthority {
    /// Confirms an application by its second factor, and issues.
    ///
    /// The try is counted, and everything that follows from it decided, in one unit of work before anybody is
    /// answered. An application that is confirmed already needs no code again: repeating finishes what was begun.
    ///
    /// A code counts only in a session that signed the application: else whoever shares her keys could have her confirm
    /// what he signed.
    ///
    /// # Errors
    /// [`ConfirmError`] by what helps.
    pub fn confirm(
        &self,
        session: &Session,
        number: &ApplicationNumber,
        code: &str,
        now: Timestamp,
    ) -> Result<Application, ConfirmError> {
        self.ask_register(session)?;
        let mut work = self.storage.begin()?;
        let (mut application, person) = Self::own(work.as_mut(), session, number)?;
        if person.frozen_at.is_some() {
            return Err(StepError::Frozen.into());
        }
        match &application.state {
            State::Awaiting2fa { .. } => {}
            State::Confirmed { .. } | State::Issued { .. } | State::Installed { .. } => {
                drop(work);
                return Ok(self.finish(application, now)?);
            }
            State::Rejected { reason, .. } if reason == codes::TOO_MANY_CODES => {
                return Err(ConfirmError::NoTriesLeft);
            }
            State::Draft
            | State::Submitted { .. }
            | State::Rejected { .. }
            | State::Expired { .. }
            | State::Cancelled { .. } => return Err(wrong_state("confirm", &application).into()),
        }
        if !is_signed_here(work.as_mut(), session, &application, now)? {
            return Err(ConfirmError::SignedElsewhere);
        }
        let answer = match &self.second_factor {
            Some(factor) => factor.check(work.as_mut(), &application, code, now)?,
            // The policy was changed to none while this application waited; it was signed under the stricter one.
            None => return Err(wrong_state("confirm", &application).into()),
        };
        let outcome = decide(work.as_mut(), session, &mut application, answer, now)?;
        work.commit()?;
        outcome?;
        Ok(self.finish(application, now)?)
    }

    /// Sends another code for an application that waits for one: at least 60 seconds after the last, five in all. The
    /// one before stops being accepted; tries do not come back.
    ///
    /// # Errors
    /// [`ResendError`] by what helps.
    pub fn resend_code(
        &self,
        session: &Session,
        number: &ApplicationNumber,
        now: Timestamp,
    ) -> Result<Option<SecondFactorStanding>, ResendError> {
        let mut work = self.storage.begin()?;
        let (application, person) = Self::own(work.as_mut(), session, number)?;
        if person.frozen_at.is_some() {
            return Err(StepError::Frozen.into());
        }
        let (State::Awaiting2fa { .. }, Some(factor)) = (&application.state, &self.second_factor)
        else {
            return Err(wrong_state("resend", &application).into());
        };
        if !is_signed_here(work.as_mut(), session, &application, now)? {
            return Err(ResendError::SignedElsewhere);
        }
        factor.ask(
            work.as_mut(),
            &application,
            &person,
            &mut self.random(),
            now,
        )?;
        evidence(session, "application.resend", &application).record(work.as_mut(), now)?;
        let standing = factor.standing(work.as_mut(), &application, &person)?;
        work.commit()?;
        Ok(standing)
    }
}

/// Writes what an answer leads to. The inner error is the person's answer, once the unit of work is committed.
fn decide(
    work: &mut dyn UnitOfWork,
    session: &Session,
    application: &mut Application,
    answer: Answer,
    now: Timestamp,
) -> Result<Result<(), ConfirmError>, ConfirmError> {
    match answer {
        // Nothing but an application that an operator decides about is unsigned, and that has no code.
        Answer::Right if application.signed.is_none() || is_signer_lost(work, application)? => {
            reject(work, application, codes::KEY_REVOKED, now)?;
            Ok(Err(wrong_state("confirm", application).into()))
        }
        Answer::Right => {
            application.state = application.state.confirm(now).map_err(StepError::from)?;
            work.applications().update(application)?;
            evidence(session, "application.confirm", application).record(work, now)?;
            Ok(Ok(()))
        }
        Answer::Wrong { tries_left } => {
            evidence(session, "application.wrong-code", application).record(work, now)?;
            Ok(Err(ConfirmError::Wrong { tries_left }))
        }
        Answer::NoTriesLeft => {
            evidence(session, "application.wrong-code", application).record(work, now)?;
            reject(work, application, codes::TOO_MANY_CODES, now)?;
            Ok(Err(ConfirmError::NoTriesLeft))
        }
        Answer::Expired => Ok(Err(ConfirmError::Expired)),
        Answer::Malformed => Ok(Err(ConfirmError::Malformed)),
        Answer::Paused { until } => Ok(Err(ConfirmError::Paused { until })),
    }
}

/// Refuses an application for a reason of [`codes::REASONS`].
pub(crate) fn reject(
    work: &mut dyn UnitOfWork,
    application: &mut Application,
    reason: &'static str,
    now: Timestamp,
) -> Result<(), StepError> {
    application.state = application.state.reject(now, reason.to_owned())?;
    work.applications().update(application)?;
    let evidence = Evidence {
        actor: Actor::System,
        action: "application.reject",
        object: application_object(application.id),
        detail: reason,
    };
    Ok(evidence.record(work, now)?)
}
