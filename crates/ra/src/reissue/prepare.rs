//! The requests, and the document that has to be signed.

use tanba_model::application::{Application, ApplicationNumber, KeyRequest, State};
use tanba_model::capability::Capability;
use tanba_model::document::{Applicant, ApplicationDocument, DocumentKey, SCHEMA};
use tanba_model::person::Person;
use tanba_model::ports::{RequestFault, Session, StorageError};
use tanba_pki::profile::{Profile, Subject};
use tanba_pki::{CertificateRequest, Timestamp};

use super::begin::evidence;
use super::identity::alive;
use crate::RegistrationAuthority;
use crate::authority::wrong_state;
use crate::codes;
use crate::config::KeyRole;
use crate::error::{StepError, request_code};
use crate::token::hex;

/// Why requests were not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// Not one request for each key.
    #[error("{expected} requests are needed")]
    Count {
        /// How many are needed.
        expected: usize,
    },
    /// A request is refused; making new keys helps.
    #[error("request {index} is refused")]
    Request {
        /// Which, from 0.
        index: usize,
        /// Why.
        fault: RequestFault,
    },
    /// The keystore of the application makes no keys of this kind; the keystore it was made for, or another application,
    /// helps.
    #[error("the key of request {index} is none of its keystore")]
    Keystore {
        /// Which, from 0.
        index: usize,
    },
    /// What can go wrong in every step.
    #[error("nothing was prepared")]
    Step(#[from] StepError),
}

impl PrepareError {
    /// The machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Count { .. } => codes::REQUEST_COUNT,
            Self::Request { fault, .. } => request_code(*fault),
            Self::Keystore { .. } => codes::KEYSTORE_CANNOT,
            Self::Step(error) => error.code(),
        }
    }
}

impl From<StorageError> for PrepareError {
    fn from(error: StorageError) -> Self {
        Self::Step(StepError::Storage(error))
    }
}

impl RegistrationAuthority {
    /// Takes one PKCS#10 request for each key, in the order of [`crate::RaConfig::profiles`], and returns the document
    /// that the signing key has to sign: canonical JSON, as it is.
    ///
    /// Repeating it with the same requests returns the same document; other requests replace them.
    ///
    /// # Errors
    /// [`PrepareError`] by what helps.
    pub fn prepare_document(
        &self,
        session: &Session,
        number: &ApplicationNumber,
        requests: &[Vec<u8>],
        now: Timestamp,
    ) -> Result<Vec<u8>, PrepareError> {
        let roles = self.config.roles();
        if requests.len() != roles.len() {
            return Err(PrepareError::Count {
                expected: roles.len(),
            });
        }
        let mut work = self.storage.begin()?;
        let (mut application, person) = Self::own(work.as_mut(), session, number)?;
        if person.frozen_at.is_some() {
            return Err(StepError::Frozen.into());
        }
        alive(work.as_mut(), &person)?;
        if application.state != State::Draft {
            return Err(wrong_state("prepare", &application).into());
        }
        let subject = self.subject(&person);
        let mut taken: Vec<KeyRequest> = Vec::with_capacity(roles.len());
        for (index, (request, role)) in requests.iter().zip(roles).enumerate() {
            let refuse = |fault| PrepareError::Request { index, fault };
            let (checked, algorithm) = check(request, role, &subject).map_err(refuse)?;
            if !Capability::of(application.keystore).makes(&algorithm) {
                return Err(PrepareError::Keystore { index });
            }
            let twice = taken
                .iter()
                .any(|other| other.public_key_sha256 == checked.public_key_sha256);
            if twice
                || work
                    .certificates()
                    .is_key_known(&checked.public_key_sha256)?
            {
                return Err(refuse(RequestFault::ReusedKey));
            }
            if work.keys().is_blocked(&checked.public_key_sha256)? {
                return Err(refuse(RequestFault::BlockedKey));
            }
            taken.push(checked);
        }
        if application.requests != taken {
            application.requests = taken;
            match work.applications().update(&mut application) {
                // The application was read in this very unit of work: what is in conflict is a key.
                Err(StorageError::Conflict) => {
                    return Err(PrepareError::Request {
                        index: 0,
                        fault: RequestFault::ReusedKey,
                    });
                }
                other => other?,
            }
            evidence(session, "application.prepare", &application).record(work.as_mut(), now)?;
        }
        let document = self.document(&application, &person)?;
        work.commit()?;
        Ok(document)
    }

