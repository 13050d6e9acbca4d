//! How long answers may be kept.

use std::time::Duration;

use serde::Deserialize;

/// The section `[responder]` of the configuration, as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Minutes until the nextUpdate of an OCSP response: how long a client may rely on it. Default 5.
    pub ocsp_life_minutes: u32,
    /// Seconds for which caches may answer an OCSP request by GET without asking; a revocation is hidden by them for
    /// that long. Default 1.
    pub ocsp_cache_seconds: u32,
    /// Seconds for which caches may answer with a delta list. Default 10.
    pub delta_cache_seconds: u32,
    /// Seconds for which caches may answer with any other list. Default 600.
    pub crl_cache_seconds: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ocsp_life_minutes: 5,
            ocsp_cache_seconds: 1,
            delta_cache_seconds: 10,
            crl_cache_seconds: 600,
        }
    }
}

/// A number of the configuration is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} must be at most {1}")]
pub struct ConfigError(&'static str, u32);

/// Rules that may be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub(crate) ocsp_life: Duration,
    pub(crate) ocsp_cache: Duration,
    pub(crate) delta_cache: Duration,
    pub(crate) crl_cache: Duration,
}

impl Config {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`ConfigError`] with the first one that is out of range.
    pub fn check(&self) -> Result<Rules, ConfigError> {
        let ranges = [
            ("ocsp_life_minutes", self.ocsp_life_minutes, 7 * 24 * 60),
            ("ocsp_cache_seconds", self.ocsp_cache_seconds, 3600),
            ("delta_cache_seconds", self.delta_cache_seconds, 3600),
            ("crl_cache_seconds", self.crl_cache_seconds, 24 * 3600),
        ];
        if let Some((name, _, limit)) = ranges.into_iter().find(|(_, value, limit)| value > limit) {
            return Err(ConfigError(name, limit));
        }
        Ok(Rules {
            ocsp_life: Duration::from_secs(u64::from(self.ocsp_life_minutes).saturating_mul(60)),
            ocsp_cache: Duration::from_secs(self.ocsp_cache_seconds.into()),
            delta_cache: Duration::from_secs(self.delta_cache_seconds.into()),
            crl_cache: Duration::from_secs(self.crl_cache_seconds.into()),
        })
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            ocsp_life: Duration::from_secs(300),
            ocsp_cache: Duration::from_secs(1),
            delta_cache: Duration::from_secs(10),
            crl_cache: Duration::from_secs(600),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_configuration_gives_the_default_rules() {
        assert_eq!(Config::default().check(), Ok(Rules::default()));
        let config = Config {
            ocsp_cache_seconds: 3601,
            ..Config::default()
        };
        assert_eq!(config.check(), Err(ConfigError("ocsp_cache_seconds", 3600)));
    }
}
