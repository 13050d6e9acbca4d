//! Helpers of an issuing authority: a key and a certificate that it makes for itself, and renews before it ends.

use std::sync::Arc;
use std::time::Duration;

use tanba_crypto::{KeyAlgorithm, Signer};
use tanba_model::audit::Actor;
use tanba_model::ports::StorageError;
use tanba_pki::{Certificate, SerialNumber, Timestamp};

use crate::desk::Desk;
use crate::draft::{Contents, Holder, refusal};
use crate::error::AuthorityError;
use crate::issuer::Issuer;
use crate::key_vault::KeyChest;
use crate::names;

/// A key with its certificate.
#[derive(Clone, Debug)]
pub(crate) struct Helper {
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) serial: SerialNumber,
    pub(crate) certificate: Arc<[u8]>,
    pub(crate) signer: Arc<dyn Signer>,
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
        Self::new(what, certificate, signer)
    }

    fn new(
        what: &'static str,
        certificate: &[u8],
        signer: Arc<dyn Signer>,
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
            _ => KeyAlgorithm::Rsa { bits: 2048 },
        };
        let (stored_key, signer) = self
            .chest
            .make_key(algorithm, self.random.as_ref())
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
        let draft = self.compose(issuer, &contents, &Holder::AUTHORITY, now)?;
        let prepared = self.record(&[draft], &Actor::System, now)?;
        let record = prepared
            .issue(now)?
            .into_iter()
            .next()
            .ok_or(StorageError::Conflict)?;
        let der = record.der.as_deref().ok_or(StorageError::Conflict)?;
        let helper = Helper::new(purpose.profile, der, signer)?;
        Ok(Made { helper, stored_key })
    }
}
