//! The server's TLS (rustls over AWS-LC): certificate files that are read again when they change.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::TlsFiles;

/// Between two looks at the files.
const PAUSE: Duration = Duration::from_secs(2);

/// Why certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TlsError {
    /// A file cannot be read.
    #[error("the TLS file {path} cannot be read")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is no certificate in the file.
    #[error("the TLS file {0} has no certificate in PEM")]
    NoCertificate(String),
    /// There is no usable key in the file.
    #[error("the TLS file {0} has no private key in PEM without a password")]
    NoKey(String),
    /// The key is of another certificate.
    #[error("the TLS key does not fit the TLS certificate")]
    Mismatch,
    /// The library cannot use them.
    #[error("the TLS certificate or key cannot be used")]
    Unusable(#[source] rustls::Error),
}

/// What the two files hold.
#[derive(PartialEq, Eq)]
struct Content {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// The server's certificate and key, as they were last read.
pub(crate) struct Tls {
    files: TlsFiles,
    content: Content,
    config: RustlsConfig,
}

impl Tls {
    /// Reads the files.
    pub(crate) fn open(files: &TlsFiles) -> Result<Self, TlsError> {
        let content = Content::read(files)?;
        let config = RustlsConfig::from_config(content.server_config(files)?);
        Ok(Self {
            files: files.clone(),
            content,
            config,
        })
    }

    /// What connections use from now on; reading the files again changes it.
    pub(crate) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Looks at the files from time to time, for ever. Files that cannot be used change nothing, and are told once.
    pub(crate) async fn watch(mut self) {
        let mut complaint = String::new();
        loop {
            tokio::time::sleep(PAUSE).await;
            let Ok((state, outcome)) = tokio::task::spawn_blocking(move || self.look()).await
            else {
                return;
            };
            self = state;
            match outcome {
                Ok(true) => tracing::info!("the TLS certificate was replaced"),
                Ok(false) => complaint.clear(),
                Err(error) if complaint != error.to_string() => {
                    complaint = error.to_string();
                    let error: &dyn std::error::Error = &error;
                    tracing::error!(
                        error,
                        "the TLS files changed and cannot be used; the old certificate stays"
                    );
                }
                Err(_) => {}
            }
        }
    }

    /// Reads the files; whether they changed.
    fn look(mut self) -> (Self, Result<bool, TlsError>) {
        let outcome = Content::read(&self.files).and_then(|content| {
            if content == self.content {
                return Ok(false);
            }
            // Certificate and key are replaced one after the other; a pair that does not fit yet is tried again.
            self.config
                .reload_from_config(content.server_config(&self.files)?);
            self.content = content;
            Ok(true)
        });
        (self, outcome)
    }
}

impl Content {
    fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        Ok(Self {
            certificate: read(&files.certificate)?,
            key: read(&files.key)?,
        })
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "errors of the library are open-ended"
    )]
    fn server_config(&self, files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
        let no_certificate = || TlsError::NoCertificate(files.certificate.display().to_string());
        let chain = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| no_certificate())?;
        if chain.is_empty() {
            return Err(no_certificate());
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| TlsError::NoKey(files.key.display().to_string()))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unusable)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => TlsError::Mismatch,
                other => TlsError::Unusable(other),
            })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::File {
        path: path.display().to_string(),
        source,
    })
}
