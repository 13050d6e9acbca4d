//! Messages waiting to be sent, and those that were given up.

use rusqlite::{Row, params};
use tanba_model::id::{MessageId, PersonId};
use tanba_model::language::Language;
use tanba_model::message::{
    DeadMessage, MessageBody, MessageChannel, OutboxMessage, Priority, Recipient,
};
use tanba_model::person::EmailAddress;
use tanba_model::phone::PhoneNumber;
use tanba_model::ports::{ApplicantMessage, Backlog, NewMessage, Outbox, StorageError};
use tanba_pki::Timestamp;

use super::{SqliteUnit, column, time};
use crate::error::damaged;

/// One priority of one channel, from its index in order.
macro_rules! due {
    ($due_at:literal) => {
        concat!(
            "SELECT id, person_id, channel, recipient, language, created_at, tries, body FROM message WHERE priority = ?1 AND ",
            $due_at,
            " <= ?2 ORDER BY ",
            $due_at,
            ", id LIMIT ?3"
        )
    };
}

/// Whoever looks at dead letters sees their kind and no more of what they say.
macro_rules! dead {
    ($rest:literal) => {
        concat!(
            "SELECT id, person_id, channel, recipient, language, created_at, tries, dead_at, last_error,
                    coalesce(body ->> '$.kind', '') FROM message WHERE dead_at IS NOT NULL AND ",
            $rest
        )
    };
}

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
        let to = Recipient::Mail(message.to.clone());
        self.put(None, &to, message.language, &message.body, now)
    }

    fn due(
        &mut self,
        channel: MessageChannel,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>, StorageError> {
        let sql = match channel {
            MessageChannel::Mail => due!("due_at"),
            MessageChannel::Sms => due!("sms_due_at"),
        };
        let mut messages = Vec::new();
        for priority in Priority::ALL {
            let found = u32::try_from(messages.len()).unwrap_or(limit);
            let left = limit.saturating_sub(found);
            messages.extend(self.many(sql, params![priority.rank(), now.unix(), left], read)?);
        }
        Ok(messages)
    }

    fn sent(&mut self, id: MessageId, now: Timestamp) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE message SET sent_at = ?2, due_at = NULL, sms_due_at = NULL, body = NULL, last_error = NULL WHERE id = ?1",
            params![id.0, now.unix()],
        )
    }

    fn failed(&mut self, id: MessageId, next: Timestamp, cause: &str) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE message SET due_at = iif(channel = 'mail', ?2, NULL), sms_due_at = iif(channel = 'sms', ?2, NULL),
                 tries = tries + 1, last_error = ?3
             WHERE id = ?1 AND coalesce(due_at, sms_due_at) IS NOT NULL",
            params![id.0, next.unix(), cause],
        )
    }

    fn give_up(&mut self, id: MessageId, now: Timestamp, cause: &str) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE message SET due_at = NULL, sms_due_at = NULL, tries = tries + 1, dead_at = ?2, last_error = ?3
             WHERE id = ?1 AND coalesce(due_at, sms_due_at) IS NOT NULL",
            params![id.0, now.unix(), cause],
        )
    }

    fn dropped(&mut self, id: MessageId, cause: &str) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE message SET due_at = NULL, sms_due_at = NULL, body = NULL, last_error = ?2
             WHERE id = ?1 AND coalesce(due_at, sms_due_at) IS NOT NULL",
            params![id.0, cause],
        )
    }

    fn dead(
        &mut self,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<DeadMessage>, StorageError> {
        self.many(
            dead!("id < ?1 ORDER BY id DESC LIMIT ?2"),
            params![before.map_or(i64::MAX, |id| id.0), limit],
            read_dead,
        )
    }

    fn dead_of_centre(
        &mut self,
        centre: &str,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<DeadMessage>, StorageError> {
        self.many(
            dead!(
                "id < ?1 AND EXISTS (
                     SELECT 1 FROM application WHERE application.number = message.body ->> '$.number' AND application.centre = ?3
                 ) ORDER BY id DESC LIMIT ?2"
            ),
            params![before.map_or(i64::MAX, |id| id.0), limit, centre],
            read_dead,
        )
    }

    fn find_dead(&mut self, id: MessageId) -> Result<Option<DeadMessage>, StorageError> {
        self.one(dead!("id = ?1"), [id.0], read_dead)
    }

    fn backlog(&mut self, channel: MessageChannel) -> Result<Backlog, StorageError> {
        // The oldest record is the oldest message: records are never used again.
        let sql = match channel {
            MessageChannel::Mail => {
                "/* whole: the index has waiting messages alone */
                 SELECT count(*), (SELECT created_at FROM message WHERE id = (SELECT min(id) FROM message WHERE due_at IS NOT NULL))
                 FROM message WHERE due_at IS NOT NULL"
            }
            MessageChannel::Sms => {
                "/* whole: the index has waiting messages alone */
                 SELECT count(*), (SELECT created_at FROM message WHERE id = (SELECT min(id) FROM message WHERE sms_due_at IS NOT NULL))
                 FROM message WHERE sms_due_at IS NOT NULL"
            }
        };
        Ok(self.one(sql, [], super::backlog)?.unwrap_or_default())
    }

    fn count_dead(&mut self) -> Result<u64, StorageError> {
        let value = self.one(
            "SELECT value FROM tally WHERE name = 'dead_messages'",
            [],
            |row| column::<i64>(row, 0),
        )?;
        u64::try_from(value.unwrap_or_default()).map_err(|_| damaged("tally.value"))
    }

    fn revive(&mut self, id: MessageId, now: Timestamp) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE message SET due_at = iif(channel = 'mail', ?2, NULL), sms_due_at = iif(channel = 'sms', ?2, NULL),
                 dead_at = NULL WHERE id = ?1 AND dead_at IS NOT NULL AND body IS NOT NULL",
            params![id.0, now.unix()],
        )
    }

    fn discard(&mut self, id: MessageId) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE message SET dead_at = NULL, body = NULL WHERE id = ?1 AND dead_at IS NOT NULL",
            [id.0],
        )
    }
}

