//! Parameters of RSASSA-PSS.

use const_oid::db::rfc5912::ID_MGF_1;
use der::Encode;
use spki::AlgorithmIdentifierOwned;

use super::SignatureAlgorithm;
use crate::DigestAlgorithm;

pub(super) const NULL: [u8; 2] = [0x05, 0x00];

/// A short SEQUENCE.
pub(super) fn sequence(content: &[u8]) -> Vec<u8> {
    short(0x30, content)
}

/// A value of fewer than 128 octets.
fn short(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag, u8::try_from(content.len()).unwrap_or(0x7f)];
    out.extend_from_slice(content);
    out
}

/// `RSASSA-PSS-params` (RFC 4055, 3.1) with one digest, called with these parameters in both places, and a salt of its
/// length.
pub(super) fn pss_parameters(digest: DigestAlgorithm, of_hash: &[u8], of_mask: &[u8]) -> Vec<u8> {
    let named = |parameters: &[u8]| {
        sequence(&[&digest.oid().to_der().unwrap_or_default(), parameters].concat())
    };
    let mask = [ID_MGF_1.to_der().unwrap_or_default(), named(of_mask)].concat();
    let salt = u8::try_from(digest.length()).unwrap_or(0x7f);
    sequence(
        &[
            short(0xa0, &named(of_hash)),
            short(0xa1, &sequence(&mask)),
            short(0xa2, &[0x02, 0x01, salt]),
        ]
        .concat(),
    )
}

/// The RSASSA-PSS algorithm of these parameters. NULL and nothing mean the same in them (RFC 4055, 2.1).
pub(super) fn pss(identifier: &AlgorithmIdentifierOwned) -> Option<SignatureAlgorithm> {
    let parameters = identifier.parameters.as_ref()?.to_der().ok()?;
    let is = |algorithm: &SignatureAlgorithm| {
        let forms: [&[u8]; 2] = [&NULL, &[]];
        forms.iter().any(|of_hash| {
            forms
                .iter()
                .any(|of_mask| parameters == pss_parameters(algorithm.digest(), of_hash, of_mask))
        })
    };
    SignatureAlgorithm::PSS.into_iter().find(is)
}
