//! An authority that was frozen, revoked or whose key is blocked, beside a running server.

use std::time::Duration;

use serde_json::{Value, json};

use crate::citizen::Client;
use crate::renewal::{applied, refused, renewed};
use crate::second_opinion::evidence_is_whole;
use crate::server::{Choice, Installation, pause, text};

/// Tries of whatever the server does by itself, a tenth of a second apart.
const TRIES: u32 = 600;

fn serial(house: &Installation, profile: &str) -> String {
    let list = house.facts(&["certificate", "list"]);
    let list = list.as_array().expect("certificates");
    let one = list.iter().rfind(|one| one["profile"] == profile);
    let one = one.unwrap_or_else(|| panic!("no certificate of {profile}"));
    one["serial"].as_str().expect("a serial number").to_owned()
}

fn issuing(house: &Installation) -> Value {
    let list = house.facts(&["issuer", "list"]);
    let list = list.as_array().expect("authorities");
    let issuing = list.iter().find(|issuer| issuer["kind"] == "issuing");
    issuing.expect("an issuing authority").clone()
}

/// Exit code and what was said.
fn told(house: &Installation, arguments: &[&str]) -> (Option<i32>, String) {
    let output = house
        .command()
        .args(arguments)
        .arg("--config")
        .arg(house.path("tanba.toml"))
        .output()
        .expect("the program runs");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

fn machines(house: &Installation, path: &str) -> (u16, String) {
    let client = Client::new(&house.machines, &house.machines);
    let answer = client.get(path).expect("a server");
    let body = answer.body.as_str().unwrap_or_default().to_owned();
    (answer.status, body)
}

/// What every place says of an authority that may not issue.
fn everything_says_so(house: &Installation, why: &str, code: &str) {
    let issuer = issuing(house);
    assert_eq!(
        (&issuer["unfit"], &issuer["issues"]),
        (&json!(why), &json!(false))
    );
    assert!(house.tanba(&["issuer", "list"]).contains("may not issue"));
    let (exit, said) = told(house, &["doctor", "--offline", "--json"]);
    assert_eq!(exit, Some(1), "{said}");
    assert!(said.contains(code), "{said}");
    let (exit, said) = told(house, &["certificate", "check", "--all"]);
    assert_eq!(exit, Some(1), "{said}");
    assert!(said.contains("authority-unfit"), "{said}");
    let (status, ready) = machines(house, "/health/ready");
    assert_eq!(status, 200, "status is told on: {ready}");
    assert!(ready.contains("it may not issue"), "{ready}");
    let (_, metrics) = machines(house, "/metrics");
    let name = issuer["name"].as_str().expect("a name");
    let gauge = format!("tanba_authority_fit{{issuer=\"{name}\"}} 0");
    assert!(metrics.contains(&gauge), "{metrics}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
fn a_frozen_authority_keeps_applications_and_a_revoked_one_issues_nothing_again() {
    let house = Installation::start();
    let citizen = house.citizen("Ospanova", "ospanova@example.kz");
    let (client, number, keys, code) = applied(&house, &citizen);
    let authority = serial(&house, "issuing-ca");
    let (exit, said) = told(
        &house,
        &["certificate", "hold", &authority, "--reason", "doubts"],
    );
    assert_eq!(exit, Some(1), "{said}");
    assert!(said.contains("--authority") && said.contains("every certificate"));
    assert_eq!(issuing(&house)["unfit"], Value::Null, "it was frozen");

    let held = house.facts(&[
        "certificate",
        "hold",
        &authority,
        "--authority",
        "--reason",
        "doubts",
    ]);
    assert_eq!(held["status"], "frozen");
    everything_says_so(&house, "held", "issuer-held");
    let body = json!({ "code": code });
    let path = format!("/api/v1/applications/{number}/code");
    for (language, word) in [
        ("kk", "құқығы жоқ"),
        ("ru", "не вправе"),
        ("en", "may not issue"),
    ] {
        let header = [("x-tanba-language", language)];
        let answer = client
            .send("POST", &path, &body, &header)
            .expect("a server");
        refused(&house, &answer, 503, "authority-unfit", 2);
        let title = answer.text("title");
        assert!(title.contains(word), "{title}");
    }
    assert_eq!(client.state(&number).expect("a server"), "CONFIRMED");
    assert_eq!(
        house.count(
            "SELECT count(*) FROM audit_log WHERE CAST(event AS TEXT) LIKE '%certificate.refuse%'"
        ),
        1
    );
    // A restart changes nothing, and status is told.
    let mut house = house;
    house.kill();
    house.serve();
    assert_eq!(client.state(&number).expect("a server"), "CONFIRMED");
    assert_eq!(house.ocsp(&[&citizen.signature.certificate]), ["good"]);

    let (exit, said) = told(
        &house,
        &[
            "certificate",
            "release",
            &authority,
            "--reason",
            "looked into",
        ],
    );
    assert_eq!(exit, Some(1), "{said}");
    house.facts(&[
        "certificate",
        "release",
        &authority,
        "--authority",
        "--reason",
        "looked into",
    ]);
    let mut tries = 0;
    while client.state(&number).expect("a server") != "ISSUED" {
        tries += 1;
        assert!(tries < TRIES, "it was not issued:\n{}", house.log());
        pause(Duration::from_millis(100));
    }
    let new = citizen.install(&client, &number, keys).expect("a server");
    renewed(&house, &new);

    let reason = ["--reason", "keyCompromise"];
    let revoke = [
        &["certificate", "revoke", &authority, "--authority"][..],
        &reason,
    ]
    .concat();
    let (exit, said) = told(&house, &revoke);
    assert_eq!(exit, Some(0), "{said}");
    assert!(said.contains("tanba ceremony plan rollover"), "{said}");
    everything_says_so(&house, "revoked", "issuer-revoked");
    // The root's list, from which others learn of it, says so already.
    let list = crate::second_opinion::fetch(&format!("{}/crl/root.crl", house.machines));
    let list = tanba_pki::crl::Crl::from_der(&list).expect("a list");
    assert_eq!(list.len(), 1);
    let (exit, said) = told(
        &house,
        &[
            "certificate",
            "release",
            &authority,
            "--authority",
            "--reason",
            "looked into",
        ],
    );
    assert_eq!(exit, Some(1), "{said}");
    evidence_is_whole(&house);
    for action in ["issuer.hold", "issuer.release", "issuer.revoke"] {
        let query = format!(
            "SELECT count(*) FROM audit_log WHERE CAST(event AS TEXT) LIKE '%\"{action}\"%'"
        );
        assert_eq!(house.count(&query), 1, "{action}");
    }
}

#[test]
fn a_root_and_what_works_for_an_authority_are_not_revoked_by_accident() {
    let house = Installation::start();
    let citizen = house.citizen("Akhmetova", "akhmetova@example.kz");
    let person = citizen.signature.certificate.serial_hex();
    let [root, responder] = ["root-ca", "ocsp-responder"].map(|profile| serial(&house, profile));
    for (arguments, exit, word) in [
        (
            &["revoke", root.as_str()][..],
            1,
            "root cannot revoke itself",
        ),
        (
            &["hold", &root, "--authority"],
            1,
            "root cannot hold itself",
        ),
        (&["revoke", &root, "--authority"], 1, "cross-certificate"),
        (&["revoke", &responder], 1, "--service"),
        (&["revoke", &responder, "--authority"], 1, "--service"),
        (&["hold", &responder, "--service"], 1, "not frozen"),
        (&["revoke", &person, "--authority"], 2, "a person's"),
        (&["hold", &person, "--service"], 2, "a person's"),
        (
            &["hold", &person, "--service", "--authority"],
            2,
            "cannot be used",
        ),
    ] {
        let whole = [&["certificate"], arguments, &["--reason", "superseded"]].concat();
        let (code, said) = told(&house, &whole);
        assert_eq!(code, Some(exit), "{arguments:?}: {said}");
        assert!(said.contains(word), "{arguments:?}: {said}");
    }
    let changes = "SELECT count(*) FROM certificate WHERE status = 'revoked'";
    assert_eq!(house.count(changes), 0);
    house.facts(&[
        "certificate",
        "revoke",
        &responder,
        "--service",
        "--why",
        "a test",
    ]);
    // The server that runs makes another one, and answers with it.
    let mut tries = 0;
    while serial(&house, "ocsp-responder") == responder {
        tries += 1;
        assert!(tries < TRIES, "no new responder:\n{}", house.log());
        pause(Duration::from_millis(100));
    }
    assert_eq!(house.ocsp(&[&citizen.signature.certificate]), ["good"]);
}

#[test]
fn a_blocked_key_of_an_authority_is_an_error_with_the_right_advice() {
    let house = Installation::make(&Choice::default());
    let authority = serial(&house, "issuing-ca");
    let output = house.path("authority.pem");
    house.facts(&["certificate", "show", &authority, "--output", text(&output)]);
    let (exit, said) = told(&house, &["key", "block", text(&output), "--reason", "seen"]);
    assert_eq!(exit, Some(0), "{said}");
    let advice = format!("tanba certificate revoke {authority} --authority");
    assert!(said.contains(&advice), "{said}");
    let (exit, said) = told(&house, &["doctor", "--offline"]);
    assert_eq!(exit, Some(1), "{said}");
    assert!(said.contains("its key is on the block list"), "{said}");
    let (exit, said) = told(&house, &["key", "check"]);
    assert_eq!(exit, Some(1), "{said}");
    assert!(
        said.contains(&advice) && !said.contains("tell their owners"),
        "{said}"
    );
    let person = house.register("Ibraeva", "ibraeva@example.kz");
    let key = crate::citizen::new_key(tanba_crypto::KeyAlgorithm::Rsa { bits: 2048 });
    let profile = "kz-individual-signature-rsa";
    let request = house.request(&person, profile, &key);
    let issue = ["certificate", "issue", "--person", &person.iin];
    let (exit, said) = told(
        &house,
        &[
            &issue[..],
            &["--profile", profile, "--request", text(&request)],
        ]
        .concat(),
    );
    assert_eq!(exit, Some(1), "{said}");
    assert!(said.contains("its key is on the block list"), "{said}");
    assert_eq!(house.issued(), 0);
}
