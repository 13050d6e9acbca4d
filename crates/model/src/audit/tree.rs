//! The audit log as a Merkle tree (RFC 9162, section 2.1): one hash stands for all records up to a size, and short
//! proofs show that a record is among them, or that a later tree continues an earlier one.
//!
//! A leaf is the hash of an [`AuditRecord`](super::AuditRecord), so a leaf also stands for every record before it.

use tanba_crypto::sha256;

/// A hash of the tree: SHA-256, 32 octets.
pub type TreeHash = [u8; 32];

/// Where the hashes of complete subtrees come from.
pub trait Subtrees {
    /// Why a hash cannot be had.
    type Error;

    /// The hash over the leaves `index · 2^level` (from 0) to `(index + 1) · 2^level`, the last not included; all of them
    /// exist.
    ///
    /// # Errors
    /// [`Subtrees::Error`] when it cannot be had.
    fn subtree(&mut self, level: u32, index: u64) -> Result<TreeHash, Self::Error>;
}

/// The leaf of a record (RFC 9162, 2.1.1): `SHA-256(0x00 ‖ hash of the record)`.
#[must_use]
pub fn leaf(record_hash: &[u8; 32]) -> TreeHash {
    let mut message = [0; 33];
    if let Some(rest) = message.get_mut(1..) {
        rest.copy_from_slice(record_hash);
    }
    sha256(&message)
}

/// The hash above two (RFC 9162, 2.1.1): `SHA-256(0x01 ‖ left ‖ right)`.
#[must_use]
pub fn node(left: &TreeHash, right: &TreeHash) -> TreeHash {
    sha256(&[&[1_u8], left.as_slice(), right].concat())
}

/// The hash of the tree of the first `size` leaves.
///
/// # Errors
/// As [`Subtrees::subtree`].
pub fn root<S: Subtrees>(subtrees: &mut S, size: u64) -> Result<TreeHash, S::Error> {
    if size == 0 {
        return Ok(sha256(&[]));
    }
    range(subtrees, 0, size)
}

