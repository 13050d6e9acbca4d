//! What evidence of before [`super::facts`] says of the addresses and telephones that codes and notices go to: one digest of all
//! of them. It is read, and not written any more.

use tanba_crypto::Secret;
use tanba_pki::Timestamp;

use super::digest::Digest;
use crate::person::{EmailAddress, Person};
use crate::phone::PhoneNumber;

/// What stands before the digest in the detail of an event. Stored.
const MARK: &str = "channels=";
/// What stands before the digest of what it was until an act. Stored.
const BEFORE: &str = "before=";

/// The digest of everything that codes and notices go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channels(Digest);

impl Channels {
    /// Of a person as she is recorded.
    #[must_use]
    pub fn of(key: &Secret, person: &Person) -> Self {
        let time = |time: Option<Timestamp>| time.map(|time| time.unix().to_string());
        let earlier_email = person.earlier_email.as_ref();
        let earlier_phone = person.earlier_phone.as_ref();
        let parts = [
            Some(person.id.to_string()),
            (person.email.as_ref()).map(|email| email.as_str().to_owned()),
            earlier_email.map(|earlier| EmailAddress::as_str(&earlier.address).to_owned()),
            time(earlier_email.map(|earlier| earlier.until)),
            (person.phone.as_ref()).map(|phone| phone.as_str().to_owned()),
            time(person.phone_since),
            earlier_phone.map(|earlier| PhoneNumber::as_str(&earlier.number).to_owned()),
            time(earlier_phone.map(|earlier| earlier.until)),
        ];
        let parts = parts.map(Option::unwrap_or_default);
        Self(Digest::of(key, &parts.each_ref().map(String::as_str)))
    }

    /// What the detail of an event says; `None` of events that say nothing, as those of before this was recorded.
    #[must_use]
    pub fn said(detail: &str) -> Option<Self> {
        let (_, digits) = detail.rsplit_once(MARK)?;
        Digest::read(digits).map(Self)
    }

    /// What the detail of an act on a telephone says of what was recorded until then.
    #[must_use]
    pub fn before(detail: &str) -> Option<Self> {
        let digits = detail
            .split(' ')
            .find_map(|word| word.strip_prefix(BEFORE))?;
        Digest::read(digits).map(Self)
    }

    /// Some words, and what was recorded until now.
    pub(super) fn after(self, words: &str) -> String {
        self.0.after(words, BEFORE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PersonId;
    use crate::iin::Iin;
    use crate::language::Language;
    use crate::person::{EarlierEmail, EarlierPhone};

    type Change = (&'static str, fn(&mut Person));

    #[test]
    fn whatever_codes_and_notices_go_to_changes_the_digest() {
        let person = Person {
            id: PersonId(7),
            iin: Iin::complete("85010130000").unwrap(),
            surname: String::new(),
            given_name: String::new(),
            patronymic: None,
            email: Some(EmailAddress::parse("a@example.kz").unwrap()),
            language: Language::Kk,
            frozen_at: None,
            reminders: true,
            earlier_email: None,
            phone: None,
            phone_since: None,
            earlier_phone: None,
            email_refused_at: None,
        };
        let key = Secret::from("a key".to_owned());
        let said = Channels::of(&key, &person);
        let until = Timestamp::from_unix(1);
        let changes: [Change; 6] = [
            ("email", |person| person.email = None),
            ("earlier email", |person| {
                person.earlier_email = Some(EarlierEmail {
                    address: EmailAddress::parse("b@example.kz").unwrap(),
                    until: Timestamp::from_unix(1),
                });
            }),
            ("phone", |person| {
                person.phone = Some(PhoneNumber::parse("+77011234567").unwrap());
            }),
            ("phone since", |person| {
                person.phone_since = Some(Timestamp::from_unix(1));
            }),
            ("earlier phone", |person| {
                person.earlier_phone = Some(EarlierPhone {
                    number: PhoneNumber::parse("+77011234567").unwrap(),
                    until: Timestamp::from_unix(1),
                });
            }),
            ("whose", |person| person.id = PersonId(8)),
        ];
        let mut all = vec![said];
        for (what, change) in changes {
            let mut other = person.clone();
            change(&mut other);
            let digest = Channels::of(&key, &other);
            assert!(!all.contains(&digest), "{what}");
            all.push(digest);
        }
        assert_ne!(
            said,
            Channels::of(&Secret::from("another".to_owned()), &person)
        );
        let mut named = person;
        named.surname = "OTHER".to_owned();
        named.frozen_at = Some(until);
        assert_eq!(said, Channels::of(&key, &named));
        let text = format!("address confirmed channels={}", said.0.after("", ""));
        assert_eq!(said.0.after("address confirmed", MARK), text);
        assert_eq!(Channels::said(&text), Some(said));
        assert_eq!(Channels::said("address confirmed"), None);
        let text = format!("{} telephone=00", said.after("not-me"));
        assert_eq!(Channels::before(&text), Some(said));
        assert_eq!(Channels::said(&text), None);
        assert_eq!(Channels::before("before=00"), None);
    }
}
