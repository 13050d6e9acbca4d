//! What the log says of revocations, against the records.

use super::*;

/// Revokes or freezes as parts of the program do that write the evidence themselves.
fn written(
    house: &House,
    record: &CertificateRecord,
    status: Status,
    at: Timestamp,
    event: (&str, &str),
) {
    let mut unit = house.storage.begin().unwrap();
    let now = unit.certificates().find(record.id).unwrap().unwrap().status;
    unit.certificates()
        .set_status(record.id, now, status, at)
        .unwrap();
    let event = tanba_model::audit::AuditEvent {
        at,
        actor: Actor::System,
        action: event.0.to_owned(),
        object: tanba_model::ports::certificate_object(record.issuer, &record.serial),
        detail: event.1.to_owned(),
        origin: String::new(),
    };
    unit.audit_log().append(&event).unwrap();
    unit.commit().unwrap();
}

#[test]
fn what_was_revoked_or_frozen_in_any_words_is_not_taken_for_released() {
    let house = House::new();
    let ended = |reason, seconds| Status::Revoked {
        at: later(seconds),
        reason,
    };
    let compromised = RevocationReason::KeyCompromise;
    let hold = RevocationReason::CertificateHold;
    let cases = [
        (compromised, "certificate.revoke", "email-code:lost"),
        (
            compromised,
            "certificate.revoke",
            "keyCompromise: email-code:lost",
        ),
        (compromised, "certificate.revoke", "keyCompromise"),
        (
            compromised,
            "certificate.revoke",
            "keyCompromise: as of old",
        ),
        (hold, "certificate.hold", "not-me"),
        (hold, "certificate.hold", "email-code"),
        (hold, "certificate.hold", "certificateHold: at-desk"),
    ];
    for (number, (reason, action, detail)) in (1..).zip(cases) {
        let record = house.certify(number);
        written(
            &house,
            &record,
            ended(reason, 10),
            later(10),
            (action, detail),
        );
        assert_eq!(codes(&house), [""; 0], "{detail}");
        let forged = house.copy(
            usize::try_from(number).unwrap(),
            &format!(
                "UPDATE certificate SET status = 'valid', revoked_at = NULL, reason = NULL
                 WHERE hex(serial) = upper('{}')",
                record.serial.hex()
            ),
        );
        let report = judged(&SqliteStorage::open(&forged).unwrap());
        let codes: Vec<_> = report.findings.iter().map(|one| one.code).collect();
        assert_eq!(codes, ["evidence-status"], "{detail}");
    }
    let record = house.certify(20);
    let event = ("certificate.revoke", "a word of nobody");
    written(&house, &record, ended(compromised, 10), later(10), event);
    assert_eq!(
        codes(&house),
        ["evidence-reason", "change", "evidence-status"],
        "a word that nobody knows is no release"
    );
}

#[test]
fn since_when_something_is_revoked_stands_in_the_log() {
    let house = House::new();
    let ended = |reason, seconds| Status::Revoked {
        at: later(seconds),
        reason,
    };
    let hold = RevocationReason::CertificateHold;
    let superseded = RevocationReason::Superseded;
    let record = house.certify(1);
    let held = |seconds| {
        let event = ("certificate.hold", "certificateHold: not-me");
        written(&house, &record, ended(hold, seconds), later(seconds), event);
    };
    held(10);
    let event = ("certificate.release", "found again");
    written(&house, &record, Status::Valid, later(20), event);
    held(30);
    let event = ("certificate.revoke", "superseded");
    written(&house, &record, ended(superseded, 30), later(40), event);
    assert_eq!(
        codes(&house),
        [""; 0],
        "since it was frozen the second time"
    );
    let planned = house.certify(2);
    let detail = format!("superseded as of {}", at(later(60)));
    let event = ("certificate.revoke", detail.as_str());
    written(&house, &planned, ended(superseded, 60), later(50), event);
    assert_eq!(codes(&house), [""; 0], "as of the time of a planned list");
    for (number, (record, seconds)) in [(&record, 10), (&record, 20), (&record, 39), (&planned, 50)]
        .into_iter()
        .enumerate()
    {
        let forged = house.copy(
            number,
            &format!(
                "UPDATE certificate SET revoked_at = {} WHERE hex(serial) = upper('{}')",
                later(seconds).unix(),
                record.serial.hex()
            ),
        );
        let report = judged(&SqliteStorage::open(&forged).unwrap());
        let codes: Vec<_> = report.findings.iter().map(|one| one.code).collect();
        assert_eq!(codes, ["evidence-time"], "{seconds}");
    }
}

