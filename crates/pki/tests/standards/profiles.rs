//! Certificates of the profiles as OpenSSL sees them, and against the national authority's own.

use tanba_crypto::SignatureAlgorithm;
use tanba_pki::profile::{IssuerUrls, Profile, TbsInput};
use tanba_pki::{Certificate, Purpose, SerialNumber};

use crate::harness::{Desk, fixtures};

fn golden(name: &str) -> Certificate {
    let path = format!(
        "{}/tests/data/golden/{name}.cer",
        env!("CARGO_MANIFEST_DIR")
    );
    Certificate::from_der(&std::fs::read(path).unwrap()).unwrap()
}

/// The golden chain in a folder, as PEM.
fn desk() -> Desk {
    let desk = Desk::new();
    let servers = ["tls-server-rsa", "kz-tls-server-rsa"];
    for name in Profile::builtin_names().iter().chain(&servers) {
        desk.write(&format!("{name}.pem"), golden(name).to_pem());
    }
    desk
}

const IN_2027: &str = "-attime 1800000000 -x509_strict -check_ss_sig";

#[test]
fn openssl_verifies_each_golden_certificate_strictly() {
    let desk = desk();
    let leaves = Profile::builtin_names()
        .iter()
        .filter(|name| !name.ends_with("-ca"));
    for name in leaves {
        desk.openssl(&format!(
            "verify {IN_2027} -CAfile root-ca.pem -untrusted issuing-ca.pem {name}.pem"
        ));
    }
    for name in ["issuing-ca", "cross-ca"] {
        desk.openssl(&format!("verify {IN_2027} -CAfile root-ca.pem {name}.pem"));
    }
    for (name, purpose) in [
        ("kz-individual-authentication-rsa", "sslclient"),
        ("kz-individual-signature-rsa", "smimesign"),
        ("neutral-individual-authentication", "sslclient"),
        ("neutral-individual-signature", "smimesign"),
        ("ocsp-responder", "ocsphelper"),
        ("document-seal", "any"),
        ("ceremony-record", "any"),
        ("time-stamping-authority", "timestampsign"),
        ("tls-server", "sslserver"),
        ("kz-tls-server", "sslserver"),
        ("tls-server-rsa", "sslserver"),
        ("kz-tls-server-rsa", "sslserver"),
        ("kz-individual-rsa", "sslclient"),
        ("kz-individual-rsa", "smimesign"),
        ("kz-legal-head-authentication-rsa", "sslclient"),
        ("kz-legal-head-signature-rsa", "smimesign"),
        ("kz-legal-signatory-signature-rsa", "smimesign"),
        ("kz-legal-employee-signature-rsa", "smimesign"),
    ] {
        desk.openssl(&format!(
            "verify {IN_2027} -purpose {purpose} -CAfile root-ca.pem -untrusted issuing-ca.pem {name}.pem"
        ));
    }
    let (ok, _) = desk.try_openssl(&format!(
        "verify {IN_2027} -purpose sslclient -CAfile root-ca.pem -untrusted issuing-ca.pem kz-individual-signature-rsa.pem"
    ));
    assert!(!ok, "a signing certificate must not do for logging in");
}

#[test]
fn openssl_finds_the_national_policies_valid_along_the_path() {
    let desk = desk();
    for (name, policy) in [
        ("kz-individual-authentication-rsa", "1.2.398.3.3.2.4"),
        ("kz-individual-signature-rsa", "1.2.398.3.3.2.3"),
        ("kz-legal-head-authentication-rsa", "1.2.398.3.3.2.2"),
        ("kz-legal-employee-signature-rsa", "1.2.398.3.3.2.1"),
        ("kz-tls-server", "1.2.398.3.3.2.5"),
    ] {
        desk.openssl(&format!(
            "verify {IN_2027} -policy_check -explicit_policy -policy {policy} -CAfile root-ca.pem \
             -untrusted issuing-ca.pem {name}.pem"
        ));
    }
}

#[test]
fn openssl_reads_what_the_profile_says() {
    let desk = desk();
    let text = desk.openssl("x509 -in kz-individual-authentication-rsa.pem -noout -text -nameopt utf8,sep_comma_plus_space,show_type");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let expected = [
        "Not Before: Nov 24 06:00:00 2026 GMT",
        "Not After : Nov 24 06:00:00 2027 GMT",
        "X509v3 Key Usage: critical",
        "Digital Signature, Key Encipherment",
        "X509v3 Extended Key Usage:",
        "TLS Web Client Authentication, 1.2.398.3.3.4.1.1",
        "X509v3 Authority Key Identifier:",
        "X509v3 Subject Key Identifier:",
        "X509v3 Subject Alternative Name:",
        "email:abai@example.kz",
        "X509v3 Certificate Policies:",
        "Policy: 1.2.398.3.3.2.4",
        "CPS: http://pki.gov.kz/cps",
        "User Notice:",
        "Explicit Text: http://pki.gov.kz/cps",
        "X509v3 CRL Distribution Points:",
        "URI:http://pki.example.kz/crl/test/0.crl",
        "X509v3 Freshest CRL:",
        "URI:http://pki.example.kz/crl/test/0-delta.crl",
        "Authority Information Access:",
        "CA Issuers - URI:http://pki.example.kz/ca/test.cer",
        "OCSP - URI:http://pki.example.kz/ocsp",
        "1.2.398.3.3.5:",
    ];
    let mut rest = lines.as_slice();
    for line in expected {
        let at = rest.iter().position(|found| *found == line);
        let at = at.unwrap_or_else(|| panic!("{line:?} is not there or out of order:\n{text}"));
        rest = &rest[at + 1..];
    }
    assert!(text.contains(
        "CN=UTF8STRING:ҚҰНАНБАЙ АБАЙ, SN=UTF8STRING:ҚҰНАНБАЙ, serialNumber=PRINTABLESTRING:IIN450810300123, \
         C=PRINTABLESTRING:KZ, GN=UTF8STRING:ҚҰНАНБАЙҰЛЫ"
    ));
}

