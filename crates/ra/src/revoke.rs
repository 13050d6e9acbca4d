//! Revoking one's own certificates: prepared, read and signed by their owner, final at once.

use std::time::Duration;

use tanba_crypto::sha256;
use tanba_model::application::State;
use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::document::Applicant;
use tanba_model::id::{CertificateId, PersonId};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::message::MessageBody;
use tanba_model::person::Person;
use tanba_model::ports::{Session, StorageError, TokenPurpose, UnitOfWork, certificate_object};
use tanba_model::revocation::{
    LifeEvent, Revocation, RevocationDocument, RevokedCertificate, SCHEMA,
};
use tanba_pki::{Purpose, SerialNumber, Timestamp};

use crate::RegistrationAuthority;
use crate::codes;
use crate::error::StepError;
use crate::evidence::{Evidence, person_object};
use crate::holder::Holder;
use crate::notify::notify;
use crate::reissue::{refuse_confirmed, reject};
use crate::signature::{Signature, SignatureFault};
use crate::token::{hex, random_hex};

/// How long a prepared revocation waits for its signature.
const LIFE: Duration = Duration::from_secs(10 * 60);
/// Certificates and applications of a person that are looked through.
const ALL: u32 = 10_000;
/// Certificates of one revocation.
pub(crate) const MOST: usize = 100;

/// Certificates that were revoked by their owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Their serial numbers.
    pub serials: Vec<SerialNumber>,
    /// What verifiers are told.
    pub reason: RevocationReason,
    /// When.
    pub at: Timestamp,
    /// Whether the session ended with them, because the certificate that opened it is among them.
    pub signed_out: bool,
}

/// Why nothing was revoked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevokeError {
    /// No certificate was chosen; choosing one helps.
    #[error("no certificate was chosen")]
    NothingChosen,
    /// What happened is none of the events; choosing one helps.
    #[error("there is no such event")]
    Event,
    /// A certificate is not hers, or not valid any more; looking at the list again helps.
    #[error("a certificate cannot be revoked by this person now")]
    NotRevocable,
    /// What was signed was not prepared here for this person, is used, or was prepared too long ago; preparing it again
    /// helps.
    #[error("what was signed is not waited for")]
    NotPrepared,
    /// The signature or its certificate does not count; the fault says what helps.
    #[error("the signature does not count")]
    Signature(#[from] SignatureFault),
    /// The authentication key signed; the signing key helps.
    #[error("the authentication key signed the revocation")]
    LoginKey,
    /// The certificate is not for signing; the signing key helps.
    #[error("the certificate is not for signing")]
    NotForSigning,
    /// Another person's key signed; her own helps.
    #[error("the key is another person's")]
    OtherPerson,
    /// What can go wrong in every step.
    #[error("nothing was revoked")]
    Step(#[from] StepError),
}

impl RevokeError {
    /// The machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NothingChosen => codes::NO_CERTIFICATE_CHOSEN,
            Self::Event => codes::EVENT_UNKNOWN,
            Self::NotRevocable => codes::CERTIFICATE_NOT_REVOCABLE,
            Self::NotPrepared => codes::REVOCATION_EXPIRED,
            Self::Signature(fault) => fault.code(),
            Self::LoginKey => codes::LOGIN_KEY_USED,
            Self::NotForSigning => codes::NOT_A_SIGNING_KEY,
            Self::OtherPerson => codes::OTHER_PERSONS_KEY,
            Self::Step(error) => error.code(),
        }
    }
}

impl From<StorageError> for RevokeError {
    fn from(error: StorageError) -> Self {
        Self::Step(StepError::Storage(error))
    }
}

impl RegistrationAuthority {
    /// Makes the document that revokes certificates of the session's person, by serial number, after one of the events
    /// of [`LifeEvent`]. Nothing is revoked until it is signed, within ten minutes.
    ///
    /// # Errors
    /// [`RevokeError`] by what helps.
    pub fn prepare_revocation(
        &self,
        session: &Session,
        serials: &[String],
        event: &str,
        now: Timestamp,
    ) -> Result<Vec<u8>, RevokeError> {
        let event = LifeEvent::from_name(event).ok_or(RevokeError::Event)?;
        let mut work = self.storage.begin()?;
        let person = owner(work.as_mut(), session)?;
        let chosen = chosen(work.as_mut(), person.id, serials, now)?;
        let document = RevocationDocument {
            schema: SCHEMA.to_owned(),
            origin: self.config.origin().to_owned(),
            nonce: random_hex(&mut self.random()),
            created: now,
            owner: Applicant {
                iin: person.iin.as_str().to_owned(),
                surname: person.surname.clone(),
                given_name: person.given_name.clone(),
                patronymic: person.patronymic.clone(),
                country: self.config.country().to_owned(),
            },
            event: event.name().to_owned(),
            reason: event.reason().name().to_owned(),
            certificates: chosen.iter().map(described).collect(),
        };
        let document = document
            .to_bytes()
            .map_err(|_| StorageError::Damaged("a revocation document".to_owned()))?;
        work.secrets().insert_token(
            TokenPurpose::Revocation,
            &sha256(&document),
            Some(person.id),
            "",
            now.plus(LIFE),
        )?;
        work.commit()?;
        Ok(document)
    }

