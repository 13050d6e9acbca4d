//! HTTPS by the server itself, and a certificate that is replaced while it runs.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::{Choice, Installation, pause, run};

/// Looks at a change that takes a few seconds.
const LOOKS: u32 = 40;

/// A self-signed certificate for localhost and its key, in `tls/` beside those in use.
fn certificate(house: &Installation, name: &str) {
    let folder = house.path("tls");
    fs::create_dir_all(&folder).expect("a folder");
    run(Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args(["-days", "2", "-subj", &format!("/CN={name}")])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .arg("-keyout")
        .arg(folder.join(format!("{name}.key")))
        .arg("-out")
        .arg(folder.join(format!("{name}.pem"))));
}

/// Puts a pair in the place of the one in use.
fn put(house: &Installation, name: &str) {
    for (from, to) in [("key", "key.pem"), ("pem", "certificate.pem")] {
        let new = house.path(&format!("tls/{name}.{from}"));
        fs::copy(new, house.path(&format!("tls/{to}"))).expect("a file");
    }
}

/// What a browser that trusts one certificate gets: head and body.
fn curl(house: &Installation, trusted: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("curl");
    command.args([
        "--silent",
        "--include",
        "--max-time",
        "20",
        "--noproxy",
        "*",
    ]);
    command
        .arg("--cacert")
        .arg(house.path(&format!("tls/{trusted}.pem")));
    let output = command.args(arguments).output().expect("curl runs");
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn post(house: &Installation, path: &str, body: &Value) -> String {
    let url = format!("{}{path}", house.origin);
    let arguments = [
        "--header",
        "content-type: application/json",
        "--header",
        "sec-fetch-site: same-origin",
        "--data",
        &body.to_string(),
        &url,
    ];
    curl(house, "first", &arguments).expect("an answer")
}

fn json_of(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}

#[test]
fn https_is_strict_and_takes_a_new_certificate_without_a_restart() {
    let mut house = Installation::make(&Choice {
        tls: true,
        ..Choice::default()
    });
    for name in ["first", "second"] {
        certificate(&house, name);
    }
    put(&house, "first");
    house.serve();
    let front = format!("{}/en", house.origin);
    let page = curl(&house, "first", &[&front])
        .expect("an answer")
        .to_lowercase();
    assert!(
        page.starts_with("http/2 200") || page.starts_with("http/1.1 200"),
        "{page}"
    );
    for header in [
        "strict-transport-security: max-age=",
        "content-security-policy: default-src 'none'",
        "x-content-type-options: nosniff",
        "referrer-policy: same-origin",
    ] {
        assert!(page.contains(header), "no {header}:\n{page}");
    }

    // The session's cookie is of this host alone and never sent in the clear.
    let citizen = house.citizen("Serikova", "serikova@example.kz");
    let challenge = json_of(&post(&house, "/api/v1/login/challenge", &json!({})));
    let signature = citizen
        .authentication
        .sign(challenge["challenge"].as_str().expect("a text"));
    let opened = post(&house, "/api/v1/login", &json!({ "signature": signature }));
    let cookie = opened
        .lines()
        .find(|line| line.to_lowercase().starts_with("set-cookie: __host-tanba="))
        .unwrap_or_else(|| panic!("no cookie: {opened}"));
    for attribute in ["; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(cookie.contains(attribute), "no {attribute}: {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");

    // Plain HTTP on that port is not answered with anything of ours.
    let plain = house.client().get("/en");
    assert!(plain.is_err(), "{plain:?}");

    // A key that does not fit yet changes nothing; the whole pair does.
    fs::copy(house.path("tls/second.key"), house.path("tls/key.pem")).expect("a file");
    wait(&house, || house.log().contains("the old certificate stays"));
    assert!(
        curl(&house, "first", &[&front]).is_some(),
        "the old certificate is gone"
    );
    put(&house, "second");
    wait(&house, || curl(&house, "second", &[&front]).is_some());
    assert!(
        curl(&house, "first", &[&front]).is_none(),
        "the old certificate is still served"
    );
    assert!(house.log().contains("the TLS certificate was replaced"));
    assert_eq!(
        house.log().matches("serving").count(),
        1,
        "it was restarted"
    );
    house.stop();
}

fn wait(house: &Installation, happened: impl Fn() -> bool) {
    for _ in 0..LOOKS {
        if happened() {
            return;
        }
        pause(Duration::from_millis(250));
    }
    panic!("nothing happened:\n{}", house.log());
}
