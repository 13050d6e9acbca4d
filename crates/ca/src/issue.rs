//! From a prepared certificate to a certificate: sign, compare, store.

use std::sync::Arc;

use tanba_crypto::SignError;
use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::ports::{IssuanceError, StorageError, UnitOfWork, certificate_object};
use tanba_pki::{Certificate, Timestamp, assemble_certificate};

use crate::desk::{Desk, audit, fingerprint};
use crate::error::AuthorityError;
use crate::issuer::Issuer;
use crate::prepare::{Prepared, is_frozen};

impl Prepared {
    /// Signs what was recorded, compares it octet for octet with the record, and stores all of it in one commit.
    ///
    /// # Errors
    /// [`IssuanceError::Signer`] or [`IssuanceError::Storage`]: nothing left the authority, and the intents stay open
    /// for another try. [`IssuanceError::Frozen`]: they were given up.
    #[tracing::instrument(name = "ca.issue", skip_all)]
    pub fn issue(self, now: Timestamp) -> Result<Vec<CertificateRecord>, IssuanceError> {
        let Self { desk, items, actor } = self;
        let signed = items
            .into_iter()
            .map(|(issuer, record)| desk.sign(&issuer, record))
            .collect::<Result<Vec<_>, IssuanceError>>()?;
        if signed.iter().all(|item| item.certificate.is_none()) {
            return Ok(signed.into_iter().map(|item| item.record).collect());
        }
        let mut unit = desk.storage.begin()?;
        if is_holder_frozen(unit.as_mut(), &signed)? {
            for item in signed.iter().filter(|item| item.certificate.is_some()) {
                give_up(unit.as_mut(), &item.record, "person is frozen", now)?;
            }
            unit.commit()?;
            return Err(IssuanceError::Frozen);
        }
        let mut records = Vec::with_capacity(signed.len());
        for item in signed {
            records.push(store(unit.as_mut(), item, &actor, now)?);
        }
        unit.commit()?;
        for record in &records {
            tracing::info!(serial = %record.serial, profile = %record.profile, "certificate issued");
        }
        Ok(records)
    }
}

/// A record, and the certificate that was made of it unless it has one already.
struct Signed {
    record: CertificateRecord,
    certificate: Option<Vec<u8>>,
}

impl Desk {
    fn sign(
        &self,
        issuer: &Arc<Issuer>,
        record: CertificateRecord,
    ) -> Result<Signed, IssuanceError> {
        if record.status != Status::Intended {
            return Ok(Signed {
                record,
                certificate: None,
            });
        }
        let key = issuer.key(self.chest.as_ref()).map_err(key_fault)?;
        let signature = key
            .sign(&record.to_be_signed)
            .map_err(IssuanceError::Signer)?;
        let der = assemble_certificate(&record.to_be_signed, key.algorithm(), &signature);
        compare(issuer, &record, &der).map_err(|reason| {
            tracing::error!(serial = %record.serial, reason, "the signing key made something else than was asked");
            IssuanceError::Signer(SignError::Failed)
        })?;
        Ok(Signed {
            record,
            certificate: Some(der),
        })
    }
}

/// Whatever made the signature, only what was recorded may leave.
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

/// Stores a certificate with its evidence; what somebody else stored meanwhile stands.
fn store(
    unit: &mut dyn UnitOfWork,
    signed: Signed,
    actor: &Actor,
    now: Timestamp,
) -> Result<CertificateRecord, IssuanceError> {
    let Signed {
        record,
        certificate: Some(der),
    } = signed
    else {
        return Ok(signed.record);
    };
    let stored = unit
        .certificates()
        .find(record.id)?
        .ok_or(StorageError::Conflict)?;
    if stored.status != Status::Intended {
        return if stored.der.is_some() {
            Ok(stored)
        } else {
            Err(StorageError::Conflict.into())
        };
    }
    if stored.to_be_signed != record.to_be_signed {
        return Err(StorageError::Damaged(
            "the recorded bytes changed between intent and signature".to_owned(),
        )
        .into());
    }
    unit.certificates().complete(record.id, &der, now)?;
    let object = certificate_object(record.issuer, &record.serial);
    audit(
        unit,
        actor,
        "certificate.issue",
        object,
        fingerprint(&der),
        now,
    )?;
    unit.certificates()
        .find(record.id)?
        .ok_or_else(|| StorageError::Conflict.into())
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

fn is_holder_frozen(unit: &mut dyn UnitOfWork, signed: &[Signed]) -> Result<bool, StorageError> {
    for person in signed.iter().filter_map(|item| item.record.person) {
        if is_frozen(unit, person)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn key_fault(error: AuthorityError) -> IssuanceError {
    IssuanceError::Signer(SignError::Unavailable(Box::new(error)))
}
