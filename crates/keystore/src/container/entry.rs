//! What a key store holds: keys with their certificates, and certificates alone.

use std::fmt;

use tanba_crypto::{KeyError, Secret, Signer, SoftwareKey};
use tanba_pki::{Certificate, Purpose};

use super::bag::Attributes;
use crate::ber::{self, Origin, Reader};
use crate::{KeyStoreError, oid};

/// Octets of a `PrivateKeyInfo` that is read: RSA with 8192 bits has 4700. Checking a larger one takes seconds.
const MAX_KEY: usize = 5 * 1024;

/// A key with its certificates, or a certificate alone.
#[derive(Debug)]
pub struct Entry {
    pub(super) attributes: Attributes,
    pub(super) key: Option<KeyEntry>,
    /// The certificate of the key first, then the chain; or the one certificate.
    pub(super) certificates: Vec<StoredCertificate>,
    pub(super) notes: Vec<Note>,
}

/// A certificate as it lies in the file.
#[derive(Clone)]
pub(super) struct StoredCertificate {
    pub(super) der: Vec<u8>,
    /// Nothing if the octets are not a certificate that can be read.
    pub(super) certificate: Option<Certificate>,
    pub(super) attributes: Attributes,
}

impl fmt::Debug for StoredCertificate {
    /// Says nothing about the person.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "StoredCertificate({} octets)", self.der.len())
    }
}

/// A private key, usable or not.
#[derive(Debug)]
pub struct KeyEntry {
    pub(super) state: KeyState,
}

#[derive(Debug)]
pub(super) enum KeyState {
    Usable(Box<SoftwareKey>),
    /// Of an algorithm that is only known by name.
    Unsupported {
        algorithm: String,
        pkcs8: Secret,
    },
    /// Encrypted under another password than the file.
    Locked {
        shrouded: Vec<u8>,
    },
    /// Encrypted in a way that is only known by name.
    UnsupportedProtection {
        algorithm: String,
    },
    /// Not a private key that can be read.
    Damaged {
        pkcs8: Secret,
    },
}

/// Something a person should know about an entry; the key store is open nevertheless.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Note {
    /// The key cannot be used here.
    #[error("algorithm not supported yet: {algorithm}")]
    UnsupportedAlgorithm {
        /// Name and identifier.
        algorithm: String,
    },
    /// No certificate belongs to the key; it is waiting for one.
    #[error("the key has no certificate")]
    KeyWithoutCertificate,
    /// A certificate that the file assigns to the key was issued for another one.
    #[error("the certificate belongs to another key")]
    CertificateOfAnotherKey,
    /// The key is encrypted under a password of its own.
    #[error("the key is locked with a password of its own")]
    KeyUnderAnotherPassword,
    /// The private key cannot be read.
    #[error("the key is damaged")]
    KeyDamaged,
    /// A certificate cannot be read.
    #[error("a certificate cannot be read")]
    CertificateUnreadable,
}

impl Note {
    /// The key of its translated text.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::UnsupportedAlgorithm { .. } => "algorithm-not-supported",
            Self::KeyWithoutCertificate => "key-without-certificate",
            Self::CertificateOfAnotherKey => "certificate-of-another-key",
            Self::KeyUnderAnotherPassword => "key-under-another-password",
            Self::KeyDamaged => "key-damaged",
            Self::CertificateUnreadable => "certificate-unreadable",
        }
    }
}

impl Entry {
    /// The name that a person gave it; the national CA's programs write the key identifier in hexadecimal.
    #[must_use]
    pub fn friendly_name(&self) -> Option<&str> {
        self.attributes.friendly_name.as_deref()
    }

    /// The octets that tie a key and its certificate together.
    #[must_use]
    pub fn local_key_id(&self) -> Option<&[u8]> {
        self.attributes.local_key_id.as_deref()
    }

    /// The private key, if this is an entry with one.
    #[must_use]
    pub const fn key(&self) -> Option<&KeyEntry> {
        self.key.as_ref()
    }

