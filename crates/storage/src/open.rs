//! Opening and making the database file.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};

use tanba_model::ports::{Storage, StorageError, UnitOfWork};

use crate::error::{Mapped, storage_error};
use crate::migrate::{self, SCHEMA_VERSION};
use crate::pool::{Access, Pool, connect};
use crate::sqlite::SqliteUnit;

/// Readers beside the writer; more than that wait for their turn. Reading a row takes microseconds.
const READERS: usize = 8;

/// A database in one SQLite file.
///
/// Several processes may have it open: the server and the command line take turns at writing. Whoever closes it last
/// folds the write-ahead log into the file.
#[derive(Debug)]
pub struct SqliteStorage {
    path: PathBuf,
    writer: Pool,
    readers: Pool,
}

/// Why a database file was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such file.
    #[error("the database file does not exist")]
    Absent,
    /// The file or its folder cannot be read or written.
    #[error("the database file cannot be opened")]
    File(#[source] io::Error),
    /// It is some other program's database.
    #[error("the file is not a Tanba database")]
    Foreign,
    /// The schema is older than this program: `tanba migrate` helps.
    #[error("the database has schema {found}, this program needs {needed}")]
    Unmigrated {
        /// The schema of the file, 0 where it is empty.
        found: i64,
        /// [`SCHEMA_VERSION`].
        needed: i64,
    },
    /// SQLite refused.
    #[error("the database cannot be used")]
    Storage(#[from] StorageError),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) {
            return Self::Foreign;
        }
        Self::Storage(storage_error(&error))
    }
}

impl SqliteStorage {
    /// Opens a database file; makes it where there is none (readable by its owner alone), and brings its schema up to
    /// [`SCHEMA_VERSION`].
    ///
    /// # Errors
    /// [`OpenError`]; the folder must exist.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        make_file(path).map_err(OpenError::File)?;
        let mut connection = connect(path, Access::Write)?;
        migrate::version(&connection)?;
        connection.execute_batch("PRAGMA journal_mode = WAL")?;
        migrate::migrate(&mut connection)?;
        Ok(Self::over(path))
    }

    /// Opens a database file that is there and up to date.
    ///
    /// # Errors
    /// [`OpenError::Absent`], [`OpenError::Unmigrated`] or what else keeps it from being used.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let found = Self::version(path)?;
        if found < SCHEMA_VERSION {
            return Err(OpenError::Unmigrated {
                found,
                needed: SCHEMA_VERSION,
            });
        }
        Ok(Self::over(path))
    }

    /// The schema of a database file; 0 where the file is empty.
    ///
    /// # Errors
    /// [`OpenError`] when there is none or it cannot be used.
    pub fn version(path: impl AsRef<Path>) -> Result<i64, OpenError> {
        let path = path.as_ref();
        match OpenOptions::new().read(true).write(true).open(path) {
            Ok(_) => migrate::version(&connect(path, Access::Write)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OpenError::Absent),
            Err(error) => Err(OpenError::File(error)),
        }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the whole file and looks for damage; takes seconds for each gigabyte.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] with what is wrong.
    pub fn check(&self) -> Result<(), StorageError> {
        let connection = connect(&self.path, Access::Read).mapped()?;
        let text = |sql| {
            connection
                .query_row(sql, [], |row| row.get::<_, String>(0))
                .mapped()
        };
        match text("PRAGMA quick_check(1)")?.as_str() {
            "ok" => Ok(()),
            // The words name pages and tables, but may quote nothing stored; only the fact goes on.
            _ => Err(StorageError::Damaged(
                "the database file fails its integrity check".to_owned(),
            )),
        }
    }

    fn over(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            writer: Pool::new(path.to_owned(), Access::Write, 1),
            readers: Pool::new(path.to_owned(), Access::Read, READERS),
        }
    }
}

impl Storage for SqliteStorage {
    fn begin(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError> {
        Ok(Box::new(SqliteUnit::begin(&self.writer)?))
    }

    fn snapshot(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError> {
        Ok(Box::new(SqliteUnit::begin(&self.readers)?))
    }
}

fn make_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
