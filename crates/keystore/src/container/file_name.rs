//! Names of key files as the national CA's programs give them.

use std::fmt::Write;

use tanba_crypto::{KeyAlgorithm, Signer};
use tanba_pki::Purpose;

use super::bag::Attributes;
use super::entry::Entry;

impl Entry {
    /// The name of the file for this entry: `AUTH_RSA256_<key id>.p12` for a key to sign in with, `RSA256_<key id>.p12`
    /// for every other (the digest of its signatures, then the key identifier in lower case).
    ///
    /// `purpose` is for a key that has no certificate yet. Nothing for keys that cannot be used.
    #[must_use]
    pub fn file_name(&self, purpose: Option<Purpose>) -> Option<String> {
        let key = self.key().and_then(|key| key.software_key().ok())?;
        let algorithm = match key.public_key().algorithm().ok()? {
            KeyAlgorithm::Rsa { .. } => "RSA256",
            KeyAlgorithm::EcP256 => "EC256",
            KeyAlgorithm::EcP384 => "EC384",
            _ => return None,
        };
        let prefix = match self.purpose().or(purpose) {
            Some(Purpose::Authentication) => "AUTH_",
            _ => "",
        };
        let id = hex(&self.key_id()?);
        Some(format!("{prefix}{algorithm}_{id}.p12"))
    }
}

impl Attributes {
    /// Name and identifier as the national CA's programs write them.
    pub(super) fn of_key_id(id: &[u8]) -> Self {
        Self {
            friendly_name: Some(hex(id)),
            local_key_id: Some(id.to_vec()),
            others: Vec::new(),
        }
    }
}

pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}
