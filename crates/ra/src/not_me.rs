//! "It was not me": the link of a notice that freezes everything.

use tanba_crypto::sha256;
use tanba_model::application::{ApplicationNumber, State};
use tanba_model::audit::Actor;
use tanba_model::audit::facts::Fact;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::id::{ApplicationId, PersonId};
use tanba_model::message::MessageBody;
use tanba_model::person::Person;
use tanba_model::ports::{StorageError, TokenPurpose, UnitOfWork, certificate_object};
use tanba_pki::{SerialNumber, Timestamp};

use crate::RegistrationAuthority;
use crate::codes;
use crate::error::{StepError, storage_code};
use crate::evidence::{Evidence, application_object, person_object};
use crate::notify::notify;
use crate::phone::{Disowned, disowned, put_phone_right};
use crate::reissue::reject;
use crate::taken_back::TakenBack;

/// Certificates and applications of a person that are looked through.
const ALL: u32 = 10_000;

/// What the page of the link shows before anything happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotMe {
    /// The application that the notice was about; `None` where certificates were issued by an administrator.
    pub application: Option<NotMeApplication>,
    /// Serial numbers of the certificates that the button freezes.
    pub serials: Vec<SerialNumber>,
    /// What else it does.
    pub taken_back: TakenBack,
}

/// The application that a notice was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotMeApplication {
    /// Its number.
    pub number: ApplicationNumber,
    /// [`State::name`] now.
    pub state: &'static str,
    /// When it was begun.
    pub created_at: Timestamp,
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
    /// Storage did not do it; trying again helps.
    #[error("nothing was frozen")]
    Storage(#[from] StorageError),
}

impl NotMeError {
    /// The machine code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LinkExpired => codes::LINK_EXPIRED,
            Self::Storage(error) => storage_code(error),
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
        let (id, about) = peek(work.as_mut(), token, now)?;
        let person = work.persons().find(id)?.ok_or(NotMeError::LinkExpired)?;
        let application = match &about {
            About::Application(number) => {
                let found = work.applications().find_by_number(number)?;
                Some(found.ok_or(NotMeError::LinkExpired)?)
            }
            About::Phone(_) | About::Other => None,
        };
        let serials = freezable(work.as_mut(), id, now)?
            .into_iter()
            .map(|record| record.serial)
            .collect();
        Ok(NotMe {
            application: application.map(|application| NotMeApplication {
                number: application.number.clone(),
                state: application.state.name(),
                created_at: application.created_at,
            }),
            serials,
            taken_back: TakenBack::by_link(&person, about.disowned(), now),
        })
    }

    /// Freezes the person of a link: nothing more is issued to her, her sessions end, her open applications are
    /// refused, her valid certificates are put on hold. Only a registration centre undoes it.
    ///
    /// All of it is one unit of work, the holds too, so that no crash leaves half of it and the link works exactly
    /// once. Only an application that is being issued this very moment ends after that; nothing can come of it any more.
    ///
    /// # Errors
    /// [`NotMeError`] by what helps.
    pub fn not_me(&self, token: &str, now: Timestamp) -> Result<Frozen, NotMeError> {
        let mut work = self.storage.begin()?;
        let (person, about) = peek(work.as_mut(), token, now)?;
        let person = work
            .persons()
            .find(person)?
            .ok_or(NotMeError::LinkExpired)?;
        work.secrets()
            .take_token(TokenPurpose::NotMe, &sha256(token.as_bytes()), now)?;
        let person = take_address_back(work.as_mut(), person, now)?;
        let person = put_phone_right(work.as_mut(), person, about.disowned(), now)?;
        let actor = Actor::LinkHolder(person.id);
        let frozen = freeze_all(work.as_mut(), &person, &actor, codes::NOT_ME, now)?;
        let body = MessageBody::Frozen {
            serials: frozen.serials.iter().map(SerialNumber::hex).collect(),
            by_code: false,
        };
        notify(work.as_mut(), &person, body, now)?;
        work.commit()?;
        tracing::warn!(person = %person.id, certificates = frozen.serials.len(), "frozen by the link of a notice");
        self.withhold_all(&frozen.confirmed, now);
        self.frozen_now(person.id)
    }

    /// Takes back what was being issued when its person was frozen.
    pub(crate) fn withhold_all(&self, confirmed: &[ApplicationId], now: Timestamp) {
        for id in confirmed {
            // Somebody may be issuing for it right now: wait for that, then take back what came of it.
            let _alone = self.issuing(*id);
            if let Err(error) = self.withhold(*id, now) {
                let cause: &dyn std::error::Error = &error;
                tracing::warn!(application = %id, error = cause, "what is being issued is taken back later");
            }
        }
    }

    /// Everything of a person that is on hold.
    pub(crate) fn frozen_now(&self, person: PersonId) -> Result<Frozen, NotMeError> {
        let serials = on_hold(self.storage.snapshot()?.as_mut(), person)?;
        Ok(Frozen { serials })
    }
}

/// What freezing did in its unit of work.
pub(crate) struct FrozenNow {
    /// Serial numbers of all certificates that are on hold.
    pub(crate) serials: Vec<SerialNumber>,
    /// Applications that are being issued this moment; see [`RegistrationAuthority::withhold_all`].
    pub(crate) confirmed: Vec<ApplicationId>,
}

