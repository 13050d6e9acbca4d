//! From a prepared certificate to a certificate: sign, compare, store.

use std::sync::Arc;

use tanba_crypto::{SignError, SignatureAlgorithm};
use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::ports::{
    IssuanceError, RequestFault, StorageError, UnitOfWork, certificate_object,
};
use tanba_pki::{Certificate, Timestamp, assemble_certificate};

use crate::desk::{Desk, audit, fingerprint};
use crate::error::AuthorityError;
use crate::issuer::Issuer;
use crate::prepare::{Prepared, fault, is_frozen};
use crate::signing::{Claim, Late};
use crate::switch::is_stopped;

/// Why an intent of a blocked key is given up.
pub(crate) const BLOCKED: &str = "its key is blocked";

impl Prepared {
    /// Signs what was recorded, compares it octet for octet with the record, and stores all of it in one commit.
    ///
    /// # Errors
    /// [`IssuanceError::Signer`] or [`IssuanceError::Storage`]: nothing left the authority, and the intents stay open
    /// for another try, as after [`IssuanceError::Stopped`]. [`IssuanceError::Frozen`], or
    /// [`RequestFault::BlockedKey`]: they were given up.
    #[tracing::instrument(name = "ca.issue", skip_all)]
    pub fn issue(self, now: Timestamp) -> Result<Vec<CertificateRecord>, IssuanceError> {
        let Self { desk, items, actor } = self;
        let profiles: Vec<String> = items
            .iter()
            .map(|(_, record)| record.profile.clone())
            .collect();
        desk.sign_and_store(items, &actor, now)
            .inspect_err(|error| {
                for profile in &profiles {
                    desk.count(profile, result(error));
                }
            })
    }
}

/// A record, and the certificate that was made of it unless it has one already.
pub(crate) struct Signed {
    record: CertificateRecord,
    certificate: Option<Made>,
}

/// A certificate that is not stored yet; nobody else may have its intent signed until it is.
struct Made {
    der: Vec<u8>,
    _claim: Arc<Claim>,
}

/// What became of an intent.
pub(crate) enum Outcome {
    /// It is a certificate.
    Issued(CertificateRecord),
    /// Its person was frozen meanwhile, or its key was blocked.
    GivenUp(CertificateRecord, IssuanceError),
}

/// The word by which issuances that came to nothing are counted.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what else there is, is a mistake of whoever asked"
)]
pub(crate) const fn result(error: &IssuanceError) -> &'static str {
    match error {
        IssuanceError::Request(_) => "refused",
        IssuanceError::Lint(_) => "faulty",
        IssuanceError::Signer(_) => "no_signature",
        IssuanceError::Frozen => "frozen",
        IssuanceError::Stopped => "stopped",
        IssuanceError::Storage(_) => "not_recorded",
        IssuanceError::ClockBehind => "clock_behind",
        _ => "unknown",
    }
}

impl Desk {
    /// Counts what became of an order.
    pub(crate) fn count(&self, profile: &str, result: &'static str) {
        // A name that no profile has was typed by somebody.
        let known = self.profiles.find(profile).is_some();
        let profile = if known { profile } else { "unknown" };
        self.signing.meters().issuance.add([profile, result]);
    }

