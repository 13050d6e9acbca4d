//! Codes that were sent to people.

use rusqlite::{Row, params};
use tanba_model::id::{EntryId, PersonId};
use tanba_model::ports::{Entries, Entry, EntryCount, EntryPurpose, NewEntry, StorageError};
use tanba_pki::Timestamp;

use super::{SqliteUnit, column, time, time_or_none};

impl Entries for SqliteUnit<'_> {
    fn insert(&mut self, entry: &NewEntry, now: Timestamp) -> Result<(), StorageError> {
        self.change_one(
            "INSERT INTO entry (flow_sha256, purpose, person_id, subject, digest, salt, created_at, expires_at, tries_left,
                                sent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                entry.flow_sha256,
                entry.purpose.name(),
                entry.person.map(|person| person.0),
                entry.subject,
                entry.digest,
                entry.salt,
                now.unix(),
                entry.expires_at.unix(),
                entry.tries_left,
                entry.sent,
            ],
        )
    }

    fn newest(
        &mut self,
        purpose: EntryPurpose,
        flow_sha256: &[u8; 32],
    ) -> Result<Option<Entry>, StorageError> {
        self.one(
            "SELECT id, person_id, subject, digest, salt, created_at, expires_at, tries_left FROM entry
             WHERE flow_sha256 = ?1 AND purpose = ?2 ORDER BY id DESC LIMIT 1",
            params![flow_sha256, purpose.name()],
            read,
        )
    }

    fn recent(
        &mut self,
        person: PersonId,
        purpose: EntryPurpose,
        since: Timestamp,
    ) -> Result<EntryCount, StorageError> {
        let count = self.one(
            "SELECT coalesce(sum(sent), 0), coalesce(sum(wrong), 0), max(CASE WHEN sent = 1 THEN created_at END) FROM entry
             WHERE person_id = ?1 AND purpose = ?2 AND created_at > ?3",
            params![person.0, purpose.name(), since.unix()],
            |row| {
                Ok(EntryCount {
                    sent: column(row, 0)?,
                    wrong: column(row, 1)?,
                    sent_at: time_or_none(row, 2)?,
                })
            },
        )?;
        Ok(count.unwrap_or_default())
    }

    fn take_try(&mut self, id: EntryId) -> Result<u32, StorageError> {
        let left = self.one(
            "UPDATE entry SET tries_left = tries_left - 1, wrong = wrong + 1
             WHERE id = ?1 AND tries_left > 0 RETURNING tries_left",
            [id.0],
            |row| column(row, 0),
        )?;
        left.ok_or(StorageError::Conflict)
    }

    fn close(&mut self, id: EntryId) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE entry SET tries_left = 0, wrong = wrong - 1, expires_at = 0 WHERE id = ?1 AND expires_at > 0",
            [id.0],
        )
    }

    fn purge(&mut self, before: Timestamp) -> Result<u64, StorageError> {
        // What was used up counts as sent for as long as the rest.
        let removed = self.execute(
            "DELETE FROM entry WHERE expires_at < ?1 AND created_at < ?1",
            [before.unix()],
        )?;
        Ok(u64::try_from(removed).unwrap_or(u64::MAX))
    }
}

fn read(row: &Row<'_>) -> Result<Entry, StorageError> {
    Ok(Entry {
        id: EntryId(column(row, 0)?),
        person: column::<Option<i64>>(row, 1)?.map(PersonId),
        subject: column(row, 2)?,
        digest: column(row, 3)?,
        salt: column(row, 4)?,
        created_at: time(row, 5)?,
        expires_at: time(row, 6)?,
        tries_left: column(row, 7)?,
    })
}
