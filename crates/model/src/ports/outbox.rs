//! Messages: written in the transaction of their cause, sent afterwards, at least once.

use std::error::Error as StdError;
use std::fmt::Debug;
use std::time::Duration;

use tanba_pki::Timestamp;

use super::StorageError;
use crate::id::{MessageId, PersonId};
use crate::language::Language;
use crate::message::{DeadMessage, MessageBody, MessageChannel, OutboxMessage, Recipient};
use crate::person::EmailAddress;

/// A message that is being put into the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// To whom.
    pub person: PersonId,
    /// The confirmed address or number.
    pub to: Recipient,
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

/// What waits in the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Messages that wait for their first or next try.
    pub waiting: u64,
    /// When the oldest of them was put in.
    pub oldest: Option<Timestamp>,
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

    /// Messages of a channel that are due, at most `limit`: by priority, because a code expires while somebody waits for
    /// it and a million reminders do not; then the oldest.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn due(
        &mut self,
        channel: MessageChannel,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>, StorageError>;

    /// The message was handed over; its body is wiped.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn sent(&mut self, id: MessageId, now: Timestamp) -> Result<(), StorageError>;

    /// The message could not be handed over and is tried again at `next`.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when it was sent, given up or dropped meanwhile.
    fn failed(&mut self, id: MessageId, next: Timestamp, cause: &str) -> Result<(), StorageError>;

    /// The message is given up: it becomes a dead letter, which keeps its body until somebody decides.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when it was sent, given up or dropped meanwhile.
    fn give_up(&mut self, id: MessageId, now: Timestamp, cause: &str) -> Result<(), StorageError>;

    /// The message is of no use to anybody any more (a code that is too old): it is not sent, and its body is wiped.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when it was sent, given up or dropped meanwhile.
    fn dropped(&mut self, id: MessageId, cause: &str) -> Result<(), StorageError>;

    /// Dead letters with a record below `before`, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn dead(
        &mut self,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<DeadMessage>, StorageError>;

    /// The same, of those that name an application of a registration centre.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn dead_of_centre(
        &mut self,
        centre: &str,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<DeadMessage>, StorageError>;

    /// Finds a dead letter.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn find_dead(&mut self, id: MessageId) -> Result<Option<DeadMessage>, StorageError>;

    /// What waits on a channel, due or not.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn backlog(&mut self, channel: MessageChannel) -> Result<Backlog, StorageError>;

    /// Number of dead letters.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn count_dead(&mut self) -> Result<u64, StorageError>;

    /// Puts a dead letter back into the outbox, to be sent at once.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] unless it is a dead letter.
    fn revive(&mut self, id: MessageId, now: Timestamp) -> Result<(), StorageError>;

    /// Lays a dead letter to rest: it is never sent, and its body is wiped.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] unless it is a dead letter.
    fn discard(&mut self, id: MessageId) -> Result<(), StorageError>;
}

/// Why a message could not be handed over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CarrierError {
    /// Trying later may help.
    #[error("the message could not be handed over now")]
    Later(#[source] Box<dyn StdError + Send + Sync>),
    /// The carrier itself says when to come back; nobody's message goes before that.
    #[error("the carrier takes nothing for a while")]
    Busy {
        /// How long to wait.
        pause: Duration,
        /// What it said.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The carrier does not answer at all: the same goes for every other message now.
    #[error("the carrier cannot be reached")]
    Unreachable(#[source] Box<dyn StdError + Send + Sync>),
    /// There is nobody at this address or number.
    #[error("the address takes no messages")]
    Bounced(#[source] Box<dyn StdError + Send + Sync>),
    /// Nobody will ever take this message.
    #[error("the message is refused")]
    Refused(#[source] Box<dyn StdError + Send + Sync>),
}

/// Carries worded messages of one channel away: SMTP, an SMS gateway, or the mailbox page of the demo. Blocks.
pub trait Carrier: Debug + Send + Sync {
    /// Whose messages it takes.
    fn channel(&self) -> MessageChannel {
        MessageChannel::Mail
    }

    /// Hands a message over.
    ///
    /// # Errors
    /// [`CarrierError`] by whether trying again helps.
    fn send(&self, message: &OutboxMessage, now: Timestamp) -> Result<(), CarrierError>;
}
