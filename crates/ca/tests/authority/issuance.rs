//! What is issued, and what is refused.

use std::collections::BTreeSet;
use std::sync::Arc;

use tanba_crypto::{PublicKey, SignError, SignatureAlgorithm, Signer};
use tanba_model::certificate::Status;
use tanba_model::ports::{Issuance, IssuanceError, RandomSource, RequestFault, StorageError};
use tanba_pki::{
    Certificate, CertificateRequest, DistinguishedNameBuilder, RequestAttributes, StringKind, oid,
};

use crate::harness::{House, NOW, key, later, order, pair, request};

#[test]
fn a_renewal_gets_two_certificates_whose_bytes_were_recorded_first() {
    let (house, authority) = House::with_authority(4);
    let person = house.person("80010130012");
    let application = house.application(person, 1);
    let prepared = authority
        .prepare(&pair(person, Some(application), 1), NOW)
        .unwrap();
    let intended = house
        .certificates()
        .into_iter()
        .filter(|record| record.status == Status::Intended)
        .count();
    assert_eq!(
        intended, 2,
        "intents must be durable before anything is signed"
    );
    let issued = prepared.issue(NOW).unwrap();
    assert_eq!(issued.len(), 2);
    for record in &issued {
        let certificate = Certificate::from_der(record.der.as_deref().unwrap()).unwrap();
        assert_eq!(record.status, Status::Valid);
        assert_eq!(certificate.tbs_der(), record.to_be_signed);
        assert_eq!(certificate.serial_bytes(), record.serial.as_bytes());
        assert_eq!(certificate.purpose(), record.purpose);
        assert_eq!(
            certificate.crl_distribution_points(),
            [format!(
                "http://pki.example.kz/crl/test/{}.crl",
                record.shard
            )]
        );
        assert_eq!(
            certificate.freshest_crl(),
            [format!(
                "http://pki.example.kz/crl/test/{}-delta.crl",
                record.shard
            )]
        );
        assert_eq!(certificate.ocsp_urls(), ["http://pki.example.kz/ocsp"]);
        assert_eq!(
            certificate.ca_issuer_urls(),
            ["http://pki.example.kz/ca/test.cer"]
        );
        assert_eq!(
            authority
                .find_certificate(certificate.der())
                .unwrap()
                .as_ref(),
            Some(record)
        );
    }
    assert_ne!(issued[0].serial, issued[1].serial);
    let audit = house.audit();
    // The root, the issuing authority, the responder and the seal are certificates too; the root's intent is its issuer's.
    assert_eq!(
        (audit["certificate.intend"], audit["certificate.issue"]),
        (5, 5)
    );
}

#[test]
fn repeating_a_call_for_the_same_application_issues_nothing_more() {
    let (house, authority) = House::with_authority(4);
    let person = house.person("80010130012");
    let application = house.application(person, 1);
    let orders = pair(person, Some(application), 1);
    let first = authority.issue(&orders, NOW).unwrap();
    let again = authority.issue(&orders, later(60)).unwrap();
    assert!(first == again);
    let other_keys = authority.issue(&pair(person, Some(application), 2), NOW);
    assert!(matches!(
        other_keys,
        Err(IssuanceError::Request(RequestFault::ReusedKey))
    ));
    let one_of_two = authority.issue(&orders[..1], NOW);
    assert!(matches!(
        one_of_two,
        Err(IssuanceError::Request(RequestFault::ReusedKey))
    ));
}

#[test]
fn two_threads_with_the_same_application_get_the_same_certificates() {
    let (house, authority) = House::with_authority(4);
    let person = house.person("80010130012");
    let application = house.application(person, 1);
    let orders = pair(person, Some(application), 1);
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| authority.issue(&orders, NOW).unwrap()))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(results.iter().all(|records| *records == results[0]));
    let valid = house
        .certificates()
        .into_iter()
        .filter(|record| record.application.is_some())
        .count();
    assert_eq!(valid, 2);
    house.audit();
}

#[derive(Debug)]
struct Liar(tanba_crypto::SoftwareKey, tanba_crypto::SoftwareKey);

impl Signer for Liar {
    fn public_key(&self) -> &PublicKey {
        self.0.public_key()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.1.sign(message)
    }
}

/// Signs with SHA-1, or says so.
#[derive(Debug)]
struct Old(tanba_crypto::SoftwareKey);

impl Signer for Old {
    fn public_key(&self) -> &PublicKey {
        self.0.public_key()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RsaSha1
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.0.sign(message)
    }
}

