//! What the tests of this crate share.

use std::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use tanba_crypto::{PublicKey, Signer, SoftwareKey};

use crate::profile::{IssuerUrls, Profile, Subject, TbsInput};
use crate::{Certificate, DistinguishedName, SerialNumber, Timestamp, assemble_certificate, oid};

/// A generator that gives the same numbers for the same seed (splitmix64).
pub(crate) struct Seeded(pub(crate) u64);

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64()
            .map(|number| u32::try_from(number >> 32).unwrap())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(mixed ^ (mixed >> 31))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        for chunk in target.chunks_mut(8) {
            let bytes = self.try_next_u64()?.to_be_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}

/// A key of ours by name; see `tests/data`.
pub(crate) fn key(name: &str) -> SoftwareKey {
    let path = format!("{}/tests/data/{name}.key.pem", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let block = crate::pem::decode_all(&text).unwrap().remove(0);
    SoftwareKey::from_pkcs8_der(&block.der).unwrap()
}

/// Where the test authority publishes.
pub(crate) fn urls() -> IssuerUrls {
    IssuerUrls {
        ca_issuers: Some("http://pki.example.kz/ca/test.cer".into()),
        ocsp: Some("http://pki.example.kz/ocsp".into()),
        crl: Some("http://pki.example.kz/crl/test/0.crl".into()),
        freshest_crl: Some("http://pki.example.kz/crl/test/0-delta.crl".into()),
    }
}

/// A self-signed root, RSA-4096, and its key.
pub(crate) fn root() -> (Certificate, SoftwareKey) {
    let key = key("root");
    let profile = Profile::builtin("root-ca").unwrap();
    let name = profile
        .subject_name(&Subject::service("НЕГІЗГІ КО TEST (RSA)", None, "KZ"))
        .unwrap();
    let certificate = certify(
        &profile,
        &name,
        key.public_key(),
        &name,
        &key,
        "2026-01-01T00:00:00Z",
        20,
        &IssuerUrls::default(),
    );
    (certificate, key)
}

/// An issuing authority under [`root`], RSA-2048, and its key.
pub(crate) fn authority() -> (Certificate, SoftwareKey) {
    let (root, root_key) = root();
    let key = key("authority");
    let profile = Profile::builtin("issuing-ca").unwrap();
    let name = profile
        .subject_name(&Subject::service("ҰКО TEST (RSA)", None, "KZ"))
        .unwrap();
    let urls = IssuerUrls {
        ocsp: None,
        freshest_crl: None,
        ..urls()
    };
    let certificate = certify(
        &profile,
        &name,
        key.public_key(),
        root.subject(),
        &root_key,
        "2026-01-01T00:00:00Z",
        10,
        &urls,
    );
    (certificate, key)
}

#[expect(
    clippy::too_many_arguments,
    reason = "a test helper; each argument is one field of the certificate"
)]
pub(crate) fn certify(
    profile: &Profile,
    subject: &DistinguishedName,
    public_key: &PublicKey,
    issuer_name: &DistinguishedName,
    issuer: &SoftwareKey,
    not_before: &str,
    years: u16,
    urls: &IssuerUrls,
) -> Certificate {
    let not_before = Timestamp::parse_rfc3339(not_before).unwrap();
    let tbs = profile
        .prepare(&TbsInput {
            serial: SerialNumber::random(&mut Seeded(u64::from(years))),
            issuer_name,
            issuer_key_id: &issuer.public_key().key_id(),
            signature_algorithm: issuer.algorithm(),
            not_before,
            not_after: not_before.plus_years(years),
            subject,
            public_key,
            email: None,
            keystore: Some(oid::KZ_KEYSTORE_PKCS12),
            urls,
        })
        .unwrap();
    let signature = issuer.sign(&tbs).unwrap();
    Certificate::from_der(&assemble_certificate(&tbs, issuer.algorithm(), &signature)).unwrap()
}
