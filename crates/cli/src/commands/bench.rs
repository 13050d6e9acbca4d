//! `tanba bench`.

use crate::context::Context;
use crate::outcome::Outcome;

/// Arguments of `tanba bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Runs the command.
pub(crate) fn run(args: Args, _context: &Context) -> anyhow::Result<Outcome> {
    let Args {} = args;
    Ok(Outcome::Refused("this command is not there yet".to_owned()))
}
