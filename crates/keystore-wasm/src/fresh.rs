//! New keys, from their making to the finished file.

use tanba_crypto::{ObjectIdentifier, Signer, SoftwareKey};
use tanba_keystore::{Container, Entry};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_pki::hex;
use tanba_pki::{
    Certificate, CertificateRequest, DistinguishedNameBuilder, Purpose, RequestAttributes,
};

use crate::Failure;

/// A key that has no certificate yet, in the container that becomes its file.
#[derive(Debug)]
pub(crate) struct Fresh {
    pub(crate) id: u32,
    pub(crate) purpose: Purpose,
    pub(crate) container: Container,
    /// The request that was made for it.
    pub(crate) request: Option<Vec<u8>>,
    /// SHA-256 of the public key, hexadecimal, where the private one is elsewhere.
    elsewhere: Option<String>,
}

impl Fresh {
    pub(crate) fn new(id: u32, key: SoftwareKey, purpose: Purpose) -> Self {
        let mut container = Container::new();
        container.add_key(key);
        Self {
            id,
            purpose,
            container,
            request: None,
            elsewhere: None,
        }
    }

    /// A key that was made in a token: its request tells what it is.
    pub(crate) fn elsewhere(id: u32, request: &[u8], purpose: Purpose) -> Result<Self, Failure> {
        let wrong = || Failure::new("agent-failed");
        let read = CertificateRequest::from_der(request).map_err(|_| wrong())?;
        read.verify_possession().map_err(|_| wrong())?;
        Ok(Self {
            id,
            purpose,
            container: Container::new(),
            request: Some(request.to_vec()),
            elsewhere: Some(hex::encode(&read.public_key().sha256())),
        })
    }

    pub(crate) fn key(&self) -> Result<&SoftwareKey, Failure> {
        let key = self.container.entries().iter().find_map(Entry::key);
        Ok(key
            .ok_or_else(|| Failure::new("file-no-key"))?
            .software_key()?)
    }

    /// SHA-256 of the public key, hexadecimal.
    pub(crate) fn public_key_digest(&self) -> Result<String, Failure> {
        if let Some(digest) = &self.elsewhere {
            return Ok(digest.clone());
        }
        Ok(hex::encode(&self.key()?.public_key().sha256()))
    }

    /// Makes the PKCS#10 request. Name and e-mail stay empty: the authority takes them from the person and the
    /// application that it knows.
    pub(crate) fn request(&mut self, keystore: &str) -> Result<Vec<u8>, Failure> {
        let keystore = KeystoreKind::from_identifier(keystore)
            .and_then(|kind| ObjectIdentifier::new(kind.oid()).ok());
        let attributes = RequestAttributes {
            email: None,
            keystore,
        };
        let subject = DistinguishedNameBuilder::new()
            .build()
            .map_err(|_| Failure::new("server-error"))?;
        let request = CertificateRequest::build(&subject, self.key()?, &attributes)?;
        self.request = Some(request.clone());
        Ok(request)
    }

    pub(crate) fn is_key_of(&self, certificate: &Certificate) -> bool {
        self.key()
            .is_ok_and(|key| key.matches(certificate.public_key()))
    }

    /// The name of the finished file.
    pub(crate) fn file_name(&self) -> Result<String, Failure> {
        let name = self
            .container
            .entries()
            .iter()
            .find_map(|entry| entry.file_name(Some(self.purpose)));
        name.ok_or_else(|| Failure::new("file-no-key"))
    }
}
