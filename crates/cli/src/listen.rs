//! Listening, until somebody says that it is time to end.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum_server::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use crate::tls::Tls;

/// Threads that answer; what blocks goes to others.
const THREADS: usize = 2;
/// Threads for what blocks: SQL, signatures.
const BLOCKING_THREADS: usize = 16;
/// A client that does not say what it wants within this time is let go.
const HEADER_PATIENCE: Duration = Duration::from_secs(15);
/// An answer may take so long, and so may the rest of a request.
const ANSWER_PATIENCE: Duration = Duration::from_secs(30);
/// Answers that are under way at the end may take so long.
const FAREWELL: Duration = Duration::from_secs(10);

/// A socket, who is answered there, and whether through TLS.
pub(crate) struct Listener {
    /// The socket, bound already.
    pub(crate) socket: TcpListener,
    /// What is answered.
    pub(crate) router: Router,
    /// Certificate and key, where it speaks TLS.
    pub(crate) tls: Option<Tls>,
}

/// Takes an address, so that whoever starts the server learns at once when it is in use.
pub(crate) fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .with_context(|| format!("the address {address} cannot be listened on"))
}

/// Answers on all sockets until SIGTERM or SIGINT, then finishes what is under way.
pub(crate) fn serve(listeners: Vec<Listener>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
        .context("the threads that answer cannot be started")?;
    let result = runtime.block_on(answer(listeners));
    // Blocking work that never returns must not keep the program from ending.
    runtime.shutdown_timeout(FAREWELL);
    result
}

async fn answer(listeners: Vec<Listener>) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be received")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be received")?;
    let handle = Handle::new();
    let mut answering = JoinSet::new();
    for Listener {
        socket,
        router,
        tls,
    } in listeners
    {
        let service = router
            .layer(from_fn(in_time))
            .into_make_service_with_connect_info::<SocketAddr>();
        let mut server = axum_server::from_tcp(socket)
            .context("a socket cannot be used")?
            .handle(handle.clone());
        let _ = server
            .http_builder()
            .http1()
            .header_read_timeout(HEADER_PATIENCE);
        let server = server.first_request_timeout(HEADER_PATIENCE);
        match tls {
            None => drop(answering.spawn(server.serve(service))),
            Some(tls) => {
                let acceptor = axum_server::tls_rustls::RustlsAcceptor::new(tls.config());
                drop(answering.spawn(server.acceptor(acceptor).serve(service)));
                drop(tokio::spawn(tls.watch()));
            }
        }
    }
    let ended = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        ended = answering.join_next() => ended,
    };
    tracing::info!("ending");
    handle.graceful_shutdown(Some(FAREWELL));
    if let Some(result) = ended {
        result
            .context("a listener broke down")?
            .context("a listener broke down")?;
    }
    while let Some(result) = answering.join_next().await {
        result
            .context("a listener broke down")?
            .context("a listener broke down")?;
    }
    Ok(())
}

/// Lets go of whoever sends a request too slowly, and of what hangs.
async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(ANSWER_PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}
