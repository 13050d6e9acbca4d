//! A root whose key a ceremony makes in a token.

use super::{Plan, certify, issuing, words};
use crate::installation::text;
use crate::token::SoftHsm;

#[test]
fn a_root_of_a_ceremony_may_have_its_key_in_a_token_and_without_the_token_nothing_is_half_done() {
    let Some(token) = SoftHsm::make() else { return };
    let site = token.site(&["--without-authority"]);
    let root = Plan::new(&site, "root")
        .named("Example Root CA")
        .with("\n[shares]\nneeded = 2\nof = 3\n", "\n");
    root.at(&site, "root.toml");
    token.pull();
    let said = site.refusal(&words("ceremony run root.toml --output made"));
    assert!(said.contains("\"nca\" is not there"), "{said}");
    assert_eq!(site.facts(&["issuer", "list"]), serde_json::json!([]));
    token.plug();
    // The same plan, once the token is there again.
    let made = site.facts(&words("ceremony run root.toml --output made"));
    assert_eq!(made["shares"], serde_json::Value::Null);
    let said = token.look("privkey");
    assert!(said.contains("tanba root"), "{said}");
    assert!(
        said.contains("sensitive, always sensitive, never extractable"),
        "{said}"
    );

    // What it signs is signed in the token: its list, and an authority beside it.
    Plan::new(&site, "crl").at(&site, "crl.toml");
    Plan::new(&site, "issuing")
        .named("Example Issuing CA")
        .with("shards = 16", "shards = 2")
        .at(&site, "issuing.toml");
    token.pull();
    let said = site.refusal(&words("ceremony run crl.toml --output crl"));
    assert!(said.contains("\"nca\" is not there"), "{said}");
    token.plug();
    site.facts(&words("ceremony run crl.toml --output crl"));
    site.facts(&words("ceremony run issuing.toml --output issuing"));
    site.openssl(&words(
        "crl -inform DER -in crl/root.crl -noout -CAfile made/root.pem",
    ));
    site.openssl(&words(
        "verify -x509_strict -CAfile made/root.pem issuing/nca-rsa.pem",
    ));
    site.facts(&words(
        "ceremony verify issuing/nca-rsa-issuing-transcript.json --trusted made/root.pem --plan issuing.toml",
    ));
    site.facts(&["audit", "verify"]);
}

#[test]
fn a_responder_in_a_token_gives_what_it_signed_before_while_the_token_is_away() {
    let Some(token) = SoftHsm::make() else { return };
    let site = token.site(&["--issuing-key", "ec-p256", "--trusted-proxy", "127.0.0.1"]);
    let [iin, _] = site.import_people();
    let (asked, other) = (certify(&site, &iin, "asked"), certify(&site, &iin, "other"));
    site.edit("ocsp = \"software\"", "ocsp = \"token\"");
    Plan::new(&site, "ocsp-signer")
        .named("OCSP IN A TOKEN")
        .at(&site, "ocsp.toml");
    site.facts(&words("ceremony run ocsp.toml --output ocsp"));
    assert!(
        token.look("privkey").contains("ocsp"),
        "{}",
        token.look("privkey")
    );
    let pem = tanba_pki::pem::encode("CERTIFICATE", &issuing(&site));
    std::fs::write(site.path("nca.pem"), pem).expect("written");
    let server = site.serve();
    let status = |leaf: &str, nonce: &str| {
        let url = format!("http://{}/ocsp", server.machines);
        let line = format!(
            "ocsp -issuer nca.pem -cert {leaf} -url {url} -CAfile root.pem -verify_other nca.pem {nonce}"
        );
        let output = site.command("openssl", &words(&line)).output();
        let output = output.expect("openssl runs");
        text(&output.stdout) + &text(&output.stderr)
    };
    let said = status(&asked, "-nonce");
    assert!(said.contains(": good"), "{said}");
    token.pull();
    for nonce in ["-nonce", "-no_nonce"] {
        let said = status(&asked, nonce);
        assert!(
            said.contains("Response verify OK") && said.contains(": good"),
            "{said}"
        );
    }
    let said = status(&other, "-no_nonce");
    assert!(said.contains("trylater"), "{said}");
    // Revoked without the token; whoever asks must not be told that it is good.
    let serial = site.openssl(&["x509", "-in", &asked, "-noout", "-serial"]);
    let serial = serial.trim().trim_start_matches("serial=").to_lowercase();
    let revoke = format!("certificate revoke {serial} --reason keyCompromise");
    drop(site.tanba(&words(&revoke)));
    let said = status(&asked, "-no_nonce");
    assert!(said.contains("trylater"), "{said}");
    token.plug();
    let said = status(&asked, "-no_nonce");
    assert!(said.contains(": revoked"), "{said}");
}
