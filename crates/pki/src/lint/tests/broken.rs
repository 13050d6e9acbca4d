//! For each rule a certificate that breaks it, made by changing a good one before it is signed.

use std::collections::BTreeSet;

use tanba_crypto::{ObjectIdentifier, SignatureAlgorithm, Signer};

use super::person;
use crate::asn1::{self, Reader, parse_all, tag};
use crate::lint::{RULES, lint_certificate};
use crate::profile::{IssuerUrls, Profile, Subject, TbsInput};
use crate::testing::{Seeded, authority, certify, key, root, urls};
use crate::{Certificate, SerialNumber, Timestamp, assemble_certificate, oid};

const VERSION: usize = 0;
const SERIAL: usize = 1;
const SIGNATURE: usize = 2;
const ISSUER: usize = 3;
const VALIDITY: usize = 4;
const SUBJECT: usize = 5;
const KEY: usize = 6;

/// A to-be-signed certificate taken apart.
struct Draft {
    /// What stands before the extensions, in DER.
    fields: Vec<Vec<u8>>,
    extensions: Vec<Part>,
}

struct Part {
    oid: ObjectIdentifier,
    /// `None` where it is left out because it is FALSE.
    critical: Option<bool>,
    value: Vec<u8>,
}

/// An attribute of a name: type, tag and text.
type Attribute = (ObjectIdentifier, u8, String);

impl Draft {
    fn of(tbs: &[u8]) -> Self {
        let mut reader = parse_all(tbs, "certificate").unwrap();
        let fields = (VERSION..=KEY)
            .map(|_| reader.next_value().unwrap().der.to_vec())
            .collect();
        let list = reader.optional(tag::context(3)).unwrap().unwrap();
        let mut list = Reader::new(list.content, "extensions").sequence().unwrap();
        let mut extensions = Vec::new();
        while !list.is_empty() {
            let mut one = list.sequence().unwrap();
            extensions.push(Part {
                oid: one.oid().unwrap(),
                critical: (one.peek() == Some(tag::BOOLEAN)).then(|| one.boolean().unwrap()),
                value: one.expect(tag::OCTET_STRING).unwrap().to_vec(),
            });
        }
        Self { fields, extensions }
    }

    fn der(&self) -> Vec<u8> {
        let mut fields = self.fields.clone();
        let extensions: Vec<Vec<u8>> = self
            .extensions
            .iter()
            .map(|part| {
                let mut fields = vec![asn1::oid(part.oid)];
                fields.extend(part.critical.map(asn1::boolean));
                fields.push(asn1::octet_string(&part.value));
                asn1::sequence(&fields)
            })
            .collect();
        if !extensions.is_empty() {
            fields.push(asn1::context(3, &asn1::sequence(&extensions)));
        }
        asn1::sequence(&fields)
    }

    fn part(&mut self, oid: ObjectIdentifier) -> &mut Part {
        self.extensions
            .iter_mut()
            .find(|part| part.oid == oid)
            .unwrap()
    }

    fn set(&mut self, oid: ObjectIdentifier, value: Vec<u8>) {
        self.part(oid).value = value;
    }

    fn drop(&mut self, oid: ObjectIdentifier) {
        self.extensions.retain(|part| part.oid != oid);
    }

    fn add(&mut self, oid: ObjectIdentifier, critical: bool) {
        self.extensions.push(Part {
            oid,
            critical: critical.then_some(true),
            value: asn1::sequence::<Vec<u8>>(&[]),
        });
    }

    fn usage(&mut self, bits: u16) {
        self.set(oid::KEY_USAGE, asn1::named_bits(bits));
    }

    fn purposes(&mut self, change: impl FnOnce(&mut Vec<ObjectIdentifier>)) {
        let part = self.part(oid::EXTENDED_KEY_USAGE);
        let mut reader = parse_all(&part.value, "extended key usage").unwrap();
        let mut purposes = Vec::new();
        while !reader.is_empty() {
            purposes.push(reader.oid().unwrap());
        }
        change(&mut purposes);
        let purposes: Vec<Vec<u8>> = purposes.into_iter().map(asn1::oid).collect();
        part.value = asn1::sequence(&purposes);
    }

