//! Names of authorities: status is looked up by them, so each has one of its own.

use tanba_crypto::PublicKey;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::ports::{IssuerKind, StorageError};
use tanba_pki::{Certificate, DistinguishedName, TbsCertificate};

use super::certify::{CROSS_PROFILE, ISSUING_PROFILE};
use super::take_in::read;
use super::{CeremonyError, Room};
use crate::issuer::Issuer;

impl Room {
    /// Refuses, in the certificate of a new authority, the name of one of this installation, of one that waits for its
    /// certificate here under another name in its plan, and of whomever an authority of this installation certified: the
    /// issuing authority of another machine, unless it is certified anew with the same `key`, or a partner.
    pub(super) fn has_own_name(
        &self,
        name: &DistinguishedName,
        planned: &str,
        key: Option<&PublicKey>,
    ) -> Result<(), CeremonyError> {
        let mut unit = self.desk.storage.snapshot()?;
        let records = unit.issuers().all()?;
        let taken = |whose: &str| {
            Err(CeremonyError::Plan(format!(
                "the new authority needs another name in its certificate than {whose} has, so that lists of both cannot be taken for each other"
            )))
        };
        for record in &records {
            let other = Issuer::closed(record.clone(), &records)?;
            if other.certificate.subject().is_same(name) {
                return taken(&format!("\"{}\"", other.name));
            }
        }
        for awaited in unit.issuers().awaited()? {
            if awaited.name != planned && read(&awaited)?.subject().is_same(name) {
                return taken(&format!(
                    "\"{}\", which waits for its certificate,",
                    awaited.name
                ));
            }
        }
        // Of one that was revoked, too: it may go on signing lists in that name.
        for record in unit.certificates().of_service(ISSUING_PROFILE)? {
            let other = contents(&record)?;
            let is_that_one = key.is_some_and(|key| other.public_key().is_same_key(key));
            if other.subject().is_same(name) && !is_that_one {
                return taken(&format!(
                    "the one that was certified here for another key, under the serial number {},",
                    record.serial
                ));
            }
        }
        for record in unit.certificates().of_service(CROSS_PROFILE)? {
            if contents(&record)?.subject().is_same(name) {
                return taken(&format!(
                    "the authority that was cross-certified under the serial number {}",
                    record.serial
                ));
            }
        }
        Ok(())
    }

    /// Refuses to cross-certify somebody who goes by the name of an authority of this installation or of one that it
    /// certified for another machine, or such an authority itself, or by that of another key that is cross-certified: status
    /// is looked up by name, so that lists of the one would answer for certificates of the other. A root of this installation
    /// may be certified by another one of it, and a partner anew with the same key.
    pub(super) fn has_foreign_name(&self, subject: &Certificate) -> Result<(), CeremonyError> {
        let mut unit = self.desk.storage.snapshot()?;
        let records = unit.issuers().all()?;
        let taken = |whose: &str, lists: &str| {
            Err(CeremonyError::Material(format!(
                "the authority that is to be cross-certified has the same name in its certificate as {whose}, so that its lists would be taken for {lists}; nothing was signed"
            )))
        };
        for record in &records {
            let own = Issuer::closed(record.clone(), &records)?;
            let is_that_root = record.issuer.kind == IssuerKind::Root
                && own
                    .certificate
                    .public_key()
                    .is_same_key(subject.public_key());
            if own.certificate.subject().is_same(subject.subject()) && !is_that_root {
                return taken(&format!("\"{}\" of this installation", own.name), "ours");
            }
        }
        for awaited in unit.issuers().awaited()? {
            if read(&awaited)?.subject().is_same(subject.subject()) {
                let whose = format!("\"{}\", which waits for its certificate here", awaited.name);
                return taken(&whose, "ours");
            }
        }
        // An authority that serves elsewhere is no issuer here, where the root is: what it was certified with is all that tells.
        for record in unit.certificates().of_service(ISSUING_PROFILE)? {
            if contents(&record)?.subject().is_same(subject.subject()) {
                let whose = format!(
                    "the issuing authority that was certified here under the serial number {}",
                    record.serial
                );
                return taken(&whose, "ours");
            }
        }
        for record in unit.certificates().of_service(CROSS_PROFILE)? {
            // What is revoked for good leads to nobody any more: that partner may come back with a new key. What is frozen
            // leads there again once it is released.
            if matches!(record.status, Status::Revoked { reason, .. } if reason != RevocationReason::CertificateHold)
            {
                continue;
            }
            let other = contents(&record)?;
            if other.subject().is_same(subject.subject())
                && !other.public_key().is_same_key(subject.public_key())
            {
                let whose = format!(
                    "another one that was cross-certified, under the serial number {}",
                    record.serial
                );
                return taken(&whose, "lists of the other one");
            }
        }
        Ok(())
    }
}

/// What a certificate on record says; of an intent, too: it is signed whenever its plan is carried out again.
fn contents(record: &CertificateRecord) -> Result<TbsCertificate, CeremonyError> {
    let read = TbsCertificate::from_der(&record.to_be_signed)
        .map_err(|_| StorageError::Damaged(format!("certificate {}", record.serial)))?;
    Ok(read)
}
