//! What issuing needs, whoever the issuer is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tanba_model::audit::{Actor, AuditEvent, origin};
use tanba_model::ports::{IssuanceError, RandomSource, Storage, StorageError, UnitOfWork};
use tanba_pki::Timestamp;
use tanba_pki::profile::Profile;

use crate::key_vault::KeyChest;
use crate::signing::Signing;

/// The profiles that an authority issues by, by name.
#[derive(Clone, Debug)]
pub struct Profiles {
    usable: Arc<BTreeMap<String, Profile>>,
    set_aside: Arc<BTreeSet<String>>,
}

impl Profiles {
    /// The profiles that ship with the program.
    #[must_use]
    pub fn builtin() -> Self {
        let profiles = Profile::builtin_names()
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), Profile::builtin(name)?)));
        Self {
            usable: Arc::new(profiles.collect()),
            set_aside: Arc::default(),
        }
    }

    /// Adds a profile, or replaces the one of the same name.
    pub fn insert(&mut self, profile: Profile) {
        Arc::make_mut(&mut self.usable).insert(profile.name().to_owned(), profile);
    }

    /// Remembers that there is a profile of this name by which nothing can be issued.
    pub fn set_aside(&mut self, name: &str) {
        Arc::make_mut(&mut self.set_aside).insert(name.to_owned());
    }

    /// Whether people's certificates could be issued by it now, or once somebody has corrected it.
    pub(crate) fn may_be_stopped(&self, name: &str) -> bool {
        self.set_aside.contains(name) || self.find(name).is_some_and(Profile::is_for_persons)
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = &Profile> {
        self.usable.values()
    }

    /// The profile of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Profile> {
        self.usable.get(name)
    }
}

/// Storage, keys, randomness and profiles.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) chest: Arc<dyn KeyChest>,
    pub(crate) random: Arc<dyn RandomSource>,
    pub(crate) profiles: Profiles,
    pub(crate) signing: Signing,
}

impl Desk {
    pub(crate) fn profile(&self, name: &str) -> Result<&Profile, IssuanceError> {
        self.profiles
            .find(name)
            .ok_or(IssuanceError::Unknown("profile"))
    }
}

/// Writes evidence into the unit of work of the change itself.
pub(crate) fn audit(
    unit: &mut dyn UnitOfWork,
    actor: &Actor,
    action: &str,
    object: String,
    detail: String,
    now: Timestamp,
) -> Result<(), StorageError> {
    let event = AuditEvent {
        at: now,
        actor: actor.clone(),
        action: action.to_owned(),
        object,
        detail,
        origin: origin::here(),
    };
    unit.audit_log().append(&event).map(drop)
}

/// `sha256=` with the digest of what was written, as evidence carries it.
pub(crate) fn fingerprint(octets: &[u8]) -> String {
    format!(
        "sha256={}",
        tanba_pki::hex::encode(&tanba_crypto::sha256(octets))
    )
}
