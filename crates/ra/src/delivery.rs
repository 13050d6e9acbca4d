//! Handing messages over: at least once, later again, and at last to those who decide about dead letters.

use std::sync::{Mutex, TryLockError};

use tanba_model::application::{ApplicationNumber, State};
use tanba_model::audit::Actor;
use tanba_model::message::{MessageBody, MessageChannel, OutboxMessage, Recipient};
use tanba_model::ports::{Carrier, StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::error::Unavailable;
use crate::evidence::{Evidence, person_object};

mod judgement;

use judgement::{Judgement, Pause};

/// Messages of one round: few, so that a code that is written meanwhile is in the next one soon.
const BATCH: u32 = 30;

/// What became of messages in a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Handed over.
    pub sent: u64,
    /// To be tried again.
    pub later: u64,
    /// Not sent because nobody could use them any more.
    pub dropped: u64,
    /// Given up: refused, or too old. They are dead letters.
    pub dead: u64,
}

impl Delivered {
    /// Whether there may be more that is due.
    #[must_use]
    pub fn was_full(&self) -> bool {
        let all = [self.sent, self.later, self.dropped, self.dead];
        let all = all.into_iter().fold(0, u64::saturating_add);
        self.sent > 0 && all >= u64::from(BATCH)
    }
}

/// The rounds of each channel: one at a time in a process, and none before its instant.
#[derive(Debug)]
pub(crate) struct Rounds {
    mail: Mutex<Timestamp>,
    sms: Mutex<Timestamp>,
}

impl Default for Rounds {
    fn default() -> Self {
        let [mail, sms] = [(); 2].map(|()| Mutex::new(Timestamp::from_unix(i64::MIN)));
        Self { mail, sms }
    }
}

impl Rounds {
    const fn of(&self, channel: MessageChannel) -> &Mutex<Timestamp> {
        match channel {
            MessageChannel::Mail => &self.mail,
            MessageChannel::Sms => &self.sms,
        }
    }
}

impl RegistrationAuthority {
    /// Hands due messages of the carrier's channel to it, outside of any unit of work. One round at a time in a process.
    ///
    /// A code that nobody can use any more is not sent; of a message with the link that freezes the link is. What could not be handed over is tried again after 10 seconds, 20,
    /// 40, at last every hour, a little later each so that not all come back together; mails for five days, text messages
    /// for two. After that, or when the other side refuses for good, they are dead letters, which
    /// [`RegistrationAuthority::dead_letters`] shows. A carrier that cannot be reached ends the round.
    ///
    /// A crash between the handing over and its record sends a message twice, with the same idempotency key; none is lost.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn deliver_outbox(
        &self,
        carrier: &dyn Carrier,
        now: Timestamp,
    ) -> Result<Delivered, Unavailable> {
        let channel = carrier.channel();
        let mut not_before = match self.delivering.of(channel).try_lock() {
            Ok(alone) => alone,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(Delivered::default()),
        };
        if now < *not_before {
            return Ok(Delivered::default());
        }
        let due = self.storage.snapshot()?.outbox().due(channel, now, BATCH)?;
        let mut delivered = Delivered::default();
        for mut message in due {
            message.body = message.body.sent_after(now.since(message.created_at));
            let judgement = if self.is_stale(&message, now)? {
                Judgement::Dropped("stale")
            } else {
                judgement::of(&message, carrier.send(&message, now), now)
            };
            let mut work = self.storage.begin()?;
            let counter = match &judgement {
                Judgement::Sent => {
                    work.outbox().sent(message.id, now)?;
                    address_answered(work.as_mut(), &message, None, now)?;
                    &mut delivered.sent
                }
                Judgement::Later { next, cause, .. } => {
                    work.outbox().failed(message.id, *next, cause)?;
                    &mut delivered.later
                }
                Judgement::Dead { cause, bounced } => {
                    work.outbox().give_up(message.id, now, cause)?;
                    if *bounced {
                        address_answered(work.as_mut(), &message, Some(now), now)?;
                    }
                    &mut delivered.dead
                }
                Judgement::Dropped(cause) => {
                    work.outbox().dropped(message.id, cause)?;
                    &mut delivered.dropped
                }
            };
            *counter = counter.saturating_add(1);
            work.commit()?;
            if let Judgement::Later {
                pause: Some(Pause(pause)),
                ..
            } = judgement
            {
                *not_before = now.plus(pause);
                break;
            }
        }
        Ok(delivered)
    }

    /// Empties a channel that this installation does not have, so that messages do not pile up and all go out on the day
    /// when it gets one.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn close_channel(
        &self,
        channel: MessageChannel,
        now: Timestamp,
    ) -> Result<u64, Unavailable> {
        let mut dropped = 0_u64;
        loop {
            let due = self.storage.snapshot()?.outbox().due(channel, now, BATCH)?;
            if due.is_empty() {
                return Ok(dropped);
            }
            let mut work = self.storage.begin()?;
            for message in due {
                work.outbox().dropped(message.id, "no such channel")?;
                dropped = dropped.saturating_add(1);
            }
            work.commit()?;
        }
    }

    /// Whether a message is of no use any more: a code that is too old or whose application does not wait for one, or a
    /// reminder of a day that is past.
    fn is_stale(&self, message: &OutboxMessage, now: Timestamp) -> Result<bool, StorageError> {
        let life = message.body.useful_for();
        if life.is_some_and(|life| now >= message.created_at.plus(life)) {
            return Ok(true);
        }
        if let MessageBody::Reminder { ends, .. } = &message.body {
            return Ok(now >= *ends);
        }
        let MessageBody::ConfirmationCode { number, .. } = &message.body else {
            return Ok(false);
        };
        let Ok(number) = ApplicationNumber::parse(number) else {
            return Ok(true);
        };
        let application = self
            .storage
            .snapshot()?
            .applications()
            .find_by_number(&number)?;
        Ok(!application
            .is_some_and(|application| matches!(application.state, State::Awaiting2fa { .. })))
    }
}

/// Remembers that an address took a mail, or since when it takes none; a person is shown that.
fn address_answered(
    work: &mut dyn UnitOfWork,
    message: &OutboxMessage,
    refused_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StorageError> {
    let Recipient::Mail(address) = &message.to else {
        return Ok(());
    };
    let Some(id) = message.person else {
        return Ok(());
    };
    let Some(person) = work.persons().find(id)? else {
        return Ok(());
    };
    let was_refused = person.email_refused_at.is_some();
    if person.email.as_ref() != Some(address) || was_refused == refused_at.is_some() {
        return Ok(());
    }
    work.persons()
        .set_email_refused(person.id, address, refused_at)?;
    let evidence = Evidence {
        actor: Actor::System,
        action: if refused_at.is_some() {
            "person.email.refused"
        } else {
            "person.email.accepted"
        },
        object: person_object(person.id),
        detail: "",
    };
    evidence.record(work, now)
}
