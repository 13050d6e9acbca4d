//! What evidence of before [`super::facts`] says of who a person is: one digest of her number, her names and whether she died.
//! It is read, and not written any more.

use tanba_crypto::Secret;

use super::digest::Digest;
use crate::person::Person;

/// What stands before the digest in the detail of an event. Stored.
const MARK: &str = "identity=";

/// The digest of who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity(Digest);

impl Identity {
    /// Of a person as she is recorded, with the register that says it and whether she died.
    #[must_use]
    pub fn of(key: &Secret, person: &Person, source: &str, deceased: bool) -> Self {
        let id = person.id.to_string();
        // Those of channels begin with a number.
        let parts = [
            "identity",
            &id,
            person.iin.as_str(),
            &person.surname,
            &person.given_name,
            person.patronymic.as_deref().unwrap_or_default(),
            source,
            if deceased { "deceased" } else { "" },
        ];
        Self(Digest::of(key, &parts))
    }

    /// What the detail of an event says; `None` of events that say nothing, as those of before this was recorded.
    #[must_use]
    pub fn said(detail: &str) -> Option<Self> {
        let mut words = detail.split(' ').rev();
        let digits = words.find_map(|word| word.strip_prefix(MARK))?;
        Digest::read(digits).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::channels::Channels;
    use crate::id::PersonId;
    use crate::iin::Iin;
    use crate::language::Language;

    #[test]
    fn whoever_somebody_is_changes_the_digest_and_where_codes_go_does_not() {
        let person = Person {
            id: PersonId(7),
            iin: Iin::complete("85010130000").unwrap(),
            surname: "A".to_owned(),
            given_name: "B".to_owned(),
            patronymic: None,
            email: None,
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
        let said = Identity::of(&key, &person, "table", false);
        let other = |change: fn(&mut Person)| {
            let mut other = person.clone();
            change(&mut other);
            Identity::of(&key, &other, "table", false)
        };
        for changed in [
            other(|person| person.id = PersonId(8)),
            other(|person| person.iin = Iin::complete("85010130001").unwrap()),
            other(|person| person.surname = "AB".to_owned()),
            other(|person| person.given_name = "C".to_owned()),
            other(|person| person.patronymic = Some("C".to_owned())),
            Identity::of(&key, &person, "other", false),
            Identity::of(&key, &person, "table", true),
            Identity::of(&Secret::from("another".to_owned()), &person, "table", false),
        ] {
            assert_ne!(changed, said);
        }
        assert_eq!(other(|person| person.language = Language::Ru), said);
        let digits = said.0.after("", "");
        assert_eq!(digits.len(), 32);
        let both = format!("address confirmed identity={digits} channels={digits}");
        assert_eq!(Identity::said(&both), Some(said));
        assert!(Channels::said(&both).is_some());
        assert_eq!(Identity::said(&format!("identity={digits}")), Some(said));
        assert_eq!(Channels::said(&format!("identity={digits}")), None);
        assert_eq!(Identity::said("address confirmed"), None);
    }
}
