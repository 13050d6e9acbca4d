//! What the audit log says of certificates.

use std::collections::BTreeMap;

use tanba_model::audit::AuditEvent;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::id::IssuerId;
use tanba_model::ports::{UnitOfWork, certificate_object};
use tanba_pki::{SerialNumber, Timestamp, hex};

use super::Report;
use super::issuer::Issuer;

/// Events that are in memory at once.
const PAGE: u32 = 2_000;
/// How the events begin that matter here.
const MARKS: [&[u8]; 2] = [b"\"action\":\"certificate.", b"\"action\":\"issuer."];

/// What became of a certificate, as the log says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// Why it was revoked or frozen; `None` when it was released.
    reason: Option<RevocationReason>,
    /// When it was recorded.
    pub(super) at: Timestamp,
}

/// What has to be known of the whole log.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// The changes of status of each certificate that had one, in order.
    changes: BTreeMap<String, Vec<Change>>,
    /// What is said of each issuer: with the digest of its certificate when it was made.
    issuers: BTreeMap<String, Vec<String>>,
}

impl Evidence {
    /// Reads the whole log, and looks up everything that it says was intended, issued or given up. Whether it is itself
    /// is for `tanba audit verify`.
    pub(super) fn read(unit: &mut dyn UnitOfWork, report: &mut Report) -> anyhow::Result<Self> {
        let mut evidence = Self::default();
        let mut after = 0;
        loop {
            let records = unit.audit_log().page(after, PAGE)?;
            let Some(last) = records.last() else {
                evidence.compare_changes(unit, report)?;
                return Ok(evidence);
            };
            after = last.sequence;
            for record in &records {
                let is_of =
                    |mark: &&[u8]| record.event.windows(mark.len()).any(|part| part == *mark);
                if !MARKS.iter().any(is_of) {
                    continue;
                }
                if let Some(event) = record.read() {
                    evidence.take(unit, event, report)?;
                }
            }
        }
    }

    fn take(
        &mut self,
        unit: &mut dyn UnitOfWork,
        event: AuditEvent,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let reason = match event.action.as_str() {
            action if action.starts_with("issuer.") => {
                let said = self.issuers.entry(event.object).or_default();
                said.push(event.detail);
                return Ok(());
            }
            "certificate.intend" | "certificate.issue" | "certificate.void" => {
                return recorded(unit, &event, report);
            }
            "certificate.revoke" | "certificate.hold" => {
                // The standard's word comes first, then why in somebody's own words.
                let word = event.detail.split(':').next().unwrap_or_default();
                RevocationReason::from_name(word)
            }
            "certificate.release" => None,
            _ => return Ok(()),
        };
        let change = Change {
            reason,
            at: event.at,
        };
        self.changes.entry(event.object).or_default().push(change);
        Ok(())
    }

    /// Deltas are made of the log of status changes, which therefore must say the same.
    fn compare_changes(
        &self,
        unit: &mut dyn UnitOfWork,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut after = 0;
        loop {
            let rows = unit.certificates().status_changes(after, PAGE)?;
            let Some(last) = rows.last() else {
                break;
            };
            after = last.id;
            for row in &rows {
                let object = certificate_object(row.issuer, &row.serial);
                let said = self.changes.get(&object).map_or(&[][..], Vec::as_slice);
                let count = seen.entry(object).or_default();
                let change = Change {
                    reason: row.reason,
                    at: row.at,
                };
                if said.get(*count) != Some(&change) || !row.is_placed {
                    report.fault(
                        &row.serial,
                        "change",
                        "the log of status changes, which deltas are made of, says something else than the audit log",
                    );
                }
                *count = count.saturating_add(1);
            }
        }
        for (object, said) in &self.changes {
            let there = seen.get(object).copied().unwrap_or_default();
            if there < said.len()
                && let Some((_, serial)) = named(object)
            {
                report.fault(
                    &serial,
                    "change-missing",
                    "the audit log says of a change of status that the log of status changes does not have",
                );
            }
        }
        Ok(())
    }

