//! The listeners on loopback, and what happens to a connection before it may speak.
//!
//! A connection passes these doors in order: it comes from this computer and this user ([`peer`]), it speaks TLS, it
//! names this computer as the host it wants (against DNS rebinding), and then it either reads the self-check page or
//! opens a socket under an origin that is heard.

mod conversation;
mod door;
mod head;
mod listener;
mod memory;
mod page;
mod peer;
mod seats;

pub(crate) use listener::serve;
pub use listener::{ListenError, Listeners};

/// Reads what a connection begins with, as far as it is read before the other side is known: for fuzzing.
#[doc(hidden)]
pub fn read_head(octets: &[u8], port: u16) {
    if let head::Reading::Whole(head) = head::Head::read(octets) {
        let _ = (head.is_for_loopback(port), head.wants_socket());
        let _ = (head.socket_accept(), head.header("origin"));
    }
}
