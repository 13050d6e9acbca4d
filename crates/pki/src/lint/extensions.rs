//! Extensions against the profile and RFC 5280, 4.2.

use tanba_crypto::{KeyAlgorithm, ObjectIdentifier};

use super::{Report, is_below_the_web, rule};
use crate::asn1::{Malformed, Reader, parse_all, tag};
use crate::extension::{Extension, KeyUsage};
use crate::profile::{
    Access, AlternativeName, ExtensionSpecification, PolicySpecification, Profile,
};
use crate::request::{is_host_name, is_rfc822_name};
use crate::{Certificate, TbsCertificate, oid};

const NOTICE_LIMIT: usize = 200;
const URL_LIMIT: usize = 255;

pub(super) fn lint(
    certificate: &TbsCertificate,
    profile: &Profile,
    issuer: Option<&Certificate>,
    report: &mut Report,
) {
    let actual: Vec<&Extension> = certificate.extensions().collect();
    let mut rest = actual.as_slice();
    for specification in profile.extensions() {
        match rest.split_first() {
            Some((extension, tail)) if extension.oid == specification.oid() => {
                report.require_or(
                    extension.critical == specification.is_critical(),
                    &rule::EXTENSION_CRITICAL,
                    || {
                        format!(
                            "Extension {} is not as critical as the profile has it.",
                            extension.oid
                        )
                    },
                );
                value(certificate, specification, extension, issuer, report);
                rest = tail;
            }
            _ if specification.is_optional() => {}
            _ => {
                let sentence = format!("Extension {} is not at its place.", specification.oid());
                report.found(&rule::EXTENSION_ORDER, sentence);
            }
        }
    }
    for extension in rest {
        let sentence = format!(
            "Extension {} is not of the profile, or is out of place.",
            extension.oid
        );
        report.found(&rule::EXTENSION_UNEXPECTED, sentence);
    }
    usages(certificate, profile, report);
    policy_rules(certificate, report);
    if certificate.extension(oid::FRESHEST_CRL).is_some() {
        report.require(
            certificate.freshest_crl() != certificate.crl_distribution_points(),
            &rule::URL_FRESHEST,
        );
    }
}

fn value(
    certificate: &TbsCertificate,
    specification: &ExtensionSpecification,
    extension: &Extension,
    issuer: Option<&Certificate>,
    report: &mut Report,
) {
    match specification {
        ExtensionSpecification::BasicConstraints { path_length, .. } => {
            let right = certificate
                .basic_constraints()
                .is_some_and(|found| found.ca && found.path_length == path_length.map(u32::from));
            report.require(right, &rule::BASIC_CONSTRAINTS);
        }
        ExtensionSpecification::KeyUsage { .. } => {
            let usages = specification.key_usages(certificate.public_key().algorithm().ok());
            let right = (certificate.key_usage().zip(usages))
                .is_some_and(|(found, (written, earlier))| found == written || found == earlier);
            report.require(right, &rule::KEY_USAGE);
        }
        ExtensionSpecification::ExtendedKeyUsage { allow, .. } => {
            let right = certificate.extended_key_usage() == *allow;
            report.require(right, &rule::EXTENDED_KEY_USAGE);
        }
        ExtensionSpecification::AuthorityKeyIdentifier {} => {
            authority_key_identifier(certificate, extension, issuer, report);
        }
        ExtensionSpecification::SubjectKeyIdentifier {} => report.require(
            certificate.subject_key_id() == Some(&certificate.public_key().key_id()),
            &rule::SUBJECT_KEY_ID,
        ),
        ExtensionSpecification::SubjectAlternativeName { holds } => match holds {
            AlternativeName::Email => alternative_name(certificate, extension, report),
            AlternativeName::HostName => host_name(certificate, extension, report),
        },
        ExtensionSpecification::CertificatePolicies { policies } => {
            self::policies(certificate, policies, report)
        }
        ExtensionSpecification::CrlDistributionPoints { .. } => {
            one_url(
                &certificate.crl_distribution_points(),
                "revocation list",
                report,
            );
        }
        ExtensionSpecification::FreshestCrl { .. } => {
            one_url(&certificate.freshest_crl(), "delta list", report)
        }
        ExtensionSpecification::AuthorityInformationAccess { access, optional } => {
            self::access(extension, access, *optional, report);
        }
        ExtensionSpecification::OcspNoCheck {} => {
            let responder = certificate
                .extended_key_usage()
                .contains(&oid::OCSP_SIGNING);
            report.require(
                extension.value == [0x05, 0x00] && responder,
                &rule::OCSP_NO_CHECK,
            );
        }
        ExtensionSpecification::Keystore {} => keystore(extension, report),
    }
}

