//! The tables beside certificates against the audit log: who may write to the database can change them without evidence, and
//! is found by that. Both ways: what the log does not know, and what is there no more.
//!
//! People and applications are compared in shares, each with a look over the whole log of its own, so that memory does not grow
//! with a nation.

use std::collections::BTreeMap;

use tanba_model::administration::IssuanceScope;
use tanba_model::audit::AuditEvent;
use tanba_model::ports::{IssuanceStop, Storage, StorageError, UnitOfWork};
use tanba_model::staff::StaffMember;
use tanba_pki::Timestamp;

use super::audit::late;

mod issuers;
mod keys;
mod listed;
mod people;
mod rows;
mod share;
mod signed;
mod staff;

pub(super) use people::Claimed;
use rows::{APPLICATIONS, PEOPLE};
use share::{Share, Width};

/// Rows and events that are in memory at once.
const PAGE: u32 = 2_000;

/// Something that is not as the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What it is about, as events name it.
    pub(crate) object: String,
    /// A name for scripts.
    pub(crate) code: &'static str,
    pub(crate) what: String,
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
pub(crate) struct Compared {
    pub(crate) people: u64,
    /// People of whose addresses and telephones no event says anything yet: the events are of before that was recorded.
    pub(super) not_comparable: u64,
    /// Employments of which no event says more than the role.
    pub(super) by_role: u64,
    /// People of whose numbers and names no event says anything yet.
    pub(super) unnamed: u64,
    /// Applications of which no event has the digest of what was signed.
    pub(super) undigested: u64,
}

impl Compared {
    const fn and(self, more: Self) -> Self {
        Self {
            people: self.people.saturating_add(more.people),
            not_comparable: self.not_comparable.saturating_add(more.not_comparable),
            by_role: self.by_role.saturating_add(more.by_role),
            unnamed: self.unnamed.saturating_add(more.unnamed),
            undigested: self.undigested.saturating_add(more.undigested),
        }
    }
}

/// People and applications that are compared at once: some fifty megabytes.
const SHARE: i64 = 250_000;

/// How the log was read.
enum Reading {
    Whole(Box<Tables>),
    /// It says more of the share than may be in memory.
    TooMuch,
    Stopped,
}

/// What the log says of these tables. A person costs two hundred octets of memory, an application as many.
#[derive(Debug, Default)]
pub(super) struct Tables {
    share: Share,
    /// The least number beyond the share of a person or an application of whom the log speaks.
    beyond: Option<i64>,
    keys: keys::Said,
    staff: staff::Said,
    people: people::Said,
    signed: signed::Said,
    issuers: issuers::Said,
    /// What is stopped, as events name it: since when, and why.
    stops: BTreeMap<String, (Timestamp, String)>,
}

impl Tables {
    /// How the actions begin that matter here.
    pub(super) const MARKS: [&[u8]; 10] = [
        b"key.",
        b"staff.",
        b"person.",
        b"issuer.",
        b"decision.",
        b"administration.",
        b"revocation.",
        b"desk.",
        b"application.",
        b"crl.intend",
    ];

    /// Reads the whole log for a share that may have so much in it, as long as `go_on` says so after each page.
    fn read(
        unit: &mut dyn UnitOfWork,
        share: Share,
        most: usize,
        go_on: &mut dyn FnMut() -> bool,
    ) -> anyhow::Result<Reading> {
        let mut tables = Box::new(Self {
            share,
            ..Self::default()
        });
        let mut after = 0;
        loop {
            let records = unit.audit_log().page(after, PAGE)?;
            let Some(last) = records.last() else {
                return Ok(Reading::Whole(tables));
            };
            after = last.sequence;
            for record in &records {
                if is_one_of(&record.event, &Self::MARKS)
                    && let Some(event) = record.read()
                {
                    tables.take(&event);
                }
            }
            if !go_on() {
                return Ok(Reading::Stopped);
            }
            if tables.known() > most {
                return Ok(Reading::TooMuch);
            }
        }
    }

