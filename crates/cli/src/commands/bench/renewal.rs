//! Renewals from signing in to installed keys. Only what the server does is counted: what the browser does (keys,
//! requests, signatures) happens between the calls, HTTP and mail servers are not there.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tanba_pki::Timestamp;
use tanba_ra::{RaSection, RegistrationAuthority, ReissueForm};

use super::report::{Spread, timed, verdict};
use super::roof::{self, Roof};
use super::scratch::Scratch;
use super::timed::Commits;
use super::{Options, person};
use crate::context::Context;

/// What is promised of one renewal, without the disk.
const TARGET_MS: f64 = 30.0;
/// Renewals whose median says something.
const LEAST_RENEWALS: u32 = 20;
/// Between two renewals: one person may begin only so many in a day.
const PAUSE: Duration = Duration::from_secs(3 * 3600);

/// The steps in their order.
const STEPS: [&str; 9] = [
    "login_challenge",
    "login",
    "begin",
    "prepare_document",
    "submit",
    "mail",
    "confirm_and_issue",
    "installation_challenge",
    "installed",
];

/// What the server spends on a renewal.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    what: &'static str,
    renewals: u32,
    renewal: Spread,
    without_commits: Spread,
    commits: Spread,
    commits_a_renewal: f64,
    steps: Vec<Step>,
    target_ms: f64,
    /// None with too few for a median that says something.
    met: Option<bool>,
    roof: Roof,
}

/// One step, its commits included.
#[derive(Clone, Debug, Serialize)]
struct Step {
    name: &'static str,
    #[serde(flatten)]
    time: Spread,
}

/// Times of one renewal, by step.
#[derive(Default)]
struct Laps(Vec<Duration>);

impl Laps {
    fn lap<T, E>(&mut self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let (result, time) = timed(work);
        self.0.push(time);
        result
    }
}

pub(super) fn measure(options: &Options, context: &Context) -> anyhow::Result<Report> {
    let scratch = Scratch::make(options, context)?;
    let roof = roof::measure(options, context)?;
    let random = context.random();
    let config = RaSection::default().check("https://bench.invalid")?;
    let ra = RegistrationAuthority::new(
        scratch.storage.clone(),
        scratch.authority.clone(),
        config,
        Arc::clone(&random),
    )?;
    let who = person::enter(&scratch)?;
    let mut now = scratch.made_at;
    let mut keys = person::first_keys(&scratch, who, random.as_ref(), now)?;
    let (mut all, mut without, mut commits) = (Vec::new(), Vec::new(), Vec::new());
    let mut steps: Vec<Vec<Duration>> = vec![Vec::new(); STEPS.len()];
    let mut count = 0_u32;
    context.progress("renewing");
    let renewals = options.count(LEAST_RENEWALS);
    for _ in 0..renewals {
        now = now.plus(PAUSE);
        let new = person::new_keys(random.as_ref())?;
        scratch.storage.take();
        let (laps, renewed) = renew(&ra, &keys, new, now)?;
        let Commits { count: one, time } = scratch.storage.take();
        let total: Duration = laps.0.iter().sum();
        for (step, lap) in steps.iter_mut().zip(laps.0) {
            step.push(lap);
        }
        count = count.saturating_add(one);
        all.push(total);
        without.push(total.saturating_sub(time));
        commits.push(time);
        keys = renewed;
    }
    let without_commits = Spread::of(without);
    Ok(Report {
        what: "renewal",
        renewals,
        renewal: Spread::of(all),
        without_commits,
        commits: Spread::of(commits),
        commits_a_renewal: f64::from(count) / f64::from(renewals),
        steps: STEPS
            .into_iter()
            .zip(steps)
            .map(|(name, times)| Step {
                name,
                time: Spread::of(times),
            })
            .collect(),
        target_ms: TARGET_MS,
        met: (renewals >= LEAST_RENEWALS).then_some(without_commits.median_ms <= TARGET_MS),
        roof,
    })
}

/// One renewal; her new keys are those that she renews with next time.
fn renew(
    ra: &RegistrationAuthority,
    [authentication, signature]: &[person::Key; 2],
    new: [tanba_crypto::SoftwareKey; 2],
    now: Timestamp,
) -> anyhow::Result<(Laps, [person::Key; 2])> {
    let mut laps = Laps::default();
    let mailbox = person::Mailbox::default();
    let challenge = laps.lap(|| ra.login_challenge(now))?;
    let message = authentication.sign(&challenge, now)?;
    let session = laps.lap(|| ra.login(&message, now, ""))?.session;
    let form = ReissueForm {
        email: None,
        region: "KZ-75".to_owned(),
        settlement: "almaty".to_owned(),
        keystore: "PKCS12".to_owned(),
    };
    let number = laps.lap(|| ra.begin_reissue(&session, &form, now))?.number;
    let requests = new
        .iter()
        .map(person::request)
        .collect::<anyhow::Result<Vec<_>>>()?;
    let document = laps.lap(|| ra.prepare_document(&session, &number, &requests, now))?;
    let message = signature.sign(&document, now)?;
    laps.lap(|| ra.submit(&session, &number, &message, now))?;
    laps.lap(|| ra.deliver_outbox(&mailbox, now))?;
    let code = mailbox.code()?;
    laps.lap(|| ra.confirm(&session, &number, &code, now))?;
    let issued = ra.certificates(&session, &number)?.certificates;
    let keys = person::with_certificates(new, issued)?;
    let challenge = laps.lap(|| ra.installation_challenge(&session, &number, now))?;
    let proofs = keys
        .iter()
        .map(|key| key.sign(&challenge, now))
        .collect::<anyhow::Result<Vec<_>>>()?;
    laps.lap(|| ra.installed(&session, &number, &proofs, true, now))?;
    Ok((laps, keys))
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} renewals: median {} ms, 95 % under {} ms",
            self.renewals, self.renewal.median_ms, self.renewal.p95_ms
        )?;
        let verdict = verdict(self.met);
        writeln!(
            formatter,
            "without its {} commits: median {} ms (target {} ms: {verdict}); the commits: median {} ms",
            self.commits_a_renewal,
            self.without_commits.median_ms,
            self.target_ms,
            self.commits.median_ms
        )?;
        for step in &self.steps {
            writeln!(
                formatter,
                "  {:<24} {:>9} ms",
                step.name, step.time.median_ms
            )?;
        }
        write!(formatter, "{}", self.roof)
    }
}
