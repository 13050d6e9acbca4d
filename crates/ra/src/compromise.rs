//! Keys that are to be trusted no more: the block list, and the statement of whoever holds a key.

use tanba_model::application::State;
use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::key::{BlockSource, BlockedKey, key_object};
use tanba_model::message::AdministratorAct;
use tanba_model::ports::{StorageError, UnitOfWork, certificate_object};
use tanba_pki::{AttestationError, CompromiseAttestation, SerialNumber, Timestamp};

use crate::RegistrationAuthority;
use crate::codes;
use crate::error::{StepError, storage_code};
use crate::evidence::Evidence;
use crate::notify::announce_act;
use crate::reissue::refuse_confirmed;
use crate::revoke::refuse_applications;

const REASON: &str = "whoever holds the key says that it is compromised";

/// What blocking a key did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyBlocked {
    /// SHA-256 of the key's `SubjectPublicKeyInfo`.
    pub public_key_sha256: [u8; 32],
    /// Whether it was not on the list before.
    pub is_new: bool,
    /// Certificates of people that were revoked just now.
    pub revoked: Vec<SerialNumber>,
    /// Certificates of the authority itself: left to people, since without them nothing else can be verified.
    pub own: Vec<SerialNumber>,
}

/// Why a statement was not acted upon. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestedError {
    /// It is no statement, or none of its key, or none for this authority.
    #[error(transparent)]
    Attestation(#[from] AttestationError),
    /// It was acted upon before.
    #[error(
        "this key is blocked already and none of its certificates counts; nothing is left to do"
    )]
    Already,
    /// Nobody has a certificate of the key.
    #[error("this authority never certified this key; there is nothing to revoke")]
    Unknown,
    /// Storage did not do it; trying again helps.
    #[error("nothing was revoked, because storage did not answer")]
    Storage(#[from] StorageError),
}

impl AttestedError {
    /// The machine code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Attestation(AttestationError::Statement) => codes::ATTESTATION_STATEMENT,
            Self::Attestation(AttestationError::OtherAuthority) => codes::ATTESTATION_ELSEWHERE,
            Self::Attestation(AttestationError::Possession) => codes::ATTESTATION_POSSESSION,
            Self::Attestation(_) => codes::ATTESTATION_MALFORMED,
            Self::Already => codes::KEY_BLOCKED_ALREADY,
            Self::Unknown => codes::KEY_UNKNOWN,
            Self::Storage(error) => storage_code(error),
        }
    }
}

/// Blocks a key and revokes every certificate that a person has of it, with evidence and with notice to the person, all in
/// one unit of work. Applications that the key signed, or for which it was to be certified, are refused, also when they are
/// confirmed: what was issued for them is revoked, and what waits for a signature is given up when its turn comes.
///
/// # Errors
/// [`StorageError`]; then nothing may be kept of the unit.
pub fn block_key(
    work: &mut dyn UnitOfWork,
    key: &BlockedKey,
    actor: &Actor,
    origin: &str,
) -> Result<KeyBlocked, StorageError> {
    let mut done = KeyBlocked {
        public_key_sha256: key.public_key_sha256,
        is_new: work.keys().block(key)?,
        ..KeyBlocked::default()
    };
    if done.is_new {
        let evidence = Evidence {
            actor: actor.clone(),
            action: "key.block",
            object: key_object(&key.public_key_sha256),
            detail: &key.evidence(),
        };
        evidence.record_from(work, key.at, origin)?;
    }
    let records = work.certificates().of_key(&key.public_key_sha256)?;
    for record in &records {
        let since = match record.status {
            Status::Valid => key.at,
            // It was not to be trusted since it was frozen.
            Status::Revoked {
                at,
                reason: RevocationReason::CertificateHold,
            } => at,
            Status::Intended | Status::Void | Status::Revoked { .. } => continue,
        };
        if record.person.is_some() {
            revoke(work, record, since, actor, key.at)?;
            done.revoked.push(record.serial);
        } else {
            done.own.push(record.serial);
        }
    }
    for record in &records {
        refuse(work, record, key.at).map_err(storage_fault)?;
    }
    Ok(done)
}

