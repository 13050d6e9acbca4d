use tanba_crypto::{KeyAlgorithm, SoftwareKey};

use super::*;
use crate::testing::Seeded;

fn key(algorithm: KeyAlgorithm, seed: u64) -> SoftwareKey {
    SoftwareKey::generate(algorithm, &mut Seeded(seed)).unwrap()
}

fn request(pairs: &[(tanba_crypto::ObjectIdentifier, &str)], signer: &dyn Signer) -> Vec<u8> {
    let subject = pairs
        .iter()
        .fold(DistinguishedNameBuilder::new(), |name, (oid, text)| {
            name.push(*oid, StringKind::Utf8, text)
        })
        .build()
        .unwrap();
    CertificateRequest::build(&subject, signer, &RequestAttributes::default()).unwrap()
}

/// Stands for the certificate of an authority: only its octets matter.
const AUTHORITY: &[u8] = b"an authority's certificate";

fn read(octets: &[u8]) -> Result<CompromiseAttestation, AttestationError> {
    CompromiseAttestation::read(octets, [&b"another of ours"[..], AUTHORITY])
}

#[test]
fn whoever_holds_a_key_of_any_kind_can_say_that_it_is_compromised() {
    for algorithm in [
        KeyAlgorithm::Rsa { bits: 2048 },
        KeyAlgorithm::EcP256,
        KeyAlgorithm::EcP384,
        KeyAlgorithm::Ed25519,
        KeyAlgorithm::MlDsa44,
    ] {
        let key = key(algorithm, 1);
        let der = request(
            &[
                (oid::COMMON_NAME, CompromiseAttestation::TEXT),
                (oid::SERIAL_NUMBER, &address(AUTHORITY)),
            ],
            &key,
        );
        let attestation = read(&der).unwrap();
        assert_eq!(attestation.public_key(), key.public_key());
        assert_eq!(attestation.der(), der);
        let text = pem::encode("CERTIFICATE REQUEST", &der);
        assert_eq!(read(text.as_bytes()).unwrap().der(), der);
        let of_old = pem::encode("NEW CERTIFICATE REQUEST", &der);
        assert_eq!(read(of_old.as_bytes()).unwrap().der(), der);
    }
}

#[test]
fn what_was_made_for_something_else_is_no_statement() {
    let key = key(KeyAlgorithm::EcP256, 2);
    let text = CompromiseAttestation::TEXT;
    let to = address(AUTHORITY);
    for pairs in [
        &[(oid::COMMON_NAME, "ТЕСТОВА АЙГҮЛ")][..],
        &[(oid::COMMON_NAME, text)],
        &[(oid::SERIAL_NUMBER, to.as_str()), (oid::COMMON_NAME, text)],
        &[
            (
                oid::COMMON_NAME,
                "this key is compromised. revoke its certificates.",
            ),
            (oid::SERIAL_NUMBER, &to),
        ],
        &[
            (oid::COMMON_NAME, text),
            (oid::SERIAL_NUMBER, &to),
            (oid::SURNAME, "ТЕСТОВА"),
        ],
    ] {
        let refused = read(&request(pairs, &key)).unwrap_err();
        assert_eq!(refused, AttestationError::Statement, "{pairs:?}");
    }
    let elsewhere = request(
        &[
            (oid::COMMON_NAME, text),
            (oid::SERIAL_NUMBER, &address(b"somebody else's certificate")),
        ],
        &key,
    );
    assert_eq!(
        read(&elsewhere).unwrap_err(),
        AttestationError::OtherAuthority
    );
}

#[test]
fn garbage_and_signatures_of_other_keys_are_refused() {
    for garbage in [
        &b""[..],
        b"\x30\x00",
        b"hello",
        b"-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n",
        b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
    ] {
        assert_eq!(read(garbage).unwrap_err(), AttestationError::Form);
    }
    let (victim, thief) = (key(KeyAlgorithm::EcP256, 3), key(KeyAlgorithm::EcP256, 4));
    let subject = DistinguishedNameBuilder::new()
        .push(
            oid::COMMON_NAME,
            StringKind::Utf8,
            CompromiseAttestation::TEXT,
        )
        .push(
            oid::SERIAL_NUMBER,
            StringKind::Printable,
            &address(AUTHORITY),
        )
        .build()
        .unwrap();
    let info =
        CertificateRequest::prepare(&subject, victim.public_key(), &RequestAttributes::default())
            .unwrap();
    let forged =
        CertificateRequest::assemble(&info, thief.algorithm(), &thief.sign(&info).unwrap());
    assert_eq!(read(&forged).unwrap_err(), AttestationError::Possession);
    // Two statements in one file are none: which one is meant?
    let twice = pem::encode("CERTIFICATE REQUEST", &forged).repeat(2);
    assert_eq!(read(twice.as_bytes()).unwrap_err(), AttestationError::Form);
}
