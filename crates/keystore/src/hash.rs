//! Digests of key stores and what is built from them: HMAC, PBKDF2 and the key derivation of RFC 7292 B.

use der::asn1::ObjectIdentifier;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::digest::{Digest, FixedOutputReset, block_api::BlockSizeUser};
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use tanba_crypto::Secret;
use zeroize::Zeroizing;

use crate::oid;

/// A digest that key stores use.
///
/// More than [`tanba_crypto::DigestAlgorithm`] has: what is good enough to read an old file with is not good enough
/// to sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-1.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SHA-512/224.
    Sha512Over224,
    /// SHA-512/256.
    Sha512Over256,
}

/// What an octet string is derived for (RFC 7292 B.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyPurpose {
    /// A key for a cipher.
    Key,
    /// An initial value for a cipher.
    Iv,
    /// A key for the check value.
    Mac,
}

macro_rules! with_digest {
    ($hash:expr, $digest:ident => $body:expr) => {
        match $hash {
            Hash::Sha1 => {
                type $digest = Sha1;
                $body
            }
            Hash::Sha224 => {
                type $digest = Sha224;
                $body
            }
            Hash::Sha256 => {
                type $digest = Sha256;
                $body
            }
            Hash::Sha384 => {
                type $digest = Sha384;
                $body
            }
            Hash::Sha512 => {
                type $digest = Sha512;
                $body
            }
            Hash::Sha512Over224 => {
                type $digest = Sha512_224;
                $body
            }
            Hash::Sha512Over256 => {
                type $digest = Sha512_256;
                $body
            }
        }
    };
}

impl Hash {
    const ALL: [Self; 7] = [
        Self::Sha1,
        Self::Sha224,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
        Self::Sha512Over224,
        Self::Sha512Over256,
    ];

    /// The identifier of the digest and of HMAC with it.
    const fn oids(self) -> (ObjectIdentifier, ObjectIdentifier) {
        match self {
            Self::Sha1 => (oid::SHA_1, oid::HMAC_SHA_1),
            Self::Sha224 => (oid::SHA_224, oid::HMAC_SHA_224),
            Self::Sha256 => (oid::SHA_256, oid::HMAC_SHA_256),
            Self::Sha384 => (oid::SHA_384, oid::HMAC_SHA_384),
            Self::Sha512 => (oid::SHA_512, oid::HMAC_SHA_512),
            Self::Sha512Over224 => (oid::SHA_512_224, oid::HMAC_SHA_512_224),
            Self::Sha512Over256 => (oid::SHA_512_256, oid::HMAC_SHA_512_256),
        }
    }

    pub(crate) const fn oid(self) -> ObjectIdentifier {
        self.oids().0
    }

    pub(crate) const fn hmac_oid(self) -> ObjectIdentifier {
        self.oids().1
    }

    pub(crate) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| hash.oid() == oid)
    }

    pub(crate) fn from_hmac_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| hash.hmac_oid() == oid)
    }

    /// What people call it: `SHA-256`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha512Over224 => "SHA-512/224",
            Self::Sha512Over256 => "SHA-512/256",
        }
    }

    /// Octets of output.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha512Over224 => 28,
            Self::Sha256 | Self::Sha512Over256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    pub(crate) fn hmac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        with_digest!(self, D => {
            // HMAC takes keys of every length.
            Hmac::<D>::new_from_slice(key)
                .map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec())
                .unwrap_or_default()
        })
    }

    pub(crate) fn pbkdf2(
        self,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        length: usize,
    ) -> Secret {
        let mut key = vec![0; length];
        with_digest!(self, D => pbkdf2::pbkdf2_hmac::<D>(password, salt, iterations, &mut key));
        Secret::new(key)
    }

    pub(crate) fn pkcs12(
        self,
        purpose: KeyPurpose,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        length: usize,
    ) -> Secret {
        with_digest!(self, D => pkcs12::<D>(purpose, password, salt, iterations, length))
    }
}

