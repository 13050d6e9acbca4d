//! Numbers about what a program does, for whoever watches it: counters and distributions since its start, in the text
//! format of Prometheus (version 0.0.4).
//!
//! Values of labels are names of our own (profiles, authorities, templates of paths), never anything that a person typed.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tanba_pki::Timestamp;

/// Series that one meter keeps at most; what comes beyond is not counted, so that nobody can fill the memory.
const MOST: usize = 4096;

/// Bounds of durations in seconds: from a signature in memory to a device in a data centre, and to a slow register.
const SECONDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];

/// What the meters of this program count. Times are in seconds.
#[derive(Debug)]
pub struct Meters {
    /// Orders for certificates by profile and by what became of them.
    pub issuance: Counter<2>,
    /// How long signatures of the authority's keys take, by what is signed.
    pub signing: Distribution<1>,
    /// Signatures that did not come, by what was to be signed.
    pub signing_failures: Counter<1>,
    /// How long the register of people takes, by what it answers.
    pub register: Distribution<1>,
    /// Answers by method, template of the path and status.
    pub http: Counter<3>,
    /// How long answers take, by template of the path.
    pub http_seconds: Distribution<1>,
    /// The last comparison of the database with the audit log.
    pub evidence: LastComparison,
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            issuance: Counter::new(
                "tanba_issuance_total",
                "Orders for certificates, by profile and result.",
                ["profile", "result"],
            ),
            signing: Distribution::new(
                "tanba_signing_seconds",
                "How long signatures of the authority's keys took, in seconds, by what was signed.",
                ["what"],
            ),
            signing_failures: Counter::new(
                "tanba_signing_failures_total",
                "Signatures of the authority's keys that did not come, by what was to be signed.",
                ["what"],
            ),
            register: Distribution::new(
                "tanba_register_seconds",
                "How long the register of people took, in seconds, by its answer.",
                ["answer"],
            ),
            http: Counter::new(
                "tanba_http_requests_total",
                "Answers by method, template of the path and status.",
                ["method", "route", "status"],
            ),
            http_seconds: Distribution::new(
                "tanba_http_request_seconds",
                "How long answers took, in seconds, by template of the path.",
                ["route"],
            ),
            evidence: LastComparison::default(),
        }
    }
}

impl Meters {
    /// Counts an answer to a request. `route` is the template of a path and never the path itself.
    pub fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        // Whoever invents methods does not make series.
        let known = ["GET", "HEAD", "POST"];
        let method = known.into_iter().find(|known| *known == method);
        let method = method.unwrap_or("other");
        self.http.add([method, route, &status.to_string()]);
        self.http_seconds.observe([route], took);
    }

    /// All of it in the text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.issuance.write(&mut text);
        self.signing.write(&mut text);
        self.signing_failures.write(&mut text);
        self.register.write(&mut text);
        self.http.write(&mut text);
        self.http_seconds.write(&mut text);
        self.evidence.write(&mut text);
        text
    }
}

/// When the database was last compared with the audit log, and how much of it says something else; nothing before the first
/// time since the program started.
#[derive(Debug, Default)]
pub struct LastComparison(Mutex<Comparisons>);

#[derive(Clone, Copy, Debug, Default)]
struct Comparisons {
    ended: Option<(Timestamp, u64)>,
    /// What was found since: one that goes on, or was given up, takes nothing of that back.
    since: u64,
}

impl LastComparison {
    /// Takes note of one that ended.
    pub fn set(&self, at: Timestamp, faults: u64) {
        *lock(&self.0) = Comparisons {
            ended: Some((at, faults)),
            since: 0,
        };
    }

    /// Takes note of what one that goes on has found so far.
    pub fn found(&self, faults: u64) {
        let mut comparisons = lock(&self.0);
        comparisons.since = comparisons.since.max(faults);
    }

    /// When it ended, and how many faults it found.
    #[must_use]
    pub fn last(&self) -> Option<(Timestamp, u64)> {
        lock(&self.0).ended
    }

