//! `tanba certificate check`: reads everything that was ever issued again, and judges it without the code that issued it.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::bail;
use serde::Serialize;
use tanba_ca::Profiles;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::id::{CertificateId, IssuerId};
use tanba_model::ports::{CrlKind, IssuerKind, Storage, UnitOfWork};
use tanba_pki::crl::Crl;
use tanba_pki::lint::{Severity, lint_certificate};
use tanba_pki::{Certificate, SerialNumber, Timestamp};

use super::super::config_args::ConfigArgs;
use crate::context::Context;
use crate::outcome::Outcome;

/// Records that are in memory at once.
const PAGE: u32 = 500;
/// Findings that are told one by one.
const TOLD: usize = 1_000;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    serial: String,
    /// A name for scripts.
    code: &'static str,
    what: String,
}

#[derive(Debug, Default, Serialize)]
struct Report {
    certificates: u64,
    given_up: u64,
    open_intents: u64,
    revoked: u64,
    lists: u64,
    /// How many there are; the first thousand are told.
    faults: u64,
    findings: Vec<Finding>,
}

impl Report {
    fn fault(&mut self, serial: &SerialNumber, code: &'static str, what: impl Into<String>) {
        self.faults = self.faults.saturating_add(1);
        if self.findings.len() < TOLD {
            self.findings.push(Finding {
                serial: serial.hex(),
                code,
                what: what.into(),
            });
        }
    }
}

/// An issuer and what its full list says.
struct Issuer {
    id: IssuerId,
    certificate: Certificate,
    kind: IssuerKind,
    /// By serial number: since when.
    listed: BTreeMap<Vec<u8>, Timestamp>,
    /// Changes up to this instant are on the list.
    covers_until: Timestamp,
    made_at: Timestamp,
}

/// Runs the command.
pub(super) fn run(all: bool, config: &ConfigArgs, context: &Context) -> anyhow::Result<Outcome> {
    if !all {
        bail!(
            "say --all: every certificate that was ever issued is read, which takes a minute for each hundred thousand"
        );
    }
    let storage = config.storage()?;
    let report = check(storage.as_ref())?;
    context.print(&report, &report)?;
    Ok(match report.faults {
        0 => Outcome::Done,
        1 => Outcome::Refused("one thing is not as it should be".to_owned()),
        count => Outcome::Refused(format!("{count} things are not as they should be")),
    })
}

fn check(storage: &dyn Storage) -> anyhow::Result<Report> {
    // One snapshot: what is issued meanwhile is judged next time.
    let mut unit = storage.snapshot()?;
    let mut report = Report::default();
    let profiles = Profiles::builtin();
    for issuer in issuers(unit.as_mut(), &mut report)? {
        let mut after: Option<CertificateId> = None;
        let mut serials: Vec<[u8; SerialNumber::LENGTH]> = Vec::new();
        let mut on_list = 0_usize;
        loop {
            let records = unit.certificates().page(issuer.id, after, PAGE)?;
            let Some(last) = records.last() else {
                break;
            };
            after = Some(last.id);
            for record in &records {
                serials.push(*record.serial.as_bytes());
                judge(record, &issuer, &profiles, &mut report);
                on_list = on_list.saturating_add(usize::from(list(record, &issuer, &mut report)));
            }
        }
        serials.sort_unstable();
        for pair in serials.windows(2) {
            if let [first, second] = pair
                && first == second
                && let Ok(serial) = SerialNumber::from_bytes(first)
            {
                report.fault(&serial, "serial-twice", "the serial number is there twice");
            }
        }
        if on_list < issuer.listed.len() {
            let serial = issuer.certificate.serial_bytes();
            if let Ok(serial) = SerialNumber::from_bytes(serial) {
                report.fault(
                    &serial,
                    "list-unknown",
                    "the list of this issuer has entries of certificates that are not revoked or not known",
                );
            }
        }
    }
    Ok(report)
}

