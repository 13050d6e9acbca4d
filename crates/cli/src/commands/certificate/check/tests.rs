use tanba_model::audit::Actor;
use tanba_model::certificate::RevocationReason;
use tanba_model::ports::Issuance as _;

use super::*;
use crate::commands::testing::{House, NOW};

fn codes(house: &House) -> Vec<&'static str> {
    let report = check(house.storage.as_ref()).unwrap();
    report.findings.iter().map(|finding| finding.code).collect()
}

fn later(seconds: u64) -> Timestamp {
    NOW.plus(std::time::Duration::from_secs(seconds))
}

#[test]
fn what_was_issued_is_as_it_should_be_until_somebody_changes_it() {
    let house = House::new();
    let report = check(house.storage.as_ref()).unwrap();
    assert_eq!(report.findings, []);
    assert!(report.certificates >= 3 && report.lists == 2, "{report:?}");
    let responder = "profile = 'ocsp-responder'";
    for (change, back, expected) in [
        (
            "UPDATE certificate SET not_after = not_after + 1 WHERE ",
            "UPDATE certificate SET not_after = not_after - 1 WHERE ",
            &["record"][..],
        ),
        (
            "UPDATE certificate SET profile = 'nobody-knows' WHERE ",
            "UPDATE certificate SET profile = 'ocsp-responder' WHERE profile = 'nobody-knows' OR ",
            &["profile"],
        ),
    ] {
        house.sql(&format!("{change}{responder}"));
        assert_eq!(codes(&house), expected, "{change}");
        house.sql(&format!("{back}{responder}"));
        assert_eq!(codes(&house), [""; 0]);
    }
    // The last octets are in the signature.
    house.sql(&format!(
        "UPDATE certificate SET der = CAST(substr(der, 1, length(der) - 4) || x'01020304' AS BLOB) WHERE {responder}"
    ));
    let found = codes(&house);
    assert!(
        found == ["signature"] || found == ["malformed"],
        "{found:?}"
    );
    house.sql(&format!(
        "UPDATE certificate SET der = x'3000' WHERE {responder}"
    ));
    assert_eq!(codes(&house), ["malformed"]);
}

#[test]
fn a_list_that_does_not_say_what_the_records_say_is_found() {
    let house = House::new();
    let issuing = house.authority.issuers()[1].id;
    let mut unit = house.storage.snapshot().unwrap();
    let records = unit.certificates().page(issuing, None, 100).unwrap();
    drop(unit);
    let first = records.first().unwrap();
    let reason = RevocationReason::Superseded;
    house
        .authority
        .revoke(first.id, reason, Actor::System, later(10))
        .unwrap();
    assert_eq!(codes(&house), [""; 0], "the next list is not made yet");
    house.authority.publish_all(later(1000)).unwrap();
    assert_eq!(codes(&house), [""; 0]);
    house.sql("UPDATE certificate SET revoked_at = revoked_at + 1 WHERE status = 'revoked'");
    assert_eq!(codes(&house), ["list-time"]);
    house.sql("UPDATE crl SET number = number + 1 WHERE kind = 'full'");
    let found = codes(&house);
    assert!(found.contains(&"list-number"), "{found:?}");
}