fn authority_key_identifier(
    certificate: &TbsCertificate,
    extension: &Extension,
    issuer: Option<&Certificate>,
    report: &mut Report,
) {
    let Some(id) = certificate.authority_key_id() else {
        report.require(false, &rule::AUTHORITY_KEY_ID);
        return;
    };
    let own = certificate.subject_key_id();
    let right = issuer.map_or(own, |issuer| issuer.subject_key_id());
    report.require(right == Some(id), &rule::AUTHORITY_KEY_ID_ISSUER);
    // 30 16 80 14 and the twenty octets: no issuer name, no serial number.
    report.require(
        extension.value.len() == 24 && id.len() == 20,
        &rule::AUTHORITY_KEY_ID_FORM,
    );
}

/// Exactly one rfc822Name.
fn alternative_name(certificate: &TbsCertificate, extension: &Extension, report: &mut Report) {
    let count = parse_all(&extension.value, "subject alternative name").and_then(count);
    let emails = certificate.emails();
    let right =
        count == Ok(1) && emails.len() == 1 && emails.iter().all(|email| is_rfc822_name(email));
    report.require(right, &rule::EMAIL);
}

/// Exactly one dNSName, which the common name repeats (CA/Browser Forum BR 7.1.4.3).
fn host_name(certificate: &TbsCertificate, extension: &Extension, report: &mut Report) {
    let name = certificate.subject().common_name().unwrap_or_default();
    let mut expected = vec![0x82];
    expected.extend(u8::try_from(name.len()).ok());
    expected.extend(name.as_bytes());
    let content = parse_all(&extension.value, "subject alternative name");
    report.require(
        is_host_name(&name) && content.is_ok_and(|names| names.rest() == expected),
        &rule::HOST_NAME,
    );
}

fn count(mut reader: Reader<'_>) -> Result<usize, Malformed> {
    let mut count = 0_usize;
    while !reader.is_empty() {
        reader.next_value()?;
        count = count.saturating_add(1);
    }
    Ok(count)
}

fn policies(certificate: &TbsCertificate, expected: &[PolicySpecification], report: &mut Report) {
    let found = certificate.policy_information();
    let same = found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| {
            let mut qualifiers = Vec::new();
            qualifiers.extend(
                expected
                    .cps
                    .as_deref()
                    .map(|text| (oid::QUALIFIER_CPS, text)),
            );
            qualifiers.extend(
                expected
                    .notice
                    .as_deref()
                    .map(|text| (oid::QUALIFIER_USER_NOTICE, text)),
            );
            found.oid == expected.oid
                && found.qualifiers.len() == qualifiers.len()
                && found
                    .qualifiers
                    .iter()
                    .zip(qualifiers)
                    .all(|((id, der), (oid, text))| {
                        *id == oid && qualifier_text(*id, der).as_deref() == Some(text)
                    })
        });
    report.require(same, &rule::POLICIES);
}

