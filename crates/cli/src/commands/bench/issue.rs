//! Pairs of certificates, without anything around them.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use tanba_model::ports::Issuance as _;

use super::report::{Spread, per_second, timed};
use super::roof::{self, Roof};
use super::scratch::Scratch;
use super::{Options, person};
use crate::context::Context;

/// What the authority spends on a pair.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    what: &'static str,
    pairs: u32,
    pair: Spread,
    without_commits: Spread,
    commits: Spread,
    commits_a_pair: f64,
    certificates_per_second: f64,
    roof: Roof,
}

pub(super) fn measure(options: &Options, context: &Context) -> anyhow::Result<Report> {
    let scratch = Scratch::make(options, context)?;
    let roof = roof::measure(options, context)?;
    let random = context.random();
    let person = person::enter(&scratch)?;
    let (mut all, mut without, mut commits) = (Vec::new(), Vec::new(), Vec::new());
    let mut count = 0_u32;
    context.progress("issuing certificates");
    for _ in 0..options.count {
        let keys = person::new_keys(random.as_ref())?;
        let orders = person::orders(person, None, &keys)?;
        scratch.storage.take();
        let (issued, time) = timed(|| scratch.authority.issue(&orders, scratch.made_at));
        issued?;
        let taken = scratch.storage.take();
        count = count.saturating_add(taken.count);
        all.push(time);
        without.push(time.saturating_sub(taken.time));
        commits.push(taken.time);
    }
    let total: Duration = all.iter().sum();
    Ok(Report {
        what: "issue",
        pairs: options.count,
        pair: Spread::of(all),
        without_commits: Spread::of(without),
        commits: Spread::of(commits),
        commits_a_pair: f64::from(count) / f64::from(options.count),
        certificates_per_second: per_second(options.count.saturating_mul(2), total),
        roof,
    })
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} pairs: median {} ms, 95 % under {} ms",
            self.pairs, self.pair.median_ms, self.pair.p95_ms
        )?;
        writeln!(
            formatter,
            "without its {} commits: median {} ms; the commits: median {} ms",
            self.commits_a_pair, self.without_commits.median_ms, self.commits.median_ms
        )?;
        writeln!(
            formatter,
            "{} certificates a second, one after the other",
            self.certificates_per_second
        )?;
        write!(formatter, "{}", self.roof)
    }
}
