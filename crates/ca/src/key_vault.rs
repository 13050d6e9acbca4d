//! Private keys at rest: encrypted under a passphrase.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use tanba_crypto::{KeyAlgorithm, KeyError, Secret, Signer, SoftwareKey, hmac_sha256};
use tanba_model::ports::{RandomSource, SourceRng};

mod cost;
mod envelope;

pub use cost::Cost;
use envelope::Envelope;

/// Where an authority's keys are kept: in files of our own, in a token, in a module of a data centre.
pub trait KeyChest: fmt::Debug + Send + Sync {
    /// Opens a key as it is stored with its issuer.
    ///
    /// # Errors
    /// [`KeyVaultError`]
    fn open_key(&self, stored: &[u8]) -> Result<Arc<dyn Signer>, KeyVaultError>;

    /// Makes a key; also gives what is to be stored with its issuer.
    ///
    /// # Errors
    /// [`KeyVaultError::Key`] when no key could be made.
    fn make_key(
        &self,
        algorithm: KeyAlgorithm,
        random: &dyn RandomSource,
    ) -> Result<(Vec<u8>, Arc<dyn Signer>), KeyVaultError>;

    /// The same for a key that is known to have this purpose: chests may keep them in different places, and label them.
    ///
    /// # Errors
    /// As there.
    fn make_key_for(
        &self,
        _purpose: KeyPurpose<'_>,
        algorithm: KeyAlgorithm,
        random: &dyn RandomSource,
    ) -> Result<(Vec<u8>, Arc<dyn Signer>), KeyVaultError> {
        self.make_key(algorithm, random)
    }

    /// A secret for another use, the same at each start; `None` where there is no passphrase to make it from, as in a token.
    fn derive_secret(&self, _label: &[u8]) -> Option<Secret> {
        None
    }

    /// Whether the key could sign now: a token may be away. Keys in memory always can.
    ///
    /// # Errors
    /// [`KeyVaultError`]: what keeps it from that.
    fn check_key(&self, _stored: &[u8]) -> Result<(), KeyVaultError> {
        Ok(())
    }

    /// Removes what is left of a key that nobody will use again; keys that are nowhere but in storage leave nothing.
    ///
    /// # Errors
    /// [`KeyVaultError`]; the key stays where it is, harming nobody.
    fn remove_key(&self, _stored: &[u8]) -> Result<(), KeyVaultError> {
        Ok(())
    }
}

/// What a new key will do, and for which authority, by its short name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPurpose<'a> {
    /// Signs certificates and lists of this authority.
    Issuer(&'a str),
    /// Signs something else for this authority, such as OCSP responses; replaced from time to time.
    Helper {
        /// The authority.
        issuer: &'a str,
        /// The profile of its certificates.
        profile: &'a str,
    },
}

/// Why a key cannot be opened or made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyVaultError {
    /// The passphrase is not the one that the key was locked with.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// The stored key was changed or cut off; a backup helps.
    #[error("the stored key is damaged")]
    Damaged,
    /// The stored key was written by a newer program.
    #[error("the stored key has format {0}, which this program does not know")]
    Version(u8),
    /// The stored key asks for more work than any key of ours does.
    #[error("the stored key asks for {memory_kib} KiB of memory and {passes} passes; {} KiB and {} are the limits", Cost::LIMIT.memory_kib, Cost::LIMIT.passes)]
    Cost {
        /// Memory it asks for.
        memory_kib: u32,
        /// Passes it asks for.
        passes: u32,
    },
    /// The key itself is unusable, or none could be made.
    #[error("the key cannot be used")]
    Key(#[source] KeyError),
    /// The library for encryption refused.
    #[error("encryption failed")]
    Cipher,
    /// The key lies in a place that the configuration does not name.
    #[error("the key lies in {0}, which the configuration does not name")]
    Elsewhere(&'static str),
    /// The key is on another machine; what it signs comes by ceremony.
    #[error("the key is on another machine, and signs at ceremonies only")]
    Away,
    /// The key is under shares; its custodians open it at a ceremony.
    #[error(
        "the key is under shares of its custodians, {needed} of {of} of which open it at a ceremony"
    )]
    Shared {
        /// Shares that open it.
        needed: u8,
        /// Shares that there are.
        of: u8,
    },
    /// The device that holds the key did not do it; its text says what helps.
    #[error("the device with the key did not do it")]
    Device(#[source] Box<dyn std::error::Error + Send + Sync>),
}

const SALT_LENGTH: usize = 16;
const CHECK_LENGTH: usize = 16;
const KEY_LENGTH: usize = 32;

/// Software keys under one passphrase.
///
/// The passphrase is stretched once (Argon2id, RFC 9106) and forgotten; each key is sealed with AES-256-GCM under the
/// result with a nonce of its own. All keys of an installation share the salt, so that a start costs one derivation.
pub struct KeyVault {
    cost: Cost,
    salt: [u8; SALT_LENGTH],
    check: [u8; CHECK_LENGTH],
    key: Secret,
}

impl KeyVault {
    /// Whether these are the octets of a key that some vault sealed.
    #[must_use]
    pub fn is_sealed(stored: &[u8]) -> bool {
        Envelope::is_envelope(stored)
    }

