//! Key and signature algorithms, and the one table between them and their identifiers.

use std::fmt;

use const_oid::db::fips204::{ID_ML_DSA_44, ID_ML_DSA_65};
use const_oid::db::rfc5912::{
    DSA_WITH_SHA_1, ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512, ID_RSASSA_PSS,
    SHA_1_WITH_RSA_ENCRYPTION, SHA_256_WITH_RSA_ENCRYPTION, SHA_384_WITH_RSA_ENCRYPTION,
    SHA_512_WITH_RSA_ENCRYPTION,
};
use const_oid::db::rfc8410::ID_ED_25519;
use der::asn1::ObjectIdentifier;
use der::{Encode, Tag, Tagged};
use spki::AlgorithmIdentifierOwned;

use crate::{DigestAlgorithm, algorithm_name};

mod pss;

use pss::{NULL, pss, pss_parameters, sequence};

/// An algorithm that this crate knows by name at most.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("algorithm not supported yet: {}", self.label())]
pub struct UnsupportedAlgorithm {
    /// The identifier as it was met.
    pub oid: ObjectIdentifier,
    /// Its name, when the table has one.
    pub name: Option<&'static str>,
}

impl UnsupportedAlgorithm {
    /// Looks the name up.
    #[must_use]
    pub fn new(oid: ObjectIdentifier) -> Self {
        Self {
            oid,
            name: algorithm_name(oid),
        }
    }

    /// Name and identifier, such as `GOST R 34.10-2015 (1.2.398.3.10.1.1.2.2)`.
    #[must_use]
    pub fn label(&self) -> String {
        self.name.map_or_else(
            || self.oid.to_string(),
            |name| format!("{name} ({})", self.oid),
        )
    }
}

/// Kind and size of a key that this crate can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// RSA with a modulus of this many bits.
    Rsa {
        /// Bits of the modulus.
        bits: u32,
    },
    /// The NIST curve P-256.
    EcP256,
    /// The NIST curve P-384.
    EcP384,
    /// Ed25519 (RFC 8032, RFC 8410).
    Ed25519,
    /// ML-DSA-44 (FIPS 204, RFC 9881).
    MlDsa44,
    /// ML-DSA-65 (FIPS 204, RFC 9881).
    MlDsa65,
}

impl KeyAlgorithm {
    /// One of each kind and size that keys are made of.
    pub const ALL: [Self; 8] = [
        Self::Rsa { bits: 2048 },
        Self::Rsa { bits: 3072 },
        Self::Rsa { bits: 4096 },
        Self::EcP256,
        Self::EcP384,
        Self::Ed25519,
        Self::MlDsa44,
        Self::MlDsa65,
    ];

    /// What people call it: `RSA-2048`, `EC P-256`.
    #[must_use]
    pub fn label(self) -> String {
        self.to_string()
    }

    /// The signature this project makes with such a key when nothing else is asked for.
    #[must_use]
    pub const fn default_signature(self) -> SignatureAlgorithm {
        match self {
            Self::Rsa { .. } => SignatureAlgorithm::RsaSha256,
            Self::EcP256 => SignatureAlgorithm::EcdsaSha256,
            Self::EcP384 => SignatureAlgorithm::EcdsaSha384,
            Self::Ed25519 => SignatureAlgorithm::Ed25519,
            Self::MlDsa44 => SignatureAlgorithm::MlDsa44,
            Self::MlDsa65 => SignatureAlgorithm::MlDsa65,
        }
    }

    /// Whether the algorithm takes messages as they are and hashes them by itself.
    #[must_use]
    pub const fn is_pure(self) -> bool {
        self.default_signature().is_pure()
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(formatter, "RSA-{bits}"),
            Self::EcP256 => formatter.write_str("EC P-256"),
            Self::EcP384 => formatter.write_str("EC P-384"),
            Self::Ed25519 => formatter.write_str("Ed25519"),
            Self::MlDsa44 => formatter.write_str("ML-DSA-44"),
            Self::MlDsa65 => formatter.write_str("ML-DSA-65"),
        }
    }
}

