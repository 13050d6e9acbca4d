//! "It was not me": the link of a notice that freezes everything.

use tanba_crypto::sha256;
use tanba_model::application::{Application, ApplicationNumber, State};
use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::id::PersonId;
use tanba_model::message::MessageBody;
use tanba_model::ports::{IssuanceError, StorageError, TokenPurpose, UnitOfWork};
use tanba_pki::{SerialNumber, Timestamp};

use crate::RegistrationAuthority;
use crate::codes;
use crate::error::{StepError, storage_code};
use crate::evidence::{Evidence, application_object, person_object};
use crate::notify::notify;
use crate::reissue::reject;

/// Certificates and applications of a person that are looked through.
const ALL: u32 = 10_000;

/// What the page of the link shows before anything happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotMe {
    /// The application that the notice was about.
    pub number: ApplicationNumber,
    /// [`State::name`] of that application now.
    pub state: &'static str,
    /// When that application was begun.
    pub created_at: Timestamp,
    /// Serial numbers of the certificates that the button freezes.
    pub serials: Vec<SerialNumber>,
}

/// What the button did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// Serial numbers of all frozen certificates of the person.
    pub serials: Vec<SerialNumber>,
}

/// Why nothing was frozen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotMeError {
    /// The link is unknown, expired or used; calling the contact centre helps.
    #[error("the link cannot be used any more")]
    LinkExpired,
    /// Not everything is frozen; the link still works, trying again helps.
    #[error("not everything was frozen")]
    Storage(#[from] StorageError),
    /// Not everything is frozen; the link still works, trying again helps.
    #[error("not everything was frozen")]
    Issuance(#[source] IssuanceError),
}

impl NotMeError {
    /// The machine code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LinkExpired => codes::LINK_EXPIRED,
            Self::Storage(error) => storage_code(error),
            Self::Issuance(_) => codes::TEMPORARILY_UNAVAILABLE,
        }
    }
}

impl From<IssuanceError> for NotMeError {
    fn from(error: IssuanceError) -> Self {
        match error {
            IssuanceError::Storage(error) => Self::Storage(error),
            other => Self::Issuance(other),
        }
    }
}

impl RegistrationAuthority {
    /// What the page of a link shows; looking changes nothing, because mail scanners follow links.
    ///
    /// # Errors
    /// [`NotMeError::LinkExpired`] when the link cannot be used.
    pub fn not_me_page(&self, token: &str, now: Timestamp) -> Result<NotMe, NotMeError> {
        let mut work = self.storage.snapshot()?;
        let (person, number) = peek(work.as_mut(), token, now)?;
        let application = work
            .applications()
            .find_by_number(&number)?
            .ok_or(NotMeError::LinkExpired)?;
        let serials = freezable(work.as_mut(), person, now)?
            .into_iter()
            .map(|record| record.serial)
            .collect();
        Ok(NotMe {
            number,
            state: application.state.name(),
            created_at: application.created_at,
            serials,
        })
    }

    /// Freezes the person of a link: nothing more is issued to her, her sessions end, her open applications are
    /// refused, her valid certificates are put on hold. Only a registration centre undoes it.
    ///
    /// The link is used up at the end, so that after a crash or an error in the middle it works again.
    ///
    /// # Errors
    /// [`NotMeError`] by what helps.
    pub fn not_me(&self, token: &str, now: Timestamp) -> Result<Frozen, NotMeError> {
        let mut work = self.storage.begin()?;
        let (person, _) = peek(work.as_mut(), token, now)?;
        let confirmed = close_down(work.as_mut(), person, now)?;
        work.commit()?;
        for application in confirmed {
            // Somebody may be issuing for it right now: wait for that, then take back what came of it.
            let _alone = self.issuing(application.id);
            self.withhold(application, now).map_err(not_me_error)?;
        }
        self.hold_all(person, now)?;
        self.conclude_freeze(token, person, now)
    }

