//! What extensions are called.

use super::ExtensionSpecification;

impl ExtensionSpecification {
    /// Its name in the standard that defines it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BasicConstraints { .. } => "basicConstraints",
            Self::KeyUsage { .. } => "keyUsage",
            Self::ExtendedKeyUsage { .. } => "extKeyUsage",
            Self::AuthorityKeyIdentifier {} => "authorityKeyIdentifier",
            Self::SubjectKeyIdentifier {} => "subjectKeyIdentifier",
            Self::SubjectAlternativeName { .. } => "subjectAltName",
            Self::CertificatePolicies { .. } => "certificatePolicies",
            Self::CrlDistributionPoints { .. } => "cRLDistributionPoints",
            Self::FreshestCrl { .. } => "freshestCRL",
            Self::AuthorityInformationAccess { .. } => "authorityInfoAccess",
            Self::OcspNoCheck {} => "id-pkix-ocsp-nocheck",
            Self::Keystore {} => "keystore",
        }
    }
}
