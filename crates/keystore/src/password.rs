//! Passwords of key stores: how they become octets, which ones may be chosen, how good they are.

use tanba_crypto::Secret;
use zeroize::Zeroizing;

use crate::KeyStoreError;

mod strength;

pub use strength::Strength;

/// The password of a key store, as typed.
///
/// Wiped when dropped. The empty password is a password: files that were made without one open with it.
#[derive(Debug, Clone)]
pub struct Password(Secret);

/// How a password was turned into octets for the key derivation of RFC 7292 B.
///
/// The standard knows only [`Form::Bmp`]; the others are what programs really wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// UTF-16, big-endian, and a final zero character (RFC 7292 B.1).
    Bmp,
    /// No octets at all: how some programs understand "no password".
    Absent,
    /// Each octet of the UTF-8 form taken for a character, and a final zero character.
    Widened,
}

impl Password {
    /// Takes a password over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Secret::from(text))
    }

    /// Takes a password over that came as octets, from a file or a field.
    ///
    /// # Errors
    /// [`KeyStoreError::PasswordNotText`] when they are not UTF-8.
    pub fn from_secret(secret: Secret) -> Result<Self, KeyStoreError> {
        if std::str::from_utf8(secret.expose()).is_err() {
            return Err(KeyStoreError::PasswordNotText);
        }
        Ok(Self(secret))
    }

    /// The UTF-8 form, which PBES2 and PBMAC1 use (RFC 8018, 3; RFC 9579, 8).
    #[must_use]
    pub fn utf8(&self) -> &Secret {
        &self.0
    }

    fn text(&self) -> &str {
        std::str::from_utf8(self.0.expose()).unwrap_or_default()
    }

    /// The forms to try for RFC 7292, the standard one first.
    pub(crate) fn forms(&self) -> &'static [Form] {
        if self.0.is_empty() {
            &[Form::Bmp, Form::Absent]
        } else if self.0.expose().is_ascii() {
            &[Form::Bmp]
        } else {
            &[Form::Bmp, Form::Widened]
        }
    }

    /// The octets of a form.
    pub(crate) fn in_form(&self, form: Form) -> Secret {
        let units: Zeroizing<Vec<u16>> = Zeroizing::new(match form {
            Form::Absent => return Secret::new(Vec::new()),
            Form::Bmp => self.text().encode_utf16().collect(),
            Form::Widened => self.0.expose().iter().copied().map(u16::from).collect(),
        });
        let mut octets = Vec::with_capacity(units.len() * 2 + 2);
        for unit in units.iter() {
            octets.extend_from_slice(&unit.to_be_bytes());
        }
        octets.extend_from_slice(&[0, 0]);
        Secret::new(octets)
    }

    /// Other octets that programs gave to PBKDF2 instead of UTF-8: ISO 8859-1, UTF-16 with and without its end.
    pub(crate) fn unusual_for_pbkdf2(&self) -> Vec<Secret> {
        let mut forms = Vec::new();
        if !self.0.expose().is_ascii() {
            let latin: Result<Vec<u8>, _> = self.text().chars().map(u8::try_from).collect();
            forms.extend(latin.ok().map(Secret::new));
        }
        let with_end = self.in_form(Form::Bmp);
        let without_end = with_end.expose().split_last_chunk::<2>();
        forms.extend(without_end.map(|(octets, _)| Secret::new(octets.to_vec())));
        forms.push(with_end);
        forms
    }

    /// Rules for a new password that this one breaks; none when it may be chosen.
    ///
    /// This is the rule for key files. A token has its own.
    #[must_use]
    pub fn broken_rules(&self) -> Vec<PasswordRule> {
        PasswordRule::ALL
            .into_iter()
            .filter(|rule| !rule.holds(self.text()))
            .collect()
    }

    /// How well it resists guessing.
    #[must_use]
    pub fn strength(&self) -> Strength {
        Strength::of(self.text())
    }
}

/// A rule that a new password of a key file must keep (the guide of the national CA, step 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PasswordRule {
    /// At least [`PasswordRule::MIN_LENGTH`] characters.
    LongEnough,
    /// At most [`PasswordRule::MAX_LENGTH`] characters.
    ShortEnough,
    /// A lower case Latin letter.
    LowerCase,
    /// An upper case Latin letter.
    UpperCase,
    /// A digit from 0 to 9.
    Digit,
}

impl PasswordRule {
    /// Characters at least.
    pub const MIN_LENGTH: usize = 6;
    /// Characters at most.
    pub const MAX_LENGTH: usize = 32;
    /// Every rule, in the order in which a page shows them.
    pub const ALL: [Self; 5] = [
        Self::LongEnough,
        Self::ShortEnough,
        Self::LowerCase,
        Self::UpperCase,
        Self::Digit,
    ];

    /// The key of its translated text.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::LongEnough => "password-too-short",
            Self::ShortEnough => "password-too-long",
            Self::LowerCase => "password-lacks-lower-case",
            Self::UpperCase => "password-lacks-upper-case",
            Self::Digit => "password-lacks-digit",
        }
    }

    fn holds(self, text: &str) -> bool {
        match self {
            Self::LongEnough => text.chars().count() >= Self::MIN_LENGTH,
            Self::ShortEnough => text.chars().count() <= Self::MAX_LENGTH,
            Self::LowerCase => text.chars().any(|character| character.is_ascii_lowercase()),
            Self::UpperCase => text.chars().any(|character| character.is_ascii_uppercase()),
            Self::Digit => text.chars().any(|character| character.is_ascii_digit()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, Password, PasswordRule};

    fn password(text: &str) -> Password {
        Password::new(text.to_owned())
    }

    #[test]
    fn debug_shows_nothing_of_a_password() {
        assert!(!format!("{:?}", password("Qwerty12")).contains("Qwerty"));
    }

    #[test]
    fn forms_are_as_programs_write_them() {
        assert_eq!(
            password("aЯ").in_form(Form::Bmp).expose(),
            [0, 0x61, 4, 0x2f, 0, 0]
        );
        assert_eq!(
            password("Я").in_form(Form::Widened).expose(),
            [0, 0xd0, 0, 0xaf, 0, 0]
        );
        assert_eq!(password("").in_form(Form::Bmp).expose(), [0, 0]);
        assert!(password("").in_form(Form::Absent).is_empty());
        assert_eq!(password("😀").in_form(Form::Bmp).len(), 6);
        let latin = password("ö").unusual_for_pbkdf2();
        assert_eq!(latin[0].expose(), [0xf6]);
    }

    #[test]
    fn each_rule_is_named_when_broken() {
        for (text, broken) in [
            ("Qwerty12", &[][..]),
            ("Aa1zz", &[PasswordRule::LongEnough]),
            ("qwerty12", &[PasswordRule::UpperCase]),
            ("QWERTY12", &[PasswordRule::LowerCase]),
            ("Qwertyui", &[PasswordRule::Digit]),
            (
                "Пароль12",
                &[PasswordRule::LowerCase, PasswordRule::UpperCase],
            ),
            (&"Aa1".repeat(11), &[PasswordRule::ShortEnough]),
            (&"Aa1ә".repeat(8), &[]),
        ] {
            assert_eq!(password(text).broken_rules(), broken, "{text}");
        }
    }
}
