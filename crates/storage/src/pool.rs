//! Connections that are lent to units of work that read; the one that writes is [`Writer`](crate::writer::Writer).

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tanba_model::ports::StorageError;

use crate::error::{AllBusy, storage_error};

/// How long a unit of work waits for its turn, within this process and for other processes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// `secure_delete` because sent messages hold codes and tokens, which must not linger in free pages;
/// `recursive_triggers` so that REPLACE asks the triggers that protect evidence; a small cache because there are several
/// connections and the operating system keeps the pages anyway.
const SETTINGS: &str = "
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA secure_delete = ON;
    PRAGMA recursive_triggers = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -1024;
    PRAGMA journal_size_limit = 83886080;";

/// The writer touches an index at random for each certificate, so it keeps more of them. It folds the write-ahead log into
/// the file by itself only where [`Fold`](crate::fold::Fold) did not get to it.
const WRITER_SETTINGS: &str = "
    PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 20000;";

/// Nothing survives a crash, not even the file; pages are written once, when there is no room for them any more.
const THROW_AWAY_SETTINGS: &str = "
    PRAGMA journal_mode = MEMORY;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -2097152;";

/// What a connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Write,
    Read,
    /// Writes without making anything durable.
    ThrowAway,
}

/// Opens a connection with the settings that every connection has.
pub(crate) fn connect(path: &Path, access: Access) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Else each statement whose LIMIT is a parameter is parsed and planned anew whenever that is bound: two fifths of a run
    // of reminders. Plans do not depend on what is asked for either way.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch(SETTINGS)?;
    connection.execute_batch(match access {
        Access::Write => WRITER_SETTINGS,
        Access::Read => "PRAGMA query_only = ON",
        Access::ThrowAway => THROW_AWAY_SETTINGS,
    })?;
    Ok(connection)
}

/// A bounded number of connections that read, opened when first needed.
#[derive(Debug)]
pub(crate) struct Pool {
    path: PathBuf,
    limit: usize,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Connection>,
    lent: usize,
}

impl Pool {
    pub(crate) fn new(path: PathBuf, limit: usize) -> Self {
        Self {
            path,
            limit,
            state: Mutex::default(),
            returned: Condvar::new(),
        }
    }

    /// Lends a connection; waits for one that is lent out.
    pub(crate) fn take(&self) -> Result<Connection, StorageError> {
        let none_left = |state: &mut State| state.idle.is_empty() && state.lent >= self.limit;
        let (mut state, _) = self
            .returned
            .wait_timeout_while(self.lock(), PATIENCE, none_left)
            .unwrap_or_else(PoisonError::into_inner);
        if none_left(&mut state) {
            return Err(StorageError::Unavailable(Box::new(AllBusy)));
        }
        state.lent += 1;
        if let Some(connection) = state.idle.pop() {
            return Ok(connection);
        }
        drop(state);
        connect(&self.path, Access::Read).map_err(|error| {
            self.put_back(None);
            storage_error(&error)
        })
    }

    /// Takes a connection back, or `None` in place of one that is not worth keeping.
    pub(crate) fn put_back(&self, connection: Option<Connection>) {
        let mut state = self.lock();
        state.lent = state.lent.saturating_sub(1);
        state.idle.extend(connection);
        drop(state);
        self.returned.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
