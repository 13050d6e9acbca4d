//! The tables beside certificates against the audit log: who may write to the database can change them without evidence, and
//! is found by that. Both ways: what the log does not know, and what is there no more.

use std::collections::BTreeMap;

use tanba_model::administration::IssuanceScope;
use tanba_model::audit::AuditEvent;
use tanba_model::ports::{IssuanceStop, UnitOfWork};
use tanba_pki::Timestamp;

mod keys;
mod listed;
mod people;
mod staff;

/// Rows and events that are in memory at once.
const PAGE: u32 = 2_000;

/// Something that is not as the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// What it is about, as events name it.
    pub(super) object: String,
    /// A name for scripts.
    pub(super) code: &'static str,
    pub(super) what: String,
}

impl Fault {
    pub(super) fn new(
        object: impl Into<String>,
        code: &'static str,
        what: impl Into<String>,
    ) -> Self {
        Self {
            object: object.into(),
            code,
            what: what.into(),
        }
    }
}

/// How much was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Compared {
    pub(super) people: u64,
    /// People of whose addresses and telephones no event says anything yet: the events are of before that was recorded.
    pub(super) not_comparable: u64,
    /// Employments of which no event says more than the role.
    pub(super) by_role: u64,
    /// People of whose numbers and names no event says anything yet.
    pub(super) unnamed: u64,
}

/// What the log says of these tables. A person costs some forty octets of memory, everything else is few.
#[derive(Debug, Default)]
pub(super) struct Tables {
    keys: keys::Said,
    staff: staff::Said,
    people: people::Said,
    /// What is stopped, as events name it: since when, and why.
    stops: BTreeMap<String, (Timestamp, String)>,
}

impl Tables {
    /// How the events begin that matter here.
    pub(super) const MARKS: [&[u8]; 5] = [
        b"\"action\":\"key.",
        b"\"action\":\"staff.",
        b"\"action\":\"person.",
        b"\"action\":\"issuer.stop\"",
        b"\"action\":\"issuer.start\"",
    ];

    /// Reads the whole log.
    pub(super) fn read(unit: &mut dyn UnitOfWork) -> anyhow::Result<Self> {
        let mut tables = Self::default();
        let mut after = 0;
        loop {
            let records = unit.audit_log().page(after, PAGE)?;
            let Some(last) = records.last() else {
                return Ok(tables);
            };
            after = last.sequence;
            for record in &records {
                if is_one_of(&record.event, &Self::MARKS)
                    && let Some(event) = record.read()
                {
                    tables.take(&event);
                }
            }
        }
    }

    /// Takes the next event of the log in.
    pub(super) fn take(&mut self, event: &AuditEvent) {
        match event.action.as_str() {
            "issuer.stop" => {
                let said = (event.at, event.detail.clone());
                let _ = self.stops.insert(event.object.clone(), said);
            }
            "issuer.start" => {
                let _ = self.stops.remove(&event.object);
            }
            "staff.add" | "staff.remove" => self.staff.take(event),
            "key.block" | "key.block-list" | "key.attest" => self.keys.take(event),
            action if action.starts_with("person.") => self.people.take(event),
            _ => {}
        }
    }

    /// Compares the tables with what was said.
    pub(super) fn judge(
        self,
        unit: &mut dyn UnitOfWork,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<Compared> {
        self.keys.judge(unit, fault)?;
        let by_role = self.staff.judge(unit, fault)?;
        stopped(self.stops, unit, fault)?;
        let people = self.people.judge(unit, fault)?;
        Ok(Compared { by_role, ..people })
    }
}

/// Whether an event is of one of these kinds.
pub(super) fn is_one_of(event: &[u8], marks: &[&[u8]]) -> bool {
    let is_of = |mark: &&[u8]| event.windows(mark.len()).any(|part| part == *mark);
    marks.iter().any(is_of)
}

/// The number in the name of an object: `person:17`.
fn number(object: &str, kind: &str) -> Option<i64> {
    object.strip_prefix(kind)?.strip_prefix(':')?.parse().ok()
}

fn stopped(
    mut said: BTreeMap<String, (Timestamp, String)>,
    unit: &mut dyn UnitOfWork,
    fault: &mut dyn FnMut(Fault),
) -> anyhow::Result<()> {
    let issuers = unit.issuers().all()?;
    for IssuanceStop {
        issuer,
        profile,
        since,
        reason,
    } in unit.issuers().stops()?
    {
        let named = issuers.iter().find(|record| record.id == issuer);
        let issuer = named.map_or_else(|| issuer.to_string(), |record| record.issuer.name.clone());
        let object = IssuanceScope { issuer, profile }.object();
        match said.remove(&object) {
            Some(last) if last == (since, reason) => {}
            Some(_) => fault(Fault::new(
                object,
                "stop-other",
                "it is stopped since another instant, or for another reason, than the audit log says",
            )),
            None => fault(Fault::new(
                object,
                "stop-unknown",
                "it is stopped, and the audit log does not say so",
            )),
        }
    }
    for object in said.into_keys() {
        fault(Fault::new(
            object,
            "stop-missing",
            "the audit log says that it is stopped, and it is not: whoever changed that let it issue again",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