/// A signature algorithm that this crate can verify, and make unless its name says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// RSA PKCS#1 v1.5 with SHA-1: verified in old material, never made.
    RsaSha1,
    /// RSA PKCS#1 v1.5 with SHA-256.
    RsaSha256,
    /// RSA PKCS#1 v1.5 with SHA-384.
    RsaSha384,
    /// RSA PKCS#1 v1.5 with SHA-512.
    RsaSha512,
    /// ECDSA with SHA-256, the value as DER `ECDSA-Sig-Value`.
    EcdsaSha256,
    /// ECDSA with SHA-384.
    EcdsaSha384,
    /// ECDSA with SHA-512.
    EcdsaSha512,
    /// DSA with SHA-1: verified in old material, never made.
    DsaSha1,
    /// RSASSA-PSS with SHA-256 everywhere and 32 octets of salt (RFC 4055, 3.1): verified, never made.
    RsaPssSha256,
    /// RSASSA-PSS with SHA-384 everywhere and 48 octets of salt: verified, never made.
    RsaPssSha384,
    /// RSASSA-PSS with SHA-512 everywhere and 64 octets of salt: verified, never made.
    RsaPssSha512,
    /// Ed25519 over the message itself (RFC 8410); only where AWS-LC is.
    Ed25519,
    /// ML-DSA-44 over the message itself with the empty context (RFC 9881, 2); only where AWS-LC is.
    MlDsa44,
    /// ML-DSA-65, likewise.
    MlDsa65,
}

impl SignatureAlgorithm {
    /// Every algorithm with an identifier of its own; those of RSASSA-PSS differ in parameters only.
    pub const ALL: [Self; 11] = [
        Self::RsaSha1,
        Self::RsaSha256,
        Self::RsaSha384,
        Self::RsaSha512,
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::EcdsaSha512,
        Self::DsaSha1,
        Self::Ed25519,
        Self::MlDsa44,
        Self::MlDsa65,
    ];

    const PSS: [Self; 3] = [Self::RsaPssSha256, Self::RsaPssSha384, Self::RsaPssSha512];

