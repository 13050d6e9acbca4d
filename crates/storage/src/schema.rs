//! Triggers and indexes against those that the migrations make: who may write to the file can drop them, and what they keep
//! is kept no more.

use std::collections::BTreeMap;

use rusqlite::Connection;
use tanba_model::ports::{SchemaFault, StorageError};

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

/// What the file says of itself; whoever may write to it can make it say anything.
fn version(connection: &Connection) -> Result<i64, StorageError> {
    connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .mapped()
}

/// What is to be told. A newer program makes more than this one knows, and takes nothing away that keeps evidence: what is
/// unknown is then said not to have been judged, and what is missing or other is a fault all the same.
pub(crate) fn told(connection: &Connection) -> Result<Vec<SchemaFault>, StorageError> {
    let (version, faults) = (version(connection)?, faults(connection)?);
    let is_known = version == SCHEMA_VERSION;
    let (unknown, wrong): (Vec<Fault>, Vec<Fault>) =
        (faults.into_iter()).partition(|fault| !is_known && fault.wrong == Wrong::Unknown);
    let mut told = Vec::new();
    if !is_known {
        let names: Vec<&str> = unknown.iter().map(|fault| fault.name.as_str()).collect();
        let unjudged = if names.is_empty() {
            String::new()
        } else {
            format!(
                "; triggers and indexes that are unknown here were not judged: {}",
                names.join(", ")
            )
        };
        told.push(SchemaFault::Version(format!(
            "the database says that it has schema {version}, and this program makes {SCHEMA_VERSION}, so that not everything could \
             be compared{unjudged}"
        )));
    }
    told.extend(
        wrong
            .iter()
            .map(|fault| SchemaFault::Other(fault.sentence())),
    );
    Ok(told)
}

/// Compares.
fn faults(connection: &Connection) -> Result<Vec<Fault>, StorageError> {
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
/// unknown stay: somebody has to look at them. What another program made is left to it.
pub(crate) fn mend(connection: &mut Connection) -> Result<Vec<Fault>, StorageError> {
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .mapped()?;
    if version(&transaction)? != SCHEMA_VERSION {
        return Ok(Vec::new());
    }
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
    }

    #[test]
    fn a_database_that_says_that_it_is_of_another_program_silences_nobody() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate::migrate(&mut connection).unwrap();
        let codes = |connection: &Connection| -> Vec<&str> {
            let told = told(connection).unwrap();
            told.iter().map(SchemaFault::code).collect()
        };
        assert!(codes(&connection).is_empty());
        for version in [SCHEMA_VERSION + 1, SCHEMA_VERSION - 1, 0] {
            connection
                .pragma_update(None, "user_version", version)
                .unwrap();
            assert_eq!(codes(&connection), ["schema-version"]);
        }
        connection
            .execute_batch(
                "DROP TRIGGER staff_stays;
                 CREATE TRIGGER promote AFTER INSERT ON staff BEGIN UPDATE staff SET role = 'administrator'; END",
            )
            .unwrap();
        assert_eq!(codes(&connection), ["schema-version", "schema-other"]);
        let told = told(&connection).unwrap();
        assert!(told[0].sentence().ends_with("not judged: promote"));
        assert_eq!(told[1].sentence(), "the trigger staff_stays is not there");
        // What a newer program made is not taken away from it.
        assert_eq!(mend(&mut connection).unwrap(), []);
    }
}
