//! The demo: what it prints is true, and the command line works beside it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::installation::get_as;
use crate::server::program;

struct Demo {
    child: Child,
    facts: Value,
    _folder: tempfile::TempDir,
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended by itself, which its test has seen then.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

impl Demo {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(program())
            .args(["demo", "--json", "--port", "0", "--folder"])
            .arg(folder.path().join("demo"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the demo starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("an output"))
            .read_line(&mut line)
            .expect("facts");
        let facts = serde_json::from_str(&line).expect("JSON");
        Self {
            child,
            facts,
            _folder: folder,
        }
    }

    /// What a command prints as JSON.
    fn tanba(&self, arguments: &[&str]) -> Value {
        let output = Command::new(program())
            .args(arguments)
            .args([
                "--json",
                "--config",
                self.facts["config"].as_str().expect("a path"),
            ])
            .output()
            .expect("the program runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {told}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

#[test]
fn the_command_line_works_on_a_running_demo() {
    let demo = Demo::start();
    let issuers = demo.tanba(&["issuer", "list"]);
    assert_eq!(issuers.as_array().expect("a list").len(), 2);
    for part in ["people", "staff"] {
        for person in demo.facts[part].as_array().expect("people") {
            let iin = person["iin"].as_str().expect("an IIN");
            let shown = demo.tanba(&["person", "show", iin]);
            let name = format!(
                "{} {}",
                shown["surname"].as_str().expect("a surname"),
                shown["given_name"].as_str().expect("a name")
            );
            assert!(person["name"].as_str().expect("a name").starts_with(&name));
        }
    }
    assert_eq!(
        demo.tanba(&["operator", "list"])
            .as_array()
            .expect("a list")
            .len(),
        4
    );
    // Something that changes: it needs no key, and the running demo obeys.
    let serial = demo.tanba(&[
        "person",
        "show",
        demo.facts["people"][0]["iin"].as_str().expect("an IIN"),
    ]);
    let serial = serial["certificates"][0]["serial"]
        .as_str()
        .expect("a serial number");
    demo.tanba(&["certificate", "hold", serial, "--reason", "an exercise"]);
    demo.tanba(&["certificate", "release", serial, "--reason", "an exercise"]);
    demo.tanba(&["audit", "verify"]);
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md"));
    let first = demo.facts["people"][0]["iin"].as_str().expect("an IIN");
    assert!(
        readme
            .expect("a text")
            .contains(&format!("person show {first} "))
    );
}

#[test]
fn a_demo_shows_pages_and_codes_to_this_computer_alone() {
    let demo = Demo::start();
    let url = demo.facts["url"].as_str().expect("an address");
    let address = url.replace("http://localhost", "127.0.0.1");
    for path in ["/kk", "/demo/mailbox", "/demo/mailbox.json", "/nowhere"] {
        let astray = get_as(&address, "evil.example", path, "");
        assert!(astray.starts_with("HTTP/1.1 421"), "{path}: {astray}");
        assert!(astray.contains(url), "{astray}");
    }
    for host in ["localhost", "127.0.0.1:1", "[::1]"] {
        for path in ["/kk", "/demo/mailbox.json"] {
            let page = get_as(&address, host, path, "");
            assert!(page.starts_with("HTTP/1.1 200"), "{host}{path}: {page}");
        }
    }
    // Whoever verifies comes under any name.
    let ready = get_as(&address, "pki.example", "/health/ready", "");
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
}
