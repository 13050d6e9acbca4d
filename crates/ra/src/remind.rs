//! Reminders before certificates end: 30 days, 14, 7 by mail and 10 by text message; one message for all of a person's
//! certificates that end together.

use std::time::Duration;

use tanba_crypto::Secret;
use tanba_model::certificate::Ending;
use tanba_model::id::CertificateId;
use tanba_model::message::{MessageBody, MessageChannel, Recipient};
use tanba_model::person::Person;
use tanba_model::ports::{StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::error::Unavailable;
use crate::notify::send;
use crate::unsubscribe;

/// One reminder of a certificate.
#[derive(Clone, Copy, Debug)]
struct Threshold {
    channel: MessageChannel,
    /// Before the end.
    days: u32,
    /// When the next one of the same channel takes over.
    next: u32,
}

/// The most urgent first: after a pause that is the one to send.
const THRESHOLDS: [Threshold; 4] = [
    threshold(MessageChannel::Mail, 7, 0),
    threshold(MessageChannel::Mail, 14, 7),
    threshold(MessageChannel::Mail, 30, 14),
    threshold(MessageChannel::Sms, 10, 0),
];
/// Certificates of one unit of work: others write between two of them, a tenth of a second apart. Each unit costs a durable
/// commit and writes again whatever page of an index an earlier one wrote.
const BATCH: u32 = 2000;
/// Certificates of a person that are looked through.
const ALL: u32 = 10_000;

const fn threshold(channel: MessageChannel, days: u32, next: u32) -> Threshold {
    Threshold {
        channel,
        days,
        next,
    }
}

/// What became of certificates in a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reminded {
    /// Messages that were put into the outbox.
    pub mails: u64,
    /// Certificates that they name.
    pub certificates: u64,
}

/// How far a round of reminders is. Losing it loses time only: what was reminded of is marked.
#[derive(Clone, Debug)]
pub struct ReminderRound {
    now: Timestamp,
    left: Vec<Threshold>,
    after: Option<(Timestamp, CertificateId)>,
    reminded: Reminded,
}

impl ReminderRound {
    /// A round over everything that ends within 30 days of `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        let mut left = THRESHOLDS.to_vec();
        left.reverse();
        Self {
            now,
            left,
            after: None,
            reminded: Reminded::default(),
        }
    }

    /// What became of certificates so far.
    #[must_use]
    pub const fn reminded(&self) -> Reminded {
        self.reminded
    }
}

impl RegistrationAuthority {
    /// Reminds everybody whose certificates end within 30 days, 14, 10 or 7, once for each certificate and threshold.
    ///
    /// A round that is broken off goes on where it was with the next one: what a message names is marked in the unit of
    /// work that puts the message into the outbox. After a pause only the most urgent reminder of a certificate is sent.
    /// Nobody is reminded who asked for it, is frozen, cannot be reached on that channel, or has a newer certificate for the
    /// same purpose in the same keystore already.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer; what was put into the outbox before that stays there.
    pub fn remind(&self, now: Timestamp) -> Result<Reminded, Unavailable> {
        let mut round = ReminderRound::new(now);
        while self.remind_some(&mut round)? {}
        Ok(round.reminded)
    }

    /// One unit of work of a round; whether there is more. Whoever calls lets others write between two calls.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer; what was put into the outbox before that stays there.
    pub fn remind_some(&self, round: &mut ReminderRound) -> Result<bool, Unavailable> {
        let Some(threshold) = round.left.last().copied() else {
            return Ok(false);
        };
        let now = round.now;
        let until = now.plus(length(threshold.days));
        let (after, record) = match round.after {
            Some((at, id)) => (at, Some(id)),
            None => (now.plus(length(threshold.next)), None),
        };
        let mut work = self.storage.begin()?;
        let days = threshold.days;
        let batch = work
            .certificates()
            .ending(after, record, until, days, BATCH)?;
        let Some(last) = batch.last() else {
            round.left.pop();
            round.after = None;
            return Ok(!round.left.is_empty());
        };
        let key = self.unsubscribe_key(work.as_mut())?;
        let mut reminded = round.reminded;
        for ending in &batch {
            let certificates = remind_of(work.as_mut(), ending, threshold, &key, now)?;
            if certificates > 0 {
                reminded.mails = reminded.mails.saturating_add(1);
                reminded.certificates = reminded.certificates.saturating_add(certificates);
            }
        }
        work.commit()?;
        round.after = Some((last.not_after, last.id));
        round.reminded = reminded;
        Ok(true)
    }
}

const fn length(days: u32) -> Duration {
    // Widening.
    #[expect(clippy::as_conversions, reason = "`From` is not const")]
    Duration::from_secs(days as u64 * 24 * 60 * 60)
}

/// Where a reminder goes, if this person wants one there.
fn recipient(person: &Person, channel: MessageChannel) -> Option<Recipient> {
    if !person.reminders || person.frozen_at.is_some() {
        return None;
    }
    match channel {
        MessageChannel::Mail => person.email.clone().map(Recipient::Mail),
        MessageChannel::Sms => person.phone.clone().map(Recipient::Sms),
    }
}

/// Puts a message into the outbox for the owner of a certificate, about everything of hers that is due with it; how many
/// certificates it names.
fn remind_of(
    work: &mut dyn UnitOfWork,
    ending: &Ending,
    threshold: Threshold,
    key: &Secret,
    now: Timestamp,
) -> Result<u64, StorageError> {
    let Some(person) = work.persons().find(ending.person)? else {
        return Ok(0);
    };
    let Some(to) = recipient(&person, threshold.channel) else {
        return Ok(0);
    };
    let valid = work.certificates().valid_of_person(person.id, ALL)?;
    let until = now.plus(length(threshold.days));
    let mut serials = Vec::new();
    let mut ends = ending.not_after;
    for due in &valid {
        if due.not_after <= now || due.not_after > until || is_replaced(due, &valid) {
            continue;
        }
        if mark(work, due.id, threshold.days, now)? {
            serials.push(due.serial.hex());
            ends = ends.min(due.not_after);
        }
    }
    let count = u64::try_from(serials.len()).unwrap_or(u64::MAX);
    if count > 0 {
        let body = MessageBody::Reminder {
            serials,
            ends,
            unsubscribe_path: unsubscribe::path(key, person.id),
        };
        send(work, &person, to, body, now)?;
    }
    Ok(count)
}

/// Whether there is a certificate for the same purpose in the same keystore that ends later.
fn is_replaced(record: &Ending, valid: &[Ending]) -> bool {
    valid.iter().any(|other| {
        other.purpose == record.purpose
            && other.keystore == record.keystore
            && other.not_after > record.not_after
    })
}

/// Marks a certificate as reminded of; whether it was not before.
fn mark(
    work: &mut dyn UnitOfWork,
    id: CertificateId,
    days: u32,
    now: Timestamp,
) -> Result<bool, StorageError> {
    match work.certificates().mark_reminded(id, days, now) {
        Ok(()) => Ok(true),
        Err(StorageError::Conflict) => Ok(false),
        Err(error) => Err(error),
    }
}
