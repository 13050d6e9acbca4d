//! A private key in memory.

use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP_256_R_1, SECP_384_R_1};
use der::asn1::{ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode};
use pkcs8::PrivateKeyInfoRef;
use rand_core::CryptoRng;
use rsa::pkcs1;

use crate::portable::{self, EcKey};
use crate::{
    KeyAlgorithm, PublicKey, Secret, SignError, SignatureAlgorithm, Signer, UnsupportedAlgorithm,
};

#[cfg(not(target_family = "wasm"))]
mod pure;

/// A private key that lies in this process, as read from a key store or just made.
///
/// Wiped when dropped. Its bytes come out only as [`pkcs8_der`](Self::pkcs8_der), for the key store that
/// encrypts them.
#[derive(Debug)]
pub struct SoftwareKey {
    pkcs8: Secret,
    public: PublicKey,
    algorithm: SignatureAlgorithm,
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    #[cfg(not(target_family = "wasm"))]
    Native(crate::native::RsaKey),
    #[cfg(not(target_family = "wasm"))]
    NativeEc(crate::native::EcKey, EcKey),
    #[cfg(not(target_family = "wasm"))]
    Pure(crate::native::PureKey),
    Rsa(Box<portable::RsaKey>),
    #[cfg(target_family = "wasm")]
    Ec(EcKey),
}

/// Why bytes are not a usable private key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not a `PrivateKeyInfo`, or the key inside does not fit its algorithm.
    #[error("the private key is malformed")]
    Malformed,
    /// A key that this crate cannot use.
    #[error("algorithm not supported yet: {name}")]
    Unsupported {
        /// The identifier of the algorithm or of the curve.
        oid: ObjectIdentifier,
        /// Its name with the identifier: `GOST R 34.10-2015 (1.2.398.3.10.1.1.2.2)`.
        name: String,
    },
    /// The numbers of the key do not belong together.
    #[error("the parts of the private key do not belong together")]
    Inconsistent,
    /// The signature algorithm asked for cannot be made with this key.
    #[error("the signature algorithm does not fit the key")]
    WrongAlgorithm,
    /// No key could be made.
    #[error("the key could not be made")]
    Generation,
}

impl KeyError {
    fn unsupported(oid: ObjectIdentifier) -> Self {
        Self::Unsupported {
            oid,
            name: UnsupportedAlgorithm::new(oid).label(),
        }
    }
}

