//! What comes out: signatures over documents.
//!
//! A [`SigningKey`] is what its owner chose; [`cms`] and [`xml`] sign with it, [`time_stamp`] puts the time on it. GOST
//! arrives through the same [`Signer`](tanba_crypto::Signer).

pub mod cms;
pub mod time_stamp;
pub mod xml;

use std::sync::Arc;

use tanba_crypto::Signer;
use tanba_pki::{Certificate, Timestamp};

/// A key, its certificate, and when it is used.
#[derive(Clone, Debug)]
pub struct SigningKey {
    /// The key.
    pub signer: Arc<dyn Signer>,
    /// Its certificate.
    pub certificate: Certificate,
    /// The time that the signature claims.
    pub now: Timestamp,
}
