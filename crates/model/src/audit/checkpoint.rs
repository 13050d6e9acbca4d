//! Signed checkpoints: what the keeper of the log says of it, so that it cannot be rewritten later.

use serde::{Deserialize, Serialize};
use tanba_pki::{Timestamp, hex};

use super::tree::TreeHead;

/// The value of `schema` in the first version of the statement.
pub const CHECKPOINT_SCHEMA: &str = "tanba.audit-checkpoint/1";

/// What is signed: how many records there are, and their tree. Stored and sent as canonical JSON (RFC 8785): never rename
/// a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// [`CHECKPOINT_SCHEMA`].
    pub schema: String,
    /// Whose log it is: the public URL of the installation.
    pub log: String,
    /// Number of records.
    pub size: u64,
    /// Hash of the tree of that size (RFC 9162, 2.1.1), 64 lower-case hexadecimal digits.
    pub root: String,
    /// When it was signed, by the server's clock.
    pub at: Timestamp,
}

/// A checkpoint with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// Number of records.
    pub size: u64,
    /// Canonical JSON of the [`Checkpoint`], exactly as signed.
    pub document: Vec<u8>,
    /// CMS SignedData (RFC 5652), detached, CAdES-BES, with the signer's certificate.
    pub signature: Vec<u8>,
}

/// Octets that are not a checkpoint.
#[derive(Debug, thiserror::Error)]
#[error("not a checkpoint of an audit log")]
pub struct NotACheckpoint;

impl Checkpoint {
    /// States a tree.
    #[must_use]
    pub fn of(head: &TreeHead, log: String, now: Timestamp) -> Self {
        Self {
            schema: CHECKPOINT_SCHEMA.to_owned(),
            log,
            size: head.size,
            root: hex::encode(&head.root),
            at: now,
        }
    }

    /// The bytes to be signed.
    ///
    /// # Errors
    /// [`NotACheckpoint`], which no value of this type can cause.
    pub fn to_bytes(&self) -> Result<Vec<u8>, NotACheckpoint> {
        crate::canonical::to_bytes(self).map_err(|_| NotACheckpoint)
    }

    /// Reads a statement and insists on its canonical form.
    ///
    /// # Errors
    /// [`NotACheckpoint`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotACheckpoint> {
        crate::canonical::from_bytes(bytes, |checkpoint: &Self| {
            checkpoint.schema == CHECKPOINT_SCHEMA
        })
        .map_err(|_| NotACheckpoint)
    }

    /// The tree that it states.
    ///
    /// # Errors
    /// [`NotACheckpoint`] when the root is not a hash.
    pub fn head(&self) -> Result<TreeHead, NotACheckpoint> {
        let root = hex::decode(&self.root)
            .and_then(|root| root.try_into().ok())
            .ok_or(NotACheckpoint)?;
        Ok(TreeHead {
            size: self.size,
            root,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let head = TreeHead {
            size: 5,
            root: [0xab; 32],
        };
        let now = Timestamp::from_unix(1_800_000_000);
        Checkpoint::of(&head, "http://ca.example".to_owned(), now)
    }

    #[test]
    fn a_statement_survives_its_bytes() {
        let bytes = checkpoint().to_bytes().unwrap();
        let read = Checkpoint::from_bytes(&bytes).unwrap();
        assert_eq!(read, checkpoint());
        assert_eq!(read.head().unwrap().root, [0xab; 32]);
    }

    #[test]
    fn another_form_or_schema_is_not_a_statement() {
        let text = String::from_utf8(checkpoint().to_bytes().unwrap()).unwrap();
        assert!(Checkpoint::from_bytes(text.replace(":5", ": 5").as_bytes()).is_err());
        assert!(Checkpoint::from_bytes(text.replace("point/1", "point/2").as_bytes()).is_err());
        assert!(Checkpoint::from_bytes(b"{}").is_err());
        let short = Checkpoint {
            root: "ab".to_owned(),
            ..checkpoint()
        };
        assert!(short.head().is_err());
    }
}
