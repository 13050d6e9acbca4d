//! Public keys as certificates carry them.

use std::fmt;

use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP_256_R_1, SECP_384_R_1};
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Decode, Encode};
use spki::SubjectPublicKeyInfo;

use crate::{
    DigestAlgorithm, KeyAlgorithm, SignatureAlgorithm, UnsupportedAlgorithm, WeakKey, dsa, strength,
};

mod parts;
pub(crate) mod pure;
mod verifier;

use parts::rsa_kind;
pub use verifier::Verifier;

/// A public key, kept as the DER of its `SubjectPublicKeyInfo` (RFC 5280, 4.1.2.7).
///
/// Any algorithm can be held; only supported ones verify. Two values are equal when their DER is; see
/// [`is_same_key`](Self::is_same_key) for the key behind different encodings.
#[derive(Clone)]
pub struct PublicKey {
    spki_der: Vec<u8>,
    subject_public_key: Vec<u8>,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Rsa {
        bits: u32,
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    EcP256,
    EcP384,
    /// An algorithm whose key is a string of octets of one length and whose identifier has no parameters.
    Pure(KeyAlgorithm),
    Other(ObjectIdentifier),
}

/// Why bytes are not a public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicKeyError {
    /// Not a `SubjectPublicKeyInfo` in DER, or its key does not fit its algorithm.
    #[error("the public key is malformed")]
    Malformed,
}

