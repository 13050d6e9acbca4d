//! Issuing authorities.

use rusqlite::{Row, params};
use tanba_model::id::IssuerId;
use tanba_model::ports::{IssuerKind, IssuerRecord, Issuers, NewIssuer, StorageError};
use tanba_pki::Timestamp;

use super::{SqliteUnit, column};
use crate::error::damaged;

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
}

fn read(row: &Row<'_>) -> Result<IssuerRecord, StorageError> {
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
