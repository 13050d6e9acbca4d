//! Making keys, installing certificates, changing passwords: what stores may do besides opening.

use std::sync::Arc;

use tanba_crypto::Signer;

use super::OpenFault;

/// A key that was made and waits for its certificate.
#[derive(Clone, Debug)]
pub struct MadeKey {
    /// Signs the request for its certificate.
    pub signer: Arc<dyn Signer>,
    /// SHA-1 of the public key, in lower-case hexadecimal digits; names the key until it is installed.
    pub key_id: String,
}

/// A certificate that was put beside its key, and was read back from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The key identifier of the certificate, in lower-case hexadecimal digits.
    pub key_id: String,
    /// The name of the file, or of the token.
    pub place: String,
}

/// Why nothing was changed. What was there before is still there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManageFault {
    /// Containers of this kind cannot do this.
    #[error("keystores of this kind cannot do this")]
    NotSupported,
    /// The container does not open, or its content cannot be kept.
    #[error(transparent)]
    Open(#[from] OpenFault),
    /// The certificate belongs to no key that waits here.
    #[error("no key waits for this certificate on this computer")]
    NoSuchKey,
    /// The key could not be made.
    #[error("the key could not be made")]
    NotMade,
    /// The token does not take the new PIN; the old one holds.
    #[error("the token does not take this PIN; the old one holds")]
    SecretRefused,
    /// The file could not be written, or could not be read back.
    #[error("the file cannot be written")]
    NotWritten,
}
