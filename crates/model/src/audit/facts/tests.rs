use super::*;
use crate::iin::Iin;
use crate::language::Language;
use crate::person::{EarlierEmail, EarlierPhone};

type Change = (&'static str, Option<Fact>, fn(&mut Person));

fn person() -> Person {
    Person {
        id: PersonId(7),
        iin: Iin::complete("85010130000").unwrap(),
        surname: "A".to_owned(),
        given_name: "B".to_owned(),
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
    }
}

fn digests(key: &Secret, person: &Person, source: &str, deceased: bool) -> [FactDigest; 5] {
    let known = Known {
        person,
        source,
        deceased,
    };
    Fact::ALL.map(|fact| fact.of(key, &known))
}

fn differing(one: &[FactDigest; 5], other: &[FactDigest; 5]) -> Vec<Fact> {
    let pairs = one.iter().zip(other).zip(Fact::ALL);
    pairs
        .filter(|((one, other), _)| one != other)
        .map(|(_, fact)| fact)
        .collect()
}

#[test]
fn whatever_changes_is_seen_in_its_own_digest_and_in_no_other() {
    let key = Secret::from("a key".to_owned());
    let said = digests(&key, &person(), "table", false);
    let changes: [Change; 11] = [
        ("number", Some(Fact::Number), |person| {
            person.iin = Iin::complete("85010130001").unwrap();
        }),
        ("surname", Some(Fact::Names), |person| {
            person.surname = "AB".to_owned();
        }),
        ("given name", Some(Fact::Names), |person| {
            person.given_name = "C".to_owned();
        }),
        ("patronymic", Some(Fact::Names), |person| {
            person.patronymic = Some("C".to_owned());
        }),
        ("email", Some(Fact::Address), |person| person.email = None),
        ("earlier email", Some(Fact::Address), |person| {
            person.earlier_email = Some(EarlierEmail {
                address: EmailAddress::parse("b@example.kz").unwrap(),
                until: Timestamp::from_unix(1),
            });
        }),
        ("phone", Some(Fact::Telephone), |person| {
            person.phone = Some(PhoneNumber::parse("+77011234567").unwrap());
        }),
        ("phone since", Some(Fact::Telephone), |person| {
            person.phone_since = Some(Timestamp::from_unix(1));
        }),
        ("earlier phone", Some(Fact::Telephone), |person| {
            person.earlier_phone = Some(EarlierPhone {
                number: PhoneNumber::parse("+77011234567").unwrap(),
                until: Timestamp::from_unix(1),
            });
        }),
        ("language", None, |person| person.language = Language::Ru),
        ("frozen", None, |person| {
            person.frozen_at = Some(Timestamp::from_unix(1));
        }),
    ];
    for (what, fact, change) in changes {
        let mut other = person();
        change(&mut other);
        let now = digests(&key, &other, "table", false);
        assert_eq!(differing(&said, &now), Vec::from_iter(fact), "{what}");
    }
    for (source, deceased) in [("other", false), ("table", true)] {
        let now = digests(&key, &person(), source, deceased);
        assert_eq!(differing(&said, &now), [Fact::Register]);
    }
    let mut other = person();
    other.id = PersonId(8);
    let now = digests(&key, &other, "table", false);
    assert_eq!(differing(&said, &now), Fact::ALL[1..]);
    let another = Secret::from("another".to_owned());
    let now = digests(&another, &person(), "table", false);
    assert_eq!(differing(&said, &now), Fact::ALL);
}

#[test]
fn what_an_event_says_is_read_as_it_was_written() {
    let key = Secret::from("a key".to_owned());
    let said = digests(&key, &person(), "table", false);
    let mut detail = "address confirmed".to_owned();
    for (fact, digest) in Fact::ALL.iter().zip(&said).take(4) {
        detail = digest.0.after(&detail, fact.mark());
    }
    for (fact, digest) in Fact::ALL.iter().zip(&said).take(4) {
        assert_eq!(fact.said(&detail), Some(*digest), "{fact:?} in {detail}");
    }
    assert_eq!(Fact::Telephone.said(&detail), None);
    assert_eq!(Fact::Address.said("address=01"), None);
}
