//! Passwords that are chosen or typed for keys as such: made, installed, locked anew.

use serde::{Deserialize, Serialize};
use tanba_crypto::Secret;
use tanba_keystore::Password;

use super::question::{ContainerCard, KeyCard, SecretPurpose};
use super::ring::{KeyFilter, Keys, OpenFault, Ring};
use crate::containers::{ContainerId, Containers, Storage};

/// Why a password was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SecretFault {
    /// It breaks rules for new passwords; the keys of their texts.
    Rules(Vec<String>),
    /// It does not open what it should.
    Open(OpenFault),
    /// There is nothing that it could be for.
    Unasked,
}

/// What came of the question: the password, and for a change also the container and its old one.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) secret: Secret,
    pub(crate) changed: Option<(ContainerId, Secret)>,
}

/// The passwords of one question.
#[derive(Debug)]
pub(crate) struct SecretRing<'a> {
    ring: Ring<'a>,
    purpose: SecretPurpose,
    opened: Option<(ContainerId, Secret)>,
    secret: Option<Secret>,
}

impl<'a> SecretRing<'a> {
    pub(crate) const fn new(
        containers: &'a Containers,
        storages: &'a [Storage],
        filter: &'a KeyFilter,
        purpose: SecretPurpose,
        now: tanba_pki::Timestamp,
    ) -> Self {
        Self {
            ring: Ring::new(containers, storages, filter, now),
            purpose,
            opened: None,
            secret: None,
        }
    }

    /// What was typed, if it is all there.
    pub(crate) fn taken(self) -> Option<Taken> {
        let secret = self.secret?;
        match self.purpose {
            SecretPurpose::Change => Some(Taken {
                secret,
                changed: Some(self.opened?),
            }),
            SecretPurpose::NewKeys | SecretPurpose::Install => Some(Taken {
                secret,
                changed: None,
            }),
        }
    }
}

impl Keys for SecretRing<'_> {
    fn containers(&mut self, storage: Storage) -> Vec<ContainerCard> {
        self.ring.containers(storage)
    }

    fn open(
        &mut self,
        container: &ContainerId,
        secret: &Secret,
    ) -> Result<Vec<KeyCard>, OpenFault> {
        self.opened = None;
        let cards = self.ring.open(container, secret)?;
        self.opened = Some((container.clone(), secret.clone()));
        Ok(cards)
    }

    fn take_secret(&mut self, secret: Secret) -> Result<(), SecretFault> {
        // A password that exists is what it is; a new one keeps the rules.
        if self.purpose != SecretPurpose::Install {
            let rules: Vec<String> = match Password::from_secret(secret.clone()) {
                Ok(password) => password
                    .broken_rules()
                    .into_iter()
                    .map(|rule| rule.key().to_owned())
                    .collect(),
                Err(_) => vec!["password-not-text".to_owned()],
            };
            if !rules.is_empty() {
                return Err(SecretFault::Rules(rules));
            }
        }
        self.secret = Some(secret);
        Ok(())
    }
}
