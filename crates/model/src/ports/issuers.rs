//! Issuing authorities and their helpers.

use std::fmt;

use tanba_pki::{SerialNumber, Timestamp};

use super::StorageError;
use crate::fitness::Worth;
use crate::id::IssuerId;

/// What an authority's key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerKind {
    /// Signs issuing authorities and its own CRL.
    Root,
    /// Signs certificates of people, and CRLs.
    Issuing,
}

impl IssuerKind {
    /// The name that is stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Issuing => "issuing",
        }
    }

    /// The kind of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Root, Self::Issuing]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// An authority that is being entered.
#[derive(Clone, PartialEq, Eq)]
pub struct NewIssuer {
    /// Short name, also in URLs: `root`, `rsa-2026`. Lower-case letters, digits and hyphens.
    pub name: String,
    /// What its key does.
    pub kind: IssuerKind,
    /// Its certificate, DER.
    pub certificate: Vec<u8>,
    /// Its private key as the key store of the authority keeps it: encrypted PKCS#8, or a reference to a token.
    pub key: Vec<u8>,
    /// Number of CRL shards, fixed for ever.
    pub shards: u16,
}

impl NewIssuer {
    /// What the event says by which the authority was made, after the digest of its certificate; those of before say nothing of
    /// it. Stored.
    #[must_use]
    pub fn evidence(&self) -> String {
        format!(
            "{} name={} shards={}",
            self.kind.name(),
            self.name,
            self.shards
        )
    }
}

/// An authority.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuerRecord {
    /// The record.
    pub id: IssuerId,
    /// What was entered.
    pub issuer: NewIssuer,
    /// Certificate of the OCSP responder, DER, where there is one.
    pub responder_certificate: Option<Vec<u8>>,
    /// Key of the OCSP responder, kept as the issuer's.
    pub responder_key: Option<Vec<u8>>,
    /// Certificate of the seal, DER, where there is one.
    pub seal_certificate: Option<Vec<u8>>,
    /// Key of the seal, kept as the issuer's.
    pub seal_key: Option<Vec<u8>>,
}

impl fmt::Debug for NewIssuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewIssuer")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for IssuerRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("IssuerRecord")
            .field("id", &self.id)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

/// An authority that is to come: its key is made, and its certificate is awaited from the authority above it.
#[derive(Clone, PartialEq, Eq)]
pub struct AwaitedIssuer {
    /// Short name that it will have.
    pub name: String,
    /// Number of CRL shards that it will have.
    pub shards: u16,
    /// Its request, PKCS#10 in DER.
    pub request: Vec<u8>,
    /// Its private key, kept as an authority's.
    pub key: Vec<u8>,
}

impl fmt::Debug for AwaitedIssuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AwaitedIssuer")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Something that an authority does not issue until an administrator starts it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuanceStop {
    /// Which authority.
    pub issuer: IssuerId,
    /// The name of the profile that is not issued; `None` where nothing is.
    pub profile: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// Why, in the words of who stopped it. Never empty.
    pub reason: String,
}

/// Issuing authorities.
pub trait Issuers {
    /// Enters an authority.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the name is taken.
    fn insert(&mut self, issuer: &NewIssuer, now: Timestamp) -> Result<IssuerId, StorageError>;

    /// All authorities, in the order in which they were entered.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn all(&mut self) -> Result<Vec<IssuerRecord>, StorageError>;

    /// Replaces the OCSP responder of an authority.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn set_responder(
        &mut self,
        id: IssuerId,
        certificate: &[u8],
        key: &[u8],
    ) -> Result<(), StorageError>;

    /// Replaces the seal of an authority.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn set_seal(
        &mut self,
        id: IssuerId,
        certificate: &[u8],
        key: &[u8],
    ) -> Result<(), StorageError>;

    /// Enters an authority whose certificate is awaited.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when one of this name is awaited already.
    fn expect(&mut self, awaited: &AwaitedIssuer, now: Timestamp) -> Result<(), StorageError>;

    /// The authorities whose certificates are awaited, by name.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn awaited(&mut self) -> Result<Vec<AwaitedIssuer>, StorageError>;

    /// Awaits an authority no more: it was entered.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when none of this name is awaited.
    fn arrived(&mut self, name: &str) -> Result<(), StorageError>;

    /// Stops an authority or one profile of it.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when it is stopped already.
    fn stop(&mut self, stop: &IssuanceStop) -> Result<(), StorageError>;

    /// Starts again what was stopped. A profile and its authority are stopped and started apart.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when it is not stopped.
    fn start(&mut self, id: IssuerId, profile: Option<&str>) -> Result<(), StorageError>;

    /// All that is stopped, by authority; what stops the whole authority comes first.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn stops(&mut self) -> Result<Vec<IssuanceStop>, StorageError>;

    /// Whether the authority may not issue by this profile: it is stopped, or the profile is.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn is_stopped(&mut self, id: IssuerId, profile: &str) -> Result<bool, StorageError>;

    /// What is on record of the certificate of an authority: its status among those of the authority above it, and whether
    /// its key is blocked. It is asked three times for each certificate that is issued.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn worth(
        &mut self,
        above: Option<IssuerId>,
        serial: Option<&SerialNumber>,
        public_key_sha256: &[u8; 32],
    ) -> Result<Worth, StorageError>;
}
