//! Devices that people signed in from.

use rusqlite::params;
use tanba_model::id::PersonId;
use tanba_model::ports::{Devices, StorageError};
use tanba_pki::Timestamp;

use super::{SqliteUnit, column};

impl Devices for SqliteUnit<'_> {
    fn remember(
        &mut self,
        person: PersonId,
        device_sha256: &[u8; 32],
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let known = self.one(
            "SELECT first_at FROM device WHERE person_id = ?1 AND device_sha256 = ?2",
            params![person.0, device_sha256],
            |row| column::<i64>(row, 0),
        )?;
        self.change_one(
            "INSERT INTO device (person_id, device_sha256, first_at, last_at) VALUES (?1, ?2, ?3, ?3)
             ON CONFLICT (person_id, device_sha256) DO UPDATE SET last_at = excluded.last_at",
            params![person.0, device_sha256, now.unix()],
        )?;
        Ok(known.is_none())
    }

    fn purge(&mut self, before: Timestamp) -> Result<u64, StorageError> {
        let removed = self.execute("DELETE FROM device WHERE last_at < ?1", [before.unix()])?;
        Ok(u64::try_from(removed).unwrap_or(u64::MAX))
    }
}