    /// Changes the attributes of a name.
    fn name(&mut self, field: usize, change: impl FnOnce(&mut Vec<Attribute>)) {
        let name = crate::DistinguishedName::from_der(&self.fields[field]).unwrap();
        let mut attributes: Vec<Attribute> = name
            .detailed()
            .into_iter()
            .map(|one| (one.oid, one.tag, one.value))
            .collect();
        change(&mut attributes);
        let rdns: Vec<Vec<u8>> = attributes
            .iter()
            .map(|one| asn1::set(&[attribute(one)]))
            .collect();
        self.fields[field] = asn1::sequence(&rdns);
    }

    /// Writes another text into an attribute of the subject.
    fn write(&mut self, oid: ObjectIdentifier, text: &str) {
        self.name(SUBJECT, |attributes| {
            let one = attributes.iter_mut().find(|one| one.0 == oid).unwrap();
            one.2 = text.to_owned();
        });
    }

    fn validity(&mut self, from: &str, to: &str) {
        let time = |text| asn1::time(Timestamp::parse_rfc3339(text).unwrap());
        self.fields[VALIDITY] = asn1::sequence(&[time(from), time(to)]);
    }

    fn policy(&mut self, policies: &[Vec<u8>]) {
        self.set(oid::CERTIFICATE_POLICIES, asn1::sequence(policies));
    }

    fn address(&mut self, oid: ObjectIdentifier, url: &str) {
        let name = asn1::context(0, &asn1::context(0, &uri(url)));
        self.set(oid, asn1::sequence(&[asn1::sequence(&[name])]));
    }

    fn access(&mut self, parts: &[(ObjectIdentifier, &str)]) {
        let parts: Vec<Vec<u8>> = parts
            .iter()
            .map(|(method, url)| asn1::sequence(&[asn1::oid(*method), uri(url)]))
            .collect();
        self.set(oid::AUTHORITY_INFO_ACCESS, asn1::sequence(&parts));
    }
}

fn attribute((oid, tag, text): &Attribute) -> Vec<u8> {
    asn1::sequence(&[asn1::oid(*oid), asn1::tlv(*tag, text.as_bytes())])
}

fn uri(url: &str) -> Vec<u8> {
    asn1::context_primitive(6, url.as_bytes())
}

/// `PolicyInformation` with one qualifier.
fn policy(qualifier: ObjectIdentifier, value: Vec<u8>) -> Vec<u8> {
    let qualifier = asn1::sequence(&[asn1::oid(qualifier), value]);
    asn1::sequence(&[
        asn1::oid(oid::KZ_POLICY_INDIVIDUAL_SIGNATURE),
        asn1::sequence(&[qualifier]),
    ])
}

/// A good certificate of a profile, and who issues it.
struct Case {
    profile: Profile,
    issuer: Option<Certificate>,
    draft: Draft,
}

/// The neutral profile for signatures with a policy, and everything of the standards claimed.
fn european() -> Profile {
    let source = Profile::builtin("neutral-individual-signature").unwrap();
    let extension = "[[extension]]\ntype = \"crl-distribution-points\"";
    let policies =
        "[[extension]]\ntype = \"certificate-policies\"\npolicies = [{ oid = \"0.4.0.2042.1.1\" }]";
    let except = "except = [\"4.2.3.1\", \"4.3.3\"]\n";
    let source = source.source();
    assert!(source.contains(except) && source.contains(extension));
    let text = source
        .replace(except, "")
        .replace(extension, &format!("{policies}\n\n{extension}"));
    Profile::from_toml(&text).unwrap()
}

/// An issuing authority with an organization in its name.
fn organization() -> Certificate {
    let (root, root_key) = root();
    let profile = Profile::builtin("issuing-ca").unwrap();
    let subject = Subject::service("ҰКО TEST (RSA)", Some("Таңба ЖШС"), "KZ");
    let name = profile.subject_name(&subject).unwrap();
    let urls = IssuerUrls {
        freshest_crl: None,
        ..urls()
    };
    let key = key("authority");
    let from = "2026-01-01T00:00:00Z";
    certify(
        &profile,
        &name,
        key.public_key(),
        root.subject(),
        &root_key,
        from,
        10,
        &urls,
    )
}

