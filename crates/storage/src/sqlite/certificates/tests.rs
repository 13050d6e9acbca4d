//! How lists of certificates are read.

use super::super::plan;
use super::*;
use crate::open::SqliteStorage;

#[test]
fn the_certificates_of_a_person_are_read_from_an_index_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tanba.sqlite");
    drop(SqliteStorage::open(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    for sql in [
        OF_PERSON,
        OF_PERSON_BY_SERIAL,
        VALID_OF_PERSON,
        PAGE_OF_PERSON,
    ] {
        let mut statement = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap();
        // What stands in the question marks does not matter to the plan.
        let plan: Vec<String> = statement
            .raw_query()
            .mapped(|row| row.get(3))
            .map(Result::unwrap)
            .collect();
        let steps = |wanted: &str| plan.iter().filter(|step| step.contains(wanted)).count();
        let index = "USING COVERING INDEX certificate_person (<expr>=? AND person_id=?)";
        for once in [
            "SEARCH certificate USING INTEGER PRIMARY KEY (rowid=?)",
            index,
        ] {
            assert_eq!(steps(once), 1, "{plan:?} {sql}");
        }
        // The generations alone are counted through.
        assert_eq!(steps("SCAN"), steps("SCAN generation"), "{plan:?} {sql}");
        assert_eq!(steps("TEMP B-TREE"), 0, "{plan:?} {sql}");
        assert_eq!(plan::faults(&connection, sql).unwrap(), [""; 0]);
        let sorted = sql.replace("ORDER BY id DESC", "ORDER BY not_after");
        if sorted != sql {
            let faults = plan::faults(&connection, &sorted).unwrap();
            assert_eq!(faults, ["USE TEMP B-TREE FOR ORDER BY"], "{sorted}");
        }
    }
}

#[test]
fn the_certificates_of_a_person_are_found_in_all_generations() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tanba.sqlite");
    drop(SqliteStorage::open(&path).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch("PRAGMA foreign_keys = OFF")
        .unwrap();
    let ids = |person: i64| -> Vec<i64> {
        let page = params![person, i64::MAX, "", 0, Option::<&str>::None, 6, 50];
        let mut statement = connection.prepare(PAGE_OF_PERSON).unwrap();
        let ids = statement.query_map(page, |row| row.get(0)).unwrap();
        ids.map(Result::unwrap).collect()
    };
    assert_eq!(ids(1), Vec::<i64>::new(), "an empty table");
    // The first and the last of a generation, one in the middle of another, and the neighbour of each.
    // Far ones, too: the generations between are nobody's.
    for id in [
        1,
        (1 << 18) - 1,
        1 << 18,
        5 << 17,
        (7 << 18) + 3,
        1_i64 << 61,
        -(1_i64 << 40),
    ] {
        for person in [1, 2] {
            let id = id * 2 + person - 1;
            connection
                .execute(
                    "INSERT INTO certificate (id, issuer_id, serial, person_id, profile, purpose, channel, public_key_sha256,
                         shard, not_before, not_after, created_at, status, to_be_signed, der)
                     VALUES (?1, 1, CAST(?1 AS BLOB), ?2, 'p', 'signature', 'cabinet',
                         CAST(printf('%032x', ?1) AS BLOB), 0, 0, 1, 0, 'valid', x'00', x'00')",
                    params![id, person],
                )
                .unwrap();
        }
    }
    let of_first = [
        1_i64 << 62,
        (14 << 18) + 6,
        5 << 18,
        1 << 19,
        (1 << 19) - 2,
        2,
        -(1_i64 << 41),
    ];
    assert_eq!(ids(1), of_first);
    assert_eq!(ids(2), of_first.map(|id| id + 1));
    assert_eq!(ids(3), Vec::<i64>::new());
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
