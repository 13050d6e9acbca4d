//! PBKDF2 and PBES2 of Project Wycheproof; their rows of docs/conformance.md are kept here.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tanba_crypto::Secret;

use super::Pbkdf2;
use crate::cipher::Cipher;
use crate::{Hash, Pbkdf2Request};

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told where samples are by the environment"
)]
fn vectors(file: &str) -> Option<Value> {
    let root = std::env::var("TANBA_FIXTURES").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
        PathBuf::from,
    );
    let path = root.join("wycheproof").join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: fixtures folder absent: {}", path.display());
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

fn octets(value: &Value) -> Vec<u8> {
    tanba_pki::hex::decode(value.as_str().unwrap()).unwrap()
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

/// Judges every test of the file and keeps its row of the document.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests asks for a new document by the environment"
)]
fn run(file: &str, accepts: impl Fn(&Value) -> bool) {
    let Some(vectors) = vectors(file) else { return };
    let groups = vectors["testGroups"].as_array().unwrap();
    let tests: Vec<&Value> = groups
        .iter()
        .flat_map(|group| group["tests"].as_array().unwrap())
        .collect();
    let wrong: Vec<&&Value> = tests
        .iter()
        .filter(|test| accepts(test) != (test["result"] == "valid"))
        .collect();
    assert!(wrong.is_empty(), "{file}: {wrong:?}");
    println!("Wycheproof {file}: {} run, 0 skipped", tests.len());
    // Two tests write rows of one file.
    static DOCUMENT: Mutex<()> = Mutex::new(());
    let _alone = DOCUMENT.lock().unwrap_or_else(PoisonError::into_inner);
    let prefix = format!("| Wycheproof `{file}` |");
    let row = format!("{prefix} {0} | {0} | 0 | 0 |", tests.len());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance.md");
    let document = std::fs::read_to_string(&path).unwrap_or_default();
    let mut lines: Vec<&str> = document.lines().collect();
    if std::env::var("TANBA_REGENERATE").is_err() {
        assert!(
            lines.contains(&row.as_str()),
            "set TANBA_REGENERATE=1 to write {row}"
        );
        return;
    }
    lines.retain(|line| !line.starts_with(&prefix));
    // Rows of one table, in the order of their names.
    let before = |line: &&str| line.starts_with("| ") && *line < row.as_str();
    let at = lines.iter().rposition(before).map_or(0, |last| last + 1);
    lines.insert(at, &row);
    std::fs::write(&path, format!("{}\n", lines.join("\n"))).unwrap();
}

#[test]
fn pbkdf2_derives_what_wycheproof_expects() {
    run("pbkdf2_hmacsha256_test.json", |test| {
        let request = Pbkdf2Request {
            hash: Hash::Sha256,
            password: Secret::new(octets(&test["password"])),
            salt: octets(&test["salt"]),
            iterations: u32::try_from(number(&test["iterationCount"])).unwrap(),
            length: number(&test["dkLen"]),
        };
        request.compute().expose() == octets(&test["dk"])
    });
}

#[test]
fn pbes2_decrypts_and_encrypts_what_wycheproof_expects() {
    run("pbes2_hmacsha256_aes_256_test.json", |test| {
        let derivation = Pbkdf2 {
            hash: Hash::Sha256,
            salt: octets(&test["salt"]),
            iterations: u32::try_from(number(&test["iterationCount"])).unwrap(),
            length: None,
        };
        let password = Secret::new(octets(&test["password"]));
        let cipher = Cipher::Aes256;
        let key = derivation.request(&password, cipher.key_size()).compute();
        let (iv, plain, encrypted) = (
            octets(&test["iv"]),
            octets(&test["msg"]),
            octets(&test["ct"]),
        );
        let decrypted = cipher.decrypt(&key, &iv, &encrypted);
        decrypted.is_some_and(|decrypted| decrypted.expose() == plain)
            && cipher.encrypt(&key, &iv, &plain) == Some(encrypted)
    });
}
