//! Messages: written in the transaction of their cause, sent afterwards, at least once.

use std::error::Error as StdError;
use std::fmt::Debug;

use tanba_pki::Timestamp;

use super::StorageError;
use crate::id::{MessageId, PersonId};
use crate::language::Language;
use crate::message::{MessageBody, OutboxMessage};
use crate::person::EmailAddress;

/// A message that is being put into the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// To whom.
    pub person: PersonId,
    /// The confirmed address.
    pub to: EmailAddress,
    /// In which language.
    pub language: Language,
    /// What.
    pub body: MessageBody,
}

/// A message to somebody who applies for first keys and is not in the records yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicantMessage {
    /// The address that she typed.
    pub to: EmailAddress,
    /// In which language.
    pub language: Language,
    /// What.
    pub body: MessageBody,
}

/// Messages waiting to be sent.
pub trait Outbox {
    /// Puts a message in.
    ///
    /// # Errors
    /// [`StorageError`]; then its cause must not happen either.
    fn insert(&mut self, message: &NewMessage, now: Timestamp) -> Result<MessageId, StorageError>;

    /// Puts a message to an applicant in.
    ///
    /// # Errors
    /// [`StorageError`]; then its cause must not happen either.
    fn insert_for_applicant(
        &mut self,
        message: &ApplicantMessage,
        now: Timestamp,
    ) -> Result<MessageId, StorageError>;

    /// Messages that are due, at most `limit`: first what goes with an application that was just signed, because its code
    /// expires while somebody waits; then the oldest.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn due(&mut self, now: Timestamp, limit: u32) -> Result<Vec<OutboxMessage>, StorageError>;

    /// The message was handed over; its body is wiped.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn sent(&mut self, id: MessageId, now: Timestamp) -> Result<(), StorageError>;

    /// The message could not be handed over and is tried again at `next`; `None`: never again (a dead letter), and its
    /// body is wiped.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn failed(
        &mut self,
        id: MessageId,
        next: Option<Timestamp>,
        cause: &str,
    ) -> Result<(), StorageError>;
}

/// Why a message could not be handed over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CarrierError {
    /// Trying later may help.
    #[error("the message could not be handed over now")]
    Later(#[source] Box<dyn StdError + Send + Sync>),
    /// Nobody will ever take this message.
    #[error("the message is refused")]
    Refused(#[source] Box<dyn StdError + Send + Sync>),
}

/// Carries worded messages away: SMTP, or the mailbox page of the demo. Blocks.
pub trait Carrier: Debug + Send + Sync {
    /// Hands a message over.
    ///
    /// # Errors
    /// [`CarrierError`] by whether trying again helps.
    fn send(&self, message: &OutboxMessage, now: Timestamp) -> Result<(), CarrierError>;
}
