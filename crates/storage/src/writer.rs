//! The one connection that writes, and commits that several units of work share.
//!
//! Units take turns on the connection. Whoever finishes while another waits for its turn does not pay for a commit: the
//! transaction stays open, the next unit works in it behind a savepoint of its own, and whoever finishes with nobody
//! waiting, or as the last of a full group, commits for all. The first unit of a transaction needs no savepoint, which
//! would copy each page that it touches. So one write to the disk serves everybody who came while the
//! last one was under way, and a lone unit waits for nobody.

use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use rusqlite::{Connection, ffi};
use tanba_model::ports::{CommitGroups, StorageError};

use crate::error::{AllBusy, Mapped, storage_error};
use crate::fold::News;
use crate::identity::Identity;
use crate::pool::{Access, PATIENCE, connect};

/// Units that share a commit at most: bounds how long the first of them waits.
pub(crate) const MOST: u32 = 256;

/// Whether a unit may share its commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Company {
    Welcome,
    Alone,
}

/// The connection that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    path: PathBuf,
    access: Access,
    state: Mutex<State>,
    free: Condvar,
    /// Hears of commits.
    news: Arc<News>,
}

#[derive(Debug)]
struct State {
    turn: Turn,
    /// Units that wait for their turn.
    waiting: u32,
    /// Units of the open transaction that want it to be committed.
    members: u32,
    group: Arc<Group>,
    /// Whether the unit that has its turn works behind a savepoint, because others are in the transaction.
    is_behind: bool,
    /// The file that the connection is open on.
    identity: Option<Identity>,
    /// Commits that were tried.
    commits: u64,
    /// How many units shared them.
    groups: CommitGroups,
}

#[derive(Debug)]
enum Turn {
    /// `None`: to be opened.
    Free(Option<Connection>),
    Taken,
}

/// What became of the commit that units share; the error is SQLite's.
#[derive(Debug, Default)]
struct Group(OnceLock<Result<(), ffi::Error>>);

impl Group {
    /// Waits for the commit. Members sleep on their group and not on the writer: when it is settled they go on at once,
    /// without a queue at the lock that the next units need.
    fn outcome(&self) -> Result<(), StorageError> {
        self.0
            .wait()
            .map_err(|error| storage_error(&rusqlite::Error::SqliteFailure(error, None)))
    }
}

impl Writer {
    #[cfg(test)]
    pub(crate) fn new(path: &Path) -> Self {
        Self::with(path, Access::Write)
    }

    pub(crate) fn with(path: &Path, access: Access) -> Self {
        Self {
            path: path.to_owned(),
            access,
            state: Mutex::new(State {
                turn: Turn::Free(None),
                waiting: 0,
                members: 0,
                group: Arc::default(),
                is_behind: false,
                identity: None,
                commits: 0,
                groups: CommitGroups::default(),
            }),
            free: Condvar::new(),
            news: Arc::default(),
        }
    }

    /// What hears of commits.
    pub(crate) const fn news(&self) -> &Arc<News> {
        &self.news
    }

