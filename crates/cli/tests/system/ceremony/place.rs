//! A new authority has its place, and takes nobody's else: neither the one that issues nor its name.

use super::{Plan, list, words};
use crate::installation::Installation;

/// The subject of a certificate of the installation, as a plan has it.
fn common_name(site: &Installation, place: i64) -> String {
    let database = rusqlite::Connection::open(site.path("tanba.sqlite")).expect("a database");
    let sql = "SELECT certificate FROM issuer ORDER BY id LIMIT 1 OFFSET ?1";
    let der: Vec<u8> = database
        .query_row(sql, [place], |row| row.get(0))
        .expect("an authority");
    let certificate = tanba_pki::Certificate::from_der(&der).expect("a certificate");
    certificate.subject().common_name().expect("a common name")
}

#[test]
fn an_authority_that_would_take_over_says_so_in_its_plan() {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    let before = list(&site);
    let issuing = Plan::new(&site, "issuing")
        .named("Another Issuing CA")
        .with("name = \"nca-rsa\"", "name = \"nca-two\"");
    let path = issuing.at(&site, "issuing.toml");
    for line in [
        format!("ceremony run {path} --dry-run"),
        format!("ceremony run {path} --output made"),
        format!("ceremony request {path} -o two.csr"),
    ] {
        let said = site.refusal(&words(&line));
        assert!(said.contains("that is a rollover"), "{said}");
    }
    // Certified for another machine it takes nobody's place.
    site.openssl(&words("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout far.key -out far.csr"));
    site.facts(&words(&format!(
        "ceremony run {path} --request far.csr --dry-run"
    )));
    assert_eq!(list(&site), before);
}

#[test]
fn a_new_authority_has_the_name_of_no_authority_that_is_here() {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    let before = list(&site);
    for place in [0, 1] {
        let name = common_name(&site, place);
        for (kind, from, to) in [
            ("root", "name = \"root\"", "name = \"root-two\""),
            ("rollover", "name = \"nca-rsa-2\"", "name = \"nca-rsa-3\""),
        ] {
            // As verifiers compare names, too.
            for name in [name.clone(), name.to_lowercase()] {
                let plan = Plan::new(&site, kind)
                    .with(from, to)
                    .with(", organization = \"Example Authority\"", "")
                    .named(&name);
                let path = plan.at(&site, "plan.toml");
                let said = site.refusal(&words(&format!("ceremony run {path} --dry-run")));
                assert!(
                    said.contains("another name in its certificate"),
                    "{name}: {said}"
                );
            }
        }
    }
    assert_eq!(list(&site), before);
}
