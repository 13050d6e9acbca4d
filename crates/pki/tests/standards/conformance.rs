//! Results of foreign suites as a document that is compared with what the suites say today.

use std::fmt::Write as _;
use std::path::Path;

use crate::{limbo, pkits, wycheproof};

/// What came of a suite.
pub(crate) struct Tally {
    pub(crate) name: String,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    valid: bool,
    accepted: bool,
}

impl Tally {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            cases: Vec::new(),
        }
    }

    pub(crate) fn count(&mut self, name: String, valid: bool, accepted: bool) {
        self.cases.push(Case {
            name,
            valid,
            accepted,
        });
    }

    pub(crate) fn run(&self) -> usize {
        self.cases.len()
    }

    pub(crate) fn agreed(&self) -> usize {
        self.run() - self.departures().count()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.cases.iter().any(|case| case.name == name)
    }

    /// Cases that were accepted though invalid, or refused though valid.
    pub(crate) fn departures(&self) -> impl Iterator<Item = &String> {
        let wrong = self.cases.iter().filter(|case| case.valid != case.accepted);
        wrong.map(|case| &case.name)
    }

    pub(crate) fn false_accepts(&self) -> usize {
        let wrong = |case: &&Case| case.accepted && !case.valid;
        self.cases.iter().filter(wrong).count()
    }

    pub(crate) fn print(&self) {
        for name in self.departures() {
            println!("DIFFERS: {} {name}", self.name);
        }
        println!(
            "{}: {} run, 0 skipped, {} agree, {} accepted though invalid",
            self.name,
            self.run(),
            self.agreed(),
            self.false_accepts()
        );
    }

    fn row(&self) -> String {
        format!(
            "| {} | {} | {} | {} | {} |",
            self.name,
            self.run(),
            self.agreed(),
            self.run() - self.agreed() - self.false_accepts(),
            self.false_accepts()
        )
    }
}

/// Rows of suites that other crates run and keep current.
const ELSEWHERE: &str = "| Wycheproof `pb";

const INTRODUCTION: &str = "# Conformance

Results of foreign suites. This page is written by tests (`TANBA_REGENERATE=1 cargo test -p tanba-pki -p tanba-keystore`)
and compared with what the suites say whenever the tests run. The suites are read from `../shared/fixtures` or the folder
named by `TANBA_FIXTURES`; without them the tests say SKIPPED. `crates/cli/tests/system/validate.rs` runs PKITS and
x509-limbo once more through `tanba validate`.

| suite | cases | as expected | refused though valid | accepted though invalid |
|---|---|---|---|---|
";

const PKITS: &str = "
## NIST PKITS

The fixtures hold 47 of the suite's runs: 4.1 to 4.3, 4.6 and 4.7, with certificates and lists of their own. Each is run with its
own policy inputs, `--purpose any` and every list required; library and command line give the same. 4.1.4 to
4.1.6 need DSA, which came with SHA-1. The invalid one is refused; of the two valid ones, exempted by name:

- **4.1.4 Valid DSA Signatures**: refused. SHA-1 is not accepted, and `tanba validate` has no switch for it; where the library
  is told to accept it, the run ends as expected.
