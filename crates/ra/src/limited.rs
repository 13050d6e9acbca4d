//! Sessions without a key: opened by a code or by a number with a second proof, for one purpose each.

use std::time::Duration;

use tanba_crypto::sha256;
use tanba_model::audit::Actor;
use tanba_model::id::{ApplicationId, PersonId};
use tanba_model::person::Person;
use tanba_model::ports::{LimitedSession, StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::error::Unavailable;
use crate::evidence::{Evidence, person_object};
use crate::token::{SessionKey, SessionToken};

/// A limited session that nobody used for so long is over.
const IDLE: Duration = Duration::from_secs(10 * 60);
/// A limited session is over after so long, used or not.
const LIFE: Duration = Duration::from_secs(30 * 60);

/// A limited session that was just opened.
#[derive(Debug)]
pub struct LimitedOpened {
    /// The secret for the cookie; not stored anywhere.
    pub token: SessionToken,
    /// The session.
    pub session: LimitedSession,
}

impl RegistrationAuthority {
    /// The limited session of a cookie's secret and its person; `None` when it is over: after ten minutes without use,
    /// after half an hour.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn limited_session(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<(LimitedSession, Person)>, Unavailable> {
        let mut work = self.storage.snapshot()?;
        let digest = sha256(token.as_bytes());
        let Some(session) = work.limited_sessions().find(&digest)? else {
            return Ok(None);
        };
        if now >= session.expires_at || now >= session.used_at.plus(IDLE) {
            return Ok(None);
        }
        if !SessionKey::is_right(&session.csrf, &self.session_key.of_limited(&session)) {
            tracing::warn!(person = %session.person, "a limited session was not opened by this program, or before its key was made: it does not count");
            return Ok(None);
        }
        let Some(person) = work.persons().find(session.person)? else {
            return Ok(None);
        };
        drop(work);
        if now > session.used_at {
            let mut work = self.storage.begin()?;
            work.limited_sessions().touch(&digest, now)?;
            work.commit()?;
        }
        Ok(Some((session, person)))
    }

    /// Ends the limited session of a cookie's secret; ending one that is not there is fine.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn end_limited(&self, token: &str, now: Timestamp) -> Result<(), Unavailable> {
        let digest = sha256(token.as_bytes());
        let mut work = self.storage.begin()?;
        let Some(session) = work.limited_sessions().find(&digest)? else {
            return Ok(());
        };
        work.limited_sessions().delete(&digest)?;
        evidence(session.person, "session.close", "limited").record(work.as_mut(), now)?;
        work.commit()?;
        Ok(())
    }

    pub(crate) fn open_limited(
        &self,
        work: &mut dyn UnitOfWork,
        person: PersonId,
        application: Option<ApplicationId>,
        origin_digest: &str,
        now: Timestamp,
    ) -> Result<LimitedOpened, StorageError> {
        let token = SessionToken::random(&mut self.random());
        let mut session = LimitedSession {
            token_sha256: token.sha256(),
            person,
            application,
            csrf: String::new(),
            created_at: now,
            used_at: now,
            expires_at: now.plus(LIFE),
        };
        session.csrf = self.session_key.of_limited(&session);
        work.limited_sessions().insert(&session)?;
        let detail = if application.is_some() {
            "application"
        } else {
            "code"
        };
        evidence(person, "session.open-limited", detail).record_from(work, now, origin_digest)?;
        Ok(LimitedOpened { token, session })
    }
}

fn evidence(person: PersonId, action: &'static str, detail: &'static str) -> Evidence<'static> {
    Evidence {
        actor: Actor::Person(person),
        action,
        object: person_object(person),
        detail,
    }
}
