//! Making an authority and opening it again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tanba_ca::{Authority, AuthorityError, Cost, IssuingKey, KeyVault, KeyVaultError};
use tanba_crypto::{KeyAlgorithm, Secret};
use tanba_model::ports::{CrlKind, Issuance, IssuerKind, OcspSigners};
use tanba_pki::Certificate;

use crate::harness::{House, NOW, administrator, options, random};

#[test]
fn an_authority_has_a_root_an_issuing_key_a_responder_and_all_lists() {
    let house = House::empty();
    let authority = house.init(&options(IssuingKey::Rsa2048, 3));
    let issuers = authority.issuers();
    assert_eq!(
        issuers.iter().map(|issuer| issuer.kind).collect::<Vec<_>>(),
        [IssuerKind::Root, IssuerKind::Issuing]
    );
    assert_eq!(
        issuers[0].certificate.public_key().algorithm(),
        Ok(KeyAlgorithm::Rsa { bits: 4096 })
    );
    assert_eq!(
        issuers[1].certificate.public_key().algorithm(),
        Ok(KeyAlgorithm::Rsa { bits: 2048 })
    );
    assert_eq!(
        issuers[1].certificate.subject().common_name().as_deref(),
        Some("ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA) TEST")
    );
    assert_eq!(
        issuers[1].certificate.crl_distribution_points(),
        ["http://pki.example.kz/crl/root.crl"]
    );
    assert_eq!(
        issuers[1].certificate.ca_issuer_urls(),
        ["http://pki.example.kz/ca/root.cer"]
    );
    assert_eq!(authority.public_url(), Some("http://pki.example.kz"));
    let chain: Vec<_> = authority
        .chain()
        .iter()
        .map(|der| Certificate::from_der(der).unwrap())
        .collect();
    assert_eq!(chain.len(), 2);
    chain[0].verify_signed_by(chain[1].public_key()).unwrap();
    chain[1].verify_signed_by(chain[1].public_key()).unwrap();
    let responder = authority.of(issuers[1].id).unwrap();
    Certificate::from_der(&responder.certificate)
        .unwrap()
        .verify_signed_by(chain[0].public_key())
        .unwrap();
    assert!(authority.of(issuers[0].id).is_none());
    let mut unit = house.storage.snapshot().unwrap();
    for kind in [
        CrlKind::Full,
        CrlKind::Shard(0),
        CrlKind::Shard(2),
        CrlKind::Delta(0),
        CrlKind::Delta(2),
    ] {
        assert!(
            unit.crls().latest(issuers[1].id, kind).unwrap().is_some(),
            "{kind:?}"
        );
    }
    assert!(
        unit.crls()
            .latest(issuers[0].id, CrlKind::Full)
            .unwrap()
            .is_some()
    );
    house.audit();
}

#[test]
fn a_second_authority_is_refused_and_the_first_opens_again() {
    let (mut house, _) = House::with_authority(2);
    let again = tanba_ca::init(
        house.parts(),
        &options(IssuingKey::EcP256, 2),
        &administrator(),
        NOW,
        &mut |_| {},
    );
    assert!(matches!(again, Err(AuthorityError::Exists)));
    assert_eq!(house.reopen().chain().len(), 2);
}

#[test]
fn an_empty_house_has_no_authority() {
    assert!(matches!(
        Authority::open(House::empty().parts()),
        Err(AuthorityError::Absent)
    ));
}

#[test]
fn another_passphrase_does_not_open_the_authority() {
    let (house, _) = House::with_authority(2);
    let mut parts = house.parts();
    let passphrase = Secret::from("another".to_owned());
    parts.chest =
        Arc::new(KeyVault::create(&passphrase, Cost::THROW_AWAY, random(3).as_ref()).unwrap());
    let refused = Authority::open(parts);
    assert!(matches!(
        refused,
        Err(AuthorityError::Key {
            source: KeyVaultError::WrongPassphrase,
            ..
        })
    ));
}

#[test]
fn a_crash_in_the_middle_of_making_an_authority_is_taken_up_where_it_stopped() {
    let house = House::empty();
    let mut roots = Vec::new();
    // Without any key, with the root's; then with those of the issuing authority and its responder, but not the seal's.
    for keys in 0..3 {
        house.chest.controls.keys_left.store(keys, Ordering::SeqCst);
        let parts = house.parts();
        let result = tanba_ca::init(
            parts,
            &options(IssuingKey::EcP256, 2),
            &administrator(),
            NOW,
            &mut |_| {},
        );
        assert!(
            matches!(result, Err(AuthorityError::Key { .. })),
            "{keys}: {result:?}"
        );
        roots.extend(
            house
                .storage
                .snapshot()
                .unwrap()
                .issuers()
                .all()
                .unwrap()
                .first()
                .map(|root| root.issuer.certificate.clone()),
        );
    }
    // The authority is there; what it lacks, upkeep makes.
    house.chest.controls.keys_left.store(1, Ordering::SeqCst);
    let authority = Authority::open(house.parts()).unwrap();
    assert_eq!(authority.maintain(NOW).unwrap().seals.len(), 1);
    assert!(authority.seal().is_some());
    assert_eq!(roots.len(), 2);
    assert_eq!(
        roots[0], roots[1],
        "a root that was made must not be made again"
    );
    house.audit();
}
