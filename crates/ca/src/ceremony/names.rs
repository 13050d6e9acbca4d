//! Names of authorities: status is looked up by them, so each has one of its own.

use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::ports::{IssuerKind, StorageError};
use tanba_pki::{Certificate, DistinguishedName};

use super::certify::CROSS_PROFILE;
use super::take_in::read;
use super::{CeremonyError, Room};
use crate::issuer::Issuer;

impl Room {
    /// Refuses, in the certificate of a new authority, the name of one of this installation, of one that waits for its
    /// certificate here under another name in its plan, and of whomever an authority of this installation cross-certified.
    pub(super) fn has_own_name(
        &self,
        name: &DistinguishedName,
        planned: &str,
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
        for record in unit.certificates().of_service(CROSS_PROFILE)? {
            if certificate_of(&record)?.is_some_and(|other| other.subject().is_same(name)) {
                return taken(&format!(
                    "the authority that was cross-certified under the serial number {}",
                    record.serial
                ));
            }
        }
        Ok(())
    }

    /// Refuses to cross-certify somebody who goes by the name of an authority of this installation, or such an authority
    /// itself, or by that of another key that is cross-certified: status is looked up by name, so that lists of the one would
    /// answer for certificates of the other. A root of this installation may be certified by another one of it, and a partner
    /// anew with the same key.
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
        for record in unit.certificates().of_service(CROSS_PROFILE)? {
            // What is revoked for good leads to nobody any more: that partner may come back with a new key.
            if !matches!(record.status, Status::Valid | Status::Intended) {
                continue;
            }
            let Some(other) = certificate_of(&record)? else {
                continue;
            };
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

/// A certificate on record; `None` of an intent, whose certificate is not made.
fn certificate_of(record: &CertificateRecord) -> Result<Option<Certificate>, CeremonyError> {
    let Some(der) = &record.der else {
        return Ok(None);
    };
    let read = Certificate::from_der(der)
        .map_err(|_| StorageError::Damaged(format!("certificate {}", record.serial)))?;
    Ok(Some(read))
}
