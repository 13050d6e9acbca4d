//! Files of other implementations, read from where they are.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;
use tanba_keystore::{Computing, Container, KeyStoreError, Note, Password};
use tanba_pki::Purpose;

/// Says something past the capture of the test harness.
pub(crate) fn say(text: &str) {
    writeln!(std::io::stderr(), "{text}").unwrap();
}

/// The folder of the fixtures, or a loud message.
pub(crate) fn folder() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    #[expect(
        clippy::disallowed_methods,
        reason = "a test is told where the fixtures are"
    )]
    let folder = std::env::var("TANBA_FIXTURES").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    say(&format!(
        "SKIPPED: fixtures folder absent ({})",
        folder.display()
    ));
    None
}

fn expected(folder: &std::path::Path, file: &str) -> serde_json::Map<String, Value> {
    let text = std::fs::read(folder.join(file)).unwrap();
    let Value::Object(map) = serde_json::from_slice(&text).unwrap() else {
        panic!("{file} is not an object");
    };
    map
}

/// Certificates of all entries: each once, and as often as chains share them.
fn certificates(container: &Container) -> [usize; 2] {
    let entries = || container.entries().iter();
    let readable =
        entries().flat_map(|entry| entry.certificates().map(|certificate| certificate.der()));
    let mut all: Vec<&[u8]> = readable
        .chain(entries().flat_map(|entry| entry.unreadable_certificates()))
        .collect();
    let shared = all.len();
    all.sort_unstable();
    all.dedup();
    [all.len(), shared]
}

#[expect(clippy::disallowed_methods, reason = "the promise is about time")]
fn timed(bytes: &[u8], password: &str) -> (Result<Container, KeyStoreError>, Duration) {
    let start = Instant::now();
    let result = Container::open(bytes, &Password::new(password.to_owned()), &mut Computing);
    (result, start.elapsed())
}

#[test]
fn every_file_behaves_as_expected() {
    let Some(folder) = folder() else { return };
    let (mut opened, mut rejected, mut optional, mut failures) = (0, 0, 0, Vec::new());
    for (name, facts) in expected(&folder, "p12/expected.json") {
        let bytes = std::fs::read(folder.join("p12").join(&name)).unwrap();
        let password = facts["password"].as_str().unwrap_or("");
        let (result, took) = timed(&bytes, password);
        if took > Duration::from_secs(10) {
            failures.push(format!("{name}: took {took:?}"));
        }
        match (facts["expect"].as_str().unwrap(), result) {
            ("open", Ok(container)) => {
                opened += 1;
                let keys = container
                    .entries()
                    .iter()
                    .filter(|entry| entry.key().is_some())
                    .count();
                let wanted = usize::try_from(facts["keys"].as_u64().unwrap()).unwrap();
                let unsupported = facts["openssl30_rc"] != 0 || keys == wanted;
                if !certificates(&container)
                    .contains(&(usize::try_from(facts["certs"].as_u64().unwrap()).unwrap()))
                    || !unsupported
                {
                    failures.push(format!(
                        "{name}: {keys} keys, {:?} certificates",
                        certificates(&container)
                    ));
                }
                for entry in container.entries() {
                    for note in entry.notes() {
                        println!("{name}: {note}");
                    }
                }
            }
            ("reject", Err(error)) => {
                rejected += 1;
                println!("{name}: {error}");
            }
            ("optional", result) => {
                optional += 1;
                println!(
                    "{name} (optional): {:?}",
                    result.map(|container| container.entries().len())
                );
            }
            (_, Ok(_)) => failures.push(format!("{name}: opened, but must be rejected")),
            (_, Err(error)) => failures.push(format!("{name}: {error}")),
        }
    }
    say(&format!(
        "fixtures p12: {opened} opened, {rejected} rejected, {optional} optional, {} failed",
        failures.len()
    ));
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(opened > 60 && rejected > 5, "the list of files has shrunk");
}

#[test]
fn national_test_keys_are_listed_with_owner_and_purpose() {
    let Some(folder) = folder() else { return };
    let mut count = 0;
    for (name, facts) in expected(&folder, "kz/expected.json") {
        if facts["type"] != "pkcs12" {
            continue;
        }
        count += 1;
        let bytes = std::fs::read(folder.join("kz").join(&name)).unwrap();
        let (result, _) = timed(&bytes, facts["password"].as_str().unwrap());
        let container = result.unwrap_or_else(|error| panic!("{name}: {error}"));
        let [entry] = container.entries() else {
            panic!("{name}: {} entries", container.entries().len());
        };
        let certificate = entry.certificate().unwrap();
        assert_eq!(
            certificate.subject().common_name().as_deref(),
            facts["subject_cn"].as_str()
        );
        assert_eq!(
            entry.friendly_name(),
            facts["friendly_name"][0].as_str(),
            "{name}"
        );
        assert!(entry.key().is_some());
        let rsa = facts["key_alg"] == "rsa";
        assert_eq!(entry.signer().is_ok(), rsa, "{name}");
        let noted = entry
            .notes()
            .iter()
            .any(|note| matches!(note, Note::UnsupportedAlgorithm { .. }));
        assert_eq!(noted, !rsa, "{name}: {:?}", entry.notes());
        if rsa {
            let authenticates = facts["key_kind"] == "AUTHENTICATION";
            let purpose = if authenticates {
                Purpose::Authentication
            } else {
                Purpose::Signature
            };
            assert_eq!(entry.purpose(), Some(purpose), "{name}");
            let prefix = if authenticates {
                "AUTH_RSA256_"
            } else {
                "RSA256_"
            };
            let id = facts["local_key_id"][0].as_str().unwrap();
            assert_eq!(
                entry.file_name(None),
                Some(format!("{prefix}{id}.p12")),
                "{name}"
            );
        } else {
            assert!(
                entry.notes()[0]
                    .to_string()
                    .starts_with("algorithm not supported yet: GOST"),
                "{name}"
            );
        }
        let wrong = timed(&bytes, "Qwerty13").0;
        assert!(matches!(wrong, Err(KeyStoreError::WrongPassword)), "{name}");
    }
    say(&format!("fixtures kz/p12: {count} opened"));
    assert_eq!(count, 12);
}
