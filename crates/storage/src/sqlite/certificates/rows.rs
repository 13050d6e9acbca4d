//! How rows of certificates are read, and what of a status is written.

use rusqlite::Row;
use tanba_model::certificate::{
    CertificateRecord, Channel, Ending, RevocationReason, RevokedEntry, Status, StatusChange,
};
use tanba_model::id::{ApplicationId, CertificateId, IssuerId, PersonId};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::ports::StorageError;
use tanba_pki::{Purpose, SerialNumber};

use super::super::{column, time, time_or_none};
use super::PURPOSES;
use crate::error::damaged;

/// The columns of a status that a certificate may have after its issue.
pub(super) struct Stored {
    pub(super) name: &'static str,
    pub(super) at: Option<i64>,
    pub(super) reason: Option<u8>,
}

impl Stored {
    /// `None` for intents, which [`Certificates::complete`] and [`Certificates::void`] alone close.
    pub(super) fn of(status: Status) -> Option<Self> {
        match status {
            Status::Intended | Status::Void => None,
            Status::Valid => Some(Self {
                name: "valid",
                at: None,
                reason: None,
            }),
            Status::Revoked { at, reason } => Some(Self {
                name: "revoked",
                at: Some(at.unix()),
                reason: Some(reason.code()),
            }),
        }
    }
}

pub(super) fn read_ending(row: &Row<'_>) -> Result<Ending, StorageError> {
    Ok(Ending {
        id: CertificateId(column(row, 0)?),
        person: PersonId(column(row, 1)?),
        serial: read_serial(row, 2)?,
        purpose: read_purpose(row, 3)?,
        keystore: read_keystore(row, 4)?,
        not_after: time(row, 5)?,
    })
}

pub(super) fn read_purpose(row: &Row<'_>, index: usize) -> Result<Purpose, StorageError> {
    let text: String = column(row, index)?;
    let purpose = PURPOSES.iter().find(|(_, name)| *name == text);
    Ok(purpose.ok_or_else(|| damaged("certificate.purpose"))?.0)
}

pub(super) fn read_keystore(
    row: &Row<'_>,
    index: usize,
) -> Result<Option<KeystoreKind>, StorageError> {
    let text: Option<String> = column(row, index)?;
    text.map(|name| {
        KeystoreKind::from_identifier(&name).ok_or_else(|| damaged("certificate.keystore"))
    })
    .transpose()
}

pub(super) fn read(row: &Row<'_>) -> Result<CertificateRecord, StorageError> {
    Ok(CertificateRecord {
        id: CertificateId(column(row, 0)?),
        issuer: IssuerId(column(row, 1)?),
        serial: read_serial(row, 2)?,
        person: column::<Option<i64>>(row, 3)?.map(PersonId),
        application: column::<Option<i64>>(row, 4)?.map(ApplicationId),
        profile: column(row, 5)?,
        purpose: read_purpose(row, 6)?,
        keystore: read_keystore(row, 7)?,
        channel: Channel::from_name(&column::<String>(row, 8)?)
            .ok_or_else(|| damaged("certificate.channel"))?,
        public_key_sha256: column(row, 9)?,
        shard: column(row, 10)?,
        not_before: time(row, 11)?,
        not_after: time(row, 12)?,
        created_at: time(row, 13)?,
        status: read_status(row)?,
        to_be_signed: column(row, 17)?,
        der: column(row, 18)?,
    })
}

pub(super) fn read_status(row: &Row<'_>) -> Result<Status, StorageError> {
    let revocation = (time_or_none(row, 15)?, read_reason(row, 16)?);
    match (column::<String>(row, 14)?.as_str(), revocation) {
        ("intended", _) => Ok(Status::Intended),
        ("void", _) => Ok(Status::Void),
        ("valid", _) => Ok(Status::Valid),
        ("revoked", (Some(at), Some(reason))) => Ok(Status::Revoked { at, reason }),
        _ => Err(damaged("certificate.status")),
    }
}

pub(super) fn read_serial(row: &Row<'_>, index: usize) -> Result<SerialNumber, StorageError> {
    SerialNumber::from_bytes(&column::<Vec<u8>>(row, index)?)
        .map_err(|_| damaged("certificate.serial"))
}

pub(super) fn read_reason(
    row: &Row<'_>,
    index: usize,
) -> Result<Option<RevocationReason>, StorageError> {
    let code: Option<u8> = column(row, index)?;
    code.map(|code| RevocationReason::from_code(code).ok_or_else(|| damaged("certificate.reason")))
        .transpose()
}

pub(super) fn read_entry(row: &Row<'_>) -> Result<RevokedEntry, StorageError> {
    Ok(RevokedEntry {
        serial: read_serial(row, 0)?,
        at: time(row, 1)?,
        reason: read_reason(row, 2)?,
    })
}

pub(super) fn read_change(row: &Row<'_>) -> Result<StatusChange, StorageError> {
    let reason = match column::<String>(row, 3)?.as_str() {
        "valid" => None,
        "revoked" => Some(read_reason(row, 4)?.ok_or_else(|| damaged("status_change.reason"))?),
        _ => return Err(damaged("status_change.status")),
    };
    Ok(StatusChange {
        id: column(row, 0)?,
        issuer: IssuerId(column(row, 1)?),
        serial: read_serial(row, 2)?,
        reason,
        at: time(row, 5)?,
        is_placed: column(row, 6)?,
    })
}
