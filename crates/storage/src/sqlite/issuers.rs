//! Issuing authorities.

use rusqlite::{Row, params};
use tanba_model::certificate::RevocationReason;
use tanba_model::fitness::Worth;
use tanba_model::id::IssuerId;
use tanba_model::ports::{
    AwaitedIssuer, IssuanceStop, IssuerKind, IssuerRecord, Issuers, NewIssuer, StorageError,
};
use tanba_pki::{SerialNumber, Timestamp};

use super::{SqliteUnit, column, time};
use crate::error::{damaged, of_record};

impl Issuers for SqliteUnit<'_> {
    fn insert(&mut self, issuer: &NewIssuer, now: Timestamp) -> Result<IssuerId, StorageError> {
        let id = SqliteUnit::insert_row(
            self,
            "INSERT INTO issuer (name, kind, shards, created_at, certificate, key) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                issuer.name,
                issuer.kind.name(),
                issuer.shards,
                now.unix(),
                issuer.certificate,
                issuer.key
            ],
        )?;
        Ok(IssuerId(id))
    }

    fn all(&mut self) -> Result<Vec<IssuerRecord>, StorageError> {
        self.many(
            "/* whole: there are a few */
             SELECT id, name, kind, shards, certificate, key, responder_certificate, responder_key,
                    seal_certificate, seal_key
             FROM issuer ORDER BY id",
            [],
            read,
        )
    }

    fn set_responder(
        &mut self,
        id: IssuerId,
        certificate: &[u8],
        key: &[u8],
    ) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE issuer SET responder_certificate = ?2, responder_key = ?3 WHERE id = ?1",
            params![id.0, certificate, key],
        )
    }

    fn set_seal(
        &mut self,
        id: IssuerId,
        certificate: &[u8],
        key: &[u8],
    ) -> Result<(), StorageError> {
        self.change_one(
            "UPDATE issuer SET seal_certificate = ?2, seal_key = ?3 WHERE id = ?1",
            params![id.0, certificate, key],
        )
    }

    fn expect(&mut self, awaited: &AwaitedIssuer, now: Timestamp) -> Result<(), StorageError> {
        self.change_one(
            "INSERT INTO awaited_issuer (name, shards, created_at, request, key) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                awaited.name,
                awaited.shards,
                now.unix(),
                awaited.request,
                awaited.key
            ],
        )
    }

    fn awaited(&mut self) -> Result<Vec<AwaitedIssuer>, StorageError> {
        self.many(
            "/* whole: there are a few */
             SELECT name, shards, request, key FROM awaited_issuer ORDER BY name",
            [],
            |row| {
                Ok(AwaitedIssuer {
                    name: column(row, 0)?,
                    shards: column(row, 1)?,
                    request: column(row, 2)?,
                    key: column(row, 3)?,
                })
            },
        )
    }

    fn arrived(&mut self, name: &str) -> Result<(), StorageError> {
        self.change_one("DELETE FROM awaited_issuer WHERE name = ?1", [name])
    }

    fn stop(&mut self, stop: &IssuanceStop) -> Result<(), StorageError> {
        self.memo.forget();
        self.change_one(
            "INSERT INTO issuance_stop (issuer_id, profile, since, reason) VALUES (?1, ?2, ?3, ?4)",
            params![
                stop.issuer.0,
                stop.profile.as_deref().unwrap_or_default(),
                stop.since.unix(),
                stop.reason
            ],
        )
    }

    fn start(&mut self, id: IssuerId, profile: Option<&str>) -> Result<(), StorageError> {
        self.memo.forget();
        self.change_one(
            "DELETE FROM issuance_stop WHERE issuer_id = ?1 AND profile = ?2",
            params![id.0, profile.unwrap_or_default()],
        )
    }

    fn stops(&mut self) -> Result<Vec<IssuanceStop>, StorageError> {
        self.many(
            "/* whole: there are a few */
             SELECT issuer_id, profile, since, reason FROM issuance_stop ORDER BY issuer_id, profile",
            [],
            read_stop,
        )
    }

    fn is_stopped(&mut self, id: IssuerId, profile: &str) -> Result<bool, StorageError> {
        if let Some(known) = self.memo.is_stopped(id, profile) {
            return Ok(known);
        }
        // A list after IN would be a table that is made anew for each question.
        let stopped = self.one(
            "SELECT EXISTS (SELECT 1 FROM issuance_stop WHERE issuer_id = ?1 AND profile = '')
                 OR EXISTS (SELECT 1 FROM issuance_stop WHERE issuer_id = ?1 AND profile = ?2)",
            params![id.0, profile],
            |row| column(row, 0),
        )?;
        // A question that has no answer must not open what somebody closed.
        let stopped = stopped.unwrap_or(true);
        self.memo.keep_stopped(id, profile, stopped);
        Ok(stopped)
    }

    fn worth(
        &mut self,
        above: Option<IssuerId>,
        serial: Option<&SerialNumber>,
        public_key_sha256: &[u8; 32],
    ) -> Result<Worth, StorageError> {
        let asked = (above, serial.copied(), *public_key_sha256);
        if let Some(known) = self.memo.worth(&asked) {
            return Ok(known);
        }
        let worth = self.one(
            "SELECT EXISTS (SELECT 1 FROM blocked_key WHERE public_key_sha256 = ?3),
                    (SELECT ifnull(reason, -1) FROM certificate WHERE issuer_id = ?1 AND serial = ?2)",
            params![
                above.map(|above| above.0),
                serial.map(SerialNumber::as_bytes),
                public_key_sha256
            ],
            |row| {
                let reason: Option<i64> = column(row, 1)?;
                let revoked = reason.filter(|reason| *reason >= 0).map(|reason| {
                    let code = u8::try_from(reason).ok();
                    code.and_then(RevocationReason::from_code)
                        .ok_or_else(|| damaged("certificate.reason"))
                });
                Ok(Worth {
                    is_blocked: column(row, 0)?,
                    is_recorded: reason.is_some(),
                    revoked: revoked.transpose()?,
                })
            },
        )?;
        // As above.
        let worth = worth.unwrap_or(Worth {
            is_blocked: true,
            ..Worth::default()
        });
        self.memo.keep_worth(asked, worth);
        Ok(worth)
    }
}

fn read_stop(row: &Row<'_>) -> Result<IssuanceStop, StorageError> {
    let profile: String = column(row, 1)?;
    Ok(IssuanceStop {
        issuer: IssuerId(column(row, 0)?),
        profile: Some(profile).filter(|profile| !profile.is_empty()),
        since: time(row, 2)?,
        reason: column(row, 3)?,
    })
}

fn read(row: &Row<'_>) -> Result<IssuerRecord, StorageError> {
    of_record(read_columns(row), "issuer", row, 0)
}

fn read_columns(row: &Row<'_>) -> Result<IssuerRecord, StorageError> {
    Ok(IssuerRecord {
        id: IssuerId(column(row, 0)?),
        issuer: NewIssuer {
            name: column(row, 1)?,
            kind: IssuerKind::from_name(&column::<String>(row, 2)?)
                .ok_or_else(|| damaged("issuer.kind"))?,
            shards: column(row, 3)?,
            certificate: column(row, 4)?,
            key: column(row, 5)?,
        },
        responder_certificate: column(row, 6)?,
        responder_key: column(row, 7)?,
        seal_certificate: column(row, 8)?,
        seal_key: column(row, 9)?,
    })
}
