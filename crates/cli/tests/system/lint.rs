//! The second opinion of pkilint: on certificates by every profile, with every kind of key, under every kind of issuing key.
//! What it says of lists and status answers is asked in `acceptance`, where they come from.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use tanba_crypto::{KeyAlgorithm, Signer as _, SoftwareKey};
use tanba_pki::profile::{IssuerUrls, Profile, Subject, TbsInput};
use tanba_pki::{Certificate, Purpose, SerialNumber, assemble_certificate, lint, oid};
use tempfile::TempDir;

use crate::citizen::new_key;
use crate::server::{environment, now, random, text};

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
            let cited = ["RFC ", "domain.md", "X.5", "X.6", "ETSI "]
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

/// The Python with what tests need; `None`, and said so, where it is not installed. On a build server it has to be.
pub(crate) fn python() -> Option<PathBuf> {
    let folder = root().join("target/venv/bin");
    if folder.join("lint_pkix_cert").exists() {
        return Some(folder.join("python"));
    }
    assert!(
        environment("CI").is_none(),
        "pkilint is not installed: scripts/setup.sh test"
    );
    say("SKIPPED: pkilint is not installed; scripts/setup.sh test installs it");
    None
}

fn say(words: &str) {
    writeln!(std::io::stderr(), "{words}").expect("somebody listens");
}

/// A script of the tests.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// Documents for pkilint, and what each is.
#[derive(Debug)]
pub(crate) struct Documents {
    folder: TempDir,
    what: Vec<String>,
    list: Vec<serde_json::Value>,
}