    /// The document of an application: the same bytes whenever it is made, until form, requests or person change.
    pub(super) fn document(
        &self,
        application: &Application,
        person: &Person,
    ) -> Result<Vec<u8>, StorageError> {
        let damaged =
            |what: &str| StorageError::Damaged(format!("application {}: {what}", application.id));
        let keys = document_keys(&application.requests, &self.config.roles())
            .ok_or_else(|| damaged("request"))?;
        let document = ApplicationDocument {
            schema: SCHEMA.to_owned(),
            kind: application.kind.name().to_owned(),
            origin: self.config.origin().to_owned(),
            number: application.number.as_str().to_owned(),
            created: application.created_at,
            applicant: Applicant {
                iin: person.iin.as_str().to_owned(),
                surname: person.surname.clone(),
                given_name: person.given_name.clone(),
                patronymic: person.patronymic.clone(),
                country: self.config.country().to_owned(),
            },
            email: application
                .email
                .as_ref()
                .map(|email| email.as_str().to_owned()),
            region: application.region.clone(),
            settlement: application.settlement.clone(),
            keystore: application.keystore.identifier().to_owned(),
            centre: None,
            agreement: None,
            keys,
        };
        document.to_bytes().map_err(|_| damaged("document"))
    }

    /// The person as certificates name her.
    pub(super) fn subject(&self, person: &Person) -> Subject {
        Subject {
            surname: person.surname.clone(),
            given_name: person.given_name.clone(),
            patronymic: person.patronymic.clone(),
            iin: person.iin.as_str().to_owned(),
            country: self.config.country().to_owned(),
            ..Subject::default()
        }
    }
}

/// The keys of a document, from their requests; `None` where a request cannot be read.
pub(crate) fn document_keys(
    requests: &[KeyRequest],
    roles: &[KeyRole],
) -> Option<Vec<DocumentKey>> {
    let key = |(request, role): (&KeyRequest, &KeyRole)| {
        let parsed = CertificateRequest::from_der(&request.request).ok()?;
        Some(DocumentKey {
            profile: request.profile.clone(),
            purpose: role.purpose.to_owned(),
            algorithm: parsed.public_key().algorithm_label(),
            public_key_sha256: hex(&request.public_key_sha256),
            request_sha256: hex(&tanba_crypto::sha256(&request.request)),
        })
    };
    requests.iter().zip(roles).map(key).collect()
}

/// Checks one request as strictly as the certification authority will; also what people call its algorithm.
pub(crate) fn check(
    request: &[u8],
    role: KeyRole,
    subject: &Subject,
) -> Result<(KeyRequest, String), RequestFault> {
    let parsed = CertificateRequest::from_der(request).map_err(|_| RequestFault::Form)?;
    let profile = Profile::builtin(role.profile).ok_or(RequestFault::Form)?;
    let key = parsed.public_key();
    key.check_strength().map_err(|_| RequestFault::WeakKey)?;
    if !profile.allows_key(key) {
        return Err(RequestFault::WeakKey);
    }
    if parsed.is_signed_with_sha1() {
        return Err(RequestFault::Sha1);
    }
    parsed
        .verify_possession()
        .map_err(|_| RequestFault::Possession)?;
    let expected = profile
        .subject_name(subject)
        .map_err(|_| RequestFault::Subject)?;
    if !parsed.subject().is_empty() && *parsed.subject() != expected {
        return Err(RequestFault::Subject);
    }
    let taken = KeyRequest {
        profile: role.profile.to_owned(),
        request: request.to_vec(),
        public_key_sha256: key.sha256(),
        certificate: None,
    };
    Ok((taken, key.algorithm_label()))
}
