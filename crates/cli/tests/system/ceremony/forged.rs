//! Transcripts of ceremonies that never took place: everybody below the root has a key that signs.

use std::time::Duration;

use serde_json::{Value, json};
use tanba_pki::{Certificate, hex};

use super::{certify, words};
use crate::installation::Installation;
use crate::partner;

fn digest(site: &Installation, name: &str) -> String {
    hex::encode(&tanba_crypto::sha256(
        &std::fs::read(site.path(name)).expect("a file"),
    ))
}

fn fingerprint(site: &Installation, name: &str) -> String {
    hex::encode(&read(site, name).sha256())
}

fn read(site: &Installation, name: &str) -> Certificate {
    Certificate::from_pem(&std::fs::read(site.path(name)).expect("a file")).expect("a certificate")
}

/// A transcript as it would be signed by a key whose certificate begins in the ceremony.
fn transcript(site: &Installation, ceremony: &str, issuer: &str, by: &str, made: &str) -> Value {
    let begins = read(site, &format!("{by}.pem")).not_before();
    let span = Duration::from_secs(5);
    json!({
        "schema": "tanba.ceremony-transcript/2", "ceremony": ceremony, "title": "FORGED", "plan_sha256": "00".repeat(32),
        "issuer": "root", "issuer_sha256": fingerprint(site, issuer), "account": "root", "program": "tanba", "shares": null,
        "present": [{"name": "Nobody", "role": "witness"}],
        "started": begins.minus(span).rfc3339(), "ended": begins.plus(span).rfc3339(),
        "artefacts": [{"file": made, "kind": "certificate", "sha256": digest(site, made), "fingerprint": fingerprint(site, made)}],
    })
}

/// Signs it, and gives what the verifier says.
fn verify(site: &Installation, said: &Value, by: &str, root: &str) -> (bool, String) {
    std::fs::write(site.path("forged.json"), said.to_string()).expect("written");
    partner::sign(site, "forged.json", by, "more.pem", "forged.p7s");
    let output = site.tanba(&words(&format!(
        "ceremony verify forged.json --trusted {root}"
    )));
    let (out, err) = (
        crate::installation::text(&output.stdout),
        crate::installation::text(&output.stderr),
    );
    (output.status.success(), out + &err)
}

fn refused(site: &Installation, said: &Value, by: &str, root: &str, sentence: &str) {
    let (valid, text) = verify(site, said, by, root);
    assert!(!valid && text.contains(sentence), "{sentence}: {text}");
}

fn copy(site: &Installation, from: &[&str], to: &str) {
    let content: Vec<u8> = from
        .iter()
        .flat_map(|name| std::fs::read(site.path(name)).expect("a file"))
        .collect();
    std::fs::write(site.path(to), content).expect("written");
}

#[test]
fn a_person_signs_no_transcript_whatever_it_says() {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    let [iin, _] = site.import_people();
    certify(&site, &iin, "leaf");
    let pem = tanba_pki::pem::encode("CERTIFICATE", &super::issuing(&site));
    std::fs::write(site.path("more.pem"), pem).expect("written");
    for (ceremony, issuer) in [("root", "root.pem"), ("tsa-signer", "more.pem")] {
        let mut said = transcript(&site, ceremony, issuer, "leaf", "root.pem");
        refused(&site, &said, "leaf", "root.pem", "not signed at a ceremony");
        said["artefacts"] = json!([]);
        refused(&site, &said, "leaf", "root.pem", "not signed at a ceremony");
    }
}

#[test]
fn a_transcript_is_of_the_authority_that_it_names_and_of_something_that_it_made() {
    let site = Installation::new(&["--without-authority"]);
    partner::certify(&site, "top", "/CN=TOP/C=KZ", partner::AUTHORITY, None);
    partner::certify(
        &site,
        "record",
        "/CN=RECORD/C=KZ",
        partner::DOCUMENTS,
        Some("top"),
    );
    copy(&site, &["top.pem"], "more.pem");
    let right = transcript(&site, "root", "top.pem", "record", "top.pem");
    let (valid, text) = verify(&site, &right, "record", "top.pem");
    assert!(valid && text.contains("CN=RECORD"), "{text}");

    let with = |key: &str, value: Value| {
        let mut changed = right.clone();
        changed[key] = value;
        changed
    };
    let none = with("artefacts", json!([]));
    refused(&site, &none, "record", "top.pem", "one thing");
    let other = with("issuer_sha256", json!("ab".repeat(32)));
    refused(
        &site,
        &other,
        "record",
        "top.pem",
        "authority that it names",
    );
    for ceremony in ["issuing", "crl", "tsa-signer", "none"] {
        let other = with("ceremony", json!(ceremony));
        refused(
            &site,
            &other,
            "record",
            "top.pem",
            "nothing that the authority",
        );
    }
    let mut other = right.clone();
    other["artefacts"][0]["fingerprint"] = json!("ab".repeat(32));
    refused(&site, &other, "record", "top.pem", "another fingerprint");
    let early = with("ended", right["started"].clone());
    let (valid, text) = verify(&site, &early, "record", "top.pem");
    assert!(!valid, "{text}");
    // Whose key may be revoked is no key of a moment.
    let seal = format!(
        "{}crlDistributionPoints = URI:http://a.example/x\n",
        partner::DOCUMENTS
    );
    partner::certify(&site, "seal", "/CN=SEAL/C=KZ", &seal, Some("top"));
    let said = transcript(&site, "root", "top.pem", "seal", "top.pem");
    refused(&site, &said, "seal", "top.pem", "not signed at a ceremony");
}

