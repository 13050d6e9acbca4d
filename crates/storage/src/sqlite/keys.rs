//! The block list, and the look over all keys.

use rusqlite::{Row, params};
use tanba_model::id::CertificateId;
use tanba_model::key::{BlockSource, BlockedKey, KeyCheck, KeyFinding};
use tanba_model::ports::{Keys, StorageError};
use tanba_pki::Timestamp;

use super::{SqliteUnit, column, time, time_or_none};
use crate::error::damaged;

impl Keys for SqliteUnit<'_> {
    fn block(&mut self, key: &BlockedKey) -> Result<bool, StorageError> {
        self.memo.forget();
        let inserted = self.execute(
            "INSERT INTO blocked_key (public_key_sha256, at, source, reason, attestation) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (public_key_sha256) DO NOTHING",
            params![
                key.public_key_sha256,
                key.at.unix(),
                key.source.name(),
                key.reason,
                key.attestation
            ],
        )?;
        Ok(inserted == 1)
    }

    fn is_blocked(&mut self, public_key_sha256: &[u8; 32]) -> Result<bool, StorageError> {
        let blocked = self.one(
            "SELECT EXISTS (SELECT 1 FROM blocked_key WHERE public_key_sha256 = ?1)",
            [public_key_sha256],
            |row| column(row, 0),
        )?;
        // A question that has no answer must not open what somebody closed.
        Ok(blocked.unwrap_or(true))
    }

    fn blocked(
        &mut self,
        public_key_sha256: &[u8; 32],
    ) -> Result<Option<BlockedKey>, StorageError> {
        self.one(
            "SELECT public_key_sha256, at, source, reason, attestation FROM blocked_key WHERE public_key_sha256 = ?1",
            [public_key_sha256],
            read,
        )
    }

    fn blocked_after(
        &mut self,
        after: Option<&[u8; 32]>,
        limit: u32,
    ) -> Result<Vec<BlockedKey>, StorageError> {
        // A digest shorter than all of them comes before all of them.
        let after = after.map_or(&[][..], <[u8; 32]>::as_slice);
        self.many(
            "SELECT public_key_sha256, at, source, reason, attestation FROM blocked_key
             WHERE public_key_sha256 > ?1 ORDER BY public_key_sha256 LIMIT ?2",
            params![after, limit],
            read,
        )
    }

    fn check(&mut self) -> Result<Option<KeyCheck>, StorageError> {
        self.one(
            "SELECT begun_at, finished_at, keys, rsa, looked, compared FROM key_check WHERE id = 1",
            [],
            |row| {
                Ok(KeyCheck {
                    begun_at: time(row, 0)?,
                    finished_at: time_or_none(row, 1)?,
                    keys: count(row, 2)?,
                    rsa: count(row, 3)?,
                    looked: CertificateId(column(row, 4)?),
                    compared: CertificateId(column(row, 5)?),
                })
            },
        )
    }

    fn set_check(&mut self, check: &KeyCheck) -> Result<(), StorageError> {
        self.change_one(
            "INSERT INTO key_check (id, begun_at, finished_at, keys, rsa, looked, compared)
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id) DO UPDATE SET begun_at = ?1, finished_at = ?2, keys = ?3, rsa = ?4, looked = ?5, compared = ?6",
            params![
                check.begun_at.unix(),
                check.finished_at.map(Timestamp::unix),
                i64::try_from(check.keys).unwrap_or(i64::MAX),
                i64::try_from(check.rsa).unwrap_or(i64::MAX),
                check.looked.0,
                check.compared.0
            ],
        )
    }

    fn find(&mut self, finding: &KeyFinding) -> Result<bool, StorageError> {
        let inserted = self.execute(
            "INSERT INTO key_finding (certificate_id, code, what, found_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (certificate_id, code) DO NOTHING",
            params![
                finding.certificate.0,
                finding.code,
                finding.what,
                finding.found_at.unix()
            ],
        )?;
        Ok(inserted == 1)
    }

    fn findings(&mut self, limit: u32) -> Result<Vec<KeyFinding>, StorageError> {
        self.many(
            "SELECT certificate_id, code, what, found_at FROM key_finding ORDER BY certificate_id, code LIMIT ?1",
            [limit],
            |row| {
                Ok(KeyFinding {
                    certificate: CertificateId(column(row, 0)?),
                    code: column(row, 1)?,
                    what: column(row, 2)?,
                    found_at: time(row, 3)?,
                })
            },
        )
    }

    fn count_open(&mut self, now: Timestamp) -> Result<u64, StorageError> {
        let open = self.one(
            "/* whole: findings are few, or nobody has time to ask how many */
             SELECT count(DISTINCT certificate_id) FROM key_finding JOIN certificate ON certificate.id = certificate_id
             WHERE status = 'valid' AND not_after > ?1",
            [now.unix()],
            |row| count(row, 0),
        )?;
        Ok(open.unwrap_or_default())
    }
}

fn count(row: &Row<'_>, index: usize) -> Result<u64, StorageError> {
    u64::try_from(column::<i64>(row, index)?).map_err(|_| damaged("key_check"))
}

fn read(row: &Row<'_>) -> Result<BlockedKey, StorageError> {
    Ok(BlockedKey {
        public_key_sha256: column(row, 0)?,
        at: time(row, 1)?,
        source: BlockSource::from_name(&column::<String>(row, 2)?)
            .ok_or_else(|| damaged("blocked_key.source"))?,
        reason: column(row, 3)?,
        attestation: column(row, 4)?,
    })
}
