//! The command line. Names and exit codes are stable: scripts rely on them.

use clap::{Parser, Subcommand};

use tanba_model::audit::origin;

use crate::context::{Context, host};
use crate::outcome::Outcome;

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
    #[arg(long, global = true)]
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
        // Every record of this program says on which computer; who, it knows from the account.
        origin::within(&format!("host {}", host()), || self.command.run(&context))
    }
}

impl Command {
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
