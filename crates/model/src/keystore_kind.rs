//! Where keys live.

use serde::{Deserialize, Serialize};

/// A keystore of the drop-down list «Кілттер қоймасы».
///
/// Stored and sent: the identifiers that sites and the local agent use for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeystoreKind {
    /// A PKCS#12 file on the personal computer.
    #[serde(rename = "PKCS12")]
    PersonalComputer,
    /// The identity card of the Republic of Kazakhstan.
    #[serde(rename = "AKKZIDCardStore")]
    IdCard,
    /// eToken PRO (Java, 72K).
    #[serde(rename = "AKEToken72KStore")]
    EToken72K,
    /// JaCarta.
    #[serde(rename = "AKJaCartaStore")]
    JaCarta,
    /// Kaztoken.
    #[serde(rename = "AKKaztokenStore")]
    Kaztoken,
}

impl KeystoreKind {
    /// All kinds, in the order of the list.
    pub const ALL: [Self; 5] = [
        Self::PersonalComputer,
        Self::IdCard,
        Self::EToken72K,
        Self::JaCarta,
        Self::Kaztoken,
    ];

    /// The identifier that is stored and sent.
    #[must_use]
    pub const fn identifier(self) -> &'static str {
        match self {
            Self::PersonalComputer => "PKCS12",
            Self::IdCard => "AKKZIDCardStore",
            Self::EToken72K => "AKEToken72KStore",
            Self::JaCarta => "AKJaCartaStore",
            Self::Kaztoken => "AKKaztokenStore",
        }
    }

    /// The kind of an identifier.
    #[must_use]
    pub fn from_identifier(identifier: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.identifier() == identifier)
    }

    /// The object identifier in the keystore extension 1.2.398.3.3.5 of a certificate, dotted.
    #[must_use]
    pub const fn oid(self) -> &'static str {
        match self {
            Self::PersonalComputer => "1.2.398.3.3.5.1.1",
            Self::IdCard => "1.2.398.3.3.5.2.1",
            Self::Kaztoken => "1.2.398.3.3.5.2.2",
            Self::EToken72K => "1.2.398.3.3.5.2.3",
            Self::JaCarta => "1.2.398.3.3.5.2.5",
        }
    }

    /// The kind of an object identifier of the keystore extension.
    #[must_use]
    pub fn from_oid(oid: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.oid() == oid)
    }

    /// Whether the key never leaves a device of its own; certificates are then valid longer.
    #[must_use]
    pub const fn is_token(self) -> bool {
        !matches!(self, Self::PersonalComputer)
    }

    /// Years of validity of a certificate whose key lives here.
    #[must_use]
    pub const fn validity_years(self) -> u32 {
        if self.is_token() { 3 } else { 1 }
    }
}
