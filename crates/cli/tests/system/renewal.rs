//! Whole renewals against the real server, and what happens when something comes between.

use serde_json::{Value, json};
use tanba_pki::Certificate;

use crate::citizen::{Answer, Citizen, Client, NewKeys};
use crate::mailbox::codes;
use crate::second_opinion::evidence_is_whole;
use crate::server::{Installation, now};

/// Asserts what an answer says and that no certificate came of it.
pub(crate) fn refused(house: &Installation, answer: &Answer, status: u16, code: &str, issued: i64) {
    assert_eq!(
        (answer.status, answer.code()),
        (status, code),
        "{}",
        answer.body
    );
    for member in ["title", "detail"] {
        let sentence = answer.body[member].as_str().unwrap_or_default();
        assert!(!sentence.is_empty(), "no {member}: {}", answer.body);
    }
    assert_eq!(house.issued(), issued, "{code}: something was issued");
}

fn serial(certificate: &Certificate) -> String {
    certificate.serial_hex()
}

/// Signs in, applies, and waits for the code.
pub(crate) fn applied(
    house: &Installation,
    citizen: &Citizen,
) -> (Client, String, NewKeys, String) {
    let mut client = house.client();
    citizen.login(&mut client).expect("a server");
    let keys = NewKeys::make(&citizen.signature.certificate);
    let number = citizen.apply(&client, &keys).expect("a server");
    let code = house.mailbox.code(&citizen.email, &number);
    (client, number, keys, code)
}

/// A renewal from beginning to end.
pub(crate) fn renewed(house: &Installation, citizen: &Citizen) -> Citizen {
    let (client, number, keys, code) = applied(house, citizen);
    let answer = client
        .step(&number, "code", &json!({ "code": code }))
        .expect("a server");
    assert_eq!(answer.expect_ok().text("state"), "ISSUED");
    citizen.install(&client, &number, keys).expect("a server")
}

#[test]
fn a_renewal_is_accepted_by_independent_tools() {
    let house = Installation::start();
    let old = house.citizen("Serikova", "serikova@example.kz");
    let new = renewed(&house, &old);

    let pairs = [
        &old.authentication,
        &old.signature,
        &new.authentication,
        &new.signature,
    ];
    let all = pairs.map(|pair| &pair.certificate);
    let verdicts = house.ocsp(&all);
    assert_eq!(
        verdicts,
        [
            "revoked (superseded)",
            "revoked (superseded)",
            "good",
            "good"
        ]
    );
    for certificate in [&new.authentication.certificate, &new.signature.certificate] {
        let (valid, said) = house.verify(certificate);
        assert!(valid, "{said}");
        let lives = certificate.not_after().unix() - now().unix();
        assert!(
            (364 * 86_400..=367 * 86_400).contains(&lives),
            "{lives} seconds"
        );
    }
    house.wait_for_the_lists(&old.signature.certificate);
    house.wait_for_the_lists(&old.authentication.certificate);

    // The old keys open nothing any more, the new ones do.
    let answer = house
        .client()
        .sign_in(&old.authentication)
        .expect("a server");
    refused(&house, &answer, 422, "certificate-revoked", 4);
    let again = renewed(&house, &new);
    assert_ne!(
        serial(&again.signature.certificate),
        serial(&new.signature.certificate)
    );

    // Her two first certificates; then twice: accepted, code, issued, installed.
    house
        .mailbox
        .wait(&old.email, |mails| (mails.len() == 10).then_some(()));
    evidence_is_whole(&house);
}

#[test]
fn a_computer_whose_clock_is_a_day_off_renews_all_the_same() {
    let house = Installation::start();
    for (name, days) in [("Early", -1), ("Late", 1)] {
        let citizen = house.citizen(name, &format!("{name}@example.kz"));
        let clock = tanba_pki::Timestamp::from_unix(now().unix() + days * 86_400);
        let mut client = house.client();
        let challenge = client
            .post("/api/v1/login/challenge", &json!({}))
            .expect("a server");
        let signature = citizen
            .authentication
            .sign_at(&challenge.text("challenge"), clock);
        client
            .open(&json!({ "signature": signature }))
            .expect("a server")
            .expect_ok();
        let keys = NewKeys::make(&citizen.signature.certificate);
        let number = client.begin().expect("a server").expect_ok().text("number");
        let document = client
            .step(&number, "requests", &keys.body())
            .expect("a server");
        let signature = citizen.signature.sign_at(&document.text("document"), clock);
        let body = json!({ "signature": signature });
        client
            .step(&number, "signature", &body)
            .expect("a server")
            .expect_ok();
        let code = house.mailbox.code(&citizen.email, &number);
        client
            .step(&number, "code", &json!({ "code": code }))
            .expect("a server")
            .expect_ok();
        citizen.install(&client, &number, keys).expect("a server");
    }
}

