//! A transaction over SQLite, and how its rows are read.

use rusqlite::{Connection, Params, Row};
use tanba_model::ports::{
    Applications, AuditLog, Certificates, Crls, Intakes, Issuers, Outbox, Persons, Revocations,
    Secrets, Sessions, StorageError, UnitOfWork,
};
use tanba_pki::Timestamp;

use crate::error::{AllBusy, Mapped};
use crate::pool::{Access, Pool};

mod applications;
mod audit_log;
mod certificates;
mod crls;
mod intakes;
mod issuers;
mod outbox;
mod persons;
mod revocations;
mod secrets;
mod sessions;

/// One transaction on a connection that goes back to its pool in the end; without a commit it is undone.
#[derive(Debug)]
pub(crate) struct SqliteUnit<'a> {
    pool: &'a Pool,
    connection: Option<Connection>,
}

/// Turns a row into a value, or says which column cannot be.
type Read<T> = fn(&Row<'_>) -> Result<T, StorageError>;

impl<'a> SqliteUnit<'a> {
    pub(crate) fn begin(pool: &'a Pool) -> Result<Self, StorageError> {
        let unit = Self {
            pool,
            connection: Some(pool.take()?),
        };
        // A deferred transaction sees the database as of its first read, so that one is made at once.
        unit.connection()?
            .execute_batch(match pool.access() {
                Access::Write => "BEGIN IMMEDIATE",
                Access::Read => "BEGIN; SELECT count(*) FROM tally",
            })
            .mapped()?;
        Ok(unit)
    }

    fn connection(&self) -> Result<&Connection, StorageError> {
        self.connection
            .as_ref()
            .ok_or_else(|| StorageError::Unavailable(Box::new(AllBusy)))
    }

    /// Runs a statement; how many rows it changed.
    fn execute(&self, sql: &str, params: impl Params) -> Result<usize, StorageError> {
        self.connection()?
            .prepare_cached(sql)
            .mapped()?
            .execute(params)
            .mapped()
    }

    /// Runs a statement that must change exactly one row.
    fn change_one(&self, sql: &str, params: impl Params) -> Result<(), StorageError> {
        if self.execute(sql, params)? == 1 {
            Ok(())
        } else {
            Err(StorageError::Conflict)
        }
    }

    /// Inserts a row; its id.
    fn insert_row(&self, sql: &str, params: impl Params) -> Result<i64, StorageError> {
        self.execute(sql, params)?;
        Ok(self.connection()?.last_insert_rowid())
    }

    /// The first row, if any.
    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: Read<T>,
    ) -> Result<Option<T>, StorageError> {
        let mut statement = self.connection()?.prepare_cached(sql).mapped()?;
        let mut rows = statement.query(params).mapped()?;
        rows.next().mapped()?.map(read).transpose()
    }

    /// All rows.
    fn many<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: Read<T>,
    ) -> Result<Vec<T>, StorageError> {
        let mut statement = self.connection()?.prepare_cached(sql).mapped()?;
        let mut rows = statement.query(params).mapped()?;
        let mut values = Vec::new();
        while let Some(row) = rows.next().mapped()? {
            values.push(read(row)?);
        }
        Ok(values)
    }
}

impl Drop for SqliteUnit<'_> {
    fn drop(&mut self) {
        let connection = self.connection.take().filter(|connection| {
            // A connection that cannot even undo is not lent again.
            connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok()
        });
        self.pool.put_back(connection);
    }
}

impl UnitOfWork for SqliteUnit<'_> {
    fn persons(&mut self) -> &mut dyn Persons {
        self
    }

    fn applications(&mut self) -> &mut dyn Applications {
        self
    }

    fn intakes(&mut self) -> &mut dyn Intakes {
        self
    }

    fn certificates(&mut self) -> &mut dyn Certificates {
        self
    }

    fn issuers(&mut self) -> &mut dyn Issuers {
        self
    }

    fn revocations(&mut self) -> &mut dyn Revocations {
        self
    }

    fn crls(&mut self) -> &mut dyn Crls {
        self
    }

    fn audit_log(&mut self) -> &mut dyn AuditLog {
        self
    }

    fn sessions(&mut self) -> &mut dyn Sessions {
        self
    }

    fn secrets(&mut self) -> &mut dyn Secrets {
        self
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self
    }

    fn commit(self: Box<Self>) -> Result<(), StorageError> {
        self.connection()?.execute_batch("COMMIT").mapped()
    }
}

/// A column of any type that SQLite holds as it is.
fn column<T: rusqlite::types::FromSql>(row: &Row<'_>, index: usize) -> Result<T, StorageError> {
    row.get(index).mapped()
}

fn time(row: &Row<'_>, index: usize) -> Result<Timestamp, StorageError> {
    column(row, index).map(Timestamp::from_unix)
}

fn time_or_none(row: &Row<'_>, index: usize) -> Result<Option<Timestamp>, StorageError> {
    Ok(column::<Option<i64>>(row, index)?.map(Timestamp::from_unix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::SqliteStorage;

    #[test]
    fn a_full_disk_undoes_the_unit_and_writing_goes_on_once_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tanba.sqlite");
        drop(SqliteStorage::open(&path).unwrap());
        let pool = Pool::new(path, Access::Write, 1);
        let bound = |sql: &str| {
            let connection = pool.take().unwrap();
            connection.query_row(sql, [], |_| Ok(())).unwrap();
            pool.put_back(Some(connection));
        };
        let fill = || {
            let unit = SqliteUnit::begin(&pool).unwrap();
            let event = vec![0_u8; 100_000];
            unit.execute(
                "INSERT INTO audit_log VALUES (1, zeroblob(32), zeroblob(32), ?1)",
                [event],
            )?;
            Box::new(unit).commit()
        };
        bound("PRAGMA max_page_count = 60");
        assert!(matches!(fill(), Err(StorageError::NotWritable(_))));
        bound("PRAGMA max_page_count = 1000000");
        fill().unwrap();
    }
}