impl Case {
    fn good(name: &str) -> Self {
        let profile = if name == EUROPEAN {
            european()
        } else {
            Profile::builtin(name).unwrap()
        };
        let authority_itself = name == "issuing-ca";
        let issuer = match name {
            "issuing-ca" => root().0,
            EUROPEAN => organization(),
            _ => authority().0,
        };
        let service = Subject::service("cabinet.example.kz", Some("Таңба ЖШС"), "KZ");
        let subject = if profile.claims().is_empty() {
            service
        } else {
            person()
        };
        let from = Timestamp::parse_rfc3339("2026-11-24T06:00:00Z").unwrap();
        let to = if profile.is_for_persons() {
            profile.not_after(from, Some(oid::KZ_KEYSTORE_PKCS12))
        } else {
            from.plus_years(1)
        };
        let algorithm = if authority_itself {
            key("root")
        } else {
            key("authority")
        }
        .algorithm();
        let tbs = profile
            .prepare(&TbsInput {
                serial: SerialNumber::random(&mut Seeded(7)),
                issuer_name: issuer.subject(),
                issuer_key_id: issuer.subject_key_id().unwrap(),
                signature_algorithm: algorithm,
                not_before: from,
                not_after: to,
                subject: &profile.subject_name(&subject).unwrap(),
                public_key: key("person").public_key(),
                email: Some("aigul@example.kz"),
                keystore: Some(oid::KZ_KEYSTORE_PKCS12),
                urls: &urls(),
            })
            .unwrap();
        let case = Self {
            profile,
            issuer: Some(issuer),
            draft: Draft::of(&tbs),
        };
        assert_eq!(case.draft.der(), tbs, "{name}");
        assert_eq!(case.codes(), BTreeSet::new(), "{name}");
        case
    }

    fn codes(&self) -> BTreeSet<&'static str> {
        lint_certificate(&self.draft.der(), &self.profile, self.issuer.as_ref())
            .into_iter()
            .map(|finding| finding.code)
            .collect()
    }
}

const NATIONAL: &str = "kz-individual-signature-rsa";
const EUROPEAN: &str = "european";

/// The profile whose good certificate is broken to break the rule.
fn profile(code: &str) -> &'static str {
    match code {
        "basic-constraints" | "basic-constraints.critical" | "extended-key-usage.authority" => {
            "issuing-ca"
        }
        "extended-key-usage.time-stamping" => "time-stamping-authority",
        "host-name" => "tls-server",
        "ocsp-no-check" => "ocsp-responder",
        _ if code.starts_with("etsi.") => EUROPEAN,
        _ => NATIONAL,
    }
}

/// Changes what makes the certificate break the rule.
fn broken(code: &str) -> Case {
    let mut case = Case::good(profile(code));
    let draft = &mut case.draft;
    match code.split_once('.').unwrap_or((code, "")) {
        ("name", _) => name(code, draft),
        ("etsi", _) => etsi(code, draft),
        ("der" | "version" | "unique-id" | "serial" | "signature" | "validity" | "key", _) => {
            field(code, draft);
        }
        ("issuer", "ca") => {
            let tbs = draft.der();
            let algorithm = SignatureAlgorithm::RsaSha256;
            let der = assemble_certificate(&tbs, algorithm, &[0; 256]);
            case.issuer = Some(Certificate::from_der(&der).unwrap());
        }
        ("issuer", "empty") => draft.fields[ISSUER] = asn1::sequence::<Vec<u8>>(&[]),
        ("issuer", "name") => draft.name(ISSUER, |name| name[0].2 = "ANOTHER".to_owned()),
        ("issuer", "self") => draft.fields[SUBJECT] = draft.fields[ISSUER].clone(),
        _ => extension(code, draft),
    }
    case
}

