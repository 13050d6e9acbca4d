//! `tanba keystore` from outside, on files of other programs and on its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

fn tanba(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tanba"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program runs")
}

fn json(output: &Output) -> Value {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// One sentence on one line, exit code 1; where JSON was asked for, the same sentence there.
fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr.clone()).expect("text");
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    if !output.stdout.is_empty() {
        let facts: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let error = facts["error"].as_str().expect("a sentence");
        assert_eq!(text.trim_end(), format!("tanba: {error}"));
    }
    text
}

/// Says something past the capture of the test harness.
fn say(text: &str) {
    writeln!(std::io::stderr(), "{text}").expect("somebody listens");
}

fn fixtures() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    #[expect(
        clippy::disallowed_methods,
        reason = "a test is told where the fixtures are"
    )]
    let folder = std::env::var("TANBA_FIXTURES").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    say("SKIPPED: fixtures folder absent (tanba keystore show)");
    None
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "no file may take longer than ten seconds"
)]
fn show_answers_for_every_file_of_other_programs() {
    let Some(folder) = fixtures() else { return };
    let own = tempfile::tempdir().expect("a folder");
    let (mut counts, mut failures) = ([0_usize; 3], Vec::new());
    for (list, base) in [("p12/expected.json", "p12"), ("kz/expected.json", "kz")] {
        let list = std::fs::read(folder.join(list)).expect("the list");
        let Value::Object(files) = serde_json::from_slice(&list).expect("JSON") else {
            panic!("the list is not an object");
        };
        let key_files = files
            .into_iter()
            .filter(|(_, facts)| facts["type"].is_null() || facts["type"] == "pkcs12");
        for (name, facts) in key_files {
            let path = folder.join(base).join(&name);
            std::fs::write(
                own.path().join("password"),
                facts["password"].as_str().unwrap_or(""),
            )
            .expect("a file");
            let start = Instant::now();
            let path = path.to_string_lossy();
            let output = tanba(
                &[
                    "keystore",
                    "show",
                    &path,
                    "--password-file",
                    "password",
                    "--json",
                ],
                own.path(),
            );
            if start.elapsed() > Duration::from_secs(10) {
                failures.push(format!("{name}: {:?}", start.elapsed()));
            }
            let expected = facts["expect"].as_str().unwrap_or("open");
            match (expected, output.status.code()) {
                ("open" | "optional", Some(0)) => {
                    assert!(json(&output)["entries"].is_array(), "{name}");
                    counts[0] += 1;
                }
                ("reject", Some(1)) => {
                    refusal(&output);
                    counts[1] += 1;
                }
                ("optional", Some(1)) => counts[2] += 1,
                (_, code) => failures.push(format!("{name}: {expected}, but {code:?}")),
            }
        }
    }
    let [opened, rejected, skipped] = counts;
    say(&format!(
        "fixtures, tanba keystore show: {opened} shown, {rejected} rejected, {skipped} optional ones not shown, {} failed",
        failures.len()
    ));
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn a_key_is_made_changed_and_exported() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    std::fs::write(path.join("old"), "Qwerty12\n").expect("a file");
    std::fs::write(path.join("new"), "Zhana-7-Pass").expect("a file");
    std::fs::write(path.join("weak"), "qwerty").expect("a file");
    let run = |line: &str| tanba(&line.split(' ').collect::<Vec<_>>(), path);
    let made = json(&run(
        "keystore new --algorithm p-256 --purpose authentication --password-file old --common-name ТЕСТОВА --output a/b --json",
    ));
    let file = made["file"].as_str().expect("a name");
    let id = made["key_id"].as_str().expect("an identifier");
    assert_eq!(file, format!("a/b/AUTH_EC256_{id}.p12"));
    assert!(
        path.join(made["request"].as_str().expect("a name"))
            .exists()
    );

    let show = |password: &str| {
        run(&format!(
            "keystore show {file} --password-file {password} --json"
        ))
    };
    let shown = json(&show("old"));
    let entry = &shown["entries"][0];
    assert_eq!(entry["key"]["algorithm"], "EC P-256");
    assert_eq!(entry["friendly_name"], id);
    assert_eq!(entry["certificates"], Value::Array(Vec::new()));
    assert_eq!(entry["notes"][0], "the key has no certificate");

    let change = |password: &str| {
        run(&format!(
            "keystore passwd {file} --password-file old --new-password-file {password}"
        ))
    };
    assert!(refusal(&change("weak")).contains("an upper case Latin letter"));
    assert!(change("new").status.success());
    assert!(refusal(&show("old")).contains("the password is wrong"));
    json(&show("new"));

    let export = |form: &str| {
        run(&format!(
            "keystore export {file} --password-file new --to {form} --output out"
        ))
    };
    assert!(export("pem").status.success());
    let text = std::fs::read_to_string(path.join("out")).expect("a file");
    assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    assert!(refusal(&export("nca")).contains("--force"));
}

#[test]
fn other_files_and_wrong_usage_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("report.pdf"), "%PDF-1.7").expect("a file");
    std::fs::write(folder.path().join("empty"), "").expect("a file");
    let arguments = ["keystore", "show", "report.pdf", "--password-file", "empty"];
    let text = refusal(&tanba(&arguments, folder.path()));
    assert_eq!(
        text,
        "tanba: report.pdf: this is not a key store but a PDF document\n"
    );
    let text = refusal(&tanba(
        &["keystore", "show", "absent.p12", "--password-file", "empty"],
        folder.path(),
    ));
    assert!(text.contains("absent.p12 cannot be read"), "{text}");
    assert_eq!(
        tanba(&["keystore", "show"], folder.path()).status.code(),
        Some(2)
    );
}
