//! The register of people.

use tanba_pki::Timestamp;

use super::{PersonFacts, StorageError};
use crate::id::PersonId;
use crate::iin::Iin;
use crate::language::Language;
use crate::person::{EarlierEmail, EarlierPhone, EmailAddress, NewPerson, Person};
use crate::phone::PhoneNumber;

/// People whose identity was established.
pub trait Persons {
    /// Enters a person.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the IIN is in the register already.
    fn insert(&mut self, person: &NewPerson, now: Timestamp) -> Result<PersonId, StorageError>;

    /// Records by id, those after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn page(&mut self, after: PersonId, limit: u32) -> Result<Vec<Person>, StorageError>;

    /// Finds a person by her record.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn find(&mut self, id: PersonId) -> Result<Option<Person>, StorageError>;

    /// Whether somebody said "it was not me" for this person; `false` where there is no such person.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn is_frozen(&mut self, id: PersonId) -> Result<bool, StorageError>;

    /// Finds a person by her IIN.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn find_by_iin(&mut self, iin: &Iin) -> Result<Option<Person>, StorageError>;

    /// What this table says of a number as a register of people, and whether the person died; `None` unless she was
    /// entered into it as a register.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn register_entry(&mut self, iin: &Iin) -> Result<Option<(PersonFacts, bool)>, StorageError>;

    /// Names a person as her register does now, with the register's name and whether she died.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn set_identity(
        &mut self,
        id: PersonId,
        facts: &PersonFacts,
        source: &str,
        deceased: bool,
    ) -> Result<(), StorageError>;

    /// Where what is known of a person comes from ([`super::PersonRegister::name`]), and whether she died.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn source(&mut self, id: PersonId) -> Result<Option<(String, bool)>, StorageError>;

    /// The record of an IIN: read from an index, so that finding none is as much work as finding one.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn id_by_iin(&mut self, iin: &Iin) -> Result<Option<PersonId>, StorageError>;

    /// Replaces the confirmed address at once, for whoever established it: the address of before counts no more.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn set_email(&mut self, id: PersonId, email: Option<&EmailAddress>)
    -> Result<(), StorageError>;

    /// Replaces the confirmed address by one that the person confirmed herself; the one of before goes on counting for a
    /// while, see [`EarlierEmail`].
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn change_email(
        &mut self,
        id: PersonId,
        email: &EmailAddress,
        earlier: &EarlierEmail,
    ) -> Result<(), StorageError>;

    /// Replaces the telephone number at once: the one of before counts no more. See [`crate::person::Person::phone_since`]
    /// for `since`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn set_phone(
        &mut self,
        id: PersonId,
        phone: Option<&PhoneNumber>,
        since: Option<Timestamp>,
    ) -> Result<(), StorageError>;

    /// Replaces or removes the telephone number by its owner's wish, from `since` on; the one of before goes on counting for
    /// a while, see [`EarlierPhone`].
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn change_phone(
        &mut self,
        id: PersonId,
        phone: Option<&PhoneNumber>,
        earlier: &EarlierPhone,
        since: Timestamp,
    ) -> Result<(), StorageError>;

    /// Remembers that the mail server of this address takes nothing for it, or takes mails again (`None`). Nothing happens
    /// when the person has another address by now.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn set_email_refused(
        &mut self,
        id: PersonId,
        email: &EmailAddress,
        at: Option<Timestamp>,
    ) -> Result<(), StorageError>;

    /// Remembers the language of mails.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn set_language(&mut self, id: PersonId, language: Language) -> Result<(), StorageError>;

    /// Remembers whether a person wants to be reminded.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn set_reminders(&mut self, id: PersonId, wanted: bool) -> Result<(), StorageError>;

    /// Marks a person as frozen, or not.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn set_frozen(&mut self, id: PersonId, at: Option<Timestamp>) -> Result<(), StorageError>;
}
