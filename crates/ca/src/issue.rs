//! From a prepared certificate to a certificate: sign, compare, store.

use std::sync::Arc;

use tanba_crypto::{Late, SignError, SignatureAlgorithm};
use tanba_model::audit::{Actor, origin};
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::id::ApplicationId;
use tanba_model::ports::{IssuanceError, StorageError, UnitOfWork, certificate_object};
use tanba_pki::{Envelope, Timestamp, assemble_certificate};

use crate::desk::{Desk, audit, fingerprint};
use crate::error::AuthorityError;
use crate::fitness::{fallen, must_be_fit};
use crate::issuer::Issuer;
use crate::prepare::Prepared;
use crate::signing::Claim;
use crate::switch::is_stopped;
use crate::together::partners;

impl Prepared {
    /// Signs what was recorded, compares it octet for octet with the record, and stores all of it in one commit.
    ///
    /// # Errors
    /// [`IssuanceError::Signer`] or [`IssuanceError::Storage`]: nothing left the authority, and the intents stay open
    /// for another try, as after [`IssuanceError::Stopped`]. [`IssuanceError::Frozen`], [`IssuanceError::Ended`] or
    /// [`IssuanceError::Request`]: all of them were given up, and what was a certificate already is the caller's to revoke.
    #[tracing::instrument(name = "ca.issue", skip_all)]
    pub fn issue(self, now: Timestamp) -> Result<Vec<CertificateRecord>, IssuanceError> {
        let Self { desk, items, actor } = self;
        let profiles: Vec<String> = items
            .iter()
            .map(|(_, record)| record.profile.clone())
            .collect();
        desk.sign_and_store(&items, &actor, now)
            .inspect_err(|error| {
                for profile in &profiles {
                    desk.count(profile, result(error));
                }
            })
    }
}

/// A record, and the certificate that was made of it unless it has one already.
pub(crate) struct Signed {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) record: CertificateRecord,
    certificate: Option<Made>,
}

impl Signed {
    /// Whether another answers the same application.
    pub(crate) fn belongs_to(&self, other: &Self) -> bool {
        self.record.application.is_some() && self.record.application == other.record.application
    }

    /// Whether a certificate was made that is not stored yet.
    pub(crate) const fn is_new(&self) -> bool {
        self.certificate.is_some()
    }

    /// By which records that belong together come beside each other.
    pub(crate) const fn application(&self) -> Option<ApplicationId> {
        self.record.application
    }
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
    /// Nobody may have it any more, or one that belongs to it.
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
        IssuanceError::Ended => "ended",
        IssuanceError::Stopped => "stopped",
        IssuanceError::Unfit(_) => "authority_unfit",
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
        items: &[(Arc<Issuer>, CertificateRecord)],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Vec<CertificateRecord>, IssuanceError> {
        let signed = items
            .iter()
            .map(|(issuer, record)| self.sign(issuer, record.clone(), actor, now))
            .collect::<Result<Vec<_>, IssuanceError>>();
        if let Err(IssuanceError::Unfit(unfit)) = &signed
            && unfit.why.is_final()
        {
            self.abandon(items, unfit, now)?;
        }
        let signed = signed?;
        self.store_together(signed, actor, now)?
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
                issuer: Arc::clone(issuer),
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
        must_be_fit(unit.as_mut(), issuer, &record.profile, now)?;
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
            issuer: Arc::clone(issuer),
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
        let from = origin::here();
        Box::new(move |signature| {
            let serial = record.serial;
            let stored = assemble(&issuer, &record, algorithm, &signature).and_then(|der| {
                let certificate = Some(Made { der, _claim: claim });
                let signed = Signed {
                    issuer,
                    record,
                    certificate,
                };
                origin::within(&from, || desk.store_together(vec![signed], &actor, now))
            });
            match stored {
                Ok(_) => tracing::warn!(%serial, "a signature came late, and was kept"),
                Err(error) => {
                    tracing::error!(%serial, error = %error, "a signature came late and was not kept; its intent stays open")
                }
            }
        })
    }

