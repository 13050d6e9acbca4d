//! What certificates have to look like, beyond what validation itself needs.

mod web;

use super::general_name::GeneralName;
use super::policy::is_self_issued;
use super::{PathError, Refusal, Rules};
use crate::asn1::{Malformed, parse_all, tag};
use crate::{Certificate, KeyUsage, oid};

/// One certificate and its place on the way.
#[derive(Clone, Copy)]
struct Place<'a> {
    certificate: &'a Certificate,
    first: bool,
    trusted: bool,
}

impl Place<'_> {
    /// A trusted certificate by which its authority distributes its own key; some roots name somebody else as issuer
    /// and have signed themselves all the same.
    fn is_root(self) -> bool {
        let key = self.certificate.public_key();
        self.trusted
            && (is_self_issued(self.certificate) || self.certificate.verify_signed_by(key).is_ok())
    }
}

type Verdict = Result<(), PathError>;

/// Checks every certificate of the path, the trusted one included.
pub(super) fn check(path: &[Certificate], rules: Rules) -> Result<(), Refusal> {
    if rules == Rules::Paths {
        return Ok(());
    }
    for (position, certificate) in path.iter().enumerate() {
        let place = Place {
            certificate,
            first: position == 0,
            trusted: position.saturating_add(1) == path.len(),
        };
        check_one(place, rules).map_err(|error| Refusal::new(error, certificate))?;
    }
    Ok(())
}

fn check_one(place: Place<'_>, rules: Rules) -> Verdict {
    check_fields(place)?;
    check_criticality(place.certificate)?;
    check_key_identifiers(place)?;
    check_usages(place)?;
    check_names(place)?;
    if rules == Rules::WebServers {
        web::check(place)?;
    }
    Ok(())
}

/// Refuses unless the rule is kept.
fn ensure(kept: bool, rule: &'static str) -> Verdict {
    if kept {
        Ok(())
    } else {
        Err(PathError::Rule(rule))
    }
}

/// RFC 5280, 4.1.
fn check_fields(place: Place<'_>) -> Verdict {
    let certificate = place.certificate;
    ensure(certificate.version() == 3, "version 3 (RFC 5280, 4.1.2.1)")?;
    ensure(
        certificate.tbs_signature_algorithm().oid == certificate.signature_algorithm_oid(),
        "one signature algorithm (RFC 5280, 4.1.1.2)",
    )?;
    // Some roots of the web have the serial 0; nobody looks them up by it.
    if place.first || !place.trusted {
        let serial = certificate.serial_bytes();
        let fits = match serial {
            [] | [0] | [0x80..=0xff, ..] => false,
            [0, rest @ ..] => rest.len() <= 20,
            all => all.len() <= 20,
        };
        ensure(fits, "serial of 1 to 20 octets (RFC 5280, 4.1.2.2)")?;
    }
    ensure(
        !certificate.issuer().is_empty(),
        "issuer (RFC 5280, 4.1.2.4)",
    )?;
    let named = !certificate.subject().is_empty();
    ensure(
        named || !certificate.is_ca(),
        "subject of an authority (RFC 5280, 4.1.2.6)",
    )
}

fn check_criticality(certificate: &Certificate) -> Verdict {
    for (kind, critical, rule) in [
        (
            oid::AUTHORITY_KEY_IDENTIFIER,
            false,
            "authority key identifier is not critical (RFC 5280, 4.2.1.1)",
        ),
        (
            oid::SUBJECT_KEY_IDENTIFIER,
            false,
            "subject key identifier is not critical (RFC 5280, 4.2.1.2)",
        ),
        (
            oid::NAME_CONSTRAINTS,
            true,
            "name constraints are critical (RFC 5280, 4.2.1.10)",
        ),
        (
            oid::POLICY_CONSTRAINTS,
            true,
            "policy constraints are critical (RFC 5280, 4.2.1.11)",
        ),
        (
            oid::INHIBIT_ANY_POLICY,
            true,
            "inhibitAnyPolicy is critical (RFC 5280, 4.2.1.14)",
        ),
        (
            oid::FRESHEST_CRL,
            false,
            "freshest CRL is not critical (RFC 5280, 4.2.1.15)",
        ),
        (
            oid::AUTHORITY_INFO_ACCESS,
            false,
            "authority information access is not critical (RFC 5280, 4.2.2.1)",
        ),
    ] {
        let extension = certificate.extension(kind);
        ensure(
            extension.is_none_or(|found| found.critical == critical),
            rule,
        )?;
    }
    let basic = certificate.extension(oid::BASIC_CONSTRAINTS);
    ensure(
        !certificate.is_ca() || basic.is_some_and(|basic| basic.critical),
        "basic constraints of an authority are critical (RFC 5280, 4.2.1.9)",
    )
}

