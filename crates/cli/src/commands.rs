//! The command line. Names and exit codes are stable: scripts rely on them.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use tanba_model::audit::origin;

use crate::context::{Context, host};
use crate::outcome::{NotDone, Outcome, sentence};

mod application;
mod audit;
mod bench;
mod ceremony;
mod certificate;
mod cms;
mod config_args;
mod crl;
mod demo;
mod doctor;
mod init;
mod issuer;
mod key;
mod keystore;
mod lists;
mod message;
mod migrate;
mod operator;
mod person;
mod profile;
mod restore;
mod revocation;
mod serve;
mod standing;
pub(crate) mod tables;
#[cfg(test)]
mod testing;
mod validate;

/// A self-service PKI: certification authority, registration authority, personal cabinet and validation services.
#[derive(Debug, Parser)]
#[command(name = "tanba", version, propagate_version = true)]
pub(crate) struct Tanba {
    /// Print facts as JSON
    #[arg(long, global = true, overrides_with = "json")]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a throw-away national authority to try everything on
    Demo(demo::Args),
    /// Make an installation: folder, database, authority, configuration
    Init(init::Args),
    /// Run the server of an installation
    Serve(serve::Args),
    /// Bring the database to the schema of this program
    Migrate(migrate::Args),
    /// Say what is wrong with an installation, and what to do
    Doctor(doctor::Args),
    /// The register of people
    Person(person::Args),
    /// Who works for the authority: operators, administrators, auditors
    Operator(operator::Args),
    /// Applications for keys
    Application(application::Args),
    /// Certificates of people
    Certificate(certificate::Args),
    /// Keys of certificates: whether anybody could find out a private one
    Key(key::Args),
    /// Messages that nobody took
    Message(message::Args),
    /// Certificate profiles
    Profile(profile::Args),
    /// Authorities, and the switch that stops them
    Issuer(issuer::Args),
    /// Key ceremonies: roots, authorities, cross-certificates, rollovers, by a reviewed plan
    Ceremony(ceremony::Args),
    /// Revocation lists
    Crl(crl::Args),
    /// Evidence
    Audit(audit::Args),
    /// Go on with a restored backup
    Restore(restore::Args),
    /// Open, convert and write key stores
    #[command(subcommand)]
    Keystore(keystore::Command),
    /// Sign and verify CMS messages
    #[command(subcommand)]
    Cms(cms::Command),
    /// Judge a certificate: path, policies, names, revocation (RFC 5280)
    Validate(validate::Args),
    /// Measure how fast it is
    Bench(bench::Args),
}

impl Tanba {
    /// Runs the command that was named.
    pub(crate) fn run(self) -> anyhow::Result<Outcome> {
        let context = Context::new(self.json)?;
        let judges = self.command.judges();
        // Every record of this program says on which computer; who, it knows from the account.
        let run = || self.command.run(&context);
        let outcome = origin::within(&format!("host {}", host()), run);
        let said = match &outcome {
            Ok(outcome) => outcome.sentence().map(str::to_owned),
            Err(error) => Some(sentence(error)),
        };
        if context.json()
            && !context.has_printed()
            && let Some(said) = said
        {
            context.print(&NotDone::new(judges, &said), "")?;
        }
        outcome
    }

    /// What is said with `--json` of arguments that cannot be read.
    pub(crate) fn misunderstood(arguments: &[OsString], error: &clap::Error) -> Option<String> {
        let mut words = arguments
            .iter()
            .map(|word| word.to_str().unwrap_or_default());
        let is_json = words
            .clone()
            .take_while(|word| *word != "--")
            .any(|word| word == "--json");
        let mut named = words.by_ref().skip(1).filter(|word| !word.starts_with('-'));
        let judges = match (named.next(), named.next()) {
            (Some("validate"), _) => true,
            (Some(group), Some("verify")) => JUDGING.contains(&group),
            _ => false,
        };
        let said = if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            "a command or its arguments are missing: --help lists them".to_owned()
        } else {
            let text = error.render().to_string();
            // Behind the first paragraph is how the command is used.
            let first = text.split("\n\n").next().unwrap_or_default();
            let words: Vec<&str> = first.split_whitespace().collect();
            let whole = words.join(" ");
            whole.strip_prefix("error: ").unwrap_or(&whole).to_owned()
        };
        is_json
            .then(|| serde_json::to_string(&NotDone::new(judges, &said)).ok())
            .flatten()
    }
}

/// Groups whose command `verify` gives a verdict.
const JUDGING: [&str; 3] = ["audit", "cms", "ceremony"];

impl Command {
    /// Whether it says of something that it is valid, or not.
    const fn judges(&self) -> bool {
        matches!(self, Self::Validate(_))
            || matches!(self, Self::Audit(args) if args.judges())
            || matches!(self, Self::Ceremony(args) if args.judges())
            || matches!(self, Self::Cms(command) if command.judges())
    }

    fn run(self, context: &Context) -> anyhow::Result<Outcome> {
        match self {
            Self::Demo(args) => demo::run(&args, context),
            Self::Init(args) => init::run(&args, context),
            Self::Serve(args) => serve::run(&args, context),
            Self::Migrate(args) => migrate::run(&args, context),
            Self::Doctor(args) => doctor::run(&args, context),
            Self::Person(args) => person::run(&args, context),
            Self::Operator(args) => operator::run(&args, context),
            Self::Application(args) => application::run(&args, context),
            Self::Certificate(args) => certificate::run(&args, context),
            Self::Key(args) => key::run(&args, context),
            Self::Message(args) => message::run(&args, context),
            Self::Profile(args) => profile::run(&args, context),
            Self::Issuer(args) => issuer::run(&args, context),
            Self::Ceremony(args) => ceremony::run(&args, context),
            Self::Crl(args) => crl::run(&args, context),
            Self::Audit(args) => audit::run(&args, context),
            Self::Restore(args) => restore::run(&args, context),
            Self::Keystore(command) => keystore::run(command, context),
            Self::Cms(command) => cms::run(command, context),
            Self::Validate(args) => validate::run(&args, context),
            Self::Bench(args) => bench::run(args, context),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_does_not_contradict_itself() {
        Tanba::command().debug_assert();
    }
}
