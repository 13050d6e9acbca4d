//! The lines of an exported log. Sent: never rename a field.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tanba_model::audit::AuditRecord;
pub(super) use tanba_model::audit::sent::{
    CheckpointLine as Checkpoint, RecordLine as Record, read_hash as hash,
};
use tanba_model::audit::tree::{Frontier, TreeHash};
use tanba_pki::hex;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line {
    /// Where an export begins that leaves earlier records out.
    Start(Start),
    /// A record.
    Record(Record),
    /// A checkpoint over all records before it.
    Checkpoint(Checkpoint),
    /// Where an export ends that no checkpoint closes.
    End(End),
}

/// The end of an export that could not be signed: a cut by accident is seen, a forged one is not.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// Number of records so far, with those that were left out.
    end: u64,
    /// Hash of the last one of them.
    hash: String,
}

impl End {
    pub(super) fn of(end: u64, hash: &[u8; 32]) -> Self {
        Self {
            end,
            hash: hex::encode(hash),
        }
    }

    /// Whether the log ends with this record.
    pub(super) fn fits(&self, last: Option<&AuditRecord>) -> anyhow::Result<bool> {
        let there = last.map_or((0, [0; 32]), |last| (last.sequence, last.hash));
        Ok(there == (self.end, hash(&self.hash)?))
    }
}

/// The state before the first record of a partial export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    /// Number of records that are left out.
    since: u64,
    /// Hash of the last one of them.
    hash: String,
    /// Hashes of complete subtrees over them (RFC 9162, 2.1), the largest first.
    frontier: Vec<String>,
}

impl Start {
    pub(super) fn of(since: u64, hash: &[u8; 32], frontier: &Frontier) -> Self {
        Self {
            since,
            hash: hex::encode(hash),
            frontier: frontier
                .hashes()
                .iter()
                .map(|hash| hex::encode(hash))
                .collect(),
        }
    }

    /// The last record that was left out, as far as the next one needs it, and the tree so far.
    pub(super) fn read(&self) -> anyhow::Result<(AuditRecord, Frontier)> {
        let hashes = self
            .frontier
            .iter()
            .map(|text| hash(text))
            .collect::<Result<Vec<TreeHash>, _>>()?;
        let frontier = Frontier::resume(self.since, hashes)
            .context("the state before the first record does not fit its number")?;
        let record = AuditRecord {
            sequence: self.since,
            event: Vec::new(),
            previous_hash: [0; 32],
            hash: hash(&self.hash)?,
        };
        Ok((record, frontier))
    }
}