/// What the standard says of policies, whatever the profile has.
fn policy_rules(certificate: &TbsCertificate, report: &mut Report) {
    let found = certificate.policy_information();
    for policy in found {
        let twice = found.iter().filter(|other| other.oid == policy.oid).count() > 1;
        report.require(!twice, &rule::POLICIES_TWICE);
        for (id, der) in &policy.qualifiers {
            let text = qualifier_text(*id, der).unwrap_or_default();
            match *id {
                oid::QUALIFIER_USER_NOTICE => {
                    report.require(text.chars().count() <= NOTICE_LIMIT, &rule::POLICIES_NOTICE);
                }
                oid::QUALIFIER_CPS => {
                    let web = is_below_the_web(&text) && has_url_form(&text);
                    report.require(web, &rule::POLICIES_CPS);
                }
                _ => {}
            }
        }
    }
}

/// The text of a CPS (IA5String) or of a user notice with nothing but an explicit text (UTF8String).
fn qualifier_text(id: ObjectIdentifier, der: &[u8]) -> Option<String> {
    let text = |reader: &mut Reader<'_>, tag| {
        let content = reader.expect(tag).ok()?;
        reader.finish().ok()?;
        std::str::from_utf8(content).ok().map(str::to_owned)
    };
    match id {
        oid::QUALIFIER_CPS => text(&mut Reader::new(der, "CPS"), tag::IA5_STRING),
        oid::QUALIFIER_USER_NOTICE => {
            text(&mut parse_all(der, "user notice").ok()?, tag::UTF8_STRING)
        }
        _ => None,
    }
}

fn one_url(urls: &[String], what: &str, report: &mut Report) {
    let right = urls.len() == 1 && urls.iter().all(|url| is_public(url));
    report.require_or(right, &rule::URL_FORM, || {
        format!(
            "The {what} must have exactly one address: plain http://, ASCII, no user, no fragment."
        )
    });
}

fn access(extension: &Extension, expected: &[Access], optional: bool, report: &mut Report) {
    let Ok(found) = access_parts(&extension.value) else {
        report.require(false, &rule::URL_ACCESS);
        return;
    };
    let order: Vec<ObjectIdentifier> = expected
        .iter()
        .map(|access| match access {
            Access::CaIssuers => oid::ACCESS_CA_ISSUERS,
            Access::Ocsp => oid::ACCESS_OCSP,
        })
        .collect();
    let methods: Vec<ObjectIdentifier> = found.iter().map(|(method, _)| *method).collect();
    let allowed: Vec<ObjectIdentifier> = order
        .iter()
        .copied()
        .filter(|one| methods.contains(one))
        .collect();
    let complete = methods == order || (optional && methods == allowed && !methods.is_empty());
    report.require(complete, &rule::URL_ACCESS);
    let plain = found.iter().all(|(_, url)| is_public(url));
    report.require(plain, &rule::URL_FORM);
}

fn access_parts(value: &[u8]) -> Result<Vec<(ObjectIdentifier, String)>, Malformed> {
    let mut reader = parse_all(value, "authority information access")?;
    let mut parts = Vec::new();
    while !reader.is_empty() {
        let mut part = reader.sequence()?;
        let method = part.oid()?;
        let location = part.expect(tag::context_primitive(6))?;
        part.finish()?;
        parts.push((method, String::from_utf8_lossy(location).into_owned()));
    }
    Ok(parts)
}

fn is_public(url: &str) -> bool {
    url.starts_with("http://") && has_url_form(url)
}

/// Scheme, host in lower case, port in digits, printable ASCII; no user, no fragment, not longer than 255.
fn has_url_form(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let host_is_right = !host.is_empty()
        && host.split('.').all(|label| !label.is_empty())
        && host.bytes().all(|octet| {
            octet.is_ascii_lowercase() || octet.is_ascii_digit() || b"-.".contains(&octet)
        });
    let port_is_right = port.is_none_or(|port| port.parse::<u16>().is_ok());
    host_is_right
        && port_is_right
        && url.len() <= URL_LIMIT
        && url.bytes().all(|octet| octet.is_ascii_graphic())
        && !url.contains('#')
}

