//! Keys that must not be certified (baseline of the public CAs, 6.1.1.3).

use std::sync::LazyLock;

use rsa::BoxedUint;

use crate::UnsupportedAlgorithm;

/// Why a key must not be certified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeakKey {
    /// The modulus has this many bits, not 2048 to 4096 in whole octets.
    #[error("the RSA key has {0} bits; 2048 to 4096 in whole octets are needed")]
    Size(u32),
    /// The exponent is not 65537.
    #[error("the RSA public exponent is not 65537")]
    Exponent,
    /// The modulus has this small factor.
    #[error("the RSA modulus is divisible by {0}")]
    SmallFactor(u32),
    /// So many of a hundred bits of the modulus are ones. Random primes give one in two; programs that fill up short random
    /// numbers with zeros do not.
    #[error("{0} of a hundred bits of the RSA modulus are ones, which no random key has")]
    Biased(u32),
    /// One octet stands sixteen times in a row: memory that nobody filled, or text.
    #[error("the RSA modulus has the same octet sixteen times in a row, which no random key has")]
    Pattern,
    /// The prime factors are so close that they were found.
    #[error("the RSA prime factors are too close to each other")]
    CloseFactors,
    /// The modulus bears the mark of the flawed library of 2017 (CVE-2017-15361).
    #[error("the RSA key was made by a library with a known flaw (ROCA)")]
    Roca,
    /// The point is not on the curve.
    #[error("the public point is not on its curve")]
    NotOnCurve,
    /// The Ed25519 point is of small order: signatures under it prove nothing.
    #[error("the Ed25519 public key is one under which anybody can sign")]
    SmallOrder,
    /// The key is encoded in another way than the standards say. One key must have one encoding, or its digest does not
    /// tell that it was seen before.
    #[error("the public key is not encoded as the standards say")]
    Encoding,
    /// Nothing is known about the strength of such keys.
    #[error(transparent)]
    Unsupported(UnsupportedAlgorithm),
}

const EXPONENT: [u8; 3] = [1, 0, 1];
/// The largest prime that is tried, as badkeys does.
const SMALL_FACTOR_LIMIT: u32 = 65_537;
/// Ones among a hundred bits, the same bounds as badkeys: a sound key of 2048 bits is outside once in 10^15.
const FAIR_SHARE: std::ops::RangeInclusive<u32> = 41..=60;
/// Octets of a repetition that is no chance.
const REPEATED: usize = 16;
const FERMAT_ROUNDS: u32 = 100;
const ROCA_PRIME_LIMIT: u32 = 167;

pub(crate) fn check_point(on_curve: bool) -> Result<(), WeakKey> {
    if on_curve {
        Ok(())
    } else {
        Err(WeakKey::NotOnCurve)
    }
}

/// The y coordinates of the eight points of small order, little-endian, and those above the prime that decode to them
/// (the sign bit is not looked at). Every other encoding above the prime is not canonical (RFC 8032, 5.1.3).
const ED25519_SMALL_ORDER: [[u8; 2]; 2] = [[0, 0], [1, 0]];
const ED25519_ORDER_8: [[u8; 32]; 2] = [
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
];

/// `key`: 32 octets, the y coordinate little-endian with the sign of x in the last bit.
pub(crate) fn check_ed25519(key: &[u8]) -> Result<(), WeakKey> {
    let mut y = key.to_vec();
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    let (Some(first), Some(middle), Some(last)) = (y.first(), y.get(1..31), y.last()) else {
        return Err(WeakKey::Encoding);
    };
    let is_small = ED25519_SMALL_ORDER.contains(&[*first, *last]) && middle.iter().all(|o| *o == 0);
    // 2^255 - 20 is -1; from 2^255 - 19 on the encoding is not canonical.
    let is_high = *last == 0x7f && middle.iter().all(|o| *o == 0xff) && *first >= 0xec;
    let is_order_8 = ED25519_ORDER_8.iter().any(|point| y == point);
    if is_small || is_high || is_order_8 {
        Err(WeakKey::SmallOrder)
    } else {
        Ok(())
    }
}

/// `modulus` and `exponent`: big-endian without leading zeros.
pub(crate) fn check_rsa(bits: u32, modulus: &[u8], exponent: &[u8]) -> Result<(), WeakKey> {
    if !(2048..=4096).contains(&bits) || !bits.is_multiple_of(8) {
        return Err(WeakKey::Size(bits));
    }
    if exponent != EXPONENT {
        return Err(WeakKey::Exponent);
    }
    if let Some(factor) = small_factor(modulus) {
        return Err(WeakKey::SmallFactor(factor));
    }
    let share = ones(modulus).saturating_mul(100) / bits;
    if !FAIR_SHARE.contains(&share) {
        return Err(WeakKey::Biased(share));
    }
    if has_repetition(modulus) {
        return Err(WeakKey::Pattern);
    }
    if has_roca_fingerprint(modulus) {
        return Err(WeakKey::Roca);
    }
    if has_close_factors(bits, modulus) {
        return Err(WeakKey::CloseFactors);
    }
    Ok(())
}

