//! Where the root is alone, the authorities that serve on other machines have their names, too.

use super::{Plan, Vault, count, words};
use crate::partner;

/// Asks for a certificate as a machine that serves does: a key of its own and a request, `KEY.csr`.
fn ask(vault: &Vault, key: &str) {
    vault.site.openssl(&words(&format!(
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout {key}.key -out {key}.csr"
    )));
}

/// A new plan for an authority that serves; its path.
fn plan(vault: &Vault, kind: &str, common_name: &str) -> String {
    Plan::new(&vault.site, kind)
        .with(", organization = \"Example Authority\"", "")
        .named(common_name)
        .at(&vault.site, "plan.toml")
}

/// Neither rehearsed nor held, and nothing is left behind.
fn refused(vault: &Vault, line: &str, sentence: &str) {
    let rows = || count(&vault.site, "SELECT count(*) FROM certificate");
    let before = rows();
    for more in [
        "--dry-run",
        "--share share-1 --share share-3 --output refused",
    ] {
        let said = vault.site.refusal(&words(&format!("{line} {more}")));
        assert!(said.contains(sentence), "{line} {more}: {said}");
    }
    assert_eq!(rows(), before);
    assert!(!vault.site.path("refused").exists());
}

/// Lists are looked up by name: those of a partner, or of another server, would answer for what a served authority issued.
#[test]
fn a_served_authority_has_its_name_where_the_root_is_alone() {
    let vault = Vault::new();
    for key in ["first", "second"] {
        ask(&vault, key);
    }
    let first = plan(&vault, "issuing", "NCA_1");
    let made = vault.run(&first, "--request first.csr", "first");
    // The same plan gives the same once more, and the same key may be certified anew: that is one authority.
    let again = vault.run(&first, "--request first.csr", "again");
    assert_eq!(again["fingerprint"], made["fingerprint"]);
    let anew = plan(&vault, "issuing", "NCA_1");
    let renewed = vault.run(&anew, "--request first.csr", "renewed");
    assert_ne!(renewed["fingerprint"], made["fingerprint"]);

    // As verifiers compare names, too.
    for name in ["NCA_1", "nca_1"] {
        for kind in ["issuing", "rollover"] {
            let other = plan(&vault, kind, name);
            let line = format!("ceremony run {other} --request second.csr");
            refused(&vault, &line, "another name in its certificate");
        }
        let subject = format!("/CN={name}/C=KZ");
        partner::certify(&vault.site, "partner", &subject, partner::AUTHORITY, None);
        let cross = partner::plan(&vault.site, "partner");
        let line = format!("ceremony run {cross} --subject partner.pem");
        refused(&vault, &line, "has the same name");
    }
    // The authority itself is no partner, as where it serves.
    let cross = partner::plan(&vault.site, "first/nca-rsa");
    let line = format!("ceremony run {cross} --subject first/nca-rsa.pem");
    refused(&vault, &line, "has the same name");
    let root = Plan::new(&vault.site, "root")
        .with("name = \"root\"", "name = \"root-two\"")
        .with(", organization = \"Example Authority\"", "")
        .named("NCA_1")
        .at(&vault.site, "root-two.toml");
    let line = format!("ceremony run {root} --share-to s1 --share-to s2 --share-to s3");
    let said = vault.site.refusal(&words(&line));
    assert!(said.contains("another name in its certificate"), "{said}");

    // Under a name of its own it is replaced, and a partner is certified; then that name is taken as well.
    let rollover = plan(&vault, "rollover", "NCA_2");
    vault.run(&rollover, "--request second.csr", "second");
    partner::certify(
        &vault.site,
        "partner",
        "/CN=NCA_3/C=KZ",
        partner::AUTHORITY,
        None,
    );
    let cross = partner::plan(&vault.site, "partner");
    vault.run(&cross, "--subject partner.pem", "cross");
    ask(&vault, "third");
    for taken in ["NCA_2", "NCA_3"] {
        let other = plan(&vault, "rollover", taken);
        let line = format!("ceremony run {other} --request third.csr");
        refused(&vault, &line, "another name in its certificate");
    }
    vault.site.facts(&["audit", "verify"]);
}
