//! A transaction over SQLite, and how its rows are read.

use rusqlite::{CachedStatement, Connection, Params, Row};
use tanba_model::ports::{
    Applications, AuditLog, Backlog, Certificates, Crls, Decisions, Devices, Entries, HelpIndex,
    Intakes, Issuers, Keys, LimitedSessions, Outbox, Persons, Revocations, Secrets, Sessions,
    Staff, StorageError, UnitOfWork,
};
use tanba_pki::Timestamp;

use crate::damage::Damage;
use crate::error::{AllBusy, Mapped};
use crate::pool::Pool;
use crate::writer::{Company, Writer};

mod applications;
mod audit_log;
mod certificates;
mod crls;
mod decisions;
mod devices;
mod entries;
mod help;
mod intakes;
mod issuers;
mod keys;
mod limited_sessions;
mod memo;
mod outbox;
mod persons;
#[cfg(debug_assertions)]
mod plan;
mod queue;
mod revocations;
mod secrets;
mod sessions;
mod staff;

use memo::Memo;

/// One unit on a connection that goes back to its lender in the end; without a commit it is undone.
#[derive(Debug)]
pub(crate) struct SqliteUnit<'a> {
    lender: Lender<'a>,
    damage: &'a Damage,
    connection: Option<Connection>,
    memo: Memo,
}

