//! What travels between the agent and the process that shows its window.
//!
//! Frames: four octets of length, most significant first, then JSON; a password is a frame of its own octets, right after
//! the message that announces it, so that no writer or reader of JSON ever copies it.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tanba_crypto::Secret;
use tanba_model::language::Language;

use crate::consent::{Answer, ContainerCard, KeyCard, OpenFault, Question, SecretFault};
use crate::containers::{ContainerId, Storage};

/// Octets that a message has at most: the first documents of a request, as text, with room to spare.
const LONGEST_MESSAGE: usize = 16 * 1024 * 1024;

/// Octets that a password has at most.
const LONGEST_SECRET: usize = 4096;

/// Sent: from the agent to the window.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ToWindow {
    /// What is asked, first of all, and in which language if its owner chose one before.
    Ask(Box<Question>, Language),
    /// The containers of one kind that are here now.
    Containers(Storage, Vec<ContainerCard>),
    /// What came of [`FromWindow::Open`].
    Opened(Result<Opened, OpenFault>),
    /// What came of [`FromWindow::Take`].
    Taken(Result<(), SecretFault>),
}

/// What is in a container that opened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Opened {
    /// Its keys, the most useful first.
    pub(crate) cards: Vec<KeyCard>,
    /// Whether it opened with the PIN that its maker gave it.
    pub(crate) factory_secret: bool,
}

/// Sent: from the window to the agent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FromWindow {
    /// The containers of this kind are wanted.
    List(Storage),
    /// This container is to be opened; a frame with the password follows.
    Open(ContainerId),
    /// A new password is to be taken; it follows in a frame.
    Take,
    /// The end, and the language that the window was left in.
    Answer(Answer, Language),
}

/// Writes a message.
///
/// # Errors
/// When the other side is gone.
pub(crate) fn send(writer: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    write_frame(writer, &serde_json::to_vec(message)?)
}

/// Writes a password.
///
/// # Errors
/// When the other side is gone.
pub(crate) fn send_secret(writer: &mut impl Write, secret: &Secret) -> io::Result<()> {
    write_frame(writer, secret.expose())
}

/// Reads a message; `None` when the other side is gone.
///
/// # Errors
/// When what comes is no message.
pub(crate) fn receive<T: DeserializeOwned>(reader: &mut impl Read) -> io::Result<Option<T>> {
    let Some(frame) = read_frame(reader, LONGEST_MESSAGE)? else {
        return Ok(None);
    };
    Ok(Some(serde_json::from_slice(&frame)?))
}

/// Reads a password.
///
/// # Errors
/// When the other side is gone, or what comes is too long.
pub(crate) fn receive_secret(reader: &mut impl Read) -> io::Result<Secret> {
    read_frame(reader, LONGEST_SECRET)?
        .map(Secret::new)
        .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn write_frame(writer: &mut impl Write, octets: &[u8]) -> io::Result<()> {
    let length = u32::try_from(octets.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    writer.write_all(&length.to_be_bytes())?;
    writer.write_all(octets)?;
    writer.flush()
}

fn read_frame(reader: &mut impl Read, longest: usize) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match reader.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length =
        usize::try_from(u32::from_be_bytes(length)).map_err(|_| io::ErrorKind::InvalidData)?;
    if length > longest {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // The right size at once: a buffer that grows leaves what it held behind.
    let mut octets = vec![0; length];
    reader.read_exact(&mut octets)?;
    Ok(Some(octets))
}

#[cfg(test)]
mod tests {
    use std::io;

    use tanba_crypto::Secret;

    use super::{FromWindow, receive, receive_secret, send, send_secret};
    use crate::containers::Storage;

    #[test]
    fn messages_and_passwords_arrive_as_they_were_sent() {
        let mut pipe = Vec::new();
        send(&mut pipe, &FromWindow::List(Storage::IdCard)).unwrap();
        send(&mut pipe, &FromWindow::Take).unwrap();
        send_secret(&mut pipe, &Secret::from("құпия\n\"".to_owned())).unwrap();
        let mut pipe = pipe.as_slice();
        let first = receive(&mut pipe).unwrap();
        assert!(matches!(first, Some(FromWindow::List(Storage::IdCard))));
        assert!(matches!(receive(&mut pipe), Ok(Some(FromWindow::Take))));
        let secret = receive_secret(&mut pipe).unwrap();
        assert_eq!(secret.expose(), "құпия\n\"".as_bytes());
        let end: Option<FromWindow> = receive(&mut pipe).unwrap();
        assert!(end.is_none());
        assert!(receive_secret(&mut pipe).is_err());
    }

    #[test]
    fn what_is_too_long_cut_off_or_nonsense_is_refused_before_it_is_kept() {
        let cases: [(&[u8], io::ErrorKind); 3] = [
            (&[0xff; 4], io::ErrorKind::InvalidData),
            (&[0, 0, 0, 9, b'"'], io::ErrorKind::UnexpectedEof),
            (&[0, 0, 0, 2, b'"', b'x'], io::ErrorKind::UnexpectedEof),
        ];
        for (mut octets, kind) in cases {
            let error = receive::<FromWindow>(&mut octets).unwrap_err();
            assert_eq!(error.kind(), kind);
        }
        let mut octets: &[u8] = &[0, 0, 0x10, 1, 0];
        assert!(receive_secret(&mut octets).is_err());
    }
}
