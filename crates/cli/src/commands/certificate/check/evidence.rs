//! What the audit log says of certificates.

use std::collections::{BTreeMap, BTreeSet};

use tanba_model::audit::AuditEvent;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status, StatusChange};
use tanba_model::id::IssuerId;
use tanba_model::ports::{IssuerKind, UnitOfWork, certificate_object};
use tanba_model::revocation::{AS_OF, LifeEvent};
use tanba_pki::{SerialNumber, Timestamp, hex};

use super::super::super::tables::{Tables, is_one_of};
use super::Report;
use super::issuer::Issuer;

/// Events that are in memory at once.
const PAGE: u32 = 2_000;
/// How the actions begin that matter here alone.
const MARKS: [&[u8]; 2] = [b"certificate.", b"crl."];

/// What an event made of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Became {
    /// It was revoked or frozen, for this reason.
    Ended(RevocationReason),
    /// It counts again.
    Released,
    /// It was revoked, for a reason that cannot be read; nothing that is recorded fits that.
    Unclear,
}

/// What became of a certificate, as the log says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    became: Became,
    /// When it was recorded.
    pub(super) at: Timestamp,
    /// Since when it counts, where the log says another instant than that.
    as_of: Option<Timestamp>,
}

impl Change {
    /// What an event says, if it changes the status of a certificate.
    fn of(event: &AuditEvent) -> Option<Self> {
        let (became, as_of) = match event.action.as_str() {
            // Who freezes gives a reason of his own; the standard's is always the same.
            "certificate.hold" => (Became::Ended(RevocationReason::CertificateHold), None),
            "certificate.revoke" => ended(&event.detail),
            "certificate.release" => (Became::Released, None),
            _ => return None,
        };
        Some(Self {
            became,
            at: event.at,
            as_of,
        })
    }

    /// Whether a row of the log of status changes says the same.
    fn is(&self, row: &StatusChange) -> bool {
        let became = row.reason.map_or(Became::Released, Became::Ended);
        self.became == became && self.at == row.at
    }
}

/// Why a certificate was revoked, and as of when. The standard's word comes first, then why in somebody's own words
/// (`keyCompromise: …`), or since when (`superseded as of …`).
fn ended(detail: &str) -> (Became, Option<Timestamp>) {
    let (word, as_of) = match detail.split_once(AS_OF) {
        Some((word, time)) if !word.contains(':') => (word, Timestamp::parse_rfc3339(time).ok()),
        _ => (detail.split(':').next().unwrap_or_default(), None),
    };
    // How revocations by a code were written at first.
    let event = detail.strip_prefix("email-code:");
    let reason = RevocationReason::from_name(word)
        .or_else(|| event.and_then(LifeEvent::from_name).map(LifeEvent::reason));
    (reason.map_or(Became::Unclear, Became::Ended), as_of)
}

/// What has to be known of the whole log.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// The changes of status of each certificate that had one, in order.
    changes: BTreeMap<String, Vec<Change>>,
    /// What is said of each issuer: with the digest of its certificate when it was made.
    issuers: BTreeMap<String, Vec<String>>,
    /// Issuers that the log has seen at work: they issued, or signed a list.
    at_work: BTreeSet<IssuerId>,
    /// What it says was intended and is recorded without a certificate.
    unsigned: BTreeSet<String>,
}

