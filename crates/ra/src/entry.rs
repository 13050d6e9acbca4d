//! Codes that are sent to a person: asked for, sent, answered.
//!
//! Whoever asks learns nothing: an IIN that nobody has, a person without a confirmed address and one whose codes are paused
//! get the same answer after the same work, and an entry whose code nobody knows.

mod keyless;

use std::time::Duration;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use tanba_crypto::sha256;
use tanba_model::id::PersonId;
use tanba_model::ports::{Entry, EntryPurpose, NewEntry, StorageError, UnitOfWork};
use tanba_pki::Timestamp;

pub use keyless::EntryError;

use crate::RegistrationAuthority;
use crate::limits::WINDOW;
use crate::second_factor::draw_code;

/// Minutes for which a code is accepted.
pub(crate) const LIFE_MINUTES: u32 = 10;
/// Wrong answers to one code.
const TRIES: u32 = 5;
/// Wrong answers of one person for one purpose in a day; after that no answer is right. Does not count without a key, where
/// anybody can give wrong answers: there the tries of a code and the codes of a day bound the guessing.
const TRIES_A_DAY: u32 = 10;
/// Codes sent to one person for one purpose in a day.
const SENDS_A_DAY: u32 = 10;
/// After those, how long without a key until another one is sent. Whoever stole a key can take these for himself by asking
/// in its owner's name; what she keeps then is the link in each of these mails, which freezes everything without a code.
const SLOW_PAUSE: Duration = Duration::from_secs(60 * 60);
/// How long to wait before another code is sent to the same person.
const PAUSE: Duration = Duration::from_secs(60);

/// The verdict on an answer.
pub(crate) enum Verdict {
    /// It is right, and the code used up.
    Right(Entry),
    /// It is wrong, or the code's time is over, or it was answered too often.
    Wrong {
        /// Tries left.
        tries_left: u32,
    },
    /// Not six digits; no try was taken.
    Malformed,
}

/// Whether a code may be sent to a person now: not twice in a minute, and not too often in a day.
pub(crate) enum Sending {
    Allowed,
    /// One was sent a moment ago.
    TooEarly,
    /// Too many were sent or answered wrongly.
    Paused,
}

/// Judges whether a code may be sent. Takes the same steps for a person that is not there.
pub(crate) fn may_send(
    work: &mut dyn UnitOfWork,
    person: Option<PersonId>,
    purpose: EntryPurpose,
    now: Timestamp,
) -> Result<Sending, StorageError> {
    let asked = person.unwrap_or(PersonId(0));
    let count = work.entries().recent(asked, purpose, now.minus(WINDOW))?;
    let is_anybody = purpose == EntryPurpose::Revocation;
    let rests = |pause| count.sent_at.is_some_and(|at| now < at.plus(pause));
    if count.sent >= SENDS_A_DAY && (!is_anybody || rests(SLOW_PAUSE))
        || count.wrong >= TRIES_A_DAY && !is_anybody
    {
        return Ok(Sending::Paused);
    }
    if rests(PAUSE) {
        return Ok(Sending::TooEarly);
    }
    Ok(Sending::Allowed)
}

impl RegistrationAuthority {
    /// Remembers a code for whoever holds the secret `flow`; returns the code, to be sent or to be forgotten.
    pub(crate) fn set_entry(
        &self,
        work: &mut dyn UnitOfWork,
        flow: &[u8; 32],
        purpose: EntryPurpose,
        person: Option<PersonId>,
        subject: &str,
        now: Timestamp,
    ) -> Result<String, StorageError> {
        let mut source = self.random();
        let random: &mut dyn CryptoRng = &mut source;
        let code = draw_code(random);
        let mut salt = [0u8; 16];
        random.fill_bytes(&mut salt);
        let entry = NewEntry {
            flow_sha256: *flow,
            purpose,
            person,
            subject: subject.to_owned(),
            digest: digest(&salt, flow, &code),
            salt,
            expires_at: now.plus(Duration::from_secs(u64::from(LIFE_MINUTES) * 60)),
            tries_left: TRIES,
            sent: person.is_some(),
        };
        work.entries().insert(&entry, now)?;
        Ok(code)
    }
}

/// Judges an answer and counts it; what is decided becomes durable with the unit of work, before anybody is told.
pub(crate) fn answer(
    work: &mut dyn UnitOfWork,
    flow: &[u8; 32],
    purpose: EntryPurpose,
    typed: &str,
    now: Timestamp,
) -> Result<Verdict, StorageError> {
    let typed: String = typed
        .chars()
        .filter(|character| !character.is_whitespace())
        .collect();
    if typed.len() != 6 || !typed.bytes().all(|octet| octet.is_ascii_digit()) {
        return Ok(Verdict::Malformed);
    }
    let Some(entry) = work.entries().newest(purpose, flow)? else {
        return Ok(Verdict::Wrong { tries_left: 0 });
    };
    let asked = entry.person.unwrap_or(PersonId(0));
    let count = work.entries().recent(asked, purpose, now.minus(WINDOW))?;
    if entry.tries_left == 0 {
        return Ok(Verdict::Wrong { tries_left: 0 });
    }
    let tries_left = work.entries().take_try(entry.id)?;
    let right: bool = digest(&entry.salt, flow, &typed)
        .ct_eq(&entry.digest)
        .into();
    let tired = count.wrong >= TRIES_A_DAY && purpose != EntryPurpose::Revocation;
    let counts = entry.person.is_some() && now < entry.expires_at && !tired;
    if right && counts {
        work.entries().close(entry.id)?;
        return Ok(Verdict::Right(entry));
    }
    Ok(Verdict::Wrong { tries_left })
}

/// SHA-256 of salt, flow and code: a code is worth nothing in another flow.
fn digest(salt: &[u8; 16], flow: &[u8; 32], code: &str) -> [u8; 32] {
    sha256(&[salt.as_slice(), flow.as_slice(), code.as_bytes()].concat())
}
