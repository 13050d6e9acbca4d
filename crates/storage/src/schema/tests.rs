use std::path::Path;

use tanba_model::ports::Storage as _;

use super::*;
use crate::{SCHEMA_VERSION, SqliteStorage};

mod written;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

fn database(folder: &Path) -> (SqliteStorage, Connection) {
    let path = folder.join("tanba.sqlite");
    let storage = SqliteStorage::open(&path).unwrap();
    (storage, Connection::open(path).unwrap())
}

fn mend(storage: &SqliteStorage) -> MendedSchema {
    let actor = Actor::Administrator("aru".to_owned());
    storage.mend_schema(&actor, NOW).unwrap()
}

fn sentences(connection: &Connection) -> Vec<String> {
    let faults = faults(connection).unwrap();
    faults.iter().map(Fault::sentence).collect()
}

/// What the log says of menders.
fn recorded(storage: &SqliteStorage) -> Vec<String> {
    let records = storage.snapshot().unwrap().audit_log().page(0, 10).unwrap();
    let events = records.iter().map(|record| record.read().unwrap());
    events
        .map(|event| format!("{:?} {} {}", event.actor, event.action, event.detail))
        .collect()
}

#[test]
fn whatever_was_dropped_changed_or_put_there_is_told_and_mended_but_for_what_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let (storage, connection) = database(folder.path());
    assert_eq!(faults(&connection).unwrap(), []);
    connection
        .execute_batch(
            "DROP TRIGGER staff_stays; DROP INDEX staff_person; DROP TRIGGER decision_stays;
             CREATE TRIGGER decision_stays BEFORE DELETE ON decision WHEN 0 BEGIN SELECT RAISE(ABORT, ''); END;
             CREATE TRIGGER promote AFTER INSERT ON staff BEGIN UPDATE staff SET role = 'administrator'; END",
        )
        .unwrap();
    let expected = [
        "the index staff_person is not there",
        "the trigger decision_stays is not the one that this program makes",
        "the trigger staff_stays is not there",
        "the trigger promote is none that this program makes",
    ];
    assert_eq!(sentences(&connection), expected);
    let mended = mend(&storage);
    assert_eq!(mended.made, expected[..3]);
    let [left] = mended.left.as_slice() else {
        panic!("{mended:?}")
    };
    assert!(left.starts_with(expected[3]), "{left}");
    assert_eq!(sentences(&connection), expected[3..]);
    // Who did it is evidence; that nothing was done is none.
    let event = format!(
        "{:?} database.mend {}",
        Actor::Administrator("aru".to_owned()),
        expected[..3].join("; ")
    );
    assert_eq!(recorded(&storage), [event.as_str()]);
    assert_eq!(mend(&storage).made, [""; 0]);
    assert_eq!(recorded(&storage), [event.as_str()]);
}

#[test]
fn a_trigger_is_told_as_what_it_does_whatever_is_written_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let (_storage, connection) = database(folder.path());
    let divert = "CREATE TRIGGER divert AFTER INSERT ON message BEGIN UPDATE message SET recipient = ''evil@x.kz''; END";
    for (kind, name, told) in [
        (
            "Trigger",
            "divert",
            "the trigger divert is none that this program makes",
        ),
        (
            "table",
            "sqlite_stat1",
            "the trigger sqlite_stat1 is none that this program makes",
        ),
        (
            "table",
            "person",
            "the trigger person is none that this program makes",
        ),
        // It stands in front of the true one.
        (
            "trigger",
            "staff_stays",
            "the trigger staff_stays is not the one that this program makes",
        ),
        (
            "index",
            "divert",
            "the trigger divert is none that this program makes",
        ),
    ] {
        connection
            .execute_batch(&format!(
                "BEGIN; PRAGMA writable_schema = ON;
                 INSERT INTO sqlite_schema (rowid, type, name, tbl_name, rootpage, sql) VALUES (-5, '{kind}', '{name}', 'message', 0, '{divert}')"
            ))
            .unwrap();
        assert_eq!(sentences(&connection), [told], "{kind} {name}");
        let blob = "UPDATE sqlite_schema SET sql = CAST(sql AS BLOB) WHERE rowid = -5";
        connection.execute_batch(blob).unwrap();
        assert_eq!(sentences(&connection), [told], "{kind} {name}, a blob");
        connection
            .execute_batch("ROLLBACK; PRAGMA writable_schema = OFF")
            .unwrap();
    }
    assert_eq!(sentences(&connection), Vec::<String>::new());
}

#[test]
fn what_cannot_be_dropped_is_left_and_the_file_can_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, name) in [("Trigger", "decision_stays"), ("Index", "staff_person")] {
        let folder = folder.path().join(kind);
        std::fs::create_dir(&folder).unwrap();
        let (storage, connection) = database(&folder);
        drop(storage);
        connection
            .execute_batch(&format!(
                "PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET type = '{kind}', sql = replace(sql, ' ON ', '  ON ') WHERE name = '{name}'"
            ))
            .unwrap();
        drop(connection);
        let (storage, connection) = database(&folder);
        let mended = mend(&storage);
        assert_eq!(mended.made, Vec::<String>::new());
        assert!(
            mended.left[0].contains("a backup of before"),
            "{:?}",
            mended.left
        );
        drop((storage, connection));
        let (_storage, connection) = database(&folder);
        assert_eq!(sentences(&connection).len(), 1);
    }
}

