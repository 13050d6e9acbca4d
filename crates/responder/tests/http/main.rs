//! The responder in front of a real authority, asked by its own router and by openssl over a socket.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails there"
)]

mod documents;
mod harness;
mod ocsp;
mod openssl;