    /// Of how many people, applications and documents of the share something was said.
    fn known(&self) -> usize {
        self.people.known().saturating_add(self.signed.known())
    }

    /// Takes the next event of the log in.
    pub(super) fn take(&mut self, event: &AuditEvent) {
        if let Some(id) =
            number(&event.object, "person").or_else(|| number(&event.object, "application"))
        {
            if self.share.ends_before(id) {
                self.beyond = Some(self.beyond.map_or(id, |least| least.min(id)));
            }
            if self.share.has(id) {
                self.people.take(event);
                self.signed.take(event);
            } else {
                self.people.take_beyond(event);
            }
            return;
        }
        // Whose work it is is asked in each share.
        if self.share.is_first() || event.action.starts_with("staff.") {
            self.signed.take(event);
        }
        if !self.share.is_first() {
            return;
        }
        match event.action.as_str() {
            "issuer.stop" => {
                let said = (event.at, event.detail.clone());
                let _ = self.stops.insert(event.object.clone(), said);
            }
            "issuer.start" => {
                let _ = self.stops.remove(&event.object);
            }
            action if action.starts_with("issuer.") || action == "crl.intend" => {
                self.issuers.take(event)
            }
            "staff.add" | "staff.remove" => self.staff.take(event),
            "key.block" | "key.block-list" | "key.attest" => self.keys.take(event),
            _ => {}
        }
    }