/// RFC 7292 B.2.
fn pkcs12<D>(
    purpose: KeyPurpose,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Secret
where
    D: Digest + FixedOutputReset + BlockSizeUser + Clone,
{
    let block = <D as BlockSizeUser>::block_size();
    let id = match purpose {
        KeyPurpose::Key => 1,
        KeyPurpose::Iv => 2,
        KeyPurpose::Mac => 3,
    };
    let mut input = Zeroizing::new(filled(salt, block));
    input.extend(filled(password, block));
    let start = D::new().chain_update(vec![id; block]);
    let mut derived = Vec::with_capacity(length + 64);
    while derived.len() < length {
        let mut digest = start.clone().chain_update(input.as_slice()).finalize();
        let mut hasher = D::new();
        for _ in 1..iterations {
            Digest::update(&mut hasher, &digest);
            Digest::finalize_into_reset(&mut hasher, &mut digest);
        }
        derived.extend_from_slice(&digest);
        for part in input.chunks_mut(block) {
            add_with_one(part, &digest);
        }
    }
    derived.truncate(length);
    Secret::new(derived)
}

/// Repeats `octets` to whole blocks; nothing stays nothing.
fn filled(octets: &[u8], block: usize) -> Vec<u8> {
    let length = octets.len().div_ceil(block) * block;
    octets.iter().copied().cycle().take(length).collect()
}

/// Adds `digest`, repeated to the length of `part`, and one (RFC 7292 B.2, step 6C).
fn add_with_one(part: &mut [u8], digest: &[u8]) {
    let mut carry = 1_u16;
    for (index, octet) in part.iter_mut().enumerate().rev() {
        let added = digest
            .get(index % digest.len().max(1))
            .copied()
            .unwrap_or(0);
        let [high, low] = (u16::from(*octet) + u16::from(added) + carry).to_be_bytes();
        *octet = low;
        carry = u16::from(high);
    }
}

#[cfg(test)]
mod tests {
    use super::{Hash, KeyPurpose};

    /// `openssl kdf -keylen 40 -kdfopt digest:SHA1 -kdfopt hexpass:… -kdfopt hexsalt:… -kdfopt iter:3 -kdfopt id:1 PKCS12KDF`
    #[test]
    fn derivation_of_rfc_7292_agrees_with_openssl() {
        let password = [0, 0x54, 0, 0x61, 0, 0xf1, 4, 0x31, 0, 0, 0, 0];
        let salt: Vec<u8> = (0..21).collect();
        let key = Hash::Sha1.pkcs12(KeyPurpose::Key, &password, &salt, 3, 40);
        assert_eq!(
            key.expose(),
            [
                0xd1, 0x31, 0x57, 0x5d, 0x67, 0x73, 0x14, 0x30, 0xf8, 0x14, 0x6e, 0xc5, 0x4d, 0x61,
                0xc0, 0x91, 0x3a, 0x06, 0x24, 0x45, 0xc9, 0x69, 0x9a, 0x2a, 0xf9, 0x80, 0xbd, 0xde,
                0x96, 0x70, 0x93, 0xb1, 0xdc, 0x4a, 0xda, 0xf6, 0x73, 0x92, 0x8c, 0x16
            ]
        );
        let password = [0, 0x54, 0, 0x61, 0, 0];
        let key = Hash::Sha512.pkcs12(KeyPurpose::Mac, &password, &salt[..8], 1000, 70);
        assert_eq!(
            key.expose()[..8],
            [0x2b, 0x26, 0x26, 0xef, 0x1d, 0x39, 0xcc, 0x8d]
        );
        assert_eq!(key.expose()[64..], [0x30, 0x48, 0x38, 0x96, 0x22, 0x21]);
    }

    #[test]
    fn derived_octets_have_the_asked_length() {
        for hash in Hash::ALL {
            assert_eq!(hash.hmac(b"key", b"message").len(), hash.size());
            for length in [0, 1, 20, 64, 65, 200] {
                assert_eq!(
                    hash.pkcs12(KeyPurpose::Mac, b"", b"salt", 2, length).len(),
                    length
                );
                assert_eq!(hash.pbkdf2(b"", b"salt", 2, length).len(), length);
            }
            assert_eq!(Hash::from_oid(hash.oid()), Some(hash));
            assert_eq!(Hash::from_hmac_oid(hash.hmac_oid()), Some(hash));
        }
    }
}
