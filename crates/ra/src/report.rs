//! Sealing what a person takes away: evidence first, then the seal.

use std::sync::Arc;

use tanba_model::audit::Actor;
use tanba_model::ports::{DocumentSeal, DocumentSeals, Session, StorageError};
use tanba_pki::{Timestamp, hex};

use crate::RegistrationAuthority;
use crate::codes;
use crate::error::storage_code;
use crate::evidence::{Evidence, person_object};

/// Why a document was not sealed; nothing happened, and trying again is fine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The authority has no seal yet, or this program was given none.
    #[error("there is no seal on documents")]
    NoSeal,
    /// The evidence could not be written, so nothing is sealed.
    #[error("the evidence of a seal cannot be written")]
    Storage(#[from] StorageError),
}

impl SealError {
    /// The machine code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSeal => codes::TEMPORARILY_UNAVAILABLE,
            Self::Storage(error) => storage_code(error),
        }
    }
}

impl RegistrationAuthority {
    /// The same authority with the seal that stands on documents for people.
    #[must_use]
    pub fn with_seals(mut self, seals: Arc<dyn DocumentSeals>) -> Self {
        self.seals = Some(seals);
        self
    }

    /// The seal for one document about the session's person, once it is on record that it will be used: the digest of
    /// `document`, which has no seal yet.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn seal_for(
        &self,
        session: &Session,
        document: &[u8],
        now: Timestamp,
    ) -> Result<DocumentSeal, SealError> {
        let seal = self
            .seals
            .as_ref()
            .and_then(|seals| seals.current())
            .ok_or(SealError::NoSeal)?;
        let mut work = self.storage.begin()?;
        Evidence {
            actor: Actor::Person(session.person),
            action: "report.seal",
            object: person_object(session.person),
            detail: &format!("sha256={}", hex::encode(&tanba_crypto::sha256(document))),
        }
        .record(work.as_mut(), now)?;
        work.commit()?;
        Ok(seal)
    }
}
