//! Published revocation lists.

use std::fmt;

use tanba_pki::Timestamp;

use super::StorageError;
use crate::id::IssuerId;

/// Which certificates a list speaks of. The shard is part of it: a delta has the scope of its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CrlKind {
    /// All certificates of the issuer.
    Full,
    /// The certificates of one shard.
    Shard(u16),
    /// What changed in one shard since its base.
    Delta(u16),
}

impl CrlKind {
    /// Stored name: `full`, `shard`, `delta`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Shard(_) => "shard",
            Self::Delta(_) => "delta",
        }
    }

    /// The shard, where there is one.
    #[must_use]
    pub const fn shard(self) -> Option<u16> {
        match self {
            Self::Full => None,
            Self::Shard(shard) | Self::Delta(shard) => Some(shard),
        }
    }
}

/// A published list.
#[derive(Clone, PartialEq, Eq)]
pub struct CrlRecord {
    /// Whose.
    pub issuer: IssuerId,
    /// Of what.
    pub kind: CrlKind,
    /// CRLNumber (RFC 5280, 5.2.3); base, delta and full lists of an issuer share one sequence that only grows.
    pub number: u64,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one is there at the latest.
    pub next_update: Timestamp,
    /// Changes up to this instant are in it.
    pub covers_until: Timestamp,
    /// Certificates that the list names; `None` for one that a program before this count made.
    pub entries: Option<u32>,
    /// The list, DER.
    pub der: Vec<u8>,
}

/// What is known of a published list without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlFacts {
    /// Of what.
    pub kind: CrlKind,
    /// CRLNumber.
    pub number: u64,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one is there at the latest.
    pub next_update: Timestamp,
    /// Certificates that it names; `None` for one that a program before this count made.
    pub entries: Option<u32>,
    /// Octets of its DER.
    pub size_octets: u64,
}

impl fmt::Debug for CrlRecord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CrlRecord")
            .field("kind", &self.kind)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// Published revocation lists.
pub trait Crls {
    /// Takes the next CRL number of an issuer, `at_least` this one; it never comes again.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn next_number(&mut self, issuer: IssuerId, at_least: u64) -> Result<u64, StorageError>;

    /// The least number that the next list of an issuer gets, which nobody takes by asking.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn upcoming_number(&mut self, issuer: IssuerId) -> Result<Option<u64>, StorageError>;

    /// Publishes a list in place of the one of the same kind.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when a list of this kind with the same or a higher number is there.
    fn publish(&mut self, crl: &CrlRecord) -> Result<(), StorageError>;

    /// The list of a kind.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn latest(
        &mut self,
        issuer: IssuerId,
        kind: CrlKind,
    ) -> Result<Option<CrlRecord>, StorageError>;

    /// The lists of an issuer, without what is in them: the full one, then bases and deltas by shard.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn facts(&mut self, issuer: IssuerId) -> Result<Vec<CrlFacts>, StorageError>;
}