    /// Does something while nobody writes and nothing is begun; `None` when the turn does not come.
    pub(crate) fn pause<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        let (connection, _) = self.turn().ok()?;
        if let Some(connection) = &connection
            && !connection.is_autocommit()
        {
            self.settle(connection);
        }
        // Whoever pauses the others must not keep them waiting for ever.
        let done = panic::catch_unwind(AssertUnwindSafe(work));
        self.give_back(connection);
        Some(done.unwrap_or_else(|panicked| panic::resume_unwind(panicked)))
    }

    /// Waits for a turn; the connection is in a transaction, behind a savepoint if it is not the first there.
    pub(crate) fn take(&self, company: Company) -> Result<Connection, StorageError> {
        let (connection, identity) = self.turn()?;
        let connection = match connection {
            Some(connection) => Ok(connection),
            None => self.open(identity),
        };
        let connection = connection.inspect_err(|_| self.give_back(None))?;
        match self.ready(&connection, identity, company) {
            Ok(()) => Ok(connection),
            Err(error) => {
                // Whoever else is in the transaction still waits for its end.
                let _ = self.finish(self.lock(), connection, Company::Welcome);
                Err(error)
            }
        }
    }

    /// Waits for a turn; the connection as the last one left it.
    fn turn(&self) -> Result<(Option<Connection>, Option<Identity>), StorageError> {
        let mut state = self.lock();
        state.waiting = state.waiting.saturating_add(1);
        let taken = |state: &mut State| matches!(state.turn, Turn::Taken);
        let (mut state, _) = self
            .free
            .wait_timeout_while(state, PATIENCE, taken)
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting = state.waiting.saturating_sub(1);
        let Turn::Free(connection) = mem::replace(&mut state.turn, Turn::Taken) else {
            return Err(StorageError::Unavailable(Box::new(AllBusy)));
        };
        Ok((connection, state.identity))
    }

    /// Begins the transaction of a group, or joins the one that is open.
    fn ready(
        &self,
        connection: &Connection,
        identity: Option<Identity>,
        company: Company,
    ) -> Result<(), StorageError> {
        if company == Company::Alone && !connection.is_autocommit() {
            self.settle(connection);
        }
        if connection.is_autocommit() {
            Identity::of(&self.path)?.must_be(identity)?;
            run(connection, "BEGIN IMMEDIATE")?;
            self.lock().is_behind = false;
            return Ok(());
        }
        run(connection, "SAVEPOINT unit")?;
        self.lock().is_behind = true;
        Ok(())
    }

    fn open(&self, identity: Option<Identity>) -> Result<Connection, StorageError> {
        let connection = connect(&self.path, self.access).mapped()?;
        if identity.is_none() {
            self.lock().identity = Some(Identity::of(&self.path)?);
        }
        Ok(connection)
    }

    /// Ends a unit that wants to be durable, which it is when this returns.
    pub(crate) fn keep(
        &self,
        connection: Connection,
        company: Company,
    ) -> Result<(), StorageError> {
        if let Err(error) = self.release(&connection) {
            self.undo(connection);
            return Err(storage_error(&rusqlite::Error::SqliteFailure(error, None)));
        }
        let mut state = self.lock();
        state.members = state.members.saturating_add(1);
        self.finish(state, connection, company)
    }

    /// Ends what one caller did in a unit of several, and begins the next one's part behind a savepoint of its own, which the
    /// unit has since [`Writer::take_back`]. `false`: the transaction is gone, or cannot go on.
    pub(crate) fn end_part(&self, connection: &Connection, is_kept: bool) -> bool {
        if connection.is_autocommit() {
            return false;
        }
        let goes_on = (is_kept || plain(connection, "ROLLBACK TO unit").is_ok())
            && plain(connection, "RELEASE unit").is_ok()
            && plain(connection, "SAVEPOINT unit").is_ok();
        if !goes_on {
            // A connection that cannot even undo takes the group with it.
            self.abandon(connection);
        }
        goes_on
    }

    /// Takes back what the unit did, which goes on behind a savepoint. `false`: the transaction is gone.
    pub(crate) fn take_back(&self, connection: &Connection) -> bool {
        if connection.is_autocommit() {
            return false;
        }
        let goes_on = if self.lock().is_behind {
            plain(connection, "ROLLBACK TO unit").is_ok()
        } else {
            plain(connection, "ROLLBACK").is_ok()
                && plain(connection, "BEGIN IMMEDIATE").is_ok()
                && plain(connection, "SAVEPOINT unit").is_ok()
        };
        self.lock().is_behind = true;
        if !goes_on {
            self.abandon(connection);
        }
        goes_on
    }

    /// Takes back everything of the open transaction; whoever is in it hears so when the unit ends.
    pub(crate) fn abandon(&self, connection: &Connection) {
        // Where SQLite has undone it by itself there is nothing to take back.
        let _ = plain(connection, "ROLLBACK");
    }

    /// Ends a unit of several callers, so many of whom want it to be committed.
    pub(crate) fn end(&self, connection: Connection, kept: usize) -> Result<(), StorageError> {
        if !connection.is_autocommit() && self.release(&connection).is_err() {
            self.abandon(&connection);
        }
        let mut state = self.lock();
        let kept = u32::try_from(kept).unwrap_or(u32::MAX);
        state.members = state.members.saturating_add(kept);
        self.finish(state, connection, Company::Welcome)
    }

    /// Ends a unit that did not happen. What it saw of others is durable when this returns, or nobody's any more.
    pub(crate) fn undo(&self, connection: Connection) {
        let is_behind = self.lock().is_behind;
        let undone = connection.is_autocommit()
            || is_behind
                && plain(&connection, "ROLLBACK TO unit").is_ok()
                && plain(&connection, "RELEASE unit").is_ok();
        if !undone {
            // Nobody else is in it; or the connection cannot even undo, and takes the group with it.
            self.abandon(&connection);
        }
        let _ = self.finish(self.lock(), connection, Company::Welcome);
    }

    /// What the unit did stays in the transaction.
    fn release(&self, connection: &Connection) -> Result<(), ffi::Error> {
        if self.lock().is_behind {
            plain(connection, "RELEASE unit")
        } else {
            Ok(())
        }
    }

    /// Hands the open transaction on, or ends it.
    fn finish(
        &self,
        mut state: MutexGuard<'_, State>,
        connection: Connection,
        company: Company,
    ) -> Result<(), StorageError> {
        let group = Arc::clone(&state.group);
        let concerned = state.members > 0;
        let full = state.members >= MOST || company == Company::Alone;
        if state.waiting > 0 && !full && !connection.is_autocommit() {
            state.turn = Turn::Free(Some(connection));
            // Whoever is woken needs the lock, so it is not held any more.
            drop(state);
            self.free.notify_one();
        } else {
            drop(state);
            self.settle(&connection);
            // Whatever cannot be undone is not lent again.
            let sound = connection.is_autocommit();
            self.give_back(sound.then_some(connection));
        }
        if concerned { group.outcome() } else { Ok(()) }
    }

    /// Commits the open transaction and tells everybody in it.
    fn settle(&self, connection: &Connection) {
        let (group, members) = {
            let mut state = self.lock();
            (mem::take(&mut state.group), mem::take(&mut state.members))
        };
        let outcome = if connection.is_autocommit() {
            // SQLite has undone everything, as it does when a disk is full.
            Err(ffi::Error::new(ffi::SQLITE_ABORT_ROLLBACK))
        } else if members == 0 {
            plain(connection, "ROLLBACK")
        } else {
            let mut state = self.lock();
            state.commits = state.commits.saturating_add(1);
            state.groups.add(members);
            drop(state);
            plain(connection, "COMMIT")
        };
        if outcome.is_err() && !connection.is_autocommit() {
            let _ = plain(connection, "ROLLBACK");
        }
        let _ = group.0.set(outcome);
        self.news.committed();
    }

    fn give_back(&self, connection: Option<Connection>) {
        let mut state = self.lock();
        state.turn = Turn::Free(connection);
        drop(state);
        self.free.notify_one();
    }

    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        usize::try_from(self.lock().waiting).unwrap()
    }

    /// Commits that were tried.
    pub(crate) fn commits(&self) -> u64 {
        self.lock().commits
    }

    /// How many units shared the commits that were tried.
    pub(crate) fn groups(&self) -> CommitGroups {
        self.lock().groups
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn run(connection: &Connection, sql: &str) -> Result<(), StorageError> {
    plain(connection, sql)
        .map_err(|error| storage_error(&rusqlite::Error::SqliteFailure(error, None)))
}

/// Runs a statement of transactions; SQLite's own error.
fn plain(connection: &Connection, sql: &str) -> Result<(), ffi::Error> {
    let done = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute([]));
    done.map(drop).map_err(|error| {
        error
            .sqlite_error()
            .copied()
            .unwrap_or_else(|| ffi::Error::new(ffi::SQLITE_MISUSE))
    })
}
