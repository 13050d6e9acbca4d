//! What each certificate of a way has to be, whatever the others are.

use tanba_crypto::ObjectIdentifier;

use super::policy::is_self_issued;
use super::{PathError, PathOptions, Rules, peer_name};
use crate::{Certificate, KeyUsage, oid};

/// What is asked of the first certificate.
pub(super) fn check_leaf(leaf: &Certificate, options: &PathOptions<'_>) -> Result<(), PathError> {
    check_certificate(leaf, options)?;
    let usage_fits = options.key_usage == KeyUsage::NONE
        || leaf
            .key_usage()
            .is_none_or(|usage| usage.intersects(options.key_usage));
    if !usage_fits || !serves(leaf, options) {
        return Err(PathError::KeyUsage);
    }
    peer_name::check(leaf, options.names)
}

/// What every certificate of a way has to be.
pub(super) fn check_certificate(
    certificate: &Certificate,
    options: &PathOptions<'_>,
) -> Result<(), PathError> {
    if options.at < certificate.not_before() {
        return Err(PathError::NotYetValid(certificate.not_before()));
    }
    if options.at > certificate.not_after() {
        return Err(PathError::Expired(certificate.not_after()));
    }
    let unknown = certificate
        .extensions()
        .find(|extension| extension.critical && !UNDERSTOOD.contains(&extension.oid));
    unknown.map_or(Ok(()), |extension| {
        Err(PathError::UnknownCritical(extension.oid))
    })
}

/// Extensions that are processed here or change nothing about a way.
const UNDERSTOOD: [ObjectIdentifier; 15] = [
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::KEY_USAGE,
    oid::SUBJECT_ALT_NAME,
    oid::ISSUER_ALT_NAME,
    oid::BASIC_CONSTRAINTS,
    oid::NAME_CONSTRAINTS,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::CERTIFICATE_POLICIES,
    oid::POLICY_MAPPINGS,
    oid::POLICY_CONSTRAINTS,
    oid::INHIBIT_ANY_POLICY,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::EXTENDED_KEY_USAGE,
    oid::FRESHEST_CRL,
    oid::AUTHORITY_INFO_ACCESS,
];

/// Whether the purposes of the certificate, if it has any, hold the one that is asked for.
fn serves(certificate: &Certificate, options: &PathOptions<'_>) -> bool {
    let restricted = certificate.extension(oid::EXTENDED_KEY_USAGE).is_some();
    let purposes = certificate.extended_key_usage();
    options.extended_key_usage.is_none_or(|wanted| {
        !restricted || purposes.contains(&wanted) || purposes.contains(&oid::ANY_EXTENDED_KEY_USAGE)
    })
}

/// Whether an authority and a certificate below it have a purpose in common, or one of them names none.
fn shares_purpose(authority: &Certificate, leaf: &Certificate) -> bool {
    let (above, below) = (authority.extended_key_usage(), leaf.extended_key_usage());
    let names_none = |purposes: &[ObjectIdentifier]| {
        purposes.is_empty() || purposes.contains(&oid::ANY_EXTENDED_KEY_USAGE)
    };
    names_none(&above) || names_none(&below) || below.iter().any(|purpose| above.contains(purpose))
}

/// Whether the issuer may have issued the last certificate of the path (RFC 5280, 6.1.4, k to n).
pub(super) fn check_authority(
    issuer: &Certificate,
    path: &[Certificate],
    options: &PathOptions<'_>,
) -> Result<(), PathError> {
    if issuer
        .key_usage()
        .is_some_and(|usage| !usage.contains(KeyUsage::KEY_CERT_SIGN))
    {
        return Err(PathError::NotAuthority);
    }
    // Purposes of an authority bound those below it; RFC 5280 knows no such rule, but who issues for servers does.
    if options.rules > Rules::Paths && !serves(issuer, options) {
        return Err(PathError::KeyUsage);
    }
    if options.nested_purposes && !path.first().is_none_or(|leaf| shares_purpose(issuer, leaf)) {
        return Err(PathError::KeyUsage);
    }
    let Some(constraints) = issuer.basic_constraints() else {
        // Certificates of version 1 have no extensions; such a one is an authority only if somebody trusts it.
        let old_root = issuer.version() < 3 && options.trusted.contains(issuer);
        return if old_root {
            Ok(())
        } else {
            Err(PathError::NotAuthority)
        };
    };
    if !constraints.ca {
        return Err(PathError::NotAuthority);
    }
    let between = path
        .iter()
        .skip(1)
        .filter(|certificate| !is_self_issued(certificate))
        .count();
    let allowed = constraints
        .path_length
        .is_none_or(|length| usize::try_from(length).is_ok_and(|length| between <= length));
    if allowed {
        Ok(())
    } else {
        Err(PathError::PathLength)
    }
}
