//! Telephone numbers.

use std::fmt;

/// A telephone number in international form (ITU-T E.164): `+`, then 8 to 15 digits of which the first is not 0;
/// after +7 exactly ten.
///
/// Personal data: `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

/// A text that is not a telephone number in international form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a telephone number in international form, such as +77011234567")]
pub struct PhoneNumberError;

impl PhoneNumber {
    /// Reads a number as people write it: spaces, hyphens, dots and brackets between its digits are dropped. The country
    /// is never guessed, because a notice that goes to a stranger is worse than none.
    ///
    /// # Errors
    /// [`PhoneNumberError`] where it cannot be one.
    pub fn parse(text: &str) -> Result<Self, PhoneNumberError> {
        let digits = text.trim().strip_prefix('+').ok_or(PhoneNumberError)?;
        if !digits
            .chars()
            .all(|c| c.is_ascii_digit() || " -.()\u{a0}".contains(c))
        {
            return Err(PhoneNumberError);
        }
        let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
        if !(8..=15).contains(&digits.len()) || digits.starts_with('0') {
            return Err(PhoneNumberError);
        }
        // The country code 7 is Kazakhstan's and Russia's: ten digits follow it in both.
        if digits.starts_with('7') && digits.len() != 11 {
            return Err(PhoneNumberError);
        }
        Ok(Self(format!("+{digits}")))
    }

    /// Reads a number that its owner typed and confirms by a code: as [`Self::parse`], and in the way that Kazakhstan writes
    /// its own, 8 and ten digits of which the first is 7.
    ///
    /// # Errors
    /// [`PhoneNumberError`] where it cannot be one.
    pub fn parse_typed(text: &str) -> Result<Self, PhoneNumberError> {
        match text.trim().strip_prefix('8') {
            Some(rest) if rest.chars().find(char::is_ascii_digit) == Some('7') => {
                Self::parse(&format!("+7{rest}"))
            }
            _ => Self::parse(text),
        }
    }

    /// The number, `+77011234567`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number with most of it hidden, for pages: `+7•••67`.
    #[must_use]
    pub fn masked(&self) -> String {
        let head: String = self.0.chars().take(2).collect();
        let tail = self.0.get(self.0.len().saturating_sub(2)..);
        format!("{head}•••{}", tail.unwrap_or_default())
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PhoneNumber(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_write_it_and_kept_in_one_form() {
        for text in ["+77011234567", " +7 (701) 123-45-67 ", "+7.701.123.45.67"] {
            assert_eq!(PhoneNumber::parse(text).unwrap().as_str(), "+77011234567");
        }
        let number = PhoneNumber::parse("+77011234567").unwrap();
        assert_eq!(number.masked(), "+7•••67");
        assert!(!format!("{number:?}").contains("701"));
    }

    #[test]
    fn an_owner_may_write_it_as_her_country_does() {
        for text in ["8 701 123 45 67", " 8(701)1234567", "+7 701 123 45 67"] {
            let read = PhoneNumber::parse_typed(text).unwrap();
            assert_eq!(read.as_str(), "+77011234567");
        }
        for text in [
            "8",
            "89011234567",
            "8701123456",
            "870112345678",
            "8x7011234567",
            "77011234567",
        ] {
            assert!(PhoneNumber::parse_typed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_or_of_no_country_is_refused() {
        for text in [
            "",
            "+",
            "87011234567",
            "+0701123456",
            "+7701",
            "+7701123456789012",
            "+7701123456",
            "+770112345678",
            "+7701x234567",
            "+7701\n1234567",
            "++77011234567",
        ] {
            assert!(PhoneNumber::parse(text).is_err(), "{text}");
        }
    }
}
