//! Secrets that are handed out once and kept as digests.

use std::fmt;

use rand_core::CryptoRng;
use tanba_crypto::{Secret, sha256};

/// The secret of a session: 64 lower-case hexadecimal digits for a cookie. Wipes itself; only its digest is stored.
pub struct SessionToken(Secret);

impl SessionToken {
    pub(crate) fn random(random: &mut dyn CryptoRng) -> Self {
        Self(Secret::new(random_hex(random).into_bytes()))
    }

    /// The secret, for the cookie and nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        std::str::from_utf8(self.0.expose()).unwrap_or_default()
    }

    pub(crate) fn sha256(&self) -> [u8; 32] {
        sha256(self.0.expose())
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionToken(…)")
    }
}

/// 32 random octets as 64 lower-case hexadecimal digits.
pub(crate) fn random_hex(random: &mut dyn CryptoRng) -> String {
    let mut octets = [0u8; 32];
    random.fill_bytes(&mut octets);
    hex(&octets)
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
