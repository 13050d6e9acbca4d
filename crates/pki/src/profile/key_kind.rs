//! The kinds of keys that a profile names.

use serde::Deserialize;
use tanba_crypto::KeyAlgorithm;

/// A kind of key that may be certified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum KeySpecification {
    /// `rsa-2048`
    #[serde(rename = "rsa-2048")]
    Rsa2048,
    /// `rsa-3072`
    #[serde(rename = "rsa-3072")]
    Rsa3072,
    /// `rsa-4096`
    #[serde(rename = "rsa-4096")]
    Rsa4096,
    /// `ec-p256`
    #[serde(rename = "ec-p256")]
    EcP256,
    /// `ec-p384`
    #[serde(rename = "ec-p384")]
    EcP384,
    /// `ed25519`
    #[serde(rename = "ed25519")]
    Ed25519,
    /// `ml-dsa-44`
    #[serde(rename = "ml-dsa-44")]
    MlDsa44,
    /// `ml-dsa-65`
    #[serde(rename = "ml-dsa-65")]
    MlDsa65,
}

impl KeySpecification {
    /// Its name in profiles and plans.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa3072 => "rsa-3072",
            Self::Rsa4096 => "rsa-4096",
            Self::EcP256 => "ec-p256",
            Self::EcP384 => "ec-p384",
            Self::Ed25519 => "ed25519",
            Self::MlDsa44 => "ml-dsa-44",
            Self::MlDsa65 => "ml-dsa-65",
        }
    }

    /// The kind of key.
    #[must_use]
    pub const fn algorithm(self) -> KeyAlgorithm {
        match self {
            Self::Rsa2048 => KeyAlgorithm::Rsa { bits: 2048 },
            Self::Rsa3072 => KeyAlgorithm::Rsa { bits: 3072 },
            Self::Rsa4096 => KeyAlgorithm::Rsa { bits: 4096 },
            Self::EcP256 => KeyAlgorithm::EcP256,
            Self::EcP384 => KeyAlgorithm::EcP384,
            Self::Ed25519 => KeyAlgorithm::Ed25519,
            Self::MlDsa44 => KeyAlgorithm::MlDsa44,
            Self::MlDsa65 => KeyAlgorithm::MlDsa65,
        }
    }
}
