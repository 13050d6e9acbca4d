//! What a connection has to show before it may speak.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::head::{self, Head, Reading};
use super::memory::{Memory, Metered};
use super::{conversation, page, peer};
use crate::Agent;
use crate::protocol::LARGEST;

/// For the handshakes; a program of this computer is quick.
const PATIENCE: Duration = Duration::from_secs(10);
/// Octets that are read at once: most requests are small, and idle sockets should be too.
const BUFFER: usize = 16 * 1024;

/// Lets a connection in, or shows it out.
pub(super) async fn admit(
    agent: &Arc<Agent>,
    acceptor: &TlsAcceptor,
    mut stream: TcpStream,
    peer: SocketAddr,
    port: u16,
    memory: Arc<Memory>,
) {
    let Ok(own) = stream.local_addr() else { return };
    if !peer.ip().is_loopback() || peer::is_same_user(peer, own) == Some(false) {
        tracing::warn!("a connection of another user of this computer was refused");
        return;
    }
    // Small answers go out at once.
    let _ = stream.set_nodelay(true);
    match timeout(PATIENCE, is_tls(&stream)).await {
        Ok(Some(true)) => {}
        Ok(Some(false)) => {
            answer(&mut stream, &page::plain_http(port)).await;
            return;
        }
        _ => return,
    }
    let Ok(Ok(tls)) = timeout(PATIENCE, acceptor.accept(stream)).await else {
        tracing::debug!("a TLS handshake failed");
        return;
    };
    enter(agent, Metered::new(tls, memory), port).await;
}

/// Whether the first octet begins a TLS handshake; `None` when nothing comes.
async fn is_tls(stream: &TcpStream) -> Option<bool> {
    let mut first = [0];
    match stream.peek(&mut first).await {
        Ok(1) => Some(first == [0x16]),
        _ => None,
    }
}

async fn enter<S>(agent: &Arc<Agent>, mut stream: Metered<S>, port: u16)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let (head, rest) = match timeout(PATIENCE, read_head(&mut stream)).await {
        Ok(Heard::Head(head, rest)) => (head, rest),
        Ok(Heard::Nonsense) => return answer(&mut stream, &page::no_request()).await,
        Ok(Heard::Nothing) | Err(_) => return,
    };
    if !head.is_for_loopback(port) {
        tracing::warn!("a request for another host was refused (DNS rebinding?)");
        return answer(&mut stream, &page::misdirected()).await;
    }
    if !head.wants_socket() {
        let reply = page::reply(agent, &head, port).await;
        return answer(&mut stream, &reply).await;
    }
    let Some(accept) = head.socket_accept() else {
        return answer(&mut stream, &page::bad_request()).await;
    };
    let origin = match agent.config().origins.judge(head.header("origin")) {
        Ok(origin) => origin,
        Err(fault) => {
            tracing::warn!(%fault, "a socket was refused");
            return answer(&mut stream, &page::refused(&fault)).await;
        }
    };
    let Some(_place) = agent.sockets().take(&origin) else {
        tracing::warn!(%origin, "a site has as many sockets as it may");
        return answer(&mut stream, &page::too_many()).await;
    };
    let switch = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    if stream.write_all(switch.as_bytes()).await.is_err() {
        return;
    }
    // What is left of it came in the beginning of the first frame.
    stream.done_with(head.length);
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(LARGEST))
        .max_frame_size(Some(LARGEST));
    let socket =
        WebSocketStream::from_partially_read(stream, rest, Role::Server, Some(config)).await;
    conversation::hold(agent, socket, origin).await;
}

/// What came first.
enum Heard {
    /// A head, and what came behind it.
    Head(Head, Vec<u8>),
    /// Something that is no head of HTTP/1.1, or a very long one.
    Nonsense,
    /// The other side is gone.
    Nothing,
}

/// Reads a head and whatever came behind it.
async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> Heard {
    let mut octets = Vec::new();
    loop {
        let mut piece = [0; 2048];
        let Ok(read @ 1..) = stream.read(&mut piece).await else {
            return Heard::Nothing;
        };
        octets.extend_from_slice(piece.get(..read).unwrap_or_default());
        match Head::read(&octets) {
            Reading::Whole(head) => {
                let rest = octets.split_off(head.length);
                return Heard::Head(head, rest);
            }
            Reading::Partial if octets.len() < head::LARGEST => {}
            Reading::Partial | Reading::Malformed => return Heard::Nonsense,
        }
    }
}

/// Sends an answer and waits until the other side has it: closing with something unread would take it back.
async fn answer<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, octets: &[u8]) {
    let send = async {
        stream.write_all(octets).await?;
        stream.shutdown().await?;
        let mut rest = [0; 1024];
        for _ in 0..head::LARGEST / rest.len() {
            if stream.read(&mut rest).await? == 0 {
                break;
            }
        }
        std::io::Result::Ok(())
    };
    let _ = timeout(PATIENCE, send).await;
}
