//! An authority as the program holds it: a certificate, the key that fits it, and its OCSP responder.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tanba_crypto::{SignatureAlgorithm, Signer};
use tanba_model::id::IssuerId;
use tanba_model::ports::{IssuanceError, IssuerKind, IssuerRecord, OcspSigner};
use tanba_pki::{Certificate, Timestamp};

use crate::error::AuthorityError;
use crate::key_vault::KeyChest;
use crate::urls::Urls;

/// One authority.
pub(crate) struct Issuer {
    pub(crate) id: IssuerId,
    pub(crate) name: String,
    pub(crate) kind: IssuerKind,
    pub(crate) certificate: Certificate,
    pub(crate) key_id: Vec<u8>,
    pub(crate) shards: u16,
    /// `None` where the URLs are not known: a root has them in the certificates that it signs.
    pub(crate) urls: Option<Urls>,
    stored_key: Vec<u8>,
    signer: Option<Arc<dyn Signer>>,
    responder: RwLock<Option<Responder>>,
}

/// A responder and the end of its certificate.
#[derive(Clone, Debug)]
pub(crate) struct Responder {
    pub(crate) not_after: Timestamp,
    pub(crate) not_before: Timestamp,
    pub(crate) signer: OcspSigner,
}

impl Issuer {
    /// Opens an authority and its keys. The key of a root stays closed until it is needed.
    pub(crate) fn open(record: IssuerRecord, chest: &dyn KeyChest) -> Result<Self, AuthorityError> {
        let IssuerRecord {
            id,
            issuer,
            responder_certificate,
            responder_key,
        } = record;
        let damaged = || AuthorityError::DamagedIssuer {
            name: issuer.name.clone(),
        };
        let certificate = Certificate::from_der(&issuer.certificate).map_err(|_| damaged())?;
        let key_id = certificate.subject_key_id().ok_or_else(damaged)?.to_vec();
        let mut opened = Self {
            id,
            urls: Urls::of_certificate(&certificate, &issuer.name),
            name: issuer.name,
            kind: issuer.kind,
            certificate,
            key_id,
            shards: issuer.shards.max(1),
            stored_key: issuer.key,
            signer: None,
            responder: RwLock::new(None),
        };
        if opened.kind == IssuerKind::Issuing {
            opened.signer = Some(opened.open_key(chest)?);
        }
        if let (Some(certificate), Some(key)) = (responder_certificate, responder_key) {
            // A responder that cannot be used is replaced soon; it must not keep the authority from starting.
            match Responder::open(&certificate, &key, chest) {
                Ok(responder) => opened.replace_responder(responder),
                Err(error) => {
                    tracing::warn!(issuer = %opened.id, error = %error, "the stored OCSP responder cannot be used");
                }
            }
        }
        Ok(opened)
    }

    /// How it signs: what its kind of key does by default.
    pub(crate) fn algorithm(&self) -> Result<SignatureAlgorithm, IssuanceError> {
        if let Some(signer) = &self.signer {
            return Ok(signer.algorithm());
        }
        let algorithm = self
            .certificate
            .public_key()
            .algorithm()
            .map_err(|_| IssuanceError::Unknown("algorithm"))?;
        Ok(algorithm.default_signature())
    }

    /// The signing key.
    pub(crate) fn key(&self, chest: &dyn KeyChest) -> Result<Arc<dyn Signer>, AuthorityError> {
        self.signer.clone().map_or_else(|| self.open_key(chest), Ok)
    }

    fn open_key(&self, chest: &dyn KeyChest) -> Result<Arc<dyn Signer>, AuthorityError> {
        let signer = chest
            .open_key(&self.stored_key)
            .map_err(|source| AuthorityError::Key {
                issuer: self.name.clone(),
                source,
            })?;
        if signer
            .public_key()
            .is_same_key(self.certificate.public_key())
        {
            Ok(signer)
        } else {
            Err(AuthorityError::ForeignKey {
                name: self.name.clone(),
            })
        }
    }

    /// The responder now.
    pub(crate) fn responder(&self) -> Option<Responder> {
        self.responder
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn replace_responder(&self, responder: Responder) {
        *self
            .responder
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(responder);
    }

    /// The shard of a certificate: its serial number is random, so any of its octets spread evenly.
    pub(crate) fn shard_of(&self, serial: &tanba_pki::SerialNumber) -> u16 {
        let octets = serial.as_bytes();
        let (Some(high), Some(low)) = (octets.get(18), octets.get(19)) else {
            return 0;
        };
        u16::from_be_bytes([*high, *low])
            .checked_rem(self.shards)
            .unwrap_or(0)
    }
}

impl Responder {
    pub(crate) fn open(
        certificate: &[u8],
        key: &[u8],
        chest: &dyn KeyChest,
    ) -> Result<Self, AuthorityError> {
        let signer = chest.open_key(key).map_err(|source| AuthorityError::Key {
            issuer: "ocsp".to_owned(),
            source,
        })?;
        Self::new(certificate, signer)
    }

    pub(crate) fn new(certificate: &[u8], signer: Arc<dyn Signer>) -> Result<Self, AuthorityError> {
        let name = || "ocsp".to_owned();
        let parsed = Certificate::from_der(certificate)
            .map_err(|_| AuthorityError::DamagedIssuer { name: name() })?;
        if !signer.public_key().is_same_key(parsed.public_key()) {
            return Err(AuthorityError::ForeignKey { name: name() });
        }
        Ok(Self {
            not_before: parsed.not_before(),
            not_after: parsed.not_after(),
            signer: OcspSigner {
                certificate: Arc::from(certificate),
                signer,
            },
        })
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Issuer")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
