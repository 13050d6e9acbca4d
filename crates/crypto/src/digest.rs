//! Message digests.

use const_oid::db::rfc5912::{ID_SHA_1, ID_SHA_256, ID_SHA_384, ID_SHA_512};
use der::asn1::ObjectIdentifier;

use crate::UnsupportedAlgorithm;

/// A digest that this crate can compute.
///
/// SHA-1 is for key identifiers, CertIDs and old key stores, never for a new signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DigestAlgorithm {
    /// SHA-1, 20 octets.
    Sha1,
    /// SHA-256, 32 octets.
    Sha256,
    /// SHA-384, 48 octets.
    Sha384,
    /// SHA-512, 64 octets.
    Sha512,
}

impl DigestAlgorithm {
    /// Every digest, weakest first.
    pub const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The identifier of the algorithm.
    #[must_use]
    pub const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha1 => ID_SHA_1,
            Self::Sha256 => ID_SHA_256,
            Self::Sha384 => ID_SHA_384,
            Self::Sha512 => ID_SHA_512,
        }
    }

    /// The name people use, such as `SHA-256`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// Length of the digest in octets.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Finds the algorithm of an identifier.
    ///
    /// # Errors
    /// [`UnsupportedAlgorithm`] names the digest that this crate cannot compute.
    pub fn from_oid(oid: ObjectIdentifier) -> Result<Self, UnsupportedAlgorithm> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.oid() == oid)
            .ok_or_else(|| UnsupportedAlgorithm::new(oid))
    }

    /// The digest of the whole message.
    #[must_use]
    pub fn digest(self, message: &[u8]) -> Vec<u8> {
        let mut hasher = self.hasher();
        hasher.update(message);
        hasher.finish()
    }

    /// Starts a digest that is fed piece by piece.
    #[must_use]
    pub fn hasher(self) -> Hasher {
        Hasher::new(self)
    }
}

/// SHA-256 of the whole message.
#[must_use]
pub fn sha256(message: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(DigestAlgorithm::Sha256.digest(message)) {
        *to = from;
    }
    out
}

/// HMAC (RFC 2104) with SHA-256.
#[must_use]
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    /// Octets of a block of SHA-256.
    const BLOCK: usize = 64;
    let short = if key.len() > BLOCK {
        crate::Secret::new(sha256(key).to_vec())
    } else {
        crate::Secret::new(key.to_vec())
    };
    let padded = |pad: u8| {
        let mut block = vec![pad; BLOCK];
        for (octet, key) in block.iter_mut().zip(short.expose()) {
            *octet ^= key;
        }
        crate::Secret::new(block)
    };
    let pass = |pad: u8, message: &[u8]| {
        let mut hasher = Hasher::new(DigestAlgorithm::Sha256);
        hasher.update(padded(pad).expose());
        hasher.update(message);
        hasher.finish()
    };
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(pass(0x5c, &pass(0x36, message))) {
        *to = from;
    }
    out
}

/// A digest being computed.
#[derive(Clone)]
pub struct Hasher(backend::Context);

impl std::fmt::Debug for Hasher {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Hasher(…)")
    }
}

impl Hasher {
    /// Starts empty.
    #[must_use]
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        Self(backend::Context::new(algorithm))
    }

    /// Takes the next piece of the message.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of everything that was fed.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0.finish()
    }
}

#[cfg(not(target_family = "wasm"))]
mod backend {
    use aws_lc_rs::digest;

    use super::DigestAlgorithm;

    #[derive(Clone)]
    pub(super) struct Context(digest::Context);

    impl Context {
        pub(super) fn new(algorithm: DigestAlgorithm) -> Self {
            Self(digest::Context::new(match algorithm {
                DigestAlgorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
                DigestAlgorithm::Sha256 => &digest::SHA256,
                DigestAlgorithm::Sha384 => &digest::SHA384,
                DigestAlgorithm::Sha512 => &digest::SHA512,
            }))
        }

        pub(super) fn update(&mut self, piece: &[u8]) {
            self.0.update(piece);
        }

        pub(super) fn finish(self) -> Vec<u8> {
            self.0.finish().as_ref().to_vec()
        }
    }
}

#[cfg(target_family = "wasm")]
mod backend {
    use sha1::Sha1;
    use sha2::{Digest, Sha256, Sha384, Sha512};

    use super::DigestAlgorithm;

    #[derive(Clone)]
    pub(super) enum Context {
        Sha1(Sha1),
        Sha256(Sha256),
        Sha384(Sha384),
        Sha512(Sha512),
    }

    impl Context {
        pub(super) fn new(algorithm: DigestAlgorithm) -> Self {
            match algorithm {
                DigestAlgorithm::Sha1 => Self::Sha1(Sha1::new()),
                DigestAlgorithm::Sha256 => Self::Sha256(Sha256::new()),
                DigestAlgorithm::Sha384 => Self::Sha384(Sha384::new()),
                DigestAlgorithm::Sha512 => Self::Sha512(Sha512::new()),
            }
        }

        pub(super) fn update(&mut self, piece: &[u8]) {
            match self {
                Self::Sha1(context) => context.update(piece),
                Self::Sha256(context) => context.update(piece),
                Self::Sha384(context) => context.update(piece),
                Self::Sha512(context) => context.update(piece),
            }
        }

        pub(super) fn finish(self) -> Vec<u8> {
            match self {
                Self::Sha1(context) => context.finalize().to_vec(),
                Self::Sha256(context) => context.finalize().to_vec(),
                Self::Sha384(context) => context.finalize().to_vec(),
                Self::Sha512(context) => context.finalize().to_vec(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DigestAlgorithm, hmac_sha256};

    #[test]
    fn hmac_gives_the_values_of_the_standard() {
        // RFC 4231, 4.3 and 4.7.
        let hex = |mac: [u8; 32]| {
            mac.iter()
                .map(|octet| format!("{octet:02x}"))
                .collect::<String>()
        };
        assert_eq!(
            hex(hmac_sha256(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(hmac_sha256(
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First"
            )),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn each_digest_is_found_by_its_identifier_and_has_its_length() {
        for algorithm in DigestAlgorithm::ALL {
            assert_eq!(algorithm.digest(b"").len(), algorithm.length());
            assert_eq!(
                DigestAlgorithm::from_oid(algorithm.oid()).unwrap(),
                algorithm
            );
        }
    }

    #[test]
    fn pieces_give_the_digest_of_the_whole() {
        let mut hasher = DigestAlgorithm::Sha256.hasher();
        hasher.update(b"a");
        hasher.update(b"bc");
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let hex: String = hasher
            .finish()
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect();
        assert_eq!(hex, expected);
    }
}
