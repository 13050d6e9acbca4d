//! `tanba message …`: messages that nobody took. What they say and the whole of an address is nobody's business here.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use tanba_model::id::MessageId;
use tanba_model::message::DeadMessage;
use tanba_model::ports::UnitOfWork;
use tanba_model::reason_line::ReasonLine;
use tanba_pki::Timestamp;
use tanba_ra::{DeadLetterAct, settle_dead_letter, settle_dead_letters};

use super::config_args::ConfigArgs;
use crate::context::Context;
use crate::outcome::{Outcome, usage};

/// Dead letters of one page.
const PAGE: u32 = 500;

/// Commands of `tanba message`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the messages that were given up, newest first
    List {
        /// Only those with a number below this one: the last of the list before
        #[arg(long, value_name = "MESSAGE")]
        before: Option<i64>,
        /// At most so many
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        limit: u32,
    },
    /// Send messages again that were given up, to the same address
    Retry(Chosen),
    /// Lay messages to rest that were given up; what they say is wiped
    Discard {
        #[command(flatten)]
        chosen: Chosen,
        /// Why, in one line; it stands in the audit log for good. No names, addresses or long numbers
        #[arg(long, value_name = "REASON")]
        why: String,
    },
}

/// Which messages.
#[derive(Debug, clap::Args)]
pub(crate) struct Chosen {
    /// Numbers of messages, from `tanba message list`
    #[arg(value_name = "MESSAGE", required_unless_present = "all")]
    messages: Vec<i64>,
    /// All that were given up
    #[arg(long, conflicts_with = "messages")]
    all: bool,
}

/// Arguments of `tanba message`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Serialize)]
struct Facts {
    message: i64,
    kind: String,
    channel: &'static str,
    /// With most of it hidden.
    to: String,
    language: &'static str,
    created_at: Timestamp,
    given_up_at: Timestamp,
    tries: u32,
    cause: String,
}

#[derive(Debug, Serialize)]
struct Settled {
    messages: usize,
}

impl From<&DeadMessage> for Facts {
    fn from(dead: &DeadMessage) -> Self {
        Self {
            message: dead.id.0,
            kind: dead.kind.clone(),
            channel: dead.to.channel().name(),
            to: dead.to.masked(),
            language: dead.language.tag(),
            created_at: dead.created_at,
            given_up_at: dead.dead_at,
            tries: dead.tries,
            cause: dead.cause.clone(),
        }
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:>8}  {}  {:<22} {:<4} {:<24} {:>2} tries  {}",
            self.message,
            self.given_up_at.rfc3339(),
            self.kind,
            self.channel,
            self.to,
            self.tries,
            self.cause
        )
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    match &args.command {
        Command::List { before, limit } => list(&args.config, *before, *limit, context),
        Command::Retry(chosen) => settle(&args.config, chosen, (DeadLetterAct::Retry, ""), context),
        Command::Discard { chosen, why } => {
            let why = ReasonLine::parse(why).map_err(|error| usage(format!("--why: {error}")))?;
            let discard = (DeadLetterAct::Discard, why.as_str());
            settle(&args.config, chosen, discard, context)
        }
    }
}

fn list(
    config: &ConfigArgs,
    before: Option<i64>,
    limit: u32,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let storage = config.storage()?;
    let mut unit = storage.snapshot()?;
    let dead = unit.outbox().dead(before.map(MessageId), limit)?;
    let facts: Vec<Facts> = dead.iter().map(Facts::from).collect();
    let lines: Vec<String> = facts.iter().map(ToString::to_string).collect();
    let text = if lines.is_empty() {
        "No message was given up.".to_owned()
    } else {
        lines.join("\n")
    };
    context.print(&facts, text)?;
    Ok(Outcome::Done)
}

fn settle(
    config: &ConfigArgs,
    chosen: &Chosen,
    (act, why): (DeadLetterAct, &str),
    context: &Context,
) -> anyhow::Result<Outcome> {
    let storage = config.storage()?;
    let (actor, now) = (context.administrator(), context.now());
    let mut settled = 0_usize;
    if chosen.all {
        for message in all(storage.snapshot()?.as_mut())? {
            let done =
                settle_dead_letter(storage.as_ref(), message, (act, why), actor.clone(), now)?;
            settled = settled.saturating_add(usize::from(done));
        }
    } else {
        let messages: BTreeSet<_> = chosen.messages.iter().copied().collect();
        let messages: Vec<_> = messages.into_iter().map(MessageId).collect();
        let done = settle_dead_letters(storage.as_ref(), &messages, (act, why), &actor, now)?;
        if let Err(message) = done {
            return Err(usage(format!(
                "{message} is no message that was given up (see `tanba message list`); nothing was done about the others \
                 either"
            )));
        }
        settled = messages.len();
    }
    let done = match act {
        DeadLetterAct::Retry => "Put back into the outbox",
        DeadLetterAct::Discard => "Laid to rest",
    };
    context.print(
        &Settled { messages: settled },
        format!("{done}: {settled}."),
    )?;
    Ok(Outcome::Done)
}

fn all(unit: &mut dyn UnitOfWork) -> anyhow::Result<Vec<MessageId>> {
    let mut all: Vec<MessageId> = Vec::new();
    loop {
        let page = unit.outbox().dead(all.last().copied(), PAGE)?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page.iter().map(|dead| dead.id));
    }
}
