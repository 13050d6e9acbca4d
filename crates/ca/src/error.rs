//! Why an authority cannot be opened, made or maintained.

use tanba_model::ports::{IssuanceError, StorageError};

use crate::key_vault::KeyVaultError;
use crate::urls::PublicUrlError;

impl AuthorityError {
    /// Whether a key did not answer: everything else works, and trying again later may help.
    #[must_use]
    pub const fn is_about_a_device(&self) -> bool {
        matches!(
            self,
            Self::Signer(_)
                | Self::Issuance(IssuanceError::Signer(_))
                | Self::Key {
                    source: KeyVaultError::Device(_),
                    ..
                }
        )
    }
}

/// Why an authority cannot be opened, made or maintained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// There is none yet: it has to be made first.
    #[error("there is no certification authority yet")]
    Absent,
    /// There is one already.
    #[error("there is a certification authority already")]
    Exists,
    /// The key of an authority cannot be opened or made; with another passphrase it may.
    #[error("the key of {issuer} cannot be opened")]
    Key {
        /// Short name of the authority.
        issuer: String,
        /// Why.
        #[source]
        source: KeyVaultError,
    },
    /// The stored key does not belong to the stored certificate; somebody has to act.
    #[error("the key of {name} does not fit its certificate")]
    ForeignKey {
        /// Short name of the authority.
        name: String,
    },
    /// The stored certificate of an authority cannot be read; somebody has to act.
    #[error("the certificate of {name} is damaged")]
    DamagedIssuer {
        /// Short name of the authority.
        name: String,
    },
    /// The options of a new authority are not acceptable.
    #[error("{0}")]
    Options(String),
    /// The public URL of a new authority is not acceptable.
    #[error(transparent)]
    PublicUrl(#[from] PublicUrlError),
    /// A list or certificate of the authority itself was not made.
    #[error("the authority could not issue what it needs itself")]
    Issuance(#[from] IssuanceError),
    /// The newest list is from a time that has not come: the clock was set back, or was ahead before. Nothing is published
    /// until it is set, or an administrator publishes by hand.
    #[error(
        "the clock of this computer is behind the newest revocation list, which is of {newest}; set the clock, or run `tanba crl publish` if it is right now"
    )]
    ClockBehind {
        /// When the newest list says that it was made.
        newest: String,
    },
    /// A signature came out wrong or not at all; trying later may help.
    #[error("the signing key does not answer")]
    Signer(#[source] tanba_crypto::SignError),
    /// Storage did not do it.
    #[error("storage did not answer")]
    Storage(#[from] StorageError),
}
