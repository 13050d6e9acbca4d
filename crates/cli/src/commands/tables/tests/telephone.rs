//! Telephones of people of whom the log says addresses and telephones in one.

use tanba_model::id::PersonId;

use super::*;

/// Somebody who was entered by a program that said so.
fn entered(house: &House) -> i64 {
    let storage = house.storage.as_ref();
    let mut unit = storage.begin().unwrap();
    let id = unit.persons().insert(&her(1), NOW).unwrap();
    let row = unit.persons().find(id).unwrap().unwrap();
    let detail = facts::telephone_detail(unit.as_mut(), &row, "").unwrap();
    unit.commit().unwrap();
    let channels = detail.split(' ').next().unwrap();
    let channels = channels.replace("before=", "channels=");
    event(
        storage,
        "person.import",
        format!("person:{id}"),
        channels,
        NOW,
    );
    id.0
}

/// She has another number, or none, from now on.
fn change(storage: &dyn Storage, id: i64, number: Option<&str>, says_before: bool) {
    let id = PersonId(id);
    let number = number.map(|number| PhoneNumber::parse(number).unwrap());
    let mut unit = storage.begin().unwrap();
    let before = unit.persons().find(id).unwrap().unwrap();
    unit.persons()
        .set_phone(id, number.as_ref(), Some(later(9)))
        .unwrap();
    let detail = if says_before {
        facts::telephone_detail(unit.as_mut(), &before, "").unwrap()
    } else {
        facts::detail(unit.as_mut(), id, "", &[Fact::Telephone]).unwrap()
    };
    unit.commit().unwrap();
    let action = match number {
        Some(_) => "person.phone-change",
        None => "person.phone-remove",
    };
    event(storage, action, format!("person:{id}"), detail, later(9));
}

fn evil(path: &std::path::Path) {
    let sql = "UPDATE person SET email = 'evil@example.kz'";
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[test]
fn an_address_that_was_put_there_stays_found_after_a_telephone_was_changed() {
    let house = House::new();
    let id = entered(&house);
    assert_eq!(compared(house.storage.as_ref()).0, [""; 0]);
    let path = house.copy(1, "");
    evil(&path);
    let storage = SqliteStorage::open(&path).unwrap();
    assert_eq!(compared(&storage).0, ["person-channels"]);
    for number in [None, Some("+77010000000"), None] {
        change(&storage, id, number, true);
        let (codes, now) = compared(&storage);
        assert_eq!(codes, ["person-channels"]);
        assert_eq!((now.people, now.not_comparable), (1, 0));
    }
    // Until somebody sets it.
    let person = PersonId(id);
    let mut unit = storage.begin().unwrap();
    let detail = facts::detail(unit.as_mut(), person, "", &[Fact::Address]).unwrap();
    unit.commit().unwrap();
    let object = format!("person:{id}");
    event(&storage, "person.email-change", object, detail, later(10));
    let (codes, now) = compared(&storage);
    assert_eq!((codes, now.not_comparable), (vec![], 0));
}

#[test]
fn an_address_that_is_hers_is_known_after_a_telephone_was_changed() {
    let house = House::new();
    let id = entered(&house);
    for (copy, numbers) in [
        (1, &[None][..]),
        (2, &[Some("+77010000000"), None, Some("+77010000001")]),
    ] {
        let path = house.copy(copy, "");
        let storage = SqliteStorage::open(&path).unwrap();
        for number in numbers {
            change(&storage, id, *number, true);
            let (codes, now) = compared(&storage);
            assert_eq!((codes, now.not_comparable), (vec![], 0));
        }
        evil(&path);
        assert_eq!(compared(&storage).0, ["person-channels"]);
        change(&storage, id, Some("+77010000002"), true);
        assert_eq!(compared(&storage).0, ["person-channels"]);
    }
}

/// Nothing is left then by which the address could be known.
#[test]
fn an_address_is_counted_after_a_program_of_before_changed_the_telephone() {
    let house = House::new();
    let id = entered(&house);
    change(house.storage.as_ref(), id, None, false);
    let (codes, now) = compared(house.storage.as_ref());
    assert_eq!((codes, now.not_comparable), (vec![], 1));
}
