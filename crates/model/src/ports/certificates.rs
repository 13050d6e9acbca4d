//! Certificates from intent on.

use tanba_pki::{Purpose, SerialNumber, Timestamp};

use super::StorageError;
use crate::certificate::{
    CertificateRecord, Ending, NewCertificate, RevokedEntry, Status, StatusChange,
};
use crate::id::{ApplicationId, CertificateId, IssuerId, PersonId};

/// Whether certificates count, as people ask for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Valid at this moment.
    Valid(Timestamp),
    /// Expired at this moment, and neither revoked nor frozen.
    Expired(Timestamp),
    /// Frozen.
    Frozen,
    /// Revoked for good.
    Revoked,
}

/// Which certificates of a person are asked for; nothing is everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CertificateFilter {
    /// By whether they count.
    pub standing: Option<Standing>,
    /// By what their keys are for.
    pub purpose: Option<Purpose>,
}

/// Certificates and the intents to issue them.
pub trait Certificates {
    /// Records the intent to sign; the serial number and the public key are taken from now on, for ever.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when the serial number was used by this issuer, or the public key by anybody
    /// (the authority's own key rollovers excepted: those have no person).
    fn intend(&mut self, certificate: &NewCertificate) -> Result<CertificateId, StorageError>;

    /// Records the signed certificate of an intent, which becomes valid.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] unless the certificate is an open intent.
    fn complete(
        &mut self,
        id: CertificateId,
        der: &[u8],
        now: Timestamp,
    ) -> Result<(), StorageError>;

    /// Gives up an intent.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] unless the certificate is an open intent.
    fn void(&mut self, id: CertificateId, now: Timestamp) -> Result<(), StorageError>;

    /// Intents that are neither completed nor given up, oldest first, from behind one of them on.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn open_intents(
        &mut self,
        after: Option<CertificateId>,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>, StorageError>;

    /// Number of intents that are neither completed nor given up.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn count_open_intents(&mut self) -> Result<u64, StorageError>;

    /// Finds a certificate by its record.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn find(&mut self, id: CertificateId) -> Result<Option<CertificateRecord>, StorageError>;

    /// Finds a certificate by issuer and serial number.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn find_by_serial(
        &mut self,
        issuer: IssuerId,
        serial: &SerialNumber,
    ) -> Result<Option<CertificateRecord>, StorageError>;

    /// Whether a public key was ever seen, in a certificate or intent of anybody.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn is_key_known(&mut self, public_key_sha256: &[u8; 32]) -> Result<bool, StorageError>;

    /// Everything of a public key, by record: intents, and what was given up, included. A person's key has one at most;
    /// the authority renews certificates of its own keys.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn of_key(
        &mut self,
        public_key_sha256: &[u8; 32],
    ) -> Result<Vec<CertificateRecord>, StorageError>;

    /// Everything of nobody's under a profile, by record: certificates of authorities and services, of whomever. What was given
    /// up is left out.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn of_service(&mut self, profile: &str) -> Result<Vec<CertificateRecord>, StorageError>;

    /// All certificates of a person, newest first, without intents; at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn of_person(
        &mut self,
        person: PersonId,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>, StorageError>;

    /// Certificates of a person that pass a filter, with a record below `before`, newest first, without intents; at most
    /// `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn page_of_person(
        &mut self,
        person: PersonId,
        filter: &CertificateFilter,
        before: Option<CertificateId>,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>, StorageError>;

    /// The certificate of a person by its serial number, without intents.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn of_person_by_serial(
        &mut self,
        person: PersonId,
        serial: &SerialNumber,
    ) -> Result<Option<CertificateRecord>, StorageError>;

    /// The certificates of an application, in the order of its requests, intents included.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn of_application(
        &mut self,
        application: ApplicationId,
    ) -> Result<Vec<CertificateRecord>, StorageError>;

    /// Everything of one issuer after `after`, by record, at most `limit`: for checks and exports.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn page(
        &mut self,
        issuer: IssuerId,
        after: Option<CertificateId>,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>, StorageError>;

    /// Everything of every issuer after a record, by record, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn after(
        &mut self,
        record: CertificateId,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>, StorageError>;

    /// Changes whether a certificate counts, if it still counts as `from`.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when it no longer does.
    fn set_status(
        &mut self,
        id: CertificateId,
        from: Status,
        to: Status,
        now: Timestamp,
    ) -> Result<(), StorageError>;

    /// The log of status changes after a row, in the order in which it was written, at most `limit`: for checks.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn status_changes(&mut self, after: i64, limit: u32)
    -> Result<Vec<StatusChange>, StorageError>;

    /// Entries of the full CRL of a shard (`None`: of all shards), by serial number; certificates that expired before
    /// `valid_after` are left out, so that each revoked certificate stands on at least one list after its expiry.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn revoked(
        &mut self,
        issuer: IssuerId,
        shard: Option<u16>,
        valid_after: Timestamp,
    ) -> Result<Vec<RevokedEntry>, StorageError>;

    /// Entries of the delta CRL of a shard: everything whose status changed at or after `since`; a released hold has
    /// no reason.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn changed(
        &mut self,
        issuer: IssuerId,
        shard: Option<u16>,
        since: Timestamp,
    ) -> Result<Vec<RevokedEntry>, StorageError>;

    /// Valid certificates of people that end after `after` (or then, with a record after `record`) and not after `until`,
    /// and were not reminded of at so many `days`; by end and record, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn ending(
        &mut self,
        after: Timestamp,
        record: Option<CertificateId>,
        until: Timestamp,
        days: u32,
        limit: u32,
    ) -> Result<Vec<Ending>, StorageError>;

    /// Valid certificates of a person, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn valid_of_person(
        &mut self,
        person: PersonId,
        limit: u32,
    ) -> Result<Vec<Ending>, StorageError>;

    /// Remembers that a certificate was reminded of at so many days before its end.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] when it was already.
    fn mark_reminded(
        &mut self,
        id: CertificateId,
        days: u32,
        now: Timestamp,
    ) -> Result<(), StorageError>;

    /// Number of issued certificates, revoked ones included.
    ///
    /// # Errors
    /// [`StorageError`] when storage does not answer.
    fn count(&mut self) -> Result<u64, StorageError>;
}
