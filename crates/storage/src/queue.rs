//! Work of many callers, done by one of them.
//!
//! A unit of work takes some fifty microseconds; waking the thread that has the next turn takes as long on an idle machine,
//! and many times as long on one whose processors are busy. So callers that come together do not hand the connection on:
//! whoever comes first does the work of all who came meanwhile, and commits once. While that commit is under way the next
//! ones gather behind the one among them who waits for the connection.
//!
//! Work that is not to be kept mostly has written nothing, and then there is nothing to take back. So a round has one
//! savepoint at first: one for each piece would copy every page that it touches. Should a piece have written and then give
//! up, the round begins anew, with a savepoint for each piece.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::ffi;
use tanba_model::ports::{StorageError, Work};

use crate::damage::Damage;
use crate::error::{AllBusy, alike, storage_error};
use crate::pool::PATIENCE;
use crate::sqlite::SqliteUnit;
use crate::writer::{Company, MOST, Writer};

/// Work that waits for somebody who does it.
#[derive(Debug, Default)]
pub(crate) struct Queue(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Entry>,
    /// Whether somebody is on the way to do it.
    is_led: bool,
}

struct Entry {
    work: Work,
    ticket: Arc<Ticket>,
}

/// What became of a piece of work; its owner waits for it.
#[derive(Debug, Default)]
struct Ticket {
    outcome: Mutex<Option<Result<(), StorageError>>>,
    told: Condvar,
}

/// What one commit is for. No ticket is forgotten, even if work panics.
struct Round<'a> {
    queue: &'a Queue,
    pieces: Vec<Piece>,
    /// Whether each piece has a savepoint of its own.
    is_guarded: bool,
    is_over: bool,
}

/// Work of a round. It is kept as long as it may have to be done again.
struct Piece {
    work: Option<Work>,
    ticket: Arc<Ticket>,
    is_kept: bool,
}

/// How a piece of work went.
enum Step {
    /// The next one can follow.
    Done,
    /// It wrote, and does not want what it wrote; others wrote before it behind the same savepoint.
    TakeBack,
    /// Nothing can follow, and nothing of what was done will be.
    Undone(StorageError),
}

impl Queue {
    /// Brings a piece of work; returns when it is done and durable, or undone.
    pub(crate) fn submit(
        &self,
        work: Work,
        writer: &Writer,
        damage: &Damage,
    ) -> Result<(), StorageError> {
        let ticket = Arc::new(Ticket::default());
        let entry = Entry {
            work,
            ticket: Arc::clone(&ticket),
        };
        let leads = {
            let mut state = self.lock();
            state.waiting.push_back(entry);
            !std::mem::replace(&mut state.is_led, true)
        };
        if leads {
            while self.lead(writer, damage) {}
        }
        self.outcome(&ticket)
    }

    /// What became of a piece of work. Whose turn does not come takes it back; once it was begun, only its end is true.
    fn outcome(&self, ticket: &Arc<Ticket>) -> Result<(), StorageError> {
        if let Some(outcome) = ticket.within(PATIENCE) {
            return outcome;
        }
        let mut state = self.lock();
        let waiting = |entry: &Entry| Arc::ptr_eq(&entry.ticket, ticket);
        let found = state.waiting.iter().position(waiting);
        let taken_back = found.and_then(|place| state.waiting.remove(place));
        drop(state);
        match taken_back {
            Some(_) => Err(StorageError::Unavailable(Box::new(AllBusy))),
            None => ticket.wait(),
        }
    }

    /// Does what waits in one commit. Whether there is more.
    fn lead(&self, writer: &Writer, damage: &Damage) -> bool {
        let mut round = Round::new(self);
        let unit = SqliteUnit::write(writer, Company::Welcome, damage);
        let mut unit = match unit {
            Ok(unit) => unit,
            Err(error) => {
                round.gather();
                round.tell(&Err(error));
                return false;
            }
        };
        let (mut more, mut undone) = (false, None);
        while let Some(entry) = self.next(round.pieces.len(), &mut more) {
            round.pieces.push(Piece::of(entry));
            let place = round.pieces.len().saturating_sub(1);
            if let Err(error) = round.go_on(place, &mut unit, damage) {
                (more, undone) = (self.stop(), Some(error));
                break;
            }
        }
        let committed = unit.finish(round.kept());
        let outcome = undone.map_or(committed, Err);
        round.tell(&outcome);
        more
    }

    /// The next piece of work; with none left, or a full commit, this one is at its end, and whoever comes then leads.
    fn next(&self, done: usize, more: &mut bool) -> Option<Entry> {
        let mut state = self.lock();
        let is_full = u32::try_from(done).is_ok_and(|done| done >= MOST);
        let entry = if is_full {
            None
        } else {
            state.waiting.pop_front()
        };
        if entry.is_none() {
            *more = !state.waiting.is_empty();
            state.is_led = *more;
        }
        entry
    }