fn field(code: &str, draft: &mut Draft) {
    let identifier = |text: &str, null: bool| {
        let mut parts = vec![asn1::oid(ObjectIdentifier::new(text).unwrap())];
        parts.extend(null.then(asn1::null));
        asn1::sequence(&parts)
    };
    match code {
        "der.malformed" => {
            draft.add(oid::ISSUER_ALT_NAME, false);
            draft.add(oid::ISSUER_ALT_NAME, false);
        }
        // A bit string needs an octet that counts the bits that are not used.
        "der.second-parser" => draft.fields.push(vec![0x81, 0x00]),
        "der.canonical" => draft.part(oid::EXTENDED_KEY_USAGE).critical = Some(false),
        "version" => {
            draft.fields[VERSION] = asn1::context(0, &asn1::integer(1));
            draft.extensions.clear();
        }
        "unique-id" => draft.fields.push(vec![0x81, 0x02, 0x00, 0x2a]),
        "serial.form" => {
            draft.fields[SERIAL].truncate(21);
            draft.fields[SERIAL][1] = 19;
        }
        "serial.entropy" => draft.fields[SERIAL][2..].fill(0x11),
        "signature.algorithm" => draft.fields[SIGNATURE] = identifier("1.2.840.113549.1.1.4", true),
        "signature.sha1" => draft.fields[SIGNATURE] = identifier("1.2.840.113549.1.1.5", true),
        "signature.parameters" => {
            draft.fields[SIGNATURE] = identifier("1.2.840.113549.1.1.11", false);
        }
        "signature.key" => draft.fields[SIGNATURE] = identifier("1.2.840.10045.4.3.2", false),
        "validity.type" => {
            let time = |text| asn1::generalized_time(Timestamp::parse_rfc3339(text).unwrap());
            let times = ["2026-11-24T06:00:00Z", "2027-11-24T06:00:00Z"].map(time);
            draft.fields[VALIDITY] = asn1::sequence(&times);
        }
        "validity.order" => draft.validity("2027-11-24T06:00:00Z", "2026-11-24T06:00:00Z"),
        "validity.period" => draft.validity("2026-11-24T06:00:00Z", "2027-11-24T05:59:59Z"),
        "validity.issuer" => draft.validity("2035-11-24T06:00:00Z", "2036-11-24T06:00:00Z"),
        "key.kind" => draft.fields[KEY] = key("person-ec").public_key().spki_der().to_vec(),
        "key.weak" => draft.fields[KEY] = with_small_exponent(&draft.fields[KEY]),
        _ => panic!("no certificate breaks {code}"),
    }
}

/// The same modulus with the exponent 3.
fn with_small_exponent(spki: &[u8]) -> Vec<u8> {
    let mut outer = parse_all(spki, "key").unwrap();
    let algorithm = outer.next_value().unwrap().der.to_vec();
    let mut numbers = parse_all(outer.bit_string().unwrap(), "numbers").unwrap();
    let modulus = numbers.next_value().unwrap().der.to_vec();
    let numbers = asn1::sequence(&[modulus, asn1::integer(3)]);
    asn1::sequence(&[algorithm, asn1::bit_string(&numbers)])
}

