//! Putting a signature to what was signed.

use tanba_crypto::SignatureAlgorithm;

use crate::asn1;

/// `SEQUENCE { signed part, AlgorithmIdentifier, BIT STRING }`: certificates, requests and lists share the form.
pub(crate) fn signed(tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
    asn1::sequence(&[
        tbs,
        &algorithm.algorithm_identifier_der(),
        &asn1::bit_string(signature),
    ])
}

/// The certificate of a to-be-signed part and its signature.
///
/// That the signature is right is for the caller to compare before anything leaves the house.
#[must_use]
pub fn assemble_certificate(
    tbs: &[u8],
    algorithm: SignatureAlgorithm,
    signature: &[u8],
) -> Vec<u8> {
    signed(tbs, algorithm, signature)
}
