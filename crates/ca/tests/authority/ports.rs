//! Ports that count what is asked of them, and fail or kill the process at one of these steps.
//!
//! A step is a call of a port: beginning a unit, each use of it, its commit, work that is brought to the queue, a signature,
//! a new key. Beginning, commit, queue and signature fail before and after they happened. A call inside an open unit fails before; that it fails after it happened
//! is the same as the next one failing before, because nothing of the unit is there until its commit. So is its death.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use tanba_model::ports::{
    Applications, AuditLog, Certificates, Crls, Decisions, Devices, Entries, HelpIndex, Intakes,
    Issuers, LimitedSessions, Outbox, Persons, Revocations, Secrets, Sessions, Staff, Storage,
    StorageError, UnitOfWork, Work,
};
use tanba_storage::SqliteStorage;

/// What happens at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    ErrorBefore,
    ErrorAfter,
    KillBefore,
    KillAfter,
}

impl Fault {
    pub(crate) const ERRORS: [Self; 2] = [Self::ErrorBefore, Self::ErrorAfter];
    pub(crate) const KILLS: [Self; 2] = [Self::KillBefore, Self::KillAfter];

    /// Whether this is another thing than the same before the step: inside an open unit it is not.
    pub(crate) fn differs_at(self, name: &str) -> bool {
        matches!(self, Self::ErrorBefore | Self::KillBefore)
            || [
                "begin",
                "begin alone",
                "snapshot",
                "commit",
                "submit",
                "signature",
                "new key",
            ]
            .contains(&name)
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::ERRORS, Self::KILLS]
            .concat()
            .into_iter()
            .find(|fault| format!("{fault:?}") == name)
    }
}

/// At which step what happens; and which steps there were.
#[derive(Debug)]
pub(crate) struct Plan {
    at: usize,
    fault: Fault,
    count: AtomicUsize,
    names: Mutex<Vec<&'static str>>,
    paused: AtomicBool,
}

impl Plan {
    pub(crate) fn new(at: usize, fault: Fault) -> Arc<Self> {
        Arc::new(Self {
            at,
            fault,
            count: AtomicUsize::new(0),
            names: Mutex::default(),
            paused: AtomicBool::new(false),
        })
    }

    /// Nothing happens, but steps are counted.
    pub(crate) fn clean() -> Arc<Self> {
        Self::new(usize::MAX, Fault::ErrorBefore)
    }

    pub(crate) fn steps(&self) -> Vec<&'static str> {
        self.names.lock().unwrap().clone()
    }

    pub(crate) fn was_reached(&self) -> bool {
        self.count.load(Ordering::SeqCst) > self.at
    }

    /// What happens meanwhile is no step.
    pub(crate) fn pause(&self, paused: bool) {
        self.paused.store(paused, Ordering::SeqCst);
    }

    fn is_now(&self, name: &'static str) -> bool {
        if self.paused.load(Ordering::SeqCst) {
            return false;
        }
        self.names.lock().unwrap().push(name);
        self.count.fetch_add(1, Ordering::SeqCst) == self.at
    }

    /// A step that can fail before and after it happened.
    pub(crate) fn step<T, E>(
        &self,
        name: &'static str,
        error: impl Fn() -> E,
        call: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if !self.is_now(name) {
            return call();
        }
        match self.fault {
            Fault::ErrorBefore => Err(error()),
            Fault::ErrorAfter => {
                drop(call());
                Err(error())
            }
            Fault::KillBefore => die(),
            Fault::KillAfter => {
                let _done = call();
                die()
            }
        }
    }

    /// A call inside a unit; `true` when it has to fail.
    fn fails(&self, name: &'static str) -> bool {
        self.is_now(name)
            && match self.fault {
                Fault::ErrorBefore => true,
                Fault::ErrorAfter => false,
                Fault::KillBefore | Fault::KillAfter => die(),
            }
    }
}

/// Ends this process as nothing else does: no destructor, no flush, no chance to say something.
fn die() -> ! {
    let own = std::process::id().to_string();
    let _ = Command::new("kill").args(["-KILL", &own]).status();
    loop {
        std::thread::park();
    }
}

pub(crate) fn gone() -> StorageError {
    StorageError::Unavailable("an injected fault".into())
}

/// A database without tables; made once, as hundreds are needed.
fn broken() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let folder = crate::harness::folder();
        let path = folder.path().join("broken.sqlite");
        drop(SqliteStorage::open(&path).unwrap());
        let connection = rusqlite::Connection::open(&path).unwrap();
        let names: Vec<String> = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('tally', 'sqlite_sequence')")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for name in names {
            let sql = format!("PRAGMA foreign_keys = OFF; DROP TABLE IF EXISTS {name}");
            connection.execute_batch(&sql).unwrap();
        }
        connection
            .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
            .unwrap();
        drop(connection);
        std::fs::read(&path).unwrap()
    })
}

/// Storage around another.
#[derive(Debug)]
pub(crate) struct Faulty {
    pub(crate) inner: Arc<dyn Storage>,
    pub(crate) plan: Arc<Plan>,
    broken: Arc<Broken>,
}

/// A database without tables, made when it is needed: whatever is asked of it fails.
#[derive(Debug, Default)]
struct Broken(OnceLock<(tempfile::TempDir, SqliteStorage)>);

