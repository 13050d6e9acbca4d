//! What a person may read of her own.

use tanba_model::application::{Application, ApplicationNumber, State};
use tanba_model::certificate::CertificateRecord;
use tanba_model::ports::Session;
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::error::{StepError, Unavailable};
use crate::reissue::is_signed_here;
use crate::second_factor::SecondFactorStanding;

/// Entries of a list at most.
const LIMIT: u32 = 200;

/// An application and how it went.
#[derive(Clone, Debug)]
pub struct History {
    /// The application.
    pub application: Application,
    /// The states that it entered and when, the draft first. Reasons are not told.
    pub steps: Vec<(State, Timestamp)>,
}

impl RegistrationAuthority {
    /// All certificates of the session's person, newest first: how each came about and whether it counts.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn person_certificates(
        &self,
        session: &Session,
    ) -> Result<Vec<CertificateRecord>, Unavailable> {
        Ok(self
            .storage
            .snapshot()?
            .certificates()
            .of_person(session.person, LIMIT)?)
    }

    /// All applications of the session's person, newest first.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn applications(&self, session: &Session) -> Result<Vec<Application>, Unavailable> {
        Ok(self
            .storage
            .snapshot()?
            .applications()
            .of_person(session.person, LIMIT)?)
    }

    /// All applications of the session's person, newest first, each with the states that it entered and when.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn histories(&self, session: &Session) -> Result<Vec<History>, Unavailable> {
        let mut work = self.storage.snapshot()?;
        let mut histories = Vec::new();
        for application in work.applications().of_person(session.person, LIMIT)? {
            let steps = work.applications().steps(application.id)?;
            histories.push(History { application, steps });
        }
        Ok(histories)
    }

    /// One application of the session's person, with the states that it entered and when.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when there is none of hers with this number.
    pub fn history(
        &self,
        session: &Session,
        number: &ApplicationNumber,
    ) -> Result<History, StepError> {
        let mut work = self.storage.snapshot()?;
        let (application, _) = Self::own(work.as_mut(), session, number)?;
        let steps = work.applications().steps(application.id)?;
        Ok(History { application, steps })
    }

    /// One application of the session's person.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when there is none of hers with this number.
    pub fn application(
        &self,
        session: &Session,
        number: &ApplicationNumber,
    ) -> Result<Application, StepError> {
        let mut work = self.storage.snapshot()?;
        Ok(Self::own(work.as_mut(), session, number)?.0)
    }

    /// Whether an application of the session's person waits for a code that this session cannot give, because another
    /// session signed it, and perhaps somebody else.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when there is none of hers with this number.
    pub fn is_signed_elsewhere(
        &self,
        session: &Session,
        number: &ApplicationNumber,
        now: Timestamp,
    ) -> Result<bool, StepError> {
        let mut work = self.storage.snapshot()?;
        let (application, _) = Self::own(work.as_mut(), session, number)?;
        Ok(matches!(application.state, State::Awaiting2fa { .. })
            && !is_signed_here(work.as_mut(), session, &application, now)?)
    }

    /// How the second factor of an application of the session's person stands; `None` when nothing was asked.
    ///
    /// # Errors
    /// [`StepError::NotFound`] when there is none of hers with this number.
    pub fn second_factor_standing(
        &self,
        session: &Session,
        number: &ApplicationNumber,
    ) -> Result<Option<SecondFactorStanding>, StepError> {
        let mut work = self.storage.snapshot()?;
        let (application, person) = Self::own(work.as_mut(), session, number)?;
        let Some(factor) = &self.second_factor else {
            return Ok(None);
        };
        Ok(factor.standing(work.as_mut(), &application, &person)?)
    }
}
