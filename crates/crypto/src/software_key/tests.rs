use rand_core::{TryCryptoRng, TryRng};

use super::{KeyError, SoftwareKey};
use crate::portable::{self, EcKey};
use crate::{KeyAlgorithm, PublicKey, SignatureAlgorithm, Signer, VerifyError};

/// A generator for tests: splitmix64, never the same twice in a row, always the same in total.
struct Seeded(u64);

impl TryRng for Seeded {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64()
            .map(|number| u32::try_from(number >> 32).unwrap())
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(mixed ^ (mixed >> 31))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in target.chunks_mut(8) {
            let bytes = self.try_next_u64()?.to_be_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}

const KEYS: [KeyAlgorithm; 3] = [
    KeyAlgorithm::Rsa { bits: 2048 },
    KeyAlgorithm::EcP256,
    KeyAlgorithm::EcP384,
];

fn algorithms_of(key: KeyAlgorithm) -> Vec<SignatureAlgorithm> {
    SignatureAlgorithm::ALL
        .into_iter()
        .filter(|algorithm| algorithm.fits(key) && algorithm.may_sign())
        .collect()
}

#[test]
fn a_signature_verifies_with_both_implementations_and_nothing_else_does() {
    for algorithm in KEYS {
        let key = SoftwareKey::generate(algorithm, &mut Seeded(1)).unwrap();
        assert_eq!(key.public_key().algorithm().unwrap(), algorithm);
        key.public_key().check_strength().unwrap();
        let pkcs8 = key.pkcs8_der();
        for signature_algorithm in algorithms_of(algorithm) {
            let key = SoftwareKey::from_pkcs8_der(pkcs8.expose()).unwrap();
            let key = key.with_algorithm(signature_algorithm).unwrap();
            let mut signature = key.sign(b"message").unwrap();
            let public = PublicKey::from_spki_der(key.public_key().spki_der()).unwrap();
            public
                .verify(signature_algorithm, b"message", &signature)
                .unwrap();
            let portable = |message: &[u8], signature: &[u8]| {
                portable::verify(
                    algorithm,
                    public.subject_public_key(),
                    signature_algorithm,
                    message,
                    signature,
                )
            };
            assert!(portable(b"message", &signature), "{signature_algorithm:?}");
            assert!(!portable(b"massage", &signature));
            assert_eq!(
                public.verify(signature_algorithm, b"massage", &signature),
                Err(VerifyError::Invalid)
            );
            *signature.last_mut().unwrap() ^= 1;
            assert_eq!(
                public.verify(signature_algorithm, b"message", &signature),
                Err(VerifyError::Invalid)
            );
            assert!(!portable(b"message", &signature));
        }
    }
}

#[test]
fn the_portable_implementation_signs_what_the_native_one_accepts() {
    let key = SoftwareKey::generate(KeyAlgorithm::Rsa { bits: 2048 }, &mut Seeded(2)).unwrap();
    let pkcs8 = key.pkcs8_der();
    let info = pkcs8::PrivateKeyInfoRef::try_from(pkcs8.expose()).unwrap();
    let portable = portable::RsaKey::from_pkcs1(info.private_key.as_bytes()).unwrap();
    for algorithm in algorithms_of(KeyAlgorithm::Rsa { bits: 2048 }) {
        let signature = portable.sign(algorithm, b"message").unwrap();
        key.public_key()
            .verify(algorithm, b"message", &signature)
            .unwrap();
    }
    let ec = EcKey::generate_p256(&mut Seeded(3));
    let public = PublicKey::from_spki_der(&ec.spki_der().unwrap()).unwrap();
    for algorithm in algorithms_of(KeyAlgorithm::EcP256) {
        let signature = ec.sign(algorithm, b"message").unwrap();
        public.verify(algorithm, b"message", &signature).unwrap();
    }
}

#[test]
fn the_portable_generator_makes_a_key_that_the_native_one_reads() {
    let der = portable::RsaKey::generate(2048, &mut Seeded(4)).unwrap();
    let key = SoftwareKey::from_pkcs8_der(der.expose()).unwrap();
    assert!(matches!(key.inner, super::Inner::Native(_)));
    key.public_key().check_strength().unwrap();
}

#[test]
fn a_key_matches_only_its_own_public_key() {
    let first = SoftwareKey::generate(KeyAlgorithm::EcP256, &mut Seeded(5)).unwrap();
    let second = SoftwareKey::generate(KeyAlgorithm::EcP256, &mut Seeded(6)).unwrap();
    assert!(first.matches(first.public_key()));
    assert!(!first.matches(second.public_key()));
}

#[test]
fn ec_generation_uses_the_given_generator_only() {
    let make = || {
        SoftwareKey::generate(KeyAlgorithm::EcP384, &mut Seeded(7))
            .unwrap()
            .pkcs8_der()
    };
    assert_eq!(make(), make());
}

#[test]
fn a_national_key_is_refused_by_name() {
    // SEQUENCE { 0, SEQUENCE { 1.2.398.3.10.1.1.2.2 }, OCTET STRING { 01 } }
    let der = [
        0x30, 0x13, 0x02, 0x01, 0x00, 0x30, 0x0b, 0x06, 0x09, 0x2a, 0x83, 0x0e, 0x03, 0x0a, 0x01,
        0x01, 0x02, 0x02, 0x04, 0x01, 0x01,
    ];
    let error = SoftwareKey::from_pkcs8_der(&der).unwrap_err();
    let KeyError::Unsupported { name, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(name, "GOST R 34.10-2015 (1.2.398.3.10.1.1.2.2)");
}

#[test]
fn rubbish_and_other_sizes_are_refused() {
    assert!(matches!(
        SoftwareKey::from_pkcs8_der(b"rubbish"),
        Err(KeyError::Malformed)
    ));
    let size = KeyAlgorithm::Rsa { bits: 1024 };
    assert!(matches!(
        SoftwareKey::generate(size, &mut Seeded(8)),
        Err(KeyError::Unsupported { .. })
    ));
}

#[test]
fn debug_shows_no_key() {
    let key = SoftwareKey::generate(KeyAlgorithm::EcP256, &mut Seeded(9)).unwrap();
    assert_eq!(
        format!("{key:?}"),
        "SoftwareKey { pkcs8: Secret(…), public: PublicKey(EC P-256), algorithm: EcdsaSha256, \
         inner: NativeEc(EcKey(…), EcKey(…)) }"
    );
}
