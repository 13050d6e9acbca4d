//! Whether the time of an answer tells a stranger which application numbers exist: the public status page is asked about
//! numbers of all kinds, in random order, over HTTP on this computer.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rand_core::Rng as _;
use serde::Serialize;
use tanba_model::application::{ApplicationKind, ApplicationNumber};
use tanba_model::iin::Iin;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::ports::{NewApplication, SourceRng, Storage as _};
use tanba_pki::Timestamp;

use super::nation::{self, Ends};
use super::scratch::Scratch;
use super::server::Server;
use super::statistics::{Difference, quantile};
use super::{Many, Options};
use crate::context::Context;

/// Requests of each kind, unless told otherwise.
const ROUNDS: usize = 3000;
/// As many before that at most, which are not counted.
const WARM: usize = 300;
/// People who applied.
const APPLICANTS: u32 = 10_000;
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// What is asked for. The first three have to look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A number that nobody has, with the personal number of nobody.
    Unknown,
    /// A number that nobody has, with the personal number of somebody who applied.
    Guessed,
    /// A number that somebody has, with the personal number of somebody else.
    Foreign,
    /// A number with the personal number of whoever applied.
    Own,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Unknown, Self::Guessed, Self::Foreign, Self::Own];

    const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Guessed => "guessed",
            Self::Foreign => "foreign",
            Self::Own => "own",
        }
    }
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    what: &'static str,
    persons: u32,
    applications: u32,
    rounds: usize,
    kinds: Vec<Times>,
    pairs: Vec<Pair>,
    /// Whether those who have to look alike have the same status and the same length of answer.
    same_answer: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Times {
    kind: &'static str,
    status: u16,
    octets: usize,
    median_ms: f64,
    p95_ms: f64,
}

#[derive(Clone, Debug, Serialize)]
struct Pair {
    one: &'static str,
    other: &'static str,
    #[serde(flatten)]
    difference: Difference,
}

/// Somebody who applied.
struct Applicant {
    number: ApplicationNumber,
    iin: Iin,
}

pub(super) fn measure(many: &Many, context: &Context) -> anyhow::Result<Report> {
    let scratch = Scratch::make(&Options::of(many), context)?;
    let now = context.now();
    let ends = Ends {
        from: now.plus(Duration::from_secs(3600)),
        over: YEAR,
    };
    let _ = nation::fill(&scratch, many.count, ends, context)?;
    let applicants = apply(&scratch, many.count.min(APPLICANTS), now, context)?;
    let server = Server::start(&scratch, context)?;
    context.progress("asking");
    let random = context.random();
    let mut random = SourceRng(random.as_ref());
    let mut times: [Vec<f64>; 4] = Default::default();
    let mut answers: [Option<(u16, usize)>; 4] = [None; 4];
    let rounds = many.rounds.map_or(Ok(ROUNDS), usize::try_from)?;
    let warm = WARM.min(rounds);
    for round in 0..warm.saturating_add(rounds) {
        // Each round has each kind once, in an order of its own, so that whatever else the computer does hits all alike.
        let mut kinds = [0, 1, 2, 3_usize];
        for last in (1..kinds.len()).rev() {
            kinds.swap(last, draw(&mut random, last.saturating_add(1)));
        }
        for index in kinds {
            let kind = *Kind::ALL.get(index).context("a kind")?;
            let body = question(kind, &applicants, &mut random)?;
            let answer = server.post_form("/en/status", &body)?;
            if round >= warm
                && let (Some(times), Some(seen)) = (times.get_mut(index), answers.get_mut(index))
            {
                times.push(answer.time.as_secs_f64() * 1e6);
                *seen = Some((answer.status, answer.octets));
            }
        }
    }
    let [unknown, guessed, foreign, _] = answers;
    ensure!(
        answers.iter().flatten().all(|(status, _)| *status < 500),
        "the server failed"
    );
    let same_answer = unknown == guessed && guessed == foreign;
    let mut pairs = Vec::new();
    for (one, other) in [(0, 1), (1, 2), (0, 2), (1, 3)] {
        let (Some(first), Some(second)) = (times.get(one), times.get(other)) else {
            continue;
        };
        pairs.push(Pair {
            one: Kind::ALL.get(one).map_or("", |kind| kind.name()),
            other: Kind::ALL.get(other).map_or("", |kind| kind.name()),
            difference: Difference::of(first, second, &mut random),
        });
    }
    let kinds = Kind::ALL
        .into_iter()
        .zip(times)
        .zip(answers)
        .map(|((kind, mut times), answer)| {
            times.sort_by(f64::total_cmp);
            let (status, octets) = answer.unwrap_or_default();
            Times {
                kind: kind.name(),
                status,
                octets,
                median_ms: quantile(&times, 50) / 1000.0,
                p95_ms: quantile(&times, 95) / 1000.0,
            }
        })
        .collect();
    Ok(Report {
        what: "lookup",
        persons: many.count,
        applications: many.count.min(APPLICANTS),
        rounds,
        kinds,
        pairs,
        same_answer,
    })
}

