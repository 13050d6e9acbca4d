//! Authority and server certificate of one installation, on disk and in use.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tanba_crypto::{KeyAlgorithm, KeyError, Secret, SoftwareKey};
use tanba_model::ports::{RandomSource, SourceRng};
use tanba_pki::{Certificate, Timestamp, pem};

use super::certificate::{self, CertificateFault};
use super::{make_folder, write_private};

/// The server's certificate is renewed when it ends sooner than this.
const RENEW_BEFORE: Duration = Duration::from_secs(60 * 86_400);

const AUTHORITY_KEY: &str = "authority.key";
const AUTHORITY: &str = "authority.pem";
const SERVER_KEY: &str = "server.key";
const SERVER: &str = "server.pem";

/// Why there is no TLS identity.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// A file cannot be read or written.
    #[error("the file {path} cannot be read or written")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is not what the agent wrote.
    #[error(
        "the file {path} is damaged; remove the folder and start the agent again: it makes a new identity, which \
         browsers have to be told about once more"
    )]
    Damaged {
        /// Which.
        path: PathBuf,
    },
    /// The clock stands before the authority was made.
    #[error(
        "the clock of this computer says {now}, which is before this installation was made; set the clock"
    )]
    ClockBehind {
        /// What the clock says.
        now: String,
    },
    /// A key could not be made.
    #[error("a key could not be made")]
    Key(#[from] KeyError),
    /// A certificate could not be made.
    #[error("a certificate could not be made")]
    Certificate(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The TLS library refuses them.
    #[error("the TLS certificate cannot be used")]
    Tls(#[from] rustls::Error),
}

impl From<CertificateFault> for TrustError {
    fn from(fault: CertificateFault) -> Self {
        Self::Certificate(Box::new(fault))
    }
}

/// The TLS identity of this installation.
#[derive(Debug)]
pub struct Identity {
    folder: PathBuf,
    authority: Certificate,
    server: RwLock<InUse>,
}

#[derive(Debug)]
struct InUse {
    certificate: Certificate,
    certified: Arc<CertifiedKey>,
}

impl Identity {
    /// Opens the identity in this folder; makes it on first start.
    ///
    /// # Errors
    /// [`TrustError`] by what its reader can do.
    pub fn open(
        folder: &Path,
        now: Timestamp,
        random: &dyn RandomSource,
    ) -> Result<Self, TrustError> {
        let file = |name: &str| folder.join(name);
        make_folder(folder).map_err(|source| TrustError::File {
            path: folder.to_owned(),
            source,
        })?;
        if !Self::is_in(folder) {
            make_authority(folder, now, random)?;
        }
        let authority = read_certificate(&file(AUTHORITY))?;
        let usable = match (read_certificate(&file(SERVER)), read_key(&file(SERVER_KEY))) {
            (Ok(certificate), Ok(key)) => Some((certificate, key)).filter(|(certificate, key)| {
                is_fresh(certificate, now)
                    && key.matches(certificate.public_key())
                    && certificate.verify_signed_by(authority.public_key()).is_ok()
            }),
            _ => None,
        };
        let (certificate, key) = match usable {
            Some(usable) => usable,
            None => make_server(folder, &authority, now, random)?,
        };
        let in_use = InUse::new(certificate, &authority, &key)?;
        Ok(Self {
            folder: folder.to_owned(),
            authority,
            server: RwLock::new(in_use),
        })
    }

    /// Opens the identity as it lies in this folder: nothing is made, renewed or repaired.
    ///
    /// # Errors
    /// [`TrustError`], also where an [`open`](Self::open) would put it right.
    pub fn look(folder: &Path) -> Result<Self, TrustError> {
        let authority = read_certificate(&folder.join(AUTHORITY))?;
        let certificate = read_certificate(&folder.join(SERVER))?;
        let key = read_key(&folder.join(SERVER_KEY))?;
        let in_use = InUse::new(certificate, &authority, &key)?;
        Ok(Self {
            folder: folder.to_owned(),
            authority,
            server: RwLock::new(in_use),
        })
    }

    /// Whether an identity was made in this folder.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        Self::authority_file_in(folder).exists()
    }

    /// Where an identity in this folder keeps its authority, in PEM.
    #[must_use]
    pub fn authority_file_in(folder: &Path) -> PathBuf {
        folder.join(AUTHORITY)
    }

    /// All files of an identity in this folder, the keys first.
    pub fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
        let names = [AUTHORITY_KEY, SERVER_KEY, AUTHORITY, SERVER];
        let folder = folder.to_owned();
        names.into_iter().map(move |name| folder.join(name))
    }

    /// The authority that browsers are asked to trust.
    #[must_use]
    pub const fn authority(&self) -> &Certificate {
        &self.authority
    }

    /// The file with the authority in PEM, for those who put it into a store of trusted authorities.
    #[must_use]
    pub fn authority_file(&self) -> PathBuf {
        Self::authority_file_in(&self.folder)
    }

    /// The certificate that the browser sees now.
    #[must_use]
    pub fn server(&self) -> Certificate {
        let in_use = self.server.read().unwrap_or_else(PoisonError::into_inner);
        in_use.certificate.clone()
    }

    /// Renews the server's certificate if it ends soon, or is not valid by a clock that was set; whether it did.
    ///
    /// # Errors
    /// [`TrustError`]; the old certificate stays in use.
    pub fn renew(&self, now: Timestamp, random: &dyn RandomSource) -> Result<bool, TrustError> {
        if is_fresh(&self.server(), now) {
            return Ok(false);
        }
        let (certificate, key) = make_server(&self.folder, &self.authority, now, random)?;
        let renewed = InUse::new(certificate, &self.authority, &key)?;
        *self.server.write().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(true)
    }

    /// How TLS connections are accepted.
    ///
    /// # Errors
    /// [`TrustError::Tls`], which the shipped library does not give.
    pub fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, TrustError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let identity = Arc::clone(self);
        let resolver: Arc<dyn ResolvesServerCert> = identity;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        // WebSocket needs HTTP/1.1 (RFC 6455).
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let in_use = self.server.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&in_use.certified))
    }
}

