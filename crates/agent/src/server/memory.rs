//! How much of what sites send is held at once: one page alone could else take all memory of a computer with documents that it
//! never finishes.
//!
//! A little is anybody's. What a connection holds besides counts for its site and for all; where either has as much as it may,
//! nothing more is read, and the system holds the other side back until there is room.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::origin::Site;
use crate::protocol::LARGEST;

/// Octets of all frames that are read or waited for: four of the largest.
const ALL: usize = 4 * LARGEST;
/// And of those of one site.
const EACH: usize = 2 * LARGEST;
/// Octets that each connection holds besides: small requests are read whatever others send.
const FREE: usize = 256 * 1024;
/// What a frame has besides its text at most (RFC 6455, 5.2).
const FRAMING: usize = 14;
/// How long more than that little is held of a frame that does not go on.
const STALLING: Duration = Duration::from_secs(30);

/// What is held of all connections.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    all: usize,
    sites: HashMap<Site, usize>,
    /// Connections that wait for room, by number.
    waiting: HashMap<u64, Waker>,
    next: u64,
}

impl Memory {
    /// As many of these octets as there is room for; where there is none the connection is told when there may be.
    fn take(&self, site: &Site, octets: usize, (number, waker): (u64, &Waker)) -> usize {
        let mut held = self.held();
        let of_site = held.sites.get(site).copied().unwrap_or_default();
        let room = EACH
            .saturating_sub(of_site)
            .min(ALL.saturating_sub(held.all));
        let taken = room.min(octets);
        if taken == 0 {
            held.waiting.insert(number, waker.clone());
        } else {
            held.all = held.all.saturating_add(taken);
            held.sites
                .insert(site.clone(), of_site.saturating_add(taken));
        }
        taken
    }

    fn give(&self, site: &Site, octets: usize) {
        let waiting = {
            let mut held = self.held();
            held.all = held.all.saturating_sub(octets);
            let left = held.sites.get(site).copied().unwrap_or_default();
            if left > octets {
                held.sites.insert(site.clone(), left.saturating_sub(octets));
            } else {
                held.sites.remove(site);
            }
            std::mem::take(&mut held.waiting)
        };
        waiting.into_values().for_each(Waker::wake);
    }

    fn number(&self) -> u64 {
        let mut held = self.held();
        held.next = held.next.saturating_add(1);
        held.next
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection of which is known how much of what it brought is still held.
#[derive(Debug)]
pub(super) struct Metered<S> {
    stream: S,
    memory: Arc<Memory>,
    number: u64,
    site: Site,
    /// Octets that were read and are needed.
    held: usize,
    /// Those of them that are of whole messages.
    whole: usize,
    /// Those of them that count for the site.
    counted: usize,
    is_waiting: bool,
    heard: Instant,
}

impl<S> Metered<S> {
    /// The connection itself, for octets that nobody keeps.
    pub(super) const fn uncounted(&mut self) -> &mut S {
        &mut self.stream
    }

    pub(super) fn new(stream: S, memory: Arc<Memory>) -> Self {
        Self {
            number: memory.number(),
            stream,
            memory,
            site: Site::others(),
            held: 0,
            whole: 0,
            counted: 0,
            is_waiting: false,
            heard: Instant::now(),
        }
    }

    /// What is below.
    pub(super) const fn stream(&self) -> &S {
        &self.stream
    }

    /// Whose it is.
    pub(super) fn belongs_to(&mut self, site: Site) {
        self.release(self.counted);
        self.site = site;
    }

    /// A message with so many octets of content is whole. Of what follows it no more is here than `ahead`, whatever its pieces
    /// had around them.
    pub(super) fn has_whole(&mut self, octets: usize, ahead: usize) {
        let octets = octets.saturating_add(FRAMING);
        self.whole = self.whole.saturating_add(octets).min(self.held);
        self.held = self.held.min(self.whole.saturating_add(ahead));
        self.settle();
    }

    /// A whole message with so many octets of content is no longer needed.
    pub(super) fn done_with(&mut self, octets: usize) {
        let octets = octets.saturating_add(FRAMING).min(self.whole);
        self.whole = self.whole.saturating_sub(octets);
        self.held = self.held.saturating_sub(octets);
        self.settle();
    }

    /// So many octets that belong to no message are no longer needed.
    pub(super) fn let_go(&mut self, octets: usize) {
        self.held = self.held.saturating_sub(octets.min(self.unfinished()));
        self.settle();
    }

    /// Whether more is held than is anybody's, or nothing is read because others hold as much as they may.
    pub(super) const fn wants_watching(&self) -> bool {
        self.is_waiting || self.unfinished() > FREE
    }

    /// Whether nothing is read because others hold as much as they may.
    pub(super) const fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// Whether a message that takes room of others has not gone on for long; it was waited for since then.
    pub(super) fn is_stalled(&self, since: Instant, now: Instant) -> bool {
        let quiet = now.saturating_duration_since(self.heard.max(since));
        self.unfinished() > FREE && quiet >= STALLING
    }

    const fn unfinished(&self) -> usize {
        self.held.saturating_sub(self.whole)
    }

    /// Gives back what is counted and not held.
    fn settle(&mut self) {
        let needed = self.held.saturating_sub(FREE);
        self.release(self.counted.saturating_sub(needed));
    }

    fn release(&mut self, octets: usize) {
        if octets > 0 {
            self.counted = self.counted.saturating_sub(octets);
            self.memory.give(&self.site, octets);
        }
    }
}

impl<S> Drop for Metered<S> {
    fn drop(&mut self) {
        self.memory.held().waiting.remove(&self.number);
        self.release(self.counted);
    }
}

impl<S: AsyncRead + Unpin> Metered<S> {
    /// Takes room for what may be read now; how much that is.
    fn prepare(&mut self, most: usize, context: &Context<'_>) -> Poll<usize> {
        let free = FREE.saturating_sub(self.held);
        let besides = most.saturating_sub(free);
        if besides > 0 {
            let waiting = (self.number, context.waker());
            let taken = self.memory.take(&self.site, besides, waiting);
            self.counted = self.counted.saturating_add(taken);
            let most = free.saturating_add(taken);
            self.is_waiting = most == 0;
            return if self.is_waiting {
                Poll::Pending
            } else {
                Poll::Ready(most)
            };
        }
        self.is_waiting = false;
        Poll::Ready(most)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let most = ready!(this.prepare(buffer.remaining(), context));
        let mut piece = ReadBuf::new(buffer.initialize_unfilled_to(most));
        let done = Pin::new(&mut this.stream).poll_read(context, &mut piece);
        let read = piece.filled().len();
        buffer.advance(read);
        if read > 0 {
            this.held = this.held.saturating_add(read);
            this.heard = Instant::now();
        }
        this.settle();
        done
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
mod tests;
