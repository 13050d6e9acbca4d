//! Reminders before certificates end: 30 days, 14, 7; one mail for all of a person's certificates that end together.

use std::time::Duration;

use tanba_model::certificate::CertificateRecord;
use tanba_model::id::CertificateId;
use tanba_model::message::MessageBody;
use tanba_model::ports::{StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::error::Unavailable;
use crate::notify::notify;

/// Days before the end at which is reminded, and those at which the next reminder takes over.
const THRESHOLDS: [(u32, u32); 3] = [(7, 0), (14, 7), (30, 14)];
/// Certificates of one unit of work.
const BATCH: u32 = 200;
/// Certificates of a person that are looked through.
const ALL: u32 = 10_000;

/// What became of certificates in a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reminded {
    /// Mails that were put into the outbox.
    pub mails: u64,
    /// Certificates that they name.
    pub certificates: u64,
}

impl RegistrationAuthority {
    /// Reminds everybody whose certificates end within 30 days, 14 or 7, once for each certificate and threshold.
    ///
    /// A round that is broken off goes on where it was with the next one: what a mail names is marked in the unit of
    /// work that puts the mail into the outbox. After a pause only the most urgent reminder of a certificate is sent.
    /// Nobody is reminded who asked for it, is frozen, has no confirmed address, or has a newer certificate for the same
    /// purpose in the same keystore already.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer; what was put into the outbox before that stays there.
    pub fn remind(&self, now: Timestamp) -> Result<Reminded, Unavailable> {
        let mut reminded = Reminded::default();
        for (days, next) in THRESHOLDS {
            let until = now.plus(length(days));
            let mut after = (now.plus(length(next)), None);
            loop {
                let mut work = self.storage.begin()?;
                let batch = work
                    .certificates()
                    .ending(after.0, after.1, until, days, BATCH)?;
                let Some(last) = batch.last() else {
                    break;
                };
                after = (last.not_after, Some(last.id));
                for record in &batch {
                    let certificates = remind_of(work.as_mut(), record, days, now)?;
                    if certificates > 0 {
                        reminded.mails = reminded.mails.saturating_add(1);
                        reminded.certificates = reminded.certificates.saturating_add(certificates);
                    }
                }
                work.commit()?;
            }
        }
        Ok(reminded)
    }
}

const fn length(days: u32) -> Duration {
    // Widening.
    #[expect(clippy::as_conversions, reason = "`From` is not const")]
    Duration::from_secs(days as u64 * 24 * 60 * 60)
}

/// Puts a mail into the outbox for the owner of a certificate, about everything of hers that is due with it; how many
/// certificates it names.
fn remind_of(
    work: &mut dyn UnitOfWork,
    record: &CertificateRecord,
    days: u32,
    now: Timestamp,
) -> Result<u64, StorageError> {
    let Some(person) = record.person else {
        return Ok(0);
    };
    let Some(person) = work.persons().find(person)? else {
        return Ok(0);
    };
    if !person.reminders || person.frozen_at.is_some() || person.email.is_none() {
        return Ok(0);
    }
    let mut valid = work.certificates().of_person(person.id, ALL)?;
    valid.retain(|other| other.status.is_valid());
    let until = now.plus(length(days));
    let mut serials = Vec::new();
    let mut ends = record.not_after;
    for due in &valid {
        if due.not_after <= now || due.not_after > until || is_replaced(due, &valid) {
            continue;
        }
        if mark(work, due.id, days, now)? {
            serials.push(due.serial.hex());
            ends = ends.min(due.not_after);
        }
    }
    let count = u64::try_from(serials.len()).unwrap_or(u64::MAX);
    if count > 0 {
        notify(work, &person, MessageBody::Reminder { serials, ends }, now)?;
    }
    Ok(count)
}

/// Whether there is a certificate for the same purpose in the same keystore that ends later.
fn is_replaced(record: &CertificateRecord, valid: &[CertificateRecord]) -> bool {
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
