use super::{PublicKey, PublicKeyError, Verifier, VerifyError};
use crate::{KeyAlgorithm, SignatureAlgorithm, Signer, SoftwareKey, WeakKey};

/// `SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING }`
fn p256(point: &[u8]) -> Vec<u8> {
    let algorithm = [
        0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
        0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
    ];
    let length = u8::try_from(point.len()).unwrap();
    let mut der = vec![0x30, length + 24];
    der.extend_from_slice(&algorithm);
    der.extend_from_slice(&[0x03, length + 1, 0x00]);
    der.extend_from_slice(point);
    der
}

struct Counter(u8);
impl rand_core::TryRng for Counter {
    type Error = std::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(7)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(7)
    }
    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Self::Error> {
        for octet in target {
            self.0 = self.0.wrapping_add(1);
            *octet = self.0;
        }
        Ok(())
    }
}
impl rand_core::TryCryptoRng for Counter {}

fn key() -> SoftwareKey {
    SoftwareKey::generate(KeyAlgorithm::EcP256, &mut Counter(0)).unwrap()
}

#[test]
fn a_compressed_point_is_the_same_key() {
    let key = key();
    let point = key.public_key().subject_public_key();
    let mut compressed = vec![0x02 | (point[64] & 1)];
    compressed.extend_from_slice(&point[1..33]);
    let other = PublicKey::from_spki_der(&p256(&compressed)).unwrap();
    assert_ne!(&other, key.public_key());
    assert!(key.matches(&other));
    let signature = key.sign(b"message").unwrap();
    other
        .verify(SignatureAlgorithm::EcdsaSha256, b"message", &signature)
        .unwrap();
}

#[test]
fn a_key_in_another_encoding_is_not_certified() {
    let key = key();
    assert_eq!(key.public_key().check_strength(), Ok(()));
    let point = key.public_key().subject_public_key();
    let mut compressed = vec![0x02 | (point[64] & 1)];
    compressed.extend_from_slice(&point[1..33]);
    let other = PublicKey::from_spki_der(&p256(&compressed)).unwrap();
    assert_eq!(other.check_strength(), Err(WeakKey::Encoding));
    assert_eq!(&other.in_usual_encoding().unwrap(), key.public_key());
    assert_eq!(
        &key.public_key().in_usual_encoding().unwrap(),
        key.public_key()
    );

    let rsa = SoftwareKey::generate(KeyAlgorithm::Rsa { bits: 2048 }, &mut Counter(0)).unwrap();
    assert_eq!(rsa.public_key().check_strength(), Ok(()));
    let mut der = rsa.public_key().spki_der().to_vec();
    // SEQUENCE { SEQUENCE { rsaEncryption, NULL }, … } without its NULL.
    let algorithm = der.split_off(4);
    let (algorithm, key) = algorithm.split_at(15);
    assert_eq!(&algorithm[13..], [5, 0]);
    der[2..4].copy_from_slice(&(0x122_u16 - 2).to_be_bytes());
    der.extend_from_slice(&[0x30, 11]);
    der.extend_from_slice(&algorithm[2..13]);
    der.extend_from_slice(key);
    let other = PublicKey::from_spki_der(&der).unwrap();
    assert!(rsa.matches(&other) && other.sha256() != rsa.public_key().sha256());
    assert_eq!(&other.in_usual_encoding().unwrap(), rsa.public_key());
    assert_eq!(other.check_strength(), Err(WeakKey::Encoding));
}

#[test]
fn a_point_off_the_curve_is_weak_and_verifies_nothing() {
    let key = key();
    let mut point = key.public_key().subject_public_key().to_vec();
    *point.last_mut().unwrap() ^= 1;
    let public = PublicKey::from_spki_der(&p256(&point)).unwrap();
    assert_eq!(public.check_strength(), Err(WeakKey::NotOnCurve));
    assert!(public.in_usual_encoding().is_err());
    let signature = key.sign(b"message").unwrap();
    assert_eq!(
        public.verify(SignatureAlgorithm::EcdsaSha256, b"message", &signature),
        Err(VerifyError::Invalid)
    );
}

#[test]
fn an_algorithm_of_another_kind_does_not_fit() {
    let result = key()
        .public_key()
        .verify(SignatureAlgorithm::RsaSha256, b"message", b"signature");
    assert_eq!(result, Err(VerifyError::WrongKey));
}

#[test]
fn trailing_bytes_are_refused() {
    let mut der = key().public_key().spki_der().to_vec();
    der.push(0);
    assert_eq!(
        PublicKey::from_spki_der(&der),
        Err(PublicKeyError::Malformed)
    );
    assert_eq!(
        PublicKey::from_spki_der(&[]),
        Err(PublicKeyError::Malformed)
    );
}

#[test]
fn other_curves_and_algorithms_are_named() {
    let mut der = p256(&[4; 65]);
    // The last arc of prime256v1 becomes that of prime192v1.
    der[22] = 0x01;
    let key = PublicKey::from_spki_der(&der).unwrap();
    assert_eq!(key.algorithm_label(), "EC P-192 (1.2.840.10045.3.1.1)");
    assert!(matches!(key.check_strength(), Err(WeakKey::Unsupported(_))));
    assert!(matches!(
        key.verify(SignatureAlgorithm::EcdsaSha256, b"", b""),
        Err(VerifyError::Unsupported(_))
    ));
}

#[test]
fn a_key_that_was_read_once_verifies_as_one_that_is_read_each_time() {
    for algorithm in [
        KeyAlgorithm::EcP256,
        KeyAlgorithm::EcP384,
        KeyAlgorithm::Rsa { bits: 2048 },
        KeyAlgorithm::Ed25519,
        KeyAlgorithm::MlDsa44,
    ] {
        let key = SoftwareKey::generate(algorithm, &mut Counter(0)).unwrap();
        let other = SoftwareKey::generate(algorithm, &mut Counter(9)).unwrap();
        let verifier = Verifier::new(key.public_key().clone());
        let usual = key.algorithm();
        let signature = key.sign(b"text").unwrap();
        assert_eq!(verifier.verify(usual, b"text", &signature), Ok(()));
        let invalid = Err(VerifyError::Invalid);
        assert_eq!(verifier.verify(usual, b"texT", &signature), invalid);
        assert_eq!(verifier.verify(usual, b"text", &signature[1..]), invalid);
        let foreign = other.sign(b"text").unwrap();
        assert_eq!(verifier.verify(usual, b"text", &foreign), invalid);
    }
}

#[test]
fn what_a_read_key_does_not_do_by_default_is_verified_all_the_same() {
    let key = SoftwareKey::generate(KeyAlgorithm::Rsa { bits: 2048 }, &mut Counter(0)).unwrap();
    let verifier = Verifier::new(key.public_key().clone());
    let signature = key.sign_as(SignatureAlgorithm::RsaSha512, b"text").unwrap();
    let verify = |algorithm| verifier.verify(algorithm, b"text", &signature);
    assert_eq!(verify(SignatureAlgorithm::RsaSha512), Ok(()));
    assert_eq!(
        verify(SignatureAlgorithm::RsaSha256),
        Err(VerifyError::Invalid)
    );
    assert_eq!(
        verify(SignatureAlgorithm::EcdsaSha256),
        Err(VerifyError::WrongKey)
    );
}
