//! What people without keys fill in.

use tanba_pki::Timestamp;

use super::StorageError;
use crate::application::ApplicationNumber;
use crate::intake::{Intake, IntakeContent};
use crate::language::Language;

/// An intake that is being begun.
#[derive(Clone, Debug)]
pub struct NewIntake {
    /// SHA-256 of the cookie's secret.
    pub secret_sha256: [u8; 32],
    /// The language of its pages.
    pub language: Language,
    /// When it is forgotten.
    pub due_at: Timestamp,
    /// What was filled in.
    pub content: IntakeContent,
}

/// Intakes, and how often strangers tried something.
pub trait Intakes {
    /// Begins one.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn insert(&mut self, intake: &NewIntake, now: Timestamp) -> Result<Intake, StorageError>;

    /// Finds one by the digest of its secret.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn find(&mut self, secret_sha256: &[u8; 32]) -> Result<Option<Intake>, StorageError>;

    /// Finds one by the number of its application.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn find_by_number(
        &mut self,
        number: &ApplicationNumber,
    ) -> Result<Option<Intake>, StorageError>;

    /// The IIN that was typed for what waits for the register under that number, or ended before it was an application:
    /// read from an index, so that finding none is as much work as finding one.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn claimant(&mut self, number: &ApplicationNumber) -> Result<Option<String>, StorageError>;

    /// Writes everything that can change, if nobody changed it since it was read, and increases its version.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when somebody did, or when the number is taken.
    fn update(&mut self, intake: &mut Intake) -> Result<(), StorageError>;

    /// Intakes that wait for the register and are due, the longest overdue first, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn waiting(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Intake>, StorageError>;

    /// Forgets intakes that are due and do not wait for the register, at most `limit`; how many.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn purge(&mut self, now: Timestamp, limit: u32) -> Result<u64, StorageError>;

    /// Counts one more try of `what` by the digest of whoever tries, on a day (days since 1970); how many there are now.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn count_attempt(
        &mut self,
        what: &str,
        who_sha256: &[u8; 32],
        day: i64,
    ) -> Result<u32, StorageError>;

    /// How many tries there are on a day.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn attempts(
        &mut self,
        what: &str,
        who_sha256: &[u8; 32],
        day: i64,
    ) -> Result<u32, StorageError>;

    /// Forgets tries of days before `day`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn purge_attempts(&mut self, day: i64) -> Result<u64, StorageError>;
}
