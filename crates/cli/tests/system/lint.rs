//! The second opinion of pkilint on everything that an installation signs, by every profile and under every issuing key.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use serde_json::Value;
use tanba_crypto::{KeyAlgorithm, SoftwareKey};
use tanba_pki::Certificate;
use tanba_pki::profile::{Profile, Subject};

use crate::citizen::new_key;
use crate::second_opinion::{ask, fetch};
use crate::server::{Choice, Installation, environment, run, text};

/// The section of the document that lists what is known, between this comment and the end of the list.
const MARK: &str = "<!-- pkilint -->";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What is known and why, as the document says it: `- `code` (profiles): reason`. The citation is asked for, too.
fn known() -> BTreeSet<String> {
    let document = fs::read_to_string(root().join("docs/divergences.md")).expect("the document");
    let (_, section) = document
        .split_once(MARK)
        .expect("the list of what is known");
    let section = section.split("\n## ").next().unwrap_or_default();
    let entries = section.split("\n- ").skip(1);
    let known: BTreeSet<String> = entries
        .map(|entry| {
            let (_, rest) = entry.split_once('`').expect("a code");
            let (code, reason) = rest.split_once('`').expect("a code");
            let cited = ["RFC ", "domain.md", "X.5", "X.6"]
                .iter()
                .any(|source| reason.contains(source));
            assert!(cited, "nothing forces {code}: {reason}");
            code.to_owned()
        })
        .collect();
    assert!(
        !known.is_empty(),
        "the list of what is known is empty: is the mark in its place?"
    );
    known
}

/// The linters; `None`, and said so, where they are not installed. On a build server they have to be.
pub(crate) fn linters() -> Option<PathBuf> {
    let folder = root().join("target/venv/bin");
    if folder.join("lint_pkix_cert").exists() {
        return Some(folder);
    }
    assert!(
        environment("CI").is_none(),
        "pkilint is not installed: scripts/setup.sh test"
    );
    writeln!(
        std::io::stderr(),
        "SKIPPED: pkilint is not installed; scripts/setup.sh test installs it"
    )
    .expect("somebody listens");
    None
}

/// Everything that was linted, and what was said of it.
struct Bench<'a> {
    house: &'a Installation,
    linters: &'a Path,
    found: &'a Mutex<BTreeSet<(String, String)>>,
    linted: usize,
}

impl Bench<'_> {
    /// Lints a document in DER; errors, warnings and notices are kept by their code.
    fn lint(&mut self, what: &str, linter: &str, arguments: &[&str], der: &[u8]) {
        let file = self.house.path("linted.der");
        fs::write(&file, der).expect("a file");
        let mut command = Command::new(self.linters.join(linter));
        command
            .arg("lint")
            .args(arguments)
            .args(["-s", "NOTICE", "-f", "JSON"]);
        let (_, said) = ask(command.args(["--document-format", "DER", text(&file)]));
        let report: Value =
            serde_json::from_str(&said).unwrap_or_else(|_| panic!("{what}: {said}"));
        let results = report["results"]
            .as_array()
            .unwrap_or_else(|| panic!("{what}: {report}"));
        for finding in results
            .iter()
            .filter_map(|result| result["finding_descriptions"].as_array())
            .flatten()
        {
            let code = finding["code"]
                .as_str()
                .unwrap_or_else(|| panic!("{what}: {report}"));
            self.found
                .lock()
                .expect("a list")
                .insert((code.to_owned(), what.to_owned()));
        }
        self.linted += 1;
    }

    fn certificate(&mut self, what: &str, certificate: &Certificate) {
        self.lint(what, "lint_pkix_cert", &[], certificate.der());
    }

    fn list(&mut self, kind: &str, url: &str) {
        self.lint(url, "lint_crl", &["-t", kind, "-p", "PKIX"], &fetch(url));
    }

    /// A status answer as a stranger gets it.
    fn status(&mut self, issuing: &Path, serial: &str) {
        let answer = self.house.path("answer.der");
        run(Command::new("openssl")
            .args([
                "ocsp",
                "-url",
                &format!("{}/ocsp", self.house.machines),
                "-issuer",
                text(issuing),
            ])
            .args([
                "-serial",
                &format!("0x{serial}"),
                "-noverify",
                "-respout",
                text(&answer),
            ]));
        let answer = fs::read(answer).expect("an answer");
        self.lint(
            &format!("status of {serial}"),
            "lint_ocsp_response",
            &[],
            &answer,
        );
    }
}

/// A key of each kind that a profile takes; the longest ones are left to unit tests.
fn keys(profile: &Profile) -> Vec<SoftwareKey> {
    let kinds = [
        KeyAlgorithm::Rsa { bits: 2048 },
        KeyAlgorithm::EcP256,
        KeyAlgorithm::EcP384,
    ];
    kinds
        .into_iter()
        .filter(|kind| profile.allows(*kind))
        .map(new_key)
        .collect()
}

