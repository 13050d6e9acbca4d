//! Why a certificate is not believed.

use tanba_crypto::{ObjectIdentifier, UnsupportedAlgorithm};

use super::Resource;
use crate::asn1::Malformed;
use crate::crl::Reason;
use crate::{Certificate, Timestamp};

/// Why a certificate is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// No trusted certificate is at the end of any way.
    #[error("no way leads to a trusted certificate")]
    NoIssuer,
    /// A certificate is no longer valid.
    #[error("a certificate expired at {0}")]
    Expired(Timestamp),
    /// A certificate is not valid yet.
    #[error("a certificate is valid only from {0}")]
    NotYetValid(Timestamp),
    /// The key may not be used for this.
    #[error("the certificate does not allow this use of its key")]
    KeyUsage,
    /// The issuer may not issue certificates.
    #[error("a certificate was issued by somebody who is not a certification authority")]
    NotAuthority,
    /// An issuer may not have so many authorities below.
    #[error("more authorities lie between than an issuer allows")]
    PathLength,
    /// A certificate says something critical that is not understood.
    #[error("a certificate has a critical extension that is not understood: {0}")]
    UnknownCritical(ObjectIdentifier),
    /// A certificate was not signed by its issuer.
    #[error("a certificate's signature does not match its issuer")]
    Signature,
    /// A signature algorithm cannot be used.
    #[error("a certificate's signature cannot be checked")]
    Unsupported(#[from] UnsupportedAlgorithm),
    /// SHA-1 was excluded.
    #[error("a certificate is signed with an algorithm that is too weak")]
    TooWeak,
    /// A certificate was revoked or suspended.
    #[error("a certificate was revoked at {at}")]
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// No current lists are about a certificate, or not for all reasons.
    #[error("whether a certificate is revoked is not known")]
    RevocationUnknown,
    /// An authority above does not allow a name of the certificate.
    #[error("a certificate has a name that an authority above it does not allow")]
    NameNotPermitted,
    /// The way is valid for none of the acceptable policies, and has to be.
    #[error("the certificates have no acceptable policy in common")]
    NoPolicy,
    /// A mapping of policies from or to anyPolicy.
    #[error("a certificate maps a policy that cannot be mapped")]
    PolicyMapping,
    /// The certificate is not about this name.
    #[error("the certificate does not have the name that was asked for")]
    WrongName,
    /// An extension of a certificate cannot be read.
    #[error("a certificate is damaged")]
    Damaged(#[from] Malformed),
    /// A certificate is not what the [`Rules`](super::Rules) ask for.
    #[error("a certificate breaks a rule: {0}")]
    Rule(&'static str),
    /// The budget is used up.
    #[error("judging the certificates takes too long: too many {0}")]
    TooCostly(Resource),
}

impl PathError {
    /// A word for programs. Sent: `tanba validate --json`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoIssuer => "no-issuer",
            Self::Expired(_) => "expired",
            Self::NotYetValid(_) => "not-yet-valid",
            Self::KeyUsage => "key-usage",
            Self::NotAuthority => "not-authority",
            Self::PathLength => "path-length",
            Self::UnknownCritical(_) => "unknown-critical-extension",
            Self::Signature => "signature",
            Self::Unsupported(_) => "unsupported-algorithm",
            Self::TooWeak => "weak-algorithm",
            Self::Revoked { .. } => "revoked",
            Self::RevocationUnknown => "revocation-unknown",
            Self::NameNotPermitted => "name-not-permitted",
            Self::NoPolicy => "no-policy",
            Self::PolicyMapping => "policy-mapping",
            Self::WrongName => "wrong-name",
            Self::Damaged(_) => "damaged",
            Self::Rule(_) => "rule",
            Self::TooCostly(_) => "too-costly",
        }
    }
}

/// An error, and the certificate it is about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Refusal {
    /// Why.
    pub error: PathError,
    /// What was looked at.
    pub certificate: Certificate,
}

impl Refusal {
    pub(super) fn new(error: impl Into<PathError>, certificate: &Certificate) -> Self {
        Self {
            error: error.into(),
            certificate: certificate.clone(),
        }
    }
}