#[test]
fn a_table_of_another_definition_is_told_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (storage, connection) = database(folder.path());
    // Tables of others do nothing by themselves.
    connection
        .execute_batch(
            "CREATE TABLE _copier (x); PRAGMA writable_schema = 1;
             UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (kind IN (''root'', ''issuing''))', '') WHERE name = 'issuer';
             PRAGMA writable_schema = 0; DROP TABLE device",
        )
        .unwrap();
    let expected = [
        "the table device is not there",
        "the table issuer is not the one that this program makes",
    ];
    let told = told(&connection).unwrap();
    let tables: Vec<&str> = (told.iter())
        .filter(|fault| fault.code() == "schema-table")
        .map(SchemaFault::sentence)
        .collect();
    assert_eq!(tables, expected);
    // What belongs to a table that is gone cannot be made, and keeps nothing else from it.
    connection
        .execute_batch("DROP TRIGGER staff_stays")
        .unwrap();
    let mended = mend(&storage);
    assert_eq!(mended.made, ["the trigger staff_stays is not there"]);
    let left = |sentence: &str| mended.left.iter().any(|left| left.starts_with(sentence));
    assert!(expected.iter().all(|sentence| left(sentence)), "{mended:?}");
    assert!(mended.left.iter().any(|left| left.contains("a backup")));
}

#[test]
fn what_stands_in_the_way_of_one_keeps_none_of_the_others_from_being_mended() {
    let folder = tempfile::tempdir().unwrap();
    let (storage, connection) = database(folder.path());
    connection
        .execute_batch(
            "DROP INDEX staff_person; CREATE TABLE staff_person (x); DROP TRIGGER staff_stays",
        )
        .unwrap();
    let mended = mend(&storage);
    assert_eq!(mended.made, ["the trigger staff_stays is not there"]);
    assert_eq!(
        mended.left,
        [
            "the index staff_person is not there: a table has its name: read it, drop it with `sqlite3`, and mend again"
        ]
    );
    connection.execute_batch("DROP TABLE staff_person").unwrap();
    assert_eq!(mend(&storage).made, ["the index staff_person is not there"]);
    assert_eq!(sentences(&connection), [""; 0]);
}

#[test]
fn a_database_that_says_that_it_is_of_another_program_silences_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (storage, connection) = database(folder.path());
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
            "DROP TRIGGER staff_stays; ALTER TABLE staff ADD COLUMN newer TEXT;
             CREATE TRIGGER promote AFTER INSERT ON staff BEGIN UPDATE staff SET role = 'administrator'; END",
        )
        .unwrap();
    assert_eq!(codes(&connection), ["schema-version", "schema-other"]);
    let told = told(&connection).unwrap();
    assert!(told[0].sentence().ends_with("not judged: staff, promote"));
    assert_eq!(told[1].sentence(), "the trigger staff_stays is not there");
    // What a newer program made is not taken away from it.
    assert_eq!(mend(&storage), MendedSchema::default());
}

#[test]
fn a_row_with_a_number_that_no_program_gives_is_told_whatever_table_it_is_in() {
    let folder = tempfile::tempdir().unwrap();
    let (_storage, connection) = database(folder.path());
    connection
        .execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
        .unwrap();
    let tables = numbered().unwrap();
    for table in ["staff", "certificate", "person", "application"] {
        assert!(tables.iter().any(|name| name == table), "{tables:?}");
    }
    let insert = |id: i64| {
        let sql =
            "INSERT INTO staff (id, person_id, role, since) VALUES (?1, 1, 'administrator', 1)";
        connection.execute(sql, [id]).unwrap();
    };
    insert(1);
    insert(LAST);
    assert_eq!(told(&connection).unwrap(), []);
    // The last one of a person, which no page of hers has.
    connection
        .execute_batch(
            "BEGIN; INSERT INTO certificate (id, issuer_id, serial, person_id, profile, purpose, channel, public_key_sha256, shard,
                 not_before, not_after, created_at, status, to_be_signed)
             VALUES (9223372036854775807, 1, x'01', 1, '', 'both', '', zeroblob(32), 0, 1, 1, 1, 'void', x'')",
        )
        .unwrap();
    let last = told(&connection).unwrap();
    connection.execute_batch("ROLLBACK").unwrap();
    let [SchemaFault::Number(sentence)] = last.as_slice() else {
        panic!("{last:?}")
    };
    assert!(
        sentence
            .starts_with("the table certificate has a row with the number 9223372036854775807, "),
        "{sentence}"
    );
    for id in [0, -5, i64::MIN, LAST + 1, i64::MAX] {
        connection.execute_batch("BEGIN").unwrap();
        insert(id);
        let told = told(&connection).unwrap();
        connection.execute_batch("ROLLBACK").unwrap();
        let [SchemaFault::Number(sentence)] = told.as_slice() else {
            panic!("{told:?}")
        };
        assert!(
            sentence.starts_with(&format!("the table staff has a row with the number {id}, ")),
            "{sentence}"
        );
    }
    // In each of them the numbers are looked at.
    for table in &tables {
        assert_eq!(misnumbered(&connection, table).unwrap(), None, "{table}");
    }
}
