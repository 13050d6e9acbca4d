//! The form.

use tanba_model::application::{Application, ApplicationKind, ApplicationNumber, State};
use tanba_model::audit::Actor;
use tanba_model::id::PersonId;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::person::{EmailAddress, Person};
use tanba_model::ports::{NewApplication, Session, StorageError, UnitOfWork};
use tanba_pki::{Purpose, Timestamp};

use super::identity::{alive, named_by};
use crate::RegistrationAuthority;
use crate::codes;
use crate::config::CertificateEmail;
use crate::error::StepError;
use crate::evidence::{Evidence, application_object};
use crate::limits::Recent;

/// Applications that are looked through for an open draft.
const NEWEST: u32 = 20;
/// Certificates of a person that are looked through.
const ALL: u32 = 10_000;

/// The form of a reissue, as typed and chosen.
#[derive(Clone, PartialEq, Eq)]
pub struct ReissueForm {
    /// E-mail for the certificate; nothing or an empty text for none.
    pub email: Option<String>,
    /// Code of the region.
    pub region: String,
    /// Code of the settlement.
    pub settlement: String,
    /// [`KeystoreKind::identifier`].
    pub keystore: String,
}

impl std::fmt::Debug for ReissueForm {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ReissueForm")
            .field("keystore", &self.keystore)
            .finish_non_exhaustive()
    }
}

/// Why no application was begun.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BeginError {
    /// The e-mail address is none; correcting it helps.
    #[error("the e-mail address is not one")]
    Email,
    /// The e-mail address is not the confirmed one; taking that or none helps.
    #[error("the e-mail address is not confirmed")]
    EmailNotConfirmed,
    /// Region or settlement are not of the list; choosing again helps.
    #[error("there is no such place")]
    Place,
    /// There is no such keystore; choosing again helps.
    #[error("there is no such keystore")]
    Keystore,
    /// This installation issues nothing for that keystore; choosing another helps.
    #[error("keys of this keystore are not taken here")]
    KeystoreNeedsAgent,
    /// The second factor cannot reach her; only a registration centre helps.
    #[error("the person cannot be reached")]
    Unreachable,
    /// No signing key of hers counts now; only first keys help.
    #[error("no signing key counts")]
    NoSigningKey,
    /// Too many applications; waiting a day helps.
    #[error("too many applications in a day")]
    TooMany,
    /// What can go wrong in every step.
    #[error("no application was begun")]
    Step(#[from] StepError),
}

impl BeginError {
    /// The machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Email => codes::EMAIL_INVALID,
            Self::EmailNotConfirmed => codes::EMAIL_NOT_CONFIRMED,
            Self::Place => codes::PLACE_UNKNOWN,
            Self::Keystore => codes::KEYSTORE_UNKNOWN,
            Self::KeystoreNeedsAgent => codes::KEYSTORE_NEEDS_AGENT,
            Self::Unreachable => codes::NO_CONFIRMED_ADDRESS,
            Self::NoSigningKey => codes::NO_SIGNING_KEY,
            Self::TooMany => codes::TOO_MANY_APPLICATIONS,
            Self::Step(error) => error.code(),
        }
    }
}

impl From<StorageError> for BeginError {
    fn from(error: StorageError) -> Self {
        Self::Step(StepError::Storage(error))
    }
}

/// The form, once it can only hold what is valid.
struct Checked {
    email: Option<EmailAddress>,
    region: String,
    settlement: String,
    keystore: KeystoreKind,
}

impl RegistrationAuthority {
    /// Begins a reissue, or goes on with the newest draft of the person: a second click or tab gets the same number.
    ///
    /// A form that says something else than the draft changes it, and its keys have to be prepared again.
    ///
    /// # Errors
    /// [`BeginError`] by what helps.
    pub fn begin_reissue(
        &self,
        session: &Session,
        form: &ReissueForm,
        now: Timestamp,
    ) -> Result<Application, BeginError> {
        self.ask_register(session)?;
        let mut work = self.storage.begin()?;
        let person = work
            .persons()
            .find(session.person)?
            .ok_or(StepError::NotFound)?;
        if person.frozen_at.is_some() {
            return Err(StepError::Frozen.into());
        }
        alive(work.as_mut(), &person)?;
        let login = work.certificates().find(session.certificate)?;
        if let Some(der) = login.and_then(|record| record.der) {
            named_by(&der, &person)?;
        }
        let checked = self.check_form(form, &person)?;
        if self
            .second_factor
            .as_ref()
            .is_some_and(|factor| !factor.reaches(&person))
        {
            return Err(BeginError::Unreachable);
        }
        if !has_signing_key(work.as_mut(), person.id, now)? {
            return Err(BeginError::NoSigningKey);
        }
        let newest = work.applications().of_person(person.id, NEWEST)?;
        let draft = newest.into_iter().find(|application| {
            application.state == State::Draft && application.kind == ApplicationKind::Reissue
        });
        let application = match draft {
            Some(draft) => revise(work.as_mut(), draft, checked, session, now)?,
            None if Recent::of(work.as_mut(), person.id, now)?.may_begin() => {
                self.draft(work.as_mut(), checked, session, now)?
            }
            None => return Err(BeginError::TooMany),
        };
        work.commit()?;
        Ok(application)
    }

