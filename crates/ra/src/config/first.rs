//! The part `[ra.first]`: how people without keys apply, and how often.

use serde::Deserialize;

use super::ConfigError;

/// The part `[ra.first]`: how people without keys apply for the first ones. Every field may be absent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FirstSection {
    /// Calendar days to appear at the registration centre, after the day of the application: 1 to 365.
    pub days_to_appear: u16,
    /// How often in a day somebody may ask whether an IIN and a name belong together, for one IIN from one network address.
    pub tries_per_person_and_network_a_day: u32,
    /// The same for one IIN, wherever from: more, so that a stranger who tries wrong names does not close her day.
    pub tries_per_person_a_day: u32,
    /// The same for one network address.
    pub tries_per_network_a_day: u32,
    /// Applications for first keys that are taken for one IIN from one network address in a day.
    pub applications_per_person_and_network_a_day: u32,
    /// The same for one IIN, wherever from: more, so that a stranger who files in somebody's name does not close her day.
    pub applications_per_person_a_day: u32,
    /// The same from one network address.
    pub applications_per_network_a_day: u32,
    /// Codes that are sent to one address in a day.
    pub codes_per_address_a_day: u32,
    /// Codes that one network address may ask for in a day.
    pub codes_per_network_a_day: u32,
    /// Leading zero bits of the proof of work while few people apply: 0 to 22. Each further bit doubles the work.
    pub work_bits: u8,
}

impl Default for FirstSection {
    fn default() -> Self {
        Self {
            days_to_appear: 30,
            tries_per_person_and_network_a_day: 10,
            tries_per_person_a_day: 60,
            tries_per_network_a_day: 60,
            applications_per_person_and_network_a_day: 3,
            applications_per_person_a_day: 20,
            applications_per_network_a_day: 20,
            codes_per_address_a_day: 6,
            codes_per_network_a_day: 60,
            work_bits: 18,
        }
    }
}

impl FirstSection {
    /// The hardest work that a configuration may ask for without any load.
    const MOST_WORK: u8 = 22;

    pub(super) fn check(self) -> Result<Self, ConfigError> {
        let counts = [
            self.tries_per_person_and_network_a_day,
            self.tries_per_person_a_day,
            self.tries_per_network_a_day,
            self.applications_per_person_and_network_a_day,
            self.applications_per_person_a_day,
            self.applications_per_network_a_day,
            self.codes_per_address_a_day,
            self.codes_per_network_a_day,
        ];
        if !(1..=365).contains(&self.days_to_appear) {
            return Err(ConfigError::First("days_to_appear has to be 1 to 365"));
        }
        if counts.contains(&0) {
            return Err(ConfigError::First("a limit of 0 would let nobody apply"));
        }
        if self.work_bits > Self::MOST_WORK {
            return Err(ConfigError::First("work_bits has to be 0 to 22"));
        }
        Ok(self)
    }
}
