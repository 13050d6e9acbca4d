//! From a profile to the bytes to be signed.

use tanba_crypto::ObjectIdentifier;

use super::{
    Access, AlternativeName, ExtensionSpecification, PolicySpecification, Profile, ProfileError,
    TbsInput,
};
use crate::request::{extension, is_host_name, rfc822_name};
use crate::{asn1, oid};

pub(super) fn to_be_signed(
    profile: &Profile,
    input: &TbsInput<'_>,
) -> Result<Vec<u8>, ProfileError> {
    if !profile.allows_key(input.public_key) {
        return Err(ProfileError::Key {
            name: profile.name().to_owned(),
            key: input.public_key.algorithm_label(),
        });
    }
    input.public_key.check_strength()?;
    let mut extensions = Vec::new();
    for specification in profile.extensions() {
        if let Some(value) = value(profile, specification, input)? {
            extensions.push(extension(
                specification.oid(),
                specification.is_critical(),
                &value,
            ));
        }
    }
    Ok(asn1::sequence(&[
        asn1::context(0, &asn1::integer(2)),
        input.serial.to_der(),
        input.signature_algorithm.algorithm_identifier_der(),
        input.issuer_name.der().to_vec(),
        asn1::sequence(&[asn1::time(input.not_before), asn1::time(input.not_after)]),
        input.subject.der().to_vec(),
        input.public_key.spki_der().to_vec(),
        asn1::context(3, &asn1::sequence(&extensions)),
    ]))
}

/// The alternative name; `None` when it is an e-mail address and there is none.
fn alternative_name(
    holds: AlternativeName,
    input: &TbsInput<'_>,
) -> Result<Option<Vec<u8>>, ProfileError> {
    let name = match (holds, input.email) {
        (AlternativeName::HostName, _) => {
            let host = input.subject.common_name().unwrap_or_default();
            if !is_host_name(&host) {
                return Err(ProfileError::HostName(host));
            }
            asn1::context_primitive(2, host.as_bytes())
        }
        (AlternativeName::Email, Some(email)) => rfc822_name(email).ok_or(ProfileError::Email)?,
        (AlternativeName::Email, None) => return Ok(None),
    };
    Ok(Some(asn1::sequence(&[name])))
}

/// The content of `extnValue`; `None` when an optional extension has nothing to say.
fn value(
    profile: &Profile,
    specification: &ExtensionSpecification,
    input: &TbsInput<'_>,
) -> Result<Option<Vec<u8>>, ProfileError> {
    let missing = |what: &str| ProfileError::Missing {
        name: profile.name().to_owned(),
        what: what.to_owned(),
    };
    let address = |url: Option<&String>, optional: bool, what: &str| match url {
        Some(url) => distribution_point(url).map(Some),
        None if optional => Ok(None),
        None => Err(missing(what)),
    };
    Ok(Some(match specification {
        ExtensionSpecification::BasicConstraints { path_length, .. } => {
            let mut parts = vec![asn1::boolean(true)];
            parts.extend(path_length.map(|length| asn1::integer(u64::from(length))));
            asn1::sequence(&parts)
        }
        ExtensionSpecification::KeyUsage { allow, .. } => {
            let usages = specification.key_usages(input.public_key.algorithm().ok());
            asn1::named_bits(usages.map_or(*allow, |(written, _)| written).bits())
        }
        ExtensionSpecification::ExtendedKeyUsage { allow, .. } => oids(allow),
        ExtensionSpecification::AuthorityKeyIdentifier {} => {
            asn1::sequence(&[asn1::context_primitive(0, input.issuer_key_id)])
        }
        ExtensionSpecification::SubjectKeyIdentifier {} => {
            asn1::octet_string(&input.public_key.key_id())
        }
        ExtensionSpecification::SubjectAlternativeName { holds } => {
            return alternative_name(*holds, input);
        }
        ExtensionSpecification::CertificatePolicies { policies } => {
            asn1::sequence(&policies.iter().map(policy).collect::<Vec<_>>())
        }
        ExtensionSpecification::CrlDistributionPoints { optional } => {
            return address(
                input.urls.crl.as_ref(),
                *optional,
                "the address of a revocation list",
            );
        }
        ExtensionSpecification::FreshestCrl { optional } => {
            return address(
                input.urls.freshest_crl.as_ref(),
                *optional,
                "the address of a delta list",
            );
        }
        ExtensionSpecification::AuthorityInformationAccess { optional, access } => {
            let mut parts = Vec::new();
            for part in access {
                let (method, url) = match part {
                    Access::CaIssuers => (oid::ACCESS_CA_ISSUERS, &input.urls.ca_issuers),
                    Access::Ocsp => (oid::ACCESS_OCSP, &input.urls.ocsp),
                };
                match url {
                    Some(url) => parts.push(asn1::sequence(&[asn1::oid(method), uri(url)?])),
                    None if *optional => {}
                    None => {
                        return Err(missing(
                            "the addresses of the issuer's certificate and status service",
                        ));
                    }
                }
            }
            if parts.is_empty() {
                return Ok(None);
            }
            asn1::sequence(&parts)
        }
        ExtensionSpecification::OcspNoCheck {} => asn1::null(),
        ExtensionSpecification::Keystore {} => {
            let keystore = input
                .keystore
                .ok_or_else(|| missing("the store of the key"))?;
            if !is_keystore(keystore) {
                return Err(ProfileError::Keystore(keystore));
            }
            oids(&[keystore])
        }
    }))
}

