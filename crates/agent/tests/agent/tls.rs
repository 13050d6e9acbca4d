//! A TLS client that trusts one installation of the agent and nobody else.

use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// A connection over which a page talks to the agent.
pub(crate) type Connection = StreamOwned<ClientConnection, TcpStream>;

/// A client of one authority.
#[derive(Clone, Debug)]
pub(crate) struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Goes by the system's clock.
    pub(crate) fn trusting(authority: CertificateDer<'static>) -> Self {
        Self::at(authority, Arc::new(DefaultTimeProvider))
    }

    /// Trusts the authority that an installation keeps in this file, in PEM.
    pub(crate) fn trusting_file(authority: &Path) -> Self {
        Self::trusting(CertificateDer::from_pem_file(authority).unwrap())
    }

    /// Goes by another clock.
    pub(crate) fn at(authority: CertificateDer<'static>, clock: Arc<dyn TimeProvider>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(authority).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_details(provider, clock)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self(Arc::new(config))
    }

    /// Speaks TLS with whoever has this address; the handshake comes with the first octets.
    pub(crate) fn over(&self, stream: TcpStream, address: &str) -> Connection {
        let name = ServerName::try_from(address.to_owned()).unwrap();
        let connection = ClientConnection::new(Arc::clone(&self.0), name).unwrap();
        StreamOwned::new(connection, stream)
    }
}
