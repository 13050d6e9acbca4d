//! What holds of the SQLite file itself.

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;
use tanba_model::application::SignedDocument;
use tanba_model::id::MessageId;
use tanba_model::language::Language;
use tanba_model::message::MessageBody;
use tanba_model::ports::{NewMessage, Storage, StorageError, UnitOfWork};
use tanba_storage::{OpenError, SCHEMA_VERSION, SqliteStorage, WitnessError};
use tempfile::TempDir;

use crate::given;

fn file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tanba.sqlite");
    (folder, path)
}

#[test]
fn a_database_is_found_again_after_the_program_ended() {
    let (_folder, path) = file();
    let storage = SqliteStorage::open(&path).unwrap();
    let mut unit = storage.begin().unwrap();
    given::person(&mut *unit, 1);
    unit.commit().unwrap();
    drop(storage);
    let storage = SqliteStorage::open_existing(&path).unwrap();
    assert!(
        storage
            .snapshot()
            .unwrap()
            .persons()
            .find_by_iin(&given::iin(1))
            .unwrap()
            .is_some()
    );
    storage.check().unwrap();
    assert_eq!(SqliteStorage::version(&path).unwrap(), SCHEMA_VERSION);
}

#[test]
fn migrating_twice_changes_nothing() {
    let (_folder, path) = file();
    drop(SqliteStorage::open(&path).unwrap());
    drop(SqliteStorage::open(&path).unwrap());
    assert_eq!(SqliteStorage::version(&path).unwrap(), SCHEMA_VERSION);
}

#[test]
fn what_cannot_be_opened_says_why() {
    let (folder, path) = file();
    assert!(matches!(
        SqliteStorage::open_existing(&path),
        Err(OpenError::Absent)
    ));
    assert!(matches!(
        SqliteStorage::open(folder.path().join("no/such/folder")),
        Err(OpenError::File(_))
    ));
    fs::write(&path, "").unwrap();
    assert!(matches!(
        SqliteStorage::open_existing(&path),
        Err(OpenError::Unmigrated { found: 0, .. })
    ));
    fs::write(&path, "this is not a database, whatever its name says").unwrap();
    assert!(matches!(
        SqliteStorage::open_existing(&path),
        Err(OpenError::Foreign)
    ));
    assert!(matches!(
        SqliteStorage::open(&path),
        Err(OpenError::Foreign)
    ));
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .starts_with("this is not")
    );
    fs::remove_file(&path).unwrap();
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE cookie (name TEXT)")
        .unwrap();
    assert!(matches!(
        SqliteStorage::open(&path),
        Err(OpenError::Foreign)
    ));
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = file();
    let storage = SqliteStorage::open(&path).unwrap();
    storage.begin().unwrap().commit().unwrap();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o077,
            0,
            "{:?}",
            entry.file_name()
        );
    }
}

