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

/// As programs of before wrote it: two could share a second and a reason, and at first nothing was said of which keys it was.
fn import_as_before(storage: &dyn Storage, numbers: Range<u32>, reason: &str, says_which: bool) {
    let mut digests: Vec<[u8; 32]> = numbers.map(listed).collect();
    digests.sort_unstable();
    for piece in digests.chunks(2_000) {
        let mut unit = storage.begin().unwrap();
        for digest in piece {
            let key = BlockedKey {
                public_key_sha256: *digest,
                at: later(3),
                source: BlockSource::List,
                reason: reason.to_owned(),
                attestation: None,
            };
            assert!(unit.keys().block(&key).unwrap());
        }
        unit.commit().unwrap();
        let count = u64::try_from(piece.len()).unwrap();
        let said = ListedKeys {
            read: count,
            new: count,
            sha256: says_which.then(|| tanba_crypto::sha256(piece.as_flattened())),
            reason: reason.to_owned(),
        };
        let detail = said.evidence();
        event(
            storage,
            "key.block-list",
            "keys".to_owned(),
            detail,
            later(3),
        );
    }
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
                let _ = import(storage, &path, "why", &Actor::System, &|| later(20)).unwrap();
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
        import_as_before(storage, numbers, "a list", true);
    }
    assert_eq!(compared(storage).0, [""; 0]);
    let sql = "DROP TRIGGER blocked_key_stays;
        DELETE FROM blocked_key WHERE public_key_sha256 = (SELECT min(public_key_sha256) FROM blocked_key)";
    let storage = SqliteStorage::open(house.copy(1, sql)).unwrap();
    assert_eq!(compared(&storage).0, ["blocked-list"]);
}

#[test]
fn keys_of_a_list_of_before_are_put_back_by_a_list_of_its_size_alone() {
    let taken = format!(
        "{KEYS} DELETE FROM blocked_key WHERE reason = 'old' AND public_key_sha256 > x'90'"
    );
    for (count, says_which) in [(60, false), (3_000, false), (60, true)] {
        let house = House::new();
        let storage = house.storage.as_ref();
        import_as_before(storage, 0..count, "old", says_which);
        if says_which {
            import_as_before(storage, count..count + 60, "old", says_which);
        }
        assert_eq!(compared(storage).0, [""; 0]);
        let path = house.copy(1, &taken);
        let storage = SqliteStorage::open(&path).unwrap();
        assert_eq!(compared(&storage).0, ["blocked-list"]);
        // Lists and keys that have nothing to do with it, as many as are missing among them.
        import(&storage, 9_000..9_070, "another", later(20));
        block_one(&storage, [7; 32], later(21));
        let list = storage
            .snapshot()
            .unwrap()
            .keys()
            .blocked_after(None, 10_000)
            .unwrap();
        let left = list.iter().filter(|row| row.reason == "old").count();
        let all = if says_which {
            120
        } else {
            usize::try_from(count).unwrap()
        };
        let missing = u32::try_from(all - left).unwrap();
        import(&storage, 20_000..20_000 + missing, "as many", later(22));
        assert_eq!(compared(&storage).0, ["blocked-list"], "{count}");
        if !says_which {
            import(&storage, 0..count, "old, once more", later(23));
            assert_eq!(compared(&storage).0, [""; 0], "{count}");
        }
        if (count, says_which) == (60, false) {
            // The number is all that is known of it, so that another list of as many keys stands for it, too.
            let sql = format!("{KEYS} DELETE FROM blocked_key WHERE reason = 'old'");
            for (number, size, expected) in [(2, 60, &[][..]), (3, 61, &["blocked-list"])] {
                let copy = SqliteStorage::open(house.copy(number, &sql)).unwrap();
                import(&copy, 30_000..30_000 + size, "another", later(24));
                assert_eq!(compared(&copy).0, expected, "{size}");
            }
        }
        let again = "DROP TRIGGER IF EXISTS blocked_key_stays; DELETE FROM blocked_key WHERE public_key_sha256 =
            (SELECT min(public_key_sha256) FROM blocked_key WHERE reason = 'old')";
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch(again)
            .unwrap();
        assert_eq!(compared(&storage).0, ["blocked-list"], "{count}");
    }
}

type Step<'a> = (
    &'a dyn Fn(&SqliteStorage, &rusqlite::Connection),
    &'a [&'static str],
);