impl Evidence {
    /// Reads the whole log, and looks up everything that it says was intended, issued or given up. Whether it is itself
    /// is for `tanba audit verify`.
    ///
    /// What it says of other tables comes along.
    pub(super) fn read(
        unit: &mut dyn UnitOfWork,
        report: &mut Report,
    ) -> anyhow::Result<(Self, Tables)> {
        let (mut evidence, mut tables) = (Self::default(), Tables::default());
        let mut after = 0;
        loop {
            let records = unit.audit_log().page(after, PAGE)?;
            let Some(last) = records.last() else {
                evidence.compare_changes(unit, report)?;
                return Ok((evidence, tables));
            };
            after = last.sequence;
            for record in &records {
                if !is_one_of(&record.event, &MARKS) && !is_one_of(&record.event, &Tables::MARKS) {
                    continue;
                }
                if let Some(event) = record.read() {
                    tables.take(&event);
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
        if event.action.starts_with("crl.") {
            let id = event.object.strip_prefix("issuer:");
            if let Some(id) = id.and_then(|id| id.parse().ok()) {
                let _ = self.at_work.insert(IssuerId(id));
            }
            return Ok(());
        }
        if let Some((issuer, _)) = named(&event.object) {
            let _ = self.at_work.insert(issuer);
        }
        if event.action.starts_with("issuer.") {
            let said = self.issuers.entry(event.object).or_default();
            said.push(event.detail);
            return Ok(());
        }
        if matches!(
            event.action.as_str(),
            "certificate.intend" | "certificate.issue" | "certificate.void"
        ) {
            return self.recorded(unit, event, report);
        }
        let Some(change) = Change::of(&event) else {
            return Ok(());
        };
        if change.became == Became::Unclear
            && let Some((_, serial)) = named(&event.object)
        {
            report.fault(
                &serial,
                "evidence-reason",
                "the audit log says that this was revoked, for a reason that cannot be read",
            );
        }
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
                if !said.get(*count).is_some_and(|said| said.is(row)) || !row.is_placed {
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
        self.changes_of(record).last().copied()
    }

    fn changes_of(&self, record: &CertificateRecord) -> &[Change] {
        self.changes.get(&object(record)).map_or(&[], Vec::as_slice)
    }

    /// Whether the log proves since when a certificate does not count: since it was first frozen or revoked after it
    /// last counted.
    fn is_since(&self, issuer: &Issuer, record: &CertificateRecord, at: Timestamp) -> bool {
        let ends = self
            .changes_of(record)
            .rsplit(|change| change.became == Became::Released)
            .next()
            .unwrap_or_default();
        let (Some(first), Some(last)) = (ends.first(), ends.last()) else {
            // That nothing is said of an end is told apart.
            return true;
        };
        if at == first.as_of.unwrap_or(first.at) {
            return true;
        }
        // Before, what was frozen and then revoked by its owner or at the desk ended at the second of the two, and
        // ceremonies wrote no other instant down; the root signed the one that they meant.
        at == last.at && ends.len() > 1
            || first.as_of.is_none()
                && issuer.kind == IssuerKind::Root
                && issuer.lists.on_full(&record.serial) == Some(at)
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
        let last = self.last_change(record).map(|change| change.became);
        let right = match record.status {
            Status::Revoked { reason, .. } => last == Some(Became::Ended(reason)),
            Status::Valid => matches!(last, None | Some(Became::Released)),
            Status::Intended | Status::Void => true,
        };
        if let Status::Revoked { at, .. } = record.status
            && !self.is_since(issuer, record, at)
        {
            report.fault(
                serial,
                "evidence-time",
                "it is revoked since another instant than the audit log says",
            );
        }
        if !right {
            report.fault(
                serial,
                "evidence-status",
                "the status, or the reason for it, is not what the audit log says last",
            );
        }
        Ok(())
    }

    /// What the log says of an intent against what is recorded under its serial number: a row that was taken away is seen
    /// from here alone.
    fn recorded(
        &mut self,
        unit: &mut dyn UnitOfWork,
        event: AuditEvent,
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
                matches!(record.status, Status::Valid | Status::Revoked { .. })
                    && record.der.is_some()
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
                if record.der.is_none() {
                    let _ = self.unsigned.insert(event.object);
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

    /// One record without a certificate: what nobody intended was put there, and stands where something else could be looked for.
    pub(super) fn judge_unsigned(&self, record: &CertificateRecord, report: &mut Report) {
        if !self.unsigned.contains(&object(record)) {
            report.fault(
                &record.serial,
                "evidence-missing",
                "the audit log does not say that this was intended: somebody put it there",
            );
        }
    }

    /// Whether an issuer has issued or signed a list. One that was just made has not, until the server knows it.
    pub(super) fn is_at_work(&self, issuer: IssuerId) -> bool {
        self.at_work.contains(&issuer)
    }

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

/// The issuer and the serial number that an event is about.
fn named(object: &str) -> Option<(IssuerId, SerialNumber)> {
    let (issuer, serial) = object.strip_prefix("certificate:")?.split_once(':')?;
    let serial = SerialNumber::parse_hex(serial).ok()?;
    Some((IssuerId(issuer.parse().ok()?), serial))
}

fn object(record: &CertificateRecord) -> String {
    certificate_object(record.issuer, &record.serial)
}
