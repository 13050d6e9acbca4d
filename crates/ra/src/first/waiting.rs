//! Applications that are kept while the register of people does not answer.

use std::time::Duration;

use tanba_model::intake::{Intake, IntakeStage, Standing};
use tanba_model::message::MessageBody;
use tanba_model::ports::{StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use super::accept::{address_of, tell};
use super::keys::{Judged, claim_of, judge};
use super::step::{FirstError, LIFE, evidence};
use crate::RegistrationAuthority;
use crate::error::Unavailable;

/// Wait after the first failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(60);
/// Wait at most so long.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
/// Applications of one round: few, because each may wait for the register's time-out.
const BATCH: u32 = 20;

/// What became of kept applications in a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retried {
    /// They wait for an operator now.
    pub accepted: u64,
    /// The register did not confirm the person.
    pub refused: u64,
    /// Still no answer.
    pub waiting: u64,
}

impl RegistrationAuthority {
    /// Keeps a signed application until the register answers, and tells the applicant so.
    pub(super) fn keep(
        &self,
        work: &mut dyn UnitOfWork,
        intake: &mut Intake,
        now: Timestamp,
    ) -> Result<(), FirstError> {
        let number = intake.number.as_ref().ok_or(FirstError::KeysMissing)?;
        let number = number.as_str().to_owned();
        let to = address_of(intake)?;
        let link_path = self.link_path(work, &number, now.plus(LIFE))?;
        let body = MessageBody::FirstKept { number, link_path };
        tell(work, intake, to, body, now)?;
        intake.stage = IntakeStage::Waiting;
        intake.due_at = now.plus(wait(0));
        work.intakes().update(intake)?;
        evidence(intake, "first.keep", "").record(work, now)?;
        Ok(())
    }

    /// Asks the register again about the applications that are kept; `cli` calls it in its worker loop. The first one
    /// without an answer ends the round: the next would wait for the same.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn retry_register(&self, now: Timestamp) -> Result<Retried, Unavailable> {
        let waiting = self.storage.snapshot()?.intakes().waiting(now, BATCH)?;
        let mut retried = Retried::default();
        for intake in waiting {
            let Ok(claim) = claim_of(&intake) else {
                continue;
            };
            let Ok(iin) = claim.parsed_iin() else {
                continue;
            };
            let judged = judge(&self.register().look_up(&iin), &claim);
            let silent = matches!(judged, Judged::Silent);
            match self.conclude_waiting(intake, &judged, now) {
                Ok(true) => {}
                Ok(false) => {
                    retried.waiting = retried.waiting.saturating_add(1);
                    continue;
                }
                // The applicant withdrew it, or another process was faster.
                Err(FirstError::Step(crate::StepError::Storage(StorageError::Conflict))) => {
                    continue;
                }
                Err(FirstError::Step(crate::StepError::Storage(error))) => return Err(error.into()),
                Err(error) => {
                    let cause: &dyn std::error::Error = &error;
                    tracing::error!(error = cause, "a kept application cannot go on");
                    continue;
                }
            }
            let counter = match judged {
                Judged::Same => &mut retried.accepted,
                Judged::Other | Judged::Ambiguous => &mut retried.refused,
                Judged::Silent => &mut retried.waiting,
            };
            *counter = counter.saturating_add(1);
            if silent {
                break;
            }
        }
        Ok(retried)
    }

    /// Whether it went on as the register says.
    fn conclude_waiting(
        &self,
        mut intake: Intake,
        judged: &Judged,
        now: Timestamp,
    ) -> Result<bool, FirstError> {
        let mut work = self.storage.begin()?;
        match judged {
            Judged::Same => {
                intake.content.standing = Standing::Confirmed;
                match self.accept(work.as_mut(), &mut intake, now) {
                    // The key went to somebody else meanwhile: new keys are needed.
                    Err(FirstError::Request(_)) => {
                        drop(work);
                        work = self.storage.begin()?;
                        refuse(work.as_mut(), &mut intake, now)?;
                    }
                    // It waits: what was signed is still there, and goes on when the record is put right.
                    Err(FirstError::RecordDiffers) => {
                        tracing::error!(intake = %intake.id, "what is kept of an application is not what was signed: it was changed in the database");
                        drop(work);
                        work = self.storage.begin()?;
                        intake.content.standing = Standing::Unavailable;
                        later(work.as_mut(), &mut intake, now)?;
                        work.commit()?;
                        return Ok(false);
                    }
                    other => other?,
                }
            }
            Judged::Other | Judged::Ambiguous => refuse(work.as_mut(), &mut intake, now)?,
            Judged::Silent => {
                later(work.as_mut(), &mut intake, now)?;
            }
        }
        work.commit()?;
        Ok(true)
    }
}

/// Keeps it for longer than the last time.
fn later(
    work: &mut dyn UnitOfWork,
    intake: &mut Intake,
    now: Timestamp,
) -> Result<(), StorageError> {
    intake.content.asked = intake.content.asked.saturating_add(1);
    intake.due_at = now.plus(wait(intake.content.asked));
    work.intakes().update(intake)
}

/// Ends a kept application that the register did not confirm.
fn refuse(
    work: &mut dyn UnitOfWork,
    intake: &mut Intake,
    now: Timestamp,
) -> Result<(), FirstError> {
    let number = intake.number.as_ref().ok_or(FirstError::KeysMissing)?;
    let body = MessageBody::FirstNotConfirmed {
        number: number.as_str().to_owned(),
    };
    let to = address_of(intake)?;
    intake.stage = IntakeStage::Refused;
    intake.due_at = now.plus(LIFE);
    intake.content.standing = Standing::Unconfirmed;
    intake.content.keys.clear();
    intake.content.document = None;
    intake.content.signature = None;
    work.intakes().update(intake)?;
    evidence(intake, "first.refuse", "not confirmed").record(work, now)?;
    Ok(tell(work, intake, to, body, now)?)
}

/// How long to wait after so many questions without an answer.
fn wait(asked: u32) -> Duration {
    let factor = 2u32.checked_pow(asked).unwrap_or(u32::MAX);
    FIRST_WAIT.saturating_mul(factor).min(LONGEST_WAIT)
}
