//! Who acts for an application: its owner in a session of hers, or whoever proved its number.

use tanba_model::application::{Application, ApplicationNumber};
use tanba_model::person::Person;
use tanba_model::ports::{LimitedSession, Session, StorageError, UnitOfWork};

use crate::RegistrationAuthority;
use crate::error::StepError;

/// What somebody brings to act for an application; at least one of them has to fit it.
#[derive(Clone, Debug, Default)]
pub struct Holder {
    /// A session of its owner.
    pub session: Option<Session>,
    /// A session that was opened by its number and a second proof.
    pub limited: Option<LimitedSession>,
}

impl From<&Session> for Holder {
    fn from(session: &Session) -> Self {
        Self {
            session: Some(session.clone()),
            limited: None,
        }
    }
}

impl From<&LimitedSession> for Holder {
    fn from(session: &LimitedSession) -> Self {
        Self {
            session: None,
            limited: Some(session.clone()),
        }
    }
}

impl Holder {
    fn fits(&self, application: &Application) -> bool {
        let owns = self
            .session
            .as_ref()
            .is_some_and(|session| session.person == application.person);
        let proved = self
            .limited
            .as_ref()
            .is_some_and(|limited| limited.application == Some(application.id));
        owns || proved
    }

    /// Signs out whoever else holds old keys of the person.
    pub(crate) fn end_other_sessions(
        &self,
        work: &mut dyn UnitOfWork,
        person: &Person,
    ) -> Result<(), StorageError> {
        let own = match &self.session {
            Some(session) if session.person == person.id => {
                work.sessions().find(&session.token_sha256)?
            }
            _ => None,
        };
        work.sessions().delete_of_person(person.id)?;
        if let Some(own) = own {
            work.sessions().insert(&own)?;
        }
        Ok(())
    }
}

impl RegistrationAuthority {
    /// The application of that number, if the holder may act for it; a stranger's is not there.
    pub(crate) fn held(
        work: &mut dyn UnitOfWork,
        holder: &Holder,
        number: &ApplicationNumber,
    ) -> Result<(Application, Person), StepError> {
        let found = work.applications().find_by_number(number)?;
        let application = found
            .filter(|application| holder.fits(application))
            .ok_or(StepError::NotFound)?;
        let person = work.persons().find(application.person)?;
        Ok((application, person.ok_or(StepError::NotFound)?))
    }
}
