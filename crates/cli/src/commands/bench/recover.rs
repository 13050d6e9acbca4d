//! The start after a crash that left many intents open.

use std::fmt;

use serde::Serialize;
use tanba_model::ports::Storage as _;

use super::report::{per_second, processors, timed, verdict};
use super::scratch::Scratch;
use super::{Options, issue, stock};
use crate::context::Context;

/// Open intents that the target is about.
const TARGET_INTENTS: usize = 10_000;
/// What is promised of so many.
const TARGET_SECONDS: f64 = 5.0;

/// How long it takes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    what: &'static str,
    key: String,
    processors: usize,
    intents: usize,
    completed: usize,
    seconds: f64,
    certificates_per_second: f64,
    target_seconds: f64,
    /// None with fewer intents than the target is about.
    met: Option<bool>,
}

pub(super) fn measure(options: &Options, context: &Context) -> anyhow::Result<Report> {
    let scratch = Scratch::make(options, context)?;
    let people = stock::lay_in(&scratch, 0, context)?;
    context.progress("leaving intents open");
    let intents = usize::try_from(options.count(10_000))?;
    for (_, order) in issue::orders(&people, intents, context)? {
        drop(scratch.authority.prepare(&[order], scratch.made_at)?);
    }
    // As after a start: what was written is not in the memory of this process.
    drop(scratch.storage.snapshot()?);
    context.progress("recovering");
    let (recovered, time) = timed(|| scratch.authority.recover(scratch.made_at));
    let completed = recovered?.completed.len();
    let seconds = (time.as_secs_f64() * 1000.0).round() / 1000.0;
    Ok(Report {
        what: "recover",
        key: options.algorithm().label(),
        processors: processors(),
        intents,
        completed,
        seconds,
        certificates_per_second: per_second(u32::try_from(completed)?, time),
        target_seconds: TARGET_SECONDS,
        met: (intents >= TARGET_INTENTS)
            .then_some(completed == intents && seconds < TARGET_SECONDS),
    })
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} of {} open intents of an {} issuer were completed in {} s ({} a second on {} processors; target for {TARGET_INTENTS}: {} s: {})",
            self.completed,
            self.intents,
            self.key,
            self.seconds,
            self.certificates_per_second,
            self.processors,
            self.target_seconds,
            verdict(self.met)
        )
    }
}
