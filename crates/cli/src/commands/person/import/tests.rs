//! Files that are entered, and files that are not.

use std::fmt::Write as _;

use tanba_model::iin::Iin;
use tanba_storage::SqliteStorage;

use super::*;

mod before;

const NOW: Timestamp = Timestamp::from_unix(1_795_500_000);
fn strict() -> How {
    How {
        skip_bad: false,
        update: false,
        texts: TextsSection::default(),
    }
}

struct Table {
    folder: tempfile::TempDir,
    storage: SqliteStorage,
}

impl Table {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = SqliteStorage::open(folder.path().join("tanba.sqlite")).unwrap();
        Self { folder, storage }
    }

    fn import(&self, text: &str, how: &How) -> Result<(Imported, Faults), Faults> {
        let file = self.folder.path().join("people.csv");
        std::fs::write(&file, text).unwrap();
        import(&self.storage, &file, how, &Actor::System, NOW).unwrap()
    }

    fn find(&self, iin: &Iin) -> Option<(Person, (String, bool))> {
        let mut unit = self.storage.snapshot().unwrap();
        let person = unit.persons().find_by_iin(iin).unwrap()?;
        let source = unit.persons().source(person.id).unwrap().unwrap();
        Some((person, source))
    }
}

fn iin(number: usize) -> Iin {
    let body = |skip: usize| format!("85{:09}", number * 10 + skip);
    (0..10).find_map(|skip| Iin::complete(&body(skip))).unwrap()
}

#[test]
fn one_wrong_line_keeps_everybody_out_unless_it_is_skipped() {
    let table = Table::new();
    let mut text = "iin,surname,given_name\n".to_owned();
    for number in 0..1500 {
        let _ = writeln!(text, "{},A,B", iin(number).as_str());
    }
    let _ = writeln!(text, "123,A,B\n{},A,B", iin(7).as_str());
    let faults = table.import(&text, &strict()).unwrap_err();
    assert_eq!(
        faults.told(),
        "line 1502: an IIN has exactly 12 digits\nline 1503: the same IIN stands in an earlier line"
    );
    assert!(table.find(&iin(0)).is_none());
    let skip = How {
        skip_bad: true,
        ..strict()
    };
    let (imported, _) = table.import(&text, &skip).unwrap();
    assert_eq!((imported.entered, imported.skipped), (1500, 2));
    let (again, _) = table.import(&text, &skip).unwrap();
    assert_eq!((again.entered, again.already_there), (0, 1500));
}

#[test]
fn what_cannot_be_read_twice_is_refused_at_once() {
    use std::os::unix::net::UnixListener;
    let table = Table::new();
    let socket = table.folder.path().join("people.csv");
    let _open = UnixListener::bind(&socket).unwrap();
    for file in [socket.as_path(), table.folder.path()] {
        let refused = import(&table.storage, file, &strict(), &Actor::System, NOW);
        let told = refused.unwrap_err().to_string();
        assert!(
            told.contains("is no file but a pipe") && told.contains("nobody"),
            "{told}"
        );
    }
    assert!(table.find(&iin(0)).is_none());
}

#[test]
fn a_telephone_comes_with_whoever_is_entered_and_never_in_place_of_what_she_chose() {
    let table = Table::new();
    let line = |phone: &str| {
        format!(
            "iin,surname,given_name,phone\n{},A,B,{phone}\n",
            iin(1).as_str()
        )
    };
    let phone = || {
        let (person, _) = table.find(&iin(1)).unwrap();
        person.phone.map(|phone| phone.as_str().to_owned())
    };
    let faults = table
        .import(&line("8 701 123 45 67"), &strict())
        .unwrap_err();
    assert_eq!(
        faults.told(),
        "line 2: the telephone begins with 8: write it with the country, +7 701 … in place of 8 701 …"
    );
    table.import(&line("+7 701 123 45 67"), &strict()).unwrap();
    assert_eq!(phone().as_deref(), Some("+77011234567"));
    let update = How {
        update: true,
        ..strict()
    };
    let (again, _) = table.import(&line("+77770000000"), &update).unwrap();
    assert_eq!((again.updated, again.already_there), (0, 1));
    assert_eq!(phone().as_deref(), Some("+77011234567"));
}

#[test]
fn another_name_is_replaced_only_when_that_is_asked_for() {
    let table = Table::new();
    let line = |name: &str, died: &str| {
        format!(
            "iin,surname,given_name,deceased\n{},{name},B,{died}\n",
            iin(1).as_str()
        )
    };
    table.import(&line("A", ""), &strict()).unwrap();
    let faults = table.import(&line("C", ""), &strict()).unwrap_err();
    assert!(
        faults
            .told()
            .starts_with("line 2: the IIN is in the register under another name")
    );
    let update = How {
        update: true,
        ..strict()
    };
    let (imported, _) = table.import(&line("C", "yes"), &update).unwrap();
    assert_eq!((imported.updated, imported.entered), (1, 0));
    let (person, source) = table.find(&iin(1)).unwrap();
    assert_eq!(
        (person.surname.as_str(), source),
        ("C", ("table".to_owned(), true))
    );
    let (same, _) = table.import(&line("C", "yes"), &update).unwrap();
    assert_eq!((same.updated, same.already_there), (0, 1));
}

