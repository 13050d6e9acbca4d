//! What was issued of a signed application: whose the certificates are, and what they say.

use tanba_model::application::{Application, State};
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::document::ApplicationDocument;
use tanba_model::ports::UnitOfWork;
use tanba_pki::{Certificate, hex};
use tanba_ra::is_named;

/// The certificates of an application.
pub(super) struct Certificates<'a> {
    row: &'a Application,
    document: &'a ApplicationDocument,
    /// Those that are recorded as its own.
    recorded: Vec<CertificateRecord>,
    /// Of each key that it names and of which something should be there.
    issued: Vec<OfKey>,
}

struct OfKey {
    records: Vec<CertificateRecord>,
    /// The one that its request names.
    named: Option<CertificateRecord>,
}

impl<'a> Certificates<'a> {
    pub(super) fn of(
        unit: &mut dyn UnitOfWork,
        row: &'a Application,
        document: &'a ApplicationDocument,
    ) -> anyhow::Result<Self> {
        let mut certificates = Self {
            row,
            document,
            recorded: unit.certificates().of_application(row.id)?,
            issued: Vec::new(),
        };
        for (key, request) in document.keys.iter().zip(&row.requests) {
            // Of one of which nothing was issued, somebody may have had a key certified otherwise.
            if !certificates.is_issued() && request.certificate.is_none() {
                continue;
            }
            let digest = hex::decode(&key.public_key_sha256);
            let Some(digest) = digest.and_then(|key| <[u8; 32]>::try_from(key).ok()) else {
                continue;
            };
            let records = unit.certificates().of_key(&digest)?;
            let named = match request.certificate {
                Some(id) => unit.certificates().find(id)?,
                None => None,
            };
            certificates.issued.push(OfKey { records, named });
        }
        Ok(certificates)
    }

    const fn is_issued(&self) -> bool {
        matches!(
            self.row.state,
            State::Issued { .. } | State::Installed { .. }
        )
    }

    /// Whether those of its keys are there and recorded as its own, and no others are: what happens to an application happens
    /// to them.
    pub(super) fn are_its_own(&self) -> bool {
        let names = |record: &CertificateRecord| {
            let key = hex::encode(&record.public_key_sha256);
            (self.document.keys.iter()).any(|named| named.public_key_sha256 == key)
        };
        let are_there = |of_key: &OfKey| {
            !self.is_issued()
                || of_key.records.iter().any(|record| record.der.is_some())
                || of_key.named.as_ref().is_some_and(is_over)
        };
        let are_recorded = |of_key: &OfKey| {
            (of_key.records.iter()).all(|record| record.application == Some(self.row.id))
        };
        self.recorded
            .iter()
            .all(|record| is_over(record) || names(record))
            && self.issued.iter().all(are_there)
            && self.issued.iter().all(are_recorded)
    }

    /// Whether each says the names and the address that were signed.
    pub(super) fn say_what_was_signed(&self) -> bool {
        let mut records = self.issued.iter().flat_map(|of_key| &of_key.records);
        records.all(|record| is_over(record) || says(record, self.document))
    }
}

/// Whether it was never issued, or revoked for good: what was wrong with it is put right.
fn is_over(record: &CertificateRecord) -> bool {
    match record.status {
        Status::Void => true,
        Status::Revoked { reason, .. } => reason != RevocationReason::CertificateHold,
        Status::Intended | Status::Valid => false,
    }
}

/// Whether a certificate says what was signed. That it is of the recorded key, and can be read, is for others to say.
fn says(record: &CertificateRecord, document: &ApplicationDocument) -> bool {
    let certificate = record.der.as_deref().map(Certificate::from_der);
    let Some(Ok(certificate)) = certificate else {
        return true;
    };
    if certificate.public_key().sha256() != record.public_key_sha256 {
        return true;
    }
    let emails = certificate.emails();
    emails
        .iter()
        .all(|email| Some(email) == document.email.as_ref())
        && is_named(certificate.subject(), &document.applicant.facts())
}
