//! Folds the write-ahead log into the database file, beside whoever writes.
//!
//! SQLite would have that done by whoever commits when the log has become long: thousands of pages are read, written and
//! made durable while everybody waits for the connection. A thread of its own does it here. It cannot catch up with somebody
//! who goes on writing, and a log is only begun anew when all of it is in the file; so it copies most pages beside the
//! writer, and only for the last ones it takes the writer's turn.
//!
//! Should the thread not get to it, because another process folds or the disk is slow, the writer folds as SQLite does it.
//! A panic ends one look, is told, and the next look begins anew with a connection of its own (docs/adr/0039).

use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;

use crate::pool::{Access, connect};
use crate::writer::Writer;

/// Frames of the log, each a page, that are worth being copied together: pages that change often are then copied once.
const SOME: i64 = 2_000;
/// Frames after which the log is to begin anew. Reading gets slower with each 4096 of them; beginning anew keeps whoever writes
/// waiting for the disk, and longest beside millions of rows, where each index has its own page for each.
const MANY: i64 = 14_000;
/// How long the thread rests between two looks at the log; in that time a busy disk takes some hundred frames.
const REST: Duration = Duration::from_millis(20);

/// The thread that folds; it ends with this.
#[derive(Debug)]
pub(crate) struct Fold {
    news: Arc<News>,
    thread: Option<JoinHandle<()>>,
}

/// Whether there is something to look at.
#[derive(Debug, Default)]
pub(crate) struct News {
    state: Mutex<State>,
    told: Condvar,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Nothing,
    /// Somebody committed.
    Committed,
    /// Nobody will any more.
    Over,
}

/// How long the log is, and how much of it is in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Log {
    frames: i64,
    folded: i64,
}

/// What is done when something was committed.
type Look = fn(&Connection, &Writer) -> rusqlite::Result<()>;

impl Fold {
    /// Starts the thread.
    pub(crate) fn start(path: &Path, writer: &Arc<Writer>) -> Self {
        Self::with(path, writer, look)
    }

    fn with(path: &Path, writer: &Arc<Writer>, look: Look) -> Self {
        let news = Arc::clone(writer.news());
        let (path, writer, theirs) = (path.to_owned(), Arc::clone(writer), Arc::clone(&news));
        let thread = thread::Builder::new()
            .name("fold".to_owned())
            .spawn(move || run(&path, &writer, &theirs, look));
        if let Err(error) = &thread {
            tracing::error!(%error, "no thread folds the write-ahead log; whoever writes does");
        }
        Self {
            news,
            thread: thread.ok(),
        }
    }
}