    /// The certificate of the key, or the one certificate of an entry without key.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificates.first()?.certificate.as_ref()
    }

    /// The certificate, then its chain as far as the file has it.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.certificates
            .iter()
            .filter_map(|stored| stored.certificate.as_ref())
    }

    /// The octets of certificates that cannot be read; they are kept when the container is written.
    pub fn unreadable_certificates(&self) -> impl Iterator<Item = &[u8]> {
        let unreadable = |stored: &&StoredCertificate| stored.certificate.is_none();
        self.certificates
            .iter()
            .filter(unreadable)
            .map(|stored| stored.der.as_slice())
    }

    /// What the certificate allows the key to do; nothing without a certificate.
    #[must_use]
    pub fn purpose(&self) -> Option<Purpose> {
        self.certificate().map(|certificate| certificate.purpose())
    }

    /// What a person should know.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The identifier that names files and ties certificates to keys: the subject key identifier of the certificate,
    /// else the SHA-1 of the public key (RFC 5280, 4.2.1.2, method 1).
    ///
    /// Nothing for a key that cannot be used and has no certificate.
    #[must_use]
    pub fn key_id(&self) -> Option<Vec<u8>> {
        if let Some(certificate) = self.certificate() {
            let own = certificate.subject_key_id().map(<[u8]>::to_vec);
            return own.or_else(|| Some(certificate.public_key().key_id().to_vec()));
        }
        match self.key.as_ref()?.software_key() {
            Ok(key) => Some(key.public_key().key_id().to_vec()),
            Err(_) => self.attributes.local_key_id.clone(),
        }
    }

    /// Key and certificate, ready to sign with.
    ///
    /// # Errors
    /// [`KeyStoreError::NoKey`], [`KeyStoreError::KeyWithoutCertificate`],
    /// [`KeyStoreError::CertificateOfAnotherKey`], and those of [`KeyEntry::software_key`].
    pub fn signer(&self) -> Result<(&SoftwareKey, &Certificate), KeyStoreError> {
        let key = self
            .key
            .as_ref()
            .ok_or(KeyStoreError::NoKey)?
            .software_key()?;
        match self.certificate() {
            Some(certificate) => Ok((key, certificate)),
            None if self.notes.contains(&Note::CertificateOfAnotherKey) => {
                Err(KeyStoreError::CertificateOfAnotherKey)
            }
            None => Err(KeyStoreError::KeyWithoutCertificate),
        }
    }

    /// As [`Entry::signer`], taking the key out of the container.
    ///
    /// # Errors
    /// As [`Entry::signer`].
    pub fn into_signer(self) -> Result<(SoftwareKey, Certificate), KeyStoreError> {
        self.signer()?;
        let certificate = self
            .certificates
            .into_iter()
            .next()
            .and_then(|stored| stored.certificate);
        match (self.key.map(|key| key.state), certificate) {
            (Some(KeyState::Usable(key)), Some(certificate)) => Ok((*key, certificate)),
            _ => Err(KeyStoreError::NoKey),
        }
    }
}

impl Entry {
    /// The key alone, certified or not, taken out of the container; nothing when it cannot be used.
    #[must_use]
    pub fn into_key(self) -> Option<SoftwareKey> {
        match self.key?.state {
            KeyState::Usable(key) => Some(*key),
            KeyState::Unsupported { .. }
            | KeyState::Locked { .. }
            | KeyState::UnsupportedProtection { .. }
            | KeyState::Damaged { .. } => None,
        }
    }
}

impl KeyEntry {
    /// Reads `PrivateKeyInfo`; what cannot be used is kept.
    pub(super) fn from_pkcs8(pkcs8: Secret) -> Self {
        if pkcs8.len() > MAX_KEY {
            let large = || "RSA with more than 8192 bits".to_owned();
            let algorithm = foreign_algorithm(pkcs8.expose()).unwrap_or_else(large);
            let state = KeyState::Unsupported { algorithm, pkcs8 };
            return Self { state };
        }
        let state = match parse(pkcs8.expose()) {
            Ok(key) => KeyState::Usable(Box::new(key)),
            Err(KeyError::Unsupported { name, .. }) => KeyState::Unsupported {
                algorithm: name,
                pkcs8,
            },
            Err(_) => match foreign_algorithm(pkcs8.expose()) {
                Some(algorithm) => KeyState::Unsupported { algorithm, pkcs8 },
                None => KeyState::Damaged { pkcs8 },
            },
        };
        Self { state }
    }

