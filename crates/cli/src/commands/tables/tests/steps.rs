//! Where applications stand.

use tanba_model::application::{State, Submission};
use tanba_model::certificate::RevocationReason;
use tanba_model::id::ApplicationId;
use tanba_model::ports::Issuance as _;

use super::signed::{Seat, apply};
use super::*;

/// What is told of where applications stand. Nothing was issued for them here, which is told beside it.
fn compared(storage: &dyn Storage) -> (Vec<&'static str>, Compared) {
    let (mut codes, all) = super::compared(storage);
    codes.retain(|code| *code != "application-signature");
    (codes, all)
}

/// One step of an application as the registration authority records it.
fn go(storage: &dyn Storage, id: ApplicationId, action: &str, detail: &str, seconds: u64) {
    let at = later(seconds);
    let mut unit = storage.begin().unwrap();
    let mut application = unit.applications().find(id).unwrap().unwrap();
    let now = &application.state;
    application.state = match action {
        "confirm" | "approve" => now.confirm(at),
        "reject" => now.reject(at, detail.to_owned()),
        "expire" => now.expire(at),
        "cancel" => now.cancel(at),
        "issue" => now.issue(at),
        _ => now.install(at),
    }
    .unwrap();
    unit.applications().update(&mut application).unwrap();
    unit.commit().unwrap();
    event(
        storage,
        &format!("application.{action}"),
        format!("application:{id}"),
        detail.to_owned(),
        at,
    );
}

/// A reissue and an application for first keys at each place where one can stand.
fn queue() -> (House, Seat) {
    let house = House::new();
    let seat = Seat::new(&house, 1, Role::Operator);
    let storage = Arc::clone(&house.storage);
    let storage = storage.as_ref();
    let paths: [&[&str]; 8] = [
        &[],
        &["confirm"],
        &["confirm", "issue"],
        &["confirm", "issue", "install"],
        &["reject"],
        &["confirm", "reject"],
        &["expire"],
        &["cancel"],
    ];
    for (number, path) in paths.iter().chain(&paths).enumerate() {
        let is_first = number >= paths.len();
        let id = apply(storage, &seat, is_first);
        for (seconds, action) in (1..).zip(*path) {
            let action = match *action {
                "confirm" if is_first => "approve",
                action => action,
            };
            let detail = if action == "reject" { "not-me" } else { "" };
            go(storage, id, action, detail, seconds);
        }
    }
    (house, seat)
}

#[test]
fn the_state_of_an_application_is_the_one_that_the_log_says() {
    let (house, _) = queue();
    assert_eq!(compared(house.storage.as_ref()).0, [""; 0]);
    let states = [
        "DRAFT",
        "SUBMITTED",
        "AWAITING_2FA",
        "CONFIRMED",
        "ISSUED",
        "INSTALLED",
        "EXPIRED",
        "CANCELLED",
    ];
    let mut copies = 0..;
    let mut codes = |sql: &str| {
        let copy = house.copy(copies.next().unwrap(), sql);
        compared(&SqliteStorage::open(copy).unwrap()).0
    };
    // Refused, withdrawn, over, not confirmed: one that is told by its state alone, and by no document.
    for id in [1, 5, 7, 8, 9, 13, 16] {
        for state in states {
            let sql = format!("UPDATE application SET state = '{state}' WHERE id = {id}");
            let was = format!(
                "UPDATE application SET state = state WHERE id = {id} AND state = '{state}'"
            );
            let found = codes(&sql);
            let is_same = rusqlite_changes(&house, &was);
            let expected: &[&str] = if is_same { &[] } else { &["application-state"] };
            assert_eq!(found, expected, "{sql}");
        }
    }
    for sql in [
        "UPDATE application SET state_at = state_at + 1 WHERE id = 2",
        "UPDATE application SET state_reason = 'data-changed' WHERE id = 5",
        "UPDATE application SET state = 'REJECTED', state_reason = 'not-me' WHERE id = 4",
    ] {
        assert_eq!(codes(sql), ["application-state"], "{sql}");
    }
    let inserted = format!(
        "INSERT INTO application (number, person_id, kind, state, state_at, created_at, region, settlement, keystore)
         SELECT '{}', person_id, kind, 'CONFIRMED', 1, 1, region, settlement, keystore FROM application WHERE id = 1",
        spare()
    );
    assert_eq!(codes(&inserted), ["application-unknown"]);
}

/// Whether a statement finds a row.
fn rusqlite_changes(house: &House, sql: &str) -> bool {
    let copy = house.copy(10_000, "");
    let connection = rusqlite::Connection::open(&copy).unwrap();
    let changed = connection.execute(sql, []).unwrap() > 0;
    drop(connection);
    std::fs::remove_file(copy).unwrap();
    changed
}

