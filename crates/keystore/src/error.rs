//! What can go wrong with a key store, by what its owner can do about it.

use crate::FileType;
use crate::derive::Pbkdf2Request;

/// Why a key store was not opened, changed or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyStoreError {
    /// The bytes are something else; choosing another file helps.
    #[error("this is not a key store but {}", found.label())]
    NotAKeyStore {
        /// What the file looks like.
        found: FileType,
    },
    /// The password does not fit; typing it again helps.
    ///
    /// A file whose encrypted part was changed looks the same: the check value covers both.
    #[error("the password is wrong")]
    WrongPassword,
    /// The password is not text in UTF-8, so it has no form that key stores use.
    #[error("the password is not text in UTF-8")]
    PasswordNotText,
    /// The structure is broken; another copy of the file helps.
    #[error("the file is damaged at offset {offset}")]
    Damaged {
        /// Offset in the file of the element that cannot be read (of the enclosing one inside decrypted parts).
        offset: usize,
    },
    /// The file uses an algorithm that this program does not have.
    #[error("algorithm not supported yet: {algorithm}")]
    Unsupported {
        /// Name and identifier.
        algorithm: String,
    },
    /// There is no private key in the file.
    #[error("there is no key inside")]
    NoKey,
    /// There is a private key, but the certificate that belongs to it is missing; installing it helps.
    #[error("the key has no certificate")]
    KeyWithoutCertificate,
    /// The certificate was issued for a different key.
    #[error("the certificate belongs to another key")]
    CertificateOfAnotherKey,
    /// The key inside is encrypted under another password than the file.
    #[error("the key inside is locked with a password of its own")]
    KeyUnderAnotherPassword,
    /// The private key cannot be read.
    #[error("the key inside is damaged")]
    KeyDamaged,
    /// The file wants more computing for its password than is done for anybody.
    #[error(
        "the file asks for {found} iterations of key derivation, more than the bound of {bound}"
    )]
    TooManyIterations {
        /// Iterations asked for by one derivation.
        found: u64,
        /// Iterations that this derivation could have had.
        bound: u64,
    },
    /// The file, or a part of it, is larger than any key store.
    #[error("{what}: {found}, more than the bound of {bound}")]
    TooLarge {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many are read at most.
        bound: usize,
    },
    /// A key derivation must be done elsewhere and supplied; then the same call is made again.
    ///
    /// Only [`Prefetched`](crate::Prefetched) answers so.
    #[error("a key derivation has to be supplied")]
    DerivationNeeded(Box<Pbkdf2Request>),
    /// The plan was made for fewer keys than the container has.
    #[error("the write plan does not fit the container")]
    PlanDoesNotFit,
}
