//! What the audit log says of certificates.

use std::collections::BTreeMap;

use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::ports::{UnitOfWork, certificate_object};
use tanba_pki::{Timestamp, hex};

use super::Report;
use super::issuer::Issuer;

/// Events that are in memory at once.
const PAGE: u32 = 2_000;
/// How the events begin that matter here.
const MARKS: [&[u8]; 2] = [b"\"action\":\"certificate.", b"\"action\":\"issuer."];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Revoked,
    Held,
    Released,
}

/// What has to be known of the whole log.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// The last change of status of each certificate that had one.
    changes: BTreeMap<String, (Change, Timestamp)>,
    /// What is said of each issuer: with the digest of its certificate when it was made.
    issuers: BTreeMap<String, Vec<String>>,
}

impl Evidence {
    /// Reads the whole log. Whether it is itself is for `tanba audit verify`.
    pub(super) fn read(unit: &mut dyn UnitOfWork) -> anyhow::Result<Self> {
        let mut evidence = Self::default();
        let mut after = 0;
        loop {
            let records = unit.audit_log().page(after, PAGE)?;
            let Some(last) = records.last() else {
                return Ok(evidence);
            };
            after = last.sequence;
            for record in &records {
                let is_of =
                    |mark: &&[u8]| record.event.windows(mark.len()).any(|part| part == *mark);
                if !MARKS.iter().any(is_of) {
                    continue;
                }
                let Some(event) = record.read() else {
                    continue;
                };
                if event.action.starts_with("issuer.") {
                    let said = evidence.issuers.entry(event.object).or_default();
                    said.push(event.detail);
                    continue;
                }
                let change = match event.action.as_str() {
                    "certificate.revoke" => Change::Revoked,
                    "certificate.hold" => Change::Held,
                    "certificate.release" => Change::Released,
                    _ => continue,
                };
                let _ = evidence.changes.insert(event.object, (change, event.at));
            }
        }
    }

    /// When the certificate was released last, if that was its last change.
    pub(super) fn released(&self, record: &CertificateRecord) -> Option<Timestamp> {
        match self.changes.get(&object(record)) {
            Some((Change::Released, at)) => Some(*at),
            _ => None,
        }
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
        let last = self.changes.get(&object).map(|(change, _)| *change);
        let right = match record.status {
            Status::Revoked {
                reason: RevocationReason::CertificateHold,
                ..
            } => last == Some(Change::Held),
            Status::Revoked { .. } => last == Some(Change::Revoked),
            Status::Valid => matches!(last, None | Some(Change::Released)),
            Status::Intended | Status::Void => true,
        };
        if !right {
            report.fault(
                serial,
                "evidence-status",
                "the status is not what the audit log says last",
            );
        }
        Ok(())
    }
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
