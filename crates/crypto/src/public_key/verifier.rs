//! One key, many signatures.

use std::fmt;

#[cfg(not(target_family = "wasm"))]
use crate::native::ReadKey;
use crate::{PublicKey, SignatureAlgorithm, VerifyError};

/// A public key whose signatures are verified again and again, as an authority's own are: it is read once.
pub struct Verifier {
    key: PublicKey,
    /// `None` where the key is of no supported algorithm, or AWS-LC cannot read it.
    #[cfg(not(target_family = "wasm"))]
    ready: Option<(SignatureAlgorithm, ReadKey)>,
}

impl Verifier {
    /// Reads the key for signatures of the algorithm that it makes by default. Of a key that cannot be read, each
    /// verification says why.
    #[must_use]
    pub fn new(key: PublicKey) -> Self {
        #[cfg(not(target_family = "wasm"))]
        let ready = key.algorithm().ok().and_then(|kind| {
            let algorithm = kind.default_signature();
            let read = ReadKey::of(kind, key.subject_public_key(), algorithm)?;
            Some((algorithm, read))
        });
        Self {
            key,
            #[cfg(not(target_family = "wasm"))]
            ready,
        }
    }

    /// As [`PublicKey::verify`].
    ///
    /// # Errors
    /// [`VerifyError`], the same.
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        #[cfg(not(target_family = "wasm"))]
        if let Some((usual, key)) = &self.ready
            && *usual == algorithm
        {
            let right = key.verify(message, signature);
            return right.then_some(()).ok_or(VerifyError::Invalid);
        }
        self.key.verify(algorithm, message, signature)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Verifier")
            .field(&self.key.algorithm_label())
            .finish()
    }
}