static PRIMES: LazyLock<Vec<u32>> = LazyLock::new(|| primes_up_to(SMALL_FACTOR_LIMIT));

/// The smallest prime up to the limit that divides the modulus.
fn small_factor(modulus: &[u8]) -> Option<u32> {
    if is_free_of_small_factors(modulus) {
        return None;
    }
    PRIMES
        .iter()
        .copied()
        .find(|prime| remainder(modulus, *prime) == 0)
}

/// One division by the product of all small primes takes a fraction of one by each of them, and each certificate that is
/// issued waits for it.
#[cfg(not(target_family = "wasm"))]
fn is_free_of_small_factors(modulus: &[u8]) -> bool {
    use dashu_int::UBig;
    use dashu_int::ops::Gcd as _;
    static PRODUCT: LazyLock<UBig> = LazyLock::new(|| {
        let mut factors: Vec<UBig> = PRIMES.iter().map(|prime| UBig::from(*prime)).collect();
        while factors.len() > 1 {
            let pairs = factors.chunks(2);
            factors = pairs
                .map(|pair| pair.iter().fold(UBig::ONE, |product, one| product * one))
                .collect();
        }
        factors.pop().unwrap_or(UBig::ONE)
    });
    let modulus = UBig::from_be_bytes(modulus);
    !modulus.is_zero() && (&*PRODUCT % &modulus).gcd(&modulus).is_one()
}

/// In browsers nothing is certified.
#[cfg(target_family = "wasm")]
const fn is_free_of_small_factors(_modulus: &[u8]) -> bool {
    false
}

fn ones(number: &[u8]) -> u32 {
    number.iter().map(|octet| octet.count_ones()).sum()
}

fn has_repetition(number: &[u8]) -> bool {
    number
        .chunk_by(|left, right| left == right)
        .any(|run| run.len() >= REPEATED)
}

fn primes_up_to(limit: u32) -> Vec<u32> {
    let mut primes: Vec<u32> = Vec::new();
    for candidate in 2..=limit {
        let is_prime = primes
            .iter()
            .take_while(|prime| prime.saturating_mul(**prime) <= candidate)
            .all(|prime| candidate % prime != 0);
        if is_prime {
            primes.push(candidate);
        }
    }
    primes
}

/// Four octets at a time: this is most of the work.
fn remainder(number: &[u8], divisor: u32) -> u32 {
    let divisor = u64::from(divisor);
    let (head, words) = number.as_rchunks::<4>();
    let head = head
        .iter()
        .fold(0, |rest, octet| (rest * 256 + u64::from(*octet)) % divisor);
    let rest = words.iter().fold(head, |rest, word| {
        ((rest << 32) + u64::from(u32::from_be_bytes(*word))) % divisor
    });
    // Smaller than the divisor, which was 32 bits.
    u32::try_from(rest).unwrap_or(u32::MAX)
}

/// The flawed generator made primes of the form k·M + 65537^a mod M, so the modulus is a power of 65537 modulo every
/// small prime: one key in about 2^27 of the sound ones would be so by chance.
fn has_roca_fingerprint(modulus: &[u8]) -> bool {
    PRIMES
        .iter()
        .filter(|prime| **prime > 2 && **prime <= ROCA_PRIME_LIMIT)
        .all(|prime| is_power_of_65537(remainder(modulus, *prime), *prime))
}

fn is_power_of_65537(value: u32, prime: u32) -> bool {
    let generator = 65_537 % prime;
    let mut power = 1;
    for _ in 0..prime {
        if power == value {
            return true;
        }
        power = power * generator % prime;
    }
    false
}

/// Fermat: n = a² − b² with a just above √n when the factors are close (CVE-2022-26320).
fn has_close_factors(bits: u32, modulus: &[u8]) -> bool {
    // One spare octet: (√n + 100)² must not overflow.
    let precision = bits.saturating_add(64);
    let Ok(n) = BoxedUint::from_be_slice(modulus, precision) else {
        return false;
    };
    let one = BoxedUint::one_with_precision(precision);
    let mut a = n.floor_sqrt_vartime();
    if &a * &a != n {
        a = a.wrapping_add(&one);
    }
    for _ in 0..FERMAT_ROUNDS {
        let square = a.wrapping_mul(&a).wrapping_sub(&n);
        if may_be_square(&square.to_be_bytes()) {
            let root = square.floor_sqrt_vartime();
            if root.wrapping_mul(&root) == square {
                return true;
            }
        }
        a = a.wrapping_add(&one);
    }
    false
}

/// Passes all squares and one in some hundred other numbers: square roots are slow.
fn may_be_square(number: &[u8]) -> bool {
    [64, 63, 65, 11, 17].iter().all(|modulus| {
        let rest = remainder(number, *modulus);
        (0..*modulus).any(|root| root * root % modulus == rest)
    })
}

#[cfg(test)]
mod tests;
