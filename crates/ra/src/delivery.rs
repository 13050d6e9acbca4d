//! Handing messages over: at least once, later again, and at last never.

use std::sync::TryLockError;
use std::time::Duration;

use tanba_model::application::{ApplicationNumber, State};
use tanba_model::message::{MessageBody, OutboxMessage};
use tanba_model::ports::{Carrier, CarrierError, StorageError};
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::error::Unavailable;
use crate::second_factor::CODE_LIFE_MINUTES;

/// Messages of one round: few, so that a code that is written meanwhile is in the next one soon.
const BATCH: u32 = 30;
/// Wait after the first failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(10);
/// Wait at most so long.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
/// A notice that could not be handed over for so long is given up.
const LIFE: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// What became of messages in a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Handed over.
    pub sent: u64,
    /// To be tried again.
    pub later: u64,
    /// Given up: refused, too old, or no longer true.
    pub dropped: u64,
}

impl RegistrationAuthority {
    /// Hands due messages to the carrier, outside of any unit of work. One round at a time in a process.
    ///
    /// A confirmation code that nobody can use any more is not sent. What could not be handed over is tried again after
    /// 10 seconds, 20, 40, at last every hour, for three days.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn deliver_outbox(
        &self,
        carrier: &dyn Carrier,
        now: Timestamp,
    ) -> Result<Delivered, Unavailable> {
        let _alone = match self.delivering.try_lock() {
            Ok(alone) => alone,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(Delivered::default()),
        };
        let due = self.storage.snapshot()?.outbox().due(now, BATCH)?;
        let mut delivered = Delivered::default();
        for message in due {
            let outcome = if self.is_stale(&message, now)? {
                Outcome::Dropped("stale")
            } else {
                judge(&message, carrier.send(&message, now), now)
            };
            let mut work = self.storage.begin()?;
            let counter = match outcome {
                Outcome::Sent => {
                    work.outbox().sent(message.id, now)?;
                    &mut delivered.sent
                }
                Outcome::Later(next) => {
                    work.outbox().failed(message.id, Some(next), "later")?;
                    &mut delivered.later
                }
                Outcome::Dropped(cause) => {
                    work.outbox().failed(message.id, None, cause)?;
                    &mut delivered.dropped
                }
            };
            *counter = counter.saturating_add(1);
            work.commit()?;
        }
        Ok(delivered)
    }

    /// Whether a code is of no use any more: too old, or its application does not wait for one.
    fn is_stale(&self, message: &OutboxMessage, now: Timestamp) -> Result<bool, StorageError> {
        let life = Duration::from_secs(u64::from(CODE_LIFE_MINUTES) * 60);
        let is_old = now >= message.created_at.plus(life);
        if matches!(
            message.body,
            MessageBody::AddressCode { .. }
                | MessageBody::EntryCode { .. }
                | MessageBody::EmailChangeCode { .. }
        ) {
            return Ok(is_old);
        }
        let MessageBody::ConfirmationCode { number, .. } = &message.body else {
            return Ok(false);
        };
        if is_old {
            return Ok(true);
        }
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

enum Outcome {
    Sent,
    Later(Timestamp),
    Dropped(&'static str),
}

fn judge(message: &OutboxMessage, answer: Result<(), CarrierError>, now: Timestamp) -> Outcome {
    let error = match answer {
        Ok(()) => return Outcome::Sent,
        Err(error) => error,
    };
    let cause: &dyn std::error::Error = &error;
    let next = now.plus(wait(message.tries));
    match error {
        CarrierError::Later(_) if next < message.created_at.plus(LIFE) => {
            tracing::warn!(message = %message.id, tries = message.tries, error = cause, "a message waits");
            Outcome::Later(next)
        }
        CarrierError::Refused(_) => {
            tracing::error!(message = %message.id, kind = message.body.kind(), error = cause, "a message is refused");
            Outcome::Dropped("refused")
        }
        CarrierError::Later(_) | _ => {
            tracing::error!(message = %message.id, kind = message.body.kind(), error = cause, "a message is given up");
            Outcome::Dropped("too old")
        }
    }
}

/// How long to wait after so many tries that failed before.
fn wait(tries: u32) -> Duration {
    let factor = 2u32.checked_pow(tries).unwrap_or(u32::MAX);
    FIRST_WAIT.saturating_mul(factor).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        let waits: Vec<u64> = (0..11).map(|tries| wait(tries).as_secs()).collect();
        assert_eq!(
            waits,
            [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
        );
        assert_eq!(wait(u32::MAX), LONGEST_WAIT);
    }
}
