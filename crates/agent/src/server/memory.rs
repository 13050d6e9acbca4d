//! How much of what sites send is held at once, whoever sent it: one page alone could else take all memory of a computer
//! with documents that it never finishes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::protocol::LARGEST;

/// Octets of all frames that are read or waited for: four of the largest.
const ALL: usize = 4 * LARGEST;
/// What a frame has besides its text at most (RFC 6455, 5.2).
const FRAMING: usize = 14;

/// What is held of all connections.
#[derive(Debug, Default)]
pub(super) struct Memory(AtomicUsize);

impl Memory {
    fn take(&self, octets: usize) -> bool {
        let more = |held: usize| held.checked_add(octets).filter(|held| *held <= ALL);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_ok()
    }

    fn give(&self, octets: usize) {
        self.0.fetch_sub(octets, Ordering::Relaxed);
    }
}

/// A connection of which is known how much of what it brought is still held.
#[derive(Debug)]
pub(super) struct Metered<S> {
    stream: S,
    memory: Arc<Memory>,
    held: usize,
}

impl<S> Metered<S> {
    pub(super) const fn new(stream: S, memory: Arc<Memory>) -> Self {
        Self {
            stream,
            memory,
            held: 0,
        }
    }

    /// What is below.
    pub(super) const fn stream(&self) -> &S {
        &self.stream
    }

    /// A frame with so many octets of content is no longer needed.
    pub(super) fn done_with(&mut self, octets: usize) {
        let octets = octets.saturating_add(FRAMING).min(self.held);
        self.held = self.held.saturating_sub(octets);
        self.memory.give(octets);
    }
}

impl<S> Drop for Metered<S> {
    fn drop(&mut self) {
        self.memory.give(self.held);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let read = buffer.filled().len().saturating_sub(before);
        if !self.memory.take(read) {
            tracing::warn!("sites sent more than is held at once; the connection is closed");
            return Poll::Ready(Err(io::ErrorKind::QuotaExceeded.into()));
        }
        self.held = self.held.saturating_add(read);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use tokio::io::AsyncReadExt as _;

    use super::{ALL, Memory, Metered};

    #[tokio::test]
    async fn what_is_not_finished_counts_until_it_is_gone() {
        let memory = Arc::new(Memory::default());
        let held = || memory.0.load(Ordering::Relaxed);
        let mut first = Metered::new(&[0; 1000][..], Arc::clone(&memory));
        first.read_exact(&mut [0; 600]).await.unwrap();
        assert_eq!(held(), 600);
        first.done_with(500);
        assert_eq!(held(), 86);
        assert!(memory.take(ALL - 86));
        assert!(first.read_exact(&mut [0; 10]).await.is_err());
        memory.give(ALL - 86);
        assert_eq!(first.read(&mut [0; 10]).await.unwrap(), 10);
        drop(first);
        assert_eq!(held(), 0);
    }
}
