//! Signatures of people: signed data of one signer whose certificate is ours.

use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::ports::{IssuanceError, StorageError};
use tanba_pki::cms::{self, SignedData, VerifyOptions};
use tanba_pki::{Certificate, Timestamp};

use crate::RegistrationAuthority;
use crate::codes;

/// Octets of the largest message that is looked at.
const LIMIT: usize = 256 * 1024;

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureFault {
    /// Not signed data of exactly one signer with content and certificate inside.
    #[error("it is not signed data of one signer with its content")]
    Unreadable,
    /// It holds, but does not name the signer's certificate in what is signed (`CAdES-BES`); signing in the cabinet or with
    /// `tanba cms sign` helps.
    #[error("the certificate is not named in what is signed")]
    NotCades,
    /// The signature is not that certificate's over that content.
    #[error("the signature does not hold")]
    Invalid,
    /// The certificate is of another authority, or was never issued.
    #[error("the certificate is not of this authority")]
    UnknownCertificate,
    /// The certificate's time is over.
    #[error("the certificate has expired")]
    Expired,
    /// The certificate's time has not begun.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// The certificate is revoked for good.
    #[error("the certificate is revoked")]
    Revoked,
    /// The certificate is frozen.
    #[error("the certificate is frozen")]
    Frozen,
}

impl SignatureFault {
    /// The machine code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable | Self::NotCades => codes::SIGNATURE_UNREADABLE,
            Self::Invalid => codes::SIGNATURE_INVALID,
            Self::UnknownCertificate => codes::CERTIFICATE_UNKNOWN,
            Self::Expired => codes::CERTIFICATE_EXPIRED,
            Self::NotYetValid => codes::CERTIFICATE_NOT_YET_VALID,
            Self::Revoked => codes::CERTIFICATE_REVOKED,
            Self::Frozen => codes::CERTIFICATE_FROZEN,
        }
    }
}

/// A signature that holds: whoever made it has the certificate's key. Whether the certificate counts is not judged yet.
pub(crate) struct Signature {
    /// What was signed.
    pub(crate) content: Vec<u8>,
    certificate: Certificate,
}

impl Signature {
    /// Reads and verifies signed data with its content inside. The signer's own clock is not believed.
    pub(crate) fn read(message: &[u8], now: Timestamp) -> Result<Self, SignatureFault> {
        if message.len() > LIMIT {
            return Err(SignatureFault::Unreadable);
        }
        let data = SignedData::parse(message).map_err(|_| SignatureFault::Unreadable)?;
        // Thousands of signatures fit into a message; none is verified before it is the only one.
        if data.signers().len() != 1 {
            return Err(SignatureFault::Unreadable);
        }
        let content = data.content().ok_or(SignatureFault::Unreadable)?.to_vec();
        let options = VerifyOptions {
            content: None,
            trusted: &[],
            intermediates: &[],
            crls: &[],
            at: now,
            check_chain: false,
            legacy_algorithms: false,
        };
        let verdict =
            cms::verify_signed_data(&data, &options).map_err(|_| SignatureFault::Unreadable)?;
        let [signer] = verdict.signers.as_slice() else {
            return Err(SignatureFault::Unreadable);
        };
        let certificate = signer
            .certificate
            .clone()
            .ok_or(SignatureFault::Unreadable)?;
        signer
            .signature
            .as_ref()
            .map_err(|_| SignatureFault::Invalid)?;
        // Else it could be passed off as made with another certificate of the same key, and is no evidence.
        if !signer.cades_baseline {
            return Err(SignatureFault::NotCades);
        }
        Ok(Self {
            content,
            certificate,
        })
    }
}

impl RegistrationAuthority {
    /// The record of the signer's certificate, if it is ours and counts now; revocation is asked of the records
    /// themselves, not of a list.
    ///
    /// Call it outside of any unit of work.
    pub(crate) fn judge(
        &self,
        signature: &Signature,
        now: Timestamp,
    ) -> Result<Result<CertificateRecord, Refused>, StorageError> {
        let found = match self.issuance.find_certificate(signature.certificate.der()) {
            Ok(found) => found,
            Err(IssuanceError::Storage(error)) => return Err(error),
            // Whatever else the authority says about a foreign certificate, it is not ours.
            Err(_) => None,
        };
        let Some(record) =
            found.filter(|record| record.der.as_deref() == Some(signature.certificate.der()))
        else {
            return Ok(Err(Refused {
                fault: SignatureFault::UnknownCertificate,
                record: None,
            }));
        };
        let fault = match record.status {
            Status::Intended | Status::Void => Some(SignatureFault::UnknownCertificate),
            Status::Revoked {
                reason: RevocationReason::CertificateHold,
                ..
            } => Some(SignatureFault::Frozen),
            Status::Revoked { .. } => Some(SignatureFault::Revoked),
            Status::Valid if now < record.not_before => Some(SignatureFault::NotYetValid),
            Status::Valid if now > record.not_after => Some(SignatureFault::Expired),
            Status::Valid => None,
        };
        Ok(match fault {
            Some(fault) => Err(Refused {
                fault,
                record: Some(record),
            }),
            None => Ok(record),
        })
    }
}

/// A certificate that does not count, and its record if it is ours.
pub(crate) struct Refused {
    pub(crate) fault: SignatureFault,
    pub(crate) record: Option<CertificateRecord>,
}