    /// Compares the tables with what was said. `go_on` is asked after each page of them: there [`Stopped`] comes from.
    pub(super) fn judge(
        self,
        unit: &mut dyn UnitOfWork,
        go_on: &mut dyn FnMut() -> bool,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<Compared> {
        let mut by_role = 0;
        if self.share.is_first() {
            readable("keys", self.keys.judge(unit, go_on, fault), fault)?;
            by_role = readable("staff", self.staff.judge(unit, fault), fault)?;
            readable("stops", stopped(self.stops, unit, fault), fault)?;
            readable("issuers", self.issuers.judge(unit, fault), fault)?;
        }
        let people = self.people.judge(unit, self.share, go_on, fault);
        let people = readable("people", people, fault)?;
        let undigested = self.signed.judge(unit, self.share, go_on, fault);
        let undigested = readable("signed", undigested, fault)?;
        Ok(Compared {
            by_role,
            undigested,
            ..people
        })
    }
}

/// Whoever waits for the comparison gave it up.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the comparison was given up")]
pub(super) struct Stopped;

/// After a page: another one may follow.
fn another(go_on: &mut dyn FnMut() -> bool) -> Result<(), Stopped> {
    if go_on() { Ok(()) } else { Err(Stopped) }
}

/// What cannot be read is told, and hides nothing of the other tables.
fn readable<T: Default>(
    tables: &str,
    judged: anyhow::Result<T>,
    fault: &mut dyn FnMut(Fault),
) -> anyhow::Result<T> {
    let error = match judged {
        Ok(judged) => return Ok(judged),
        Err(error) => error,
    };
    let Some(StorageError::Damaged(what)) = error.downcast_ref() else {
        return Err(error);
    };
    let what = format!(
        "stored data is damaged: {what}; what stands behind it was not compared: put its row back from a backup"
    );
    fault(Fault::new(tables, "row-unreadable", what));
    Ok(T::default())
}

/// The same with what belongs to it: what keeps evidence as it is, and the signatures of the log.
///
/// # Errors
/// When something cannot be read.
pub(crate) fn compare_all(
    storage: &dyn Storage,
    go_on: &mut dyn FnMut() -> bool,
    fault: &mut dyn FnMut(Fault),
) -> anyhow::Result<Option<Compared>> {
    beside(storage, fault)?;
    compare(storage, go_on, fault)
}

/// What belongs to it alone.
///
/// # Errors
/// When something cannot be read.
pub(super) fn beside(storage: &dyn Storage, fault: &mut dyn FnMut(Fault)) -> anyhow::Result<()> {
    for found in storage.schema_faults()? {
        fault(Fault::new("schema", found.code(), found.sentence()));
    }
    if let Some(what) = late::of_storage(storage)? {
        fault(Fault::new("audit", "checkpoint-late", what));
    }
    Ok(())
}

/// Compares everything share by share, each on a snapshot of its own; nothing when `go_on`, which is asked all the time, says
/// so.
///
/// # Errors
/// When something cannot be read.
pub(super) fn compare(
    storage: &dyn Storage,
    go_on: &mut dyn FnMut() -> bool,
    fault: &mut dyn FnMut(Fault),
) -> anyhow::Result<Option<Compared>> {
    in_shares(storage, SHARE, go_on, fault)
}

pub(super) fn in_shares(
    storage: &dyn Storage,
    size: i64,
    go_on: &mut dyn FnMut() -> bool,
    fault: &mut dyn FnMut(Fault),
) -> anyhow::Result<Option<Compared>> {
    let (mut width, mut all) = (Width::new(size), Compared::default());
    let (mut share, mut there) = (Share::first(size), 0);
    loop {
        let mut unit = storage.snapshot()?;
        let tables = match Tables::read(unit.as_mut(), share, width.most(), go_on)? {
            Reading::Whole(tables) => tables,
            Reading::TooMuch => {
                width = width.narrowed();
                share = share.up_to(there, width.now());
                continue;
            }
            Reading::Stopped => return Ok(None),
        };
        let said = tables.beyond;
        width = width.after(tables.known());
        match tables.judge(unit.as_mut(), go_on, fault) {
            Ok(compared) => all = all.and(compared),
            Err(error) if error.is::<Stopped>() => return Ok(None),
            Err(error) => return Err(error),
        }
        let last = share.last();
        let person = readable("people", PEOPLE.next(unit.as_mut(), last), fault)?;
        let application = APPLICATIONS.next(unit.as_mut(), last);
        let application = readable("applications", application, fault)?;
        let Some(next) = said.into_iter().chain(person).chain(application).min() else {
            return Ok(Some(all));
        };
        there = next;
        share = share.next(there, width.now());
    }
}

/// Those of these people whose IIN is not the one that the log says first.
pub(super) fn moved(
    unit: &mut dyn UnitOfWork,
    people: &BTreeMap<i64, Claimed>,
) -> anyhow::Result<Vec<i64>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    people::moved(unit, people)
}

/// Whether work that was ended was not what had been entered, as the log says it.
pub(super) fn was_ended_as_another(
    unit: &mut dyn UnitOfWork,
    member: &StaffMember,
) -> anyhow::Result<bool> {
    let mut said = staff::Said::default();
    each(unit, &[b"staff."], &mut |event| {
        said.take(event);
    })?;
    Ok(said.was_ended_as_another(member.id.0))
}

/// Shows each event of the whole log that is of one of these kinds.
fn each(
    unit: &mut dyn UnitOfWork,
    marks: &[&[u8]],
    show: &mut dyn FnMut(&AuditEvent),
) -> anyhow::Result<()> {
    let mut after = 0;
    loop {
        let records = unit.audit_log().page(after, PAGE)?;
        let Some(last) = records.last() else {
            return Ok(());
        };
        after = last.sequence;
        for record in &records {
            if is_one_of(&record.event, marks)
                && let Some(event) = record.read()
            {
                show(&event);
            }
        }
    }
}

/// Whether the action of an event begins like one of these. Its name stands first: events are canonical JSON.
pub(super) fn is_one_of(event: &[u8], marks: &[&[u8]]) -> bool {
    match event.strip_prefix(b"{\"action\":\"") {
        Some(action) => marks.iter().any(|mark| action.starts_with(mark)),
        None => true,
    }
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
