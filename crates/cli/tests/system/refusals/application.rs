//! Forms, keys and documents that are not what they should be.

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use tanba_crypto::KeyAlgorithm;

use super::{bent, stranger};
use crate::citizen::{Answer, NewKeys, new_key, request};
use crate::renewal::{applied, refused};
use crate::server::{Installation, run, text};

/// A request for a key of openssl's.
fn foreign_request(house: &Installation, algorithm: &[&str], subject: &str) -> Vec<u8> {
    signed_request(house, algorithm, subject, "-sha256")
}

fn signed_request(
    house: &Installation,
    algorithm: &[&str],
    subject: &str,
    digest: &str,
) -> Vec<u8> {
    let [key, file] = ["foreign.key", "foreign.der"].map(|name| house.path(name));
    run(Command::new("openssl")
        .arg("genpkey")
        .args(algorithm)
        .args(["-out", text(&key)]));
    run(Command::new("openssl")
        .args([
            "req",
            "-new",
            digest,
            "-key",
            text(&key),
            "-subj",
            subject,
            "-outform",
            "DER",
        ])
        .args(["-out", text(&file)]));
    fs::read(file).expect("a request")
}

#[test]
fn keys_that_may_not_be_certified_are_refused() {
    let house = Installation::start();
    let citizen = house.citizen("Serikova", "serikova@example.kz");
    let other = house.citizen("Bolatova", "bolatova@example.kz");
    // Keys that another person is about to get.
    let (_, _, hers, _) = applied(&house, &other);
    let mut client = house.client();
    citizen.login(&mut client).expect("a server");
    let number = client.begin().expect("a server").expect_ok().text("number");
    let good = NewKeys::make(&citizen.signature.certificate);
    let [first, second] = &good.requests;
    let own = &citizen.signature.certificate;
    let mut bent = second.clone();
    *bent.last_mut().expect("octets") ^= 1;
    let weak = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"];
    let small = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_pubexp:3"];
    let curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let name = "/CN=SOMEBODY ELSE/SN=ELSE/serialNumber=IIN850101300129/C=KZ";
    let fresh = new_key(KeyAlgorithm::Rsa { bits: 2048 });
    let cases: [(&str, Vec<u8>); 12] = [
        ("request-weak-key", foreign_request(&house, &weak, "/")),
        ("request-weak-key", foreign_request(&house, &small, "/")),
        ("request-weak-key", foreign_request(&house, &curve, "/")),
        (
            "request-subject",
            foreign_request(&house, &["-algorithm", "RSA"], name),
        ),
        (
            "request-subject",
            request(&other.signature.certificate, &fresh),
        ),
        (
            "request-reused-key",
            request(own, citizen.signature.key.as_ref()),
        ),
        (
            "request-reused-key",
            request(own, other.signature.key.as_ref()),
        ),
        ("request-reused-key", request(own, hers.keys[0].as_ref())),
        ("request-reused-key", first.clone()),
        ("request-possession", bent),
        (
            "request-sha1",
            signed_request(&house, &["-algorithm", "RSA"], "/", "-sha1"),
        ),
        ("request-malformed", b"0\x03\x02\x01".to_vec()),
    ];
    for (code, bad) in cases {
        let body = json!({ "requests": [BASE64.encode(first), BASE64.encode(bad)] });
        let answer = client.step(&number, "requests", &body).expect("a server");
        refused(&house, &answer, 422, code, 4);
    }
    for count in [0, 1, 3] {
        let body = json!({ "requests": vec![BASE64.encode(first); count] });
        let answer = client.step(&number, "requests", &body).expect("a server");
        refused(&house, &answer, 422, "request-count", 4);
    }
    // None of it spoilt the application.
    let document = client
        .step(&number, "requests", &good.body())
        .expect("a server")
        .text("document");
    let submission = citizen.submission(&document);
    client
        .step(&number, "signature", &submission)
        .expect("a server")
        .expect_ok();
}

