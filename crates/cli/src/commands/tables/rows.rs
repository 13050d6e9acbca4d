//! Tables in pages, some of whose rows may be unreadable: each of these is told by itself, and hides none behind it.

use tanba_model::application::Application;
use tanba_model::id::{ApplicationId, PersonId};
use tanba_model::person::Person;
use tanba_model::ports::{StorageError, UnitOfWork};

use super::PAGE;

/// Reads so many rows behind a number.
type Page<T> = fn(&mut dyn UnitOfWork, i64, u32) -> Result<Vec<T>, StorageError>;

/// How a table is read.
pub(super) struct Rows<T> {
    /// How storage names one of its records.
    kind: &'static str,
    /// Rows that are in memory at once.
    size: u32,
    id: fn(&T) -> i64,
    page: Page<T>,
}

pub(super) const PEOPLE: Rows<Person> = Rows {
    kind: "person",
    size: PAGE,
    id: |row| row.id.0,
    page: |unit, after, limit| unit.persons().page(PersonId(after), limit),
};

/// Each comes with its documents.
pub(super) const APPLICATIONS: Rows<Application> = Rows {
    kind: "application",
    size: 200,
    id: |row| row.id.0,
    page: |unit, after, limit| unit.applications().page(Some(ApplicationId(after)), limit),
};

/// Some rows, up to one that cannot be read.
pub(super) struct Piece<T> {
    pub(super) rows: Vec<T>,
    /// The number of that one.
    pub(super) unreadable: Option<i64>,
}

impl<T> Rows<T> {
    /// The next ones.
    pub(super) fn read(&self, unit: &mut dyn UnitOfWork, after: i64) -> anyhow::Result<Piece<T>> {
        match (self.page)(unit, after, self.size) {
            Ok(rows) => {
                return Ok(Piece {
                    rows,
                    unreadable: None,
                });
            }
            Err(error) => drop(self.named(error, after)?),
        }
        let (mut rows, mut after) = (Vec::new(), after);
        loop {
            let unreadable = match (self.page)(unit, after, 1) {
                Ok(mut one) => match one.pop() {
                    Some(row) => {
                        after = (self.id)(&row);
                        rows.push(row);
                        continue;
                    }
                    None => None,
                },
                Err(error) => Some(self.named(error, after)?),
            };
            return Ok(Piece { rows, unreadable });
        }
    }

    /// The smallest number after this one, whether its row can be read or not.
    pub(super) fn next(
        &self,
        unit: &mut dyn UnitOfWork,
        after: i64,
    ) -> anyhow::Result<Option<i64>> {
        match (self.page)(unit, after, 1) {
            Ok(rows) => Ok(rows.first().map(self.id)),
            Err(error) => self.named(error, after).map(Some),
        }
    }

    /// The number of the last one of a piece.
    pub(super) fn end(&self, piece: &Piece<T>) -> Option<i64> {
        piece.rows.last().map(self.id).max(piece.unreadable)
    }

    /// Whose row cannot be read: storage says so behind the column.
    fn named(&self, error: StorageError, after: i64) -> anyhow::Result<i64> {
        if let StorageError::Damaged(what) = &error
            && let Some((_, named)) = what.rsplit_once('(')
            && let Some(id) = named.strip_prefix(self.kind)
            && let Some(id) = id.strip_prefix(':').and_then(|id| id.strip_suffix(')'))
            && let Ok(id) = id.parse()
            && id > after
        {
            return Ok(id);
        }
        Err(error.into())
    }
}

/// What was looked up by its number. What cannot be read is told where its own table is compared.
pub(super) fn found<T>(found: Result<Option<T>, StorageError>) -> Result<Option<T>, StorageError> {
    match found {
        Err(StorageError::Damaged(_)) => Ok(None),
        found => found,
    }
}