    /// Revokes what a prepared document names, for good: CMS signed data with the document inside, by a signing key of
    /// the person whose certificate counts at this moment, be it one of those that are revoked.
    ///
    /// Certificates, evidence, audit events and the notice are one unit of work, so OCSP answers accordingly when this
    /// returns. Whoever lost a key is also signed out everywhere else, and applications signed with the lost key are
    /// refused. Repeating it with a signature over the same document returns what came of it.
    ///
    /// # Errors
    /// [`RevokeError`] by what helps.
    pub fn revoke(
        &self,
        session: &Session,
        message: &[u8],
        now: Timestamp,
    ) -> Result<Revoked, RevokeError> {
        let signature = Signature::read(message, now)?;
        let judged = self.judge(&signature, now)?;
        let digest = sha256(&signature.content);
        let mut work = self.storage.begin()?;
        if let Some(done) = work.revocations().find(&digest)?
            && done.person == session.person
        {
            return Ok(revoked(work.as_mut(), session, &done)?);
        }
        let person = owner(work.as_mut(), session)?;
        let signer = judged.map_err(|refused| refused.fault)?;
        check_signer(&signer, &person)?;
        let document = RevocationDocument::from_bytes(&signature.content)
            .map_err(|_| RevokeError::NotPrepared)?;
        let event = document.event().ok_or(RevokeError::Event)?;
        let prepared = work
            .secrets()
            .take_token(TokenPurpose::Revocation, &digest, now)?;
        if prepared.and_then(|(whose, _)| whose) != Some(person.id) {
            return Err(RevokeError::NotPrepared);
        }
        let serials: Vec<String> = document
            .certificates
            .into_iter()
            .map(|certificate| certificate.serial)
            .collect();
        let chosen = chosen(work.as_mut(), person.id, &serials, now)?;
        let revocation = Revocation {
            person: person.id,
            event,
            at: now,
            certificates: chosen.iter().map(|record| record.id).collect(),
            document: signature.content,
            signature: message.to_vec(),
            signer: signer.id,
        };
        carry_out(work.as_mut(), &revocation, &chosen)?;
        if event == LifeEvent::Lost {
            Holder::from(session).end_other_sessions(work.as_mut(), &person)?;
            let (lost, at) = (&revocation.certificates, revocation.at);
            refuse_applications(work.as_mut(), person.id, lost, at)?;
        }
        let body = MessageBody::Revoked {
            serials,
            reason: event.reason().name().to_owned(),
            by_code: false,
            not_me_path: self.not_me_path(work.as_mut(), &person, "", now)?,
        };
        notify(work.as_mut(), &person, body, now)?;
        let outcome = revoked(work.as_mut(), session, &revocation)?;
        work.commit()?;
        tracing::info!(person = %person.id, certificates = outcome.serials.len(), reason = outcome.reason.name(), "revoked by their owner");
        Ok(outcome)
    }
}

fn owner(work: &mut dyn UnitOfWork, session: &Session) -> Result<Person, StepError> {
    let person = work
        .persons()
        .find(session.person)?
        .ok_or(StepError::NotFound)?;
    if person.frozen_at.is_some() {
        return Err(StepError::Frozen);
    }
    Ok(person)
}

