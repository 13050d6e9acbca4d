//! Files that are entered, and files that are not.

use std::fmt::Write as _;

use tanba_model::iin::Iin;
use tanba_storage::SqliteStorage;

use super::*;

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
