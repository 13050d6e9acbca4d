//! Kinds of containers, under the names that sites use for them.

use serde::{Deserialize, Serialize};
use tanba_crypto::ObjectIdentifier;
use tanba_pki::oid;

/// A kind of container. Sent: the identifiers are those of NCALayer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Storage {
    /// A PKCS#12 file.
    #[serde(rename = "PKCS12")]
    Pkcs12,
    /// A Java key store; known by name, not opened.
    #[serde(rename = "JKS")]
    Jks,
    /// The identity card of the Republic of Kazakhstan.
    #[serde(rename = "AKKZIDCardStore")]
    IdCard,
    /// Kaztoken.
    #[serde(rename = "AKKaztokenStore")]
    Kaztoken,
    /// eToken PRO (Java, 72K).
    #[serde(rename = "AKEToken72KStore")]
    EToken72K,
    /// eToken 5110.
    #[serde(rename = "AKEToken5110Store")]
    EToken5110,
    /// JaCarta.
    #[serde(rename = "AKJaCartaStore")]
    JaCarta,
    /// aKey.
    #[serde(rename = "AKAKEYStore")]
    AKey,
}

impl Storage {
    /// All kinds, files first.
    pub const ALL: [Self; 8] = [
        Self::Pkcs12,
        Self::Jks,
        Self::IdCard,
        Self::Kaztoken,
        Self::EToken72K,
        Self::EToken5110,
        Self::JaCarta,
        Self::AKey,
    ];

    /// The identifier that sites use.
    #[must_use]
    pub const fn identifier(self) -> &'static str {
        match self {
            Self::Pkcs12 => "PKCS12",
            Self::Jks => "JKS",
            Self::IdCard => "AKKZIDCardStore",
            Self::Kaztoken => "AKKaztokenStore",
            Self::EToken72K => "AKEToken72KStore",
            Self::EToken5110 => "AKEToken5110Store",
            Self::JaCarta => "AKJaCartaStore",
            Self::AKey => "AKAKEYStore",
        }
    }

    /// The kind of an identifier.
    #[must_use]
    pub fn from_identifier(identifier: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|storage| storage.identifier() == identifier)
    }

    /// Whether keys never leave a device of their own.
    #[must_use]
    pub const fn is_token(self) -> bool {
        !matches!(self, Self::Pkcs12 | Self::Jks)
    }

    /// The identifier by which requests for certificates name it.
    #[must_use]
    pub const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Pkcs12 => oid::KZ_KEYSTORE_PKCS12,
            Self::Jks => oid::KZ_KEYSTORE_JKS,
            Self::IdCard => oid::KZ_KEYSTORE_ID_CARD,
            Self::Kaztoken => oid::KZ_KEYSTORE_KAZTOKEN,
            Self::EToken72K => oid::KZ_KEYSTORE_ETOKEN_JAVA,
            Self::EToken5110 => oid::KZ_KEYSTORE_ETOKEN_5110,
            Self::JaCarta => oid::KZ_KEYSTORE_JACARTA,
            Self::AKey => oid::KZ_KEYSTORE_AKEY,
        }
    }

    /// PINs that every token of the kind has when it leaves its maker; they are published.
    #[must_use]
    pub const fn factory_pins(self) -> &'static [&'static str] {
        match self {
            Self::Kaztoken => &["12345678"],
            Self::EToken72K | Self::EToken5110 | Self::JaCarta | Self::AKey => &["1234567890"],
            Self::Pkcs12 | Self::Jks | Self::IdCard => &[],
        }
    }

    /// The key of its name in the texts.
    #[must_use]
    pub const fn text_key(self) -> &'static str {
        match self {
            Self::Pkcs12 => "storage-pkcs12",
            Self::Jks => "storage-jks",
            Self::IdCard => "storage-id-card",
            Self::Kaztoken => "storage-kaztoken",
            Self::EToken72K => "storage-etoken-72k",
            Self::EToken5110 => "storage-etoken-5110",
            Self::JaCarta => "storage-jacarta",
            Self::AKey => "storage-akey",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Storage;

    #[test]
    fn identifiers_lead_back_and_are_what_is_sent() {
        for storage in Storage::ALL {
            let identifier = storage.identifier();
            assert_eq!(Storage::from_identifier(identifier), Some(storage));
            assert_eq!(
                serde_json::to_value(storage).unwrap(),
                serde_json::Value::from(identifier)
            );
        }
        assert_eq!(Storage::from_identifier("pkcs12"), None);
    }
}
