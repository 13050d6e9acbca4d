//! `tanba bench`: how fast this machine does what matters. Nothing of an installation is touched.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use tanba_ca::IssuingKey;
use tanba_crypto::KeyAlgorithm;

use crate::context::Context;
use crate::outcome::Outcome;

mod cabinet;
mod fill;
mod issue;
mod keys;
mod lookup;
mod nation;
mod pages;
mod person;
mod prime;
mod queue;
mod recover;
mod reminders;
mod renewal;
mod report;
mod roof;
mod scratch;
mod server;
mod statistics;
mod stock;
mod timed;

/// Arguments of `tanba bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Renewals from signing in to installed keys: what the server spends on one
    Renewal(Options),
    /// Certificates through the whole cycle by many at once, next to the roof of the machine
    Issue(Options),
    /// The look over so many RSA keys (--count), each alone and all against each other
    Keys(Options),
    /// The start after a crash that left so many intents open (--count)
    Recover(Options),
    /// Pages of the cabinet beside a million people with a certificate each
    Cabinet(Many),
    /// A run of reminders over a million certificates, all of which end within a month
    Reminders(Many),
    /// Whether the time of an answer tells which application numbers exist
    Lookup(Many),
    /// Signatures of the issuing key in one thread: the roof over everything else
    Sign(Options),
}

/// What can be chosen.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// How often it is done. By default 20000 certificates of `issue`, 10000 intents of `recover`, 1000 keys of `keys`, and else 20
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    count: Option<u32>,
    /// Of `issue`: go on for at least so many seconds of issuing
    #[arg(long)]
    seconds: Option<u64>,
    /// Of `issue`: so many certificates are in the database before
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    stored: u64,
    /// Of `issue`: with --json, print each round beside their medians
    #[arg(long)]
    rounds: bool,
    /// Of `issue`: so many threads. By default 256 for each processor
    #[arg(long, value_name = "NUMBER")]
    threads: Option<usize>,
    /// Key of the issuing authority
    #[arg(long, value_enum, default_value_t = Key::Rsa2048)]
    key: Key,
    /// Folder for the throw-away database; its disk is what is measured. By default the system's temporary folder
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// What can be chosen of a large database.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Many {
    /// How many people there are, with a certificate each
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=3_000_000))]
    count: u32,
    /// How often each page of `cabinet`, or each kind of question of `lookup`, is asked for. By default 200 and 3000
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rounds: Option<u32>,
    /// Folder for the throw-away database, which takes about 5 gigabytes for a million people. By default the system's
    /// temporary folder
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// Keys of issuing authorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Key {
    /// RSA-2048
    #[value(name = "rsa-2048")]
    Rsa2048,
    /// EC P-256
    #[value(name = "ec-p256", alias = "p256")]
    P256,
}

impl Options {
    /// What was asked for, or what says something about this measure.
    fn count(&self, by_default: u32) -> u32 {
        self.count.unwrap_or(by_default)
    }

    const fn algorithm(&self) -> KeyAlgorithm {
        match self.key {
            Key::Rsa2048 => KeyAlgorithm::Rsa { bits: 2048 },
            Key::P256 => KeyAlgorithm::EcP256,
        }
    }

    /// The authority of a large database.
    fn of(many: &Many) -> Self {
        Self {
            count: Some(1),
            seconds: None,
            stored: 0,
            rounds: false,
            threads: None,
            key: Key::P256,
            folder: many.folder.clone(),
        }
    }

    const fn issuing_key(&self) -> IssuingKey {
        match self.key {
            Key::Rsa2048 => IssuingKey::Rsa2048,
            Key::P256 => IssuingKey::EcP256,
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    as_the_service_is_started()?;
    match args.what {
        What::Renewal(options) => {
            let report = renewal::measure(&options, context)?;
            context.print(&report, &report)?;
        }
        What::Issue(options) => {
            let report = issue::measure(&options, context)?;
            context.print(&report, &report)?;
        }
        What::Keys(options) => {
            let report = keys::measure(&options, context)?;
            context.print(&report, &report)?;
        }
        What::Recover(options) => {
            let report = recover::measure(&options, context)?;
            context.print(&report, &report)?;
        }
        What::Cabinet(many) => {
            let report = cabinet::measure(&many, context)?;
            context.print(&report, &report)?;
        }
        What::Reminders(many) => {
            let report = reminders::measure(&many, context)?;
            context.print(&report, &report)?;
        }
        What::Lookup(many) => {
            let report = lookup::measure(&many, context)?;
            context.print(&report, &report)?;
        }
        What::Sign(options) => {
            let report = roof::measure(&options, context)?;
            context.print(&report, &report)?;
        }
    }
    Ok(Outcome::Done)
}

/// Begins anew with the heaps of the service (docs/adr/0046), unless whoever measures has chosen: the C library reads the variable
/// before the program begins.
#[cfg(target_os = "linux")]
fn as_the_service_is_started() -> anyhow::Result<()> {
    use std::os::unix::process::CommandExt as _;
    const HEAPS: &str = "MALLOC_ARENA_MAX";
    if std::env::var_os(HEAPS).is_some() {
        return Ok(());
    }
    let mut again = std::process::Command::new(std::env::current_exe()?);
    let refused = again
        .args(std::env::args_os().skip(1))
        .env(HEAPS, "2")
        .exec();
    Err(refused).context("the program cannot begin anew; set MALLOC_ARENA_MAX=2 yourself")
}

#[cfg(not(target_os = "linux"))]
fn as_the_service_is_started() -> anyhow::Result<()> {
    Ok(())
}