fn issuers(unit: &mut dyn UnitOfWork, report: &mut Report) -> anyhow::Result<Vec<Issuer>> {
    let mut issuers = Vec::new();
    for record in unit.issuers().all()? {
        let certificate = Certificate::from_der(&record.issuer.certificate)?;
        let published = unit.crls().latest(record.id, CrlKind::Full)?;
        let mut issuer = Issuer {
            id: record.id,
            kind: record.issuer.kind,
            listed: BTreeMap::new(),
            covers_until: Timestamp::from_unix(0),
            made_at: Timestamp::from_unix(0),
            certificate,
        };
        if let Some(published) = published {
            report.lists = report.lists.saturating_add(1);
            let list = Crl::from_der(&published.der)?;
            let serial = SerialNumber::from_bytes(issuer.certificate.serial_bytes())?;
            if list.verify(issuer.certificate.public_key()).is_err() {
                report.fault(
                    &serial,
                    "list-signature",
                    "the full list of this issuer does not verify",
                );
            }
            if list
                .number()
                .is_none_or(|number| !is(number, published.number))
            {
                report.fault(
                    &serial,
                    "list-number",
                    "the full list of this issuer has another number than its record",
                );
            }
            issuer.listed = list
                .entries()
                .map(|entry| (entry.serial.to_vec(), entry.at))
                .collect();
            issuer.covers_until = published.covers_until;
            issuer.made_at = published.this_update;
        }
        issuers.push(issuer);
    }
    Ok(issuers)
}

/// Whether big-endian octets are this number.
fn is(octets: &[u8], number: u64) -> bool {
    let significant = |octets: &[u8]| {
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        octets.get(zeros..).unwrap_or_default().to_vec()
    };
    significant(octets) == significant(&number.to_be_bytes())
}

/// One record against its certificate, its profile and its issuer.
fn judge(record: &CertificateRecord, issuer: &Issuer, profiles: &Profiles, report: &mut Report) {
    let counter = match record.status {
        Status::Intended => &mut report.open_intents,
        Status::Void => &mut report.given_up,
        Status::Valid | Status::Revoked { .. } => &mut report.certificates,
    };
    *counter = counter.saturating_add(1);
    let serial = &record.serial;
    let Some(der) = &record.der else {
        return;
    };
    let Ok(certificate) = Certificate::from_der(der) else {
        return report.fault(serial, "malformed", "the certificate cannot be read");
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
    ];
    for (_, what) in same.into_iter().filter(|(same, _)| !same) {
        report.fault(serial, "record", what);
    }
    let Some(profile) = profiles.find(&record.profile) else {
        return report.fault(
            serial,
            "profile",
            format!("the profile {} is not known", record.profile),
        );
    };
    let is_root = issuer.kind == IssuerKind::Root && certificate.is_self_issued();
    let above = (!is_root).then_some(&issuer.certificate);
    for finding in lint_certificate(certificate.tbs_der(), profile, above) {
        if finding.severity == Severity::Error {
            report.fault(serial, finding.code, finding.sentence);
        }
    }
}

/// One record against the full list of its issuer; whether it is on it.
fn list(record: &CertificateRecord, issuer: &Issuer, report: &mut Report) -> bool {
    let listed = issuer.listed.get(record.serial.as_bytes().as_slice());
    match (record.status, listed) {
        (Status::Revoked { at, .. }, Some(since)) => {
            report.revoked = report.revoked.saturating_add(1);
            if at != *since {
                report.fault(
                    &record.serial,
                    "list-time",
                    "the list says another time of revocation than the record",
                );
            }
        }
        (Status::Revoked { at, .. }, None) => {
            report.revoked = report.revoked.saturating_add(1);
            if at < issuer.covers_until && record.not_after >= issuer.made_at {
                report.fault(
                    &record.serial,
                    "list-missing",
                    "the certificate is revoked and not on the list",
                );
            }
        }
        // Released since the list was made.
        (Status::Intended | Status::Void | Status::Valid, _) => {}
    }
    listed.is_some()
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} certificates read ({} of them revoked), {} intents given up, {} open, {} lists.",
            self.certificates, self.revoked, self.given_up, self.open_intents, self.lists
        )?;
        for finding in &self.findings {
            write!(
                formatter,
                "\n{}: {} ({})",
                finding.serial, finding.what, finding.code
            )?;
        }
        if self.faults == 0 {
            write!(formatter, "\nEverything is as it should be.")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
