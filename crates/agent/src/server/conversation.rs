//! A socket that was let in: greeting, then one answer for each frame, in order.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::door::{BUFFER, Tls};
use super::peer;
use super::seats::Seat;
use crate::Agent;
use crate::consent::Withdrawal;
use crate::modules::Caller;
use crate::origin::Origin;
use crate::protocol::{GREETING, HEARTBEAT};

/// Frames that wait for their turn while a dialog is open. Clients wait for each answer; only heartbeats pile up.
const WAITING: usize = 256;
/// Octets of them. When either is reached nothing more is read, and the system holds the other side back: at most one
/// frame more than this is kept.
const WAITING_OCTETS: usize = 1024 * 1024;
/// Between two looks whether somebody who is held back is still there.
const LOOK: Duration = Duration::from_millis(500);

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
pub(super) async fn hold(
    agent: &Arc<Agent>,
    mut socket: WebSocketStream<Tls>,
    origin: Origin,
    seat: &Seat,
) {
    tracing::debug!(%origin, "a site connected");
    if socket.send(Message::text(GREETING)).await.is_err() {
        return;
    }
    let site = origin.site();
    let mut caller = Caller::new(origin, agent.config().language);
    let mut waiting = Waiting::default();
    loop {
        let text = match waiting.0.pop_front() {
            Some(text) => text,
            None => {
                seat.rest(site.clone());
                let incoming = tokio::select! {
                    biased;
                    incoming = next(&mut socket) => incoming,
                    () = seat.is_asked_to_leave() => {
                        tracing::info!("an idle socket gave way: there are too many");
                        return turn_out(&mut socket, CloseCode::Again).await;
                    }
                };
                seat.work(site.clone());
                match incoming {
                    Incoming::Text(text) => text,
                    Incoming::End => return,
                }
            }
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
async fn respond(
    agent: &Arc<Agent>,
    socket: &mut WebSocketStream<Tls>,
    caller: &mut Caller,
    text: &Utf8Bytes,
    withdrawal: &Withdrawal,
    waiting: &mut Waiting,
) -> Option<Option<String>> {
    if text.as_str() == HEARTBEAT {
        return Some(Some(HEARTBEAT.to_owned()));
    }
    let work = agent.answer(caller, text, withdrawal);
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            reply = &mut work => return Some(reply),
            incoming = watch(socket, waiting.is_full()) => match incoming {
                Incoming::Text(text) => waiting.0.push_back(text),
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

/// Frames that were read and wait for their turn.
#[derive(Default)]
struct Waiting(VecDeque<Utf8Bytes>);

impl Waiting {
    fn is_full(&self) -> bool {
        let octets: usize = self.0.iter().map(|text| text.as_str().len()).sum();
        self.0.len() >= WAITING || octets >= WAITING_OCTETS
    }
}

/// The next frame; of somebody who is held back nothing but the end is heard.
async fn watch(socket: &mut WebSocketStream<Tls>, is_held_back: bool) -> Incoming {
    if !is_held_back {
        return next(socket).await;
    }
    while !has_left(socket) {
        sleep(LOOK).await;
    }
    Incoming::End
}

/// Whether the other side closed its end.
fn has_left(socket: &WebSocketStream<Tls>) -> bool {
    let stream = socket.get_ref().stream().get_ref().0;
    let ready = stream.ready(Interest::READABLE).now_or_never();
    if let Some(Ok(ready)) = ready
        && ready.is_read_closed()
    {
        return true;
    }
    match (stream.peer_addr(), stream.local_addr()) {
        (Ok(peer), Ok(own)) => peer::has_left(peer, own),
        // The system knows nobody there any more.
        _ => true,
    }
}

async fn next(socket: &mut WebSocketStream<Tls>) -> Incoming {
    let since = Instant::now();
    loop {
        let message = match come(socket, since).await {
            Came::Message(message) => message,
            Came::Nothing => return Incoming::End,
            Came::Stalled => {
                tracing::warn!("a site does not finish what it sends; the connection is closed");
                turn_out(socket, CloseCode::Policy).await;
                return Incoming::End;
            }
        };
        return match message {
            Ok(Message::Text(text)) => {
                socket.get_mut().has_whole(text.len(), BUFFER);
                Incoming::Text(text)
            }
            // Nobody sends these; their answer is that of text that is no request.
            Ok(Message::Binary(octets)) => {
                socket.get_mut().has_whole(octets.len(), BUFFER);
                socket.get_mut().done_with(octets.len());
                Incoming::Text(Utf8Bytes::default())
            }
            Ok(Message::Ping(octets) | Message::Pong(octets)) => {
                socket.get_mut().let_go(octets.len());
                continue;
            }
            Ok(Message::Frame(_)) => continue,
            Err(fault) => {
                if let Some(code) = told(&fault) {
                    turn_out(socket, code).await;
                }
                Incoming::End
            }
            Ok(Message::Close(_)) => {
                // The answer is written already, and leaves with the next flush.
                let _ = timeout(PATIENCE, socket.flush()).await;
                Incoming::End
            }
        };
    }
}

/// What came, or did not.
enum Came {
    Message(Result<Message, Error>),
    /// The other side is gone.
    Nothing,
    /// What began to come takes room of others and does not go on.
    Stalled,
}

/// Waits for a message. Of what is not finished, or not read as long as there is no room, it is looked at now and then whether
/// the other side still sends it, and is there.
async fn come(socket: &mut WebSocketStream<Tls>, since: Instant) -> Came {
    let mut look: Option<Pin<Box<Sleep>>> = None;
    poll_fn(|context| {
        if let Poll::Ready(message) = socket.poll_next_unpin(context) {
            return Poll::Ready(message.map_or(Came::Nothing, Came::Message));
        }
        if !socket.get_ref().wants_watching() {
            look = None;
            return Poll::Pending;
        }
        let timer = look.get_or_insert_with(|| Box::pin(sleep(LOOK)));
        while timer.as_mut().poll(context).is_ready() {
            if socket.get_ref().is_stalled(since, Instant::now()) {
                return Poll::Ready(Came::Stalled);
            }
            if socket.get_ref().is_waiting() && has_left(socket) {
                return Poll::Ready(Came::Nothing);
            }
            timer.set(sleep(LOOK));
        }
        Poll::Pending
    })
    .await
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
async fn turn_out(socket: &mut WebSocketStream<Tls>, code: CloseCode) {
    let reason = Utf8Bytes::default();
    let close = async {
        if socket
            .close(Some(CloseFrame { code, reason }))
            .await
            .is_err()
        {
            return;
        }
        // Nothing of it is kept, so it needs no room: with none left the rest would stay unread.
        let stream = socket.get_mut().uncounted();
        let _ = stream.shutdown().await;
        let mut rest = vec![0; REST];
        while let Ok(1..) = stream.read(&mut rest).await {}
    };
    let _ = timeout(PATIENCE, close).await;
}
