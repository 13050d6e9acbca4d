//! What was put right as the handbook says is quiet, and what was done to it afterwards is not.

use super::*;

type Repair = fn(&dyn Storage);

const KEYS: &str = "DROP TRIGGER blocked_key_stays; DROP TRIGGER blocked_key_is_not_edited;";
const STAFF: &str = "DROP TRIGGER staff_stays; DROP TRIGGER staff_is_what_it_was;";

/// Block the seventh key again.
fn block_again(storage: &dyn Storage) {
    block_one(storage, [7; 32], later(20));
}

fn block_one(storage: &dyn Storage, digest: [u8; 32], at: Timestamp) {
    let key = BlockedKey {
        public_key_sha256: digest,
        at,
        source: BlockSource::Administrator,
        reason: "again".to_owned(),
        attestation: None,
    };
    let mut unit = storage.begin().unwrap();
    assert!(
        block_key(unit.as_mut(), &key, &Actor::System, "")
            .unwrap()
            .is_new
    );
    unit.commit().unwrap();
}

fn import_again(storage: &dyn Storage) {
    import(storage, 0..5_000, "a list, once more", later(20));
}

/// The digest of a number, as [`import`] writes it.
fn listed(number: u32) -> [u8; 32] {
    let mut digest = [0; 32];
    digest[..4].copy_from_slice(&number.reverse_bits().to_be_bytes());
    digest[31] = 9;
    digest
}

fn dismiss_at(storage: &dyn Storage, number: u32, seconds: u64) {
    dismiss(storage, &iin(number), &Actor::System, later(seconds)).unwrap();
}

