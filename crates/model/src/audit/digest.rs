//! Digests of personal data in events, made with a key that stays in the database: the log leaves the house, and nobody may
//! try values until one fits.

use tanba_crypto::{Secret, hmac_sha256};
use tanba_pki::hex;

use crate::ports::{StorageError, UnitOfWork};

/// The name of the key among those of the installation; it is made with its database. Stored.
pub const KEY: &str = "channels";
/// Octets that are kept.
const LENGTH: usize = 16;

/// HMAC-SHA-256, cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Digest([u8; LENGTH]);

impl Digest {
    /// Of parts of which none holds a line end.
    pub(super) fn of(key: &Secret, parts: &[&str]) -> Self {
        let digest = hmac_sha256(key.expose(), parts.join("\n").as_bytes());
        let mut kept = [0; LENGTH];
        for (to, from) in kept.iter_mut().zip(digest) {
            *to = from;
        }
        Self(kept)
    }

    /// Reads what [`Digest::after`] wrote.
    pub(super) fn read(digits: &str) -> Option<Self> {
        Some(Self(hex::decode(digits)?.try_into().ok()?))
    }

    /// The detail of an event: some words, if any, the mark, and the digest.
    pub(super) fn after(self, words: &str, mark: &str) -> String {
        let space = if words.is_empty() { "" } else { " " };
        format!("{words}{space}{mark}{}", hex::encode(&self.0))
    }
}

/// The key of these digests.
pub(super) fn key(unit: &mut dyn UnitOfWork) -> Result<Secret, StorageError> {
    let key = unit.secrets().server_secret(KEY)?;
    key.ok_or_else(|| absent("the key of the evidence of people"))
}

pub(super) fn absent(what: &str) -> StorageError {
    StorageError::Damaged(format!("{what} is not there"))
}