    /// What people call the algorithm: `RSA-2048`, `GOST R 34.10-2015 (1.2.398.3.10.1.1.2.2)`.
    ///
    /// Nothing for a key that cannot be read.
    #[must_use]
    pub fn algorithm(&self) -> Option<String> {
        match &self.state {
            KeyState::Usable(key) => Some(key.public_key().algorithm_label()),
            KeyState::Unsupported { algorithm, .. } => Some(algorithm.clone()),
            KeyState::Locked { .. }
            | KeyState::UnsupportedProtection { .. }
            | KeyState::Damaged { .. } => None,
        }
    }

    /// The key, ready to use.
    ///
    /// # Errors
    /// [`KeyStoreError::Unsupported`], [`KeyStoreError::KeyUnderAnotherPassword`] or [`KeyStoreError::KeyDamaged`].
    pub fn software_key(&self) -> Result<&SoftwareKey, KeyStoreError> {
        match &self.state {
            KeyState::Usable(key) => Ok(key),
            KeyState::Unsupported { algorithm, .. }
            | KeyState::UnsupportedProtection { algorithm } => Err(KeyStoreError::Unsupported {
                algorithm: algorithm.clone(),
            }),
            KeyState::Locked { .. } => Err(KeyStoreError::KeyUnderAnotherPassword),
            KeyState::Damaged { .. } => Err(KeyStoreError::KeyDamaged),
        }
    }

    /// Why the key cannot be used, if it cannot.
    pub(super) fn note(&self) -> Option<Note> {
        match &self.state {
            KeyState::Usable(_) => None,
            KeyState::Unsupported { algorithm, .. }
            | KeyState::UnsupportedProtection { algorithm } => Some(Note::UnsupportedAlgorithm {
                algorithm: algorithm.clone(),
            }),
            KeyState::Locked { .. } => Some(Note::KeyUnderAnotherPassword),
            KeyState::Damaged { .. } => Some(Note::KeyDamaged),
        }
    }

    pub(super) fn is_key_of(&self, certificate: &Certificate) -> Option<bool> {
        match &self.state {
            KeyState::Usable(key) => Some(key.matches(certificate.public_key())),
            KeyState::Unsupported { .. }
            | KeyState::Locked { .. }
            | KeyState::UnsupportedProtection { .. }
            | KeyState::Damaged { .. } => None,
        }
    }
}

/// Reads a key in DER, or in BER as some programs write it.
fn parse(pkcs8: &[u8]) -> Result<SoftwareKey, KeyError> {
    match SoftwareKey::from_pkcs8_der(pkcs8) {
        Err(KeyError::Malformed) => {
            let der = tanba_pki::ber::to_der(pkcs8, tanba_pki::ber::Limits::default());
            let der = Secret::new(der.map_err(|_| KeyError::Malformed)?.into_owned());
            SoftwareKey::from_pkcs8_der(der.expose())
        }
        other => other,
    }
}

/// The algorithm of a structure that begins like `PrivateKeyInfo`, unless it is one that must have been readable.
fn foreign_algorithm(pkcs8: &[u8]) -> Option<String> {
    let mut fields = Reader::new(pkcs8, Origin::Within(0))
        .expect(ber::SEQUENCE)
        .ok()?
        .inside()
        .ok()?;
    fields.unsigned().ok()?;
    let algorithm = fields
        .expect(ber::SEQUENCE)
        .ok()?
        .inside()
        .ok()?
        .oid()
        .ok()?;
    let ours = [oid::RSA, oid::EC].contains(&algorithm);
    (!ours).then(|| oid::label(algorithm))
}
