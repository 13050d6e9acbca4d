//! Codes that are sent to a person and not for an application: to enter without a key, to confirm an address or a number.

use tanba_pki::Timestamp;

use super::StorageError;
use crate::id::{EntryId, PersonId};

/// What a code opens. Stored: [`EntryPurpose::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryPurpose {
    /// Revoking or freezing without a key; the code goes to the confirmed address.
    Revocation,
    /// A new e-mail address; the code goes there.
    Email,
    /// A new telephone number; the code goes there.
    Phone,
}

impl EntryPurpose {
    /// The name that is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

/// A code that is being asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// SHA-256 of the secret of whoever asks: only she can answer.
    pub flow_sha256: [u8; 32],
    /// What it opens.
    pub purpose: EntryPurpose,
    /// Whose; `None`: nobody was found, and no answer will be right.
    pub person: Option<PersonId>,
    /// The address or number that is to be confirmed; empty for a revocation.
    pub subject: String,
    /// Salted digest of the code; see `ra`.
    pub digest: [u8; 32],
    /// Salt of the digest.
    pub salt: [u8; 16],
    /// When the code stops being accepted.
    pub expires_at: Timestamp,
    /// Tries.
    pub tries_left: u32,
    /// Whether a code was sent.
    pub sent: bool,
}

/// What is known of a code.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The record.
    pub id: EntryId,
    /// Whose; `None`: nobody's.
    pub person: Option<PersonId>,
    /// The address or number that is to be confirmed.
    pub subject: String,
    /// Salted digest of the code.
    pub digest: [u8; 32],
    /// Salt of the digest.
    pub salt: [u8; 16],
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When the code stops being accepted.
    pub expires_at: Timestamp,
    /// Tries left.
    pub tries_left: u32,
}

/// What was sent to a person, and what was answered wrongly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EntryCount {
    /// Codes sent.
    pub sent: u32,
    /// Wrong answers.
    pub wrong: u32,
    /// When the last one was sent.
    pub sent_at: Option<Timestamp>,
}

impl std::fmt::Debug for NewEntry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "NewEntry({})", self.purpose.name())
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Entry({})", self.id)
    }
}

/// Codes that were sent to people. Only digests are stored.
pub trait Entries {
    /// Remembers a code.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn insert(&mut self, entry: &NewEntry, now: Timestamp) -> Result<(), StorageError>;

    /// The newest code that was asked for with this secret.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn newest(
        &mut self,
        purpose: EntryPurpose,
        flow_sha256: &[u8; 32],
    ) -> Result<Option<Entry>, StorageError>;

    /// What was sent to a person and answered wrongly after `since`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn recent(
        &mut self,
        person: PersonId,
        purpose: EntryPurpose,
        since: Timestamp,
    ) -> Result<EntryCount, StorageError>;

    /// Takes one try away, counts it as wrong until [`Entries::close`] says that it was right, and says how many are left;
    /// committed before the answer is given.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when no try is left to take.
    fn take_try(&mut self, id: EntryId) -> Result<u32, StorageError>;

    /// The last try was right: the code is used up.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when it is already.
    fn close(&mut self, id: EntryId) -> Result<(), StorageError>;

    /// Forgets codes that expired before `before`; wrong answers of a day count, so that is a day ago.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn purge(&mut self, before: Timestamp) -> Result<u64, StorageError>;
}