fn oids(oids: &[ObjectIdentifier]) -> Vec<u8> {
    asn1::sequence(&oids.iter().copied().map(asn1::oid).collect::<Vec<_>>())
}

/// `PolicyInformation` with the qualifiers CPS (IA5String) and user notice (explicitText as UTF8String).
fn policy(specification: &PolicySpecification) -> Vec<u8> {
    let mut qualifiers = Vec::new();
    if let Some(cps) = &specification.cps {
        qualifiers.push(asn1::sequence(&[
            asn1::oid(oid::QUALIFIER_CPS),
            asn1::ia5_string(cps),
        ]));
    }
    if let Some(notice) = &specification.notice {
        let notice = asn1::sequence(&[asn1::utf8_string(notice)]);
        qualifiers.push(asn1::sequence(&[
            asn1::oid(oid::QUALIFIER_USER_NOTICE),
            notice,
        ]));
    }
    let mut parts = vec![asn1::oid(specification.oid)];
    if !qualifiers.is_empty() {
        parts.push(asn1::sequence(&qualifiers));
    }
    asn1::sequence(&parts)
}

/// One `DistributionPoint` with a full name.
fn distribution_point(url: &str) -> Result<Vec<u8>, ProfileError> {
    let full_name = asn1::context(0, &uri(url)?);
    let point = asn1::sequence(&[asn1::context(0, &full_name)]);
    Ok(asn1::sequence(&[point]))
}

fn uri(url: &str) -> Result<Vec<u8>, ProfileError> {
    if is_plain_url(url) {
        Ok(asn1::context_primitive(6, url.as_bytes()))
    } else {
        Err(ProfileError::Url(url.to_owned()))
    }
}

/// Verifiers do not bootstrap TLS: plain HTTP, a host, printable ASCII, no user, no fragment.
pub(crate) fn is_plain_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else {
        return false;
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    !host.is_empty()
        && !authority.contains('@')
        && rest
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&octet))
}

/// Whether the identifier lies below 1.2.398.3.3.5.
pub(crate) fn is_keystore(keystore: ObjectIdentifier) -> bool {
    let text = keystore.to_string();
    text.strip_prefix(&oid::KZ_KEYSTORE.to_string())
        .is_some_and(|rest| rest.starts_with('.'))
}
