//! What is recorded of a certificate.

use std::fmt;

use tanba_pki::{Purpose, SerialNumber, Timestamp};

use crate::id::{ApplicationId, CertificateId, IssuerId, PersonId};
use crate::keystore_kind::KeystoreKind;

/// Why a certificate stopped being valid (RFC 5280, 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationReason {
    /// Not said, or none of the others.
    Unspecified,
    /// The private key is, or may be, known to somebody else.
    KeyCompromise,
    /// The key of the issuing authority is known to somebody else.
    CaCompromise,
    /// Name or other data of the owner changed.
    AffiliationChanged,
    /// Replaced by a newer certificate.
    Superseded,
    /// No longer needed.
    CessationOfOperation,
    /// Frozen; may be released again.
    CertificateHold,
}

impl RevocationReason {
    /// All reasons.
    pub const ALL: [Self; 7] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::CertificateHold,
    ];

    /// CRLReason code. Stored and sent.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::CertificateHold => 6,
        }
    }

    /// The reason of a CRLReason code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The name of the standard, as the command line takes it: `keyCompromise`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
        }
    }

    /// The reason of a name of the standard.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// Whether a certificate counts, apart from its validity period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Intended: its bytes are recorded, the signature is not yet.
    Intended,
    /// Will never be signed: the intent was given up. Its serial number is not used again.
    Void,
    /// Issued and not revoked.
    Valid,
    /// Revoked, or frozen while the reason is [`RevocationReason::CertificateHold`].
    Revoked {
        /// When.
        at: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
}

impl Status {
    /// Whether the certificate may be used to sign in and to sign, were it within its validity period.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        matches!(self, Self::Valid)
    }

    /// The status once it is revoked. What was frozen was not to be trusted since then, so that is when it ended.
    #[must_use]
    pub const fn revoked(self, reason: RevocationReason, now: Timestamp) -> Self {
        let at = match self {
            Self::Revoked {
                at,
                reason: RevocationReason::CertificateHold,
            } => at,
            Self::Intended | Self::Void | Self::Valid | Self::Revoked { .. } => now,
        };
        Self::Revoked { at, reason }
    }
}

/// How it came about that a certificate was issued. Stored: [`Channel::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Renewed by its owner in the cabinet.
    Cabinet,
    /// Issued after a visit to a registration centre.
    Centre,
    /// Issued by an administrator at the command line.
    Administrator,
    /// The authority's own: CA certificates and responders.
    Authority,
}

impl Channel {
    /// The name that is stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cabinet => "cabinet",
            Self::Centre => "centre",
            Self::Administrator => "administrator",
            Self::Authority => "authority",
        }
    }

    /// The channel of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Cabinet,
            Self::Centre,
            Self::Administrator,
            Self::Authority,
        ]
        .into_iter()
        .find(|channel| channel.name() == name)
    }
}

/// The record of one certificate, from intent on.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateRecord {
    /// The record.
    pub id: CertificateId,
    /// Who issued it.
    pub issuer: IssuerId,
    /// Its serial number; unique for the issuer for ever.
    pub serial: SerialNumber,
    /// Whose it is; `None` for the authority's own.
    pub person: Option<PersonId>,
    /// The application that it answers.
    pub application: Option<ApplicationId>,
    /// Name of the profile.
    pub profile: String,
    /// What the key is for.
    pub purpose: Purpose,
    /// Where the key lives; `None` for the authority's own.
    pub keystore: Option<KeystoreKind>,
    /// How it came about.
    pub channel: Channel,
    /// SHA-256 of the SubjectPublicKeyInfo, DER: one public key for one person for ever.
    pub public_key_sha256: [u8; 32],
    /// To-be-signed bytes, DER, as they were linted; recorded before the signature is made.
    pub to_be_signed: Vec<u8>,
    /// The certificate, DER; `None` until it is signed.
    pub der: Option<Vec<u8>>,
    /// Number of the CRL shard that is baked into it.
    pub shard: u16,
    /// Start of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
    /// When the intent was recorded.
    pub created_at: Timestamp,
    /// Whether it counts.
    pub status: Status,
}

/// What is recorded before a signature is made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewCertificate {
    /// Who issues it.
    pub issuer: IssuerId,
    /// Its serial number.
    pub serial: SerialNumber,
    /// Whose it is.
    pub person: Option<PersonId>,
    /// The application that it answers.
    pub application: Option<ApplicationId>,
    /// Name of the profile.
    pub profile: String,
    /// What the key is for.
    pub purpose: Purpose,
    /// Where the key lives.
    pub keystore: Option<KeystoreKind>,
    /// How it came about.
    pub channel: Channel,
    /// SHA-256 of the SubjectPublicKeyInfo, DER.
    pub public_key_sha256: [u8; 32],
    /// To-be-signed bytes, DER.
    pub to_be_signed: Vec<u8>,
    /// Number of the CRL shard.
    pub shard: u16,
    /// Start of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
    /// When the intent is recorded.
    pub created_at: Timestamp,
}

impl NewCertificate {
    /// The record of the intent that was stored under this number.
    #[must_use]
    pub fn intended(&self, id: CertificateId) -> CertificateRecord {
        CertificateRecord {
            id,
            issuer: self.issuer,
            serial: self.serial,
            person: self.person,
            application: self.application,
            profile: self.profile.clone(),
            purpose: self.purpose,
            keystore: self.keystore,
            channel: self.channel,
            public_key_sha256: self.public_key_sha256,
            to_be_signed: self.to_be_signed.clone(),
            der: None,
            shard: self.shard,
            not_before: self.not_before,
            not_after: self.not_after,
            created_at: self.created_at,
            status: Status::Intended,
        }
    }
}

/// One entry of a CRL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedEntry {
    /// The revoked certificate.
    pub serial: SerialNumber,
    /// When.
    pub at: Timestamp,
    /// Why; `None` says in a delta that a hold was released (removeFromCRL).
    pub reason: Option<RevocationReason>,
}

/// One row of the log of status changes, which deltas are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// The row: rows are in the order in which they were written.
    pub id: i64,
    /// The issuer of the certificate.
    pub issuer: IssuerId,
    /// The certificate.
    pub serial: SerialNumber,
    /// Why it was revoked or frozen; `None` when it was released.
    pub reason: Option<RevocationReason>,
    /// When it was recorded.
    pub at: Timestamp,
    /// Whether the row counts for the lists that the certificate names: a delta of another shard would not have it.
    pub is_placed: bool,
}

impl fmt::Debug for CertificateRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CertificateRecord")
            .field("id", &self.id)
            .field("serial", &self.serial)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewCertificate")
            .field("serial", &self.serial)
            .finish_non_exhaustive()
    }
}
/// A valid certificate of a person, as far as it matters when it ends: without its octets, because there are many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The record.
    pub id: CertificateId,
    /// Whose it is.
    pub person: PersonId,
    /// Serial number.
    pub serial: SerialNumber,
    /// What the key is for.
    pub purpose: Purpose,
    /// Where the key lives, if known.
    pub keystore: Option<KeystoreKind>,
    /// When it ends.
    pub not_after: Timestamp,
}
