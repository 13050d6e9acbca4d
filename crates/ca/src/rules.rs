//! How often lists and responder certificates are renewed, and how long a signature may take.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// The section `[ca]` of the configuration, as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Hours between two base lists of a shard. Default 24.
    pub base_every_hours: u32,
    /// Hours for which a base list is valid. Default 72.
    pub base_life_hours: u32,
    /// Minutes after which a delta list is made even if nothing was revoked; after a revocation it is made at once.
    /// Default 30.
    pub delta_every_minutes: u32,
    /// Minutes for which a delta list is valid. Default 120.
    pub delta_life_minutes: u32,
    /// Days for which the list of the root is valid; it is renewed at half its life. Default 180.
    pub root_life_days: u32,
    /// Days for which the certificate of an OCSP responder is valid; it is renewed at half its life. Default 14.
    pub responder_life_days: u32,
    /// Minutes between two signed checkpoints of the audit log, while it grows. Default 10.
    pub checkpoint_every_minutes: u32,
    /// Seconds that a signing device may take for a signature. A request that waited so long is told to come again; what
    /// the device signs later is kept. Default 15.
    pub signing_patience_seconds: u32,
    /// Hour of the day, in UTC, from which on all keys are looked over. Default 20: the night of Kazakhstan begins.
    pub key_check_hour: u32,
    /// The folder of the operator's own profiles, a TOML file for each. Default none.
    pub profiles: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base_every_hours: 24,
            base_life_hours: 72,
            delta_every_minutes: 30,
            delta_life_minutes: 120,
            root_life_days: 180,
            responder_life_days: 14,
            checkpoint_every_minutes: 10,
            signing_patience_seconds: 15,
            key_check_hour: 20,
            profiles: None,
        }
    }
}

/// The configuration contradicts itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A list would end before the next one is made.
    #[error("{0} must be at least twice {1}, so that a missed renewal harms nobody")]
    TooShort(&'static str, &'static str),
    /// A number is zero or absurdly large.
    #[error("{0} must be between {1} and {2}")]
    Range(&'static str, u32, u32),
}

/// Rules that do not contradict themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub(crate) base_every: Duration,
    pub(crate) base_life: Duration,
    pub(crate) delta_every: Duration,
    pub(crate) delta_life: Duration,
    pub(crate) root_life: Duration,
    pub(crate) responder_life: Duration,
    pub(crate) checkpoint_every: Duration,
    pub(crate) signing_patience: Duration,
    pub(crate) key_check_hour: u32,
}

impl Config {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`ConfigError`] with the first contradiction.
    pub fn check(&self) -> Result<Rules, ConfigError> {
        let ranges = [
            ("base_every_hours", self.base_every_hours, 24 * 30),
            ("base_life_hours", self.base_life_hours, 24 * 365),
            ("delta_every_minutes", self.delta_every_minutes, 24 * 60),
            ("delta_life_minutes", self.delta_life_minutes, 7 * 24 * 60),
            ("root_life_days", self.root_life_days, 3660),
            ("responder_life_days", self.responder_life_days, 3660),
            (
                "checkpoint_every_minutes",
                self.checkpoint_every_minutes,
                24 * 60,
            ),
            (
                "signing_patience_seconds",
                self.signing_patience_seconds,
                600,
            ),
        ];
        if let Some((name, _, limit)) = ranges
            .into_iter()
            .find(|(_, value, limit)| *value == 0 || value > limit)
        {
            return Err(ConfigError::Range(name, 1, limit));
        }
        if self.key_check_hour > 23 {
            return Err(ConfigError::Range("key_check_hour", 0, 23));
        }
        if self.base_life_hours < self.base_every_hours.saturating_mul(2) {
            return Err(ConfigError::TooShort("base_life_hours", "base_every_hours"));
        }
        if self.delta_life_minutes < self.delta_every_minutes.saturating_mul(2) {
            return Err(ConfigError::TooShort(
                "delta_life_minutes",
                "delta_every_minutes",
            ));
        }
        Ok(Rules {
            base_every: hours(self.base_every_hours),
            base_life: hours(self.base_life_hours),
            delta_every: minutes(self.delta_every_minutes),
            delta_life: minutes(self.delta_life_minutes),
            root_life: hours(self.root_life_days.saturating_mul(24)),
            responder_life: hours(self.responder_life_days.saturating_mul(24)),
            checkpoint_every: minutes(self.checkpoint_every_minutes),
            signing_patience: Duration::from_secs(u64::from(self.signing_patience_seconds)),
            key_check_hour: self.key_check_hour,
        })
    }
}

impl Rules {
    /// The same rules with another patience with signing devices.
    #[must_use]
    pub const fn with_signing_patience(mut self, patience: Duration) -> Self {
        self.signing_patience = patience;
        self
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            base_every: hours(24),
            base_life: hours(72),
            delta_every: minutes(30),
            delta_life: minutes(120),
            root_life: hours(24 * 180),
            responder_life: hours(24 * 14),
            checkpoint_every: minutes(10),
            signing_patience: Duration::from_secs(15),
            key_check_hour: 20,
        }
    }
}

fn hours(count: u32) -> Duration {
    minutes(count.saturating_mul(60))
}

fn minutes(count: u32) -> Duration {
    Duration::from_secs(u64::from(count).saturating_mul(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_configuration_gives_the_default_rules() {
        assert_eq!(Config::default().check(), Ok(Rules::default()));
    }

    #[test]
    fn a_list_that_ends_before_its_successor_comes_is_refused() {
        let config = Config {
            base_life_hours: 47,
            ..Config::default()
        };
        assert_eq!(
            config.check(),
            Err(ConfigError::TooShort("base_life_hours", "base_every_hours"))
        );
        let config = Config {
            delta_every_minutes: 0,
            ..Config::default()
        };
        assert_eq!(
            config.check(),
            Err(ConfigError::Range("delta_every_minutes", 1, 1440))
        );
    }
}
