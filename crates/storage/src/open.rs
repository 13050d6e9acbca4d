//! Opening and making the database file.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tanba_model::audit::Actor;
use tanba_model::ports::{CommitGroups, SchemaFault, Storage, StorageError, UnitOfWork, Work};
use tanba_pki::Timestamp;

use crate::damage::Damage;
use crate::error::{Mapped, storage_error};
use crate::fold::Fold;
use crate::migrate::{self, SCHEMA_VERSION};
use crate::pool::{Access, Pool, connect};
use crate::queue::Queue;
use crate::schema::{self, MendedSchema};
use crate::sqlite::SqliteUnit;
use crate::witness::{Witness, WitnessError};
use crate::writer::{Company, Writer};

/// Readers beside the writer; more than that wait for their turn. Reading a row takes microseconds.
const READERS: usize = 8;

/// Octets that are read in well under a second.
const GLANCE: u64 = 256 * 1024 * 1024;
/// Octets of which also indexes are compared with their tables, in the same time.
const LOOK: u64 = 16 * 1024 * 1024;

/// A database in one SQLite file.
///
/// Several processes may have it open: the server and the command line take turns at writing. Whoever closes it last
/// folds the write-ahead log into the file.
#[derive(Debug)]
pub struct SqliteStorage {
    path: PathBuf,
    writer: Arc<Writer>,
    /// Where there is a log to be folded.
    _fold: Option<Fold>,
    queue: Queue,
    readers: Pool,
    damage: Damage,
    witness: Option<Witness>,
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
    /// The file of a copy cannot be made.
    #[error("the file of the copy cannot be made")]
    Copy(#[source] io::Error),
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
        Ok(Self::over(path, Access::Write))
    }

    /// Makes a database that is thrown away: nothing is durable, a crash leaves a wreck, and nobody else may have it open. For
    /// filling databases that are measured; what was written is there for [`SqliteStorage::open`] once this is dropped.
    ///
    /// # Errors
    /// [`OpenError`]; the folder must exist.
    pub fn make_throw_away(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        make_file(path).map_err(OpenError::File)?;
        migrate::migrate(&mut connect(path, Access::ThrowAway)?)?;
        Ok(Self::over(path, Access::ThrowAway))
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
        Ok(Self::over(path, Access::Write))
    }

