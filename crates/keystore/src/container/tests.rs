//! Containers that no well-behaved program writes, put together by hand.

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::bag::{self, Attributes};
use super::{Container, Note, Profile};
use crate::derive::{Pkcs12Run, Session};
use crate::password::Form;
use crate::{Computing, Hash, KeyPurpose, KeyStoreError, Password, ber, encode, mac, oid};

const RSA_KEY: &[u8] = include_bytes!("../../tests/data/rsa.p8");
const RSA_CERTIFICATE: &[u8] = include_bytes!("../../tests/data/rsa.cer");
const EC_CERTIFICATE: &[u8] = include_bytes!("../../tests/data/ec.cer");

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

fn open(bytes: &[u8], text: &str) -> Result<Container, KeyStoreError> {
    Container::open(bytes, &password(text), &mut Computing)
}

fn data(octets: &[u8]) -> Vec<u8> {
    let content = encode::explicit(0, &encode::octet_string(octets));
    encode::sequence(&[&encode::oid(oid::DATA), &content])
}

/// A file with these bags in the open; `mac` makes its check value.
fn file(bags: &[Vec<u8>], mac: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let content = encode::sequence_of(&[data(&encode::sequence_of(bags))]);
    let mac = mac(&content);
    encode::sequence(&[&encode::unsigned(3), &data(&content), &mac])
}

fn unchecked(bags: &[Vec<u8>]) -> Vec<u8> {
    file(bags, |_| Vec::new())
}

fn identified(id: u8) -> Attributes {
    Attributes {
        local_key_id: Some(vec![id]),
        ..Attributes::default()
    }
}

fn key(attributes: &Attributes) -> Vec<u8> {
    bag::write(oid::KEY_BAG, RSA_KEY, attributes)
}

fn certificate(der: &[u8], attributes: &Attributes) -> Vec<u8> {
    bag::write(oid::CERTIFICATE_BAG, &bag::certificate(der), attributes)
}

#[test]
fn a_certificate_assigned_to_the_wrong_key_is_noticed() {
    let bytes = unchecked(&[
        key(&identified(1)),
        certificate(EC_CERTIFICATE, &identified(1)),
    ]);
    let container = open(&bytes, "").unwrap();
    let entry = &container.entries()[0];
    assert_eq!(entry.notes(), [Note::CertificateOfAnotherKey]);
    assert!(matches!(
        entry.signer(),
        Err(KeyStoreError::CertificateOfAnotherKey)
    ));
    assert_eq!(
        container.entries()[1].certificate().unwrap().der(),
        EC_CERTIFICATE
    );
}

#[test]
fn the_right_certificate_is_found_whatever_the_identifiers_say() {
    let bytes = unchecked(&[
        certificate(EC_CERTIFICATE, &identified(1)),
        certificate(RSA_CERTIFICATE, &identified(2)),
        key(&identified(1)),
    ]);
    let container = open(&bytes, "").unwrap();
    let (_, leaf) = container.entries()[0].signer().unwrap();
    assert_eq!(leaf.der(), RSA_CERTIFICATE);
}

#[test]
fn a_file_without_key_says_so() {
    let bytes = unchecked(&[certificate(RSA_CERTIFICATE, &Attributes::default())]);
    let container = open(&bytes, "").unwrap();
    assert!(matches!(container.keys(), Err(KeyStoreError::NoKey)));
    assert!(matches!(
        container.entries()[0].signer(),
        Err(KeyStoreError::NoKey)
    ));
    assert!(matches!(
        open(&unchecked(&[]), "").unwrap().keys(),
        Err(KeyStoreError::NoKey)
    ));
}

#[test]
fn bags_inside_bags_are_followed_to_a_bound() {
    let nested = |levels: usize| {
        let mut inner = key(&Attributes::default());
        for _ in 0..levels {
            inner = bag::write(
                oid::SAFE_CONTENTS_BAG,
                &encode::sequence(&[&inner]),
                &Attributes::default(),
            );
        }
        unchecked(&[inner])
    };
    assert_eq!(open(&nested(8), "").unwrap().entries().len(), 1);
    assert!(matches!(
        open(&nested(9), ""),
        Err(KeyStoreError::Damaged { .. })
    ));
    assert!(matches!(
        open(&nested(500), ""),
        Err(KeyStoreError::Damaged { .. })
    ));
}

