//! The database as one piece of work after the other.

use std::error::Error as StdError;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use crate::audit::origin;

use super::{
    Applications, AuditLog, Certificates, Crls, Decisions, Devices, Entries, HelpIndex, Intakes,
    Issuers, Keys, LimitedSessions, Outbox, Persons, Revocations, Secrets, Sessions, Staff,
};

/// Something of the schema that is not as this program made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaFault {
    /// Something works by itself that should not, or does not that should; a sentence.
    Other(String),
    /// A table has another definition; a sentence.
    Table(String),
    /// The database says that it is of another program, so that not all could be compared; a sentence.
    Version(String),
    /// A row has a number that this program gives none, so that what goes through rows by number may pass it over; a sentence.
    Number(String),
}

impl SchemaFault {
    /// A name for scripts.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Other(_) => "schema-other",
            Self::Table(_) => "schema-table",
            Self::Version(_) => "schema-version",
            Self::Number(_) => "row-number",
        }
    }

    /// What it is, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> &str {
        let (Self::Other(sentence)
        | Self::Table(sentence)
        | Self::Version(sentence)
        | Self::Number(sentence)) = self;
        sentence
    }
}

/// Why storage did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The database does not answer; trying later may help.
    #[error("storage is unavailable")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// The disk or the database is full, or may not be written; somebody has to act.
    #[error("storage cannot be written")]
    NotWritable(#[source] Box<dyn StdError + Send + Sync>),
    /// Somebody else changed the same record, or a value that must be unique is there already; reading again helps.
    #[error("the record was changed meanwhile")]
    Conflict,
    /// What is stored cannot be what was written; somebody has to act.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
}

/// Commits of a program so far, by the number of pieces of work in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommitGroups {
    /// Commits of at most [`CommitGroups::BOUNDS`] pieces, each bound counted apart; the last one takes the rest.
    pub counts: [u64; Self::BOUNDS.len() + 1],
    /// Pieces of work altogether.
    pub pieces: u64,
}

impl CommitGroups {
    /// The bounds of the counts.
    pub const BOUNDS: [u32; 6] = [1, 2, 4, 8, 16, 32];

    /// Counts a commit of so many pieces.
    pub fn add(&mut self, pieces: u32) {
        let place = Self::BOUNDS.iter().position(|bound| pieces <= *bound);
        if let Some(count) = self.counts.get_mut(place.unwrap_or(Self::BOUNDS.len())) {
            *count = count.saturating_add(1);
        }
        self.pieces = self.pieces.saturating_add(pieces.into());
    }
}

/// A piece of work that may be done on somebody else's thread; whether it is to be kept. It may be done several times when
/// others that came with it gave up; what it did before is undone then, and its last answer counts.
pub type Work = Box<dyn FnMut(&mut dyn UnitOfWork) -> bool + Send>;

