//! The telephone number for short notices: a code to the number, a notice to the confirmed address and to the number of
//! before.
//!
//! No code that confirms an application ever goes to a telephone, so that whoever has a stolen key file gains nothing by
//! a number of his own. He is told of all the same: the notice carries a link that freezes everything and takes the number
//! away again.

use std::time::Duration;

use tanba_crypto::sha256;
use tanba_model::audit::Actor;
use tanba_model::message::MessageBody;
use tanba_model::person::{EarlierPhone, Person};
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
use crate::token::hex;

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
    /// No text messages are sent to numbers of that country; another number helps.
    #[error("no text messages are sent to numbers of that country")]
    Country,
    /// It was changed or removed within the last week; waiting helps.
    #[error("the number was changed a moment ago")]
    Recent,
    /// Too many codes went to the number, were asked for from the network, or were sent altogether; waiting a day helps.
    #[error("no more codes are sent as text messages today")]
    TooMany,
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
            Self::Country => codes::PHONE_COUNTRY,
            Self::Recent => codes::PHONE_RECENT,
            Self::TooMany => codes::TEXTS_PAUSED,
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
    /// Sends a code to a new number of the session's person, as a text message. `network` is where the wish comes from.
    ///
    /// # Errors
    /// [`PhoneChangeError`] by what helps.
    pub fn ask_phone_change(
        &self,
        session: &Session,
        typed: &str,
        network: &str,
        now: Timestamp,
    ) -> Result<PendingPhone, PhoneChangeError> {
        if !self.text_messages {
            return Err(PhoneChangeError::NotOffered);
        }
        let phone = PhoneNumber::parse_typed(typed).map_err(|_| PhoneChangeError::Invalid)?;
        if !self.config.texts().allows(&phone) {
            return Err(PhoneChangeError::Country);
        }
        let mut work = self.storage.begin()?;
        let person = of(work.as_mut(), session)?;
        if person.email.is_none() {
            return Err(PhoneChangeError::NeedsAddress);
        }
        if person.phone.as_ref() == Some(&phone) {
            return Err(PhoneChangeError::Same);
        }
        if person.phone_before(now).is_some() {
            return Err(PhoneChangeError::Recent);
        }
        match may_send(work.as_mut(), Some(person.id), EntryPurpose::Phone, now)? {
            Sending::Allowed => {}
            Sending::TooEarly => return Err(PhoneChangeError::TooEarly),
            Sending::Paused => return Err(PhoneChangeError::Paused),
        }
        self.count_text(work.as_mut(), &phone, network, now)?;
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

    /// Counts a code, whoever asks for it: each costs money, and rings at somebody who may not have asked.
    fn count_text(
        &self,
        work: &mut dyn UnitOfWork,
        phone: &PhoneNumber,
        network: &str,
        now: Timestamp,
    ) -> Result<(), PhoneChangeError> {
        let limits = self.config.texts();
        let day = now.unix().div_euclid(24 * 60 * 60);
        for (what, who, most) in [
            ("text-number", phone.as_str(), limits.codes_per_number_a_day),
            ("text-network", network, limits.codes_per_network_a_day),
            ("text", "", limits.codes_a_day),
        ] {
            let count = work
                .intakes()
                .count_attempt(what, &sha256(who.as_bytes()), day)?;
            if count > most {
                tracing::warn!(
                    limit = what,
                    "no more codes are sent as text messages today"
                );
                return Err(PhoneChangeError::TooMany);
            }
        }
        Ok(())
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

    /// Forgets the number; it is told of that, and where it counted for a week, of everything else for another one.
    ///
    /// # Errors
    /// [`PhoneChangeError::NoneYet`] when there is none, [`PhoneChangeError::Recent`] within a week after another change.
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
    ) -> Result<(), PhoneChangeError> {
        // Asked again here: the code may have waited while another change was made.
        if person.phone_before(now).is_some() {
            return Err(PhoneChangeError::Recent);
        }
        // A number that came a few days ago may be a thief's: the owner who takes it away is not to keep him informed.
        match person
            .phone
            .clone()
            .filter(|_| is_phone_settled(person, now))
        {
            Some(number) => {
                let until = now.plus(GRACE);
                let earlier = EarlierPhone { number, until };
                work.persons()
                    .change_phone(person.id, phone, &earlier, now)?;
            }
            None => work.persons().set_phone(person.id, phone, Some(now))?,
        }
        let action = match phone {
            Some(_) => "person.phone-change",
            None => "person.phone-remove",
        };
        did(person, action).record_telephone(work, person, now)?;
        let subject = phone.map(link_subject).unwrap_or_default();
        let body = MessageBody::PhoneChanged {
            hint: phone.map(PhoneNumber::masked).unwrap_or_default(),
            not_me_path: self.not_me_path(work, person, &subject, now)?,
        };
        if self.text_messages
            && let Some(before) = person.phone.clone()
        {
            send(work, person, before.into(), body.clone(), now)?;
        }
        Ok(notify(work, person, body, now)?)
    }
}

