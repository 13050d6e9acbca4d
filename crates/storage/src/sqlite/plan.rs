//! How SQLite means to run a statement. In programs built for tests each statement is looked at when it is first prepared:
//! one that reads a whole table, or sorts what no index has in order, works on the developer's hundred rows and not on a
//! nation's. What has to read everything says so, and why, in a comment: `/* whole: … */`. What has to read one thing to the end
//! names it (`/* whole generation: … */`), and the rest of its plan is looked at.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

/// What a statement says that may read everything.
const EXCUSE: &str = "/* whole: ";

/// What stands before the name of one thing that may be read to its end.
const OF_ONE: &str = "/* whole ";

/// What one person has may be sorted.
const ONE_PERSON: &str = "(person_id=?)";

/// Statements that were looked at in this process.
static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The steps of a plan that grow with the table; none when the statement has an excuse.
///
/// # Errors
/// What SQLite says of the statement.
pub(super) fn faults(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    if sql.contains(EXCUSE) {
        return Ok(Vec::new());
    }
    let excused: Vec<String> = (sql.split(OF_ONE).skip(1))
        .filter_map(|rest| rest.split_once(": "))
        .map(|(name, _)| format!("SCAN {name}"))
        .collect();
    // The first rows in the order of an index: a sort would be seen.
    let is_first_rows = sql.contains(" LIMIT ") && !sql.contains("WHERE");
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    // What stands in the question marks does not matter to the plan; absent ones are NULL.
    let steps: Vec<String> = statement
        .raw_query()
        .mapped(|row| row.get(3))
        .collect::<rusqlite::Result<_>>()?;
    let of_one_person = steps.iter().any(|step| step.contains(ONE_PERSON));
    let mut faults = Vec::new();
    for step in steps {
        let is_excused = step == "SCAN CONSTANT ROW" || excused.contains(&step);
        let scans = step.starts_with("SCAN") && !is_excused && !is_first_rows;
        let sorts = step.contains("TEMP B-TREE") && !of_one_person;
        if scans || sorts {
            faults.push(step);
        }
    }
    Ok(faults)
}

/// Fails a test whose statement reads a whole table.
pub(super) fn check(connection: &Connection, sql: &str) {
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.contains(sql) {
        return;
    }
    let faults = faults(connection, sql).unwrap_or_default();
    debug_assert!(
        faults.is_empty(),
        "this statement grows with its table; give it an index, or an excuse ({EXCUSE}why */): {faults:?} {sql}"
    );
    seen.insert(sql.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scan_and_a_sort_are_found_and_an_excuse_counts() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, person_id); CREATE INDEX t_a ON t (a, id);
                 CREATE INDEX t_person ON t (person_id)",
            )
            .unwrap();
        let faults = |sql: &str| faults(&connection, sql).unwrap();
        assert_eq!(faults("SELECT b FROM t WHERE b = ?1"), ["SCAN t"]);
        assert_eq!(
            faults("SELECT b FROM t WHERE a = ?1 ORDER BY b"),
            ["USE TEMP B-TREE FOR ORDER BY"]
        );
        assert_eq!(
            faults("SELECT b FROM t ORDER BY b LIMIT 1").len(),
            1,
            "sorted for one row"
        );
        assert_eq!(faults("DELETE FROM t WHERE b < ?1"), ["SCAN t"]);
        assert_eq!(
            faults("/* whole: few */ SELECT b FROM t"),
            Vec::<String>::new()
        );
        // Of one thing: what else there is is looked at.
        let named = |rest: &str| {
            faults(&format!(
                "SELECT b FROM t WHERE a IN (/* whole few: three */
                     WITH RECURSIVE few (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM few WHERE n < 3) SELECT n FROM few) {rest}"
            ))
        };
        assert_eq!(named(""), Vec::<String>::new());
        assert_eq!(named("ORDER BY b"), ["USE TEMP B-TREE FOR ORDER BY"]);
        assert_eq!(named("OR b = 1"), ["SCAN t"]);
        for fine in [
            "SELECT b FROM t WHERE a = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            "SELECT EXISTS (SELECT 1 FROM t WHERE a = ?1)",
            "SELECT b FROM t ORDER BY id DESC LIMIT 1",
            "SELECT b FROM t WHERE person_id = ?1 ORDER BY b",
            "UPDATE t SET b = ?2 WHERE id = ?1",
            "INSERT INTO t (a) VALUES (?1)",
        ] {
            assert_eq!(faults(fine), Vec::<String>::new(), "{fine}");
        }
    }

    #[test]
    #[should_panic(expected = "grows with its table")]
    fn a_new_full_scan_fails_the_test_that_runs_it() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (a)").unwrap();
        check(&connection, "SELECT a FROM t WHERE a = ?1");
    }
}