#[test]
fn a_key_under_a_password_of_its_own_is_kept_as_it_is() {
    let mut other = Container::new();
    other.add_key(tanba_crypto::SoftwareKey::from_pkcs8_der(RSA_KEY).unwrap());
    let plan = other.plan(Profile::Nca, &mut StdRng::seed_from_u64(1));
    let shrouded = other
        .encrypted_keys(&plan, &password("Its-own-1"), &mut Computing)
        .unwrap()
        .remove(0);
    let bags = [bag::write(
        oid::SHROUDED_KEY_BAG,
        &shrouded,
        &Attributes::default(),
    )];
    let checked = |content: &[u8]| {
        let (password, mut derive) = (password("Qwerty12"), Computing);
        mac::write(
            Hash::Sha256,
            b"salt",
            3,
            content,
            &mut Session::new(&password, &mut derive),
        )
        .unwrap()
    };
    let container = open(&file(&bags, checked), "Qwerty12").unwrap();
    assert_eq!(
        container.entries()[0].notes()[0],
        Note::KeyUnderAnotherPassword
    );
    let plan = container.plan(Profile::Modern, &mut StdRng::seed_from_u64(1));
    let again = container
        .write(&plan, &password("Other-2"), &mut Computing)
        .unwrap();
    assert!(
        again
            .windows(shrouded.len())
            .any(|window| window == shrouded)
    );
    // Without a check value nobody knows which password is wrong.
    assert!(matches!(
        open(&unchecked(&bags), "Qwerty12"),
        Err(KeyStoreError::WrongPassword)
    ));
}

#[test]
fn the_empty_password_opens_in_both_encodings() {
    for form in [Form::Bmp, Form::Absent] {
        let checked = |content: &[u8]| {
            let (password, mut derive) = (password(""), Computing);
            let mut session = Session::new(&password, &mut derive);
            let run = Pkcs12Run {
                hash: Hash::Sha1,
                purpose: KeyPurpose::Mac,
                salt: b"salt",
                iterations: 7,
                length: 20,
            };
            let value = Hash::Sha1.hmac(session.pkcs12(form, &run).unwrap().expose(), content);
            let identifier = encode::sequence(&[&encode::oid(oid::SHA_1), &encode::null()]);
            let info = encode::sequence(&[&identifier, &encode::octet_string(&value)]);
            encode::sequence(&[&info, &encode::octet_string(b"salt"), &encode::unsigned(7)])
        };
        let bytes = file(&[key(&Attributes::default())], checked);
        assert_eq!(open(&bytes, "").unwrap().entries().len(), 1, "{form:?}");
        assert!(
            matches!(open(&bytes, "x"), Err(KeyStoreError::WrongPassword)),
            "{form:?}"
        );
    }
}

#[test]
fn secrets_of_java_programs_are_named_and_not_lost_silently() {
    let secret = bag::write(
        oid::SECRET_BAG,
        &encode::sequence(&[]),
        &Attributes::default(),
    );
    let container = open(&unchecked(&[key(&Attributes::default()), secret]), "").unwrap();
    assert_eq!(
        container.other_contents(),
        ["secret entry (1.2.840.113549.1.12.10.1.5)"]
    );
    let plan = container.plan(Profile::Nca, &mut StdRng::seed_from_u64(1));
    let result = container.write(&plan, &password(""), &mut Computing);
    assert!(matches!(result, Err(KeyStoreError::Unsupported { .. })));
}

#[test]
fn keys_that_cannot_be_used_are_named() {
    let gost = encode::sequence(&[
        &encode::unsigned(0),
        &encode::sequence(&[&encode::oid(der::asn1::ObjectIdentifier::new_unwrap(
            "1.2.398.3.10.1.1.2.2",
        ))]),
        &encode::octet_string(&[1; 64]),
    ]);
    let broken = encode::sequence(&[
        &encode::unsigned(0),
        &encode::sequence(&[&encode::oid(oid::RSA)]),
    ]);
    let bags = [gost, broken, encode::element(ber::SEQUENCE, &[])]
        .map(|pkcs8| bag::write(oid::KEY_BAG, &pkcs8, &Attributes::default()));
    let container = open(&unchecked(&bags), "").unwrap();
    let note = |index: usize| container.entries()[index].notes()[0].to_string();
    assert_eq!(
        note(0),
        "algorithm not supported yet: GOST R 34.10-2015 (1.2.398.3.10.1.1.2.2)"
    );
    assert_eq!(note(1), "the key is damaged");
    assert_eq!(note(2), "the key is damaged");
    // Their file can be given another password all the same.
    let plan = container.plan(Profile::Nca, &mut StdRng::seed_from_u64(1));
    let bytes = container
        .write(&plan, &password("Qwerty12"), &mut Computing)
        .unwrap();
    assert_eq!(open(&bytes, "Qwerty12").unwrap().entries().len(), 2 + 1);
}
