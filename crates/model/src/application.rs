//! Applications for keys.

use std::fmt;

use tanba_pki::Timestamp;

use crate::id::{ApplicationId, CertificateId, PersonId};
use crate::keystore_kind::KeystoreKind;
use crate::person::EmailAddress;

mod first;
mod number;
mod state;
mod submission;

pub use first::FirstIssuance;
pub use number::{ApplicationNumber, ApplicationNumberError};
pub use state::{State, TransitionError};
pub use submission::Submission;

/// What a person applied for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationKind {
    /// New keys for somebody who signs with valid ones.
    Reissue,
    /// First keys, issued by an administrator or after a visit to a registration centre.
    First,
}

impl ApplicationKind {
    /// The name that is stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reissue => "reissue",
            Self::First => "first",
        }
    }

    /// The kind of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Reissue, Self::First]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// One key that an application asks a certificate for.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRequest {
    /// Name of the certificate profile.
    pub profile: String,
    /// PKCS#10 request, DER.
    pub request: Vec<u8>,
    /// SHA-256 of the SubjectPublicKeyInfo, DER.
    pub public_key_sha256: [u8; 32],
    /// The certificate, once issued.
    pub certificate: Option<CertificateId>,
}

/// The signed application: what was shown, and the signature over it. Kept as evidence.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedDocument {
    /// Canonical JSON (RFC 8785) of [`crate::document::ApplicationDocument`].
    pub document: Vec<u8>,
    /// CMS SignedData (RFC 5652), CAdES-BES, with the document inside.
    pub signature: Vec<u8>,
    /// The certificate that made the signature.
    pub signer: CertificateId,
}

/// An application, from draft to its end.
#[derive(Clone, PartialEq, Eq)]
pub struct Application {
    /// The record.
    pub id: ApplicationId,
    /// The number that its owner remembers.
    pub number: ApplicationNumber,
    /// Who applies.
    pub person: PersonId,
    /// What for.
    pub kind: ApplicationKind,
    /// Where it stands.
    pub state: State,
    /// When the draft was begun.
    pub created_at: Timestamp,
    /// E-mail for the certificate, if any. Codes and notices do not go here but to the person's confirmed address.
    pub email: Option<EmailAddress>,
    /// Code of the region, see [`crate::place`].
    pub region: String,
    /// Code of the settlement, see [`crate::place`].
    pub settlement: String,
    /// Where the new keys will live.
    pub keystore: KeystoreKind,
    /// The certificate that the person signed in with; it counts as one of the pair to be superseded.
    pub login_certificate: Option<CertificateId>,
    /// One request for each key; empty until the keys are made.
    pub requests: Vec<KeyRequest>,
    /// What was signed; `None` until it was.
    pub signed: Option<SignedDocument>,
    /// What only a first issuance has, once it is submitted; for such an application `signed` stays empty.
    pub first: Option<FirstIssuance>,
    /// Increases with each change; a writer that read an older one is refused.
    pub version: i64,
}

impl fmt::Debug for Application {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Application")
            .field("id", &self.id)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KeyRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeyRequest")
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SignedDocument {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SignedDocument")
            .field("signer", &self.signer)
            .finish_non_exhaustive()
    }
}