    fn hold_all(&self, person: PersonId, now: Timestamp) -> Result<(), NotMeError> {
        let records = freezable(self.storage.snapshot()?.as_mut(), person, now)?;
        for record in records {
            let actor = Actor::LinkHolder(person);
            match self
                .issuance
                .revoke(record.id, RevocationReason::CertificateHold, actor, now)
            {
                Ok(()) | Err(IssuanceError::AlreadyRevoked) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn conclude_freeze(
        &self,
        token: &str,
        person: PersonId,
        now: Timestamp,
    ) -> Result<Frozen, NotMeError> {
        let mut work = self.storage.begin()?;
        let serials: Vec<SerialNumber> = work
            .certificates()
            .of_person(person, ALL)?
            .into_iter()
            .filter(|record| {
                matches!(
                    record.status,
                    Status::Revoked {
                        reason: RevocationReason::CertificateHold,
                        ..
                    }
                )
            })
            .map(|record| record.serial)
            .collect();
        // A second click finds the link used, and everything frozen: that is what it wanted.
        let first = work
            .secrets()
            .take_token(TokenPurpose::NotMe, &sha256(token.as_bytes()), now)?
            .is_some();
        if let (true, Some(person)) = (first, work.persons().find(person)?) {
            let body = MessageBody::Frozen {
                serials: serials.iter().map(SerialNumber::hex).collect(),
            };
            notify(work.as_mut(), &person, body, now)?;
            work.commit()?;
        }
        Ok(Frozen { serials })
    }
}

fn peek(
    work: &mut dyn UnitOfWork,
    token: &str,
    now: Timestamp,
) -> Result<(PersonId, ApplicationNumber), NotMeError> {
    let found = work
        .secrets()
        .peek_token(TokenPurpose::NotMe, &sha256(token.as_bytes()), now)?;
    let Some((Some(person), subject)) = found else {
        return Err(NotMeError::LinkExpired);
    };
    let number = ApplicationNumber::parse(&subject).map_err(|_| NotMeError::LinkExpired)?;
    Ok((person, number))
}

/// Valid certificates of a person that have not expired.
fn freezable(
    work: &mut dyn UnitOfWork,
    person: PersonId,
    now: Timestamp,
) -> Result<Vec<CertificateRecord>, StorageError> {
    let mut records = work.certificates().of_person(person, ALL)?;
    records.retain(|record| record.status.is_valid() && record.not_after >= now);
    Ok(records)
}

/// Marks the person, ends her sessions and open applications, in one unit of work. Returns the applications that are
/// confirmed: those are being issued, and end when that is known.
fn close_down(
    work: &mut dyn UnitOfWork,
    person: PersonId,
    now: Timestamp,
) -> Result<Vec<Application>, NotMeError> {
    let known = work
        .persons()
        .find(person)?
        .ok_or(NotMeError::LinkExpired)?;
    if known.frozen_at.is_none() {
        work.persons().set_frozen(person, Some(now))?;
        let evidence = Evidence {
            actor: Actor::LinkHolder(person),
            action: "person.freeze",
            object: person_object(person),
            detail: codes::NOT_ME,
        };
        evidence.record(work, now)?;
    }
    work.sessions().delete_of_person(person)?;
    let mut confirmed = Vec::new();
    for mut application in work.applications().of_person(person, ALL)? {
        match application.state {
            State::Confirmed { .. } => confirmed.push(application),
            State::Submitted { .. } | State::Awaiting2fa { .. } => {
                reject(work, &mut application, codes::NOT_ME, now).map_err(not_me_error)?;
            }
            State::Draft => {
                application.state = State::Cancelled { at: now };
                work.applications().update(&mut application)?;
                let evidence = Evidence {
                    actor: Actor::LinkHolder(person),
                    action: "application.cancel",
                    object: application_object(application.id),
                    detail: codes::NOT_ME,
                };
                evidence.record(work, now)?;
            }
            State::Rejected { .. }
            | State::Expired { .. }
            | State::Issued { .. }
            | State::Installed { .. }
            | State::Cancelled { .. } => {}
        }
    }
    Ok(confirmed)
}

fn not_me_error(error: StepError) -> NotMeError {
    match error {
        StepError::Storage(error) => NotMeError::Storage(error),
        StepError::Issuance(error) => NotMeError::Issuance(error),
        StepError::Frozen | StepError::NotFound | StepError::WrongState(_) => {
            StorageError::Conflict.into()
        }
    }
}