#[test]
fn evidence_and_certificates_are_protected_from_statements_outside_the_ports() {
    let (_folder, path) = file();
    let storage = SqliteStorage::open(&path).unwrap();
    let mut unit = storage.begin().unwrap();
    unit.audit_log().append(&given::event("a")).unwrap();
    unit.audit_log().append(&given::event("b")).unwrap();
    let issuer = given::issuer(&mut *unit, "one");
    let signer = given::certificate(&mut *unit, &given::new_certificate(issuer, None, 1));
    let person = given::person(&mut *unit, 1);
    let mut application = given::application(&mut *unit, person, "12345678901");
    application.signed = Some(SignedDocument {
        document: b"{}".to_vec(),
        signature: vec![0x30],
        signer,
    });
    unit.applications().update(&mut application).unwrap();
    unit.commit().unwrap();
    let stranger = Connection::open(&path).unwrap();
    // So that nothing but the triggers stands in the way.
    stranger.pragma_update(None, "foreign_keys", false).unwrap();
    for statement in [
        "UPDATE audit_log SET event = zeroblob(3) WHERE sequence = 1",
        "DELETE FROM audit_log WHERE sequence = 2",
        "INSERT OR REPLACE INTO audit_log SELECT sequence, previous_hash, hash, zeroblob(3) FROM audit_log WHERE sequence = 2",
        "INSERT INTO audit_log VALUES (4, zeroblob(32), zeroblob(32), zeroblob(1))",
        "INSERT INTO audit_log VALUES (3, zeroblob(32), zeroblob(32), zeroblob(1))",
        "DELETE FROM certificate",
        "UPDATE certificate SET serial = zeroblob(20)",
        "UPDATE certificate SET to_be_signed = zeroblob(2)",
        "DELETE FROM status_change",
        "UPDATE application SET document = zeroblob(2)",
        "UPDATE application SET signature = zeroblob(2)",
        "UPDATE application SET signer_certificate_id = NULL, document = NULL, signature = NULL",
        "UPDATE application SET number = '1'",
        "DELETE FROM application",
    ] {
        let changed = stranger.execute(statement, []);
        assert!(
            changed.is_err() || changed == Ok(0) && statement.contains("status_change"),
            "{statement}"
        );
    }
    assert_eq!(
        storage
            .snapshot()
            .unwrap()
            .audit_log()
            .page(0, 9)
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn two_programs_take_turns() {
    let (_folder, path) = file();
    let (server, command) = (
        SqliteStorage::open(&path).unwrap(),
        SqliteStorage::open_existing(&path).unwrap(),
    );
    std::thread::scope(|scope| {
        for storage in [&server, &command] {
            scope.spawn(move || {
                for _ in 0..50 {
                    let mut unit = storage.begin().unwrap();
                    unit.audit_log().append(&given::event("turn")).unwrap();
                    unit.commit().unwrap();
                }
            });
        }
    });
    let records = server
        .snapshot()
        .unwrap()
        .audit_log()
        .page(0, 1000)
        .unwrap();
    assert_eq!(records.len(), 100);
    for pair in records.windows(2) {
        pair[1].verify(Some(&pair[0])).unwrap();
    }
}

#[test]
fn a_power_cut_leaves_what_was_committed_and_nothing_else() {
    let (folder, path) = file();
    let storage = SqliteStorage::open(&path).unwrap();
    let mut unit = storage.begin().unwrap();
    given::person(&mut *unit, 1);
    unit.commit().unwrap();
    let mut unit = storage.begin().unwrap();
    given::person(&mut *unit, 2);
    // What a dead machine leaves: the files as they are, half-done work in memory lost.
    let after = folder.path().join("after");
    fs::create_dir(&after).unwrap();
    for name in ["tanba.sqlite", "tanba.sqlite-wal"] {
        fs::copy(folder.path().join(name), after.join(name)).unwrap();
    }
    let log = fs::OpenOptions::new()
        .append(true)
        .open(after.join("tanba.sqlite-wal"))
        .unwrap();
    std::io::Write::write_all(&mut &log, &[0xA5; 700]).unwrap();
    let found = SqliteStorage::open_existing(after.join("tanba.sqlite")).unwrap();
    found.check().unwrap();
    let mut unit = found.snapshot().unwrap();
    assert!(
        unit.persons()
            .find_by_iin(&given::iin(1))
            .unwrap()
            .is_some()
    );
    assert_eq!(unit.persons().find_by_iin(&given::iin(2)).unwrap(), None);
}

#[test]
fn sent_codes_do_not_linger_in_the_file() {
    let (folder, path) = file();
    let storage = SqliteStorage::open(&path).unwrap();
    let mut unit = storage.begin().unwrap();
    let person = given::person(&mut *unit, 1);
    let body = MessageBody::ConfirmationCode {
        number: "123456789012".to_owned(),
        code: "c0de-of-the-mail".to_owned(),
        minutes: 10,
    };
    let language = Language::En;
    let message = NewMessage {
        person,
        to: given::address().into(),
        language,
        body,
    };
    let id = unit.outbox().insert(&message, given::at(0)).unwrap();
    unit.commit().unwrap();
    let mut unit = storage.begin().unwrap();
    unit.outbox().sent(id, given::at(1)).unwrap();
    unit.commit().unwrap();
    drop(storage);
    let needle = b"c0de-of-the-mail";
    let bytes = fs::read(folder.path().join("tanba.sqlite")).unwrap();
    assert!(!bytes.windows(needle.len()).any(|window| window == needle));
}

#[test]
fn codes_and_links_of_messages_that_are_sent_or_laid_to_rest_are_wiped() {
    let (_folder, path) = file();
    let storage = SqliteStorage::open(&path).unwrap();
    let mut unit = storage.begin().unwrap();
    let person = given::person(&mut *unit, 1);
    let message = NewMessage {
        person,
        to: given::address().into(),
        language: Language::Kk,
        body: MessageBody::ApplicationAccepted {
            number: "123456789012".to_owned(),
            not_me_path: "/not-me/secret".to_owned(),
        },
    };
    let [sent, stale, given_up, waiting] =
        [1, 2, 3, 4].map(|at| unit.outbox().insert(&message, given::at(at)).unwrap());
    unit.outbox().sent(sent, given::at(4)).unwrap();
    unit.outbox().dropped(stale, "stale").unwrap();
    unit.outbox()
        .give_up(given_up, given::at(5), "refused")
        .unwrap();
    unit.outbox()
        .failed(waiting, given::at(9), "no answer")
        .unwrap();
    unit.commit().unwrap();
    let left = || -> Vec<MessageId> {
        let connection = Connection::open(&path).unwrap();
        let mut statement = connection
            .prepare("SELECT id FROM message WHERE body LIKE '%secret%'")
            .unwrap();
        let ids = statement.query_map([], |row| row.get(0)).unwrap();
        ids.map(|id| MessageId(id.unwrap())).collect()
    };
    assert_eq!(left(), [given_up, waiting], "a dead letter may be sent yet");
    let mut unit = storage.begin().unwrap();
    unit.outbox().discard(given_up).unwrap();
    unit.commit().unwrap();
    assert_eq!(left(), [waiting]);
}

/// Overwrites the page where a table or index begins.
fn damage(path: &std::path::Path, name: &str) {
    let connection = Connection::open(path).unwrap();
    let number = |sql: &str| {
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let page = number(&format!(
        "SELECT rootpage FROM sqlite_schema WHERE name = '{name}'"
    ));
    let size = number("PRAGMA page_size");
    drop(connection);
    let mut octets = fs::read(path).unwrap();
    let begin = usize::try_from((page - 1) * size).unwrap();
    let end = begin + usize::try_from(size).unwrap();
    for octet in &mut octets[begin..end] {
        *octet ^= 0xA5;
    }
    fs::write(path, octets).unwrap();
}

#[test]
fn a_damaged_page_is_found_and_from_then_on_nothing_is_written() {
    for name in [
        "person",
        "certificate",
        "certificate_public_key",
        "audit_log",
    ] {
        let (_folder, path) = file();
        let storage = SqliteStorage::open(&path).unwrap();
        let mut unit = storage.begin().unwrap();
        let person = given::person(&mut *unit, 1);
        let issuer = given::issuer(&mut *unit, "one");
        unit.audit_log().append(&given::event("a")).unwrap();
        given::certificate(&mut *unit, &given::new_certificate(issuer, Some(person), 1));
        unit.commit().unwrap();
        drop(storage);
        damage(&path, name);
        let storage = SqliteStorage::open_existing(&path).unwrap();
        let damaged = |result: Result<(), StorageError>| {
            assert!(
                matches!(result, Err(StorageError::Damaged(_))),
                "{name}: {result:?}"
            );
        };
        damaged(storage.check());
        damaged(storage.glance());
        let mut unit = storage.begin().unwrap();
        let write = |unit: &mut dyn UnitOfWork| -> Result<(), StorageError> {
            unit.audit_log().append(&given::event("b"))?;
            unit.persons().insert(&given::new_person(2), given::at(1))?;
            unit.certificates()
                .intend(&given::new_certificate(issuer, Some(person), 2))?;
            Ok(())
        };
        damaged(write(&mut *unit));
        drop(unit);
        damaged(storage.begin().map(drop));
    }
}

#[test]
fn a_witness_remembers_what_an_older_copy_lacks() {
    let (folder, path) = file();
    let witness = folder.path().join("tanba.witness");
    let open = || SqliteStorage::open(&path).unwrap().witnessed_by(&witness);
    let storage = open().unwrap();
    let event = |storage: &SqliteStorage, name: &str| {
        let mut unit = storage.begin().unwrap();
        unit.audit_log().append(&given::event(name)).unwrap();
        unit.commit().unwrap();
    };
    event(&storage, "a");
    drop(storage);
    let old = fs::read(&path).unwrap();
    let storage = open().unwrap();
    event(&storage, "b");
    let before = fs::read(&witness).unwrap();
    storage.testify().unwrap();
    assert_ne!(fs::read(&witness).unwrap(), before, "not only at the end");
    drop(storage);
    fs::write(&path, &old).unwrap();
    let refused = open().unwrap_err();
    assert!(
        matches!(&refused, WitnessError::Backwards { missing, .. } if missing.starts_with("1 events")),
        "{refused:?}"
    );
    // One that goes on from the older state gets longer, but not the same.
    let storage = SqliteStorage::open_existing(&path).unwrap();
    event(&storage, "c");
    event(&storage, "d");
    drop(storage);
    assert!(matches!(open(), Err(WitnessError::Backwards { .. })));
    fs::remove_file(&witness).unwrap();
    assert!(matches!(open(), Err(WitnessError::Absent)));
}

#[test]
fn two_programs_write_the_witness_in_turn() {
    let (folder, path) = file();
    let witness = folder.path().join("tanba.witness");
    let open = || {
        SqliteStorage::open(&path)
            .unwrap()
            .witnessed_by(&witness)
            .unwrap()
    };
    let programs = [open(), open()];
    std::thread::scope(|scope| {
        for storage in &programs {
            scope.spawn(move || {
                for round in 0..200 {
                    let mut unit = storage.begin().unwrap();
                    unit.audit_log()
                        .append(&given::event(&round.to_string()))
                        .unwrap();
                    unit.commit().unwrap();
                    storage.testify().unwrap();
                }
            });
        }
    });
    drop(programs);
    drop(open());
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().contains("witness-new"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_copy_is_written_where_nothing_is_and_takes_nothing_away() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    drop(SqliteStorage::open(at("tanba.sqlite")).unwrap());
    SqliteStorage::copy(at("tanba.sqlite"), &at("copy")).unwrap();
    let first = fs::read(at("copy")).unwrap();
    // Somebody else made one of this name meanwhile: his stays.
    let refused = SqliteStorage::copy(at("tanba.sqlite"), &at("copy")).unwrap_err();
    assert_eq!(refused.to_string(), "the file of the copy cannot be made");
    assert_eq!(fs::read(at("copy")).unwrap(), first);
    // A link that leads elsewhere is not followed.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(at("elsewhere"), at("link")).unwrap();
        SqliteStorage::copy(at("tanba.sqlite"), &at("link")).unwrap_err();
        assert!(!at("elsewhere").exists());
        assert!(at("link").is_symlink());
    }
}

#[test]
fn a_look_finds_damage_of_any_page_and_an_index_that_says_something_else() {
    let (_folder, path) = file();
    let storage = SqliteStorage::open(&path).unwrap();
    let mut unit = storage.begin().unwrap();
    let person = given::person(&mut *unit, 1);
    let issuer = given::issuer(&mut *unit, "one");
    given::certificate(&mut *unit, &given::new_certificate(issuer, Some(person), 1));
    unit.commit().unwrap();
    drop(storage);
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("VACUUM").unwrap();
    let number = |sql: &str| {
        let number = connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        usize::try_from(number.unwrap()).unwrap()
    };
    let (size, pages) = (number("PRAGMA page_size"), number("PRAGMA page_count"));
    let index = number("SELECT rootpage FROM sqlite_schema WHERE name = 'certificate_public_key'");
    assert_eq!(number("PRAGMA freelist_count"), 0, "nothing reads those");
    drop(connection);
    let good = fs::read(&path).unwrap();
    let look = |octets: &[u8]| {
        fs::write(&path, octets).unwrap();
        match SqliteStorage::open_existing(&path) {
            Ok(storage) => storage.glance().is_err(),
            Err(_) => true,
        }
    };
    assert!(!look(&good));
    for page in 1..pages {
        let mut octets = good.clone();
        for word in octets[page * size..(page + 1) * size].chunks_mut(4) {
            word.copy_from_slice(&[0xDE, 0xAD, 0xBE, 0xEF]);
        }
        assert!(look(&octets), "page {}", page + 1);
    }
    // Its only entry names another row; the page is well formed.
    let mut octets = good;
    octets[index * size - 1] ^= 0x40;
    assert!(look(&octets));
}
