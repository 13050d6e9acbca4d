//! Sessions of the cabinet.

use rusqlite::{Row, params};
use tanba_model::id::{CertificateId, PersonId};
use tanba_model::ports::{Session, Sessions, StorageError};
use tanba_pki::Timestamp;

use super::{SqliteUnit, column, time};

impl Sessions for SqliteUnit<'_> {
    fn insert(&mut self, session: &Session) -> Result<(), StorageError> {
        self.change_one(
            "INSERT INTO session (token_sha256, person_id, certificate_id, csrf, created_at, used_at, expires_at, device)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                session.token_sha256,
                session.person.0,
                session.certificate.0,
                session.csrf,
                session.created_at.unix(),
                session.used_at.unix(),
                session.expires_at.unix(),
                session.device,
            ],
        )
    }

    fn find(&mut self, token_sha256: &[u8; 32]) -> Result<Option<Session>, StorageError> {
        self.one(
            "SELECT token_sha256, person_id, certificate_id, csrf, created_at, used_at, expires_at, device
             FROM session WHERE token_sha256 = ?1",
            [token_sha256],
            read,
        )
    }

    fn of_person(&mut self, person: PersonId) -> Result<Vec<Session>, StorageError> {
        self.many(
            "SELECT token_sha256, person_id, certificate_id, csrf, created_at, used_at, expires_at, device
             FROM session WHERE person_id = ?1 ORDER BY created_at DESC, token_sha256",
            [person.0],
            read,
        )
    }

    fn touch(&mut self, token_sha256: &[u8; 32], now: Timestamp) -> Result<(), StorageError> {
        self.execute(
            "UPDATE session SET used_at = ?2 WHERE token_sha256 = ?1",
            params![token_sha256, now.unix()],
        )?;
        Ok(())
    }

    fn delete(&mut self, token_sha256: &[u8; 32]) -> Result<(), StorageError> {
        self.execute(
            "DELETE FROM session WHERE token_sha256 = ?1",
            [token_sha256],
        )?;
        Ok(())
    }

    fn delete_of_person(&mut self, person: PersonId) -> Result<(), StorageError> {
        self.execute("DELETE FROM session WHERE person_id = ?1", [person.0])?;
        Ok(())
    }

    fn purge(&mut self, now: Timestamp) -> Result<u64, StorageError> {
        let removed = self.execute("DELETE FROM session WHERE expires_at < ?1", [now.unix()])?;
        Ok(u64::try_from(removed).unwrap_or(u64::MAX))
    }
}

fn read(row: &Row<'_>) -> Result<Session, StorageError> {
    Ok(Session {
        token_sha256: column(row, 0)?,
        person: PersonId(column(row, 1)?),
        certificate: CertificateId(column(row, 2)?),
        csrf: column(row, 3)?,
        created_at: time(row, 4)?,
        used_at: time(row, 5)?,
        expires_at: time(row, 6)?,
        device: column(row, 7)?,
    })
}
