//! How long certificates of a profile live.

use serde::Deserialize;

/// How long certificates live.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub enum Validity {
    /// Exactly so many years, by where the key lives.
    Person {
        /// Years for a key in a file.
        file_years: u16,
        /// Years for a key in a device.
        token_years: u16,
    },
    /// As the authority decides, up to so many years.
    Service {
        /// The most years.
        years_at_most: u16,
    },
}

/// The table as it is written; a reader that tried one form after the other would name neither a wrong key nor its line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    file_years: Option<u16>,
    token_years: Option<u16>,
    years_at_most: Option<u16>,
}

impl TryFrom<Written> for Validity {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match (
            written.file_years,
            written.token_years,
            written.years_at_most,
        ) {
            (Some(file_years), Some(token_years), None) => Ok(Self::Person {
                file_years,
                token_years,
            }),
            (None, None, Some(years_at_most)) => Ok(Self::Service { years_at_most }),
            _ => Err("validity has either file-years and token-years, or years-at-most alone"),
        }
    }
}
