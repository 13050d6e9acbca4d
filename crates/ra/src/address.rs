//! Changing the confirmed e-mail address oneself: a code to the new one, a notice to both, and a week in which the one of
//! before still counts.
//!
//! Whoever has a stolen key file can sign in and read a code from a mailbox of his own. What he gains by that must not be a
//! renewal: until the week is over, codes that confirm applications still go to the address of before, whose owner is told
//! at once and takes everything back with one button.

use std::time::Duration;

use tanba_model::audit::facts::Fact;
use tanba_model::message::MessageBody;
use tanba_model::person::{EarlierEmail, EmailAddress, Person};
use tanba_model::ports::{EntryPurpose, Session, StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::codes;
use crate::entry::{LIFE_MINUTES, Sending, Verdict, answer, may_send};
use crate::error::{StepError, Unavailable};
use crate::notify::{notify, send_to};
use crate::own_record::{did, expiry, flow, of};

/// For how long the address of before counts; as long as the link "it was not me" works.
pub(crate) const GRACE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Why an address was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmailChangeError {
    /// It is no address; correcting it helps.
    #[error("the e-mail address is not one")]
    Invalid,
    /// It is the confirmed one already; there is nothing to do.
    #[error("the e-mail address is confirmed already")]
    Same,
    /// There is no confirmed address to be changed; only a registration centre helps, else a stolen key file would be enough
    /// to confirm the first one.
    #[error("there is no confirmed address")]
    NoneYet,
    /// It was changed within the last week; waiting helps.
    #[error("the address was changed a moment ago")]
    Recent,
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
    #[error("the address was not changed")]
    Step(#[from] StepError),
}

impl EmailChangeError {
    /// The machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid => codes::ADDRESS_INVALID,
            Self::Same => codes::ADDRESS_SAME,
            Self::NoneYet => codes::ADDRESS_NONE_YET,
            Self::Recent => codes::ADDRESS_RECENT,
            Self::TooEarly => codes::RESEND_TOO_EARLY,
            Self::Paused => codes::CODES_PAUSED,
            Self::Wrong { .. } => codes::ENTRY_CODE_WRONG,
            Self::NoTriesLeft => codes::ENTRY_CODE_SPENT,
            Self::Malformed => codes::CODE_MALFORMED,
            Self::Step(error) => error.code(),
        }
    }
}

impl From<StorageError> for EmailChangeError {
    fn from(error: StorageError) -> Self {
        Self::Step(StepError::Storage(error))
    }
}

/// An address that waits for its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingAddress {
    /// The address, as it was typed.
    pub address: EmailAddress,
    /// When the code stops being accepted.
    pub expires_at: Timestamp,
}

impl RegistrationAuthority {
    /// Sends a code to a new address of the session's person.
    ///
    /// # Errors
    /// [`EmailChangeError`] by what helps.
    pub fn ask_email_change(
        &self,
        session: &Session,
        typed: &str,
        now: Timestamp,
    ) -> Result<PendingAddress, EmailChangeError> {
        let address = EmailAddress::parse(typed).map_err(|_| EmailChangeError::Invalid)?;
        let mut work = self.storage.begin()?;
        let person = of(work.as_mut(), session)?;
        let Some(confirmed) = &person.email else {
            return Err(EmailChangeError::NoneYet);
        };
        if *confirmed == address {
            return Err(EmailChangeError::Same);
        }
        if person.earlier(now).is_some() {
            return Err(EmailChangeError::Recent);
        }
        match may_send(work.as_mut(), Some(person.id), EntryPurpose::Email, now)? {
            Sending::Allowed => {}
            Sending::TooEarly => return Err(EmailChangeError::TooEarly),
            Sending::Paused => return Err(EmailChangeError::Paused),
        }
        let code = self.set_entry(
            work.as_mut(),
            &flow(session, b"email"),
            EntryPurpose::Email,
            Some(person.id),
            address.as_str(),
            now,
        )?;
        let body = MessageBody::EmailChangeCode {
            code,
            minutes: LIFE_MINUTES,
        };
        send_to(work.as_mut(), &person, address.clone(), &body, now)?;
        did(&person, "person.email-ask").record(work.as_mut(), now)?;
        work.commit()?;
        Ok(PendingAddress {
            address,
            expires_at: expiry(now),
        })
    }

