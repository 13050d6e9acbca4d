//! The applicant's address, confirmed by a code.

use std::time::Duration;

use subtle::ConstantTimeEq as _;
use tanba_crypto::sha256;
use tanba_model::intake::{AddressCheck, Intake};
use tanba_model::message::MessageBody;
use tanba_model::person::EmailAddress;
use tanba_model::ports::{ApplicantMessage, StorageError};
use tanba_pki::{Timestamp, hex as digits};

use super::calendar::{day, end_of_day};
use super::step::{FirstError, FirstStep, evidence, open, require, who};
use crate::RegistrationAuthority;
use crate::codes;
use crate::error::StepError;
use crate::second_factor::{CODE_LIFE_MINUTES, draw_code};
use crate::token::{FirstSecret, hex};

/// How long to wait before another code can be asked for.
const PAUSE: Duration = Duration::from_secs(60);
/// Wrong codes for one address; then another address or another day is needed.
const TRIES: u32 = 5;

/// Why an address or its code was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Not an address; correcting it helps.
    #[error("not an e-mail address")]
    Email,
    /// The last code was sent a moment ago; waiting helps.
    #[error("the last code was sent a moment ago")]
    TooEarly {
        /// Until when.
        until: Timestamp,
    },
    /// Too many codes for this address or this network; waiting helps.
    #[error("too many codes in a day")]
    TooMany {
        /// Until when.
        until: Timestamp,
    },
    /// Not six digits; no try was taken.
    #[error("not six digits")]
    Malformed,
    /// Another code is right.
    #[error("the code is wrong")]
    Wrong {
        /// Tries left.
        tries_left: u32,
    },
    /// The code's time is over, or none was sent; asking for another helps.
    #[error("the code cannot be used any more")]
    Expired,
    /// No tries are left for this code; asking for another helps.
    #[error("no tries are left")]
    NoTriesLeft,
    /// Whatever else.
    #[error("the address was not taken")]
    First(#[from] FirstError),
}

impl AddressError {
    /// The machine code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Email => codes::EMAIL_INVALID,
            Self::TooEarly { .. } => codes::RESEND_TOO_EARLY,
            Self::TooMany { .. } => codes::TOO_MANY_TRIES,
            Self::Malformed => codes::CODE_MALFORMED,
            Self::Wrong { .. } => codes::WRONG_CODE,
            Self::Expired => codes::CODE_EXPIRED,
            Self::NoTriesLeft => codes::ADDRESS_CODES_USED_UP,
            Self::First(error) => error.code(),
        }
    }
}

impl From<StorageError> for AddressError {
    fn from(error: StorageError) -> Self {
        Self::First(FirstError::Step(StepError::Storage(error)))
    }
}

impl RegistrationAuthority {
    /// Takes an address and sends a code to it; the same address again gets another code, after a minute.
    ///
    /// # Errors
    /// [`AddressError`] by what helps.
    pub fn set_address(
        &self,
        secret: &FirstSecret,
        email: &str,
        network: &str,
        now: Timestamp,
    ) -> Result<(), AddressError> {
        let email = EmailAddress::parse(email).map_err(|_| AddressError::Email)?;
        let mut work = self.storage.begin()?;
        let mut intake = open(work.as_mut(), secret, now)?;
        require(&intake, FirstStep::Address)?;
        let content = &mut intake.content;
        if content.email.as_deref() == Some(email.as_str()) && content.email_confirmed {
            return Ok(());
        }
        if let Some(check) = &content.check
            && now < check.sent_at.plus(PAUSE)
        {
            return Err(AddressError::TooEarly {
                until: check.sent_at.plus(PAUSE),
            });
        }
        let (limits, today) = (self.config.first(), day(now));
        let lower = email.as_str().to_lowercase();
        let mut count =
            |what: &str, key: &str| work.intakes().count_attempt(what, &who(key), today);
        let of_address = count("code-address", &lower)?;
        let of_network = count("code-network", network)?;
        if of_address > limits.codes_per_address_a_day
            || of_network > limits.codes_per_network_a_day
        {
            return Err(AddressError::TooMany {
                until: end_of_day(now),
            });
        }
        let code = draw_code(&mut self.random());
        let mut salt = [0u8; 16];
        rand_core::Rng::fill_bytes(&mut self.random(), &mut salt);
        content.check = Some(AddressCheck {
            digest: hex(&digest(&salt, email.as_str(), &code)),
            salt: hex(&salt),
            expires_at: now.plus(Duration::from_secs(u64::from(CODE_LIFE_MINUTES) * 60)),
            tries_left: TRIES,
            sent: content
                .check
                .as_ref()
                .map_or(1, |check| check.sent.saturating_add(1)),
            sent_at: now,
        });
        if content.email.as_deref() != Some(email.as_str()) {
            content.keys.clear();
        }
        content.email = Some(email.as_str().to_owned());
        content.email_confirmed = false;
        work.intakes().update(&mut intake)?;
        evidence(&intake, "first.address", "").record(work.as_mut(), now)?;
        let message = ApplicantMessage {
            to: email,
            language: intake.language,
            body: MessageBody::AddressCode {
                code,
                minutes: CODE_LIFE_MINUTES,
            },
        };
        work.outbox().insert_for_applicant(&message, now)?;
        Ok(work.commit()?)
    }

    /// Tries the code of the address.
    ///
    /// # Errors
    /// [`AddressError`] by what helps. A try that was taken stays taken.
    pub fn confirm_address(
        &self,
        secret: &FirstSecret,
        code: &str,
        now: Timestamp,
    ) -> Result<(), AddressError> {
        let code: String = code
            .chars()
            .filter(|character| !character.is_whitespace() && *character != '-')
            .collect();
        if code.len() != 6 || !code.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(AddressError::Malformed);
        }
        let mut work = self.storage.begin()?;
        let mut intake = open(work.as_mut(), secret, now)?;
        if intake.content.email_confirmed {
            return Ok(());
        }
        let outcome = try_code(&mut intake, &code, now)?;
        if outcome.is_ok() {
            intake.content.email_confirmed = true;
            intake.content.check = None;
            evidence(&intake, "first.address-confirm", "").record(work.as_mut(), now)?;
        }
        work.intakes().update(&mut intake)?;
        work.commit()?;
        outcome
    }
}

/// Whether the code is right; takes a try away. The outer error takes none.
fn try_code(
    intake: &mut Intake,
    code: &str,
    now: Timestamp,
) -> Result<Result<(), AddressError>, AddressError> {
    let (Some(check), Some(email)) = (&mut intake.content.check, &intake.content.email) else {
        return Err(AddressError::Expired);
    };
    if check.tries_left == 0 {
        return Err(AddressError::NoTriesLeft);
    }
    if now >= check.expires_at {
        return Err(AddressError::Expired);
    }
    check.tries_left = check.tries_left.saturating_sub(1);
    let salt = digits::decode(&check.salt).unwrap_or_default();
    let expected = hex(&digest(&salt, email, code));
    let right = bool::from(expected.as_bytes().ct_eq(check.digest.as_bytes()));
    Ok(match (right, check.tries_left) {
        (true, _) => Ok(()),
        (false, 0) => Err(AddressError::NoTriesLeft),
        (false, tries_left) => Err(AddressError::Wrong { tries_left }),
    })
}

/// SHA-256 of salt, address and code.
fn digest(salt: &[u8], email: &str, code: &str) -> [u8; 32] {
    sha256(&[salt, email.as_bytes(), b"\0", code.as_bytes()].concat())
}
