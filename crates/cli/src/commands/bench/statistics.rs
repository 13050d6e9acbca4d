//! Whether two samples could be of the same distribution.

use rand_core::Rng;
use serde::Serialize;

/// Resamples of a bootstrap.
const RESAMPLES: usize = 1000;

/// How two samples of times differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Difference {
    /// Largest distance of the two distributions (Kolmogorov and Smirnov): 0 to 1.
    pub(super) ks_statistic: f64,
    /// How often chance alone gives at least that distance where there is no difference.
    pub(super) ks_p_value: f64,
    /// Median of the first less median of the second, microseconds.
    pub(super) median_difference_us: f64,
    /// 95 % interval of that difference, by bootstrap.
    pub(super) interval_us: [f64; 2],
}

impl Difference {
    /// Compares two samples, in microseconds.
    pub(super) fn of(one: &[f64], other: &[f64], random: &mut dyn Rng) -> Self {
        let (mut first, mut second) = (one.to_vec(), other.to_vec());
        first.sort_by(f64::total_cmp);
        second.sort_by(f64::total_cmp);
        let distance = distance(&first, &second);
        let mut differences: Vec<f64> = (0..RESAMPLES)
            .map(|_| resampled_median(&first, random) - resampled_median(&second, random))
            .collect();
        differences.sort_by(f64::total_cmp);
        Self {
            ks_statistic: distance,
            ks_p_value: p_value(distance, first.len(), second.len()),
            median_difference_us: quantile(&first, 50) - quantile(&second, 50),
            interval_us: [permille(&differences, 25), permille(&differences, 975)],
        }
    }
}

/// A percentile of a sorted sample.
pub(super) fn quantile(sorted: &[f64], percent: usize) -> f64 {
    permille(sorted, percent.saturating_mul(10))
}

fn permille(sorted: &[f64], permille: usize) -> f64 {
    let index = sorted.len().saturating_sub(1).saturating_mul(permille) / 1000;
    sorted.get(index).copied().unwrap_or_default()
}

fn resampled_median(sorted: &[f64], random: &mut dyn Rng) -> f64 {
    let mut drawn: Vec<f64> = (0..sorted.len())
        .map(|_| {
            let index = usize::try_from(random.next_u64()).unwrap_or_default();
            let index = index.checked_rem(sorted.len()).unwrap_or_default();
            sorted.get(index).copied().unwrap_or_default()
        })
        .collect();
    let middle = drawn.len() / 2;
    if drawn.is_empty() {
        return 0.0;
    }
    let (_, median, _) = drawn.select_nth_unstable_by(middle, f64::total_cmp);
    *median
}

/// The largest distance between the two empirical distributions.
fn distance(first: &[f64], second: &[f64]) -> f64 {
    let share = |count: usize, all: usize| ratio(count) / ratio(all.max(1));
    let (mut one, mut other, mut largest) = (0, 0, 0.0_f64);
    while let (Some(left), Some(right)) = (first.get(one), second.get(other)) {
        let next = left.min(*right);
        one += first
            .iter()
            .skip(one)
            .take_while(|value| **value <= next)
            .count();
        other += second
            .iter()
            .skip(other)
            .take_while(|value| **value <= next)
            .count();
        largest = largest.max((share(one, first.len()) - share(other, second.len())).abs());
    }
    largest
}

/// The limit of Kolmogorov's distribution, with the correction for small samples of Stephens.
fn p_value(distance: f64, first: usize, second: usize) -> f64 {
    let (first, second) = (ratio(first), ratio(second));
    let effective = (first * second / (first + second).max(1.0)).sqrt();
    let lambda = (effective + 0.12 + 0.11 / effective.max(f64::MIN_POSITIVE)) * distance;
    // Below that the series has not begun to fall, and the answer is 1 to six digits.
    if lambda < 0.2 {
        return 1.0;
    }
    let terms = (1..=100).map(|k| {
        let k = f64::from(k);
        let sign = if k % 2.0 == 1.0 { 1.0 } else { -1.0 };
        sign * (-2.0 * k * k * lambda * lambda).exp()
    });
    (2.0 * terms.sum::<f64>()).clamp(0.0, 1.0)
}

fn ratio(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    fn uniform(random: &mut StdRng, count: usize, shift: f64) -> Vec<f64> {
        let draw = |_| f64::from(random.next_u32()) / f64::from(u32::MAX) * 100.0 + shift;
        (0..count).map(draw).collect()
    }

    #[test]
    fn the_same_distribution_is_not_told_apart_and_another_one_is() {
        let mut random = StdRng::seed_from_u64(7);
        let (one, same) = (
            uniform(&mut random, 2000, 0.0),
            uniform(&mut random, 2000, 0.0),
        );
        let alike = Difference::of(&one, &same, &mut random);
        assert!(alike.ks_p_value > 0.01, "{alike:?}");
        let [low, high] = alike.interval_us;
        assert!(low < alike.median_difference_us && alike.median_difference_us < high);
        let other = uniform(&mut random, 2000, 10.0);
        let apart = Difference::of(&other, &one, &mut random);
        assert!(
            apart.ks_p_value < 1e-6 && apart.interval_us[0] > 0.0,
            "{apart:?}"
        );
        assert!((apart.ks_statistic - 0.1).abs() < 0.05, "{apart:?}");
    }

    #[test]
    fn the_p_value_is_that_of_the_tables() {
        // The 5 % point for large samples is 1.358 / sqrt(n m / (n + m)).
        let size = 100_000;
        let critical = 1.358 / (f64::from(size) / 2.0).sqrt();
        let size = usize::try_from(size).unwrap();
        assert!((p_value(critical, size, size) - 0.05).abs() < 0.001);
        assert!((p_value(0.0, size, size) - 1.0).abs() < f64::EPSILON);
    }
}
