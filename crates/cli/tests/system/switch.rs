//! Issuance is stopped and started beside a running server.

use std::time::Duration;

use serde_json::{Value, json};
use tanba_crypto::KeyAlgorithm;
use tanba_pki::Certificate;

use crate::citizen::{Client, new_key};
use crate::renewal::{applied, refused, renewed};
use crate::second_opinion::evidence_is_whole;
use crate::server::{Choice, Installation, pause, text};

const PROFILE: &str = "kz-individual-signature-rsa";
const REASON: &str = "кілт туралы хабар тексерілуде";
/// Tries of whatever the server does by itself, a tenth of a second apart.
const TRIES: u32 = 600;

/// The issuing authority, as `tanba issuer list` tells it.
fn issuing(house: &Installation) -> Value {
    let list = house.facts(&["issuer", "list"]);
    let list = list.as_array().expect("authorities");
    let issuing = list.iter().find(|issuer| issuer["kind"] == "issuing");
    issuing.expect("an issuing authority").clone()
}

fn name(house: &Installation) -> String {
    let issuer = issuing(house);
    issuer["name"].as_str().expect("a name").to_owned()
}

fn wait_until(what: &str, house: &Installation, is_so: impl Fn() -> bool) {
    for _ in 0..TRIES {
        if is_so() {
            return;
        }
        pause(Duration::from_millis(100));
    }
    panic!("{what} did not happen:\n{}", house.log());
}

/// Exit code and what was said, on one line.
fn told(house: &Installation, arguments: &[&str]) -> (Option<i32>, String) {
    let output = house
        .command()
        .args(arguments)
        .arg("--config")
        .arg(house.path("tanba.toml"))
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said)
}

#[test]
fn a_stopped_authority_keeps_applications_and_finishes_them_after_the_start() {
    let house = Installation::start();
    let citizen = house.citizen("Sadykova", "sadykova@example.kz");
    let name = name(&house);
    let (client, number, keys, code) = applied(&house, &citizen);
    let stopped = house.facts(&["issuer", "stop", &name, "--reason", REASON]);
    assert_eq!(stopped, house.facts(&["issuer", "list"]));
    let issuer = issuing(&house);
    assert_eq!(
        (&issuer["stopped"], &issuer["stops"][0]["reason"]),
        (&json!(true), &json!(REASON))
    );
    assert_eq!(issuer["stops"][0]["profile"], Value::Null);
    let text = house.tanba(&["issuer", "list"]);
    assert!(
        text.contains("everything is stopped since") && text.contains(REASON),
        "{text}"
    );

    let body = json!({ "code": code });
    let path = format!("/api/v1/applications/{number}/code");
    let mut titles = Vec::new();
    // Whoever asks again is told the same, in whichever language, and needs no other code.
    for (language, word) in [
        ("kk", "тоқтатылған"),
        ("ru", "остановлен"),
        ("en", "no certificates"),
    ] {
        let header = [("x-tanba-language", language)];
        let answer = client
            .send("POST", &path, &body, &header)
            .expect("a server");
        refused(&house, &answer, 503, "issuance-stopped", 2);
        let title = answer.text("title");
        assert!(title.contains(word), "{title}");
        let whole = answer.body.to_string();
        assert!(!whole.contains(REASON), "the reason is for the evidence");
        titles.push(title);
    }
    assert_eq!(client.state(&number).expect("a server"), "CONFIRMED");

    // A restart changes nothing, and status is told as before.
    let mut house = house;
    house.kill();
    house.serve();
    assert_eq!(client.state(&number).expect("a server"), "CONFIRMED");
    assert_eq!(house.issued(), 2);
    assert_eq!(house.ocsp(&[&citizen.signature.certificate]), ["good"]);
    let machines = Client::new(&house.machines, &house.machines);
    let ready = machines.get("/health/ready").expect("a server");
    assert_eq!(
        (ready.status, &ready.body),
        (200, &json!(format!("ready\n{name}: issuance is stopped\n")))
    );
    let (code, said) = told(&house, &["doctor", "--offline", "--strict"]);
    assert_eq!(code, Some(1), "{said}");
    let findings = house.tanba(&["doctor", "--offline"]);
    assert!(
        findings.contains("issues nothing since") && findings.contains(REASON),
        "{findings}"
    );

    house.facts(&["issuer", "start", &name, "--reason", "it was a rumour"]);
    assert_eq!(
        (&issuing(&house)["stopped"], &issuing(&house)["stops"]),
        (&json!(false), &json!([]))
    );
    // Nobody has to do anything.
    wait_until("the issue", &house, || {
        client.state(&number).expect("a server") == "ISSUED"
    });
    let new = citizen.install(&client, &number, keys).expect("a server");
    assert_eq!(house.issued(), 4);
    renewed(&house, &new);
    evidence_is_whole(&house);
}

