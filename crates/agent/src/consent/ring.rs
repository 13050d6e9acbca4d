//! The keys that a question may be answered with.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tanba_crypto::{ObjectIdentifier, Secret, Signer};
use tanba_pki::path::{self, PathOptions, Revocation};
use tanba_pki::{Certificate, KeyUsage, Timestamp, oid};

use super::SecretFault;
use super::question::{ContainerCard, KeyCard, Unusable};
pub use crate::containers::OpenFault;
use crate::containers::{ContainerId, Containers, HeldKey, KeyNote, Storage};

/// What a dialog may do with containers while it asks.
pub trait Keys {
    /// The containers of this kind that are here now.
    fn containers(&mut self, storage: Storage) -> Vec<ContainerCard>;

    /// Opens a container and forgets the one opened before. The most useful keys come first.
    ///
    /// # Errors
    /// [`OpenFault`] says what its owner can do.
    fn open(&mut self, container: &ContainerId, secret: &Secret)
    -> Result<Vec<KeyCard>, OpenFault>;

    /// Whether what opened the container for a change of its PIN is the PIN that it left its maker with: everybody knows it.
    fn is_factory_secret(&self) -> bool {
        false
    }

    /// Takes a password that was typed for [`Question::Secret`](super::Question::Secret).
    ///
    /// # Errors
    /// [`SecretFault`] says why it is typed again.
    fn take_secret(&mut self, _secret: Secret) -> Result<(), SecretFault> {
        Err(SecretFault::Unasked)
    }
}

/// Which keys a site wants.
#[derive(Clone, Debug, Default)]
pub struct KeyFilter {
    /// What the key must be for.
    pub kind: KeyKind,
    /// Extended key usages, each of which the certificate must have.
    pub usages: Vec<ObjectIdentifier>,
    /// Individual identification number of the owner.
    pub iin: Option<String>,
    /// Business identification number of the owner's organisation.
    pub bin: Option<String>,
    /// Serial number of the certificate, hexadecimal.
    pub serial: Option<String>,
    /// Authorities from one of which the certificate must come; empty for any.
    pub issuers: Vec<Certificate>,
    /// Whether certificates that ended are accepted.
    pub allow_expired: bool,
    /// Only the key of this identifier, which waits for its certificate; nothing else is asked of it then.
    pub waiting: Option<String>,
}

/// What a key must be for, as `commonUtils` says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyKind {
    /// Anything.
    #[default]
    Any,
    /// Signing in: key encipherment or agreement, or client authentication.
    Authentication,
    /// Signing: non-repudiation.
    Signature,
}

impl KeyFilter {
    /// Why a key does not fit, if it does not.
    pub(crate) fn judge(&self, key: &HeldKey, now: Timestamp) -> Option<Unusable> {
        match &key.note {
            Some(KeyNote::Unsupported { .. }) => return Some(Unusable::Unsupported),
            Some(KeyNote::OtherPassword) => return Some(Unusable::OtherPassword),
            Some(KeyNote::Damaged) => return Some(Unusable::Damaged),
            None => {}
        }
        if let Some(wanted) = &self.waiting {
            let identifier =
                |signer: &Arc<dyn Signer>| tanba_pki::hex::encode(&signer.public_key().key_id());
            let is_it = key.certificate.is_none()
                && key.signer.as_ref().map(identifier).as_ref() == Some(wanted);
            return (!is_it).then_some(Unusable::OtherCertificate);
        }
        let (Some(certificate), Some(_)) = (&key.certificate, &key.signer) else {
            return Some(Unusable::NoCertificate);
        };
        self.judge_owner(certificate)
            .or_else(|| self.judge_purpose(certificate))
            .or_else(|| self.judge_issuer(certificate, &key.chain))
            .or_else(|| self.judge_validity(certificate, now))
    }

    fn judge_validity(&self, certificate: &Certificate, now: Timestamp) -> Option<Unusable> {
        if self.allow_expired {
            None
        } else if now < certificate.not_before() {
            Some(Unusable::NotYetValid)
        } else if now > certificate.not_after() {
            Some(Unusable::Expired)
        } else {
            None
        }
    }

    fn judge_purpose(&self, certificate: &Certificate) -> Option<Unusable> {
        let extended = certificate.extended_key_usage();
        // Where nothing is said, everything is allowed (RFC 5280, 4.2.1.3).
        let allows = |usage: KeyUsage| {
            certificate
                .key_usage()
                .is_none_or(|allowed| allowed.intersects(usage))
        };
        let fits = match self.kind {
            KeyKind::Any => true,
            KeyKind::Authentication => {
                allows(KeyUsage::KEY_ENCIPHERMENT.with(KeyUsage::KEY_AGREEMENT))
                    || extended.contains(&oid::CLIENT_AUTH)
            }
            KeyKind::Signature => allows(KeyUsage::NON_REPUDIATION),
        };
        let has_all = self.usages.iter().all(|usage| extended.contains(usage));
        (!fits || !has_all || certificate.is_ca()).then_some(Unusable::OtherPurpose)
    }