impl SoftwareKey {
    /// Reads a `PrivateKeyInfo` (RFC 5208) or `OneAsymmetricKey` (RFC 5958); the public half is computed, not
    /// believed.
    ///
    /// # Errors
    /// [`KeyError`]: malformed, unsupported (named), inconsistent.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        let info = PrivateKeyInfoRef::try_from(der).map_err(|_| KeyError::Malformed)?;
        let oid = info.algorithm.oid;
        let key = info.private_key.as_bytes();
        if oid == RSA_ENCRYPTION {
            return Self::from_rsa(key);
        }
        #[cfg(not(target_family = "wasm"))]
        if let Some(algorithm) = crate::public_key::pure::algorithm_of(oid) {
            return match info.algorithm.parameters {
                None => {
                    pure::read(algorithm, key).and_then(|form| Self::from_pure(algorithm, &form))
                }
                Some(_) => Err(KeyError::Malformed),
            };
        }
        if oid != ID_EC_PUBLIC_KEY {
            return Err(KeyError::unsupported(oid));
        }
        let curve = info
            .algorithm
            .parameters
            .and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
        match curve {
            Some(SECP_256_R_1) => {
                let key = p256::SecretKey::from_sec1_der(key).map_err(|_| KeyError::Malformed)?;
                Self::from_ec(EcKey::P256(key), KeyAlgorithm::EcP256)
            }
            Some(SECP_384_R_1) => {
                let key = p384::SecretKey::from_sec1_der(key).map_err(|_| KeyError::Malformed)?;
                Self::from_ec(EcKey::P384(key), KeyAlgorithm::EcP384)
            }
            other => Err(KeyError::unsupported(other.unwrap_or(oid))),
        }
    }

    /// Makes a key.
    ///
    /// RSA: 2048, 3072 or 4096 bits. Natively AWS-LC makes RSA keys with its own generator (`rng` is then unused:
    /// its interface takes none); everywhere else, and for the other algorithms, the given generator is used. Ed25519 and
    /// ML-DSA keys are made natively only.
    ///
    /// # Errors
    /// [`KeyError::Unsupported`] for another size, [`KeyError::Generation`] when no key came out.
    pub fn generate(algorithm: KeyAlgorithm, rng: &mut dyn CryptoRng) -> Result<Self, KeyError> {
        match algorithm {
            KeyAlgorithm::Rsa {
                bits: bits @ (2048 | 3072 | 4096),
            } => {
                #[cfg(not(target_family = "wasm"))]
                let der = crate::native::RsaKey::generate(bits);
                #[cfg(target_family = "wasm")]
                let der = portable::RsaKey::generate(bits, rng);
                Self::from_pkcs8_der(der.ok_or(KeyError::Generation)?.expose())
            }
            KeyAlgorithm::Rsa { .. } => Err(KeyError::Unsupported {
                oid: RSA_ENCRYPTION,
                name: algorithm.label(),
            }),
            KeyAlgorithm::EcP256 => Self::from_ec(EcKey::generate_p256(rng), algorithm),
            KeyAlgorithm::EcP384 => Self::from_ec(EcKey::generate_p384(rng), algorithm),
            #[cfg(not(target_family = "wasm"))]
            KeyAlgorithm::Ed25519 | KeyAlgorithm::MlDsa44 | KeyAlgorithm::MlDsa65 => {
                let mut seed = zeroize::Zeroizing::new([0; 32]);
                rng.fill_bytes(seed.as_mut());
                let form = crate::native::PureForm::Seed(Secret::new(seed.to_vec()));
                Self::from_pure(algorithm, &form)
            }
            #[cfg(target_family = "wasm")]
            KeyAlgorithm::Ed25519 | KeyAlgorithm::MlDsa44 | KeyAlgorithm::MlDsa65 => {
                Err(KeyError::unsupported(algorithm.default_signature().oid()))
            }
        }
    }

    /// The key as `PrivateKeyInfo` in DER, without attributes: for encrypting it into a key store.
    #[must_use]
    pub fn pkcs8_der(&self) -> Secret {
        self.pkcs8.clone()
    }

    /// Whether this is the private half of the public key, whatever the encoding of either.
    #[must_use]
    pub fn matches(&self, public: &PublicKey) -> bool {
        self.public.is_same_key(public)
    }

    /// The same key signing with another algorithm of its kind.
    ///
    /// # Errors
    /// [`KeyError::WrongAlgorithm`] when it does not fit, or is only verified (SHA-1).
    pub fn with_algorithm(mut self, algorithm: SignatureAlgorithm) -> Result<Self, KeyError> {
        if !self.makes(algorithm) {
            return Err(KeyError::WrongAlgorithm);
        }
        self.algorithm = algorithm;
        Ok(self)
    }

    fn makes(&self, algorithm: SignatureAlgorithm) -> bool {
        let fits = self.public.algorithm().is_ok_and(|key| algorithm.fits(key));
        fits && algorithm.may_sign()
    }

    fn from_rsa(pkcs1_der: &[u8]) -> Result<Self, KeyError> {
        let parts =
            pkcs1::RsaPrivateKeyRef::from_der(pkcs1_der).map_err(|_| KeyError::Malformed)?;
        let public_der = parts
            .public_key()
            .to_der()
            .map_err(|_| KeyError::Malformed)?;
        let public = PublicKey::from_spki_der(&rsa_spki(&public_der).ok_or(KeyError::Malformed)?)
            .map_err(|_| KeyError::Malformed)?;
        let pkcs8 = rsa_pkcs8(pkcs1_der).ok_or(KeyError::Malformed)?;
        Ok(Self {
            pkcs8,
            public,
            algorithm: SignatureAlgorithm::RsaSha256,
            inner: rsa_inner(pkcs1_der)?,
        })
    }

    #[cfg(not(target_family = "wasm"))]
    fn from_pure(
        algorithm: KeyAlgorithm,
        form: &crate::native::PureForm,
    ) -> Result<Self, KeyError> {
        let key = crate::native::PureKey::new(algorithm, form).ok_or(KeyError::Inconsistent)?;
        Ok(Self {
            pkcs8: pure::write(algorithm, form).ok_or(KeyError::Malformed)?,
            public: PublicKey::from_parts(algorithm, &key.public_key())
                .map_err(|_| KeyError::Malformed)?,
            algorithm: algorithm.default_signature(),
            inner: Inner::Pure(key),
        })
    }

    fn from_ec(key: EcKey, algorithm: KeyAlgorithm) -> Result<Self, KeyError> {
        let pkcs8 = key.pkcs8_der().ok_or(KeyError::Malformed)?;
        let spki = key.spki_der().ok_or(KeyError::Malformed)?;
        let public = PublicKey::from_spki_der(&spki).map_err(|_| KeyError::Malformed)?;
        #[cfg(not(target_family = "wasm"))]
        let inner = Inner::NativeEc(
            crate::native::EcKey::from_pkcs8(algorithm, pkcs8.expose())
                .ok_or(KeyError::Inconsistent)?,
            key,
        );
        #[cfg(target_family = "wasm")]
        let inner = Inner::Ec(key);
        Ok(Self {
            pkcs8,
            public,
            algorithm: algorithm.default_signature(),
            inner,
        })
    }
}

