//! From intake to application, and what the applicant is told on the way.

use std::time::Duration;

use tanba_crypto::sha256;
use tanba_model::application::{Application, ApplicationKind, FirstIssuance, State, Submission};
use tanba_model::audit::facts::Fact;
use tanba_model::document::ApplicationDocument;
use tanba_model::id::{ApplicationId, PersonId};
use tanba_model::intake::{Claim, Intake, IntakeStage};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::message::MessageBody;
use tanba_model::person::{EmailAddress, NewPerson, Person};
use tanba_model::ports::{
    ApplicantMessage, NewApplication, NewMessage, PersonFacts, RequestFault, StorageError,
    TokenPurpose, UnitOfWork,
};
use tanba_pki::{Timestamp, hex as digits};

use super::calendar::{day, end_of_day_after};
use super::keys::{claim_of, requests};
use super::register::TableRegister;
use super::step::{FirstError, FirstStep, evidence, who};
use crate::RegistrationAuthority;
use crate::error::StepError;
use crate::evidence::{Evidence, application_object, person_object};
use crate::notify::notify;
use crate::token::FirstSecret;

/// How long the link of a mail works after the last day to appear: long enough to install what was issued.
const LINK_LIFE: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// How long an intake is kept after that day, for the page of its number.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl RegistrationAuthority {
    /// Makes the application of an intake whose person the register confirmed: it waits for an operator from now on. A
    /// person who has keys or an address already is told at that address, where she can say that it was not her: once a
    /// day, for a stranger who knows her name must not fill her mailbox, nor spend texts.
    pub(super) fn accept(
        &self,
        work: &mut dyn UnitOfWork,
        intake: &mut Intake,
        now: Timestamp,
    ) -> Result<(), FirstError> {
        let claim = claim_of(intake)?;
        self.check_kept(intake, &claim)?;
        let person = self.person_of(work, intake, &claim, now)?;
        let appear_by = end_of_day_after(now, self.config.first().days_to_appear);
        let first = first_issuance(intake, appear_by)?;
        let centre = self.centre_words(&first.centre, intake.language);
        let email = first.email.clone();
        let application = self.insert_application(work, intake, person.id, first, now)?;
        let number = application.number.as_str().to_owned();
        if person.email.as_ref().is_some_and(|known| *known != email)
            && work
                .intakes()
                .count_attempt("first-told", &who(person.iin.as_str()), day(now))?
                == 1
        {
            let not_me_path = self.not_me_path(work, &person, &number, now)?;
            let body = MessageBody::ApplicationAccepted {
                number: number.clone(),
                not_me_path,
            };
            notify(work, &person, body, now)?;
        }
        let link_path = self.link_path(work, &number, appear_by)?;
        let body = MessageBody::FirstSubmitted {
            number,
            link_path,
            centre,
            appear_by,
        };
        tell(work, intake, email, body, now)?;
        intake.stage = IntakeStage::Submitted;
        intake.due_at = appear_by.plus(KEPT);
        intake.content.keys.clear();
        intake.content.document = None;
        intake.content.signature = None;
        work.intakes().update(intake)?;
        Ok(())
    }

    /// What was kept until the register answered may have been changed behind the program meanwhile: the applicant of the
    /// document is the one whom the register confirmed, and the new key made the signature.
    fn check_kept(&self, intake: &Intake, claim: &Claim) -> Result<(), FirstError> {
        let content = &intake.content;
        let (Some(document), Some(signature)) = (&content.document, &content.signature) else {
            return Err(FirstError::KeysMissing);
        };
        let signature = digits::decode(signature).ok_or(FirstError::RecordDiffers)?;
        self.check_possession(intake, document.as_bytes(), &signature)
            .map_err(|_| FirstError::RecordDiffers)?;
        let applicant = ApplicationDocument::from_bytes(document.as_bytes())
            .map_err(|_| FirstError::RecordDiffers)?
            .applicant;
        let same = applicant.iin == claim.iin
            && applicant.surname == claim.surname
            && applicant.given_name == claim.given_name
            && applicant.patronymic == claim.patronymic;
        if same {
            Ok(())
        } else {
            Err(FirstError::RecordDiffers)
        }
    }

    fn insert_application(
        &self,
        work: &mut dyn UnitOfWork,
        intake: &Intake,
        person: PersonId,
        first: FirstIssuance,
        now: Timestamp,
    ) -> Result<Application, FirstError> {
        let content = &intake.content;
        let text = |field: &Option<String>, step| field.clone().ok_or(FirstError::Incomplete(step));
        let new = NewApplication {
            number: intake.number.clone().ok_or(FirstError::KeysMissing)?,
            person,
            kind: ApplicationKind::First,
            email: Some(first.email.clone()),
            region: text(&content.region, FirstStep::Place)?,
            settlement: text(&content.settlement, FirstStep::Place)?,
            keystore: content
                .keystore
                .as_deref()
                .and_then(KeystoreKind::from_identifier)
                .ok_or(FirstError::Keystore)?,
            login_certificate: None,
        };
        let document_sha256 = sha256(&first.document);
        let mut application = work.applications().insert(&new, now)?;
        application.requests = requests(content)?;
        application.state = application.state.submit(now).map_err(StepError::from)?;
        match work.applications().update(&mut application) {
            // It was inserted in this very unit of work: what is in conflict is a key.
            Err(StorageError::Conflict) => {
                return Err(FirstError::Request(RequestFault::ReusedKey));
            }
            other => other?,
        }
        work.applications().submit_first(&mut application, first)?;
        // The rest of what was kept: address, place, centre, keys.
        let is_signed = application.first.as_ref().is_some_and(|first| {
            ApplicationDocument::from_bytes(&first.document)
                .is_ok_and(|document| document.is_of(&application))
        });
        if !is_signed {
            return Err(FirstError::RecordDiffers);
        }
        let submission = Submission {
            document_sha256,
            state: Some(application.state.clone()),
        };
        let detail = submission.evidence();
        let submitted = Evidence {
            object: application_object(application.id),
            ..evidence(intake, "application.submit", &detail)
        };
        submitted.record(work, now)?;
        Ok(application)
    }

    /// The record of the person whom the register confirmed.
    fn person_of(
        &self,
        work: &mut dyn UnitOfWork,
        intake: &Intake,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Person, FirstError> {
        let iin = claim.parsed_iin()?;
        if let Some(person) = work.persons().find_by_iin(&iin)? {
            return Ok(person);
        }
        let new = NewPerson {
            iin,
            surname: claim.surname.clone(),
            given_name: claim.given_name.clone(),
            patronymic: claim.patronymic.clone(),
            // Nobody has seen the applicant: the address is hers when an operator has.
            email: None,
            language: intake.language,
            phone: None,
        };
        let id = work.persons().insert(&new, now)?;
        let source = self.register().name();
        if source != TableRegister::NAME {
            let facts = PersonFacts {
                surname: new.surname,
                given_name: new.given_name,
                patronymic: new.patronymic,
            };
            work.persons().set_identity(id, &facts, source, false)?;
        }
        let entered = Evidence {
            object: person_object(id),
            ..evidence(intake, "person.enter", source)
        };
        entered.record_facts(work, id, &Fact::ALL, now)?;
        Ok(work.persons().find(id)?.ok_or(StepError::NotFound)?)
    }

    /// Name, settlement and address of a centre; a code that is not known any more shows itself.
    fn centre_words(&self, code: &str, language: Language) -> String {
        let Some(centre) = self.centres.find(code) else {
            return code.to_owned();
        };
        let place = self.gazetteer.find(&centre.region, &centre.settlement);
        let settlement = place.map_or("", |(_, settlement)| settlement.name(language));
        let (name, address) = (centre.name(language), centre.address(language));
        format!("{name}, {settlement}, {address}")
    }

    /// Makes a secret link to the applicant's page and returns its path.
    pub(super) fn link_path(
        &self,
        work: &mut dyn UnitOfWork,
        number: &str,
        appear_by: Timestamp,
    ) -> Result<String, StorageError> {
        let secret = self.link_secret(work, number, appear_by)?;
        Ok(format!("/obtain/application/{}", secret.expose()))
    }

    /// Makes a secret link to the status page, where certificates are installed, and returns its path.
    fn status_path(
        &self,
        work: &mut dyn UnitOfWork,
        number: &str,
        appear_by: Timestamp,
    ) -> Result<String, StorageError> {
        let secret = self.link_secret(work, number, appear_by)?;
        Ok(format!("/status/{number}/{}", secret.expose()))
    }

    /// Makes the secret of a link; only a digest of it is stored.
    fn link_secret(
        &self,
        work: &mut dyn UnitOfWork,
        number: &str,
        appear_by: Timestamp,
    ) -> Result<FirstSecret, StorageError> {
        let secret = FirstSecret::random(&mut self.random());
        work.secrets().insert_token(
            TokenPurpose::ApplicationLink,
            &secret.sha256(),
            None,
            number,
            appear_by.plus(LINK_LIFE),
        )?;
        Ok(secret)
    }
}