/// A number that no application has.
fn spare() -> String {
    tanba_model::application::ApplicationNumber::random(&mut SourceRng(
        Context::new(true).unwrap().random().as_ref(),
    ))
    .as_str()
    .to_owned()
}

#[test]
fn what_was_issued_of_one_that_was_confirmed_by_nobody_is_told_until_it_is_revoked() {
    let (house, _) = queue();
    let storage = house.storage.as_ref();
    // Withdrawn, and put back so that the server issues; and one that waits for its code.
    for (number, id) in [(41, 8), (42, 1)] {
        house.sql(&format!(
            "UPDATE application SET state = 'CONFIRMED', state_at = {} WHERE id = {id}",
            later(9).unix()
        ));
        assert_eq!(compared(storage).0, ["application-state"]);
        let record = house.certify(number);
        house.sql(&format!(
            "DROP TRIGGER IF EXISTS certificate_is_what_it_was;
             UPDATE certificate SET application_id = {id},
                 public_key_sha256 = (SELECT public_key_sha256 FROM key_request WHERE application_id = {id})
             WHERE id = {}",
            record.id
        ));
        go(storage, ApplicationId(id), "issue", "", 10);
        assert_eq!(compared(storage).0, ["application-steps"]);
        for reason in [
            RevocationReason::CertificateHold,
            RevocationReason::CessationOfOperation,
        ] {
            let is_over = reason != RevocationReason::CertificateHold;
            house
                .authority
                .revoke(record.id, reason, Actor::System, later(11))
                .unwrap();
            let expected: &[&str] = if is_over { &[] } else { &["application-steps"] };
            assert_eq!(compared(storage).0, expected);
        }
    }
    // Put back, and refused by whoever looks at it next.
    house.sql("UPDATE application SET state = 'SUBMITTED' WHERE id = 16");
    assert_eq!(compared(storage).0, ["application-state"]);
    go(storage, ApplicationId(16), "reject", "not-me", 12);
    assert_eq!(compared(storage).0, [""; 0]);
}

#[test]
fn of_a_submission_of_before_it_is_not_known_whether_somebody_had_to_confirm_it() {
    let (house, seat) = queue();
    let storage = house.storage.as_ref();
    let submitted = |is_confirmed: bool| {
        let id = apply(storage, &seat, false);
        let mut unit = storage.begin().unwrap();
        let mut application = unit.applications().find(id).unwrap().unwrap();
        let document = &application.signed.as_ref().unwrap().document;
        let said = Submission {
            document_sha256: tanba_crypto::sha256(document),
            state: None,
        };
        if is_confirmed {
            application.state = State::Confirmed { at: NOW };
            unit.applications().update(&mut application).unwrap();
        }
        let object = format!("application:{id}");
        let mut before = AuditEvent {
            at: NOW,
            actor: Actor::Person(seat.person),
            action: "application.begin".to_owned(),
            object,
            detail: String::new(),
            origin: String::new(),
        };
        // As if the one that says more had not been.
        let _ = unit.audit_log().append(&before).unwrap();
        before.action = "application.submit".to_owned();
        before.detail = said.evidence();
        let _ = unit.audit_log().append(&before).unwrap();
        unit.commit().unwrap();
        id
    };
    let codes = || {
        let mut codes = compared(storage).0;
        // Of the first event there is no record any more.
        codes.retain(|code| *code != "application-missing");
        codes
    };
    let (at_once, waits) = (submitted(true), submitted(false));
    assert_eq!(codes(), [""; 0]);
    go(storage, at_once, "issue", "", 3);
    go(storage, waits, "confirm", "", 3);
    assert_eq!(codes(), [""; 0]);
    go(storage, waits, "issue", "", 4);
    go(storage, at_once, "install", "", 4);
    assert_eq!(codes(), [""; 0]);
}

#[test]
fn a_refusal_of_the_desk_is_known_by_its_reason() {
    let (house, _) = queue();
    let storage = house.storage.as_ref();
    let told = "UPDATE application SET state = 'REJECTED', state_at = 1795500020, state_reason = 'desk-papers: no passport' WHERE id = 9";
    house.sql(told);
    event(
        storage,
        "application.reject",
        "application:9".to_owned(),
        "papers".to_owned(),
        later(20),
    );
    assert_eq!(compared(storage).0, [""; 0]);
    house.sql("UPDATE application SET state_reason = 'desk-other: no passport' WHERE id = 9");
    assert_eq!(compared(storage).0, ["application-state"]);
}
