//! Where the keys of an authority are: sealed in the database, in a token, or some here and some there.

use std::error::Error as StdError;
use std::sync::Arc;

use anyhow::Context as _;
use tanba_ca::ceremony::Custody;
use tanba_ca::{Cost, KeyChest, KeyPlace, KeyPurpose, KeyVault, KeyVaultError};
use tanba_crypto::{KeyAlgorithm, Secret, Signer};
use tanba_model::ports::{RandomSource, SourceRng, Storage};
use tanba_token::{KeyReference, PinSource, Token, TokenError, TokenKey};

use crate::config::{Keys, OcspKeys, Passphrase};
use crate::locked;

/// Keys by what is stored of them: a sealed key opens in the vault, a reference leads to the token. New keys go to the
/// token where there is one.
#[derive(Debug)]
pub(crate) struct Chest {
    vault: Option<KeyVault>,
    /// Whether a stored key lies in the vault.
    is_used: bool,
    token: Option<Arc<Token>>,
    /// Whether helpers' keys are made in the vault although there is a token: OCSP answers then need no token.
    helpers_in_vault: bool,
    /// What custodians opened for a ceremony.
    custody: Option<Arc<Custody>>,
}

impl Chest {
    /// Opens what the configuration names. The vault is that of the keys that are stored already; the token is not asked
    /// before it is needed.
    pub(crate) fn open(
        keys: &Keys,
        storage: &dyn Storage,
        random: &dyn RandomSource,
    ) -> anyhow::Result<Self> {
        // Before the first key is in memory. A command that may not goes on; the server and ceremonies say so.
        let _ = locked::lock_memory();
        let sealed = stored_keys(storage)?
            .into_iter()
            .find(|stored| KeyVault::is_sealed(stored));
        let passphrase = keys.passphrase.as_ref().map(Passphrase::read).transpose()?;
        let is_used = sealed.is_some();
        let vault = match (&passphrase, sealed) {
            (Some(passphrase), Some(sealed)) => Some(KeyVault::open(passphrase, &sealed)),
            (Some(passphrase), None) => Some(KeyVault::create(passphrase, Cost::STANDARD, random)),
            (None, _) => None,
        };
        Ok(Self {
            is_used,
            vault: vault
                .transpose()
                .context("the keys of the authority cannot be opened")?,
            token: keys.token.as_ref().map(|token| {
                let pin = PinOf(token.pin.clone());
                Arc::new(Token::new(token.settings.clone(), Box::new(pin)))
            }),
            helpers_in_vault: keys
                .token
                .as_ref()
                .is_some_and(|token| token.ocsp == OcspKeys::Software),
            custody: None,
        })
    }

    /// Opens what lies under shares as well, for as long as a ceremony takes.
    pub(crate) fn with_custody(mut self, custody: Arc<Custody>) -> Self {
        self.custody = Some(custody);
        self
    }

    fn vault(&self) -> Result<&KeyVault, KeyVaultError> {
        self.vault
            .as_ref()
            .ok_or(KeyVaultError::Elsewhere("the database under a passphrase"))
    }

    fn key(&self, stored: &[u8]) -> Result<Option<TokenKey>, KeyVaultError> {
        if !KeyReference::is_reference(stored) {
            return Ok(None);
        }
        let reference = KeyReference::from_bytes(stored).ok_or(KeyVaultError::Damaged)?;
        let token = self
            .token
            .as_ref()
            .ok_or(KeyVaultError::Elsewhere("a token"))?;
        Ok(Some(TokenKey::open(token, reference)))
    }
}

impl KeyChest for Chest {
    fn derive_secret(&self, label: &[u8]) -> Option<Secret> {
        // A vault in which nothing lies yet is made anew at the next start, with another salt.
        let vault = self.vault.as_ref().filter(|_| self.is_used);
        vault.and_then(|vault| vault.derive_secret(label))
    }

    fn open_key(&self, stored: &[u8]) -> Result<Arc<dyn Signer>, KeyVaultError> {
        match (KeyPlace::of(stored), &self.custody) {
            (KeyPlace::Here, _) => {}
            (KeyPlace::Elsewhere, _) => return Err(KeyVaultError::Away),
            (KeyPlace::Shares(_), Some(custody)) => return custody.open_key(stored),
            (KeyPlace::Shares(set), None) => {
                return Err(KeyVaultError::Shared {
                    needed: set.quorum.needed,
                    of: set.quorum.of,
                });
            }
        }
        match self.key(stored)? {
            Some(key) => Ok(Arc::new(key)),
            None => self.vault()?.open_key(stored),
        }
    }

    fn make_key(
        &self,
        algorithm: KeyAlgorithm,
        random: &dyn RandomSource,
    ) -> Result<(Vec<u8>, Arc<dyn Signer>), KeyVaultError> {
        self.make_key_for(KeyPurpose::Issuer(""), algorithm, random)
    }

    fn make_key_for(
        &self,
        purpose: KeyPurpose<'_>,
        algorithm: KeyAlgorithm,
        random: &dyn RandomSource,
    ) -> Result<(Vec<u8>, Arc<dyn Signer>), KeyVaultError> {
        let label = match purpose {
            KeyPurpose::Helper { .. } if self.helpers_in_vault => {
                return self.vault()?.make_key(algorithm, random);
            }
            KeyPurpose::Helper { issuer, profile } => format!("tanba {issuer} {profile}"),
            KeyPurpose::Issuer(name) => format!("tanba {name}"),
        };
        let Some(token) = &self.token else {
            return self.vault()?.make_key(algorithm, random);
        };
        let key = token
            .make_key(algorithm, &label, &mut SourceRng(random))
            .map_err(device)?;
        Ok((key.reference().to_bytes(), Arc::new(key)))
    }

    fn check_key(&self, stored: &[u8]) -> Result<(), KeyVaultError> {
        match self.key(stored)? {
            Some(key) => key.check().map_err(device),
            None => Ok(()),
        }
    }

    fn remove_key(&self, stored: &[u8]) -> Result<(), KeyVaultError> {
        let Some(key) = self.key(stored)? else {
            return Ok(());
        };
        match &self.token {
            Some(token) => token.remove_key(key.reference()).map_err(device),
            None => Ok(()),
        }
    }
}

/// All keys that are stored, as they are stored.
fn stored_keys(storage: &dyn Storage) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut unit = storage.snapshot()?;
    let issuers = unit.issuers().all()?.into_iter().flat_map(|record| {
        std::iter::once(record.issuer.key)
            .chain(record.responder_key)
            .chain(record.seal_key)
    });
    let mut keys: Vec<Vec<u8>> = issuers.collect();
    keys.extend(
        unit.issuers()
            .awaited()?
            .into_iter()
            .map(|awaited| awaited.key),
    );
    Ok(keys)
}

fn device(error: TokenError) -> KeyVaultError {
    KeyVaultError::Device(Box::new(error))
}

/// A PIN that is read when the token asks for it.
struct PinOf(Passphrase);

impl PinSource for PinOf {
    fn pin(&self) -> Result<Secret, Box<dyn StdError + Send + Sync>> {
        self.0.read().map_err(|error| {
            Box::<dyn StdError + Send + Sync>::from(crate::outcome::sentence(&error))
        })
    }
}
