//! Sessions: what stays open after signing in.

use std::time::Duration;

use tanba_crypto::sha256;
use tanba_model::audit::Actor;
use tanba_model::certificate::{RevocationReason, Status};
use tanba_model::language::Language;
use tanba_model::person::Person;
use tanba_model::ports::{Persons, Session, StorageError};
use tanba_pki::{SerialNumber, Timestamp};

use crate::RegistrationAuthority;
use crate::error::Unavailable;
use crate::evidence::{Evidence, person_object};
use crate::token::{SessionKey, hex};

/// A session that nobody used for so long is over.
const IDLE: Duration = Duration::from_secs(30 * 60);
/// A session is over after so long, used or not.
pub(crate) const LIFE: Duration = Duration::from_secs(8 * 60 * 60);
/// Use is remembered this often, not at each request.
const TOUCH: Duration = Duration::from_secs(60);

/// An open session, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// What names it; of no use without a session of the same person.
    pub name: String,
    /// The certificate that opened it.
    pub serial: Option<SerialNumber>,
    /// [`Session::device`].
    pub device: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub used_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// A digest of the digest that is stored: whoever reads a page learns nothing about cookies or records.
fn name(session: &Session) -> String {
    hex(&sha256(&session.token_sha256))
}

impl RegistrationAuthority {
    /// The session of a cookie's secret and its person; `None` when it is over.
    ///
    /// It is over after 30 minutes without use, after 8 hours, when the person is frozen, and when the certificate that
    /// opened it is revoked for anything but its replacement by a newer one.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn session(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<(Session, Person)>, Unavailable> {
        let mut work = self.storage.snapshot()?;
        let Some(mut session) = work.sessions().find(&sha256(token.as_bytes()))? else {
            return Ok(None);
        };
        if now >= session.expires_at || now >= session.used_at.plus(IDLE) {
            return Ok(None);
        }
        if !SessionKey::is_right(&session.csrf, &self.session_key.of_session(&session)) {
            tracing::warn!(person = %session.person, "a session was not opened by this program, or before its key was made: it does not count");
            return Ok(None);
        }
        let Some(person) = work
            .persons()
            .find(session.person)?
            .filter(|person| person.frozen_at.is_none())
        else {
            return Ok(None);
        };
        let counts = work
            .certificates()
            .find(session.certificate)?
            .is_some_and(|record| match record.status {
                Status::Valid
                | Status::Revoked {
                    reason: RevocationReason::Superseded,
                    ..
                } => true,
                Status::Intended | Status::Void | Status::Revoked { .. } => false,
            });
        drop(work);
        if !counts {
            return Ok(None);
        }
        if now >= session.used_at.plus(TOUCH) {
            match self.touch(&session, now) {
                Ok(()) => session.used_at = now,
                // Reading goes on while nothing can be written; the session only ends earlier than it would.
                Err(error) => {
                    let cause: &dyn std::error::Error = &error;
                    tracing::warn!(error = cause, "the use of a session is not remembered");
                }
            }
        }
        Ok(Some((session, person)))
    }

    fn touch(&self, session: &Session, now: Timestamp) -> Result<(), StorageError> {
        let mut work = self.storage.begin()?;
        work.sessions().touch(&session.token_sha256, now)?;
        work.commit()
    }

    /// Ends the session of a cookie's secret; ending one that is not there is fine.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn logout(&self, token: &str, now: Timestamp) -> Result<(), Unavailable> {
        let digest = sha256(token.as_bytes());
        let mut work = self.storage.begin()?;
        let Some(session) = work.sessions().find(&digest)? else {
            return Ok(());
        };
        work.sessions().delete(&digest)?;
        own_act(&session, "session.close", "").record(work.as_mut(), now)?;
        work.commit()?;
        Ok(())
    }

    /// The open sessions of the session's person, newest first.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn sessions(
        &self,
        session: &Session,
        now: Timestamp,
    ) -> Result<Vec<OpenSession>, Unavailable> {
        let mut work = self.storage.snapshot()?;
        let mut found = work.sessions().of_person(session.person)?;
        found.retain(|other| now < other.expires_at && now < other.used_at.plus(IDLE));
        let mut open = Vec::new();
        for other in &found {
            let record = work.certificates().find(other.certificate)?;
            open.push(OpenSession {
                name: name(other),
                serial: record.map(|record| record.serial),
                device: other.device.clone(),
                created_at: other.created_at,
                used_at: other.used_at,
                is_this: other.token_sha256 == session.token_sha256,
            });
        }
        Ok(open)
    }

    /// Ends a session of the session's person, by [`OpenSession::name`]; ending one that is not there is fine.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn end_session(
        &self,
        session: &Session,
        other: &str,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        let mut work = self.storage.begin()?;
        let found = work.sessions().of_person(session.person)?;
        let Some(found) = found.iter().find(|candidate| name(candidate) == other) else {
            return Ok(());
        };
        work.sessions().delete(&found.token_sha256)?;
        own_act(session, "session.close", "").record(work.as_mut(), now)?;
        work.commit()?;
        Ok(())
    }

    /// Ends every session of the session's person, this one too, and not those that a code to her address opened: whoever has
    /// her key for signing in must not end what she revokes it in. They may do nothing else, and are over by themselves soon.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn end_all_sessions(&self, session: &Session, now: Timestamp) -> Result<(), Unavailable> {
        let mut work = self.storage.begin()?;
        work.sessions().delete_of_person(session.person)?;
        for limited in work.limited_sessions().of_person(session.person)? {
            if limited.application.is_some() {
                work.limited_sessions().delete(&limited.token_sha256)?;
            }
        }
        own_act(session, "session.close-all", "").record(work.as_mut(), now)?;
        work.commit()?;
        Ok(())
    }

    /// Remembers whether the session's person wants to be reminded before her certificates end.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn set_reminders(
        &self,
        session: &Session,
        wanted: bool,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        let evidence = own_act(
            session,
            "person.reminders",
            if wanted { "on" } else { "off" },
        );
        self.set(session, evidence, now, &|person, persons| {
            if person.reminders == wanted {
                return Ok(false);
            }
            persons.set_reminders(person.id, wanted).map(|()| true)
        })
    }

    /// Remembers the language in which the session's person gets mails.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn set_language(
        &self,
        session: &Session,
        language: Language,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        let evidence = own_act(session, "person.language", language.tag());
        self.set(session, evidence, now, &|person, persons| {
            if person.language == language {
                return Ok(false);
            }
            persons.set_language(person.id, language).map(|()| true)
        })
    }

    /// Changes a setting of the session's person with its evidence; `change` says whether there was anything to change.
    fn set(
        &self,
        session: &Session,
        evidence: Evidence<'_>,
        now: Timestamp,
        change: &dyn Fn(&Person, &mut dyn Persons) -> Result<bool, StorageError>,
    ) -> Result<(), Unavailable> {
        let mut work = self.storage.begin()?;
        let Some(person) = work.persons().find(session.person)? else {
            return Ok(());
        };
        if change(&person, work.persons())? {
            evidence.record(work.as_mut(), now)?;
            work.commit()?;
        }
        Ok(())
    }
}

/// Evidence of what the session's person did for herself.
fn own_act<'a>(session: &Session, action: &'static str, detail: &'a str) -> Evidence<'a> {
    Evidence {
        actor: Actor::Person(session.person),
        action,
        object: person_object(session.person),
        detail,
    }
}
