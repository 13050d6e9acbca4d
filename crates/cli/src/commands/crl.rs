//! `tanba crl publish`: makes revocation lists now.

use serde::Serialize;
use tanba_ca::Published;

use super::config_args::ConfigArgs;
use crate::context::Context;
use crate::count::count;
use crate::outcome::Outcome;

/// Commands of `tanba crl`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make revocation lists now, due or not; the server makes them by itself in time
    Publish {
        /// Only the lists that are due
        #[arg(long)]
        due: bool,
    },
}

/// Arguments of `tanba crl`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Serialize)]
struct Facts {
    issuer: i64,
    kind: &'static str,
    shard: Option<u16>,
    number: u64,
    entries: usize,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let (_, authority) = args.config.installation(context)?;
    let Command::Publish { due } = &args.command;
    let now = context.now();
    let published = if *due {
        authority.publish_due(now)?
    } else {
        authority.publish_all(now)?
    };
    let facts: Vec<Facts> = published.iter().map(facts).collect();
    let entries: usize = facts
        .iter()
        .filter(|list| list.kind == "full")
        .map(|list| list.entries)
        .sum();
    let text = match facts.len() {
        0 => "No list is due.".to_owned(),
        lists => format!(
            "Published {}; {} on full lists.",
            count(lists, "list"),
            count(entries, "revoked certificate")
        ),
    };
    context.print(&facts, text)?;
    Ok(Outcome::Done)
}

fn facts(list: &Published) -> Facts {
    Facts {
        issuer: list.issuer.0,
        kind: list.kind.name(),
        shard: list.kind.shard(),
        number: list.number,
        entries: list.entries,
    }
}
