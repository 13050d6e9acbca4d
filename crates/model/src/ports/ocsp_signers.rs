//! Who signs OCSP responses.

use std::fmt::Debug;
use std::sync::Arc;

use tanba_crypto::Signer;

use crate::id::IssuerId;

/// A delegated responder (RFC 6960, 4.2.2.2): a key and the certificate that an issuer gave it.
#[derive(Clone, Debug)]
pub struct OcspSigner {
    /// Certificate of the responder, DER.
    pub certificate: Arc<[u8]>,
    /// Its key.
    pub signer: Arc<dyn Signer>,
}

/// The delegated responders of the issuers. They are replaced while the program runs, so ask for each response.
pub trait OcspSigners: Debug + Send + Sync {
    /// The responder of an issuer, if that issuer has one.
    fn of(&self, issuer: IssuerId) -> Option<OcspSigner>;

    /// Whether the key of each issuing authority could sign now.
    fn available(&self) -> Vec<(IssuerId, bool)> {
        Vec::new()
    }

    /// What keeps the keys of the authority from signing now, in a sentence for the operator.
    fn problem(&self) -> Option<String> {
        None
    }
}
