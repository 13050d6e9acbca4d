//! `tanba operator …`: who works for the authority. The command line is the root of trust: nothing at the desk changes it.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Context as _;
use serde::Serialize;
use tanba_model::centre::Centre;
use tanba_model::iin::Iin;
use tanba_model::language::Language;
use tanba_model::person::Person;
use tanba_model::ports::Storage;
use tanba_model::staff::{Role, StaffMember};
use tanba_pki::Timestamp;
use tanba_ra::{Employment, StaffError, dismiss, employ, staff};

use super::config_args::ConfigArgs;
use super::tables;
use crate::context::Context;
use crate::outcome::{Outcome, usage};

/// Commands of `tanba operator`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Let a person of the register work for the authority
    ///
    /// She signs in at the desk with a certificate of a profile for staff, such as kz-operator; see `tanba certificate
    /// issue`. Her role there is the lower of this one and the certificate's.
    Add {
        /// Individual identification number
        iin: String,
        /// operator, senior-operator, administrator or auditor
        #[arg(long, value_name = "ROLE", value_parser = role)]
        role: Role,
        /// Code of the registration centre, for operators; see `tanba operator centres`
        #[arg(long, value_name = "CODE")]
        centre: Option<String>,
        /// From when on, such as 2026-12-01T00:00:00Z; else from now on
        #[arg(long, value_name = "TIME", value_parser = time)]
        since: Option<Timestamp>,
        /// Until when
        #[arg(long, value_name = "TIME", value_parser = time)]
        until: Option<Timestamp>,
    },
    /// End a person's work now; her sessions at the desk end too
    Remove {
        /// Individual identification number
        iin: String,
    },
    /// List everybody who works or worked for the authority
    List {
        /// Only those who work now
        #[arg(long)]
        now: bool,
    },
    /// List the registration centres, with their names in each language
    Centres {
        /// In this language alone: kk, ru or en
        #[arg(long, value_name = "LANGUAGE", value_parser = language)]
        lang: Option<Language>,
    },
}

/// Arguments of `tanba operator`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Command,
}

/// What is told of somebody's work.
#[derive(Debug, Serialize)]
struct Facts {
    id: i64,
    iin: String,
    name: String,
    role: &'static str,
    centre: Option<String>,
    since: Timestamp,
    until: Option<Timestamp>,
    works: bool,
}

#[derive(Debug, Serialize)]
struct CentreFacts {
    code: String,
    region: String,
    settlement: String,
    /// In English, or in the language that was asked for.
    name: String,
    address: String,
    hours: String,
    /// In each language that was asked for, by its tag.
    names: BTreeMap<&'static str, String>,
    addresses: BTreeMap<&'static str, String>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let now = context.now();
    let storage = args.config.storage()?;
    let changed = match &args.command {
        Command::Centres { lang } => return centres(&args.config, *lang, context),
        Command::List { now: only } => return list(storage.as_ref(), *only, context),
        Command::Add {
            iin,
            role,
            centre,
            since,
            until,
        } => {
            let employment = Employment {
                role: *role,
                centre: centre.clone(),
                since: since.unwrap_or(now),
                until: *until,
            };
            let (iin, actor) = (Iin::parse(iin).map_err(usage)?, context.administrator());
            let centres = args.config.load()?.ra.centres()?;
            employ(storage.as_ref(), &centres, &iin, &employment, &actor, now)
        }
        Command::Remove { iin } => {
            let (iin, actor) = (Iin::parse(iin).map_err(usage)?, context.administrator());
            dismiss(storage.as_ref(), &iin, &actor, now)
        }
    };
    let member = match changed {
        Ok(member) => member,
        Err(StaffError::Storage(error)) => return Err(error.into()),
        Err(refused) => return Ok(Outcome::Refused(refused.to_string())),
    };
    let person = storage.snapshot()?.persons().find(member.person)?;
    let person = person.context("the person is not in the register any more")?;
    if matches!(args.command, Command::Remove { .. })
        && tables::was_ended_as_another(storage.snapshot()?.as_mut(), &member)?
    {
        context.warn(
            "this is not the work that was entered: somebody changed it in the database, and it is closed now. See who could \
             write to it, and what was done in this role (`tanba audit export`)",
        );
    }
    let facts = Facts::of(&member, &person, now);
    context.print(&facts, &facts)?;
    Ok(Outcome::Done)
}

