//! The new keys, the document, and the signature of the new signing key over it.

use tanba_model::application::{ApplicationKind, ApplicationNumber, KeyRequest};
use tanba_model::capability::Capability;
use tanba_model::document::{Applicant, ApplicationDocument, SCHEMA};
use tanba_model::intake::{Claim, Intake, IntakeContent, IntakeKey, Standing};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::ports::{PersonFacts, RegisterAnswer, RequestFault, StorageError, UnitOfWork};
use tanba_pki::profile::Subject;
use tanba_pki::{CertificateRequest, Timestamp, hex as digits};

use super::calendar::day;
use super::name::same_person;
use super::step::{FirstError, FirstStep, FirstView, evidence, open, require, who};
use crate::RegistrationAuthority;
use crate::reissue::{check_request, document_keys};
use crate::token::FirstSecret;

impl RegistrationAuthority {
    /// Takes one PKCS#10 request for each key, in the order of [`crate::RaConfig::profiles`], and returns the number of
    /// the application and the document that the new signing key has to sign: canonical JSON, as it is.
    ///
    /// Repeating it with the same requests returns the same document; other requests replace them.
    ///
    /// # Errors
    /// [`FirstError`] by what helps.
    pub fn prepare_first(
        &self,
        secret: &FirstSecret,
        requests: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<(ApplicationNumber, Vec<u8>), FirstError> {
        let roles = self.config.roles();
        if requests.len() != roles.len() {
            return Err(FirstError::Count {
                expected: roles.len(),
            });
        }
        let mut work = self.storage.begin()?;
        let mut intake = open(work.as_mut(), secret, now)?;
        require(&intake, FirstStep::Confirm)?;
        let claim = claim_of(&intake)?;
        let subject = self.subject_of_claim(&claim);
        let keystore = intake.content.keystore.as_deref();
        let keystore = keystore.and_then(KeystoreKind::from_identifier);
        let mut taken: Vec<KeyRequest> = Vec::with_capacity(roles.len());
        for (request, role) in requests.iter().zip(roles) {
            let (checked, algorithm) =
                check_request(request, role, &subject).map_err(FirstError::Request)?;
            if let Some(keystore) = keystore
                && !Capability::of(keystore).makes(&algorithm)
            {
                return Err(FirstError::KeystoreCannot);
            }
            let twice = taken
                .iter()
                .any(|other| other.public_key_sha256 == checked.public_key_sha256);
            if twice
                || work
                    .certificates()
                    .is_key_known(&checked.public_key_sha256)?
            {
                return Err(FirstError::Request(RequestFault::ReusedKey));
            }
            if work.keys().is_blocked(&checked.public_key_sha256)? {
                return Err(FirstError::Request(RequestFault::BlockedKey));
            }
            taken.push(checked);
        }
        intake.content.keys = taken
            .iter()
            .map(|key| IntakeKey {
                profile: key.profile.clone(),
                request: digits::encode(&key.request),
            })
            .collect();
        let number = intake.number.clone().ok_or(FirstError::KeysMissing)?;
        work.intakes().update(&mut intake)?;
        evidence(&intake, "first.prepare", "").record(work.as_mut(), now)?;
        let document = self.first_document(&intake)?;
        work.commit()?;
        Ok((number, document))
    }

    /// Takes the prepared document, signed by the new signing key. Then the application waits for an operator; or, while
    /// the register does not answer, it is kept until it does.
    ///
    /// Repeating it after a lost answer is fine. What is taken is counted by the person and by `network`, of which only a
    /// digest is stored: each application costs mails, a place in the queue, and a text to a person who is known.
    ///
    /// # Errors
    /// [`FirstError`] by what helps.
    pub fn submit_first(
        &self,
        secret: &FirstSecret,
        signature: &[u8],
        network: &str,
        now: Timestamp,
    ) -> Result<FirstView, FirstError> {
        let view = self.first(secret)?;
        if view.step == FirstStep::Done {
            return Ok(view);
        }
        require(&view.intake, FirstStep::Confirm)?;
        let claim = claim_of(&view.intake)?;
        let document = self.first_document(&view.intake)?;
        self.check_possession(&view.intake, &document, signature)?;
        // A register that did not answer is asked once more, outside of any unit of work.
        let standing = match view.intake.content.standing {
            Standing::Unavailable => self.ask_again(&claim)?,
            other @ (Standing::Confirmed | Standing::Unconfirmed) => other,
        };
        let mut work = self.storage.begin()?;
        let mut intake = open(work.as_mut(), secret, now)?;
        if intake.version != view.intake.version {
            return Err(StorageError::Conflict.into());
        }
        self.count_application(work.as_mut(), &claim, network, now)?;
        intake.content.standing = standing;
        intake.content.document =
            Some(String::from_utf8(document).map_err(|_| FirstError::KeysMissing)?);
        intake.content.signature = Some(digits::encode(signature));
        match standing {
            Standing::Confirmed => self.accept(work.as_mut(), &mut intake, now)?,
            Standing::Unavailable => self.keep(work.as_mut(), &mut intake, now)?,
            Standing::Unconfirmed => return Err(FirstError::NotConfirmed),
        }
        work.commit()?;
        tracing::info!(intake = %intake.id, stage = intake.stage.name(), "first application taken");
        self.first(secret)
    }

    /// Counts an application in the unit of work that takes it: one that is not taken does not count.
    fn count_application(
        &self,
        work: &mut dyn UnitOfWork,
        claim: &Claim,
        network: &str,
        now: Timestamp,
    ) -> Result<(), FirstError> {
        let (limits, today) = (self.config.first(), day(now));
        let mut count =
            |what: &str, key: &str| work.intakes().count_attempt(what, &who(key), today);
        let both = format!("{} {network}", claim.iin);
        let of_both = count("first-person-network", &both)?;
        let of_person = count("first-person", &claim.iin)?;
        let of_network = count("first-network", network)?;
        if of_both > limits.applications_per_person_and_network_a_day
            || of_person > limits.applications_per_person_a_day
            || of_network > limits.applications_per_network_a_day
        {
            return Err(FirstError::TooMany);
        }
        Ok(())
    }

    /// What the register says now of a claim that it could not confirm before.
    fn ask_again(&self, claim: &Claim) -> Result<Standing, FirstError> {
        match judge(&self.register().look_up(&claim.parsed_iin()?), claim) {
            Judged::Same => Ok(Standing::Confirmed),
            Judged::Silent => Ok(Standing::Unavailable),
            Judged::Other => Err(FirstError::NotConfirmed),
            Judged::Ambiguous => Err(FirstError::Ambiguous),
        }
    }

    /// The document of an intake: the same bytes whenever it is made, until something in it changes.
    fn first_document(&self, intake: &Intake) -> Result<Vec<u8>, FirstError> {
        let content = &intake.content;
        let claim = claim_of(intake)?;
        let requests = requests(content)?;
        if requests.is_empty() {
            return Err(FirstError::KeysMissing);
        }
        let keys = document_keys(&requests, &self.config.roles()).ok_or(FirstError::KeysMissing)?;
        let number = intake.number.as_ref().ok_or(FirstError::KeysMissing)?;
        let text = |field: &Option<String>, step| field.clone().ok_or(FirstError::Incomplete(step));
        let document = ApplicationDocument {
            schema: SCHEMA.to_owned(),
            kind: ApplicationKind::First.name().to_owned(),
            origin: self.config.origin().to_owned(),
            number: number.as_str().to_owned(),
            created: intake.created_at,
            applicant: Applicant {
                iin: claim.iin,
                surname: claim.surname,
                given_name: claim.given_name,
                patronymic: claim.patronymic,
                country: self.config.country().to_owned(),
            },
            email: Some(text(&content.email, FirstStep::Address)?),
            region: text(&content.region, FirstStep::Place)?,
            settlement: text(&content.settlement, FirstStep::Place)?,
            keystore: text(&content.keystore, FirstStep::Centre)?,
            centre: Some(text(&content.centre, FirstStep::Centre)?),
            agreement: Some(content.agreement.clone()),
            keys,
        };
        document.to_bytes().map_err(|_| FirstError::KeysMissing)
    }

    /// Whether the new signing key signed the document.
    pub(super) fn check_possession(
        &self,
        intake: &Intake,
        document: &[u8],
        signature: &[u8],
    ) -> Result<(), FirstError> {
        let requests = requests(&intake.content)?;
        let signing = requests
            .iter()
            .zip(self.config.roles())
            .find(|(_, role)| role.purpose == "signature")
            .map(|(request, _)| request)
            .ok_or(FirstError::KeysMissing)?;
        let parsed =
            CertificateRequest::from_der(&signing.request).map_err(|_| FirstError::KeysMissing)?;
        let key = parsed.public_key();
        let algorithm = key
            .algorithm()
            .map_err(|_| FirstError::Request(RequestFault::WeakKey))?
            .default_signature();
        key.verify(algorithm, document, signature)
            .map_err(|_| FirstError::Signature)
    }

    /// A number that neither an application nor an intake has.
    pub(super) fn free_number(
        &self,
        work: &mut dyn UnitOfWork,
    ) -> Result<ApplicationNumber, StorageError> {
        loop {
            let number = ApplicationNumber::random(&mut self.random());
            if work.applications().find_by_number(&number)?.is_none()
                && work.intakes().find_by_number(&number)?.is_none()
            {
                return Ok(number);
            }
        }
    }

    fn subject_of_claim(&self, claim: &Claim) -> Subject {
        Subject {
            surname: claim.surname.clone(),
            given_name: claim.given_name.clone(),
            patronymic: claim.patronymic.clone(),
            iin: claim.iin.clone(),
            country: self.config.country().to_owned(),
            ..Subject::default()
        }
    }
}

/// What a register's answer means for a claim.
pub(super) enum Judged {
    /// A living person of that name.
    Same,
    /// Another name, nobody, or somebody who died.
    Other,
    /// More than one, and one of them has that name.
    Ambiguous,
    /// No answer.
    Silent,
}

pub(super) fn judge(answer: &RegisterAnswer, claim: &Claim) -> Judged {
    let claimed = PersonFacts {
        surname: claim.surname.clone(),
        given_name: claim.given_name.clone(),
        patronymic: claim.patronymic.clone(),
    };
    match answer {
        RegisterAnswer::Person(facts) if same_person(facts, &claimed) => Judged::Same,
        RegisterAnswer::Ambiguous(people)
            if people.iter().any(|facts| same_person(facts, &claimed)) =>
        {
            Judged::Ambiguous
        }
        RegisterAnswer::Person(_)
        | RegisterAnswer::Unknown
        | RegisterAnswer::Dead
        | RegisterAnswer::Ambiguous(_) => Judged::Other,
        RegisterAnswer::Unavailable => Judged::Silent,
    }
}

pub(super) fn claim_of(intake: &Intake) -> Result<Claim, FirstError> {
    let claim = intake.content.claim.clone();
    claim.ok_or(FirstError::Incomplete(FirstStep::Person))
}

/// The requests of an intake, as those of an application.
pub(super) fn requests(content: &IntakeContent) -> Result<Vec<KeyRequest>, FirstError> {
    let request = |key: &IntakeKey| {
        let request = digits::decode(&key.request)?;
        let parsed = CertificateRequest::from_der(&request).ok()?;
        Some(KeyRequest {
            profile: key.profile.clone(),
            public_key_sha256: parsed.public_key().sha256(),
            request,
            certificate: None,
        })
    };
    let requests: Option<Vec<KeyRequest>> = content.keys.iter().map(request).collect();
    requests.ok_or(FirstError::KeysMissing)
}
