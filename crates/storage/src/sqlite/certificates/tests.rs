//! How lists of certificates are read.

use super::*;
use crate::open::SqliteStorage;

#[test]
fn a_page_of_ones_certificates_is_read_from_an_index_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tanba.sqlite");
    drop(SqliteStorage::open(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    let mut statement = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {PAGE_OF_PERSON}"))
        .unwrap();
    let plan: Vec<String> = statement
        .query_map(
            params![1, 9, "valid", 0, Option::<&str>::None, 6, 50],
            |row| row.get(3),
        )
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(plan.len(), 1, "{plan:?}");
    assert!(
        ["id", "rowid"].iter().any(|id| {
            plan[0].contains(&format!(
                "USING INDEX certificate_person (person_id=? AND {id}<?"
            ))
        }),
        "{plan:?}"
    );
}

#[test]
fn a_page_of_ending_certificates_is_read_from_an_index_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tanba.sqlite");
    drop(SqliteStorage::open(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    let mut statement = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {ENDING}"))
        .unwrap();
    let plan: Vec<String> = statement
        .query_map(params![0, 0, 1, 30, 200], |row| row.get(3))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(
        plan[0].contains("USING INDEX certificate_end (not_after"),
        "{plan:?}"
    );
    assert!(
        plan.iter()
            .all(|step| !step.contains("TEMP B-TREE") && !step.starts_with("SCAN")),
        "{plan:?}"
    );
}