/// The national profile, without our addition, writes the national authority's own certificates octet by octet.
#[test]
fn the_national_profile_writes_the_published_certificates() {
    let Some(folder) = fixtures("kz/p12/sdk-2020") else {
        return;
    };
    let mut compared = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !(name.starts_with("rsa-individual-") && name.ends_with(".cer")) {
            continue;
        }
        let certificate = Certificate::from_der(&std::fs::read(&path).unwrap()).unwrap();
        let (profile, purpose) = if name.contains("-auth-") {
            ("kz-individual-authentication-rsa", Purpose::Authentication)
        } else {
            ("kz-individual-signature-rsa", Purpose::Signature)
        };
        assert_eq!(certificate.purpose(), purpose, "{name}");
        let source = Profile::builtin(profile).unwrap().source().to_owned();
        let national = source.replace("[[extension]]\ntype = \"keystore\"\n", "");
        assert_ne!(national, source);
        let one = |urls: Vec<String>| urls.into_iter().next();
        let urls = IssuerUrls {
            ca_issuers: one(certificate.ca_issuer_urls()),
            ocsp: one(certificate.ocsp_urls()),
            crl: one(certificate.crl_distribution_points()),
            freshest_crl: one(certificate.freshest_crl()),
        };
        let tbs = Profile::from_toml(&national)
            .unwrap()
            .prepare(&TbsInput {
                serial: SerialNumber::from_bytes(certificate.serial_bytes()).unwrap(),
                issuer_name: certificate.issuer(),
                issuer_key_id: certificate.authority_key_id().unwrap(),
                signature_algorithm: SignatureAlgorithm::RsaSha256,
                not_before: certificate.not_before(),
                not_after: certificate.not_after(),
                subject: certificate.subject(),
                public_key: certificate.public_key(),
                email: certificate.emails().first().map(String::as_str),
                keystore: None,
                urls: &urls,
            })
            .unwrap();
        // The national RSA authority hashes the whole SubjectPublicKeyInfo, we the bit string alone: see
        // docs/divergences.md.
        let tbs = replace(
            &tbs,
            &certificate.public_key().key_id(),
            certificate.subject_key_id().unwrap(),
        );
        let first = tbs
            .iter()
            .zip(certificate.tbs_der())
            .position(|(ours, theirs)| ours != theirs);
        assert!(
            tbs == certificate.tbs_der(),
            "{name} is written differently from octet {first:?} on"
        );
        compared += 1;
    }
    assert!(compared >= 4, "only {compared} certificates were there");
}

fn replace(octets: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = octets
        .windows(from.len())
        .position(|window| window == from)
        .unwrap();
    [&octets[..at], to, &octets[at + from.len()..]].concat()
}

#[test]
fn every_built_in_profile_is_described_in_three_languages() {
    for name in Profile::builtin_names() {
        let profile = Profile::builtin(name).unwrap();
        let [kk, ru, en] = ["kk", "ru", "en"].map(|tag| profile.description(tag));
        let is_cyrillic = |text: &str| text.chars().any(|c| ('\u{400}'..='\u{4ff}').contains(&c));
        assert!(is_cyrillic(kk) && is_cyrillic(ru) && kk != ru, "{name}");
        assert!(
            kk.chars().any(|c| "әғқңөұүһіӘҒҚҢӨҰҮҺІ".contains(c)),
            "{name}: {kk}"
        );
        assert!(en.is_ascii() && !en.is_empty(), "{name}");
        assert_eq!(profile.description("de"), en);
    }
}

#[test]
fn a_profile_may_be_described_in_one_language_or_in_all_of_them() {
    let described = |description: &str| {
        let text = Profile::builtin("tls-server").unwrap().source().to_owned();
        let mut lines = text.lines();
        let line = lines.find(|line| line.starts_with("description")).unwrap();
        Profile::from_toml(&text.replace(line, &format!("description = {description}")))
    };
    let one = described("\"Of a house\"").unwrap();
    let each = ["kk", "ru", "en"].map(|tag| one.description(tag));
    assert_eq!(each, ["Of a house"; 3]);
    assert!(
        described("{ kk = \"a\", ru = \"b\" }").is_err(),
        "one is missing"
    );
}
