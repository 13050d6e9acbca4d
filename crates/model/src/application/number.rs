//! The number of an application.

use std::fmt;

use rand_core::CryptoRng;

/// The number that an applicant remembers: 12 digits, eleven random and a check digit (ISO/IEC 7064, MOD 11,10).
///
/// The check digit catches every single wrong digit; the random digits make
/// numbers unguessable in sequence, because a number opens a public status page. Stored and sent: the 12 digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApplicationNumber(String);

/// Why a text is not an application number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplicationNumberError {
    /// Not 12 decimal digits (spaces between them are allowed).
    #[error("an application number has exactly 12 digits")]
    Form,
    /// The last digit does not fit the others: a typing mistake.
    #[error("the check digit of the application number does not fit")]
    CheckDigit,
}

impl ApplicationNumber {
    /// Draws a number: eleven uniformly random digits, the first one not 0.
    pub fn random(random: &mut dyn CryptoRng) -> Self {
        let mut body = String::with_capacity(12);
        while body.len() < 11 {
            let mut octet = [0u8; 1];
            random.fill_bytes(&mut octet);
            let [octet] = octet;
            // 250 is the largest multiple of ten that fits: above it digits would not be equally likely.
            if octet < 250 && !(body.is_empty() && octet % 10 == 0) {
                body.push(char::from(b'0' + octet % 10));
            }
        }
        let check = check_digit(&body);
        body.push(char::from(b'0' + check));
        Self(body)
    }

    /// Reads a number as people type it: spaces and hyphens between groups do not matter.
    ///
    /// # Errors
    /// [`ApplicationNumberError`] with what is wrong.
    pub fn parse(text: &str) -> Result<Self, ApplicationNumberError> {
        let digits: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .collect();
        if digits.len() != 12 || !digits.chars().all(|c| c.is_ascii_digit()) {
            return Err(ApplicationNumberError::Form);
        }
        let (body, last) = digits.split_at(11);
        if last.parse() != Ok(check_digit(body)) {
            return Err(ApplicationNumberError::CheckDigit);
        }
        Ok(Self(digits))
    }

    /// The 12 digits without spaces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number in groups of four, as pages show it.
    #[must_use]
    pub fn grouped(&self) -> String {
        let groups: Vec<&str> = [0..4, 4..8, 8..12]
            .into_iter()
            .filter_map(|group| self.0.get(group))
            .collect();
        groups.join(" ")
    }
}

impl fmt::Display for ApplicationNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// ISO/IEC 7064 MOD 11,10 over decimal digits.
fn check_digit(body: &str) -> u8 {
    let product = body.bytes().fold(10u32, |product, digit| {
        let sum = (product + u32::from(digit.saturating_sub(b'0'))) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    u8::try_from((11 - product) % 10).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_digit_is_noticed() {
        let good = ApplicationNumber::parse(&format!("12345678901{}", check_digit("12345678901")))
            .expect("complete");
        for place in 0..12 {
            for digit in b'0'..=b'9' {
                let mut wrong = good.as_str().as_bytes().to_vec();
                if wrong[place] == digit {
                    continue;
                }
                wrong[place] = digit;
                let wrong = String::from_utf8(wrong).expect("digits");
                assert_eq!(
                    ApplicationNumber::parse(&wrong),
                    Err(ApplicationNumberError::CheckDigit),
                    "{wrong}"
                );
            }
        }
    }

    #[test]
    fn groups_are_read_back() {
        let number =
            ApplicationNumber::parse(&format!("12345678901{}", check_digit("12345678901")))
                .expect("complete");
        assert_eq!(ApplicationNumber::parse(&number.grouped()), Ok(number));
    }
}
