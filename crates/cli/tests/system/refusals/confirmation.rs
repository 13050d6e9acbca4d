//! Codes and proofs that are wrong, late or lost.

use serde_json::{Value, json};

use super::challenge;
use crate::citizen::{Answer, Pair};
use crate::renewal::{applied, refused, renewed};
use crate::server::Installation;

fn wrong(code: &str) -> Value {
    let number: u32 = code.parse().expect("digits");
    json!({ "code": format!("{:06}", (number + 1) % 1_000_000) })
}

#[test]
fn five_wrong_codes_end_an_application() {
    let house = Installation::start();
    let citizen = house.citizen("Serikova", "serikova@example.kz");
    let (client, number, keys, code) = applied(&house, &citizen);
    let give = |body: &Value| client.step(&number, "code", body).expect("a server");
    for malformed in ["", "12345", "1234567", "abcdef", "１２３４５６"] {
        refused(
            &house,
            &give(&json!({ "code": malformed })),
            422,
            "code-malformed",
            2,
        );
    }
    for tries_left in (1..5).rev() {
        let answer = give(&wrong(&code));
        refused(&house, &answer, 422, "wrong-code", 2);
        assert_eq!(answer.body["tries_left"], tries_left);
    }
    refused(&house, &give(&wrong(&code)), 422, "too-many-codes", 2);
    refused(
        &house,
        &give(&json!({ "code": code })),
        422,
        "too-many-codes",
        2,
    );
    assert_eq!(client.state(&number).expect("a server"), "REJECTED");
    let answer = client
        .get(&format!("/api/v1/applications/{number}/certificates"))
        .expect("a server");
    refused(&house, &answer, 409, "application-rejected", 2);
    drop(keys);
    renewed(&house, &citizen);
}

#[test]
fn a_lost_code_is_sent_again_and_the_old_one_stops_counting() {
    let house = Installation::start();
    let citizen = house.citizen("Serikova", "serikova@example.kz");
    let (client, number, keys, first) = applied(&house, &citizen);
    let resend = || {
        client
            .step(&number, "code/resend", &json!({}))
            .expect("a server")
    };
    let answer = resend();
    refused(&house, &answer, 429, "resend-too-early", 2);
    assert!(
        answer.body["wait_seconds"]
            .as_u64()
            .is_some_and(|wait| wait <= 60),
        "{}",
        answer.body
    );
    let mut second = first.clone();
    for _ in 0..2 {
        house.sql("UPDATE confirmation_code SET sent_at = sent_at - 61");
        resend().expect_ok();
        second = house.mailbox.wait(&citizen.email, |mails| {
            let codes = crate::mailbox::codes(mails, &number);
            codes.last().filter(|code| **code != second).cloned()
        });
    }
    let give = |code: &str| {
        client
            .step(&number, "code", &json!({ "code": code }))
            .expect("a server")
    };
    refused(&house, &give(&first), 422, "wrong-code", 2);
    house.sql("UPDATE confirmation_code SET expires_at = unixepoch() - 1");
    refused(&house, &give(&second), 422, "code-expired", 2);
    house.sql("UPDATE confirmation_code SET expires_at = unixepoch() + 60");
    give(&second).expect_ok();
    citizen.install(&client, &number, keys).expect("a server");
    assert_eq!(house.issued(), 4);
}

#[test]
fn an_installation_is_proved_by_the_new_keys_and_no_others() {
    let house = Installation::start();
    let citizen = house.citizen("Serikova", "serikova@example.kz");
    let (client, number, keys, code) = applied(&house, &citizen);
    let early = client
        .step(&number, "installation/challenge", &json!({}))
        .expect("a server");
    refused(&house, &early, 409, "application-wrong-state", 2);
    client
        .step(&number, "code", &json!({ "code": code }))
        .expect("a server")
        .expect_ok();
    let new = citizen.renewed(client.certificates(&number).expect("a server"), keys.keys);
    let ask = || {
        let answer = client
            .step(&number, "installation/challenge", &json!({}))
            .expect("a server");
        answer.expect_ok().text("challenge")
    };
    let prove = |proofs: [String; 2]| {
        let body = json!({ "proofs": proofs, "revoke_old": true });
        client
            .step(&number, "installation", &body)
            .expect("a server")
    };
    let both = |one: &Pair, other: &Pair, text: &str| [one.sign(text), other.sign(text)];
    let text = ask();
    let said = |answer: &Answer, code: &str| refused(&house, answer, 422, code, 4);
    said(
        &prove(both(&citizen.authentication, &citizen.signature, &text)),
        "proof-other-key",
    );
    said(
        &prove(both(&new.signature, &new.signature, &text)),
        "proof-other-key",
    );
    said(
        &prove(both(&new.authentication, &new.signature, "{}")),
        "challenge-foreign",
    );
    let login = challenge(&client);
    said(
        &prove(both(&new.authentication, &new.signature, &login)),
        "challenge-foreign",
    );
    let one = json!({ "proofs": [new.signature.sign(&text)], "revoke_old": true });
    said(
        &client
            .step(&number, "installation", &one)
            .expect("a server"),
        "proof-count",
    );
    house.sql("UPDATE token SET expires_at = expires_at - 301 WHERE purpose LIKE 'install%'");
    said(
        &prove(both(&new.authentication, &new.signature, &text)),
        "challenge-expired",
    );
    // Nothing was revoked for it.
    let olds = [
        &citizen.authentication.certificate,
        &citizen.signature.certificate,
    ];
    assert_eq!(house.ocsp(&olds), ["good", "good"]);
    prove(both(&new.signature, &new.authentication, &ask())).expect_ok();
    assert_eq!(
        house.ocsp(&olds),
        ["revoked (superseded)", "revoked (superseded)"]
    );
}
