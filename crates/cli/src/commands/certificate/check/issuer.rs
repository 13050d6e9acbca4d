//! An issuer, and what its lists say.

use std::collections::BTreeMap;

use tanba_ca::KeyPlace;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::id::IssuerId;
use tanba_model::ports::{CrlKind, CrlRecord, IssuerKind, IssuerRecord, UnitOfWork};
use tanba_pki::crl::{Crl, Reason};
use tanba_pki::{Certificate, SerialNumber, Timestamp};

use super::Report;
use super::evidence::Change;

/// An issuer with its lists.
pub(super) struct Issuer {
    pub(super) id: IssuerId,
    pub(super) certificate: Certificate,
    pub(super) kind: IssuerKind,
    /// Whether its key is on another machine, where more may be below it than is known here.
    pub(super) is_elsewhere: bool,
    pub(super) lists: Lists,
}

/// The lists of an issuer, as they are published.
#[derive(Debug, Default)]
pub(super) struct Lists {
    full: Option<List>,
    /// By number: the base with its delta worked in.
    shards: BTreeMap<u16, List>,
}

#[derive(Debug)]
struct List {
    /// By serial number: since when, and why.
    listed: BTreeMap<Vec<u8>, (Timestamp, Reason)>,
    /// Changes up to this instant are on the list.
    covers_until: Timestamp,
    /// What had ended before is left out.
    made_at: Timestamp,
}

/// How a kind of list is called in codes and sentences.
struct Called {
    missing: &'static str,
    time: &'static str,
    released: &'static str,
    reason: &'static str,
    name: &'static str,
}

const FULL: Called = Called {
    missing: "list-missing",
    time: "list-time",
    released: "list-released",
    reason: "list-reason",
    name: "the full list",
};
const SHARD: Called = Called {
    missing: "shard-missing",
    time: "shard-time",
    released: "shard-released",
    reason: "shard-reason",
    name: "the list of its part, with its delta",
};

impl Issuer {
    pub(super) fn read(
        unit: &mut dyn UnitOfWork,
        record: &IssuerRecord,
        is_at_work: bool,
        report: &mut Report,
    ) -> anyhow::Result<Self> {
        let certificate = Certificate::from_der(&record.issuer.certificate)?;
        let mut reading = Reading {
            unit,
            id: record.id,
            serial: SerialNumber::from_bytes(certificate.serial_bytes())?,
            certificate: &certificate,
            report,
        };
        let lists = reading.lists(record, is_at_work)?;
        Ok(Self {
            id: record.id,
            kind: record.issuer.kind,
            is_elsewhere: KeyPlace::of(&record.issuer.key) == KeyPlace::Elsewhere,
            lists,
            certificate,
        })
    }
}

struct Reading<'a> {
    unit: &'a mut dyn UnitOfWork,
    id: IssuerId,
    serial: SerialNumber,
    certificate: &'a Certificate,
    report: &'a mut Report,
}

impl Reading<'_> {
    fn lists(&mut self, record: &IssuerRecord, is_at_work: bool) -> anyhow::Result<Lists> {
        let (kind, shards) = (record.issuer.kind, record.issuer.shards);
        let mut lists = Lists {
            full: self
                .list(CrlKind::Full)?
                .map(|(list, record)| List::of(&list, &record)),
            ..Lists::default()
        };
        if kind == IssuerKind::Root {
            return Ok(lists);
        }
        // That it never signed one is what the log says, not the table from which they could be taken away.
        if !is_at_work {
            self.report.idle.push(record.issuer.name.clone());
            return Ok(lists);
        }
        for shard in 0..shards {
            let base = self.list(CrlKind::Shard(shard))?;
            let delta = self.list(CrlKind::Delta(shard))?;
            let (Some((base, base_record)), Some((delta, delta_record))) = (base, delta) else {
                self.fault(
                    "list-absent",
                    format!("part {shard} has no list, or no delta"),
                );
                continue;
            };
            // A delta may stay older than a base that was just made, never the other way round.
            let fits = delta.base_number().is_some_and(|number| {
                let number = value(number);
                number.is_some_and(|number| number <= base_record.number)
            });
            if !fits {
                let what = format!("the delta of part {shard} is not one of its published list");
                self.fault("delta-base", what);
            }
            let mut list = List::of(&base, &base_record);
            if delta_record.number > base_record.number {
                list.work_in(&delta, &delta_record);
            }
            let _ = lists.shards.insert(shard, list);
        }
        Ok(lists)
    }

    /// The published list of a kind, if it can be read.
    fn list(&mut self, kind: CrlKind) -> anyhow::Result<Option<(Crl, CrlRecord)>> {
        let Some(record) = self.unit.crls().latest(self.id, kind)? else {
            return Ok(None);
        };
        self.report.lists = self.report.lists.saturating_add(1);
        let name = kind.name();
        let Ok(list) = Crl::from_der(&record.der) else {
            self.fault(
                "list-malformed",
                format!("a published list ({name}) cannot be read"),
            );
            return Ok(None);
        };
        if list.verify(self.certificate.public_key()).is_err() {
            self.fault(
                "list-signature",
                format!("a published list ({name}) does not verify"),
            );
        }
        if list.number().and_then(value) != Some(record.number) {
            let what = format!("a published list ({name}) has another number than its record");
            self.fault("list-number", what);
        }
        let is_delta = matches!(kind, CrlKind::Delta(_));
        if list.base_number().is_some() != is_delta {
            let what = format!("a published list ({name}) is not of the kind of its record");
            self.fault("list-kind", what);
        }
        Ok(Some((list, record)))
    }

    fn fault(&mut self, code: &'static str, what: String) {
        self.report.fault(&self.serial, code, what);
    }
}

