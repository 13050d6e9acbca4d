//! How long the pages of the cabinet take beside a whole nation, over HTTP on this computer.

use std::fmt;
use std::time::Duration;

use anyhow::ensure;
use serde::Serialize;

use super::nation::{self, Ends};
use super::pages::{PAGES, Visitors, Who};
use super::report::{milliseconds, verdict};
use super::scratch::Scratch;
use super::server::Server;
use super::{Many, Options, person, queue};
use crate::context::Context;

/// What is promised of each page, and of the queue at the desk.
const TARGET_MS: f64 = 50.0;
const QUEUE_TARGET_MS: f64 = 200.0;
/// Applications in the queue of one centre.
const QUEUE: u32 = 100_000;
/// People that the targets are about.
const TARGET_PEOPLE: u32 = 1_000_000;
/// One in a hundred is not known of fewer.
const LEAST_ROUNDS: u32 = 100;
/// How often each page is asked for, unless told otherwise.
const ROUNDS: u32 = 200;
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// The queue at the desk.
pub(super) const DESK: [&str; 3] = ["/kk/desk", "/kk/desk?order=newest", "/kk/desk?state=ISSUED"];

/// What each page takes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    what: &'static str,
    persons: u32,
    certificates: u32,
    rounds: u32,
    pages: Vec<Page>,
    fill_seconds: f64,
    target_ms: f64,
    /// None with fewer people, or fewer requests, than the target is about.
    met: Option<bool>,
    /// Applications that wait at one centre.
    queue: u32,
    desk: Vec<Page>,
    queue_target_ms: f64,
    /// None where the queue is shorter, too.
    queue_met: Option<bool>,
}

/// One page.
#[derive(Clone, Debug, Serialize)]
struct Page {
    path: String,
    status: u16,
    octets: usize,
    median_ms: f64,
    p99_ms: f64,
    longest_ms: f64,
}

pub(super) fn measure(many: &Many, context: &Context) -> anyhow::Result<Report> {
    let scratch = Scratch::make(&Options::of(many), context)?;
    let now = context.now();
    let ends = Ends {
        from: now.plus(Duration::from_secs(3600)),
        over: YEAR,
    };
    let fill = nation::fill(&scratch, many.count, ends, context)?;
    // Whoever asks is one of many, and her records are among the last.
    let random = context.random();
    let who = person::enter_another(&scratch)?;
    let keys = person::first_keys(&scratch, who, random.as_ref(), scratch.made_at)?;
    let server = Server::start(&scratch, context)?;
    let waiting = many.count.min(QUEUE);
    let last = queue::fill(&scratch, waiting, now, context)?;
    let visitors = Visitors::make(&server, &scratch, (who, &keys), last, context)?;
    let rounds = many.rounds.unwrap_or(ROUNDS);
    context.progress("asking for pages");
    let mut pages = Vec::new();
    for (door, who) in PAGES {
        let path = visitors.path(door, who);
        let cookie = visitors.cookie(who);
        let asked = ask(&server, &path, cookie.as_deref(), rounds)?;
        // Numbers and secrets are of this run alone.
        pages.push(Page {
            path: door.to_owned(),
            ..asked
        });
    }
    let clerk = visitors.cookie(Who::Operator);
    let mut desk = Vec::new();
    for path in DESK {
        let page = ask(&server, path, clerk.as_deref(), rounds)?;
        ensure!(page.status == 200, "the desk is shut: {}", page.status);
        desk.push(page);
    }
    let met = pages.iter().all(|page| page.p99_ms <= TARGET_MS);
    let queue_met = desk.iter().all(|page| page.p99_ms <= QUEUE_TARGET_MS);
    let is_enough = many.count >= TARGET_PEOPLE && rounds >= LEAST_ROUNDS;
    Ok(Report {
        what: "cabinet",
        persons: many.count,
        certificates: many.count,
        rounds,
        pages,
        fill_seconds: milliseconds(fill) / 1000.0,
        target_ms: TARGET_MS,
        met: is_enough.then_some(met),
        queue: waiting,
        queue_target_ms: QUEUE_TARGET_MS,
        queue_met: (is_enough && waiting >= QUEUE).then_some(queue_met),
        desk,
    })
}

/// Asks for a page again and again.
fn ask(server: &Server, path: &str, session: Option<&str>, rounds: u32) -> anyhow::Result<Page> {
    let first = server.get(path, session)?;
    let mut times = Vec::new();
    for _ in 0..rounds {
        times.push(server.get(path, session)?.time);
    }
    times.sort_unstable();
    let at = |percent: usize| {
        let index = times.len().saturating_sub(1).saturating_mul(percent) / 100;
        milliseconds(times.get(index).copied().unwrap_or_default())
    };
    Ok(Page {
        path: path.to_owned(),
        status: first.status,
        octets: first.octets,
        median_ms: at(50),
        p99_ms: at(99),
        longest_ms: at(100),
    })
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} people with a certificate each; {} requests for each page; target {} ms: {}",
            self.persons,
            self.rounds,
            self.target_ms,
            verdict(self.met)
        )?;
        writeln!(
            formatter,
            "{} applications wait at one centre; target of its queue {} ms: {}",
            self.queue,
            self.queue_target_ms,
            verdict(self.queue_met)
        )?;
        for page in self.pages.iter().chain(&self.desk) {
            writeln!(
                formatter,
                "{:<45} {}  median {:>7.3} ms  99 % under {:>7.3} ms  {:>6} octets",
                page.path, page.status, page.median_ms, page.p99_ms, page.octets
            )?;
        }
        Ok(())
    }
}