fn first_issuance(intake: &Intake, appear_by: Timestamp) -> Result<FirstIssuance, FirstError> {
    let content = &intake.content;
    let (Some(document), Some(signature)) = (&content.document, &content.signature) else {
        return Err(FirstError::KeysMissing);
    };
    Ok(FirstIssuance {
        centre: content
            .centre
            .clone()
            .ok_or(FirstError::Incomplete(FirstStep::Centre))?,
        email: address_of(intake)?,
        language: intake.language,
        appear_by,
        agreement: content.agreement.clone(),
        agreed_at: Timestamp::from_unix(content.agreed_at),
        document: document.clone().into_bytes(),
        signature: digits::decode(signature).ok_or(FirstError::KeysMissing)?,
    })
}

/// The confirmed address of an intake.
pub(super) fn address_of(intake: &Intake) -> Result<EmailAddress, FirstError> {
    let content = &intake.content;
    content
        .email
        .as_deref()
        .filter(|_| content.email_confirmed)
        .and_then(|email| EmailAddress::parse(email).ok())
        .ok_or(FirstError::Incomplete(FirstStep::Address))
}

/// Puts a message to the applicant into the outbox.
pub(super) fn tell(
    work: &mut dyn UnitOfWork,
    intake: &Intake,
    to: EmailAddress,
    body: MessageBody,
    now: Timestamp,
) -> Result<(), StorageError> {
    let message = ApplicantMessage {
        to,
        language: intake.language,
        body,
    };
    work.outbox()
        .insert_for_applicant(&message, now)
        .map(|_| ())
}