    fn judge_owner(&self, certificate: &Certificate) -> Option<Unusable> {
        let subject = certificate.subject();
        let differs = |wanted: &Option<String>, found: Option<String>| {
            wanted
                .as_ref()
                .is_some_and(|wanted| found.as_ref() != Some(wanted))
        };
        if differs(&self.iin, subject.iin()) || differs(&self.bin, subject.bin()) {
            return Some(Unusable::OtherOwner);
        }
        let trimmed = |text: &str| text.trim_start_matches('0').to_ascii_lowercase();
        let other = self
            .serial
            .as_ref()
            .is_some_and(|wanted| trimmed(wanted) != trimmed(&certificate.serial_hex()));
        other.then_some(Unusable::OtherCertificate)
    }

    fn judge_issuer(&self, certificate: &Certificate, chain: &[Certificate]) -> Option<Unusable> {
        if self.issuers.is_empty() {
            return None;
        }
        let options = PathOptions {
            intermediates: chain,
            revocation: Revocation::Ignored,
            // An old authority may have signed with SHA-1; whom the site trusts is the site's to say.
            legacy_algorithms: true,
            // A path is judged at a time when the certificate is valid: its end is told on its own.
            ..PathOptions::new(&self.issuers, certificate.not_before())
        };
        path::validate(certificate, &options)
            .is_err()
            .then_some(Unusable::OtherIssuer)
    }
}

/// The keys of this computer, behind one question.
#[derive(Debug)]
pub(crate) struct Ring<'a> {
    containers: &'a Containers,
    storages: &'a [Storage],
    filter: &'a KeyFilter,
    now: Timestamp,
    open: Vec<(HeldKey, Option<Unusable>)>,
}

impl<'a> Ring<'a> {
    pub(crate) const fn new(
        containers: &'a Containers,
        storages: &'a [Storage],
        filter: &'a KeyFilter,
        now: Timestamp,
    ) -> Self {
        Self {
            containers,
            storages,
            filter,
            now,
            open: Vec::new(),
        }
    }

    /// The key of this number, if it may be used for the question.
    pub(crate) fn take(self, number: usize) -> Option<HeldKey> {
        let (key, unusable) = self.open.into_iter().nth(number)?;
        unusable.is_none().then_some(key)
    }
}

impl Keys for Ring<'_> {
    fn containers(&mut self, storage: Storage) -> Vec<ContainerCard> {
        if self.storages.contains(&storage) {
            self.containers.list(storage)
        } else {
            Vec::new()
        }
    }

    fn open(
        &mut self,
        container: &ContainerId,
        secret: &Secret,
    ) -> Result<Vec<KeyCard>, OpenFault> {
        self.open.clear();
        if !self.storages.contains(&container.storage) {
            return Err(OpenFault::Absent);
        }
        self.open = self
            .containers
            .open(container, secret)?
            .into_iter()
            .map(|key| {
                let unusable = self.filter.judge(&key, self.now);
                (key, unusable)
            })
            .collect();
        let mut cards: Vec<KeyCard> = self
            .open
            .iter()
            .enumerate()
            .map(|(number, (key, unusable))| card(number, key, unusable.clone()))
            .collect();
        cards.sort_by_key(|card| (card.unusable.clone(), std::cmp::Reverse(card.not_before)));
        Ok(cards)
    }
}

pub(super) fn card(number: usize, key: &HeldKey, unusable: Option<Unusable>) -> KeyCard {
    let certificate = key.certificate.as_ref();
    let algorithm = match (&key.note, certificate, &key.signer) {
        (Some(KeyNote::Unsupported { algorithm }), ..) => algorithm.clone(),
        (_, Some(certificate), _) => certificate.public_key().algorithm_label(),
        (_, None, Some(signer)) => signer.public_key().algorithm_label(),
        (_, None, None) => String::new(),
    };
    let name =
        |name: &tanba_pki::DistinguishedName| name.common_name().unwrap_or_else(|| name.rfc4514());
    KeyCard {
        number,
        owner: certificate.map_or_else(
            || key.alias.clone(),
            |certificate| name(certificate.subject()),
        ),
        owner_name: certificate
            .map(|certificate| certificate.subject().rfc4514())
            .unwrap_or_default(),
        not_before: certificate.map_or(0, |certificate| certificate.not_before().unix()),
        not_after: certificate.map_or(0, |certificate| certificate.not_after().unix()),
        serial: certificate
            .map(|certificate| certificate.serial_hex())
            .unwrap_or_default(),
        issuer: certificate
            .map(|certificate| name(certificate.issuer()))
            .unwrap_or_default(),
        algorithm,
        unusable,
    }
}