fn centres(
    config: &ConfigArgs,
    only: Option<Language>,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let languages: Vec<Language> = match only {
        Some(language) => vec![language],
        None => Language::ALL.to_vec(),
    };
    let main = only.unwrap_or(Language::En);
    let centres = config.load()?.ra.centres()?;
    let facts: Vec<CentreFacts> = centres
        .iter()
        .map(|centre| CentreFacts::of(centre, &languages, main))
        .collect();
    let lines: Vec<String> = facts.iter().map(|facts| facts.line(&languages)).collect();
    context.print(&facts, lines.join("\n"))?;
    Ok(Outcome::Done)
}

fn in_each<'a>(
    languages: &[Language],
    text: impl Fn(Language) -> &'a str,
) -> BTreeMap<&'static str, String> {
    let told = |language: &Language| (language.tag(), text(*language).to_owned());
    languages.iter().map(told).collect()
}

impl CentreFacts {
    /// A centre in these languages; `main` is the one of the single fields.
    fn of(centre: &Centre, languages: &[Language], main: Language) -> Self {
        Self {
            code: centre.code.clone(),
            region: centre.region.clone(),
            settlement: centre.settlement.clone(),
            name: centre.name(main).to_owned(),
            address: centre.address(main).to_owned(),
            hours: centre.hours.text(main),
            names: in_each(languages, |language| centre.name(language)),
            addresses: in_each(languages, |language| centre.address(language)),
        }
    }

    /// One line where one language is asked for, else one for each below the code.
    fn line(&self, languages: &[Language]) -> String {
        if languages.len() == 1 {
            return format!("{:<24}  {}, {}", self.code, self.name, self.address);
        }
        let mut text = self.code.clone();
        for tag in languages.iter().map(|language| language.tag()) {
            let told = |texts: &BTreeMap<&str, String>| texts.get(tag).cloned().unwrap_or_default();
            let (name, address) = (told(&self.names), told(&self.addresses));
            text.push_str(&format!("\n    {tag}  {name}, {address}"));
        }
        text
    }
}

fn list(storage: &dyn Storage, only: bool, context: &Context) -> anyhow::Result<Outcome> {
    let now = context.now();
    let facts: Vec<Facts> = staff(storage)?
        .iter()
        .map(|(member, person)| Facts::of(member, person, now))
        .filter(|facts| facts.works || !only)
        .collect();
    let lines: Vec<String> = facts.iter().map(ToString::to_string).collect();
    let text = if lines.is_empty() {
        "Nobody works here yet.".to_owned()
    } else {
        lines.join("\n")
    };
    context.print(&facts, text)?;
    Ok(Outcome::Done)
}

fn language(tag: &str) -> Result<Language, String> {
    Language::from_tag(tag).ok_or_else(|| "there are kk, ru and en".to_owned())
}

fn role(name: &str) -> Result<Role, String> {
    let names = Role::ALL.map(Role::name).join(", ");
    Role::from_name(name).ok_or_else(|| format!("there is no such role; there are {names}"))
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text).map_err(|_| "write it as 2026-12-01T00:00:00Z".to_owned())
}

impl Facts {
    fn of(member: &StaffMember, person: &Person, now: Timestamp) -> Self {
        Self {
            id: member.id.0,
            iin: person.iin.as_str().to_owned(),
            name: person.full_name(),
            role: member.role.name(),
            centre: member.centre.clone(),
            since: member.since,
            until: member.until,
            works: member.works(now),
        }
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = self
            .until
            .map(|until| format!(", until {}", until.rfc3339()))
            .unwrap_or_default();
        write!(
            formatter,
            "{:>4}  {}  {:<15}  {:<24}  {} since {}{until}",
            self.id,
            self.iin,
            self.role,
            self.centre.as_deref().unwrap_or("-"),
            self.name,
            self.since.rfc3339(),
        )
    }
}

#[cfg(test)]
mod tests {
    use tanba_model::centre::Centres;
    use tanba_model::place::Gazetteer;

    use super::*;

    #[test]
    fn a_centre_is_named_in_each_language_or_in_the_one_that_is_asked_for() {
        let centres = Centres::kazakhstan(&Gazetteer::kazakhstan().unwrap()).unwrap();
        let centre = centres.iter().next().unwrap();
        let all = CentreFacts::of(centre, &Language::ALL, Language::En).line(&Language::ALL);
        for language in Language::ALL {
            assert!(all.contains(&format!("{}  {}, ", language.tag(), centre.name(language))));
        }
        let one = CentreFacts::of(centre, &[Language::Kk], Language::Kk).line(&[Language::Kk]);
        assert!(one.contains(centre.name(Language::Kk)) && one.lines().count() == 1);
        assert!(!one.contains(centre.name(Language::En)));
    }
}
