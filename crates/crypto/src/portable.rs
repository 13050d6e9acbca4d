//! Signing and verifying with the RustCrypto implementations: the browser, and small old RSA keys everywhere.

use std::convert::Infallible;
use std::fmt;

use der::Decode;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::elliptic_curve::Generate;
use pkcs8::EncodePrivateKey;
use rand_core::{CryptoRng, TryCryptoRng, TryRng};
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, pkcs1};

use crate::{DigestAlgorithm, Hasher, Secret, SignatureAlgorithm};

/// Whether the signature is right; the algorithm fits the key already.
#[cfg(any(target_family = "wasm", test))]
pub(crate) fn verify(
    key: crate::KeyAlgorithm,
    subject_public_key: &[u8],
    algorithm: SignatureAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    use crate::KeyAlgorithm;
    use p256::ecdsa::signature::hazmat::PrehashVerifier;
    let digest = algorithm.digest().digest(message);
    match key {
        KeyAlgorithm::Rsa { .. } => {
            use rsa::pkcs1::DecodeRsaPublicKey;
            rsa::PublicKey::from_pkcs1_der(subject_public_key).is_ok_and(|key| {
                if algorithm.is_pss() {
                    verify_pss(&key, algorithm, &digest, signature)
                } else {
                    key.verify(padding(algorithm), &digest, signature).is_ok()
                }
            })
        }
        KeyAlgorithm::EcP256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(subject_public_key)
            .is_ok_and(|key| {
                p256::ecdsa::Signature::from_der(signature)
                    .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok())
            }),
        KeyAlgorithm::EcP384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(subject_public_key)
            .is_ok_and(|key| {
                p384::ecdsa::Signature::from_der(signature)
                    .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok())
            }),
        // Together they would take more room in a page than is left for everything (docs/divergences.md).
        KeyAlgorithm::Ed25519 | KeyAlgorithm::MlDsa44 | KeyAlgorithm::MlDsa65 => false,
    }
}

#[cfg(any(target_family = "wasm", test))]
fn verify_pss(
    key: &rsa::PublicKey,
    algorithm: SignatureAlgorithm,
    digest: &[u8],
    signature: &[u8],
) -> bool {
    let valid = match algorithm.digest() {
        DigestAlgorithm::Sha256 => key.verify(rsa::Pss::<sha2::Sha256>::new(), digest, signature),
        DigestAlgorithm::Sha384 => key.verify(rsa::Pss::<sha2::Sha384>::new(), digest, signature),
        DigestAlgorithm::Sha512 => key.verify(rsa::Pss::<sha2::Sha512>::new(), digest, signature),
        DigestAlgorithm::Sha1 => return false,
    };
    valid.is_ok()
}

fn padding(algorithm: SignatureAlgorithm) -> Pkcs1v15Sign {
    match algorithm.digest() {
        DigestAlgorithm::Sha1 => Pkcs1v15Sign::new::<sha1::Sha1>(),
        DigestAlgorithm::Sha256 => Pkcs1v15Sign::new::<sha2::Sha256>(),
        DigestAlgorithm::Sha384 => Pkcs1v15Sign::new::<sha2::Sha384>(),
        DigestAlgorithm::Sha512 => Pkcs1v15Sign::new::<sha2::Sha512>(),
    }
}

/// An RSA key of 1024 bits or more.
pub(crate) struct RsaKey {
    key: rsa::PrivateKey,
    blinding: Secret,
}

impl fmt::Debug for RsaKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RsaKey(…)")
    }
}

impl RsaKey {
    /// Reads an `RSAPrivateKey`; `None` when its numbers do not belong together.
    pub(crate) fn from_pkcs1(der: &[u8]) -> Option<Self> {
        let parts = pkcs1::RsaPrivateKeyRef::from_der(der).ok()?;
        let number =
            |part: der::asn1::UintRef<'_>| BoxedUint::from_be_slice_vartime(part.as_bytes());
        let key = rsa::PrivateKey::from_components(
            number(parts.modulus),
            number(parts.public_exponent),
            number(parts.private_exponent),
            vec![number(parts.prime1), number(parts.prime2)],
        )
        .ok()?;
        // What the generator of blinding factors starts from: known only to who has the key.
        let mut hasher = Hasher::new(DigestAlgorithm::Sha256);
        hasher.update(b"tanba: RSA blinding\0");
        hasher.update(der);
        Some(Self {
            key,
            blinding: Secret::new(hasher.finish()),
        })
    }

