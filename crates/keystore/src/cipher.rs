//! Block ciphers of key stores, in CBC mode with the padding of PKCS#7.

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyIvInit};
use cbc::{Decryptor, Encryptor};
use des::{TdesEde2, TdesEde3};
use rc2::Rc2;
use tanba_crypto::Secret;

/// A cipher with its key size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    /// DES-EDE with three keys.
    TripleDes,
    /// DES-EDE with two keys.
    DoubleDes,
    /// RC2 with 40 effective bits.
    Rc2Bits40,
    /// RC2 with 128 effective bits.
    Rc2Bits128,
}

macro_rules! with_cipher {
    ($self:expr, $mode:ident, $key:expr, $iv:expr, $done:expr) => {
        match $self {
            Self::Aes128 => $mode::<Aes128>::new_from_slices($key, $iv).ok().map($done),
            Self::Aes192 => $mode::<Aes192>::new_from_slices($key, $iv).ok().map($done),
            Self::Aes256 => $mode::<Aes256>::new_from_slices($key, $iv).ok().map($done),
            Self::TripleDes => $mode::<TdesEde3>::new_from_slices($key, $iv)
                .ok()
                .map($done),
            Self::DoubleDes => $mode::<TdesEde2>::new_from_slices($key, $iv)
                .ok()
                .map($done),
            Self::Rc2Bits40 | Self::Rc2Bits128 => $self
                .rc2($key)
                .and_then(|cipher| $mode::<Rc2>::inner_iv_slice_init(cipher, $iv).ok())
                .map($done),
        }
    };
}

impl Cipher {
    pub(crate) const fn key_size(self) -> usize {
        match self {
            Self::Aes128 | Self::DoubleDes | Self::Rc2Bits128 => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
            Self::Rc2Bits40 => 5,
        }
    }

    pub(crate) const fn block_size(self) -> usize {
        match self {
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
            Self::TripleDes | Self::DoubleDes | Self::Rc2Bits40 | Self::Rc2Bits128 => 8,
        }
    }

    /// What people call it.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Aes128 => "AES-128-CBC",
            Self::Aes192 => "AES-192-CBC",
            Self::Aes256 => "AES-256-CBC",
            Self::TripleDes => "3DES-CBC",
            Self::DoubleDes => "2-key 3DES-CBC",
            Self::Rc2Bits40 => "RC2-40-CBC",
            Self::Rc2Bits128 => "RC2-128-CBC",
        }
    }

    /// Decrypts; nothing comes out when the padding shows that the key is wrong.
    pub(crate) fn decrypt(self, key: &Secret, iv: &[u8], octets: &[u8]) -> Option<Secret> {
        if octets.is_empty() || !octets.len().is_multiple_of(self.block_size()) {
            return None;
        }
        with_cipher!(self, Decryptor, key.expose(), iv, |mode| mode
            .decrypt_padded_vec::<Pkcs7>(octets)
            .ok()
            .map(Secret::new))
        .flatten()
    }

    /// Encrypts; nothing comes out when key or initial value have the wrong size.
    pub(crate) fn encrypt(self, key: &Secret, iv: &[u8], octets: &[u8]) -> Option<Vec<u8>> {
        with_cipher!(self, Encryptor, key.expose(), iv, |mode| mode
            .encrypt_padded_vec::<Pkcs7>(octets))
    }

    fn rc2(self, key: &[u8]) -> Option<Rc2> {
        let size = self.key_size();
        (key.len() == size).then(|| Rc2::new_with_eff_key_len(key, size * 8))
    }
}

#[cfg(test)]
mod tests {
    use tanba_crypto::Secret;

    use super::Cipher;

    #[test]
    fn what_was_encrypted_is_decrypted_and_nothing_else() {
        for cipher in [
            Cipher::Aes128,
            Cipher::Aes192,
            Cipher::Aes256,
            Cipher::TripleDes,
            Cipher::DoubleDes,
            Cipher::Rc2Bits40,
            Cipher::Rc2Bits128,
        ] {
            let key = Secret::new((1..).take(cipher.key_size()).collect());
            let iv = vec![9; cipher.block_size()];
            for length in [0, 1, 8, 16, 100] {
                let plain = vec![5; length];
                let encrypted = cipher.encrypt(&key, &iv, &plain).unwrap();
                assert_eq!(
                    cipher.decrypt(&key, &iv, &encrypted).unwrap().expose(),
                    plain
                );
                assert!(cipher.decrypt(&key, &iv, &encrypted[1..]).is_none());
                assert!(cipher.decrypt(&key, &iv[1..], &encrypted).is_none());
            }
            assert!(cipher.decrypt(&key, &iv, &[]).is_none());
            assert!(
                cipher
                    .encrypt(&Secret::new(vec![1; 3]), &iv, b"x")
                    .is_none()
            );
        }
    }
}
