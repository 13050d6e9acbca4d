//! The block list.

use rusqlite::{Row, params};
use tanba_model::key::{BlockSource, BlockedKey};
use tanba_model::ports::{Keys, StorageError};

use super::{SqliteUnit, column, time};
use crate::error::damaged;

impl Keys for SqliteUnit<'_> {
    fn block(&mut self, key: &BlockedKey) -> Result<bool, StorageError> {
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
