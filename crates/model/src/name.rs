//! Names of people: one rule wherever they come in, whether typed, imported or answered by a register.

use crate::ports::PersonFacts;
use crate::unseen::{has_stray_mark, is_deceptive};

/// Letters of the longest part of a name, and of the longest common name (RFC 5280, appendix A.1: ub-name is more, but
/// ub-common-name is 64, and a certificate's common name is the surname and the given name).
pub const LONGEST_NAME: usize = 64;

/// A part of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamePart {
    /// The surname.
    Surname,
    /// The given name.
    GivenName,
    /// The patronymic.
    Patronymic,
}

impl NamePart {
    /// What fields, columns and documents call it.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Surname => "surname",
            Self::GivenName => "given_name",
            Self::Patronymic => "patronymic",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Surname => "surname",
            Self::GivenName => "given name",
            Self::Patronymic => "patronymic",
        }
    }
}

/// Why a name is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// A part is empty.
    #[error("the {} is missing", .0.words())]
    Missing(NamePart),
    /// A part is too long.
    #[error("the {} is longer than {LONGEST_NAME} letters", .0.words())]
    TooLong(NamePart),
    /// A part holds what no name does: digits, signs, invisible characters.
    #[error("the {} holds something else than letters, spaces, hyphens, apostrophes and dots", .0.words())]
    Letters(NamePart),
    /// Surname and given name do not fit into the common name of a certificate.
    #[error(
        "surname and given name are longer than {LONGEST_NAME} letters together, which is the most a certificate's common name holds"
    )]
    Together,
}

impl NameError {
    /// The part that has to be corrected.
    #[must_use]
    pub const fn part(self) -> NamePart {
        match self {
            Self::Missing(part) | Self::TooLong(part) | Self::Letters(part) => part,
            Self::Together => NamePart::GivenName,
        }
    }
}

impl PersonFacts {
    /// Reads a name as it is kept and as certificates have it: upper case, single spaces. An empty patronymic is none.
    ///
    /// # Errors
    /// [`NameError`] of the first part that is none.
    pub fn read(surname: &str, given_name: &str, patronymic: &str) -> Result<Self, NameError> {
        let facts = Self {
            surname: part(NamePart::Surname, surname)?,
            given_name: part(NamePart::GivenName, given_name)?,
            patronymic: match part(NamePart::Patronymic, patronymic) {
                Ok(patronymic) => Some(patronymic),
                Err(NameError::Missing(_)) => None,
                Err(error) => return Err(error),
            },
        };
        let common = facts.surname.chars().count() + 1 + facts.given_name.chars().count();
        if common > LONGEST_NAME {
            return Err(NameError::Together);
        }
        Ok(facts)
    }

    /// What is wrong with each part, all at once; nothing where [`read`](Self::read) succeeds.
    #[must_use]
    pub fn faults(surname: &str, given_name: &str, patronymic: &str) -> Vec<NameError> {
        let parts = [
            part(NamePart::Surname, surname),
            part(NamePart::GivenName, given_name),
            part(NamePart::Patronymic, patronymic),
        ];
        let faults: Vec<NameError> = parts
            .into_iter()
            .filter_map(Result::err)
            .filter(|fault| !matches!(fault, NameError::Missing(NamePart::Patronymic)))
            .collect();
        if !faults.is_empty() {
            return faults;
        }
        Self::read(surname, given_name, patronymic)
            .err()
            .into_iter()
            .collect()
    }
}

