//! Why a token did not do what was asked.

use std::error::Error as StdError;
use std::path::PathBuf;

use cryptoki::error::{Error, RvError};
use tanba_crypto::SignError;

/// Why a token did not do what was asked. Nothing here harms a key: it stays in its token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The module of the token's maker cannot be loaded or started.
    #[error("the PKCS#11 module {} cannot be used; correct its path, or install it", path.display())]
    Module {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// No such token is there; plugging it in, or waiting for the network, helps.
    #[error(
        "{wanted} is not there (there: {present}); its keys are safe in it; plug it in or connect it"
    )]
    Absent {
        /// What was looked for.
        wanted: String,
        /// What is there.
        present: String,
    },
    /// Several tokens bear the label.
    #[error("several tokens are called \"{label}\"; name one by its serial number")]
    Ambiguous {
        /// The label.
        label: String,
    },
    /// The PIN cannot be read.
    #[error("the PIN of the token cannot be read")]
    NoPin(#[source] Box<dyn StdError + Send + Sync>),
    /// The token refused the PIN.
    #[error(
        "the token refused the PIN; it is not tried again, because tokens lock themselves; correct the PIN and try again"
    )]
    WrongPin,
    /// One more wrong PIN would lock the token.
    #[error(
        "one more wrong PIN would lock the token, so none is tried; log in once by its maker's tool, then try again"
    )]
    LastTry,
    /// The token is locked after too many wrong PINs.
    #[error(
        "the PIN of the token is locked after too many wrong tries; the keys are safe in it; unlock it with the PIN of its security officer"
    )]
    PinLocked,
    /// Nobody gave the token a PIN yet.
    #[error("the token has no user PIN yet; set one by its maker's tool")]
    PinNotSet,
    /// The token does not take the new PIN: it is too short, too long or of other signs.
    #[error("the token does not take the new PIN; the old one holds")]
    NewPinRefused,
    /// Whoever asked waits no longer, so that nothing was changed.
    #[error("nobody waits for it any more; nothing was changed")]
    GivenUp,
    /// The token is there, the key is not.
    #[error(
        "the token has no private key with the identifier {id}; is it another token, or was the key removed?"
    )]
    NoKey {
        /// CKA_ID in hexadecimal.
        id: String,
    },
    /// The token cannot do that.
    #[error("the token cannot make or use {what} keys")]
    Unsupported {
        /// The algorithm.
        what: String,
    },
    /// The token does not answer as it should; trying later may help.
    #[error("the token does not answer")]
    Lost(#[source] Box<dyn StdError + Send + Sync>),
    /// The token refused.
    #[error("the token refused")]
    Refused(#[source] Box<dyn StdError + Send + Sync>),
    /// What the token made is not right: it must not be used for this.
    #[error("the token gave {0} that is not right; do not use it until its maker knows why")]
    Wrong(&'static str),
}

impl TokenError {
    /// What an error of the interface means outside of a login.
    pub(crate) fn of(error: Error) -> Self {
        if is_lost(&error) {
            Self::Lost(Box::new(error))
        } else {
            Self::Refused(Box::new(error))
        }
    }

    /// Whether a new connection may help.
    pub(crate) const fn is_lost(&self) -> bool {
        matches!(self, Self::Lost(_))
    }
}

/// What happens when a token is pulled, a network module restarts, or somebody else logs out.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the interface has ninety codes, and modules add their own"
)]
fn is_lost(error: &Error) -> bool {
    match error {
        Error::Pkcs11(code, _) => matches!(
            code,
            RvError::DeviceRemoved
                | RvError::DeviceError
                | RvError::GeneralError
                | RvError::TokenNotPresent
                | RvError::TokenNotRecognized
                | RvError::SessionHandleInvalid
                | RvError::SessionClosed
                | RvError::SlotIdInvalid
                | RvError::UserNotLoggedIn
                | RvError::CryptokiNotInitialized
                | RvError::ObjectHandleInvalid
                | RvError::KeyHandleInvalid
        ),
        _ => false,
    }
}

impl From<TokenError> for SignError {
    fn from(error: TokenError) -> Self {
        match &error {
            TokenError::Module { .. } | TokenError::Absent { .. } | TokenError::Lost(_) => {
                Self::Unavailable(Box::new(error))
            }
            TokenError::Wrong(_) => Self::Failed,
            TokenError::Refused(cause) | TokenError::NoPin(cause) => Self::Refused {
                reason: format!("{error}: {cause}"),
            },
            TokenError::Ambiguous { .. }
            | TokenError::WrongPin
            | TokenError::LastTry
            | TokenError::PinLocked
            | TokenError::PinNotSet
            | TokenError::NewPinRefused
            | TokenError::GivenUp
            | TokenError::NoKey { .. }
            | TokenError::Unsupported { .. } => Self::Refused {
                reason: error.to_string(),
            },
        }
    }
}
