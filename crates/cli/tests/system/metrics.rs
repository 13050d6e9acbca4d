//! The numbers of a running server, read by Prometheus' own client.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::citizen::Client;
use crate::renewal::renewed;
use crate::server::{Installation, environment};

/// Reads a scrape, insists on what every family has, and tells each sample as `name{label=value,…}`.
const READER: &str = r#"
import json, sys
from prometheus_client.parser import text_string_to_metric_families
samples, families = {}, {}
for family in text_string_to_metric_families(sys.stdin.read()):
    assert family.name not in families, "twice: " + family.name
    assert family.documentation, "no help: " + family.name
    assert family.type in ("counter", "gauge", "histogram"), family
    families[family.name] = {"type": family.type, "help": family.documentation}
    for sample in family.samples:
        labels = ",".join("%s=%s" % pair for pair in sorted(sample.labels.items()))
        key = "%s{%s}" % (sample.name, labels)
        assert key not in samples, "twice: " + key
        samples[key] = sample.value
    if family.type == "histogram":
        series = {}
        for sample in family.samples:
            if sample.name.endswith("_bucket"):
                rest = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
                series.setdefault(rest, []).append((float(sample.labels["le"]), sample.value))
        for rest, buckets in series.items():
            assert buckets == sorted(buckets), (family.name, rest, buckets)
            assert buckets[-1][0] == float("inf"), (family.name, rest)
            assert [v for _, v in buckets] == sorted(v for _, v in buckets), (family.name, rest)
            labels = ",".join("%s=%s" % pair for pair in rest)
            assert samples["%s_count{%s}" % (family.name, labels)] == buckets[-1][1]
json.dump({"samples": samples, "families": families}, sys.stdout)
"#;

/// `None`, and said so, where it is not installed. On a build server it has to be.
fn reader() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/venv/bin/python");
    let asks = Command::new(&python)
        .args(["-c", "import prometheus_client"])
        .stderr(Stdio::null())
        .status();
    if asks.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    assert!(
        environment("CI").is_none(),
        "prometheus_client is not installed: scripts/setup.sh test"
    );
    let said = writeln!(
        std::io::stderr(),
        "SKIPPED: prometheus_client is not installed; scripts/setup.sh test installs it"
    );
    said.expect("somebody listens");
    None
}

/// A scrape as the reader understood it.
struct Scrape {
    samples: BTreeMap<String, f64>,
    families: BTreeMap<String, String>,
}

