//! What openssl makes of certificates, asking the server as any stranger would.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tanba_pki::Certificate;

use crate::server::{Installation, pause, program, run, text};

/// Looks at something that is promised within a minute.
const LOOKS: u32 = 60;

/// Says yes or no of a command, and what it said.
pub(crate) fn ask(command: &mut Command) -> (bool, String) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let words = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&words).into_owned(),
    )
}

impl Installation {
    /// The issuing authority, fetched from where a certificate says, and the root's list from where that says; PEM.
    fn authority(&self, certificate: &Certificate) -> [String; 2] {
        let [issuing, list] = ["issuing.pem", "root-crl.pem"].map(|name| self.path(name));
        if !list.exists() {
            let leaf = self.path("any.pem");
            fs::write(&leaf, certificate.to_pem()).expect("a file");
            let der = self.path("fetched.der");
            fs::write(
                &der,
                fetch(&address(&leaf, "authorityInfoAccess", "CA Issuers")),
            )
            .expect("a file");
            convert("x509", &der, &issuing);
            fs::write(&der, fetch(&address(&issuing, "crlDistributionPoints", "")))
                .expect("a file");
            convert("crl", &der, &list);
        }
        [text(&issuing).to_owned(), text(&list).to_owned()]
    }

    /// `openssl verify` with the lists that the certificate names, bases and deltas; openssl fetches them itself.
    pub(crate) fn verify(&self, certificate: &Certificate) -> (bool, String) {
        let [issuing, list] = self.authority(certificate);
        let leaf = self.path(&format!("{}.pem", certificate.serial_hex()));
        fs::write(&leaf, certificate.to_pem()).expect("a file");
        ask(Command::new("openssl")
            .args([
                "verify",
                "-x509_strict",
                "-crl_check",
                "-crl_check_all",
                "-use_deltas",
            ])
            .args([
                "-extended_crl",
                "-crl_download",
                "-CAfile",
                text(&self.path("root.pem")),
            ])
            .args(["-CRLfile", &list, "-untrusted", &issuing, text(&leaf)]))
    }

    /// Waits until a list says that the certificate is revoked; within a minute, as promised.
    pub(crate) fn wait_for_the_lists(&self, certificate: &Certificate) {
        let mut words = String::new();
        for _ in 0..LOOKS {
            let (valid, said) = self.verify(certificate);
            if !valid && said.contains("certificate revoked") {
                return;
            }
            words = said;
            pause(Duration::from_secs(1));
        }
        panic!("no list revokes it within a minute: {words}");
    }

    /// `openssl ocsp` over some certificates of one issuer; one line for each: `good`, `revoked (superseded)`.
    pub(crate) fn ocsp(&self, certificates: &[&Certificate]) -> Vec<String> {
        let Some(first) = certificates.first() else {
            return Vec::new();
        };
        let [issuing, _] = self.authority(first);
        let mut command = Command::new("openssl");
        command.args([
            "ocsp",
            "-url",
            &format!("{}/ocsp", self.machines),
            "-timeout",
            "20",
        ]);
        command.args(["-no_nonce", "-issuer", &issuing, "-verify_other", &issuing]);
        command.args(["-CAfile", text(&self.path("root.pem"))]);
        let names: Vec<String> = certificates
            .iter()
            .map(|certificate| format!("0x{}", certificate.serial_hex()))
            .collect();
        for name in &names {
            command.args(["-serial", name]);
        }
        let (answered, said) = ask(&mut command);
        assert!(answered && said.contains("Response verify OK"), "{said}");
        names.iter().map(|name| status(&said, name)).collect()
    }
}

/// An address in an extension of a certificate.
fn address(certificate: &Path, extension: &str, kind: &str) -> String {
    let said = run(Command::new("openssl")
        .args(["x509", "-noout", "-ext", extension])
        .args(["-in", text(certificate)]));
    let mut lines = said.lines().filter(|line| line.contains(kind));
    let url = lines.find_map(|line| line.split_once("URI:"));
    url.unwrap_or_else(|| panic!("no address: {said}"))
        .1
        .to_owned()
}

fn convert(kind: &str, der: &Path, pem: &Path) {
    let files = ["-in", text(der), "-out", text(pem)];
    run(Command::new("openssl")
        .args([kind, "-inform", "DER"])
        .args(files));
}

/// What stands behind a serial number, with the reason from a line below.
fn status(said: &str, name: &str) -> String {
    let mut lines = said.lines().skip_while(|line| !line.starts_with(name));
    let line = lines
        .next()
        .unwrap_or_else(|| panic!("nothing about {name}: {said}"));
    let (_, status) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
    let reason = lines
        .take_while(|line| line.starts_with('\t'))
        .find_map(|line| line.trim().strip_prefix("Reason: "));
    reason.map_or_else(
        || status.to_owned(),
        |reason| format!("{status} ({reason})"),
    )
}

/// What is at an address of the machines' listener.
pub(crate) fn fetch(url: &str) -> Vec<u8> {
    let config = ureq::Agent::config_builder()
        .max_idle_connections(0)
        .build();
    let mut response = ureq::Agent::from(config)
        .get(url.trim())
        .call()
        .expect("an answer");
    response.body_mut().read_to_vec().expect("a body")
}

/// The audit chain holds, in the database and as exported.
pub(crate) fn evidence_is_whole(installation: &Installation) {
    let verdict = installation.facts(&["audit", "verify"]);
    assert_eq!(verdict["valid"], true, "{verdict}");
    let file = installation.path("audit.jsonl");
    installation.tanba(&["audit", "export", "--output", text(&file)]);
    run(Command::new(program()).args(["audit", "verify", text(&file)]));
}