#[test]
#[expect(clippy::too_many_lines, reason = "one walk from beginning to end")]
fn only_the_persons_own_signing_key_submits_what_was_prepared() {
    let house = Installation::start();
    let citizen = house.citizen("Serikova", "serikova@example.kz");
    let other = house.citizen("Bolatova", "bolatova@example.kz");
    let mut client = house.client();
    citizen.login(&mut client).expect("a server");
    let number = client.begin().expect("a server").expect_ok().text("number");
    let submit = |signature: String| {
        client
            .step(&number, "signature", &json!({ "signature": signature }))
            .expect("a server")
    };
    let said = |answer: &Answer, status: u16, code: &str| refused(&house, answer, status, code, 4);
    let early = submit(citizen.signature.sign("{}"));
    said(&early, 422, "keys-missing");
    let keys = NewKeys::make(&citizen.signature.certificate);
    let document = client
        .step(&number, "requests", &keys.body())
        .expect("a server")
        .text("document");

    said(
        &submit(citizen.authentication.sign(&document)),
        422,
        "login-key-used",
    );
    said(
        &submit(other.signature.sign(&document)),
        422,
        "other-persons-key",
    );
    said(
        &submit(stranger(&house).sign(&document)),
        422,
        "certificate-unknown",
    );
    for (this, that) in [
        ("almaty", "astana"),
        ("PKCS12", "AKKaztokenStore"),
        (number.as_str(), "111111111111"),
    ] {
        assert!(document.contains(this), "{document}");
        let tampered = document.replace(this, that);
        said(
            &submit(citizen.signature.sign(&tampered)),
            422,
            "document-changed",
        );
    }
    said(
        &submit(citizen.signature.sign(&format!("{document} "))),
        422,
        "document-changed",
    );
    let right = citizen.signature.sign(&document);
    said(&submit(bent(&right, 1)), 422, "signature-invalid");
    // Another document in the same signature: the digest inside does not fit.
    let octets = BASE64.decode(&right).expect("Base64");
    let place = octets
        .windows(6)
        .position(|six| six == b"almaty")
        .expect("the document");
    said(
        &submit(bent(&right, octets.len() - place)),
        422,
        "signature-invalid",
    );

    // Somebody else's application is not there at all.
    let mut hers = house.client();
    other.login(&mut hers).expect("a server");
    let body = json!({ "signature": right });
    said(
        &hers.step(&number, "signature", &body).expect("a server"),
        404,
        "application-not-found",
    );
    let body = json!({ "signature": other.signature.sign(&document) });
    said(
        &hers.step(&number, "signature", &body).expect("a server"),
        404,
        "application-not-found",
    );
    assert_eq!(client.state(&number).expect("a server"), "DRAFT");
    submit(right).expect_ok();
    // A signing certificate that was revoked meanwhile cannot sign again.
    house.tanba(&[
        "certificate",
        "revoke",
        &citizen.signature.certificate.serial_hex(),
        "--reason",
        "superseded",
    ]);
    said(
        &submit(citizen.signature.sign(&document)),
        422,
        "certificate-revoked",
    );
}

#[test]
fn the_form_takes_only_what_there_is() {
    let house = Installation::start();
    let citizen = house.citizen("Serikova", "serikova@example.kz");
    let silent = house.citizen("Silent", "");
    let mut client = house.client();
    citizen.login(&mut client).expect("a server");
    for (member, value, code) in [
        ("email", "not an address", "email-invalid"),
        ("region", "KZ-99", "place-unknown"),
        ("settlement", "atlantis", "place-unknown"),
        ("keystore", "AKKaztokenStore", "keystore-needs-agent"),
        ("keystore", "Shoebox", "keystore-unknown"),
    ] {
        let mut form = json!({
            "email": null, "region": "KZ-75", "settlement": "almaty", "keystore": "PKCS12",
        });
        form[member] = value.into();
        let answer = client
            .post("/api/v1/applications", &form)
            .expect("a server");
        refused(&house, &answer, 422, code, 4);
    }
    let mut client = house.client();
    silent.login(&mut client).expect("a server");
    refused(
        &house,
        &client.begin().expect("a server"),
        422,
        "no-confirmed-address",
        4,
    );
}