/// Marks a person as frozen, ends her sessions and open applications, and puts her valid certificates on hold.
pub(crate) fn freeze_all(
    work: &mut dyn UnitOfWork,
    person: &Person,
    actor: &Actor,
    why: &'static str,
    now: Timestamp,
) -> Result<FrozenNow, NotMeError> {
    let by = By { actor, why };
    let confirmed = close_down(work, person, &by, now)?;
    hold_all(work, person.id, &by, now)?;
    let serials = on_hold(work, person.id)?;
    Ok(FrozenNow { serials, confirmed })
}

/// Whoever says "it was not me" while an address of before still counts did not change it: it is the confirmed one again.
fn take_address_back(
    work: &mut dyn UnitOfWork,
    mut person: Person,
    now: Timestamp,
) -> Result<Person, StorageError> {
    let Some(earlier) = person.earlier(now).cloned() else {
        return Ok(person);
    };
    work.persons().set_email(person.id, Some(&earlier))?;
    let evidence = Evidence {
        actor: Actor::LinkHolder(person.id),
        action: "person.email-back",
        object: person_object(person.id),
        detail: codes::NOT_ME,
    };
    evidence.record_facts(work, person.id, &[Fact::Address], now)?;
    person.email = Some(earlier);
    person.earlier_email = None;
    Ok(person)
}

/// Who freezes, and what the log gives as the reason.
struct By<'a> {
    actor: &'a Actor,
    why: &'static str,
}

impl By<'_> {
    fn did(&self, action: &'static str, object: String) -> Evidence<'static> {
        Evidence {
            actor: self.actor.clone(),
            action,
            object,
            detail: self.why,
        }
    }
}

/// What the notice of a link told of.
enum About {
    Application(ApplicationNumber),
    /// A new telephone number, which it disowns.
    Phone(Disowned),
    /// Something else, that the link need not know.
    Other,
}

impl About {
    const fn disowned(&self) -> Option<&Disowned> {
        match self {
            Self::Phone(disowned) => Some(disowned),
            Self::Application(_) | Self::Other => None,
        }
    }
}

/// Whose link it is and what it is about.
fn peek(
    work: &mut dyn UnitOfWork,
    token: &str,
    now: Timestamp,
) -> Result<(PersonId, About), NotMeError> {
    let found = work
        .secrets()
        .peek_token(TokenPurpose::NotMe, &sha256(token.as_bytes()), now)?;
    let Some((Some(person), subject)) = found else {
        return Err(NotMeError::LinkExpired);
    };
    if subject.is_empty() {
        return Ok((person, About::Other));
    }
    if let Some(disowned) = disowned(&subject) {
        return Ok((person, About::Phone(disowned)));
    }
    let number = ApplicationNumber::parse(&subject).map_err(|_| NotMeError::LinkExpired)?;
    Ok((person, About::Application(number)))
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

/// Puts all valid certificates of a person on hold. The records are changed here and not through the certification
/// authority, because that would be a unit of work of its own for each.
fn hold_all(
    work: &mut dyn UnitOfWork,
    person: PersonId,
    by: &By<'_>,
    now: Timestamp,
) -> Result<(), StorageError> {
    for record in freezable(work, person, now)? {
        let reason = RevocationReason::CertificateHold;
        let held = record.status.revoked(reason, now);
        work.certificates()
            .set_status(record.id, record.status, held, now)?;
        let object = certificate_object(record.issuer, &record.serial);
        // Readers of the log take the standard's word from the front.
        let detail = format!("{}: {}", reason.name(), by.why);
        let evidence = Evidence {
            detail: &detail,
            ..by.did("certificate.hold", object)
        };
        evidence.record(work, now)?;
    }
    Ok(())
}

/// Serial numbers of all certificates of a person that are on hold.
fn on_hold(work: &mut dyn UnitOfWork, person: PersonId) -> Result<Vec<SerialNumber>, StorageError> {
    let mut records = work.certificates().of_person(person, ALL)?;
    records.retain(|record| {
        matches!(
            record.status,
            Status::Revoked {
                reason: RevocationReason::CertificateHold,
                ..
            }
        )
    });
    Ok(records.into_iter().map(|record| record.serial).collect())
}

/// Marks the person and ends her sessions and open applications. Returns the applications that are confirmed: those are
/// being issued, and end when that is known.
fn close_down(
    work: &mut dyn UnitOfWork,
    person: &Person,
    by: &By<'_>,
    now: Timestamp,
) -> Result<Vec<ApplicationId>, NotMeError> {
    // Frozen already or not: a release that waits was agreed to by somebody who knows nothing of this time.
    work.persons().set_frozen(person.id, Some(now))?;
    by.did("person.freeze", person_object(person.id))
        .record(work, now)?;
    work.sessions().delete_of_person(person.id)?;
    work.limited_sessions().delete_of_person(person.id)?;
    let mut confirmed = Vec::new();
    for mut application in work.applications().of_person(person.id, ALL)? {
        match application.state {
            State::Confirmed { .. } => confirmed.push(application.id),
            State::Submitted { .. } | State::Awaiting2fa { .. } => {
                reject(work, &mut application, codes::NOT_ME, now).map_err(not_me_error)?;
            }
            State::Draft => {
                application.state = State::Cancelled { at: now };
                work.applications().update(&mut application)?;
                let object = application_object(application.id);
                by.did("application.cancel", object).record(work, now)?;
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

/// A refusal inside of the one unit of work can only come from storage: states were looked at in it.
fn not_me_error(error: StepError) -> NotMeError {
    match error {
        StepError::Storage(error) => NotMeError::Storage(error),
        StepError::Issuance(_)
        | StepError::Frozen
        | StepError::Died
        | StepError::DataChanged
        | StepError::NotFound
        | StepError::WrongState(_) => StorageError::Conflict.into(),
    }
}