    /// The identifier of the algorithm.
    #[must_use]
    pub const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::RsaSha1 => SHA_1_WITH_RSA_ENCRYPTION,
            Self::RsaSha256 => SHA_256_WITH_RSA_ENCRYPTION,
            Self::RsaSha384 => SHA_384_WITH_RSA_ENCRYPTION,
            Self::RsaSha512 => SHA_512_WITH_RSA_ENCRYPTION,
            Self::EcdsaSha256 => ECDSA_WITH_SHA_256,
            Self::EcdsaSha384 => ECDSA_WITH_SHA_384,
            Self::EcdsaSha512 => ECDSA_WITH_SHA_512,
            Self::DsaSha1 => DSA_WITH_SHA_1,
            Self::RsaPssSha256 | Self::RsaPssSha384 | Self::RsaPssSha512 => ID_RSASSA_PSS,
            Self::Ed25519 => ID_ED_25519,
            Self::MlDsa44 => ID_ML_DSA_44,
            Self::MlDsa65 => ID_ML_DSA_65,
        }
    }

    /// The digest that is signed; for algorithms that hash by themselves, the one that CMS names beside them
    /// (RFC 8419, 2.3; RFC 9882, 3.3).
    #[must_use]
    pub const fn digest(self) -> DigestAlgorithm {
        match self {
            Self::RsaSha1 | Self::DsaSha1 => DigestAlgorithm::Sha1,
            Self::RsaSha256 | Self::EcdsaSha256 | Self::RsaPssSha256 => DigestAlgorithm::Sha256,
            Self::RsaSha384 | Self::EcdsaSha384 | Self::RsaPssSha384 => DigestAlgorithm::Sha384,
            Self::RsaSha512
            | Self::EcdsaSha512
            | Self::RsaPssSha512
            | Self::Ed25519
            | Self::MlDsa44
            | Self::MlDsa65 => DigestAlgorithm::Sha512,
        }
    }

    /// Whether the key is an RSA key.
    #[must_use]
    pub const fn is_rsa(self) -> bool {
        match self {
            Self::RsaSha1
            | Self::RsaSha256
            | Self::RsaSha384
            | Self::RsaSha512
            | Self::RsaPssSha256
            | Self::RsaPssSha384
            | Self::RsaPssSha512 => true,
            Self::EcdsaSha256
            | Self::EcdsaSha384
            | Self::EcdsaSha512
            | Self::DsaSha1
            | Self::Ed25519
            | Self::MlDsa44
            | Self::MlDsa65 => false,
        }
    }

    /// Whether the key is on a NIST curve.
    #[must_use]
    pub const fn is_ecdsa(self) -> bool {
        matches!(
            self,
            Self::EcdsaSha256 | Self::EcdsaSha384 | Self::EcdsaSha512
        )
    }

    /// Whether the message is signed as it is, not its digest.
    #[must_use]
    pub const fn is_pure(self) -> bool {
        matches!(self, Self::Ed25519 | Self::MlDsa44 | Self::MlDsa65)
    }

    /// Whether the padding is PSS.
    #[must_use]
    pub const fn is_pss(self) -> bool {
        matches!(
            self,
            Self::RsaPssSha256 | Self::RsaPssSha384 | Self::RsaPssSha512
        )
    }

    /// Whether this project makes such signatures.
    #[must_use]
    pub const fn may_sign(self) -> bool {
        !matches!(self, Self::RsaSha1 | Self::DsaSha1) && !self.is_pss()
    }

    /// Whether a key of this algorithm can make or verify such a signature.
    #[must_use]
    pub const fn fits(self, key: KeyAlgorithm) -> bool {
        match key {
            KeyAlgorithm::Rsa { .. } => self.is_rsa(),
            KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384 => self.is_ecdsa(),
            KeyAlgorithm::Ed25519 => matches!(self, Self::Ed25519),
            KeyAlgorithm::MlDsa44 => matches!(self, Self::MlDsa44),
            KeyAlgorithm::MlDsa65 => matches!(self, Self::MlDsa65),
        }
    }

    /// The algorithm of a key and a digest, as CMS names them apart (RFC 5652, 5.3).
    ///
    /// `None` when the table has no such pair (ECDSA with SHA-1). Beside Ed25519 stands SHA-512 alone (RFC 8419, 2.3),
    /// beside ML-DSA a digest that is not weaker than it (RFC 9882, 3.3).
    #[must_use]
    pub const fn of(key: KeyAlgorithm, digest: DigestAlgorithm) -> Option<Self> {
        match (key, digest) {
            (KeyAlgorithm::Rsa { .. }, DigestAlgorithm::Sha1) => Some(Self::RsaSha1),
            (KeyAlgorithm::Rsa { .. }, DigestAlgorithm::Sha256) => Some(Self::RsaSha256),
            (KeyAlgorithm::Rsa { .. }, DigestAlgorithm::Sha384) => Some(Self::RsaSha384),
            (KeyAlgorithm::Rsa { .. }, DigestAlgorithm::Sha512) => Some(Self::RsaSha512),
            (KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384, DigestAlgorithm::Sha1) => None,
            (KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384, DigestAlgorithm::Sha256) => {
                Some(Self::EcdsaSha256)
            }
            (KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384, DigestAlgorithm::Sha384) => {
                Some(Self::EcdsaSha384)
            }
            (KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384, DigestAlgorithm::Sha512) => {
                Some(Self::EcdsaSha512)
            }
            (KeyAlgorithm::Ed25519, DigestAlgorithm::Sha512) => Some(Self::Ed25519),
            (
                KeyAlgorithm::MlDsa44,
                DigestAlgorithm::Sha256 | DigestAlgorithm::Sha384 | DigestAlgorithm::Sha512,
            ) => Some(Self::MlDsa44),
            (KeyAlgorithm::MlDsa65, DigestAlgorithm::Sha384 | DigestAlgorithm::Sha512) => {
                Some(Self::MlDsa65)
            }
            (KeyAlgorithm::Ed25519 | KeyAlgorithm::MlDsa44 | KeyAlgorithm::MlDsa65, _) => None,
        }
    }

    /// Finds the algorithm of an identifier.
    ///
    /// # Errors
    /// [`UnsupportedAlgorithm`] names the algorithm that this crate cannot use.
    pub fn from_oid(oid: ObjectIdentifier) -> Result<Self, UnsupportedAlgorithm> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.oid() == oid)
            .ok_or_else(|| UnsupportedAlgorithm::new(oid))
    }

    /// Reads an `AlgorithmIdentifier` (RFC 5280, 4.1.1.2).
    ///
    /// Parameters are NULL or absent for RSA and ECDSA: RFC 4055 asks verifiers to take both for RSA, and old
    /// ECDSA material has a NULL. Those of RSASSA-PSS name one digest in both places and its length as that of the salt.
    /// Ed25519 and ML-DSA have none (RFC 8410, 3; RFC 9881, 2).
    ///
    /// # Errors
    /// [`UnsupportedAlgorithm`] for another identifier, or for parameters that change the meaning.
    pub fn from_algorithm_identifier(
        identifier: &AlgorithmIdentifierOwned,
    ) -> Result<Self, UnsupportedAlgorithm> {
        if identifier.oid == ID_RSASSA_PSS {
            return pss(identifier).ok_or_else(|| UnsupportedAlgorithm::new(identifier.oid));
        }
        let algorithm = Self::from_oid(identifier.oid)?;
        match &identifier.parameters {
            None => Ok(algorithm),
            Some(any)
                if any.tag() == Tag::Null && any.value().is_empty() && !algorithm.is_pure() =>
            {
                Ok(algorithm)
            }
            Some(_) => Err(UnsupportedAlgorithm::new(identifier.oid)),
        }
    }

    /// The `AlgorithmIdentifier` in DER: NULL parameters for RSA (RFC 4055, 5), those of RFC 4055, 3.1 for RSASSA-PSS, none
    /// for the others (RFC 5758, 3.2).
    #[must_use]
    pub fn algorithm_identifier_der(self) -> Vec<u8> {
        let mut content = self.oid().to_der().unwrap_or_default();
        if self.is_pss() {
            content.append(&mut pss_parameters(self.digest(), &NULL, &NULL));
        } else if self.is_rsa() {
            content.extend_from_slice(&NULL);
        }
        sequence(&content)
    }

    /// What people call it: `RSA with SHA-256`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::RsaSha1 => "RSA with SHA-1",
            Self::RsaSha256 => "RSA with SHA-256",
            Self::RsaSha384 => "RSA with SHA-384",
            Self::RsaSha512 => "RSA with SHA-512",
            Self::EcdsaSha256 => "ECDSA with SHA-256",
            Self::EcdsaSha384 => "ECDSA with SHA-384",
            Self::EcdsaSha512 => "ECDSA with SHA-512",
            Self::DsaSha1 => "DSA with SHA-1",
            Self::RsaPssSha256 => "RSASSA-PSS with SHA-256",
            Self::RsaPssSha384 => "RSASSA-PSS with SHA-384",
            Self::RsaPssSha512 => "RSASSA-PSS with SHA-512",
            Self::Ed25519 => "Ed25519",
            Self::MlDsa44 => "ML-DSA-44",
            Self::MlDsa65 => "ML-DSA-65",
        }
    }
}

