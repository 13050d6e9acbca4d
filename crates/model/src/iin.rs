//! Individual identification number.

use std::fmt;

/// Individual identification number (ЖСН, ИИН) of a person: 12 digits, the last one a check digit.
///
/// Personal data: `Debug` hides it. Stored: the 12 digits. Sent: the 12 digits; in certificates after the letters `IIN`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iin(String);

/// Why a text is not an individual identification number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IinError {
    /// Not exactly 12 decimal digits.
    #[error("an IIN has exactly 12 digits")]
    Form,
    /// The last digit does not fit the others: a typing mistake.
    #[error("the check digit of the IIN does not fit")]
    CheckDigit,
}

impl Iin {
    /// Reads 12 digits and checks the last one.
    ///
    /// # Errors
    /// [`IinError`] with what is wrong.
    pub fn parse(text: &str) -> Result<Self, IinError> {
        let digits = digits(text).ok_or(IinError::Form)?;
        let (expected, body) = digits.split_last().ok_or(IinError::Form)?;
        if check_digit(body) != Some(*expected) {
            return Err(IinError::CheckDigit);
        }
        Ok(Self(text.to_owned()))
    }

    /// Completes 11 digits by their check digit; `None` where the rule knows no check digit for them.
    #[must_use]
    pub fn complete(eleven: &str) -> Option<Self> {
        let body: Vec<u32> = eleven
            .chars()
            .map(|digit| digit.to_digit(10))
            .collect::<Option<_>>()?;
        if body.len() != 11 {
            return None;
        }
        check_digit(&body).map(|digit| Self(format!("{eleven}{digit}")))
    }

    /// The 12 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Iin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Iin(…)")
    }
}

fn digits(text: &str) -> Option<[u32; 12]> {
    let digits: Vec<u32> = text
        .chars()
        .map(|digit| digit.to_digit(10))
        .collect::<Option<_>>()?;
    digits.try_into().ok()
}

/// Weights 1 to 11 modulo 11; where that gives 10, weights 3 to 11, 1, 2; where that gives 10 again, none.
fn check_digit(body: &[u32]) -> Option<u32> {
    let sum = |first: u32| -> u32 {
        (0u32..)
            .zip(body)
            .map(|(place, digit)| ((place + first - 1) % 11 + 1) * digit)
            .sum::<u32>()
            % 11
    };
    [sum(1), sum(3)].into_iter().find(|rest| *rest < 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearly_every_wrong_digit_is_noticed() {
        let good = Iin::complete("85010130012").expect("has a check digit");
        assert_eq!(Iin::parse(good.as_str()), Ok(good.clone()));
        let mut missed = 0;
        // The eleventh digit has weight 11, which is nothing modulo 11: the rule does not see it.
        for place in (0..12).filter(|place| *place != 10) {
            for digit in '0'..='9' {
                let mut wrong: Vec<char> = good.as_str().chars().collect();
                if wrong[place] == digit {
                    continue;
                }
                wrong[place] = digit;
                let wrong: String = wrong.into_iter().collect();
                missed += u32::from(Iin::parse(&wrong).is_ok());
            }
        }
        // Where the second row of weights takes over, a digit may fit by chance.
        assert!(missed <= 2, "{missed} of 99 wrong digits were not noticed");
    }

    #[test]
    fn the_form_is_exact() {
        assert_eq!(Iin::parse("12345"), Err(IinError::Form));
        assert_eq!(Iin::parse("8501013001234"), Err(IinError::Form));
        assert_eq!(Iin::parse("85010130012x"), Err(IinError::Form));
    }

    #[test]
    fn debug_shows_nothing() {
        let iin = Iin::complete("85010130012").expect("has a check digit");
        assert_eq!(format!("{iin:?}"), "Iin(…)");
    }
}
