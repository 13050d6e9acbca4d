//! Algorithms whose identifier of the key is that of the signature: Ed25519 (RFC 8410, 3) and ML-DSA (RFC 9881, 4).

use der::asn1::ObjectIdentifier;

use crate::KeyAlgorithm;

/// The algorithm of an identifier.
pub(crate) fn algorithm_of(oid: ObjectIdentifier) -> Option<KeyAlgorithm> {
    KeyAlgorithm::ALL
        .into_iter()
        .find(|algorithm| algorithm.is_pure() && algorithm.default_signature().oid() == oid)
}

/// Octets of a public key (RFC 8032, 5.1.5; FIPS 204, table 2).
pub(super) const fn key_length(algorithm: KeyAlgorithm) -> usize {
    match algorithm {
        KeyAlgorithm::Ed25519 => 32,
        KeyAlgorithm::MlDsa44 => 1312,
        KeyAlgorithm::MlDsa65 => 1952,
        KeyAlgorithm::Rsa { .. } | KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384 => 0,
    }
}
