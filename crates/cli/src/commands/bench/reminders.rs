//! A run of reminders over a whole nation, every certificate of which ends within a month.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tanba_ra::{RaSection, RegistrationAuthority, ReminderRound};

use super::nation::{self, Ends};
use super::report::{Spread, milliseconds, per_second, timed, verdict};
use super::scratch::Scratch;
use super::{Many, Options};
use crate::context::Context;

/// Certificates that the target is about.
const TARGET_CERTIFICATES: u32 = 1_000_000;
/// What is promised of a run over so many.
const TARGET_SECONDS: f64 = 60.0;
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// What a run costs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    what: &'static str,
    certificates: u32,
    /// Mails and text messages that were put into the outbox.
    messages: u64,
    seconds: f64,
    certificates_per_second: f64,
    /// One unit of work: nobody else can write for so long.
    unit: Spread,
    commits: u32,
    /// The next run, which finds everybody reminded.
    second_run_seconds: f64,
    /// How long it took to make the database.
    fill_seconds: f64,
    target_seconds: f64,
    /// None with fewer certificates than the target is about.
    met: Option<bool>,
}

pub(super) fn measure(many: &Many, context: &Context) -> anyhow::Result<Report> {
    let scratch = Scratch::make(&Options::of(many), context)?;
    let now = context.now();
    let ends = Ends {
        from: now.plus(Duration::from_secs(60)),
        over: MONTH.saturating_sub(Duration::from_secs(120)),
    };
    let fill = nation::fill(&scratch, many.count, ends, context)?;
    let ra = RegistrationAuthority::new(
        scratch.storage.clone(),
        scratch.authority.clone(),
        RaSection::default().check("https://bench.invalid")?,
        Arc::clone(&context.random()),
    )?;
    context.progress("reminding");
    let mut round = ReminderRound::new(now);
    let mut units = Vec::new();
    loop {
        let (more, time) = timed(|| ra.remind_some(&mut round));
        units.push(time);
        if !more? {
            break;
        }
    }
    let commits = scratch.storage.take().count;
    let total: Duration = units.iter().sum();
    let (again, second) = timed(|| ra.remind(now));
    anyhow::ensure!(again?.mails == 0, "somebody was reminded twice");
    let seconds = milliseconds(total) / 1000.0;
    Ok(Report {
        what: "reminders",
        certificates: many.count,
        messages: round.reminded().mails,
        seconds,
        certificates_per_second: per_second(many.count, total),
        unit: Spread::of(units),
        commits,
        second_run_seconds: milliseconds(second) / 1000.0,
        fill_seconds: milliseconds(fill) / 1000.0,
        target_seconds: TARGET_SECONDS,
        met: (many.count >= TARGET_CERTIFICATES).then_some(seconds <= TARGET_SECONDS),
    })
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} certificates: {} messages in {} s ({} certificates a second, target for {TARGET_CERTIFICATES} {} s: {})",
            self.certificates,
            self.messages,
            self.seconds,
            self.certificates_per_second,
            self.target_seconds,
            verdict(self.met)
        )?;
        writeln!(
            formatter,
            "one unit of work: median {} ms, 95 % under {} ms",
            self.unit.median_ms, self.unit.p95_ms
        )?;
        write!(
            formatter,
            "the next run, with nobody left to remind: {} s",
            self.second_run_seconds
        )
    }
}