/// Does one thing after the other, and looks after each.
fn steps(number: usize, house: &House, steps: &[Step<'_>]) {
    let path = house.copy(number, STAFF);
    let storage = SqliteStorage::open(&path).unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .pragma_update(None, "foreign_keys", false)
        .unwrap();
    for (place, (step, expected)) in steps.iter().enumerate() {
        step(&storage, &connection);
        assert_eq!(
            compared(&storage).0,
            *expected,
            "case {number}, step {place}"
        );
    }
}

fn sql(text: &'static str) -> impl Fn(&SqliteStorage, &rusqlite::Connection) {
    move |_, connection| connection.execute_batch(text).unwrap()
}

#[test]
fn whoever_was_entered_again_may_go_and_come_and_her_old_row_may_not() {
    let house = house();
    let missing: &[&str] = &["staff-missing"];
    let taken = sql("DELETE FROM staff WHERE id = 1");
    let back = sql("INSERT INTO staff (id, person_id, role, since)
        SELECT 1, person_id, role, since FROM staff WHERE person_id = (SELECT min(id) FROM person) LIMIT 1");
    let ended = sql("UPDATE staff SET until = since + 1 WHERE id = 1");
    steps(
        1,
        &house,
        &[
            (&taken, missing),
            (&|storage, _| employ_at(storage, 1, 20, None), &[]),
            (&|storage, _| dismiss_at(storage, 1, 30), &[]),
            (&|storage, _| employ_at(storage, 1, 31, None), &[]),
            (&|storage, _| dismiss_at(storage, 1, 40), &[]),
            (&back, &["staff-other"]),
        ],
    );
    steps(
        2,
        &house,
        &[
            (&ended, &["staff-other"]),
            (&|storage, _| employ_at(storage, 1, 20, None), &[]),
            (&|storage, _| dismiss_at(storage, 1, 30), &[]),
        ],
    );
    let other =
        &|storage: &SqliteStorage, _: &rusqlite::Connection| employ_at(storage, 3, 20, None);
    // The number of the newest row is given again.
    let newest = sql("DELETE FROM staff WHERE id = 3");
    steps(
        3,
        &house,
        &[
            (&|storage, _| employ_at(storage, 1, 100, None), &[]),
            (&newest, missing),
            (other, missing),
            (&|storage, _| employ_at(storage, 1, 110, None), &[]),
            (&|storage, _| dismiss_at(storage, 3, 120), &[]),
        ],
    );
    // Nothing stands for work that is over.
    let over = sql("DELETE FROM staff WHERE id = 2");
    steps(4, &house, &[(&over, missing), (other, missing)]);
}

#[test]
fn whoever_is_known_by_her_role_alone_is_entered_again() {
    let house = house();
    house.sql("INSERT INTO staff (id, person_id, role, since) SELECT 3, max(id), 'auditor', 1 FROM person");
    let (storage, said) = (house.storage.as_ref(), "auditor".to_owned());
    event(storage, "staff.add", "staff:3".to_owned(), said, later(6));
    house.sql("INSERT INTO staff (id, person_id, role, since) SELECT 4, max(id), 'auditor', 1 FROM person");
    let said = "auditor".to_owned();
    event(storage, "staff.add", "staff:4".to_owned(), said, later(6));
    let missing: &[&str] = &["staff-missing"];
    let taken = sql("DELETE FROM staff WHERE id >= 3");
    steps(
        1,
        &house,
        &[
            (&taken, &["staff-missing", "staff-missing"]),
            (&|storage, _| employ_at(storage, 3, 20, None), missing),
            (&|storage, _| employ_at(storage, 2, 20, None), &[]),
            (&|storage, _| dismiss_at(storage, 3, 30), &[]),
        ],
    );
}

#[test]
fn the_end_of_work_that_was_not_entered_so_is_told() {
    let house = house();
    let told = |number: usize, change: &str| {
        let storage = SqliteStorage::open(house.copy(number, change)).unwrap();
        let member = dismiss(&storage, &iin(1), &Actor::System, later(20)).unwrap();
        let mut unit = storage.snapshot().unwrap();
        was_ended_as_another(unit.as_mut(), &member).unwrap()
    };
    assert!(!told(1, ""));
    assert!(told(
        2,
        &format!("{STAFF} UPDATE staff SET role = 'administrator' WHERE id = 1")
    ));
    assert!(told(3, "UPDATE staff SET until = NULL WHERE id = 1"));
    let unknown = "INSERT INTO staff (id, person_id, role, since) SELECT 9, min(id), 'auditor', 1 FROM person;";
    assert!(told(4, &format!("{STAFF} DELETE FROM staff; {unknown}")));
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
