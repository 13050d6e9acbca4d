//! What somebody wrote into `sqlite_schema` that SQLite would not write.

use super::*;

/// Which page something begins on, as its row says it.
fn page(connection: &Connection, name: &str) -> i64 {
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    connection.query_row(sql, [name], |row| row.get(0)).unwrap()
}

#[test]
fn an_index_that_is_said_to_begin_on_a_page_of_another_is_left_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    for (owner, is_said) in [
        ("issuer", true),
        ("person_stays_findable", true),
        ("below the first of one", false),
    ] {
        let folder = folder.path().join(owner);
        std::fs::create_dir(&folder).unwrap();
        let (storage, connection) = database(&folder);
        connection
            .execute_batch(
                "CREATE INDEX person_stays_findable ON person (surname, id);
                 WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 400)
                 INSERT INTO person (iin, surname, given_name, language, created_at)
                 SELECT printf('%012d', n), 'surname' || n, 'name', 'kk', 1 FROM count",
            )
            .unwrap();
        let page = match is_said {
            true => page(&connection, owner),
            // The last one that was taken, which is below the first one of what was filled.
            false => connection
                .query_row("PRAGMA page_count", [], |row| row.get(0))
                .unwrap(),
        };
        drop(storage);
        connection
            .execute_batch(&format!(
                "PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET rootpage = {page}, sql = replace(sql, ' ON ', '  ON ') WHERE name = 'staff_person';
                 DROP TRIGGER staff_stays"
            ))
            .unwrap();
        drop(connection);
        let (storage, connection) = database(&folder);
        let other = "the index staff_person is not the one that this program makes";
        let told_before = told(&connection).unwrap();
        let is_told = |sentence: &str| {
            (told_before.iter()).any(|fault| {
                fault.code() == "schema-other" && fault.sentence().starts_with(sentence)
            })
        };
        assert!(is_told(other), "{told_before:?}");
        let twice = format!("the page {page} is said to be the first one of each of these: ");
        assert_eq!(is_told(&twice), is_said, "{told_before:?}");
        let mended = mend(&storage);
        // What has no pages is made all the same.
        assert_eq!(mended.made, ["the trigger staff_stays is not there"]);
        let left = |sentence: &str, why: &str| {
            let mut left = mended.left.iter();
            left.any(|left| left.starts_with(sentence) && left.contains(why))
        };
        let why = match is_said {
            true => "a page is said to be of several",
            false => "A damaged database",
        };
        assert!(left(other, why), "{mended:?}");
        assert_eq!(left(&twice, "a backup of before"), is_said, "{mended:?}");
        drop((storage, connection));
        let (_storage, connection) = database(&folder);
        for (count, rows) in [
            ("SELECT count(*) FROM person NOT INDEXED", 400),
            (
                "SELECT count(*) FROM (SELECT surname FROM person INDEXED BY person_stays_findable ORDER BY surname)",
                400,
            ),
            ("SELECT count(*) FROM issuer NOT INDEXED", 0),
        ] {
            let counted: i64 = connection.query_row(count, [], |row| row.get(0)).unwrap();
            assert_eq!(counted, rows, "{count}");
        }
        assert!(sentences(&connection).contains(&other.to_owned()));
    }
}

