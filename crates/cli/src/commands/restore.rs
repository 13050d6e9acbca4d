//! `tanba restore accept`: goes on with a restored backup, knowing what is lost.

use anyhow::Context as _;
use serde::Serialize;
use tanba_ca::AuthorityError;
use tanba_model::reason_line::ReasonLine;
use tanba_storage::{AcceptedRestore, SqliteStorage};

use super::config_args::ConfigArgs;
use super::serve::alone;
use crate::context::Context;
use crate::count::count;
use crate::outcome::{Outcome, sentence, usage};
use crate::wire;

/// Commands of `tanba restore`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Go on with a database that is older than its witness: no number of a revocation list comes twice, but what was
    /// recorded since the backup stays lost
    Accept {
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// Arguments of `tanba restore`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Serialize)]
struct Facts {
    /// Events of the audit log that the restored database lacks; `null` without a witness.
    lost_events: Option<u64>,
    /// Certificates that the restored database lacks.
    lost_certificates: Option<u64>,
    /// Lists that were published with the new numbers.
    published_lists: usize,
    /// Whether all were published; not while the key is away, for one.
    lists_published: bool,
    /// Why not.
    lists_fault: Option<String>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    let Command::Accept { reason } = &args.command;
    let reason = ReasonLine::parse(reason).map_err(|error| usage(error.to_string()))?;
    let reason = reason.as_str();
    let _alone = alone(&config.database)?;
    let storage = SqliteStorage::open_existing(&config.database)
        .map_err(|error| wire::storage_finding(&config, &error).into_error())?;
    storage
        .check()
        .context("the restored database is damaged; restore another copy")?;
    if storage.check_witness(&config.witness).is_ok() {
        return Ok(Outcome::Refused(format!(
            "the database has come as far as {} remembers: nothing was restored that is older, so nothing has to be accepted and \
             nothing was changed. If lists are missing, run `tanba crl publish`",
            config.witness.display()
        )));
    }
    // Before anything changes, so that the passphrase is known to be right.
    if let Some(passphrase) = &config.keys.passphrase {
        let _ = passphrase.read()?;
    }
    let accepted = storage
        .accept_restored(
            &config.witness,
            &context.administrator(),
            reason,
            context.now(),
        )
        .context(
            "the restored database is not accepted, or its witness could not be written: run the same command again when the cause \
             is gone",
        )?;
    drop(storage);
    let storage: std::sync::Arc<dyn tanba_model::ports::Storage> =
        std::sync::Arc::new(wire::storage(&config)?);
    let published = wire::authority(
        &storage,
        &config.keys,
        (config.ca, &config.profiles),
        context,
    )
    .context("the database is accepted, but its lists were not published; run `tanba crl publish`")?
    .publish_what_can_be(context.now());
    let (published, faults) = published;
    let is_key_away = faults.iter().all(AuthorityError::is_about_a_device);
    // A key that is away comes back by itself; of anything else the operator has to know.
    let worst = (faults.into_iter()).min_by_key(AuthorityError::is_about_a_device);
    let fault = worst.map(|error| sentence(&error.into()));
    let facts = facts(&accepted, published.len(), fault);
    context.print(&facts, text(&facts))?;
    // It is accepted all the same, and a second acceptance would be refused.
    let Some(why) = &facts.lists_fault else {
        return Ok(Outcome::Done);
    };
    if is_key_away {
        context.warn(format_args!(
            "the database is accepted, but its lists are not published yet: {why}. Say `tanba crl publish` when the key answers; do \
             not repeat this command"
        ));
        return Ok(Outcome::Done);
    }
    Ok(Outcome::Refused(format!(
        "the database is accepted, but its lists were not published: {why}. Run `tanba crl publish` when the cause is gone; do not \
         repeat this command"
    )))
}

fn facts(accepted: &AcceptedRestore, published_lists: usize, lists_fault: Option<String>) -> Facts {
    let restored = &accepted.restored;
    let remembered = accepted.remembered.as_ref();
    Facts {
        lost_events: remembered.map(|known| known.sequence.saturating_sub(restored.sequence)),
        lost_certificates: remembered
            .map(|known| known.certificates.saturating_sub(restored.certificates)),
        published_lists,
        lists_published: lists_fault.is_none(),
        lists_fault,
    }
}

fn text(facts: &Facts) -> String {
    let lost = |number: Option<u64>, noun: &str| match number {
        Some(number) => count(number, noun),
        None => count("an unknown number of", noun),
    };
    format!(
        "The restored database is accepted; published with numbers that were never used: {}.\n\
         Lost since the backup: {} and {}. Revocations of that time have to be entered again, \
         and whoever got a certificate then needs a new one with a new key.",
        count(facts.published_lists, "list"),
        lost(facts.lost_events, "event"),
        lost(facts.lost_certificates, "certificate")
    )
}
