//! Signatures of Project Wycheproof, verified by both implementations.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::PublicKey;
use crate::{SignatureAlgorithm, portable};

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told where samples are by the environment"
)]
fn folder() -> Option<PathBuf> {
    let root = std::env::var("TANBA_FIXTURES").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
        PathBuf::from,
    );
    let folder = root.join("wycheproof");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: fixtures folder absent: {}", folder.display());
    None
}

fn octets(value: &Value) -> Vec<u8> {
    value
        .as_str()
        .unwrap()
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn run(file: &str, algorithm: SignatureAlgorithm, expected: usize) {
    let Some(folder) = folder() else { return };
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let mut count = 0;
    for group in vectors["testGroups"].as_array().unwrap() {
        let key = PublicKey::from_spki_der(&octets(&group["publicKeyDer"])).unwrap();
        for test in group["tests"].as_array().unwrap() {
            let (message, signature) = (octets(&test["msg"]), octets(&test["sig"]));
            // "Acceptable" is a DigestInfo without NULL; neither implementation takes it.
            let valid = test["result"] == "valid";
            let native = key.verify(algorithm, &message, &signature).is_ok();
            let portable = portable::verify(
                key.algorithm().unwrap(),
                key.subject_public_key(),
                algorithm,
                &message,
                &signature,
            );
            assert_eq!(
                (native, portable),
                (valid, valid),
                "{file} {} {}",
                test["tcId"],
                test["comment"]
            );
            count += 1;
        }
    }
    assert_eq!(count, expected);
}

#[test]
fn rsa_signatures_of_wycheproof_are_judged_right() {
    run(
        "rsa_signature_2048_sha256_test.json",
        SignatureAlgorithm::RsaSha256,
        259,
    );
}

#[test]
fn ecdsa_signatures_of_wycheproof_are_judged_right() {
    run(
        "ecdsa_secp256r1_sha256_test.json",
        SignatureAlgorithm::EcdsaSha256,
        484,
    );
}

#[test]
fn pss_signatures_of_wycheproof_are_judged_right() {
    run(
        "rsa_pss_2048_sha256_mgf1_32_test.json",
        SignatureAlgorithm::RsaPssSha256,
        108,
    );
}
