//! The register of people.

use rusqlite::{Row, params};
use tanba_model::id::PersonId;
use tanba_model::iin::Iin;
use tanba_model::language::Language;
use tanba_model::person::{EarlierEmail, EarlierPhone, EmailAddress, NewPerson, Person};
use tanba_model::phone::PhoneNumber;
use tanba_model::ports::{PersonFacts, Persons, StorageError};
use tanba_pki::Timestamp;

use super::{SqliteUnit, column, time_or_none};
use crate::error::{damaged, of_record};

const BY_ID: &str =
    "SELECT id, iin, surname, given_name, patronymic, email, language, frozen_at, reminders,
    earlier_email, earlier_email_until, phone, email_refused_at,
    earlier_phone, earlier_phone_until, phone_since FROM person WHERE id = ?1";
const BY_IIN: &str =
    "SELECT id, iin, surname, given_name, patronymic, email, language, frozen_at, reminders,
    earlier_email, earlier_email_until, phone, email_refused_at,
    earlier_phone, earlier_phone_until, phone_since FROM person WHERE iin = ?1";

const PAGE: &str =
    "SELECT id, iin, surname, given_name, patronymic, email, language, frozen_at, reminders,
    earlier_email, earlier_email_until, phone, email_refused_at,
    earlier_phone, earlier_phone_until, phone_since FROM person WHERE id > ?1 ORDER BY id LIMIT ?2";

pub(super) const ID_BY_IIN: &str = "SELECT coalesce(max(id), 0) FROM person WHERE iin = ?1";

impl Persons for SqliteUnit<'_> {
    fn insert(&mut self, person: &NewPerson, now: Timestamp) -> Result<PersonId, StorageError> {
        let id = SqliteUnit::insert_row(
            self,
            "INSERT INTO person (iin, surname, given_name, patronymic, email, language, created_at,
                 phone)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                person.iin.as_str(),
                person.surname,
                person.given_name,
                person.patronymic,
                person.email.as_ref().map(EmailAddress::as_str),
                person.language.tag(),
                now.unix(),
                person.phone.as_ref().map(PhoneNumber::as_str),
            ],
        )?;
        Ok(PersonId(id))
    }

    fn page(&mut self, after: PersonId, limit: u32) -> Result<Vec<Person>, StorageError> {
        self.many(PAGE, params![after.0, limit], read)
    }

    fn find(&mut self, id: PersonId) -> Result<Option<Person>, StorageError> {
        self.one(BY_ID, [id.0], read)
    }

    fn is_frozen(&mut self, id: PersonId) -> Result<bool, StorageError> {
        let frozen = self.one(
            "SELECT frozen_at IS NOT NULL FROM person WHERE id = ?1",
            [id.0],
            |row| column(row, 0),
        )?;
        Ok(frozen.unwrap_or(false))
    }

    fn find_by_iin(&mut self, iin: &Iin) -> Result<Option<Person>, StorageError> {
        self.one(BY_IIN, [iin.as_str()], read)
    }

    fn register_entry(&mut self, iin: &Iin) -> Result<Option<(PersonFacts, bool)>, StorageError> {
        self.one(
            "SELECT surname, given_name, patronymic, deceased FROM person WHERE iin = ?1 AND source = 'table'",
            [iin.as_str()],
            |row| {
                let facts = PersonFacts {
                    surname: column(row, 0)?,
                    given_name: column(row, 1)?,
                    patronymic: column(row, 2)?,
                };
                Ok((facts, column(row, 3)?))
            },
        )
    }

    fn set_identity(
        &mut self,
        id: PersonId,
        facts: &PersonFacts,
        source: &str,
        deceased: bool,
    ) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE person SET surname = ?2, given_name = ?3, patronymic = ?4, source = ?5, deceased = ?6 WHERE id = ?1",
            params![id.0, facts.surname, facts.given_name, facts.patronymic, source, deceased],
        )
    }

    fn source(&mut self, id: PersonId) -> Result<Option<(String, bool)>, StorageError> {
        self.one(
            "SELECT source, deceased FROM person WHERE id = ?1",
            [id.0],
            |row| Ok((column(row, 0)?, column(row, 1)?)),
        )
    }

    fn id_by_iin(&mut self, iin: &Iin) -> Result<Option<PersonId>, StorageError> {
        // An aggregate, so that there is one row to be read in any case.
        let found = self.one(ID_BY_IIN, [iin.as_str()], |row| {
            Ok(PersonId(column(row, 0)?))
        })?;
        Ok(found.filter(|id| id.0 != 0))
    }

    fn set_email(
        &mut self,
        id: PersonId,
        email: Option<&EmailAddress>,
    ) -> Result<(), StorageError> {
        let email = email.map(EmailAddress::as_str);
        self.change_one(
            "UPDATE person SET email = ?2, earlier_email = NULL, earlier_email_until = NULL,
                 email_refused_at = iif(email IS ?2, email_refused_at, NULL) WHERE id = ?1",
            params![id.0, email],
        )
    }

    fn change_email(
        &mut self,
        id: PersonId,
        email: &EmailAddress,
        earlier: &EarlierEmail,
    ) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE person SET email = ?2, earlier_email = ?3, earlier_email_until = ?4,
                 email_refused_at = NULL WHERE id = ?1",
            params![
                id.0,
                email.as_str(),
                earlier.address.as_str(),
                earlier.until.unix()
            ],
        )
    }

    fn set_phone(
        &mut self,
        id: PersonId,
        phone: Option<&PhoneNumber>,
        since: Option<Timestamp>,
    ) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE person SET phone = ?2, phone_since = ?3, earlier_phone = NULL, earlier_phone_until = NULL
                 WHERE id = ?1",
            params![
                id.0,
                phone.map(PhoneNumber::as_str),
                since.map(Timestamp::unix)
            ],
        )
    }

    fn change_phone(
        &mut self,
        id: PersonId,
        phone: Option<&PhoneNumber>,
        earlier: &EarlierPhone,
        since: Timestamp,
    ) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE person SET phone = ?2, phone_since = ?5, earlier_phone = ?3, earlier_phone_until = ?4
                 WHERE id = ?1",
            params![
                id.0,
                phone.map(PhoneNumber::as_str),
                earlier.number.as_str(),
                earlier.until.unix(),
                since.unix()
            ],
        )
    }

    fn set_email_refused(
        &mut self,
        id: PersonId,
        email: &EmailAddress,
        at: Option<Timestamp>,
    ) -> Result<(), StorageError> {
        self.execute(
            "UPDATE person SET email_refused_at = ?3 WHERE id = ?1 AND email = ?2
                 AND (email_refused_at IS NULL) <> (?3 IS NULL)",
            params![id.0, email.as_str(), at.map(Timestamp::unix)],
        )
        .map(drop)
    }

    fn set_language(&mut self, id: PersonId, language: Language) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE person SET language = ?2 WHERE id = ?1",
            params![id.0, language.tag()],
        )
    }

    fn set_reminders(&mut self, id: PersonId, wanted: bool) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE person SET reminders = ?2 WHERE id = ?1",
            params![id.0, wanted],
        )
    }

    fn set_frozen(&mut self, id: PersonId, at: Option<Timestamp>) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE person SET frozen_at = ?2 WHERE id = ?1",
            params![id.0, at.map(Timestamp::unix)],
        )
    }
}

