//! Servers: which names they have, and what their keys are for.

use super::*;
use crate::KeyUsage;

#[test]
fn a_server_is_certified_by_the_name_of_one_host() {
    let profile = Profile::builtin("tls-server").unwrap();
    let holder = key("person-ec");
    let urls = urls();
    let prepare = |host: &str| {
        let subject = profile
            .subject_name(&Subject::service(host, None, "KZ"))
            .unwrap();
        profile.prepare(&TbsInput {
            serial: SerialNumber::from_bytes(&[0x21; 20]).unwrap(),
            issuer_name: &subject,
            issuer_key_id: &[1; 20],
            signature_algorithm: holder.algorithm(),
            not_before: Timestamp::from_unix(0),
            not_after: Timestamp::from_unix(1),
            subject: &subject,
            public_key: holder.public_key(),
            email: None,
            keystore: None,
            urls: &urls,
        })
    };
    prepare("xn--80ak6aa92e.example.kz").unwrap();
    for refused in [
        "localhost",
        "*.example.kz",
        "10.0.0.1",
        "таңба.kz",
        "a..kz",
        "-a.kz",
        "example.kz.",
    ] {
        let error = prepare(refused).unwrap_err();
        assert!(matches!(error, ProfileError::HostName(_)), "{refused}");
    }
}

#[test]
fn a_server_with_an_rsa_key_is_golden_too_and_may_be_sent_a_secret() {
    for name in ["tls-server", "kz-tls-server"] {
        let rsa = Case {
            key: "person",
            ..case(name)
        };
        let (der, issuer, _) = certificate(&rsa);
        is_golden(&format!("{name}-rsa"), &der);
        let rsa = Certificate::from_der(&der).unwrap();
        rsa.verify_signed_by(issuer.unwrap().public_key()).unwrap();
        let (der, _, _) = certificate(&case(name));
        let elliptic = Certificate::from_der(&der).unwrap();
        let signs = KeyUsage::DIGITAL_SIGNATURE;
        assert_eq!(elliptic.key_usage(), Some(signs));
        let both = signs.with(KeyUsage::KEY_ENCIPHERMENT);
        assert_eq!(rsa.key_usage(), Some(both));
    }
}

/// What is found in a certificate that was made by one text of a profile and is read by another.
fn codes(made: &Profile, read: &Profile, holder: &str) -> Vec<&'static str> {
    let (issuer, issuer_key) = authority();
    let subject = made
        .subject_name(&Subject::service("cabinet.example.kz", None, "KZ"))
        .unwrap();
    let serial: Vec<u8> = (0_u8..20).map(|octet| (octet * 11 + 17) & 0x7f).collect();
    let not_before = Timestamp::parse_rfc3339("2026-11-24T06:00:00Z").unwrap();
    let tbs = made
        .prepare(&TbsInput {
            serial: SerialNumber::from_bytes(&serial).unwrap(),
            issuer_name: issuer.subject(),
            issuer_key_id: &issuer_key.public_key().key_id(),
            signature_algorithm: issuer_key.algorithm(),
            not_before,
            not_after: not_before.plus_years(1),
            subject: &subject,
            public_key: key(holder).public_key(),
            email: None,
            keystore: None,
            urls: &urls(),
        })
        .unwrap();
    let findings = lint::lint_certificate(&tbs, read, Some(&issuer));
    findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn usages_of_rsa_keys_are_asked_of_them_and_forbidden_to_others() {
    let shipped = Profile::builtin("tls-server").unwrap();
    let with = |from: &str, to: &str| {
        assert!(shipped.source().contains(from), "{from}");
        Profile::from_toml(&shipped.source().replace(from, to))
    };
    let more = "allow-rsa = [\"key-encipherment\"]\n";
    let optional = "rsa-optional = true\n";
    let before = with(&format!("{more}{optional}"), "").unwrap();
    let strict = with(optional, "").unwrap();
    let all = "allow = [\"digital-signature\", \"key-encipherment\"]";
    let everybody = with("allow = [\"digital-signature\"]", all).unwrap();
    for (made, read, holder, expected) in [
        (&shipped, &shipped, "person", &[][..]),
        (&shipped, &shipped, "person-ec", &[]),
        // What was made before the profile had them stays right, unless the profile says otherwise.
        (&before, &shipped, "person", &[]),
        (&before, &strict, "person", &["key-usage"]),
        (&before, &strict, "person-ec", &[]),
        // Keys of other kinds cannot be sent anything.
        (
            &everybody,
            &shipped,
            "person-ec",
            &["key-usage", "key-usage.algorithm"],
        ),
        (
            &everybody,
            &everybody,
            "person-ec",
            &["key-usage.algorithm"],
        ),
    ] {
        assert_eq!(codes(made, read, holder), expected);
    }
    // Without RSA keys there is nothing that it could be for.
    let elliptic = with("\"rsa-2048\", \"rsa-3072\", \"rsa-4096\", ", "");
    let said = elliptic.unwrap_err().to_string();
    assert!(said.contains("has something for RSA keys"), "{said}");
    for wrong in ["allow-rsa = []\n", "allow-rsa = [\"boredom\"]\n"] {
        assert!(with(more, wrong).is_err());
    }
}