    /// Makes a vault for new keys.
    ///
    /// # Errors
    /// [`KeyVaultError::Cost`] beyond the limits.
    pub fn create(
        passphrase: &Secret,
        cost: Cost,
        random: &dyn RandomSource,
    ) -> Result<Self, KeyVaultError> {
        let mut salt = [0; SALT_LENGTH];
        random.fill(&mut salt);
        Self::derive(passphrase, cost, salt)
    }

    /// Opens the vault that a stored key was sealed in.
    ///
    /// # Errors
    /// [`KeyVaultError::WrongPassphrase`], or what is wrong with the stored key.
    pub fn open(passphrase: &Secret, stored: &[u8]) -> Result<Self, KeyVaultError> {
        let envelope = Envelope::parse(stored)?;
        let vault = Self::derive(passphrase, envelope.cost, envelope.salt)?;
        vault.admit(&envelope)?;
        Ok(vault)
    }

    fn derive(
        passphrase: &Secret,
        cost: Cost,
        salt: [u8; SALT_LENGTH],
    ) -> Result<Self, KeyVaultError> {
        let derived = cost.derive(passphrase.expose(), &salt, KEY_LENGTH + CHECK_LENGTH)?;
        let (key, check) = derived
            .expose()
            .split_first_chunk::<KEY_LENGTH>()
            .ok_or(KeyVaultError::Cipher)?;
        let check = check.try_into().map_err(|_| KeyVaultError::Cipher)?;
        Ok(Self {
            cost,
            salt,
            check,
            key: Secret::new(key.to_vec()),
        })
    }

    /// Seals a private key, PKCS#8 in DER.
    ///
    /// # Errors
    /// [`KeyVaultError::Cipher`] when the library refuses.
    pub fn seal(
        &self,
        pkcs8: &Secret,
        random: &dyn RandomSource,
    ) -> Result<Vec<u8>, KeyVaultError> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce);
        // With room for the tag: a vector that grows leaves its old octets behind.
        let mut sealed = Vec::with_capacity(pkcs8.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(pkcs8.expose());
        let mut envelope = Envelope {
            cost: self.cost,
            salt: self.salt,
            check: self.check,
            nonce,
            sealed,
        };
        self.cipher()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(envelope.header()),
                &mut envelope.sealed,
            )
            .map_err(|_| KeyVaultError::Cipher)?;
        Ok(envelope.to_bytes())
    }

    /// Opens a sealed private key: PKCS#8 in DER.
    ///
    /// # Errors
    /// [`KeyVaultError::WrongPassphrase`] when it was sealed in another vault, or what is wrong with the stored key.
    pub fn unseal(&self, stored: &[u8]) -> Result<Secret, KeyVaultError> {
        let mut envelope = Envelope::parse(stored)?;
        self.admit(&envelope)?;
        let header = Aad::from(envelope.header());
        let length = self
            .cipher()?
            .open_in_place(
                Nonce::assume_unique_for_key(envelope.nonce),
                header,
                &mut envelope.sealed,
            )
            .map_err(|_| KeyVaultError::Damaged)?
            .len();
        // The very octets that were decrypted in place, so that no copy is left behind.
        let mut plain = envelope.sealed;
        plain.truncate(length);
        Ok(Secret::new(plain))
    }

    fn admit(&self, envelope: &Envelope) -> Result<(), KeyVaultError> {
        use subtle::ConstantTimeEq;
        let same = self.cost == envelope.cost && self.salt == envelope.salt;
        if same && bool::from(self.check.ct_eq(&envelope.check)) {
            Ok(())
        } else {
            Err(KeyVaultError::WrongPassphrase)
        }
    }

    fn cipher(&self) -> Result<LessSafeKey, KeyVaultError> {
        let key =
            UnboundKey::new(&AES_256_GCM, self.key.expose()).map_err(|_| KeyVaultError::Cipher)?;
        Ok(LessSafeKey::new(key))
    }
}

impl fmt::Debug for KeyVault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyVault(…)")
    }
}

impl KeyChest for KeyVault {
    fn derive_secret(&self, label: &[u8]) -> Option<Secret> {
        let derived = hmac_sha256(self.key.expose(), label);
        Some(Secret::new(derived.to_vec()))
    }

    fn open_key(&self, stored: &[u8]) -> Result<Arc<dyn Signer>, KeyVaultError> {
        let pkcs8 = self.unseal(stored)?;
        let key = SoftwareKey::from_pkcs8_der(pkcs8.expose()).map_err(KeyVaultError::Key)?;
        Ok(Arc::new(key))
    }

    fn make_key(
        &self,
        algorithm: KeyAlgorithm,
        random: &dyn RandomSource,
    ) -> Result<(Vec<u8>, Arc<dyn Signer>), KeyVaultError> {
        let key =
            SoftwareKey::generate(algorithm, &mut SourceRng(random)).map_err(KeyVaultError::Key)?;
        let stored = self.seal(&key.pkcs8_der(), random)?;
        Ok((stored, Arc::new(key)))
    }
}

#[cfg(test)]
mod tests;
