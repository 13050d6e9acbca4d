//! Shares that custodians type, one after the other, at a terminal.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use super::{Plan, Vault};
use crate::installation::Installation;

/// A command at a terminal of its own (`script` of util-linux makes it).
struct Terminal {
    child: Child,
    said: String,
}

impl Terminal {
    fn open(site: &Installation, arguments: &str) -> Self {
        let command = format!("{} {arguments}", env!("CARGO_BIN_EXE_tanba"));
        let child = site
            .command(
                "script",
                &["--quiet", "--return", "--command", &command, "/dev/null"],
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script runs");
        Self {
            child,
            said: String::new(),
        }
    }

    /// Reads until the program asks.
    fn wait_for(&mut self, words: &str) {
        let output = self.child.stdout.as_mut().expect("an output");
        while !self.said.ends_with(words) {
            let mut octet = [0];
            let read = output.read(&mut octet).expect("output");
            assert!(read > 0, "{words}: {}", self.said);
            self.said.push(char::from(octet[0]));
        }
    }

    fn enter(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().expect("an input");
        write!(input, "{line}\r").expect("typed");
    }

    /// Whether it did what was asked, and everything that was seen.
    fn end(mut self) -> (bool, String) {
        let mut rest = Vec::new();
        let output = self.child.stdout.as_mut().expect("an output");
        output.read_to_end(&mut rest).expect("output");
        let done = self.child.wait().expect("an end").success();
        self.said.push_str(&String::from_utf8_lossy(&rest));
        (done, self.said)
    }
}

#[test]
fn shares_are_typed_where_no_file_is_named() {
    if Command::new("script").arg("--version").output().is_err() {
        assert!(
            crate::server::environment("CI").is_none(),
            "script (util-linux) is not installed"
        );
        eprintln!("SKIPPED: script (util-linux) is not installed");
        return;
    }
    let vault = Vault::new();
    let plan = Plan::new(&vault.site, "crl").at(&vault.site, "crl.toml");
    let share = |number: u8| {
        let line = std::fs::read_to_string(vault.site.path(&format!("share-{number}")));
        line.expect("a share").trim_end().to_owned()
    };
    let hold = |folder: &str, lines: &[(u8, &str)]| {
        let command = format!("ceremony run {plan} --output {folder}");
        let mut terminal = Terminal::open(&vault.site, &command);
        for (number, line) in lines {
            terminal.wait_for(&format!("Share {number} of 2: "));
            terminal.enter(line);
        }
        terminal.end()
    };
    let (second, third) = (share(2), share(3));
    let foreign = std::fs::read_to_string(Vault::new().site.path("share-1")).expect("a share");
    // A slip of the hand is told at once, and only that one is typed again; for ever it is not.
    let slip = second.replacen('-', "_", 1);
    let (done, said) = hold("slip", &[(1, slip.as_str()); 5]);
    assert!(!done && said.contains("not a share"), "{said}");
    let lines = [
        (1, third.as_str()),
        (2, &slip),
        (2, &third),
        (2, foreign.trim_end()),
        (2, &second),
    ];
    let (done, said) = hold("typed", &lines);
    assert!(done, "{said}");
    for word in ["not a share", "given twice", "of the set"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    vault.site.openssl(&[
        "crl",
        "-inform",
        "DER",
        "-in",
        "typed/root.crl",
        "-noout",
        "-CAfile",
        "made/root.pem",
    ]);
    let transcript = std::fs::read_to_string(vault.site.path("typed/root-crl-transcript.json"));
    let transcript = transcript.expect("a transcript");
    assert!(transcript.contains("\"used\":[3,2]"), "{transcript}");
}
