//! The port to containers.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tanba_crypto::{KeyAlgorithm, Secret, Signer};
use tanba_model::ports::RandomSource;
use tanba_pki::Certificate;

use super::Storage;
use super::manage::{Installed, MadeKey, ManageFault};

/// One container: which kind, and where.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ContainerId {
    /// Which kind.
    pub storage: Storage,
    /// The path of a file; label and serial number of a token, as its store writes them.
    pub place: String,
}

/// A container as it is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// Which one.
    pub id: ContainerId,
    /// What people call it: the name of a file, the label of a token.
    pub name: String,
    /// Tries left before a token locks itself, where it tells.
    pub tries_left: Option<u32>,
    /// Whether a wrong PIN was typed since the last right one, where the token tells.
    #[serde(default)]
    pub pin_was_wrong: bool,
}

/// A key of an open container.
#[derive(Clone)]
pub struct HeldKey {
    /// Its certificate; none for a key that waits for one.
    pub certificate: Option<Certificate>,
    /// The certificates above it, as far as the container has them.
    pub chain: Vec<Certificate>,
    /// The key; none when it cannot be used.
    pub signer: Option<Arc<dyn Signer>>,
    /// The name of the entry in its container.
    pub alias: String,
    /// Why the key cannot be used.
    pub note: Option<KeyNote>,
}

impl fmt::Debug for HeldKey {
    /// Says nothing about the person.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HeldKey(…)")
    }
}

/// Why a key of a container cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyNote {
    /// An algorithm that is known by name at most.
    Unsupported {
        /// Name and identifier.
        algorithm: String,
    },
    /// The key is encrypted under a password of its own.
    OtherPassword,
    /// The key cannot be read.
    Damaged,
}

/// Why a container did not open. The keys inside are what they were in each case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum OpenFault {
    /// The password or PIN is wrong.
    #[error("the password or PIN is wrong")]
    WrongSecret {
        /// Tries left before a token locks itself, where it tells.
        tries_left: Option<u32>,
    },
    /// The token is locked after too many wrong PINs.
    #[error("the token is locked")]
    Blocked,
    /// The file or token is not there any more.
    #[error("the container is not there")]
    Absent,
    /// It takes too long: a network drive, a device that hangs.
    #[error("the container does not answer")]
    Slow,
    /// The file is something else.
    #[error("this is no container of keys")]
    NotAContainer,
    /// The container is damaged.
    #[error("the container is damaged")]
    Damaged,
    /// Its protection or its keys are of a kind that is not supported.
    #[error("the container cannot be used: {reason}")]
    Unsupported {
        /// What is not supported.
        reason: String,
    },
    /// There is no key inside.
    #[error("there is no key inside")]
    Empty,
    /// The system refuses to read it.
    #[error("the container cannot be read")]
    Forbidden,
}

impl OpenFault {
    /// The key of its text.
    #[must_use]
    pub const fn text_key(&self) -> &'static str {
        match self {
            Self::WrongSecret { tries_left: None } => "fault-wrong-secret",
            Self::WrongSecret {
                tries_left: Some(_),
            } => "fault-wrong-secret-tries",
            Self::Blocked => "fault-blocked",
            Self::Absent => "fault-absent",
            Self::Slow => "fault-slow",
            Self::NotAContainer => "fault-not-a-container",
            Self::Damaged => "fault-damaged",
            Self::Unsupported { .. } => "fault-unsupported",
            Self::Empty => "fault-empty",
            Self::Forbidden => "fault-forbidden",
        }
    }
}

/// Where containers of one or more kinds are: the files of this computer, the tokens behind one driver.
///
/// Calls block. A store never tries a password or PIN by itself.
pub trait ContainerStore: fmt::Debug + Send + Sync {
    /// Whether containers of this kind are here at all.
    fn serves(&self, storage: Storage) -> bool;

    /// The containers of this kind that are here now. Files may be elsewhere too; tokens are all in the list.
    fn list(&self, storage: Storage) -> Vec<Container>;

    /// The kinds of which a container is here now.
    fn kinds_present(&self) -> Vec<Storage> {
        Storage::ALL
            .into_iter()
            .filter(|storage| self.serves(*storage) && !self.list(*storage).is_empty())
            .collect()
    }

    /// Opens a container.
    ///
    /// # Errors
    /// [`OpenFault`] says what its owner can do.
    fn open(&self, container: &ContainerId, secret: &Secret) -> Result<Vec<HeldKey>, OpenFault>;

    /// Identifiers of keys that were made here and wait for their certificates ([`MadeKey::key_id`]).
    fn waiting(&self, _storage: Storage) -> Vec<String> {
        Vec::new()
    }

    /// Whether this very certificate was installed beside its key before, so that installing it again changes nothing. The PIN
    /// of a token is not entered for it.
    ///
    /// # Errors
    /// [`ManageFault`]
    fn is_installed(
        &self,
        _storage: Storage,
        _certificate: &Certificate,
        _secret: &Secret,
    ) -> Result<bool, ManageFault> {
        Ok(false)
    }

