//! Where the key of an authority is, as storage remembers it.

use crate::ceremony::ShareSet;

/// Where the key of an authority is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// In this installation: under its passphrase, or in its token.
    Here,
    /// In this installation, under shares that custodians bring to a ceremony.
    Shares(ShareSet),
    /// On another machine; this one knows the certificate alone.
    Elsewhere,
}

/// Stored in place of a key that is on another machine.
pub(crate) const ELSEWHERE: &[u8] = b"tanba-elsewhere";

impl KeyPlace {
    /// What is stored in place of the key says where it is.
    #[must_use]
    pub fn of(stored: &[u8]) -> Self {
        if stored == ELSEWHERE {
            return Self::Elsewhere;
        }
        ShareSet::of_key(stored).map_or(Self::Here, Self::Shares)
    }
}
