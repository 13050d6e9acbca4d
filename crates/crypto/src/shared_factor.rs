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
        self.positions(self.remainders(&self.derivative()).into_iter())
    }

    /// Positions of the moduli of this tree that share a factor with one of another tree, or are there too.
    #[must_use]
    pub fn sharing_with(&self, other: &Self) -> Vec<usize> {
        let Some(product) = other.product() else {
            return Vec::new();
        };
        self.positions(self.remainders(product).into_iter())
    }

    fn moduli(&self) -> &[UBig] {
        self.levels.first().map(Vec::as_slice).unwrap_or_default()
    }

    fn product(&self) -> Option<&UBig> {
        self.levels.last().and_then(|root| root.first())
    }

    /// The sum of the products of all moduli but one: modulo one of them it is the product of the others, as all other terms
    /// of the sum are multiples of it.
    fn derivative(&self) -> UBig {
        let mut sums = vec![UBig::ONE; self.len()];
        for level in &self.levels {
            if level.len() > 1 {
                sums = level
                    .chunks(2)
                    .zip(sums.chunks(2))
                    .map(|pair| match pair {
                        ([left, right], [of_left, of_right]) => of_left * right + of_right * left,
                        (_, [alone]) => alone.clone(),
                        _ => UBig::ONE,
                    })
                    .collect();
            }
        }
        sums.pop().unwrap_or(UBig::ONE)
    }

    /// A number modulo each modulus, by way of their products.
    fn remainders(&self, number: &UBig) -> Vec<UBig> {
        let mut above = vec![number.clone()];
        for level in self.levels.iter().rev() {
            above = level
                .chunks(2)
                .zip(&above)
                .flat_map(|(nodes, rest)| nodes.iter().map(move |node| (rest, node)))
                .map(|(rest, node)| rest % node)
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

/// A tree, and what the moduli of others leave of it: many others are compared with it by one walk through the tree.
pub struct Gathering {
    tree: ModulusTree,
    /// The product of all moduli that were added, modulo that of the tree.
    rest: UBig,
}

impl Gathering {
    /// Nothing is added yet.
    #[must_use]
    pub fn new(tree: ModulusTree) -> Self {
        Self {
            tree,
            rest: UBig::ONE,
        }
    }

    /// The tree that others are compared with.
    #[must_use]
    pub const fn tree(&self) -> &ModulusTree {
        &self.tree
    }

    /// Adds the moduli of another tree.
    pub fn add(&mut self, other: &ModulusTree) {
        let (Some(own), Some(others)) = (self.tree.product(), other.product()) else {
            return;
        };
        // Each product is shortened first: two numbers of the length of the tree's product are multiplied.
        self.rest = &self.rest * (others % own) % own;
    }

    /// Positions of the moduli of the tree that share a factor with another one of it or with one that was added, or are
    /// there twice.
    #[must_use]
    pub fn sharing(&self) -> Vec<usize> {
        let Some(product) = self.tree.product() else {
            return Vec::new();
        };
        let others = self.tree.derivative() * &self.rest % product;
        self.tree
            .positions(self.tree.remainders(&others).into_iter())
    }
}

impl std::fmt::Debug for Gathering {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Gathering({} moduli)", self.tree.len())
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
