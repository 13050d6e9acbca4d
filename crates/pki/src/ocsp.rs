//! The online certificate status protocol (RFC 6960, RFC 9654), both sides.
//!
//! A responder reads a [`Request`], asks [`Issuer::matches`] whose certificates are meant, lets its [`Responder`]
//! prepare an answer, has that signed and assembles the response. A client makes a request with [`request`] and reads a
//! [`Response`], which [`Response::verify`] judges.

mod cert_id;
mod prepare;
mod request;
mod response;

use der::asn1::ObjectIdentifier;

pub use cert_id::{CertId, Issuer};
pub use prepare::{Answer, Responder, Single, error_response};
pub use request::{MAXIMUM_CERTIFICATES, MAXIMUM_NONCE, Nonce, Request, RequestError, request};
pub use response::{Response, ResponseError, SingleResponse, VerifiedResponse};

use crate::Timestamp;
use crate::crl::Reason;

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// `id-pkix-ocsp-basic`.
const BASIC: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.1");
/// `id-pkix-ocsp-nonce`.
const NONCE: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.2");
/// `id-pkix-ocsp-extended-revoke`.
const EXTENDED_REVOKE: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.9");
/// `id-kp-OCSPSigning`.
const OCSP_SIGNING: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.9");

/// What a responder says about a certificate (RFC 6960, 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not revoked.
    Good,
    /// Revoked, or suspended.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why; none when the response does not say.
        reason: Option<Reason>,
    },
    /// The responder does not know the certificate.
    Unknown,
}

/// `OCSPResponseStatus`: whether there is an answer at all (RFC 6960, 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseStatus {
    /// There is an answer.
    Successful,
    /// The request was not understood.
    MalformedRequest,
    /// The responder is broken.
    InternalError,
    /// The responder asks to try later.
    TryLater,
    /// The request has to be signed.
    SignatureRequired,
    /// This client gets no answer.
    Unauthorized,
}

impl ResponseStatus {
    /// The value of the enumeration.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Successful => 0,
            Self::MalformedRequest => 1,
            Self::InternalError => 2,
            Self::TryLater => 3,
            Self::SignatureRequired => 5,
            Self::Unauthorized => 6,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        [
            Self::Successful,
            Self::MalformedRequest,
            Self::InternalError,
            Self::TryLater,
            Self::SignatureRequired,
            Self::Unauthorized,
        ]
        .into_iter()
        .find(|status| status.code() == code)
    }
}
