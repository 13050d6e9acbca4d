//! Names of key files as the national CA's programs give them.

use std::fmt::Write;

use tanba_crypto::{KeyAlgorithm, PublicKey, Signer};
use tanba_pki::{Certificate, Purpose};

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
        name(
            key.public_key(),
            self.purpose().or(purpose),
            &self.key_id()?,
        )
    }
}

/// The name of the file for the key of a certificate, before the key itself is at hand: as [`Entry::file_name`].
#[must_use]
pub fn file_name(certificate: &Certificate) -> Option<String> {
    let key = certificate.public_key();
    let own = certificate.subject_key_id().map(<[u8]>::to_vec);
    let id = own.unwrap_or_else(|| key.key_id().to_vec());
    name(key, Some(certificate.purpose()), &id)
}

fn name(key: &PublicKey, purpose: Option<Purpose>, id: &[u8]) -> Option<String> {
    let algorithm = match key.algorithm().ok()? {
        KeyAlgorithm::Rsa { .. } => "RSA256",
        KeyAlgorithm::EcP256 => "EC256",
        KeyAlgorithm::EcP384 => "EC384",
        KeyAlgorithm::Ed25519 => "ED25519",
        KeyAlgorithm::MlDsa44 => "MLDSA44",
        KeyAlgorithm::MlDsa65 => "MLDSA65",
        _ => return None,
    };
    let prefix = match purpose {
        Some(Purpose::Authentication) => "AUTH_",
        _ => "",
    };
    Some(format!("{prefix}{algorithm}_{}.p12", hex(id)))
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
