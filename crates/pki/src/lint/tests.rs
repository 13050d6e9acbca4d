mod broken;

use tanba_crypto::{ObjectIdentifier, SignatureAlgorithm, Signer, SoftwareKey};

use super::{Severity, lint_certificate};
use crate::profile::{IssuerUrls, Profile, Subject, TbsInput};
use crate::testing::{Seeded, authority, key, urls};
use crate::{
    Certificate, DistinguishedName, DistinguishedNameBuilder, SerialNumber, StringKind, Timestamp,
    oid,
};

struct Bench {
    profile: Profile,
    issuer: Certificate,
    holder: SoftwareKey,
    subject: DistinguishedName,
    urls: IssuerUrls,
    serial: SerialNumber,
    not_before: Timestamp,
    not_after: Timestamp,
    algorithm: SignatureAlgorithm,
    email: Option<&'static str>,
    keystore: ObjectIdentifier,
}

fn person() -> Subject {
    Subject {
        surname: "Әуезова".into(),
        given_name: "Айгүл".into(),
        patronymic: Some("Мұхтарқызы".into()),
        iin: "880101400123".into(),
        country: "KZ".into(),
        ..Subject::default()
    }
}

fn bench(profile: &str) -> Bench {
    let profile = Profile::builtin(profile).unwrap();
    let (issuer, issuer_key) = authority();
    let not_before = Timestamp::parse_rfc3339("2026-11-24T06:00:00Z").unwrap();
    Bench {
        subject: profile.subject_name(&person()).unwrap(),
        not_after: profile.not_after(not_before, Some(oid::KZ_KEYSTORE_PKCS12)),
        profile,
        issuer,
        holder: key("person"),
        urls: urls(),
        serial: SerialNumber::random(&mut Seeded(7)),
        not_before,
        algorithm: issuer_key.algorithm(),
        email: Some("aigul@example.kz"),
        keystore: oid::KZ_KEYSTORE_PKCS12,
    }
}

impl Bench {
    fn tbs(&self) -> Vec<u8> {
        self.profile
            .prepare(&TbsInput {
                serial: self.serial,
                issuer_name: self.issuer.subject(),
                issuer_key_id: self.issuer.subject_key_id().unwrap(),
                signature_algorithm: self.algorithm,
                not_before: self.not_before,
                not_after: self.not_after,
                subject: &self.subject,
                public_key: self.holder.public_key(),
                email: self.email,
                keystore: Some(self.keystore),
                urls: &self.urls,
            })
            .unwrap()
    }

    fn codes(&self) -> Vec<&'static str> {
        codes(&self.tbs(), &self.profile, &self.issuer)
    }
}

fn codes(tbs: &[u8], profile: &Profile, issuer: &Certificate) -> Vec<&'static str> {
    lint_certificate(tbs, profile, Some(issuer))
        .into_iter()
        .map(|finding| finding.code)
        .collect()
}

const SIGNATURE: &str = "kz-individual-signature-rsa";
const AUTHENTICATION: &str = "kz-individual-authentication-rsa";

#[test]
fn what_the_profile_writes_has_no_finding() {
    for name in [
        SIGNATURE,
        AUTHENTICATION,
        "neutral-individual-signature",
        "neutral-individual-authentication",
    ] {
        let mut bench = bench(name);
        assert_eq!(bench.codes(), Vec::<&str>::new(), "{name}");
        bench.email = None;
        assert_eq!(bench.codes(), Vec::<&str>::new(), "{name} without e-mail");
        bench.keystore = oid::KZ_KEYSTORE_KAZTOKEN;
        bench.not_after = bench.not_before.plus_years(3);
        assert_eq!(bench.codes(), Vec::<&str>::new(), "{name} in a token");
    }
}

#[test]
fn one_profile_is_not_another() {
    let bench = bench(SIGNATURE);
    let other = Profile::builtin(AUTHENTICATION).unwrap();
    let found = codes(&bench.tbs(), &other, &bench.issuer);
    for code in ["key-usage", "extended-key-usage", "policies", "purpose"] {
        assert!(found.contains(&code), "{code} not in {found:?}");
    }
}

#[test]
fn serials_that_no_generator_makes_are_found() {
    let mut bench = bench(SIGNATURE);
    bench.serial = SerialNumber::from_bytes(&[0x11; 20]).unwrap();
    assert_eq!(bench.codes(), ["serial.entropy"]);
    let tbs = self::bench(SIGNATURE).tbs();
    let at = tbs
        .windows(20)
        .position(|window| window == self::bench(SIGNATURE).serial.as_bytes())
        .unwrap();
    let mut changed = tbs;
    changed[at] = 0x80;
    assert_eq!(
        codes(&changed, &bench.profile, &bench.issuer),
        ["serial.form"]
    );
}

