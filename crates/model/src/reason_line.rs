//! Why something was done, in one line, for the audit log.

use std::iter::Peekable;
use std::str::Chars;

use crate::unseen::is_deceptive;

/// A line that says why.
///
/// It is kept for as long as the evidence is, and whoever reads the log reads it, so it holds nothing that looks like
/// personal data: no mail address, and no number as long as an IIN, a telephone's or an identity card's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReasonLine<'a>(&'a str);

/// Why a text is no such line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReasonLineError {
    /// Empty, too long, or more than one line.
    #[error("say why in one line of at most 500 octets: the reason is recorded as evidence")]
    Form,
    /// It holds marks that are not seen; writing it plainly helps.
    #[error(
        "the reason holds marks that are not seen, which may come along when text is copied: type it anew"
    )]
    Unseen,
    /// It looks as if it held personal data; saying it without helps.
    #[error(
        "the reason is kept in the audit log for good, so it names nobody: write it without mail addresses and without \
         numbers of nine digits or more (IIN, telephone, identity card, application)"
    )]
    Personal,
}

impl<'a> ReasonLine<'a> {
    /// The longest one, in octets.
    pub const LONGEST: usize = 500;

    /// Reads a line; blanks around it are dropped.
    ///
    /// # Errors
    /// [`ReasonLineError`] by what helps.
    pub fn parse(text: &'a str) -> Result<Self, ReasonLineError> {
        let text = text.trim();
        if text.is_empty() || text.len() > Self::LONGEST || text.contains(char::is_control) {
            return Err(ReasonLineError::Form);
        }
        if is_deceptive(text) {
            return Err(ReasonLineError::Unseen);
        }
        if looks_personal(text) {
            return Err(ReasonLineError::Personal);
        }
        Ok(Self(text))
    }

    /// The line.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

/// Digits of the shortest number that names a person: that of an identity card.
const NAMING_DIGITS: usize = 9;
/// Digits of a serial number or digest that are told apart from other words by their letters.
const HEX_DIGITS: usize = 16;

/// Whether a text holds what looks like a mail address, an IIN, a telephone number or the number of a card. Dates, serial
/// numbers and digests in hexadecimal are let through; names cannot be told from other words.
#[must_use]
pub fn looks_personal(text: &str) -> bool {
    text.split_whitespace().any(is_address) || longest_number(text) >= NAMING_DIGITS
}

fn is_address(word: &str) -> bool {
    word.split('@')
        .zip(word.split('@').skip(1))
        .any(|(before, after)| {
            before.ends_with(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric)
        })
}

/// Digits of the longest number, however it is grouped.
fn longest_number(text: &str) -> usize {
    let plain: Vec<&str> = text
        .split_whitespace()
        .map(|word| {
            if is_date(word) || is_hex(word) {
                ","
            } else {
                word
            }
        })
        .collect();
    let plain = plain.join(" ");
    let mut letters = plain.chars().peekable();
    let mut longest = 0;
    while letters.peek().is_some() {
        longest = longest.max(number(&mut letters));
    }
    longest
}

/// Takes one number, or one letter of anything else; how many digits it had.
fn number(letters: &mut Peekable<Chars<'_>>) -> usize {
    let mut digits = 0_usize;
    while let Some(letter) = letters.next_if(|letter| is_digit(*letter) || joins(*letter)) {
        digits = digits.saturating_add(usize::from(is_digit(letter)));
    }
    let _ = letters.next();
    digits
}

fn is_digit(letter: char) -> bool {
    letter.is_numeric()
}

/// What people write between the groups of a number.
fn joins(letter: char) -> bool {
    " -.()+/–‑\u{200b}".contains(letter)
}

/// `2026-11-24` or `24.11.2026`, whatever punctuation follows.
fn is_date(word: &str) -> bool {
    let word = word.trim_matches(|letter: char| !letter.is_ascii_digit());
    let lengths: Vec<usize> = word.split(['-', '.']).map(str::len).collect();
    matches!(lengths.as_slice(), [4, 2, 2] | [2, 2, 4])
        && word
            .chars()
            .all(|letter| letter.is_ascii_digit() || "-.".contains(letter))
}

fn is_hex(word: &str) -> bool {
    let word = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    word.len() >= HEX_DIGITS
        && word.chars().all(|letter| letter.is_ascii_hexdigit())
        && word.chars().any(|letter| letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_one() {
        assert_eq!(
            ReasonLine::parse(" an exercise ").unwrap().as_str(),
            "an exercise"
        );
        for text in ["", "  ", "two\nlines", &"x".repeat(501)] {
            assert_eq!(
                ReasonLine::parse(text),
                Err(ReasonLineError::Form),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_seen_is_in_no_reason() {
        for text in [
            "an\u{180e} exercise",
            "an exercise\u{e0041}",
            "\u{3164}",
            "o\u{301}\u{302}\u{303}ne",
        ] {
            assert_eq!(
                ReasonLine::parse(text),
                Err(ReasonLineError::Unseen),
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_names_a_person_is_refused_however_it_is_grouped() {
        for text in [
            "asked by aigerim@demo.kz",
            "хат: пошта@мысал.қаз.",
            "ЖСН 850101300124",
            "ЖСН850101300124-ті тексерді",
            "85 01 01 30 01 24",
            "850101-300124",
            "called +7 (701) 123-45-67",
            "8\u{a0}701\u{a0}1234567",
            "карта №012345678",
            "٨٥٠١٠١٣٠٠١٢٤",
            "on 2026-11-24 850101300124 came",
        ] {
            assert_eq!(
                ReasonLine::parse(text),
                Err(ReasonLineError::Personal),
                "{text}"
            );
        }
    }

    #[test]
    fn dates_serial_numbers_tickets_and_signs_are_let_through() {
        for text in [
            "the mailbox was closed",
            "exercise of 2026-11-24 10:15, second of 3",
            "24.11.2026. 14:30 бойынша",
            "from 2026-11-24 until 2026-12-24",
            "ticket 4711-2345",
            "serial 3f0a12345678901234567890123456789012ab9c is a duplicate",
            "mails are read @ the desk",
            "100 000 letters bounced",
        ] {
            assert_eq!(ReasonLine::parse(text).map(ReasonLine::as_str), Ok(text));
        }
    }
}
