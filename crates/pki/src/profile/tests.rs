use std::path::PathBuf;

use tanba_crypto::{ObjectIdentifier, Signer, SoftwareKey};

use super::{IssuerUrls, Profile, ProfileError, Subject, TbsInput};
use crate::testing::{authority, key, root, urls};
use crate::{
    Certificate, DistinguishedName, SerialNumber, Timestamp, assemble_certificate, lint, oid,
};

mod servers;

fn person() -> Subject {
    Subject {
        surname: "Құнанбай".into(),
        given_name: "Абай".into(),
        patronymic: Some("Құнанбайұлы".into()),
        iin: "450810300123".into(),
        country: "KZ".into(),
        organization: Some("Таңба ЖШС".into()),
        bin: Some("180340012345".into()),
        ..Subject::default()
    }
}

/// What differs from profile to profile.
struct Case {
    profile: &'static str,
    subject: Subject,
    key: &'static str,
    keystore: Option<ObjectIdentifier>,
    email: Option<&'static str>,
    urls: IssuerUrls,
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn case(profile: &'static str) -> Case {
    let person_case = |email, keystore| Case {
        profile,
        subject: person(),
        key: "person",
        keystore: Some(keystore),
        email,
        urls: urls(),
    };
    match profile {
        "kz-individual-signature-rsa" => person_case(None, oid::KZ_KEYSTORE_KAZTOKEN),
        "neutral-individual-signature" => Case {
            key: "person-ec",
            ..person_case(Some("abai@example.kz"), oid::KZ_KEYSTORE_PKCS12)
        },
        "root-ca" => Case {
            profile,
            subject: Subject::service("НЕГІЗГІ КО TEST (RSA)", None, "KZ"),
            key: "root",
            keystore: None,
            email: None,
            urls: IssuerUrls::default(),
        },
        "issuing-ca" => Case {
            profile,
            subject: Subject::service("ҰКО TEST (RSA)", None, "KZ"),
            key: "authority",
            keystore: None,
            email: None,
            urls: IssuerUrls {
                ocsp: None,
                freshest_crl: None,
                crl: Some("http://pki.example.kz/crl/root.crl".into()),
                ca_issuers: Some("http://pki.example.kz/ca/root.cer".into()),
            },
        },
        "ocsp-responder" => Case {
            profile,
            subject: Subject::service("OCSP RESPONDER", Some("ҰКО TEST"), "KZ"),
            key: "responder",
            keystore: None,
            email: None,
            urls: urls(),
        },
        "time-stamping-authority" => Case {
            profile,
            subject: Subject::service("TIME-STAMPING AUTHORITY", Some("ҰКО TEST"), "KZ"),
            key: "responder",
            keystore: None,
            email: None,
            urls: urls(),
        },
        "kz-tls-server" | "tls-server" => Case {
            profile,
            subject: Subject::service("cabinet.example.kz", Some("Таңба ЖШС"), "KZ"),
            key: "person-ec",
            keystore: Some(oid::KZ_KEYSTORE_PKCS12),
            email: None,
            urls: urls(),
        },
        "document-seal" => Case {
            profile,
            subject: Subject::service("DOCUMENT SEAL", Some("ҰКО TEST"), "KZ"),
            key: "responder",
            keystore: None,
            email: None,
            urls: urls(),
        },
        "cross-ca" => Case {
            profile,
            subject: Subject::service("НЕГІЗГІ КО TEST 2027", None, "KZ"),
            key: "authority",
            keystore: None,
            email: None,
            urls: IssuerUrls {
                ocsp: None,
                freshest_crl: None,
                crl: Some("http://pki.example.kz/crl/root.crl".into()),
                ca_issuers: Some("http://pki.example.kz/ca/root.cer".into()),
            },
        },
        "ceremony-record" => Case {
            profile,
            subject: Subject::service("CEREMONY RECORD", Some("НЕГІЗГІ КО TEST"), "KZ"),
            key: "responder",
            keystore: None,
            email: None,
            urls: IssuerUrls::default(),
        },
        _ => person_case(Some("abai@example.kz"), oid::KZ_KEYSTORE_PKCS12),
    }
}

/// The issuer of a profile's certificates: the root's own name and key for the root.
fn issuer_of(
    profile: &str,
    subject: &DistinguishedName,
) -> (Option<Certificate>, DistinguishedName, SoftwareKey) {
    let (certificate, key) = match profile {
        "root-ca" => return (None, subject.clone(), key("root")),
        "issuing-ca" | "cross-ca" | "ceremony-record" => root(),
        _ => authority(),
    };
    let name = certificate.subject().clone();
    (Some(certificate), name, key)
}

fn certificate(case: &Case) -> (Vec<u8>, Option<Certificate>, Profile) {
    let name = case.profile;
    let profile = Profile::builtin(case.profile).unwrap();
    let subject = profile.subject_name(&case.subject).unwrap();
    let (issuer, issuer_name, issuer_key) = issuer_of(name, &subject);
    let not_before = Timestamp::parse_rfc3339("2026-11-24T06:00:00Z").unwrap();
    let serial: Vec<u8> = (0_u8..20).map(|octet| (octet * 11 + 17) & 0x7f).collect();
    let not_after = match name {
        "root-ca" => not_before.plus_years(20),
        "issuing-ca" | "cross-ca" => not_before.plus_years(10),
        "ceremony-record" => not_before.plus_years(19),
        _ => profile.not_after(not_before, case.keystore),
    };
    let tbs = profile
        .prepare(&TbsInput {
            serial: SerialNumber::from_bytes(&serial).unwrap(),
            issuer_name: &issuer_name,
            issuer_key_id: &issuer_key.public_key().key_id(),
            signature_algorithm: issuer_key.algorithm(),
            not_before,
            not_after,
            subject: &subject,
            public_key: key(case.key).public_key(),
            email: case.email,
            keystore: case.keystore,
            urls: &case.urls,
        })
        .unwrap();
    let findings = lint::lint_certificate(&tbs, &profile, issuer.as_ref());
    assert_eq!(findings, [], "{name}");
    let signature = issuer_key.sign(&tbs).unwrap();
    (
        assemble_certificate(&tbs, issuer_key.algorithm(), &signature),
        issuer,
        profile,
    )
}

#[expect(
    clippy::disallowed_methods,
    reason = "a person who changes a profile on purpose says so"
)]
fn regenerate() -> bool {
    std::env::var("TANBA_REGENERATE").is_ok()
}