/// Proves that the leaf `index` (from 0) is in the tree of the first `size` leaves (RFC 9162, 2.1.3.1); `None` when it is
/// not.
///
/// # Errors
/// As [`Subtrees::subtree`].
pub fn prove_inclusion<S: Subtrees>(
    subtrees: &mut S,
    index: u64,
    size: u64,
) -> Result<Option<Vec<TreeHash>>, S::Error> {
    if index >= size {
        return Ok(None);
    }
    let (mut start, mut end, mut path) = (0, size, Vec::new());
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(range(subtrees, middle, end)?);
            end = middle;
        } else {
            path.push(range(subtrees, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(Some(path))
}

/// Proves that the tree of the first `size` leaves continues the one of the first `earlier` (RFC 9162, 2.1.4.1); `None`
/// unless `0 < earlier ≤ size`.
///
/// # Errors
/// As [`Subtrees::subtree`].
pub fn prove_consistency<S: Subtrees>(
    subtrees: &mut S,
    earlier: u64,
    size: u64,
) -> Result<Option<Vec<TreeHash>>, S::Error> {
    if earlier == 0 || earlier > size {
        return Ok(None);
    }
    let (mut start, mut end, mut path) = (0, size, Vec::new());
    while end != earlier {
        let middle = start + split(end - start);
        if earlier <= middle {
            path.push(range(subtrees, middle, end)?);
            end = middle;
        } else {
            path.push(range(subtrees, start, middle)?);
            start = middle;
        }
    }
    // The whole earlier tree is known to who asks; a part of it is not.
    if start > 0 {
        path.push(range(subtrees, start, end)?);
    }
    path.reverse();
    Ok(Some(path))
}

/// Whether a path leads from the leaf `index` (from 0) to the root of the tree of `size` leaves (RFC 9162, 2.1.3.2).
#[must_use]
pub fn includes(
    path: &[TreeHash],
    leaf: &TreeHash,
    index: u64,
    size: u64,
    root: &TreeHash,
) -> bool {
    if index >= size {
        return false;
    }
    let (mut branch, mut last, mut hash) = (index, size - 1, *leaf);
    for step in path {
        if last == 0 {
            return false;
        }
        if branch & 1 == 1 || branch == last {
            hash = node(step, &hash);
            while branch & 1 == 0 && branch != 0 {
                branch >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, step);
        }
        branch >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// A tree as its keeper published it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// Number of leaves.
    pub size: u64,
    /// Hash of the tree.
    pub root: TreeHash,
}

impl TreeHead {
    /// Whether a path shows that this tree continues an earlier one (RFC 9162, 2.1.4.2).
    #[must_use]
    pub fn continues(&self, earlier: &Self, path: &[TreeHash]) -> bool {
        if earlier.size == 0 {
            return path.is_empty() && earlier.root == sha256(&[]);
        }
        if earlier.size >= self.size {
            return path.is_empty() && earlier == self;
        }
        let mut steps = path.iter();
        let first = if earlier.size.is_power_of_two() {
            Some(&earlier.root)
        } else {
            steps.next()
        };
        let Some(first) = first else { return false };
        let (mut branch, mut last) = (earlier.size - 1, self.size - 1);
        while branch & 1 == 1 {
            branch >>= 1;
            last >>= 1;
        }
        let (mut old, mut new) = (*first, *first);
        for step in steps {
            if last == 0 {
                return false;
            }
            if branch & 1 == 1 || branch == last {
                old = node(step, &old);
                new = node(step, &new);
                while branch & 1 == 0 && branch != 0 {
                    branch >>= 1;
                    last >>= 1;
                }
            } else {
                new = node(&new, step);
            }
            branch >>= 1;
            last >>= 1;
        }
        last == 0 && old == earlier.root && new == self.root
    }
}

/// The tree of leaves that come one after the other; holds at most 64 hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Hashes of complete subtrees, the largest first.
    hashes: Vec<TreeHash>,
}

impl Frontier {
    /// Goes on from a frontier that was written down; `None` when the number of hashes does not fit the size.
    #[must_use]
    pub fn resume(size: u64, hashes: Vec<TreeHash>) -> Option<Self> {
        (usize::try_from(size.count_ones()) == Ok(hashes.len())).then_some(Self { size, hashes })
    }

    /// The frontier of the first `size` leaves.
    ///
    /// # Errors
    /// As [`Subtrees::subtree`].
    pub fn read<S: Subtrees>(subtrees: &mut S, size: u64) -> Result<Self, S::Error> {
        let (mut start, mut hashes) = (0, Vec::new());
        for level in (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1) {
            hashes.push(subtrees.subtree(level, start >> level)?);
            start += 1 << level;
        }
        Ok(Self { size, hashes })
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: TreeHash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.hashes.pop() {
                hash = node(&left, &hash);
            }
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    /// The hashes of complete subtrees, the largest first.
    #[must_use]
    pub fn hashes(&self) -> &[TreeHash] {
        &self.hashes
    }

    /// The tree so far.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        let mut hashes = self.hashes.iter().rev();
        let root = match hashes.next() {
            None => sha256(&[]),
            Some(last) => hashes.fold(*last, |right, left| node(left, &right)),
        };
        TreeHead {
            size: self.size,
            root,
        }
    }
}

/// The largest power of two below `count`, which is at least 2.
const fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The hash over the leaves from `start` to `end`, as the recursion of RFC 9162, 2.1.1 cuts them.
fn range<S: Subtrees>(subtrees: &mut S, start: u64, end: u64) -> Result<TreeHash, S::Error> {
    let count = end - start;
    if count.is_power_of_two() {
        let level = count.ilog2();
        return subtrees.subtree(level, start >> level);
    }
    let middle = start + split(count);
    let left = range(subtrees, start, middle)?;
    Ok(node(&left, &range(subtrees, middle, end)?))
}

#[cfg(test)]
mod tests;
