//! Numbers as people and scripts read them.

use std::time::{Duration, Instant};

use serde::Serialize;

/// Milliseconds of many repetitions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Spread {
    /// Half of them were quicker.
    pub(super) median_ms: f64,
    /// One in twenty was slower.
    pub(super) p95_ms: f64,
}

impl Spread {
    pub(super) fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let at = |percent: usize| {
            let index = durations.len().saturating_sub(1).saturating_mul(percent) / 100;
            milliseconds(durations.get(index).copied().unwrap_or_default())
        };
        Self {
            median_ms: at(50),
            p95_ms: at(95),
        }
    }
}

/// Milliseconds to the microsecond.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

/// How often it happens in a second.
pub(super) fn per_second(count: u32, duration: Duration) -> f64 {
    let seconds = duration.as_secs_f64();
    if seconds > 0.0 {
        (f64::from(count) / seconds * 10.0).round() / 10.0
    } else {
        0.0
    }
}

/// From now on: what goes on inside a measurement has the time that passed.
#[expect(
    clippy::disallowed_methods,
    reason = "a measurement is what this is for"
)]
pub(super) fn begun() -> Instant {
    Instant::now()
}

/// What a piece of work gives, and how long it took.
#[expect(
    clippy::disallowed_methods,
    reason = "a measurement is what this is for"
)]
pub(super) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begin = Instant::now();
    let result = work();
    (result, begin.elapsed())
}

/// The one in the middle.
pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The one divided by the other, to three places.
pub(super) fn fraction(part: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        (part / whole * 1000.0).round() / 1000.0
    } else {
        0.0
    }
}

/// What is said of a target; of one that too little was measured for, that it was.
pub(super) const fn verdict(met: Option<bool>) -> &'static str {
    match met {
        Some(true) => "met",
        Some(false) => "missed",
        None => "not measured long enough",
    }
}

/// Memory of this process that is in use (VmRSS); 0 where the system does not say.
pub(super) fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
    (kib.unwrap_or_default() / 1024.0 * 10.0).round() / 10.0
}

/// Time that processors spent on this process, of the system included; zero where the system does not say. To the hundredth
/// of a second.
pub(super) fn processor_time() -> Duration {
    let line = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name before may have spaces; it ends with the last bracket.
    let fields = line.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks.saturating_mul(10))
}

/// Processors that this process may use.
pub(super) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_claimed_of_what_was_not_measured() {
        let said = [Some(true), Some(false), None].map(verdict);
        assert_eq!(said, ["met", "missed", "not measured long enough"]);
    }

    #[test]
    fn the_median_is_in_the_middle_and_nothing_has_no_spread() {
        let durations = [9, 1, 5, 3, 7].map(Duration::from_millis).to_vec();
        let expected = Spread {
            median_ms: 5.0,
            p95_ms: 7.0,
        };
        assert_eq!(Spread::of(durations), expected);
        let nothing = Spread {
            median_ms: 0.0,
            p95_ms: 0.0,
        };
        assert_eq!(Spread::of(Vec::new()), nothing);
    }
}
