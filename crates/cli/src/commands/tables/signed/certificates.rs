//! What was issued of a signed application: whose the certificates are, and what they say.

use tanba_crypto::PublicKey;
use tanba_model::application::{Application, State};
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::document::ApplicationDocument;
use tanba_model::ports::{StorageError, UnitOfWork};
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
    digest: [u8; 32],
    records: Vec<CertificateRecord>,
    /// The one that its request names.
    named: Option<CertificateRecord>,
}

impl<'a> Certificates<'a> {
    pub(super) fn of(
        unit: &mut dyn UnitOfWork,
        row: &'a Application,
        document: &'a ApplicationDocument,
    ) -> Result<Self, StorageError> {
        let mut certificates = Self {
            row,
            document,
            recorded: unit.certificates().of_application(row.id)?,
            issued: Vec::new(),
        };
        for (place, key) in document.keys.iter().enumerate() {
            let request = row.requests.get(place);
            let named = request.and_then(|request| request.certificate);
            // Of one of which nothing was issued, somebody may have had a key certified otherwise.
            if !certificates.is_issued() && named.is_none() {
                continue;
            }
            let digest = hex::decode(&key.public_key_sha256);
            let Some(digest) = digest.and_then(|key| <[u8; 32]>::try_from(key).ok()) else {
                continue;
            };
            let records = unit.certificates().of_key(&digest)?;
            let named = match named {
                Some(id) => unit.certificates().find(id)?,
                None => None,
            };
            certificates.issued.push(OfKey {
                digest,
                records,
                named,
            });
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
        let are_there = |of_key: &OfKey| {
            !self.is_issued()
                || of_key.records.iter().any(|record| record.der.is_some())
                || of_key
                    .named
                    .as_ref()
                    .is_some_and(|named| self.is_over(named))
        };
        let are_recorded = |of_key: &OfKey| {
            (of_key.records.iter()).all(|record| record.application == Some(self.row.id))
        };
        (self.recorded.iter()).all(|record| self.is_nothing(record) || self.names(record))
            && self.issued.iter().all(are_there)
            && self.issued.iter().all(are_recorded)
    }

    /// Whether one of its own was revoked for good: what was wrong with it is put right. Nobody else's says anything of that.
    fn is_over(&self, record: &CertificateRecord) -> bool {
        self.is_own(record)
            && matches!(record.status, Status::Revoked { reason, .. } if reason != RevocationReason::CertificateHold)
    }

    /// The same, or one of its own that was intended and given up.
    fn is_nothing(&self, record: &CertificateRecord) -> bool {
        self.is_over(record) || self.is_own(record) && record.status == Status::Void
    }

    /// Whether its document names the key.
    fn names(&self, record: &CertificateRecord) -> bool {
        let key = hex::encode(&record.public_key_sha256);
        (self.document.keys.iter()).any(|named| named.public_key_sha256 == key)
    }

    fn is_own(&self, record: &CertificateRecord) -> bool {
        (record.application, record.person) == (Some(self.row.id), Some(self.row.person))
    }

    /// Whether a certificate of each of its keys was issued, and all that were recorded are revoked for good: nothing comes of its
    /// requests any more.
    pub(super) fn are_over(&self) -> bool {
        let is_over = |of_key: &OfKey| {
            let mut records = of_key.records.iter();
            records.any(|record| self.is_over(record) && of_key.certificate(record).is_some())
        };
        self.is_issued()
            && self.issued.len() == self.document.keys.len()
            && self.issued.iter().all(is_over)
            && self.recorded.iter().all(|record| self.is_nothing(record))
    }

    /// The key at a place of the document, as what was issued of it has it.
    pub(super) fn key(&self, place: usize) -> Option<PublicKey> {
        let of_key = self.issued.get(place)?;
        let mut records = of_key.records.iter();
        let certificate = records.find_map(|record| of_key.certificate(record))?;
        Some(certificate.public_key().clone())
    }

    /// Whether each says the names and the address that were signed.
    pub(super) fn say_what_was_signed(&self) -> bool {
        let mut records = self.issued.iter().flat_map(|of_key| &of_key.records);
        records.all(|record| self.is_over(record) || says(record, self.document))
    }
}

impl OfKey {
    /// The certificate of a record, where it is of this key.
    fn certificate(&self, record: &CertificateRecord) -> Option<Certificate> {
        let certificate = Certificate::from_der(record.der.as_deref()?).ok()?;
        (certificate.public_key().sha256() == self.digest).then_some(certificate)
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
