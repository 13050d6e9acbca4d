//! The rules that certificates are read against before they are signed, as a document.

use std::fmt::Write as _;
use std::path::Path;

use tanba_pki::lint::{RULES, Rule, Severity};
use tanba_pki::profile::Profile;

const INTRODUCTION: &str = "# What certificates are read against before they are signed

The bytes that an issuing key is about to sign are read again by code that shares nothing with the code that wrote them
but the profile's data (`tanba_pki::lint`). A certificate that breaks a rule below is not signed; a warning is logged, and
nothing more. `tanba certificate check --all` reads everything that was ever issued against the same rules, and
`tanba profile lint PROFILE --rules` lists those that a profile's certificates have to keep. For each rule a test breaks it
(`crates/pki/src/lint/tests/broken.rs`). pkilint has the second opinion: `docs/divergences.md`.

\"profile\" in place of a standard means the profile itself: `tanba profile show PROFILE`. The rules of ETSI EN 319 412 hold
for profiles that claim them; what those standards only recommend is not looked at. No profile claims ETSI EN 319 412-5 or
can write `qcStatements`, so none can call a certificate qualified.

This page is written by a test (`TANBA_REGENERATE=1 cargo test -p tanba-pki`) and compared with the code whenever the tests
run, in both directions: a rule without a row and a row without a rule fail.

| rule | standard | section | what is wrong with a certificate that breaks it |
|---|---|---|---|
";

const CLAIMS: &str = "
## Who claims what

| profile | standard | except clauses |
|---|---|---|
";

const REASONS: &str = "
4.2.3.1 (country, organization and common name of the issuer) is excepted because the name of the issuing authority is
chosen for the installation, and the national one has no organization. 4.3.3 (a policy) is excepted by the neutral profiles
because a policy is each organization's own.
";

fn row(rule: &Rule) -> String {
    let warning = match rule.severity {
        Severity::Error => "",
        Severity::Warning => " (warning)",
        Severity::Notice => " (notice)",
    };
    let Rule {
        code,
        standard,
        section,
        sentence,
        ..
    } = rule;
    format!("| `{code}`{warning} | {standard} | {section} | {sentence} |\n")
}

fn document() -> String {
    let mut out = INTRODUCTION.to_owned();
    out.extend(RULES.iter().map(row));
    out.push_str(CLAIMS);
    for name in Profile::builtin_names() {
        for claim in Profile::builtin(name).unwrap().claims() {
            let (standard, except) = (claim.standard.name(), claim.except.join(", "));
            let _ = writeln!(out, "| `{name}` | {standard} | {except} |");
        }
    }
    out.push_str(REASONS);
    out
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests asks for a new document by the environment"
)]
fn the_document_of_rules_is_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lints.md");
    let new = document();
    if std::env::var("TANBA_REGENERATE").is_ok() {
        std::fs::write(&path, &new).unwrap();
    }
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    for line in new.lines() {
        assert!(old.contains(line), "docs/lints.md lacks {line}");
    }
    assert_eq!(old, new, "docs/lints.md has what the code has not");
}
