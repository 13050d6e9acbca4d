//! Secrets that are handed out once and kept as digests.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_core::CryptoRng;
use tanba_crypto::{Secret, hmac_sha256, sha256};

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

/// 16 random octets as 22 letters of base64url: short enough for a text message, and nobody guesses one of 2^128.
pub(crate) fn random_link(random: &mut dyn CryptoRng) -> String {
    let mut octets = [0u8; 16];
    random.fill_bytes(&mut octets);
    URL_SAFE_NO_PAD.encode(octets)
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The secret of a cookie or a link of first issuance: 128 random bits as base64url (RFC 4648, 5). Wipes itself; only its
/// digest is stored.
pub struct FirstSecret(Secret);

impl FirstSecret {
    /// Octets of randomness.
    const LENGTH: usize = 16;

    pub(crate) fn random(random: &mut dyn CryptoRng) -> Self {
        let mut octets = [0u8; Self::LENGTH];
        random.fill_bytes(&mut octets);
        let octets = Secret::new(octets.to_vec());
        Self(Secret::new(
            URL_SAFE_NO_PAD.encode(octets.expose()).into_bytes(),
        ))
    }

    /// The secret as a cookie or a link brought it; `None` where it cannot be one.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let octets = URL_SAFE_NO_PAD.decode(text).map(Secret::new).ok()?;
        (octets.expose().len() == Self::LENGTH).then(|| Self(Secret::new(text.as_bytes().to_vec())))
    }

    /// The secret, for the cookie or the link and nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        std::str::from_utf8(self.0.expose()).unwrap_or_default()
    }

    /// The token against cross-site requests of the pages of this secret.
    #[must_use]
    pub fn csrf(&self) -> String {
        hex(&hmac_sha256(self.0.expose(), b"csrf"))
    }

    pub(crate) fn sha256(&self) -> [u8; 32] {
        sha256(self.0.expose())
    }
}

impl fmt::Debug for FirstSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FirstSecret(…)")
    }
}
