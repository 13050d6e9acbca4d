//! Who vouches for documents that the authority hands out.

use std::fmt::Debug;
use std::sync::Arc;

use tanba_crypto::Signer;

/// The electronic seal of the authority: a key for documents, and the certificate that the authority gave it.
#[derive(Clone, Debug)]
pub struct DocumentSeal {
    /// Certificate of the seal, DER.
    pub certificate: Arc<[u8]>,
    /// Certificates above it up to the root, DER, without the root: its owner has to bring that along.
    pub chain: Vec<Vec<u8>>,
    /// Its key.
    pub signer: Arc<dyn Signer>,
}

/// The seal now. It is replaced while the program runs, so ask for each document.
pub trait DocumentSeals: Debug + Send + Sync {
    /// The seal; `None` before the authority made one.
    fn current(&self) -> Option<DocumentSeal>;
}