/// For how long the number of before gets notices; as long as the link "it was not me" works. A number that did not count for
/// that long itself gets none.
const GRACE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Whether the telephone number counted for a week, so that its owner had time to hear of it and to disown it. Such a number is
/// told of everything for another week when it is changed or removed, and any other one is not.
#[must_use]
pub fn is_phone_settled(person: &Person, now: Timestamp) -> bool {
    person
        .phone_since
        .is_none_or(|since| since.plus(GRACE) <= now)
}

/// What a link "it was not me" is about when it disowns a number; no number of an application looks so. Stored.
const LINK_SUBJECT: &str = "phone:";

/// The subject of a link that disowns this number: a digest, for the link need only know the number again.
fn link_subject(number: &PhoneNumber) -> String {
    format!("{LINK_SUBJECT}{}", hex(&sha256(number.as_str().as_bytes())))
}

/// The number that a link disowns, if its subject says so; see [`Disowned::is`].
pub(crate) fn disowned(subject: &str) -> Option<Disowned> {
    subject
        .starts_with(LINK_SUBJECT)
        .then(|| Disowned(subject.to_owned()))
}

/// A number of which somebody says that it is not hers.
pub(crate) struct Disowned(String);

impl Disowned {
    fn is(&self, number: &PhoneNumber) -> bool {
        link_subject(number) == self.0
    }
}

/// What the link of a notice does to the telephone; see [`righted`].
pub(crate) enum Righted {
    /// The number of before counts again.
    Back(PhoneNumber),
    /// A number counts no more.
    Removed {
        /// That one.
        gone: PhoneNumber,
        /// The one that stays.
        left: Option<PhoneNumber>,
    },
}

/// What the link of a notice does to the telephone: a number of before that still counts is the number again. Otherwise the
/// number stays, unless the link disowns it or it was confirmed within the last week, when whoever is disowned could have done
/// it. `None`: nothing. The page of the link says it before, so both ask here.
pub(crate) fn righted(
    person: &Person,
    disowned: Option<&Disowned>,
    now: Timestamp,
) -> Option<Righted> {
    let is_hers = |number: &PhoneNumber| !disowned.is_some_and(|disowned| disowned.is(number));
    let stays = |number: &PhoneNumber| is_hers(number) && is_phone_settled(person, now);
    let before = person.phone_before(now);
    if let Some(number) = before.filter(|number| is_hers(number)) {
        return Some(Righted::Back(number.clone()));
    }
    let (left, gone) = match &person.phone {
        Some(number) if stays(number) => (Some(number), before),
        Some(number) => (None, Some(number)),
        None => (None, before),
    };
    Some(Righted::Removed {
        gone: gone?.clone(),
        left: left.cloned(),
    })
}

/// Does it. What is taken away gets no notice any more, not even of the freeze. The person as she is then.
pub(crate) fn put_phone_right(
    work: &mut dyn UnitOfWork,
    mut person: Person,
    disowned: Option<&Disowned>,
    now: Timestamp,
) -> Result<Person, StorageError> {
    let (number, action) = match righted(&person, disowned, now) {
        None => return Ok(person),
        Some(Righted::Back(before)) => (Some(before), "person.phone-back"),
        Some(Righted::Removed { left, .. }) => (left, "person.phone-remove"),
    };
    work.persons().set_phone(person.id, number.as_ref(), None)?;
    let evidence = Evidence {
        actor: Actor::LinkHolder(person.id),
        action,
        object: person_object(person.id),
        detail: codes::NOT_ME,
    };
    evidence.record_telephone(work, &person, now)?;
    person.phone = number;
    person.phone_since = None;
    person.earlier_phone = None;
    Ok(person)
}