impl Documents {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            what: Vec::new(),
            list: Vec::new(),
        }
    }

    fn add(&mut self, what: String, linter: &str, arguments: &[&str], der: &[u8]) {
        let file = self.folder.path().join(format!("{}.der", self.list.len()));
        fs::write(&file, der).expect("a file");
        self.what.push(what);
        self.list.push(json!({
            "linter": linter, "arguments": arguments, "file": text(&file),
        }));
    }

    pub(crate) fn certificate(&mut self, what: impl Into<String>, der: &[u8]) {
        self.add(what.into(), "lint_pkix_cert", &[], der);
    }

    /// A certificate that claims ETSI EN 319 412-2.
    fn natural_person(&mut self, what: String, der: &[u8]) {
        let kind = ["-t", "NCP-NATURAL-PERSON-CERTIFICATE"];
        self.add(what, "lint_etsi_cert", &kind, der);
    }

    /// A list of authorities (ARL) or of anybody (CRL).
    pub(crate) fn list(&mut self, what: impl Into<String>, kind: &str, der: &[u8]) {
        self.add(what.into(), "lint_crl", &["-t", kind, "-p", "PKIX"], der);
    }

    pub(crate) fn answer(&mut self, what: impl Into<String>, der: &[u8]) {
        self.add(what.into(), "lint_ocsp_response", &[], der);
    }

    /// Every finding from notices on: its code and what it was found in.
    fn findings(&self, python: &Path) -> BTreeSet<(String, String)> {
        let mut linter = Command::new(python)
            .arg(script("lint_documents.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("pkilint runs");
        let input = serde_json::to_vec(&self.list).expect("JSON");
        let mut pipe = linter.stdin.take().expect("a pipe");
        pipe.write_all(&input).expect("pkilint listens");
        drop(pipe);
        let output = linter.wait_with_output().expect("pkilint ends");
        assert!(output.status.success(), "pkilint failed: see above");
        let codes: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(codes.len(), self.list.len());
        codes
            .into_iter()
            .zip(&self.what)
            .flat_map(|(codes, what)| codes.into_iter().map(|code| (code, what.clone())))
            .collect()
    }

    /// pkilint finds nothing that the list of what is known has not; gives what it found of that.
    pub(crate) fn are_known(&self, python: &Path) -> BTreeSet<String> {
        let known = known();
        let found = self.findings(python);
        let unknown: Vec<_> = found
            .iter()
            .filter(|(code, _)| !known.contains(code))
            .collect();
        assert!(unknown.is_empty(), "{unknown:#?}");
        found.into_iter().map(|(code, _)| code).collect()
    }
}

/// Every kind of key that any profile takes. RSA-4096 differs from RSA-3072 in nothing that a linter sees, and takes long.
const KINDS: [KeyAlgorithm; 7] = [
    KeyAlgorithm::Rsa { bits: 2048 },
    KeyAlgorithm::Rsa { bits: 3072 },
    KeyAlgorithm::EcP256,
    KeyAlgorithm::EcP384,
    KeyAlgorithm::Ed25519,
    KeyAlgorithm::MlDsa44,
    KeyAlgorithm::MlDsa65,
];

/// Somebody or something with everything that names are made of.
fn subject() -> Subject {
    Subject {
        surname: "Серікова".to_owned(),
        given_name: "Әйгерім".to_owned(),
        patronymic: Some("Болатқызы".to_owned()),
        iin: "850101400123".to_owned(),
        country: "KZ".to_owned(),
        organization: Some("Таңба ЖШС".to_owned()),
        bin: Some("180340012345".to_owned()),
        common_name: Some("cabinet.example.kz".to_owned()),
    }
}

fn urls() -> IssuerUrls {
    let url = |path: &str| Some(format!("http://pki.example.kz/{path}"));
    IssuerUrls {
        ca_issuers: url("ca/test.cer"),
        ocsp: url("ocsp"),
        crl: url("crl/test/0.crl"),
        freshest_crl: url("crl/test/0-delta.crl"),
    }
}

/// An authority that signs with a kind of key.
struct Authority {
    key: SoftwareKey,
    certificate: Certificate,
}

/// A certificate of a profile under an authority; its own root where there is none.
fn certify(profile: &Profile, key: &SoftwareKey, authority: Option<&Authority>) -> Certificate {
    let name = profile.subject_name(&subject()).expect("a name");
    let signer = authority.map_or(key, |authority| &authority.key);
    let from = now();
    let to = if profile.is_for_persons() {
        profile.not_after(from, Some(oid::KZ_KEYSTORE_PKCS12))
    } else {
        from.plus_years(1)
    };
    let tbs = profile.prepare(&TbsInput {
        serial: SerialNumber::random(&mut random()),
        issuer_name: authority.map_or(&name, |authority| authority.certificate.subject()),
        issuer_key_id: &signer.public_key().key_id(),
        signature_algorithm: signer.algorithm(),
        not_before: from,
        not_after: to,
        subject: &name,
        public_key: key.public_key(),
        email: Some("serikova@example.kz"),
        keystore: Some(oid::KZ_KEYSTORE_PKCS12),
        urls: &urls(),
    });
    let tbs = tbs.expect("a certificate");
    let issuer = authority.map(|authority| &authority.certificate);
    let findings = lint::lint_certificate(&tbs, profile, issuer);
    assert!(findings.is_empty(), "{}: {findings:?}", profile.name());
    let signature = signer.sign(&tbs).expect("the key signs");
    let der = assemble_certificate(&tbs, signer.algorithm(), &signature);
    Certificate::from_der(&der).expect("a certificate")
}

/// An authority with another name than its subjects, ten years long.
fn authority(key: &SoftwareKey) -> Authority {
    let profile = Profile::builtin("issuing-ca").expect("a profile");
    let above = new_key(KeyAlgorithm::EcP256);
    let name = |name| {
        let subject = Subject::service(name, Some("Таңба ЖШС"), "KZ");
        profile.subject_name(&subject).expect("a name")
    };
    let from = now();
    let tbs = profile.prepare(&TbsInput {
        serial: SerialNumber::random(&mut random()),
        issuer_name: &name("ТАҢБА НКО"),
        issuer_key_id: &above.public_key().key_id(),
        signature_algorithm: above.algorithm(),
        not_before: from,
        not_after: from.plus_years(10),
        subject: &name("ТАҢБА КО"),
        public_key: key.public_key(),
        email: None,
        keystore: None,
        urls: &urls(),
    });
    let tbs = tbs.expect("a certificate");
    let signature = above.sign(&tbs).expect("the key signs");
    let der = assemble_certificate(&tbs, above.algorithm(), &signature);
    Authority {
        key: SoftwareKey::from_pkcs8_der(key.pkcs8_der().expose()).expect("the same key"),
        certificate: Certificate::from_der(&der).expect("a certificate"),
    }
}

#[test]
fn pkilint_says_nothing_that_is_not_known_of_any_profile_with_any_key_under_any_issuer() {
    let Some(python) = python() else { return };
    let keys = KINDS.map(new_key);
    let authorities: Vec<Authority> = keys.iter().map(authority).collect();
    let mut documents = Documents::new();
    let mut pairs = 0;
    for name in Profile::builtin_names() {
        let profile = Profile::builtin(name).expect("a profile");
        let is_root = profile.purpose() == Purpose::CertificationAuthority && *name == "root-ca";
        let mine: Vec<&SoftwareKey> = keys
            .iter()
            .filter(|key| profile.allows_key(key.public_key()))
            .collect();
        assert!(!mine.is_empty(), "{name} takes none of the keys");
        // Each kind of key once, and each kind of issuing key at least once.
        for turn in 0..mine.len().max(authorities.len()) {
            let (key, authority) = (
                mine[turn % mine.len()],
                &authorities[turn % authorities.len()],
            );
            let certificate = certify(&profile, key, (!is_root).then_some(authority));
            let what = format!(
                "{name} of {} under {}",
                key.public_key().algorithm_label(),
                authority.key.public_key().algorithm_label()
            );
            documents.certificate(what.as_str(), certificate.der());
            if !profile.claims().is_empty() {
                documents.natural_person(what, certificate.der());
            }
            pairs += 1;
        }
    }
    assert!(pairs >= 28 * 7, "{pairs} certificates");
    let seen = documents.are_known(&python);
    let stale: Vec<String> = known().difference(&seen).cloned().collect();
    assert!(stale.is_empty(), "known, but never said: {stale:?}");
    say(&format!(
        "pkilint: {} documents, {} known notices",
        documents.list.len(),
        seen.len()
    ));
}
