//! Everything that the interface description allows, and much that it does not, is tried by a foreign program: no answer
//! may be the server's failure, and every answer has to be one that the description promises.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::server::{Installation, environment};

/// `None`, and said so, where it is not installed. On a build server it has to be.
fn schemathesis() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = root.join("target/venv-api/bin/schemathesis");
    if program.exists() {
        return Some(program);
    }
    assert!(
        environment("CI").is_none(),
        "schemathesis is not installed: scripts/setup.sh test"
    );
    let said = writeln!(
        std::io::stderr(),
        "SKIPPED: schemathesis is not installed; scripts/setup.sh test installs it"
    );
    said.expect("somebody listens");
    None
}

/// Tries the interface, or the part of it under a path, with these headers; what was found fails the test with how to repeat
/// it.
fn try_everything(program: &Path, house: &Installation, under: &str, headers: &[String]) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(program);
    command
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .arg("run")
        .arg(format!("http://127.0.0.1:{}/api/v1/openapi.json", house.port))
        .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"])
        .args(["--phases", "examples,coverage,fuzzing"])
        .args(["--max-examples", "20", "--seed", "20261124"])
        .args(["--include-path-regex", &format!("^/api/v1{under}")])
        .args(["--suppress-health-check", "all", "--request-timeout", "20"])
        .args(["--warnings", "off", "--generation-database", "none"]);
    for header in headers {
        command.args(["--header", header]);
    }
    let output = command.output().expect("schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", house.log());
}

#[test]
fn the_interface_keeps_its_description_whoever_asks() {
    let Some(program) = schemathesis() else {
        return;
    };
    let house = Installation::start();
    // They sign in before a program that tries to do so uses up what is allowed in a minute.
    let seats = [("Bolatova", "operator"), ("Danova", "administrator")]
        .map(|(name, role)| house.seat(name, "zhanat.qalieva@example.kz", role));
    let origin = format!("Origin:{}", house.origin);
    try_everything(&program, &house, "/", std::slice::from_ref(&origin));
    let citizen = house.citizen("Aigerim", "aigerim@example.kz");
    let mut client = house.client();
    citizen.login(&mut client).expect("an answer");
    let cookie = client.cookie.clone().expect("a cookie");
    let csrf = client.csrf.clone().expect("a token");
    let session = |cookie: &str, csrf: &str| {
        [
            origin.clone(),
            format!("Cookie:{cookie}"),
            format!("X-CSRF-Token:{csrf}"),
        ]
    };
    try_everything(&program, &house, "/", &session(&cookie, &csrf));
    // At the desk; whatever else there is turns staff away like anybody.
    for seat in &seats {
        let cookie = seat.client.cookie.clone().expect("a cookie");
        let csrf = seat.client.csrf.clone().expect("a token");
        try_everything(&program, &house, "/desk", &session(&cookie, &csrf));
    }
    let log = house.log();
    assert!(!log.contains(" ERROR "), "{log}");
}

#[test]
fn a_body_of_a_gigabyte_is_refused_before_it_has_arrived() {
    let house = Installation::start();
    for (path, kind) in [
        ("/api/v1/login", "application/json"),
        ("/api/v1/login/challenge", "application/json"),
        ("/kk/unsubscribe/x", "application/x-www-form-urlencoded"),
    ] {
        let mut stream = TcpStream::connect(("127.0.0.1", house.port)).expect("a connection");
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\norigin: {}\r\ncontent-type: {kind}\r\ncontent-length: 1073741824\r\n\r\n",
            house.origin
        );
        stream.write_all(head.as_bytes()).expect("a request");
        // A thousandth of what was announced; the server may hang up meanwhile.
        let part = vec![b' '; 64 * 1024];
        for _ in 0..16 {
            if stream.write_all(&part).is_err() {
                break;
            }
        }
        let mut answer = [0; 12];
        // Whoever hangs up on the rest has refused it as well; then the answer may be lost on its way.
        if stream.read_exact(&mut answer).is_err() {
            continue;
        }
        let status = String::from_utf8_lossy(&answer);
        // Where a body is of no interest it is not read at all.
        let refused = ["HTTP/1.1 413", "HTTP/1.1 404", "HTTP/1.1 200"];
        assert!(refused.contains(&status.as_ref()), "{path}: {status}");
    }
}

/// Sends a gigabyte that announces no length, until the server has enough; how much was sent, and what was answered.
fn pour(house: &Installation, path: &str, headers: &str) -> (usize, String) {
    const GIGABYTE: usize = 1 << 30;
    let mut stream = TcpStream::connect(("127.0.0.1", house.port)).expect("a connection");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\norigin: {}\r\n{headers}transfer-encoding: chunked\r\n\r\n",
        house.origin
    );
    stream.write_all(head.as_bytes()).expect("a request");
    let chunk = [b"10000\r\n".as_slice(), &[b'a'; 0x10000], b"\r\n"].concat();
    let mut sent = 0;
    while sent < GIGABYTE && stream.write_all(&chunk).is_ok() {
        sent += 0x10000;
    }
    let mut answer = vec![0; 12];
    // Whoever hangs up on the rest has refused it as well; then the answer may be lost on its way.
    let read = stream.read(&mut answer).unwrap_or_default();
    answer.truncate(read);
    (sent, String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn a_gigabyte_without_end_is_refused_early_and_fills_no_memory() {
    let house = Installation::start();
    let citizen = house.citizen("Aigerim", "aigerim@example.kz");
    let mut client = house.client();
    citizen.login(&mut client).expect("an answer");
    let cookie = client.cookie.clone().expect("a cookie");
    let csrf = client.csrf.clone().expect("a token");
    let json = "content-type: application/json\r\n".to_owned();
    let form = "content-type: application/x-www-form-urlencoded\r\n".to_owned();
    let session = format!("cookie: {cookie}\r\nx-csrf-token: {csrf}\r\n");
    let before = house.peak_memory();
    for (path, headers) in [
        ("/api/v1/login", json.clone()),
        ("/api/v1/status", json.clone()),
        ("/kk/status", form.clone()),
        ("/kk/obtain", form.clone()),
        ("/kk/revoke", form.clone()),
        ("/kk/cabinet/profile/phone", form.clone()),
        ("/kk/cabinet/profile/phone", format!("{form}{session}")),
        ("/api/v1/applications", format!("{json}{session}")),
        ("/api/v1/revocations", format!("{json}{session}")),
        ("/api/v1/desk/login", json),
    ] {
        let (sent, answer) = pour(&house, path, &headers);
        // What the sockets of both sides take before anybody reads counts as sent.
        assert!(sent < 16 << 20, "{path}: {sent} octets were taken");
        assert!(
            answer.is_empty() || answer == "HTTP/1.1 413" || answer == "HTTP/1.1 303",
            "{path}: {answer}"
        );
    }
    let grown = house.peak_memory().saturating_sub(before);
    assert!(grown < 24 << 20, "{grown} octets more");
    assert_eq!(client.get("/kk").expect("an answer").status, 200);
}