impl Scrape {
    fn take(python: &Path, house: &Installation) -> Self {
        let machines = Client::new(&house.machines, &house.machines);
        let answer = machines.get("/metrics").expect("a server");
        assert_eq!(answer.status, 200);
        let text = answer.body.as_str().expect("a text").to_owned();
        let mut child = Command::new(python)
            .args(["-c", READER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("Python");
        let mut input = child.stdin.take().expect("an input");
        input.write_all(text.as_bytes()).expect("Python reads");
        drop(input);
        let output = child.wait_with_output().expect("Python");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaint}\n{text}");
        let read: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let samples = read["samples"].as_object().expect("samples");
        let families = read["families"].as_object().expect("families");
        Self {
            samples: samples
                .iter()
                .map(|(key, value)| (key.clone(), value.as_f64().unwrap_or(f64::NAN)))
                .collect(),
            families: families
                .iter()
                .map(|(name, family)| {
                    (
                        name.clone(),
                        family["type"].as_str().unwrap_or("").to_owned(),
                    )
                })
                .collect(),
        }
    }

    /// 0 where there is no such sample yet.
    fn value(&self, key: &str) -> f64 {
        self.samples.get(key).copied().unwrap_or_default()
    }

    fn there(&self, key: &str) -> f64 {
        let value = self.samples.get(key).copied();
        value.unwrap_or_else(|| panic!("no {key} in {:#?}", self.samples.keys()))
    }
}

#[test]
fn the_numbers_are_read_by_prometheus_and_move_with_what_happens() {
    let Some(python) = reader() else {
        return;
    };
    let house = Installation::start();
    let citizen = house.citizen("Turganbayeva", "turganbayeva@example.kz");
    let list = house.facts(&["issuer", "list"]);
    let issuer = list
        .as_array()
        .and_then(|all| all.iter().find(|issuer| issuer["kind"] == "issuing"))
        .and_then(|issuer| issuer["name"].as_str())
        .expect("an authority")
        .to_owned();
    let before = Scrape::take(&python, &house);
    let profile = "kz-individual-signature-rsa";
    let issued = format!("tanba_issuance_total{{profile={profile},result=issued}}");
    let stopped = format!("tanba_issuance_total{{profile={profile},result=stopped}}");
    let new = renewed(&house, &citizen);
    assert_eq!(house.ocsp(&[&new.signature.certificate]), ["good"]);
    let after = Scrape::take(&python, &house);
    for (key, least) in [
        (issued.as_str(), 1.0),
        ("tanba_signing_seconds_count{what=certificate}", 2.0),
        (
            "tanba_http_request_seconds_count{route=/api/v1/applications/{number}/code}",
            1.0,
        ),
        (
            "tanba_http_requests_total{method=POST,route=/api/v1/applications/{number}/code,status=200}",
            1.0,
        ),
        ("tanba_ocsp_responses_total{outcome=good}", 1.0),
        ("tanba_certificates{}", 2.0),
        ("tanba_audit_records{}", 5.0),
        ("tanba_commit_group_units_count{}", 5.0),
        ("tanba_commit_group_units_sum{}", 5.0),
    ] {
        let moved = after.there(key) - before.value(key);
        assert!(moved >= least, "{key} moved by {moved}");
    }
    // What is there at any time.
    for key in [
        "tanba_open_intents{}".to_owned(),
        "tanba_dead_messages{}".to_owned(),
        "tanba_audit_checkpoint_records{}".to_owned(),
        "tanba_audit_checkpoint_age_seconds{}".to_owned(),
        format!("tanba_crl_age_seconds{{issuer={issuer},kind=delta}}"),
        format!("tanba_crl_age_seconds{{issuer={issuer},kind=full}}"),
        format!("tanba_crl_next_update_seconds{{issuer={issuer}}}"),
        format!("tanba_ocsp_signer_not_after_seconds{{issuer={issuer}}}"),
        format!("tanba_issuance_stopped{{issuer={issuer},profile=}}"),
        "tanba_outbox_messages{channel=mail}".to_owned(),
        "tanba_outbox_oldest_seconds{channel=sms}".to_owned(),
        format!("tanba_build_info{{version={}}}", env!("CARGO_PKG_VERSION")),
    ] {
        after.there(&key);
    }
    assert_eq!(
        after.there(&format!("tanba_signer_available{{issuer={issuer}}}")),
        1.0
    );
    assert_eq!(after.families["tanba_signing_seconds"], "histogram");
    assert_eq!(after.families["tanba_commit_group_units"], "histogram");

    // What is refused is counted by why.
    house.tanba(&["issuer", "stop", &issuer, "--reason", "a rumour"]);
    let (client, number, _, code) = crate::renewal::applied(&house, &new);
    let body = serde_json::json!({ "code": code });
    client.step(&number, "code", &body).expect("a server");
    let last = Scrape::take(&python, &house);
    assert!(last.there(&stopped) >= 1.0);
    assert_eq!(
        last.there(&format!(
            "tanba_issuance_stopped{{issuer={issuer},profile=}}"
        )),
        1.0
    );
    every_number_is_in_the_handbook(&last);
}

/// Whoever watches finds each family in the handbook, and no family there that is not told.
fn every_number_is_in_the_handbook(scrape: &Scrape) {
    let handbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operator.md");
    let handbook = std::fs::read_to_string(handbook).expect("the handbook");
    let table: Vec<&str> = handbook
        .lines()
        .filter_map(|line| line.strip_prefix("| `tanba_"))
        .filter_map(|line| line.split('`').next())
        .collect();
    for family in scrape.families.keys() {
        // The reader takes the ending off counters.
        let name = family.strip_prefix("tanba_").expect("our own name");
        let told = table
            .iter()
            .any(|row| *row == name || row.strip_suffix("_total") == Some(name));
        assert!(told, "{family} is not in the handbook");
    }
    for row in table {
        let name = format!("tanba_{}", row.strip_suffix("_total").unwrap_or(row));
        assert!(scrape.families.contains_key(&name), "{name} is not told");
    }
}

#[test]
fn nobody_makes_series_by_what_she_types() {
    let house = Installation::start();
    let machines = Client::new(&house.machines, &house.machines);
    let visitor = house.client();
    for number in 0..20 {
        let secret = format!("85010130012{number}");
        for path in [
            format!("/kk/status/{secret}"),
            format!("/{secret}"),
            format!("/en/guide/{secret}"),
            format!("/api/v1/{secret}"),
        ] {
            visitor.get(&path).expect("a server");
        }
        machines.get(&format!("/crl/{secret}")).expect("a server");
        machines.get(&format!("/{secret}")).expect("a server");
        visitor
            .send("OPTIONS", "/kk", &Value::Null, &[])
            .expect("a server");
    }
    let text = machines.get("/metrics").expect("a server");
    let text = text.body.as_str().expect("a text");
    assert!(!text.contains("85010130012"), "{text}");
    assert!(text.contains("route=\"/{lang}/status/{number}\""), "{text}");
    assert!(text.contains("route=\"none\"") && text.contains("method=\"other\""));
}
