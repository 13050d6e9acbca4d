//! The telephone number for short notices: a code to the number, a notice to the confirmed address and to the number of
//! before.
//!
//! No code that confirms an application ever goes to a telephone, so that whoever has a stolen key file gains nothing by
//! a number of his own. He is told of all the same: the notice carries a link that freezes everything and takes the number
//! away again.

use tanba_model::audit::Actor;
use tanba_model::message::MessageBody;
use tanba_model::person::Person;
use tanba_model::phone::PhoneNumber;
use tanba_model::ports::{EntryPurpose, Session, StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::codes;
use crate::entry::{LIFE_MINUTES, Sending, Verdict, answer, may_send};
use crate::error::{StepError, Unavailable};
use crate::evidence::{Evidence, person_object};
use crate::notify::{notify, send};
use crate::own_record::{did, expiry, flow, of};

/// Why a number was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PhoneChangeError {
    /// No gateway for text messages is configured; only a configuration helps.
    #[error("text messages are not sent here")]
    NotOffered,
    /// It is no number in international form; correcting it helps.
    #[error("the telephone number is not one")]
    Invalid,
    /// It is the confirmed one already; there is nothing to do.
    #[error("the telephone number is confirmed already")]
    Same,
    /// There is no confirmed address that could be told of the change; a registration centre confirms one.
    #[error("there is no confirmed address to be told")]
    NeedsAddress,
    /// There is no number that could be removed.
    #[error("there is no telephone number")]
    NoneYet,
    /// A code was sent a moment ago; waiting a minute helps.
    #[error("a code was sent a moment ago")]
    TooEarly,
    /// Too many codes were sent or answered wrongly; waiting a day helps.
    #[error("codes are paused")]
    Paused,
    /// The code is wrong, or its time is over; typing the newest one, or asking again, helps.
    #[error("the code is wrong or its time is over")]
    Wrong {
        /// Tries left.
        tries_left: u32,
    },
    /// No tries are left; asking for another code helps.
    #[error("no tries are left")]
    NoTriesLeft,
    /// Not six digits; no try was taken.
    #[error("it is not a code")]
    Malformed,
    /// What can go wrong in every step.
    #[error("the number was not changed")]
    Step(#[from] StepError),
}

impl PhoneChangeError {
    /// The machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotOffered => codes::PHONE_NOT_OFFERED,
            Self::Invalid => codes::PHONE_INVALID,
            Self::Same => codes::PHONE_SAME,
            Self::NeedsAddress => codes::PHONE_NEEDS_ADDRESS,
            Self::NoneYet => codes::PHONE_NONE_YET,
            Self::TooEarly => codes::RESEND_TOO_EARLY,
            Self::Paused => codes::CODES_PAUSED,
            Self::Wrong { .. } => codes::ENTRY_CODE_WRONG,
            Self::NoTriesLeft => codes::ENTRY_CODE_SPENT,
            Self::Malformed => codes::CODE_MALFORMED,
            Self::Step(error) => error.code(),
        }
    }
}

impl From<StorageError> for PhoneChangeError {
    fn from(error: StorageError) -> Self {
        Self::Step(StepError::Storage(error))
    }
}

/// A number that waits for its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingPhone {
    /// The number.
    pub phone: PhoneNumber,
    /// When the code stops being accepted.
    pub expires_at: Timestamp,
}

impl RegistrationAuthority {
    /// Sends a code to a new number of the session's person, as a text message.
    ///
    /// # Errors
    /// [`PhoneChangeError`] by what helps.
    pub fn ask_phone_change(
        &self,
        session: &Session,
        typed: &str,
        now: Timestamp,
    ) -> Result<PendingPhone, PhoneChangeError> {
        if !self.text_messages {
            return Err(PhoneChangeError::NotOffered);
        }
        let phone = PhoneNumber::parse(typed).map_err(|_| PhoneChangeError::Invalid)?;
        let mut work = self.storage.begin()?;
        let person = of(work.as_mut(), session)?;
        if person.email.is_none() {
            return Err(PhoneChangeError::NeedsAddress);
        }
        if person.phone.as_ref() == Some(&phone) {
            return Err(PhoneChangeError::Same);
        }
        match may_send(work.as_mut(), Some(person.id), EntryPurpose::Phone, now)? {
            Sending::Allowed => {}
            Sending::TooEarly => return Err(PhoneChangeError::TooEarly),
            Sending::Paused => return Err(PhoneChangeError::Paused),
        }
        let code = self.set_entry(
            work.as_mut(),
            &flow(session, b"phone"),
            EntryPurpose::Phone,
            Some(person.id),
            phone.as_str(),
            now,
        )?;
        let body = MessageBody::PhoneChangeCode {
            code,
            minutes: LIFE_MINUTES,
        };
        send(work.as_mut(), &person, phone.clone().into(), body, now)?;
        did(&person, "person.phone-ask").record(work.as_mut(), now)?;
        work.commit()?;
        Ok(PendingPhone {
            phone,
            expires_at: expiry(now),
        })
    }

