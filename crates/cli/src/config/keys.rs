//! The section `[keys]`: where the authority's keys are, and the passphrase or the PIN that opens them.

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Deserialize;
use tanba_crypto::Secret;
use tanba_token::TokenSettings;

use super::finding::Finding;
use crate::password;

/// The section as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    /// File that holds the passphrase, readable by the server's account alone; one final newline is not part of it.
    passphrase_file: Option<PathBuf>,
    /// Name of an environment variable that holds it.
    passphrase_env: Option<String>,
    /// The token with the keys, where they are in one.
    token: Option<TokenSection>,
}

/// The section `[keys.token]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenSection {
    /// The PKCS#11 module of the token's maker.
    module: PathBuf,
    /// Label of the token; or `serial`, or both.
    label: Option<String>,
    /// Serial number of the token.
    serial: Option<String>,
    /// File that holds the user PIN, readable by the server's account alone.
    pin_file: Option<PathBuf>,
    /// Name of an environment variable that holds it.
    pin_env: Option<String>,
    /// Signatures that the token is asked for at the same time, 1 to 64. Default 4.
    #[serde(default = "four")]
    sessions: u8,
    /// Whether the module may use locks of the operating system (CKF_OS_LOCKING_OK). Default true.
    #[serde(default = "yes")]
    os_locking: bool,
    /// Whether the module may start threads (else CKF_LIBRARY_CANT_CREATE_OS_THREADS). Default true.
    #[serde(default = "yes")]
    own_threads: bool,
    /// Where the keys of OCSP responders are made: in the token, or sealed under the passphrase, so that OCSP answers
    /// while the token is away. Default `token`.
    #[serde(default)]
    ocsp: OcspKeys,
}

const fn four() -> u8 {
    4
}

const fn yes() -> bool {
    true
}

/// Where the keys of OCSP responders are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OcspKeys {
    /// In the token.
    #[default]
    Token,
    /// In the database, sealed under the passphrase.
    Software,
}

/// A secret that is read when it is needed: a passphrase or a PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Passphrase {
    /// In a file.
    File(PathBuf),
    /// In a variable of the environment.
    Variable(String),
}

/// The token with the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenChoice {
    /// Which one, and how it is used.
    pub(crate) settings: TokenSettings,
    /// Where its PIN is.
    pub(crate) pin: Passphrase,
    /// Where the keys of responders go.
    pub(crate) ocsp: OcspKeys,
}

/// Where the authority's keys are. At least one of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keys {
    /// The passphrase of those in the database.
    pub(crate) passphrase: Option<Passphrase>,
    /// The token of the others.
    pub(crate) token: Option<TokenChoice>,
}

impl Section {
    pub(super) fn check(self, folder: &Path) -> Result<Keys, Finding> {
        let wrong = |what: &str, remedy: &str| {
            Err(Finding::error("passphrase-source", what.to_owned(), remedy))
        };
        let passphrase = match (self.passphrase_file, self.passphrase_env) {
            (Some(path), None) => Some(Passphrase::File(folder.join(path))),
            (None, Some(name)) => Some(Passphrase::Variable(name)),
            (None, None) if self.token.is_some() => None,
            _ => {
                return wrong(
                    "the section [keys] has to name either passphrase_file or passphrase_env",
                    "name one of them",
                );
            }
        };
        let token = self.token.map(|token| token.check(folder)).transpose()?;
        if passphrase.is_none()
            && token
                .as_ref()
                .is_some_and(|token| token.ocsp == OcspKeys::Software)
        {
            return wrong(
                "keys.token.ocsp is \"software\", but the section [keys] names no passphrase",
                "name passphrase_file or passphrase_env",
            );
        }
        Ok(Keys { passphrase, token })
    }
}

impl TokenSection {
    fn check(self, folder: &Path) -> Result<TokenChoice, Finding> {
        let wrong = |what: &str, remedy: &str| {
            Err(Finding::error("token-section", what.to_owned(), remedy))
        };
        let pin = match (self.pin_file, self.pin_env) {
            (Some(path), None) => Passphrase::File(folder.join(path)),
            (None, Some(name)) => Passphrase::Variable(name),
            _ => {
                return wrong(
                    "the section [keys.token] has to name either pin_file or pin_env",
                    "name one of them",
                );
            }
        };
        if self.label.is_none() && self.serial.is_none() {
            return wrong(
                "the section [keys.token] names no token",
                "add label, serial or both; `pkcs11-tool --list-slots` prints them",
            );
        }
        if !(1..=64).contains(&self.sessions) {
            return wrong(
                "keys.token.sessions must be between 1 and 64",
                "correct the value",
            );
        }
        Ok(TokenChoice {
            settings: TokenSettings {
                module: folder.join(self.module),
                label: self.label,
                serial: self.serial,
                sessions: usize::from(self.sessions),
                os_locking: self.os_locking,
                own_threads: self.own_threads,
            },
            pin,
            ocsp: self.ocsp,
        })
    }
}

impl Passphrase {
    /// Reads it.
    ///
    /// # Errors
    /// When there is none, or an empty one.
    pub(crate) fn read(&self) -> anyhow::Result<Secret> {
        let (secret, source) = match self {
            Self::File(path) => (password::from_file(path)?, path.display().to_string()),
            Self::Variable(name) => (password::from_environment(name)?, name.clone()),
        };
        if secret.is_empty() {
            bail!("the passphrase or PIN in {source} is empty");
        }
        Ok(secret)
    }
}
