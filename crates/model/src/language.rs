//! The three equal languages.

use serde::{Deserialize, Serialize};

/// A language of pages, mails and errors (BCP 47 primary subtag).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Kazakh, `kk`.
    #[default]
    Kk,
    /// Russian, `ru`.
    Ru,
    /// English, `en`.
    En,
}

impl Language {
    /// All languages, in the order in which pages offer them.
    pub const ALL: [Self; 3] = [Self::Kk, Self::Ru, Self::En];

    /// The subtag: `kk`, `ru` or `en`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Kk => "kk",
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// The language of a subtag, if it is one of ours.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }
}
