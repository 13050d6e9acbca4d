//! The database as one piece of work after the other.

use std::error::Error as StdError;
use std::fmt::Debug;

use super::{
    Applications, AuditLog, Certificates, Crls, Intakes, Issuers, Outbox, Persons, Revocations,
    Secrets, Sessions,
};

/// Why storage did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The database does not answer; trying later may help.
    #[error("storage is unavailable")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// The disk or the database is full, or may not be written; somebody has to act.
    #[error("storage cannot be written")]
    NotWritable(#[source] Box<dyn StdError + Send + Sync>),
    /// Somebody else changed the same record, or a value that must be unique is there already; reading again helps.
    #[error("the record was changed meanwhile")]
    Conflict,
    /// What is stored cannot be what was written; somebody has to act.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
}

/// A database that use cases work on.
pub trait Storage: Debug + Send + Sync {
    /// Starts a piece of work that may change things; dropping it undoes everything. One at a time gets to write.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] while the database does not answer.
    fn begin(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError>;

    /// Starts a piece of work that only reads, beside any writer; writing through it is refused.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] while the database does not answer.
    fn snapshot(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError>;
}

/// One transaction: everything or nothing, durable when [`UnitOfWork::commit`] returns.
pub trait UnitOfWork {
    /// People.
    fn persons(&mut self) -> &mut dyn Persons;
    /// Applications.
    fn applications(&mut self) -> &mut dyn Applications;
    /// What people without keys fill in.
    fn intakes(&mut self) -> &mut dyn Intakes;
    /// Certificates and their intents.
    fn certificates(&mut self) -> &mut dyn Certificates;
    /// Issuing authorities.
    fn issuers(&mut self) -> &mut dyn Issuers;
    /// Signed revocations by owners.
    fn revocations(&mut self) -> &mut dyn Revocations;
    /// Published lists.
    fn crls(&mut self) -> &mut dyn Crls;
    /// Evidence.
    fn audit_log(&mut self) -> &mut dyn AuditLog;
    /// Sessions of the cabinet.
    fn sessions(&mut self) -> &mut dyn Sessions;
    /// Challenges, codes and links: things that are used once.
    fn secrets(&mut self) -> &mut dyn Secrets;
    /// Messages to be sent.
    fn outbox(&mut self) -> &mut dyn Outbox;

    /// Makes everything durable.
    ///
    /// # Errors
    /// [`StorageError`]; then nothing of it happened.
    fn commit(self: Box<Self>) -> Result<(), StorageError>;
}
