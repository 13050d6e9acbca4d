//! `tanba person …`: the register of people.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use serde::Serialize;
use tanba_model::audit::{Actor, AuditEvent};
use tanba_model::iin::Iin;
use tanba_model::message::AdministratorAct;
use tanba_model::person::{EmailAddress, Person};
use tanba_model::ports::{Storage, UnitOfWork};
use tanba_pki::Timestamp;
use tanba_ra::announce_act;

use super::certificate::{self, CertificateFacts};
use super::config_args::ConfigArgs;
use crate::context::Context;
use crate::outcome::Outcome;

mod register;

use register::{Entry, Fault};

/// Commands of `tanba person`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Enter people from a CSV file whose first line is iin,surname,given_name,patronymic,email,language
    ///
    /// The addresses count as confirmed. Either everybody who is not in the register yet is entered, or, when any line
    /// is wrong, nobody.
    Import {
        /// The file, UTF-8
        file: PathBuf,
    },
    /// Show a person and her certificates
    Show {
        /// Individual identification number
        iin: String,
    },
    /// Let a person whom "it was not me" froze have keys again, after her identity was established
    ///
    /// Her certificates stay frozen: release or revoke each of them with `tanba certificate`.
    Release {
        /// Individual identification number
        iin: String,
    },
}

/// Arguments of `tanba person`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Serialize)]
struct Imported {
    entered: usize,
    already_there: usize,
}

#[derive(Debug, Serialize)]
struct PersonFacts {
    iin: String,
    surname: String,
    given_name: String,
    patronymic: Option<String>,
    email: Option<String>,
    language: &'static str,
    frozen_at: Option<Timestamp>,
    certificates: Vec<CertificateFacts>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    match &args.command {
        Command::Import { file } => import(&args.config, file, context),
        Command::Show { iin } => show(&args.config, iin, context),
        Command::Release { iin } => {
            let storage = args.config.storage()?;
            if !release(
                storage.as_ref(),
                iin,
                &context.administrator(),
                context.now(),
            )? {
                return Ok(Outcome::Refused("the person is not frozen".to_owned()));
            }
            show(&args.config, iin, context)
        }
    }
}

/// Lifts the freeze of a person; whether there was one.
fn release(
    storage: &dyn Storage,
    iin: &str,
    actor: &Actor,
    now: Timestamp,
) -> anyhow::Result<bool> {
    let mut unit = storage.begin()?;
    let person = find(unit.as_mut(), iin)?;
    if person.frozen_at.is_none() {
        return Ok(false);
    }
    unit.persons().set_frozen(person.id, None)?;
    let event = AuditEvent {
        at: now,
        actor: actor.clone(),
        action: "person.release".to_owned(),
        object: format!("person:{}", person.id),
        detail: String::new(),
        origin: String::new(),
    };
    let _ = unit.audit_log().append(&event)?;
    let act = AdministratorAct::PersonReleased;
    announce_act(unit.as_mut(), person.id, act, &[], None, now)?;
    unit.commit()?;
    Ok(true)
}

fn import(config: &ConfigArgs, file: &Path, context: &Context) -> anyhow::Result<Outcome> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the file {} cannot be read as UTF-8 text", file.display()))?;
    let entries = match register::read(&text) {
        Ok(entries) => entries,
        Err(faults) => return Ok(Outcome::Refused(told(&faults))),
    };
    let storage = config.storage()?;
    let imported = enter(
        storage.as_ref(),
        &entries,
        &context.administrator(),
        context.now(),
    )?;
    let Imported {
        entered,
        already_there,
    } = imported;
    context.print(
        &imported,
        format!("Entered {entered}, already in the register {already_there}."),
    )?;
    Ok(Outcome::Done)
}

/// The first few mistakes; the file is corrected and tried again anyway.
fn told(faults: &[Fault]) -> String {
    let first: Vec<String> = faults.iter().take(5).map(ToString::to_string).collect();
    let more = faults.len().saturating_sub(first.len());
    let rest = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    format!("nobody was entered: {}{rest}", first.join("; "))
}

