use std::path::PathBuf;

use tanba_ca::Authority;
use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::ports::{Issuance as _, OcspSigners as _};
use tanba_pki::Certificate;
use tanba_pki::crl::Reason;
use tanba_pki::ocsp::{self, Answer, Single, Status as Said};
use tanba_storage::SqliteStorage;

use super::*;
use crate::commands::testing::{House, NOW};

mod revoked;

fn judged(storage: &dyn Storage) -> Report {
    check(storage, &Profiles::builtin(), (None, NOW), &mut |_| {}).unwrap()
}

fn codes(house: &House) -> Vec<&'static str> {
    let report = judged(house.storage.as_ref());
    report.findings.iter().map(|finding| finding.code).collect()
}

fn later(seconds: u64) -> Timestamp {
    NOW.plus(std::time::Duration::from_secs(seconds))
}

#[test]
fn what_was_issued_is_as_it_should_be_until_somebody_changes_it() {
    let house = House::new();
    let report = judged(house.storage.as_ref());
    assert_eq!(report.findings, []);
    // Of the root one list; of the issuing authority one, and two for each of two parts.
    assert!(report.certificates >= 3 && report.lists == 6, "{report:?}");
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
            &["evidence-intent", "profile"],
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
        found == ["signature", "evidence-digest"] || found == ["malformed"],
        "{found:?}"
    );
    house.sql(&format!(
        "UPDATE certificate SET der = x'3000' WHERE {responder}"
    ));
    assert_eq!(codes(&house), ["malformed"]);
}

#[test]
fn a_trigger_that_is_away_is_told_whatever_schema_the_file_says_that_it_has() {
    let house = House::new();
    for (number, version, expected) in [
        (1, 0, &["schema-other"][..]),
        (2, 976, &["schema-version", "schema-other"]),
    ] {
        let version = tanba_storage::SCHEMA_VERSION + version;
        let sql = format!("PRAGMA user_version = {version}; DROP TRIGGER audit_log_stays");
        let storage = SqliteStorage::open(house.copy(number, &sql)).unwrap();
        let found = judged(&storage).findings;
        let found: Vec<&str> = found.iter().map(|finding| finding.code).collect();
        assert_eq!(found, expected);
    }
}

/// Three people with a certificate each: revoked, frozen, valid; and all lists made after that.
struct Three {
    house: House,
    revoked: CertificateRecord,
    frozen: CertificateRecord,
    valid: CertificateRecord,
}

impl Three {
    fn new() -> Self {
        let house = House::new();
        let [revoked, frozen, valid] = [1, 2, 3].map(|number| house.certify(number));
        let change = |record: &CertificateRecord, reason| {
            let authority: &Authority = &house.authority;
            authority
                .revoke(record.id, reason, Actor::System, later(10))
                .unwrap();
        };
        change(&revoked, RevocationReason::KeyCompromise);
        change(&frozen, RevocationReason::CertificateHold);
        assert_eq!(codes(&house), [""; 0], "the next lists are not made yet");
        house.authority.publish_all(later(1000)).unwrap();
        assert_eq!(codes(&house), [""; 0]);
        Self {
            house,
            revoked,
            frozen,
            valid,
        }
    }

