//! Keys that speak for an authority alone: its seal, and the key under a transcript.
//!
//! A way to the trusted root is not enough for them. Everybody who has a certificate stands below the root, and so does
//! whoever was cross-certified, with everything that authority pleases to certify.

use tanba_pki::oid::{CRL_DISTRIBUTION_POINTS, DOCUMENT_SIGNING, EXTENDED_KEY_USAGE};
use tanba_pki::{BasicConstraints, Certificate};

/// Whether document signing (RFC 9336) is all that a key is for. No profile of people may have that alone.
pub(crate) fn is_for_documents_alone(certificate: &Certificate) -> bool {
    certificate.extended_key_usage() == [DOCUMENT_SIGNING]
}

/// Whether a certificate says where its revocation would stand: a seal does; the key of a transcript, which is gone once it
/// has signed, does not.
pub(crate) fn can_be_revoked(certificate: &Certificate) -> bool {
    certificate.extension(CRL_DISTRIBUTION_POINTS).is_some()
}

/// Whether an authority is of the kind that issues to people directly below the root. One that was cross-certified may have
/// another authority below it, and its extended key usage limits it.
pub(crate) fn is_issuing(authority: &Certificate) -> bool {
    let issuing = BasicConstraints {
        ca: true,
        path_length: Some(0),
    };
    authority.basic_constraints() == Some(issuing)
        && authority.extension(EXTENDED_KEY_USAGE).is_none()
}

/// The authority that issued the certificate at the begin of a way, where nothing but an issuing authority lies between
/// that certificate and the trusted end: the end itself, or the issuing authority directly below it.
pub(crate) fn direct_issuer(way: &[Certificate]) -> Option<&Certificate> {
    match way {
        [_, anchor] => Some(anchor),
        [_, issuing, _] if is_issuing(issuing) => Some(issuing),
        _ => None,
    }
}
