//! What sites were allowed to ask for.
//!
//! A grant opens the way to the dialog and nothing else: every signature is asked for on its own, whatever was granted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tanba_pki::Timestamp;

use super::Origin;
use crate::trust::{make_folder, write_private};

/// What a site asks the keys for. Each is granted on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// Signing in, and seeing the certificate of a key.
    Login,
    /// Signing documents.
    Signature,
    /// Making keys, installing certificates, changing passwords.
    Keys,
}

impl Use {
    /// All uses.
    pub const ALL: [Self; 3] = [Self::Login, Self::Signature, Self::Keys];

    /// The word for it on the command line and in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Signature => "signature",
            Self::Keys => "keys",
        }
    }
}

/// One thing that one site may ask for. Stored: never rename a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The site, as [`Origin::as_str`].
    pub origin: String,
    /// What it may ask for.
    #[serde(rename = "use")]
    pub usage: Use,
    /// When its owner said so.
    pub since: String,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(default, rename = "grant")]
    grants: Vec<Grant>,
}

/// Why grants cannot be read or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// The file cannot be read or written.
    #[error("the file of grants {path} cannot be read or written")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is not what the agent wrote; removing it revokes everything.
    #[error("the file of grants {path} is damaged; remove it, and every site is asked about again")]
    Damaged {
        /// Which.
        path: PathBuf,
    },
}

/// The grants of this user, in a file.
#[derive(Debug)]
pub struct Grants {
    path: PathBuf,
    writing: Mutex<()>,
}

impl Grants {
    /// Uses the file at this path, which need not be there yet.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self {
            path,
            writing: Mutex::new(()),
        }
    }

    /// All grants, in the order in which they were given.
    ///
    /// # Errors
    /// [`GrantError`]
    pub fn list(&self) -> Result<Vec<Grant>, GrantError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(self.fault(source)),
        };
        let stored: Stored = toml::from_str(&text).map_err(|_| GrantError::Damaged {
            path: self.path.clone(),
        })?;
        Ok(stored.grants)
    }

    /// Whether the site may ask for this. Read each time, so that a revoked grant is gone at once.
    ///
    /// # Errors
    /// [`GrantError`]
    pub fn allows(&self, origin: &Origin, usage: Use) -> Result<bool, GrantError> {
        let matches = |grant: &Grant| grant.origin == origin.as_str() && grant.usage == usage;
        Ok(self.list()?.iter().any(matches))
    }

    /// Lets the site ask for this from now on.
    ///
    /// # Errors
    /// [`GrantError`]
    pub fn give(&self, origin: &Origin, usage: Use, now: Timestamp) -> Result<(), GrantError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut grants = self.list()?;
        let known = |grant: &Grant| grant.origin == origin.as_str() && grant.usage == usage;
        if grants.iter().any(known) {
            return Ok(());
        }
        grants.push(Grant {
            origin: origin.as_str().to_owned(),
            usage,
            since: now.rfc3339(),
        });
        self.write(grants)
    }

    /// Takes back what a site was allowed: one use, or all; how many grants that were.
    ///
    /// # Errors
    /// [`GrantError`]
    pub fn revoke(&self, origin: &str, usage: Option<Use>) -> Result<usize, GrantError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let grants = self.list()?;
        let before = grants.len();
        let kept: Vec<Grant> = grants
            .into_iter()
            .filter(|grant| grant.origin != origin || usage.is_some_and(|one| grant.usage != one))
            .collect();
        let gone = before.saturating_sub(kept.len());
        if gone > 0 {
            self.write(kept)?;
        }
        Ok(gone)
    }

    fn write(&self, grants: Vec<Grant>) -> Result<(), GrantError> {
        let text = toml::to_string(&Stored { grants }).map_err(|_| GrantError::Damaged {
            path: self.path.clone(),
        })?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        make_folder(folder)
            .and_then(|()| write_private(&self.path, text.as_bytes()))
            .map_err(|source| self.fault(source))
    }

    fn fault(&self, source: io::Error) -> GrantError {
        GrantError::File {
            path: self.path.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use tanba_pki::Timestamp;

    use super::{GrantError, Grants, Use};
    use crate::origin::Origin;

    #[test]
    fn login_and_signature_are_granted_and_revoked_apart() {
        let folder = tempfile::tempdir().unwrap();
        let grants = Grants::at(folder.path().join("grants.toml"));
        let site = Origin::Site("https://egov.example".to_owned());
        let now = Timestamp::from_unix(1_800_000_000);
        assert!(!grants.allows(&site, Use::Login).unwrap());
        grants.give(&site, Use::Login, now).unwrap();
        grants.give(&site, Use::Login, now).unwrap();
        assert!(grants.allows(&site, Use::Login).unwrap());
        assert!(!grants.allows(&site, Use::Signature).unwrap());
        grants.give(&site, Use::Signature, now).unwrap();
        assert_eq!(grants.list().unwrap().len(), 2);
        assert_eq!(grants.revoke(site.as_str(), Some(Use::Login)).unwrap(), 1);
        assert!(grants.allows(&site, Use::Signature).unwrap());
        assert_eq!(grants.revoke(site.as_str(), None).unwrap(), 1);
        assert_eq!(grants.revoke(site.as_str(), None).unwrap(), 0);
        assert!(grants.list().unwrap().is_empty());
    }

    #[test]
    fn a_damaged_file_grants_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("grants.toml");
        std::fs::write(&path, "grant = 1").unwrap();
        let answer = Grants::at(path).allows(&Origin::Program, Use::Login);
        assert!(matches!(answer, Err(GrantError::Damaged { .. })));
    }
}
