//! Withdrawing an application before anything was issued.

use tanba_model::application::{Application, ApplicationNumber, State};
use tanba_model::ports::Session;
use tanba_pki::Timestamp;

use super::begin::evidence;
use crate::RegistrationAuthority;
use crate::error::StepError;

impl RegistrationAuthority {
    /// Withdraws an application of the session's person; withdrawing it again is fine.
    ///
    /// # Errors
    /// [`StepError::WrongState`] once it is decided.
    pub fn cancel(
        &self,
        session: &Session,
        number: &ApplicationNumber,
        now: Timestamp,
    ) -> Result<Application, StepError> {
        let mut work = self.storage.begin()?;
        let (mut application, _) = Self::own(work.as_mut(), session, number)?;
        if matches!(application.state, State::Cancelled { .. }) {
            return Ok(application);
        }
        application.state = application.state.cancel(now)?;
        work.applications().update(&mut application)?;
        evidence(session, "application.cancel", &application).record(work.as_mut(), now)?;
        work.commit()?;
        Ok(application)
    }
}