fn read(row: &Row<'_>) -> Result<Person, StorageError> {
    of_record(read_columns(row), "person", row, 0)
}

fn read_columns(row: &Row<'_>) -> Result<Person, StorageError> {
    let email: Option<String> = column(row, 5)?;
    let earlier: Option<String> = column(row, 9)?;
    let earlier_email = match (earlier, time_or_none(row, 10)?) {
        (Some(text), Some(until)) => Some(EarlierEmail {
            address: EmailAddress::parse(&text).map_err(|_| damaged("person.earlier_email"))?,
            until,
        }),
        _ => None,
    };
    let phone_before: Option<String> = column(row, 13)?;
    let earlier_phone = match (phone_before, time_or_none(row, 14)?) {
        (Some(text), Some(until)) => Some(EarlierPhone {
            number: PhoneNumber::parse(&text).map_err(|_| damaged("person.earlier_phone"))?,
            until,
        }),
        _ => None,
    };
    Ok(Person {
        id: PersonId(column(row, 0)?),
        iin: Iin::parse(&column::<String>(row, 1)?).map_err(|_| damaged("person.iin"))?,
        surname: column(row, 2)?,
        given_name: column(row, 3)?,
        patronymic: column(row, 4)?,
        email: email
            .map(|text| EmailAddress::parse(&text))
            .transpose()
            .map_err(|_| damaged("person.email"))?,
        language: Language::from_tag(&column::<String>(row, 6)?)
            .ok_or_else(|| damaged("person.language"))?,
        frozen_at: time_or_none(row, 7)?,
        reminders: column(row, 8)?,
        earlier_email,
        phone: column::<Option<String>>(row, 11)?
            .map(|text| PhoneNumber::parse(&text))
            .transpose()
            .map_err(|_| damaged("person.phone"))?,
        phone_since: time_or_none(row, 15)?,
        earlier_phone,
        email_refused_at: time_or_none(row, 12)?,
    })
}
