//! What evidence says of a person fact by fact: a keyed digest of each, by the event that sets it. An event says what it sets
//! and nothing else, so that what somebody put into the database beside it stays found.
//!
//! The log is exported and must not let anybody try numbers and addresses until one fits, so the digests are made with a key
//! that stays in the database.

use tanba_crypto::Secret;
use tanba_pki::Timestamp;

use super::channels::Channels;
pub use super::digest::KEY;
use super::digest::{Digest, absent, key};
use crate::id::PersonId;
use crate::person::{EmailAddress, Person};
use crate::phone::PhoneNumber;
use crate::ports::{StorageError, UnitOfWork};

/// Something that is recorded of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Her IIN. It never changes: what was said first stays so.
    Number,
    /// Her names.
    Names,
    /// The register that says so, and whether she died.
    Register,
    /// Where mails go, with the address of before that still counts.
    Address,
    /// Where text messages go, with the telephone of before that still counts.
    Telephone,
}

/// A person as evidence sees her.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The record.
    pub person: &'a Person,
    /// The register that says who she is.
    pub source: &'a str,
    /// Whether it says that she died.
    pub deceased: bool,
}

/// The digest of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactDigest(Digest);

impl Fact {
    /// All of them: what an event says that enters a person.
    pub const ALL: [Self; 5] = [
        Self::Number,
        Self::Names,
        Self::Register,
        Self::Address,
        Self::Telephone,
    ];

    /// What stands before the digest in the detail of an event. Stored.
    const fn mark(self) -> &'static str {
        match self {
            Self::Number => "number=",
            Self::Names => "names=",
            Self::Register => "register=",
            Self::Address => "address=",
            Self::Telephone => "telephone=",
        }
    }

    /// Of a person as she is recorded.
    #[must_use]
    pub fn of(self, key: &Secret, known: &Known<'_>) -> FactDigest {
        let person = known.person;
        let id = person.id.to_string();
        let until = |time: Option<Timestamp>| time.map(|time| time.unix().to_string());
        let parts: [Option<String>; 4] = match self {
            // Whoever is entered again, under another record, is known by it.
            Self::Number => [Some(person.iin.as_str().to_owned()), None, None, None],
            Self::Names => [
                Some(id),
                Some(person.surname.clone()),
                Some(person.given_name.clone()),
                person.patronymic.clone(),
            ],
            Self::Register => [
                Some(id),
                Some(known.source.to_owned()),
                known.deceased.then(|| "deceased".to_owned()),
                None,
            ],
            Self::Address => {
                let earlier = person.earlier_email.as_ref();
                [
                    Some(id),
                    (person.email.as_ref()).map(|email| email.as_str().to_owned()),
                    earlier.map(|earlier| EmailAddress::as_str(&earlier.address).to_owned()),
                    until(earlier.map(|earlier| earlier.until)),
                ]
            }
            Self::Telephone => return telephone(key, person),
        };
        self.digest(key, &parts)
    }

    fn digest(self, key: &Secret, parts: &[Option<String>]) -> FactDigest {
        let parts = parts.iter().map(|part| part.as_deref().unwrap_or_default());
        let all: Vec<&str> = std::iter::once(self.mark()).chain(parts).collect();
        FactDigest(Digest::of(key, &all))
    }

    /// What the detail of an event says; `None` of events that say nothing of it, as those of before this was recorded.
    #[must_use]
    pub fn said(self, detail: &str) -> Option<FactDigest> {
        let mut words = detail.split(' ').rev();
        let digits = words.find_map(|word| word.strip_prefix(self.mark()))?;
        Digest::read(digits).map(FactDigest)
    }
}

fn telephone(key: &Secret, person: &Person) -> FactDigest {
    let time = |time: Timestamp| time.unix().to_string();
    let earlier = person.earlier_phone.as_ref();
    let parts = [
        Some(person.id.to_string()),
        (person.phone.as_ref()).map(|phone| phone.as_str().to_owned()),
        person.phone_since.map(time),
        earlier.map(|earlier| PhoneNumber::as_str(&earlier.number).to_owned()),
        earlier.map(|earlier| time(earlier.until)),
    ];
    Fact::Telephone.digest(key, &parts)
}

/// The detail of an event that set facts of a person: some words, and what they are now.
///
/// # Errors
/// [`StorageError::Damaged`] when the person or the key is not there.
pub fn detail(
    unit: &mut dyn UnitOfWork,
    id: PersonId,
    words: &str,
    facts: &[Fact],
) -> Result<String, StorageError> {
    let nobody = || absent("the person of the evidence");
    let key = key(unit)?;
    let person = unit.persons().find(id)?.ok_or_else(nobody)?;
    let (source, deceased) = unit.persons().source(id)?.ok_or_else(nobody)?;
    let known = Known {
        person: &person,
        source: &source,
        deceased,
    };
    let said = |words: String, fact: &Fact| fact.of(&key, &known).0.after(&words, fact.mark());
    Ok(facts.iter().fold(words.to_owned(), said))
}

/// The detail of an event that set the telephone of a person, who was recorded as `before` until then.
///
/// Where the log says her address and telephone in one digest (`channels=`), nothing would be left of the address once the
/// telephone is another. So the event has that digest as of before, and the address beside it: it is as the log says when the
/// digest of before is the one that the log has, and not because this event names it.
///
/// # Errors
/// [`StorageError::Damaged`] when the person or the key is not there.
pub fn telephone_detail(
    unit: &mut dyn UnitOfWork,
    before: &Person,
    words: &str,
) -> Result<String, StorageError> {
    let words = Channels::of(&key(unit)?, before).after(words);
    detail(unit, before.id, &words, &[Fact::Address, Fact::Telephone])
}

#[cfg(test)]
mod tests;
