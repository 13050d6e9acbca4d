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

/// Whoever writes a few people far apart has the log read a few times, not for each.
#[test]
fn the_log_is_not_read_for_each_of_a_few_who_are_far_apart() {
    let house = house();
    let rows: String = (1..=300_i64)
        .map(|place| {
            let number = iin(u32::try_from(place).unwrap() + 20);
            format!(
                "INSERT INTO person (id, iin, surname, given_name, language, created_at)
                 VALUES ({}, '{}', 'ТЕСТ', 'ТЕСТ', 'kk', 0);",
                place * 1_000_000_000,
                number.as_str()
            )
        })
        .collect();
    let copy = SqliteStorage::open(house.copy(1, &rows)).unwrap();
    let told = found(&copy).expect("an end within a hundred looks");
    let unknown =
        (1..=300_i64).map(|place| format!("person:{} person-unknown", place * 1_000_000_000));
    assert_eq!(told, unknown.collect::<Vec<_>>());
}

/// A share that has many numbers in it is not one that has many people: memory is for so many.
#[test]
fn a_wide_share_with_a_crowd_in_it_is_read_in_smaller_ones_and_nobody_is_left_out() {
    let house = house();
    let storage = house.storage.as_ref();
    let crowd = |place: i64| 5_000_000 + place;
    let mut ids = vec![1_000, 2_000_000];
    ids.extend((0..700).map(crowd));
    let mut unit = storage.begin().unwrap();
    for id in &ids {
        let event = AuditEvent {
            at: later(30),
            actor: Actor::System,
            action: "person.import".to_owned(),
            object: format!("person:{id}"),
            detail: String::new(),
            origin: String::new(),
        };
        let _ = unit.audit_log().append(&event).unwrap();
    }
    unit.commit().unwrap();
    let mut told = Vec::new();
    let mut fault = |fault: Fault| told.push(format!("{} {}", fault.object, fault.code));
    let ended = in_shares(storage, 300, &mut || true, &mut fault).unwrap();
    assert!(ended.is_some());
    let missing = ids.iter().map(|id| format!("person:{id} person-missing"));
    assert_eq!(told, missing.collect::<Vec<_>>());
    let mut unit = storage.snapshot().unwrap();
    let mut reading = |size: i64, width: Width| {
        let share = Share::first(300).next(4_000_000, size);
        match Tables::read(unit.as_mut(), share, width.most(), &mut || true).unwrap() {
            Reading::Whole(tables) => Some(tables.known()),
            Reading::TooMuch => None,
            Reading::Stopped => panic!("nobody stopped it"),
        }
    };
    let narrow = Width::new(300);
    let wide = narrow.after(3);
    assert_eq!(wide.now(), 300 * 1_024);
    assert_eq!(reading(2_000_000, wide), None);
    assert_eq!(reading(2_000_000, narrow), Some(702));
    // Applications are many, too: no share grows after one of them.
    assert_eq!(wide.after(4).now(), 300);
    assert_eq!(wide.narrowed().now(), 300 * 32);
    assert_eq!(wide.narrowed().narrowed().now(), 300);
}
