//! Signing in with something else than one's own valid authentication key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use tanba_model::login::{Challenge, ChallengePurpose};
use tanba_pki::Timestamp;

use super::{bent, challenge, stranger};
use crate::citizen::{Answer, Client};
use crate::renewal::refused;
use crate::server::{Installation, now};

fn open(client: &mut Client, signature: &str) -> Answer {
    client
        .open(&json!({ "signature": signature }))
        .expect("a server")
}

#[test]
fn who_signs_in_with_something_else_is_told_what() {
    let house = Installation::start();
    let citizen = house.citizen("Serikova", "serikova@example.kz");
    let mut client = house.client();
    let said = |answer: &Answer, code: &str| refused(&house, answer, 422, code, 2);

    let answer = client.sign_in(&citizen.signature).expect("a server");
    said(&answer, "signing-key-used");
    assert!(
        answer.text("detail").contains("AUTH_RSA256_"),
        "{}",
        answer.body
    );
    said(
        &client.sign_in(&stranger(&house)).expect("a server"),
        "certificate-unknown",
    );

    // Twice the same answer; an answer after five minutes; an answer to what was never asked.
    let signature = citizen.authentication.sign(&challenge(&client));
    open(&mut house.client(), &signature).expect_ok();
    said(&open(&mut client, &signature), "challenge-expired");
    let late = challenge(&client);
    house.sql("UPDATE token SET expires_at = expires_at - 301 WHERE purpose LIKE 'login%'");
    said(
        &open(&mut client, &citizen.authentication.sign(&late)),
        "challenge-expired",
    );
    let forged = |purpose: ChallengePurpose, origin: &str| {
        let forged = Challenge {
            schema: Challenge::SCHEMA.to_owned(),
            purpose,
            origin: origin.to_owned(),
            nonce: "ab".repeat(32),
            subject: String::new(),
            issued: now(),
            expires: Timestamp::from_unix(now().unix() + 300),
        };
        String::from_utf8(forged.to_bytes().expect("JSON")).expect("text")
    };
    for (purpose, origin, code) in [
        (
            ChallengePurpose::Login,
            house.origin.as_str(),
            "challenge-expired",
        ),
        (
            ChallengePurpose::Login,
            "https://evil.example",
            "challenge-foreign",
        ),
        (
            ChallengePurpose::Installation,
            house.origin.as_str(),
            "challenge-foreign",
        ),
    ] {
        let signature = citizen.authentication.sign(&forged(purpose, origin));
        said(&open(&mut client, &signature), code);
    }
    said(
        &open(&mut client, &citizen.authentication.sign("Hello")),
        "challenge-foreign",
    );
    let signature = citizen.authentication.sign(&challenge(&client));
    said(
        &open(&mut client, &bent(&signature, 1)),
        "signature-invalid",
    );
    let garbage = BASE64.encode("not a message");
    said(&open(&mut client, &garbage), "signature-unreadable");
    refused(&house, &open(&mut client, "%%%"), 400, "bad-request", 2);
    assert!(client.cookie.is_none(), "a refused key opened a session");
}

#[test]
fn a_certificate_that_does_not_count_any_more_opens_nothing() {
    let house = Installation::start();
    let codes = [
        ("Revoked", "Ospanova", "certificate-revoked"),
        ("Held", "Serikova", "certificate-frozen"),
        ("Expired", "Bolatova", "certificate-expired"),
        ("Future", "Akhmetova", "certificate-not-yet-valid"),
    ];
    // Codes in the log must not look like somebody's name.
    for (number, (name, surname, code)) in (1..).zip(codes) {
        let citizen = house.citizen(surname, &format!("{surname}@example.kz"));
        let mut earlier = house.client();
        citizen.login(&mut earlier).expect("a server");
        let serial = citizen.authentication.certificate.serial_hex();
        let change = |column: &str| {
            house.sql(&format!(
                "UPDATE certificate SET {column} WHERE hex(serial) = upper('{serial}')"
            ))
        };
        let changed = match name {
            "Revoked" => house
                .tanba(&["certificate", "revoke", &serial, "--why", "lost"])
                .len(),
            "Held" => house
                .tanba(&["certificate", "hold", &serial, "--reason", "lost"])
                .len(),
            "Expired" => change("not_after = unixepoch() - 60"),
            _ => change("not_before = unixepoch() + 60"),
        };
        assert_ne!(changed, 0, "{name}");
        let answer = house
            .client()
            .sign_in(&citizen.authentication)
            .expect("a server");
        refused(&house, &answer, 422, code, 2 * number);
        // Who was signed in with a revoked key is signed out.
        let open = earlier
            .get("/api/v1/applications")
            .expect("a server")
            .status;
        assert_eq!(open, if number <= 2 { 401 } else { 200 }, "{name}");
        let released = house.tanba(&["certificate", "list", "--person", &citizen.iin]);
        assert_eq!(released.lines().count(), 2);
    }
}
