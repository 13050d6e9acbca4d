//! What the registration authority asks of the certification authority.

use tanba_pki::profile::Subject;
use tanba_pki::{SerialNumber, Timestamp};

use super::StorageError;
use crate::audit::Actor;
use crate::certificate::{CertificateRecord, Channel, RevocationReason};
use crate::fitness::Unfitness;
use crate::id::{ApplicationId, CertificateId, IssuerId, PersonId};
use crate::keystore_kind::KeystoreKind;

/// An order for one certificate. The registration authority vouches for the identity; everything else is checked again.
#[derive(Clone)]
pub struct IssuanceOrder {
    /// Whose.
    pub person: Option<PersonId>,
    /// The application that it answers.
    pub application: Option<ApplicationId>,
    /// Name of the profile.
    pub profile: String,
    /// Who the person is.
    pub subject: Subject,
    /// E-mail for subjectAltName.
    pub email: Option<String>,
    /// Where the key lives.
    pub keystore: KeystoreKind,
    /// PKCS#10 request, DER; its proof of possession is checked again.
    pub request: Vec<u8>,
    /// How it came about.
    pub channel: Channel,
    /// Who wants it.
    pub actor: Actor,
}

impl std::fmt::Debug for IssuanceOrder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("IssuanceOrder")
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

/// Why nothing was issued or revoked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssuanceError {
    /// The request is not acceptable: asking with another key or other data helps.
    #[error("the request is refused: {0}")]
    Request(RequestFault),
    /// The certificate would not be as its profile or the standards say; somebody has to act.
    #[error("the certificate would be faulty: {0}")]
    Lint(String),
    /// The signing key does not answer; trying later may help.
    #[error("the signing key does not answer")]
    Signer(#[source] tanba_crypto::SignError),
    /// No such profile, issuer or certificate.
    #[error("unknown {0}")]
    Unknown(&'static str),
    /// The certificate's status does not allow it.
    #[error("the certificate is already revoked")]
    AlreadyRevoked,
    /// Nothing may be issued to this person: somebody said "it was not me".
    #[error("the person is frozen")]
    Frozen,
    /// The application ended meanwhile, or the key that signed it counts no more; applying anew with another key helps.
    #[error(
        "the application ended, or the key that signed it counts no more, so nothing was issued"
    )]
    Ended,
    /// An administrator stopped the authority or the profile. What is recorded already waits, and is signed when it is
    /// started again.
    #[error("an administrator has stopped this authority or profile, so nothing was signed")]
    Stopped,
    /// The authority may not issue, although its key could sign: its own certificate or key, or one above it, counts no
    /// more. Nothing was recorded; an administrator has to decide.
    #[error(
        "the authority may not issue, so nothing was signed ({0}); see `tanba issuer list` and `tanba doctor`"
    )]
    Unfit(Unfitness),
    /// The clock of this computer is behind what was published already; somebody has to set it.
    #[error(
        "the clock of this computer is behind what was published already, so nothing was signed"
    )]
    ClockBehind,
    /// Storage did not do it.
    #[error("nothing could be recorded, so nothing was signed")]
    Storage(#[from] StorageError),
}

/// What is wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestFault {
    /// Not a PKCS#10 request, or larger than one is read.
    #[error(
        "it is not a PKCS#10 request in DER of at most 16 KiB, in which each attribute and extension stands once"
    )]
    Form,
    /// The signature of the request does not prove possession of the key.
    #[error("it does not prove possession of its key")]
    Possession,
    /// It is signed with SHA-1: whoever makes two documents of one digest signs the one and shows the other.
    #[error(
        "it is signed with SHA-1, which proves nothing any more; sign it with SHA-256 or stronger (with the same key, if it was \
         kept from others)"
    )]
    Sha1,
    /// The key is too weak or of an algorithm that the profile does not allow.
    #[error("its key is weak or not allowed")]
    WeakKey,
    /// The key was seen before.
    #[error("its key was used before")]
    ReusedKey,
    /// The key is on the block list: somebody else may have it.
    #[error("its key is on the block list: it is known to be compromised or unsafe")]
    BlockedKey,
    /// The name in the request is not the person's, or not as the profile has it.
    #[error(
        "its subject is not the person's name, in the attributes, order and letters of the profile; a request with an empty \
         subject is answered with the right one"
    )]
    Subject,
}

/// The certification authority as the registration authority sees it. Blocks.
pub trait Issuance: std::fmt::Debug + Send + Sync {
    /// Issues one certificate for each order, in order; every intent is durable before the first signature. A repeated
    /// call for the same application returns what was issued already.
    ///
    /// # Errors
    /// [`IssuanceError`]; then no certificate of these orders left the authority.
    fn issue(
        &self,
        orders: &[IssuanceOrder],
        now: Timestamp,
    ) -> Result<Vec<CertificateRecord>, IssuanceError>;

    /// Revokes or freezes a certificate for good evidence; visible in OCSP when this returns. Repeating it with the same
    /// reason is fine.
    ///
    /// # Errors
    /// [`IssuanceError::AlreadyRevoked`] when it is revoked for another reason, and not merely frozen.
    fn revoke(
        &self,
        certificate: CertificateId,
        reason: RevocationReason,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), IssuanceError>;

    /// Releases a frozen certificate.
    ///
    /// # Errors
    /// [`IssuanceError::AlreadyRevoked`] when it is revoked for good.
    fn release(
        &self,
        certificate: CertificateId,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), IssuanceError>;

    /// The issuer of a certificate of ours, by the DER of its issuer name and its authority key identifier.
    ///
    /// # Errors
    /// [`IssuanceError::Storage`] when storage does not answer.
    fn find_certificate(&self, der: &[u8]) -> Result<Option<CertificateRecord>, IssuanceError>;

    /// The certificates of the authority, DER, issuing first, root last.
    fn chain(&self) -> Vec<Vec<u8>>;
}

/// A certificate's name in logs and messages.
#[must_use]
pub fn certificate_object(issuer: IssuerId, serial: &SerialNumber) -> String {
    format!("certificate:{issuer}:{}", serial.hex())
}