    fn stop(&self) -> bool {
        let mut state = self.lock();
        state.is_led = !state.waiting.is_empty();
        state.is_led
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }
}

impl Piece {
    fn of(Entry { work, ticket }: Entry) -> Self {
        Self {
            work: Some(work),
            ticket,
            is_kept: true,
        }
    }
}

impl<'a> Round<'a> {
    const fn new(queue: &'a Queue) -> Self {
        Self {
            queue,
            pieces: Vec::new(),
            is_guarded: false,
            is_over: false,
        }
    }

    /// Does the piece at this place, which is the last; all of them anew if it has to be taken back. An error: the transaction
    /// is gone.
    fn go_on(
        &mut self,
        place: usize,
        unit: &mut SqliteUnit<'_>,
        damage: &Damage,
    ) -> Result<(), StorageError> {
        match self.step(place, unit, damage) {
            Step::Done => return Ok(()),
            Step::Undone(error) => return Err(error),
            Step::TakeBack => {}
        }
        self.is_guarded = true;
        if !unit.take_back() {
            return Err(aborted());
        }
        for place in 0..=place {
            if let Step::Undone(error) = self.step(place, unit, damage) {
                return Err(error);
            }
        }
        Ok(())
    }

    fn step(&mut self, place: usize, unit: &mut SqliteUnit<'_>, damage: &Damage) -> Step {
        let before = unit.changes();
        let is_kept = self.attempt(place, unit);
        if let Err(damaged) = damage.refuse() {
            // A page was met that cannot be: what was written beside it may be wrong.
            unit.abandon();
            return Step::Undone(damaged);
        }
        let can_follow = if self.is_guarded {
            unit.end_part(is_kept)
        } else if is_kept || before == unit.changes() {
            unit.is_open()
        } else {
            return Step::TakeBack;
        };
        if can_follow {
            Step::Done
        } else {
            // SQLite has undone everything, as it does when a disk is full; the others do without whoever filled it.
            Step::Undone(aborted())
        }
    }

    /// Does the work at this place; whether it is to be kept.
    fn attempt(&mut self, place: usize, unit: &mut SqliteUnit<'_>) -> bool {
        let Some(piece) = self.pieces.get_mut(place) else {
            return false;
        };
        let work = &mut piece.work;
        let done = panic::catch_unwind(AssertUnwindSafe(|| {
            work.as_mut().is_some_and(|work| work(unit))
        }));
        piece.is_kept = done.unwrap_or_else(|panic| {
            // Everybody in this round hears that nothing happened, so nothing does.
            unit.abandon();
            panic::resume_unwind(panic)
        });
        piece.is_kept
    }

    /// How many pieces are to be made durable.
    fn kept(&self) -> usize {
        self.pieces.iter().filter(|piece| piece.is_kept).count()
    }

    /// Everybody who waits gets the outcome of this round, with nothing done.
    fn gather(&mut self) {
        let mut state = self.queue.lock();
        state.is_led = false;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        self.pieces.extend(waiting.into_iter().map(Piece::of));
    }

    fn tell(&mut self, outcome: &Result<(), StorageError>) {
        self.is_over = true;
        // What work owns is free before its owner hears of it.
        for piece in &mut self.pieces {
            piece.work = None;
        }
        for Piece {
            ticket, is_kept, ..
        } in self.pieces.drain(..)
        {
            let failed = outcome.as_ref().err().filter(|_| is_kept);
            ticket.tell(failed.map_or(Ok(()), |error| Err(alike(error))));
        }
    }
}

impl Drop for Round<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            // Somebody's work panicked: nobody waits for ever for what it took with it.
            self.gather();
            self.tell(&Err(aborted()));
        }
    }
}

/// As SQLite says it of a transaction that somebody else's failure undid.
fn aborted() -> StorageError {
    let aborted = ffi::Error::new(ffi::SQLITE_ABORT_ROLLBACK);
    storage_error(&rusqlite::Error::SqliteFailure(aborted, None))
}

impl Ticket {
    fn tell(&self, outcome: Result<(), StorageError>) {
        *self.lock() = Some(outcome);
        self.told.notify_one();
    }

    /// The outcome, if it comes in this time.
    fn within(&self, patience: Duration) -> Option<Result<(), StorageError>> {
        let (mut outcome, _) = self
            .told
            .wait_timeout_while(self.lock(), patience, |outcome| outcome.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        outcome.take()
    }

    fn wait(&self) -> Result<(), StorageError> {
        self.told
            .wait_while(self.lock(), |outcome| outcome.is_none())
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .unwrap_or_else(|| Err(aborted()))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Result<(), StorageError>>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("State")
            .field("waiting", &self.waiting.len())
            .field("is_led", &self.is_led)
            .finish()
    }
}

#[cfg(test)]
mod tests;