impl Drop for Fold {
    fn drop(&mut self) {
        self.news.set(State::Over);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl News {
    /// Says that something was committed.
    pub(crate) fn committed(&self) {
        let mut state = self.lock();
        if *state == State::Nothing {
            *state = State::Committed;
            self.told.notify_one();
        }
    }

    fn set(&self, state: State) {
        *self.lock() = state;
        self.told.notify_one();
    }

    /// Waits until something was committed; `false` at the end.
    fn wait(&self) -> bool {
        let nothing = |state: &mut State| *state == State::Nothing;
        let state = self.told.wait_while(self.lock(), nothing);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        if *state == State::Committed {
            *state = State::Nothing;
        }
        *state != State::Over
    }

    /// Rests, unless it is over.
    fn rest(&self) {
        let goes_on = |state: &mut State| *state != State::Over;
        let _ = self.told.wait_timeout_while(self.lock(), REST, goes_on);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn run(path: &Path, writer: &Writer, news: &News, look: Look) {
    let mut kept = None;
    while news.wait() {
        let lent = kept.take();
        let looked = panic::catch_unwind(AssertUnwindSafe(|| {
            let connection = lent.or_else(|| connect(path, Access::Write).ok())?;
            // Whatever fails here fails for the writer too, when it folds or commits, and is told there.
            look(&connection, writer).is_ok().then_some(connection)
        }));
        kept = looked.unwrap_or_else(|_| {
            // Where in the program it happened was reported there (telemetry).
            tracing::error!(
                "folding the write-ahead log ended in a panic; the next look begins anew"
            );
            None
        });
        news.rest();
    }
}

/// Looks how long the log is, and does what is due.
fn look(connection: &Connection, writer: &Writer) -> rusqlite::Result<()> {
    let mut log = Log::of(connection, "PRAGMA wal_checkpoint(NOOP)")?;
    if log.frames.saturating_sub(log.folded) >= SOME {
        log = fold(connection)?;
    }
    if log.frames >= MANY && log.folded < log.frames {
        return writer.pause(|| fold(connection)).transpose().map(drop);
    }
    Ok(())
}

/// Copies what no reader needs where it is, and waits for nobody.
fn fold(connection: &Connection) -> rusqlite::Result<Log> {
    Log::of(connection, "PRAGMA wal_checkpoint(PASSIVE)")
}

impl Log {
    fn of(connection: &Connection, pragma: &str) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare_cached(pragma)?;
        statement.query_row([], |row| {
            Ok(Self {
                frames: row.get(1)?,
                folded: row.get(2)?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use rusqlite::params;

    use super::*;
    use crate::open::SqliteStorage;

    struct Scene {
        folder: tempfile::TempDir,
        writer: Arc<Writer>,
    }

    impl Scene {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("tanba.sqlite");
            drop(SqliteStorage::open(&path).unwrap());
            let writer = Arc::new(Writer::new(&path));
            Self { folder, writer }
        }

        fn path(&self) -> std::path::PathBuf {
            self.folder.path().join("tanba.sqlite")
        }

        /// Commits so many pages.
        fn write(&self, name: &str, pages: usize) {
            let company = crate::writer::Company::Welcome;
            let connection = self.writer.take(company).unwrap();
            let sql = "INSERT INTO awaited_issuer (name, shards, created_at, request, key) VALUES (?1, 1, 0, ?2, x'01')";
            let octets = vec![1_u8; pages * 4096];
            connection.execute(sql, params![name, octets]).unwrap();
            self.writer.keep(connection, company).unwrap();
        }

        fn log(&self) -> Log {
            let connection = connect(&self.path(), Access::Write).unwrap();
            Log::of(&connection, "PRAGMA wal_checkpoint(NOOP)").unwrap()
        }
    }

    #[test]
    fn a_short_log_is_left_alone_a_longer_one_is_copied_and_a_long_one_begins_anew() {
        let scene = Scene::new();
        let connection = connect(&scene.path(), Access::Write).unwrap();
        scene.write("a", 500);
        look(&connection, &scene.writer).unwrap();
        assert_eq!(scene.log().folded, 0);
        scene.write("b", 2_000);
        look(&connection, &scene.writer).unwrap();
        let log = scene.log();
        assert!(log.frames > 2_500 && log.folded == log.frames, "{log:?}");
        for name in ["c", "d", "e", "f", "g", "i", "j", "k"] {
            scene.write(name, 1_900);
        }
        look(&connection, &scene.writer).unwrap();
        scene.write("h", 1);
        assert!(scene.log().frames < 100, "{:?}", scene.log());
    }

    #[test]
    fn a_panic_in_one_look_ends_neither_the_thread_nor_anybodys_turn() {
        static LOOKS: AtomicU32 = AtomicU32::new(0);
        let scene = Scene::new();
        let fold = Fold::with(&scene.path(), &scene.writer, |connection, writer| {
            if LOOKS.fetch_add(1, Ordering::SeqCst) == 0 {
                // At the worst moment: with the turn of whoever writes.
                let _ = writer.pause(|| panic!("as told"));
            }
            look(connection, writer)
        });
        let mut number = 0;
        while LOOKS.load(Ordering::SeqCst) < 2 {
            scene.write(&number.to_string(), 1);
            number += 1;
            thread::yield_now();
        }
        // The thread that goes on folds what is there.
        scene.write("much", 2_500);
        while scene.log().folded == 0 {
            scene.write(&number.to_string(), 1);
            number += 1;
            thread::yield_now();
        }
        drop(fold);
        assert_eq!(Arc::strong_count(&scene.writer), 1);
    }

    #[test]
    fn the_thread_folds_while_somebody_writes_and_ends_with_its_owner() {
        let scene = Scene::new();
        let fold = Fold::start(&scene.path(), &scene.writer);
        // Fewer than the twenty thousand frames after which whoever writes would do it.
        for number in 0..16 {
            scene.write(&number.to_string(), 1_000);
        }
        let is_left = |log: Log| log.frames >= MANY && log.folded < log.frames;
        while is_left(scene.log()) {
            thread::yield_now();
        }
        scene.write("more", 1);
        assert!(scene.log().frames < MANY, "{:?}", scene.log());
        drop(fold);
        assert_eq!(Arc::strong_count(&scene.writer), 1);
    }
}
