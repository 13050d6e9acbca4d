//! What an answer of a carrier means for a message.

use std::time::Duration;

use tanba_model::message::{MessageChannel, OutboxMessage};
use tanba_model::ports::CarrierError;
use tanba_pki::Timestamp;

/// Wait after the first failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(10);
/// Wait at most so long, before chance adds its part.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
/// Chance adds up to one part in so many.
const SPREAD: u64 = 4;
/// While a carrier cannot be reached, it is tried so often; a code must not wait much longer than that once it is back.
const UNREACHABLE_PAUSE: Duration = Duration::from_secs(5);
/// A carrier that asks for more than that is asked again all the same.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    Sent,
    Later {
        next: Timestamp,
        cause: &'static str,
        /// Nobody's message goes before that.
        pause: Option<Pause>,
    },
    Dead {
        cause: &'static str,
        /// Whether there is nobody at the address.
        bounced: bool,
    },
    Dropped(&'static str),
}

/// How long a channel rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause(pub(super) Duration);

/// How long a message is tried (RFC 5321, 4.5.4.1 asks for four to five days; a text message is of today).
const fn life(channel: MessageChannel) -> Duration {
    const DAY: u64 = 24 * 60 * 60;
    match channel {
        MessageChannel::Mail => Duration::from_secs(5 * DAY),
        MessageChannel::Sms => Duration::from_secs(2 * DAY),
    }
}

pub(super) fn of(
    message: &OutboxMessage,
    answer: Result<(), CarrierError>,
    now: Timestamp,
) -> Judgement {
    let Err(error) = answer else {
        return Judgement::Sent;
    };
    let (cause, pause) = match &error {
        CarrierError::Refused(_) => return refuse(message, &error, "refused", false),
        CarrierError::Bounced(_) => return refuse(message, &error, "no such recipient", true),
        CarrierError::Busy { pause, .. } => ("busy", Some(Pause((*pause).min(LONGEST_PAUSE)))),
        CarrierError::Unreachable(_) => ("unreachable", Some(Pause(UNREACHABLE_PAUSE))),
        CarrierError::Later(_) | _ => ("later", None),
    };
    let wait = match (&error, pause) {
        // It says itself when; the message is not at fault.
        (CarrierError::Busy { .. }, Some(Pause(pause))) => pause,
        _ => wait(message.id.0, message.tries),
    };
    let next = now.plus(wait);
    if next >= message.created_at.plus(life(message.to.channel())) {
        return refuse(message, &error, "too old", false);
    }
    let cause_of_log: &dyn std::error::Error = &error;
    tracing::warn!(message = %message.id, tries = message.tries, error = cause_of_log, "a message waits");
    Judgement::Later { next, cause, pause }
}

fn refuse(
    message: &OutboxMessage,
    error: &CarrierError,
    cause: &'static str,
    bounced: bool,
) -> Judgement {
    let cause_of_log: &dyn std::error::Error = error;
    tracing::error!(message = %message.id, kind = message.body.kind(), cause, error = cause_of_log, "a message is a dead letter");
    Judgement::Dead { cause, bounced }
}

/// How long to wait after so many tries that failed before. What adds to it looks like chance but is the same for the same
/// message and try, so that no generator is needed.
fn wait(id: i64, tries: u32) -> Duration {
    let factor = 2u32.checked_pow(tries).unwrap_or(u32::MAX);
    let wait = FIRST_WAIT.saturating_mul(factor).min(LONGEST_WAIT);
    // SplitMix64.
    let mut mixed = id
        .unsigned_abs()
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(u64::from(tries));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let most = wait.as_secs() / SPREAD;
    let part = (mixed ^ (mixed >> 31)) % most.saturating_add(1);
    wait.saturating_add(Duration::from_secs(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_and_spread() {
        for (tries, base) in [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]
            .into_iter()
            .zip(0..)
            .map(|(base, tries)| (tries, base))
        {
            let waits: std::collections::BTreeSet<u64> =
                (1..200).map(|id| wait(id, tries).as_secs()).collect();
            assert!(
                waits
                    .iter()
                    .all(|wait| (base..=base + base / 4).contains(wait))
            );
            assert!(waits.len() > 2, "all at once: {waits:?}");
        }
        assert!(wait(1, u32::MAX) >= LONGEST_WAIT);
        assert_eq!(wait(7, 3), wait(7, 3));
    }
}