/// A database that use cases work on.
pub trait Storage: Debug + Send + Sync {
    /// Starts a piece of work that may change things; dropping it undoes everything. One at a time gets to write.
    ///
    /// Pieces that come together may share a commit. What fails in one does not touch the others; only a disk that fails
    /// the commit fails all of them, and then [`durably`](#method.durably) tries each alone.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] while the database does not answer.
    fn begin(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError>;

    /// The same, with a commit of its own.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] while the database does not answer.
    fn begin_alone(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError> {
        self.begin()
    }

    /// Does a piece of work as one unit, which is durable when this returns if the work said so, and undone if not. Work that
    /// comes together may be done one after the other by one of those who brought it: handing the database from thread to
    /// thread costs more than most of what is written.
    ///
    /// # Errors
    /// [`StorageError`]: nothing of it happened. The work was not done at all when the database did not answer.
    fn submit(&self, mut work: Work) -> Result<(), StorageError> {
        let mut unit = self.begin()?;
        if work(unit.as_mut()) {
            unit.commit()
        } else {
            Ok(())
        }
    }

    /// Writes down outside the database how far it has come, where that is done: a restored backup is then found out. To
    /// be called every few seconds, and after lists were published.
    ///
    /// # Errors
    /// [`StorageError::NotWritable`] when it cannot be written down.
    fn testify(&self) -> Result<(), StorageError> {
        Ok(())
    }

    /// What of that which keeps evidence as it is, is not as this program made it: who may write to the database itself can
    /// take it away. What could not be compared is told, too.
    ///
    /// # Errors
    /// [`StorageError`] when the database does not answer.
    fn schema_faults(&self) -> Result<Vec<SchemaFault>, StorageError> {
        Ok(Vec::new())
    }

    /// Commits since the program started, by how many pieces of work shared each.
    fn commit_groups(&self) -> CommitGroups {
        CommitGroups::default()
    }

    /// Starts a piece of work that only reads, beside any writer; writing through it is refused.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] while the database does not answer.
    fn snapshot(&self) -> Result<Box<dyn UnitOfWork + '_>, StorageError>;
}

impl dyn Storage + '_ {
    /// Does a piece of work and makes it durable. When the commit fails, it is done once more in a commit of its own: it
    /// may have failed for what others wanted to write.
    ///
    /// The work is repeated on what is stored then, which can be what its own first commit left although it was said to
    /// have failed; work that inserts looks for that first.
    ///
    /// # Errors
    /// What the work returns, with nothing done; or [`StorageError`] of the second commit.
    pub fn durably<T, E: From<StorageError>>(
        &self,
        work: &mut dyn FnMut(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut unit = self.begin()?;
        let value = work(unit.as_mut())?;
        if unit.commit().is_ok() {
            return Ok(value);
        }
        self.alone(work)
    }

    /// The same for work that owns what it needs, and so may be done together with that of others: [`Storage::submit`].
    ///
    /// # Errors
    /// As there.
    pub fn durably_together<T, E>(
        &self,
        work: impl FnMut(&mut dyn UnitOfWork) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let shared = Arc::new(Mutex::new((work, None)));
        let theirs = Arc::clone(&shared);
        // Whoever does it works for somebody else, and evidence says for whom.
        let from = origin::here();
        let submitted = self.submit(Box::new(move |unit| {
            let mut shared = theirs.lock().unwrap_or_else(PoisonError::into_inner);
            let result = origin::within(&from, || (shared.0)(unit));
            let is_kept = result.is_ok();
            shared.1 = Some(result);
            is_kept
        }));
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        match (submitted, shared.1.take()) {
            (Ok(()), Some(result)) => result,
            // Its commit failed.
            (Err(_), Some(Ok(_))) => self.alone(&mut shared.0),
            (Err(_), Some(Err(error))) => Err(error),
            (Err(error), None) => Err(error.into()),
            (Ok(()), None) => Err(StorageError::Damaged("work was lost".to_owned()).into()),
        }
    }

    fn alone<T, E: From<StorageError>>(
        &self,
        work: &mut dyn FnMut(&mut dyn UnitOfWork) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut unit = self.begin_alone()?;
        let value = work(unit.as_mut())?;
        unit.commit()?;
        Ok(value)
    }
}

/// One transaction: everything or nothing, durable when [`UnitOfWork::commit`] returns.
pub trait UnitOfWork {
    /// People.
    fn persons(&mut self) -> &mut dyn Persons;
    /// Applications.
    fn applications(&mut self) -> &mut dyn Applications;
    /// What people without keys fill in.
    fn intakes(&mut self) -> &mut dyn Intakes;
    /// Certificates and their intents.
    fn certificates(&mut self) -> &mut dyn Certificates;
    /// Issuing authorities.
    fn issuers(&mut self) -> &mut dyn Issuers;
    /// Keys that nobody may have certified.
    fn keys(&mut self) -> &mut dyn Keys;
    /// Signed revocations by owners.
    fn revocations(&mut self) -> &mut dyn Revocations;
    /// Published lists.
    fn crls(&mut self) -> &mut dyn Crls;
    /// Evidence.
    fn audit_log(&mut self) -> &mut dyn AuditLog;
    /// Sessions of the cabinet.
    fn sessions(&mut self) -> &mut dyn Sessions;
    /// Sessions without a key, for one purpose.
    fn limited_sessions(&mut self) -> &mut dyn LimitedSessions;
    /// Codes that were sent to people.
    fn entries(&mut self) -> &mut dyn Entries;
    /// Devices that people signed in from.
    fn devices(&mut self) -> &mut dyn Devices;
    /// Challenges, codes and links: things that are used once.
    fn secrets(&mut self) -> &mut dyn Secrets;
    /// The index of the guide.
    fn help(&mut self) -> &mut dyn HelpIndex;
    /// Who works for the authority.
    fn staff(&mut self) -> &mut dyn Staff;
    /// What staff signed.
    fn decisions(&mut self) -> &mut dyn Decisions;
    /// Messages to be sent.
    fn outbox(&mut self) -> &mut dyn Outbox;

    /// Makes everything durable.
    ///
    /// # Errors
    /// [`StorageError`]; then nothing of it happened.
    fn commit(self: Box<Self>) -> Result<(), StorageError>;
}
