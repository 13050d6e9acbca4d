//! What a connection has to show before it may speak.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::head::{self, Head, Reading};
use super::memory::{Memory, Metered};
use super::seats::Seat;
use super::{conversation, page, peer};
use crate::Agent;
use crate::protocol::LARGEST;

/// For the handshake; a program of this computer is quick.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// For the head of a request behind it: a browser that asks its user whether a page may reach this computer connects first and
/// speaks when it was allowed. Until then the seat is anybody's who comes.
const HEAD: Duration = Duration::from_secs(120);
/// For an answer to be taken.
const PATIENCE: Duration = Duration::from_secs(10);
/// Octets that are read at once: most requests are small, and idle sockets should be too.
pub(super) const BUFFER: usize = 16 * 1024;

/// Lets a connection in, or shows it out.
pub(super) async fn admit(
    agent: &Arc<Agent>,
    acceptor: &TlsAcceptor,
    stream: TcpStream,
    (peer, port): (SocketAddr, u16),
    memory: Arc<Memory>,
    seat: &Seat,
) {
    let Ok(own) = stream.local_addr() else { return };
    if !peer.ip().is_loopback() || peer::is_same_user(peer, own) == Some(false) {
        tracing::warn!("a connection of another user of this computer was refused");
        return;
    }
    // Small answers go out at once.
    let _ = stream.set_nodelay(true);
    let heard = hear(acceptor, stream, memory).await;
    // Whatever it was, it was a whole request: nobody is shown out who is being answered.
    seat.keep();
    match heard {
        Heard::Head(head, rest, stream) => enter(agent, stream, (head, rest), port, seat).await,
        Heard::Nonsense(mut stream) => answer(&mut stream, &page::no_request()).await,
        Heard::Plain(mut stream) => answer(&mut stream, &page::plain_http(port)).await,
        Heard::Nothing => {}
    }
}

/// A connection that speaks TLS.
pub(super) type Tls = Metered<TlsStream<TcpStream>>;

/// What came first.
enum Heard {
    /// A head, and what came behind it.
    Head(Head, Vec<u8>, Tls),
    /// Something that is no head of HTTP/1.1, or a very long one.
    Nonsense(Tls),
    /// No TLS.
    Plain(TcpStream),
    /// The other side is gone, or says nothing.
    Nothing,
}

/// The handshake, and the head of the request behind it, each in its time.
async fn hear(acceptor: &TlsAcceptor, stream: TcpStream, memory: Arc<Memory>) -> Heard {
    let tls = match timeout(HANDSHAKE, greet(acceptor, stream)).await {
        Ok(Greeted::Tls(tls)) => tls,
        Ok(Greeted::Plain(stream)) => return Heard::Plain(stream),
        Ok(Greeted::Nothing) => return Heard::Nothing,
        Err(_) => {
            tracing::debug!("a connection said nothing");
            return Heard::Nothing;
        }
    };
    let mut stream = Metered::new(*tls, memory);
    match timeout(HEAD, read_head(&mut stream)).await {
        Ok(Some(Ok((head, rest)))) => Heard::Head(head, rest, stream),
        Ok(Some(Err(Malformed))) => Heard::Nonsense(stream),
        Ok(None) => Heard::Nothing,
        Err(_) => {
            tracing::debug!("a connection asked for nothing");
            Heard::Nothing
        }
    }
}

/// What a connection begins with.
enum Greeted {
    Tls(Box<TlsStream<TcpStream>>),
    Plain(TcpStream),
    Nothing,
}

async fn greet(acceptor: &TlsAcceptor, stream: TcpStream) -> Greeted {
    match is_tls(&stream).await {
        Some(true) => {}
        Some(false) => return Greeted::Plain(stream),
        None => return Greeted::Nothing,
    }
    match acceptor.accept(stream).await {
        Ok(tls) => Greeted::Tls(Box::new(tls)),
        Err(_) => {
            tracing::debug!("a TLS handshake failed");
            Greeted::Nothing
        }
    }
}

/// Whether the first octet begins a TLS handshake; `None` when nothing comes.
async fn is_tls(stream: &TcpStream) -> Option<bool> {
    let mut first = [0];
    match stream.peek(&mut first).await {
        Ok(1) => Some(first == [0x16]),
        _ => None,
    }
}

async fn enter(
    agent: &Arc<Agent>,
    mut stream: Tls,
    (head, rest): (Head, Vec<u8>),
    port: u16,
    seat: &Seat,
) {
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
    stream.let_go(head.length);
    stream.belongs_to(origin.site());
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(LARGEST))
        .max_frame_size(Some(LARGEST));
    let socket =
        WebSocketStream::from_partially_read(stream, rest, Role::Server, Some(config)).await;
    conversation::hold(agent, socket, origin, seat).await;
}

/// No head of HTTP/1.1, or a very long one.
struct Malformed;

/// Reads a head and whatever came behind it; `None` when the other side is gone.
async fn read_head<S: AsyncRead + Unpin>(
    stream: &mut S,
) -> Option<Result<(Head, Vec<u8>), Malformed>> {
    let mut octets = Vec::new();
    loop {
        let mut piece = [0; 2048];
        let Ok(read @ 1..) = stream.read(&mut piece).await else {
            return None;
        };
        octets.extend_from_slice(piece.get(..read).unwrap_or_default());
        match Head::read(&octets) {
            Reading::Whole(head) => {
                let rest = octets.split_off(head.length);
                return Some(Ok((head, rest)));
            }
            Reading::Partial if octets.len() < head::LARGEST => {}
            Reading::Partial | Reading::Malformed => return Some(Err(Malformed)),
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
