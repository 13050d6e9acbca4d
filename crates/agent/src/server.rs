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

pub(crate) use listener::serve;
pub use listener::{ListenError, Listeners};