fn employ_at(storage: &dyn Storage, number: u32, seconds: u64, until: Option<u64>) {
    let centres = Centres::kazakhstan(&Gazetteer::kazakhstan().unwrap()).unwrap();
    let work = Employment {
        role: Role::Auditor,
        centre: None,
        since: later(seconds),
        until: until.map(later),
    };
    employ(
        storage,
        &centres,
        &iin(number),
        &work,
        &Actor::System,
        later(seconds),
    )
    .unwrap();
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of what can be put right")]
fn whatever_was_put_right_is_quiet() {
    let house = house();
    let one = |number: u32| {
        let digits = tanba_pki::hex::encode(&listed(number));
        format!("DELETE FROM blocked_key WHERE public_key_sha256 = x'{digits}';")
    };
    let inserted = "INSERT INTO staff (person_id, role, since)
        SELECT id, 'administrator', 1 FROM person WHERE id = (SELECT max(id) FROM person);";
    let cases: [(String, &str, Repair); 11] = [
        (
            format!("{KEYS} DELETE FROM blocked_key WHERE source = 'administrator'"),
            "blocked-missing",
            block_again,
        ),
        (
            format!("{KEYS} DELETE FROM blocked_key WHERE source = 'administrator'"),
            "blocked-missing",
            |storage| {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("list.txt");
                std::fs::write(&path, tanba_pki::hex::encode(&[7; 32])).unwrap();
                let import = crate::commands::key::block::import;
                let _ = import(storage, &path, "why", &Actor::System, later(20)).unwrap();
            },
        ),
        (
            format!("{KEYS} {}", one(3_000)),
            "blocked-list",
            import_again,
        ),
        (
            format!(
                "{KEYS} DELETE FROM blocked_key WHERE source = 'list' AND public_key_sha256 > x'90'"
            ),
            "blocked-list",
            import_again,
        ),
        // With keys that were not in it.
        (
            format!("{KEYS} {}", one(3_000)),
            "blocked-list",
            |storage| {
                import(storage, 0..5_050, "a longer list", later(20));
            },
        ),
        (
            format!("{KEYS} {}", one(3_000)),
            "blocked-list",
            |storage| {
                block_one(storage, listed(9_000), later(20));
                block_one(storage, listed(3_000), later(21));
                import(storage, 7_000..7_100, "another list", later(22));
            },
        ),
        (inserted.to_owned(), "staff-unknown", |storage| {
            dismiss_at(storage, 3, 20)
        }),
        (
            format!("{STAFF} UPDATE staff SET role = 'administrator' WHERE id = 1"),
            "staff-other",
            |storage| {
                dismiss_at(storage, 1, 20);
                employ_at(storage, 1, 21, Some(90));
            },
        ),
        (
            "UPDATE staff SET until = NULL WHERE id = 1".to_owned(),
            "staff-other",
            |storage| {
                dismiss_at(storage, 1, 20);
            },
        ),
        (
            format!("{STAFF} DELETE FROM staff WHERE id = 1"),
            "staff-missing",
            |storage| {
                employ_at(storage, 1, 20, Some(90));
            },
        ),
        // The number of the row is given again.
        (
            format!("{inserted} {STAFF} DELETE FROM staff WHERE id > 2"),
            "",
            |storage| employ_at(storage, 3, 20, None),
        ),
    ];
    for (number, (sql, before, repair)) in cases.iter().enumerate() {
        let path = house.copy(number, sql);
        let storage = SqliteStorage::open(&path).unwrap();
        let (codes, _) = compared(&storage);
        assert_eq!(codes.first().copied().unwrap_or_default(), *before, "{sql}");
        repair(&storage);
        let (codes, _) = compared(&storage);
        assert_eq!(codes, [""; 0], "case {number}: {sql}");
    }
}

#[test]
fn what_is_done_after_it_was_put_right_is_found() {
    let house = house();
    let cases: [(String, Repair, String, &str); 6] = [
        (
            format!("{KEYS} DELETE FROM blocked_key WHERE source = 'administrator'"),
            block_again,
            "DELETE FROM blocked_key WHERE source = 'administrator'".to_owned(),
            "blocked-missing",
        ),
        (
            format!(
                "{KEYS} DELETE FROM blocked_key WHERE source = 'list' AND public_key_sha256 > x'90'"
            ),
            import_again,
            "DELETE FROM blocked_key WHERE public_key_sha256 =
                (SELECT min(public_key_sha256) FROM blocked_key WHERE reason = 'a list')"
                .to_owned(),
            "blocked-list",
        ),
        (
            // Another list does not stand for the key that is missing.
            format!(
                "{KEYS} DELETE FROM blocked_key WHERE public_key_sha256 = x'{}'",
                tanba_pki::hex::encode(&listed(3_000))
            ),
            |storage| import(storage, 7_000..7_001, "another list", later(20)),
            String::new(),
            "blocked-list",
        ),
        (
            format!("{STAFF} UPDATE staff SET role = 'administrator' WHERE id = 1"),
            |storage| dismiss_at(storage, 1, 20),
            "UPDATE staff SET role = 'auditor' WHERE id = 1".to_owned(),
            "staff-other",
        ),
        (
            format!("{STAFF} UPDATE staff SET role = 'administrator' WHERE id = 1"),
            |storage| dismiss_at(storage, 1, 20),
            "UPDATE staff SET until = NULL WHERE id = 1".to_owned(),
            "staff-other",
        ),
        (
            // Whoever worked until a day and came back was not put back.
            STAFF.to_owned(),
            |storage| employ_at(storage, 1, 100, None),
            "DELETE FROM staff WHERE id = 1".to_owned(),
            "staff-missing",
        ),
    ];
    for (number, (sql, repair, after, expected)) in cases.iter().enumerate() {
        let path = house.copy(number, sql);
        let storage = SqliteStorage::open(&path).unwrap();
        repair(&storage);
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch(after).unwrap();
        drop(connection);
        let (codes, _) = compared(&storage);
        assert_eq!(codes, [*expected], "case {number}: {sql}");
    }
}

#[test]
fn two_imports_of_one_second_and_reason_are_compared_by_number() {
    let house = House::new();
    let storage = house.storage.as_ref();
    for numbers in [0..3_000, 3_000..6_000] {
        import(storage, numbers, "a list", later(3));
    }
    assert_eq!(compared(storage).0, [""; 0]);
    let sql = "DROP TRIGGER blocked_key_stays;
        DELETE FROM blocked_key WHERE public_key_sha256 = (SELECT min(public_key_sha256) FROM blocked_key)";
    let storage = SqliteStorage::open(house.copy(1, sql)).unwrap();
    assert_eq!(compared(&storage).0, ["blocked-list"]);
}

/// Programs of before still run on this database, and say nothing of it.
#[test]
fn whoever_was_changed_by_a_program_of_before_is_counted_and_no_fault() {
    let house = house();
    for (number, (action, column)) in [
        ("person.email", "email = 'new@example.kz'"),
        ("person.email-change", "email = 'new@example.kz'"),
        ("person.phone-back", "phone = '+77010000000'"),
    ]
    .iter()
    .enumerate()
    {
        let change = format!("UPDATE person SET {column} WHERE id = (SELECT min(id) FROM person)");
        let storage = SqliteStorage::open(house.copy(number, &change)).unwrap();
        assert_eq!(compared(&storage).0, ["person-channels"]);
        event(
            &storage,
            "person.language",
            "person:1".to_owned(),
            "kk".to_owned(),
            later(9),
        );
        assert_eq!(compared(&storage).0, ["person-channels"]);
        event(
            &storage,
            action,
            "person:1".to_owned(),
            String::new(),
            later(9),
        );
        let (codes, now) = compared(&storage);
        assert_eq!(codes, [""; 0], "{action}");
        assert_eq!((now.people, now.not_comparable), (3, 1));
    }
}
