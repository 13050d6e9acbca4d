//! The section `[logging]`: what is logged, and how.

use serde::Deserialize;

/// The section as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Section {
    /// `error`, `warn`, `info` or `debug`. Default `info`.
    level: Level,
    /// `text` or `json`. Default `text`.
    format: Format,
}

/// From which importance on lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Somebody must act.
    Error,
    /// The program coped.
    Warn,
    /// Business events.
    #[default]
    Info,
    /// For those who develop it.
    Debug,
}

/// The shape of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object on each line.
    Json,
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Logging {
    /// From which importance on.
    pub(crate) level: Level,
    /// In which shape.
    pub(crate) format: Format,
}

impl Section {
    pub(super) const fn check(&self) -> Logging {
        Logging {
            level: self.level,
            format: self.format,
        }
    }
}