/// From now on somebody stops the signature profile in the very moment in which an intent by it is recorded.
fn stop_at_the_next_intent(house: &Installation) {
    let issuer = &issuing(house)["id"];
    house.sql(&format!(
        "CREATE TRIGGER stop AFTER INSERT ON audit_log \
         WHEN CAST(NEW.event AS TEXT) LIKE '%certificate.intend%profile={PROFILE} %' BEGIN \
             INSERT INTO issuance_stop VALUES ({issuer}, '{PROFILE}', 1, '{REASON}'); \
         END"
    ));
}

fn intents(house: &Installation) -> i64 {
    house.count("SELECT count(*) FROM certificate WHERE status = 'intended'")
}

fn start_the_profile(house: &Installation) {
    assert_eq!(issuing(house)["stops"][0]["profile"], PROFILE);
    assert_eq!(issuing(house)["stopped"], false);
    let name = name(house);
    let start = ["issuer", "start", &name, "--profile", PROFILE];
    house.facts(&[&start[..], &["--reason", "nothing was found"]].concat());
}

#[test]
fn what_was_recorded_for_an_application_is_signed_as_it_is_after_the_start() {
    let house = Installation::start();
    let citizen = house.citizen("Zhumabayeva", "zhumabayeva@example.kz");
    let (client, number, keys, code) = applied(&house, &citizen);
    stop_at_the_next_intent(&house);
    let answer = client
        .step(&number, "code", &json!({ "code": code }))
        .expect("a server");
    assert_eq!(answer.code(), "issuance-stopped", "{}", answer.body);
    house.sql("DROP TRIGGER stop");
    let recorded = house.blob(&format!(
        "SELECT to_be_signed FROM certificate WHERE status = 'intended' AND profile = '{PROFILE}'"
    ));
    start_the_profile(&house);
    wait_until("the issue", &house, || {
        client.state(&number).expect("a server") == "ISSUED"
    });
    let signed = client.certificates(&number).expect("a server");
    assert!(signed.iter().any(|one| one.tbs_der() == recorded));
    citizen.install(&client, &number, keys).expect("a server");
    assert_eq!((house.issued(), intents(&house)), (4, 0));
    evidence_is_whole(&house);
}

#[test]
fn what_no_application_looks_after_is_signed_after_the_start_without_a_restart() {
    let mut house = Installation::start();
    let person = house.register("Kaliyeva", "kaliyeva@example.kz");
    let key = new_key(KeyAlgorithm::Rsa { bits: 2048 });
    let request = house.request(&person, PROFILE, &key);
    stop_at_the_next_intent(&house);
    let output = house.path("new.pem");
    let issue = [
        "certificate",
        "issue",
        "--person",
        &person.iin,
        "--profile",
        PROFILE,
        "--request",
        text(&request),
        "--output",
        text(&output),
    ];
    let said = house.refusal(&issue);
    assert!(said.contains("has stopped this authority"), "{said}");
    house.sql("DROP TRIGGER stop");
    // The server that starts now finds the intent and may not sign it yet.
    house.kill();
    house.serve();
    assert_eq!((house.issued(), intents(&house)), (0, 1));
    start_the_profile(&house);
    wait_until("the issue", &house, || house.issued() == 1);
    assert_eq!(intents(&house), 0);
    let query = |column: &str| {
        house.blob(&format!(
            "SELECT {column} FROM certificate WHERE person_id IS NOT NULL"
        ))
    };
    let certificate = Certificate::from_der(&query("der")).expect("a certificate");
    assert_eq!(certificate.tbs_der(), query("to_be_signed"));
    evidence_is_whole(&house);
}

#[test]
fn what_cannot_be_switched_is_refused_with_a_sentence() {
    let house = Installation::make(&Choice::default());
    let name = name(&house);
    let reason = ["--reason", REASON];
    for (arguments, exit, word) in [
        (&["stop", "nobody"][..], 1, "no authority nobody"),
        (&["stop", "root"], 1, "root"),
        (&["stop", &name, "--profile", "no-such"], 1, "no-such"),
        (&["start", &name], 1, "not stopped"),
        (&["stop"], 2, "<ISSUER>"),
    ] {
        let whole = [&["issuer"], arguments, &reason].concat();
        let (code, said) = told(&house, &whole);
        assert_eq!(code, Some(exit), "{arguments:?}: {said}");
        assert!(said.contains(word), "{arguments:?}: {said}");
        assert!(exit == 2 || said.lines().count() == 1, "{said}");
    }
    let (code, said) = told(&house, &["issuer", "stop", &name]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--reason"), "{said}");
    let (code, said) = told(&house, &["issuer", "stop", &name, "--reason", " "]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("say why"), "{said}");
    assert_eq!(issuing(&house)["stops"], json!([]));
    house.facts(&["issuer", "stop", &name, "--reason", REASON]);
    let again = house.refusal(&["issuer", "stop", &name, "--reason", REASON]);
    assert!(again.contains("stopped already"), "{again}");
}
