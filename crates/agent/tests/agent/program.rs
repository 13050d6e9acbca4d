//! The program itself: its commands, its files, its logs.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::harness::{program, run, text, visit};

fn agent(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let mut all = vec!["--data", text(folder)];
    all.extend(["--lang", "en"]);
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
            !done && words.contains("script:/a is no value for"),
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

/// What the program says in an environment that speaks this language, apart from what it says of a fault.
fn spoken(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(program())
        .args(["--data", text(folder)])
        .args(arguments)
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .env_remove("LANG")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let words = |octets| String::from_utf8(octets).unwrap();
    let code = output.status.code().unwrap();
    (code, words(output.stdout), words(output.stderr))
}

/// Whoever looks changes nothing, and programs read what is found by names that stay.
#[test]
fn the_doctor_changes_nothing_and_is_read_by_programs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = folder.path().join("agent.toml");
    let number = port.local_addr().unwrap().port();
    drop(port);
    std::fs::write(
        &settings,
        format!("port = {number}\n[tokens]\np11-kit = false\nwell-known = false\n"),
    )
    .unwrap();
    let looked = ["--config", text(&settings), "doctor", "--json"];
    let (code, json, fault) = spoken(&data, &[("LC_ALL", "kk_KZ.UTF-8")], &looked);
    assert_eq!(code, 1, "{fault}");
    assert!(fault.contains("кілттеріңіз аман"), "{fault}");
    assert!(!data.exists(), "the doctor made something");
    let told: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&told["works"], &told["language"]),
        (&json!(false), &json!("kk"))
    );
    let findings = told["findings"].as_array().unwrap();
    for finding in findings {
        let members: Vec<_> = finding.as_object().unwrap().keys().collect();
        let known = ["cause", "code", "detail", "repair", "sentence", "state"];
        let mut members: Vec<&str> = members.into_iter().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, known);
        assert_eq!(
            finding["repair"].is_string(),
            finding["state"] == "bad",
            "{finding}"
        );
    }
    let absent = &findings[0];
    assert_eq!(absent["cause"], "port");
    assert_eq!(absent["code"], "doctor-identity-absent");
    assert_eq!(absent["state"], "bad");
    // An identity that is there is not touched either, whatever is wrong with it.
    assert!(agent(&data, &["identity", "show"]).0);
    let server = data.join("identity/server.pem");
    std::fs::write(&server, "damaged").unwrap();
    let (_, told, _) = spoken(&data, &[], &looked);
    assert!(told.contains("doctor-identity-broken"), "{told}");
    assert_eq!(std::fs::read_to_string(&server).unwrap(), "damaged");
}

#[test]
fn the_command_line_speaks_the_language_of_its_reader() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = ["grants", "revoke", "https://a.example", "--use", "x"];
    for (variables, option, words) in [
        (&[("LANG", "kk_KZ.UTF-8")][..], None, "деген рұқсат жоқ"),
        (
            &[("LANG", "kk_KZ.UTF-8"), ("LC_MESSAGES", "ru_RU.UTF-8")],
            None,
            "нет разрешения",
        ),
        (
            &[("LANG", "ru_RU.UTF-8"), ("LC_ALL", "C")],
            None,
            "there is no use called",
        ),
        (&[], None, "there is no use called"),
        (&[("LC_ALL", "C")], Some("ru"), "нет разрешения"),
    ] {
        let lang: Vec<&str> = option.iter().flat_map(|tag| ["--lang", *tag]).collect();
        let said = spoken(folder.path(), variables, &[&wrong[..], &lang].concat());
        assert_eq!(said.0, 1);
        assert!(said.2.contains(words), "{}", said.2);
    }
    let kazakh = [("LC_ALL", "kk_KZ.UTF-8")];
    let (code, help, _) = spoken(folder.path(), &kazakh, &["grants", "--help"]);
    assert_eq!(code, 0);
    assert!(
        help.contains("Қолданылуы: ") && help.contains("Командалар:"),
        "{help}"
    );
    for wrong in [
        &["dance"][..],
        &["--lang", "de", "doctor"],
        &["run", "--ui", "dance"],
    ] {
        let (code, _, fault) = spoken(folder.path(), &kazakh, wrong);
        assert_eq!(code, 2);
        assert!(fault.contains("Толығырақ: tanba-agent --help"), "{fault}");
    }
    std::fs::write(folder.path().join("agent.toml"), "prot = 1\n").unwrap();
    let (_, _, fault) = spoken(folder.path(), &kazakh, &["identity", "show"]);
    assert!(fault.contains("1-жолында қате бар: prot = 1"), "{fault}");
    assert!(!fault.contains("unknown"), "{fault}");
}