#[test]
fn validity_that_is_a_second_off_is_found() {
    let mut bench = bench(SIGNATURE);
    bench.not_after = Timestamp::from_unix(bench.not_after.unix() - 1);
    assert_eq!(bench.codes(), ["validity.period"]);
    bench.not_after = bench.not_before.plus_years(3);
    assert_eq!(
        bench.codes(),
        ["validity.period"],
        "three years are for tokens"
    );
    bench.not_after = bench.not_before;
    assert_eq!(bench.codes(), ["validity.order", "validity.period"]);
    bench.not_before = bench.issuer.not_after();
    bench.not_after = bench.not_before.plus_years(1);
    assert_eq!(bench.codes(), ["validity.issuer"]);
}

type Part = (ObjectIdentifier, StringKind, &'static str);

#[test]
fn names_in_another_order_or_type_are_found() {
    let mut bench = bench(SIGNATURE);
    let build = |parts: &[(ObjectIdentifier, StringKind, &str)]| {
        parts
            .iter()
            .fold(
                DistinguishedNameBuilder::new(),
                |builder, (oid, kind, text)| builder.push(*oid, *kind, text),
            )
            .build()
            .unwrap()
    };
    use StringKind::{Printable, Utf8};
    let (cn, sn, number, c) = (
        oid::COMMON_NAME,
        oid::SURNAME,
        oid::SERIAL_NUMBER,
        oid::COUNTRY,
    );
    let good = [
        (cn, Utf8, "А Б"),
        (sn, Utf8, "А"),
        (number, Printable, "IIN880101400123"),
        (c, Printable, "KZ"),
    ];
    let change = |index: usize, kind: StringKind, text: &'static str| {
        let mut parts = good;
        parts[index] = (parts[index].0, kind, text);
        parts
    };
    let cases: Vec<([Part; 4], Vec<&str>)> = vec![
        (good, vec![]),
        (change(2, Utf8, "IIN880101400123"), vec!["name.type"]),
        (change(2, Printable, "IIN88010140012"), vec!["name.iin"]),
        (
            change(2, Printable, "BIN880101400123"),
            vec!["name.template"],
        ),
        (change(3, Printable, "kz"), vec!["name.country"]),
        (change(0, Utf8, "А Б "), vec!["name.space"]),
        (change(0, Utf8, "А б"), vec!["name.case"]),
        (change(0, Utf8, "Б А"), vec!["name.common-name"]),
        (change(0, Utf8, "А Б\u{1}"), vec!["name.control"]),
        (
            [good[1], good[0], good[2], good[3]],
            vec![
                "name.order",
                "name.unexpected",
                "name.unexpected",
                "name.unexpected",
            ],
        ),
    ];
    for (parts, expected) in cases {
        bench.subject = build(&parts);
        let found = bench.codes();
        if expected.contains(&"name.order") {
            assert!(found.contains(&"name.order"), "{found:?}");
        } else {
            assert_eq!(found, expected, "{parts:?}");
        }
    }
}

/// The name of another authority is taken over octet by octet.
#[test]
fn a_foreign_name_has_its_own_order_and_types_and_is_a_name_all_the_same() {
    use StringKind::{Ia5, Printable, Utf8};
    let mut bench = bench(SIGNATURE);
    bench.profile = Profile::builtin("cross-ca").unwrap();
    let unit = oid::ORGANIZATIONAL_UNIT;
    let (cn, o, c) = (oid::COMMON_NAME, oid::ORGANIZATION, oid::COUNTRY);
    let cases: [(&[Part], &[&str]); 6] = [
        (
            &[(c, Printable, "KZ"), (o, Utf8, "A"), (cn, Printable, "B")],
            &[],
        ),
        (&[(o, Ia5, "A"), (unit, Utf8, "B"), (unit, Utf8, "C")], &[]),
        (&[(c, Printable, "kz"), (cn, Utf8, "B")], &["name.country"]),
        (&[(c, Printable, "KZ"), (cn, Utf8, " B")], &["name.space"]),
        (
            &[(c, Printable, "KZ"), (cn, Utf8, "B\u{1}")],
            &["name.control"],
        ),
        (&[], &["name.empty"]),
    ];
    for (parts, expected) in cases {
        let builder = parts.iter().fold(
            DistinguishedNameBuilder::new(),
            |builder, (oid, kind, text)| builder.push(*oid, *kind, text),
        );
        bench.subject = builder.build().unwrap();
        let codes = bench.codes();
        let found: Vec<_> = codes
            .iter()
            .filter(|code| code.starts_with("name."))
            .collect();
        let expected: Vec<_> = expected.iter().collect();
        assert_eq!(found, expected, "{parts:?}");
    }
}

