//! What is stored of a key that lies in a token.

use tanba_crypto::PublicKey;

const MAGIC: &[u8; 9] = b"tanba-tok";
const VERSION: u8 = 1;
const CHECKSUM_LENGTH: usize = 8;

/// A key in a token: its identifier and its public half, so that a certificate is known to fit it while the token is
/// away. Stored:
///
/// ```text
/// "tanba-tok"  version 1  length of id[1]  id (CKA_ID)  SubjectPublicKeyInfo  checksum[8]
/// ```
///
/// The token itself is not named: a copy of it in another module is as good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyReference {
    pub(crate) id: Vec<u8>,
    pub(crate) public_key: PublicKey,
}

impl KeyReference {
    /// Whether these are the octets of a reference, of this version or another.
    #[must_use]
    pub fn is_reference(stored: &[u8]) -> bool {
        stored.starts_with(MAGIC)
    }

    /// Reads a stored reference; `None` when it was changed, cut off or written by a newer program.
    #[must_use]
    pub fn from_bytes(stored: &[u8]) -> Option<Self> {
        let (body, checksum) = stored.split_last_chunk::<CHECKSUM_LENGTH>()?;
        if !tanba_crypto::sha256(body).starts_with(checksum) {
            return None;
        }
        let rest = body.strip_prefix(MAGIC)?;
        let (&version, rest) = rest.split_first()?;
        let (&length, rest) = rest.split_first()?;
        if version != VERSION {
            return None;
        }
        let (id, spki) = rest.split_at_checked(usize::from(length))?;
        Some(Self {
            id: id.to_vec(),
            public_key: PublicKey::from_spki_der(spki).ok()?,
        })
    }

    /// What is stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let length = u8::try_from(self.id.len()).unwrap_or(u8::MAX);
        let mut bytes = [
            MAGIC.as_slice(),
            &[VERSION, length],
            &self.id,
            self.public_key.spki_der(),
        ]
        .concat();
        let checksum = tanba_crypto::sha256(&bytes);
        bytes.extend(checksum.iter().take(CHECKSUM_LENGTH));
        bytes
    }

    /// The identifier (CKA_ID) in hexadecimal, as the tools of tokens print it.
    #[must_use]
    pub fn id_hex(&self) -> String {
        hex(&self.id)
    }

    /// The public half.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }
}

pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
