//! The look over all keys: each RSA key alone, and all of them against each other.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use serde::Serialize;
use tanba_crypto::{KeyAlgorithm, Signer as _, SoftwareKey};
use tanba_model::ports::{RandomSource, SourceRng, Storage as _};

use super::prime::prime;
use super::report::{processors, resident_mib, timed};
use super::scratch::Scratch;
use super::{Options, fill};
use crate::context::Context;

/// Factors of a modulus, of 64 bits each.
const FACTORS: usize = 32;
/// Findings at most that are read; there are [`PLANTED`].
const MANY: u32 = 100;
/// Moduli that are given a factor in common, first with last: the search must find both of them, and nothing else.
const PLANTED: usize = 2;

/// How long it takes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    what: &'static str,
    processors: usize,
    /// RSA-2048 moduli, all different.
    moduli: usize,
    /// How long they took to be made; not part of the search.
    making_seconds: f64,
    /// Reading and looking at each alone.
    alone_seconds: f64,
    /// All against all.
    against_each_other_seconds: f64,
    seconds: f64,
    /// The longest step: for so long a snapshot of the database is held.
    longest_step_seconds: f64,
    planted: usize,
    found: usize,
    resident_mib_at_start: f64,
    resident_mib_at_end: f64,
    met: bool,
}

pub(super) fn measure(options: &Options, context: &Context) -> anyhow::Result<Report> {
    let count = usize::try_from(options.count(1_000))?;
    ensure!(count >= PLANTED, "at least {PLANTED} keys are needed");
    let scratch = Scratch::make(options, context)?;
    let random = context.random();
    context.progress("making moduli");
    let (moduli, making) = timed(|| moduli(count, random.as_ref()));
    let moduli = moduli?;
    context.progress("storing them");
    store(&scratch, moduli, context)?;
    context.progress("looking over all keys");
    let now = scratch.made_at.plus(Duration::from_secs(60));
    let mut checker = scratch
        .authority
        .key_check_due(now)?
        .context("no look over the keys is due")?;
    let resident_mib_at_start = resident_mib();
    let (mut alone, mut against, mut longest) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    loop {
        let looked = checker.state().looked;
        let (more, time) = timed(|| scratch.authority.check_keys_further(&mut checker, now));
        let more = more?;
        longest = longest.max(time);
        if checker.state().looked == looked {
            against = against.saturating_add(time);
        } else {
            alone = alone.saturating_add(time);
        }
        if !more {
            break;
        }
    }
    let findings = scratch.storage.snapshot()?.keys().findings(MANY)?;
    let found: BTreeSet<_> = findings.iter().map(|one| one.certificate).collect();
    let all = alone.saturating_add(against);
    Ok(Report {
        what: "keys",
        processors: processors(),
        moduli: count,
        making_seconds: seconds(making),
        alone_seconds: seconds(alone),
        against_each_other_seconds: seconds(against),
        seconds: seconds(all),
        longest_step_seconds: seconds(longest),
        planted: PLANTED,
        found: found.len(),
        resident_mib_at_start,
        resident_mib_at_end: resident_mib(),
        met: found.len() == PLANTED,
    })
}

/// Moduli of 2048 bits, each the product of 32 primes of 64 bits: numbers of that size are multiplied and divided as fast
/// whatever their factors are, and two primes of 1024 bits for each of a hundred thousand keys would take hours. No prime is
/// there twice, but that the first and the last modulus have one in common.
fn moduli(count: usize, random: &dyn RandomSource) -> anyhow::Result<Vec<Vec<u8>>> {
    let needed = count.saturating_mul(FACTORS);
    let mut primes = Vec::new();
    while primes.len() < needed {
        primes.extend(several(needed.saturating_sub(primes.len()), random)?);
        primes.sort_unstable();
        primes.dedup();
    }
    let of_one = |number: usize| {
        primes
            .iter()
            .skip(number)
            .step_by(count)
            .take(FACTORS)
            .copied()
    };
    let mut factors: Vec<Vec<u64>> = (0..count).map(|number| of_one(number).collect()).collect();
    let common = primes.first().copied();
    if let (Some(common), Some(factor)) =
        (common, factors.last_mut().and_then(|last| last.last_mut()))
    {
        *factor = common;
    }
    Ok(factors.iter().map(|factors| product(factors)).collect())
}

/// So many primes, made by all processors.
fn several(count: usize, random: &dyn RandomSource) -> anyhow::Result<Vec<u64>> {
    let share = count.div_ceil(processors());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..processors())
            .map(|_| scope.spawn(move || (0..share).map(|_| prime(random)).collect::<Vec<u64>>()))
            .collect();
        let mut all = Vec::with_capacity(count);
        for worker in workers {
            all.extend(worker.join().map_err(|_| anyhow!("a thread ended"))?);
        }
        Ok(all)
    })
}

/// The product, big-endian.
fn product(factors: &[u64]) -> Vec<u8> {
    // From the lowest on, as factors are multiplied in.
    let mut words: Vec<u64> = vec![1];
    for factor in factors {
        let mut carry = 0_u128;
        for word in &mut words {
            let sum = u128::from(*word) * u128::from(*factor) + carry;
            *word = low(sum);
            carry = sum >> 64;
        }
        words.push(low(carry));
    }
    let octets = words.iter().rev().flat_map(|word| word.to_be_bytes());
    octets.skip_while(|octet| *octet == 0).collect()
}

/// The lower half.
fn low(number: u128) -> u64 {
    u64::try_from(number & u128::from(u64::MAX)).unwrap_or_default()
}

/// Stores a certificate for each: a real one but for its modulus.
fn store(scratch: &Scratch, moduli: Vec<Vec<u8>>, context: &Context) -> anyhow::Result<()> {
    let random = context.random();
    let rsa = KeyAlgorithm::Rsa { bits: 2048 };
    let key = SoftwareKey::generate(rsa, &mut SourceRng(random.as_ref()))?;
    let model = fill::model(scratch, &key)?;
    let own = key
        .public_key()
        .rsa_modulus()
        .context("no RSA key was made")?;
    let place = model
        .to_be_signed
        .windows(own.len())
        .position(|octets| octets == own)
        .context("the certificate does not have its key")?;
    let count = u64::try_from(moduli.len())?;
    let mut moduli = moduli.into_iter();
    let rows = fill::Rows {
        count,
        model: &model,
    };
    rows.write(scratch, context, &mut |to_be_signed| {
        if let (Some(modulus), Some(octets)) = (moduli.next(), to_be_signed.get_mut(place..)) {
            for (to, from) in octets.iter_mut().zip(modulus) {
                *to = from;
            }
        }
    })
}

fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{} RSA-2048 moduli were looked over in {} s: {} s each alone, {} s all against each other; the longest step took {} s",
            self.moduli,
            self.seconds,
            self.alone_seconds,
            self.against_each_other_seconds,
            self.longest_step_seconds
        )?;
        writeln!(
            formatter,
            "{} of the {} that share a factor were found ({})",
            self.found,
            self.planted,
            if self.met { "right" } else { "wrong" }
        )?;
        write!(
            formatter,
            "making them took {} s; resident memory {} MiB before, {} MiB after",
            self.making_seconds, self.resident_mib_at_start, self.resident_mib_at_end
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_that_of_all_factors() {
        assert_eq!(product(&[3, 5, 7]), [105]);
        let largest = u64::MAX;
        let square = u128::from(largest) * u128::from(largest);
        assert_eq!(product(&[largest, largest]), square.to_be_bytes());
    }
}
