//! The key that vouches for open sessions. It is made from the passphrase of the authority's keys, so that whoever writes to the
//! database, and does not know that, opens no session.

use tanba_crypto::Secret;

use crate::authority::Authority;

/// Another label is another key: everybody would sign in again.
const LABEL: &[u8] = b"tanba sessions";

impl Authority {
    /// The key of this installation, the same at each start while a key of the authority lies under its passphrase. Where all
    /// are in a token it is a new one at each call, which lives as long as the program: everybody signs in again after a
    /// restart. No second server works on the same database that would have to know it.
    #[must_use]
    pub fn session_key(&self) -> Secret {
        self.desk.chest.derive_secret(LABEL).unwrap_or_else(|| {
            let mut octets = vec![0; 32];
            self.desk.random.fill(&mut octets);
            Secret::new(octets)
        })
    }
}