#[test]
fn a_telephone_to_which_no_text_message_goes_is_a_fault_of_its_line() {
    let table = Table::new();
    let text = format!(
        "iin,surname,given_name,phone\n{},A,B,+49 151 23456789\n{},A,B,+77011234567\n",
        iin(1).as_str(),
        iin(2).as_str()
    );
    let faults = table.import(&text, &strict()).unwrap_err().told();
    assert!(
        faults.starts_with("line 2: no text messages go to telephones of that country, only to +7")
    );
    assert!(
        faults.contains("ra.texts.prefixes") && !faults.contains("151"),
        "{faults}"
    );
    let skip = How {
        skip_bad: true,
        ..strict()
    };
    let (imported, told) = table.import(&text, &skip).unwrap();
    assert_eq!((imported.entered, imported.skipped), (1, 1));
    assert!(!told.is_empty() && table.find(&iin(1)).is_none());
    let mut wide = strict();
    wide.texts.prefixes.push("+49".to_owned());
    let (imported, _) = table.import(&text, &wide).unwrap();
    assert_eq!((imported.entered, imported.already_there), (1, 1));
}

#[test]
fn a_file_of_which_nobody_is_entered_says_so() {
    let table = Table::new();
    let skip = How {
        skip_bad: true,
        ..strict()
    };
    let (imported, _) = table
        .import("iin,surname,given_name\n123,A,B\n", &skip)
        .unwrap();
    assert!(imported.is_nobody());
    let good = format!("iin,surname,given_name\n{},A,B\n", iin(1).as_str());
    let (imported, _) = table.import(&good, &skip).unwrap();
    assert!(!imported.is_nobody());
    let (again, _) = table.import(&good, &skip).unwrap();
    assert!(!again.is_nobody(), "she is there already");
}

fn faults(storage: &SqliteStorage) -> Vec<(String, &'static str)> {
    let in_shares_of = |size: i64| {
        let mut found = Vec::new();
        let mut fault = |fault: tables::Fault| found.push((fault.object, fault.code));
        let _ = tables::in_shares(storage, size, &mut || true, &mut fault).unwrap();
        found
    };
    let (whole, mut shares) = (in_shares_of(1_000), in_shares_of(1));
    let mut sorted = whole.clone();
    sorted.sort_unstable();
    shares.sort_unstable();
    assert_eq!(
        sorted, shares,
        "whoever comes back has her record in another share"
    );
    whole
}

fn update() -> How {
    How {
        update: true,
        ..strict()
    }
}

const TRIGGERS: &str = "DROP TRIGGER person_is_who_she_is; DROP TRIGGER person_stays;";

/// Three people, and the file that they came from.
fn three() -> (Table, String) {
    let table = Table::new();
    let line = |number: usize| {
        let surname = ["A", "B", "C"][number - 1];
        format!(
            "{},{surname},B,a{number}@example.kz\n",
            iin(number).as_str()
        )
    };
    let text = format!(
        "iin,surname,given_name,email\n{}{}{}",
        line(1),
        line(2),
        line(3)
    );
    table.import(&text, &strict()).unwrap();
    assert_eq!(faults(&table.storage), []);
    (table, text)
}

impl Table {
    fn sql(&self, sql: &str) {
        let database = rusqlite::Connection::open(self.folder.path().join("tanba.sqlite"));
        database.unwrap().execute_batch(sql).unwrap();
    }

    fn swap(&self) {
        let [one, two] = [1, 2].map(|number| iin(number).as_str().to_owned());
        self.sql(&format!(
            "{TRIGGERS} UPDATE person SET iin = '-' WHERE id = 1; UPDATE person SET iin = '{one}' WHERE id = 2;
             UPDATE person SET iin = '{two}' WHERE id = 1"
        ));
    }
}

#[test]
fn numbers_that_were_put_to_others_are_no_truth_by_the_next_import() {
    let (table, text) = three();
    table.swap();
    let number = |id: u32| (format!("person:{id}"), "person-number");
    assert_eq!(faults(&table.storage), [number(1), number(2)]);
    let refused = table.import(&text, &update()).unwrap_err().into_list();
    assert_eq!(refused.len(), 2);
    let told = refused[0].to_string();
    assert!(told.contains("entered with another one"), "{told}");
    let (skipped, _) = table
        .import(
            &text,
            &How {
                skip_bad: true,
                ..update()
            },
        )
        .unwrap();
    assert_eq!((skipped.skipped, skipped.updated), (2, 0));
    assert_eq!(faults(&table.storage), [number(1), number(2)]);
    // An act that gives them other names all the same.
    let mut unit = table.storage.begin().unwrap();
    for id in [PersonId(1), PersonId(2)] {
        let set = [Fact::Number, Fact::Names, Fact::Register];
        let detail = facts::detail(unit.as_mut(), id, "", &set).unwrap();
        record(
            unit.as_mut(),
            "person.update",
            &detail,
            id,
            &Actor::System,
            NOW,
        )
        .unwrap();
    }
    unit.commit().unwrap();
    assert_eq!(faults(&table.storage), [number(1), number(2)]);
}