#[test]
fn the_issuer_must_be_the_one_named() {
    let bench = bench(SIGNATURE);
    let tbs = bench.tbs();
    let found: Vec<_> = lint_certificate(&tbs, &bench.profile, None)
        .iter()
        .map(|finding| finding.code)
        .collect();
    assert!(
        found.contains(&"issuer.self") && found.contains(&"authority-key-identifier.issuer"),
        "{found:?}"
    );
}

#[test]
fn wrong_identifiers_usages_and_addresses_are_found() {
    let bench = bench(SIGNATURE);
    let tbs = bench.tbs();
    let flip = |needle: &[u8], at: usize, to: u8| {
        let mut changed = tbs.clone();
        let start = changed
            .windows(needle.len())
            .position(|window| window == needle)
            .unwrap();
        changed[start + at] = to;
        codes(&changed, &bench.profile, &bench.issuer)
    };
    let own = bench.holder.public_key().key_id();
    assert_eq!(flip(&own, 0, own[0] ^ 1), ["subject-key-identifier"]);
    let issuer = bench.issuer.subject_key_id().unwrap().to_vec();
    assert_eq!(
        flip(&issuer, 0, issuer[0] ^ 1),
        ["authority-key-identifier.issuer"]
    );
    // Key usage: digital signature and non-repudiation become digital signature and key agreement.
    let found = flip(&[0x03, 0x02, 0x06, 0xc0], 3, 0x80);
    assert!(
        found.contains(&"der.malformed")
            || found.contains(&"key-usage")
            || found.contains(&"der.canonical")
    );
    assert_eq!(
        flip(b"http://pki.example.kz/crl/", 4, b';'),
        ["url.form", "etsi.list-scheme"]
    );
    assert_eq!(flip(b"http://pki.example.kz/crl/", 7, b'P'), ["url.form"]);
    assert_eq!(flip(b"http://pki.example.kz/ocsp", 4, b';'), ["url.form"]);
    assert_eq!(
        flip(b"http://pki.gov.kz/cps", 4, b';'),
        ["policies", "policies.cps"]
    );
    assert_eq!(flip(b"aigul@example.kz", 5, b'%'), ["email"]);
}

#[test]
fn signatures_that_must_not_be_made_are_found() {
    let mut bench = bench(SIGNATURE);
    bench.algorithm = SignatureAlgorithm::RsaSha1;
    assert_eq!(bench.codes(), ["signature.sha1"]);
    bench.algorithm = SignatureAlgorithm::EcdsaSha256;
    assert_eq!(bench.codes(), ["signature.key"]);
}

#[test]
fn rubbish_is_an_error_and_no_panic() {
    let bench = bench(SIGNATURE);
    let tbs = bench.tbs();
    for end in 0..tbs.len() {
        let findings = lint_certificate(&tbs[..end], &bench.profile, Some(&bench.issuer));
        assert_eq!(findings[0].code, "der.malformed");
        assert_eq!(findings[0].severity, Severity::Error);
    }
}

/// Whatever single octet is changed outside the key and the free texts, something is found.
#[test]
fn a_changed_octet_of_an_extension_is_found() {
    let bench = bench(SIGNATURE);
    let tbs = bench.tbs();
    let spki = bench.holder.public_key().spki_der();
    let start = tbs
        .windows(spki.len())
        .position(|window| window == spki)
        .unwrap()
        + spki.len();
    let free: Vec<std::ops::Range<usize>> = ["http://pki.example.kz", "aigul@example.kz"]
        .iter()
        .flat_map(|text| {
            let length = text.len() + 24;
            tbs.windows(text.len())
                .enumerate()
                .filter(|(_, window)| *window == text.as_bytes())
                .map(move |(at, _)| at..at + length)
                .collect::<Vec<_>>()
        })
        .collect();
    for at in start..tbs.len() {
        if free.iter().any(|range| range.contains(&at)) {
            continue;
        }
        let mut changed = tbs.clone();
        changed[at] ^= 0x01;
        let last_arc_of_keystore = at == tbs.len() - 1;
        let found = codes(&changed, &bench.profile, &bench.issuer);
        assert!(
            !found.is_empty() || last_arc_of_keystore,
            "octet {at} may be {:02x}",
            changed[at]
        );
    }
}
