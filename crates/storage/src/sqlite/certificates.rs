//! Certificates from intent on, and the log of their changes.

use rusqlite::params;
use tanba_model::certificate::{
    CertificateRecord, Ending, NewCertificate, RevocationReason, RevokedEntry, Status, StatusChange,
};
use tanba_model::id::{ApplicationId, CertificateId, IssuerId, PersonId};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::ports::{CertificateFilter, Certificates, Standing, StorageError};
use tanba_pki::{Purpose, SerialNumber, Timestamp};

use super::{SqliteUnit, column};
use crate::error::damaged;

mod rows;
#[macro_use]
mod statements;

use rows::{Stored, read, read_change, read_ending, read_entry};
use statements::{ENDING, OF_PERSON, OF_PERSON_BY_SERIAL, PAGE_OF_PERSON, VALID_OF_PERSON};

const PURPOSES: [(Purpose, &str); 5] = [
    (Purpose::Authentication, "authentication"),
    (Purpose::Signature, "signature"),
    (Purpose::Both, "both"),
    (Purpose::CertificationAuthority, "certification-authority"),
    (Purpose::Other, "other"),
];

impl Certificates for SqliteUnit<'_> {
    fn intend(&mut self, certificate: &NewCertificate) -> Result<CertificateId, StorageError> {
        self.memo.forget_worth_of(&certificate.serial);
        let purpose = PURPOSES
            .iter()
            .find(|(purpose, _)| *purpose == certificate.purpose);
        let id = self.insert_row(
            "INSERT INTO certificate (issuer_id, serial, person_id, application_id, profile, purpose, keystore, channel,
                 public_key_sha256, shard, not_before, not_after, created_at, status, to_be_signed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 'intended', ?14)",
            params![
                certificate.issuer.0,
                certificate.serial.as_bytes(),
                certificate.person.map(|id| id.0),
                certificate.application.map(|id| id.0),
                certificate.profile,
                purpose.ok_or_else(|| damaged("certificate.purpose"))?.1,
                certificate.keystore.map(KeystoreKind::identifier),
                certificate.channel.name(),
                certificate.public_key_sha256,
                certificate.shard,
                certificate.not_before.unix(),
                certificate.not_after.unix(),
                certificate.created_at.unix(),
                certificate.to_be_signed,
            ],
        )?;
        Ok(CertificateId(id))
    }

    fn complete(
        &mut self,
        id: CertificateId,
        der: &[u8],
        now: Timestamp,
    ) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE certificate SET status = 'valid', der = ?2, completed_at = ?3 WHERE id = ?1 AND status = 'intended'",
            params![id.0, der, now.unix()],
        )?;
        self.change_one(
            "UPDATE tally SET value = value + 1 WHERE name = 'certificates'",
            [],
        )
    }

    fn void(&mut self, id: CertificateId, now: Timestamp) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE certificate SET status = 'void', completed_at = ?2 WHERE id = ?1 AND status = 'intended'",
            params![id.0, now.unix()],
        )
    }

    fn open_intents(
        &mut self,
        after: Option<CertificateId>,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>, StorageError> {
        self.many(
            select!("INDEXED BY certificate_intended WHERE status = 'intended' AND id > ?1 ORDER BY id LIMIT ?2"),
            params![after.map_or(0, |after| after.0), limit],
            read,
        )
    }

    fn count_open_intents(&mut self) -> Result<u64, StorageError> {
        let count = self.one(
            "/* whole: the index has open intents alone */
             SELECT count(*) FROM certificate WHERE status = 'intended'",
            [],
            |row| column::<i64>(row, 0),
        )?;
        u64::try_from(count.unwrap_or_default()).map_err(|_| damaged("certificate"))
    }

    fn find(&mut self, id: CertificateId) -> Result<Option<CertificateRecord>, StorageError> {
        self.one(select!("WHERE id = ?1"), [id.0], read)
    }

    fn find_by_serial(
        &mut self,
        issuer: IssuerId,
        serial: &SerialNumber,
    ) -> Result<Option<CertificateRecord>, StorageError> {
        self.one(
            select!("WHERE issuer_id = ?1 AND serial = ?2"),
            params![issuer.0, serial.as_bytes()],
            read,
        )
    }

    fn is_key_known(&mut self, public_key_sha256: &[u8; 32]) -> Result<bool, StorageError> {
        let known = self.one(
            "SELECT EXISTS (SELECT 1 FROM certificate WHERE public_key_sha256 = ?1 AND person_id IS NOT NULL)
                 OR EXISTS (SELECT 1 FROM certificate WHERE public_key_sha256 = ?1 AND person_id IS NULL)",
            [public_key_sha256],
            |row| column(row, 0),
        )?;
        Ok(known.unwrap_or(false))
    }

    fn of_key(
        &mut self,
        public_key_sha256: &[u8; 32],
    ) -> Result<Vec<CertificateRecord>, StorageError> {
        let mut records = self.many(
            select!("WHERE public_key_sha256 = ?1 AND person_id IS NOT NULL"),
            [public_key_sha256],
            read,
        )?;
        records.extend(self.many(
            select!("WHERE public_key_sha256 = ?1 AND person_id IS NULL ORDER BY id"),
            [public_key_sha256],
            read,
        )?);
        records.sort_by_key(|record| record.id);
        Ok(records)
    }

    fn of_service(&mut self, profile: &str) -> Result<Vec<CertificateRecord>, StorageError> {
        self.many(
            select!(
                "INDEXED BY certificate_authority_key /* whole: what is of no person, some dozens */
                 WHERE person_id IS NULL AND profile = ?1 AND status <> 'void' ORDER BY id"
            ),
            [profile],
            read,
        )
    }

    fn of_person(
        &mut self,
        person: PersonId,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>, StorageError> {
        self.many(OF_PERSON, params![person.0, limit], read)
    }

    fn page_of_person(
        &mut self,
        person: PersonId,
        filter: &CertificateFilter,
        before: Option<CertificateId>,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>, StorageError> {
        let (standing, at) = match filter.standing {
            None => ("", 0),
            Some(Standing::Valid(now)) => ("valid", now.unix()),
            Some(Standing::Expired(now)) => ("expired", now.unix()),
            Some(Standing::Frozen) => ("frozen", 0),
            Some(Standing::Revoked) => ("revoked", 0),
        };
        let purpose = filter.purpose.and_then(|wanted| {
            let found = PURPOSES.iter().find(|(purpose, _)| *purpose == wanted);
            found.map(|(_, name)| *name)
        });
        self.many(
            PAGE_OF_PERSON,
            params![
                person.0,
                before.map_or(i64::MAX, |id| id.0),
                standing,
                at,
                purpose,
                RevocationReason::CertificateHold.code(),
                limit
            ],
            read,
        )
    }

    fn of_person_by_serial(
        &mut self,
        person: PersonId,
        serial: &SerialNumber,
    ) -> Result<Option<CertificateRecord>, StorageError> {
        self.one(
            OF_PERSON_BY_SERIAL,
            params![person.0, serial.as_bytes()],
            read,
        )
    }

    fn of_application(
        &mut self,
        application: ApplicationId,
    ) -> Result<Vec<CertificateRecord>, StorageError> {
        self.many(
            select!("WHERE application_id = ?1 ORDER BY id"),
            [application.0],
            read,
        )
    }

    fn page(
        &mut self,
        issuer: IssuerId,
        after: Option<CertificateId>,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>, StorageError> {
        self.many(
            // The plus sign keeps SQLite from sorting all certificates of the issuer for each page.
            select!("WHERE id > ?2 AND +issuer_id = ?1 ORDER BY id LIMIT ?3"),
            params![issuer.0, after.map_or(i64::MIN, |id| id.0), limit],
            read,
        )
    }

    fn after(
        &mut self,
        record: CertificateId,
        limit: u32,
    ) -> Result<Vec<CertificateRecord>, StorageError> {
        self.many(
            select!("WHERE id > ?1 ORDER BY id LIMIT ?2"),
            params![record.0, limit],
            read,
        )
    }

    fn set_status(
        &mut self,
        id: CertificateId,
        from: Status,
        to: Status,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        self.memo.forget();
        let (Some(from), Some(to)) = (Stored::of(from), Stored::of(to)) else {
            return Err(StorageError::Conflict);
        };
        self.change_one(
            "UPDATE certificate SET status = ?5, revoked_at = ?6, reason = ?7
             WHERE id = ?1 AND status = ?2 AND revoked_at IS ?3 AND reason IS ?4",
            params![
                id.0,
                from.name,
                from.at,
                from.reason,
                to.name,
                to.at,
                to.reason
            ],
        )?;
        self.change_one(
            "INSERT INTO status_change (certificate_id, issuer_id, shard, status, reason, at)
             SELECT id, issuer_id, shard, status, reason, ?2 FROM certificate WHERE id = ?1",
            params![id.0, now.unix()],
        )
    }

    fn status_changes(
        &mut self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<StatusChange>, StorageError> {
        self.many(
            "SELECT change.id, certificate.issuer_id, certificate.serial, change.status, change.reason, change.at,
                    change.issuer_id = certificate.issuer_id AND change.shard = certificate.shard
             FROM status_change AS change JOIN certificate ON certificate.id = change.certificate_id
             WHERE change.id > ?1 ORDER BY change.id LIMIT ?2",
            params![after, limit],
            read_change,
        )
    }

    fn revoked(
        &mut self,
        issuer: IssuerId,
        shard: Option<u16>,
        valid_after: Timestamp,
    ) -> Result<Vec<RevokedEntry>, StorageError> {
        let valid_after = valid_after.unix();
        match shard {
            Some(shard) => self.many(
                "SELECT serial, revoked_at, reason FROM certificate INDEXED BY certificate_revoked
                 WHERE status = 'revoked' AND issuer_id = ?1 AND shard = ?2 AND not_after >= ?3 ORDER BY serial",
                params![issuer.0, shard, valid_after],
                read_entry,
            ),
            None => self.many(
                "/* whole: a full list has everything */
                 SELECT serial, revoked_at, reason FROM certificate INDEXED BY certificate_revoked
                 WHERE status = 'revoked' AND issuer_id = ?1 AND not_after >= ?2 ORDER BY serial",
                params![issuer.0, valid_after],
                read_entry,
            ),
        }
    }

    fn changed(
        &mut self,
        issuer: IssuerId,
        shard: Option<u16>,
        since: Timestamp,
    ) -> Result<Vec<RevokedEntry>, StorageError> {
        self.many(
            "/* whole: what changed since the last base list */
             SELECT serial, coalesce(revoked_at, changed_at), reason
             FROM (SELECT certificate_id, max(at) AS changed_at FROM status_change
                   WHERE issuer_id = ?1 AND at >= ?3 AND (?2 IS NULL OR shard = ?2) GROUP BY certificate_id)
             JOIN certificate ON certificate.id = certificate_id
             ORDER BY serial",
            params![issuer.0, shard, since.unix()],
            read_entry,
        )
    }

    fn ending(
        &mut self,
        after: Timestamp,
        record: Option<CertificateId>,
        until: Timestamp,
        days: u32,
        limit: u32,
    ) -> Result<Vec<Ending>, StorageError> {
        self.many(
            ENDING,
            params![
                after.unix(),
                record.map_or(i64::MAX, |id| id.0),
                until.unix(),
                days,
                limit
            ],
            read_ending,
        )
    }

    fn valid_of_person(
        &mut self,
        person: PersonId,
        limit: u32,
    ) -> Result<Vec<Ending>, StorageError> {
        self.many(VALID_OF_PERSON, params![person.0, limit], read_ending)
    }

    fn mark_reminded(
        &mut self,
        id: CertificateId,
        days: u32,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        self.change_one(
            "INSERT INTO reminder (certificate_id, days, at) VALUES (?1, ?2, ?3)",
            params![id.0, days, now.unix()],
        )
    }

    fn count(&mut self) -> Result<u64, StorageError> {
        let value = self.one(
            "SELECT value FROM tally WHERE name = 'certificates'",
            [],
            |row| column::<i64>(row, 0),
        )?;
        u64::try_from(value.unwrap_or_default()).map_err(|_| damaged("tally.value"))
    }
}

#[cfg(test)]
mod tests;