/// `SEQUENCE { OBJECT IDENTIFIER }` below 1.2.398.3.3.5, and no folder name: that is personal data.
fn keystore(extension: &Extension, report: &mut Report) {
    let one = || -> Result<ObjectIdentifier, Malformed> {
        let mut reader = parse_all(&extension.value, "key store extension")?;
        let keystore = reader.oid()?;
        reader.finish()?;
        Ok(keystore)
    };
    let right = one().is_ok_and(|keystore| keystore.to_string().starts_with("1.2.398.3.3.5."));
    report.require(right, &rule::KEYSTORE);
}

/// Key usage against the key's algorithm, extended key usage and basic constraints.
fn usages(certificate: &TbsCertificate, profile: &Profile, report: &mut Report) {
    let Some(usage) = certificate.key_usage() else {
        report.require(false, &rule::KEY_USAGE);
        return;
    };
    let misfit = match certificate.public_key().algorithm() {
        Ok(KeyAlgorithm::Rsa { .. }) => KeyUsage::KEY_AGREEMENT,
        // Such keys sign and do nothing else.
        Ok(KeyAlgorithm::Ed25519 | KeyAlgorithm::MlDsa44 | KeyAlgorithm::MlDsa65) => {
            KeyUsage::KEY_ENCIPHERMENT
                .with(KeyUsage::DATA_ENCIPHERMENT)
                .with(KeyUsage::KEY_AGREEMENT)
        }
        Ok(_) | Err(_) => KeyUsage::KEY_ENCIPHERMENT,
    };
    report.require(!usage.intersects(misfit), &rule::KEY_USAGE_ALGORITHM);
    report.require(
        usage.contains(KeyUsage::KEY_CERT_SIGN) == certificate.is_ca(),
        &rule::KEY_USAGE_AUTHORITY,
    );
    let signs = KeyUsage::DIGITAL_SIGNATURE.with(KeyUsage::NON_REPUDIATION);
    let transports = KeyUsage::KEY_ENCIPHERMENT.with(KeyUsage::KEY_AGREEMENT);
    for purpose in certificate.extended_key_usage() {
        let needed = match purpose {
            oid::SERVER_AUTH => transports.with(KeyUsage::DIGITAL_SIGNATURE),
            oid::CLIENT_AUTH => KeyUsage::DIGITAL_SIGNATURE.with(KeyUsage::KEY_AGREEMENT),
            oid::EMAIL_PROTECTION => signs.with(transports),
            oid::OCSP_SIGNING | oid::TIME_STAMPING | oid::DOCUMENT_SIGNING => signs,
            oid::ANY_EXTENDED_KEY_USAGE => {
                report.require(false, &rule::EXTENDED_KEY_USAGE_ANY);
                continue;
            }
            _ => continue,
        };
        // Of an authority it says what the keys below are for, and not its own.
        let fits = certificate.is_ca() || usage.intersects(needed);
        report.require_or(fits, &rule::KEY_USAGE_EXTENDED, || {
            format!("Key usage forbids what extended key usage {purpose} is for.")
        });
    }
    let is_critical = |oid| {
        certificate
            .extension(oid)
            .is_some_and(|extension| extension.critical)
    };
    let purposes = certificate.extended_key_usage();
    if purposes.contains(&oid::TIME_STAMPING) {
        let right = purposes.len() == 1 && is_critical(oid::EXTENDED_KEY_USAGE);
        report.require(right, &rule::EXTENDED_KEY_USAGE_TIME);
    }
    if certificate.is_ca() {
        report.require(
            is_critical(oid::BASIC_CONSTRAINTS),
            &rule::BASIC_CONSTRAINTS_CRITICAL,
        );
        let mut specified = profile.extensions().iter();
        let is_meant = specified.any(|one| one.oid() == oid::EXTENDED_KEY_USAGE);
        report.require(
            is_meant || purposes.is_empty(),
            &rule::EXTENDED_KEY_USAGE_AUTHORITY,
        );
    }
}
