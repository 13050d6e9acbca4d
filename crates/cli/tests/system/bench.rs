//! The measures over a whole nation, over a hamlet: a change of the schema or of a page that they do not follow is seen here.

use std::process::Command;

use serde_json::Value;

use crate::server::{program, run};

/// A measure over fifty people.
fn measured(what: &str) -> Value {
    with(&[what, "--count", "50", "--rounds", "3"])
}

fn with(words: &[&str]) -> Value {
    let what = words.join(" ");
    let folder = tempfile::tempdir().expect("a folder");
    let mut bench = Command::new(program());
    bench.arg("bench").args(words).arg("--json");
    bench.arg("--folder").arg(folder.path());
    let report = run(&mut bench);
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 0, "{what} leaves something behind");
    serde_json::from_str(&report).unwrap_or_else(|_| panic!("{what}: {report}"))
}

/// Too little was measured for a word about a target; it is there all the same.
fn claims_nothing(report: &Value, met: &str) {
    assert_eq!(report.get(met), Some(&Value::Null), "{met}: {report}");
}

#[test]
fn pages_are_measured_and_each_is_there() {
    let report = measured("cabinet");
    assert_eq!(
        (&report["persons"], &report["rounds"]),
        (&50.into(), &3.into())
    );
    for list in ["pages", "desk"] {
        let pages = report[list].as_array().expect("pages");
        assert!(!pages.is_empty());
        for page in pages {
            // The link of a reminder is signed with a secret that only the server has: a wrong one is asked for.
            let wrong = page["path"] == "/kk/unsubscribe/{token}";
            assert_eq!(page["status"] == 200, !wrong, "{page}");
            assert!(page["octets"].as_u64() > Some(1000), "{page}");
        }
    }
    claims_nothing(&report, "met");
    claims_nothing(&report, "queue_met");
}

#[test]
fn a_run_of_reminders_is_measured_and_reminds_everybody() {
    let report = measured("reminders");
    assert_eq!(report["certificates"], 50);
    assert!(report["messages"].as_u64() >= Some(50), "{report}");
    claims_nothing(&report, "met");
}

#[test]
fn look_ups_are_measured_and_the_first_three_kinds_look_alike() {
    let report = measured("lookup");
    assert_eq!(
        (&report["persons"], &report["rounds"]),
        (&50.into(), &3.into())
    );
    assert_eq!(report["same_answer"], true, "{report}");
    let statuses: Vec<_> = report["kinds"]
        .as_array()
        .expect("kinds")
        .iter()
        .map(|kind| &kind["status"])
        .collect();
    assert_eq!(statuses, [422, 422, 422, 303]);
}

#[test]
fn issuing_is_measured_beside_stored_certificates_and_its_roof() {
    let report = with(&[
        "issue", "--count", "300", "--stored", "1000", "--key", "ec-p256", "--rounds",
    ]);
    assert_eq!(
        (&report["certificates"], &report["stored"]),
        (&300.into(), &1000.into())
    );
    for figure in [
        "certificates_per_second",
        "roof_per_second",
        "resident_mib_at_end",
    ] {
        assert!(report[figure].as_f64() > Some(0.0), "{figure}: {report}");
    }
    assert_eq!(report["rounds"].as_array().map(Vec::len), Some(1));
    claims_nothing(&report, "met");
}

#[test]
fn a_recovery_is_measured_and_completes_every_intent() {
    let report = with(&["recover", "--count", "50"]);
    assert_eq!(
        (&report["intents"], &report["completed"]),
        (&50.into(), &50.into())
    );
    claims_nothing(&report, "met");
}
