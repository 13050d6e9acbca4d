//! What comes in by mistake or with bad intent, and what must not come of it.

use tanba_ca::Authority;
use tanba_crypto::{ObjectIdentifier, Signer};
use tanba_model::ports::{Issuance as _, IssuanceError, RequestFault};
use tanba_pki::profile::Profile;
use tanba_pki::{Certificate, CertificateRequest, RequestAttributes, asn1, oid};

use crate::harness::{House, NOW, key, nobody, order, pair, request, subject};

const PROFILE: &str = "neutral-individual-signature";

/// `Extension` in DER.
fn extension(oid: ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    asn1::sequence(&[
        asn1::oid(oid),
        asn1::boolean(true),
        asn1::octet_string(value),
    ])
}

/// A request that asks for these extensions, signed with its key.
fn asking(key: &dyn Signer, extensions: &[Vec<u8>]) -> Vec<u8> {
    let values = asn1::set(&[asn1::sequence(extensions)]);
    let attribute = asn1::sequence(&[asn1::oid(oid::EXTENSION_REQUEST), values]);
    let info = asn1::sequence(&[
        asn1::integer(0),
        nobody().der().to_vec(),
        key.public_key().spki_der().to_vec(),
        asn1::context(0, &attribute),
    ]);
    let signature = key.sign(&info).unwrap();
    CertificateRequest::assemble(&info, key.algorithm(), &signature)
}

fn authority_of_everything() -> Vec<u8> {
    extension(
        oid::BASIC_CONSTRAINTS,
        &asn1::sequence(&[asn1::boolean(true)]),
    )
}

fn nothing_was_recorded(house: &House) {
    let certificates = house.certificates();
    assert!(certificates.iter().all(|record| record.person.is_none()));
}

#[test]
fn a_request_of_a_megabyte_is_refused_whether_it_is_well_formed_or_not() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let comment: ObjectIdentifier = "1.2.398.99.1".parse().unwrap();
    let long = asking(&key(1), &[extension(comment, &vec![7; 1 << 20])]);
    assert!(long.len() > 1 << 20);
    for octets in [long, vec![0x30; 1 << 20], vec![0; 1 << 20]] {
        let refused = authority.prepare(&[order(person, None, PROFILE, octets)], NOW);
        let Err(IssuanceError::Request(fault @ RequestFault::Form)) = refused else {
            panic!("it was prepared");
        };
        // The sentence says the limit that there is.
        let limit = format!("at most {} KiB", CertificateRequest::MAX_LENGTH / 1024);
        assert!(fault.to_string().contains(&limit), "{fault}");
    }
    nothing_was_recorded(&house);
}

#[test]
fn a_request_with_an_extension_twice_is_refused() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let twice = [authority_of_everything(), authority_of_everything()];
    let refused = authority.prepare(
        &[order(person, None, PROFILE, asking(&key(1), &twice))],
        NOW,
    );
    assert!(matches!(
        refused,
        Err(IssuanceError::Request(RequestFault::Form))
    ));
    nothing_was_recorded(&house);
}

#[test]
fn a_request_to_be_an_authority_gives_a_certificate_that_is_none() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let usage = extension(oid::KEY_USAGE, &asn1::named_bits(0x0600));
    let asked = asking(&key(1), &[authority_of_everything(), usage]);
    assert!(
        CertificateRequest::from_der(&asked)
            .unwrap()
            .verify_possession()
            .is_ok()
    );
    let plain = authority.prepare(&[order(person, None, PROFILE, request(&key(2)))], NOW);
    let plain = plain.unwrap().issue(NOW).unwrap().remove(0).der.unwrap();
    let prepared = authority.prepare(&[order(person, None, PROFILE, asked)], NOW);
    let made = prepared.unwrap().issue(NOW).unwrap().remove(0).der.unwrap();
    let (plain, made) = (
        Certificate::from_der(&plain).unwrap(),
        Certificate::from_der(&made).unwrap(),
    );
    assert!(!made.is_ca() && made.basic_constraints().is_none());
    assert_eq!(made.key_usage(), plain.key_usage());
    let kinds = |certificate: &Certificate| -> Vec<_> {
        certificate
            .extensions()
            .map(|extension| extension.oid)
            .collect()
    };
    assert_eq!(kinds(&made), kinds(&plain));
}

