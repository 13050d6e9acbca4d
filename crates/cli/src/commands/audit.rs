//! `tanba audit …`: evidence.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context as _;

use super::config_args::ConfigArgs;
use crate::context::Context;
use crate::count::count;
use crate::outcome::{Outcome, sentence};

mod export;
pub(crate) mod late;
mod line;
mod proof;
mod statement;
mod verify;

/// Commands of `tanba audit`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Check that no record was changed, removed or inserted, in the database or in an exported file
    Verify(verify::Args),
    /// Write records and signed checkpoints, one JSON object on each line; the last one is a checkpoint over all of them,
    /// where the seal can be used
    Export {
        /// File to write to; else the standard output
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Only what came after this record, with what is needed to check it
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        since: u64,
    },
    /// Sign the log as it stands, and write the newest checkpoint: kept elsewhere, it betrays a log that was rewritten
    Checkpoint {
        /// File to write to; else the standard output
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Write a proof under the newest checkpoint, to be checked with `audit verify --proof`
    Prove(proof::Args),
}

/// Arguments of `tanba audit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Command,
}

impl Args {
    /// Whether it says of something that it is valid, or not.
    pub(crate) const fn judges(&self) -> bool {
        matches!(self.command, Command::Verify(_))
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    match &args.command {
        Command::Verify(verify) => verify::run(verify, &args.config, context),
        Command::Export { output, since } => {
            let storage = args.config.storage()?;
            let sealed = sealed(&args.config, context);
            export::run(storage.as_ref(), *since, sealed, output.as_ref(), context)
        }
        Command::Checkpoint { output } => {
            let (storage, authority) = args.config.installation(context)?;
            authority.checkpoint(context.clock().now())?;
            let last = storage.snapshot()?.audit_log().last_checkpoint()?;
            // A checkpoint of before is none of the log as it stands, and whoever keeps it would believe so.
            let (Some(last), Some(_)) = (&last, authority.seal()) else {
                let newest = last.map_or_else(String::new, |last| {
                    format!(
                        " (the newest checkpoint states {})",
                        count(last.size, "record")
                    )
                });
                return Ok(Outcome::Refused(format!(
                    "the authority has no seal yet, so the log was not signed{newest}; start the server once"
                )));
            };
            let line = serde_json::to_string(&line::Checkpoint::of(last.clone())?)?;
            write_to(output.as_ref(), |file| writeln!(file, "{line}"))?;
            Ok(Outcome::Done)
        }
        Command::Prove(prove) => {
            let storage = args.config.storage()?;
            proof::run(storage.as_ref(), prove)
        }
    }
}

/// Signs the log as it stands, for whoever takes it away: what no checkpoint states can be cut off or made anew. Whether
/// that was possible; reading the log needs no key, so an export without one goes on and says what is missing.
fn sealed(config: &ConfigArgs, context: &Context) -> bool {
    let done = config.installation(context).and_then(|(_, authority)| {
        authority.seal().context("the authority has no seal yet")?;
        Ok(authority.checkpoint(context.now())?)
    });
    if let Err(error) = done {
        context.warn(format_args!(
            "the log cannot be signed now ({}), so nothing proves the end of this export; the log itself is as it was. \
             Give the key of the authority, or let the server sign it, and export again",
            sentence(&error)
        ));
        return false;
    }
    true
}

/// Writes to a file, or to the standard output.
fn write_to(
    path: Option<&PathBuf>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    match path {
        Some(path) => {
            let file = File::create(path)
                .with_context(|| format!("the file {} cannot be written", path.display()))?;
            let mut file = io::BufWriter::new(file);
            write(&mut file)
                .and_then(|()| file.flush())
                .with_context(|| format!("the file {} cannot be written", path.display()))
        }
        None => write(&mut io::stdout().lock()).context("the output cannot be written"),
    }
}
