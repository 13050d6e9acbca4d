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
        }
    }

    pub(crate) fn key(&self) -> Result<&SoftwareKey, Failure> {
        let key = self.container.entries().iter().find_map(Entry::key);
        Ok(key
            .ok_or_else(|| Failure::new("file-no-key"))?
            .software_key()?)
    }

    /// SHA-256 of the public key, hexadecimal.
    pub(crate) fn public_key_digest(&self) -> Result<String, Failure> {
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
