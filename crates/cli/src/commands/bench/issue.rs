//! Issuing by many at once: how many certificates a second go through the whole cycle, and how much of what the signing
//! key could do at most that is.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde::Serialize;
use tanba_crypto::{KeyAlgorithm, SoftwareKey};
use tanba_model::id::PersonId;
use tanba_model::ports::{IssuanceOrder, SourceRng, UnitOfWork};
use tanba_pki::SerialNumber;

use super::report::{
    Spread, fraction, median, milliseconds, per_second, processor_time, processors, resident_mib,
    timed, verdict,
};
use super::scratch::Scratch;
use super::{Key, Options, person, roof, stock};
use crate::context::Context;

/// Certificates between two looks at the roof.
const ROUND: usize = 20_000;
/// Certificates that are issued before anything is measured.
const WARM_UP: usize = 200;
/// How long a look at the roof takes at least: as long as the round that it is compared with.
const LEAST_LOOK: Duration = Duration::from_millis(400);
/// How long it takes at most before the first round, whose time is only guessed.
const LONGEST_FIRST_LOOK: Duration = Duration::from_secs(10);
/// Threads for each processor: those that wait for a commit leave the processor to others.
const THREADS_A_PROCESSOR: usize = 256;
/// Certificates at most whose time is remembered: a measurement of hours must not need more memory than one of seconds.
const REMEMBERED: usize = 20_000;
/// What is promised of an RSA-2048 issuer: this share of the roof.
const TARGET_SHARE: f64 = 0.45;
/// What is promised of a P-256 issuer on two processors.
const TARGET_RATE: f64 = 4_000.0;

/// How fast it goes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    what: &'static str,
    key: String,
    processors: usize,
    threads: usize,
    /// Certificates that were stored before.
    stored: u64,
    certificates: usize,
    certificates_per_second: f64,
    /// Signatures a second of a key of the same kind by as many threads: the greater of what was seen before a round and
    /// after it, for as long as the round took; the median of the rounds.
    roof_per_second: f64,
    /// The one divided by the other: the median of the rounds.
    share_of_roof: f64,
    commits: u32,
    certificates_a_commit: f64,
    /// What all processors spent on a certificate, of the system included.
    processor_ms_a_certificate: f64,
    /// From an order to its certificate, the wait for others included.
    certificate: Spread,
    resident_mib_at_start: f64,
    /// After a tenth of the certificates, at least.
    resident_mib_at_tenth: f64,
    /// After half of them.
    resident_mib_at_half: f64,
    resident_mib_at_end: f64,
    target: String,
    /// None below one full round.
    met: Option<bool>,
    /// Each round; empty unless asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rounds: Vec<Round>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Round {
    /// Certificates up to the end of this round.
    certificates: usize,
    resident_mib: f64,
    certificates_per_second: f64,
    roof_per_second: f64,
    share_of_roof: f64,
}

/// Whose an order is, and the order.
pub(super) type Order = (PersonId, IssuanceOrder);

pub(super) fn measure(options: &Options, context: &Context) -> anyhow::Result<Report> {
    let scratch = Scratch::make_for_filling(options, context)?;
    let people = stock::lay_in(&scratch, options.stored, context)?;
    let scratch = scratch.reopen(context)?;
    let threads = options
        .threads
        .unwrap_or_else(|| processors().saturating_mul(THREADS_A_PROCESSOR));
    let algorithm = options.algorithm();
    let key = SoftwareKey::generate(algorithm, &mut SourceRng(context.random().as_ref()))?;
    // The first ones fill caches, and find out that everything works.
    let wanted = usize::try_from(options.count(20_000))?;
    let every = wanted.div_ceil(REMEMBERED).max(1);
    let first = orders(&people, WARM_UP, context)?;
    let (warm, time) = timed(|| round(&scratch, &first, threads, every));
    warm?;
    let rounds_worth = u32::try_from(ROUND.min(wanted) / WARM_UP)?;
    let guessed = time.saturating_mul(rounds_worth).min(LONGEST_FIRST_LOOK);
    let commits_before = scratch.database.commits();
    context.progress("issuing certificates");
    let (mut rounds, mut times, mut issued) = (Vec::new(), Vec::new(), 0_usize);
    let (mut spent, mut work) = (Duration::ZERO, Duration::ZERO);
    let resident_mib_at_start = resident_mib();
    let seconds = Duration::from_secs(options.seconds.unwrap_or_default());
    let mut before = roof::by_all(&key, threads, guessed.max(LEAST_LOOK))?;
    while issued < wanted || spent < seconds {
        let count = wanted
            .saturating_sub(issued)
            .clamp(ROUND.min(wanted), ROUND);
        let orders = orders(&people, count, context)?;
        let work_before = processor_time();
        let (each, time) = timed(|| round(&scratch, &orders, threads, every));
        times.extend(each?);
        work = work.saturating_add(processor_time().saturating_sub(work_before));
        let after = roof::by_all(&key, threads, time.max(LEAST_LOOK))?;
        let certificates_per_second = per_second(u32::try_from(count)?, time);
        let roof_per_second = before.max(after);
        issued = issued.saturating_add(count);
        rounds.push(Round {
            certificates: issued,
            resident_mib: resident_mib(),
            certificates_per_second,
            roof_per_second,
            share_of_roof: fraction(certificates_per_second, roof_per_second),
        });
        spent = spent.saturating_add(time);
        before = after;
    }
    let commits = u32::try_from(scratch.database.commits().saturating_sub(commits_before))?;
    let rate = median(rounds.iter().map(|round| round.certificates_per_second));
    let share = median(rounds.iter().map(|round| round.share_of_roof));
    let (target, met) = match options.key {
        Key::Rsa2048 => (format!("{TARGET_SHARE} of the roof"), share >= TARGET_SHARE),
        Key::P256 => (
            format!("{TARGET_RATE} a second on two processors"),
            rate >= TARGET_RATE,
        ),
    };
    Ok(Report {
        what: "issue",
        key: algorithm.label(),
        processors: processors(),
        threads,
        stored: options.stored,
        certificates: issued,
        certificates_per_second: rate,
        roof_per_second: median(rounds.iter().map(|round| round.roof_per_second)),
        share_of_roof: share,
        commits,
        certificates_a_commit: fraction(f64::from(u32::try_from(issued)?), f64::from(commits)),
        processor_ms_a_certificate: milliseconds(
            work.checked_div(u32::try_from(issued)?).unwrap_or_default(),
        ),
        certificate: Spread::of(times),
        resident_mib_at_start,
        resident_mib_at_tenth: resident_after(&rounds, issued.div_ceil(10)),
        resident_mib_at_half: resident_after(&rounds, issued.div_ceil(2)),
        resident_mib_at_end: resident_after(&rounds, issued),
        target,
        met: (issued >= ROUND).then_some(met),
        rounds: if options.rounds { rounds } else { Vec::new() },
    })
}

