//! Messages waiting to be sent.

use rusqlite::{Row, params};
use tanba_model::id::{MessageId, PersonId};
use tanba_model::language::Language;
use tanba_model::message::{MessageBody, OutboxMessage};
use tanba_model::person::EmailAddress;
use tanba_model::ports::{ApplicantMessage, NewMessage, Outbox, StorageError};
use tanba_pki::Timestamp;

use super::{SqliteUnit, column, time};
use crate::error::damaged;

impl Outbox for SqliteUnit<'_> {
    fn insert(&mut self, message: &NewMessage, now: Timestamp) -> Result<MessageId, StorageError> {
        self.put(
            Some(message.person),
            &message.to,
            message.language,
            &message.body,
            now,
        )
    }

    fn insert_for_applicant(
        &mut self,
        message: &ApplicantMessage,
        now: Timestamp,
    ) -> Result<MessageId, StorageError> {
        self.put(None, &message.to, message.language, &message.body, now)
    }

    fn due(&mut self, now: Timestamp, limit: u32) -> Result<Vec<OutboxMessage>, StorageError> {
        self.many(
            r#"SELECT id, person_id, recipient, language, body, created_at, tries FROM message WHERE due_at <= ?1
               ORDER BY body NOT GLOB '{"kind":"confirmation_code"*' AND body NOT GLOB '{"kind":"application_accepted"*'
                        AND body NOT GLOB '{"kind":"address_code"*'
                        AND body NOT GLOB '{"kind":"entry_code"*' AND body NOT GLOB '{"kind":"email_change_code"*',
                        due_at, id LIMIT ?2"#,
            params![now.unix(), limit],
            read,
        )
    }

    fn sent(&mut self, id: MessageId, now: Timestamp) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE message SET sent_at = ?2, due_at = NULL, body = NULL, last_error = NULL WHERE id = ?1",
            params![id.0, now.unix()],
        )
    }

    fn failed(
        &mut self,
        id: MessageId,
        next: Option<Timestamp>,
        cause: &str,
    ) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE message SET due_at = ?2, tries = tries + 1, last_error = ?3,
                 body = CASE WHEN ?2 IS NULL THEN NULL ELSE body END WHERE id = ?1 AND sent_at IS NULL",
            params![id.0, next.map(Timestamp::unix), cause],
        )
    }
}

impl SqliteUnit<'_> {
    fn put(
        &self,
        person: Option<PersonId>,
        to: &EmailAddress,
        language: Language,
        body: &MessageBody,
        now: Timestamp,
    ) -> Result<MessageId, StorageError> {
        let body = serde_json::to_string(body).map_err(|_| damaged("message.body"))?;
        let id = self.insert_row(
            "INSERT INTO message (person_id, recipient, language, created_at, due_at, body)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
            params![
                person.map(|person| person.0),
                to.as_str(),
                language.tag(),
                now.unix(),
                body
            ],
        )?;
        Ok(MessageId(id))
    }
}

fn read(row: &Row<'_>) -> Result<OutboxMessage, StorageError> {
    Ok(OutboxMessage {
        id: MessageId(column(row, 0)?),
        person: column::<Option<i64>>(row, 1)?.map(PersonId),
        to: EmailAddress::parse(&column::<String>(row, 2)?)
            .map_err(|_| damaged("message.recipient"))?,
        language: Language::from_tag(&column::<String>(row, 3)?)
            .ok_or_else(|| damaged("message.language"))?,
        body: serde_json::from_str(&column::<String>(row, 4)?)
            .map_err(|_| damaged("message.body"))?,
        created_at: time(row, 5)?,
        tries: column(row, 6)?,
    })
}
