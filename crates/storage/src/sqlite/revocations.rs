//! Signed revocations.

use rusqlite::{Row, params};
use tanba_model::id::{CertificateId, PersonId};
use tanba_model::ports::{Revocations, StorageError};
use tanba_model::revocation::{LifeEvent, Revocation};

use super::{SqliteUnit, column, time};
use crate::error::{damaged, of_record};

impl Revocations for SqliteUnit<'_> {
    fn insert(&mut self, revocation: &Revocation) -> Result<(), StorageError> {
        let id = SqliteUnit::insert_row(
            self,
            "INSERT INTO revocation (person_id, event, at, signer_certificate_id, document_sha256, document, signature)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                revocation.person.0,
                revocation.event.name(),
                revocation.at.unix(),
                revocation.signer.0,
                revocation.document_sha256(),
                revocation.document,
                revocation.signature,
            ],
        )?;
        for certificate in &revocation.certificates {
            self.change_one(
                "INSERT INTO revocation_certificate (revocation_id, certificate_id) VALUES (?1, ?2)",
                params![id, certificate.0],
            )?;
        }
        Ok(())
    }

    fn find(&mut self, document_sha256: &[u8; 32]) -> Result<Option<Revocation>, StorageError> {
        let found = self.one(
            "SELECT person_id, event, at, signer_certificate_id, document, signature, id
             FROM revocation WHERE document_sha256 = ?1",
            [document_sha256],
            read,
        )?;
        let Some((id, mut revocation)) = found else {
            return Ok(None);
        };
        revocation.certificates = self.revoked_by(id)?;
        Ok(Some(revocation))
    }

    fn page(
        &mut self,
        after: Option<&[u8; 32]>,
        limit: u32,
    ) -> Result<Vec<([u8; 32], Revocation)>, StorageError> {
        let after = after.map_or(&[][..], |after| after);
        let found = self.many(
            "SELECT person_id, event, at, signer_certificate_id, document, signature, id, document_sha256
             FROM revocation WHERE document_sha256 > ?1 ORDER BY document_sha256 LIMIT ?2",
            params![after, limit],
            |row| Ok((column::<[u8; 32]>(row, 7)?, read(row)?)),
        )?;
        let whole = |(named, (id, revocation)): ([u8; 32], (i64, Revocation))| {
            let certificates = self.revoked_by(id)?;
            Ok((
                named,
                Revocation {
                    certificates,
                    ..revocation
                },
            ))
        };
        found.into_iter().map(whole).collect()
    }

    fn orphans(&mut self) -> Result<u64, StorageError> {
        let found = self.one(
            "SELECT count(*) FROM revocation_certificate /* whole: at night, and when an administrator asks */
             WHERE revocation_id NOT IN (SELECT id FROM revocation)",
            [],
            |row| column::<i64>(row, 0),
        )?;
        u64::try_from(found.unwrap_or_default()).map_err(|_| damaged("revocation_certificate"))
    }
}

impl SqliteUnit<'_> {
    fn revoked_by(&self, id: i64) -> Result<Vec<CertificateId>, StorageError> {
        self.many(
            "SELECT certificate_id FROM revocation_certificate WHERE revocation_id = ?1 ORDER BY certificate_id",
            [id],
            |row| Ok(CertificateId(column(row, 0)?)),
        )
    }
}

fn read(row: &Row<'_>) -> Result<(i64, Revocation), StorageError> {
    of_record(read_columns(row), "revocation", row, 6)
}

fn read_columns(row: &Row<'_>) -> Result<(i64, Revocation), StorageError> {
    let revocation = Revocation {
        person: PersonId(column(row, 0)?),
        event: LifeEvent::from_name(&column::<String>(row, 1)?)
            .ok_or_else(|| damaged("revocation.event"))?,
        at: time(row, 2)?,
        signer: CertificateId(column(row, 3)?),
        certificates: Vec::new(),
        document: column(row, 4)?,
        signature: column(row, 5)?,
    };
    Ok((column(row, 6)?, revocation))
}
