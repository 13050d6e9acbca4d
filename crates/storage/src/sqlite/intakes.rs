//! What people without keys fill in, and how often strangers tried something.

use rusqlite::{Row, params};
use tanba_model::application::ApplicationNumber;
use tanba_model::id::IntakeId;
use tanba_model::intake::{Intake, IntakeContent, IntakeStage};
use tanba_model::language::Language;
use tanba_model::ports::{Intakes, NewIntake, StorageError};
use tanba_pki::Timestamp;

use super::{SqliteUnit, column, time};
use crate::error::damaged;

/// All columns, in the order in which [`read`] takes them.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, secret_sha256, number, stage, language, created_at, due_at, version, content FROM intake ",
            $rest
        )
    };
}

/// What waits for the register, and what ended before it was an application.
pub(super) const CLAIMANT: &str =
    "SELECT count(*), coalesce(max(claimant), '') FROM intake INDEXED BY intake_claimant
     WHERE number = ?1 AND stage IN ('waiting', 'refused', 'cancelled')";

impl Intakes for SqliteUnit<'_> {
    fn insert(&mut self, intake: &NewIntake, now: Timestamp) -> Result<Intake, StorageError> {
        SqliteUnit::insert_row(
            self,
            "INSERT INTO intake (secret_sha256, stage, language, created_at, due_at, content)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                intake.secret_sha256,
                IntakeStage::Open.name(),
                intake.language.tag(),
                now.unix(),
                intake.due_at.unix(),
                written(&intake.content)?,
            ],
        )?;
        Intakes::find(self, &intake.secret_sha256)?.ok_or(StorageError::Conflict)
    }

    fn find(&mut self, secret_sha256: &[u8; 32]) -> Result<Option<Intake>, StorageError> {
        self.one(select!("WHERE secret_sha256 = ?1"), [secret_sha256], read)
    }

    fn find_by_number(
        &mut self,
        number: &ApplicationNumber,
    ) -> Result<Option<Intake>, StorageError> {
        self.one(select!("WHERE number = ?1"), [number.as_str()], read)
    }

    fn claimant(&mut self, number: &ApplicationNumber) -> Result<Option<String>, StorageError> {
        let found = self.one(CLAIMANT, [number.as_str()], |row| {
            Ok((column::<i64>(row, 0)?, column::<String>(row, 1)?))
        })?;
        Ok(found.and_then(|(count, iin)| (count > 0).then_some(iin)))
    }

    fn update(&mut self, intake: &mut Intake) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE intake SET number = ?3, stage = ?4, language = ?5, due_at = ?6, content = ?7, version = version + 1
             WHERE id = ?1 AND version = ?2",
            params![
                intake.id.0,
                intake.version,
                intake.number.as_ref().map(ApplicationNumber::as_str),
                intake.stage.name(),
                intake.language.tag(),
                intake.due_at.unix(),
                written(&intake.content)?,
            ],
        )?;
        intake.version = intake.version.saturating_add(1);
        Ok(())
    }

    fn waiting(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Intake>, StorageError> {
        self.many(
            select!("WHERE stage = 'waiting' AND due_at <= ?1 ORDER BY due_at, id LIMIT ?2"),
            params![now.unix(), limit],
            read,
        )
    }

    fn purge(&mut self, now: Timestamp, limit: u32) -> Result<u64, StorageError> {
        let gone = self.execute(
            "DELETE FROM intake WHERE id IN
             (SELECT id FROM intake WHERE stage <> 'waiting' AND due_at <= ?1 ORDER BY due_at LIMIT ?2)",
            params![now.unix(), limit],
        )?;
        Ok(u64::try_from(gone).unwrap_or(u64::MAX))
    }

    fn count_attempt(
        &mut self,
        what: &str,
        who_sha256: &[u8; 32],
        day: i64,
    ) -> Result<u32, StorageError> {
        let count = self.one(
            "INSERT INTO attempt (what, who_sha256, day, count) VALUES (?1, ?2, ?3, 1)
             ON CONFLICT (day, what, who_sha256) DO UPDATE SET count = count + 1 RETURNING count",
            params![what, who_sha256, day],
            |row| column(row, 0),
        )?;
        count.ok_or(StorageError::Conflict)
    }

    fn attempts(
        &mut self,
        what: &str,
        who_sha256: &[u8; 32],
        day: i64,
    ) -> Result<u32, StorageError> {
        let count = self.one(
            "SELECT count FROM attempt WHERE day = ?3 AND what = ?1 AND who_sha256 = ?2",
            params![what, who_sha256, day],
            |row| column(row, 0),
        )?;
        Ok(count.unwrap_or(0))
    }

    fn purge_attempts(&mut self, day: i64) -> Result<u64, StorageError> {
        let gone = self.execute("DELETE FROM attempt WHERE day < ?1", [day])?;
        Ok(u64::try_from(gone).unwrap_or(u64::MAX))
    }
}

fn written(content: &IntakeContent) -> Result<String, StorageError> {
    serde_json::to_string(content).map_err(|_| damaged("intake.content"))
}

fn read(row: &Row<'_>) -> Result<Intake, StorageError> {
    let number: Option<String> = column(row, 2)?;
    Ok(Intake {
        id: IntakeId(column(row, 0)?),
        secret_sha256: column(row, 1)?,
        number: number
            .map(|number| ApplicationNumber::parse(&number))
            .transpose()
            .map_err(|_| damaged("intake.number"))?,
        stage: IntakeStage::from_name(&column::<String>(row, 3)?)
            .ok_or_else(|| damaged("intake.stage"))?,
        language: Language::from_tag(&column::<String>(row, 4)?)
            .ok_or_else(|| damaged("intake.language"))?,
        created_at: time(row, 5)?,
        due_at: time(row, 6)?,
        version: column(row, 7)?,
        content: serde_json::from_str(&column::<String>(row, 8)?)
            .map_err(|_| damaged("intake.content"))?,
    })
}
