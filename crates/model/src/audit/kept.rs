//! The tree over the records that storage keeps.
//!
//! Of the tree only every eighth level is kept (level 8 stands for 256 records, level 16 for 65 536), so it costs less
//! than one row for 250 records, and a proof still reads at most 256 rows for each level that it crosses.

use super::tree::{Frontier, Subtrees, TreeHash, leaf, node};
use crate::ports::{AuditLog, StorageError};

/// Levels between two that are kept.
const STEP: u32 = 8;

/// Records that are read at once; a whole number of the smallest kept subtrees.
const PAGE: u32 = 1 << STEP;

/// Reads hashes of the tree out of an audit log.
pub struct KeptTree<'a>(pub &'a mut dyn AuditLog);

impl std::fmt::Debug for KeptTree<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("KeptTree(…)")
    }
}

impl KeptTree<'_> {
    /// Keeps the hashes of all subtrees that are complete in a log of `size` records and not kept yet.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    pub fn extend(&mut self, size: u64) -> Result<(), StorageError> {
        for level in (1..)
            .map(|step| step * STEP)
            .take_while(|level| size >> level > 0)
        {
            for position in self.0.subtree_count(level)?..size >> level {
                let hash = self.compute(level, position)?;
                self.0.insert_subtree(level, position, &hash)?;
            }
        }
        Ok(())
    }

    /// The hash of a subtree from the kept level below it.
    fn compute(&mut self, level: u32, position: u64) -> Result<TreeHash, StorageError> {
        let below = (level - 1) / STEP * STEP;
        let count = 1_u32 << (level - below);
        let first = position << (level - below);
        let mut hashes = if below == 0 {
            let records = self.0.hashes(first, count)?;
            records.iter().map(leaf).collect()
        } else {
            self.0.subtrees(below, first, count)?
        };
        if u32::try_from(hashes.len()) != Ok(count) {
            return Err(StorageError::Damaged(
                "the tree of the audit log".to_owned(),
            ));
        }
        while hashes.len() > 1 {
            hashes = hashes
                .chunks(2)
                .map(|pair| match pair {
                    [left, right] => node(left, right),
                    _ => TreeHash::default(),
                })
                .collect();
        }
        Ok(hashes.first().copied().unwrap_or_default())
    }
}

impl Subtrees for KeptTree<'_> {
    type Error = StorageError;

    fn subtree(&mut self, level: u32, index: u64) -> Result<TreeHash, StorageError> {
        if level > 0 && level.is_multiple_of(STEP) {
            let kept = self.0.subtrees(level, index, 1)?;
            if let Some(hash) = kept.first() {
                return Ok(*hash);
            }
        }
        if level == 0 {
            let records = self.0.hashes(index, 1)?;
            let record = records
                .first()
                .ok_or_else(|| StorageError::Damaged("the audit log".to_owned()))?;
            return Ok(leaf(record));
        }
        self.compute(level, index)
    }
}

/// The frontier of the first `size` records, computed from the records themselves, whatever is kept of the tree.
///
/// # Errors
/// [`StorageError`] when storage does not answer.
pub fn recompute(log: &mut dyn AuditLog, size: u64) -> Result<Frontier, StorageError> {
    let mut frontier = Frontier::default();
    let mut after = 0;
    while after < size {
        let wanted = u32::try_from(size - after).map_or(PAGE, |left| left.min(PAGE));
        let hashes = log.hashes(after, wanted)?;
        if hashes.is_empty() {
            return Err(StorageError::Damaged("the audit log".to_owned()));
        }
        for hash in &hashes {
            frontier.push(leaf(hash));
            after += 1;
        }
    }
    Ok(frontier)
}
