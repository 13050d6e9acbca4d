//! Bad input, step by step: what is said, and that nothing comes of it.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use tanba_crypto::SoftwareKey;
use tanba_pki::{Certificate, pem};

use crate::citizen::{Client, Pair};
use crate::server::{Installation, run, text};

mod application;
mod confirmation;
mod limits;
mod login;

/// A self-signed certificate of an authority that nobody knows.
fn stranger(house: &Installation) -> Pair {
    let [key, certificate] = ["stranger.key", "stranger.pem"].map(|name| house.path(name));
    run(Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj",
        ])
        .args(["/CN=STRANGER/C=KZ/serialNumber=IIN850101300129"])
        .args(["-keyout", text(&key), "-out", text(&certificate)]));
    let block = pem::decode_all(&fs::read(&key).expect("a key"))
        .expect("PEM")
        .remove(0);
    Pair {
        key: Arc::new(SoftwareKey::from_pkcs8_der(&block.der).expect("a key")),
        certificate: Certificate::from_pem(&fs::read(&certificate).expect("a file"))
            .expect("a certificate"),
    }
}

fn challenge(client: &Client) -> String {
    let answer = client
        .post("/api/v1/login/challenge", &json!({}))
        .expect("a server");
    answer.expect_ok().text("challenge")
}

/// The message with one bit turned, counted from its end.
fn bent(message: &str, from_end: usize) -> String {
    let mut octets = BASE64.decode(message).expect("Base64");
    let place = octets.len() - from_end;
    octets[place] ^= 1;
    BASE64.encode(octets)
}