#[test]
fn what_a_revoked_authority_issued_nevertheless_is_a_fault_until_it_is_revoked() {
    let house = House::new();
    let (before, after) = (house.certify(1), house.certify(2));
    let mut unit = house.storage.snapshot().unwrap();
    let root = unit.issuers().all().unwrap().remove(0);
    let own = unit.certificates().page(root.id, None, 10).unwrap();
    let authority = own.iter().find(|one| one.profile == "issuing-ca").unwrap();
    drop(unit);
    house
        .authority
        .revoke(
            authority.id,
            RevocationReason::Superseded,
            Actor::System,
            later(10),
        )
        .unwrap();
    house.authority.publish_all(later(20)).unwrap();
    assert_eq!(codes(&house), ["authority-unfit"]);
    let of = |record: &CertificateRecord| {
        format!("WHERE hex(serial) = upper('{}')", record.serial.hex())
    };
    let forged = house.copy(
        1,
        &format!(
            "DROP TRIGGER certificate_is_what_it_was;
             UPDATE certificate SET created_at = {} {};
             UPDATE certificate SET created_at = {} {}",
            later(10).unix(),
            of(&before),
            later(11).unix(),
            of(&after)
        ),
    );
    let report = judged(&SqliteStorage::open(&forged).unwrap());
    let found: Vec<_> = report.findings.iter().map(|one| one.code).collect();
    assert!(found.contains(&"issued-unfit"), "{found:?}");
    let about = |code| report.findings.iter().filter(move |one| one.code == code);
    assert_eq!(about("issued-unfit").count(), 1, "{found:?}");
    assert!(about("issued-unfit").all(|one| one.serial == after.serial.hex()));
}

#[test]
fn entries_that_nobody_knows_are_a_fault_of_lists_that_are_signed_here() {
    let house = House::new();
    let record = house.certify(1);
    let reason = RevocationReason::KeyCompromise;
    house
        .authority
        .revoke(record.id, reason, Actor::System, later(10))
        .unwrap();
    house.authority.publish_all(later(1000)).unwrap();
    // The row is gone; its list stays.
    let forged = house.copy(
        1,
        &format!(
            "DROP TRIGGER certificate_stays; DELETE FROM certificate WHERE hex(serial) = upper('{}')",
            record.serial.hex()
        ),
    );
    let report = judged(&SqliteStorage::open(&forged).unwrap());
    let found: Vec<_> = report.findings.iter().map(|one| one.code).collect();
    assert!(found.contains(&"list-unknown"), "{found:?}");
}

/// A row that takes the place of one that was intended, and one that goes on from there.
#[test]
fn what_is_recorded_as_given_up_or_open_and_nobody_intended_is_told() {
    let three = Three::new();
    let put = |status: &str| {
        format!(
            "INSERT INTO certificate (issuer_id, serial, person_id, application_id, profile, purpose, keystore, channel,
                 public_key_sha256, shard, not_before, not_after, created_at, status, to_be_signed)
             SELECT issuer_id, x'11223344556677889900112233445566778899aa', person_id, application_id, profile, purpose, keystore, channel,
                 zeroblob(32), shard, not_before, not_after, created_at, '{status}', to_be_signed
             FROM certificate WHERE id = {}",
            three.valid.id
        )
    };
    for (number, status) in (70..).zip(["void", "intended"]) {
        assert_eq!(
            three.changed(number, &put(status)),
            ["evidence-missing"],
            "{status}"
        );
    }
    // One that was taken back to before it was signed is told as what it is, and once.
    let back = format!(
        "UPDATE certificate SET status = 'void', der = NULL WHERE id = {}",
        three.valid.id
    );
    assert_eq!(three.changed(72, &back), ["row-status"]);
}