#[test]
fn requests_that_are_not_acceptable_leave_nothing_behind() {
    let (house, authority) = House::with_authority(4);
    let person = house.person("80010130012");
    let profile = "neutral-individual-authentication";
    let refused =
        |request: Vec<u8>| match authority.issue(&[order(person, None, profile, request)], NOW) {
            Err(IssuanceError::Request(fault)) => fault,
            other => panic!("{other:?}"),
        };
    assert_eq!(refused(b"not a request".to_vec()), RequestFault::Form);
    assert_eq!(
        refused(request(&Liar(key(1), key(2)))),
        RequestFault::Possession
    );
    assert_eq!(refused(request(&Old(key(5)))), RequestFault::Sha1);
    let service = authority.issue(
        &[order(person, None, "ocsp-responder", request(&key(9)))],
        NOW,
    );
    assert!(
        matches!(service, Err(IssuanceError::Unknown("profile"))),
        "a person must not get a responder's certificate"
    );
    let short = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/rsa-1024-request.der"
    ))
    .unwrap();
    assert_eq!(refused(short), RequestFault::WeakKey);
    let name = DistinguishedNameBuilder::new()
        .push(oid::COMMON_NAME, StringKind::Utf8, "ТӨЛЕ БИ")
        .build()
        .unwrap();
    let foreign = CertificateRequest::build(&name, &key(3), &RequestAttributes::default()).unwrap();
    assert_eq!(refused(foreign), RequestFault::Subject);
    assert!(matches!(
        authority.issue(&[order(person, None, "no-such", request(&key(4)))], NOW),
        Err(IssuanceError::Unknown("profile"))
    ));
    assert!(
        house
            .certificates()
            .iter()
            .all(|record| record.person.is_none())
    );
}

#[test]
fn a_key_that_was_seen_before_is_refused_for_anyone() {
    let (house, authority) = House::with_authority(4);
    let (first, second) = (house.person("80010130012"), house.person("81010130017"));
    let profile = "neutral-individual-authentication";
    authority
        .issue(&[order(first, None, profile, request(&key(1)))], NOW)
        .unwrap();
    for person in [first, second] {
        let again = authority.issue(&[order(person, None, profile, request(&key(1)))], NOW);
        assert!(
            matches!(again, Err(IssuanceError::Request(RequestFault::ReusedKey))),
            "{again:?}"
        );
    }
    let mut twins = pair(first, None, 5);
    twins[1].request = twins[0].request.clone();
    assert!(matches!(
        authority.issue(&twins, NOW),
        Err(IssuanceError::Request(RequestFault::ReusedKey))
    ));
}

#[test]
fn a_frozen_person_gets_nothing_even_when_the_intent_was_recorded_before() {
    let (house, authority) = House::with_authority(4);
    let person = house.person("80010130012");
    let prepared = authority.prepare(&pair(person, None, 1), NOW).unwrap();
    let mut unit = house.storage.begin().unwrap();
    unit.persons().set_frozen(person, Some(NOW)).unwrap();
    unit.commit().unwrap();
    assert!(matches!(prepared.issue(NOW), Err(IssuanceError::Frozen)));
    let records: Vec<_> = house
        .certificates()
        .into_iter()
        .filter(|record| record.person.is_some())
        .collect();
    assert!(
        records
            .iter()
            .all(|record| record.status == Status::Void && record.der.is_none())
    );
    assert_eq!(house.audit()["certificate.void"], 2);
    assert!(matches!(
        authority.issue(&pair(person, None, 2), NOW),
        Err(IssuanceError::Frozen)
    ));
}

#[derive(Debug)]
struct Stuck;

impl RandomSource for Stuck {
    fn fill(&self, octets: &mut [u8]) {
        for (octet, value) in octets.iter_mut().zip(17..) {
            *octet = value;
        }
    }
}

#[test]
fn a_stuck_generator_cannot_make_a_serial_number_twice() {
    let (mut house, _) = House::with_authority(4);
    let person = house.person("80010130012");
    house.reopen();
    let mut parts = house.parts();
    parts.random = Arc::new(Stuck);
    let authority = tanba_ca::Authority::open(parts).unwrap();
    let profile = "neutral-individual-authentication";
    authority
        .issue(&[order(person, None, profile, request(&key(1)))], NOW)
        .unwrap();
    let second = authority.issue(&[order(person, None, profile, request(&key(2)))], NOW);
    assert!(
        matches!(second, Err(IssuanceError::Storage(StorageError::Conflict))),
        "{second:?}"
    );
    let serials: Vec<_> = house
        .certificates()
        .iter()
        .map(|record| (record.issuer, record.serial))
        .collect();
    assert_eq!(serials.iter().collect::<BTreeSet<_>>().len(), serials.len());
}