#[test]
fn a_restart_at_any_step_loses_nothing() {
    let mut house = Installation::start();
    let citizen = house.citizen("Bolatova", "bolatova@example.kz");
    let mut client = house.client();
    citizen.login(&mut client).expect("a server");
    // Killed, or asked to end; the session goes on.
    let restart = |house: &mut Installation, at: &str| {
        if at.len().is_multiple_of(2) {
            house.kill()
        } else {
            house.stop()
        }
        house.serve();
    };
    restart(&mut house, "signed in");
    let number = client.begin().expect("a server").expect_ok().text("number");
    restart(&mut house, "begun");
    let keys = NewKeys::make(&citizen.signature.certificate);
    let document = client
        .step(&number, "requests", &keys.body())
        .expect("a server")
        .text("document");
    restart(&mut house, "prepared");
    let submission = citizen.submission(&document);
    client
        .step(&number, "signature", &submission)
        .expect("a server")
        .expect_ok();
    restart(&mut house, "signed");
    let code = house.mailbox.code(&citizen.email, &number);
    let body = json!({ "code": code });
    assert_eq!(
        client
            .step(&number, "code", &body)
            .expect("a server")
            .text("state"),
        "ISSUED"
    );
    restart(&mut house, "issued");
    let challenge = client
        .step(&number, "installation/challenge", &json!({}))
        .expect("a server");
    restart(&mut house, "asked for a proof");
    let new = citizen.renewed(client.certificates(&number).expect("a server"), keys.keys);
    let proofs = new.proofs(&challenge.text("challenge"));
    client
        .step(&number, "installation", &proofs)
        .expect("a server")
        .expect_ok();
    restart(&mut house, "installed");
    // Whoever did not see the answer asks again and gets it.
    let again = client
        .step(&number, "installation", &proofs)
        .expect("a server")
        .expect_ok();
    assert_eq!(
        again.body["superseded"].as_array().map(Vec::len),
        Some(2),
        "{}",
        again.body
    );
    assert_eq!(house.issued(), 4);
    evidence_is_whole(&house);
}

/// Does the same from two tabs at once.
fn twice(work: impl Fn() -> Answer + Sync) -> [Answer; 2] {
    std::thread::scope(|scope| {
        let first = scope.spawn(&work);
        let second = scope.spawn(&work);
        [first, second].map(|tab| tab.join().expect("an answer"))
    })
}

#[test]
fn two_clicks_are_one() {
    let house = Installation::start();
    let citizen = house.citizen("Ivanova", "ivanova@example.kz");
    let mut client = house.client();
    citizen.login(&mut client).expect("a server");
    let same = |answers: [Answer; 2], member: &str| {
        let [first, second] = answers.map(|answer| answer.expect_ok().text(member));
        assert_eq!(first, second);
        first
    };
    let number = same(twice(|| client.begin().expect("a server")), "number");
    let keys = NewKeys::make(&citizen.signature.certificate);
    let prepare = || {
        client
            .step(&number, "requests", &keys.body())
            .expect("a server")
    };
    let document = same(twice(prepare), "document");
    // The same document signed twice: the signatures may differ, the application is one.
    let submit = || {
        client
            .step(&number, "signature", &citizen.submission(&document))
            .expect("a server")
    };
    assert_eq!(same(twice(submit), "state"), "AWAITING_2FA");
    let code = house.mailbox.code(&citizen.email, &number);
    let confirm = || {
        client
            .step(&number, "code", &json!({ "code": code }))
            .expect("a server")
    };
    assert_eq!(same(twice(confirm), "state"), "ISSUED");
    assert_eq!(house.issued(), 4);

    // The back button: what was done stays done.
    assert_eq!(submit().expect_ok().text("state"), "ISSUED");
    assert_eq!(confirm().expect_ok().text("state"), "ISSUED");
    refused(&house, &prepare(), 409, "application-wrong-state", 4);
    let new = citizen.renewed(client.certificates(&number).expect("a server"), keys.keys);
    let challenge = client
        .step(&number, "installation/challenge", &json!({}))
        .expect("a server");
    let proofs = new.proofs(&challenge.text("challenge"));
    let install = || {
        client
            .step(&number, "installation", &proofs)
            .expect("a server")
    };
    assert_eq!(same(twice(install), "state"), "INSTALLED");
    let mails = house.mailbox.wait(&citizen.email, |mails| {
        (mails.len() >= 6).then(|| mails.to_vec())
    });
    assert_eq!(codes(&mails, &number).len(), 1, "one code for two clicks");
    assert_eq!(
        mails.len(),
        6,
        "two first certificates; accepted, code, issued, installed"
    );
}