impl InUse {
    fn new(
        certificate: Certificate,
        authority: &Certificate,
        key: &SoftwareKey,
    ) -> Result<Self, TrustError> {
        let chain = [&certificate, authority]
            .map(|certificate| CertificateDer::from(certificate.der().to_vec()));
        let pkcs8 = PrivatePkcs8KeyDer::from(key.pkcs8_der().expose().to_vec());
        let provider = aws_lc_rs::default_provider();
        let certified =
            CertifiedKey::from_der(chain.to_vec(), PrivateKeyDer::Pkcs8(pkcs8), &provider)?;
        Ok(Self {
            certificate,
            certified: Arc::new(certified),
        })
    }
}

fn is_fresh(certificate: &Certificate, now: Timestamp) -> bool {
    certificate.is_valid_at(now) && certificate.is_valid_at(now.plus(RENEW_BEFORE))
}

fn make_authority(
    folder: &Path,
    now: Timestamp,
    random: &dyn RandomSource,
) -> Result<(), TrustError> {
    let key = SoftwareKey::generate(KeyAlgorithm::EcP256, &mut SourceRng(random))?;
    let der = certificate::authority(&key, now, random)?;
    write_key(&folder.join(AUTHORITY_KEY), &key)?;
    // The certificate comes last: where it is, its key is.
    write_pem(&folder.join(AUTHORITY), "CERTIFICATE", &der)
}

fn make_server(
    folder: &Path,
    authority: &Certificate,
    now: Timestamp,
    random: &dyn RandomSource,
) -> Result<(Certificate, SoftwareKey), TrustError> {
    if !authority.is_valid_at(now) && now < authority.not_before() {
        return Err(TrustError::ClockBehind { now: now.rfc3339() });
    }
    let authority_path = folder.join(AUTHORITY_KEY);
    let authority_key = read_key(&authority_path)?;
    if !authority_key.matches(authority.public_key()) {
        return Err(TrustError::Damaged {
            path: authority_path,
        });
    }
    let key = SoftwareKey::generate(KeyAlgorithm::EcP256, &mut SourceRng(random))?;
    let public = tanba_crypto::Signer::public_key(&key);
    let der = certificate::server(public, authority.subject(), &authority_key, now, random)?;
    let path = folder.join(SERVER);
    write_key(&folder.join(SERVER_KEY), &key)?;
    write_pem(&path, "CERTIFICATE", &der)?;
    Ok((read_certificate(&path)?, key))
}

fn read(path: &Path) -> Result<Secret, TrustError> {
    std::fs::read(path)
        .map(Secret::new)
        .map_err(|source| TrustError::File {
            path: path.to_owned(),
            source,
        })
}

fn read_certificate(path: &Path) -> Result<Certificate, TrustError> {
    Certificate::from_pem(read(path)?.expose()).map_err(|_| TrustError::Damaged {
        path: path.to_owned(),
    })
}

fn read_key(path: &Path) -> Result<SoftwareKey, TrustError> {
    let damaged = || TrustError::Damaged {
        path: path.to_owned(),
    };
    let blocks = pem::decode_all(read(path)?.expose()).map_err(|_| damaged())?;
    let block = blocks.into_iter().next().ok_or_else(damaged)?;
    let der = Secret::new(block.der);
    SoftwareKey::from_pkcs8_der(der.expose()).map_err(|_| damaged())
}

fn write_key(path: &Path, key: &SoftwareKey) -> Result<(), TrustError> {
    write_pem(path, "PRIVATE KEY", key.pkcs8_der().expose())
}

fn write_pem(path: &Path, label: &str, der: &[u8]) -> Result<(), TrustError> {
    let text = Secret::from(pem::encode(label, der));
    write_private(path, text.expose()).map_err(|source| TrustError::File {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests;
