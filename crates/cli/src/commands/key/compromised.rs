//! `tanba key compromised`: acts upon the statement of whoever holds a key.

use std::path::PathBuf;

use super::super::config_args::ConfigArgs;
use super::named;
use super::outcome::Told;
use crate::context::Context;
use crate::outcome::Outcome;

/// Arguments of `tanba key compromised`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The statement, as `tanba key attest-compromise` or openssl makes it: PKCS#10, PEM or DER
    file: PathBuf,
}

/// Runs the command.
pub(super) fn run(args: &Args, config: &ConfigArgs, context: &Context) -> anyhow::Result<Outcome> {
    let statement = named::read(&args.file)?;
    let storage = config.storage()?;
    let (actor, now) = (context.administrator(), context.now());
    let mut work = storage.begin()?;
    let done = tanba_ra::attested(work.as_mut(), &statement, &actor, "", now)?;
    work.commit()?;
    let told = Told::of(storage.snapshot()?.as_mut(), &done)?;
    context.print(&told, &told)?;
    Ok(Outcome::Done)
}
