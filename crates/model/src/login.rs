//! The challenge that an authentication key signs to open the cabinet.

use serde::{Deserialize, Serialize};
use tanba_pki::Timestamp;

use crate::canonical::{self, DocumentError};

/// Seconds for which a challenge can be answered.
pub const CHALLENGE_LIFE_SECONDS: i64 = 300;

/// What a challenge is for; a signature for one purpose is worth nothing for another. Stored and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChallengePurpose {
    /// Opens a session; signed with an authentication key.
    Login,
    /// Proves that an installed key works; signed with the new key.
    Installation,
    /// Opens a session at the desk of a registration centre; signed with a key of staff.
    Desk,
}

impl ChallengePurpose {
    /// The name that is stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Installation => "installation",
            Self::Desk => "desk",
        }
    }
}

/// A challenge: canonical JSON (RFC 8785), signed as it is. Sent: never rename a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// `tanba.challenge/1`.
    pub schema: String,
    /// What it is for.
    pub purpose: ChallengePurpose,
    /// The origin of the cabinet that asks.
    pub origin: String,
    /// 32 random octets, lower-case hexadecimal; used once.
    pub nonce: String,
    /// What it is bound to: the application number for an installation, empty for a login.
    pub subject: String,
    /// When it was made.
    pub issued: Timestamp,
    /// When it stops being accepted.
    pub expires: Timestamp,
}

impl Challenge {
    /// The value of `schema`.
    pub const SCHEMA: &'static str = "tanba.challenge/1";

    /// The bytes to be signed.
    ///
    /// # Errors
    /// [`DocumentError::Form`], which no challenge of this type can cause.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DocumentError> {
        canonical::to_bytes(self)
    }

    /// Reads a challenge and insists on its canonical form.
    ///
    /// # Errors
    /// [`DocumentError`] with what is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DocumentError> {
        canonical::from_bytes(bytes, |challenge: &Self| challenge.schema == Self::SCHEMA)
    }
}