/// Tells an applicant that nobody came in time.
pub(crate) fn announce_expired(
    work: &mut dyn UnitOfWork,
    application: &Application,
    now: Timestamp,
) -> Result<(), StorageError> {
    let Some(first) = &application.first else {
        return Ok(());
    };
    let message = NewMessage {
        person: application.person,
        to: first.address().into(),
        language: first.language,
        body: MessageBody::FirstExpired {
            number: application.number.as_str().to_owned(),
        },
    };
    work.outbox().insert(&message, now).map(|_| ())
}

/// Announces the certificates of a first application. An operator has seen the applicant, so the address that she
/// confirmed is hers from now on; one that was known before hears of it first, and goes on counting for a while, or stays
/// what it is where the policy wants two signatures for that.
pub(crate) fn announce_issued(
    authority: &RegistrationAuthority,
    work: &mut dyn UnitOfWork,
    application: &Application,
    person: &Person,
    serials: &[String],
    now: Timestamp,
) -> Result<(), StorageError> {
    let Some(first) = &application.first else {
        return Ok(());
    };
    let (number, address) = (application.number.as_str().to_owned(), first.address());
    if person.email.as_ref().is_some_and(|known| *known != address) {
        let body = MessageBody::CertificatesIssued {
            number: number.clone(),
            serials: serials.to_vec(),
            not_me_path: authority.not_me_path(work, person, &number, now)?,
        };
        notify(work, person, body, now)?;
    }
    let moves = authority.is_address_moved(work, application, person, now)?;
    if moves {
        authority.replace_address(work, person, &address, now)?;
        let evidence = Evidence {
            actor: tanba_model::audit::Actor::System,
            action: "person.address",
            object: person_object(person.id),
            detail: "confirmed for a first application",
        };
        evidence.record_facts(work, person.id, &[Fact::Address], now)?;
    }
    // Who chose that language is the applicant; what reaches an address that she does not have stays in its own.
    if moves || person.email.as_ref() == Some(&address) {
        work.persons().set_language(person.id, first.language)?;
    }
    let message = NewMessage {
        person: person.id,
        to: address.into(),
        language: first.language,
        body: MessageBody::FirstIssued {
            link_path: authority.status_path(work, &number, first.appear_by)?,
            not_me_path: authority.not_me_path(work, person, &number, now)?,
            serials: serials.to_vec(),
            number,
        },
    };
    work.outbox().insert(&message, now).map(|_| ())
}

/// Tells an applicant that she is approved and has to wait for the authority, unless it issued meanwhile.
pub(crate) fn announce_approved(
    authority: &RegistrationAuthority,
    application: ApplicationId,
    now: Timestamp,
) -> Result<(), StorageError> {
    let mut work = authority.storage.begin()?;
    let Some(application) = work.applications().find(application)? else {
        return Ok(());
    };
    let (Some(first), State::Confirmed { .. }) = (&application.first, &application.state) else {
        return Ok(());
    };
    let number = application.number.as_str().to_owned();
    let message = NewMessage {
        person: application.person,
        to: first.address().into(),
        language: first.language,
        body: MessageBody::FirstApproved {
            link_path: authority.status_path(work.as_mut(), &number, first.appear_by)?,
            number,
        },
    };
    work.outbox().insert(&message, now)?;
    work.commit()
}

/// When the last day ends on which the applicant of first keys may appear.
pub(crate) fn appear_by(application: &Application) -> Option<Timestamp> {
    application.first.as_ref().map(|first| first.appear_by)
}