    /// Appends both numbers in the text format.
    pub fn write(&self, text: &mut String) {
        const FAULTS: &str = "tanba_evidence_faults";
        const AT: &str = "tanba_evidence_compared_seconds";
        let Comparisons { ended: last, since } = *lock(&self.0);
        let help = "What the database says that the audit log does not say, or the other way round, when they were last compared.";
        describe(text, FAULTS, help, "gauge");
        let _ = writeln!(
            text,
            "{FAULTS} {}",
            last.map_or(0, |(_, faults)| faults).max(since)
        );
        let help = "When the database was last compared with the audit log, in seconds since 1970; 0 while it was not since the start.";
        describe(text, AT, help, "gauge");
        let _ = writeln!(text, "{AT} {}", last.map_or(0, |(at, _)| at.unix()));
    }
}

/// A number that only grows, for each combination of the values of its labels.
#[derive(Debug)]
pub struct Counter<const N: usize> {
    name: &'static str,
    help: &'static str,
    labels: [&'static str; N],
    series: Mutex<BTreeMap<[String; N], u64>>,
}

impl<const N: usize> Counter<N> {
    /// A counter that counted nothing yet.
    #[must_use]
    pub const fn new(name: &'static str, help: &'static str, labels: [&'static str; N]) -> Self {
        Self {
            name,
            help,
            labels,
            series: Mutex::new(BTreeMap::new()),
        }
    }

    /// Counts one.
    pub fn add(&self, values: [&str; N]) {
        let mut series = lock(&self.series);
        if let Some(count) = of(&mut series, values) {
            *count = count.saturating_add(1);
        }
    }

    /// What was counted for these values.
    #[must_use]
    pub fn value(&self, values: [&str; N]) -> u64 {
        let series = lock(&self.series);
        let count = series.get(&values.map(str::to_owned));
        count.copied().unwrap_or_default()
    }

    /// Appends the counter in the text format.
    pub fn write(&self, text: &mut String) {
        describe(text, self.name, self.help, "counter");
        for (values, count) in lock(&self.series).iter() {
            let labels = labelled(&self.labels, values);
            let _ = writeln!(text, "{}{{{labels}}} {count}", self.name);
        }
    }
}

/// How durations are spread, for each combination of the values of its labels.
#[derive(Debug)]
pub struct Distribution<const N: usize> {
    name: &'static str,
    help: &'static str,
    labels: [&'static str; N],
    series: Mutex<BTreeMap<[String; N], Spread>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Spread {
    /// Observations of at most each bound, each counted once, in the first that it fits.
    counts: [u64; SECONDS.len()],
    count: u64,
    sum: Duration,
}

impl<const N: usize> Distribution<N> {
    /// A distribution of nothing yet.
    #[must_use]
    pub const fn new(name: &'static str, help: &'static str, labels: [&'static str; N]) -> Self {
        Self {
            name,
            help,
            labels,
            series: Mutex::new(BTreeMap::new()),
        }
    }

    /// Takes note of a duration.
    pub fn observe(&self, values: [&str; N], took: Duration) {
        let mut series = lock(&self.series);
        let Some(spread) = of(&mut series, values) else {
            return;
        };
        let place = SECONDS
            .iter()
            .position(|bound| took.as_secs_f64() <= *bound);
        if let Some(count) = place.and_then(|place| spread.counts.get_mut(place)) {
            *count = count.saturating_add(1);
        }
        spread.count = spread.count.saturating_add(1);
        spread.sum = spread.sum.saturating_add(took);
    }

    /// How many durations were noted for these values.
    #[must_use]
    pub fn count(&self, values: [&str; N]) -> u64 {
        let series = lock(&self.series);
        let spread = series.get(&values.map(str::to_owned));
        spread.map_or(0, |spread| spread.count)
    }

    /// Appends the distribution in the text format: buckets that include the smaller ones, sum and count.
    pub fn write(&self, text: &mut String) {
        describe(text, self.name, self.help, "histogram");
        for (values, spread) in lock(&self.series).iter() {
            let labels = labelled(&self.labels, values);
            let mut below = 0_u64;
            for (bound, count) in SECONDS.iter().zip(spread.counts) {
                below = below.saturating_add(count);
                let _ = writeln!(
                    text,
                    "{}_bucket{{{labels},le=\"{bound}\"}} {below}",
                    self.name
                );
            }
            let (name, count) = (self.name, spread.count);
            let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
            let _ = writeln!(text, "{name}_sum{{{labels}}} {}", spread.sum.as_secs_f64());
            let _ = writeln!(text, "{name}_count{{{labels}}} {count}");
        }
    }
}

/// The time since it was started, by a clock that nobody sets.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "how long something takes decides nothing; it is only told"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time that went by.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Appends the two lines that describe a family.
pub fn describe(text: &mut String, name: &str, help: &str, kind: &str) {
    // Writing to a String does not fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// A value of a label as the text format has it.
#[must_use]
pub fn escaped(value: &str) -> impl fmt::Display {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

fn labelled<const N: usize>(labels: &[&'static str; N], values: &[String; N]) -> String {
    let pairs: Vec<String> = labels
        .iter()
        .zip(values)
        .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
        .collect();
    pairs.join(",")
}

fn of<'a, const N: usize, T: Default>(
    series: &'a mut BTreeMap<[String; N], T>,
    values: [&str; N],
) -> Option<&'a mut T> {
    let key = values.map(str::to_owned);
    if series.len() >= MOST && !series.contains_key(&key) {
        return None;
    }
    Some(series.entry(key).or_default())
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_comparison_finds_is_told_before_it_ends() {
        let comparison = LastComparison::default();
        let text = || {
            let mut text = String::new();
            comparison.write(&mut text);
            text
        };
        comparison.found(1);
        assert!(text().contains("tanba_evidence_faults 1\n"), "{}", text());
        assert!(text().contains("tanba_evidence_compared_seconds 0\n"));
        assert_eq!(comparison.last(), None);
        comparison.set(Timestamp::from_unix(5), 3);
        // The next one has found less so far.
        comparison.found(1);
        assert!(text().contains("tanba_evidence_faults 3\n"), "{}", text());
        comparison.set(Timestamp::from_unix(6), 0);
        assert!(text().contains("tanba_evidence_faults 0\n"), "{}", text());
    }

    #[test]
    fn counts_and_spreads_are_written_as_prometheus_reads_them() {
        let meters = Meters::default();
        meters.answered("GET", "/ocsp/{request}", 200, Duration::from_millis(3));
        meters.answered("GET", "/ocsp/{request}", 200, Duration::from_secs(60));
        meters.answered("BREW", "a\"b\\c\nd", 405, Duration::ZERO);
        let text = meters.text();
        meters.evidence.set(Timestamp::from_unix(1_800_000_000), 2);
        let text = [text, meters.text()].concat();
        for line in [
            "tanba_evidence_faults 0",
            "tanba_evidence_faults 2",
            "tanba_evidence_compared_seconds 1800000000",
            "# TYPE tanba_http_requests_total counter",
            "tanba_http_requests_total{method=\"GET\",route=\"/ocsp/{request}\",status=\"200\"} 2",
            "tanba_http_requests_total{method=\"other\",route=\"a\\\"b\\\\c\\nd\",status=\"405\"} 1",
            "# TYPE tanba_http_request_seconds histogram",
            "tanba_http_request_seconds_bucket{route=\"/ocsp/{request}\",le=\"0.0025\"} 0",
            "tanba_http_request_seconds_bucket{route=\"/ocsp/{request}\",le=\"0.005\"} 1",
            "tanba_http_request_seconds_bucket{route=\"/ocsp/{request}\",le=\"30\"} 1",
            "tanba_http_request_seconds_bucket{route=\"/ocsp/{request}\",le=\"+Inf\"} 2",
            "tanba_http_request_seconds_sum{route=\"/ocsp/{request}\"} 60.003",
            "tanba_http_request_seconds_count{route=\"/ocsp/{request}\"} 2",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}\n{text}");
        }
    }

    #[test]
    fn nobody_fills_the_memory_with_values() {
        let counter = Counter::new("x", "X.", ["label"]);
        for number in 0..MOST + 10 {
            counter.add([&number.to_string()]);
        }
        assert_eq!(lock(&counter.series).len(), MOST);
        counter.add(["0"]);
        assert_eq!(counter.value(["0"]), 2, "known series go on");
        assert_eq!(counter.value([&(MOST + 1).to_string()]), 0);
    }
}