    /// The number for which this session waits for a code.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn pending_phone(
        &self,
        session: &Session,
        now: Timestamp,
    ) -> Result<Option<PendingPhone>, Unavailable> {
        let waits = self.open_entry(&flow(session, b"phone"), EntryPurpose::Phone, now)?;
        Ok(waits.and_then(|entry| {
            Some(PendingPhone {
                phone: PhoneNumber::parse(&entry.subject).ok()?,
                expires_at: entry.expires_at,
            })
        }))
    }

    /// Makes the number for which this session asked the confirmed one, by the code that went there.
    ///
    /// # Errors
    /// [`PhoneChangeError`] by what helps.
    pub fn confirm_phone_change(
        &self,
        session: &Session,
        code: &str,
        now: Timestamp,
    ) -> Result<(), PhoneChangeError> {
        let mut work = self.storage.begin()?;
        let person = of(work.as_mut(), session)?;
        let verdict = answer(
            work.as_mut(),
            &flow(session, b"phone"),
            EntryPurpose::Phone,
            code,
            now,
        )?;
        let refused = match verdict {
            Verdict::Right(entry) => {
                let phone =
                    PhoneNumber::parse(&entry.subject).map_err(|_| PhoneChangeError::Invalid)?;
                self.change_phone(work.as_mut(), &person, Some(&phone), now)?;
                work.commit()?;
                tracing::info!(person = %person.id, "the telephone number was changed");
                return Ok(());
            }
            Verdict::Malformed => return Err(PhoneChangeError::Malformed),
            Verdict::Wrong { tries_left: 0 } => PhoneChangeError::NoTriesLeft,
            Verdict::Wrong { tries_left } => PhoneChangeError::Wrong { tries_left },
        };
        work.commit()?;
        Err(refused)
    }

    /// Forgets the number; it is told of that once more.
    ///
    /// # Errors
    /// [`PhoneChangeError::NoneYet`] when there is none.
    pub fn remove_phone(&self, session: &Session, now: Timestamp) -> Result<(), PhoneChangeError> {
        let mut work = self.storage.begin()?;
        let person = of(work.as_mut(), session)?;
        if person.phone.is_none() {
            return Err(PhoneChangeError::NoneYet);
        }
        self.change_phone(work.as_mut(), &person, None, now)?;
        work.commit()?;
        tracing::info!(person = %person.id, "the telephone number was removed");
        Ok(())
    }

    /// Replaces the number, and tells the confirmed address and the number of before.
    fn change_phone(
        &self,
        work: &mut dyn UnitOfWork,
        person: &Person,
        phone: Option<&PhoneNumber>,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        work.persons().set_phone(person.id, phone)?;
        let action = match phone {
            Some(_) => "person.phone-change",
            None => "person.phone-remove",
        };
        did(person, action).record(work, now)?;
        let subject = if phone.is_some() { LINK_SUBJECT } else { "" };
        let body = MessageBody::PhoneChanged {
            hint: phone.map(PhoneNumber::masked).unwrap_or_default(),
            not_me_path: self.not_me_path(work, person, subject, now)?,
        };
        if self.text_messages
            && let Some(before) = person.phone.clone()
        {
            send(work, person, before.into(), body.clone(), now)?;
        }
        notify(work, person, body, now)
    }
}

/// What a link "it was not me" is about when it takes a number away; no number of an application looks so. Stored.
pub(crate) const LINK_SUBJECT: &str = "phone";

/// Whoever says "it was not me" to a new number did not give it: it is forgotten.
pub(crate) fn take_phone_away(
    work: &mut dyn UnitOfWork,
    mut person: Person,
    now: Timestamp,
) -> Result<Person, StorageError> {
    if person.phone.take().is_none() {
        return Ok(person);
    }
    work.persons().set_phone(person.id, None)?;
    let evidence = Evidence {
        actor: Actor::LinkHolder(person.id),
        action: "person.phone-remove",
        object: person_object(person.id),
        detail: codes::NOT_ME,
    };
    evidence.record(work, now)?;
    Ok(person)
}