impl Broken {
    fn snapshot(&self) -> Box<dyn UnitOfWork + '_> {
        let (_, storage) = self.0.get_or_init(|| {
            let folder = crate::harness::folder();
            let path = folder.path().join("broken.sqlite");
            std::fs::write(&path, broken()).unwrap();
            let storage = SqliteStorage::open_existing(&path).unwrap();
            (folder, storage)
        });
        storage.snapshot().unwrap()
    }
}

impl Faulty {
    pub(crate) fn new(inner: Arc<dyn Storage>, plan: Arc<Plan>) -> Self {
        Self {
            inner,
            plan,
            broken: Arc::default(),
        }
    }

    fn wrap<'a>(&'a self, inner: Box<dyn UnitOfWork + 'a>) -> Box<dyn UnitOfWork + 'a> {
        Box::new(FaultyUnit {
            inner: Inner::Own(inner),
            plan: &self.plan,
            source: &self.broken,
            broken: None,
        })
    }
}

impl Storage for Faulty {
    fn begin(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError> {
        let unit = self.plan.step("begin", gone, || self.inner.begin())?;
        Ok(self.wrap(unit))
    }

    fn begin_alone(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError> {
        let unit = self
            .plan
            .step("begin alone", gone, || self.inner.begin_alone())?;
        Ok(self.wrap(unit))
    }

    /// Into the queue that production has: one caller does the work of all that come, in one commit.
    fn submit(&self, mut work: Work) -> Result<(), StorageError> {
        let (plan, source) = (Arc::clone(&self.plan), Arc::clone(&self.broken));
        let faulty: Work = Box::new(move |unit| {
            work(&mut FaultyUnit {
                inner: Inner::Lent(unit),
                plan: &plan,
                source: &source,
                broken: None,
            })
        });
        self.plan.step("submit", gone, || self.inner.submit(faulty))
    }

    fn testify(&self) -> Result<(), StorageError> {
        self.plan.step("testify", gone, || self.inner.testify())
    }

    fn snapshot(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError> {
        let unit = self.plan.step("snapshot", gone, || self.inner.snapshot())?;
        Ok(self.wrap(unit))
    }
}

enum Inner<'a> {
    /// A unit that was begun, and that whoever has it ends.
    Own(Box<dyn UnitOfWork + 'a>),
    /// A unit that belongs to the queue.
    Lent(&'a mut (dyn UnitOfWork + 'a)),
}

struct FaultyUnit<'a> {
    inner: Inner<'a>,
    plan: &'a Plan,
    source: &'a Broken,
    broken: Option<Box<dyn UnitOfWork + 'a>>,
}

impl<'a> FaultyUnit<'a> {
    /// The unit that answers this call.
    fn at(&mut self, name: &'static str) -> &mut (dyn UnitOfWork + 'a) {
        if self.plan.fails(name) {
            return self.broken.insert(self.source.snapshot()).as_mut();
        }
        match &mut self.inner {
            Inner::Own(unit) => unit.as_mut(),
            Inner::Lent(unit) => &mut **unit,
        }
    }
}

impl UnitOfWork for FaultyUnit<'_> {
    fn persons(&mut self) -> &mut dyn Persons {
        self.at("persons").persons()
    }
    fn applications(&mut self) -> &mut dyn Applications {
        self.at("applications").applications()
    }
    fn certificates(&mut self) -> &mut dyn Certificates {
        self.at("certificates").certificates()
    }
    fn intakes(&mut self) -> &mut dyn Intakes {
        self.at("intakes").intakes()
    }
    fn issuers(&mut self) -> &mut dyn Issuers {
        self.at("issuers").issuers()
    }
    fn keys(&mut self) -> &mut dyn tanba_model::ports::Keys {
        self.at("keys").keys()
    }
    fn revocations(&mut self) -> &mut dyn Revocations {
        self.at("revocations").revocations()
    }
    fn crls(&mut self) -> &mut dyn Crls {
        self.at("crls").crls()
    }
    fn audit_log(&mut self) -> &mut dyn AuditLog {
        self.at("audit log").audit_log()
    }
    fn sessions(&mut self) -> &mut dyn Sessions {
        self.at("sessions").sessions()
    }
    fn limited_sessions(&mut self) -> &mut dyn LimitedSessions {
        self.at("limited_sessions").limited_sessions()
    }

    fn entries(&mut self) -> &mut dyn Entries {
        self.at("entries").entries()
    }

    fn devices(&mut self) -> &mut dyn Devices {
        self.at("devices").devices()
    }

    fn secrets(&mut self) -> &mut dyn Secrets {
        self.at("secrets").secrets()
    }
    fn help(&mut self) -> &mut dyn HelpIndex {
        self.at("help").help()
    }
    fn staff(&mut self) -> &mut dyn Staff {
        self.at("staff").staff()
    }
    fn decisions(&mut self) -> &mut dyn Decisions {
        self.at("decisions").decisions()
    }
    fn outbox(&mut self) -> &mut dyn Outbox {
        self.at("outbox").outbox()
    }
    fn commit(self: Box<Self>) -> Result<(), StorageError> {
        let Self { inner, plan, .. } = *self;
        let Inner::Own(unit) = inner else {
            return Err(gone());
        };
        plan.step("commit", gone, || unit.commit())
    }
}
