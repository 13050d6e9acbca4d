//! Passwords that are chosen or typed for keys as such: made, installed, locked anew.

use serde::{Deserialize, Serialize};
use tanba_crypto::Secret;
use tanba_keystore::Password;

use super::question::{ContainerCard, KeyCard, SecretPurpose};
use super::ring::{KeyFilter, Keys, OpenFault, Ring};
use crate::containers::{ContainerId, Containers, Storage};

/// Octets that a PIN has at least.
const SHORTEST_PIN: usize = 4;

/// Whether it is a PIN that tokens of these kinds have when they leave their makers.
fn is_factory(storages: &[Storage], pin: &Secret) -> bool {
    storages
        .iter()
        .flat_map(|storage| storage.factory_pins())
        .any(|factory| *pin == Secret::from((*factory).to_owned()))
}

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

/// What came of the question: the password or PIN, and the container that was opened, with what opened it. Without a
/// container for key files that are made or completed.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) secret: Secret,
    pub(crate) opened: Option<(ContainerId, Secret)>,
}

impl Taken {
    /// The token that keys are made in.
    pub(crate) fn place(&self) -> Option<&ContainerId> {
        self.opened.as_ref().map(|(container, _)| container)
    }
}

/// The passwords of one question.
#[derive(Debug)]
pub(crate) struct SecretRing<'a> {
    ring: Ring<'a>,
    storages: &'a [Storage],
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
            storages,
            purpose,
            opened: None,
            secret: None,
        }
    }

    /// What was typed, if it is all there.
    pub(crate) fn taken(self) -> Option<Taken> {
        if self.purpose == SecretPurpose::Change {
            return Some(Taken {
                secret: self.secret?,
                opened: Some(self.opened?),
            });
        }
        if self.is_for_token() {
            let (container, pin) = self.opened?;
            return Some(Taken {
                secret: pin.clone(),
                opened: Some((container, pin)),
            });
        }
        Some(Taken {
            secret: self.secret?,
            opened: None,
        })
    }

    fn is_for_token(&self) -> bool {
        self.storages.iter().any(|storage| storage.is_token())
    }

    /// The rules that a new PIN breaks; how long it must be is the token's to say.
    fn broken_pin_rules(&self, pin: &Secret) -> Vec<String> {
        let mut broken = Vec::new();
        let mut rule = |is_broken: bool, key: &str| {
            if is_broken {
                broken.push(key.to_owned());
            }
        };
        let octets = pin.expose();
        rule(octets.len() < SHORTEST_PIN, "pin-too-short");
        rule(
            !octets.iter().all(|octet| octet.is_ascii_graphic()),
            "pin-not-typable",
        );
        let old = self.opened.as_ref().map(|(_, old)| old);
        rule(old == Some(pin), "pin-same");
        rule(is_factory(self.storages, pin), "pin-factory");
        broken
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
        let cards = match self.ring.open(container, secret) {
            // A token may be new; keys are made in it, and its PIN is changed all the same.
            Err(OpenFault::Empty) if container.storage.is_token() => Vec::new(),
            opened => opened?,
        };
        self.opened = Some((container.clone(), secret.clone()));
        Ok(cards)
    }

    fn is_factory_secret(&self) -> bool {
        self.purpose == SecretPurpose::Change
            && self
                .opened
                .as_ref()
                .is_some_and(|(container, pin)| is_factory(&[container.storage], pin))
    }

    fn take_secret(&mut self, secret: Secret) -> Result<(), SecretFault> {
        if self.is_for_token() {
            if self.purpose != SecretPurpose::Change {
                return Err(SecretFault::Unasked);
            }
            let broken = self.broken_pin_rules(&secret);
            if !broken.is_empty() {
                return Err(SecretFault::Rules(broken));
            }
            self.secret = Some(secret);
            return Ok(());
        }
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