- **4.1.5 Valid DSA Parameter Inheritance**: refused. Keys that inherit their parameters from the issuer are not used
  (RFC 5280, 4.1.2.7 leaves it to the algorithm's specification; FIPS 186-5 withdrew DSA).
";

const ALGORITHMS: &str = "
## What is not verified

Of signatures in certificates, requests, lists, OCSP responses and CMS:

- RSASSA-PSS with another salt than the digest is long, with a mask of another digest, or with SHA-1 (RFC 4055 allows them): what is
  signed so is refused as of an algorithm that cannot be checked.
- Keys for RSASSA-PSS alone (`id-RSASSA-PSS` in the certificate, RFC 4055, 1.2): likewise. Signatures with RSASSA-PSS by a plain RSA key
  are verified, in certificates and lists (`crates/cli/tests/system/validate.rs` has openssl make them).
- ECDSA with P-521 and with curves beside P-256 and P-384, Ed448, ML-DSA-87, SLH-DSA: likewise.
- SHA-1, unless the caller asks for it; MD5 and below, never.
";

const LIMBO: &str = "
## x509-limbo

Server cases are judged as `--purpose tls-server` does, client cases as `--purpose tls-client` does; where a case names no
time, at 2026-06-01. Nothing is accepted that the suite calls invalid. Departures, each where two sets of rules contradict
each other and the stricter one is kept:

";

const WYCHEPROOF: &str = "
## Project Wycheproof

Every valid vector is accepted, every invalid one refused. \"Acceptable\" ones may end either way: the only one is a PKCS#1
signature whose DigestInfo lacks its NULL, which is refused.
";

const ACCEPTANCE: &str = "
## Who accepts what we sign

For each algorithm an installation whose issuing key has it, and a person whose key has it too: request, certificate,
revocation, lists, status answers and a signed document, all by the command line
(`crates/cli/tests/system/acceptance.rs`, one test a row). Each program is shown a good and a revoked certificate and has to
tell them apart. The root has RSA-4096 above RSA and P-256, ML-DSA-65 above ML-DSA, else the same algorithm.

| algorithm | OpenSSL 3.0 `verify`, `crl`, `ocsp` | OpenSSL 3.0 `cms` | GnuTLS 3.7 `certtool`, `ocsptool` | NSS 3.87 `certutil`, `crlutil`, `ocspclnt`, `vfychain` | dilithium-py 1.5.1 | pkilint 0.13.3 |
|---|---|---|---|---|---|---|
| RSA-2048 | yes | yes | yes | yes | - | yes |
| ECDSA P-256 | yes | yes | yes | yes | - | yes |
| ECDSA P-384 | yes | yes | yes | yes | - | yes |
| Ed25519 | yes | no: it wants a digest | yes | no: it does not know the algorithm | - | yes |
| ML-DSA-44 | no: it does not know the algorithm | no | no | no | yes | yes |
| ML-DSA-65 | no: it does not know the algorithm | no | no | no | yes | yes |

Where NSS knows the issuing key, it takes certificates of servers, too (`certutil -V -u V`, `vfychain -u 1`): by `tls-server` and
`kz-tls-server`, of RSA and of P-256 keys.

pkilint also reads a certificate of every profile with every kind of key, under every kind of issuing key
(`crates/cli/tests/system/lint.rs`). Where Kryoptic was built (`TANBA_KRYOPTIC=1 scripts/setup.sh test`), the row of ML-DSA-65 is
run once more with the keys of root and issuing authority in that token.
";

/// The document as the suites have it now; rows of other crates are taken over.
fn document(old: &str) -> Option<String> {
    let mut rows = vec![pkits::tally()?.row(), limbo::tally()?.row()];
    rows.extend(wycheproof::tallies()?.iter().map(Tally::row));
    let elsewhere = old.lines().filter(|line| line.starts_with(ELSEWHERE));
    rows.extend(elsewhere.map(str::to_owned));
    rows.sort();
    let mut out = format!("{INTRODUCTION}{}\n", rows.join("\n"));
    out.push_str(PKITS);
    out.push_str(ALGORITHMS);
    out.push_str(LIMBO);
    for (id, why) in limbo::DEPARTURES {
        let _ = writeln!(out, "- `{id}`: {why}");
    }
    out.push_str(WYCHEPROOF);
    out.push_str(ACCEPTANCE);
    Some(out)
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests asks for a new document by the environment"
)]
fn the_document_says_what_the_suites_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance.md");
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    let Some(new) = document(&old) else { return };
    if std::env::var("TANBA_REGENERATE").is_ok() {
        std::fs::write(&path, new).unwrap();
    } else {
        assert_eq!(old, new, "set TANBA_REGENERATE=1 to write it anew");
    }
}
