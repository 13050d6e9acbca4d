//! What the handlers work with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tanba_crypto::Devices;
use tanba_model::id::IssuerId;
use tanba_model::ports::{Clock, IssuerKind, OcspSigners, Storage, StorageError};
use tanba_pki::{Certificate, ocsp};

use crate::config::Rules;
use crate::kept::KeptResponses;

/// How long a device may take for a response; verifiers give up after some fifteen seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Responses that devices have under way at most: fewer than the threads that answer requests, by which the pages of the
/// cabinet are served too.
const MOST: usize = 12;

/// What the responder is given from outside.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Where everything is recorded; only read.
    pub storage: Arc<dyn Storage>,
    /// Who signs OCSP responses.
    pub signers: Arc<dyn OcspSigners>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How long answers may be kept.
    pub rules: Rules,
}

/// Why the responder cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Storage did not answer.
    #[error("storage did not answer")]
    Storage(#[from] StorageError),
    /// The stored certificate of an issuer cannot be read.
    #[error("the certificate of {0} is damaged")]
    DamagedIssuer(String),
}

/// The synchronous inside of the responder.
pub(crate) struct Service {
    pub(crate) parts: Parts,
    pub(crate) issuers: Vec<Issuer>,
    /// Responses for the time when a signing device is away.
    pub(crate) kept: KeptResponses,
    /// Waits for signing devices, and for none for ever.
    pub(crate) devices: Devices,
}

/// An issuer as the network asks for it.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) id: IssuerId,
    pub(crate) name: String,
    pub(crate) kind: IssuerKind,
    pub(crate) shards: u16,
    pub(crate) certificate: Certificate,
    pub(crate) names: ocsp::Issuer,
}

impl Service {
    pub(crate) fn open(parts: Parts) -> Result<Self, OpenError> {
        let records = parts.storage.snapshot()?.issuers().all()?;
        let issuers = records
            .into_iter()
            .map(|record| {
                let certificate = Certificate::from_der(&record.issuer.certificate)
                    .map_err(|_| OpenError::DamagedIssuer(record.issuer.name.clone()))?;
                Ok(Issuer {
                    id: record.id,
                    name: record.issuer.name,
                    kind: record.issuer.kind,
                    shards: record.issuer.shards,
                    names: ocsp::Issuer::new(&certificate),
                    certificate,
                })
            })
            .collect::<Result<_, OpenError>>()?;
        Ok(Self {
            parts,
            issuers,
            kept: KeptResponses::default(),
            devices: Devices::new(PATIENCE, MOST),
        })
    }

    pub(crate) fn issuer(&self, name: &str) -> Option<&Issuer> {
        self.issuers.iter().find(|issuer| issuer.name == name)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Service")
            .field("issuers", &self.issuers)
            .finish_non_exhaustive()
    }
}