fn name(code: &str, draft: &mut Draft) {
    match code {
        "name.rdn" => {
            let two: Vec<Vec<u8>> = [
                (oid::COMMON_NAME, "ӘУЕЗОВА АЙГҮЛ"),
                (oid::SURNAME, "ӘУЕЗОВА"),
            ]
            .iter()
            .map(|(oid, text)| attribute(&(*oid, tag::UTF8_STRING, (*text).to_owned())))
            .collect();
            draft.fields[SUBJECT] = asn1::sequence(&[asn1::set(&two)]);
        }
        "name.order" => draft.name(SUBJECT, |name| name.swap(0, 1)),
        "name.unexpected" => draft.name(SUBJECT, |name| {
            name.push((oid::LOCALITY, tag::UTF8_STRING, "АЛМАТЫ".to_owned()));
        }),
        "name.type" => draft.name(SUBJECT, |name| name[2].1 = tag::UTF8_STRING),
        "name.printable" => draft.write(oid::SERIAL_NUMBER, "IIN88010140012@"),
        "name.empty" => draft.write(oid::GIVEN_NAME, ""),
        "name.space" => draft.write(oid::GIVEN_NAME, "МҰХТАРҚЫЗЫ "),
        "name.control" => draft.write(oid::GIVEN_NAME, "МҰХТАР\u{7}ҚЫЗЫ"),
        "name.length" => draft.write(oid::COMMON_NAME, &format!("ӘУЕЗОВА {}", "А".repeat(57))),
        "name.case" => draft.write(oid::GIVEN_NAME, "Мұхтарқызы"),
        "name.country" => draft.write(oid::COUNTRY, "kz"),
        "name.template" => draft.write(oid::SERIAL_NUMBER, "BIN880101400123"),
        "name.iin" => draft.write(oid::SERIAL_NUMBER, "IIN88010140012"),
        "name.common-name" => draft.write(oid::COMMON_NAME, "АЙГҮЛ ӘУЕЗОВА"),
        _ => panic!("no certificate breaks {code}"),
    }
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn extension(code: &str, draft: &mut Draft) {
    match code {
        "extension.order" => draft.extensions.swap(0, 1),
        "extension.unexpected" => draft.add(oid::ISSUER_ALT_NAME, false),
        "extension.critical" => draft.part(oid::EXTENDED_KEY_USAGE).critical = Some(true),
        "basic-constraints" => {
            let constraints = [asn1::boolean(true), asn1::integer(1)];
            draft.set(oid::BASIC_CONSTRAINTS, asn1::sequence(&constraints));
        }
        "basic-constraints.critical" => draft.part(oid::BASIC_CONSTRAINTS).critical = None,
        // digitalSignature alone; with keyAgreement; with keyCertSign; dataEncipherment alone.
        "key-usage" => draft.usage(0x8000),
        "key-usage.algorithm" => draft.usage(0xc800),
        "key-usage.authority" => draft.usage(0xc400),
        "key-usage.extended" => draft.usage(0x1000),
        "extended-key-usage" => draft.purposes(|purposes| purposes.truncate(1)),
        "extended-key-usage.any" => {
            draft.purposes(|purposes| purposes.push(oid::ANY_EXTENDED_KEY_USAGE));
        }
        "extended-key-usage.authority" => {
            draft.add(oid::EXTENDED_KEY_USAGE, false);
            draft.purposes(|purposes| purposes.push(oid::CLIENT_AUTH));
        }
        "extended-key-usage.time-stamping" => draft.part(oid::EXTENDED_KEY_USAGE).critical = None,
        "authority-key-identifier" => {
            draft.set(
                oid::AUTHORITY_KEY_IDENTIFIER,
                asn1::sequence::<Vec<u8>>(&[]),
            );
        }
        "authority-key-identifier.issuer" => {
            draft.part(oid::AUTHORITY_KEY_IDENTIFIER).value[10] ^= 1;
        }
        "authority-key-identifier.form" => {
            let part = draft.part(oid::AUTHORITY_KEY_IDENTIFIER);
            let mut parts = vec![part.value[2..].to_vec()];
            parts.push(asn1::context_primitive(2, &[0x2a]));
            part.value = asn1::sequence(&parts);
        }
        "subject-key-identifier" => draft.part(oid::SUBJECT_KEY_IDENTIFIER).value[10] ^= 1,
        "email" => {
            let emails = ["a@example.kz", "b@example.kz"]
                .map(|email| asn1::context_primitive(1, email.as_bytes()));
            draft.set(oid::SUBJECT_ALT_NAME, asn1::sequence(&emails));
        }
        "host-name" => {
            let other = asn1::context_primitive(2, b"other.example.kz");
            draft.set(oid::SUBJECT_ALT_NAME, asn1::sequence(&[other]));
        }
        "policies" => draft.policy(&[asn1::sequence(&[asn1::oid(oid::ANY_POLICY)])]),
        "policies.twice" => {
            let one = asn1::sequence(&[asn1::oid(oid::KZ_POLICY_INDIVIDUAL_SIGNATURE)]);
            draft.policy(&[one.clone(), one]);
        }
        "policies.notice" => {
            let notice = asn1::sequence(&[asn1::utf8_string(&"ә".repeat(201))]);
            draft.policy(&[policy(oid::QUALIFIER_USER_NOTICE, notice)]);
        }
        "policies.cps" => {
            let cps = asn1::ia5_string("ftp://pki.gov.kz/cps");
            draft.policy(&[policy(oid::QUALIFIER_CPS, cps)]);
        }
        "url.form" => {
            draft.address(
                oid::CRL_DISTRIBUTION_POINTS,
                "http://user@pki.example.kz/0.crl",
            );
        }
        "url.freshest" => draft.address(oid::FRESHEST_CRL, "http://pki.example.kz/crl/test/0.crl"),
        "url.access" => draft.access(&[(oid::ACCESS_OCSP, "http://pki.example.kz/ocsp")]),
        "ocsp-no-check" => draft.set(oid::OCSP_NO_CHECK, asn1::sequence::<Vec<u8>>(&[])),
        "keystore" => {
            let two = [oid::KZ_KEYSTORE_PKCS12, oid::KZ_KEYSTORE_JKS].map(asn1::oid);
            draft.set(oid::KZ_KEYSTORE, asn1::sequence(&two));
        }
        // What a key for signing in has.
        "purpose" => {
            draft.usage(0xa000);
            draft.purposes(|purposes| purposes[0] = oid::CLIENT_AUTH);
            let policy = asn1::oid(oid::KZ_POLICY_INDIVIDUAL_AUTHENTICATION);
            draft.policy(&[asn1::sequence(&[policy])]);
        }
        _ => panic!("no certificate breaks {code}"),
    }
}

fn etsi(code: &str, draft: &mut Draft) {
    match code {
        "etsi.issuer" => draft.name(ISSUER, |name| name.retain(|one| one.0 != oid::ORGANIZATION)),
        "etsi.subject" => draft.name(SUBJECT, |name| {
            name.retain(|one| one.0 != oid::SURNAME && one.0 != oid::GIVEN_NAME);
        }),
        "etsi.subject-once" => draft.name(SUBJECT, |name| name.push(name[0].clone())),
        "etsi.pseudonym" => draft.name(SUBJECT, |name| {
            name.push((oid::PSEUDONYM, tag::UTF8_STRING, "Ақын".to_owned()));
        }),
        "etsi.identifier" => draft.write(oid::SERIAL_NUMBER, "IIN880101400123"),
        "etsi.authority-key-identifier" => draft.drop(oid::AUTHORITY_KEY_IDENTIFIER),
        "etsi.key-usage" => draft.usage(0xe800),
        "etsi.commitment" => draft.usage(0x8000),
        "etsi.policies" => draft.drop(oid::CERTIFICATE_POLICIES),
        "etsi.mappings" => draft.add(oid::POLICY_MAPPINGS, true),
        "etsi.alternative-name-critical" => draft.part(oid::SUBJECT_ALT_NAME).critical = Some(true),
        "etsi.issuer-alternative-name-critical" => draft.add(oid::ISSUER_ALT_NAME, true),
        "etsi.name-constraints" => draft.add(oid::NAME_CONSTRAINTS, true),
        "etsi.policy-constraints" => draft.add(oid::POLICY_CONSTRAINTS, true),
        "etsi.extended-key-usage-critical" => {
            draft.part(oid::EXTENDED_KEY_USAGE).critical = Some(true);
        }
        "etsi.list" => {
            draft.drop(oid::CRL_DISTRIBUTION_POINTS);
            draft.access(&[(oid::ACCESS_CA_ISSUERS, "http://pki.example.kz/ca/test.cer")]);
        }
        "etsi.list-scheme" => {
            draft.address(oid::CRL_DISTRIBUTION_POINTS, "https://pki.example.kz/0.crl");
        }
        "etsi.list-critical" => draft.part(oid::CRL_DISTRIBUTION_POINTS).critical = Some(true),
        "etsi.inhibit-any-policy" => draft.add(oid::INHIBIT_ANY_POLICY, true),
        "etsi.access" => draft.access(&[(oid::ACCESS_OCSP, "http://pki.example.kz/ocsp")]),
        _ => panic!("no certificate breaks {code}"),
    }
}

#[test]
fn each_rule_finds_the_certificate_that_breaks_it() {
    for rule in RULES {
        let found = broken(rule.code).codes();
        assert!(
            found.contains(rule.code),
            "{} is not in {found:?}",
            rule.code
        );
    }
}

#[test]
fn a_rule_has_one_name_one_source_and_one_sentence() {
    let mut codes = BTreeSet::new();
    for rule in RULES {
        assert!(codes.insert(rule.code), "{} stands twice", rule.code);
        let sentence = rule.sentence.ends_with('.') && !rule.sentence.contains('|');
        let sourced = !rule.standard.is_empty() && !rule.section.is_empty();
        assert!(sentence && sourced, "{rule:?}");
    }
}

/// What a profile does not claim is not asked of its certificates.
#[test]
fn an_exception_from_a_claim_is_kept() {
    let mut case = Case::good(EUROPEAN);
    case.draft.usage(0x8000);
    assert!(case.codes().contains("etsi.commitment"));
    let claim = "standard = \"etsi-en-319-412-2\"\n";
    let with = |clause: &str| {
        let text = case
            .profile
            .source()
            .replace(claim, &format!("{claim}except = [\"{clause}\"]\n"));
        Profile::from_toml(&text)
    };
    let excepting = Case {
        profile: with("4.3.2").unwrap(),
        issuer: case.issuer.clone(),
        draft: Draft::of(&case.draft.der()),
    };
    assert!(!excepting.codes().contains("etsi.commitment"));
    let slip = with("4.3.99").unwrap_err().to_string();
    assert!(slip.contains("4.3.99"), "{slip}");
    let server = Profile::builtin("tls-server").unwrap();
    let text = format!("{}\n[[claim]]\n{claim}", server.source());
    let refused = Profile::from_toml(&text).unwrap_err().to_string();
    assert!(refused.contains("natural persons"), "{refused}");
}
