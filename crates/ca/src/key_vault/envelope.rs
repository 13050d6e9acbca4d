//! A sealed key as octets.

use aws_lc_rs::aead::NONCE_LEN;

use super::{CHECK_LENGTH, Cost, KeyVaultError, SALT_LENGTH};

const MAGIC: &[u8; 9] = b"tanba-key";
const VERSION: u8 = 1;
const CHECKSUM_LENGTH: usize = 8;

/// A sealed key. Stored; integers are big-endian:
///
/// ```text
/// "tanba-key"  version 1  memory_kib[4] passes[4] lanes[4]  salt[16] check[16] nonce[12]  ciphertext, tag[16]  checksum[8]
/// ```
///
/// `check` is derived beside the key and tells a wrong passphrase from damage; `checksum` is the beginning of the
/// SHA-256 of everything before it and tells damage from a wrong passphrase. All before the ciphertext is authenticated.
pub(super) struct Envelope {
    pub(super) cost: Cost,
    pub(super) salt: [u8; SALT_LENGTH],
    pub(super) check: [u8; CHECK_LENGTH],
    pub(super) nonce: [u8; NONCE_LEN],
    pub(super) sealed: Vec<u8>,
}

impl Envelope {
    pub(super) fn parse(stored: &[u8]) -> Result<Self, KeyVaultError> {
        Self::read(stored)?.ok_or(KeyVaultError::Damaged)
    }

    /// Whether they begin as one does.
    pub(super) fn is_envelope(stored: &[u8]) -> bool {
        stored.starts_with(MAGIC)
    }

    fn read(stored: &[u8]) -> Result<Option<Self>, KeyVaultError> {
        let Some((body, checksum)) = stored.split_last_chunk::<CHECKSUM_LENGTH>() else {
            return Ok(None);
        };
        let Some(rest) = body.strip_prefix(MAGIC) else {
            return Ok(None);
        };
        if !tanba_crypto::sha256(body).starts_with(checksum) {
            return Ok(None);
        }
        let Some((&version, rest)) = rest.split_first() else {
            return Ok(None);
        };
        if version != VERSION {
            return Err(KeyVaultError::Version(version));
        }
        Ok(Self::fields(rest))
    }

    fn fields(rest: &[u8]) -> Option<Self> {
        let (memory_kib, rest) = rest.split_first_chunk()?;
        let (passes, rest) = rest.split_first_chunk()?;
        let (lanes, rest) = rest.split_first_chunk()?;
        let (&salt, rest) = rest.split_first_chunk()?;
        let (&check, rest) = rest.split_first_chunk()?;
        let (&nonce, sealed) = rest.split_first_chunk()?;
        let cost = Cost {
            memory_kib: u32::from_be_bytes(*memory_kib),
            passes: u32::from_be_bytes(*passes),
            lanes: u32::from_be_bytes(*lanes),
        };
        Some(Self {
            cost,
            salt,
            check,
            nonce,
            sealed: sealed.to_vec(),
        })
    }

    /// Everything before the ciphertext.
    pub(super) fn header(&self) -> Vec<u8> {
        let Cost {
            memory_kib,
            passes,
            lanes,
        } = self.cost;
        [
            MAGIC.as_slice(),
            &[VERSION],
            &memory_kib.to_be_bytes(),
            &passes.to_be_bytes(),
            &lanes.to_be_bytes(),
            &self.salt,
            &self.check,
            &self.nonce,
        ]
        .concat()
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.header();
        bytes.extend_from_slice(&self.sealed);
        let checksum = tanba_crypto::sha256(&bytes);
        bytes.extend(checksum.iter().take(CHECKSUM_LENGTH));
        bytes
    }
}
