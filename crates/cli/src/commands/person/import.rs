//! Entering people from a file: all of it is checked first, then entered in small pieces, so that a running server goes on
//! writing beside it.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Serialize;
use tanba_model::audit::facts::{self, Fact};
use tanba_model::audit::{Actor, AuditEvent, origin};
use tanba_model::id::PersonId;
use tanba_model::person::Person;
use tanba_model::ports::{PersonFacts, Storage, UnitOfWork};
use tanba_pki::Timestamp;
use tanba_ra::TextsSection;

use super::super::tables;
use super::register::{Entries, Entry, Fault};

/// People of one unit of work.
const PIECE: usize = 500;
/// Faults that are told on a terminal; the file is corrected and tried again anyway.
const TOLD: usize = 100;
/// Faults that a program is given.
const KEPT: usize = 10_000;
/// Where what is known of these people comes from.
const SOURCE: &str = "table";

/// What is to happen with lines that cannot simply be entered.
#[derive(Clone, Debug)]
pub(super) struct How {
    /// Leave wrong lines out.
    pub(super) skip_bad: bool,
    /// Replace names, and whether she died, of people who are there already.
    pub(super) update: bool,
    /// To which telephones text messages go; a file with others is wrong, so that nobody believes that they are told.
    pub(super) texts: TextsSection,
}

/// What was done.
#[derive(Debug, Default, Serialize)]
pub(super) struct Imported {
    pub(super) entered: usize,
    pub(super) already_there: usize,
    pub(super) updated: usize,
    pub(super) skipped: usize,
    /// What is wrong, and where: the first ten thousand of `skipped`, or of what kept everybody out.
    pub(super) faults: Vec<Fault>,
}

impl Imported {
    /// Whether nobody of the file is in the register now.
    pub(super) const fn is_nobody(&self) -> bool {
        self.entered == 0 && self.already_there == 0 && self.updated == 0
    }
}

/// What is wrong with a file.
#[derive(Debug, Default)]
pub(super) struct Faults {
    first: Vec<Fault>,
    count: usize,
}

