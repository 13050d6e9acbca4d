//! `tanba ceremony …`: the rare acts of an authority, by a reviewed plan and before witnesses.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use tanba_ca::ceremony::{CeremonyError, Plan};
use tanba_model::ports::IssuanceError;

use super::config_args::ConfigArgs;
use crate::context::Context;
use crate::locked;
use crate::outcome::Outcome;

mod exchange;
mod hold;
mod replaced;
mod shares;
mod template;
mod verify;

/// Arguments of `tanba ceremony`.
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

/// Commands of `tanba ceremony`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Print a plan to fill in, with a fresh serial number
    Plan(template::Args),
    /// Hold a ceremony by its plan, or rehearse it with --dry-run
    Run(hold::Args),
    /// Make the key of a planned issuing authority here, and the request for its certificate
    Request(exchange::RequestArgs),
    /// Take in what a root made on another machine: the certificate of an awaited authority, a revocation list
    Import(exchange::ImportArgs),
    /// Check a transcript: signature, canonical form, files
    Verify(verify::Args),
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let has_keys = matches!(args.command, Command::Run(_) | Command::Request(_));
    if has_keys && let Err(error) = locked::lock_memory() {
        context.warn(format_args!(
            "keys and shares in memory may be written to swap: {error}; {}",
            locked::REMEDY
        ));
    }
    match &args.command {
        Command::Plan(plan) => template::run(plan, &args.config, context),
        Command::Run(hold) => hold::run(hold, &args.config, context),
        Command::Request(request) => exchange::request(request, &args.config, context),
        Command::Import(import) => exchange::import(import, &args.config, context),
        Command::Verify(verify) => verify::run(verify, context),
    }
}

/// The plan of a file.
fn plan(path: &Path) -> anyhow::Result<Plan> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("the plan {} cannot be read", path.display()))?;
    Plan::parse(&text).with_context(|| path.display().to_string())
}

/// What a rehearsal was refused for: a rehearsal leaves nothing behind.
fn not_rehearsed(error: CeremonyError) -> anyhow::Error {
    anyhow::Error::new(error).context(
        "the ceremony would stop here (nothing was recorded or signed: correct the plan or what was brought, and rehearse again)",
    )
}

/// What a ceremony was refused for before it began.
fn not_begun(error: CeremonyError) -> anyhow::Error {
    let next = if is_of_plan(&error) {
        "let the plan or what was brought be corrected, and rehearse again"
    } else {
        "run the same plan again when the cause is gone"
    };
    anyhow::Error::new(error).context(format!(
        "the ceremony did not begin (nothing was recorded or signed this time, no share was written, and the keys are as they were: {next})"
    ))
}

/// Whether another plan, or something else that is brought, would help.
const fn is_of_plan(error: &CeremonyError) -> bool {
    matches!(
        error,
        CeremonyError::Plan(_)
            | CeremonyError::Material(_)
            | CeremonyError::Issuance(IssuanceError::Lint(_))
    )
}

/// What a ceremony was refused for, and where that leaves everything.
fn refused(error: CeremonyError) -> anyhow::Error {
    let safe = if matches!(error, CeremonyError::Plan(_) | CeremonyError::Material(_)) {
        "nothing was signed, and the keys are as they were"
    } else if matches!(error, CeremonyError::Issuance(IssuanceError::Lint(_))) {
        // It is linted before it is recorded.
        "nothing was signed: let the plan be corrected, or bring something else"
    } else {
        "what was recorded is kept: run the same plan again when the cause is gone"
    };
    anyhow::Error::new(error).context(format!("the ceremony stopped ({safe})"))
}
