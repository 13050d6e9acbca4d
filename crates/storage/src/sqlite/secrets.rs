//! Challenges, codes and links: things that are used once.

use rusqlite::{Row, params};
use tanba_crypto::Secret;
use tanba_model::id::{ApplicationId, PersonId};
use tanba_model::ports::{CodeCheck, NewCode, Secrets, StorageError, TokenPurpose};
use tanba_pki::Timestamp;

use super::{SqliteUnit, column, time};

type Token = (Option<PersonId>, String);

impl Secrets for SqliteUnit<'_> {
    fn insert_token(
        &mut self,
        purpose: TokenPurpose,
        token_sha256: &[u8; 32],
        person: Option<PersonId>,
        subject: &str,
        expires_at: Timestamp,
    ) -> Result<(), StorageError> {
        self.change_one(
            "INSERT INTO token (token_sha256, purpose, person_id, subject, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![token_sha256, purpose.name(), person.map(|person| person.0), subject, expires_at.unix()],
        )
    }

    fn peek_token(
        &mut self,
        purpose: TokenPurpose,
        token_sha256: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Token>, StorageError> {
        self.one(
            "SELECT person_id, subject FROM token WHERE token_sha256 = ?1 AND purpose = ?2 AND expires_at > ?3",
            params![token_sha256, purpose.name(), now.unix()],
            read_token,
        )
    }

    fn take_token(
        &mut self,
        purpose: TokenPurpose,
        token_sha256: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Token>, StorageError> {
        self.one(
            "DELETE FROM token WHERE token_sha256 = ?1 AND purpose = ?2 AND expires_at > ?3
             RETURNING person_id, subject",
            params![token_sha256, purpose.name(), now.unix()],
            read_token,
        )
    }

    fn set_code(&mut self, code: &NewCode, now: Timestamp) -> Result<(), StorageError> {
        self.change_one(
            "INSERT INTO confirmation_code (application_id, digest, salt, expires_at, tries_left, sent, sent_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6)
             ON CONFLICT (application_id) DO UPDATE SET
                 digest = excluded.digest, salt = excluded.salt, expires_at = excluded.expires_at,
                 tries_left = min(tries_left, excluded.tries_left), sent = sent + 1, sent_at = excluded.sent_at",
            params![code.application.0, code.digest, code.salt, code.expires_at.unix(), code.tries_left, now.unix()],
        )
    }

    fn code(&mut self, application: ApplicationId) -> Result<Option<CodeCheck>, StorageError> {
        self.one(
            "SELECT digest, salt, expires_at, tries_left, sent, sent_at
             FROM confirmation_code WHERE application_id = ?1",
            [application.0],
            read_code,
        )
    }

    fn take_try(&mut self, application: ApplicationId) -> Result<u32, StorageError> {
        let left = self.one(
            "UPDATE confirmation_code SET tries_left = tries_left - 1
             WHERE application_id = ?1 AND tries_left > 0 RETURNING tries_left",
            [application.0],
            |row| column(row, 0),
        )?;
        left.ok_or(StorageError::Conflict)
    }

    fn delete_code(&mut self, application: ApplicationId) -> Result<(), StorageError> {
        self.execute(
            "DELETE FROM confirmation_code WHERE application_id = ?1",
            [application.0],
        )?;
        Ok(())
    }

    fn server_secret(&mut self, name: &str) -> Result<Option<Secret>, StorageError> {
        self.one(
            "SELECT value FROM server_secret WHERE name = ?1",
            [name],
            |row| column::<Vec<u8>>(row, 0).map(Secret::new),
        )
    }

    fn keep_server_secret(&mut self, name: &str, value: &Secret) -> Result<(), StorageError> {
        self.change_one(
            "INSERT INTO server_secret (name, value) VALUES (?1, ?2)",
            params![name, value.expose()],
        )
    }

    fn purge(&mut self, tokens: Timestamp, codes: Timestamp) -> Result<u64, StorageError> {
        let tokens = self.execute("DELETE FROM token WHERE expires_at < ?1", [tokens.unix()])?;
        // While the application still waits for a code, the row remembers how many tries were taken.
        let codes = self.execute(
            "DELETE FROM confirmation_code WHERE expires_at < ?1 AND NOT EXISTS
             (SELECT 1 FROM application WHERE id = application_id AND state IN ('DRAFT', 'AWAITING_2FA'))",
            [codes.unix()],
        )?;
        Ok(u64::try_from(tokens.saturating_add(codes)).unwrap_or(u64::MAX))
    }
}

fn read_token(row: &Row<'_>) -> Result<Token, StorageError> {
    Ok((
        column::<Option<i64>>(row, 0)?.map(PersonId),
        column(row, 1)?,
    ))
}

fn read_code(row: &Row<'_>) -> Result<CodeCheck, StorageError> {
    Ok(CodeCheck {
        digest: column(row, 0)?,
        salt: column(row, 1)?,
        expires_at: time(row, 2)?,
        tries_left: column(row, 3)?,
        sent: column(row, 4)?,
        sent_at: time(row, 5)?,
    })
}
