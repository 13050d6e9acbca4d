//! The parts of public keys, and `SubjectPublicKeyInfo` made of them.

use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, SECP_256_R_1, SECP_384_R_1};
use der::asn1::{AnyRef, BitStringRef, UintRef};
use der::{Decode, Encode, Reader, SliceReader};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::{Kind, PublicKeyError};
use crate::KeyAlgorithm;

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` (RFC 8017, A.1.1)
pub(super) fn rsa_kind(der: &[u8]) -> Result<Kind, PublicKeyError> {
    let parse = || -> der::Result<(Vec<u8>, Vec<u8>)> {
        let mut reader = SliceReader::new(der)?;
        let numbers = reader.sequence(|reader| {
            let modulus = UintRef::decode(reader)?;
            let exponent = UintRef::decode(reader)?;
            Ok::<_, der::Error>((modulus.as_bytes().to_vec(), exponent.as_bytes().to_vec()))
        })?;
        reader.finish()?;
        Ok(numbers)
    };
    let (modulus, exponent) = parse().map_err(|_| PublicKeyError::Malformed)?;
    let first = *modulus.first().ok_or(PublicKeyError::Malformed)?;
    let octets = u32::try_from(modulus.len()).map_err(|_| PublicKeyError::Malformed)?;
    let bits = octets
        .saturating_mul(8)
        .saturating_sub(first.leading_zeros());
    Ok(Kind::Rsa {
        bits,
        modulus,
        exponent,
    })
}

/// The `RSAPublicKey` of two numbers.
pub(super) fn rsa_public_key(modulus: &[u8], exponent: &[u8]) -> Option<Vec<u8>> {
    rsa::pkcs1::RsaPublicKey {
        modulus: UintRef::new(modulus).ok()?,
        public_exponent: UintRef::new(exponent).ok()?,
    }
    .to_der()
    .ok()
}

/// A `SubjectPublicKeyInfo` as the standards write it.
pub(super) fn spki_der(algorithm: KeyAlgorithm, subject_public_key: &[u8]) -> Option<Vec<u8>> {
    let on_curve = |curve| AlgorithmIdentifierRef {
        oid: ID_EC_PUBLIC_KEY,
        parameters: Some(AnyRef::from(curve)),
    };
    let algorithm = match algorithm {
        KeyAlgorithm::Rsa { .. } => rsa::pkcs1::ALGORITHM_ID,
        KeyAlgorithm::EcP256 => on_curve(&SECP_256_R_1),
        KeyAlgorithm::EcP384 => on_curve(&SECP_384_R_1),
        KeyAlgorithm::Ed25519 | KeyAlgorithm::MlDsa44 | KeyAlgorithm::MlDsa65 => {
            AlgorithmIdentifierRef {
                oid: algorithm.default_signature().oid(),
                parameters: None,
            }
        }
    };
    SubjectPublicKeyInfoRef {
        algorithm,
        subject_public_key: BitStringRef::from_bytes(subject_public_key).ok()?,
    }
    .to_der()
    .ok()
}
