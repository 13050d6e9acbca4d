//! NIST's path-validation runs (PKITS), with their policy inputs.

use std::path::Path;

use serde::Deserialize;
use tanba_crypto::ObjectIdentifier;
use tanba_pki::crl::Crl;
use tanba_pki::path::{PathOptions, PolicyOptions, Revocation, validate};
use tanba_pki::{Certificate, Timestamp};

use crate::conformance::Tally;
use crate::harness::fixtures;

#[derive(Deserialize)]
struct Run {
    id: String,
    title: String,
    ee: String,
    intermediates: Vec<String>,
    crls: Vec<String>,
    trust_anchor: String,
    initial_policies: Vec<String>,
    explicit_policy_required: bool,
    inhibit_policy_mapping: bool,
    inhibit_any_policy: bool,
    expected: String,
}

impl Run {
    fn policies(&self) -> Vec<ObjectIdentifier> {
        self.initial_policies
            .iter()
            .filter(|policy| *policy != "anyPolicy")
            .map(|policy| policy.parse().unwrap())
            .collect()
    }

    /// `None` when the certificate itself cannot be read, which some are not on purpose.
    fn accepted(&self, folder: &Path, at: Timestamp, legacy: bool) -> Option<bool> {
        let trusted = [certificate(folder, &self.trust_anchor).unwrap()];
        let leaf = certificate(folder, &self.ee)?;
        let read = |name: &String| certificate(folder, name);
        let intermediates: Vec<Certificate> = self.intermediates.iter().filter_map(read).collect();
        let crls: Vec<Crl> = self
            .crls
            .iter()
            .filter_map(|name| list(folder, name))
            .collect();
        let acceptable = self.policies();
        let options = PathOptions {
            intermediates: &intermediates,
            crls: &crls,
            revocation: Revocation::Required,
            legacy_algorithms: legacy,
            policies: PolicyOptions {
                acceptable: &acceptable,
                explicit: self.explicit_policy_required,
                inhibit_mapping: self.inhibit_policy_mapping,
                inhibit_any: self.inhibit_any_policy,
            },
            ..PathOptions::new(&trusted, at)
        };
        let verdict = validate(&leaf, &options);
        println!("{} {}: {verdict:?}", self.id, self.title);
        Some(verdict.is_ok())
    }
}

fn certificate(folder: &Path, name: &str) -> Option<Certificate> {
    Certificate::from_der(&std::fs::read(folder.join("certs").join(name)).unwrap()).ok()
}

fn list(folder: &Path, name: &str) -> Option<Crl> {
    Crl::from_der(&std::fs::read(folder.join("crls").join(name)).unwrap()).ok()
}

/// DSA came with SHA-1; and keys without parameters of their own are not used at all (docs/divergences.md).
const EXEMPT: [&str; 2] = [
    "Valid DSA Signatures Test4",
    "Valid DSA Parameter Inheritance Test5",
];

fn runs(folder: &Path) -> Vec<Run> {
    let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    serde_json::from_str(&expected).unwrap()
}

fn at() -> Timestamp {
    Timestamp::parse_rfc3339("2022-06-01T00:00:00Z").unwrap()
}

/// Runs everything; `None` without fixtures.
pub(crate) fn tally() -> Option<Tally> {
    let folder = fixtures("pkits")?;
    let mut tally = Tally::new("NIST PKITS");
    for run in &runs(&folder) {
        let accepted = run.accepted(&folder, at(), false).unwrap_or(false);
        tally.count(
            format!("{} {}", run.id, run.title),
            run.expected == "SUCCESS",
            accepted,
        );
    }
    Some(tally)
}

#[test]
fn runs_of_nist_have_their_results() {
    let Some(tally) = tally() else { return };
    tally.print();
    let unnamed: Vec<&String> = tally
        .departures()
        .filter(|name| !EXEMPT.iter().any(|exempt| name.ends_with(exempt)))
        .collect();
    assert_eq!(unnamed, Vec::<&String>::new());
}

#[test]
fn where_sha_1_is_accepted_signatures_of_dsa_are_judged() {
    let Some(folder) = fixtures("pkits") else {
        return;
    };
    for run in runs(&folder) {
        let expected = match run.title.as_str() {
            "Valid DSA Signatures Test4" => true,
            "Invalid DSA Signature Test6" | "Valid DSA Parameter Inheritance Test5" => false,
            _ => continue,
        };
        let accepted = run.accepted(&folder, at(), true).unwrap_or(false);
        assert_eq!(accepted, expected, "{}", run.title);
    }
}
