//! Numbers of revocation lists: none comes twice.

use super::*;

#[test]
fn the_next_list_of_an_authority_has_a_number_beyond_those_that_the_log_has() {
    let house = House::new();
    let storage = house.storage.as_ref();
    let issuer = storage.snapshot().unwrap().issuers().all().unwrap()[1].id;
    let object = format!("issuer:{issuer}");
    let intended = |numbers: &str| {
        let detail = format!("numbers {numbers} tbs sha256={}", "00".repeat(32));
        event(storage, "crl.intend", object.clone(), detail, NOW);
    };
    let mut unit = storage.begin().unwrap();
    let number = unit.crls().next_number(issuer, 1 << 40).unwrap();
    unit.commit().unwrap();
    intended(&format!("3 {number}"));
    intended("2 1");
    assert_eq!(compared(storage).0, [""; 0]);
    for (copy, set, expected) in [
        (1, "next_crl_number - 1", &["issuer-numbers"][..]),
        (2, "1", &["issuer-numbers"]),
        (3, "next_crl_number + 1000", &[]),
    ] {
        let sql = format!("UPDATE issuer SET next_crl_number = {set} WHERE id = {issuer}");
        let storage = SqliteStorage::open(house.copy(copy, &sql)).unwrap();
        assert_eq!(compared(&storage).0, expected, "{set}");
    }
}
