//! The part `[ra.texts]`: which telephones are sent codes, and how many. Text messages cost money, and some networks share
//! what they cost with whoever has them sent.

use serde::Deserialize;
use tanba_model::phone::PhoneNumber;

use super::ConfigError;

/// The part `[ra.texts]`. Every field may be absent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TextsSection {
    /// With what numbers have to begin: `+7`.
    pub prefixes: Vec<String>,
    /// Codes that are sent to one number in a day, whoever asks.
    pub codes_per_number_a_day: u32,
    /// Codes that one network address may ask for in a day.
    pub codes_per_network_a_day: u32,
    /// Codes that are sent in a day altogether.
    pub codes_a_day: u32,
}

impl Default for TextsSection {
    fn default() -> Self {
        Self {
            prefixes: vec!["+7".to_owned()],
            codes_per_number_a_day: 5,
            codes_per_network_a_day: 30,
            codes_a_day: 20_000,
        }
    }
}

impl TextsSection {
    pub(super) fn check(self) -> Result<Self, ConfigError> {
        let is_prefix = |text: &String| {
            text.strip_prefix('+').is_some_and(|digits| {
                (1..=15).contains(&digits.len())
                    && !digits.starts_with('0')
                    && digits.bytes().all(|digit| digit.is_ascii_digit())
            })
        };
        if self.prefixes.is_empty() || !self.prefixes.iter().all(is_prefix) {
            return Err(ConfigError::Texts(
                "prefixes have to be like +7: a plus sign and digits, at least one of them",
            ));
        }
        let counts = [
            self.codes_per_number_a_day,
            self.codes_per_network_a_day,
            self.codes_a_day,
        ];
        if counts.contains(&0) {
            return Err(ConfigError::Texts(
                "a limit of 0 would let nobody confirm a telephone",
            ));
        }
        Ok(self)
    }

    /// Whether text messages are sent to this number.
    #[must_use]
    pub fn allows(&self, phone: &PhoneNumber) -> bool {
        self.prefixes
            .iter()
            .any(|prefix| phone.as_str().starts_with(prefix.as_str()))
    }
}
