//! The two loopback listeners.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::door;
use super::memory::Memory;
use super::seats::Seats;
use crate::{Agent, TrustError};

/// Connections at once; a browser has one for each page that talks to us.
const CONNECTIONS: usize = 128;
/// Between two looks at the age of the certificate.
const RENEWAL: Duration = Duration::from_secs(6 * 3600);
/// After a failure to accept, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Why nothing is heard.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Another program has the port.
    #[error(
        "port {port} is taken by another program, NCALayer or another agent; end that program, then start this one"
    )]
    Taken {
        /// Which.
        port: u16,
    },
    /// The system refuses.
    #[error("port {port} cannot be listened at")]
    Refused {
        /// Which.
        port: u16,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Listeners on 127.0.0.1 and, where the system has it, on ::1.
#[derive(Debug)]
pub struct Listeners {
    v4: TcpListener,
    v6: Option<TcpListener>,
    port: u16,
}

impl Listeners {
    /// Opens them; port 0 lets the system choose one.
    ///
    /// # Errors
    /// [`ListenError`]
    pub async fn open(port: u16) -> Result<Self, ListenError> {
        let fault = |source: io::Error| {
            if source.kind() == io::ErrorKind::AddrInUse {
                ListenError::Taken { port }
            } else {
                ListenError::Refused { port, source }
            }
        };
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(fault)?;
        let port = v4.local_addr().map_err(fault)?.port();
        // `localhost` may be ::1 alone. A machine without IPv6 loses nothing.
        let v6 = match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
            Ok(listener) => Some(listener),
            Err(error) => {
                tracing::warn!(%error, "no listener on ::1; pages that use localhost may not find the agent");
                None
            }
        };
        Ok(Self { v4, v6, port })
    }

    /// The port in use.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match &self.v6 {
            None => self.v4.accept().await,
            Some(v6) => tokio::select! {
                accepted = self.v4.accept() => accepted,
                accepted = v6.accept() => accepted,
            },
        }
    }
}

/// Serves connections until the future is dropped.
pub(crate) async fn serve(agent: Arc<Agent>, listeners: Listeners) -> Result<(), TrustError> {
    let acceptor = TlsAcceptor::from(agent.identity().server_config()?);
    let memory = Arc::new(Memory::default());
    let seats = Seats::new(CONNECTIONS);
    let mut renewal = tokio::time::interval(RENEWAL);
    // The first tick comes at once, and nobody is let in before it.
    renewal.tick().await;
    agent.renew_identity();
    loop {
        tokio::select! {
            accepted = listeners.accept() => match accepted {
                Ok((stream, peer)) => {
                    // Whoever finds no seat is turned away, not queued: the queue would be the attacker's.
                    let Some(seat) = seats.take() else { continue };
                    let (agent, acceptor, port) = (Arc::clone(&agent), acceptor.clone(), listeners.port);
                    let memory = Arc::clone(&memory);
                    tokio::spawn(async move {
                        tokio::select! {
                            () = door::admit(&agent, &acceptor, stream, (peer, port), memory, &seat) => {}
                            () = seat.is_given_away() => {}
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            _ = renewal.tick() => agent.renew_identity(),
        }
    }
}