impl Faults {
    fn push(&mut self, fault: Fault) {
        self.count = self.count.saturating_add(1);
        if self.first.len() < KEPT {
            self.first.push(fault);
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The same for a program.
    pub(super) fn into_list(self) -> Vec<Fault> {
        self.first
    }

    /// One line for each, the first hundred.
    pub(super) fn told(&self) -> String {
        let first = self.first.iter().take(TOLD);
        let lines: Vec<String> = first.map(ToString::to_string).collect();
        let more = self.count.saturating_sub(lines.len());
        let rest = if more > 0 {
            format!("\nand {more} more")
        } else {
            String::new()
        };
        format!("{}{rest}", lines.join("\n"))
    }
}

/// Enters everybody of a file, or says what is wrong with it and enters nobody.
pub(super) fn import(
    storage: &dyn Storage,
    file: &Path,
    how: &How,
    actor: &Actor,
    now: Timestamp,
) -> anyhow::Result<Result<(Imported, Faults), Faults>> {
    let (faults, moved) = check(storage, file, how)?;
    if !faults.is_empty() && !how.skip_bad {
        return Ok(Err(faults));
    }
    let entries = match entries(file)? {
        Ok(entries) => entries,
        Err(fault) => {
            let mut faults = Faults::default();
            faults.push(fault);
            return Ok(Err(faults));
        }
    };
    let mut imported = Imported {
        skipped: faults.count,
        ..Imported::default()
    };
    let mut seen = HashSet::new();
    let mut unit = storage.begin()?;
    let mut inside = 0_usize;
    for entry in entries {
        let entry = match entry {
            Ok(entry)
                if told(&entry, how)
                    && !moved.contains(&key(&entry))
                    && seen.insert(key(&entry)) =>
            {
                entry
            }
            _ if how.skip_bad => continue,
            _ => bail!(
                "the file was changed while it was read; what was entered before stays, and entering it again is fine"
            ),
        };
        enter(unit.as_mut(), &entry, how, actor, now, &mut imported)?;
        inside = inside.saturating_add(1);
        if inside >= PIECE {
            unit.commit()?;
            unit = storage.begin()?;
            inside = 0;
        }
    }
    unit.commit()?;
    Ok(Ok((imported, faults)))
}

fn entries(file: &Path) -> anyhow::Result<Result<Entries<BufReader<File>>, Fault>> {
    // It is read twice, and opening a named pipe would wait for whoever writes into it.
    let shown = file.display();
    let unreadable = || format!("the file {shown} cannot be read, so nobody was entered");
    let kind = std::fs::metadata(file).with_context(unreadable)?;
    if !kind.is_file() {
        bail!(
            "{shown} is no file but a pipe, a device or a folder, and the list is read twice; nobody was entered: write it to a \
             file first"
        );
    }
    let file = File::open(file).with_context(unreadable)?;
    Ok(Entries::new(BufReader::with_capacity(256 * 1024, file)))
}

/// The number of an IIN; eight octets for each line are all that is remembered.
fn key(entry: &Entry) -> u64 {
    entry.person.iin.as_str().parse().unwrap_or_default()
}

/// Looks through the whole file. Beside what is wrong with it: numbers that are nobody's whom they were entered for.
fn check(storage: &dyn Storage, file: &Path, how: &How) -> anyhow::Result<(Faults, HashSet<u64>)> {
    let mut faults = Faults::default();
    let entries = match entries(file)? {
        Ok(entries) => entries,
        Err(fault) => {
            faults.push(fault);
            return Ok((faults, HashSet::new()));
        }
    };
    let mut seen = HashSet::new();
    let (mut lines, mut changing) = (BTreeMap::new(), BTreeMap::new());
    let mut unit = storage.snapshot()?;
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        if !told(&entry, how) {
            let prefixes = how.texts.prefixes.join(", ");
            let what = format!(
                "no text messages go to telephones of that country, only to {prefixes} (ra.texts.prefixes in the \
                 configuration): add the country there, or leave the telephone out"
            );
            faults.push(Fault::new(entry.line, &what).of("phone"));
            continue;
        }
        if !seen.insert(key(&entry)) {
            faults.push(Fault::new(entry.line, "the same IIN stands in an earlier line").of("iin"));
            continue;
        }
        let Some(person) = unit.persons().find_by_iin(&entry.person.iin)? else {
            continue;
        };
        if how.update {
            if !is_up_to_date(unit.as_mut(), &person, &entry)? {
                let _ = lines.insert(person.id.0, (entry.line, key(&entry)));
                let _ = changing.insert(person.id.0, claimed(&entry));
            }
        } else if !is_same(&person, &entry) {
            faults.push(Fault::new(
                entry.line,
                "the IIN is in the register under another name; --update replaces it",
            ));
        }
    }
    let mut moved = HashSet::new();
    for id in tables::moved(unit.as_mut(), &changing)? {
        if let Some((line, number)) = lines.get(&id) {
            faults.push(
                Fault::new(
                    *line,
                    "the audit log says that the person of this IIN was entered with another one: somebody changed it in the \
                     database, so her names are not replaced; see `tanba certificate check --all`",
                )
                .of("iin"),
            );
            let _ = moved.insert(*number);
        }
    }
    Ok((faults, moved))
}

/// Whether text messages go to her telephone, if she has one.
fn told(entry: &Entry, how: &How) -> bool {
    let phone = entry.person.phone.as_ref();
    phone.is_none_or(|phone| how.texts.allows(phone))
}

fn is_same(person: &Person, entry: &Entry) -> bool {
    let new = &entry.person;
    person.surname == new.surname
        && person.given_name == new.given_name
        && person.patronymic == new.patronymic
}

/// Whether nothing would be written of her.
fn is_up_to_date(
    unit: &mut dyn UnitOfWork,
    person: &Person,
    entry: &Entry,
) -> anyhow::Result<bool> {
    let known = unit.persons().source(person.id)?;
    Ok(is_same(person, entry) && known == Some((SOURCE.to_owned(), entry.deceased)))
}

fn claimed(entry: &Entry) -> tables::Claimed {
    tables::Claimed {
        facts: facts_of(entry),
        source: SOURCE,
        deceased: entry.deceased,
    }
}

fn facts_of(entry: &Entry) -> PersonFacts {
    PersonFacts {
        surname: entry.person.surname.clone(),
        given_name: entry.person.given_name.clone(),
        patronymic: entry.person.patronymic.clone(),
    }
}

/// Enters one person, or brings her up to date.
fn enter(
    unit: &mut dyn UnitOfWork,
    entry: &Entry,
    how: &How,
    actor: &Actor,
    now: Timestamp,
    imported: &mut Imported,
) -> anyhow::Result<()> {
    let Some(person) = unit.persons().find_by_iin(&entry.person.iin)? else {
        let id = unit.persons().insert(&entry.person, now)?;
        if entry.deceased {
            identify(unit, id, entry)?;
        }
        let detail = match (&entry.person.email, &entry.person.phone) {
            (Some(_), Some(_)) => "address and telephone confirmed",
            (Some(_), None) => "address confirmed",
            (None, Some(_)) => "telephone confirmed",
            (None, None) => "",
        };
        let detail = facts::detail(unit, id, detail, &Fact::ALL)?;
        record(unit, "person.import", &detail, id, actor, now)?;
        imported.entered = imported.entered.saturating_add(1);
        return Ok(());
    };
    if !how.update || is_up_to_date(unit, &person, entry)? {
        let other = !is_same(&person, entry);
        let counter = if other {
            // Counted among the skipped ones already.
            return Ok(());
        } else {
            &mut imported.already_there
        };
        *counter = counter.saturating_add(1);
        return Ok(());
    }
    identify(unit, person.id, entry)?;
    let detail = if entry.deceased { "deceased" } else { "" };
    let set = [Fact::Number, Fact::Names, Fact::Register];
    let detail = facts::detail(unit, person.id, detail, &set)?;
    record(unit, "person.update", &detail, person.id, actor, now)?;
    imported.updated = imported.updated.saturating_add(1);
    Ok(())
}

fn identify(unit: &mut dyn UnitOfWork, id: PersonId, entry: &Entry) -> anyhow::Result<()> {
    Ok(unit
        .persons()
        .set_identity(id, &facts_of(entry), SOURCE, entry.deceased)?)
}

fn record(
    unit: &mut dyn UnitOfWork,
    action: &str,
    detail: &str,
    id: PersonId,
    actor: &Actor,
    now: Timestamp,
) -> anyhow::Result<()> {
    let event = AuditEvent {
        at: now,
        actor: actor.clone(),
        action: action.to_owned(),
        object: format!("person:{id}"),
        detail: detail.to_owned(),
        origin: origin::here(),
    };
    let _ = unit.audit_log().append(&event)?;
    Ok(())
}

#[cfg(test)]
mod tests;
