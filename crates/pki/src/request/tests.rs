use tanba_crypto::{KeyAlgorithm, Signer, SoftwareKey, VerifyError};

use super::{CertificateRequest, RequestAttributes, RequestError};
use crate::testing::Seeded;
use crate::{DistinguishedName, DistinguishedNameBuilder, StringKind, oid};

fn name() -> DistinguishedName {
    DistinguishedNameBuilder::new()
        .push(oid::COMMON_NAME, StringKind::Utf8, "ТЕСТОВА АЙГҮЛ")
        .build()
        .unwrap()
}

fn key(algorithm: KeyAlgorithm) -> SoftwareKey {
    SoftwareKey::generate(algorithm, &mut Seeded(1)).unwrap()
}

#[test]
fn what_is_asked_for_is_read() {
    for algorithm in [
        KeyAlgorithm::Rsa { bits: 2048 },
        KeyAlgorithm::EcP256,
        KeyAlgorithm::EcP384,
    ] {
        let key = key(algorithm);
        let attributes = RequestAttributes {
            email: Some("aigul@example.kz"),
            keystore: Some(oid::KZ_KEYSTORE_PKCS12),
        };
        let der = CertificateRequest::build(&name(), &key, &attributes).unwrap();
        let request = CertificateRequest::from_der(&der).unwrap();
        assert_eq!(request.subject(), &name());
        assert_eq!(request.public_key(), key.public_key());
        assert_eq!(request.email(), Some("aigul@example.kz"));
        assert_eq!(request.keystore_oid(), Some(oid::KZ_KEYSTORE_PKCS12));
        request.verify_possession().unwrap();
    }
}

#[test]
fn nothing_asked_for_is_nothing_read() {
    let der = CertificateRequest::build(
        &name(),
        &key(KeyAlgorithm::EcP256),
        &RequestAttributes::default(),
    )
    .unwrap();
    let request = CertificateRequest::from_der(&der).unwrap();
    assert_eq!((request.email(), request.keystore_oid()), (None, None));
    request.verify_possession().unwrap();
}

#[test]
fn a_request_with_another_key_proves_nothing() {
    let (mine, other) = (
        key(KeyAlgorithm::EcP256),
        SoftwareKey::generate(KeyAlgorithm::EcP256, &mut Seeded(2)).unwrap(),
    );
    let info =
        CertificateRequest::prepare(&name(), other.public_key(), &RequestAttributes::default())
            .unwrap();
    let der = CertificateRequest::assemble(&info, mine.algorithm(), &mine.sign(&info).unwrap());
    let request = CertificateRequest::from_der(&der).unwrap();
    assert_eq!(request.verify_possession(), Err(VerifyError::Invalid));
}

#[test]
fn a_request_that_is_too_long_or_cut_is_refused() {
    let der = CertificateRequest::build(
        &name(),
        &key(KeyAlgorithm::EcP256),
        &RequestAttributes::default(),
    )
    .unwrap();
    for end in 0..der.len() {
        assert!(
            matches!(
                CertificateRequest::from_der(&der[..end]),
                Err(RequestError::Malformed(_))
            ),
            "{end}"
        );
    }
    assert!(matches!(
        CertificateRequest::from_der(&[0x30; 16_385]),
        Err(RequestError::TooLarge { .. })
    ));
}

#[test]
fn addresses_that_no_certificate_can_hold_are_refused() {
    for email in [
        "",
        "aigul",
        "aigul@",
        "@example.kz",
        "айгүл@example.kz",
        "a b@example.kz",
        "a@-x.kz",
        "a@x..kz",
        "a\n@x.kz",
    ] {
        let attributes = RequestAttributes {
            email: Some(email),
            keystore: None,
        };
        let result = CertificateRequest::build(&name(), &key(KeyAlgorithm::EcP256), &attributes);
        assert!(matches!(result, Err(RequestError::Email)), "{email}");
    }
}
