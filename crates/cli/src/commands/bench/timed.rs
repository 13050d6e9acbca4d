//! Storage that knows how long its commits take: the time of the disk, apart from the time of the processor.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tanba_model::ports::{
    Applications, AuditLog, Certificates, Crls, Decisions, Devices, Entries, HelpIndex, Intakes,
    Issuers, LimitedSessions, Outbox, Persons, Revocations, Secrets, Sessions, Staff, Storage,
    StorageError, UnitOfWork, Work,
};

use super::report::timed;

/// Storage around another.
#[derive(Debug)]
pub(super) struct Timed {
    inner: Arc<dyn Storage>,
    commits: Mutex<Commits>,
}

/// Commits since they were last asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Commits {
    pub(super) count: u32,
    pub(super) time: Duration,
}

impl Timed {
    pub(super) fn new(inner: Arc<dyn Storage>) -> Self {
        Self {
            inner,
            commits: Mutex::default(),
        }
    }

    /// Commits since the last call.
    pub(super) fn take(&self) -> Commits {
        std::mem::take(&mut self.commits.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, time: Duration) {
        let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        commits.count = commits.count.saturating_add(1);
        commits.time = commits.time.saturating_add(time);
    }
}

impl Storage for Timed {
    fn begin(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError> {
        Ok(Box::new(TimedUnit {
            inner: self.inner.begin()?,
            timed: self,
        }))
    }

    fn submit(&self, work: Work) -> Result<(), StorageError> {
        // The work itself is no commit, whoever does it.
        let spent = Arc::new(Mutex::new(Duration::ZERO));
        let theirs = Arc::clone(&spent);
        let mut work = work;
        let work: Work = Box::new(move |unit| {
            let (is_kept, time) = timed(|| work(unit));
            *theirs.lock().unwrap_or_else(PoisonError::into_inner) = time;
            is_kept
        });
        let (result, time) = timed(|| self.inner.submit(work));
        let spent = *spent.lock().unwrap_or_else(PoisonError::into_inner);
        self.add(time.saturating_sub(spent));
        result
    }

    fn snapshot(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError> {
        self.inner.snapshot()
    }
}

struct TimedUnit<'a> {
    inner: Box<dyn UnitOfWork + 'a>,
    timed: &'a Timed,
}

impl UnitOfWork for TimedUnit<'_> {
    fn persons(&mut self) -> &mut dyn Persons {
        self.inner.persons()
    }

    fn applications(&mut self) -> &mut dyn Applications {
        self.inner.applications()
    }

    fn intakes(&mut self) -> &mut dyn Intakes {
        self.inner.intakes()
    }

    fn certificates(&mut self) -> &mut dyn Certificates {
        self.inner.certificates()
    }

    fn issuers(&mut self) -> &mut dyn Issuers {
        self.inner.issuers()
    }

    fn keys(&mut self) -> &mut dyn tanba_model::ports::Keys {
        self.inner.keys()
    }
    fn revocations(&mut self) -> &mut dyn Revocations {
        self.inner.revocations()
    }

    fn crls(&mut self) -> &mut dyn Crls {
        self.inner.crls()
    }

    fn audit_log(&mut self) -> &mut dyn AuditLog {
        self.inner.audit_log()
    }

    fn sessions(&mut self) -> &mut dyn Sessions {
        self.inner.sessions()
    }

    fn limited_sessions(&mut self) -> &mut dyn LimitedSessions {
        self.inner.limited_sessions()
    }

    fn entries(&mut self) -> &mut dyn Entries {
        self.inner.entries()
    }

    fn devices(&mut self) -> &mut dyn Devices {
        self.inner.devices()
    }

    fn secrets(&mut self) -> &mut dyn Secrets {
        self.inner.secrets()
    }

    fn help(&mut self) -> &mut dyn HelpIndex {
        self.inner.help()
    }

    fn staff(&mut self) -> &mut dyn Staff {
        self.inner.staff()
    }

    fn decisions(&mut self) -> &mut dyn Decisions {
        self.inner.decisions()
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self.inner.outbox()
    }

    fn commit(self: Box<Self>) -> Result<(), StorageError> {
        let Self {
            inner,
            timed: storage,
        } = *self;
        let (result, time) = timed(|| inner.commit());
        storage.add(time);
        result
    }
}