    /// Stores what belongs together, with its evidence, in one commit that others may share: all or nothing.
    fn store_together(
        &self,
        signed: Vec<Signed>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, IssuanceError> {
        if let Some(outcomes) = settled_already(&[&signed]) {
            return Ok(outcomes);
        }
        let signed = Arc::new(signed);
        let (theirs, actor) = (Arc::clone(&signed), actor.clone());
        let outcomes = self
            .storage
            .durably_together(move |unit| close(unit, &theirs, &actor, now))?;
        self.tell(&[&signed], &outcomes);
        Ok(outcomes)
    }

    /// Stores several groups, with their evidence, in one commit: of each group all or nothing.
    pub(crate) fn store(
        &self,
        groups: &[&[Signed]],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Vec<Outcome>, IssuanceError> {
        if let Some(outcomes) = settled_already(groups) {
            return Ok(outcomes);
        }
        let outcomes = self.storage.durably(&mut |unit| {
            let mut outcomes = Vec::new();
            for group in groups {
                outcomes.append(&mut close(unit, group, actor, now)?);
            }
            Ok::<_, IssuanceError>(outcomes)
        })?;
        self.tell(groups, &outcomes);
        Ok(outcomes)
    }

    /// Counts what was issued, and logs it.
    fn tell(&self, groups: &[&[Signed]], outcomes: &[Outcome]) {
        for (item, outcome) in groups.iter().copied().flatten().zip(outcomes) {
            if let (Some(_), Outcome::Issued(record)) = (&item.certificate, outcome) {
                self.count(&record.profile, "issued");
                tracing::info!(serial = %record.serial, profile = %record.profile, "certificate issued");
            }
        }
    }
}

/// The outcomes where everything was a certificate before, so that there is nothing to be stored.
fn settled_already(groups: &[&[Signed]]) -> Option<Vec<Outcome>> {
    let signed = || groups.iter().copied().flatten();
    signed().all(|item| item.certificate.is_none()).then(|| {
        signed()
            .map(|item| Outcome::Issued(item.record.clone()))
            .collect()
    })
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

/// The recorded bytes were read whole, twice, by the lint before they were recorded; what is compared octet for octet with
/// them is not read a third time.
fn compare(issuer: &Issuer, record: &CertificateRecord, der: &[u8]) -> Result<(), &'static str> {
    let certificate = Envelope::from_der(der).map_err(|_| "it is not a certificate")?;
    if certificate.tbs_der() != record.to_be_signed {
        return Err("the signed bytes are not the recorded ones");
    }
    if certificate.serial_bytes() != record.serial.as_bytes() {
        return Err("the serial number is not the recorded one");
    }
    certificate
        .verify_signed_by(&issuer.verifier)
        .map_err(|_| "the signature does not verify with the issuer's key")
}

/// Stores certificates that belong together with their evidence, or gives all of them up; what somebody else stored
/// meanwhile stands.
fn close(
    unit: &mut dyn UnitOfWork,
    group: &[Signed],
    actor: &Actor,
    now: Timestamp,
) -> Result<Vec<Outcome>, IssuanceError> {
    let mut records = Vec::with_capacity(group.len());
    for signed in group {
        records.push(stored(unit, signed)?);
    }
    let is_open = |(signed, record): &(&Signed, &CertificateRecord)| {
        signed.certificate.is_some() && record.status == Status::Intended
    };
    if group.iter().zip(&records).any(|item| is_open(&item)) {
        // A late signature comes alone; what belongs to it is in storage.
        let from_storage = match group {
            [alone] if alone.record.application.is_some() => Some(partners(unit, &alone.record)?),
            _ => None,
        };
        let all = from_storage.as_deref().unwrap_or(&records);
        if let Some(fallen) = fallen(unit, group, all, now)? {
            let reason = fallen.reason();
            for intent in all.iter().filter(|one| one.status == Status::Intended) {
                give_up(unit, intent, reason, now)?;
            }
            let told = group.iter().zip(records).map(|(signed, record)| {
                if is_open(&(signed, &record)) {
                    Outcome::GivenUp(record, fallen.error())
                } else {
                    settled(record)
                }
            });
            return Ok(told.collect());
        }
    }
    let mut outcomes = Vec::with_capacity(group.len());
    for (signed, record) in group.iter().zip(records) {
        outcomes.push(match &signed.certificate {
            Some(Made { der, .. }) if record.status == Status::Intended => {
                complete(unit, &signed.issuer, record, der, actor, now)?
            }
            _ => settled(record),
        });
    }
    Ok(outcomes)
}

/// The record as it is now.
fn stored(unit: &mut dyn UnitOfWork, signed: &Signed) -> Result<CertificateRecord, IssuanceError> {
    let record = &signed.record;
    if signed.certificate.is_none() {
        return Ok(record.clone());
    }
    let stored = unit
        .certificates()
        .find(record.id)?
        .ok_or(StorageError::Conflict)?;
    if stored.to_be_signed != record.to_be_signed {
        return Err(StorageError::Damaged(
            "the recorded bytes changed between intent and signature".to_owned(),
        )
        .into());
    }
    Ok(stored)
}

/// What somebody else made of an intent.
fn settled(record: CertificateRecord) -> Outcome {
    if record.status == Status::Void {
        return Outcome::GivenUp(record, StorageError::Conflict.into());
    }
    Outcome::Issued(record)
}

fn complete(
    unit: &mut dyn UnitOfWork,
    issuer: &Issuer,
    stored: CertificateRecord,
    der: &[u8],
    actor: &Actor,
    now: Timestamp,
) -> Result<Outcome, IssuanceError> {
    // Stopped while the key signed: the signature is dropped, and the intent waits as it is.
    if is_stopped(unit, stored.person, stored.issuer, &stored.profile)? {
        return Err(IssuanceError::Stopped);
    }
    must_be_fit(unit, issuer, &stored.profile, now)?;
    unit.certificates().complete(stored.id, der, now)?;
    let object = certificate_object(stored.issuer, &stored.serial);
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
        der: Some(der.to_vec()),
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
