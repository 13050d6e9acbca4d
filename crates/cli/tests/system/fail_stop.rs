//! Nothing is done while its evidence cannot be written: not issued, not revoked, not decided, not ordered.

use serde_json::json;

use crate::renewal::applied;
use crate::second_opinion::evidence_is_whole;
use crate::server::Installation;

/// From now on no record is added to the audit log.
fn break_the_log(house: &Installation) {
    house.sql(
        "CREATE TRIGGER broken BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'the log is full'); END",
    );
}

fn mend_the_log(house: &Installation) {
    house.sql("DROP TRIGGER broken");
}

/// Everything that must not have changed, in one number each.
fn standing(house: &Installation) -> Vec<i64> {
    [
        "SELECT count(*) FROM certificate",
        "SELECT count(*) FROM certificate WHERE der IS NOT NULL",
        "SELECT count(*) FROM certificate WHERE status = 'revoked'",
        "SELECT count(*) FROM status_change",
        "SELECT count(*) FROM decision",
        "SELECT count(*) FROM administration",
        "SELECT count(*) FROM issuance_stop",
        "SELECT count(*) FROM person WHERE frozen_at IS NOT NULL",
        "SELECT count(*) FROM audit_log",
        "SELECT coalesce(sum(number), 0) FROM crl",
    ]
    .map(|query| house.count(query))
    .into()
}

/// Short name of the authority that issues.
fn issuing(house: &Installation) -> String {
    let list = house.facts(&["issuer", "list"]);
    let issuing = list
        .as_array()
        .and_then(|all| all.iter().find(|issuer| issuer["kind"] == "issuing"));
    let name = issuing.and_then(|issuer| issuer["name"].as_str());
    name.expect("an authority").to_owned()
}

#[test]
fn nothing_is_done_that_leaves_no_evidence_and_everything_goes_on_afterwards() {
    let mut house = Installation::start();
    let citizen = house.citizen("Zhaksybekova", "zhaksybekova@example.kz");
    let other = house.citizen("Omarova", "omarova@example.kz");
    let operator = house.seat("Bekova", "bekova@example.kz", "operator");
    let administrator = house.seat("Dauletova", "dauletova@example.kz", "administrator");
    let (client, number, keys, code) = applied(&house, &citizen);
    let serial = other.signature.certificate.serial_hex();
    let object = format!("issuer/{}", issuing(&house));

    break_the_log(&house);
    let (before, issued) = (standing(&house), house.issued());
    // Issuance: the code is right, the intent cannot be recorded.
    let refused = client
        .step(&number, "code", &json!({ "code": code }))
        .expect("a server");
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert_eq!(
        refused.code(),
        "temporarily-unavailable",
        "{}",
        refused.body
    );
    // Revocation by its owner and by an administrator at the command line.
    let mut owner = house.client();
    let challenge = owner
        .post("/api/v1/login/challenge", &json!({}))
        .expect("a server")
        .expect_ok();
    let body = json!({ "signature": other.authentication.sign(&challenge.text("challenge")) });
    let signed_in = owner.open(&body).expect("a server");
    assert_eq!(signed_in.status, 503, "{}", signed_in.body);
    house.failure(&[
        "certificate",
        "revoke",
        &serial,
        "--reason",
        "keyCompromise",
    ]);
    // A decision at the desk, and an order of an administrator.
    let refused = operator.act(house.record_of(&other.iin), "freeze", "key-lost");
    assert_eq!(refused.status, 503, "{}", refused.body);
    let refused = administrator.order("stop-issuance", &object);
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert_eq!(
        standing(&house),
        before,
        "something was done without evidence"
    );
    assert_eq!(house.ocsp(&[&other.signature.certificate]), ["good"]);
    // Nor does a start go on over it.
    house.kill();
    mend_the_log(&house);
    house.serve();
    assert_eq!(house.issued(), issued);

    // All of it works as soon as evidence can be written, without anything typed again but the code.
    let answer = operator.act(house.record_of(&other.iin), "freeze", "key-lost");
    assert_eq!(answer.text("outcome"), "done", "{}", answer.body);
    let ordered = administrator.order("stop-issuance", &object);
    assert_eq!(ordered.text("outcome"), "stop-issuance", "{}", ordered.body);
    let ordered = administrator.order("start-issuance", &object);
    assert_eq!(
        ordered.text("outcome"),
        "start-issuance",
        "{}",
        ordered.body
    );
    house.tanba(&[
        "certificate",
        "revoke",
        &serial,
        "--reason",
        "keyCompromise",
    ]);
    assert_eq!(
        house.ocsp(&[&other.signature.certificate]),
        ["revoked (keyCompromise)"]
    );
    let answer = client
        .step(&number, "code", &json!({ "code": code }))
        .expect("a server");
    assert_eq!(answer.status, 200, "{}", answer.body);
    citizen.install(&client, &number, keys).expect("a server");
    evidence_is_whole(&house);
}