    /// Makes a key with the given generator; gives its PKCS#8. Slow: seconds for 2048 bits.
    #[cfg(any(target_family = "wasm", test))]
    pub(crate) fn generate(bits: u32, rng: &mut dyn CryptoRng) -> Option<Secret> {
        let key = rsa::PrivateKey::new(rng, usize::try_from(bits).ok()?).ok()?;
        let der = key.to_pkcs8_der().ok()?;
        Some(Secret::new(der.as_bytes().to_vec()))
    }

    pub(crate) fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Option<Vec<u8>> {
        if !algorithm.is_rsa() || !algorithm.may_sign() {
            return None;
        }
        let digest = algorithm.digest().digest(message);
        let mut rng = BlindingRng::new(&self.blinding, &digest);
        let signature = self
            .key
            .sign_with_rng(&mut rng, padding(algorithm), &digest)
            .ok()?;
        (signature.len() == self.key.size()).then_some(signature)
    }
}

/// The generator of one signature's blinding factor.
///
/// SHA-256 over key secret, message digest and counter. Signing has no random generator at hand, and the factor
/// needs only to be unknown to who measures the time, as the nonce of RFC 6979 does.
struct BlindingRng {
    seed: Secret,
    counter: u64,
    block: Vec<u8>,
}

impl BlindingRng {
    fn new(key_secret: &Secret, digest: &[u8]) -> Self {
        let mut hasher = Hasher::new(DigestAlgorithm::Sha256);
        hasher.update(key_secret.expose());
        hasher.update(digest);
        Self {
            seed: Secret::new(hasher.finish()),
            counter: 0,
            block: Vec::new(),
        }
    }

    fn octet(&mut self) -> u8 {
        if let Some(octet) = self.block.pop() {
            return octet;
        }
        let mut hasher = Hasher::new(DigestAlgorithm::Sha256);
        hasher.update(self.seed.expose());
        hasher.update(&self.counter.to_be_bytes());
        self.counter = self.counter.wrapping_add(1);
        self.block = hasher.finish();
        self.block.pop().unwrap_or_default()
    }
}

impl TryRng for BlindingRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes([(); 4].map(|()| self.octet())))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes([(); 8].map(|()| self.octet())))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        target.fill_with(|| self.octet());
        Ok(())
    }
}

impl TryCryptoRng for BlindingRng {}

/// A key on P-256 or P-384; signatures follow RFC 6979.
pub(crate) enum EcKey {
    P256(p256::SecretKey),
    P384(p384::SecretKey),
}

impl fmt::Debug for EcKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EcKey(…)")
    }
}

impl EcKey {
    pub(crate) fn generate_p256(rng: &mut dyn CryptoRng) -> Self {
        Self::P256(p256::SecretKey::generate_from_rng(rng))
    }

    pub(crate) fn generate_p384(rng: &mut dyn CryptoRng) -> Self {
        Self::P384(p384::SecretKey::generate_from_rng(rng))
    }

    /// PKCS#8 with the public point inside.
    pub(crate) fn pkcs8_der(&self) -> Option<Secret> {
        let der = match self {
            Self::P256(key) => key.to_pkcs8_der(),
            Self::P384(key) => key.to_pkcs8_der(),
        };
        Some(Secret::new(der.ok()?.as_bytes().to_vec()))
    }

    /// The `SubjectPublicKeyInfo` with the uncompressed point.
    pub(crate) fn spki_der(&self) -> Option<Vec<u8>> {
        use spki::EncodePublicKey;
        let der = match self {
            Self::P256(key) => key.public_key().to_public_key_der(),
            Self::P384(key) => key.public_key().to_public_key_der(),
        };
        Some(der.ok()?.into_vec())
    }

    pub(crate) fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Option<Vec<u8>> {
        if !algorithm.is_ecdsa() {
            return None;
        }
        let digest = algorithm.digest().digest(message);
        match self {
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = p256::ecdsa::SigningKey::from(key)
                    .sign_prehash(&digest)
                    .ok()?;
                Some(signature.to_der().as_bytes().to_vec())
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature = p384::ecdsa::SigningKey::from(key)
                    .sign_prehash(&digest)
                    .ok()?;
                Some(signature.to_der().as_bytes().to_vec())
            }
        }
    }
}