#[test]
fn whoever_was_put_into_the_register_is_not_entered_by_an_update() {
    let (table, text) = three();
    table.sql(&format!(
        "INSERT INTO person (iin, surname, given_name, email, language, created_at)
         VALUES ('{}', 'X', 'Y', 'thief@example.kz', 'kk', 1)",
        iin(4).as_str()
    ));
    let unknown = [("person:4".to_owned(), "person-unknown")];
    assert_eq!(faults(&table.storage), unknown);
    let more = format!("{text}{},L,B,\n", iin(4).as_str());
    let (updated, _) = table.import(&more, &update()).unwrap();
    assert_eq!(updated.updated, 1);
    assert_eq!(faults(&table.storage), unknown);
}

#[test]
fn an_address_that_was_put_there_stays_found_whatever_else_is_changed() {
    let (table, text) = three();
    table.sql("UPDATE person SET email = 'thief@example.kz', deceased = 1 WHERE id = 1");
    let found = ["person-channels", "person-identity"].map(|code| ("person:1".to_owned(), code));
    let act = |action: &str, set: &[Fact]| {
        let mut unit = table.storage.begin().unwrap();
        let id = PersonId(1);
        unit.persons().set_phone(id, None, None).unwrap();
        let detail = facts::detail(unit.as_mut(), id, "", set).unwrap();
        record(unit.as_mut(), action, &detail, id, &Actor::System, NOW).unwrap();
        unit.commit().unwrap();
    };
    act("person.phone-remove", &[Fact::Telephone]);
    act("person.names", &[Fact::Number, Fact::Names]);
    assert_eq!(faults(&table.storage), found);
    table.import(&text, &update()).unwrap();
    assert_eq!(faults(&table.storage), [found[0].clone()]);
    act("person.email", &[Fact::Address]);
    assert_eq!(faults(&table.storage), []);
}

#[test]
fn whoever_was_taken_away_and_is_entered_again_is_known_by_her_number() {
    let (table, text) = three();
    let missing = |id: u32| (format!("person:{id}"), "person-missing");
    table.sql(&format!("{TRIGGERS} DELETE FROM person WHERE id IN (1, 3)"));
    assert_eq!(faults(&table.storage), [missing(1), missing(3)]);
    // Somebody else gets the record of the last one.
    let other = format!("iin,surname,given_name\n{},K,B\n", iin(9).as_str());
    table.import(&other, &strict()).unwrap();
    assert_eq!(faults(&table.storage), [missing(3), missing(1)]);
    table.import(&text, &strict()).unwrap();
    assert_eq!(faults(&table.storage), []);
    table.sql("DELETE FROM person WHERE id = 3");
    assert_eq!(faults(&table.storage), [missing(3)]);
}

#[test]
fn a_freeze_goes_with_whoever_is_entered_again() {
    let (table, text) = three();
    let id = PersonId(1);
    let freeze = |id: PersonId, at: Option<Timestamp>, action: &str| {
        let mut unit = table.storage.begin().unwrap();
        unit.persons().set_frozen(id, at).unwrap();
        record(unit.as_mut(), action, "", id, &Actor::System, NOW).unwrap();
        unit.commit().unwrap();
    };
    freeze(id, Some(NOW), "person.freeze");
    table.sql(&format!("{TRIGGERS} DELETE FROM person WHERE id = 1"));
    table.import(&text, &strict()).unwrap();
    let again = table.find(&iin(1)).unwrap().0.id;
    assert_eq!(
        faults(&table.storage),
        [(format!("person:{again}"), "person-frozen")]
    );
    freeze(again, Some(NOW), "person.freeze");
    assert_eq!(faults(&table.storage), []);
    freeze(again, None, "person.release");
    assert_eq!(faults(&table.storage), []);
}

#[test]
fn whatever_the_register_says_anew_is_quiet() {
    let (table, text) = three();
    let renamed = format!(
        "iin,surname,given_name,email,deceased\n{},NEW,NAME,,yes\n",
        iin(2).as_str()
    );
    let (done, _) = table.import(&renamed, &update()).unwrap();
    assert_eq!(done.updated, 1);
    assert_eq!(faults(&table.storage), []);
    let (done, _) = table.import(&text, &update()).unwrap();
    assert_eq!((done.updated, done.already_there), (1, 2));
    assert_eq!(faults(&table.storage), []);
}
