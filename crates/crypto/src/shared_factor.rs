//! Prime factors that RSA keys share.
//!
//! Two moduli with a common prime factor give both private keys away to anybody who computes their greatest common
//! divisor: 0.2 % of the TLS keys of the Internet once did (Heninger and others, "Mining your Ps and Qs", 2012). Looking
//! at all pairs of a hundred thousand keys would take five thousand million divisors; a product tree and a remainder tree
//! (Bernstein, "How to find smooth parts of integers", 2004) do it chunk by chunk.
//!
//! Moduli are public, so nothing here is constant-time. A factor that is found is somebody's private key and never leaves
//! this module.

use dashu_int::UBig;
use dashu_int::ops::Gcd as _;

/// RSA moduli with the products of their products: about 15 times the memory of the moduli for 10 000 of them.
pub struct ModulusTree {
    /// The moduli first, their common product last. A level has half as many numbers as the one before, rounded up.
    levels: Vec<Vec<UBig>>,
}

impl ModulusTree {
    /// Multiplies moduli. Each is big-endian; a zero, which no key has, shares nothing.
    pub fn new<'a>(moduli: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut level: Vec<UBig> = moduli.into_iter().map(number).collect();
        let mut levels = Vec::new();
        while level.len() > 1 {
            let next = level
                .chunks(2)
                .map(|pair| match pair {
                    [left, right] => left * right,
                    rest => rest.iter().fold(UBig::ONE, |product, one| product * one),
                })
                .collect();
            levels.push(std::mem::replace(&mut level, next));
        }
        levels.push(level);
        Self { levels }
    }

    /// Number of moduli.
    #[must_use]
    pub fn len(&self) -> usize {
        self.moduli().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.moduli().is_empty()
    }

    /// Positions of the moduli that share a factor with another one of this tree, or are there twice.
    #[must_use]
    pub fn sharing_inside(&self) -> Vec<usize> {
        let Some(product) = self.product() else {
            return Vec::new();
        };
        // The product modulo n² is n times the product of the others modulo n.
        let rests = self.remainders(product, |node| node.sqr());
        self.positions(rests.iter().zip(self.moduli()).map(|(rest, n)| rest / n))
    }

    /// Positions of the moduli of this tree that share a factor with one of another tree, or are there too.
    #[must_use]
    pub fn sharing_with(&self, other: &Self) -> Vec<usize> {
        let Some(product) = other.product() else {
            return Vec::new();
        };
        self.positions(self.remainders(product, UBig::clone).into_iter())
    }

    fn moduli(&self) -> &[UBig] {
        self.levels.first().map(Vec::as_slice).unwrap_or_default()
    }

    fn product(&self) -> Option<&UBig> {
        self.levels.last().and_then(|root| root.first())
    }

    /// A number modulo what `divisor` makes of each modulus, by way of the same of their products.
    fn remainders(&self, number: &UBig, divisor: impl Fn(&UBig) -> UBig) -> Vec<UBig> {
        let mut above = vec![number.clone()];
        for level in self.levels.iter().rev() {
            above = level
                .chunks(2)
                .zip(&above)
                .flat_map(|(nodes, rest)| nodes.iter().map(move |node| (rest, node)))
                .map(|(rest, node)| rest % divisor(node))
                .collect();
        }
        above
    }

    /// Where the divisor that a modulus and what the others left have in common is more than one.
    fn positions(&self, rests: impl Iterator<Item = UBig>) -> Vec<usize> {
        self.moduli()
            .iter()
            .zip(rests)
            .enumerate()
            // A rest of zero has the whole modulus in common.
            .filter(|(_, (modulus, rest))| !modulus.is_one() && !modulus.gcd(rest).is_one())
            .map(|(position, _)| position)
            .collect()
    }
}

impl std::fmt::Debug for ModulusTree {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ModulusTree({} moduli)", self.len())
    }
}

/// Whether two different moduli, big-endian, have a prime factor in common: who of those that were found belongs together.
#[must_use]
pub fn share_a_factor(left: &[u8], right: &[u8]) -> bool {
    let (left, right) = (number(left), number(right));
    left != right && !left.gcd(&right).is_one()
}

/// Never zero: one divides by it.
fn number(octets: &[u8]) -> UBig {
    let number = UBig::from_be_bytes(octets);
    if number.is_zero() { UBig::ONE } else { number }
}

#[cfg(test)]
mod tests;