    /// Opens a database file that is there and up to date, to read alone: nothing is written into it, nor beside it.
    ///
    /// # Errors
    /// As [`SqliteStorage::open_existing`].
    pub fn open_to_read(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        match OpenOptions::new().read(true).open(path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(OpenError::Absent),
            Err(error) => return Err(OpenError::File(error)),
        }
        let found = migrate::version(&connect(path, Access::Read)?)?;
        if found < SCHEMA_VERSION {
            return Err(OpenError::Unmigrated {
                found,
                needed: SCHEMA_VERSION,
            });
        }
        Ok(Self::over(path, Access::Read))
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

    /// Writes a copy of a database as it is, whatever its schema, into a file that is not there yet; for its owner alone. Needs
    /// as much room as the database, and goes on beside whoever has it open.
    ///
    /// # Errors
    /// [`OpenError`]; then nothing is left of the copy.
    pub fn copy(path: impl AsRef<Path>, to: &Path) -> Result<(), OpenError> {
        let connection = connect(path.as_ref(), Access::Write)?;
        // Made here, whoever else makes one at the same time, and not where a link of that name leads. An empty file is what
        // SQLite writes into.
        options()
            .create_new(true)
            .open(to)
            .map_err(OpenError::Copy)?;
        let copied = connection.execute("VACUUM INTO ?1", [to.to_string_lossy()]);
        if copied.is_err() {
            let _ = std::fs::remove_file(to);
        }
        copied?;
        Ok(())
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// From now on a file outside the database remembers how far it has come; a database that has not come as far as the
    /// file remembers is refused, because numbers would be used twice.
    ///
    /// # Errors
    /// [`WitnessError`]; [`SqliteStorage::accept_restored`] is the way on.
    pub fn witnessed_by(mut self, path: &Path) -> Result<Self, WitnessError> {
        let witness = Witness::new(path);
        if !witness.check(&SqliteUnit::read(&self.readers, &self.damage)?)? {
            let unit = SqliteUnit::write(&self.writer, Company::Alone, &self.damage)?;
            Witness::mark(&unit)?;
            Box::new(unit).commit()?;
        }
        self.witness = Some(witness);
        self.record()?;
        Ok(self)
    }

    /// Compares the database with its witness, and changes nothing.
    ///
    /// # Errors
    /// [`WitnessError`] as [`SqliteStorage::witnessed_by`] has it.
    pub fn check_witness(&self, path: &Path) -> Result<(), WitnessError> {
        let unit = SqliteUnit::read(&self.readers, &self.damage)?;
        Witness::new(path).check(&unit).map(drop)
    }

    fn record(&self) -> Result<(), WitnessError> {
        match &self.witness {
            Some(witness) => witness.record(&SqliteUnit::read(&self.readers, &self.damage)?),
            None => Ok(()),
        }
    }

    pub(crate) fn parts(&self) -> (&Writer, &Damage) {
        (&self.writer, &self.damage)
    }

    /// Commits so far; several units of work may share one.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }

    /// Reads the whole file and looks for damage, indexes against tables included; takes seconds for each gigabyte.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] with what is wrong.
    pub fn check(&self) -> Result<(), StorageError> {
        examine(&self.path, WHOLE_LOOK)
    }

    /// Looks for damaged pages where that is quick: a file of more than 256 MiB is not read; up to 16 MiB the look is that of
    /// [`SqliteStorage::check`].
    ///
    /// # Errors
    /// [`StorageError::Damaged`] with what is wrong.
    pub fn glance(&self) -> Result<(), StorageError> {
        Self::glance_at(&self.path)
    }

    /// The same of a file, whatever its schema.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] with what is wrong.
    pub fn glance_at(path: impl AsRef<Path>) -> Result<(), StorageError> {
        let path = path.as_ref();
        let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        if size > GLANCE {
            return Ok(());
        }
        let look = if size <= LOOK {
            WHOLE_LOOK
        } else {
            schema::QUICK_LOOK
        };
        examine(path, look)
    }

    /// Makes triggers and indexes as the migrations of this program make them, where they are missing or others, with evidence
    /// of who had it done. What is unknown stays, and what cannot be made.
    ///
    /// # Errors
    /// [`StorageError`]; then nothing was changed.
    pub fn mend_schema(&self, actor: &Actor, now: Timestamp) -> Result<MendedSchema, StorageError> {
        let mut unit = SqliteUnit::write(&self.writer, Company::Alone, &self.damage)?;
        let mended = schema::mend(&mut unit, actor, now)?;
        Box::new(unit).commit()?;
        Ok(mended)
    }

    fn write(&self, company: Company) -> Result<Box<dyn UnitOfWork + '_>, StorageError> {
        self.damage.refuse()?;
        Ok(Box::new(SqliteUnit::write(
            &self.writer,
            company,
            &self.damage,
        )?))
    }

    fn over(path: &Path, access: Access) -> Self {
        let writer = Arc::new(Writer::with(path, access));
        Self {
            path: path.to_owned(),
            _fold: (access == Access::Write).then(|| Fold::start(path, &writer)),
            writer,
            queue: Queue::default(),
            readers: Pool::new(path.to_owned(), READERS),
            damage: Damage::default(),
            witness: None,
        }
    }
}

/// Indexes against tables as well.
const WHOLE_LOOK: &str = "PRAGMA integrity_check(1)";

fn examine(path: &Path, look: &str) -> Result<(), StorageError> {
    let connection = connect(path, Access::Read).mapped()?;
    // The words name pages and tables, but may quote nothing stored; only the fact goes on.
    if schema::is_sound(&connection, look)? {
        return Ok(());
    }
    Err(StorageError::Damaged(
        "the database file fails its integrity check".to_owned(),
    ))
}

impl Storage for SqliteStorage {
    fn begin(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError> {
        self.write(Company::Welcome)
    }

    fn begin_alone(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError> {
        self.write(Company::Alone)
    }

    fn submit(&self, work: Work) -> Result<(), StorageError> {
        self.damage.refuse()?;
        self.queue.submit(work, &self.writer, &self.damage)
    }

    fn testify(&self) -> Result<(), StorageError> {
        self.record().map_err(|error| {
            if let WitnessError::Storage(error) = error {
                error
            } else {
                StorageError::NotWritable(Box::new(error))
            }
        })
    }

    fn schema_faults(&self) -> Result<Vec<SchemaFault>, StorageError> {
        let connection = connect(&self.path, Access::Read).mapped()?;
        schema::told(&connection)
    }

    fn commit_groups(&self) -> CommitGroups {
        self.writer.groups()
    }

    fn snapshot(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError> {
        Ok(Box::new(SqliteUnit::read(&self.readers, &self.damage)?))
    }
}

impl Drop for SqliteStorage {
    fn drop(&mut self) {
        // The next start compares with what was written before, which is less, but never more.
        let _ = self.record();
    }
}

fn make_file(path: &Path) -> io::Result<()> {
    options().create(true).truncate(false).open(path).map(drop)
}

/// A file to write into, for its owner alone.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
