//! Who answers at the agent's port.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, Stream};
use tanba_pki::Certificate;

use super::{Cause, Finding};

/// How long the port may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PortState {
    /// The agent of this installation.
    Ours,
    /// Another program: an agent of another user, or NCALayer.
    Other,
    /// Nobody.
    Silent,
}

/// What is said of the port.
pub(crate) fn finding(state: PortState, address: SocketAddr) -> Finding {
    let detail = address.to_string();
    let cause = Cause::Port;
    match state {
        PortState::Ours => Finding::good(cause, "doctor-port-answers", detail),
        PortState::Silent => Finding::bad(cause, "doctor-port-silent", detail, "doctor-port-start"),
        PortState::Other => Finding::bad(cause, "doctor-port-other", detail, "doctor-port-free"),
    }
}

/// Looks who answers: ours shows a certificate of the authority of this installation.
pub(crate) fn look(address: SocketAddr, authority: Option<&Certificate>) -> PortState {
    let Ok(stream) = TcpStream::connect_timeout(&address, PATIENCE) else {
        return PortState::Silent;
    };
    match authority.and_then(|authority| greet(stream, authority)) {
        Some(()) => PortState::Ours,
        None => PortState::Other,
    }
}

fn greet(mut stream: TcpStream, authority: &Certificate) -> Option<()> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(authority.der().to_vec()))
        .ok()?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").ok()?;
    let mut connection = ClientConnection::new(Arc::new(config), name).ok()?;
    let mut tls = Stream::new(&mut connection, &mut stream);
    tls.write_all(b"HEAD /alive HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        .ok()?;
    let mut first = [0_u8; 8];
    tls.read_exact(&mut first).ok()?;
    first.starts_with(b"HTTP/1.1").then_some(())
}