impl SqliteUnit<'_> {
    fn put(
        &self,
        person: Option<PersonId>,
        to: &Recipient,
        language: Language,
        body: &MessageBody,
        now: Timestamp,
    ) -> Result<MessageId, StorageError> {
        let json = serde_json::to_string(body).map_err(|_| damaged("message.body"))?;
        let id = self.insert_row(
            "INSERT INTO message (person_id, channel, recipient, language, created_at, due_at, sms_due_at, priority, body)
             VALUES (?1, ?2, ?3, ?4, ?5, iif(?2 = 'mail', ?5, NULL), iif(?2 = 'sms', ?5, NULL), ?6, ?7)",
            params![
                person.map(|person| person.0),
                to.channel().name(),
                to.as_str(),
                language.tag(),
                now.unix(),
                body.priority().rank(),
                json
            ],
        )?;
        Ok(MessageId(id))
    }
}

fn read(row: &Row<'_>) -> Result<OutboxMessage, StorageError> {
    Ok(OutboxMessage {
        id: MessageId(column(row, 0)?),
        person: column::<Option<i64>>(row, 1)?.map(PersonId),
        to: read_recipient(row)?,
        language: read_language(row)?,
        created_at: time(row, 5)?,
        tries: column(row, 6)?,
        body: serde_json::from_str(&column::<String>(row, 7)?)
            .map_err(|_| damaged("message.body"))?,
    })
}

fn read_dead(row: &Row<'_>) -> Result<DeadMessage, StorageError> {
    Ok(DeadMessage {
        id: MessageId(column(row, 0)?),
        person: column::<Option<i64>>(row, 1)?.map(PersonId),
        to: read_recipient(row)?,
        language: read_language(row)?,
        created_at: time(row, 5)?,
        tries: column(row, 6)?,
        dead_at: time(row, 7)?,
        cause: column::<Option<String>>(row, 8)?.unwrap_or_default(),
        kind: column(row, 9)?,
    })
}

fn read_recipient(row: &Row<'_>) -> Result<Recipient, StorageError> {
    let (channel, text): (String, String) = (column(row, 2)?, column(row, 3)?);
    let recipient = match channel.as_str() {
        "mail" => EmailAddress::parse(&text).ok().map(Recipient::Mail),
        "sms" => PhoneNumber::parse(&text).ok().map(Recipient::Sms),
        _ => None,
    };
    recipient.ok_or_else(|| damaged("message.recipient"))
}

fn read_language(row: &Row<'_>) -> Result<Language, StorageError> {
    Language::from_tag(&column::<String>(row, 4)?).ok_or_else(|| damaged("message.language"))
}
