//! The section `[register]`: the register of people that is asked over HTTP.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::Uri;
use serde::Deserialize;

use super::finding::{Finding, Findings};
use crate::outbound;

/// The section as written. Without it the table of `tanba person import` is the register.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    /// Address with `{iin}` where the number goes: `https://register.example.kz/persons/{iin}`.
    url: String,
    /// File with the token that we show, sent as `Authorization: Bearer …`.
    token_file: Option<PathBuf>,
    /// Certificates of authorities to trust instead of the public ones, PEM.
    trusted: Option<PathBuf>,
    /// Seconds that one answer may take: 1 to 30.
    #[serde(default = "patience")]
    timeout_seconds: u64,
    /// How often it is asked before an application waits: 1 to 5.
    #[serde(default = "tries")]
    tries: u32,
}

const fn patience() -> u64 {
    4
}

const fn tries() -> u32 {
    2
}

/// How the register is asked.
#[derive(Clone, Debug)]
pub(crate) struct Register {
    /// Address with `{iin}` where the number goes.
    pub(crate) url: String,
    /// Its host, for logs and evidence.
    pub(crate) host: String,
    /// File with the token.
    pub(crate) token_file: Option<PathBuf>,
    /// File with certificates of authorities to trust.
    pub(crate) trusted: Option<PathBuf>,
    /// How long one answer may take.
    pub(crate) patience: Duration,
    /// How often it is asked.
    pub(crate) tries: u32,
}

impl Register {
    /// A register that shows its answers to everybody, asked as one that is configured with its address alone.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub(crate) fn at(url: &str) -> Result<Self, Findings> {
        let section = Section {
            url: url.to_owned(),
            token_file: None,
            trusted: None,
            timeout_seconds: patience(),
            tries: tries(),
        };
        Ok(section.check(Path::new(""))?)
    }
}

impl Section {
    pub(super) fn check(self, folder: &Path) -> Result<Register, Finding> {
        if self.url.matches("{iin}").count() != 1 {
            return Err(wrong(
                "register.url has to hold {iin} once",
                "write it as https://register.example.kz/persons/{iin}",
            ));
        }
        let example = self.url.replace("{iin}", "000000000000");
        if !outbound::is_protected(&example) {
            return Err(wrong(
                "register.url has to be https, or http to this very computer",
                "numbers of people must not travel in the clear: use https",
            ));
        }
        let host = example
            .parse::<Uri>()
            .ok()
            .and_then(|uri| uri.host().map(str::to_owned))
            .unwrap_or_default();
        if !(1..=30).contains(&self.timeout_seconds) || !(1..=5).contains(&self.tries) {
            return Err(wrong(
                "register.timeout_seconds has to be 1 to 30, register.tries 1 to 5",
                "an applicant waits for the answer: keep both small",
            ));
        }
        Ok(Register {
            url: self.url,
            host,
            token_file: self.token_file.map(|path| folder.join(path)),
            trusted: self.trusted.map(|path| folder.join(path)),
            patience: Duration::from_secs(self.timeout_seconds),
            tries: self.tries,
        })
    }
}

fn wrong(what: &str, remedy: &str) -> Finding {
    Finding::error("register", what.to_owned(), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> Result<Register, Finding> {
        toml::from_str::<Section>(text)
            .unwrap()
            .check(Path::new("/etc/tanba"))
    }

    #[test]
    fn numbers_of_people_travel_protected_and_with_patience() {
        let register = section(
            "url = \"https://register.example.kz/persons/{iin}\"\ntoken_file = \"register.token\"",
        )
        .unwrap();
        assert_eq!(register.host, "register.example.kz");
        assert_eq!(
            register.token_file,
            Some(PathBuf::from("/etc/tanba/register.token"))
        );
        for wrong in [
            "url = \"http://register.example.kz/{iin}\"",
            "url = \"https://register.example.kz/\"",
            "url = \"https://register.example.kz/{iin}/{iin}\"",
            "url = \"https://register.example.kz/{iin}\"\ntimeout_seconds = 0",
            "url = \"https://register.example.kz/{iin}\"\ntries = 9",
        ] {
            assert!(section(wrong).is_err(), "{wrong}");
        }
    }
}