/// The certificates of these serial numbers, if each of them is the person's and counts now.
fn chosen(
    work: &mut dyn UnitOfWork,
    person: PersonId,
    serials: &[String],
    now: Timestamp,
) -> Result<Vec<CertificateRecord>, RevokeError> {
    if serials.is_empty() {
        return Err(RevokeError::NothingChosen);
    }
    if serials.len() > MOST {
        return Err(RevokeError::NotRevocable);
    }
    let mut wanted: Vec<&str> = serials.iter().map(String::as_str).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut records = work.certificates().of_person(person, ALL)?;
    records.retain(|record| {
        record.status.is_valid()
            && record.not_after >= now
            && wanted.binary_search(&record.serial.hex().as_str()).is_ok()
    });
    if records.len() == wanted.len() {
        Ok(records)
    } else {
        Err(RevokeError::NotRevocable)
    }
}

fn described(record: &CertificateRecord) -> RevokedCertificate {
    let purpose = match record.purpose {
        Purpose::Authentication => "authentication",
        Purpose::Signature => "signature",
        Purpose::Both => "both",
        Purpose::CertificationAuthority | Purpose::Other => "other",
    };
    RevokedCertificate {
        serial: record.serial.hex(),
        purpose: purpose.to_owned(),
        keystore: record
            .keystore
            .map(KeystoreKind::identifier)
            .map(str::to_owned),
        not_after: record.not_after,
    }
}

/// The signing key of the same person: the key that signed in is not enough.
fn check_signer(signer: &CertificateRecord, person: &Person) -> Result<(), RevokeError> {
    if signer.person != Some(person.id) {
        return Err(RevokeError::OtherPerson);
    }
    match signer.purpose {
        Purpose::Signature | Purpose::Both => Ok(()),
        Purpose::Authentication => Err(RevokeError::LoginKey),
        Purpose::CertificationAuthority | Purpose::Other => Err(RevokeError::NotForSigning),
    }
}

/// Changes the records here and not through the certification authority, because that would be a unit of work of its
/// own for each.
fn carry_out(
    work: &mut dyn UnitOfWork,
    revocation: &Revocation,
    chosen: &[CertificateRecord],
) -> Result<(), StorageError> {
    let reason = revocation.event.reason();
    let did = |action, object, detail: &str, work: &mut dyn UnitOfWork| {
        let evidence = Evidence {
            actor: Actor::Person(revocation.person),
            action,
            object,
            detail,
        };
        evidence.record(work, revocation.at)
    };
    let digest = hex(&revocation.document_sha256());
    let person = person_object(revocation.person);
    did("revocation.sign", person, &digest, work)?;
    work.revocations().insert(revocation)?;
    for record in chosen {
        let ended = Status::Revoked {
            at: revocation.at,
            reason,
        };
        work.certificates()
            .set_status(record.id, record.status, ended, revocation.at)?;
        let object = certificate_object(record.issuer, &record.serial);
        did("certificate.revoke", object, reason.name(), work)?;
    }
    Ok(())
}

/// Refuses applications that were signed in for or signed with a lost key and are not issued yet. What is being issued this
/// moment is revoked, or given up when its signature comes: see [`refuse_confirmed`].
pub(crate) fn refuse_applications(
    work: &mut dyn UnitOfWork,
    person: PersonId,
    lost: &[CertificateId],
    now: Timestamp,
) -> Result<(), StepError> {
    let is_lost = |id: CertificateId| lost.contains(&id);
    for mut application in work.applications().of_person(person, ALL)? {
        let signed = application
            .signed
            .as_ref()
            .is_some_and(|signed| is_lost(signed.signer));
        if !signed && !application.login_certificate.is_some_and(is_lost) {
            continue;
        }
        match application.state {
            State::Submitted { .. } | State::Awaiting2fa { .. } => {
                reject(work, &mut application, codes::KEY_REVOKED, now)?;
            }
            State::Confirmed { .. } => {
                let reason = codes::KEY_REVOKED;
                refuse_confirmed(work, &mut application, reason, String::new(), now)?;
            }
            State::Draft
            | State::Rejected { .. }
            | State::Expired { .. }
            | State::Issued { .. }
            | State::Installed { .. }
            | State::Cancelled { .. } => {}
        }
    }
    Ok(())
}

fn revoked(
    work: &mut dyn UnitOfWork,
    session: &Session,
    revocation: &Revocation,
) -> Result<Revoked, StorageError> {
    let mut serials = Vec::new();
    for id in &revocation.certificates {
        if let Some(record) = work.certificates().find(*id)? {
            serials.push(record.serial);
        }
    }
    let reason = revocation.event.reason();
    Ok(Revoked {
        serials,
        reason,
        at: revocation.at,
        // A session outlives the replacement of its certificate.
        signed_out: reason != RevocationReason::Superseded
            && revocation.certificates.contains(&session.certificate),
    })
}
