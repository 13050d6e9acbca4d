//! The section `[keys]`: where the passphrase of the authority's keys is.

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Deserialize;
use tanba_crypto::Secret;

use super::finding::Finding;
use crate::password;

/// The section as written; one of the two.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    /// File that holds the passphrase, readable by the server's account alone; one final newline is not part of it.
    passphrase_file: Option<PathBuf>,
    /// Name of an environment variable that holds it.
    passphrase_env: Option<String>,
}

/// Where the passphrase of the authority's keys is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Passphrase {
    /// In a file.
    File(PathBuf),
    /// In a variable of the environment.
    Variable(String),
}

impl Section {
    pub(super) fn check(self, folder: &Path) -> Result<Passphrase, Finding> {
        match (self.passphrase_file, self.passphrase_env) {
            (Some(path), None) => Ok(Passphrase::File(folder.join(path))),
            (None, Some(name)) => Ok(Passphrase::Variable(name)),
            _ => Err(Finding::error(
                "passphrase-source",
                "the section [keys] has to name either passphrase_file or passphrase_env"
                    .to_owned(),
                "name one of them",
            )),
        }
    }
}

impl Passphrase {
    /// Reads it.
    ///
    /// # Errors
    /// When there is none, or an empty one.
    pub(crate) fn read(&self) -> anyhow::Result<Secret> {
        let secret = match self {
            Self::File(path) => password::from_file(path)?,
            Self::Variable(name) => password::from_environment(name)?,
        };
        if secret.is_empty() {
            bail!("the passphrase of the authority's keys is empty");
        }
        Ok(secret)
    }
}
