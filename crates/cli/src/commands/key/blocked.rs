//! `tanba key blocked`: the block list.

use std::fmt;

use serde::Serialize;
use tanba_model::key::BlockedKey;
use tanba_pki::{Timestamp, hex};

use super::super::config_args::ConfigArgs;
use super::named;
use crate::context::Context;
use crate::outcome::{Outcome, usage};

/// Arguments of `tanba key blocked`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this key: a certificate, request or public key, or its digest
    #[arg(value_name = "FILE|HASH")]
    key: Option<String>,
    /// Those after this digest: where the last page ended
    #[arg(long, value_name = "HASH", conflicts_with = "key")]
    after: Option<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: u32,
}

#[derive(Debug, Serialize)]
struct Entry {
    public_key_sha256: String,
    at: Timestamp,
    source: &'static str,
    reason: String,
    /// What whoever held the key signed, PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    attestation: Option<String>,
}

impl Entry {
    fn of(key: BlockedKey) -> Self {
        Self {
            public_key_sha256: hex::encode(&key.public_key_sha256),
            at: key.at,
            source: key.source.name(),
            reason: key.reason,
            attestation: key
                .attestation
                .map(|der| tanba_pki::pem::encode("CERTIFICATE REQUEST", &der)),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}  {}  {}: {}",
            self.public_key_sha256,
            self.at.rfc3339(),
            self.source,
            self.reason
        )
    }
}

/// Runs the command.
pub(super) fn run(args: &Args, config: &ConfigArgs, context: &Context) -> anyhow::Result<Outcome> {
    let storage = config.storage()?;
    let mut unit = storage.snapshot()?;
    let keys = match &args.key {
        Some(key) => unit
            .keys()
            .blocked(&named::key(key)?)?
            .into_iter()
            .collect(),
        None => {
            let after = args.after.as_deref().map(|text| {
                named::digest(text).ok_or_else(|| usage("--after takes 64 hexadecimal digits"))
            });
            unit.keys()
                .blocked_after(after.transpose()?.as_ref(), args.limit)?
        }
    };
    let entries: Vec<Entry> = keys.into_iter().map(Entry::of).collect();
    let lines: Vec<String> = entries.iter().map(ToString::to_string).collect();
    let text = if lines.is_empty() {
        "No keys are blocked.".to_owned()
    } else {
        lines.join("\n")
    };
    context.print(&entries, text)?;
    if args.key.is_some() && entries.is_empty() {
        return Ok(Outcome::Refused("this key is not blocked".to_owned()));
    }
    Ok(Outcome::Done)
}