fn check_key_identifiers(place: Place<'_>) -> Verdict {
    let certificate = place.certificate;
    ensure(
        certificate.subject_key_id().is_some() || !certificate.is_ca(),
        "subject key identifier of an authority (RFC 5280, 4.2.1.2)",
    )?;
    ensure(
        certificate.authority_key_id().is_some() || place.is_root(),
        "authority key identifier (RFC 5280, 4.2.1.1)",
    )
}

fn check_usages(place: Place<'_>) -> Verdict {
    let certificate = place.certificate;
    let usage = certificate.key_usage();
    ensure(
        usage != Some(KeyUsage::NONE),
        "key usage is not empty (RFC 5280, 4.2.1.3)",
    )?;
    let signs = usage.is_some_and(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN));
    ensure(
        certificate.is_ca() || !signs,
        "who signs certificates is an authority (RFC 5280, 4.2.1.9)",
    )?;
    let bounded = certificate
        .basic_constraints()
        .is_some_and(|constraints| constraints.path_length.is_some());
    ensure(
        !bounded || (certificate.is_ca() && (signs || usage.is_none())),
        "only authorities have a path length (RFC 5280, 4.2.1.9)",
    )?;
    let extended = certificate.extension(oid::EXTENDED_KEY_USAGE).is_some();
    ensure(
        !extended || !certificate.extended_key_usage().is_empty(),
        "extended key usage is not empty (RFC 5280, 4.2.1.12)",
    )?;
    for kind in [
        oid::NAME_CONSTRAINTS,
        oid::POLICY_CONSTRAINTS,
        oid::POLICY_MAPPINGS,
    ] {
        ensure(
            certificate.is_ca() || certificate.extension(kind).is_none(),
            "only authorities constrain names and policies (RFC 5280, 4.2.1.5, 4.2.1.10, 4.2.1.11)",
        )?;
    }
    ensure(
        certificate
            .extension(oid::AUTHORITY_INFO_ACCESS)
            .is_none_or(|access| access.value != [tag::SEQUENCE, 0]),
        "authority information access is not empty (RFC 5280, 4.2.2.1)",
    )
}

/// RFC 5280, 4.2.1.6.
fn check_names(place: Place<'_>) -> Verdict {
    let names = GeneralName::of(place.certificate)?;
    ensure(
        names.iter().all(GeneralName::is_well_formed),
        "alternative names are well-formed (RFC 5280, 4.2.1.6)",
    )?;
    let critical = place
        .certificate
        .extension(oid::SUBJECT_ALT_NAME)
        .is_some_and(|extension| extension.critical);
    ensure(
        critical || !place.certificate.subject().is_empty(),
        "without subject, alternative names are critical (RFC 5280, 4.2.1.6)",
    )
}

/// Whether the authority key identifier is a key identifier alone.
fn names_key_only(certificate: &Certificate) -> Result<bool, Malformed> {
    let Some(extension) = certificate.extension(oid::AUTHORITY_KEY_IDENTIFIER) else {
        return Ok(true);
    };
    let mut fields = parse_all(&extension.value, "authority key identifier")?;
    let key = fields.optional(tag::context_primitive(0))?;
    Ok(key.is_some() && fields.is_empty())
}
