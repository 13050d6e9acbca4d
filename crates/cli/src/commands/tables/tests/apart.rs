//! What hides nothing else, and what is quiet when it is gone.

use super::*;

#[test]
fn a_cell_that_cannot_be_read_hides_neither_the_people_behind_it_nor_other_tables() {
    let house = House::new();
    let people: Vec<_> = (1..=3).map(|number| house.certify(number).person).collect();
    let [Some(_), Some(second), Some(third)] = people[..] else {
        panic!("three people");
    };
    assert_eq!(compared(house.storage.as_ref()).0, [""; 0]);
    let sql = format!(
        "UPDATE person SET email = 'evil' WHERE id = {second};
         UPDATE person SET email = 'evil@example.kz' WHERE id = {third};
         INSERT INTO issuance_stop (issuer_id, profile, since, reason) VALUES (2, '', 5, 'none');"
    );
    let storage = SqliteStorage::open(house.copy(1, &sql)).unwrap();
    let (mut codes, _) = compared(&storage);
    codes.sort_unstable();
    assert_eq!(
        codes,
        ["person-channels", "person-unreadable", "stop-unknown"]
    );
}

#[test]
fn somebody_who_was_put_there_and_looked_at_or_frozen_is_quiet_when_the_row_is_gone() {
    let house = House::new();
    let _ = house.certify(1);
    let sql = "INSERT INTO person (id, iin, surname, given_name, language, created_at)
               SELECT 50, '900101300017', surname, given_name, language, created_at FROM person LIMIT 1";
    let path = house.copy(1, sql);
    let storage = SqliteStorage::open(&path).unwrap();
    assert_eq!(compared(&storage).0, ["person-unknown"]);
    for action in [
        "desk.look",
        "person.update",
        "person.email.refused",
        "person.freeze",
    ] {
        let detail = String::new();
        event(&storage, action, "person:50".to_owned(), detail, later(9));
        assert!(compared(&storage).0.contains(&"person-unknown"));
    }
    drop(storage);
    let gone = "DROP TRIGGER person_stays; DELETE FROM person WHERE id = 50";
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch(gone).unwrap();
    let storage = SqliteStorage::open(&path).unwrap();
    assert_eq!(compared(&storage).0, [""; 0]);
}

/// An application that cannot be read, with a number of another share.
const FAR: &str = "INSERT INTO application (id, number, person_id, kind, state, state_at, created_at, region, settlement, keystore)
    SELECT 250001, 'far', person_id, kind, 'DRAFT', state_at, created_at, region, settlement, 'nonsense'
    FROM application WHERE id = 1;";

#[test]
fn an_application_that_cannot_be_read_hides_neither_those_behind_it_nor_other_tables() {
    let (house, _, _, person) = signed::desk();
    assert_eq!(compared(house.storage.as_ref()).0, [""; 0]);
    let triggers =
        "DROP TRIGGER application_is_what_was_signed; DROP TRIGGER first_application_is_not_edited;
        DROP TRIGGER first_application_is_what_was_signed;";
    let first = "UPDATE application SET keystore = 'nonsense' WHERE id = 1;";
    // The second one was decided on, and its first part is read beside it.
    let second = "UPDATE first_application SET email = 'nonsense' WHERE application_id = 2;";
    let other = "UPDATE application SET region = '10' WHERE id = 2;";
    let address = format!("UPDATE person SET email = 'evil@example.kz' WHERE id = {person};");
    for (number, (sql, expected)) in [
        (
            format!("{address} {FAR}"),
            &["person-channels", "deed-other", "application-unreadable"][..],
        ),
        (
            format!("{triggers} {first} {other}"),
            &["application-signature", "application-unreadable"],
        ),
        (
            format!("{triggers} {first} {second} {FAR}"),
            &["application-unreadable"; 3],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let storage = SqliteStorage::open(house.copy(number, &sql)).unwrap();
        let (mut codes, _) = compared(&storage);
        codes.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(codes, expected, "{sql}");
    }
}