    fn sign_and_store(
        &self,
        items: Vec<(Arc<Issuer>, CertificateRecord)>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Vec<CertificateRecord>, IssuanceError> {
        let signed = items
            .into_iter()
            .map(|(issuer, record)| self.sign(&issuer, record, actor, now))
            .collect::<Result<Vec<_>, IssuanceError>>()?;
        self.store(&signed, actor, now)?
            .into_iter()
            .map(|outcome| match outcome {
                Outcome::Issued(record) => Ok(record),
                Outcome::GivenUp(_, why) => Err(why),
            })
            .collect()
    }

    /// Signs an intent and compares what came out with it.
    pub(crate) fn sign(
        &self,
        issuer: &Arc<Issuer>,
        record: CertificateRecord,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Signed, IssuanceError> {
        let finished = |record| {
            Ok(Signed {
                record,
                certificate: None,
            })
        };
        if record.status != Status::Intended {
            return finished(record);
        }
        let (claim, waited) = self
            .signing
            .claim(record.id)
            .map_err(IssuanceError::Signer)?;
        if waited {
            let stored = self.storage.snapshot()?.certificates().find(record.id)?;
            let stored = stored.ok_or(StorageError::Conflict)?;
            match stored.status {
                Status::Intended => {}
                Status::Void => return Err(StorageError::Conflict.into()),
                Status::Valid | Status::Revoked { .. } => return finished(stored),
            }
        }
        let mut unit = self.storage.snapshot()?;
        if is_stopped(unit.as_mut(), record.person, record.issuer, &record.profile)? {
            return Err(IssuanceError::Stopped);
        }
        drop(unit);
        let key = issuer.key(self.chest.as_ref()).map_err(key_fault)?;
        let algorithm = key.algorithm();
        let late = || self.late((issuer, algorithm), &record, &claim, actor, now);
        let signature = self
            .signing
            .sign_or_later(&key, &record.to_be_signed, late)
            .map_err(IssuanceError::Signer)?;
        let der = assemble(issuer, &record, algorithm, &signature)?;
        Ok(Signed {
            record,
            certificate: Some(Made { der, _claim: claim }),
        })
    }

    /// A signature that comes when its request has given up waiting still completes its intent.
    fn late(
        &self,
        (issuer, algorithm): (&Arc<Issuer>, SignatureAlgorithm),
        record: &CertificateRecord,
        claim: &Arc<Claim>,
        actor: &Actor,
        now: Timestamp,
    ) -> Late {
        let (desk, issuer) = (self.clone(), Arc::clone(issuer));
        let (record, actor, claim) = (record.clone(), actor.clone(), Arc::clone(claim));
        Box::new(move |signature| {
            let serial = record.serial;
            let stored = assemble(&issuer, &record, algorithm, &signature).and_then(|der| {
                let certificate = Some(Made { der, _claim: claim });
                desk.store(
                    &[Signed {
                        record,
                        certificate,
                    }],
                    &actor,
                    now,
                )
            });
            match stored {
                Ok(_) => tracing::warn!(%serial, "a signature came late, and was kept"),
                Err(error) => {
                    tracing::error!(%serial, error = %error, "a signature came late and was not kept; its intent stays open")
                }
            }
        })
    }

    /// Stores what was signed, with its evidence, in one commit.
    pub(crate) fn store(
        &self,
        signed: &[Signed],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, IssuanceError> {
        let outcomes: Vec<Outcome> = if signed.iter().all(|item| item.certificate.is_none()) {
            let records = signed.iter().map(|item| item.record.clone());
            records.map(Outcome::Issued).collect()
        } else {
            self.storage.durably(&mut |unit| {
                let closed = signed.iter().map(|item| close(unit, item, actor, now));
                closed.collect::<Result<_, IssuanceError>>()
            })?
        };
        for (item, outcome) in signed.iter().zip(&outcomes) {
            if let (Some(_), Outcome::Issued(record)) = (&item.certificate, outcome) {
                self.count(&record.profile, "issued");
                tracing::info!(serial = %record.serial, profile = %record.profile, "certificate issued");
            }
        }
        Ok(outcomes)
    }
}

/// The certificate, if it is what was asked: whatever made the signature, only what was recorded may leave.
fn assemble(
    issuer: &Issuer,
    record: &CertificateRecord,
    algorithm: SignatureAlgorithm,
    signature: &[u8],
) -> Result<Vec<u8>, IssuanceError> {
    let der = assemble_certificate(&record.to_be_signed, algorithm, signature);
    compare(issuer, record, &der).map_err(|reason| {
        tracing::error!(serial = %record.serial, reason, "the signing key made something else than was asked");
        IssuanceError::Signer(SignError::Failed)
    })?;
    Ok(der)
}

fn compare(issuer: &Issuer, record: &CertificateRecord, der: &[u8]) -> Result<(), &'static str> {
    let certificate = Certificate::from_der(der).map_err(|_| "it is not a certificate")?;
    if certificate.tbs_der() != record.to_be_signed {
        return Err("the signed bytes are not the recorded ones");
    }
    if certificate.serial_bytes() != record.serial.as_bytes() {
        return Err("the serial number is not the recorded one");
    }
    certificate
        .verify_signed_by(issuer.certificate.public_key())
        .map_err(|_| "the signature does not verify with the issuer's key")
}

/// Stores a certificate with its evidence, or gives it up; what somebody else stored meanwhile stands.
fn close(
    unit: &mut dyn UnitOfWork,
    signed: &Signed,
    actor: &Actor,
    now: Timestamp,
) -> Result<Outcome, IssuanceError> {
    let Signed {
        record,
        certificate,
    } = signed;
    let Some(Made { der, .. }) = certificate else {
        return Ok(Outcome::Issued(record.clone()));
    };
    let stored = unit
        .certificates()
        .find(record.id)?
        .ok_or(StorageError::Conflict)?;
    match stored.status {
        Status::Intended => {}
        Status::Void => return Err(StorageError::Conflict.into()),
        Status::Valid | Status::Revoked { .. } => return Ok(Outcome::Issued(stored)),
    }
    if stored.to_be_signed != record.to_be_signed {
        return Err(StorageError::Damaged(
            "the recorded bytes changed between intent and signature".to_owned(),
        )
        .into());
    }
    // Stopped while the key signed: the signature is dropped, and the intent waits as it is.
    if is_stopped(unit, record.person, record.issuer, &record.profile)? {
        return Err(IssuanceError::Stopped);
    }
    if let Some(person) = record.person
        && is_frozen(unit, person)?
    {
        give_up(unit, &stored, "person is frozen", now)?;
        return Ok(Outcome::GivenUp(stored, IssuanceError::Frozen));
    }
    if unit.keys().is_blocked(&record.public_key_sha256)? {
        give_up(unit, &stored, BLOCKED, now)?;
        return Ok(Outcome::GivenUp(stored, fault(RequestFault::BlockedKey)));
    }
    unit.certificates().complete(record.id, der, now)?;
    let object = certificate_object(record.issuer, &record.serial);
    audit(
        unit,
        actor,
        "certificate.issue",
        object,
        fingerprint(der),
        now,
    )?;
    Ok(Outcome::Issued(CertificateRecord {
        status: Status::Valid,
        der: Some(der.clone()),
        ..stored
    }))
}

/// Voids an open intent with evidence.
pub(crate) fn give_up(
    unit: &mut dyn UnitOfWork,
    record: &CertificateRecord,
    reason: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    unit.certificates().void(record.id, now)?;
    let object = certificate_object(record.issuer, &record.serial);
    audit(
        unit,
        &Actor::System,
        "certificate.void",
        object,
        reason.to_owned(),
        now,
    )?;
    tracing::warn!(serial = %record.serial, reason, "an intent was given up");
    Ok(())
}

fn key_fault(error: AuthorityError) -> IssuanceError {
    IssuanceError::Signer(SignError::Unavailable(Box::new(error)))
}
