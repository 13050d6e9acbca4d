//! What openssl makes of certificates and lists.

use std::fs;
use std::path::Path;
use std::process::Command;

use rand::SeedableRng;
use tanba_ca::{Authority, IssuingKey};
use tanba_crypto::{KeyAlgorithm, SoftwareKey};
use tanba_model::certificate::{CertificateRecord, RevocationReason};
use tanba_model::ports::{CrlKind, Issuance};
use tanba_pki::pem;

use crate::harness::{House, NOW, administrator, later, options, order, pair, request};

fn write_pem(path: &Path, label: &str, der: &[u8]) {
    fs::write(path, pem::encode(label, der)).unwrap();
}

/// Verifies a certificate at a time with root, issuing authority and the lists that the certificates name.
fn verify(
    house: &House,
    authority: &Authority,
    record: &CertificateRecord,
    seconds: u64,
) -> Result<String, String> {
    let folder = house.folder.path();
    let file = |name: &str| folder.join(name);
    let chain = authority.chain();
    write_pem(
        &file("leaf.pem"),
        "CERTIFICATE",
        record.der.as_deref().unwrap(),
    );
    write_pem(&file("issuing.pem"), "CERTIFICATE", &chain[0]);
    write_pem(&file("root.pem"), "CERTIFICATE", &chain[1]);
    let mut unit = house.storage.snapshot().unwrap();
    let root = authority.issuers()[0].id;
    let lists = [
        ("root-crl.pem", root, CrlKind::Full),
        ("base.pem", record.issuer, CrlKind::Shard(record.shard)),
        ("delta.pem", record.issuer, CrlKind::Delta(record.shard)),
    ];
    let mut command = Command::new("openssl");
    command.args([
        "verify",
        "-x509_strict",
        "-crl_check",
        "-crl_check_all",
        "-extended_crl",
        "-use_deltas",
    ]);
    command.args(["-attime", &later(seconds).unix().to_string()]);
    command
        .arg("-CAfile")
        .arg(file("root.pem"))
        .arg("-untrusted")
        .arg(file("issuing.pem"));
    for (name, issuer, kind) in lists {
        write_pem(
            &file(name),
            "X509 CRL",
            &unit.crls().latest(issuer, kind).unwrap().unwrap().der,
        );
        command.arg("-CRLfile").arg(file(name));
    }
    let output = command.arg(file("leaf.pem")).output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() {
        Ok(text)
    } else {
        Err(text)
    }
}

fn check_a_life(key: IssuingKey) {
    let house = House::empty();
    let authority = house.init(&options(key, 3));
    let person = house.person("80010130012");
    let issued = authority.issue(&pair(person, None, 1), NOW).unwrap();
    let record = &issued[0];
    verify(&house, &authority, record, 60).unwrap();
    authority
        .revoke(
            record.id,
            RevocationReason::CertificateHold,
            administrator(),
            later(70),
        )
        .unwrap();
    authority.publish_due(later(71)).unwrap();
    let refused = verify(&house, &authority, record, 80).unwrap_err();
    assert!(refused.contains("certificate revoked"), "{refused}");
    verify(&house, &authority, &issued[1], 80).unwrap();
    // In the base, then lifted by a delta, then gone for good.
    authority.publish_due(later(90_000)).unwrap();
    assert!(
        verify(&house, &authority, record, 90_001)
            .unwrap_err()
            .contains("certificate revoked")
    );
    authority
        .release(record.id, administrator(), later(90_010))
        .unwrap();
    authority.publish_due(later(90_011)).unwrap();
    verify(&house, &authority, record, 90_012).unwrap();
    authority
        .revoke(
            record.id,
            RevocationReason::Superseded,
            administrator(),
            later(90_020),
        )
        .unwrap();
    authority.publish_due(later(90_021)).unwrap();
    assert!(
        verify(&house, &authority, record, 90_022)
            .unwrap_err()
            .contains("certificate revoked")
    );
}

#[test]
fn openssl_follows_a_certificate_through_bases_and_deltas_under_a_p256_authority() {
    check_a_life(IssuingKey::EcP256);
}

#[test]
fn openssl_follows_a_certificate_through_bases_and_deltas_under_an_rsa_authority() {
    check_a_life(IssuingKey::Rsa2048);
}

#[test]
fn openssl_accepts_the_national_rsa_profiles() {
    let house = House::empty();
    let authority = house.init(&options(IssuingKey::Rsa2048, 3));
    let person = house.person("80010130012");
    let mut rng = rand::rngs::StdRng::seed_from_u64(1);
    let orders: Vec<_> = [
        "kz-individual-authentication-rsa",
        "kz-individual-signature-rsa",
    ]
    .into_iter()
    .map(|profile| {
        let key = SoftwareKey::generate(KeyAlgorithm::Rsa { bits: 2048 }, &mut rng).unwrap();
        order(person, None, profile, request(&key))
    })
    .collect();
    for record in authority.issue(&orders, NOW).unwrap() {
        verify(&house, &authority, &record, 60).unwrap();
    }
}
