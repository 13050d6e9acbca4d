//! Triggers and indexes against those that the migrations make: who may write to the file can drop them, and what they keep
//! is kept no more.

use std::collections::BTreeMap;

use rusqlite::Connection;
use tanba_model::ports::StorageError;

use crate::error::Mapped;
use crate::migrate::{self, SCHEMA_VERSION};

/// What is wrong with one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Missing,
    Other,
    Unknown,
}

/// One that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    kind: String,
    name: String,
    wrong: Wrong,
    /// What makes it as it should be.
    right: Option<String>,
}

impl Fault {
    /// In words.
    pub(crate) fn sentence(&self) -> String {
        let said = match self.wrong {
            Wrong::Missing => "is not there",
            Wrong::Other => "is not the one that this program makes",
            Wrong::Unknown => "is none that this program makes",
        };
        format!("the {} {} {said}", self.kind, self.name)
    }
}

/// Kind, name and text of everything that works by itself. What SQLite makes for a constraint has no text.
type Schema = BTreeMap<(String, String), String>;

fn schema(connection: &Connection) -> rusqlite::Result<Schema> {
    connection
        .prepare(
            "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('trigger', 'index', 'view') AND sql IS NOT NULL",
        )?
        .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?
        .collect()
}

/// What the migrations of this program make.
fn right() -> Result<Schema, StorageError> {
    let mut connection = Connection::open_in_memory().mapped()?;
    migrate::migrate(&mut connection).map_err(|error| StorageError::Unavailable(error.into()))?;
    schema(&connection).mapped()
}

/// Compares. A newer program knows better what it made: then nothing is said.
pub(crate) fn faults(connection: &Connection) -> Result<Vec<Fault>, StorageError> {
    let version: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .mapped()?;
    if version != SCHEMA_VERSION {
        return Ok(Vec::new());
    }
    let (mut found, mut faults) = (schema(connection).mapped()?, Vec::new());
    for ((kind, name), right) in right()? {
        let wrong = match found.remove(&(kind.clone(), name.clone())) {
            Some(sql) if sql == right => continue,
            Some(_) => Wrong::Other,
            None => Wrong::Missing,
        };
        faults.push(Fault {
            kind,
            name,
            wrong,
            right: Some(right),
        });
    }
    faults.extend(found.into_keys().map(|(kind, name)| Fault {
        kind,
        name,
        wrong: Wrong::Unknown,
        right: None,
    }));
    Ok(faults)
}

/// Makes those that are missing or others as they should be, in one transaction, and tells which were not. Those that are
/// unknown stay: somebody has to look at them.
pub(crate) fn mend(connection: &mut Connection) -> Result<Vec<Fault>, StorageError> {
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .mapped()?;
    let faults = faults(&transaction)?;
    for fault in &faults {
        let Some(right) = &fault.right else {
            continue;
        };
        if fault.wrong == Wrong::Other {
            // The name is one of our own.
            let drop = format!("DROP {} {}", fault.kind, fault.name);
            transaction.execute_batch(&drop).mapped()?;
        }
        transaction.execute_batch(right).mapped()?;
    }
    transaction.commit().mapped()?;
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_was_dropped_changed_or_put_there_is_told_and_mended_but_for_what_is_unknown() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate::migrate(&mut connection).unwrap();
        assert_eq!(faults(&connection).unwrap(), []);
        connection
            .execute_batch(
                "DROP TRIGGER staff_stays; DROP INDEX staff_person; DROP TRIGGER decision_stays;
                 CREATE TRIGGER decision_stays BEFORE DELETE ON decision WHEN 0 BEGIN SELECT RAISE(ABORT, ''); END;
                 CREATE TRIGGER promote AFTER INSERT ON staff BEGIN UPDATE staff SET role = 'administrator'; END",
            )
            .unwrap();
        let told =
            |faults: &[Fault]| -> Vec<String> { faults.iter().map(Fault::sentence).collect() };
        let expected = [
            "the index staff_person is not there",
            "the trigger decision_stays is not the one that this program makes",
            "the trigger staff_stays is not there",
            "the trigger promote is none that this program makes",
        ];
        assert_eq!(told(&faults(&connection).unwrap()), expected);
        assert_eq!(told(&mend(&mut connection).unwrap()), expected);
        assert_eq!(told(&faults(&connection).unwrap()), expected[3..]);
        // What a newer program made is its own affair.
        connection
            .pragma_update(None, "user_version", SCHEMA_VERSION + 1)
            .unwrap();
        assert_eq!(faults(&connection).unwrap(), []);
    }
}