impl Signer for SoftwareKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn may_hang(&self) -> bool {
        false
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.sign_as(self.algorithm, message)
    }

    fn sign_as(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
        if !self.makes(algorithm) {
            return Err(SignError::other_algorithm(algorithm));
        }
        let signature = match &self.inner {
            #[cfg(not(target_family = "wasm"))]
            Inner::Native(key) => key.sign(algorithm, message),
            #[cfg(not(target_family = "wasm"))]
            Inner::NativeEc(native, key) => native
                .sign(algorithm, message)
                .or_else(|| key.sign(algorithm, message)),
            #[cfg(not(target_family = "wasm"))]
            Inner::Pure(key) => key.sign(message),
            Inner::Rsa(key) => key.sign(algorithm, message),
            #[cfg(target_family = "wasm")]
            Inner::Ec(key) => key.sign(algorithm, message),
        };
        signature.ok_or(SignError::Failed)
    }
}

#[cfg(not(target_family = "wasm"))]
fn rsa_inner(pkcs1_der: &[u8]) -> Result<Inner, KeyError> {
    if let Some(key) = crate::native::RsaKey::from_pkcs1(pkcs1_der) {
        return Ok(Inner::Native(key));
    }
    portable_rsa(pkcs1_der)
}

#[cfg(target_family = "wasm")]
fn rsa_inner(pkcs1_der: &[u8]) -> Result<Inner, KeyError> {
    portable_rsa(pkcs1_der)
}

fn portable_rsa(pkcs1_der: &[u8]) -> Result<Inner, KeyError> {
    let key = portable::RsaKey::from_pkcs1(pkcs1_der).ok_or(KeyError::Inconsistent)?;
    Ok(Inner::Rsa(Box::new(key)))
}

fn rsa_spki(public_der: &[u8]) -> Option<Vec<u8>> {
    spki::SubjectPublicKeyInfoRef {
        algorithm: pkcs1::ALGORITHM_ID,
        subject_public_key: der::asn1::BitStringRef::from_bytes(public_der).ok()?,
    }
    .to_der()
    .ok()
}

fn rsa_pkcs8(pkcs1_der: &[u8]) -> Option<Secret> {
    let key = OctetStringRef::new(pkcs1_der).ok()?;
    PrivateKeyInfoRef::new(pkcs1::ALGORITHM_ID, key)
        .to_der()
        .ok()
        .map(Secret::new)
}

#[cfg(test)]
mod tests;