#[test]
fn an_index_that_has_the_pages_of_a_table_that_has_others_or_is_gone_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let exchanged = "UPDATE sqlite_schema SET rootpage = ?1 + ?2 - rootpage WHERE name IN ('staff_person', 'device');";
    let gone = "DELETE FROM sqlite_schema WHERE tbl_name = 'device'; UPDATE sqlite_schema SET rootpage = ?2 WHERE name = 'staff_person';";
    for (number, (change, why)) in [
        (exchanged, "A damaged database"),
        (gone, "a table is not there"),
    ]
    .into_iter()
    .enumerate()
    {
        let folder = folder.path().join(number.to_string());
        std::fs::create_dir(&folder).unwrap();
        let (storage, connection) = database(&folder);
        let (index, table) = (
            page(&connection, "staff_person"),
            page(&connection, "device"),
        );
        let change = change.replace("?1", &index.to_string());
        let change = change.replace("?2", &table.to_string());
        drop(storage);
        connection
            .execute_batch(&format!(
                "PRAGMA foreign_keys = OFF; INSERT INTO device VALUES (1, zeroblob(32), 1, 1);
                 CREATE TABLE kept AS SELECT * FROM sqlite_schema WHERE tbl_name = 'device' OR name = 'staff_person'; PRAGMA writable_schema = ON; {change}
                 UPDATE sqlite_schema SET sql = replace(sql, ' ON ', '  ON ') WHERE name = 'staff_person'"
            ))
            .unwrap();
        drop(connection);
        let (storage, connection) = database(&folder);
        let mended = mend(&storage);
        assert_eq!(mended.made, Vec::<String>::new());
        let mut left = mended.left.iter();
        assert!(
            left.any(|left| left.starts_with("the index staff_person") && left.contains(why)),
            "{:?}",
            mended.left
        );
        // Whoever writes it back has what was in it.
        drop(storage);
        connection
            .execute_batch(
                "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE tbl_name = 'device' OR name = 'staff_person';
                 INSERT INTO sqlite_schema SELECT * FROM kept",
            )
            .unwrap();
        drop(connection);
        let (_storage, connection) = database(&folder);
        let count = "SELECT count(*) FROM device";
        let devices: i64 = connection.query_row(count, [], |row| row.get(0)).unwrap();
        assert_eq!(devices, 1);
    }
}

#[test]
fn a_page_that_is_said_to_be_of_several_is_told_whatever_form_it_is_written_in() {
    let folder = tempfile::tempdir().unwrap();
    let (storage, connection) = database(folder.path());
    assert_eq!(told(&connection).unwrap(), []);
    let page = page(&connection, "issuer");
    for said in [
        format!("{page}"),
        format!("CAST('{page}' AS BLOB)"),
        "1".to_owned(),
    ] {
        connection
            .execute_batch(&format!(
                "BEGIN; PRAGMA writable_schema = ON;
                 UPDATE sqlite_schema SET rootpage = {said} WHERE name = 'staff_person'"
            ))
            .unwrap();
        let told = told(&connection).unwrap();
        connection
            .execute_batch("ROLLBACK; PRAGMA writable_schema = OFF")
            .unwrap();
        let [SchemaFault::Other(sentence)] = told.as_slice() else {
            panic!("{said}: {told:?}")
        };
        assert!(sentence.contains("staff_person"), "{sentence}");
    }
    assert_eq!(mend(&storage), MendedSchema::default());
}

#[test]
fn what_holds_octets_that_are_no_text_is_told_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let (in_text, in_name) = (
        "sql = CAST(replace(sql, 'BEGIN', CAST(x'2d2dff0a' AS TEXT) || 'BEGIN') AS TEXT)",
        "name = 'staff_stays' || CAST(x'ff' AS TEXT), sql = replace(sql, 'staff_stays', 'staff_stays' || CAST(x'ff' AS TEXT))",
    );
    let (missing, other, unknown) = (
        "the trigger staff_stays is not there",
        "the trigger staff_stays is not the one that this program makes",
        "the trigger staff_stays\u{fffd} is none that this program makes",
    );
    for (number, (set, expected, made, left)) in [
        (in_text, &[other][..], &[other][..], &[][..]),
        (in_name, &[missing, unknown], &[missing], &[unknown]),
    ]
    .into_iter()
    .enumerate()
    {
        let folder = folder.path().join(number.to_string());
        std::fs::create_dir(&folder).unwrap();
        let (storage, connection) = database(&folder);
        drop(storage);
        connection
            .execute_batch(&format!(
                "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET {set} WHERE name = 'staff_stays'"
            ))
            .unwrap();
        drop(connection);
        let (storage, connection) = database(&folder);
        assert_eq!(sentences(&connection), expected, "{set}");
        let told = told(&connection).unwrap();
        assert!(told.iter().all(|fault| fault.code() == "schema-other"));
        let mended = mend(&storage);
        assert_eq!(mended.made, made, "{set}");
        assert_eq!(mended.left.len(), left.len(), "{mended:?}");
        for (found, left) in mended.left.iter().zip(left) {
            assert!(found.starts_with(left), "{mended:?}");
        }
    }
}
