//! Records and checkpoints as they leave the installation: lines of an export, parts of a proof. Sent: never rename a
//! field.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use tanba_pki::hex;

use super::{AuditRecord, SignedCheckpoint};

/// What was sent cannot be read, or what is stored cannot be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// A record or checkpoint is not UTF-8: its octets were changed.
    #[error("a record or checkpoint of the audit log is not text")]
    NotText,
    /// The signature of a checkpoint was changed on its way.
    #[error("the signature of a checkpoint is not Base64")]
    NotBase64,
    /// A hash was changed on its way.
    #[error("{0:?} is not a hash of 64 hexadecimal digits")]
    NotAHash(String),
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordLine {
    sequence: u64,
    /// The event exactly as hashed: canonical JSON, as text.
    event: String,
    previous_hash: String,
    hash: String,
}

/// A signed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointLine {
    /// The statement exactly as signed: canonical JSON, as text.
    pub checkpoint: String,
    /// CMS SignedData, detached, DER, Base64.
    signature: String,
}

impl RecordLine {
    /// A record to be sent.
    ///
    /// # Errors
    /// [`LineError::NotText`].
    pub fn of(record: AuditRecord) -> Result<Self, LineError> {
        Ok(Self {
            sequence: record.sequence,
            event: String::from_utf8(record.event).map_err(|_| LineError::NotText)?,
            previous_hash: hex::encode(&record.previous_hash),
            hash: hex::encode(&record.hash),
        })
    }

    /// The record that was sent. Whether it is one of a log is for [`AuditRecord::verify`] to say.
    ///
    /// # Errors
    /// [`LineError::NotAHash`].
    pub fn read(self) -> Result<AuditRecord, LineError> {
        Ok(AuditRecord {
            sequence: self.sequence,
            event: self.event.into_bytes(),
            previous_hash: read_hash(&self.previous_hash)?,
            hash: read_hash(&self.hash)?,
        })
    }
}

impl CheckpointLine {
    /// A checkpoint to be sent.
    ///
    /// # Errors
    /// [`LineError::NotText`].
    pub fn of(checkpoint: SignedCheckpoint) -> Result<Self, LineError> {
        Ok(Self {
            checkpoint: String::from_utf8(checkpoint.document).map_err(|_| LineError::NotText)?,
            signature: STANDARD.encode(checkpoint.signature),
        })
    }

    /// The signature, DER.
    ///
    /// # Errors
    /// [`LineError::NotBase64`].
    pub fn signature(&self) -> Result<Vec<u8>, LineError> {
        STANDARD
            .decode(&self.signature)
            .map_err(|_| LineError::NotBase64)
    }
}

/// Reads a hash.
///
/// # Errors
/// [`LineError::NotAHash`].
pub fn read_hash(text: &str) -> Result<[u8; 32], LineError> {
    hex::decode(text)
        .and_then(|hash| hash.try_into().ok())
        .ok_or_else(|| LineError::NotAHash(text.to_owned()))
}
