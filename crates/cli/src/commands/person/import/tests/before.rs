//! People of whom the log has one digest of number, names and register together, as programs of schema 23 wrote it.

use tanba_model::audit::facts::KEY;
use tanba_model::person::NewPerson;

use super::*;

/// The event that such a program wrote when it entered somebody.
fn entered(unit: &mut dyn UnitOfWork, id: PersonId) {
    let key = unit.secrets().server_secret(KEY).unwrap().unwrap();
    let row = unit.persons().find(id).unwrap().unwrap();
    let number = id.to_string();
    let parts = [
        "identity",
        &number,
        row.iin.as_str(),
        &row.surname,
        &row.given_name,
        "",
        SOURCE,
        "",
    ];
    let digest = tanba_crypto::hmac_sha256(key.expose(), parts.join("\n").as_bytes());
    let digits = tanba_pki::hex::encode(&digest[..16]);
    let detail = format!("address confirmed identity={digits}");
    record(unit, "person.import", &detail, id, &Actor::System, NOW).unwrap();
}

fn line(number: usize, surname: &str, died: &str) -> String {
    format!("{},{surname},B,{died}\n", iin(number).as_str())
}

fn file(lines: &[String]) -> String {
    format!("iin,surname,given_name,deceased\n{}", lines.concat())
}

/// Two of them, who are B, C by their surnames.
fn two() -> Table {
    let table = Table::new();
    let mut unit = table.storage.begin().unwrap();
    for (number, surname) in [(1, "B"), (2, "C")] {
        let person = NewPerson {
            iin: iin(number),
            surname: surname.to_owned(),
            given_name: "B".to_owned(),
            patronymic: None,
            email: None,
            language: tanba_model::language::Language::Kk,
            phone: None,
        };
        let id = unit.persons().insert(&person, NOW).unwrap();
        entered(unit.as_mut(), id);
    }
    unit.commit().unwrap();
    assert_eq!(faults(&table.storage), []);
    table
}

#[test]
fn numbers_that_were_put_to_others_are_told_after_an_update_as_before() {
    let skip = How {
        skip_bad: true,
        ..update()
    };
    // With the names of their rows, and with those of the numbers, where only another register or a death is new.
    for (names, died) in [
        ("", ""),
        (
            "UPDATE person SET surname = CASE surname WHEN 'B' THEN 'C' ELSE 'B' END",
            "yes",
        ),
    ] {
        let table = two();
        table.swap();
        table.sql(names);
        let told = [1, 2].map(|id| (format!("person:{id}"), "person-identity"));
        assert_eq!(faults(&table.storage), told);
        let text = file(&[line(1, "B", died), line(2, "C", died)]);
        let refused = table.import(&text, &update()).unwrap_err().into_list();
        let words: Vec<String> = refused.iter().map(ToString::to_string).collect();
        assert_eq!(words.len(), 2, "{words:?}");
        assert!(words[0].contains("with another one"), "{words:?}");
        let (skipped, _) = table.import(&text, &skip).unwrap();
        assert_eq!((skipped.skipped, skipped.updated), (2, 0));
        assert_eq!(faults(&table.storage), told);
        // They are written back, and it goes on.
        table.sql(
            "DROP TRIGGER IF EXISTS person_is_who_she_is; UPDATE person SET iin = '-' WHERE id = 1",
        );
        table.sql(&format!(
            "UPDATE person SET iin = '{}' WHERE id = 2; UPDATE person SET iin = '{}' WHERE id = 1; {names}",
            iin(2).as_str(),
            iin(1).as_str()
        ));
        assert_eq!(faults(&table.storage), []);
        let text = file(&[line(1, "X", "yes"), line(2, "C", "")]);
        let (updated, _) = table.import(&text, &update()).unwrap();
        assert_eq!((updated.updated, updated.already_there), (1, 1));
        assert_eq!(faults(&table.storage), []);
    }
}

#[test]
fn names_that_were_changed_in_the_database_are_put_right_from_the_register() {
    let table = two();
    table.sql("UPDATE person SET surname = 'X', deceased = 1 WHERE id = 1");
    table.sql("UPDATE person SET source = 'another' WHERE id = 2");
    assert_eq!(faults(&table.storage).len(), 2);
    let text = file(&[line(1, "B", ""), line(2, "C", "")]);
    let (updated, _) = table.import(&text, &update()).unwrap();
    assert_eq!(updated.updated, 2);
    assert_eq!(faults(&table.storage), []);
}
