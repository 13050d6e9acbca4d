//! The keys of a published list that was imported.

use std::collections::BTreeSet;

use tanba_model::key::ListedKeys;
use tanba_pki::Timestamp;

/// Keys of one commit of an import at most; one with fewer is its last.
const COMMIT: u64 = 2_000;
/// Keys that are tried one by one for those that were taken away.
const TRIED: usize = 4_000;

/// A key that came onto the block list later.
#[derive(Clone, Copy, Debug)]
pub(super) struct Later {
    pub(super) at: Timestamp,
    /// By a list, and not by itself.
    pub(super) is_listed: bool,
    pub(super) digest: [u8; 32],
}

/// What the log says of an import, and the entries that are there. An entry costs 32 octets of memory.
#[derive(Debug, Default)]
pub(super) struct List {
    /// A part for each commit, in order.
    pub(super) parts: Vec<ListedKeys>,
    /// In order.
    pub(super) found: Vec<[u8; 32]>,
}

impl List {
    /// Whether its keys are on the block list: those that were entered with it, and those that were taken away and put back
    /// since, which is `later`.
    pub(super) fn is_whole(&self, later: &[Later]) -> bool {
        let Some(missing) = self.missing() else {
            return false;
        };
        if self.is_counted() {
            return missing == 0;
        }
        let (parts, found) = self.doubtful();
        if missing == 0 {
            return parts.is_empty();
        }
        if missing > later.len() {
            return false;
        }
        let with = |more: &[[u8; 32]]| {
            let mut all = [found, more].concat();
            all.sort_unstable();
            is_of(parts, &all).is_some_and(|rest| rest.is_empty())
        };
        let digests: Vec<[u8; 32]> = later.iter().map(|key| key.digest).collect();
        let mut imports: Vec<Timestamp> = (later.iter())
            .filter(|key| key.is_listed)
            .map(|key| key.at)
            .collect();
        imports.sort_unstable();
        imports.dedup();
        let imported = |at: Timestamp| -> Vec<[u8; 32]> {
            let keys = later.iter().filter(|key| key.is_listed && key.at == at);
            keys.map(|key| key.digest).collect()
        };
        (imports.into_iter().map(imported)).any(|keys| keys.len() == missing && with(&keys))
            || (digests.len() == missing && with(&digests))
            || (missing == 1 && digests.iter().take(TRIED).any(|digest| with(&[*digest])))
    }

    /// Whether a later import stands for what is missing of a list of which only the number of its keys is known: one that was
    /// read in pieces of the same sizes, and of which as many keys were new as are missing. The very file is one; that it was
    /// nothing else is not known. An import of another size, or single keys that were blocked since, say nothing of it.
    pub(super) fn is_put_back_by(&self, later: &Self) -> bool {
        let pieces: BTreeSet<u64> = self.parts.iter().map(|part| part.read).collect();
        // A piece of which nothing was new left no event: then nobody knows how many keys its last one has.
        let is_open = pieces.iter().all(|read| *read >= COMMIT);
        let mut read = later.parts.iter().map(|part| part.read);
        let is_same = read.all(|read| read == COMMIT || is_open || pieces.contains(&read));
        self.is_counted()
            && is_same
            && later.missing() == Some(0)
            && self.missing() == Some(later.found.len())
    }

    /// Keys that are not there; `None` where there are more than were said.
    fn missing(&self) -> Option<usize> {
        let said = (self.parts.iter()).fold(0_usize, |sum, part| {
            sum.saturating_add(size(part).unwrap_or(usize::MAX))
        });
        said.checked_sub(self.found.len())
    }

    /// Whether only the number of its keys is known, as of before digests were recorded.
    fn is_counted(&self) -> bool {
        self.is_mixed() || self.parts.iter().any(|part| part.sha256.is_none())
    }

    /// Whether two imports of one second under one reason are in it, whose entries nobody can tell apart: a commit with fewer
    /// keys than it could have is the last of its import.
    fn is_mixed(&self) -> bool {
        let before = self.parts.len().saturating_sub(1);
        self.parts
            .iter()
            .take(before)
            .any(|part| part.read < COMMIT)
    }

    /// The parts that are not there as they were entered, and the entries of them: without those before and after them that
    /// are.
    fn doubtful(&self) -> (&[ListedKeys], &[[u8; 32]]) {
        let (mut parts, mut found) = (self.parts.as_slice(), self.found.as_slice());
        while let Some((first, rest)) = parts.split_first()
            && let Some(after) = is_of(std::slice::from_ref(first), found)
        {
            (parts, found) = (rest, after);
        }
        while let Some((last, rest)) = parts.split_last()
            && let Some(place) = size(last).and_then(|size| found.len().checked_sub(size))
            && let Some((before, end)) = found.split_at_checked(place)
            && is_of(std::slice::from_ref(last), end).is_some()
        {
            (parts, found) = (rest, before);
        }
        (parts, found)
    }
}

fn size(part: &ListedKeys) -> Option<usize> {
    usize::try_from(part.new).ok()
}

/// What is left of keys after those of these parts, if they begin with them.
fn is_of<'a>(parts: &[ListedKeys], mut keys: &'a [[u8; 32]]) -> Option<&'a [[u8; 32]]> {
    for part in parts {
        let (own, rest) = keys.split_at_checked(size(part)?)?;
        if part.sha256 != Some(tanba_crypto::sha256(own.as_flattened())) {
            return None;
        }
        keys = rest;
    }
    Some(keys)
}