fn enter(
    storage: &dyn Storage,
    entries: &[Entry],
    actor: &Actor,
    now: Timestamp,
) -> anyhow::Result<Imported> {
    let mut imported = Imported {
        entered: 0,
        already_there: 0,
    };
    let mut unit = storage.begin()?;
    for Entry(person) in entries {
        if unit.persons().find_by_iin(&person.iin)?.is_some() {
            imported.already_there = imported.already_there.saturating_add(1);
            continue;
        }
        let id = unit.persons().insert(person, now)?;
        let event = AuditEvent {
            at: now,
            actor: actor.clone(),
            action: "person.import".to_owned(),
            object: format!("person:{id}"),
            detail: if person.email.is_some() {
                "address confirmed".to_owned()
            } else {
                String::new()
            },
            origin: String::new(),
        };
        let _ = unit.audit_log().append(&event)?;
        imported.entered = imported.entered.saturating_add(1);
    }
    unit.commit()?;
    Ok(imported)
}

fn show(config: &ConfigArgs, iin: &str, context: &Context) -> anyhow::Result<Outcome> {
    let storage = config.storage()?;
    let mut unit = storage.snapshot()?;
    let person = find(unit.as_mut(), iin)?;
    let issuers = certificate::issuer_names(unit.as_mut())?;
    let records = unit.certificates().of_person(person.id, 1000)?;
    let facts = PersonFacts {
        iin: person.iin.as_str().to_owned(),
        surname: person.surname.clone(),
        given_name: person.given_name.clone(),
        patronymic: person.patronymic.clone(),
        email: person.email.as_ref().map(|email| email.as_str().to_owned()),
        language: person.language.tag(),
        frozen_at: person.frozen_at,
        certificates: records
            .iter()
            .map(|record| CertificateFacts::of(record, &issuers))
            .collect(),
    };
    context.print(&facts, text(&person, &facts))?;
    Ok(Outcome::Done)
}

fn text(person: &Person, facts: &PersonFacts) -> String {
    let email = person.email.as_ref().map_or("none", EmailAddress::as_str);
    let mut text = format!(
        "{}\n  IIN       {}\n  address   {email}\n  language  {}\n",
        person.full_name(),
        facts.iin,
        facts.language
    );
    if let Some(at) = facts.frozen_at {
        text.push_str(&format!("  frozen    since {}\n", at.rfc3339()));
    }
    for certificate in &facts.certificates {
        text.push_str(&format!("  {certificate}\n"));
    }
    text
}

/// The person of an IIN.
pub(super) fn find(unit: &mut dyn UnitOfWork, iin: &str) -> anyhow::Result<Person> {
    let iin = Iin::parse(iin)?;
    unit.persons()
        .find_by_iin(&iin)?
        .ok_or_else(|| anyhow!("nobody with this IIN is in the register"))
}

#[cfg(test)]
mod tests {
    use tanba_storage::SqliteStorage;

    use super::*;

    #[test]
    fn a_freeze_is_lifted_once_and_leaves_evidence() {
        let folder = tempfile::tempdir().unwrap();
        let storage = SqliteStorage::open(folder.path().join("tanba.sqlite")).unwrap();
        let now = Timestamp::from_unix(1_795_500_000);
        let iin = Iin::complete("85010130012").unwrap();
        let line = format!(
            "iin,surname,given_name,email\n{},A,B,a@example.kz\n",
            iin.as_str()
        );
        let entries = register::read(&line).unwrap();
        enter(&storage, &entries, &Actor::System, now).unwrap();
        let release = || release(&storage, iin.as_str(), &Actor::System, now).unwrap();
        assert!(!release(), "she was not frozen");
        let mut unit = storage.begin().unwrap();
        let person = find(unit.as_mut(), iin.as_str()).unwrap();
        unit.persons().set_frozen(person.id, Some(now)).unwrap();
        unit.commit().unwrap();
        assert!(release());
        assert!(!release());
        let mut unit = storage.snapshot().unwrap();
        let person = find(unit.as_mut(), iin.as_str()).unwrap();
        assert_eq!(person.frozen_at, None);
        let log = unit.audit_log().page(0, 10).unwrap();
        let events = log
            .iter()
            .filter(|record| String::from_utf8_lossy(&record.event).contains("person.release"));
        assert_eq!(events.count(), 1);
        drop(unit);
        let mut unit = storage.begin().unwrap();
        let mails = unit.outbox().due(now, 10).unwrap();
        let kinds: Vec<_> = mails.iter().map(|mail| mail.body.kind()).collect();
        assert_eq!(kinds, ["by_administrator"]);
    }
}
