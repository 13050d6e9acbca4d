//! Decisions at the command line, when no operator can work: without a signature, with a reason in the evidence.

use tanba_model::application::ApplicationNumber;
use tanba_model::audit::Actor;
use tanba_model::decision::Act;
use tanba_pki::Timestamp;

use super::application::{reason_of, waits};
use super::{DeskError, Outcome, note, remark};
use crate::RegistrationAuthority;
use crate::error::StepError;
use crate::evidence::{Evidence, application_object};

impl RegistrationAuthority {
    /// Approves an application that waits for an operator; `reason` says in words why it is done here.
    ///
    /// # Errors
    /// [`DeskError`] by what helps; as at the desk, not while the register does not agree.
    pub fn approve_without_desk(
        &self,
        number: &ApplicationNumber,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Outcome, DeskError> {
        let reason = note(reason)?;
        if reason.is_empty() {
            return Err(DeskError::Reason);
        }
        let (application, person) = {
            let mut work = self.storage.snapshot()?;
            let found = work.applications().find_by_number(number)?;
            let application = found.ok_or(StepError::NotFound)?;
            let person = work.persons().find(application.person)?;
            (application, person.ok_or(StepError::NotFound)?)
        };
        waits(&application, now)?;
        self.agreed(&application, &person)?;
        let mut work = self.storage.begin()?;
        let found = work.applications().find_by_number(number)?;
        let mut application = found.ok_or(StepError::NotFound)?;
        waits(&application, now)?;
        let person = work.persons().find(application.person)?;
        if person.ok_or(StepError::NotFound)?.frozen_at.is_some() {
            return Err(StepError::Frozen.into());
        }
        application.state = application.state.confirm(now).map_err(StepError::from)?;
        work.applications().update(&mut application)?;
        let evidence = Evidence {
            actor: actor.clone(),
            action: "application.approve",
            object: application_object(application.id),
            detail: &reason,
        };
        evidence.record(work.as_mut(), now)?;
        work.commit()?;
        self.issue_approved(application, number.clone(), now)
    }

    /// Refuses an application that is not decided yet, for one of the reasons of the desk; the applicant is told.
    ///
    /// # Errors
    /// [`DeskError`] by what helps.
    pub fn reject_without_desk(
        &self,
        number: &ApplicationNumber,
        reason: &str,
        words: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Outcome, DeskError> {
        let words = remark(words)?;
        let reason = reason_of(Act::Application, reason, &words)?;
        let mut work = self.storage.begin()?;
        let found = work.applications().find_by_number(number)?;
        let mut application = found.ok_or(StepError::NotFound)?;
        let person = work.persons().find(application.person)?;
        let person = person.ok_or(StepError::NotFound)?;
        let told = crate::codes::told(reason.name(), &words);
        application.state = application
            .state
            .reject(now, told)
            .map_err(StepError::from)?;
        work.applications().update(&mut application)?;
        let evidence = Evidence {
            actor: actor.clone(),
            action: "application.reject",
            object: application_object(application.id),
            detail: reason.name(),
        };
        evidence.record(work.as_mut(), now)?;
        self.tell_rejected(work.as_mut(), &person, number, &application, now)?;
        work.commit()?;
        Ok(Outcome::Rejected(number.clone()))
    }
}
