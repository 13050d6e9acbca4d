//! The link that stops reminders without a sign-in (RFC 8058). It does nothing else, works for ever and is not stored: its
//! token is the person's record, authenticated under a key of this installation.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use tanba_crypto::{Secret, sha256};
use tanba_model::audit::Actor;
use tanba_model::id::PersonId;
use tanba_model::ports::{StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use crate::RegistrationAuthority;
use crate::error::Unavailable;
use crate::evidence::{Evidence, person_object};
use crate::token::hex;

/// Stored: the name of the key.
const KEY: &str = "unsubscribe";
/// Octets of the tag that stand in a link: nobody gains more by guessing than that a stranger is not reminded.
const TAG: usize = 16;

/// Path of the page, `/unsubscribe/{token}`, without language.
pub(crate) fn path(key: &Secret, person: PersonId) -> String {
    let record = person.0.to_be_bytes();
    format!("/unsubscribe/{}{}", hex(&record), hex(&tag(key, &record)))
}

/// A keyed digest of a message of fixed length; the outer digest keeps it from being continued.
fn tag(key: &Secret, record: &[u8; 8]) -> [u8; TAG] {
    let inner = sha256(&[b"tanba unsubscribe 1", key.expose(), record].concat());
    let outer = sha256(&[key.expose(), &inner].concat());
    std::array::from_fn(|index| outer.get(index).copied().unwrap_or_default())
}

/// The person of a token that was made with this key.
fn person(key: &Secret, token: &str) -> Option<PersonId> {
    let (record, given) = token.split_at_checked(16)?;
    let digits = |text: &str| {
        text.bytes()
            .all(|digit| b"0123456789abcdef".contains(&digit))
    };
    if given.len() != 2 * TAG || !digits(record) || !digits(given) {
        return None;
    }
    let record = u64::from_str_radix(record, 16).ok()?.to_be_bytes();
    let expected = hex(&tag(key, &record));
    let fits: bool = expected.as_bytes().ct_eq(given.as_bytes()).into();
    fits.then(|| PersonId(i64::from_be_bytes(record)))
}

impl RegistrationAuthority {
    /// The key of these links; made when it is first needed.
    pub(crate) fn unsubscribe_key(
        &self,
        work: &mut dyn UnitOfWork,
    ) -> Result<Secret, StorageError> {
        if let Some(key) = work.secrets().server_secret(KEY)? {
            return Ok(key);
        }
        let mut octets = vec![0u8; 32];
        let random: &mut dyn CryptoRng = &mut self.random();
        random.fill_bytes(&mut octets);
        let key = Secret::new(octets);
        work.secrets().keep_server_secret(KEY, &key)?;
        Ok(key)
    }

    /// Whether reminders of the person of this link are wanted still; `None`: it is no link of ours.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn reminders_by_link(&self, token: &str) -> Result<Option<bool>, Unavailable> {
        let mut work = self.storage.snapshot()?;
        let Some(key) = work.secrets().server_secret(KEY)? else {
            return Ok(None);
        };
        let Some(id) = person(&key, token) else {
            return Ok(None);
        };
        Ok(work.persons().find(id)?.map(|person| person.reminders))
    }

    /// Stops reminders of the person of this link; whether it is one. Doing it twice is doing it once.
    ///
    /// # Errors
    /// [`Unavailable`] when storage does not answer.
    pub fn unsubscribe(&self, token: &str, now: Timestamp) -> Result<bool, Unavailable> {
        let mut work = self.storage.begin()?;
        let Some(key) = work.secrets().server_secret(KEY)? else {
            return Ok(false);
        };
        let Some(id) = person(&key, token) else {
            return Ok(false);
        };
        let Some(found) = work.persons().find(id)? else {
            return Ok(false);
        };
        if found.reminders {
            work.persons().set_reminders(id, false)?;
            let evidence = Evidence {
                actor: Actor::System,
                action: "person.reminders",
                object: person_object(id),
                detail: "off, by the link in a mail",
            };
            evidence.record(work.as_mut(), now)?;
            work.commit()?;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_one_person_and_one_key() {
        let key = |octet| Secret::new(vec![octet; 32]);
        let path = path(&key(1), PersonId(77));
        let token = path.strip_prefix("/unsubscribe/").unwrap();
        assert_eq!(person(&key(1), token), Some(PersonId(77)));
        assert_eq!(person(&key(2), token), None);
        let other = token.replacen("4d", "4e", 1);
        assert_eq!(person(&key(1), &other), None);
        for wrong in [
            "",
            "77",
            &token.to_uppercase(),
            &token[1..],
            &format!("{token}00"),
            "әәәәәәәәәәәәәәәәәәәәәәәә",
        ] {
            assert_eq!(person(&key(1), wrong), None, "{wrong}");
        }
    }
}