impl List {
    fn of(list: &Crl, record: &CrlRecord) -> Self {
        Self {
            listed: list
                .entries()
                .map(|entry| (entry.serial.to_vec(), (entry.at, entry.reason)))
                .collect(),
            covers_until: record.covers_until,
            made_at: record.this_update,
        }
    }

    fn work_in(&mut self, delta: &Crl, record: &CrlRecord) {
        for entry in delta.entries() {
            if entry.reason == Reason::RemoveFromCrl {
                let _ = self.listed.remove(entry.serial);
            } else {
                let _ = self
                    .listed
                    .insert(entry.serial.to_vec(), (entry.at, entry.reason));
            }
        }
        self.covers_until = record.covers_until;
    }

    /// One record against this list; whether it is on it.
    fn judge(
        &self,
        record: &CertificateRecord,
        last: Option<Change>,
        called: &Called,
        report: &mut Report,
    ) -> bool {
        let listed = self.listed.get(record.serial.as_bytes().as_slice());
        let name = called.name;
        // Whatever changed since the list was made is still on it as it was.
        let is_covered = last.is_none_or(|change| change.at < self.covers_until);
        match (record.status, listed) {
            (Status::Revoked { at, .. }, Some((since, _))) if at != *since => report.fault(
                &record.serial,
                called.time,
                format!("{name} says another time of revocation than the record"),
            ),
            (Status::Revoked { reason, .. }, Some((_, listed)))
                if is_covered && Some(*listed) != Reason::from_code(reason.code()) =>
            {
                report.fault(
                    &record.serial,
                    called.reason,
                    format!("{name} says another reason than the record"),
                );
            }
            (Status::Revoked { at, .. }, None)
                if at < self.covers_until && record.not_after >= self.made_at =>
            {
                report.fault(
                    &record.serial,
                    called.missing,
                    format!("the certificate is revoked and not on {name}"),
                );
            }
            (Status::Valid | Status::Intended | Status::Void, Some(_)) if is_covered => {
                report.fault(
                    &record.serial,
                    called.released,
                    format!("the certificate is not revoked, and on {name}"),
                );
            }
            _ => {}
        }
        listed.is_some()
    }
}

impl Lists {
    /// One record against the lists; on how many it is.
    pub(super) fn judge(
        &self,
        record: &CertificateRecord,
        last: Option<Change>,
        report: &mut Report,
    ) -> usize {
        if matches!(record.status, Status::Revoked { .. }) {
            report.revoked = report.revoked.saturating_add(1);
        }
        let on_full = self
            .full
            .as_ref()
            .is_some_and(|list| list.judge(record, last, &FULL, report));
        let on_shard = self
            .shards
            .get(&record.shard)
            .is_some_and(|list| list.judge(record, last, &SHARD, report));
        usize::from(on_full).saturating_add(usize::from(on_shard))
    }

    /// Since when the full list says that a certificate does not count.
    pub(super) fn on_full(&self, serial: &SerialNumber) -> Option<Timestamp> {
        let (since, _) = self
            .full
            .as_ref()?
            .listed
            .get(serial.as_bytes().as_slice())?;
        Some(*since)
    }

    /// Entries of all lists.
    pub(super) fn entries(&self) -> usize {
        let lists = self.full.iter().chain(self.shards.values());
        lists.map(|list| list.listed.len()).sum()
    }
}

/// A number in big-endian octets; `None` where it is larger than any of ours.
fn value(octets: &[u8]) -> Option<u64> {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    let significant = octets.get(zeros..).unwrap_or_default();
    if significant.len() > 8 {
        return None;
    }
    Some(
        significant
            .iter()
            .fold(0, |value, octet| (value << 8) | u64::from(*octet)),
    )
}
