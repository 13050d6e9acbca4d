//! Sessions without a key.

use rusqlite::{Row, params};
use tanba_model::id::{ApplicationId, PersonId};
use tanba_model::ports::{LimitedSession, LimitedSessions, StorageError};
use tanba_pki::Timestamp;

use super::{SqliteUnit, column, time};

impl LimitedSessions for SqliteUnit<'_> {
    fn insert(&mut self, session: &LimitedSession) -> Result<(), StorageError> {
        self.change_one(
            "INSERT INTO limited_session (token_sha256, person_id, application_id, csrf, created_at, used_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                session.token_sha256,
                session.person.0,
                session.application.map(|application| application.0),
                session.csrf,
                session.created_at.unix(),
                session.used_at.unix(),
                session.expires_at.unix(),
            ],
        )
    }

    fn find(&mut self, token_sha256: &[u8; 32]) -> Result<Option<LimitedSession>, StorageError> {
        self.one(
            "SELECT token_sha256, person_id, application_id, csrf, created_at, used_at, expires_at
             FROM limited_session WHERE token_sha256 = ?1",
            [token_sha256],
            read,
        )
    }

    fn of_person(&mut self, person: PersonId) -> Result<Vec<LimitedSession>, StorageError> {
        self.many(
            "SELECT token_sha256, person_id, application_id, csrf, created_at, used_at, expires_at
             FROM limited_session WHERE person_id = ?1 ORDER BY created_at DESC, token_sha256",
            [person.0],
            read,
        )
    }

    fn touch(&mut self, token_sha256: &[u8; 32], now: Timestamp) -> Result<(), StorageError> {
        self.execute(
            "UPDATE limited_session SET used_at = ?2 WHERE token_sha256 = ?1",
            params![token_sha256, now.unix()],
        )?;
        Ok(())
    }

    fn delete(&mut self, token_sha256: &[u8; 32]) -> Result<(), StorageError> {
        self.execute(
            "DELETE FROM limited_session WHERE token_sha256 = ?1",
            [token_sha256],
        )?;
        Ok(())
    }

    fn delete_of_person(&mut self, person: PersonId) -> Result<(), StorageError> {
        self.execute(
            "DELETE FROM limited_session WHERE person_id = ?1",
            [person.0],
        )?;
        Ok(())
    }

    fn purge(&mut self, now: Timestamp) -> Result<u64, StorageError> {
        let removed = self.execute(
            "DELETE FROM limited_session WHERE expires_at < ?1",
            [now.unix()],
        )?;
        Ok(u64::try_from(removed).unwrap_or(u64::MAX))
    }
}

fn read(row: &Row<'_>) -> Result<LimitedSession, StorageError> {
    Ok(LimitedSession {
        token_sha256: column(row, 0)?,
        person: PersonId(column(row, 1)?),
        application: column::<Option<i64>>(row, 2)?.map(ApplicationId),
        csrf: column(row, 3)?,
        created_at: time(row, 4)?,
        used_at: time(row, 5)?,
        expires_at: time(row, 6)?,
    })
}
