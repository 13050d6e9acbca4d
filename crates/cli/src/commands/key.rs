//! `tanba key …`: keys of certificates.

use super::config_args::ConfigArgs;
use crate::context::Context;
use crate::outcome::Outcome;

mod check;

/// Commands of `tanba key`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Look at every key that was ever certified: size, small and close factors, known flaws, factors shared by two keys
    Check {
        /// Revoke the valid certificates of keys that were found, with keyCompromise, and tell their owners
        #[arg(long)]
        revoke: bool,
    },
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
    let Command::Check { revoke } = &args.command;
    check::run(*revoke, &args.config, context)
}
