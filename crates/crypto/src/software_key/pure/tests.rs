use rand_core::{TryCryptoRng, TryRng};

use super::*;
use crate::{PublicKey, Signer, SoftwareKey, VerifyError, WeakKey};

const PURE: [KeyAlgorithm; 3] = [
    KeyAlgorithm::Ed25519,
    KeyAlgorithm::MlDsa44,
    KeyAlgorithm::MlDsa65,
];

/// Always the same octets.
struct Constant(u8);

impl TryRng for Constant {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(u32::from_be_bytes([self.0; 4]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(u64::from_be_bytes([self.0; 8]))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Self::Error> {
        target.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Constant {}

fn key(algorithm: KeyAlgorithm, octet: u8) -> SoftwareKey {
    SoftwareKey::generate(algorithm, &mut Constant(octet)).unwrap()
}

/// A `PrivateKeyInfo` around these octets.
fn info(algorithm: KeyAlgorithm, inner: &[u8]) -> Vec<u8> {
    let identifier = AlgorithmIdentifierRef {
        oid: algorithm.default_signature().oid(),
        parameters: None,
    };
    PrivateKeyInfoRef::new(identifier, OctetStringRef::new(inner).unwrap())
        .to_der()
        .unwrap()
}

fn octet_string(content: &[u8]) -> Vec<u8> {
    OctetStringRef::new(content).unwrap().to_der().unwrap()
}

fn expanded(algorithm: KeyAlgorithm, octet: u8) -> Vec<u8> {
    use aws_lc_rs::encoding::AsRawBytes;
    use aws_lc_rs::signature::{ML_DSA_44_SIGNING, ML_DSA_65_SIGNING, PqdsaKeyPair};
    let signing = if algorithm == KeyAlgorithm::MlDsa44 {
        &ML_DSA_44_SIGNING
    } else {
        &ML_DSA_65_SIGNING
    };
    let pair = PqdsaKeyPair::from_seed(signing, &[octet; 32]).unwrap();
    pair.private_key().as_raw_bytes().unwrap().as_ref().to_vec()
}

#[test]
fn a_key_comes_back_from_its_pkcs8_and_signs() {
    for algorithm in PURE {
        let made = key(algorithm, 1);
        assert_eq!(made.public_key().algorithm(), Ok(algorithm));
        made.public_key().check_strength().unwrap();
        let read = SoftwareKey::from_pkcs8_der(made.pkcs8_der().expose()).unwrap();
        assert_eq!(read.public_key(), made.public_key());
        let public = PublicKey::from_spki_der(made.public_key().spki_der()).unwrap();
        let mut signature = read.sign(b"message").unwrap();
        public
            .verify(read.algorithm(), b"message", &signature)
            .unwrap();
        let wrong = Err(VerifyError::Invalid);
        assert_eq!(
            public.verify(read.algorithm(), b"massage", &signature),
            wrong
        );
        signature[10] ^= 1;
        assert_eq!(
            public.verify(read.algorithm(), b"message", &signature),
            wrong
        );
        let other = key(algorithm, 2);
        assert_eq!(
            other.public_key().verify(
                read.algorithm(),
                b"message",
                &read.sign(b"message").unwrap()
            ),
            wrong
        );
    }
}

#[test]
fn the_key_of_rfc_8410_is_read() {
    // RFC 8410, 10.3, and its public half from 10.1.
    let der = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20, 0xd4, 0xee, 0x72, 0xdb, 0xf9, 0x13, 0x58, 0x4a, 0xd5, 0xb6, 0xd8, 0xf1, 0xf7, 0x69,
        0xf8, 0xad, 0x3a, 0xfe, 0x7c, 0x28, 0xcb, 0xf1, 0xd4, 0xfb, 0xe0, 0x97, 0xa8, 0x8f, 0x44,
        0x75, 0x58, 0x42,
    ];
    let key = SoftwareKey::from_pkcs8_der(&der).unwrap();
    assert_eq!(
        key.public_key().subject_public_key()[..8],
        [0x19, 0xbf, 0x44, 0x09, 0x69, 0x84, 0xcd, 0xfe]
    );
    assert_eq!(key.pkcs8_der().expose(), der);
}

#[test]
fn all_three_forms_of_an_ml_dsa_key_are_the_same_key() {
    for algorithm in [KeyAlgorithm::MlDsa44, KeyAlgorithm::MlDsa65] {
        let of_seed = key(algorithm, 3);
        let (seed, expanded) = ([3; 32], expanded(algorithm, 3));
        let alone = info(algorithm, &octet_string(&expanded));
        let alone = SoftwareKey::from_pkcs8_der(&alone).unwrap();
        assert_eq!(alone.public_key(), of_seed.public_key());
        let signature = alone.sign(b"message").unwrap();
        of_seed
            .public_key()
            .verify(alone.algorithm(), b"message", &signature)
            .unwrap();
        // An expanded key has no way back to its seed, so it stays as it is.
        let again = SoftwareKey::from_pkcs8_der(alone.pkcs8_der().expose()).unwrap();
        assert_eq!(again.public_key(), of_seed.public_key());

        let pair = |seed: &[u8], expanded: &[u8]| {
            let content = [octet_string(seed), octet_string(expanded)].concat();
            let length = u16::try_from(content.len()).unwrap().to_be_bytes();
            let both = [&[0x30, 0x82], length.as_slice(), &content].concat();
            SoftwareKey::from_pkcs8_der(&info(algorithm, &both))
        };
        let both = pair(&seed, &expanded).unwrap();
        assert_eq!(both.public_key(), of_seed.public_key());
        assert_eq!(both.pkcs8_der(), of_seed.pkcs8_der());
        assert!(matches!(
            pair(&[4; 32], &expanded),
            Err(KeyError::Inconsistent)
        ));
        assert!(matches!(
            pair(&[3; 31], &expanded),
            Err(KeyError::Malformed)
        ));
    }
}

#[test]
fn keys_of_another_length_or_with_parameters_are_refused() {
    for algorithm in PURE {
        for inner in [
            &[0x80, 0x20, 1, 2][..],
            &octet_string(&[1; 31]),
            b"",
            &[0x30, 0x00],
        ] {
            assert!(
                SoftwareKey::from_pkcs8_der(&info(algorithm, inner)).is_err(),
                "{algorithm}"
            );
        }
        let spki = key(algorithm, 1).public_key().spki_der().to_vec();
        assert!(PublicKey::from_parts(algorithm, &[0; 31]).is_err());
        // NULL where there are no parameters (RFC 8410, 3; RFC 9881, 2).
        let short = PublicKey::from_spki_der(&spki[..spki.len() - 1]);
        assert!(short.is_err());
    }
    let null = [
        &[
            0x30, 0x2c, 0x30, 0x07, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x05, 0x00, 0x03, 0x21, 0x00,
        ],
        key(KeyAlgorithm::Ed25519, 1)
            .public_key()
            .subject_public_key(),
    ]
    .concat();
    assert!(PublicKey::from_spki_der(&null).is_err());
}

#[test]
fn keys_under_which_anybody_can_sign_are_weak() {
    let mut high = [0xff; 32];
    high[31] = 0x7f;
    let mut minus_one = high;
    minus_one[0] = 0xec;
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut negative = identity;
    negative[31] = 0x80;
    for point in [[0; 32], identity, negative, minus_one, high] {
        let key = PublicKey::from_parts(KeyAlgorithm::Ed25519, &point).unwrap();
        assert_eq!(key.check_strength(), Err(WeakKey::SmallOrder), "{point:x?}");
    }
}