    /// The address for which this session waits for a code.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn pending_email(
        &self,
        session: &Session,
        now: Timestamp,
    ) -> Result<Option<PendingAddress>, Unavailable> {
        let waits = self.open_entry(&flow(session, b"email"), EntryPurpose::Email, now)?;
        Ok(waits.and_then(|entry| {
            Some(PendingAddress {
                address: EmailAddress::parse(&entry.subject).ok()?,
                expires_at: entry.expires_at,
            })
        }))
    }

    /// Makes the address for which this session asked the confirmed one, by the code that went there. Until when the
    /// address of before counts is returned.
    ///
    /// # Errors
    /// [`EmailChangeError`] by what helps.
    pub fn confirm_email_change(
        &self,
        session: &Session,
        code: &str,
        now: Timestamp,
    ) -> Result<Timestamp, EmailChangeError> {
        let mut work = self.storage.begin()?;
        let person = of(work.as_mut(), session)?;
        let verdict = answer(
            work.as_mut(),
            &flow(session, b"email"),
            EntryPurpose::Email,
            code,
            now,
        )?;
        let refused = match verdict {
            Verdict::Right(entry) => {
                let address =
                    EmailAddress::parse(&entry.subject).map_err(|_| EmailChangeError::Invalid)?;
                let until = self.change_address(work.as_mut(), &person, &address, now)?;
                work.commit()?;
                tracing::info!(person = %person.id, "the confirmed address was changed");
                return Ok(until);
            }
            Verdict::Malformed => return Err(EmailChangeError::Malformed),
            Verdict::Wrong { tries_left: 0 } => EmailChangeError::NoTriesLeft,
            Verdict::Wrong { tries_left } => EmailChangeError::Wrong { tries_left },
        };
        work.commit()?;
        Err(refused)
    }

    fn change_address(
        &self,
        work: &mut dyn UnitOfWork,
        person: &Person,
        address: &EmailAddress,
        now: Timestamp,
    ) -> Result<Timestamp, EmailChangeError> {
        let earlier = EarlierEmail {
            address: person.email.clone().ok_or(EmailChangeError::NoneYet)?,
            until: now.plus(GRACE),
        };
        // Asked again here: the code may have waited while another change was made.
        if person.earlier(now).is_some() {
            return Err(EmailChangeError::Recent);
        }
        let until = earlier.until;
        self.move_address(work, person, (address, earlier), false, now)?;
        did(person, "person.email-change").record_facts(work, person.id, &[Fact::Address], now)?;
        Ok(until)
    }
}

impl RegistrationAuthority {
    /// Makes an address the confirmed one because an operator saw its owner. For as long as after a change of her own the
    /// one of before goes on counting, both are told, and its owner takes everything back with one button: whoever shows a
    /// stranger's document at a counter must not gain a renewal either. Returns the person as she is now; where she had no
    /// address before, nobody was told.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    pub(crate) fn replace_address(
        &self,
        work: &mut dyn UnitOfWork,
        person: &Person,
        address: &EmailAddress,
        now: Timestamp,
    ) -> Result<Person, StorageError> {
        // Where an earlier one still counts it goes on counting: the one after it may be a thief's.
        if let Some(before) = person.code_address(now).cloned() {
            let earlier = EarlierEmail {
                address: before,
                until: now.plus(GRACE),
            };
            return self.move_address(work, person, (address, earlier), true, now);
        }
        work.persons().set_email(person.id, Some(address))?;
        Ok(Person {
            email: Some(address.clone()),
            ..person.clone()
        })
    }

    /// Makes an address the confirmed one, while another counts for a week yet; whoever reads any of them is told, the one
    /// that was confirmed until now as well where it is a third.
    fn move_address(
        &self,
        work: &mut dyn UnitOfWork,
        person: &Person,
        (address, earlier): (&EmailAddress, EarlierEmail),
        at_desk: bool,
        now: Timestamp,
    ) -> Result<Person, StorageError> {
        let until = earlier.until;
        let replaced = person
            .email
            .clone()
            .filter(|replaced| *replaced != earlier.address);
        work.persons().change_email(person.id, address, &earlier)?;
        let moved = Person {
            email: Some(address.clone()),
            earlier_email: Some(earlier),
            ..person.clone()
        };
        let body = MessageBody::AddressChanged {
            hint: address.masked(),
            until,
            not_me_path: self.not_me_path(work, &moved, "", now)?,
            at_desk,
        };
        if let Some(replaced) = replaced {
            send_to(work, &moved, replaced, &body, now)?;
        }
        notify(work, &moved, body, now)?;
        Ok(moved)
    }
}
