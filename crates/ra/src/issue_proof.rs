//! What shows that the signed log tells of a certificate: a person need not believe the server that its list is all.

use std::time::Duration;

use tanba_crypto::sha256;
use tanba_model::audit::{AuditRecord, Checkpoint, LogProof};
use tanba_model::certificate::CertificateRecord;
use tanba_model::ports::{Session, StorageError, UnitOfWork, certificate_object};
use tanba_pki::{SerialNumber, Timestamp, hex};

use crate::RegistrationAuthority;
use crate::codes;
use crate::error::storage_code;

/// How far the evidence of an issue has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProofStanding {
    /// A signed checkpoint covers it: the proof is there.
    Signed,
    /// It is on record, and the checkpoint that will cover it is due at that time.
    Due(Timestamp),
    /// The log does not tell of the issue, which nothing but damage explains.
    Missing,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The person has no certificate with this serial number.
    #[error("there is no such certificate")]
    NoCertificate,
    /// No signed checkpoint covers the record yet; asking again then helps.
    #[error("the record is not under a signed checkpoint yet")]
    Due {
        /// Seconds until a checkpoint is due.
        wait_seconds: u32,
    },
    /// The log does not tell of the issue: an operator has to look.
    #[error("the audit log does not tell that the certificate was issued")]
    Missing,
    /// Storage did not answer; trying later helps.
    #[error("the audit log cannot be read now")]
    Storage(#[from] StorageError),
}

impl ProofError {
    /// The machine code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoCertificate => codes::CERTIFICATE_NOT_FOUND,
            Self::Due { .. } => codes::PROOF_NOT_YET,
            Self::Missing => codes::PROOF_MISSING,
            Self::Storage(error) => storage_code(error),
        }
    }
}

impl RegistrationAuthority {
    /// The same authority for a log that is signed at this pace; ten minutes unless said.
    #[must_use]
    pub const fn with_checkpoints_every(mut self, pace: Duration) -> Self {
        self.checkpoints_every = pace;
        self
    }

    /// How far the evidence of each of these certificates has come, in their order. Somebody else's are not told of:
    /// [`ProofStanding::Missing`].
    ///
    /// # Errors
    /// [`ProofError::Storage`].
    pub fn proof_standings(
        &self,
        session: &Session,
        certificates: &[CertificateRecord],
        now: Timestamp,
    ) -> Result<Vec<ProofStanding>, ProofError> {
        let mut work = self.storage.snapshot()?;
        let (signed, due) = self.signed(work.as_mut(), now)?;
        let mut standings = Vec::with_capacity(certificates.len());
        for certificate in certificates {
            let record = match certificate.person {
                Some(person) if person == session.person => issue(work.as_mut(), certificate)?,
                Some(_) | None => None,
            };
            standings.push(match record {
                Some(record) if record.sequence <= signed => ProofStanding::Signed,
                Some(_) => ProofStanding::Due(due),
                None => ProofStanding::Missing,
            });
        }
        Ok(standings)
    }

    /// The proof that the log tells of a certificate of the session's person: the record of its issue, which has ids and
    /// the digest of the certificate, and nobody's name.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn proof_of_issue(
        &self,
        session: &Session,
        serial: &SerialNumber,
        now: Timestamp,
    ) -> Result<LogProof, ProofError> {
        let mut work = self.storage.snapshot()?;
        let certificate = work
            .certificates()
            .of_person_by_serial(session.person, serial)?
            .ok_or(ProofError::NoCertificate)?;
        let Some(record) = issue(work.as_mut(), &certificate)? else {
            tracing::error!(%serial, "the audit log does not tell that the certificate was issued");
            return Err(ProofError::Missing);
        };
        if let Some(proof) = LogProof::of_record(work.audit_log(), record)? {
            return Ok(proof);
        }
        let (_, due) = self.signed(work.as_mut(), now)?;
        let wait = due.unix().saturating_sub(now.unix());
        Err(ProofError::Due {
            wait_seconds: u32::try_from(wait).unwrap_or(0),
        })
    }

    /// How many records the newest checkpoint covers, and when the next is due: not before `now`.
    fn signed(
        &self,
        work: &mut dyn UnitOfWork,
        now: Timestamp,
    ) -> Result<(u64, Timestamp), StorageError> {
        let Some(last) = work.audit_log().last_checkpoint()? else {
            return Ok((0, now.plus(self.checkpoints_every)));
        };
        // One that cannot be read is the verifier's business.
        let due = Checkpoint::from_bytes(&last.document)
            .map_or(now, |stated| stated.at.plus(self.checkpoints_every));
        Ok((last.size, due.max(now)))
    }
}

/// The record of an issue, if it is what it says: somebody who writes to the database may have made another.
fn issue(
    work: &mut dyn UnitOfWork,
    certificate: &CertificateRecord,
) -> Result<Option<AuditRecord>, StorageError> {
    let object = certificate_object(certificate.issuer, &certificate.serial);
    let record = work.audit_log().issue(&object)?;
    let Some(der) = &certificate.der else {
        return Ok(None);
    };
    let detail = format!("sha256={}", hex::encode(&sha256(der)));
    Ok(record.filter(|record| {
        record.is_itself() && record.read().is_some_and(|event| event.detail == detail)
    }))
}
