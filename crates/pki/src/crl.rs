//! Certificate revocation lists (RFC 5280, 5), written as a stream and read.
//!
//! [`CrlWriter`] makes the octets to be signed and [`assemble_crl`] the list; [`Crl`] is a list that was read.
//! A shard's base and its delta carry the same issuing distribution point, which is the URL in the certificates of
//! that shard.

mod entry;
mod list;
mod scope;
mod writer;

pub use entry::RevokedCertificate;
pub use list::{Crl, CrlError};
pub use scope::IssuingDistributionPoint;
pub(crate) use scope::flags;
pub(crate) use writer::extension;
pub use writer::{CrlKind, CrlTemplate, CrlWriter, assemble_crl, encode_entry};

/// Why a certificate was revoked (RFC 5280, 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No reason is given; written by leaving it out.
    Unspecified,
    /// The private key may be in other hands.
    KeyCompromise,
    /// The issuer's private key may be in other hands.
    CaCompromise,
    /// The owner's name or attributes changed.
    AffiliationChanged,
    /// A newer certificate takes its place.
    Superseded,
    /// No longer needed for what it was issued for.
    CessationOfOperation,
    /// Suspended; may come back.
    CertificateHold,
    /// In a delta only: the certificate is no longer suspended, or has expired.
    RemoveFromCrl,
    /// A privilege in the certificate was taken back.
    PrivilegeWithdrawn,
    /// The authority behind an attribute certificate may be in other hands.
    AaCompromise,
}

impl Reason {
    const ALL: [(Self, u8); 10] = [
        (Self::Unspecified, 0),
        (Self::KeyCompromise, 1),
        (Self::CaCompromise, 2),
        (Self::AffiliationChanged, 3),
        (Self::Superseded, 4),
        (Self::CessationOfOperation, 5),
        (Self::CertificateHold, 6),
        (Self::RemoveFromCrl, 8),
        (Self::PrivilegeWithdrawn, 9),
        (Self::AaCompromise, 10),
    ];

    /// The value of `CRLReason`.
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
            Self::RemoveFromCrl => 8,
            Self::PrivilegeWithdrawn => 9,
            Self::AaCompromise => 10,
        }
    }

    /// The reason with this value of `CRLReason`.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, known)| *known == code)
            .map(|(reason, _)| reason)
    }
}