/// `TANBA_REGENERATE=1 cargo test -p tanba-pki golden` writes the files anew.
fn is_golden(name: &str, der: &[u8]) {
    let path: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "tests/data/golden",
        &format!("{name}.cer"),
    ]
    .iter()
    .collect();
    if regenerate() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, der).unwrap();
    }
    let golden = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(
        golden == der,
        "{name} is not byte for byte {}",
        path.display()
    );
}

#[test]
fn each_profile_writes_its_golden_certificate() {
    for name in Profile::builtin_names() {
        let (der, issuer, profile) = certificate(&case(name));
        is_golden(name, &der);
        let certificate = Certificate::from_der(&der).unwrap();
        let issuer = issuer.unwrap_or_else(|| certificate.clone());
        certificate.verify_signed_by(issuer.public_key()).unwrap();
        assert_eq!(certificate.purpose(), profile.purpose(), "{name}");
    }
}

#[test]
fn every_built_in_profile_is_read_and_has_its_name() {
    for name in Profile::builtin_names() {
        let profile = Profile::builtin(name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(profile.name(), *name);
        assert!(!profile.description("en").is_empty());
    }
    assert!(Profile::builtin("no such").is_none());
}

#[test]
fn the_national_name_has_its_order_and_types() {
    let profile = Profile::builtin("kz-individual-signature-rsa").unwrap();
    let name = profile.subject_name(&person()).unwrap();
    assert_eq!(
        name.rfc4514(),
        "GN=ҚҰНАНБАЙҰЛЫ,C=KZ,serialNumber=IIN450810300123,SN=ҚҰНАНБАЙ,CN=ҚҰНАНБАЙ АБАЙ"
    );
    let tags: Vec<u8> = name
        .detailed()
        .iter()
        .map(|attribute| attribute.tag)
        .collect();
    assert_eq!(tags, [0x0c, 0x0c, 0x13, 0x13, 0x0c]);
    let without = profile
        .subject_name(&Subject {
            patronymic: None,
            ..person()
        })
        .unwrap();
    assert_eq!(without.given_name(), None);
    let error = profile
        .subject_name(&Subject {
            iin: String::new(),
            ..person()
        })
        .unwrap_err();
    assert!(matches!(error, ProfileError::Missing { what, .. } if what == "iin"));
}

#[test]
fn periods_follow_the_store_of_the_key() {
    let profile = Profile::builtin("kz-individual-signature-rsa").unwrap();
    let from = Timestamp::parse_rfc3339("2028-02-29T10:00:00Z").unwrap();
    let until = |keystore| profile.not_after(from, keystore).rfc3339();
    assert_eq!(until(Some(oid::KZ_KEYSTORE_PKCS12)), "2029-02-28T10:00:00Z");
    assert_eq!(until(None), "2029-02-28T10:00:00Z");
    assert_eq!(
        until(Some(oid::KZ_KEYSTORE_JACARTA)),
        "2031-02-28T10:00:00Z"
    );
}

fn refusal(change: impl Fn(&str) -> String) -> String {
    let source = Profile::builtin("kz-individual-signature-rsa")
        .unwrap()
        .source()
        .to_owned();
    let changed = change(&source);
    assert_ne!(changed, source);
    Profile::from_toml(&changed).unwrap_err().to_string()
}

#[test]
fn a_profile_with_an_unknown_or_missing_key_is_refused() {
    for (from, to) in [
        ("name = \"kz", "colour = \"red\"\nname = \"kz"),
        ("file-years = 1", "file-years = 1\nmonths = 3"),
        ("file-years = 1", "years-at-most = 1"),
        (
            "type = \"keystore\"",
            "type = \"keystore\"\ncritical = true",
        ),
        ("type = \"keystore\"", "type = \"cellar\""),
        ("\"non-repudiation\"", "\"repudiation\""),
        ("\"email-protection\"", "\"e-mail\""),
        (
            "value = \"{surname}\"",
            "value = \"{surname}\", colour = \"red\"",
        ),
        ("purpose = \"signature\"\n", ""),
        ("notice = ", "note = "),
    ] {
        let error = refusal(|source| source.replacen(from, to, 1));
        assert!(
            error.starts_with("the profile cannot be read"),
            "{to}: {error}"
        );
    }
}

#[test]
fn a_contradictory_profile_is_refused() {
    for (from, to) in [
        ("file-years = 1", "file-years = 0"),
        ("type = \"keystore\"", "type = \"freshest-crl\""),
        ("value = \"{surname}\"", "value = \"{sirname}\""),
        (
            "purpose = \"signature\"",
            "purpose = \"certification-authority\"",
        ),
        ("[\"rsa-2048\", \"rsa-3072\", \"rsa-4096\"]", "[]"),
        (
            "[\"email-protection\", \"1.2.398.3.3.4.1.1\"]",
            "[\"document-signing\"]",
        ),
    ] {
        let error = refusal(|source| source.replacen(from, to, 1));
        assert!(error.contains("is contradictory"), "{to}: {error}");
    }
}

#[test]
fn nothing_that_the_profile_needs_is_left_out_silently() {
    let profile = Profile::builtin("kz-individual-signature-rsa").unwrap();
    let subject = profile.subject_name(&person()).unwrap();
    let holder = key("person");
    let elliptic = key("person-ec");
    let full = urls();
    let input = TbsInput {
        serial: SerialNumber::from_bytes(&[0x21; 20]).unwrap(),
        issuer_name: &subject,
        issuer_key_id: &[1; 20],
        signature_algorithm: holder.algorithm(),
        not_before: Timestamp::from_unix(0),
        not_after: Timestamp::from_unix(1),
        subject: &subject,
        public_key: holder.public_key(),
        email: None,
        keystore: Some(oid::KZ_KEYSTORE_PKCS12),
        urls: &full,
    };
    profile.prepare(&input).unwrap();
    let none = IssuerUrls::default();
    let secure = IssuerUrls {
        crl: Some("https://pki.example.kz/0.crl".into()),
        ..urls()
    };
    let foreign = IssuerUrls {
        ocsp: Some("http://қпко.kz/ocsp".into()),
        ..urls()
    };
    let prepare = |input: TbsInput<'_>| profile.prepare(&input).unwrap_err();
    assert!(matches!(
        prepare(TbsInput {
            urls: &none,
            ..input
        }),
        ProfileError::Missing { .. }
    ));
    assert!(matches!(
        prepare(TbsInput {
            urls: &secure,
            ..input
        }),
        ProfileError::Url(_)
    ));
    assert!(matches!(
        prepare(TbsInput {
            urls: &foreign,
            ..input
        }),
        ProfileError::Url(_)
    ));
    assert!(matches!(
        prepare(TbsInput {
            keystore: None,
            ..input
        }),
        ProfileError::Missing { .. }
    ));
    assert!(matches!(
        prepare(TbsInput {
            keystore: Some(oid::KZ_POLICY),
            ..input
        }),
        ProfileError::Keystore(_)
    ));
    assert!(matches!(
        prepare(TbsInput {
            email: Some("абай@example.kz"),
            ..input
        }),
        ProfileError::Email
    ));
    assert!(matches!(
        prepare(TbsInput {
            public_key: elliptic.public_key(),
            ..input
        }),
        ProfileError::Key { .. }
    ));
}