/// Why a signature was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The key or the signature is of an algorithm this crate cannot use.
    #[error(transparent)]
    Unsupported(#[from] UnsupportedAlgorithm),
    /// The algorithm needs a key of another kind.
    #[error("the signature algorithm does not fit the key")]
    WrongKey,
    /// The signature is not of this key over this message.
    #[error("the signature is wrong")]
    Invalid,
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo`; trailing bytes are refused.
    ///
    /// # Errors
    /// [`PublicKeyError::Malformed`]; an unknown algorithm is not an error here.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, PublicKeyError> {
        let spki = SubjectPublicKeyInfo::<AnyRef<'_>, BitStringRef<'_>>::from_der(der)
            .map_err(|_| PublicKeyError::Malformed)?;
        let subject_public_key = spki
            .subject_public_key
            .as_bytes()
            .ok_or(PublicKeyError::Malformed)?
            .to_vec();
        let oid = spki.algorithm.oid;
        let kind = if oid == RSA_ENCRYPTION {
            rsa_kind(&subject_public_key)?
        } else if oid == ID_EC_PUBLIC_KEY {
            // A key with explicit curve parameters has no named curve and is not usable (RFC 5480, 2.1.1).
            let curve = spki
                .algorithm
                .parameters
                .and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
            match curve {
                Some(SECP_256_R_1) => Kind::EcP256,
                Some(SECP_384_R_1) => Kind::EcP384,
                other => Kind::Other(other.unwrap_or(oid)),
            }
        } else if let Some(pure) = pure::algorithm_of(oid) {
            if spki.algorithm.parameters.is_some()
                || subject_public_key.len() != pure::key_length(pure)
            {
                return Err(PublicKeyError::Malformed);
            }
            Kind::Pure(pure)
        } else {
            Kind::Other(oid)
        };
        Ok(Self {
            spki_der: der.to_vec(),
            subject_public_key,
            kind,
        })
    }

    /// Writes the `SubjectPublicKeyInfo` of a key that came in parts, as a token gives it.
    ///
    /// `subject_public_key` is what the BIT STRING will contain: an `RSAPublicKey`, an uncompressed point, or the octets
    /// of Ed25519 or ML-DSA.
    ///
    /// # Errors
    /// [`PublicKeyError::Malformed`] when it does not fit the algorithm.
    pub fn from_parts(
        algorithm: KeyAlgorithm,
        subject_public_key: &[u8],
    ) -> Result<Self, PublicKeyError> {
        let key = parts::spki_der(algorithm, subject_public_key)
            .ok_or(PublicKeyError::Malformed)
            .and_then(|der| Self::from_spki_der(&der))?;
        match (key.algorithm(), algorithm) {
            (Ok(read), asked) if read == asked => Ok(key),
            _ => Err(PublicKeyError::Malformed),
        }
    }

    /// The same for the two numbers of an RSA key, big-endian.
    ///
    /// # Errors
    /// [`PublicKeyError::Malformed`] when they are no numbers.
    pub fn from_rsa_numbers(modulus: &[u8], exponent: &[u8]) -> Result<Self, PublicKeyError> {
        parts::rsa_public_key(modulus, exponent)
            .and_then(|key| parts::spki_der(KeyAlgorithm::Rsa { bits: 0 }, &key))
            .ok_or(PublicKeyError::Malformed)
            .and_then(|der| Self::from_spki_der(&der))
    }

    /// The `SubjectPublicKeyInfo` as it was read.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki_der
    }

    /// The contents of the BIT STRING: `RSAPublicKey` or a curve point.
    #[must_use]
    pub fn subject_public_key(&self) -> &[u8] {
        &self.subject_public_key
    }

    /// Kind and size.
    ///
    /// # Errors
    /// [`UnsupportedAlgorithm`] names the algorithm, or the curve of an EC key.
    pub fn algorithm(&self) -> Result<KeyAlgorithm, UnsupportedAlgorithm> {
        match &self.kind {
            Kind::Rsa { bits, .. } => Ok(KeyAlgorithm::Rsa { bits: *bits }),
            Kind::EcP256 => Ok(KeyAlgorithm::EcP256),
            Kind::EcP384 => Ok(KeyAlgorithm::EcP384),
            Kind::Pure(algorithm) => Ok(*algorithm),
            Kind::Other(oid) => Err(UnsupportedAlgorithm::new(*oid)),
        }
    }

    /// What people call the algorithm, supported or not.
    #[must_use]
    pub fn algorithm_label(&self) -> String {
        match self.algorithm() {
            Ok(algorithm) => algorithm.label(),
            Err(unsupported) => unsupported.label(),
        }
    }

    /// SHA-256 of the `SubjectPublicKeyInfo`: the name under which a key is known to have been seen.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        fixed(&DigestAlgorithm::Sha256.digest(&self.spki_der))
    }

    /// Key identifier: SHA-1 of the BIT STRING's contents (RFC 5280, 4.2.1.2, method 1).
    #[must_use]
    pub fn key_id(&self) -> [u8; 20] {
        fixed(&DigestAlgorithm::Sha1.digest(&self.subject_public_key))
    }

    /// Whether both are the same key, whatever the encoding (parameters left out, point compressed).
    #[must_use]
    pub fn is_same_key(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (
                Kind::Rsa {
                    modulus, exponent, ..
                },
                Kind::Rsa {
                    modulus: other_modulus,
                    exponent: other_exponent,
                    ..
                },
            ) => modulus == other_modulus && exponent == other_exponent,
            (Kind::EcP256, Kind::EcP256) => same_point(
                p256::PublicKey::from_sec1_bytes(&self.subject_public_key),
                p256::PublicKey::from_sec1_bytes(&other.subject_public_key),
            ),
            (Kind::EcP384, Kind::EcP384) => same_point(
                p384::PublicKey::from_sec1_bytes(&self.subject_public_key),
                p384::PublicKey::from_sec1_bytes(&other.subject_public_key),
            ),
            (
                Kind::Rsa { .. } | Kind::EcP256 | Kind::EcP384 | Kind::Pure(_) | Kind::Other(_),
                _,
            ) => self.spki_der == other.spki_der,
        }
    }

    /// The same key as everybody writes it, which is what digests of keys are compared by.
    ///
    /// # Errors
    /// [`PublicKeyError::Malformed`] when it is not a key of its curve.
    pub fn in_usual_encoding(&self) -> Result<Self, PublicKeyError> {
        let malformed = |_| PublicKeyError::Malformed;
        match &self.kind {
            Kind::Rsa {
                modulus, exponent, ..
            } => Self::from_rsa_numbers(modulus, exponent),
            Kind::EcP256 => {
                let point = p256::PublicKey::from_sec1_bytes(&self.subject_public_key)
                    .map_err(malformed)?;
                Self::from_parts(KeyAlgorithm::EcP256, &point.to_sec1_bytes())
            }
            Kind::EcP384 => {
                let point = p384::PublicKey::from_sec1_bytes(&self.subject_public_key)
                    .map_err(malformed)?;
                Self::from_parts(KeyAlgorithm::EcP384, &point.to_sec1_bytes())
            }
            Kind::Pure(_) | Kind::Other(_) => Ok(self.clone()),
        }
    }

    /// Verifies a signature over the message.
    ///
    /// # Errors
    /// [`VerifyError`]; a malformed signature is an invalid one.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        if let (Kind::Other(dsa::ID_DSA), SignatureAlgorithm::DsaSha1) = (&self.kind, algorithm) {
            return if dsa::verify_sha1(&self.spki_der, message, signature) {
                Ok(())
            } else {
                Err(VerifyError::Invalid)
            };
        }
        let key = self.algorithm()?;
        if !algorithm.fits(key) {
            return Err(VerifyError::WrongKey);
        }
        #[cfg(not(target_family = "wasm"))]
        let valid =
            crate::native::verify(key, &self.subject_public_key, algorithm, message, signature);
        // What the browser cannot verify is said to be unknown, not wrong.
        #[cfg(target_family = "wasm")]
        if algorithm.is_pure() {
            return Err(UnsupportedAlgorithm::new(algorithm.oid()).into());
        }
        #[cfg(target_family = "wasm")]
        let valid =
            crate::portable::verify(key, &self.subject_public_key, algorithm, message, signature);
        if valid {
            Ok(())
        } else {
            Err(VerifyError::Invalid)
        }
    }

    /// The modulus of an RSA key, big-endian without leading zeros; `None` of other keys.
    #[must_use]
    pub fn rsa_modulus(&self) -> Option<&[u8]> {
        match &self.kind {
            Kind::Rsa { modulus, .. } => Some(modulus),
            Kind::EcP256 | Kind::EcP384 | Kind::Pure(_) | Kind::Other(_) => None,
        }
    }

    /// Whether a certificate may be issued for this key.
    ///
    /// RSA: 2048 to 4096 bits in whole octets, exponent 65537, no prime factor below 10 000, not factored by
    /// 100 rounds of Fermat's method, not made by the flawed library of 2017 (ROCA). EC: a point of the curve.
    /// Both in the one encoding of the standards: RSA with NULL parameters (RFC 3279, 2.3.1), points uncompressed
    /// (RFC 5480, 2.2). Ed25519: none of the points under which anybody can sign; that it is a point at all shows in the
    /// signature of the request. ML-DSA: every key of the right length is one.
    ///
    /// # Errors
    /// [`WeakKey`] says why not.
    pub fn check_strength(&self) -> Result<(), WeakKey> {
        match &self.kind {
            Kind::Rsa {
                bits,
                modulus,
                exponent,
            } => strength::check_rsa(*bits, modulus, exponent)?,
            Kind::EcP256 => strength::check_point(
                p256::PublicKey::from_sec1_bytes(&self.subject_public_key).is_ok(),
            )?,
            Kind::EcP384 => strength::check_point(
                p384::PublicKey::from_sec1_bytes(&self.subject_public_key).is_ok(),
            )?,
            Kind::Pure(KeyAlgorithm::Ed25519) => strength::check_ed25519(&self.subject_public_key)?,
            Kind::Pure(_) => {}
            Kind::Other(oid) => {
                return Err(WeakKey::Unsupported(UnsupportedAlgorithm::new(*oid)));
            }
        }
        if self.has_the_usual_encoding() {
            Ok(())
        } else {
            Err(WeakKey::Encoding)
        }
    }

    /// Whether the key is written as everybody writes it.
    fn has_the_usual_encoding(&self) -> bool {
        match &self.kind {
            Kind::Rsa { .. } => BitStringRef::from_bytes(&self.subject_public_key)
                .and_then(|subject_public_key| {
                    spki::SubjectPublicKeyInfoRef {
                        algorithm: rsa::pkcs1::ALGORITHM_ID,
                        subject_public_key,
                    }
                    .to_der()
                })
                .is_ok_and(|usual| usual == self.spki_der),
            Kind::EcP256 | Kind::EcP384 => self.subject_public_key.first() == Some(&0x04),
            Kind::Pure(_) => true,
            Kind::Other(_) => false,
        }
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki_der == other.spki_der
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({})", self.algorithm_label())
    }
}

fn same_point<T: PartialEq, E>(left: Result<T, E>, right: Result<T, E>) -> bool {
    matches!((left, right), (Ok(left), Ok(right)) if left == right)
}

fn fixed<const N: usize>(digest: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(digest) {
        *to = *from;
    }
    out
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
