//! `tanba cms …`.

use crate::context::Context;
use crate::outcome::Outcome;

/// Commands of `tanba cms`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show what is there
    Show,
}

/// Runs the command.
pub(crate) fn run(command: Command, _context: &Context) -> anyhow::Result<Outcome> {
    match command {
        Command::Show => Ok(Outcome::Refused("this command is not there yet".to_owned())),
    }
}
