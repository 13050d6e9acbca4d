//! Numbers of people far beyond all others: whoever writes to the file may give any.

use super::*;

/// The codes that are found, if the comparison ends before somebody who waits for it gives up.
fn found(storage: &dyn Storage) -> Option<Vec<String>> {
    let (mut looks, mut found) = (0, Vec::new());
    let ended = compare(
        storage,
        &mut || {
            looks += 1;
            looks < 100
        },
        &mut |fault| found.push(format!("{} {}", fault.object, fault.code)),
    )
    .unwrap();
    ended.map(|_| found)
}

/// Whoever stops a server waits for no page of any table.
#[test]
fn somebody_who_gives_up_waits_for_no_other_page() {
    let (house, ..) = signed::desk();
    let storage = house.storage.as_ref();
    let looks_until = |limit: usize| {
        let mut looks = 0;
        let mut go_on = || {
            looks += 1;
            looks < limit
        };
        let ended = compare(storage, &mut go_on, &mut |_| {}).unwrap();
        (ended.is_some(), looks)
    };
    let (ended, all) = looks_until(usize::MAX);
    assert!(ended);
    // One page of the log, and one of each of the tables of people, decisions, orders, revocations and applications.
    assert_eq!(all, 6);
    for limit in 1..=all {
        assert_eq!(looks_until(limit), (false, limit));
    }
}

#[test]
fn a_person_with_the_greatest_number_there_is_is_told_and_nobody_waits_for_those_between() {
    let house = house();
    let person = "INSERT INTO person (id, iin, surname, given_name, language, created_at)";
    let row = |id: i64, number: u32| {
        format!(
            "{person} VALUES ({id}, '{}', 'ТЕСТ', 'ТЕСТ', 'kk', 0);",
            iin(number).as_str()
        )
    };
    let sql = [row(i64::MAX, 7), row(1 << 40, 8), row(SHARE + 1, 9)].concat();
    let copy = SqliteStorage::open(house.copy(1, &sql)).unwrap();
    let told = found(&copy).expect("an end");
    let ids = [SHARE + 1, 1 << 40, i64::MAX];
    assert_eq!(told, ids.map(|id| format!("person:{id} person-unknown")));
    // The same of what the log alone speaks of, and of what it speaks of, too.
    let entered = |id: i64| {
        let object = format!("person:{id}");
        event(&copy, "person.import", object, String::new(), later(30));
    };
    entered(i64::MAX);
    entered(i64::MAX - SHARE);
    let told = found(&copy).expect("an end");
    let gone = format!("person:{} person-missing", i64::MAX - SHARE);
    assert!(told.contains(&gone), "{told:?}");
    assert!(!told.contains(&format!("person:{} person-unknown", i64::MAX)));
}
