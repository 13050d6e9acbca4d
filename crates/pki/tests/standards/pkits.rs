//! NIST's path-validation runs. Runs about what is not processed yet are skipped and counted, unless they pass.

use std::path::Path;

use serde::Deserialize;
use tanba_pki::crl::Crl;
use tanba_pki::path::{PathOptions, Revocation, validate};
use tanba_pki::{Certificate, Timestamp};

use crate::harness::fixtures;

#[derive(Deserialize)]
struct Run {
    id: String,
    title: String,
    section: String,
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
    fn needs_policies(&self) -> bool {
        self.explicit_policy_required
            || self.inhibit_policy_mapping
            || self.inhibit_any_policy
            || self.initial_policies != ["anyPolicy"]
    }
}

/// Some runs have certificates that cannot be read on purpose.
fn certificate(folder: &Path, name: &str) -> Option<Certificate> {
    Certificate::from_der(&std::fs::read(folder.join("certs").join(name)).unwrap()).ok()
}

fn list(folder: &Path, name: &str) -> Option<Crl> {
    Crl::from_der(&std::fs::read(folder.join("crls").join(name)).unwrap()).ok()
}

#[test]
fn runs_of_nist_have_their_results() {
    let Some(folder) = fixtures("pkits") else {
        return;
    };
    let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let runs: Vec<Run> = serde_json::from_str(&expected).unwrap();
    let at = Timestamp::parse_rfc3339("2022-06-01T00:00:00Z").unwrap();
    let (mut skipped, mut wrong) = (0, Vec::new());
    for run in &runs {
        let trusted = [certificate(&folder, &run.trust_anchor).unwrap()];
        let leaf = certificate(&folder, &run.ee);
        let intermediates: Vec<Certificate> = run
            .intermediates
            .iter()
            .filter_map(|name| certificate(&folder, name))
            .collect();
        let crls: Vec<Crl> = run
            .crls
            .iter()
            .filter_map(|name| list(&folder, name))
            .collect();
        let options = PathOptions {
            intermediates: &intermediates,
            crls: &crls,
            revocation: Revocation::Required,
            legacy_algorithms: run.title.contains("DSA"),
            ..PathOptions::new(&trusted, at)
        };
        let verdict = leaf.map(|leaf| validate(&leaf, &options).map(|_| ()));
        if matches!(verdict, Some(Ok(()))) == (run.expected == "SUCCESS") {
            continue;
        }
        let line = format!("{} {} {}: {verdict:?}", run.id, run.section, run.title);
        // Keys without parameters of their own are not used.
        if run.needs_policies() || run.title.contains("DSA Parameter Inheritance") {
            skipped += 1;
            println!("skipped: {line}");
        } else {
            wrong.push(line);
        }
    }
    println!("PKITS: {} run, {skipped} skipped", runs.len() - skipped);
    assert_eq!(wrong, [""; 0]);
}