/// Refuses what waits for this certificate, and what it signed.
fn refuse(
    work: &mut dyn UnitOfWork,
    record: &CertificateRecord,
    now: Timestamp,
) -> Result<(), StepError> {
    if let Some(id) = record.application
        && let Some(mut application) = work.applications().find(id)?
        && matches!(application.state, State::Confirmed { .. })
    {
        let reason = codes::REQUEST_BLOCKED_KEY;
        refuse_confirmed(work, &mut application, reason, String::new(), now)?;
    }
    match record.person {
        Some(person) => refuse_applications(work, person, &[record.id], now),
        None => Ok(()),
    }
}

/// States are looked at in the unit of work itself, so that only storage can say no.
fn storage_fault(error: StepError) -> StorageError {
    match error {
        StepError::Storage(error) => error,
        StepError::Issuance(_)
        | StepError::Frozen
        | StepError::Died
        | StepError::DataChanged
        | StepError::NotFound
        | StepError::WrongState(_) => StorageError::Conflict,
    }
}

fn revoke(
    work: &mut dyn UnitOfWork,
    record: &CertificateRecord,
    since: Timestamp,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), StorageError> {
    let reason = RevocationReason::KeyCompromise;
    let to = Status::Revoked { at: since, reason };
    work.certificates()
        .set_status(record.id, record.status, to, now)?;
    let evidence = Evidence {
        actor: actor.clone(),
        action: "certificate.revoke",
        object: certificate_object(record.issuer, &record.serial),
        detail: reason.name(),
    };
    evidence.record(work, now)?;
    let Some(person) = record.person else {
        return Ok(());
    };
    // Whoever has the key must not stay signed in with it.
    work.sessions().delete_of_person(person)?;
    announce_act(
        work,
        person,
        AdministratorAct::KeyCompromised,
        &[record.serial],
        Some(reason),
        now,
    )
}

/// Acts upon the statement of whoever holds a key: see [`CompromiseAttestation`]. The statement itself is kept as evidence.
///
/// A key that was never certified here is not put on the list: or anybody could fill it with keys made for that.
///
/// # Errors
/// [`AttestedError`]; then nothing may be kept of the unit.
pub fn attested(
    work: &mut dyn UnitOfWork,
    statement: &[u8],
    actor: &Actor,
    origin: &str,
    now: Timestamp,
) -> Result<KeyBlocked, AttestedError> {
    let attestation = read(work, statement)?;
    // Certificates have the usual encoding; who states it may have the key in another.
    let key = attestation.public_key().in_usual_encoding();
    let public_key_sha256 = key.map_err(|_| AttestedError::Unknown)?.sha256();
    if work.certificates().of_key(&public_key_sha256)?.is_empty() {
        return Err(AttestedError::Unknown);
    }
    let key = BlockedKey {
        public_key_sha256,
        at: now,
        source: BlockSource::Attestation,
        reason: REASON.to_owned(),
        attestation: Some(attestation.der().to_vec()),
    };
    let done = block_key(work, &key, actor, origin)?;
    if !done.is_new && done.revoked.is_empty() {
        return Err(AttestedError::Already);
    }
    if !done.is_new {
        let evidence = Evidence {
            actor: actor.clone(),
            action: "key.attest",
            object: key_object(&public_key_sha256),
            detail: REASON,
        };
        evidence.record_from(work, now, origin)?;
    }
    Ok(done)
}

fn read(
    work: &mut dyn UnitOfWork,
    statement: &[u8],
) -> Result<CompromiseAttestation, AttestedError> {
    let issuers = work.issuers().all()?;
    let authorities = issuers
        .iter()
        .map(|record| record.issuer.certificate.as_slice());
    Ok(CompromiseAttestation::read(statement, authorities)?)
}

impl RegistrationAuthority {
    /// Acts upon the statement of a stranger that a key is compromised. `origin` is a digest of where it came from.
    ///
    /// # Errors
    /// [`AttestedError`] with what is wrong with it; then nothing was changed.
    pub fn attest_compromise(
        &self,
        statement: &[u8],
        origin: &str,
        now: Timestamp,
    ) -> Result<KeyBlocked, AttestedError> {
        // Strangers send what they like: nobody waits for the only writer until it is known to prove something.
        read(self.storage.snapshot()?.as_mut(), statement)?;
        let mut work = self.storage.begin()?;
        let done = attested(work.as_mut(), statement, &Actor::KeyHolder, origin, now)?;
        work.commit()?;
        tracing::warn!(
            certificates = done.revoked.len(),
            "a key was blocked: whoever holds it says that it is compromised"
        );
        for serial in &done.own {
            tracing::error!(%serial, "whoever holds the key of this certificate of the authority says that it is compromised");
        }
        Ok(done)
    }
}
