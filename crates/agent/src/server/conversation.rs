//! A socket that was let in: greeting, then one answer for each frame, in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::memory::Metered;
use crate::Agent;
use crate::consent::Withdrawal;
use crate::modules::Caller;
use crate::origin::Origin;
use crate::protocol::{GREETING, HEARTBEAT};

/// Frames that may wait for their turn while a dialog is open. Clients wait for each answer; only heartbeats pile up.
const WAITING: usize = 256;
/// Octets of them.
const WAITING_OCTETS: usize = 1024 * 1024;

/// How long the rest of what broke the rules is read, and how much of it at once.
const PATIENCE: Duration = Duration::from_secs(5);
const REST: usize = 16 * 1024;

/// A frame that was read.
enum Incoming {
    Text(Utf8Bytes),
    /// The other side is gone, or breaks the rules.
    End,
}

/// Talks until one side has enough.
pub(super) async fn hold<S>(
    agent: &Arc<Agent>,
    mut socket: WebSocketStream<Metered<S>>,
    origin: Origin,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    tracing::debug!(%origin, "a site connected");
    if socket.send(Message::text(GREETING)).await.is_err() {
        return;
    }
    let mut caller = Caller::new(origin, agent.config().language);
    let mut waiting = VecDeque::new();
    loop {
        let text = match waiting.pop_front() {
            Some(text) => text,
            None => match next(&mut socket).await {
                Incoming::Text(text) => text,
                Incoming::End => return,
            },
        };
        let withdrawal = Withdrawal::default();
        let Some(reply) = respond(
            agent,
            &mut socket,
            &mut caller,
            &text,
            &withdrawal,
            &mut waiting,
        )
        .await
        else {
            let _ = socket.close(None).await;
            return;
        };
        socket.get_mut().done_with(text.len());
        if let Some(reply) = reply
            && socket.send(Message::text(reply)).await.is_err()
        {
            return;
        }
    }
}

/// Works on one frame and watches the socket meanwhile: whoever hangs up withdraws the question. `None` when the
/// conversation is over.
async fn respond<S>(
    agent: &Arc<Agent>,
    socket: &mut WebSocketStream<Metered<S>>,
    caller: &mut Caller,
    text: &Utf8Bytes,
    withdrawal: &Withdrawal,
    waiting: &mut VecDeque<Utf8Bytes>,
) -> Option<Option<String>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if text.as_str() == HEARTBEAT {
        return Some(Some(HEARTBEAT.to_owned()));
    }
    let work = agent.answer(caller, text, withdrawal);
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            reply = &mut work => return Some(reply),
            incoming = next(socket) => match incoming {
                Incoming::Text(text) => {
                    let octets: usize = waiting.iter().map(|text| text.as_str().len()).sum();
                    if waiting.len() >= WAITING || octets.saturating_add(text.len()) > WAITING_OCTETS {
                        tracing::warn!("a site sent more than it waits for; the connection is closed");
                        let close = CloseFrame { code: CloseCode::Policy, reason: Utf8Bytes::default() };
                        let _ = socket.close(Some(close)).await;
                        withdrawal.withdraw();
                        work.await;
                        return None;
                    }
                    waiting.push_back(text);
                }
                Incoming::End => {
                    withdrawal.withdraw();
                    // The dialog closes itself; nothing is signed for whoever left.
                    work.await;
                    return None;
                }
            },
        }
    }
}

async fn next<S>(socket: &mut WebSocketStream<Metered<S>>) -> Incoming
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        return match socket.next().await {
            Some(Ok(Message::Text(text))) => Incoming::Text(text),
            // Nobody sends these; their answer is that of text that is no request.
            Some(Ok(Message::Binary(octets))) => {
                socket.get_mut().done_with(octets.len());
                Incoming::Text(Utf8Bytes::default())
            }
            Some(Ok(Message::Ping(octets) | Message::Pong(octets))) => {
                socket.get_mut().done_with(octets.len());
                continue;
            }
            Some(Ok(Message::Frame(_))) => continue,
            Some(Err(fault)) => {
                if let Some(code) = told(&fault) {
                    turn_out(socket, code).await;
                }
                Incoming::End
            }
            Some(Ok(Message::Close(_))) | None => Incoming::End,
        };
    }
}

/// What the other side is told about a frame that breaks the rules (RFC 6455, 7.4.1); nothing where it is gone.
const fn told(fault: &Error) -> Option<CloseCode> {
    if matches!(fault, Error::Utf8(_)) {
        Some(CloseCode::Invalid)
    } else if matches!(fault, Error::Capacity(_)) {
        Some(CloseCode::Size)
    } else if matches!(fault, Error::Protocol(fault) if !matches!(fault, ProtocolError::ResetWithoutClosingHandshake))
    {
        Some(CloseCode::Protocol)
    } else {
        None
    }
}

/// Says why, and reads what is still on its way: closing with something unread would take the words back.
async fn turn_out<S>(socket: &mut WebSocketStream<Metered<S>>, code: CloseCode)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let reason = Utf8Bytes::default();
    let close = async {
        if socket
            .close(Some(CloseFrame { code, reason }))
            .await
            .is_err()
        {
            return;
        }
        let stream = socket.get_mut();
        let _ = stream.shutdown().await;
        let mut rest = vec![0; REST];
        while let Ok(read @ 1..) = stream.read(&mut rest).await {
            stream.done_with(read);
        }
    };
    let _ = timeout(PATIENCE, close).await;
}
