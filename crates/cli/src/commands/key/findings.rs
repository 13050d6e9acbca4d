//! `tanba key findings`: what the nightly look over all keys found.

use std::fmt;

use serde::Serialize;
use tanba_model::key::KeyCheck;
use tanba_pki::Timestamp;

use super::super::certificate::advice;
use super::super::config_args::ConfigArgs;
use crate::context::Context;
use crate::count::count;
use crate::outcome::Outcome;

/// Arguments of `tanba key findings`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000)]
    limit: u32,
}

#[derive(Debug, Serialize)]
struct Finding {
    serial: String,
    code: String,
    what: String,
    found_at: Timestamp,
    /// Whether its certificate is valid now, so that somebody has to decide.
    valid: bool,
}

#[derive(Debug, Serialize)]
struct Findings {
    /// When the last look was begun; absent before the first.
    begun_at: Option<Timestamp>,
    /// When it ended; absent while it goes on.
    finished_at: Option<Timestamp>,
    keys: u64,
    rsa: u64,
    findings: Vec<Finding>,
}

impl fmt::Display for Findings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.begun_at, self.finished_at) {
            (None, _) => write!(
                formatter,
                "No key was looked at yet; the running server does it."
            )?,
            (Some(begun), None) => write!(
                formatter,
                "A look over all keys goes on since {}: {} so far, {} of RSA.",
                begun.rfc3339(),
                count(self.keys, "key"),
                self.rsa
            )?,
            (Some(_), Some(finished)) => write!(
                formatter,
                "{} looked at, {} of RSA; finished {}.",
                count(self.keys, "key"),
                self.rsa,
                finished.rfc3339()
            )?,
        }
        for finding in &self.findings {
            let state = if finding.valid {
                "valid"
            } else {
                "not valid any more"
            };
            write!(
                formatter,
                "\n{}: {} ({}; {state}; found {})",
                finding.serial,
                finding.what,
                finding.code,
                finding.found_at.rfc3339()
            )?;
        }
        if self.findings.is_empty() && self.finished_at.is_some() {
            write!(formatter, "\nNothing is wrong with them.")?;
        }
        Ok(())
    }
}

/// Runs the command.
pub(super) fn run(args: &Args, config: &ConfigArgs, context: &Context) -> anyhow::Result<Outcome> {
    let storage = config.storage()?;
    let now = context.now();
    let mut unit = storage.snapshot()?;
    let check: Option<KeyCheck> = unit.keys().check()?;
    let (mut findings, mut own) = (Vec::new(), Vec::new());
    for finding in unit.keys().findings(args.limit)? {
        let Some(record) = unit.certificates().find(finding.certificate)? else {
            continue;
        };
        let valid = record.status.is_valid() && record.not_after > now;
        if valid && record.person.is_none() {
            own.push(advice(unit.as_mut(), &record.serial)?);
        }
        findings.push(Finding {
            serial: record.serial.hex(),
            code: finding.code,
            what: finding.what,
            found_at: finding.found_at,
            valid,
        });
    }
    let open = findings.iter().filter(|finding| finding.valid).count();
    let told = Findings {
        begun_at: check.map(|check| check.begun_at),
        finished_at: check.and_then(|check| check.finished_at),
        keys: check.map_or(0, |check| check.keys),
        rsa: check.map_or(0, |check| check.rsa),
        findings,
    };
    context.print(&told, &told)?;
    let mut sentences = Vec::new();
    if open > own.len() {
        sentences.push(format!(
            "findings about valid certificates of people: {}; tell their owners to get new keys, then revoke with \
             `tanba key check --revoke`, or one by one with `tanba key block SHA256 --reason …`",
            open.saturating_sub(own.len())
        ));
    }
    own.dedup();
    sentences.extend(own);
    Ok(match sentences.as_slice() {
        [] => Outcome::Done,
        sentences => Outcome::Refused(sentences.join(". ")),
    })
}
