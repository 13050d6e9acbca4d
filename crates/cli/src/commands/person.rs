//! `tanba person …`: the register of people.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use rand_core::CryptoRng;
use serde::Serialize;
use tanba_model::audit::{Actor, AuditEvent, origin};
use tanba_model::iin::Iin;
use tanba_model::person::{EmailAddress, Person};
use tanba_model::phone::PhoneNumber;
use tanba_model::ports::{SourceRng, Storage, UnitOfWork};
use tanba_pki::Timestamp;
use tanba_ra::announce_release;

use super::certificate::{self, CertificateFacts};
use super::config_args::ConfigArgs;
use crate::context::Context;
use crate::outcome::{Outcome, usage};

mod import;
mod register;

use import::{Faults, How, Imported};

/// Commands of `tanba person`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Enter people from a CSV file (UTF-8) whose first line names its columns
    ///
    /// The columns: iin,surname,given_name,patronymic,email,phone,language,deceased. In any order; the last five may be absent or
    /// empty. A telephone stands with its country, +77011234567 or "+7 701 123 45 67" (not 8 701 …), and of a country of
    /// ra.texts.prefixes; the language is kk, ru or en; deceased is yes or no. Addresses and telephones count as confirmed.
    ///
    /// Either everybody who is not in the register yet is entered, or, when any line is wrong, nobody. Eight octets of each
    /// line are remembered.
    Import {
        /// The file, UTF-8
        file: PathBuf,
        /// Enter the others although lines are wrong, and say which
        #[arg(long)]
        skip_bad: bool,
        /// Replace the names, and whether she died, of people who are in the register already
        #[arg(long)]
        update: bool,
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
        /// Why, for the evidence; no names
        #[arg(long, value_name = "WORDS")]
        reason: String,
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
struct PersonFacts {
    iin: String,
    surname: String,
    given_name: String,
    patronymic: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    language: &'static str,
    /// The register that the name comes from: `table`, or the host that was asked.
    source: String,
    deceased: bool,
    frozen_at: Option<Timestamp>,
    certificates: Vec<CertificateFacts>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    match &args.command {
        Command::Import {
            file,
            skip_bad,
            update,
        } => {
            let (skip_bad, update) = (*skip_bad, *update);
            let texts = args.config.load()?.ra.texts().clone();
            let how = How {
                skip_bad,
                update,
                texts,
            };
            import(&args.config, file, &how, context)
        }
        Command::Show { iin } => show(&args.config, iin, context),
        Command::Release { iin, reason } => {
            let why = certificate::why(reason)?;
            let storage = args.config.storage()?;
            if !release(
                storage.as_ref(),
                (iin, why),
                &context.administrator(),
                &mut SourceRng(&*context.random()),
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
    (iin, why): (&str, &str),
    actor: &Actor,
    random: &mut dyn CryptoRng,
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
        detail: why.to_owned(),
        origin: origin::here(),
    };
    let _ = unit.audit_log().append(&event)?;
    announce_release(unit.as_mut(), random, person.id, &[], now)?;
    unit.commit()?;
    Ok(true)
}

fn import(
    config: &ConfigArgs,
    file: &Path,
    how: &How,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let storage = config.storage()?;
    context.progress("checking the file, then entering everybody");
    let done = import::import(
        storage.as_ref(),
        file,
        how,
        &context.administrator(),
        context.now(),
    )?;
    let (mut imported, faults) = match done {
        Ok(done) => done,
        Err(faults) => {
            let why = format!("\n{}", faults.told());
            return nobody(Imported::default(), faults, &why, context);
        }
    };
    let Imported {
        entered,
        already_there,
        updated,
        skipped,
        ..
    } = imported;
    if imported.is_nobody() {
        let why = match faults.is_empty() {
            true => " the file names nobody".to_owned(),
            false => format!(" every line is wrong:\n{}", faults.told()),
        };
        return nobody(imported, faults, &why, context);
    }
    let mut text = format!("Entered {entered}, already in the register {already_there}.");
    if how.update {
        text.push_str(&format!(" Brought up to date {updated}."));
    }
    if !faults.is_empty() {
        text.push_str(&format!(" Left out {skipped}:\n{}", faults.told()));
        imported.faults = faults.into_list();
    }
    context.print(&imported, text)?;
    Ok(Outcome::Done)
}

/// Says why nobody was entered; programs get the faults as a list.
fn nobody(
    mut imported: Imported,
    faults: Faults,
    why: &str,
    context: &Context,
) -> anyhow::Result<Outcome> {
    if context.json() {
        imported.faults = faults.into_list();
        context.print(&imported, "")?;
    }
    Ok(Outcome::Refused(format!("nobody was entered:{why}")))
}

fn show(config: &ConfigArgs, iin: &str, context: &Context) -> anyhow::Result<Outcome> {
    let storage = config.storage()?;
    let mut unit = storage.snapshot()?;
    let person = find(unit.as_mut(), iin)?;
    let issuers = certificate::issuer_names(unit.as_mut())?;
    let records = unit.certificates().of_person(person.id, 1000)?;
    let (source, deceased) = unit.persons().source(person.id)?.unwrap_or_default();
    let facts = PersonFacts {
        iin: person.iin.as_str().to_owned(),
        surname: person.surname.clone(),
        given_name: person.given_name.clone(),
        patronymic: person.patronymic.clone(),
        email: person.email.as_ref().map(|email| email.as_str().to_owned()),
        phone: person.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        language: person.language.tag(),
        source,
        deceased,
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
    let phone = person.phone.as_ref().map_or("none", PhoneNumber::as_str);
    let mut text = format!(
        "{}\n  IIN       {}\n  address   {email}\n  telephone {phone}\n  language  {}\n  register  {}\n",
        person.full_name(),
        facts.iin,
        facts.language,
        facts.source
    );
    if facts.deceased {
        text.push_str("  deceased\n");
    }
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
    let iin = Iin::parse(iin).map_err(usage)?;
    unit.persons()
        .find_by_iin(&iin)?
        .ok_or_else(|| anyhow!("nobody with this IIN is in the register"))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;
    use tanba_model::message::MessageChannel;
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
        let file = folder.path().join("people.csv");
        std::fs::write(&file, line).unwrap();
        let how = How {
            skip_bad: false,
            update: false,
            texts: tanba_ra::TextsSection::default(),
        };
        import::import(&storage, &file, &how, &Actor::System, now)
            .unwrap()
            .unwrap();
        let released = (iin.as_str(), "her sister called in error");
        let mut random = StdRng::seed_from_u64(7);
        let mut release = || release(&storage, released, &Actor::System, &mut random, now).unwrap();
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
        let events: Vec<_> = events.collect();
        assert_eq!(events.len(), 1);
        let event = String::from_utf8_lossy(&events[0].event);
        assert!(event.contains("her sister called in error"), "{event}");
        drop(unit);
        let mut unit = storage.begin().unwrap();
        let mails = unit.outbox().due(MessageChannel::Mail, now, 10).unwrap();
        let kinds: Vec<_> = mails.iter().map(|mail| mail.body.kind()).collect();
        assert_eq!(kinds, ["by_administrator"]);
    }

    /// Three places tell how the file looks; a fourth reads it.
    #[test]
    fn the_columns_of_the_file_are_told_alike_everywhere() {
        use clap::Subcommand as _;
        let columns = register::COLUMNS.join(",");
        let mut command = Command::augment_subcommands(clap::Command::new("person"));
        let import = command.find_subcommand_mut("import").unwrap();
        let help = import.render_long_help().to_string();
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&help).contains(&columns), "{help}");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for name in ["docs/operator.md", "README.md"] {
            let text = std::fs::read_to_string(root.join(name)).unwrap();
            let told: Vec<&str> = text
                .split(|letter: char| letter.is_whitespace() || letter == '`')
                .filter(|word| word.starts_with("iin,surname,"))
                .collect();
            assert!(!told.is_empty(), "{name}");
            assert!(told.iter().all(|line| *line == columns), "{name}: {told:?}");
        }
    }
}
