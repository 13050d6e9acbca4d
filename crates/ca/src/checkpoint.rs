//! Signed checkpoints of the audit log.

use std::time::Duration;

use tanba_model::audit::kept::KeptTree;
use tanba_model::audit::tree::{TreeHead, root};
use tanba_model::audit::{Checkpoint, NotACheckpoint, SignedCheckpoint};
use tanba_model::ports::StorageError;
use tanba_pki::cms::CmsError;
use tanba_pki::{SerialNumber, Timestamp};

use crate::authority::Authority;
use crate::desk::Desk;
use crate::issuer::Issuer;
use crate::rules::Rules;
use crate::seal::Seal;

/// Why no checkpoint was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Storage does not do what was asked.
    #[error("the audit log cannot be read or its checkpoint not be kept")]
    Storage(#[from] StorageError),
    /// The seal does not sign; trying later may help.
    #[error("the seal of the authority does not sign")]
    Seal(#[from] CmsError),
    /// The statement cannot be written.
    #[error("the checkpoint cannot be written")]
    Form(#[from] NotACheckpoint),
    /// Nobody would believe the seal at this instant: it was revoked, or the clock stands outside of the dates of its
    /// certificate or of one above it. The clock is to be looked at; else the server makes a new seal by itself.
    #[error(
        "the seal of the authority does not count at {0}, by its dates or because it was revoked, so the log was not \
         signed; look at the clock of this computer, or let the server make a new seal"
    )]
    Unsealed(Timestamp),
    /// The clock stands before the last checkpoint, which would be of a later time than the next.
    #[error(
        "the clock stands before the last checkpoint, of {0}, so the log was not signed; set the clock of this computer"
    )]
    ClockBehind(Timestamp),
}

impl Authority {
    /// Signs the audit log as it stands; `None` when it did not grow since the last checkpoint, or before the authority
    /// has a seal.
    ///
    /// # Errors
    /// [`CheckpointError`]; trying again later is fine.
    #[tracing::instrument(name = "ca.checkpoint", skip_all)]
    pub fn checkpoint(&self, now: Timestamp) -> Result<Option<SignedCheckpoint>, CheckpointError> {
        let (Some(seal), Some(log)) = (self.seal(), self.public_url()) else {
            return Ok(None);
        };
        self.desk()
            .checkpoint(&self.issuing, &seal, log.to_owned(), now)
    }

    /// Between two checkpoints of a log that grows.
    #[must_use]
    pub const fn checkpoints_every(&self) -> Duration {
        self.rules().checkpoint_every
    }

    /// [`Authority::checkpoint`], when the last one is old enough.
    ///
    /// # Errors
    /// As there.
    pub fn checkpoint_due(
        &self,
        now: Timestamp,
    ) -> Result<Option<SignedCheckpoint>, CheckpointError> {
        if self.desk().is_checkpoint_due(self.rules(), now)? {
            self.checkpoint(now)
        } else {
            Ok(None)
        }
    }
}

impl Desk {
    fn is_checkpoint_due(&self, rules: &Rules, now: Timestamp) -> Result<bool, StorageError> {
        let mut unit = self.storage.snapshot()?;
        let Some(last) = unit.audit_log().last_checkpoint()? else {
            return Ok(true);
        };
        // One that cannot be read is the verifier's business; the next must come all the same.
        Ok(Checkpoint::from_bytes(&last.document).map_or(true, |last| {
            now >= last.at.plus(rules.checkpoint_every) || now < last.at
        }))
    }

    fn checkpoint(
        &self,
        issuer: &Issuer,
        seal: &Seal,
        log: String,
        now: Timestamp,
    ) -> Result<Option<SignedCheckpoint>, CheckpointError> {
        let Some(head) = self.grow_tree()? else {
            return Ok(None);
        };
        self.must_be_believed(issuer, seal, now)?;
        let document = Checkpoint::of(&head, log, now).to_bytes()?;
        // Between two commits: a slow key must not keep everybody else from writing.
        let signature = seal.sign(&document, now)?;
        let checkpoint = SignedCheckpoint {
            size: head.size,
            document,
            signature,
        };
        let mut unit = self.storage.begin()?;
        unit.audit_log().insert_checkpoint(&checkpoint)?;
        unit.commit()?;
        Ok(Some(checkpoint))
    }

    /// A checkpoint stays in the log: one that no verifier believes would make the whole of it worthless for ever.
    fn must_be_believed(
        &self,
        issuer: &Issuer,
        seal: &Seal,
        now: Timestamp,
    ) -> Result<(), CheckpointError> {
        let mut unit = self.storage.snapshot()?;
        let last = unit.audit_log().last_checkpoint()?;
        let last = last.and_then(|last| Checkpoint::from_bytes(&last.document).ok());
        if let Some(last) = last.filter(|last| now < last.at) {
            return Err(CheckpointError::ClockBehind(last.at));
        }
        let serial = SerialNumber::from_bytes(seal.certificate.serial_bytes());
        let record = match serial {
            Ok(serial) => unit.certificates().find_by_serial(issuer.id, &serial)?,
            Err(_) => None,
        };
        let counts = record.is_some_and(|record| record.status.is_valid())
            && seal.certificate.is_valid_at(now)
            && !issuer.path.is_outside(now);
        if counts {
            Ok(())
        } else {
            Err(CheckpointError::Unsealed(now))
        }
    }

    /// Keeps what is complete of the tree; the tree now, unless the last checkpoint says it already.
    fn grow_tree(&self) -> Result<Option<TreeHead>, StorageError> {
        let mut unit = self.storage.begin()?;
        let size = unit.audit_log().size()?;
        let last = unit.audit_log().last_checkpoint()?;
        if last.is_some_and(|last| last.size == size) || size == 0 {
            return Ok(None);
        }
        let mut tree = KeptTree(unit.audit_log());
        tree.extend(size)?;
        let root = root(&mut tree, size)?;
        unit.commit()?;
        Ok(Some(TreeHead { size, root }))
    }
}
