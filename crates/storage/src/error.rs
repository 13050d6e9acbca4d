//! What SQLite says, in the words of the ports.
//!
//! The text of a SQLite error can quote stored values; only its number and the generic words for it go on.

use std::fmt;

use rusqlite::ffi::{self, ErrorCode};
use tanba_model::ports::StorageError;

/// Uniqueness of a column, of a primary key, of a row id (SQLite's extended result codes).
const UNIQUENESS: [i32; 3] = [
    ffi::SQLITE_CONSTRAINT_UNIQUE,
    ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
    ffi::SQLITE_CONSTRAINT_ROWID,
];

/// The cause of a storage error: SQLite's extended result code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SqliteCause {
    code: i32,
}

impl fmt::Display for SqliteCause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "SQLite error {}: {}",
            self.code,
            ffi::code_to_str(self.code)
        )
    }
}

impl std::error::Error for SqliteCause {}

/// No connection became free in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("all database connections are busy")]
pub(crate) struct AllBusy;

/// Turns what SQLite answers into what the ports answer.
pub(crate) trait Mapped<T> {
    /// The value, or the error in the words of the ports.
    fn mapped(self) -> Result<T, StorageError>;
}

impl<T> Mapped<T> for rusqlite::Result<T> {
    fn mapped(self) -> Result<T, StorageError> {
        self.map_err(|error| storage_error(&error))
    }
}

/// The error of a stored value that its type refuses, named by table and column.
pub(crate) fn damaged(column: &str) -> StorageError {
    StorageError::Damaged(column.to_owned())
}

/// Says of which record a value is that cannot be what was written.
pub(crate) fn of_record<T>(
    read: Result<T, StorageError>,
    kind: &str,
    row: &rusqlite::Row<'_>,
    id: usize,
) -> Result<T, StorageError> {
    read.map_err(|error| match row.get::<_, i64>(id) {
        Ok(id) => of_number(error, kind, id),
        Err(_) => error,
    })
}

/// The same where the number is known.
pub(crate) fn of_number(error: StorageError, kind: &str, id: i64) -> StorageError {
    if let StorageError::Damaged(what) = error {
        return StorageError::Damaged(format!("{what} ({kind}:{id})"));
    }
    error
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "SQLite's result codes are open-ended"
)]
pub(crate) fn storage_error(error: &rusqlite::Error) -> StorageError {
    let Some(failure) = error.sqlite_error() else {
        return StorageError::Damaged(shape(error));
    };
    let cause = SqliteCause {
        code: failure.extended_code,
    };
    match failure.code {
        ErrorCode::ConstraintViolation if UNIQUENESS.contains(&failure.extended_code) => {
            StorageError::Conflict
        }
        ErrorCode::ConstraintViolation
        | ErrorCode::DiskFull
        | ErrorCode::ReadOnly
        | ErrorCode::SystemIoFailure
        | ErrorCode::PermissionDenied
        | ErrorCode::TooBig => StorageError::NotWritable(Box::new(cause)),
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::CannotOpen
        | ErrorCode::OutOfMemory
        | ErrorCode::OperationInterrupted
        | ErrorCode::OperationAborted
        | ErrorCode::FileLockingProtocolFailed
        | ErrorCode::SchemaChanged => StorageError::Unavailable(Box::new(cause)),
        _ => StorageError::Damaged(cause.to_string()),
    }
}

/// The same error once more, for somebody else whom it concerns.
pub(crate) fn alike(error: &StorageError) -> StorageError {
    let cause = |source: &dyn std::error::Error| Box::new(Cause(source.to_string()));
    match error {
        StorageError::Unavailable(source) => StorageError::Unavailable(cause(source.as_ref())),
        StorageError::NotWritable(source) => StorageError::NotWritable(cause(source.as_ref())),
        StorageError::Conflict => StorageError::Conflict,
        StorageError::Damaged(what) => StorageError::Damaged(what.clone()),
        other => StorageError::Unavailable(cause(other)),
    }
}

/// The words of another error.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Cause(String);

/// What is wrong with the form of a value, without the value.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the other errors are of calls, and carry no more than their kind"
)]
fn shape(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::FromSqlConversionFailure(column, ..)
        | rusqlite::Error::IntegralValueOutOfRange(column, _)
        | rusqlite::Error::Utf8Error(column, _)
        | rusqlite::Error::InvalidColumnType(column, ..) => {
            format!("column {column} holds a value of another form")
        }
        _ => "a statement does not fit the tables".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn errors_do_not_quote_stored_values() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE person (iin TEXT UNIQUE) STRICT; INSERT INTO person VALUES ('850101300129')").unwrap();
        let read = connection
            .query_row("SELECT iin FROM person", [], |row| row.get::<_, i64>(0))
            .mapped()
            .unwrap_err();
        let write = connection
            .execute("UPDATE person SET iin = json('850101300129{')", [])
            .mapped()
            .unwrap_err();
        for error in [read, write] {
            assert!(
                !format!("{error} {error:?}").contains("850101300129"),
                "{error:?}"
            );
        }
    }

    #[test]
    fn a_full_disk_and_a_busy_database_are_told_apart() {
        let failure = |code| rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        assert!(matches!(
            storage_error(&failure(ffi::SQLITE_FULL)),
            StorageError::NotWritable(_)
        ));
        assert!(matches!(
            storage_error(&failure(ffi::SQLITE_READONLY_DBMOVED)),
            StorageError::NotWritable(_)
        ));
        assert!(matches!(
            storage_error(&failure(ffi::SQLITE_IOERR_FSYNC)),
            StorageError::NotWritable(_)
        ));
        assert!(matches!(
            storage_error(&failure(ffi::SQLITE_BUSY_SNAPSHOT)),
            StorageError::Unavailable(_)
        ));
        assert!(matches!(
            storage_error(&failure(ffi::SQLITE_CORRUPT_INDEX)),
            StorageError::Damaged(_)
        ));
        assert!(matches!(
            storage_error(&failure(ffi::SQLITE_NOTADB)),
            StorageError::Damaged(_)
        ));
        assert!(matches!(
            storage_error(&failure(ffi::SQLITE_CONSTRAINT_UNIQUE)),
            StorageError::Conflict
        ));
    }
}
