//! How hard it is to try a passphrase.

use argon2::{Algorithm, Argon2, Params, Version};
use tanba_crypto::Secret;

use super::KeyVaultError;

/// The work that each try of a passphrase costs (Argon2id, RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes that could be computed beside each other.
    pub lanes: u32,
}

impl Cost {
    /// For real keys: 64 MiB, two passes; about a tenth of a second at each start.
    pub const STANDARD: Self = Self {
        memory_kib: 64 * 1024,
        passes: 2,
        lanes: 1,
    };

    /// For throw-away keys of tests and demonstrations.
    pub const THROW_AWAY: Self = Self {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };

    /// The most that is accepted of a stored key: 1 GiB, 16 passes, 16 lanes.
    pub const LIMIT: Self = Self {
        memory_kib: 1024 * 1024,
        passes: 16,
        lanes: 16,
    };

    /// Stretches a passphrase.
    pub(super) fn derive(
        self,
        passphrase: &[u8],
        salt: &[u8],
        length: usize,
    ) -> Result<Secret, KeyVaultError> {
        let refused = KeyVaultError::Cost {
            memory_kib: self.memory_kib,
            passes: self.passes,
        };
        let limit = Self::LIMIT;
        if self.memory_kib > limit.memory_kib
            || self.passes > limit.passes
            || self.lanes > limit.lanes
        {
            return Err(refused);
        }
        let Ok(parameters) = Params::new(self.memory_kib, self.passes, self.lanes, Some(length))
        else {
            return Err(refused);
        };
        let mut derived = vec![0; length];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(passphrase, salt, &mut derived)
            .map_err(|_| KeyVaultError::Cipher)?;
        Ok(Secret::new(derived))
    }
}
