//! The lines of an exported log. Sent: never rename a field.

use anyhow::{Context as _, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use tanba_model::audit::tree::{Frontier, TreeHash};
use tanba_model::audit::{AuditRecord, SignedCheckpoint};
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

/// A record.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    sequence: u64,
    /// The event exactly as hashed: canonical JSON, as text.
    event: String,
    previous_hash: String,
    hash: String,
}

/// A signed checkpoint.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checkpoint {
    /// The statement exactly as signed: canonical JSON, as text.
    pub(super) checkpoint: String,
    /// CMS SignedData, detached, DER, Base64.
    pub(super) signature: String,
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
            .collect::<anyhow::Result<Vec<TreeHash>>>()?;
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

impl Record {
    pub(super) fn of(record: AuditRecord) -> anyhow::Result<Self> {
        Ok(Self {
            sequence: record.sequence,
            event: String::from_utf8(record.event).context("an audit record is not text")?,
            previous_hash: hex::encode(&record.previous_hash),
            hash: hex::encode(&record.hash),
        })
    }

    pub(super) fn read(self) -> anyhow::Result<AuditRecord> {
        Ok(AuditRecord {
            sequence: self.sequence,
            event: self.event.into_bytes(),
            previous_hash: hash(&self.previous_hash)?,
            hash: hash(&self.hash)?,
        })
    }
}

impl Checkpoint {
    pub(super) fn of(checkpoint: SignedCheckpoint) -> anyhow::Result<Self> {
        Ok(Self {
            checkpoint: String::from_utf8(checkpoint.document)
                .context("a checkpoint is not text")?,
            signature: STANDARD.encode(checkpoint.signature),
        })
    }

    /// The signature, DER.
    pub(super) fn signature(&self) -> anyhow::Result<Vec<u8>> {
        STANDARD
            .decode(&self.signature)
            .ok()
            .context("the signature of a checkpoint is not Base64")
    }
}

/// Reads a hash.
pub(super) fn hash(text: &str) -> anyhow::Result<[u8; 32]> {
    match hex::decode(text).map(<[u8; 32]>::try_from) {
        Some(Ok(hash)) => Ok(hash),
        _ => bail!("{text:?} is not a hash of 64 hexadecimal digits"),
    }
}
