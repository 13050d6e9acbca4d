//! Six digits sent to the address that was confirmed earlier.

use std::time::Duration;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use tanba_crypto::sha256;
use tanba_model::application::Application;
use tanba_model::id::ApplicationId;
use tanba_model::message::MessageBody;
use tanba_model::person::Person;
use tanba_model::ports::{NewCode, NewMessage, StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use super::{Answer, AskError, SecondFactor, SecondFactorStanding};
use crate::limits::{Recent, SENDS, TRIES};

/// Minutes for which a code is accepted.
pub(crate) const LIFE_MINUTES: u32 = 10;
/// How long to wait before another code can be asked for.
const PAUSE: Duration = Duration::from_secs(60);
/// How many codes there are.
const CODES: u32 = 1_000_000;

/// The e-mail code. Digests of codes are salted and bound to the application, and compared in constant time; a digest
/// of so few digits does not hide the code from whoever reads the database, its short life and few tries do the rest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EmailCode;

impl SecondFactor for EmailCode {
    fn reaches(&self, person: &Person) -> bool {
        person.email.is_some()
    }

    fn ask(
        &self,
        work: &mut dyn UnitOfWork,
        application: &Application,
        person: &Person,
        random: &mut dyn CryptoRng,
        now: Timestamp,
    ) -> Result<(), AskError> {
        let to = person
            .code_address(now)
            .cloned()
            .ok_or(AskError::Unreachable)?;
        let earlier = work.secrets().code(application.id)?;
        if let Some(earlier) = &earlier {
            if earlier.sent >= SENDS {
                return Err(AskError::NoMore);
            }
            let next = earlier.sent_at.plus(PAUSE);
            if now < next {
                let wait = next.since(now).as_secs();
                return Err(AskError::TooEarly {
                    wait_seconds: u32::try_from(wait).unwrap_or(u32::MAX),
                });
            }
        }
        if let Some(until) = Recent::of(work, person.id, now)?.sends_paused() {
            return Err(AskError::Paused { until });
        }
        let code = draw(random);
        let mut salt = [0u8; 16];
        random.fill_bytes(&mut salt);
        let set = NewCode {
            application: application.id,
            digest: digest(&salt, application.id, &code),
            salt,
            expires_at: now.plus(Duration::from_secs(u64::from(LIFE_MINUTES) * 60)),
            tries_left: earlier.map_or(TRIES, |earlier| earlier.tries_left),
        };
        work.secrets().set_code(&set, now)?;
        let body = MessageBody::ConfirmationCode {
            number: application.number.as_str().to_owned(),
            code,
            minutes: LIFE_MINUTES,
        };
        work.outbox().insert(
            &NewMessage {
                person: person.id,
                to: to.into(),
                language: person.language,
                body,
            },
            now,
        )?;
        Ok(())
    }

    fn check(
        &self,
        work: &mut dyn UnitOfWork,
        application: &Application,
        answer: &str,
        now: Timestamp,
    ) -> Result<Answer, StorageError> {
        let answer: String = answer
            .chars()
            .filter(|character| !character.is_whitespace())
            .collect();
        if answer.len() != 6 || !answer.bytes().all(|octet| octet.is_ascii_digit()) {
            return Ok(Answer::Malformed);
        }
        let Some(code) = work.secrets().code(application.id)? else {
            return Ok(Answer::Expired);
        };
        if code.tries_left == 0 {
            return Ok(Answer::NoTriesLeft);
        }
        if now >= code.expires_at {
            return Ok(Answer::Expired);
        }
        if let Some(until) = Recent::of(work, application.person, now)?.tries_paused() {
            return Ok(Answer::Paused { until });
        }
        let tries_left = work.secrets().take_try(application.id)?;
        let right: bool = digest(&code.salt, application.id, &answer)
            .ct_eq(&code.digest)
            .into();
        Ok(match (right, tries_left) {
            (true, _) => Answer::Right,
            (false, 0) => Answer::NoTriesLeft,
            (false, tries_left) => Answer::Wrong { tries_left },
        })
    }

    fn standing(
        &self,
        work: &mut dyn UnitOfWork,
        application: &Application,
        person: &Person,
    ) -> Result<Option<SecondFactorStanding>, StorageError> {
        let Some(code) = work.secrets().code(application.id)? else {
            return Ok(None);
        };
        let Some(email) = person.code_address(code.sent_at) else {
            return Ok(None);
        };
        Ok(Some(SecondFactorStanding {
            hint: email.masked(),
            expires_at: code.expires_at,
            sent_at: code.sent_at,
            resend_at: code.sent_at.plus(PAUSE),
            sends_left: SENDS.saturating_sub(code.sent),
            tries_left: code.tries_left,
        }))
    }
}

/// A uniformly random code: draws that would make some codes likelier are thrown away.
pub(crate) fn draw(random: &mut dyn CryptoRng) -> String {
    loop {
        let mut octets = [0u8; 4];
        random.fill_bytes(&mut octets);
        let drawn = u32::from_be_bytes(octets);
        if drawn < u32::MAX - u32::MAX % CODES {
            return format!("{:06}", drawn % CODES);
        }
    }
}

/// SHA-256 of salt, application and code.
fn digest(salt: &[u8; 16], application: ApplicationId, code: &str) -> [u8; 32] {
    sha256(
        &[
            salt.as_slice(),
            &application.0.to_be_bytes(),
            code.as_bytes(),
        ]
        .concat(),
    )
}
