//! What a ceremony refuses before anybody brings or gets a share, and what is told while an authority is awaited.

use serde_json::json;
use tanba_pki::Certificate;

use super::{Plan, Vault, argument, doctor, words};
use crate::installation::{Installation, text};
use crate::partner;

const SHARES: &str = "--output made --share-to s1 --share-to s2 --share-to s3";

fn no_share(site: &Installation) {
    for share in ["s1", "s2", "s3"] {
        assert!(!site.path(share).exists(), "{share} was written");
    }
}

/// A plan whose times are a month ago.
fn stale(plan: Plan) -> Plan {
    let line = plan
        .text
        .lines()
        .find(|line| line.starts_with("not-before"));
    let line = line.expect("a begin").to_owned();
    let (_, time) = line.split_once('"').expect("a time");
    let time = tanba_pki::Timestamp::parse_rfc3339(time.trim_end_matches('"')).expect("a time");
    let month = std::time::Duration::from_secs(30 * 24 * 60 * 60);
    let earlier = format!("not-before = \"{}\"", time.minus(month).rfc3339());
    plan.with(&line, &earlier)
}

#[test]
fn a_plan_whose_days_are_over_or_with_a_kind_of_key_that_no_root_has_makes_no_shares() {
    let site = Installation::new(&["--without-authority"]);
    let plan = Plan::new(&site, "root").named("Example Root CA");
    let path = stale(plan).at(&site, "stale.toml");
    let rehearsed = site.facts(&words(&format!("ceremony run {path} --dry-run")));
    assert_eq!(rehearsed["is_over"], true);
    let said = text(
        &site
            .tanba(&words(&format!("ceremony run {path} --dry-run")))
            .stdout,
    );
    assert!(said.contains("OVER"), "{said}");
    let said = site.refusal(&words(&format!("ceremony run {path} {SHARES}")));
    assert!(said.contains("more than two days ago"), "{said}");
    no_share(&site);

    let plan = Plan::new(&site, "root").named("Example Root CA");
    assert!(!plan.text.contains("rsa-2048"), "{}", plan.text);
    let path = plan
        .with("key = \"ec-p384\"", "key = \"ec-p256\"")
        .at(&site, "kind.toml");
    for more in ["--dry-run", SHARES] {
        let said = site.refusal(&words(&format!("ceremony run {path} {more}")));
        assert!(
            said.contains("EC P-256") && said.contains("rsa-4096, ec-p384, ed25519, ml-dsa-65"),
            "{said}"
        );
        no_share(&site);
    }
    // A good one of today is not in anybody's way.
    let path = Plan::new(&site, "root")
        .named("Example Root CA")
        .at(&site, "root.toml");
    let rehearsed = site.facts(&words(&format!("ceremony run {path} --dry-run")));
    assert!(rehearsed.get("is_over").is_none(), "{rehearsed}");
    site.facts(&words(&format!("ceremony run {path} {SHARES}")));
}