    /// Makes keys, protected with this password or PIN; those of a token in the token of the place.
    ///
    /// # Errors
    /// [`ManageFault`]
    fn make_keys(
        &self,
        _place: Option<&ContainerId>,
        _algorithms: &[KeyAlgorithm],
        _secret: &Secret,
        _random: &dyn RandomSource,
    ) -> Result<Vec<MadeKey>, ManageFault> {
        Err(ManageFault::NotSupported)
    }

    /// Puts a certificate beside the key that waits for it. One that is there already stays as it is.
    ///
    /// # Errors
    /// [`ManageFault`]
    fn install(
        &self,
        _place: Option<&ContainerId>,
        _certificate: &Certificate,
        _chain: &[Certificate],
        _secret: &Secret,
        _random: &dyn RandomSource,
    ) -> Result<Installed, ManageFault> {
        Err(ManageFault::NotSupported)
    }

    /// Changes the password or PIN of a container.
    ///
    /// # Errors
    /// [`ManageFault`]
    fn change_secret(
        &self,
        _container: &ContainerId,
        _old: &Secret,
        _new: &Secret,
        _random: &dyn RandomSource,
    ) -> Result<(), ManageFault> {
        Err(ManageFault::NotSupported)
    }
}

/// All stores of this computer.
#[derive(Clone, Debug)]
pub struct Containers(Vec<Arc<dyn ContainerStore>>);

impl Containers {
    /// Joins stores; the first that serves a kind of container is asked.
    #[must_use]
    pub fn new(stores: Vec<Arc<dyn ContainerStore>>) -> Self {
        Self(stores)
    }

    /// The kinds of tokens of which one is plugged in.
    #[must_use]
    pub fn tokens_present(&self) -> Vec<Storage> {
        let mut present: Vec<Storage> = self
            .0
            .iter()
            .filter(|store| {
                Storage::ALL
                    .iter()
                    .any(|kind| kind.is_token() && store.serves(*kind))
            })
            .flat_map(|store| store.kinds_present())
            .filter(|storage| storage.is_token())
            .collect();
        present.sort();
        present.dedup();
        present
    }

    /// Whether containers of this kind can be opened here.
    #[must_use]
    pub fn serves(&self, storage: Storage) -> bool {
        self.of(storage).is_some()
    }

    /// The containers of this kind.
    #[must_use]
    pub fn list(&self, storage: Storage) -> Vec<Container> {
        self.of(storage)
            .map(|store| store.list(storage))
            .unwrap_or_default()
    }

    /// Opens a container.
    ///
    /// # Errors
    /// [`OpenFault`]
    pub fn open(
        &self,
        container: &ContainerId,
        secret: &Secret,
    ) -> Result<Vec<HeldKey>, OpenFault> {
        self.of(container.storage)
            .ok_or(OpenFault::Absent)?
            .open(container, secret)
    }

    /// Identifiers of keys of this kind of container that wait for their certificates.
    #[must_use]
    pub fn waiting(&self, storage: Storage) -> Vec<String> {
        self.of(storage)
            .map(|store| store.waiting(storage))
            .unwrap_or_default()
    }

    /// Whether this very certificate was installed in a container of this kind before.
    ///
    /// # Errors
    /// [`ManageFault`]
    pub fn is_installed(
        &self,
        storage: Storage,
        certificate: &Certificate,
        secret: &Secret,
    ) -> Result<bool, ManageFault> {
        self.of(storage)
            .ok_or(ManageFault::NotSupported)?
            .is_installed(storage, certificate, secret)
    }

    /// Makes keys in a container of this kind.
    ///
    /// # Errors
    /// [`ManageFault`]
    pub fn make_keys(
        &self,
        storage: Storage,
        place: Option<&ContainerId>,
        algorithms: &[KeyAlgorithm],
        secret: &Secret,
        random: &dyn RandomSource,
    ) -> Result<Vec<MadeKey>, ManageFault> {
        self.of(storage)
            .ok_or(ManageFault::NotSupported)?
            .make_keys(place, algorithms, secret, random)
    }

    /// Installs a certificate in a container of this kind.
    ///
    /// # Errors
    /// [`ManageFault`]
    pub fn install(
        &self,
        storage: Storage,
        place: Option<&ContainerId>,
        certificate: &Certificate,
        chain: &[Certificate],
        secret: &Secret,
        random: &dyn RandomSource,
    ) -> Result<Installed, ManageFault> {
        self.of(storage).ok_or(ManageFault::NotSupported)?.install(
            place,
            certificate,
            chain,
            secret,
            random,
        )
    }

    /// Changes the password or PIN of a container.
    ///
    /// # Errors
    /// [`ManageFault`]
    pub fn change_secret(
        &self,
        container: &ContainerId,
        old: &Secret,
        new: &Secret,
        random: &dyn RandomSource,
    ) -> Result<(), ManageFault> {
        self.of(container.storage)
            .ok_or(ManageFault::NotSupported)?
            .change_secret(container, old, new, random)
    }

    fn of(&self, storage: Storage) -> Option<&Arc<dyn ContainerStore>> {
        self.0.iter().find(|store| store.serves(storage))
    }
}
