//! The list of a root that signs at ceremonies ends one day, and people have to meet before.

use std::time::Duration;

use serde_json::Value;

use super::{Plan, Vault, words};
use crate::installation::{Installation, text};
use crate::server::now;

/// What the doctor says of the list of the root; `None` when nothing.
fn warning(site: &Installation) -> Option<Value> {
    let output = site.tanba(&["--json", "doctor", "--offline"]);
    let facts: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = facts["findings"].as_array().expect("findings").clone();
    assert!(
        findings.iter().all(|one| one["code"] != "passphrase-wrong"),
        "{findings:?}"
    );
    findings
        .into_iter()
        .find(|one| one["code"] == "root-list-ending")
}

/// A list of the root with this number, which ends after so many days; its file on the other machine.
fn list(vault: &Vault, online: &Installation, number: u8, days: u64) -> String {
    let plan = Plan::new(&vault.site, "crl").with("number = 1", &format!("number = {number}"));
    let end = now()
        .plus(Duration::from_secs(days * 24 * 60 * 60))
        .rfc3339();
    let lines = plan.text.lines().map(|line| {
        if line.starts_with("next-update = ") {
            format!("next-update = \"{end}\"\n")
        } else {
            format!("{line}\n")
        }
    });
    let plan = Plan {
        text: lines.collect(),
    };
    let path = plan.at(&vault.site, &format!("crl-{number}.toml"));
    let folder = format!("crl-{number}");
    vault.run(&path, "", &folder);
    let name = format!("root-{number}.crl");
    std::fs::copy(
        vault.site.path(&format!("{folder}/root.crl")),
        online.path(&name),
    )
    .expect("copied");
    name
}

#[test]
fn a_list_of_a_root_ends_within_400_days_and_not_after_its_root() {
    let vault = Vault::new();
    let plan = |days: u64| {
        let end = now()
            .plus(Duration::from_secs(days * 24 * 60 * 60))
            .rfc3339();
        let plan = Plan::new(&vault.site, "crl");
        let lines = plan.text.lines().map(|line| match line {
            line if line.starts_with("next-update = ") => format!("next-update = \"{end}\"\n"),
            line => format!("{line}\n"),
        });
        Plan {
            text: lines.collect(),
        }
    };
    let rehearse = |plan: &Plan| {
        let path = plan.at(&vault.site, "long.toml");
        vault
            .site
            .tanba(&words(&format!("ceremony run {path} --dry-run")))
    };
    let said = rehearse(&plan(399));
    assert!(
        said.status.success() && text(&said.stdout).contains("Not before"),
        "{}",
        text(&said.stderr)
    );
    for days in [402, 63_000] {
        let said = rehearse(&plan(days));
        let sentence = text(&said.stderr);
        assert_eq!(said.status.code(), Some(1));
        assert!(
            sentence.contains("400 days at most") && sentence.contains("nothing was recorded"),
            "{sentence}"
        );
    }
}

#[test]
fn the_doctor_reminds_of_the_list_of_an_offline_root_45_days_before_its_end() {
    let vault = Vault::new();
    let online = Installation::new(&["--without-authority", "--trusted-proxy", "127.0.0.1"]);
    let plan = Plan::new(&online, "issuing")
        .named("Example Issuing CA")
        .with("shards = 16", "shards = 2");
    plan.at(&online, "issuing.toml");
    online.facts(&words("ceremony request issuing.toml -o issuing.csr"));
    let carried = plan.at(&vault.site, "issuing.toml");
    std::fs::copy(online.path("issuing.csr"), vault.site.path("issuing.csr")).expect("copied");
    vault.run(&carried, "--request issuing.csr", "issuing");
    for (from, to) in [
        ("made/root.pem", "root.pem"),
        ("issuing/nca-rsa.pem", "nca.pem"),
    ] {
        std::fs::copy(vault.site.path(from), online.path(to)).expect("copied");
    }
    let first = list(&vault, &online, 1, 180);
    let output = online.tanba(&words(&format!(
        "ceremony import --plan issuing.toml --certificate nca.pem --root root.pem --crl {first} --root-sha256 {}",
        vault.fingerprint()
    )));
    let said = text(&output.stdout);
    assert!(
        output.status.success() && said.contains("restart it now"),
        "{said}{}",
        text(&output.stderr)
    );
    assert_eq!(warning(&online), None);
    // What the handbook has in one line: the doctor lets the server start, which nobody started before.
    let doctor = online.tanba(&["doctor", "--offline"]);
    let said = text(&doctor.stdout);
    assert!(doctor.status.success(), "{said}");
    assert!(!said.contains("checkpoint"), "{said}");
    online.facts(&["audit", "verify"]);
    let server = online.serve();
    // Once it answers it listens for signals, too.
    super::fetch(&online, &server.machines, "/crl/root.crl", "served.crl");
    assert!(server.terminate().0 == Some(0), "it ends in good order");

    let second = list(&vault, &online, 2, 44);
    online.facts(&words(&format!(
        "ceremony import --crl {second} --issuer root"
    )));
    let warning = warning(&online).expect("a warning");
    assert_eq!(warning["severity"], "warning");
    assert!(
        warning["what"]
            .as_str()
            .is_some_and(|what| what.contains("root ends on")),
        "{warning}"
    );
    let strict = online.tanba(&["doctor", "--offline", "--strict"]);
    assert_eq!(strict.status.code(), Some(1));
}