    fn check_form(&self, form: &ReissueForm, person: &Person) -> Result<Checked, BeginError> {
        let typed = form
            .email
            .as_deref()
            .map(str::trim)
            .filter(|email| !email.is_empty());
        let email = typed
            .map(EmailAddress::parse)
            .transpose()
            .map_err(|_| BeginError::Email)?
            .map(|typed| as_confirmed(typed, person));
        if self.config.certificate_email() == CertificateEmail::Confirmed
            && email.is_some()
            && email != person.email
        {
            return Err(BeginError::EmailNotConfirmed);
        }
        if self
            .gazetteer
            .find(&form.region, &form.settlement)
            .is_none()
        {
            return Err(BeginError::Place);
        }
        let keystore = KeystoreKind::from_identifier(&form.keystore).ok_or(BeginError::Keystore)?;
        if !self.config.keystores().contains(&keystore) {
            return Err(BeginError::KeystoreNeedsAgent);
        }
        Ok(Checked {
            email,
            region: form.region.clone(),
            settlement: form.settlement.clone(),
            keystore,
        })
    }

    fn draft(
        &self,
        work: &mut dyn UnitOfWork,
        form: Checked,
        session: &Session,
        now: Timestamp,
    ) -> Result<Application, StorageError> {
        let mut number = ApplicationNumber::random(&mut self.random());
        while work.applications().find_by_number(&number)?.is_some() {
            number = ApplicationNumber::random(&mut self.random());
        }
        let new = NewApplication {
            number,
            person: session.person,
            kind: ApplicationKind::Reissue,
            email: form.email,
            region: form.region,
            settlement: form.settlement,
            keystore: form.keystore,
            login_certificate: Some(session.certificate),
        };
        let application = work.applications().insert(&new, now)?;
        evidence(session, "application.begin", &application).record(work, now)?;
        Ok(application)
    }
}

/// Telephones write the first letter large: what differs from the confirmed address in nothing but case is that address.
fn as_confirmed(typed: EmailAddress, person: &Person) -> EmailAddress {
    let confirmed = person.email.as_ref();
    match confirmed.filter(|confirmed| confirmed.is_but_for_case(&typed)) {
        Some(confirmed) => confirmed.clone(),
        None => typed,
    }
}

/// Whether the person has a key that could sign the application: said before she fills in anything, not at its end.
fn has_signing_key(
    work: &mut dyn UnitOfWork,
    person: PersonId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let records = work.certificates().of_person(person, ALL)?;
    Ok(records.iter().any(|record| {
        matches!(record.purpose, Purpose::Signature | Purpose::Both)
            && record.status.is_valid()
            && record.not_before <= now
            && now < record.not_after
    }))
}

fn revise(
    work: &mut dyn UnitOfWork,
    mut draft: Application,
    form: Checked,
    session: &Session,
    now: Timestamp,
) -> Result<Application, StorageError> {
    let same = draft.email == form.email
        && draft.region == form.region
        && draft.settlement == form.settlement
        && draft.keystore == form.keystore;
    if same && draft.login_certificate == Some(session.certificate) {
        return Ok(draft);
    }
    if !same {
        draft.requests.clear();
    }
    draft.email = form.email;
    draft.region = form.region;
    draft.settlement = form.settlement;
    draft.keystore = form.keystore;
    draft.login_certificate = Some(session.certificate);
    work.applications().update(&mut draft)?;
    evidence(session, "application.revise", &draft).record(work, now)?;
    Ok(draft)
}

/// Evidence of a step that the session's person took.
pub(super) fn evidence(
    session: &Session,
    action: &'static str,
    application: &Application,
) -> Evidence<'static> {
    Evidence {
        actor: Actor::Person(session.person),
        action,
        object: application_object(application.id),
        detail: "",
    }
}
