//! Secrets that are handed out once and kept as digests.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use tanba_crypto::{Secret, hmac_sha256, sha256};
use tanba_model::ports::{LimitedSession, Session, StaffSession};

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

/// Vouches for sessions: their rows are in the database, and this key is not. Whoever writes there, and does not have it, opens
/// no session, gives none of his own to somebody else, and prolongs none.
pub(crate) struct SessionKey(Secret);

impl SessionKey {
    pub(crate) const fn new(key: Secret) -> Self {
        Self(key)
    }

    /// What is kept with a session, and sent to its pages against requests of other sites.
    fn vouch(&self, kind: &[u8], token: &[u8; 32], numbers: &[i64], more: &[u8]) -> String {
        let mut said = kind.to_vec();
        said.extend_from_slice(token);
        for number in numbers {
            said.extend_from_slice(&number.to_be_bytes());
        }
        said.extend_from_slice(more);
        hex(&hmac_sha256(self.0.expose(), &said))
    }

    /// Whether what is kept with a session is what this key says of it, in constant time: who writes rows could else find out
    /// octet by octet what it says.
    pub(crate) fn is_right(kept: &str, said: &str) -> bool {
        kept.as_bytes().ct_eq(said.as_bytes()).into()
    }

    pub(crate) fn of_session(&self, session: &Session) -> String {
        let numbers = [
            session.person.0,
            session.certificate.0,
            session.created_at.unix(),
            session.expires_at.unix(),
        ];
        self.vouch(b"session", &session.token_sha256, &numbers, b"")
    }

    pub(crate) fn of_limited(&self, session: &LimitedSession) -> String {
        let numbers = [
            session.person.0,
            session.application.map_or(-1, |application| application.0),
            session.created_at.unix(),
            session.expires_at.unix(),
        ];
        self.vouch(b"limited", &session.token_sha256, &numbers, b"")
    }

    pub(crate) fn of_desk(&self, session: &StaffSession) -> String {
        let numbers = [
            session.staff.0,
            session.certificate.0,
            session.created_at.unix(),
            session.expires_at.unix(),
        ];
        let role = session.role.name().as_bytes();
        self.vouch(b"desk", &session.token_sha256, &numbers, role)
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionKey(…)")
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