fn part(part: NamePart, text: &str) -> Result<String, NameError> {
    let text = text.trim();
    if is_deceptive(text) {
        return Err(NameError::Letters(part));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let name = words.join(" ").to_uppercase();
    if name.is_empty() {
        return Err(NameError::Missing(part));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(NameError::TooLong(part));
    }
    let written = |letter: char| {
        letter.is_alphabetic()
            || matches!(letter, '\u{300}'..='\u{36f}')
            || " -‐‑–'’‘ʼ`´.".contains(letter)
    };
    // Capitals of some letters are letters with marks.
    if is_deceptive(&name) || has_stray_mark(&name) {
        return Err(NameError::Letters(part));
    }
    if !name.chars().all(written) || !name.chars().any(char::is_alphabetic) {
        return Err(NameError::Letters(part));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_as_certificates_have_it() {
        let facts = PersonFacts::read(" Серікқызы ", "Әйгерім  Анна-Мария", " ").unwrap();
        assert_eq!(facts.surname, "СЕРІКҚЫЗЫ");
        assert_eq!(facts.given_name, "ӘЙГЕРІМ АННА-МАРИЯ");
        assert_eq!(facts.patronymic, None);
        let facts = PersonFacts::read("O’Neill", "Jr.", "Маратқызы").unwrap();
        assert_eq!(facts.surname, "O’NEILL");
        assert_eq!(facts.patronymic.as_deref(), Some("МАРАТҚЫЗЫ"));
    }

    #[test]
    fn what_is_no_name_is_refused_with_its_part() {
        let long = "Ә".repeat(65);
        for (surname, given_name, patronymic, error) in [
            ("", "Ә", "", NameError::Missing(NamePart::Surname)),
            ("Ә", " \u{a0}", "", NameError::Missing(NamePart::GivenName)),
            (&long, "Ә", "", NameError::TooLong(NamePart::Surname)),
            ("Ә", "Ә", &long, NameError::TooLong(NamePart::Patronymic)),
            ("12345", "Ә", "", NameError::Letters(NamePart::Surname)),
            ("Ә", "<b>Ә</b>", "", NameError::Letters(NamePart::GivenName)),
            ("Ә\u{202e}Б", "Ә", "", NameError::Letters(NamePart::Surname)),
            ("Ә\u{200b}Б", "Ә", "", NameError::Letters(NamePart::Surname)),
            ("Ә\u{7}", "Ә", "", NameError::Letters(NamePart::Surname)),
            ("-", "Ә", "", NameError::Letters(NamePart::Surname)),
            // Letters that show nothing, and a name that looks like another one.
            ("\u{3164}", "Ә", "", NameError::Letters(NamePart::Surname)),
            ("Ә", "\u{115f}", "", NameError::Letters(NamePart::GivenName)),
            (
                "Ә",
                "Ә",
                "\u{ffa0}Ә",
                NameError::Letters(NamePart::Patronymic),
            ),
            (
                "АХ\u{34f}МЕТОВ",
                "Ә",
                "",
                NameError::Letters(NamePart::Surname),
            ),
            // Marks that stand on no letter, or that pile up, whatever script they are of.
            (
                "АХ-\u{301}-\u{302}",
                "Ә",
                "",
                NameError::Letters(NamePart::Surname),
            ),
            (
                "Ә",
                "А\u{e34}\u{e34}\u{e34}",
                "",
                NameError::Letters(NamePart::GivenName),
            ),
            (
                "Ә",
                "Ә",
                "\u{390}\u{301}",
                NameError::Letters(NamePart::Patronymic),
            ),
            (
                "А\u{301}\u{302}\u{303}",
                "Ә",
                "",
                NameError::Letters(NamePart::Surname),
            ),
        ] {
            let read = PersonFacts::read(surname, given_name, patronymic);
            assert_eq!(
                read,
                Err(error),
                "{surname:?} {given_name:?} {patronymic:?}"
            );
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        use NamePart::{GivenName, Patronymic, Surname};
        let long = "Ә".repeat(40);
        for (surname, given_name, patronymic, faults) in [
            ("Ә", "Ә", "", vec![]),
            (
                "1",
                "",
                "<b>",
                vec![
                    NameError::Letters(Surname),
                    NameError::Missing(GivenName),
                    NameError::Letters(Patronymic),
                ],
            ),
            (&long, &long, "", vec![NameError::Together]),
            (&long, &long, "2", vec![NameError::Letters(Patronymic)]),
        ] {
            assert_eq!(PersonFacts::faults(surname, given_name, patronymic), faults);
        }
    }

    #[test]
    fn surname_and_given_name_fit_into_one_common_name() {
        let (half, rest) = ("Ә".repeat(32), "Ә".repeat(31));
        assert!(PersonFacts::read(&half, &rest, "").is_ok());
        assert_eq!(
            PersonFacts::read(&half, &half, ""),
            Err(NameError::Together)
        );
    }
}