/// Puts an application of each of so many people into the database.
fn apply(
    scratch: &Scratch,
    count: u32,
    now: Timestamp,
    context: &Context,
) -> anyhow::Result<Vec<Applicant>> {
    let source = context.random();
    let mut random = SourceRng(source.as_ref());
    let mut applicants = Vec::new();
    let mut unit = scratch.storage.begin()?;
    for iin in nation::iins().take(usize::try_from(count)?) {
        let person = unit.persons().find_by_iin(&iin)?.context("a person")?;
        let number = ApplicationNumber::random(&mut random);
        let new = NewApplication {
            number: number.clone(),
            person: person.id,
            kind: ApplicationKind::Reissue,
            email: person.email,
            region: "KZ-75".to_owned(),
            settlement: "almaty".to_owned(),
            keystore: KeystoreKind::PersonalComputer,
            login_certificate: None,
        };
        let _ = unit.applications().insert(&new, now)?;
        applicants.push(Applicant { number, iin });
    }
    unit.commit()?;
    Ok(applicants)
}

fn question(
    kind: Kind,
    applicants: &[Applicant],
    random: &mut SourceRng<'_>,
) -> anyhow::Result<String> {
    // Two who differ: a number with the personal number of its own applicant is not foreign.
    let (index, step) = (
        draw(random, applicants.len()),
        draw(random, applicants.len().saturating_sub(1)).saturating_add(1),
    );
    let one = applicants.get(index).context("somebody")?;
    let other = applicants
        .iter()
        .cycle()
        .nth(index.saturating_add(step))
        .context("somebody else")?;
    let fresh = ApplicationNumber::random(random);
    let (number, iin) = match kind {
        Kind::Unknown => (&fresh, nobody(random)?),
        Kind::Guessed => (&fresh, one.iin.clone()),
        Kind::Foreign => (&one.number, other.iin.clone()),
        Kind::Own => (&one.number, one.iin.clone()),
    };
    Ok(format!("number={number}&iin={}", iin.as_str()))
}

/// The personal number of nobody: the register is of people born from 1950 on.
fn nobody(random: &mut SourceRng<'_>) -> anyhow::Result<Iin> {
    let number = draw(random, 1000);
    (0..10)
        .find_map(|last| Iin::complete(&format!("4001014{number:03}{last}")))
        .context("no personal number fits")
}

fn draw(random: &mut SourceRng<'_>, below: usize) -> usize {
    let drawn = usize::try_from(random.next_u64()).unwrap_or_default();
    drawn.checked_rem(below).unwrap_or_default()
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for times in &self.kinds {
            writeln!(
                formatter,
                "{:<8} {}  {:>6} octets  median {:.3} ms  95 % under {:.3} ms",
                times.kind, times.status, times.octets, times.median_ms, times.p95_ms
            )?;
        }
        for pair in &self.pairs {
            let [low, high] = pair.difference.interval_us;
            writeln!(
                formatter,
                "{} against {}: D {:.4}, p {:.4}; medians differ by {:.1} µs (95 %: {low:.1} to {high:.1})",
                pair.one,
                pair.other,
                pair.difference.ks_statistic,
                pair.difference.ks_p_value,
                pair.difference.median_difference_us
            )?;
        }
        let verdict = if self.same_answer {
            "the same answer"
        } else {
            "DIFFERENT ANSWERS"
        };
        write!(
            formatter,
            "unknown, guessed and foreign numbers get {verdict}"
        )
    }
}
