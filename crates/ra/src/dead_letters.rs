//! Messages that nobody took: who works at a desk or at the command line decides about them.

use tanba_model::audit::Actor;
use tanba_model::id::MessageId;
use tanba_model::message::DeadMessage;
use tanba_model::ports::{Storage, StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::error::Unavailable;
use crate::evidence::{Evidence, person_object};

/// What is done with a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadLetterAct {
    /// It is sent again, to the same address.
    Retry,
    /// It is laid to rest, and what it says is wiped.
    Discard,
}

impl RegistrationAuthority {
    /// Dead letters with a record below `before`, newest first, at most `limit`: no word of what they say.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn dead_letters(
        &self,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<DeadMessage>, Unavailable> {
        let mut work = self.storage.snapshot()?;
        Ok(work.outbox().dead(before, limit)?)
    }

    /// How many there are.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn count_dead_letters(&self) -> Result<u64, Unavailable> {
        let mut work = self.storage.snapshot()?;
        Ok(work.outbox().count_dead()?)
    }

    /// Decides about a dead letter, with evidence; whether it was one.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn settle_dead_letter(
        &self,
        id: MessageId,
        act: DeadLetterAct,
        actor: Actor,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        settle_dead_letter(self.storage.as_ref(), id, (act, ""), actor, now)
    }
}

/// Decides about a dead letter, with evidence that says why, if it is said; whether it was one. The command line needs no
/// authority for it.
///
/// # Errors
/// [`Unavailable`] when storage does not answer.
pub fn settle_dead_letter(
    storage: &dyn Storage,
    id: MessageId,
    (act, why): (DeadLetterAct, &str),
    actor: Actor,
    now: Timestamp,
) -> Result<bool, Unavailable> {
    let mut work = storage.begin()?;
    let is_dead = settle(work.as_mut(), id, (act, why), actor, now)?;
    if is_dead {
        work.commit()?;
    }
    Ok(is_dead)
}

/// Decides about several dead letters in one unit of work: about each of them, or, where one is none, about nothing. The first
/// that is none.
///
/// # Errors
/// [`Unavailable`] when storage does not answer.
pub fn settle_dead_letters(
    storage: &dyn Storage,
    ids: &[MessageId],
    (act, why): (DeadLetterAct, &str),
    actor: &Actor,
    now: Timestamp,
) -> Result<Result<(), MessageId>, Unavailable> {
    let mut work = storage.begin()?;
    for id in ids {
        if !settle(work.as_mut(), *id, (act, why), actor.clone(), now)? {
            return Ok(Err(*id));
        }
    }
    work.commit()?;
    Ok(Ok(()))
}

fn settle(
    work: &mut dyn UnitOfWork,
    id: MessageId,
    (act, why): (DeadLetterAct, &str),
    actor: Actor,
    now: Timestamp,
) -> Result<bool, Unavailable> {
    let letter = work.outbox().find_dead(id)?;
    let done = match act {
        DeadLetterAct::Retry => work.outbox().revive(id, now),
        DeadLetterAct::Discard => work.outbox().discard(id),
    };
    match done {
        Ok(()) => {}
        Err(StorageError::Conflict) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    let evidence = Evidence {
        actor,
        action: match act {
            DeadLetterAct::Retry => "message.retry",
            DeadLetterAct::Discard => "message.discard",
        },
        object: format!("message:{id}"),
        detail: &letter.map_or_else(String::new, |letter| described(&letter, why)),
    };
    evidence.record(work, now)?;
    Ok(true)
}

/// Kind, person and why: afterwards nothing else says what it was that nobody got.
fn described(letter: &DeadMessage, why: &str) -> String {
    let mut words = vec![letter.kind.clone()];
    words.extend(letter.person.map(person_object));
    if !why.is_empty() {
        words.push(why.to_owned());
    }
    words.join(" ")
}