#[test]
fn two_tabs_with_different_keys_end_in_one_application() {
    let house = Installation::start();
    let citizen = house.citizen("Kim", "kim@example.kz");
    let mut client = house.client();
    citizen.login(&mut client).expect("a server");
    // Tabs share the cookie.
    let other = client.clone();
    let number = client.begin().expect("a server").expect_ok().text("number");
    assert_eq!(
        other.begin().expect("a server").expect_ok().text("number"),
        number
    );
    let [first, second] = [(); 2].map(|()| NewKeys::make(&citizen.signature.certificate));
    let prepare = |client: &Client, keys: &NewKeys| -> String {
        client
            .step(&number, "requests", &keys.body())
            .expect("a server")
            .expect_ok()
            .text("document")
    };
    let stale = prepare(&client, &first);
    let fresh = prepare(&other, &second);
    let answer = client
        .step(&number, "signature", &citizen.submission(&stale))
        .expect("a server");
    refused(&house, &answer, 422, "document-changed", 2);
    other
        .step(&number, "signature", &citizen.submission(&fresh))
        .expect("a server")
        .expect_ok();
    let answer = client
        .step(&number, "signature", &citizen.submission(&stale))
        .expect("a server");
    refused(&house, &answer, 409, "already-signed", 2);
    let code = house.mailbox.code(&citizen.email, &number);
    // Whoever signed in elsewhere, with the same key files, did not sign this and may not say yes to it.
    let mut elsewhere = house.client();
    citizen.login(&mut elsewhere).expect("a server");
    let answer = elsewhere
        .step(&number, "code", &json!({ "code": code }))
        .expect("a server");
    refused(&house, &answer, 409, "signed-elsewhere", 2);
    // Either tab may type the code.
    client
        .step(&number, "code", &json!({ "code": code }))
        .expect("a server")
        .expect_ok();
    citizen.install(&other, &number, second).expect("a server");
    assert_eq!(house.issued(), 4);
}

#[test]
fn a_cancelled_application_ends_and_another_begins() {
    let house = Installation::start();
    let citizen = house.citizen("Omarova", "omarova@example.kz");
    let (client, number, keys, code) = applied(&house, &citizen);
    let answer = client
        .step(&number, "cancel", &json!({}))
        .expect("a server")
        .expect_ok();
    assert_eq!(answer.text("state"), "CANCELLED");
    let code = json!({ "code": code });
    let answer = client.step(&number, "code", &code).expect("a server");
    refused(&house, &answer, 409, "application-cancelled", 2);
    let answer = client
        .step(&number, "code/resend", &json!({}))
        .expect("a server");
    refused(&house, &answer, 409, "application-cancelled", 2);
    let status: Value = house
        .client()
        .post(
            "/api/v1/status",
            &json!({ "number": number, "iin": citizen.iin }),
        )
        .expect("a server")
        .body;
    assert_eq!(status["state"], "CANCELLED");

    // The keys that were made are not lost to her: nobody ever saw them but her own application.
    let second = client.begin().expect("a server").expect_ok().text("number");
    assert_ne!(second, number);
    let answer = client
        .step(&second, "requests", &keys.body())
        .expect("a server");
    refused(&house, &answer, 422, "request-reused-key", 2);
    renewed(&house, &citizen);
}

#[test]
fn a_lost_session_is_no_lost_application() {
    let house = Installation::start();
    let citizen = house.citizen("Serikova", "serikova@example.kz");
    let mut client = house.client();
    citizen.login(&mut client).expect("a server");
    let number = client.begin().expect("a server").text("number");
    let keys = NewKeys::make(&citizen.signature.certificate);
    let document = client.step(&number, "requests", &keys.body());
    let document = document.expect("a server").text("document");
    let sign = |client: &Client| {
        let body = citizen.submission(&document);
        let answer = client.step(&number, "signature", &body);
        answer.expect("a server").expect_ok()
    };
    sign(&client);
    let code = json!({ "code": house.mailbox.code(&citizen.email, &number) });
    let answer = client.post("/api/v1/logout", &json!({}));
    answer.expect("a server").expect_ok();
    let answer = client.step(&number, "code", &code).expect("a server");
    refused(&house, &answer, 401, "session-required", 2);

    // Signed in again she signs the same again, and the code that she has counts.
    let mut client = house.client();
    citizen.login(&mut client).expect("a server");
    let answer = client.step(&number, "code", &code).expect("a server");
    refused(&house, &answer, 409, "signed-elsewhere", 2);
    sign(&client);
    let answer = client.step(&number, "code", &code).expect("a server");
    assert_eq!(answer.expect_ok().text("state"), "ISSUED");

    // Signed out once more before the installation, and again nothing is lost.
    let mut client = house.client();
    citizen.login(&mut client).expect("a server");
    citizen.install(&client, &number, keys).expect("a server");
    assert_eq!(house.issued(), 4);
    let mails = house.mailbox.to(&citizen.email);
    assert_eq!(codes(&mails, &number).len(), 1);
}