    /// The last change of status of a certificate, if it had one.
    pub(super) fn last_change(&self, record: &CertificateRecord) -> Option<Change> {
        self.changes.get(&object(record))?.last().copied()
    }

    /// One record with a certificate against the log.
    pub(super) fn judge(
        &self,
        unit: &mut dyn UnitOfWork,
        issuer: &Issuer,
        record: &CertificateRecord,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let serial = &record.serial;
        let object = object(record);
        let issued = unit.audit_log().issue(&object)?;
        match issued.map(|record| record.read()) {
            // A root is made with its authority.
            None if self.is_made(issuer, record) => {}
            None => report.fault(
                serial,
                "evidence-missing",
                "the audit log does not say that this certificate was issued",
            ),
            Some(event) => {
                let digest = record.der.as_deref().map(tanba_crypto::sha256);
                let expected = digest.map(|digest| format!("sha256={}", hex::encode(&digest)));
                let said = event.map(|event| event.detail);
                if said != expected {
                    report.fault(
                        serial,
                        "evidence-digest",
                        "the audit log has the digest of another certificate for this serial number",
                    );
                }
            }
        }
        let last = self.last_change(record).map(|change| change.reason);
        let right = match record.status {
            Status::Revoked { reason, .. } => last == Some(Some(reason)),
            Status::Valid => matches!(last, None | Some(None)),
            Status::Intended | Status::Void => true,
        };
        if !right {
            report.fault(
                serial,
                "evidence-status",
                "the status, or the reason for it, is not what the audit log says last",
            );
        }
        Ok(())
    }
}

/// What the log says of an intent against what is recorded under its serial number: a row that was taken away is seen
/// from here alone.
fn recorded(
    unit: &mut dyn UnitOfWork,
    event: &AuditEvent,
    report: &mut Report,
) -> anyhow::Result<()> {
    let Some((issuer, serial)) = named(&event.object) else {
        return Ok(());
    };
    let found = unit.certificates().find_by_serial(issuer, &serial)?;
    let Some(record) = found else {
        // Once is enough: what was issued or given up was intended before.
        if event.action == "certificate.intend" {
            report.fault(
                &serial,
                "row-missing",
                "the audit log says that this certificate was intended, and nothing is recorded of it",
            );
        }
        return Ok(());
    };
    let right = match event.action.as_str() {
        "certificate.issue" => {
            matches!(record.status, Status::Valid | Status::Revoked { .. }) && record.der.is_some()
        }
        "certificate.void" => record.status == Status::Void,
        _ => {
            let digest = hex::encode(&tanba_crypto::sha256(&record.to_be_signed));
            if event.detail != format!("profile={} tbs sha256={digest}", record.profile) {
                report.fault(
                    &serial,
                    "evidence-intent",
                    "the audit log says that another profile or other bytes were intended",
                );
            }
            true
        }
    };
    if !right {
        report.fault(
            &serial,
            "row-status",
            "the audit log says that this was issued or given up, and the record says something else",
        );
    }
    Ok(())
}

/// The issuer and the serial number that an event is about.
fn named(object: &str) -> Option<(IssuerId, SerialNumber)> {
    let (issuer, serial) = object.strip_prefix("certificate:")?.split_once(':')?;
    let serial = SerialNumber::parse_hex(serial).ok()?;
    Some((IssuerId(issuer.parse().ok()?), serial))
}

impl Evidence {
    /// Whether this is the certificate that the issuer was made with.
    fn is_made(&self, issuer: &Issuer, record: &CertificateRecord) -> bool {
        let Some(der) = &record.der else {
            return false;
        };
        let digest = format!("sha256={}", hex::encode(&tanba_crypto::sha256(der)));
        let said = self.issuers.get(&format!("issuer:{}", issuer.id));
        issuer.certificate.der() == der.as_slice()
            && said.is_some_and(|said| said.iter().any(|detail| detail.contains(&digest)))
    }
}

fn object(record: &CertificateRecord) -> String {
    certificate_object(record.issuer, &record.serial)
}
