//! Primes of 64 bits, which are found in no time.

use tanba_model::ports::RandomSource;

/// Bits that each of them has: the product of 32 has 2048 then, as (63/64)^32 is more than a half.
const HIGH: u64 = 0xFC00_0000_0000_0000;
/// Divisors and witnesses: for numbers below 2^64 the test of Miller and Rabin errs with none of them (Sorenson and Webster,
/// 2017).
const SMALL: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

/// A random prime with six high bits.
pub(super) fn prime(random: &dyn RandomSource) -> u64 {
    let mut octets = [0; 8];
    random.fill(&mut octets);
    let mut candidate = u64::from_be_bytes(octets) | HIGH | 1;
    while !is_prime(candidate) {
        // From the end of the range on at its begin.
        candidate = candidate.wrapping_add(2) | HIGH;
    }
    candidate
}

/// Whether an odd number that is larger than all of [`SMALL`] is a prime.
fn is_prime(number: u64) -> bool {
    SMALL.iter().all(|divisor| !number.is_multiple_of(*divisor))
        && SMALL.iter().all(|witness| passes(number, *witness))
}

fn passes(number: u64, witness: u64) -> bool {
    let last = number.wrapping_sub(1);
    let twos = last.trailing_zeros();
    let mut power = power(witness, last >> twos, number);
    if power == 1 || power == last {
        return true;
    }
    for _ in 1..twos {
        power = multiply(power, power, number);
        if power == last {
            return true;
        }
    }
    false
}

fn power(base: u64, mut exponent: u64, modulus: u64) -> u64 {
    let (mut result, mut square) = (1, base);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, square, modulus);
        }
        square = multiply(square, square, modulus);
        exponent >>= 1;
    }
    result
}

fn multiply(left: u64, right: u64, modulus: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    let rest = product.checked_rem(u128::from(modulus)).unwrap_or_default();
    u64::try_from(rest).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primes_are_told_from_their_neighbours_and_from_what_looks_like_them() {
        // The largest primes below 2^64, and one pseudoprime for the bases 2 to 23.
        for prime in [u64::MAX - 58, u64::MAX - 82, u64::MAX - 94] {
            assert!(is_prime(prime), "{prime}");
        }
        for composite in [u64::MAX, u64::MAX - 60, 3_825_123_056_546_413_051] {
            assert!(!is_prime(composite), "{composite}");
        }
    }
}
