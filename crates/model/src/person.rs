//! People.

use std::fmt;

use tanba_pki::Timestamp;

use crate::id::PersonId;
use crate::iin::Iin;
use crate::language::Language;
use crate::phone::PhoneNumber;

/// An e-mail address that looks like one (RFC 5321, 4.1.2: one `@`, a dot-string before it, at most 254 octets, no white
/// space or control).
///
/// Personal data: `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// A text that is not an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct EmailAddressError;

impl EmailAddress {
    /// Reads an address; spaces around it are dropped. Only ASCII: the address goes into certificates as IA5String.
    ///
    /// # Errors
    /// [`EmailAddressError`] where it cannot be one.
    pub fn parse(text: &str) -> Result<Self, EmailAddressError> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(EmailAddressError)?;
        // A dot stands between characters (RFC 5321, 4.1.2: Dot-string).
        let plain = |part: &str| {
            part.split('.').all(|atom| {
                !atom.is_empty()
                    && atom
                        .chars()
                        .all(|c| c.is_ascii_graphic() && !"@,;:<>()[]\\\"".contains(c))
            })
        };
        let labels = domain.split('.').all(|label| {
            !label.is_empty()
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        });
        if text.len() > 254 || local.len() > 64 || !plain(local) || !domain.contains('.') || !labels
        {
            return Err(EmailAddressError);
        }
        Ok(Self(text.to_owned()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the two differ in nothing but the case of letters. That of a domain never matters (RFC 1035, 2.3.3); that of
    /// what stands before it may (RFC 5321, 2.4), so that such a pair need not be one mailbox.
    #[must_use]
    pub fn is_but_for_case(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }

    /// The address with most of it hidden, for pages: `a•••@example.kz`.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        let first: String = local.chars().take(1).collect();
        format!("{first}•••@{domain}")
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EmailAddress(…)")
    }
}

/// The confirmed address of before, for as long as it goes on counting after its owner changed it herself.
///
/// Whoever has a stolen key file can sign in and confirm an address of his own. Until `until` codes that confirm
/// applications therefore still go to the address of before, and notices go to both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierEmail {
    /// The address.
    pub address: EmailAddress,
    /// From then on it counts no more.
    pub until: Timestamp,
}

/// A telephone number that was confirmed before another one, or before it was removed. Whoever has a stolen key file could
/// silence it: notices go there for a while all the same, and "it was not me" makes it the number again.
#[derive(Clone, PartialEq, Eq)]
pub struct EarlierPhone {
    /// The number.
    pub number: PhoneNumber,
    /// Until when it counts.
    pub until: Timestamp,
}

impl fmt::Debug for EarlierPhone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EarlierPhone(…)")
    }
}

/// A person whose identity was established, with the channels that she confirmed.
///
/// Personal data: `Debug` shows the id only.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The record.
    pub id: PersonId,
    /// Individual identification number.
    pub iin: Iin,
    /// Surname, upper case as in certificates.
    pub surname: String,
    /// Given name, upper case as in certificates.
    pub given_name: String,
    /// Patronymic, upper case, where the person has one.
    pub patronymic: Option<String>,
    /// The address that was confirmed earlier; codes and notices go there and nowhere else.
    pub email: Option<EmailAddress>,
    /// The language of mails.
    pub language: Language,
    /// Since when nothing may be issued to this person: somebody said "it was not me".
    pub frozen_at: Option<Timestamp>,
    /// Whether she wants to be reminded before her certificates end. Security notices are not asked about.
    pub reminders: bool,
    /// The address of before, where it was changed; ask [`Person::code_address`] and [`Person::notice_addresses`].
    pub earlier_email: Option<EarlierEmail>,
    /// The telephone number for short notices, where she gave one.
    pub phone: Option<PhoneNumber>,
    /// Since when that is so; `None` where it always was: from a file, or confirmed before this was recorded.
    pub phone_since: Option<Timestamp>,
    /// The number of before, where it was changed or removed; ask [`Person::notice_phones`].
    pub earlier_phone: Option<EarlierPhone>,
    /// Since when the mail server of her address takes nothing for it; forgotten when it does again, or with a new address.
    pub email_refused_at: Option<Timestamp>,
}

/// What is known of a person before she is in the register.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// Individual identification number.
    pub iin: Iin,
    /// Surname, upper case as in certificates.
    pub surname: String,
    /// Given name, upper case as in certificates.
    pub given_name: String,
    /// Patronymic, upper case, where the person has one.
    pub patronymic: Option<String>,
    /// A confirmed address.
    pub email: Option<EmailAddress>,
    /// The language of mails.
    pub language: Language,
    /// A telephone number for short notices.
    pub phone: Option<PhoneNumber>,
}

impl fmt::Debug for Person {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Person")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewPerson {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NewPerson(…)")
    }
}

impl Person {
    /// Where codes go that confirm an application or open a session: for a while after a change the address of before.
    #[must_use]
    pub fn code_address(&self, now: Timestamp) -> Option<&EmailAddress> {
        self.earlier(now).or(self.email.as_ref())
    }

    /// Where security notices go: to the confirmed address, and for a while after a change to the one of before too.
    #[must_use]
    pub fn notice_addresses(&self, now: Timestamp) -> Vec<&EmailAddress> {
        self.email.iter().chain(self.earlier(now)).collect()
    }

    /// The address of before, while it counts.
    #[must_use]
    pub fn earlier(&self, now: Timestamp) -> Option<&EmailAddress> {
        self.earlier_email
            .as_ref()
            .filter(|earlier| now < earlier.until)
            .map(|earlier| &earlier.address)
    }

    /// Telephones that notices go to: the confirmed one, and for a while after a change or removal the one of before too.
    #[must_use]
    pub fn notice_phones(&self, now: Timestamp) -> Vec<&PhoneNumber> {
        self.phone.iter().chain(self.phone_before(now)).collect()
    }

    /// The telephone number of before, while it counts.
    #[must_use]
    pub fn phone_before(&self, now: Timestamp) -> Option<&PhoneNumber> {
        self.earlier_phone
            .as_ref()
            .filter(|earlier| now < earlier.until)
            .map(|earlier| &earlier.number)
    }

    /// Surname, given name and patronymic, as a greeting shows them.
    #[must_use]
    pub fn full_name(&self) -> String {
        let patronymic = self
            .patronymic
            .as_deref()
            .map(|name| format!(" {name}"))
            .unwrap_or_default();
        format!("{} {}{patronymic}", self.surname, self.given_name)
    }
}
