//! The program itself: its commands, its files, its logs.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::harness::{program, run, text, visit};

fn agent(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let mut all = vec!["--data", text(folder)];
    all.extend(arguments);
    run(&program(), &all)
}

/// A program that is ended when the test ends.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_starts_says_where_and_ends_when_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("agent.toml"), "port = 0\n").unwrap();
    let mut child = Command::new(program())
        .args(["--data", text(folder.path()), "run"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut started = Started(child);
    log.read_line(&mut line).unwrap();
    assert!(line.contains("the agent listens"), "{line}");
    let told = run("kill", &["-TERM", &started.0.id().to_string()]);
    assert!(told.0, "{}", told.1);
    assert!(started.0.wait().unwrap().success());
    for name in ["authority.key", "authority.pem", "server.key", "server.pem"] {
        let path = folder.path().join("identity").join(name);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}

/// What would be shown to somebody at a terminal goes into no log of a service.
#[test]
fn without_a_terminal_nothing_is_shown_and_the_page_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("agent.toml"), "port = 0\n").unwrap();
    let output = folder.path().join("output");
    let mut child = Command::new(program())
        .args(["--data", text(folder.path()), "run", "--ui", "terminal"])
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&output).unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let _started = Started(child);
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    let port = line.trim().rsplit("port=").next().unwrap().parse().unwrap();
    let authority = folder.path().join("identity/authority.pem");
    let mut page = visit(port, &authority, "https://egov.example");
    let answer = page.common(
        "createCAdESFromBase64",
        &json!(["PKCS12", "SIGNATURE", "MTEK", false]),
    );
    assert_eq!(answer["message"], "agent.failed", "{answer}");
    assert_eq!(std::fs::read(&output).unwrap(), b"");
    line.clear();
    log.read_line(&mut line).unwrap();
    assert!(line.contains("there is no terminal"), "{line}");
}

#[test]
fn grants_are_listed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("grants.toml"),
        "[[grant]]\norigin = \"https://a.example\"\nuse = \"login\"\nsince = \"2026-11-01T00:00:00Z\"\n",
    )
    .unwrap();
    let (_, listed) = agent(folder.path(), &["grants", "list"]);
    assert_eq!(listed, "https://a.example\tlogin\t2026-11-01T00:00:00Z\n");
    let (wrong, words) = agent(
        folder.path(),
        &["grants", "revoke", "https://a.example", "--use", "x"],
    );
    assert!(
        !wrong && words.contains("there is no use called x"),
        "{words}"
    );
    assert!(agent(folder.path(), &["grants", "revoke", "https://a.example"]).0);
    assert_eq!(
        agent(folder.path(), &["grants", "list", "--json"]).1,
        "[]\n"
    );
    assert!(!agent(folder.path(), &["grants", "revoke", "https://a.example"]).0);
}

#[test]
fn the_identity_is_shown_and_accepted_by_openssl() {
    let folder = tempfile::tempdir().unwrap();
    let (shown, words) = agent(folder.path(), &["identity", "show", "--json"]);
    assert!(shown, "{words}");
    let facts: serde_json::Value = serde_json::from_str(&words).unwrap();
    let authority = facts["authority_file"].as_str().unwrap();
    let server = folder.path().join("identity/server.pem");
    for (name, value, fits) in [
        ("-verify_ip", "127.0.0.1", true),
        ("-verify_ip", "::1", true),
        ("-verify_hostname", "localhost", true),
        ("-verify_hostname", "egov.example", false),
    ] {
        let (valid, words) = run(
            "openssl",
            &[
                "verify",
                "-x509_strict",
                "-purpose",
                "sslserver",
                name,
                value,
                "-CAfile",
                authority,
                text(&server),
            ],
        );
        assert_eq!(valid, fits, "{value}: {words}");
    }
}

#[test]
fn mistakes_are_sentences_and_wrong_usage_is_two() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("agent.toml"), "prot = 1\n").unwrap();
    let (done, words) = agent(folder.path(), &["run"]);
    assert!(
        !done && words.contains("agent.toml has a mistake") && words.contains("prot"),
        "{words}"
    );
    std::fs::write(folder.path().join("agent.toml"), "").unwrap();
    // A build without the feature for tests has no dialog that answers by itself.
    if !cfg!(feature = "scripted") {
        let (done, words) = agent(folder.path(), &["run", "--ui", "script:/a"]);
        assert!(
            !done && words.contains("there is no dialog called"),
            "{words}"
        );
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    std::fs::write(folder.path().join("agent.toml"), format!("port = {port}\n")).unwrap();
    let (done, words) = agent(folder.path(), &["run"]);
    assert!(
        !done && words.contains("is taken by another program"),
        "{words}"
    );
    for wrong in [&["dance"][..], &["run", "--ui", "dance"]] {
        let status = Command::new(program()).args(wrong).output().unwrap().status;
        assert_eq!(status.code(), Some(2), "{wrong:?}");
    }
    let absent = folder.path().join("absent.toml");
    let (done, words) = agent(
        folder.path(),
        &["--config", text(&absent), "grants", "list"],
    );
    assert!(
        !done && words.contains("there is no configuration"),
        "{words}"
    );
    let (_, told) = agent(folder.path(), &["doctor"]);
    assert!(told.contains('✓'), "{told}");
}
