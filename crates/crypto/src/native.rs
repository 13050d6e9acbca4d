//! Signing and verifying with AWS-LC.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA384_ASN1,
    ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P384_SHA512_ASN1, ED25519, EcdsaKeyPair, ML_DSA_44,
    ML_DSA_65, ParsedPublicKey, RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaEncoding,
    UnparsedPublicKey, VerificationAlgorithm,
};
use aws_lc_rs::{encoding::AsDer, rsa};

use crate::{KeyAlgorithm, Secret, SignatureAlgorithm};

mod pure;

pub(crate) use pure::{PureForm, PureKey};

/// Whether the signature is right; the algorithm fits the key already.
pub(crate) fn verify(
    key: KeyAlgorithm,
    subject_public_key: &[u8],
    algorithm: SignatureAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    UnparsedPublicKey::new(verifier(key, algorithm), subject_public_key)
        .verify(message, signature)
        .is_ok()
}

/// A public key that was read, with what AWS-LC reckons of it once.
pub(crate) struct ReadKey(ParsedPublicKey);

impl ReadKey {
    /// `None` where AWS-LC refuses the key; the algorithm fits it already.
    pub(crate) fn of(
        key: KeyAlgorithm,
        subject_public_key: &[u8],
        algorithm: SignatureAlgorithm,
    ) -> Option<Self> {
        ParsedPublicKey::new(verifier(key, algorithm), subject_public_key)
            .ok()
            .map(Self)
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

fn verifier(
    key: KeyAlgorithm,
    algorithm: SignatureAlgorithm,
) -> &'static dyn VerificationAlgorithm {
    use SignatureAlgorithm as S;
    match (key, algorithm) {
        (KeyAlgorithm::EcP256, S::EcdsaSha384) => &ECDSA_P256_SHA384_ASN1,
        (KeyAlgorithm::EcP256, S::EcdsaSha512) => &ECDSA_P256_SHA512_ASN1,
        (KeyAlgorithm::EcP256, _) => &ECDSA_P256_SHA256_ASN1,
        (KeyAlgorithm::EcP384, S::EcdsaSha256) => &ECDSA_P384_SHA256_ASN1,
        (KeyAlgorithm::EcP384, S::EcdsaSha512) => &ECDSA_P384_SHA512_ASN1,
        (KeyAlgorithm::EcP384, _) => &ECDSA_P384_SHA384_ASN1,
        (KeyAlgorithm::Rsa { .. }, S::RsaPssSha256) => &RSA_PSS_2048_8192_SHA256,
        (KeyAlgorithm::Rsa { .. }, S::RsaPssSha384) => &RSA_PSS_2048_8192_SHA384,
        (KeyAlgorithm::Rsa { .. }, S::RsaPssSha512) => &RSA_PSS_2048_8192_SHA512,
        (KeyAlgorithm::Rsa { .. }, S::RsaSha1) => &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        (KeyAlgorithm::Rsa { .. }, S::RsaSha384) => &RSA_PKCS1_2048_8192_SHA384,
        (KeyAlgorithm::Rsa { .. }, S::RsaSha512) => &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        (KeyAlgorithm::Rsa { .. }, _) => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        (KeyAlgorithm::Ed25519, _) => &ED25519,
        (KeyAlgorithm::MlDsa44, _) => &ML_DSA_44,
        (KeyAlgorithm::MlDsa65, _) => &ML_DSA_65,
    }
}

/// An RSA key of 2048 bits or more.
#[derive(Debug)]
pub(crate) struct RsaKey(rsa::KeyPair);

impl RsaKey {
    /// Reads an `RSAPrivateKey`; `None` when AWS-LC refuses it (too small, inconsistent).
    pub(crate) fn from_pkcs1(der: &[u8]) -> Option<Self> {
        rsa::KeyPair::from_der(der).ok().map(Self)
    }

    /// Makes a key with AWS-LC's own generator; gives its PKCS#8.
    pub(crate) fn generate(bits: u32) -> Option<Secret> {
        let size = match bits {
            2048 => rsa::KeySize::Rsa2048,
            3072 => rsa::KeySize::Rsa3072,
            4096 => rsa::KeySize::Rsa4096,
            _ => return None,
        };
        let key = rsa::KeyPair::generate(size).ok()?;
        let der = key.as_der().ok()?;
        Some(Secret::new(der.as_ref().to_vec()))
    }

    pub(crate) fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Option<Vec<u8>> {
        let encoding: &'static dyn RsaEncoding = match algorithm {
            SignatureAlgorithm::RsaSha256 => &RSA_PKCS1_SHA256,
            SignatureAlgorithm::RsaSha384 => &RSA_PKCS1_SHA384,
            SignatureAlgorithm::RsaSha512 => &RSA_PKCS1_SHA512,
            SignatureAlgorithm::RsaSha1
            | SignatureAlgorithm::EcdsaSha256
            | SignatureAlgorithm::EcdsaSha384
            | SignatureAlgorithm::EcdsaSha512
            | SignatureAlgorithm::DsaSha1
            | SignatureAlgorithm::RsaPssSha256
            | SignatureAlgorithm::RsaPssSha384
            | SignatureAlgorithm::RsaPssSha512
            | SignatureAlgorithm::Ed25519
            | SignatureAlgorithm::MlDsa44
            | SignatureAlgorithm::MlDsa65 => return None,
        };
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(encoding, &SystemRandom::new(), message, &mut signature)
            .ok()?;
        Some(signature)
    }
}

/// A key on P-256 or P-384 that signs with the digest of its curve.
pub(crate) struct EcKey(EcdsaKeyPair, SignatureAlgorithm);

impl std::fmt::Debug for EcKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("EcKey(…)")
    }
}

impl EcKey {
    pub(crate) fn from_pkcs8(key: KeyAlgorithm, der: &[u8]) -> Option<Self> {
        let signing = match key {
            KeyAlgorithm::EcP256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
            KeyAlgorithm::EcP384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
            KeyAlgorithm::Rsa { .. }
            | KeyAlgorithm::Ed25519
            | KeyAlgorithm::MlDsa44
            | KeyAlgorithm::MlDsa65 => return None,
        };
        let pair = EcdsaKeyPair::from_pkcs8(signing, der).ok()?;
        Some(Self(pair, key.default_signature()))
    }

    /// `None` for a digest that is not the curve's own.
    pub(crate) fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Option<Vec<u8>> {
        if algorithm != self.1 {
            return None;
        }
        let signature = self.0.sign(&SystemRandom::new(), message).ok()?;
        Some(signature.as_ref().to_vec())
    }
}