/// The person with what else the profile names.
fn holder(person: &Subject, profile: &str) -> Subject {
    let mut person = person.clone();
    if profile.starts_with("kz-legal-") || profile.ends_with("tls-server") {
        person.organization = Some("Таңба ЖШС".to_owned());
    }
    if profile.starts_with("kz-legal-") {
        person.bin = Some("180340012345".to_owned());
    }
    if profile.ends_with("tls-server") {
        person.common_name = Some("cabinet.example.kz".to_owned());
    }
    person
}

fn everything(
    issuing_key: &'static str,
    linters: &Path,
    found: &Mutex<BTreeSet<(String, String)>>,
) -> usize {
    let mut house = Installation::make(&Choice {
        arguments: vec!["--issuing-key", issuing_key],
        ..Choice::default()
    });
    house.serve();
    let mut bench = Bench {
        house: &house,
        linters,
        found,
        linted: 0,
    };
    let people = [
        house.register("Serikova", "serikova@example.kz"),
        house.register("Silent", ""),
    ];
    let mut issued = Vec::new();
    for name in Profile::builtin_names() {
        let profile = Profile::builtin(name).expect("a profile");
        for key in if profile.is_for_persons() {
            keys(&profile)
        } else {
            Vec::new()
        } {
            let person = holder(&people[issued.len() % 2], name);
            let certificate = house.certify(&person, name, &key);
            bench.certificate(&format!("{name} of {issuing_key}"), &certificate);
            issued.push(certificate);
        }
    }
    assert!(issued.len() >= 8, "{} certificates of people", issued.len());

    // The authority itself, down to the certificate of its responder.
    let pem = fs::read(house.path("root.pem")).expect("a file");
    bench.certificate(
        "root-ca",
        &Certificate::from_pem(&pem).expect("a certificate"),
    );
    let (valid, said) = house.verify(&issued[0]);
    assert!(valid, "{said}");
    let issuing = house.path("issuing.pem");
    let pem = fs::read(&issuing).expect("a file");
    bench.certificate(
        "issuing-ca",
        &Certificate::from_pem(&pem).expect("a certificate"),
    );
    let responder = house.blob("SELECT responder_certificate FROM issuer WHERE kind = 'issuing'");
    bench.lint("ocsp-responder", "lint_pkix_cert", &[], &responder);
    let seal = house.blob("SELECT seal_certificate FROM issuer WHERE kind = 'issuing'");
    bench.lint("document-seal", "lint_pkix_cert", &[], &seal);

    // Lists with and without entries, and answers about all there is.
    let revoked = &issued[1];
    house.tanba(&[
        "certificate",
        "revoke",
        &revoked.serial_hex(),
        "--reason",
        "keyCompromise",
    ]);
    house.wait_for_the_lists(revoked);
    bench.list("ARL", &format!("{}/crl/root.crl", house.machines));
    bench.list("CRL", &format!("{}/crl/nca-rsa.crl", house.machines));
    let lists = format!("{}/crl/nca-rsa", house.machines);
    let shard = house.count(&format!(
        "SELECT shard FROM certificate WHERE hex(serial) = upper('{}')",
        revoked.serial_hex()
    ));
    for shard in [shard, (shard + 1) % 16] {
        bench.list("CRL", &format!("{lists}/{shard}.crl"));
        bench.list("CRL", &format!("{lists}/{shard}-delta.crl"));
    }
    for serial in [
        issued[0].serial_hex(),
        revoked.serial_hex(),
        "0102030405".to_owned(),
    ] {
        bench.status(&issuing, &serial);
    }
    bench.linted
}

#[test]
fn pkilint_says_nothing_that_is_not_known() {
    let known = known();
    let Some(linters) = linters() else { return };
    let found = Mutex::default();
    let linted: usize = std::thread::scope(|scope| {
        ["rsa-2048", "ec-p256"]
            .map(|key| {
                scope.spawn({
                    let (linters, found) = (&linters, &found);
                    move || everything(key, linters, found)
                })
            })
            .map(|work| work.join().expect("a lint"))
            .iter()
            .sum()
    });
    let found = found.into_inner().expect("a list");
    let unknown: Vec<_> = found
        .iter()
        .filter(|(code, _)| !known.contains(code))
        .collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    let seen: BTreeSet<&String> = found.iter().map(|(code, _)| code).collect();
    let stale: Vec<_> = known.iter().filter(|code| !seen.contains(code)).collect();
    assert!(stale.is_empty(), "known, but never said: {stale:?}");
    writeln!(
        std::io::stderr(),
        "pkilint: {linted} documents, {} known notices",
        seen.len()
    )
    .expect("somebody listens");
}
