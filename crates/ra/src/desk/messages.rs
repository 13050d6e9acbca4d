//! Dead letters at the desk: what they are, never what they say; sent again or laid to rest, with evidence.

use tanba_model::audit::Actor;
use tanba_model::id::{MessageId, PersonId};
use tanba_model::message::DeadMessage;
use tanba_model::reason_line::{ReasonLine, ReasonLineError};
use tanba_model::staff::Right;
use tanba_pki::Timestamp;

use super::{Clerk, DeskError};
use crate::RegistrationAuthority;
use crate::dead_letters::{DeadLetterAct, settle_dead_letter};
use crate::error::Unavailable;

/// Letters of one page.
const PAGE: usize = 50;
/// Decisions that are looked through at once.
const DECISIONS: u32 = 100;

/// A page of dead letters, newest first.
#[derive(Debug)]
pub struct DeadLetterPage {
    /// What nobody took.
    pub letters: Vec<DeadMessage>,
    /// Below which record the next page starts; `None` at the end.
    pub next: Option<MessageId>,
    /// How many there are altogether; `None` where only those of one centre are shown.
    pub total: Option<u64>,
}

impl RegistrationAuthority {
    /// Dead letters from below a record, of all centres: a message belongs to a person and not to a centre, and its page
    /// names neither. Whoever may only read and belongs to a centre sees those about applications there.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for roles that may not.
    pub fn desk_dead_letters(
        &self,
        clerk: &Clerk,
        before: Option<MessageId>,
    ) -> Result<DeadLetterPage, DeskError> {
        if !clerk.may(Right::Messages) {
            return Err(DeskError::Forbidden);
        }
        let limit = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
        let mut work = self.storage.snapshot()?;
        let (mut letters, total) = match clerk.centre().filter(|_| !clerk.may(Right::Settle)) {
            Some(centre) => (work.outbox().dead_of_centre(centre, before, limit)?, None),
            None => {
                let total = work.outbox().count_dead()?;
                (work.outbox().dead(before, limit)?, Some(total))
            }
        };
        let more = letters.len() > PAGE;
        letters.truncate(PAGE);
        let next = letters.last().map(|last| last.id).filter(|_| more);
        Ok(DeadLetterPage {
            letters,
            next,
            total,
        })
    }

    /// Sends a dead letter again or lays it to rest, and records why, which has to be said for the latter; whether it still was
    /// one. Not a letter to the clerk herself: whoever could lay her own notices to rest could hide from herself and others what
    /// was done in her name. Nor may she lay to rest what tells somebody about whom she decided: it may be that very act.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for roles that may not, [`DeskError::OwnAffair`], [`DeskError::OwnAct`], [`DeskError::Why`],
    /// [`DeskError::Personal`].
    pub fn desk_settle_dead_letter(
        &self,
        clerk: &Clerk,
        id: MessageId,
        (act, why): (DeadLetterAct, &str),
        now: Timestamp,
    ) -> Result<bool, DeskError> {
        if !clerk.may(Right::Settle) {
            return Err(DeskError::Forbidden);
        }
        // To whom a message goes never changes, so looking before the unit of work is enough.
        let Some(letter) = self.storage.snapshot()?.outbox().find_dead(id)? else {
            return Ok(false);
        };
        if letter.person == Some(clerk.person.id) {
            return Err(DeskError::OwnAffair);
        }
        if act == DeadLetterAct::Discard
            && let Some(person) = letter.person
            && self.decided_about(clerk, person)?
        {
            return Err(DeskError::OwnAct);
        }
        let why = match act {
            DeadLetterAct::Discard => reason_line(why)?,
            DeadLetterAct::Retry => "",
        };
        let actor = Actor::Staff(clerk.member.id);
        settle_dead_letter(self.storage.as_ref(), id, (act, why), actor, now)
            .map_err(|Unavailable(error)| DeskError::from(error))
    }

    fn decided_about(&self, clerk: &Clerk, person: PersonId) -> Result<bool, DeskError> {
        let mut work = self.storage.snapshot()?;
        let mut before = None;
        loop {
            let page = work.decisions().of_person(person, before, DECISIONS)?;
            if page.iter().any(|one| one.made.staff == clerk.member.id) {
                return Ok(true);
            }
            match page.last() {
                Some(last) => before = Some(last.id),
                None => return Ok(false),
            }
        }
    }
}

fn reason_line(text: &str) -> Result<&str, DeskError> {
    match ReasonLine::parse(text) {
        Ok(line) => Ok(line.as_str()),
        Err(ReasonLineError::Personal) => Err(DeskError::Personal),
        Err(ReasonLineError::Unseen) => Err(DeskError::Remark),
        Err(_) => Err(DeskError::Why),
    }
}
