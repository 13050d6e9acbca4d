//! One certificate against its record, its profile and its issuer.

use tanba_ca::Profiles;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::ports::{IssuerKind, UnitOfWork};
use tanba_pki::Certificate;
use tanba_pki::lint::{Severity, lint_certificate};
use tanba_pki::profile::Profile;

use super::Report;
use super::issuer::Issuer;

/// One record against its certificate, its profile and its issuer; the certificate, if there is one that can be read.
pub(super) fn judge(
    record: &CertificateRecord,
    issuer: &Issuer,
    profiles: &Profiles,
    report: &mut Report,
) -> Option<Certificate> {
    let counter = match record.status {
        Status::Intended => &mut report.open_intents,
        Status::Void => &mut report.given_up,
        Status::Valid | Status::Revoked { .. } => &mut report.certificates,
    };
    *counter = counter.saturating_add(1);
    let serial = &record.serial;
    let der = record.der.as_ref()?;
    let Ok(certificate) = Certificate::from_der(der) else {
        report.fault(serial, "malformed", "the certificate cannot be read");
        return None;
    };
    if certificate
        .verify_signed_by(issuer.certificate.public_key())
        .is_err()
    {
        report.fault(
            serial,
            "signature",
            "the signature does not verify with the issuer's key",
        );
    }
    let same = [
        (
            certificate.tbs_der() == record.to_be_signed,
            "the signed bytes are not those that were recorded before",
        ),
        (
            certificate.serial_bytes() == serial.as_bytes(),
            "the serial number is not the recorded one",
        ),
        (
            certificate.issuer() == issuer.certificate.subject(),
            "the issuer is not the recorded one",
        ),
        (
            certificate.not_before() == record.not_before,
            "the start of validity is not the recorded one",
        ),
        (
            certificate.not_after() == record.not_after,
            "the end of validity is not the recorded one",
        ),
        (
            certificate.public_key().sha256() == record.public_key_sha256,
            "the public key is not the recorded one",
        ),
        (
            certificate.purpose() == record.purpose,
            "the purpose is not the recorded one",
        ),
        (
            shard(&certificate).is_none_or(|shard| shard == record.shard),
            "the part of the lists is not the one that the certificate names",
        ),
    ];
    for (_, what) in same.into_iter().filter(|(same, _)| !same) {
        report.fault(serial, "record", what);
    }
    let Some(profile) = profiles.find(&record.profile) else {
        report.fault(
            serial,
            "profile",
            format!("the profile {} is not known", record.profile),
        );
        return Some(certificate);
    };
    let is_root = issuer.kind == IssuerKind::Root && certificate.is_self_issued();
    let above = (!is_root).then_some(&issuer.certificate);
    for finding in lint_certificate(certificate.tbs_der(), profile, above) {
        if finding.severity == Severity::Error {
            report.fault(serial, finding.code, finding.sentence);
        }
    }
    Some(certificate)
}

/// The number of the part of the lists that a certificate names: `…/crl/NAME/7.crl`. A root has one list.
fn shard(certificate: &Certificate) -> Option<u16> {
    let points = certificate.crl_distribution_points();
    let (_, name) = points.first()?.rsplit_once('/')?;
    name.strip_suffix(".crl")?.parse().ok()
}

/// Whether the certificate names whom the record names. Names change; a personal number stays.
pub(super) fn owner(
    unit: &mut dyn UnitOfWork,
    record: &CertificateRecord,
    certificate: &Certificate,
    profiles: &Profiles,
    report: &mut Report,
) -> anyhow::Result<()> {
    let is_persons = profiles
        .find(&record.profile)
        .is_some_and(Profile::is_for_persons);
    let named = certificate.subject().iin();
    let recorded = match record.person {
        Some(person) => unit.persons().find(person)?,
        None => None,
    };
    let right = match (&recorded, record.person) {
        // What a server is called has no number of a person.
        (Some(person), _) => named.is_none_or(|named| named == person.iin.as_str()),
        (None, Some(_)) => false,
        (None, None) => !is_persons,
    };
    if !right {
        report.fault(
            &record.serial,
            "person",
            "the certificate is of another person than the record",
        );
    }
    Ok(())
}
