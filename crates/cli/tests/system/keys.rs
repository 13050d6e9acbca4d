//! Keys that are compromised: blocked by an administrator, or by the statement of whoever holds them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tanba_crypto::{KeyAlgorithm, Signer as _, SoftwareKey};
use tanba_pki::hex;

use crate::citizen::{new_key, request};
use crate::server::{Installation, program, run, text};

fn block(house: &Installation, what: &str) -> Value {
    house.facts(&["key", "block", what, "--reason", "it was on the web"])
}

/// A key file as somebody finds it.
fn leak(house: &Installation, key: &SoftwareKey, name: &str) -> PathBuf {
    let path = house.path(name);
    let text = tanba_pki::pem::encode("PRIVATE KEY", key.pkcs8_der().expose());
    fs::write(&path, text).expect("a file");
    path
}

/// The statement of a stranger who has a key file and openssl, and no program of ours.
fn statement(house: &Installation, key: &Path) -> PathBuf {
    let said = run(Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
        .arg(house.path("root.pem")));
    let fingerprint: String = said
        .trim()
        .rsplit_once('=')
        .expect("a fingerprint")
        .1
        .replace(':', "");
    let statement = house.path("statement.pem");
    let subject =
        format!("/CN=This key is compromised. Revoke its certificates./serialNumber={fingerprint}");
    run(Command::new("openssl")
        .args(["req", "-new", "-utf8", "-subj", &subject, "-key", text(key)])
        .args(["-out", text(&statement)]));
    statement
}

#[test]
fn a_key_that_somebody_published_is_blocked_and_revoked_by_its_own_statement() {
    let house = Installation::start();
    let citizen = house.citizen("Serikova", "serikova@example.kz");
    let [authentication, signature] = [&citizen.authentication, &citizen.signature];
    let leaked = leak(&house, &signature.key, "leaked.pem");
    let statement = statement(&house, &leaked);
    let sent = json!({ "attestation": fs::read_to_string(&statement).expect("a text") });
    let client = house.client();
    let answer = client
        .send("POST", "/api/v1/compromised-keys", &sent, &[])
        .expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.code());
    assert_eq!(
        answer.body["revoked"],
        json!([signature.certificate.serial_hex()])
    );
    let statuses = house.ocsp(&[&signature.certificate, &authentication.certificate]);
    assert_eq!(statuses, ["revoked (keyCompromise)", "good"]);
    house.wait_for_the_lists(&signature.certificate);
    let refused = house.refusal(&["key", "compromised", text(&statement)]);
    assert!(refused.contains("blocked already"), "{refused}");

    // The same by our program, at the command line.
    let other = leak(&house, &authentication.key, "other.pem");
    let ours = house.path("ours.pem");
    run(Command::new(program())
        .args(["key", "attest-compromise", "--key", text(&other)])
        .args(["--authority", text(&house.path("root.pem"))])
        .args(["--output", text(&ours)]));
    run(Command::new("openssl").args(["req", "-verify", "-noout", "-in", text(&ours)]));
    let done = house.facts(&["key", "compromised", text(&ours)]);
    assert_eq!(
        done["revoked"],
        json!([authentication.certificate.serial_hex()])
    );
    let listed = house.facts(&["key", "blocked"]);
    let listed = listed.as_array().expect("a list");
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|entry| entry["source"] == "attestation"));
    assert!(
        house.log().contains("a key was blocked"),
        "nothing in the log"
    );
}

#[test]
fn an_administrator_blocks_keys_one_by_one_and_by_published_lists() {
    let house = Installation::start();
    let citizen = house.citizen("Serikova", "serikova@example.kz");
    let signature = &citizen.signature;
    let leaked = leak(&house, &signature.key, "leaked.pem");
    // An administrator, by file and by digest, and before any certificate there is.
    let key = new_key(KeyAlgorithm::Rsa { bits: 2048 });
    let digest = hex::encode(&key.public_key().sha256());
    let public = house.path("public.pem");
    let spki = tanba_pki::pem::encode("PUBLIC KEY", key.public_key().spki_der());
    fs::write(&public, spki).expect("a file");
    let first = block(&house, text(&public));
    assert_eq!(first["public_key_sha256"], json!(digest));
    assert_eq!(
        (&first["is_new"], &first["revoked"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(block(&house, &digest)["is_new"], false);
    let wanted = house.path("wanted.der");
    fs::write(&wanted, request(&signature.certificate, &key)).expect("a file");
    let refused = house.refusal(&[
        "certificate",
        "issue",
        "--person",
        &citizen.iin,
        "--profile",
        "kz-individual-signature-rsa",
        "--request",
        text(&wanted),
    ]);
    assert!(refused.contains("block list"), "{refused}");
    let refused = house.refusal(&["key", "block", text(&leaked), "--reason", "by mistake"]);
    assert!(refused.contains("private key"), "{refused}");

    // The digest that every paper shows is the certificate's; its key would stay valid.
    let shown = hex::encode(&signature.certificate.sha256());
    let refused = house.refusal(&["key", "block", &shown, "--reason", "by mistake"]);
    let own = hex::encode(&signature.key.public_key().sha256());
    assert!(
        refused.contains("fingerprint of a certificate") && refused.contains(&own),
        "{refused}"
    );
    let blocked = house.facts(&["key", "blocked"]).to_string();
    assert!(
        !blocked.contains(&shown) && !blocked.contains(&own),
        "{blocked}"
    );

    // A published list with a key of a valid certificate.
    let second = house.citizen("Ospanova", "ospanova@example.kz");
    let list = house.path("list.txt");
    let digest = hex::encode(&second.signature.key.public_key().sha256());
    fs::write(
        &list,
        format!("# a list\n{}\n{digest}  leaked\n", "ab".repeat(32)),
    )
    .expect("a file");
    let done = house.facts(&["key", "block", "--list", text(&list), "--reason", "a list"]);
    assert_eq!((&done["keys"], &done["new"]), (&json!(2), &json!(2)));
    assert_eq!(
        done["revoked"],
        json!([second.signature.certificate.serial_hex()])
    );
    let verdict = house.facts(&["audit", "verify"]);
    assert_eq!(verdict["valid"], true, "{verdict}");
    // From where it was done, of a key and of a list.
    let export = house.path("audit.jsonl");
    house.facts(&["audit", "export", "-o", text(&export)]);
    let log = fs::read_to_string(&export).expect("text");
    let events: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|line| serde_json::from_str(line["event"].as_str()?).ok())
        .collect();
    for action in ["key.block", "key.block-list"] {
        let origins: Vec<&str> = events
            .iter()
            .filter(|event| event["action"] == action)
            .filter_map(|event| event["origin"].as_str())
            .collect();
        assert!(!origins.is_empty(), "{action}");
        assert!(
            origins.iter().all(|origin| origin.starts_with("host ")),
            "{action}: {origins:?}"
        );
    }
}