#[cfg(test)]
mod tests {
    use der::Decode;
    use spki::AlgorithmIdentifierOwned;

    use super::{KeyAlgorithm, SignatureAlgorithm, UnsupportedAlgorithm};
    use crate::{ObjectIdentifier, algorithm_name};

    #[test]
    fn each_algorithm_comes_back_from_its_identifier() {
        for algorithm in SignatureAlgorithm::ALL {
            let der = algorithm.algorithm_identifier_der();
            let identifier = AlgorithmIdentifierOwned::from_der(&der).unwrap();
            assert_eq!(identifier.parameters.is_some(), algorithm.is_rsa());
            assert_eq!(
                SignatureAlgorithm::from_algorithm_identifier(&identifier).unwrap(),
                algorithm
            );
            assert_eq!(algorithm_name(algorithm.oid()), Some(algorithm.label()));
        }
    }

    #[test]
    fn pss_comes_back_with_its_own_digest_alone() {
        for algorithm in SignatureAlgorithm::PSS {
            let der = algorithm.algorithm_identifier_der();
            let identifier = AlgorithmIdentifierOwned::from_der(&der).unwrap();
            let read = SignatureAlgorithm::from_algorithm_identifier(&identifier);
            assert_eq!(read, Ok(algorithm));
            assert!(SignatureAlgorithm::from_oid(algorithm.oid()).is_err());
            let mut other_salt = der;
            *other_salt.last_mut().unwrap() -= 1;
            let identifier = AlgorithmIdentifierOwned::from_der(&other_salt).unwrap();
            assert!(SignatureAlgorithm::from_algorithm_identifier(&identifier).is_err());
        }
    }

    #[test]
    fn each_default_signature_fits_its_key() {
        for key in KeyAlgorithm::ALL {
            let algorithm = key.default_signature();
            assert!(algorithm.fits(key) && algorithm.may_sign());
            assert_eq!(
                SignatureAlgorithm::of(key, algorithm.digest()),
                Some(algorithm)
            );
        }
    }

    #[test]
    fn unsupported_algorithms_are_named() {
        let gost = UnsupportedAlgorithm::new(ObjectIdentifier::new_unwrap("1.2.398.3.10.1.1.2.2"));
        assert_eq!(
            gost.to_string(),
            "algorithm not supported yet: GOST R 34.10-2015 (1.2.398.3.10.1.1.2.2)"
        );
    }
}