/// Memory at the end of the first round that came as far as that.
fn resident_after(rounds: &[Round], certificates: usize) -> f64 {
    let round = rounds
        .iter()
        .find(|round| round.certificates >= certificates);
    round.map_or(0.0, |round| round.resident_mib)
}

/// Requests of new keys, made by all processors; what a person's browser does is not measured.
pub(super) fn orders(
    people: &[PersonId],
    count: usize,
    context: &Context,
) -> anyhow::Result<Vec<Order>> {
    let random = context.random();
    let make = |_: usize| {
        let mut octets = [0; 8];
        random.fill(&mut octets);
        let place = u64::from_be_bytes(octets).checked_rem(u64::try_from(people.len())?);
        let whose = people
            .get(usize::try_from(place.unwrap_or_default())?)
            .context("nobody is in the register")?;
        let key = SoftwareKey::generate(KeyAlgorithm::EcP256, &mut SourceRng(random.as_ref()))?;
        Ok((*whose, person::single_order(*whose, &key)?))
    };
    let numbers: Vec<usize> = (0..count).collect();
    let share = count.div_ceil(processors()).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = numbers
            .chunks(share)
            .map(|some| scope.spawn(|| some.iter().map(|number| make(*number)).collect()))
            .collect();
        let mut all = Vec::with_capacity(count);
        for worker in workers {
            let made: anyhow::Result<Vec<Order>> =
                worker.join().map_err(|_| anyhow!("a thread ended"))?;
            all.extend(made?);
        }
        Ok(all)
    })
}

/// Issues all of them, by so many threads; how long each took of which there is one in `every`.
fn round(
    scratch: &Scratch,
    orders: &[Order],
    threads: usize,
    every: usize,
) -> anyhow::Result<Vec<Duration>> {
    let next = AtomicUsize::new(0);
    let times = Mutex::new(Vec::new());
    let work = || -> anyhow::Result<()> {
        let mut mine = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some((person, order)) = orders.get(number) else {
                break;
            };
            let (issued, time) = timed(|| one(scratch, *person, order));
            issued?;
            if number.is_multiple_of(every) {
                mine.push(time);
            }
        }
        times
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(mine);
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().map_err(|_| anyhow!("a thread ended"))??;
        }
        anyhow::Ok(())
    })?;
    Ok(times.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// The whole cycle, as `tanba certificate issue` goes through it: notice to the person included.
fn one(scratch: &Scratch, person: PersonId, order: &IssuanceOrder) -> anyhow::Result<()> {
    let now = scratch.now();
    let announce = move |unit: &mut dyn UnitOfWork, serials: &[SerialNumber]| {
        person::notice(unit, person, serials, now)
    };
    let orders = std::slice::from_ref(order);
    let prepared = scratch
        .authority
        .prepare_announced(orders, now, Box::new(announce))?;
    prepared.issue(now)?;
    Ok(())
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} certificates by an {} issuer, {} stored before: {} a second on {} processors",
            self.certificates, self.key, self.stored, self.certificates_per_second, self.processors
        )?;
        writeln!(
            formatter,
            "{} of the {} signatures a second that these processors could make at most (target {}: {})",
            self.share_of_roof,
            self.roof_per_second,
            self.target,
            verdict(self.met)
        )?;
        writeln!(
            formatter,
            "{} threads, {} commits ({} certificates each), {} ms of processors a certificate; median {} ms, 95 % under {} ms",
            self.threads,
            self.commits,
            self.certificates_a_commit,
            self.processor_ms_a_certificate,
            self.certificate.median_ms,
            self.certificate.p95_ms
        )?;
        write!(
            formatter,
            "resident memory {} MiB before, {} MiB after a tenth, {} MiB after half, {} MiB after all",
            self.resident_mib_at_start,
            self.resident_mib_at_tenth,
            self.resident_mib_at_half,
            self.resident_mib_at_end
        )
    }
}