    /// What is found in a copy of the database that somebody changed.
    fn changed(&self, number: usize, sql: &str) -> Vec<&'static str> {
        let path: PathBuf = self.house.copy(number, sql);
        let storage = SqliteStorage::open(&path).unwrap();
        let report = judged(&storage);
        report.findings.iter().map(|finding| finding.code).collect()
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of what can go wrong")]
fn each_thing_that_can_be_corrupted_is_named() {
    let three = Three::new();
    let name = |record: &CertificateRecord| record.serial.hex();
    let of = |record: &CertificateRecord| format!("WHERE hex(serial) = upper('{}')", name(record));
    let (revoked, valid) = (of(&three.revoked), of(&three.valid));
    let issue = format!(
        "WHERE CAST(event AS TEXT) LIKE '%certificate.issue%{}%'",
        name(&three.valid)
    );
    let at = later(20).unix();
    let change = "DROP TRIGGER status_change_stays; DROP TRIGGER status_change_is_not_edited;";
    let fixed = "DROP TRIGGER certificate_is_what_it_was;";
    let of_revoked = format!("WHERE certificate_id = (SELECT id FROM certificate {revoked})");
    let cases: Vec<(String, &[&str])> = vec![
        // Evidence.
        (
            format!("DROP TRIGGER audit_log_stays; DELETE FROM audit_log {issue}"),
            &["evidence-missing"],
        ),
        (
            format!(
                "DROP TRIGGER audit_log_is_not_edited;
                 UPDATE audit_log SET event = CAST(replace(CAST(event AS TEXT), 'sha256=', 'sha256=0') AS BLOB) {issue}"
            ),
            &["evidence-digest"],
        ),
        (
            format!(
                "UPDATE certificate SET status = 'revoked', revoked_at = {at}, reason = 4 {valid}"
            ),
            &["evidence-status", "list-missing", "shard-missing"],
        ),
        (
            format!("UPDATE certificate SET status = 'valid', revoked_at = NULL, reason = NULL {revoked}"),
            &["evidence-status", "list-released", "shard-released"],
        ),
        (
            format!("UPDATE certificate SET reason = 6 {revoked}"),
            &["evidence-status", "list-reason", "shard-reason"],
        ),
        (
            // From one reason that ends it to another.
            format!("UPDATE certificate SET reason = 4 {revoked}"),
            &["evidence-status", "list-reason", "shard-reason"],
        ),
        (
            format!("DROP TRIGGER certificate_stays; DELETE FROM certificate {valid}"),
            &["row-missing"],
        ),
        (
            format!("UPDATE certificate SET status = 'intended', der = NULL {valid}"),
            &["row-status"],
        ),
        (
            format!("UPDATE certificate SET status = 'void', der = NULL {valid}"),
            &["row-status"],
        ),
        (
            format!("{fixed} UPDATE certificate SET shard = 1 - shard {valid}"),
            &["record"],
        ),
        (
            format!(
                "{fixed} UPDATE certificate SET person_id = (SELECT person_id FROM certificate {revoked}) {valid}"
            ),
            &["person"],
        ),
        (
            format!("{fixed} UPDATE certificate SET person_id = NULL {valid}"),
            &["person"],
        ),
        (
            format!("{fixed} UPDATE certificate SET person_id = 4711 {valid}"),
            &["person"],
        ),
        // The log that deltas are made of.
        (
            format!("{change} UPDATE status_change SET reason = 4 {of_revoked}"),
            &["change"],
        ),
        (
            format!("{change} UPDATE status_change SET at = at - 5 {of_revoked}"),
            &["change"],
        ),
        (
            format!("{change} UPDATE status_change SET shard = 1 - shard {of_revoked}"),
            &["change"],
        ),
        (
            format!("{change} UPDATE status_change SET status = 'valid', reason = NULL {of_revoked}"),
            &["change"],
        ),
        (
            format!("{change} DELETE FROM status_change {of_revoked}"),
            &["change-missing"],
        ),
        (
            format!(
                "INSERT INTO status_change (certificate_id, issuer_id, shard, status, reason, at)
                 SELECT id, issuer_id, shard, 'revoked', 1, {at} FROM certificate {valid}"
            ),
            &["change"],
        ),
        // Lists.
        (
            format!("UPDATE certificate SET revoked_at = revoked_at + 1 {revoked}"),
            &["evidence-time", "list-time", "shard-time"],
        ),
        (
            "UPDATE crl SET der = x'3000' WHERE kind = 'shard'".to_owned(),
            &["list-malformed", "list-absent"],
        ),
        (
            "DELETE FROM crl WHERE kind = 'delta'".to_owned(),
            &["list-absent"],
        ),
        // Nobody takes it for an authority that has signed none yet.
        ("DELETE FROM crl".to_owned(), &["list-absent"]),
        (
            "UPDATE crl SET number = number + 1 WHERE kind = 'delta'".to_owned(),
            &["list-number"],
        ),
        (
            "UPDATE crl SET number = number + 1 WHERE kind = 'full'".to_owned(),
            &["list-number"],
        ),
        (
            "UPDATE crl SET number = 0 WHERE kind = 'shard'".to_owned(),
            &["delta-base", "list-number"],
        ),
        (
            "UPDATE crl SET der = CAST(substr(der, 1, length(der) - 4) || x'01020304' AS BLOB)".to_owned(),
            &["list-signature"],
        ),
        (
            "UPDATE crl SET der = (SELECT der FROM crl WHERE kind = 'full' AND number > 1 LIMIT 1) WHERE kind = 'delta'".to_owned(),
            &["list-kind"],
        ),
        (
            format!("DROP TRIGGER certificate_stays; DELETE FROM certificate {revoked}"),
            &["list-unknown", "row-missing"],
        ),
        // Keys, records, profiles.
        (
            format!(
                "DROP INDEX certificate_public_key;
                 INSERT INTO certificate (issuer_id, serial, person_id, application_id, profile, purpose, keystore, channel,
                     public_key_sha256, shard, not_before, not_after, created_at, status, to_be_signed, der)
                 SELECT issuer_id, x'11223344556677889900112233445566778899aa', person_id, application_id, profile, purpose, keystore, channel,
                     public_key_sha256, shard, not_before, not_after, created_at, status, to_be_signed, der
                 FROM certificate {valid}"
            ),
            &["key-twice", "record", "evidence-missing"],
        ),
        (
            format!("UPDATE certificate SET not_after = not_after + 1 {valid}"),
            &["record"],
        ),
        (
            format!("UPDATE certificate SET purpose = 'both' {valid}"),
            &["record"],
        ),
        (
            format!("UPDATE certificate SET profile = 'neutral-individual-authentication' {valid}"),
            &["key-usage"],
        ),
        (
            format!("UPDATE certificate SET der = x'3000' {valid}"),
            &["malformed"],
        ),
    ];
    for (number, (sql, expected)) in cases.iter().enumerate() {
        let found = three.changed(number, sql);
        for code in *expected {
            assert!(found.contains(code), "{code} is not among {found:?}: {sql}");
        }
    }
    assert_eq!(three.changed(99, "SELECT 1"), [""; 0]);
}

#[test]
fn whoever_was_released_may_stand_on_the_lists_of_before_and_on_no_later_one() {
    let three = Three::new();
    let house = &three.house;
    house
        .authority
        .release(three.frozen.id, Actor::System, later(1500))
        .unwrap();
    assert_eq!(codes(house), [""; 0], "the lists are of before");
    house.authority.publish_all(later(2000)).unwrap();
    assert_eq!(codes(house), [""; 0]);
}

/// Answers as the responder would, but for what `said` makes of a status.
fn asked(
    three: &Three,
    said: impl Fn(&CertificateRecord, Said) -> Said,
    torn: bool,
) -> Vec<(String, &'static str)> {
    let house = &three.house;
    let issuing = house.authority.issuers()[1].id;
    let helper = house.authority.of(issuing).unwrap();
    let certificate = Certificate::from_der(&helper.certificate).unwrap();
    let responder = ocsp::Responder::delegated(&certificate, helper.signer.algorithm());
    let mut responder = Responder {
        now: later(3000),
        ask: Box::new(|request: &[u8]| {
            let request = ocsp::Request::parse(request).unwrap();
            let mut unit = house.storage.snapshot().unwrap();
            let statuses: Vec<(&[u8], Said)> = request
                .certificates
                .iter()
                .map(|id| {
                    let serial = SerialNumber::from_bytes(id.serial()).unwrap();
                    let record = unit.certificates().find_by_serial(issuing, &serial);
                    let record = record.unwrap().unwrap();
                    let right = match record.status {
                        Status::Revoked { at, reason } => Said::Revoked {
                            at,
                            reason: Reason::from_code(reason.code()),
                        },
                        Status::Intended | Status::Void | Status::Valid => Said::Good,
                    };
                    (id.der(), said(&record, right))
                })
                .collect();
            let singles: Vec<Single<'_>> = statuses
                .iter()
                .map(|(cert_id, status)| Single {
                    cert_id,
                    status: *status,
                    this_update: later(3000),
                    next_update: None,
                })
                .collect();
            let tbs = responder.prepare(&Answer {
                singles: &singles,
                nonce: None,
                produced_at: later(3000),
                extended_revoke: false,
            });
            let mut signature = helper.signer.sign(&tbs).unwrap();
            if torn {
                signature = helper.signer.sign(b"something else").unwrap();
            }
            Ok(responder.assemble(&tbs, &signature))
        }),
    };
    let report = check(
        house.storage.as_ref(),
        &Profiles::builtin(),
        (Some(&mut responder), NOW),
        &mut |_| {},
    )
    .unwrap();
    assert!(report.asked >= 3);
    let found = report.findings.into_iter();
    found
        .map(|finding| (finding.serial, finding.code))
        .collect()
}

#[test]
fn a_responder_that_says_something_else_than_the_records_is_named() {
    let three = Three::new();
    assert_eq!(asked(&three, |_, right| right, false), []);
    let revoked = three.revoked.serial;
    let good = asked(
        &three,
        |record, right| {
            if record.serial == revoked {
                Said::Good
            } else {
                right
            }
        },
        false,
    );
    assert_eq!(good, [(revoked.hex(), "ocsp-status")]);
    let late = asked(
        &three,
        |_, right| match right {
            Said::Revoked { reason, .. } => Said::Revoked {
                at: later(11),
                reason,
            },
            Said::Good => Said::Good,
            Said::Unknown => Said::Unknown,
        },
        false,
    );
    assert_eq!(late.len(), 2, "{late:?}");
    let valid = three.valid.serial.hex();
    let unknown = asked(&three, |_, _| Said::Unknown, false);
    assert!(unknown.contains(&(valid.clone(), "ocsp-status")));
    let torn = asked(&three, |_, right| right, true);
    assert!(torn.contains(&(valid, "ocsp-signature")));
}
