//! Key derivation as something that the caller may do elsewhere.
//!
//! Opening or writing a key store costs as much as its key derivations. A browser does PBKDF2 far quicker than this
//! code can, but asynchronously; so the work is described by a request and done by a [`Derive`].

use tanba_crypto::Secret;

use crate::{Hash, KeyPurpose, KeyStoreError};

mod prefetched;
mod session;

pub use prefetched::Prefetched;
pub(crate) use session::{MAX_SALT, Pkcs12Run, Session};

/// One run of PBKDF2 (RFC 8018, 5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pbkdf2Request {
    /// The digest under the HMAC.
    pub hash: Hash,
    /// The password in octets.
    pub password: Secret,
    /// The salt.
    pub salt: Vec<u8>,
    /// Iterations.
    pub iterations: u32,
    /// Octets to derive.
    pub length: usize,
}

impl Pbkdf2Request {
    /// Does the work here and now.
    #[must_use]
    pub fn compute(&self) -> Secret {
        self.hash.pbkdf2(
            self.password.expose(),
            &self.salt,
            self.iterations,
            self.length,
        )
    }

    /// Runs of the compression function.
    fn cost_per_iteration(&self) -> u64 {
        2 * blocks(self.hash, self.length)
    }
}

/// One run of the derivation of RFC 7292 B.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pkcs12Request {
    /// The digest.
    pub hash: Hash,
    /// What the octets are for.
    pub purpose: KeyPurpose,
    /// The password in octets.
    pub password: Secret,
    /// The salt.
    pub salt: Vec<u8>,
    /// Iterations.
    pub iterations: u32,
    /// Octets to derive.
    pub length: usize,
}

impl Pkcs12Request {
    /// Does the work here and now.
    #[must_use]
    pub fn compute(&self) -> Secret {
        self.hash.pkcs12(
            self.purpose,
            self.password.expose(),
            &self.salt,
            self.iterations,
            self.length,
        )
    }

    fn cost_per_iteration(&self) -> u64 {
        blocks(self.hash, self.length)
    }
}

fn blocks(hash: Hash, length: usize) -> u64 {
    u64::try_from(length.div_ceil(hash.size()).max(1)).unwrap_or(u64::MAX)
}

/// Who does key derivations.
///
/// The caller has already checked that the work is within bounds.
pub trait Derive {
    /// Runs PBKDF2.
    ///
    /// # Errors
    /// [`KeyStoreError::DerivationNeeded`] when it must be done elsewhere first.
    fn pbkdf2(&mut self, request: &Pbkdf2Request) -> Result<Secret, KeyStoreError>;

    /// Runs the derivation of RFC 7292 B, which no platform offers.
    ///
    /// # Errors
    /// As [`Derive::pbkdf2`].
    fn pkcs12(&mut self, request: &Pkcs12Request) -> Result<Secret, KeyStoreError> {
        Ok(request.compute())
    }
}

/// Computes everything at once, in this thread.
#[derive(Debug, Clone, Copy, Default)]
pub struct Computing;

impl Derive for Computing {
    fn pbkdf2(&mut self, request: &Pbkdf2Request) -> Result<Secret, KeyStoreError> {
        Ok(request.compute())
    }
}
