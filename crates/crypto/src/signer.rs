//! The one shape of every private key.

use std::error::Error;
use std::fmt;

use crate::{PublicKey, SignatureAlgorithm};

/// A private key that signs: a software key, a token, a module in a data centre.
///
/// Key bytes never cross a crate border, a `Signer` does. Calls block (hardware does), so async code calls it on
/// its blocking pool.
pub trait Signer: fmt::Debug + Send + Sync {
    /// The public half.
    fn public_key(&self) -> &PublicKey;

    /// The algorithm of the signatures that [`sign`](Self::sign) makes.
    fn algorithm(&self) -> SignatureAlgorithm;

    /// Signs the message (not its digest). ECDSA values are DER `ECDSA-Sig-Value`.
    ///
    /// # Errors
    /// [`SignError`] when no signature was made.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;

    /// Signs with another algorithm of the key's kind than [`algorithm`](Self::algorithm), where the key can: what is
    /// signed may be known by its digest alone, and that is of the digest that somebody else chose.
    ///
    /// # Errors
    /// [`SignError::Refused`] when the key has this algorithm not; else as [`sign`](Self::sign).
    fn sign_as(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SignError> {
        if algorithm == self.algorithm() {
            return self.sign(message);
        }
        Err(SignError::other_algorithm(algorithm))
    }

    /// Whether a signature may never come: a device can hang, arithmetic cannot. Whoever must not wait for ever gives
    /// such a key a thread of its own.
    fn may_hang(&self) -> bool {
        true
    }
}

/// Why no signature was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The device is absent or does not answer; trying later may help.
    #[error("the signing key does not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The key refused: wrong or missing PIN, use not allowed.
    #[error("the signing key refused: {reason}")]
    Refused {
        /// Why, in words for the operator.
        reason: String,
    },
    /// The computation failed; the key or the machine is broken.
    #[error("the signature could not be computed")]
    Failed,
}

impl SignError {
    /// The key makes no signatures of this algorithm.
    #[must_use]
    pub fn other_algorithm(algorithm: SignatureAlgorithm) -> Self {
        Self::Refused {
            reason: format!("it makes no signatures with {}", algorithm.label()),
        }
    }
}