/// Each of these was refused by the rehearsal and, when shares lay on three media already, by the ceremony.
#[test]
fn what_a_rehearsal_refuses_makes_no_shares_and_asks_for_none() {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    partner::certify(
        &site,
        "partner",
        "/CN=PARTNER/C=KZ",
        partner::AUTHORITY,
        None,
    );
    let cross = partner::plan(&site, "partner");
    let line = format!("ceremony run {cross} --subject partner.pem --output cross");
    site.facts(&words(&line));
    let common_name = |pem: &str| {
        let octets = std::fs::read(site.path(pem)).expect("a certificate");
        let [certificate] = &Certificate::from_pem_or_der(&octets).expect("a certificate")[..]
        else {
            panic!("one certificate");
        };
        certificate.subject().common_name().expect("a common name")
    };
    let root = || {
        Plan::new(&site, "root")
            .with("name = \"root\"", "name = \"root-two\"")
            .named("Example Root CA 2")
    };
    let named = |name: &str| {
        root()
            .with("Example Root CA 2", name)
            .with(", organization = \"Example Authority\"", "")
    };
    let refused = |plan: &Plan, sentence: &str| {
        let path = plan.at(&site, "refused.toml");
        for more in ["--dry-run", SHARES] {
            let said = site.refusal(&words(&format!("ceremony run {path} {more}")));
            assert!(said.contains(sentence), "{more}: {said}");
            no_share(&site);
        }
        assert!(!site.path("made").exists());
    };
    let taken = "another name in its certificate";
    refused(&named(&common_name("root.pem")), taken);
    refused(&named("PARTNER"), taken);
    let plan = root();
    let end = plan
        .text
        .lines()
        .find(|line| line.starts_with("not-after"))
        .expect("an end")
        .to_owned();
    let far = plan.with(&end, "not-after = \"2099-01-01T00:00:00Z\"");
    refused(&far, "validity.period");
    // Nothing of that stands in the way of a good one.
    let path = root().at(&site, "good.toml");
    site.facts(&words(&format!("ceremony run {path} {SHARES}")));

    // Nor does a custodian come for nothing: a share that is not there is not asked for.
    let crl = Plan::new(&site, "crl")
        .with("number = 1", "number = 7")
        .at(&site, "crl.toml");
    let line = format!("ceremony run {crl} --share nowhere --output lists");
    let said = site.refusal(&words(&line));
    assert!(
        said.contains("the next number is 1") && said.contains("did not begin"),
        "{said}"
    );
}

#[test]
fn an_authority_that_is_awaited_is_told_and_so_is_a_list_that_did_not_come() {
    let vault = Vault::new();
    let online = Installation::new(&["--without-authority", "--trusted-proxy", "127.0.0.1"]);
    online.edit("http://pki.example.kz", "http://ca.example.org");
    let plan = Plan::new(&online, "issuing").named("Example Issuing CA");
    // What the configuration beside it says.
    assert!(
        plan.text.contains("public-url = \"http://ca.example.org\""),
        "{}",
        plan.text
    );
    let path = plan.at(&online, "issuing.toml");
    online.facts(&words(&format!("ceremony request {path} -o issuing.csr")));
    assert_eq!(doctor(&online), ["authority-awaited"]);
    let said = text(&online.tanba(&["issuer", "list"]).stdout);
    assert!(
        said.contains("nca-rsa") && said.contains("awaited"),
        "{said}"
    );
    let carried = plan.at(&vault.site, "issuing.toml");
    std::fs::copy(online.path("issuing.csr"), vault.site.path("issuing.csr")).expect("copied");
    vault.run(&carried, "--request issuing.csr", "issuing");
    let crl = Plan::new(&vault.site, "crl").at(&vault.site, "crl.toml");
    vault.run(&crl, "", "crl-1");
    let import = format!(
        "ceremony import --plan {path} --certificate {} --root {} --root-sha256 {}",
        argument(&vault.site.path("issuing/nca-rsa.pem")),
        argument(&vault.root),
        vault.fingerprint()
    );
    let imported = online.facts(&words(&import));
    assert_eq!(imported["list_missing"], "root");
    assert!(!doctor(&online).contains(&"authority-awaited".to_owned()));
    let crl = argument(&vault.site.path("crl-1/root.crl"));
    let imported = online.facts(&words(&format!(
        "ceremony import --crl {crl} --issuer root"
    )));
    assert_eq!(imported["list_of"], json!("root"));
}

/// `setsid` takes the terminal away that whoever runs the tests may have.
#[test]
fn without_a_terminal_shares_are_asked_for_as_files() {
    let vault = Vault::new();
    let plan = Plan::new(&vault.site, "crl").at(&vault.site, "crl.toml");
    let program = env!("CARGO_BIN_EXE_tanba");
    let output = vault
        .site
        .command(
            "setsid",
            &[
                "--wait", program, "ceremony", "run", &plan, "--output", "made-crl",
            ],
        )
        .stdin(std::process::Stdio::null())
        .output()
        .expect("setsid runs");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("--share") && !said.contains("--password"),
        "{said}"
    );
}