#[test]
fn between_the_root_and_the_key_of_a_transcript_stands_an_issuing_authority_at_most() {
    let site = Installation::new(&["--without-authority"]);
    partner::certify(&site, "top", "/CN=TOP/C=KZ", partner::AUTHORITY, None);
    let issuing = partner::AUTHORITY.replace("CA:TRUE", "CA:TRUE, pathlen:0");
    let partner = partner::AUTHORITY.replace("CA:TRUE", "CA:TRUE, pathlen:1");
    let limited = format!("{issuing}extendedKeyUsage = emailProtection\n");
    for (extensions, right) in [(&issuing, true), (&partner, false), (&limited, false)] {
        partner::certify(&site, "middle", "/CN=MIDDLE/C=KZ", extensions, Some("top"));
        partner::certify(
            &site,
            "record",
            "/CN=RECORD/C=KZ",
            partner::DOCUMENTS,
            Some("middle"),
        );
        copy(&site, &["middle.pem"], "more.pem");
        let said = transcript(&site, "tsa-signer", "middle.pem", "record", "record.pem");
        let (valid, text) = verify(&site, &said, "record", "top.pem");
        assert_eq!(valid, right, "{extensions}: {text}");
        // What only the root does is not done by the one below it.
        for (ceremony, made) in [
            ("cross", "middle.pem"),
            ("root", "middle.pem"),
            ("root", "top.pem"),
        ] {
            let said = transcript(&site, ceremony, "middle.pem", "record", made);
            let sentence = if extensions == &limited {
                "is not trusted"
            } else {
                "authority that it names"
            };
            refused(&site, &said, "record", "top.pem", sentence);
        }
    }
}

#[test]
fn a_cross_certified_authority_holds_no_ceremony_of_ours() {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    partner::cross_certified(&site);
    partner::certify(
        &site,
        "record",
        "/CN=RECORD/C=KZ",
        partner::DOCUMENTS,
        Some("partner"),
    );
    copy(&site, &["cross/cross-by-root.pem"], "more.pem");
    copy(&site, &["cross/cross-by-root.pem"], "cross.pem");
    for (ceremony, issuer) in [("root", "root.pem"), ("tsa-signer", "cross.pem")] {
        let said = transcript(&site, ceremony, issuer, "record", "record.pem");
        refused(&site, &said, "record", "root.pem", "is not trusted");
    }
    // The transcript of the cross-certificate itself is one of the root.
    site.facts(&words(
        "ceremony verify cross/cross-by-root-cross-transcript.json --trusted root.pem",
    ));
}

#[test]
fn what_a_partner_certifies_is_believed_of_people_and_of_nothing_else() {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    partner::cross_certified(&site);
    let signs = "basicConstraints = CA:FALSE\nkeyUsage = critical, digitalSignature, nonRepudiation\n\
                 subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n";
    let person = format!("{signs}extendedKeyUsage = emailProtection, 1.2.398.3.3.4.1.1\n");
    let client = format!("{signs}extendedKeyUsage = clientAuth, 1.2.398.3.3.4.1.1\n");
    let server = "basicConstraints = CA:FALSE\nkeyUsage = critical, digitalSignature\nextendedKeyUsage = serverAuth\n\
                  subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\nsubjectAltName = DNS:bank.example.kz\n";
    for (name, extensions, purpose, right) in [
        ("person", person.as_str(), "sign", true),
        ("client", &client, "authenticate", true),
        ("client", &client, "tls-client", true),
        ("seal", partner::DOCUMENTS, "sign", false),
        (
            "server",
            server,
            "tls-server --name dns:bank.example.kz",
            false,
        ),
    ] {
        let subject = format!("/CN={name}/C=KZ");
        partner::certify(&site, name, &subject, extensions, Some("partner"));
        let now = crate::server::now();
        let line = format!(
            "validate --json --trusted root.pem --untrusted cross/cross-by-root.pem --time {now} --purpose {purpose} {name}.pem"
        );
        let output = site
            .command(env!("CARGO_BIN_EXE_tanba"), &words(&line))
            .output();
        let output = output.expect("an answer");
        let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(said["valid"], right, "{name} {purpose}: {said}");
        assert!(
            right || said["reason"] == "key-usage",
            "{name} {purpose}: {said}"
        );
    }
}