#[test]
fn a_name_with_one_foreign_letter_is_another_name() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let profile = Profile::builtin(PROFILE).unwrap();
    let right = subject();
    // Latin "a" (U+0061) in place of the first Cyrillic "а" (U+0430): nobody sees the difference.
    let mut wrong = right.clone();
    wrong.surname = right.surname.replacen('\u{430}', "a", 1);
    assert_ne!(wrong.surname, right.surname);
    let asked = |subject, seed| {
        let name = profile.subject_name(subject).unwrap();
        let key = key(seed);
        let der = CertificateRequest::build(&name, &key, &RequestAttributes::default()).unwrap();
        authority.prepare(&[order(person, None, PROFILE, der)], NOW)
    };
    assert!(matches!(
        asked(&wrong, 1),
        Err(IssuanceError::Request(RequestFault::Subject))
    ));
    nothing_was_recorded(&house);
    drop(asked(&right, 2).unwrap());
}

#[test]
fn a_profile_that_would_give_an_invalid_certificate_gives_none() {
    let (house, authority) = House::with_authority(2);
    drop(authority);
    let person = house.person("80010130012");
    let source = Profile::builtin(PROFILE).unwrap().source().to_owned();
    for (from, to, code) in [
        // A person who signs certificates, and a key that does what its kind cannot do.
        (
            "\"digital-signature\"",
            "\"digital-signature\", \"key-cert-sign\"",
            "key-usage.authority",
        ),
        (
            "\"digital-signature\"",
            "\"digital-signature\", \"key-encipherment\"",
            "key-usage.algorithm",
        ),
    ] {
        assert!(source.contains(from), "{source}");
        let text = source.replacen(from, to, 1);
        let mut parts = house.parts();
        let Ok(profile) = Profile::from_toml(&text) else {
            // Even better: it cannot be read.
            continue;
        };
        parts.profiles.insert(profile);
        let authority = Authority::open(parts).unwrap();
        let refused = authority.prepare(&[order(person, None, PROFILE, request(&key(3)))], NOW);
        let Err(IssuanceError::Lint(said)) = refused else {
            panic!("{to} was prepared");
        };
        assert!(said.contains(code), "{said}");
        // An auditor finds it, too.
        let last = house.events().pop().unwrap();
        assert_eq!(last.action, "certificate.refuse");
        assert_eq!(last.object, format!("person:{person}"));
        let begin = format!("profile={PROFILE} ");
        assert!(
            last.detail.starts_with(&begin) && last.detail.contains(code),
            "{}",
            last.detail
        );
    }
    nothing_was_recorded(&house);
}

/// So long after the authority was made that no certificate of a year fits into what is left of it.
fn in_its_last_year() -> tanba_pki::Timestamp {
    NOW.plus_years(9).plus(std::time::Duration::from_secs(60))
}

#[test]
fn what_waits_for_a_right_certificate_leaves_evidence_once_and_what_was_issued_comes_out_again() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let orders = pair(person, Some(house.application(person, 1)), 1);
    let issued = authority.issue(&orders, NOW).unwrap();
    let waits = pair(person, Some(house.application(person, 2)), 2);
    let late = in_its_last_year();
    for _ in 0..3 {
        let refused = authority.issue(&waits, late);
        let Err(IssuanceError::Lint(said)) = refused else {
            panic!("{refused:?}");
        };
        assert!(said.contains("validity.issuer"), "{said}");
    }
    assert_eq!(house.audit()["certificate.refuse"], 1);
    let again = authority.issue(&orders, late).unwrap();
    let ids = |records: &[tanba_model::certificate::CertificateRecord]| -> Vec<_> {
        records.iter().map(|record| record.id).collect()
    };
    assert_eq!(ids(&again), ids(&issued));
    assert_eq!(house.audit()["certificate.refuse"], 1);
    // What nobody repeats by itself is told each time.
    for count in 2..4 {
        drop(authority.issue(&pair(person, None, 3), late).unwrap_err());
        assert_eq!(house.audit()["certificate.refuse"], count);
    }
}

#[test]
fn a_profile_of_the_authority_that_is_wrong_leaves_evidence_once_for_each_thing_that_is_wrong() {
    let (house, authority) = House::with_authority(2);
    drop(authority);
    let source = Profile::builtin("document-seal")
        .unwrap()
        .source()
        .to_owned();
    let wrong = source.replacen(
        "\"digital-signature\"",
        "\"digital-signature\", \"key-encipherment\"",
        1,
    );
    assert_ne!(wrong, source);
    let mut parts = house.parts();
    parts.profiles.insert(Profile::from_toml(&wrong).unwrap());
    let authority = Authority::open(parts).unwrap();
    let due = NOW.plus_years(1).plus(std::time::Duration::from_secs(60));
    for round in 0..3 {
        let now = due.plus(std::time::Duration::from_secs(round));
        drop(authority.maintain(now).unwrap_err());
    }
    assert_eq!(house.audit()["certificate.refuse"], 1);
}
