//! The command line. Names and exit codes are stable: scripts rely on them.

use clap::{Parser, Subcommand};

use crate::context::Context;
use crate::outcome::Outcome;

mod bench;
mod cms;
mod demo;
mod keystore;

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
    /// Open, convert and write key stores
    #[command(subcommand)]
    Keystore(keystore::Command),
    /// Sign and verify CMS messages
    #[command(subcommand)]
    Cms(cms::Command),
    /// Measure how fast it is
    Bench(bench::Args),
}

impl Tanba {
    /// Runs the command that was named.
    pub(crate) fn run(self) -> anyhow::Result<Outcome> {
        let context = Context::new(self.json)?;
        match self.command {
            Command::Demo(args) => demo::run(args, &context),
            Command::Keystore(command) => keystore::run(command, &context),
            Command::Cms(command) => cms::run(command, &context),
            Command::Bench(args) => bench::run(args, &context),
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
