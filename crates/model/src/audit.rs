//! Who did what to what, when and why: the evidence of every change.

use serde::{Deserialize, Serialize};
use tanba_pki::Timestamp;

use crate::id::{IntakeId, PersonId, StaffId};

pub mod channels;
mod checkpoint;
mod digest;
pub mod facts;
pub mod identity;
pub mod kept;
mod octets;
pub mod origin;
mod proof;
pub mod sent;
pub mod tree;

pub use checkpoint::{CHECKPOINT_SCHEMA, Checkpoint, NotACheckpoint, SignedCheckpoint};
pub use proof::{LogProof, Proved};

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum Actor {
    /// A person, for herself.
    Person(PersonId),
    /// Somebody who held the secret link of a mail to this person.
    LinkHolder(PersonId),
    /// Somebody without keys who applies for the first ones; nobody has seen her papers yet.
    Applicant(IntakeId),
    /// Somebody who proved to hold a key, and of whom nothing else is known.
    KeyHolder,
    /// A member of staff at the desk of a registration centre.
    Staff(StaffId),
    /// An administrator at the command line, by the name of the account of the operating system.
    Administrator(String),
    /// The program itself: recovery, expiry, publication.
    System,
}

/// One change. Contains ids, serial numbers and digests, never names, addresses, personal numbers or secrets.
///
/// Stored: canonical JSON of this structure is what the hash chain covers; never rename a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// When, by the server's clock.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What: a verb with its room, `certificate.intend`, `application.submit`.
    pub action: String,
    /// To what: kind and id, `certificate:0f3a…`, `application:17`.
    pub object: String,
    /// Why or how, short; an empty text where nothing is to be said.
    pub detail: String,
    /// From where: a digest of the network address, `host NAME` for a command, or an empty text for what the program does
    /// by itself ([`origin`]).
    pub origin: String,
}

/// An event with its place in the chain.
///
/// `hash = SHA-256(previous_hash ‖ sequence as 8 octets, big-endian ‖ canonical JSON of the event)`; the first event has
/// 32 zero octets before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// 1 for the first event, without gaps.
    pub sequence: u64,
    /// The event, exactly as hashed: canonical JSON (RFC 8785).
    pub event: Vec<u8>,
    /// Hash of the record before.
    pub previous_hash: [u8; 32],
    /// Hash of this record.
    pub hash: [u8; 32],
}

/// A break in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// Records are missing or out of order.
    #[error("record {expected} of the audit chain is missing")]
    Gap {
        /// The sequence number that should have come.
        expected: u64,
    },
    /// A record was changed, inserted or removed.
    #[error("record {sequence} of the audit chain does not fit the one before")]
    Broken {
        /// The first record that does not fit.
        sequence: u64,
    },
}

impl AuditRecord {
    /// Chains an event to the record before; `previous` is `None` for the first.
    ///
    /// # Errors
    /// When the event cannot be written as JSON, which no event of this type can cause.
    pub fn chain(previous: Option<&Self>, event: &AuditEvent) -> Result<Self, serde_json::Error> {
        Self::chain_after(previous.map(|record| (record.sequence, record.hash)), event)
    }

    /// The same from what chaining needs of the record before: its sequence number and its hash.
    ///
    /// # Errors
    /// As [`AuditRecord::chain`].
    pub fn chain_after(
        previous: Option<(u64, [u8; 32])>,
        event: &AuditEvent,
    ) -> Result<Self, serde_json::Error> {
        let event = octets::canonical(event)?;
        let (sequence, previous_hash) =
            previous.map_or((1, [0; 32]), |(sequence, hash)| (sequence + 1, hash));
        let hash = digest(&previous_hash, sequence, &event);
        Ok(Self {
            sequence,
            event,
            previous_hash,
            hash,
        })
    }

    /// Whether the hash is that of what the record says.
    #[must_use]
    pub fn is_itself(&self) -> bool {
        self.hash == digest(&self.previous_hash, self.sequence, &self.event)
    }

    /// The event; `None` where it is not one that this program knows.
    #[must_use]
    pub fn read(&self) -> Option<AuditEvent> {
        serde_json::from_slice(&self.event).ok()
    }

    /// Checks this record against the one before.
    ///
    /// # Errors
    /// [`ChainError`] with the first thing that does not fit.
    pub fn verify(&self, previous: Option<&Self>) -> Result<(), ChainError> {
        let (expected, previous_hash) =
            previous.map_or((1, [0; 32]), |record| (record.sequence + 1, record.hash));
        if self.sequence != expected {
            return Err(ChainError::Gap { expected });
        }
        if self.previous_hash != previous_hash || !self.is_itself() {
            return Err(ChainError::Broken {
                sequence: self.sequence,
            });
        }
        Ok(())
    }
}

fn digest(previous_hash: &[u8; 32], sequence: u64, event: &[u8]) -> [u8; 32] {
    let message = [previous_hash.as_slice(), &sequence.to_be_bytes(), event].concat();
    tanba_crypto::sha256(&message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(action: &str) -> AuditEvent {
        AuditEvent {
            at: Timestamp::from_unix(1_800_000_000),
            actor: Actor::System,
            action: action.to_owned(),
            object: "certificate:01".to_owned(),
            detail: String::new(),
            origin: String::new(),
        }
    }

    #[test]
    fn an_edited_removed_or_reordered_record_is_found() {
        let first = AuditRecord::chain(None, &event("a")).unwrap();
        let second = AuditRecord::chain(Some(&first), &event("b")).unwrap();
        let third = AuditRecord::chain(Some(&second), &event("c")).unwrap();
        assert_eq!(third.verify(Some(&second)), Ok(()));
        assert_eq!(
            third.verify(Some(&first)),
            Err(ChainError::Gap { expected: 2 })
        );
        let mut edited = second;
        edited.event[20] ^= 1;
        assert_eq!(
            edited.verify(Some(&first)),
            Err(ChainError::Broken { sequence: 2 })
        );
        let mut rehashed = edited.clone();
        rehashed.hash = digest(&rehashed.previous_hash, 2, &rehashed.event);
        assert_eq!(
            third.verify(Some(&rehashed)),
            Err(ChainError::Broken { sequence: 3 })
        );
    }
}
