//! Withdrawing a first application, and beginning anew with what was typed.

use tanba_model::application::State;
use tanba_model::intake::{Intake, IntakeStage};
use tanba_model::message::MessageBody;
use tanba_model::ports::{StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use super::accept::{address_of, tell};
use super::step::{FirstError, FirstView, LIFE, evidence, linked};
use super::work::Solution;
use crate::RegistrationAuthority;
use crate::authority::wrong_state;
use crate::error::StepError;
use crate::evidence::{Evidence, application_object};
use crate::token::FirstSecret;

impl RegistrationAuthority {
    /// Withdraws a submitted application in the browser that applied; withdrawing it again is fine.
    ///
    /// # Errors
    /// [`StepError::WrongState`] once it is decided.
    pub fn cancel_first(&self, secret: &FirstSecret, now: Timestamp) -> Result<(), FirstError> {
        let mut work = self.storage.begin()?;
        let intake = work
            .intakes()
            .find(&secret.sha256())?
            .ok_or(FirstError::Ended)?;
        withdraw(work.as_mut(), intake, now)?;
        Ok(work.commit()?)
    }

    /// Withdraws the application of a mail's link; withdrawing it again is fine.
    ///
    /// # Errors
    /// [`FirstError::Ended`] when the link cannot be used; [`StepError::WrongState`] once it is decided.
    pub fn cancel_by_link(
        &self,
        secret: &FirstSecret,
        now: Timestamp,
    ) -> Result<FirstView, FirstError> {
        let mut work = self.storage.begin()?;
        let intake = linked(work.as_mut(), secret, now)?;
        withdraw(work.as_mut(), intake, now)?;
        work.commit()?;
        self.first_by_link(secret, now)
    }

    /// Opens an ended intake again under another number: what was typed is there, what has to be made anew is not. It costs
    /// as much work as the first time did.
    ///
    /// # Errors
    /// [`FirstError::Work`] when the work does not count; [`FirstError::Ended`] when it is not kept any more; [`StepError::WrongState`] while its application goes on.
    pub fn begin_first_again(
        &self,
        secret: &FirstSecret,
        solution: &Solution,
        now: Timestamp,
    ) -> Result<(), FirstError> {
        let mut work = self.storage.begin()?;
        let mut intake = work
            .intakes()
            .find(&secret.sha256())?
            .ok_or(FirstError::Ended)?;
        match intake.stage {
            IntakeStage::Open => return Ok(()),
            IntakeStage::Waiting => return Err(StorageError::Conflict.into()),
            IntakeStage::Submitted => {
                let number = intake.number.clone().ok_or(FirstError::Ended)?;
                let found = work.applications().find_by_number(&number)?;
                if let Some(application) = found
                    && matches!(
                        application.state,
                        State::Draft | State::Submitted { .. } | State::Confirmed { .. }
                    )
                {
                    return Err(wrong_state("begin again", &application).into());
                }
            }
            IntakeStage::Refused | IntakeStage::Cancelled => {}
        }
        if !self.redeem(work.as_mut(), solution, now)? {
            return Err(FirstError::Work);
        }
        intake.stage = IntakeStage::Open;
        intake.number = match intake.content.centre {
            Some(_) => Some(self.free_number(work.as_mut())?),
            None => None,
        };
        intake.due_at = now.plus(LIFE);
        intake.content.keys.clear();
        intake.content.document = None;
        intake.content.signature = None;
        intake.content.asked = 0;
        work.intakes().update(&mut intake)?;
        evidence(&intake, "first.begin-again", "").record(work.as_mut(), now)?;
        Ok(work.commit()?)
    }
}

fn withdraw(
    work: &mut dyn UnitOfWork,
    mut intake: Intake,
    now: Timestamp,
) -> Result<(), FirstError> {
    let number = intake.number.clone().ok_or(FirstError::Ended)?;
    match intake.stage {
        IntakeStage::Cancelled => return Ok(()),
        IntakeStage::Open | IntakeStage::Refused => return Err(FirstError::Ended),
        IntakeStage::Waiting => {
            intake.stage = IntakeStage::Cancelled;
            intake.due_at = now.plus(LIFE);
            intake.content.keys.clear();
            intake.content.document = None;
            intake.content.signature = None;
            work.intakes().update(&mut intake)?;
            evidence(&intake, "first.cancel", "").record(work, now)?;
        }
        IntakeStage::Submitted => {
            let mut application = work
                .applications()
                .find_by_number(&number)?
                .ok_or(StepError::NotFound)?;
            if matches!(application.state, State::Cancelled { .. }) {
                return Ok(());
            }
            application.state = application.state.cancel(now).map_err(StepError::from)?;
            work.applications().update(&mut application)?;
            let cancelled = Evidence {
                object: application_object(application.id),
                ..evidence(&intake, "application.cancel", "")
            };
            cancelled.record(work, now)?;
        }
    }
    let body = MessageBody::FirstCancelled {
        number: number.as_str().to_owned(),
    };
    let to = address_of(&intake)?;
    Ok(tell(work, &intake, to, body, now)?)
}
