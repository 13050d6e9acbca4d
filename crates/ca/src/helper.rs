//! Helpers of an issuing authority: a key and a certificate that it makes for itself, and renews before it ends.

use std::sync::Arc;
use std::time::Duration;

use tanba_crypto::{KeyAlgorithm, Signer};
use tanba_model::audit::Actor;
use tanba_model::certificate::Status;
use tanba_model::ports::StorageError;
use tanba_pki::{Certificate, SerialNumber, Timestamp};

use crate::desk::Desk;
use crate::draft::{About, Contents, Holder, refusal};
use crate::error::AuthorityError;
use crate::issuer::Issuer;
use crate::key_vault::{KeyChest, KeyPurpose};
use crate::names;

/// A key with its certificate.
#[derive(Clone, Debug)]
pub(crate) struct Helper {
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) serial: SerialNumber,
    pub(crate) certificate: Arc<[u8]>,
    pub(crate) signer: Arc<dyn Signer>,
    stored_key: Vec<u8>,
}

/// What a new helper is for.
pub(crate) struct Purpose {
    /// The profile of its certificate.
    pub(crate) profile: &'static str,
    /// Its common name.
    pub(crate) name: &'static str,
    /// How long its certificate lives.
    pub(crate) life: Duration,
}

/// A helper that was just made, with its key as storage keeps it.
pub(crate) struct Made {
    pub(crate) helper: Helper,
    pub(crate) stored_key: Vec<u8>,
}

impl Helper {
    pub(crate) fn open(
        what: &'static str,
        certificate: &[u8],
        key: &[u8],
        chest: &dyn KeyChest,
    ) -> Result<Self, AuthorityError> {
        let signer = chest.open_key(key).map_err(|source| AuthorityError::Key {
            issuer: what.to_owned(),
            source,
        })?;
        Self::new(what, certificate, signer, key.to_vec())
    }

    fn new(
        what: &'static str,
        certificate: &[u8],
        signer: Arc<dyn Signer>,
        stored_key: Vec<u8>,
    ) -> Result<Self, AuthorityError> {
        let damaged = || AuthorityError::DamagedIssuer {
            name: what.to_owned(),
        };
        let parsed = Certificate::from_der(certificate).map_err(|_| damaged())?;
        if !signer.public_key().is_same_key(parsed.public_key()) {
            return Err(AuthorityError::ForeignKey {
                name: what.to_owned(),
            });
        }
        Ok(Self {
            not_before: parsed.not_before(),
            not_after: parsed.not_after(),
            serial: SerialNumber::from_bytes(parsed.serial_bytes()).map_err(|_| damaged())?,
            certificate: Arc::from(certificate),
            signer,
            stored_key,
        })
    }

    /// Whether it is past half its life, or the clock stands before its beginning.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let life = self.not_after.since(self.not_before);
        now >= self.not_before.plus(life / 2) || now < self.not_before
    }
}

impl Desk {
    /// Makes a key and certifies it, through the same cycle as every certificate.
    pub(crate) fn make_helper(
        &self,
        issuer: &Arc<Issuer>,
        purpose: &Purpose,
        now: Timestamp,
    ) -> Result<Made, AuthorityError> {
        let algorithm = match issuer.certificate.public_key().algorithm() {
            Ok(KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384) => KeyAlgorithm::EcP256,
            Ok(KeyAlgorithm::Ed25519) => KeyAlgorithm::Ed25519,
            Ok(KeyAlgorithm::MlDsa44 | KeyAlgorithm::MlDsa65) => KeyAlgorithm::MlDsa44,
            _ => KeyAlgorithm::Rsa { bits: 2048 },
        };
        let key_purpose = KeyPurpose::Helper {
            issuer: &issuer.name,
            profile: purpose.profile,
        };
        let (stored_key, signer) = self
            .chest
            .make_key_for(key_purpose, algorithm, self.random.as_ref())
            .map_err(|source| AuthorityError::Key {
                issuer: issuer.name.clone(),
                source,
            })?;
        let profile = self.profile(purpose.profile)?;
        let name = profile
            .subject_name(&names::helper(purpose.name, &issuer.certificate))
            .map_err(|error| refusal(&error))?;
        let contents = Contents {
            profile,
            name: &name,
            public_key: signer.public_key(),
            email: None,
            keystore: None,
            not_before: now,
            not_after: now.plus(purpose.life).min(issuer.certificate.not_after()),
        };
        let draft = self
            .compose(issuer, &contents, &Holder::AUTHORITY, now)
            .inspect_err(|error| {
                let about = About::Helper(purpose.profile);
                self.note_refusal(issuer, &about, &Actor::System, error, now);
            })?;
        let prepared = self.record(&[draft], &Actor::System, now)?;
        let record = prepared
            .issue(now)?
            .into_iter()
            .next()
            .ok_or(StorageError::Conflict)?;
        let der = record.der.as_deref().ok_or(StorageError::Conflict)?;
        let helper = Helper::new(purpose.profile, der, signer, stored_key.clone())?;
        Ok(Made { helper, stored_key })
    }

    /// Whether the certificate of a helper was not revoked.
    pub(crate) fn counts(&self, issuer: &Issuer, helper: &Helper) -> Result<bool, AuthorityError> {
        let mut unit = self.storage.snapshot()?;
        let record = unit
            .certificates()
            .find_by_serial(issuer.id, &helper.serial)?;
        Ok(record.is_some_and(|record| record.status == Status::Valid))
    }

    /// Removes the key of a helper that another one replaced; it has nothing left to sign.
    pub(crate) fn retire(&self, issuer: &Issuer, replaced: Option<Helper>) {
        let Some(replaced) = replaced else { return };
        if let Err(error) = self.chest.remove_key(&replaced.stored_key) {
            tracing::warn!(issuer = %issuer.id, error = %error, "the key of a replaced helper was not removed");
        }
    }
}
