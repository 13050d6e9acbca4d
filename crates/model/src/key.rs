//! Keys that nobody may have certified any more.

use tanba_pki::Timestamp;

/// How a key came onto the block list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockSource {
    /// An administrator named it.
    Administrator,
    /// It stood in a published list that an administrator imported.
    List,
    /// Somebody proved to hold it, and said that it is compromised.
    Attestation,
}

impl BlockSource {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Administrator, Self::List, Self::Attestation];

    /// The name in storage and for scripts. Stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::List => "list",
            Self::Attestation => "attestation",
        }
    }

    /// The source of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// A key on the block list. It is never taken off: whoever made a mistake makes a new key, which costs nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockedKey {
    /// SHA-256 of its `SubjectPublicKeyInfo` in DER.
    pub public_key_sha256: [u8; 32],
    /// Since when.
    pub at: Timestamp,
    /// By what.
    pub source: BlockSource,
    /// Why, in one line without personal data; never empty.
    pub reason: String,
    /// What was signed with the key itself, DER: the evidence of [`BlockSource::Attestation`], and of nothing else.
    pub attestation: Option<Vec<u8>>,
}

/// The name of a key in evidence and messages.
#[must_use]
pub fn key_object(public_key_sha256: &[u8; 32]) -> String {
    format!("key:{}", tanba_pki::hex::encode(public_key_sha256))
}
