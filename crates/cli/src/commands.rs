//! The command line. Names and exit codes are stable: scripts rely on them.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};

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

    /// The arguments without `--help` behind the command `help`, which is the help already.
    pub(crate) fn without_help_of_help(mut arguments: Vec<OsString>) -> Vec<OsString> {
        let mut command = Self::command();
        let mut help = None;
        for (at, word) in arguments.iter().enumerate().skip(1) {
            let word = word.to_str().unwrap_or_default();
            if word == "help" && command.has_subcommands() {
                help = Some(at);
                break;
            }
            match command.find_subcommand(word) {
                Some(inner) => command = inner.clone(),
                None if word == "--json" => {}
                None => break,
            }
        }
        if let Some(help) = help {
            let mut at = 0_usize;
            arguments.retain(|word| {
                at = at.saturating_add(1);
                at <= help || !(word == "--help" || word == "-h")
            });
        }
        arguments
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
    use super::*;

    #[test]
    fn help_of_the_help_is_the_help() {
        for (line, exit) in [
            ("tanba help --help", true),
            ("tanba help -h", true),
            ("tanba help key --help", true),
            ("tanba --json key help --help", true),
            ("tanba help key check", true),
            ("tanba help nothing --help", false),
        ] {
            let arguments = line.split(' ').map(OsString::from).collect();
            let error = Tanba::try_parse_from(Tanba::without_help_of_help(arguments)).unwrap_err();
            assert_eq!(!error.use_stderr(), exit, "{line}: {error}");
        }
        // A file may have that name.
        let line = ["tanba", "cms", "verify", "help", "--help"].map(OsString::from);
        assert_eq!(Tanba::without_help_of_help(line.to_vec()), line);
    }

    /// Where something is written has one name everywhere, and so have the certificates between.
    #[test]
    fn options_of_one_meaning_have_one_name() {
        fn look(command: &clap::Command, path: &str) {
            for option in command.get_arguments() {
                let Some(long) = option.get_long() else {
                    continue;
                };
                assert!(!["out", "intermediate"].contains(&long), "{path} --{long}");
                if long == "output" {
                    assert_eq!(option.get_short(), Some('o'), "{path}");
                }
            }
            for inner in command.get_subcommands() {
                look(inner, &format!("{path} {}", inner.get_name()));
            }
        }
        look(&Tanba::command(), "tanba");
        for line in [
            "tanba cms sign a --keystore b --out c",
            "tanba cms verify a --intermediate b --out c",
        ] {
            Tanba::try_parse_from(line.split(' ')).unwrap();
        }
    }

    #[test]
    fn the_command_line_does_not_contradict_itself() {
        Tanba::command().debug_assert();
    }
}
