//! `tanba key …`: keys of certificates.

use super::config_args::ConfigArgs;
use crate::context::Context;
use crate::outcome::Outcome;

mod attest;
pub(super) mod block;
mod blocked;
mod check;
mod compromised;
mod findings;
mod named;
mod outcome;

/// Commands of `tanba key`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Look at every key that was ever certified: size, small and close factors, known flaws, factors shared by two keys
    Check {
        /// Revoke the valid certificates of keys that were found, with keyCompromise, and tell their owners
        #[arg(long)]
        revoke: bool,
    },
    /// List what the nightly look over all keys found
    Findings(findings::Args),
    /// Block a key for ever, revoke every certificate of it with keyCompromise, and tell its owner
    Block(block::Args),
    /// List the keys that are blocked, by digest
    Blocked(blocked::Args),
    /// Make the statement that a key is compromised, signed with that key: anybody who holds it can
    AttestCompromise(attest::Args),
    /// Act upon such a statement: block the key and revoke every certificate of it
    Compromised(compromised::Args),
}

/// Arguments of `tanba key`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Command,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let config = &args.config;
    match &args.command {
        Command::Check { revoke } => check::run(*revoke, config, context),
        Command::Findings(args) => findings::run(args, config, context),
        Command::Block(args) => block::run(args, config, context),
        Command::Blocked(args) => blocked::run(args, config, context),
        Command::AttestCompromise(args) => attest::run(args, context),
        Command::Compromised(args) => compromised::run(args, config, context),
    }
}