/// Where a connection came from.
#[derive(Clone, Copy, Debug)]
enum Lender<'a> {
    Readers(&'a Pool),
    Writer(&'a Writer, Company),
}

/// Turns a row into a value, or says which column cannot be.
pub(crate) type Read<T> = fn(&Row<'_>) -> Result<T, StorageError>;

impl<'a> SqliteUnit<'a> {
    /// A unit that writes.
    pub(crate) fn write(
        writer: &'a Writer,
        company: Company,
        damage: &'a Damage,
    ) -> Result<Self, StorageError> {
        Ok(Self {
            connection: Some(writer.take(company)?),
            lender: Lender::Writer(writer, company),
            damage,
            memo: Memo::default(),
        })
    }

    /// A unit that reads.
    pub(crate) fn read(readers: &'a Pool, damage: &'a Damage) -> Result<Self, StorageError> {
        let unit = Self {
            connection: Some(readers.take()?),
            lender: Lender::Readers(readers),
            damage,
            memo: Memo::default(),
        };
        // A deferred transaction sees the database as of its first read, so that one is made at once.
        let connection = unit.connection()?;
        damage.note(run(connection, "BEGIN"))?;
        damage.note(run(connection, "SELECT count(*) FROM tally"))?;
        Ok(unit)
    }

    /// Ends the work of one caller among several in this unit, and begins that of the next. `false`: nothing can follow, and
    /// nothing of what was done will be.
    pub(crate) fn end_part(&mut self, is_kept: bool) -> bool {
        if !is_kept {
            self.memo.forget();
        }
        match (self.lender, &self.connection) {
            (Lender::Writer(writer, _), Some(connection)) => writer.end_part(connection, is_kept),
            _ => false,
        }
    }

    /// Takes back everything of this unit's transaction, whoever wanted it.
    pub(crate) fn abandon(&mut self) {
        self.memo.forget();
        if let (Lender::Writer(writer, _), Some(connection)) = (self.lender, &self.connection) {
            writer.abandon(connection);
        }
    }

    /// Takes back what was done in this unit since it began or since its last part ended. `false`: nothing can follow.
    pub(crate) fn take_back(&mut self) -> bool {
        self.memo.forget();
        match (self.lender, &self.connection) {
            (Lender::Writer(writer, _), Some(connection)) => writer.take_back(connection),
            _ => false,
        }
    }

    /// Whether the transaction is still there: SQLite undoes it by itself when the disk is full.
    pub(crate) fn is_open(&self) -> bool {
        let connection = self.connection.as_ref();
        connection.is_some_and(|connection| !connection.is_autocommit())
    }

    /// Rows that were changed by this connection; says whether there is something to take back.
    pub(crate) fn changes(&self) -> u64 {
        self.connection
            .as_ref()
            .map_or(0, Connection::total_changes)
    }

    /// Ends a unit in which several callers worked, so many of whom want it to be kept; it is durable when this returns.
    pub(crate) fn finish(mut self, kept: usize) -> Result<(), StorageError> {
        match (self.lender, self.connection.take()) {
            (Lender::Writer(writer, _), Some(connection)) => writer.end(connection, kept),
            (_, connection) => {
                self.connection = connection;
                Err(StorageError::Unavailable(Box::new(AllBusy)))
            }
        }
    }

    pub(crate) fn connection(&self) -> Result<&Connection, StorageError> {
        self.connection
            .as_ref()
            .ok_or_else(|| StorageError::Unavailable(Box::new(AllBusy)))
    }

    fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>, StorageError> {
        let connection = self.connection()?;
        #[cfg(debug_assertions)]
        plan::check(connection, sql);
        self.damage.note(connection.prepare_cached(sql))
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, StorageError> {
        let done = self.prepare(sql)?.execute(params);
        self.damage.note(done)
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
    pub(crate) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: Read<T>,
    ) -> Result<Option<T>, StorageError> {
        let mut statement = self.prepare(sql)?;
        let mut rows = self.damage.note(statement.query(params))?;
        self.damage.note(rows.next())?.map(read).transpose()
    }

    /// All rows.
    pub(crate) fn many<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: Read<T>,
    ) -> Result<Vec<T>, StorageError> {
        let mut statement = self.prepare(sql)?;
        let mut rows = self.damage.note(statement.query(params))?;
        let mut values = Vec::new();
        while let Some(row) = self.damage.note(rows.next())? {
            values.push(read(row)?);
        }
        Ok(values)
    }
}

impl Drop for SqliteUnit<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        match self.lender {
            Lender::Writer(writer, _) => writer.undo(connection),
            Lender::Readers(readers) => {
                // A connection that cannot even undo is not lent again.
                let sound = connection.is_autocommit() || run(&connection, "ROLLBACK").is_ok();
                readers.put_back(sound.then_some(connection));
            }
        }
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

    fn keys(&mut self) -> &mut dyn Keys {
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

    fn limited_sessions(&mut self) -> &mut dyn LimitedSessions {
        self
    }

    fn entries(&mut self) -> &mut dyn Entries {
        self
    }

    fn devices(&mut self) -> &mut dyn Devices {
        self
    }

    fn secrets(&mut self) -> &mut dyn Secrets {
        self
    }

    fn help(&mut self) -> &mut dyn HelpIndex {
        self
    }

    fn staff(&mut self) -> &mut dyn Staff {
        self
    }

    fn decisions(&mut self) -> &mut dyn Decisions {
        self
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self
    }

    fn commit(mut self: Box<Self>) -> Result<(), StorageError> {
        match (self.lender, self.connection.take()) {
            (Lender::Writer(writer, company), Some(connection)) => writer.keep(connection, company),
            // Nothing was written, so nothing is to be made durable; the drop ends the reading.
            (Lender::Readers(_), connection) => {
                self.connection = connection;
                Ok(())
            }
            (Lender::Writer(..), None) => Err(StorageError::Unavailable(Box::new(AllBusy))),
        }
    }
}

/// Runs a statement that is parsed once for each connection, up to its first row.
fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(sql)?;
    statement.raw_query().next().map(drop)
}

/// A column of any type that SQLite holds as it is.
pub(crate) fn column<T: rusqlite::types::FromSql>(
    row: &Row<'_>,
    index: usize,
) -> Result<T, StorageError> {
    row.get(index).mapped()
}

fn time(row: &Row<'_>, index: usize) -> Result<Timestamp, StorageError> {
    column(row, index).map(Timestamp::from_unix)
}

/// A count and the oldest of what was counted.
fn backlog(row: &Row<'_>) -> Result<Backlog, StorageError> {
    let waiting: i64 = column(row, 0)?;
    Ok(Backlog {
        waiting: u64::try_from(waiting).unwrap_or_default(),
        oldest: time_or_none(row, 1)?,
    })
}

fn time_or_none(row: &Row<'_>, index: usize) -> Result<Option<Timestamp>, StorageError> {
    Ok(column::<Option<i64>>(row, index)?.map(Timestamp::from_unix))
}

#[cfg(test)]
mod tests;
